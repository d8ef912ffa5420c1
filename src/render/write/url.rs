//! URLs made of the template's text and of values: only absolute `http`, `https` and `applink` links without
//! user information get through. One illegal link makes the platform refuse a whole message, so a link that
//! is refused here is taken away by the caller and its label stays.

use super::Writer;
use crate::render::marks::{Mark, Seg};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

/// Everything but RFC 3986's unreserved characters.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Longest link that is written; browsers and clients give up not far above.
const MAX_URL: usize = 4096;

/// Percent-encodes one component.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, COMPONENT).to_string()
}

/// Composes a URL; `Err` says why the link is refused.
///
/// # Errors
/// A short reason for a warning.
pub fn compose(segs: &[Seg<'_>], writer: &Writer<'_>) -> Result<String, &'static str> {
    let mut out = String::new();
    let mut leading_value = false;
    for seg in segs {
        match seg {
            Seg::Lit(text) => out.push_str(if out.is_empty() { text.trim_start() } else { text }),
            Seg::Mark(Mark::Missing) => {}
            Seg::Mark(Mark::Time { ms, .. }) if !out.is_empty() => out.push_str(&ms.to_string()),
            Seg::Mark(mark) => {
                let value = match mark {
                    Mark::Value(text) | Mark::Json(text) | Mark::Encoded(text) | Mark::Font { text, .. } => text.as_str(),
                    Mark::Link { url, .. } => url.as_str(),
                    _ => return Err("a mention or a moment is no link"),
                };
                if out.is_empty() {
                    leading_value = true;
                    let start = writer.rewrite(value.trim());
                    check(&start)?;
                    out.push_str(&start);
                } else if leading_value || past_authority(&out) {
                    if matches!(mark, Mark::Encoded(_)) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%+".contains(&b)) {
                        out.push_str(value);
                    } else {
                        out.extend(utf8_percent_encode(value, COMPONENT));
                    }
                } else if value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-')) {
                    out.push_str(value);
                } else {
                    return Err("a value cannot be put into the host of a link");
                }
            }
        }
    }
    let url = check(writer.rewrite(out.trim()).as_ref())?;
    if url.len() > MAX_URL { Err("the link is too long") } else { Ok(url) }
}

/// A whole link, rewritten and normalised, if it may be shown.
pub fn acceptable(link: &str, rules: &[(String, String)]) -> Option<String> {
    let rewritten = super::rewrite_link(link.trim(), rules);
    check(rewritten.as_ref()).ok().filter(|url| url.len() <= MAX_URL)
}

/// Normalises an absolute URL that may be shown, by the rules browsers read URLs with.
fn check(text: &str) -> Result<String, &'static str> {
    if text.is_empty() {
        return Err("there is no link");
    }
    if text.contains(|c: char| c.is_control()) {
        return Err("a link cannot have control characters");
    }
    let url = Url::parse(text).map_err(|_| "not an absolute URL")?;
    if !matches!(url.scheme(), "http" | "https" | "applink") {
        return Err("only http, https and applink links are allowed");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("the link has no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a link cannot have a user name");
    }
    Ok(String::from(url).replace('\'', "%27").replace('"', "%22").replace('`', "%60").replace('\\', "%5C").replace('^', "%5E"))
}

/// Is `scheme://authority` followed by a path, query or fragment already?
fn past_authority(text: &str) -> bool {
    text.find("://").is_some_and(|at| text[at + 3..].contains(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::write::tests::writer;

    fn value(text: &str) -> Seg<'static> {
        Seg::Mark(Mark::Value(text.to_owned()))
    }

    #[test]
    fn table() {
        let long = format!("https://x.test/{}", "a".repeat(5000));
        let cases: Vec<(Vec<Seg>, Result<&str, &str>)> = vec![
            (vec![value("https://x.test/a?b=c#d")], Ok("https://x.test/a?b=c#d")),
            (vec![value(" https://x.test ")], Ok("https://x.test/")),
            (vec![value("HTTPS://X.TEST/a b\"'")], Ok("https://x.test/a%20b%22%27")),
            (vec![value("applink://client/op")], Ok("applink://client/op")),
            (vec![value("javascript:alert(1)")], Err("only http")),
            (vec![value("java\tscript:alert(1)")], Err("control")),
            (vec![value("file:///etc/passwd")], Err("only http")),
            (vec![value("data:text/html,x")], Err("only http")),
            (vec![value("/relative")], Err("not an absolute")),
            (vec![value("//evil.test/x")], Err("not an absolute")),
            (vec![value("https://good.test@evil.test/")], Err("user name")),
            (vec![value("https://u:p@evil.test/")], Err("user name")),
            (vec![value("")], Err("no link")),
            (vec![], Err("no link")),
            (vec![value(&long)], Err("too long")),
            (vec![Seg::Lit("https://x.test/d?q="), value("a&b=c/d e中")], Ok("https://x.test/d?q=a%26b%3Dc%2Fd%20e%E4%B8%AD")),
            (vec![Seg::Lit("https://x.test/"), value("../../evil")], Ok("https://x.test/..%2F..%2Fevil")),
            (vec![Seg::Lit("https://"), value("host-1:9090"), Seg::Lit("/x")], Ok("https://host-1:9090/x")),
            (vec![Seg::Lit("https://"), value("evil.test/x?"), Seg::Lit(".x.test/")], Err("host")),
            (vec![Seg::Lit("https://x.test"), value("@evil.test")], Err("host")),
            (
                vec![value("http://am:9093"), Seg::Lit("/#/alerts?f="), value("{a=\"b\"}")],
                Ok("http://am:9093/#/alerts?f=%7Ba%3D%22b%22%7D"),
            ),
            (vec![value("javascript:"), Seg::Lit("//x.test/")], Err("only http")),
            (vec![Seg::Lit("java"), value("script:alert")], Err("only http")),
            (vec![Seg::Lit("https://x.test/?q="), Seg::Mark(Mark::Encoded("a%20b".into()))], Ok("https://x.test/?q=a%20b")),
            (vec![Seg::Lit("https://x.test/?q="), Seg::Mark(Mark::Encoded("a&b".into()))], Ok("https://x.test/?q=a%26b")),
            (vec![value("http://prometheus-0:9090/graph")], Ok("https://prometheus.example.com/graph")),
        ];
        let writer = writer();
        for (segs, expected) in cases {
            let got = compose(&segs, &writer);
            match (&got, expected) {
                (Ok(url), Ok(wanted)) => assert_eq!(url, wanted),
                (Err(why), Err(part)) => assert!(why.contains(part), "{segs:?}: {why}"),
                _ => panic!("{segs:?}: {got:?}, expected {expected:?}"),
            }
        }
    }
}

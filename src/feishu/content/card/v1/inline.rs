//! Markdown within a line: the tags that only 2.0 has, and code, which 1.0 has only in fences.

use super::super::markdown::pairs;
use super::{Reader, dates};

/// The text in 1.0 Markdown. `font`, `at`, `text_tag`, `link`, `person`, `a`, links and emphasis stay.
pub(super) fn convert(text: &str, reader: &Reader<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '`']) {
        let (before, here) = rest.split_at(at);
        out.push_str(before);
        rest = match here.strip_prefix('`') {
            Some(code) => span(code, &mut out),
            None => tag(here, reader, &mut out),
        };
    }
    out.push_str(rest);
    out
}

/// Code between backticks; a lone backtick is one.
fn span<'t>(code: &'t str, out: &mut String) -> &'t str {
    let ticks = 1 + code.len() - code.trim_start_matches('`').len();
    let (mark, code) = ("`".repeat(ticks), code.trim_start_matches('`'));
    match code.split_once(mark.as_str()).filter(|(inside, _)| !inside.is_empty()) {
        Some((inside, after)) => {
            out.push_str(&escaped(inside));
            after
        }
        None => {
            out.push_str(&mark);
            code
        }
    }
}

/// A tag, from its `<` on; returns what comes behind it.
fn tag<'t>(here: &'t str, reader: &Reader<'_>, out: &mut String) -> &'t str {
    let inner = here.get(1..).unwrap_or_default();
    let name = inner.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    let Some((open, after)) = inner.split_once('>').filter(|_| !name.is_empty()) else {
        out.push('<');
        return inner;
    };
    let attributes = open.get(name.len()..).unwrap_or_default().trim_end_matches('/');
    let attribute = |wanted: &str| pairs(attributes).into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    match name {
        "br" => {
            out.push('\n');
            return after;
        }
        "hr" => {
            out.push_str("\n---\n");
            return after;
        }
        "number_tag" | "local_datetime" | "raw" | "audio" => {}
        _ => {
            out.push('<');
            return inner;
        }
    }
    // What stands between this tag and its end.
    let closing = format!("</{name}>");
    let (inside, behind) = if open.ends_with('/') { ("", after) } else { after.split_once(closing.as_str()).unwrap_or(("", after)) };
    match name {
        "number_tag" => link(&convert(inside, reader), attribute("url"), out),
        "local_datetime" => {
            let moment = attribute("millisecond").and_then(|ms| ms.trim().parse().ok());
            let shown = moment.and_then(|ms| dates::show(ms, attribute("format_type").unwrap_or_default(), reader));
            link(shown.as_deref().unwrap_or(inside), attribute("link"), out);
        }
        "raw" => out.push_str(&escaped(inside)),
        _ => {}
    }
    behind
}

fn link(text: &str, url: Option<&str>, out: &mut String) {
    match url.filter(|url| super::super::is_url(url)) {
        Some(url) => out.push_str(&format!("[{text}]({url})")),
        None => out.push_str(text),
    }
}

/// Text that is not read as Markdown.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&#60;"),
            '>' => out.push_str("&#62;"),
            '*' => out.push_str("&#42;"),
            '~' => out.push_str("&sim;"),
            '_' => out.push_str("&#95;"),
            '`' => out.push_str("&#96;"),
            '[' => out.push_str("&#91;"),
            ']' => out.push_str("&#93;"),
            '&' => out.push_str("&#38;"),
            _ => out.push(c),
        }
    }
    out
}

/// Markdown as plain text, as far as table titles need it: without emphasis and tags.
pub(super) fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        out.push_str(before);
        match tag.split_once('>') {
            Some((_, after)) => rest = after,
            None => {
                out.push('<');
                rest = tag;
            }
        }
    }
    out.push_str(rest);
    let mut out = out.replace("**", "");
    for (entity, c) in [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#42;", "*"),
        ("&#95;", "_"),
        ("&#96;", "`"),
        ("&#91;", "["),
        ("&#93;", "]"),
        ("&#40;", "("),
        ("&#41;", ")"),
        ("&#35;", "#"),
        ("&#45;", "-"),
        ("&#58;", ":"),
        ("&#47;", "/"),
        ("&sim;", "~"),
        ("&nbsp;", " "),
        ("&#38;", "&"),
    ] {
        out = out.replace(entity, c);
    }
    out
}

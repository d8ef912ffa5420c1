//! Marks: how values travel through Handlebars and JSON without being text.
//!
//! The escape function turns each interpolated value into one token, `U+FDD0 kind base64url(value) U+FDD1`.
//! Helpers that mean markup (a mention, a link, a moment) return a token of their own kind. After rendering,
//! [`super::write`] writes each token for the place it stands in. Both code points are noncharacters: they
//! are cleaned out of inbound text and refused in templates, so a token always is one of ours.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::borrow::Cow;

/// Opens a token.
pub const OPEN: char = '\u{FDD0}';
/// Closes a token; also separates the fields inside a payload.
pub const CLOSE: char = '\u{FDD1}';
/// Stands before the kind of a token that stood outside of a JSON string.
pub const BARE: char = '!';

/// What one token means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// A value: never trusted.
    Value(String),
    /// A name that has no value; in a JSON place it is `null`.
    Missing,
    /// A value as JSON text, of `{{json x}}`.
    Json(String),
    /// A value that is percent-encoded already, of `{{urlEncode x}}`.
    Encoded(String),
    /// A person by id, or `all`.
    At(String),
    /// A link; the URL is not trusted.
    Link {
        /// What the reader sees.
        label: String,
        /// Where it leads.
        url: String,
    },
    /// A moment, in the reader's own zone where the place can show that.
    Time {
        /// Unix milliseconds.
        ms: i64,
        /// What of it to show.
        style: TimeStyle,
    },
    /// Coloured text.
    Font {
        /// One of the platform's colour names.
        color: String,
        /// The text; not trusted.
        text: String,
    },
}

/// What of a moment to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeStyle {
    /// `14:30`
    Time,
    /// `14:30:05`
    TimeSeconds,
    /// `11-22` or the reader's form of it.
    Date,
    /// Date and time.
    DateTime,
}

impl TimeStyle {
    fn as_str(self) -> &'static str {
        match self {
            TimeStyle::Time => "t",
            TimeStyle::TimeSeconds => "s",
            TimeStyle::Date => "d",
            TimeStyle::DateTime => "dt",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [TimeStyle::Time, TimeStyle::TimeSeconds, TimeStyle::Date, TimeStyle::DateTime].into_iter().find(|s| s.as_str() == text)
    }
}

impl Mark {
    /// The token of this mark.
    pub fn token(&self) -> String {
        match self {
            Mark::Value(value) => token('v', value),
            Mark::Missing => token('n', ""),
            Mark::Json(text) => token('j', text),
            Mark::Encoded(text) => token('u', text),
            Mark::At(id) => token('a', id),
            Mark::Link { label, url } => token('l', &format!("{label}{CLOSE}{url}")),
            Mark::Time { ms, style } => token('t', &format!("{ms}{CLOSE}{}", style.as_str())),
            Mark::Font { color, text } => token('f', &format!("{color}{CLOSE}{text}")),
        }
    }

    fn parse(kind: char, payload: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let pair = |text: &str| text.split_once(CLOSE).map(|(a, b)| (a.to_owned(), b.to_owned()));
        Some(match kind {
            'v' => Mark::Value(text),
            'n' => Mark::Missing,
            'j' => Mark::Json(text),
            'u' => Mark::Encoded(text),
            'a' => Mark::At(text),
            'l' => pair(&text).map(|(label, url)| Mark::Link { label, url })?,
            't' => {
                let (ms, style) = pair(&text)?;
                Mark::Time { ms: ms.parse().ok()?, style: TimeStyle::parse(&style)? }
            }
            'f' => pair(&text).map(|(color, text)| Mark::Font { color, text })?,
            _ => return None,
        })
    }
}

fn token(kind: char, payload: &str) -> String {
    let mut out = String::with_capacity(8 + payload.len().div_ceil(3) * 4);
    out.push(OPEN);
    out.push(kind);
    URL_SAFE_NO_PAD.encode_string(payload, &mut out);
    out.push(CLOSE);
    out
}

/// Does the text contain a token?
pub fn has_mark(text: &str) -> bool {
    text.contains(OPEN)
}

/// The escape function of the template engine: values become tokens, tokens stay what they are.
pub fn escape(text: &str) -> String {
    if !has_mark(text) {
        return token('v', text);
    }
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some(open) = rest.find(OPEN) {
        if open > 0 {
            out.push_str(&token('v', &rest[..open]));
        }
        let end = rest[open..].find(CLOSE).map_or(rest.len(), |at| open + at + CLOSE.len_utf8());
        out.push_str(&rest[open..end]);
        rest = &rest[end..];
    }
    if !rest.is_empty() {
        out.push_str(&token('v', rest));
    }
    out
}

/// Inbound text without the two code points; each becomes U+FFFD.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.contains([OPEN, CLOSE]) { text.replace([OPEN, CLOSE], "\u{FFFD}").into() } else { text.into() }
}

/// A piece of rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seg<'a> {
    /// The template's own text.
    Lit(&'a str),
    /// A token.
    Mark(Mark),
}

/// Cuts rendered text into the template's own text and tokens. `Err` carries a token nobody can read, such as
/// one that went through a helper that changes letters.
///
/// # Errors
/// The broken token's text.
pub fn segments(text: &str) -> Result<Vec<Seg<'_>>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(OPEN) {
        if open > 0 {
            out.push(Seg::Lit(&rest[..open]));
        }
        let Some(close) = rest[open..].find(CLOSE).map(|at| open + at) else { return Err(rest[open..].to_owned()) };
        let body = rest[open + OPEN.len_utf8()..close].trim_start_matches(BARE);
        let mut chars = body.chars();
        let mark = chars.next().and_then(|kind| Mark::parse(kind, chars.as_str()));
        out.push(Seg::Mark(mark.ok_or_else(|| rest[open..close].to_owned())?));
        rest = &rest[close + CLOSE.len_utf8()..];
    }
    if !rest.is_empty() {
        out.push(Seg::Lit(rest));
    }
    Ok(out)
}

/// What a token says as plain text, for helpers that must look into it and for places without markup.
/// Moments need a zone and are left to the caller.
pub fn plain(mark: &Mark) -> Option<Cow<'_, str>> {
    Some(match mark {
        Mark::Value(text) | Mark::Json(text) | Mark::Encoded(text) | Mark::Font { text, .. } | Mark::Link { label: text, .. } => {
            text.as_str().into()
        }
        Mark::Missing | Mark::At(_) => "".into(),
        Mark::Time { .. } => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_survive() {
        let marks = [
            Mark::Value("a\"b\u{1F600}\n".into()),
            Mark::Missing,
            Mark::Json("{\"a\":1}".into()),
            Mark::Encoded("a%20b".into()),
            Mark::At("ou_1".into()),
            Mark::Link { label: "l".into(), url: "https://x/".into() },
            Mark::Time { ms: -5, style: TimeStyle::DateTime },
            Mark::Font { color: "red".into(), text: "t".into() },
        ];
        for mark in marks {
            assert_eq!(segments(&mark.token()).unwrap(), vec![Seg::Mark(mark.clone())]);
        }
    }

    #[test]
    fn escape_keeps_tokens_and_marks_the_rest() {
        let at = Mark::At("all".into()).token();
        let escaped = escape(&format!("a{at}b"));
        assert_eq!(
            segments(&escaped).unwrap(),
            vec![Seg::Mark(Mark::Value("a".into())), Seg::Mark(Mark::At("all".into())), Seg::Mark(Mark::Value("b".into()))]
        );
        assert_eq!(segments(&escape("")).unwrap(), vec![Seg::Mark(Mark::Value(String::new()))]);
    }

    #[test]
    fn inbound_text_cannot_be_a_token() {
        let hostile = Mark::At("all".into()).token();
        assert!(!has_mark(&clean(&hostile)));
        assert_eq!(clean("ok"), "ok");
    }

    #[test]
    fn broken_tokens_are_errors() {
        assert!(segments(&Mark::Value("Hello".into()).token().replace('v', "V")).is_err());
        assert!(segments("\u{FDD0}v").is_err());
    }
}

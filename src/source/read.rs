//! Body bytes to a clean JSON value.
//!
//! Lone surrogates, raw control characters and bytes that are not UTF-8 are repaired, but only after a first, plain
//! attempt failed. NUL and the two marks of the renderer (U+FDD0, U+FDD1) become U+FFFD everywhere.

use super::ParseError;
use serde_json::{Map, Value};
use std::fmt::Write;

/// Characters that no alert may carry further.
const FORBIDDEN: [char; 3] = ['\0', '\u{FDD0}', '\u{FDD1}'];

/// Parses and cleans a body.
pub(super) fn json(body: &[u8]) -> Result<Value, ParseError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(ParseError { code: "invalid_json", message: "the body is empty".to_owned(), at: String::new() });
    }
    let parsed = serde_json::from_slice(body).or_else(|error| {
        if is_too_deep(&error) {
            return Err(error);
        }
        match repaired(body) {
            Some(text) => serde_json::from_str(&text).map_err(|again| if is_too_deep(&again) { again } else { error }),
            None => Err(error),
        }
    });
    match parsed {
        Ok(mut value) => {
            clean(&mut value);
            Ok(value)
        }
        Err(error) if is_too_deep(&error) => {
            let message = "the body nests deeper than 127 levels".to_owned();
            Err(ParseError { code: "too_deep", message, at: String::new() })
        }
        Err(error) => Err(ParseError { code: "invalid_json", message: format!("the body is not JSON: {error}"), at: String::new() }),
    }
}

fn is_too_deep(error: &serde_json::Error) -> bool {
    error.to_string().starts_with("recursion limit exceeded")
}

/// The body with its strings repaired; `None` where there was nothing to repair.
fn repaired(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(bytes.len() + 16);
    let (mut kept, mut at, mut inside) = (0, 0, false);
    let unit = |at: usize| {
        let digits = bytes.get(at..at + 6).filter(|unit| unit.starts_with(b"\\u"))?.get(2..)?;
        digits.iter().try_fold(0u32, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
    };
    while let Some(byte) = bytes.get(at) {
        let (length, replacement) = match byte {
            b'"' => {
                inside = !inside;
                (1, None)
            }
            b'\\' if inside => match (unit(at), unit(at + 6)) {
                (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => (12, None),
                (Some(0xD800..=0xDFFF), _) => (6, Some(0xFFFD)),
                (Some(_), _) => (6, None),
                (None, _) => (2, None),
            },
            0..0x20 if inside => (1, Some(u32::from(*byte))),
            _ => (1, None),
        };
        if let Some(code) = replacement {
            out.push_str(&text[kept..at]);
            let _ = write!(out, "\\u{code:04x}");
            kept = at + length;
        }
        at += length;
    }
    if kept == 0 && matches!(text, std::borrow::Cow::Borrowed(_)) {
        return None;
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    Some(out)
}

/// Replaces the forbidden characters in every string and key. Depth is bounded by the parser.
fn clean(value: &mut Value) {
    match value {
        Value::String(text) => clean_text(text),
        Value::Array(list) => list.iter_mut().for_each(clean),
        Value::Object(map) => {
            map.values_mut().for_each(clean);
            if map.keys().any(|key| key.contains(FORBIDDEN)) {
                *map =
                    std::mem::take(map).into_iter().map(|(key, value)| (key.replace(FORBIDDEN, "\u{FFFD}"), value)).collect::<Map<_, _>>();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Replaces the forbidden characters in a text.
pub(super) fn clean_text(text: &mut String) {
    if text.contains(FORBIDDEN) {
        *text = text.replace(FORBIDDEN, "\u{FFFD}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json as j;

    #[test]
    fn repairs_what_senders_get_wrong() {
        let table: &[(&[u8], Value)] = &[
            (br#"{"a":"\ud800"}"#, j!({"a": "\u{FFFD}"})),
            (br#"{"a":"x\udc00y","b":"\ud83d\ude00"}"#, j!({"a": "x\u{FFFD}y", "b": "😀"})),
            (br#"{"a":"\ud83d\ud83d\ude00"}"#, j!({"a": "\u{FFFD}😀"})),
            (br#"{"a":"\\ud800 \ud800"}"#, j!({"a": "\\ud800 \u{FFFD}"})),
            (br#"{"\udfff":1}"#, j!({"\u{FFFD}": 1})),
            (b"{\"a\":\"line\nbreak\ttab \\\" \x01\"}", j!({"a": "line\nbreak\ttab \" \u{1}"})),
            (b"{\"a\":\"\xff\xfe\"}", j!({"a": "\u{FFFD}\u{FFFD}"})),
            (br#"{"a":"\u0000b"}"#, j!({"a": "\u{FFFD}b"})),
            ("{\"\u{FDD0}k\":[\"\u{FDD1}\"]}".as_bytes(), j!({"\u{FFFD}k": ["\u{FFFD}"]})),
            (b"\xef\xbb\xbf{}", j!({})),
        ];
        for (body, expected) in table {
            assert_eq!(&json(body).unwrap(), expected, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn refuses_what_is_not_json() {
        let deep = |open: &str, close: &str| [open.repeat(10_000), close.repeat(10_000)].concat();
        let table = [
            (String::new(), "invalid_json", "the body is empty"),
            (" \n".to_owned(), "invalid_json", "the body is empty"),
            ("<html>".to_owned(), "invalid_json", "the body is not JSON: expected value at line 1 column 1"),
            (r#"{"a":"#.to_owned(), "invalid_json", "EOF while parsing"),
            (r#"{"a":"\ud800" oops}"#.to_owned(), "invalid_json", "line 1 column"),
            (r#"{"a":"\ud8"#.to_owned(), "invalid_json", "the body is not JSON"),
            (r#"{"a":"\"#.to_owned(), "invalid_json", "the body is not JSON"),
            ("{} {}".to_owned(), "invalid_json", "trailing characters"),
            (deep("[", "]"), "too_deep", "127 levels"),
            (deep("{\"a\":", "}"), "too_deep", "127 levels"),
            (format!("[\"\\ud800\",{}]", deep("[", "]")), "too_deep", "127 levels"),
        ];
        for (body, code, part) in table {
            let error = json(body.as_bytes()).unwrap_err();
            assert_eq!(error.code, code, "{error}");
            assert!(error.message.contains(part), "{error}");
        }
    }
}

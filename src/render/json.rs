//! Rendered text to a JSON tree: trailing commas are forgiven, tokens outside of quotes become strings that say so.

use super::marks::{BARE, CLOSE, OPEN};
use serde_json::Value;

/// Deepest nesting of a template's JSON.
const MAX_DEPTH: usize = 100;

/// JSON that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub message: String,
    /// Byte in the rendered text.
    pub offset: usize,
}

/// Parses the rendered text.
///
/// # Errors
/// What is wrong and where in the rendered text.
pub fn parse(rendered: &str) -> Result<Value, JsonError> {
    let prepared = prepare(rendered)?;
    serde_json::from_str(&prepared).map_err(|error| {
        let offset = byte_at(&prepared, error.line(), error.column());
        // Each token outside of quotes grew by the quotes and the sign.
        let grown = prepared.get(..offset).unwrap_or_default().matches("\"\u{FDD0}!").count() * 3;
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        JsonError { message: format!("not JSON: {message}"), offset: offset.saturating_sub(grown) }
    })
}

/// Copies the text in stretches; a template is long and what must be looked at is rare.
fn prepare(rendered: &str) -> Result<String, JsonError> {
    let mut out = String::with_capacity(rendered.len() + 64);
    let (mut rest, mut depth) = (rendered, 0usize);
    while let Some(c) = copy_until(&mut rest, &mut out, &OUTSIDE) {
        match c {
            '"' => string(&mut rest, &mut out),
            OPEN => {
                let end = rest.find(CLOSE).map_or(rest.len(), |at| at + CLOSE.len_utf8());
                let (token, after) = rest.split_at(end);
                out.extend(['"', OPEN, BARE]);
                out.push_str(token.strip_prefix(OPEN).unwrap_or(token));
                out.push('"');
                rest = after;
                continue;
            }
            ',' => {
                let after = rest.get(1..).unwrap_or_default().trim_start();
                if after.is_empty() || after.starts_with([']', '}']) {
                    out.push(' ');
                    rest = rest.get(1..).unwrap_or_default();
                    continue;
                }
            }
            '[' | '{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    let offset = rendered.len() - rest.len();
                    return Err(JsonError { message: format!("nested more than {MAX_DEPTH} deep"), offset });
                }
            }
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        copy_one(&mut rest, &mut out);
    }
    Ok(out)
}

/// The first byte of a token in UTF-8; other characters may begin with it too.
const FIRST_OF_OPEN: u8 = 0xEF;
/// What has to be looked at outside of strings.
static OUTSIDE: [bool; 256] = bytes(&[b'"', b',', b'[', b'{', b']', b'}', FIRST_OF_OPEN]);
/// And within.
static INSIDE: [bool; 256] = bytes(b"\"\\\n\r\t");

/// A table of bytes: one look for each, however many are in it.
const fn bytes(such: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < such.len() {
        table[such[at] as usize] = true;
        at += 1;
    }
    table
}

/// A string, up to its closing quotes, which stay in `rest`. A line break between quotes is a line break of the text.
fn string(rest: &mut &str, out: &mut String) {
    copy_one(rest, out);
    while let Some(c) = copy_until(rest, out, &INSIDE) {
        match c {
            '"' => return,
            '\\' => {
                copy_one(rest, out);
                // What is escaped is no end, and is copied as it is.
                copy_one(rest, out);
                continue;
            }
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            _ => {}
        }
        *rest = rest.get(1..).unwrap_or_default();
    }
}

/// Moves everything before such a byte; says which character is there, `None` at the end. The byte begins a character.
fn copy_until(rest: &mut &str, out: &mut String, such: &[bool; 256]) -> Option<char> {
    let end = rest.bytes().position(|byte| such[usize::from(byte)]).unwrap_or(rest.len());
    let (before, after) = rest.split_at(end);
    out.push_str(before);
    *rest = after;
    after.chars().next()
}

fn copy_one(rest: &mut &str, out: &mut String) {
    let mut chars = rest.chars();
    out.extend(chars.next());
    *rest = chars.as_str();
}

fn byte_at(text: &str, line: usize, column: usize) -> usize {
    let start = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
    (start + column.saturating_sub(1)).min(text.len().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::marks::Mark;
    use serde_json::json;

    #[test]
    fn trailing_commas_are_forgiven() {
        assert_eq!(parse("{\"a\":[1,2, ],\"b\":\"x,]\",\n}").unwrap(), json!({"a": [1, 2], "b": "x,]"}));
        assert_eq!(parse("[1,]  ,").unwrap(), json!([1]));
        assert_eq!(parse("\"a\\\",]\"").unwrap(), json!("a\",]"));
        assert_eq!(parse("\"a\nb\tc\"").unwrap(), json!("a\nb\tc"));
        assert!(parse("[1,,2]").is_err());
    }

    #[test]
    fn tokens_outside_of_quotes_become_strings() {
        let token = Mark::Value("5".into()).token();
        let value = parse(&format!("{{\"a\":{token},\"b\":\"{token}\"}}")).unwrap();
        assert_eq!(value["b"], json!(token));
        assert_eq!(value["a"].as_str().unwrap().replacen('!', "", 1), token);
    }

    #[test]
    fn errors_point_into_the_rendered_text() {
        let token = Mark::Value("5".into()).token();
        let text = format!("{{\"a\":{token},\n\"b\" 5}}");
        let error = parse(&text).unwrap_err();
        assert_eq!(&text[error.offset..=error.offset], "5", "{error:?}");
        assert!(parse(&"[".repeat(200)).unwrap_err().message.contains("deep"));
    }
}

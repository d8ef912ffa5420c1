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

fn prepare(rendered: &str) -> Result<String, JsonError> {
    let mut out = String::with_capacity(rendered.len() + 64);
    let (mut in_string, mut escaped, mut depth) = (false, false, 0usize);
    let mut chars = rendered.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if in_string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                // A line break between quotes is a line break of the text.
                '\n' => {
                    out.push_str("\\n");
                    continue;
                }
                '\r' => continue,
                '\t' => {
                    out.push_str("\\t");
                    continue;
                }
                _ => {}
            }
            out.push(c);
            continue;
        }
        match c {
            '"' => in_string = true,
            OPEN => {
                out.push('"');
                out.push(OPEN);
                out.push(BARE);
                for (_, c) in chars.by_ref() {
                    out.push(c);
                    if c == CLOSE {
                        break;
                    }
                }
                out.push('"');
                continue;
            }
            ',' => {
                let rest = rendered.get(at + 1..).unwrap_or_default().trim_start();
                if rest.is_empty() || rest.starts_with([']', '}']) {
                    out.push(' ');
                    continue;
                }
            }
            '[' | '{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(JsonError { message: format!("nested more than {MAX_DEPTH} deep"), offset: at });
                }
            }
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        out.push(c);
    }
    Ok(out)
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

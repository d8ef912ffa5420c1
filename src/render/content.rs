//! Rendered text to content: parse, write the tokens, bring posts into their envelope.

use super::finish;
use super::json;
use super::write::Writer;
use super::write::tree::{self, Shape};
use crate::config::settings::{ContentKind, Locale};
use crate::feishu::content::Content;
use serde_json::{Map, Value, json};

/// Languages a post may have.
const LANGUAGES: [&str; 6] = ["zh_cn", "en_us", "ja_jp", "zh_hk", "zh_tw", "ko_kr"];

/// Why rendered text is no message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentError {
    /// What is wrong.
    pub message: String,
    /// Byte in the rendered text, where it is known.
    pub offset: Option<usize>,
}

impl ContentError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: None }
    }

    fn of(fault: tree::Fault, rendered: &str) -> Self {
        let place = if fault.at.is_empty() { String::new() } else { format!(" (at {})", fault.at) };
        // A token outside of quotes carries a sign that the rendered text has not.
        let offset =
            fault.token.and_then(|token| rendered.find(&token.replacen(super::marks::BARE, "", 1)).or_else(|| rendered.find(&token)));
        Self { message: format!("{}{place}", fault.message), offset }
    }
}

/// Makes content of the given kind.
///
/// # Errors
/// What the template's author has to change.
pub fn assemble(kind: ContentKind, rendered: &str, locale: Locale, writer: &Writer<'_>) -> Result<Content, ContentError> {
    let parse = || json::parse(rendered).map_err(|e| ContentError { message: e.message, offset: Some(e.offset) });
    let write = |value, shape| tree::write(value, shape, writer).map_err(|fault| ContentError::of(fault, rendered));
    match kind {
        ContentKind::Text => {
            let text = writer.message(rendered).map_err(|fault| ContentError::of(fault, rendered))?;
            Ok(Content::Text(tidy(&text)))
        }
        ContentKind::Card => {
            let card = write(parse()?, Shape::Card)?;
            let Value::Object(map) = &card else { return Err(ContentError::new("a card is a JSON object")) };
            if !["body", "elements", "i18n_elements", "type", "header"].iter().any(|key| map.contains_key(*key)) {
                return Err(ContentError::new("a card has `body` (schema 2.0) or `elements` (1.0), or is of `type` template"));
            }
            Ok(Content::Card(card))
        }
        ContentKind::Post => {
            let post = envelope(write(parse()?, Shape::Post)?, locale)?;
            Ok(Content::Post(if writer.custom_bot { finish::plain_post(post) } else { post }))
        }
    }
}

/// No spaces at line ends, no more than one empty line, none at the edges.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.trim().lines() {
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// `{title, content}` and `{"post": ..}` become `{"zh_cn": {title, content}}`; empty paragraphs go.
fn envelope(post: Value, locale: Locale) -> Result<Value, ContentError> {
    let Value::Object(mut map) = post else { return Err(ContentError::new("a post is a JSON object with `title` and `content`")) };
    if let Some(Value::Object(inner)) = map.remove("post") {
        map = inner;
    }
    if map.contains_key("content") {
        let language = if locale == Locale::Zh { "zh_cn" } else { "en_us" };
        map = Map::from_iter([(language.to_owned(), Value::Object(map))]);
    }
    if map.is_empty() || !map.keys().all(|key| LANGUAGES.contains(&key.as_str())) {
        return Err(ContentError::new("a post has `title` and `content`, or languages such as zh_cn with these in them"));
    }
    for body in map.values_mut() {
        let Some(Value::Array(paragraphs)) = body.get_mut("content") else {
            return Err(ContentError::new("`content` of a post is a list of paragraphs, each a list of nodes"));
        };
        for paragraph in paragraphs.iter_mut() {
            match paragraph {
                Value::Array(nodes) => nodes.retain(|node| !matches!(node, Value::Null) && !is_empty_text(node)),
                Value::Object(_) => *paragraph = json!([paragraph.take()]),
                _ => return Err(ContentError::new("a paragraph of a post is a list of nodes")),
            }
        }
        paragraphs.retain(|paragraph| paragraph.as_array().is_none_or(|nodes| !nodes.is_empty()));
    }
    Ok(Value::Object(map))
}

fn is_empty_text(node: &Value) -> bool {
    matches!(node.get("tag").and_then(Value::as_str), Some("text" | "a")) && node.get("text").and_then(Value::as_str) == Some("")
}

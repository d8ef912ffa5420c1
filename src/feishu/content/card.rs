//! Card rules: what the platform would refuse in a card, found before it is sent.
//!
//! Pure; the sandbox refuses by it and `check` reports by it. `shape` has the properties of every component
//! as tables, `walk` goes through a card along them, `table`, `chart`, `form` and `markdown` know their insides;
//! `v1` turns 2.0 cards into 1.0.
//! JSON 2.0 refuses what it does not know, 1.0 ignores it. Rules of
//! `open.feishu.cn/document/feishu-cards/card-json-v2-structure` and its component pages, read 2026-11.

mod chart;
mod form;
mod markdown;
mod shape;
mod table;
#[cfg(test)]
mod tests;
pub mod v1;
mod walk;

use serde_json::Value;

/// Elements and components a 2.0 card may have.
pub const MAX_ELEMENTS: usize = 200;
/// Tables a card may have, those written in Markdown included.
pub const MAX_TABLES: usize = 5;
/// How deep containers may stand in each other.
pub const MAX_DEPTH: usize = 5;

/// One thing the platform would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFault {
    /// Where, as `body.elements[0].text`; empty: the card itself.
    pub path: String,
    /// The platform's code (230099).
    pub code: i64,
    /// Its `ErrCode`.
    pub sub_code: i64,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for CardFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "{} ({})", self.message, self.sub_code),
            path => write!(f, "{path}: {} ({})", self.message, self.sub_code),
        }
    }
}

/// The people and images a card names, which have to exist where it is sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refs {
    /// Path and id of each person that is mentioned or listed.
    pub people: Vec<(String, String)>,
    /// Path and address of each mention by e-mail.
    pub emails: Vec<(String, String)>,
    /// Path and key of each image.
    pub images: Vec<(String, String)>,
    /// Whether everybody is mentioned.
    pub at_all: bool,
}

/// Everything the platform would refuse in this card, in the order of the card. Templates and card
/// entities (`{"type": "template" | "card"}`) have nothing to look at here.
pub fn validate(card: &Value) -> Vec<CardFault> {
    inspect(card).0
}

/// The people and images a card names.
pub fn refs(card: &Value) -> Refs {
    inspect(card).1
}

/// Both at once.
pub fn inspect(card: &Value) -> (Vec<CardFault>, Refs) {
    walk::card(card)
}

/// Whether the card is JSON 2.0.
pub fn is_v2(card: &Value) -> bool {
    card.get("schema").and_then(Value::as_str) == Some("2.0")
}

/// Elements and components as the platform counts them: everything with a `tag`, texts included.
pub fn count_elements(card: &Value) -> usize {
    match card {
        Value::Array(items) => items.iter().map(count_elements).sum(),
        Value::Object(map) => {
            let inner: usize = map
                .iter()
                // Data, not elements: it may well have a key named `tag`.
                .filter(|(key, _)| !matches!(key.as_str(), "value" | "chart_spec" | "rows"))
                .map(|(_, value)| count_elements(value))
                .sum();
            inner + usize::from(map.get("tag").is_some_and(Value::is_string))
        }
        _ => 0,
    }
}

/// Tables as the platform counts them: `table` components and, in 2.0, tables written in Markdown.
pub fn count_tables(card: &Value) -> usize {
    fn count(value: &Value, v2: bool) -> usize {
        match value {
            Value::Array(items) => items.iter().map(|item| count(item, v2)).sum(),
            Value::Object(map) => match map.get("tag").and_then(Value::as_str) {
                Some("table") => 1,
                Some("markdown") if v2 => markdown::tables(map.get("content").and_then(Value::as_str).unwrap_or_default()),
                _ => map.values().map(|item| count(item, v2)).sum(),
            },
            _ => 0,
        }
    }
    count(card, is_v2(card))
}

/// Whether a card takes this as an address to open: absolute, of a scheme that opens.
pub fn is_url(text: &str) -> bool {
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return false;
    }
    url::Url::parse(text).is_ok_and(|url| match url.scheme() {
        "http" | "https" | "lark" | "feishu" => url.has_host(),
        "mailto" | "tel" => true,
        _ => false,
    })
}

//! Message content as the platform takes it: cards, posts and texts, and how big they are on the wire.
//!
//! Plain values: no client, no templates, no alerts. `render` makes them, `deliver` sends them, the sandbox
//! reads them. Start with [`Content`]; [`size`] counts bytes and elements the way the platform's limits do.

pub mod card;
pub mod emoji;
pub mod picture;
pub mod post_rules;
pub mod size;

pub use size::{Channel, Kind, Limit};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One message's content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// The card object itself: JSON 2.0 or 1.0, or `{"type":"template",...}`.
    Card(Value),
    /// Rich text by language: `{"zh_cn":{"title":..,"content":[[..]]}}`.
    Post(Value),
    /// Plain text with the few tags that text messages know.
    Text(String),
}

impl Content {
    /// The platform's `msg_type`.
    pub fn msg_type(&self) -> &'static str {
        match self {
            Content::Card(_) => "interactive",
            Content::Post(_) => "post",
            Content::Text(_) => "text",
        }
    }

    /// The `content` field of the `im/v1` send, reply, edit and patch calls: JSON in a string, serialised once.
    pub fn to_content_string(&self) -> String {
        match self {
            Content::Card(value) | Content::Post(value) => value.to_string(),
            Content::Text(text) => json!({ "text": text }).to_string(),
        }
    }

    /// The body of a custom bot's webhook, unsigned: objects where `im/v1` has strings, `card` beside `msg_type`,
    /// and one more level around a post.
    pub fn to_bot_body(&self) -> Value {
        match self {
            Content::Card(card) => json!({ "msg_type": "interactive", "card": card }),
            Content::Post(post) => json!({ "msg_type": "post", "content": { "post": post } }),
            Content::Text(text) => json!({ "msg_type": "text", "content": { "text": text } }),
        }
    }

    /// Bytes of a whole send request by an app; see [`Content::wire_bytes_for`].
    pub fn wire_bytes(&self) -> usize {
        self.wire_bytes_for(Channel::App)
    }

    /// Bytes of the whole request that sends this over `channel`, ids and signature included.
    pub fn wire_bytes_for(&self, channel: Channel) -> usize {
        size::wire_bytes(self, channel)
    }

    /// Every text a reader may see, one per line: for digests, previews, keyword checks and tests.
    pub fn visible_text(&self) -> String {
        let mut out = Vec::new();
        match self {
            Content::Text(text) => out.push(text.as_str()),
            Content::Card(value) | Content::Post(value) => texts(value, &mut out),
        }
        out.join("\n")
    }
}

fn texts<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| texts(item, out)),
        Value::Object(map) => {
            for (key, item) in map {
                match item {
                    Value::String(text) if matches!(key.as_str(), "content" | "text" | "title") => out.push(text),
                    Value::Object(rows) if key == "chart_spec" || rows.is_empty() => {}
                    Value::Array(rows) if key == "rows" => {
                        for cell in rows.iter().filter_map(Value::as_object).flat_map(serde_json::Map::values) {
                            match cell {
                                Value::String(text) => out.push(text),
                                other => texts(other, out),
                            }
                        }
                    }
                    other => texts(other, out),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_differ_by_channel() {
        let post = Content::Post(json!({"zh_cn": {"title": "t", "content": []}}));
        assert_eq!(post.msg_type(), "post");
        assert_eq!(post.to_content_string(), r#"{"zh_cn":{"content":[],"title":"t"}}"#);
        assert_eq!(post.to_bot_body().pointer("/content/post/zh_cn/title"), Some(&json!("t")));
        assert_eq!(Content::Text("a\"b".into()).to_content_string(), r#"{"text":"a\"b"}"#);
        assert_eq!(Content::Card(json!({})).to_bot_body(), json!({"msg_type": "interactive", "card": {}}));
    }

    #[test]
    fn visible_text_finds_cells_and_titles() {
        let card = Content::Card(json!({"header": {"title": {"tag": "plain_text", "content": "T"}},
            "body": {"elements": [{"tag": "table", "columns": [], "rows": [{"a": "cell", "b": [{"text": "opt", "color": "red"}]}]}]}}));
        let text = card.visible_text();
        for part in ["T", "cell", "opt"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}

//! How big a message is on the wire, counted as the platform's limits count.
//!
//! Limits are on the whole request body. `im/v1` carries the content as JSON in a string, so every quote and
//! backslash of a card costs two bytes there; a custom bot carries it as an object.

use super::Content;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Over what a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// An app's bot, `im/v1`.
    #[default]
    App,
    /// A group's custom bot, by webhook.
    CustomBot,
    /// Batches, the help desk and `message/v4`: plainer posts and texts than `im/v1`.
    Legacy,
}

impl Channel {
    /// Whether posts know only text, links, mentions and images, and texts no styles.
    pub fn is_plain(self) -> bool {
        self != Channel::App
    }
}

/// What fits into one message, with a reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Bytes of the whole request.
    pub bytes: usize,
    /// Elements and components of a card.
    pub elements: usize,
    /// Tables of a card.
    pub tables: usize,
}

/// The documented 30 KB, 20 KB and 150 KB are read as thousands and kept 5 % away from.
const fn kilobytes(n: usize) -> usize {
    n * 950
}

impl Limit {
    /// Limits of a message sent by an app: 30 KB for cards and posts, 150 KB for texts.
    pub fn app(kind: impl Into<Kind>) -> Self {
        let bytes = match kind.into() {
            Kind::Card | Kind::Post => kilobytes(30),
            Kind::Text => kilobytes(150),
        };
        Self { bytes, elements: 200, tables: 5 }
    }

    /// Limits of a custom bot: 20 KB for everything.
    pub fn custom_bot() -> Self {
        Self { bytes: kilobytes(20), elements: 200, tables: 5 }
    }
}

/// Shapes of a message as far as sizes care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Interactive card.
    Card,
    /// Rich text.
    Post,
    /// Plain text.
    Text,
}

/// Room for `receive_id`, `msg_type`, `uuid` and keys of a send call; `timestamp` and `sign` of a custom bot.
const ENVELOPE: usize = 200;

/// Bytes of the whole request that sends `content` over `channel`.
pub fn wire_bytes(content: &Content, channel: Channel) -> usize {
    let mut count = Count::default();
    match content {
        Content::Card(value) | Content::Post(value) => count.value(value),
        Content::Text(text) => count.string(text),
    }
    ENVELOPE
        + match channel {
            // The help desk's content is a string as well; for the others this is an upper bound.
            Channel::App | Channel::Legacy => count.in_string,
            Channel::CustomBot => count.plain,
        }
}

/// Bytes of JSON, and of the same JSON as a string within JSON. Counted, not written: a message that must be fitted is measured after
/// every rendering.
#[derive(Default)]
struct Count {
    plain: usize,
    in_string: usize,
}

impl Count {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Null | Value::Bool(true) => self.bare(4),
            Value::Bool(false) => self.bare(5),
            Value::Number(number) => self.bare(number.to_string().len()),
            Value::String(text) => self.string(text),
            Value::Array(items) => {
                self.bare(2 + items.len().saturating_sub(1));
                items.iter().for_each(|item| self.value(item));
            }
            Value::Object(map) => {
                // With a colon for each name.
                self.bare(2 + map.len().saturating_sub(1) + map.len());
                for (name, item) in map {
                    self.string(name);
                    self.value(item);
                }
            }
        }
    }

    /// What needs no escape.
    fn bare(&mut self, bytes: usize) {
        self.plain += bytes;
        self.in_string += bytes;
    }

    fn string(&mut self, text: &str) {
        // The quotes are escaped within a string.
        self.plain += 2 + text.len();
        self.in_string += 4 + text.len();
        for byte in text.bytes().filter(|byte| *byte < b' ' || matches!(byte, b'"' | b'\\')) {
            let (plain, in_string) = match byte {
                b'"' | b'\\' => (1, 3),
                b'\n' | b'\r' | b'\t' | 0x08 | 0x0C => (1, 2),
                _ => (5, 6),
            };
            self.plain += plain;
            self.in_string += in_string;
        }
    }
}

/// Elements and components of a card: every object with a `tag`.
pub fn elements(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(elements).sum(),
        Value::Object(map) => {
            usize::from(map.contains_key("tag"))
                + map
                    .iter()
                    .filter(|(key, _)| !matches!(key.as_str(), "chart_spec" | "rows" | "value"))
                    .map(|(_, item)| elements(item))
                    .sum::<usize>()
        }
        _ => 0,
    }
}

/// Tables of a card.
pub fn tables(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(tables).sum(),
        Value::Object(map) => {
            usize::from(map.get("tag").and_then(Value::as_str) == Some("table"))
                + map
                    .iter()
                    .filter(|(key, _)| !matches!(key.as_str(), "chart_spec" | "rows" | "value"))
                    .map(|(_, item)| tables(item))
                    .sum::<usize>()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_what_goes_over_the_wire() {
        for content in [
            Content::Card(json!({"schema": "2.0", "a": "quote \" and \\ and \n and 中"})),
            Content::Post(json!({"zh_cn": {"title": "t"}})),
            Content::Text("a\"b\\c\n".repeat(50)),
            Content::Card(
                json!({"e": [], "o": {}, "l": [1, -2.5e300, null, true, false, [[""]]], "\u{1}\"": "\u{0}\u{8}\u{c}\r\t\u{1f}\u{7f}"}),
            ),
        ] {
            let app = json!({"receive_id": "oc_0123456789abcdef0123456789abcdef", "msg_type": content.msg_type(),
                "content": content.to_content_string(), "uuid": "0123456789012345678901234567890123456789"});
            let mut bot = content.to_bot_body();
            bot["timestamp"] = json!("1700000000");
            bot["sign"] = json!("A".repeat(44));
            for (channel, body) in [(Channel::App, app), (Channel::CustomBot, bot)] {
                let (counted, real) = (content.wire_bytes_for(channel), body.to_string().len());
                assert!(counted >= real && counted < real + ENVELOPE, "{channel:?}: {counted} for {real}");
            }
        }
    }

    #[test]
    fn counts_as_serde_writes() {
        let values = [
            json!(null),
            json!([]),
            json!({}),
            json!({"a": [1, 2.5, -3, 1e300, true, false, null, [[]], {"b": {}}], "\u{1}\"\\": "中 \u{0}\u{8}\u{b}\u{c}\n\r\t\u{1f}\u{7f}/"}),
            Value::from((0..=0xFF_u32).filter_map(char::from_u32).collect::<String>()),
        ];
        for value in values {
            let mut count = Count::default();
            count.value(&value);
            let plain = value.to_string();
            let in_string = Value::from(plain.as_str()).to_string().len() - 2;
            assert_eq!((count.plain, count.in_string), (plain.len(), in_string), "{plain}");
        }
    }

    #[test]
    fn counts_elements_and_tables() {
        let card = json!({"header": {"title": {"tag": "plain_text", "content": "x"}}, "body": {"elements": [
            {"tag": "table", "rows": [{"tag": "not an element"}]},
            {"tag": "column_set", "columns": [{"tag": "column", "elements": [{"tag": "hr"}]}]}]}});
        assert_eq!(elements(&card), 5);
        assert_eq!(tables(&card), 1);
    }
}

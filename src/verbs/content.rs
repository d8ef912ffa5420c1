//! What a message says: read from text, checked by the platform's rules before anything is called.
//!
//! Pure. [`read`] guesses the kind from the text, [`Body::check`] finds what would be refused, the rest puts one content
//! into the envelopes of the different calls.

use super::address;
use super::error::VerbError;
use crate::feishu::call::{Call, helpdesk_content};
use crate::feishu::content::{Channel, Content, Limit, card, post_rules};
use crate::render::json;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Kinds of messages that can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MsgType {
    /// Plain text.
    Text,
    /// Rich text.
    Post,
    /// A card.
    Interactive,
    /// `image_key`
    Image,
    /// `file_key`
    File,
    /// `file_key` of an OPUS file.
    Audio,
    /// `file_key` of an MP4 file, `image_key` of its cover.
    Media,
    /// `file_key` of a sticker the bot was sent.
    Sticker,
    /// `chat_id`
    ShareChat,
    /// `user_id`: an open_id.
    ShareUser,
}

impl MsgType {
    /// The platform's word.
    pub fn as_str(self) -> &'static str {
        match self {
            MsgType::Text => "text",
            MsgType::Post => "post",
            MsgType::Interactive => "interactive",
            MsgType::Image => "image",
            MsgType::File => "file",
            MsgType::Audio => "audio",
            MsgType::Media => "media",
            MsgType::Sticker => "sticker",
            MsgType::ShareChat => "share_chat",
            MsgType::ShareUser => "share_user",
        }
    }

    /// The keys its content must have, all of them texts. Texts, posts and cards have rules of their own.
    fn keys(self) -> &'static [&'static str] {
        match self {
            MsgType::Text | MsgType::Post | MsgType::Interactive => &[],
            MsgType::Image => &["image_key"],
            MsgType::File | MsgType::Audio | MsgType::Media | MsgType::Sticker => &["file_key"],
            MsgType::ShareChat => &["chat_id"],
            MsgType::ShareUser => &["user_id"],
        }
    }
}

/// A message's content. `Debug` shows its size only.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// Its kind.
    pub msg_type: MsgType,
    /// The object that the platform calls content, not serialised: `{"text": ..}`, a post by language, a card, a key.
    pub content: Value,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({}, {} bytes)", self.msg_type.as_str(), self.content.to_string().len())
    }
}

/// What a download is asked for as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    /// An image.
    Image,
    /// A file, audio or video.
    File,
}

impl Resource {
    /// The platform's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Resource::Image => "image",
            Resource::File => "file",
        }
    }
}

/// The call that downloads a key: out of a message, or what the app uploaded itself. Keys of images begin with `img_`.
///
/// # Errors
/// Key or message are none.
pub fn download(key: &str, message: Option<&str>, kind: Option<Resource>) -> Result<Call, VerbError> {
    let key = address::id(key, "", "an image or file")?;
    let kind = kind.unwrap_or(if key.starts_with("img_") { Resource::Image } else { Resource::File });
    Ok(match (message, kind) {
        (Some(message), kind) => Call::resource(address::message(message)?, key, kind.as_str()),
        (None, Resource::Image) => Call::image(key),
        (None, Resource::File) => Call::file(key),
    })
}

/// One thing the platform would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer into the content; empty: the content as a whole.
    pub at: String,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.at.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.at, self.message) }
    }
}

impl Body {
    /// What a renderer made.
    pub fn of(content: &Content) -> Self {
        match content {
            Content::Text(text) => Self { msg_type: MsgType::Text, content: json!({ "text": text }) },
            Content::Post(post) => Self { msg_type: MsgType::Post, content: post.clone() },
            Content::Card(card) => Self { msg_type: MsgType::Interactive, content: card.clone() },
        }
    }

    /// Texts, posts and cards as such.
    pub fn written(&self) -> Option<Content> {
        match self.msg_type {
            MsgType::Text => self.content.get("text").and_then(Value::as_str).map(|text| Content::Text(text.to_owned())),
            MsgType::Post => Some(Content::Post(self.content.clone())),
            MsgType::Interactive => Some(Content::Card(self.content.clone())),
            _ => None,
        }
    }

    /// The content as `im/v1` takes it: JSON in a string.
    pub fn to_content_string(&self) -> String {
        self.content.to_string()
    }

    /// `{"content": ..}` or `{"card": ..}` for calls that take objects; `None`: they do not take this kind.
    pub fn envelope(&self) -> Option<Value> {
        match self.msg_type {
            MsgType::Text | MsgType::Post | MsgType::Interactive => {
                let mut body = self.written()?.to_bot_body();
                body.as_object_mut()?.remove("msg_type");
                Some(body)
            }
            MsgType::Image => Some(json!({ "content": self.content })),
            MsgType::ShareChat => Some(json!({ "content": { "share_chat_id": self.content.get("chat_id")? } })),
            MsgType::File | MsgType::Audio | MsgType::Media | MsgType::Sticker | MsgType::ShareUser => None,
        }
    }

    /// The content string of a help desk's message; `None`: it does not take this kind.
    pub fn helpdesk(&self) -> Option<String> {
        match self.msg_type {
            MsgType::Image => Some(self.content.to_string()),
            _ => self.written().map(|content| helpdesk_content(&content)),
        }
    }

    /// Everything the platform would refuse about it.
    pub fn check(&self, channel: Channel) -> Vec<Fault> {
        let mut faults = Vec::new();
        for key in self.msg_type.keys() {
            if self.content.get(*key).and_then(Value::as_str).is_none_or(str::is_empty) {
                let message = format!("content of kind {} needs the text {key}", self.msg_type.as_str());
                faults.push(Fault { at: format!("/{key}"), message });
            }
        }
        let kind = match self.msg_type {
            MsgType::Text => {
                match self.content.get("text").and_then(Value::as_str) {
                    None => faults.push(Fault { at: "/text".to_owned(), message: "a text needs the text text".to_owned() }),
                    Some(text) if text.trim().is_empty() => {
                        faults.push(Fault { at: "/text".to_owned(), message: "there is no text".to_owned() })
                    }
                    Some(_) => {}
                }
                crate::feishu::content::Kind::Text
            }
            MsgType::Post => {
                let found = post_rules::validate(&self.content, channel.is_plain());
                faults.extend(found.into_iter().map(|fault| Fault { at: pointer(&fault.path), message: fault.message }));
                crate::feishu::content::Kind::Post
            }
            MsgType::Interactive => {
                let found = card::validate(&self.content);
                let one = |fault: card::CardFault| Fault {
                    at: pointer(&fault.path),
                    message: format!("{} ({}, {})", fault.message, fault.code, fault.sub_code),
                };
                faults.extend(found.into_iter().map(one));
                crate::feishu::content::Kind::Card
            }
            _ => return faults,
        };
        let limit = if channel == Channel::CustomBot { Limit::custom_bot() } else { Limit::app(kind) };
        let bytes = self.written().map_or(0, |content| content.wire_bytes_for(channel));
        if bytes > limit.bytes {
            faults.push(Fault { at: String::new(), message: format!("{bytes} bytes are more than the {} that are taken", limit.bytes) });
        }
        faults
    }
}

/// `body.elements[0].text` as `/body/elements/0/text`.
fn pointer(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 1);
    for part in path.split(['.', '[']).map(|part| part.trim_end_matches(']')).filter(|part| !part.is_empty()) {
        out.push('/');
        out.push_str(part);
    }
    out
}

/// Reads a text, post or card, of the kind that is named, or that the text looks like.
///
/// # Errors
/// JSON that cannot be read, with line and column.
pub fn read(text: &str, kind: Option<MsgType>) -> Result<Body, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parse = || json::parse(text).map_err(|error| format!("{} at {}", error.message, place(text, error.offset)));
    let written = |msg_type, content| Ok(Body { msg_type, content });
    match kind {
        Some(MsgType::Text) => Ok(plain(text)),
        Some(MsgType::Post) => written(MsgType::Post, unwrapped(parse()?)),
        Some(other) => written(other, parse()?),
        None if !text.trim_start().starts_with('{') => Ok(plain(text)),
        None => match parse() {
            Ok(value) => Ok(guess(value).unwrap_or_else(|| plain(text))),
            // Words between braces are words; what has elements was meant as JSON.
            Err(why) if text.contains("\"tag\"") || text.contains("\"schema\"") => Err(format!("{why}; --kind text sends it as it is")),
            Err(_) => Ok(plain(text)),
        },
    }
}

fn plain(text: &str) -> Body {
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    Body { msg_type: MsgType::Text, content: json!({ "text": text }) }
}

/// The kind of a JSON content by its keys.
fn guess(value: Value) -> Option<Body> {
    let map = value.as_object()?;
    let has = |key: &str| map.contains_key(key);
    let kept = map.get("type").and_then(Value::as_str).is_some_and(|kind| matches!(kind, "template" | "card")) && has("data");
    let locale = |key: &String| matches!(key.as_bytes(), [a, b, b'_', c, d] if [a, b, c, d].into_iter().all(u8::is_ascii_lowercase));
    if has("schema") || has("elements") || has("i18n_elements") || kept {
        return Some(Body { msg_type: MsgType::Interactive, content: value });
    }
    let rich = (!map.is_empty() && map.keys().all(locale)) || has("post") || map.get("content").is_some_and(Value::is_array);
    if rich {
        return Some(Body { msg_type: MsgType::Post, content: unwrapped(value) });
    }
    let text = map.len() == 1 && map.get("text").is_some_and(Value::is_string);
    text.then_some(Body { msg_type: MsgType::Text, content: value })
}

/// A post without the level that custom bots have around it, and with the language that histories leave out.
fn unwrapped(mut value: Value) -> Value {
    if let Some(inner) = value.get_mut("post").filter(|inner| inner.is_object()) {
        return inner.take();
    }
    if value.get("content").is_some_and(Value::is_array) { json!({ "zh_cn": value }) } else { value }
}

fn place(text: &str, offset: usize) -> String {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_guessed_from_the_text() {
        for (text, kind, content) in [
            ("disk full\n", MsgType::Text, json!({"text": "disk full"})),
            ("{braces} are words", MsgType::Text, json!({"text": "{braces} are words"})),
            ("{\"text\":\"x\"}", MsgType::Text, json!({"text": "x"})),
            ("{\"a\":1}", MsgType::Text, json!({"text": "{\"a\":1}"})),
            ("{\"schema\":\"2.0\",\"body\":{},}", MsgType::Interactive, json!({"schema": "2.0", "body": {}})),
            ("{\"elements\":[]}", MsgType::Interactive, json!({"elements": []})),
            ("{\"type\":\"template\",\"data\":{}}", MsgType::Interactive, json!({"type": "template", "data": {}})),
            ("{\"zh_cn\":{\"content\":[]}}", MsgType::Post, json!({"zh_cn": {"content": []}})),
            ("{\"post\":{\"en_us\":{}}}", MsgType::Post, json!({"en_us": {}})),
            ("{\"title\":\"t\",\"content\":[[]]}", MsgType::Post, json!({"zh_cn": {"title": "t", "content": [[]]}})),
        ] {
            let body = read(text, None).unwrap();
            assert_eq!((body.msg_type, &body.content), (kind, &content), "{text}");
        }
        assert_eq!(read("{\"schema\":\"2.0\"}", Some(MsgType::Text)).unwrap().content, json!({"text": "{\"schema\":\"2.0\"}"}));
        let error = read("{\"schema\":\"2.0\",\n \"body\" 5}", None).unwrap_err();
        assert!(error.contains("line 2, column 9") && error.contains("--kind text"), "{error}");
        assert!(read("not json", Some(MsgType::Interactive)).is_err());
    }

    #[test]
    fn faults_point_into_the_content() {
        let post = Body { msg_type: MsgType::Post, content: json!({"zh_cn": {"content": [[{"tag": "a", "text": "x", "href": "/x"}]]}}) };
        assert_eq!(post.check(Channel::App)[0].at, "/zh_cn/content/0/0/href");
        let card = Body { msg_type: MsgType::Interactive, content: json!({"schema": "2.0", "body": {"elements": [{"tag": "nope"}]}}) };
        assert!(card.check(Channel::App)[0].at.starts_with("/body/elements/0"), "{:?}", card.check(Channel::App));
        let image = Body { msg_type: MsgType::Image, content: json!({"file_key": "x"}) };
        assert_eq!(image.check(Channel::App)[0].at, "/image_key");
        assert_eq!(plain(" \n").check(Channel::App)[0].message, "there is no text");
        let long = plain(&"x".repeat(25_000));
        assert!(long.check(Channel::App).is_empty() && long.check(Channel::CustomBot)[0].message.contains("bytes"));
    }

    #[test]
    fn envelopes_are_those_of_the_calls() {
        let share = Body { msg_type: MsgType::ShareChat, content: json!({"chat_id": "oc_1"}) };
        assert_eq!(share.envelope(), Some(json!({"content": {"share_chat_id": "oc_1"}})));
        let card = Body { msg_type: MsgType::Interactive, content: json!({"elements": []}) };
        assert_eq!(card.envelope(), Some(json!({"card": {"elements": []}})));
        let post = Body { msg_type: MsgType::Post, content: json!({"zh_cn": {}}) };
        assert_eq!(post.envelope(), Some(json!({"content": {"post": {"zh_cn": {}}}})));
        assert_eq!(post.helpdesk().unwrap(), r#"{"post":{"zh_cn":{}}}"#);
        let audio = Body { msg_type: MsgType::Audio, content: json!({"file_key": "k"}) };
        assert_eq!((audio.envelope(), audio.helpdesk()), (None, None));
    }
}

//! One call as exact bytes, so that it can be stored and repeated without a difference.
//!
//! Pure. Tokens are not part of a call; the client adds one each time. Paths, fields and limits: the platform's
//! message, chat and contact API pages, read 2026-05.

use super::error::Endpoint;
use crate::config::settings::AddressKind;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Most addresses and most numbers one look-up takes.
pub const LOOKUP_BATCH: usize = 50;

/// One call. `Debug` shows the length of the body only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Which call.
    pub endpoint: Endpoint,
    /// HTTP method.
    pub method: Method,
    /// Path below the base URL, with ids percent-encoded.
    pub path: String,
    /// Query parameters in order.
    pub query: Vec<(String, String)>,
    /// JSON, or empty.
    #[serde(with = "utf8")]
    pub body: Vec<u8>,
}

/// HTTP methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            Method::Put => http::Method::PUT,
            Method::Patch => http::Method::PATCH,
            Method::Delete => http::Method::DELETE,
        }
    }
}

/// The platform's word for a kind of address, where a message can be sent to it as it is. Mobile numbers are looked
/// up first; teams and bots are no ids.
pub fn receive_id_type(kind: AddressKind) -> Option<&'static str> {
    match kind {
        AddressKind::Chat => Some("chat_id"),
        AddressKind::OpenId => Some("open_id"),
        AddressKind::UserId => Some("user_id"),
        AddressKind::UnionId => Some("union_id"),
        AddressKind::Email => Some("email"),
        AddressKind::Mobile | AddressKind::Team | AddressKind::Bot => None,
    }
}

#[derive(Serialize)]
struct SendBody<'a> {
    receive_id: &'a str,
    msg_type: &'a str,
    content: &'a str,
    uuid: &'a str,
}

#[derive(Serialize)]
struct ReplyBody<'a> {
    msg_type: &'a str,
    content: &'a str,
    reply_in_thread: bool,
    uuid: &'a str,
}

#[derive(Serialize)]
struct EditBody<'a> {
    msg_type: &'a str,
    content: &'a str,
}

#[derive(Serialize)]
struct PatchBody<'a> {
    content: &'a str,
}

impl Call {
    fn new(endpoint: Endpoint, method: Method, path: String) -> Self {
        Self { endpoint, method, path, query: Vec::new(), body: Vec::new() }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    fn json(mut self, body: &impl Serialize) -> Self {
        // Structs of strings always serialise.
        self.body = serde_json::to_vec(body).unwrap_or_default();
        self
    }

    /// Sends a message. `content` is the serialised JSON the platform calls content; `uuid` at most 50 characters:
    /// within an hour at most one message is made for it.
    pub fn send(receive_id_type: &str, receive_id: &str, msg_type: &str, content: &str, uuid: &str) -> Self {
        Self::new(Endpoint::Send, Method::Post, "/open-apis/im/v1/messages".to_owned())
            .with("receive_id_type", receive_id_type)
            .json(&SendBody { receive_id, msg_type, content, uuid })
    }

    /// Replies to a message, in its topic or as a quote in the stream.
    pub fn reply(message_id: &str, msg_type: &str, content: &str, in_thread: bool, uuid: &str) -> Self {
        Self::new(Endpoint::Reply, Method::Post, message(message_id, "/reply")).json(&ReplyBody {
            msg_type,
            content,
            reply_in_thread: in_thread,
            uuid,
        })
    }

    /// Edits a text or post message.
    pub fn edit(message_id: &str, msg_type: &str, content: &str) -> Self {
        Self::new(Endpoint::Edit, Method::Put, message(message_id, "")).json(&EditBody { msg_type, content })
    }

    /// Replaces the card of a message.
    pub fn patch(message_id: &str, content: &str) -> Self {
        Self::new(Endpoint::Patch, Method::Patch, message(message_id, "")).json(&PatchBody { content })
    }

    /// Recalls a message.
    pub fn recall(message_id: &str) -> Self {
        Self::new(Endpoint::Recall, Method::Delete, message(message_id, ""))
    }

    /// Reads a message, a card as it was sent.
    pub fn get(message_id: &str) -> Self {
        Self::new(Endpoint::Get, Method::Get, message(message_id, "")).with("card_msg_content_type", "user_card_content")
    }

    /// Reads the newest messages of a chat, or of a topic (`thread`).
    pub fn list(container_id_type: &str, container_id: &str, page_token: Option<&str>) -> Self {
        let call = Self::new(Endpoint::List, Method::Get, "/open-apis/im/v1/messages".to_owned())
            .with("container_id_type", container_id_type)
            .with("container_id", container_id)
            .with("sort_type", "ByCreateTimeDesc")
            .with("page_size", "50");
        paged(call, page_token)
    }

    /// The groups the bot is in, 100 a page.
    pub fn chats(page_token: Option<&str>) -> Self {
        paged(Self::new(Endpoint::Chats, Method::Get, "/open-apis/im/v1/chats".to_owned()).with("page_size", "100"), page_token)
    }

    /// What a chat is and allows.
    pub fn chat_info(chat_id: &str) -> Self {
        Self::new(Endpoint::ChatInfo, Method::Get, format!("/open-apis/im/v1/chats/{}", segment(chat_id)))
    }

    /// Whether the bot is in a chat.
    pub fn is_in_chat(chat_id: &str) -> Self {
        Self::new(Endpoint::IsInChat, Method::Get, format!("/open-apis/im/v1/chats/{}/members/is_in_chat", segment(chat_id)))
    }

    /// E-mail addresses and mobile numbers (at most [`LOOKUP_BATCH`] of each) to open_ids.
    pub fn batch_get_id(emails: &[&str], mobiles: &[&str]) -> Self {
        Self::new(Endpoint::BatchGetId, Method::Post, "/open-apis/contact/v3/users/batch_get_id".to_owned())
            .with("user_id_type", "open_id")
            .json(&json!({"emails": emails, "mobiles": mobiles, "include_resigned": false}))
    }

    /// The bot's own identity.
    pub fn bot_info() -> Self {
        Self::new(Endpoint::BotInfo, Method::Get, "/open-apis/bot/v3/info".to_owned())
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Call({} {:?} {}, {} bytes)", self.endpoint, self.method, self.path, self.body.len())
    }
}

fn message(id: &str, rest: &str) -> String {
    format!("/open-apis/im/v1/messages/{}{rest}", segment(id))
}

fn paged(call: Call, page_token: Option<&str>) -> Call {
    match page_token {
        Some(token) => call.with("page_token", token),
        None => call,
    }
}

/// An id as one path segment. Ids can come from labels: nothing in one may reach another path.
fn segment(id: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEEP: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
    if id.chars().all(|c| c == '.') {
        return "invalid".to_owned(); // empty and dot segments would be resolved away
    }
    utf8_percent_encode(id, KEEP).to_string()
}

/// Bodies are JSON, which is text: stored as text, the bytes come back the same.
mod utf8 {
    use serde::{Deserialize, Deserializer, Serializer, ser::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(std::str::from_utf8(bytes).map_err(S::Error::custom)?)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        String::deserialize(from).map(String::into_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_as_documented() {
        let send = Call::send("chat_id", "oc_1", "text", r#"{"text":"disk 93%"}"#, "u1");
        assert_eq!((send.method, send.path.as_str()), (Method::Post, "/open-apis/im/v1/messages"));
        assert_eq!(send.query, [("receive_id_type".to_owned(), "chat_id".to_owned())]);
        assert_eq!(
            String::from_utf8(send.body).unwrap(),
            r#"{"receive_id":"oc_1","msg_type":"text","content":"{\"text\":\"disk 93%\"}","uuid":"u1"}"#
        );
        let reply = Call::reply("om_1", "text", "{}", true, "u2");
        assert_eq!(reply.path, "/open-apis/im/v1/messages/om_1/reply");
        assert_eq!(String::from_utf8(reply.body).unwrap(), r#"{"msg_type":"text","content":"{}","reply_in_thread":true,"uuid":"u2"}"#);
        assert_eq!(Call::edit("om_1", "post", "{}").method, Method::Put);
        let patch = Call::patch("om_1", "{}");
        assert_eq!((patch.method, String::from_utf8(patch.body).unwrap().as_str()), (Method::Patch, r#"{"content":"{}"}"#));
        assert_eq!(Call::recall("om_1").method, Method::Delete);
        assert_eq!(Call::is_in_chat("oc_1").path, "/open-apis/im/v1/chats/oc_1/members/is_in_chat");
        assert!(Call::chats(Some("p2")).query.contains(&("page_token".to_owned(), "p2".to_owned())));
    }

    #[test]
    fn ids_stay_in_their_segment() {
        for (id, path) in [
            ("../../x?a=b#c", "/open-apis/im/v1/chats/..%2F..%2Fx%3Fa%3Db%23c"),
            ("..", "/open-apis/im/v1/chats/invalid"),
            ("", "/open-apis/im/v1/chats/invalid"),
            ("群", "/open-apis/im/v1/chats/%E7%BE%A4"),
        ] {
            assert_eq!(Call::chat_info(id).path, path);
        }
    }

    #[test]
    fn stored_calls_come_back_byte_for_byte() {
        let call = Call::send("email", "a@b.c", "post", "{\"zh_cn\":\"\u{1F525}\\n\"}", "u");
        let text = serde_json::to_string(&call).unwrap();
        assert_eq!(serde_json::from_str::<Call>(&text).unwrap(), call);
        assert!(text.contains(r#""endpoint":"send","method":"POST""#));
    }

    #[test]
    fn debug_has_no_content() {
        assert_eq!(format!("{:?}", Call::patch("om_1", "secret words")), "Call(patch Patch /open-apis/im/v1/messages/om_1, 26 bytes)");
    }
}

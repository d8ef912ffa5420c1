//! One call as exact bytes, so that it can be stored and repeated without a difference.
//!
//! Pure. Tokens are not part of a call; the client adds one each time. Paths, fields and limits: the platform's
//! message, chat and contact API pages, read 2026-05. [`messages`] has the calls about single messages, [`batch`] those
//! to many people, [`legacy`] the help desk and `message/v4`, [`chats`] chats and people, [`files`] what is no JSON.

mod batch;
mod chats;
mod files;
mod legacy;
mod messages;

pub use batch::{Audience, BATCH_IDS};
pub use chats::{LOOKUP_BATCH, NewChat};
pub use files::{FileType, Part, Upload};
pub use legacy::helpdesk_content;
pub use messages::{History, Urge};

use super::error::Endpoint;
use crate::config::settings::AddressKind;
use serde::{Deserialize, Serialize};

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
        AddressKind::Mobile
        | AddressKind::Team
        | AddressKind::Bot
        | AddressKind::Department
        | AddressKind::Broadcast
        | AddressKind::Helpdesk => None,
    }
}

impl Call {
    pub(super) fn new(endpoint: Endpoint, method: Method, path: impl Into<String>) -> Self {
        Self { endpoint, method, path: path.into(), query: Vec::new(), body: Vec::new() }
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The parameter, where there is one.
    pub(super) fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Self {
        // Structs of strings always serialise.
        self.body = serde_json::to_vec(body).unwrap_or_default();
        self
    }
}

impl std::fmt::Debug for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Call({} {:?} {}, {} bytes)", self.endpoint, self.method, self.path, self.body.len())
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

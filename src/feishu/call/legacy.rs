//! The help desk's bot, and `message/v4` for private deployments that have only that.
//!
//! Neither has a `uuid`, and neither message can be edited. Source: the help desk and legacy message pages, read 2026-05.

use super::batch::legacy_envelope;
use super::{Call, Method};
use crate::config::settings::ReceiveType;
use crate::feishu::content::Content;
use crate::feishu::error::Endpoint;
use serde_json::{Value, json};

impl Call {
    /// Sends a message as the help desk's bot. `msg_type` is text, post, image or interactive (card JSON 1.0 only),
    /// `content` the serialised JSON, a post with its extra level: see [`helpdesk_content`].
    pub fn helpdesk_send(user_id_type: &str, receiver_id: &str, receive_type: ReceiveType, msg_type: &str, content: &str) -> Self {
        let body = json!({"msg_type": msg_type, "content": content, "receiver_id": receiver_id, "receive_type": receive_type.as_str()});
        Self::new(Endpoint::HelpdeskSend, Method::Post, "/open-apis/helpdesk/v1/message").with("user_id_type", user_id_type).json(&body)
    }

    /// Sends a message by the legacy API. `receiver` is one of open_id, user_id, email, chat_id; `root_id` the message it
    /// answers.
    pub fn legacy_send(receiver: (&str, &str), root_id: Option<&str>, content: &Content) -> Self {
        Self::legacy_send_value(receiver, root_id, content.msg_type(), legacy_envelope(content))
    }

    /// The same with content of any kind, in its envelope: `{"content": ..}` or `{"card": ..}`.
    pub fn legacy_send_value(receiver: (&str, &str), root_id: Option<&str>, msg_type: &str, envelope: Value) -> Self {
        let mut body = json!({ receiver.0: receiver.1, "msg_type": msg_type });
        if let (Some(body), Value::Object(envelope)) = (body.as_object_mut(), envelope) {
            if let Some(root_id) = root_id {
                body.insert("root_id".to_owned(), root_id.into());
            }
            body.extend(envelope);
        }
        Self::new(Endpoint::LegacySend, Method::Post, "/open-apis/message/v4/send/").json(&body)
    }
}

/// The serialised `content` of a help desk's message: a post has one more level around it.
pub fn helpdesk_content(content: &Content) -> String {
    match content {
        Content::Post(post) => json!({ "post": post }).to_string(),
        other => other.to_content_string(),
    }
}

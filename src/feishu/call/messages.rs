//! Calls about single messages: send, change, forward, read, urge, pin, react.

use super::{Call, Method, segment};
use crate::feishu::error::Endpoint;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Serialize)]
struct SendBody<'a> {
    receive_id: &'a str,
    msg_type: &'a str,
    content: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    uuid: &'a str,
}

#[derive(Serialize)]
struct ReplyBody<'a> {
    msg_type: &'a str,
    content: &'a str,
    reply_in_thread: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
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

/// How people are urged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Urge {
    /// In the app: free.
    App,
    /// By text message: uses the tenant's quota.
    Sms,
    /// By phone: uses the tenant's quota.
    Phone,
}

impl Urge {
    /// Its call.
    pub fn endpoint(self) -> Endpoint {
        match self {
            Urge::App => Endpoint::UrgentApp,
            Urge::Sms => Endpoint::UrgentSms,
            Urge::Phone => Endpoint::UrgentPhone,
        }
    }
}

/// Which part of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    /// `chat` or `thread`.
    pub container_id_type: String,
    /// `oc_...` or `omt_...`
    pub container_id: String,
    /// Unix seconds; not for threads.
    pub start_time: Option<i64>,
    /// Unix seconds; not for threads.
    pub end_time: Option<i64>,
    /// Oldest first.
    pub ascending: bool,
    /// 1-50.
    pub page_size: u32,
}

impl Call {
    /// Sends a message. `content` is the serialised JSON the platform calls content; `uuid` at most 50 characters:
    /// within an hour at most one message is made for it. An empty `uuid` is left out.
    pub fn send(receive_id_type: &str, receive_id: &str, msg_type: &str, content: &str, uuid: &str) -> Self {
        Self::new(Endpoint::Send, Method::Post, "/open-apis/im/v1/messages").with("receive_id_type", receive_id_type).json(&SendBody {
            receive_id,
            msg_type,
            content,
            uuid,
        })
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

    /// Edits a text or post message; at most 20 times.
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

    /// Forwards a message. `receive_id_type` may also be `thread_id`; the `uuid` is part of the query here.
    pub fn forward(message_id: &str, receive_id_type: &str, receive_id: &str, uuid: &str) -> Self {
        forward(Endpoint::Forward, message(message_id, "/forward"), receive_id_type, uuid).json(&json!({"receive_id": receive_id}))
    }

    /// Forwards 1-100 messages of one chat as one.
    pub fn merge_forward(message_ids: &[&str], receive_id_type: &str, receive_id: &str, uuid: &str) -> Self {
        let path = "/open-apis/im/v1/messages/merge_forward".to_owned();
        forward(Endpoint::MergeForward, path, receive_id_type, uuid)
            .json(&json!({"receive_id": receive_id, "message_id_list": message_ids}))
    }

    /// Forwards a topic (`omt_...`).
    pub fn forward_thread(thread_id: &str, receive_id_type: &str, receive_id: &str, uuid: &str) -> Self {
        let path = format!("/open-apis/im/v1/threads/{}/forward", segment(thread_id));
        forward(Endpoint::ThreadForward, path, receive_id_type, uuid).json(&json!({"receive_id": receive_id}))
    }

    /// Reads a message, a card as it was sent.
    pub fn get(message_id: &str) -> Self {
        Self::new(Endpoint::Get, Method::Get, message(message_id, "")).with("card_msg_content_type", "user_card_content")
    }

    /// Reads one page of a history, cards as they were sent.
    pub fn history(history: &History, page_token: Option<&str>) -> Self {
        let seconds = |time: Option<i64>| time.map(|time| time.to_string());
        Self::new(Endpoint::List, Method::Get, "/open-apis/im/v1/messages")
            .with("container_id_type", &history.container_id_type)
            .with("container_id", &history.container_id)
            .with_some("start_time", seconds(history.start_time).as_deref())
            .with_some("end_time", seconds(history.end_time).as_deref())
            .with("sort_type", if history.ascending { "ByCreateTimeAsc" } else { "ByCreateTimeDesc" })
            .with("page_size", &history.page_size.clamp(1, 50).to_string())
            .with("card_msg_content_type", "user_card_content")
            .with_some("page_token", page_token)
    }

    /// Who has read one of our messages of the last seven days, 100 a page.
    pub fn read_users(message_id: &str, page_token: Option<&str>) -> Self {
        Self::new(Endpoint::ReadUsers, Method::Get, message(message_id, "/read_users"))
            .with("user_id_type", "open_id")
            .with("page_size", "100")
            .with_some("page_token", page_token)
    }

    /// Urges at most 200 members of its chat to look at one of our messages. Never safe to repeat: it calls people.
    pub fn urgent(how: Urge, message_id: &str, user_id_type: &str, user_ids: &[&str]) -> Self {
        let rest = match how {
            Urge::App => "/urgent_app",
            Urge::Sms => "/urgent_sms",
            Urge::Phone => "/urgent_phone",
        };
        Self::new(how.endpoint(), Method::Patch, message(message_id, rest))
            .with("user_id_type", user_id_type)
            .json(&json!({"user_id_list": user_ids}))
    }

    /// Pins a message in its chat; a pinned one stays as it is.
    pub fn pin(message_id: &str) -> Self {
        Self::new(Endpoint::PinCreate, Method::Post, "/open-apis/im/v1/pins").json(&json!({"message_id": message_id}))
    }

    /// Unpins a message; one that is not pinned stays as it is.
    pub fn unpin(message_id: &str) -> Self {
        Self::new(Endpoint::PinDelete, Method::Delete, format!("/open-apis/im/v1/pins/{}", segment(message_id)))
    }

    /// The pins of a chat, newest first, 50 a page.
    pub fn pins(chat_id: &str, page_token: Option<&str>) -> Self {
        Self::new(Endpoint::PinList, Method::Get, "/open-apis/im/v1/pins")
            .with("chat_id", chat_id)
            .with("page_size", "50")
            .with_some("page_token", page_token)
    }

    /// Reacts to a message; `emoji_type` is case-sensitive, e.g. `DONE`.
    pub fn react(message_id: &str, emoji_type: &str) -> Self {
        Self::new(Endpoint::ReactionCreate, Method::Post, message(message_id, "/reactions"))
            .json(&json!({"reaction_type": {"emoji_type": emoji_type}}))
    }

    /// Takes a reaction of the app's own back.
    pub fn unreact(message_id: &str, reaction_id: &str) -> Self {
        let path = message(message_id, &format!("/reactions/{}", segment(reaction_id)));
        Self::new(Endpoint::ReactionDelete, Method::Delete, path)
    }

    /// The reactions of a message, of one kind or all, 50 a page.
    pub fn reactions(message_id: &str, emoji_type: Option<&str>, page_token: Option<&str>) -> Self {
        Self::new(Endpoint::ReactionList, Method::Get, message(message_id, "/reactions"))
            .with_some("reaction_type", emoji_type)
            .with("page_size", "50")
            .with("user_id_type", "open_id")
            .with_some("page_token", page_token)
    }
}

fn forward(endpoint: Endpoint, path: String, receive_id_type: &str, uuid: &str) -> Call {
    Call::new(endpoint, Method::Post, path)
        .with("receive_id_type", receive_id_type)
        .with_some("uuid", Some(uuid).filter(|uuid| !uuid.is_empty()))
}

pub(super) fn message(id: &str, rest: &str) -> String {
    format!("/open-apis/im/v1/messages/{}{rest}", segment(id))
}

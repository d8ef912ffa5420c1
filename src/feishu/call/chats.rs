//! Calls about chats and people.

use super::{Call, Method, segment};
use crate::feishu::error::Endpoint;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Most addresses and most numbers one look-up takes.
pub const LOOKUP_BATCH: usize = 50;

/// A chat to create.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewChat {
    /// At most 60 characters are advised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// At most 100 characters are advised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The owner's open_id; default: the bot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<String>,
    /// At most 50 open_ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_id_list: Vec<String>,
    /// At most 5 app ids; the calling bot joins by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bot_id_list: Vec<String>,
    /// `private` (default) or `public`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_type: Option<String>,
    /// `chat` (default) or `thread`: a group whose messages are topics.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_message_type: Option<String>,
    /// `only_owner` or `all_members`: who may urge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub urgent_setting: Option<String>,
}

impl Call {
    /// The groups the bot is in, oldest first, 100 a page.
    pub fn chats(page_token: Option<&str>) -> Self {
        Self::new(Endpoint::Chats, Method::Get, "/open-apis/im/v1/chats").with("page_size", "100").with_some("page_token", page_token)
    }

    /// Chats whose names, or whose members' names, match; 100 a page.
    pub fn chat_search(query: &str, page_token: Option<&str>) -> Self {
        Self::new(Endpoint::ChatSearch, Method::Get, "/open-apis/im/v1/chats/search")
            .with("query", query)
            .with("page_size", "100")
            .with_some("page_token", page_token)
    }

    /// What a chat is and allows.
    pub fn chat_info(chat_id: &str) -> Self {
        Self::new(Endpoint::ChatInfo, Method::Get, chat(chat_id, ""))
    }

    /// Creates a chat; within ten hours at most one for a `uuid` (at most 50 characters).
    pub fn chat_create(new: &NewChat, uuid: &str) -> Self {
        Self::new(Endpoint::ChatCreate, Method::Post, "/open-apis/im/v1/chats")
            .with("user_id_type", "open_id")
            .with_some("set_bot_manager", new.owner_id.as_ref().map(|_| "true"))
            .with_some("uuid", Some(uuid).filter(|uuid| !uuid.is_empty()))
            .json(new)
    }

    /// The people in a chat, 100 a page; bots are not among them.
    pub fn members(chat_id: &str, page_token: Option<&str>) -> Self {
        Self::new(Endpoint::Members, Method::Get, chat(chat_id, "/members"))
            .with("member_id_type", "open_id")
            .with("page_size", "100")
            .with_some("page_token", page_token)
    }

    /// Adds at most 50 people or 5 bots to a chat; who can be added is, the others are named in the answer.
    pub fn members_add(chat_id: &str, member_id_type: &str, ids: &[&str]) -> Self {
        Self::new(Endpoint::MembersAdd, Method::Post, chat(chat_id, "/members"))
            .with("member_id_type", member_id_type)
            .with("succeed_type", "1")
            .json(&json!({"id_list": ids}))
    }

    /// Removes at most 50 people or 5 bots from a chat.
    pub fn members_remove(chat_id: &str, member_id_type: &str, ids: &[&str]) -> Self {
        Self::new(Endpoint::MembersRemove, Method::Delete, chat(chat_id, "/members"))
            .with("member_id_type", member_id_type)
            .json(&json!({"id_list": ids}))
    }

    /// Whether the bot is in a chat.
    pub fn is_in_chat(chat_id: &str) -> Self {
        Self::new(Endpoint::IsInChat, Method::Get, chat(chat_id, "/members/is_in_chat"))
    }

    /// E-mail addresses and mobile numbers (at most [`LOOKUP_BATCH`] of each) to open_ids.
    pub fn batch_get_id(emails: &[&str], mobiles: &[&str]) -> Self {
        Self::new(Endpoint::BatchGetId, Method::Post, "/open-apis/contact/v3/users/batch_get_id")
            .with("user_id_type", "open_id")
            .json(&json!({"emails": emails, "mobiles": mobiles, "include_resigned": false}))
    }

    /// One person; `user_id_type` is open_id, user_id or union_id.
    pub fn user(user_id_type: &str, user_id: &str) -> Self {
        Self::new(Endpoint::User, Method::Get, format!("/open-apis/contact/v3/users/{}", segment(user_id)))
            .with("user_id_type", user_id_type)
            .with("department_id_type", "open_department_id")
    }

    /// The bot's own identity.
    pub fn bot_info() -> Self {
        Self::new(Endpoint::BotInfo, Method::Get, "/open-apis/bot/v3/info")
    }
}

fn chat(id: &str, rest: &str) -> String {
    format!("/open-apis/im/v1/chats/{}{rest}", segment(id))
}

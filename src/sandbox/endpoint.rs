//! The platform surface that the sandbox has: which path and method is which endpoint.

use http::Method;
use serde::{Deserialize, Serialize};

/// An endpoint of the platform, by the short name used in faults and counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `POST /open-apis/auth/v3/tenant_access_token/internal` (and the app token of a self-built app).
    Token,
    /// `POST /open-apis/im/v1/messages`
    Send,
    /// `POST /open-apis/im/v1/messages/:message_id/reply`
    Reply,
    /// `PUT /open-apis/im/v1/messages/:message_id`
    Edit,
    /// `PATCH /open-apis/im/v1/messages/:message_id`
    Patch,
    /// `DELETE /open-apis/im/v1/messages/:message_id`
    Recall,
    /// `GET /open-apis/im/v1/messages/:message_id`
    Get,
    /// `GET /open-apis/im/v1/messages`
    List,
    /// `GET /open-apis/im/v1/chats`
    Chats,
    /// `GET /open-apis/im/v1/chats/:chat_id`
    ChatInfo,
    /// `GET /open-apis/im/v1/chats/:chat_id/members/is_in_chat`
    IsInChat,
    /// `POST /open-apis/contact/v3/users/batch_get_id`
    BatchGetId,
    /// `GET /open-apis/bot/v3/info`
    BotInfo,
    /// `POST /open-apis/im/v1/images`
    ImageUpload,
    /// `GET /open-apis/im/v1/images/:image_key`
    ImageGet,
    /// `POST /open-apis/bot/v2/hook/:token`
    Hook,
}

/// What a path and method mean.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// An endpoint, and its path parameter (empty where it has none).
    Endpoint(Endpoint, &'a str),
    /// The path exists with another method.
    WrongMethod,
    /// No such path.
    Nothing,
}

impl Endpoint {
    /// Every endpoint.
    pub const ALL: [Self; 16] = [
        Self::Token,
        Self::Send,
        Self::Reply,
        Self::Edit,
        Self::Patch,
        Self::Recall,
        Self::Get,
        Self::List,
        Self::Chats,
        Self::ChatInfo,
        Self::IsInChat,
        Self::BatchGetId,
        Self::BotInfo,
        Self::ImageUpload,
        Self::ImageGet,
        Self::Hook,
    ];

    /// The short name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Send => "send",
            Self::Reply => "reply",
            Self::Edit => "edit",
            Self::Patch => "patch",
            Self::Recall => "recall",
            Self::Get => "get",
            Self::List => "list",
            Self::Chats => "chats",
            Self::ChatInfo => "chat_info",
            Self::IsInChat => "is_in_chat",
            Self::BatchGetId => "batch_get_id",
            Self::BotInfo => "bot_info",
            Self::ImageUpload => "image_upload",
            Self::ImageGet => "image_get",
            Self::Hook => "hook",
        }
    }

    /// Whether the call needs a tenant token.
    pub(crate) const fn needs_token(self) -> bool {
        !matches!(self, Self::Token | Self::Hook)
    }

    /// Whether the call counts against the monthly quota of a free tenant.
    pub(crate) const fn counts_for_quota(self) -> bool {
        !matches!(self, Self::Token | Self::Hook | Self::BatchGetId)
    }

    /// Looks a request up.
    pub(crate) fn find<'a>(method: &Method, path: &'a str) -> Found<'a> {
        let Some(path) = path.strip_prefix("/open-apis/") else { return Found::Nothing };
        let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        let known: &[(Method, Self)] = match parts.as_slice() {
            ["auth", "v3", "tenant_access_token" | "app_access_token", "internal"] => &[(Method::POST, Self::Token)],
            ["im", "v1", "messages"] => &[(Method::POST, Self::Send), (Method::GET, Self::List)],
            ["im", "v1", "messages", _] => {
                &[(Method::PUT, Self::Edit), (Method::PATCH, Self::Patch), (Method::DELETE, Self::Recall), (Method::GET, Self::Get)]
            }
            ["im", "v1", "messages", _, "reply"] => &[(Method::POST, Self::Reply)],
            ["im", "v1", "chats"] => &[(Method::GET, Self::Chats)],
            ["im", "v1", "chats", _] => &[(Method::GET, Self::ChatInfo)],
            ["im", "v1", "chats", _, "members", "is_in_chat"] => &[(Method::GET, Self::IsInChat)],
            ["im", "v1", "images"] => &[(Method::POST, Self::ImageUpload)],
            ["im", "v1", "images", _] => &[(Method::GET, Self::ImageGet)],
            ["contact", "v3", "users", "batch_get_id"] => &[(Method::POST, Self::BatchGetId)],
            ["bot", "v3", "info"] => &[(Method::GET, Self::BotInfo)],
            ["bot", "v2", "hook", _] => &[(Method::POST, Self::Hook)],
            _ => return Found::Nothing,
        };
        let id = if matches!(parts.first(), Some(&"im" | &"bot")) { parts.get(3).copied().unwrap_or_default() } else { "" };
        known.iter().find(|(wanted, _)| wanted == method).map_or(Found::WrongMethod, |(_, endpoint)| Found::Endpoint(*endpoint, id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_endpoints_and_their_ids() {
        let cases = [
            (Method::POST, "/open-apis/im/v1/messages", Found::Endpoint(Endpoint::Send, "")),
            (Method::PATCH, "/open-apis/im/v1/messages/om_1", Found::Endpoint(Endpoint::Patch, "om_1")),
            (Method::POST, "/open-apis/im/v1/messages/om_1/reply", Found::Endpoint(Endpoint::Reply, "om_1")),
            (Method::GET, "/open-apis/im/v1/chats/oc_1/members/is_in_chat", Found::Endpoint(Endpoint::IsInChat, "oc_1")),
            (Method::POST, "/open-apis/bot/v2/hook/abc", Found::Endpoint(Endpoint::Hook, "abc")),
            (Method::GET, "/open-apis/bot/v3/info/", Found::Endpoint(Endpoint::BotInfo, "")),
            (Method::DELETE, "/open-apis/im/v1/messages", Found::WrongMethod),
            (Method::GET, "/open-apis/nothing", Found::Nothing),
            (Method::GET, "/", Found::Nothing),
        ];
        for (method, path, expected) in cases {
            assert_eq!(Endpoint::find(&method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn names_and_serde_agree() {
        for endpoint in Endpoint::ALL {
            assert_eq!(serde_json::to_value(endpoint).unwrap(), endpoint.as_str());
        }
    }
}

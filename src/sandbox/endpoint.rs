//! The platform surface that the sandbox has: which path and method is which endpoint.

use http::Method;
use serde::{Deserialize, Serialize};

/// Declares the surface once: name, word, method, path below `/open-apis/`. `:id` is the call's id, `:sub` a second one.
/// Behind it, what is no call of that kind: name, word, what it is.
macro_rules! endpoints {
    ($($name:ident = $word:literal, $method:ident $path:literal;)+ @ $($other:ident = $other_word:literal, $what:literal;)+) => {
        /// An endpoint of the platform, by the short name used in faults and counters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Endpoint {
            $(
                #[doc = concat!("`", stringify!($method), " ", $path, "`")]
                $name,
            )+
            $(
                #[doc = $what]
                $other,
            )+
        }

        impl Endpoint {
            /// Every endpoint.
            pub const ALL: &[Self] = &[$(Self::$name,)+ $(Self::$other,)+];

            /// The short name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                    $(Self::$other => $other_word,)+
                }
            }
        }

        const ROUTES: &[(Endpoint, Method, &str)] = &[$((Endpoint::$name, Method::$method, $path),)+];
    };
}

endpoints! {
    Token = "token", POST "auth/v3/tenant_access_token/internal";
    Send = "send", POST "im/v1/messages";
    Reply = "reply", POST "im/v1/messages/:id/reply";
    Edit = "edit", PUT "im/v1/messages/:id";
    Patch = "patch", PATCH "im/v1/messages/:id";
    Recall = "recall", DELETE "im/v1/messages/:id";
    Forward = "forward", POST "im/v1/messages/:id/forward";
    MergeForward = "merge_forward", POST "im/v1/messages/merge_forward";
    ThreadForward = "thread_forward", POST "im/v1/threads/:id/forward";
    Get = "get", GET "im/v1/messages/:id";
    List = "list", GET "im/v1/messages";
    ReadUsers = "read_users", GET "im/v1/messages/:id/read_users";
    Resource = "resource", GET "im/v1/messages/:id/resources/:sub";
    UrgentApp = "urgent_app", PATCH "im/v1/messages/:id/urgent_app";
    UrgentSms = "urgent_sms", PATCH "im/v1/messages/:id/urgent_sms";
    UrgentPhone = "urgent_phone", PATCH "im/v1/messages/:id/urgent_phone";
    PinCreate = "pin_create", POST "im/v1/pins";
    PinDelete = "pin_delete", DELETE "im/v1/pins/:id";
    PinList = "pin_list", GET "im/v1/pins";
    ReactionCreate = "reaction_create", POST "im/v1/messages/:id/reactions";
    ReactionDelete = "reaction_delete", DELETE "im/v1/messages/:id/reactions/:sub";
    ReactionList = "reaction_list", GET "im/v1/messages/:id/reactions";
    BatchSend = "batch_send", POST "message/v4/batch_send";
    BatchProgress = "batch_progress", GET "im/v1/batch_messages/:id/get_progress";
    BatchReadUser = "batch_read_user", GET "im/v1/batch_messages/:id/read_user";
    BatchRecall = "batch_recall", DELETE "im/v1/batch_messages/:id";
    LegacySend = "legacy_send", POST "message/v4/send";
    HelpdeskSend = "helpdesk_send", POST "helpdesk/v1/message";
    Chats = "chats", GET "im/v1/chats";
    ChatSearch = "chat_search", GET "im/v1/chats/search";
    ChatInfo = "chat_info", GET "im/v1/chats/:id";
    ChatCreate = "chat_create", POST "im/v1/chats";
    Members = "members", GET "im/v1/chats/:id/members";
    MembersAdd = "members_add", POST "im/v1/chats/:id/members";
    MembersRemove = "members_remove", DELETE "im/v1/chats/:id/members";
    IsInChat = "is_in_chat", GET "im/v1/chats/:id/members/is_in_chat";
    BatchGetId = "batch_get_id", POST "contact/v3/users/batch_get_id";
    User = "user", GET "contact/v3/users/:id";
    BotInfo = "bot_info", GET "bot/v3/info";
    ImageUpload = "image_upload", POST "im/v1/images";
    ImageGet = "image_get", GET "im/v1/images/:id";
    FileUpload = "file_upload", POST "im/v1/files";
    FileGet = "file_get", GET "im/v1/files/:id";
    CardUpdate = "card_update", POST "interactive/v1/card/update";
    Hook = "hook", POST "bot/v2/hook/:id";
    @
    WsEndpoint = "ws_endpoint", "`POST /callback/ws/endpoint`, which is not below `/open-apis/`";
    WsConnect = "ws_connect", "Opening a long connection";
    Callback = "callback", "What an app answers when one of its cards is pressed";
}

/// Where clients ask for the URL of a long connection.
const WS_ENDPOINT: &str = "/callback/ws/endpoint";

/// What a path and method mean.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    /// An endpoint and its path parameters.
    Endpoint(Endpoint, Ids<'a>),
    /// The path exists with another method.
    WrongMethod,
    /// No such path.
    Nothing,
}

/// The parameters of a path, empty where it has none.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ids<'a> {
    /// What the call is about.
    pub id: &'a str,
    /// What of it.
    pub sub: &'a str,
}

impl Endpoint {
    /// Whether the call needs a tenant token.
    pub(crate) const fn needs_token(self) -> bool {
        !matches!(self, Self::Token | Self::Hook | Self::WsEndpoint)
    }

    /// Whether the body is a form with a file in it.
    pub(crate) const fn takes_a_form(self) -> bool {
        matches!(self, Self::ImageUpload | Self::FileUpload)
    }

    /// Whether the `uuid` is a query parameter; elsewhere it is in the body.
    pub(crate) const fn has_uuid_in_query(self) -> bool {
        matches!(self, Self::Forward | Self::MergeForward | Self::ThreadForward | Self::ChatCreate)
    }

    /// Whether the call counts against the monthly quota of a free tenant.
    pub(crate) const fn counts_for_quota(self) -> bool {
        !matches!(self, Self::Token | Self::Hook | Self::BatchGetId | Self::User)
    }

    /// Looks a request up. Fixed words win over parameters (`messages/merge_forward` is no message).
    pub(crate) fn find<'a>(method: &Method, path: &'a str) -> Found<'a> {
        if path == WS_ENDPOINT {
            return if method == Method::POST { Found::Endpoint(Self::WsEndpoint, Ids::default()) } else { Found::WrongMethod };
        }
        let Some(path) = path.strip_prefix("/open-apis/") else { return Found::Nothing };
        let path = path.trim_end_matches('/');
        // The app token of a self-built app is the tenant token.
        let path = if path == "auth/v3/app_access_token/internal" { "auth/v3/tenant_access_token/internal" } else { path };
        let mut found: Vec<(Endpoint, &Method, Ids<'a>, usize)> = ROUTES
            .iter()
            .filter_map(|(endpoint, wanted, shape)| fits(shape, path).map(|(ids, given)| (*endpoint, wanted, ids, given)))
            .collect();
        let Some(fewest) = found.iter().map(|(.., given)| *given).min() else { return Found::Nothing };
        found.retain(|(.., given)| *given == fewest);
        found
            .iter()
            .find(|(_, wanted, ..)| *wanted == method)
            .map_or(Found::WrongMethod, |(endpoint, _, ids, _)| Found::Endpoint(*endpoint, *ids))
    }
}

/// The parameters of `path` where it has this shape, and how many there are.
fn fits<'a>(shape: &str, path: &'a str) -> Option<(Ids<'a>, usize)> {
    let (mut ids, mut given) = (Ids::default(), 0);
    let (mut wanted, mut parts) = (shape.split('/'), path.split('/'));
    loop {
        match (wanted.next(), parts.next()) {
            (None, None) => return Some((ids, given)),
            (Some(":id"), Some(part)) => (ids.id, given) = (part, given + 1),
            (Some(":sub"), Some(part)) => (ids.sub, given) = (part, given + 1),
            (Some(word), Some(part)) if word == part => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_endpoints_and_their_ids() {
        let one = |endpoint, id| Found::Endpoint(endpoint, Ids { id, sub: "" });
        let cases = [
            (Method::POST, "/open-apis/im/v1/messages", one(Endpoint::Send, "")),
            (Method::PATCH, "/open-apis/im/v1/messages/om_1", one(Endpoint::Patch, "om_1")),
            (Method::POST, "/open-apis/im/v1/messages/om_1/reply", one(Endpoint::Reply, "om_1")),
            (Method::POST, "/open-apis/im/v1/messages/merge_forward", one(Endpoint::MergeForward, "")),
            (Method::GET, "/open-apis/im/v1/chats/search", one(Endpoint::ChatSearch, "")),
            (Method::GET, "/open-apis/im/v1/chats/oc_1/members/is_in_chat", one(Endpoint::IsInChat, "oc_1")),
            (
                Method::DELETE,
                "/open-apis/im/v1/messages/om_1/reactions/r1",
                Found::Endpoint(Endpoint::ReactionDelete, Ids { id: "om_1", sub: "r1" }),
            ),
            (Method::POST, "/open-apis/message/v4/batch_send/", one(Endpoint::BatchSend, "")),
            (Method::POST, "/open-apis/auth/v3/app_access_token/internal", one(Endpoint::Token, "")),
            (Method::POST, "/open-apis/bot/v2/hook/abc", one(Endpoint::Hook, "abc")),
            (Method::GET, "/open-apis/bot/v3/info/", one(Endpoint::BotInfo, "")),
            (Method::DELETE, "/open-apis/im/v1/messages", Found::WrongMethod),
            (Method::GET, "/open-apis/im/v1/messages/merge_forward", Found::WrongMethod),
            (Method::POST, "/callback/ws/endpoint", one(Endpoint::WsEndpoint, "")),
            (Method::GET, "/callback/ws/endpoint", Found::WrongMethod),
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

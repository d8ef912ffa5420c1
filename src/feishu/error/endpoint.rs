//! The platform calls this program makes, by name.

use serde::{Deserialize, Serialize};

/// One call of the platform's API. Error codes are looked up by it, budgets are kept per app and it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Tenant access token of a self-built app.
    Token,
    /// Send a message to a chat or person.
    Send,
    /// Reply to a message, in its topic or in the stream.
    Reply,
    /// Edit a text or post message.
    Edit,
    /// Replace the card of a message.
    Patch,
    /// Recall a message.
    Recall,
    /// Read one message.
    Get,
    /// Read the history of a chat or topic.
    List,
    /// The chats the bot is in.
    Chats,
    /// What a chat is and allows.
    ChatInfo,
    /// Whether the bot is in a chat.
    IsInChat,
    /// E-mail addresses and mobile numbers to ids.
    BatchGetId,
    /// The bot's own identity.
    BotInfo,
    /// Upload an image for messages.
    ImageUpload,
    /// A group custom bot's webhook.
    Hook,
}

/// Groups of endpoints that share error codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Tokens.
    Auth,
    /// Messages.
    Message,
    /// Chats and their members.
    Chat,
    /// People.
    Contact,
    /// The bot itself.
    Bot,
    /// Images and files.
    Upload,
    /// Group custom bots.
    Hook,
}

impl Endpoint {
    /// All endpoints.
    pub const ALL: [Endpoint; 15] = [
        Endpoint::Token,
        Endpoint::Send,
        Endpoint::Reply,
        Endpoint::Edit,
        Endpoint::Patch,
        Endpoint::Recall,
        Endpoint::Get,
        Endpoint::List,
        Endpoint::Chats,
        Endpoint::ChatInfo,
        Endpoint::IsInChat,
        Endpoint::BatchGetId,
        Endpoint::BotInfo,
        Endpoint::ImageUpload,
        Endpoint::Hook,
    ];

    /// A short name for metrics, logs and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Endpoint::Token => "token",
            Endpoint::Send => "send",
            Endpoint::Reply => "reply",
            Endpoint::Edit => "edit",
            Endpoint::Patch => "patch",
            Endpoint::Recall => "recall",
            Endpoint::Get => "get",
            Endpoint::List => "list",
            Endpoint::Chats => "chats",
            Endpoint::ChatInfo => "chat_info",
            Endpoint::IsInChat => "is_in_chat",
            Endpoint::BatchGetId => "batch_get_id",
            Endpoint::BotInfo => "bot_info",
            Endpoint::ImageUpload => "image_upload",
            Endpoint::Hook => "hook",
        }
    }

    /// The group of endpoints that share error codes with it.
    pub fn family(self) -> Family {
        match self {
            Endpoint::Token => Family::Auth,
            Endpoint::Send | Endpoint::Reply | Endpoint::Edit | Endpoint::Patch | Endpoint::Recall | Endpoint::Get | Endpoint::List => {
                Family::Message
            }
            Endpoint::Chats | Endpoint::ChatInfo | Endpoint::IsInChat => Family::Chat,
            Endpoint::BatchGetId => Family::Contact,
            Endpoint::BotInfo => Family::Bot,
            Endpoint::ImageUpload => Family::Upload,
            Endpoint::Hook => Family::Hook,
        }
    }

    /// Whether the call carries a `uuid` by which the platform recognises a repeat (for one hour).
    pub fn has_uuid(self) -> bool {
        matches!(self, Endpoint::Send | Endpoint::Reply)
    }

    /// Whether making the call twice leaves the same state as making it once, without any `uuid`.
    pub fn is_repeatable(self) -> bool {
        !matches!(self, Endpoint::Send | Endpoint::Reply | Endpoint::Hook)
    }

    /// Whether the call puts content in front of people, so that degraded content may help when it is refused.
    pub fn shows_content(self) -> bool {
        matches!(self, Endpoint::Send | Endpoint::Reply | Endpoint::Edit | Endpoint::Patch | Endpoint::Hook)
    }

    /// Whether the call changes a message that exists.
    pub fn is_edit(self) -> bool {
        matches!(self, Endpoint::Edit | Endpoint::Patch)
    }

    /// Whether the call uses up a free-edition tenant's monthly number of calls.
    pub fn counts_monthly(self) -> bool {
        !matches!(self.family(), Family::Auth | Family::Contact | Family::Hook)
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

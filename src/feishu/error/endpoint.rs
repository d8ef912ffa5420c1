//! The platform calls this program makes, by name, and what each is like.

use serde::{Deserialize, Serialize};

/// Declares the calls once: name, word, family.
macro_rules! endpoints {
    ($($(#[$doc:meta])+ $name:ident = $word:literal, $family:ident;)+) => {
        /// One call of the platform's API. Error codes are looked up by it, budgets are kept per app and it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Endpoint {
            $($(#[$doc])+ $name,)+
        }

        impl Endpoint {
            /// All endpoints.
            pub const ALL: &[Endpoint] = &[$(Endpoint::$name,)+];

            /// A short name for metrics, logs and the store.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Endpoint::$name => $word,)+
                }
            }

            /// The group of endpoints that share error codes with it.
            pub fn family(self) -> Family {
                match self {
                    $(Endpoint::$name => Family::$family,)+
                }
            }
        }
    };
}

endpoints! {
    /// Tenant access token of a self-built app.
    Token = "token", Auth;
    /// Send a message to a chat or person.
    Send = "send", Message;
    /// Reply to a message, in its topic or in the stream.
    Reply = "reply", Message;
    /// Edit a text or post message.
    Edit = "edit", Message;
    /// Replace the card of a message.
    Patch = "patch", Message;
    /// Recall a message.
    Recall = "recall", Message;
    /// Forward a message.
    Forward = "forward", Message;
    /// Forward several messages as one.
    MergeForward = "merge_forward", Message;
    /// Forward a topic.
    ThreadForward = "thread_forward", Message;
    /// Read one message.
    Get = "get", Message;
    /// Read the history of a chat or topic.
    List = "list", Message;
    /// Who has read a message.
    ReadUsers = "read_users", Message;
    /// Urge people in the app.
    UrgentApp = "urgent_app", Message;
    /// Urge people by text message.
    UrgentSms = "urgent_sms", Message;
    /// Urge people by phone.
    UrgentPhone = "urgent_phone", Message;
    /// Pin a message.
    PinCreate = "pin_create", Message;
    /// Unpin a message.
    PinDelete = "pin_delete", Message;
    /// The pins of a chat.
    PinList = "pin_list", Message;
    /// React to a message with an emoji.
    ReactionCreate = "reaction_create", Reaction;
    /// Take a reaction back.
    ReactionDelete = "reaction_delete", Reaction;
    /// The reactions of a message.
    ReactionList = "reaction_list", Reaction;
    /// Send to departments and lists of people.
    BatchSend = "batch_send", Legacy;
    /// How far a batch has come.
    BatchProgress = "batch_progress", Batch;
    /// How many have read a batch.
    BatchReadUser = "batch_read_user", Batch;
    /// Recall a batch.
    BatchRecall = "batch_recall", Batch;
    /// Send a message by the legacy API.
    LegacySend = "legacy_send", Legacy;
    /// Send a message as the help desk's bot.
    HelpdeskSend = "helpdesk_send", Helpdesk;
    /// The chats the bot is in.
    Chats = "chats", Chat;
    /// Chats by words of their names.
    ChatSearch = "chat_search", Chat;
    /// What a chat is and allows.
    ChatInfo = "chat_info", Chat;
    /// Create a chat.
    ChatCreate = "chat_create", Chat;
    /// The people in a chat.
    Members = "members", Chat;
    /// Add people or bots to a chat.
    MembersAdd = "members_add", Chat;
    /// Remove people or bots from a chat.
    MembersRemove = "members_remove", Chat;
    /// Whether the bot is in a chat.
    IsInChat = "is_in_chat", Chat;
    /// E-mail addresses and mobile numbers to ids.
    BatchGetId = "batch_get_id", Contact;
    /// One person.
    User = "user", Contact;
    /// The bot's own identity.
    BotInfo = "bot_info", Bot;
    /// Upload an image for messages.
    ImageUpload = "image_upload", Upload;
    /// Download an image the app uploaded.
    ImageGet = "image_get", Upload;
    /// Upload a file for messages.
    FileUpload = "file_upload", Upload;
    /// Download a file the app uploaded.
    FileGet = "file_get", Upload;
    /// Download an image or file that stands in a message.
    Resource = "resource", Upload;
    /// A group custom bot's webhook.
    Hook = "hook", Hook;
}

/// Groups of endpoints that share error codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Tokens.
    Auth,
    /// Messages.
    Message,
    /// Reactions to messages.
    Reaction,
    /// The `message/v4` calls: batch and legacy sending.
    Legacy,
    /// What became of a batch.
    Batch,
    /// The help desk.
    Helpdesk,
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
    /// Whether the call carries a `uuid` by which the platform recognises a repeat (for one hour; chats: ten).
    pub fn has_uuid(self) -> bool {
        matches!(
            self,
            Endpoint::Send | Endpoint::Reply | Endpoint::Forward | Endpoint::MergeForward | Endpoint::ThreadForward | Endpoint::ChatCreate
        )
    }

    /// Whether making the call twice leaves the same state as making it once, without any `uuid`. A second urge calls
    /// people a second time; a second upload only makes another key.
    pub fn is_repeatable(self) -> bool {
        !self.has_uuid()
            && !matches!(
                self,
                Endpoint::Hook
                    | Endpoint::BatchSend
                    | Endpoint::LegacySend
                    | Endpoint::HelpdeskSend
                    | Endpoint::UrgentApp
                    | Endpoint::UrgentSms
                    | Endpoint::UrgentPhone
            )
    }

    /// Whether a second call may show or do a second time what the first did: no `uuid`, no state to overwrite.
    pub fn is_risky(self) -> bool {
        !self.has_uuid() && !self.is_repeatable()
    }

    /// Whether the call puts content in front of people, so that degraded content may help when it is refused.
    pub fn shows_content(self) -> bool {
        matches!(
            self,
            Endpoint::Send
                | Endpoint::Reply
                | Endpoint::Edit
                | Endpoint::Patch
                | Endpoint::Hook
                | Endpoint::BatchSend
                | Endpoint::LegacySend
                | Endpoint::HelpdeskSend
        )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_serde_agree() {
        for endpoint in Endpoint::ALL {
            assert_eq!(serde_json::to_value(endpoint).unwrap(), endpoint.as_str());
        }
    }
}

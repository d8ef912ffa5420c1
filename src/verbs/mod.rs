//! What an operator asks of the platform by hand, as data, and the one executor that does it.
//!
//! [`Verb`] is what `larkhook message`, `chats` and `people` say and what `POST /api/v1/verbs` takes. [`run::Executor`]
//! carries it out within the budgets it is given: those of the running service, or its own. [`content`] reads and checks
//! what is sent, [`address`] whom it goes to, [`error`] is how it fails. Nothing in here prints or reads files.

pub mod address;
pub mod budgets;
mod chats;
pub mod check;
pub mod content;
pub mod error;
mod message;
mod people;
mod range;
pub mod run;
mod send;

pub use content::{Body, MsgType};
pub use error::{ErrorKind, VerbError};
pub use run::Executor;

use crate::feishu::call::Urge;
use serde::{Deserialize, Serialize};

/// More people than this are reached only by a request that says `yes`.
pub const MANY: usize = 20;
/// Largest request in bytes: a text of 150 KB, escaped twice, is far below.
pub const LARGEST_REQUEST: usize = 1 << 20;
/// Largest image in bytes.
pub const LARGEST_IMAGE: usize = 10 << 20;
/// Largest file in bytes.
pub const LARGEST_FILE: usize = 30 << 20;

/// One verb and how to do it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The app that does it; needed only where several are configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// What reaches many people, costs a quota or removes people is meant so.
    #[serde(default)]
    pub yes: bool,
    /// The `uuid` of a verb that names none, where its way has one: whoever asks knows it even if the answer is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_uuid: Option<String>,
    /// What to do.
    pub verb: Verb,
}

/// What can be asked. Addresses are `kind:value` or bare ids; lists come in pages, `page` is the token of the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Verb {
    /// Sends a message; to a team, department or broadcast: to each alone.
    Send {
        /// Any kind of address.
        to: String,
        /// The message.
        body: Body,
        /// At most one message is made for it within an hour; default: a new one. Only where the way has one.
        #[serde(default)]
        uuid: Option<String>,
    },
    /// Replies to a message.
    Reply {
        /// `om_...`
        message: String,
        /// The reply.
        body: Body,
        /// In the message's topic.
        #[serde(default)]
        in_thread: bool,
        /// As for `send`.
        #[serde(default)]
        uuid: Option<String>,
    },
    /// Changes a message of the app's own.
    Edit {
        /// `om_...`
        message: String,
        /// The new content.
        body: Body,
        /// Nobody said what kind the content is: the message itself is asked.
        #[serde(default)]
        guessed: bool,
    },
    /// Takes a message or a batch back.
    Recall {
        /// `om_...` or `bm-...`
        id: String,
    },
    /// Reads a message.
    Get {
        /// `om_...`
        message: String,
    },
    /// Reads the history of a chat or a topic.
    History {
        /// `oc_...` or `omt_...`
        of: String,
        /// Unix seconds; chats only.
        #[serde(default)]
        since: Option<i64>,
        /// Unix seconds; chats only.
        #[serde(default)]
        until: Option<i64>,
        /// Oldest first; default: newest first.
        #[serde(default)]
        oldest_first: bool,
        /// Messages a page, 1-50.
        #[serde(default = "page_size")]
        size: u32,
        /// Which page; default: the first.
        #[serde(default)]
        page: Option<String>,
    },
    /// Forwards a message or a topic.
    Forward {
        /// `om_...` or `omt_...`
        message: String,
        /// A chat, a person, or `thread:omt_...`
        to: String,
        /// As for `send`.
        #[serde(default)]
        uuid: Option<String>,
    },
    /// Forwards 1-100 messages of one chat as one.
    MergeForward {
        /// `om_...`
        messages: Vec<String>,
        /// As for `forward`.
        to: String,
        /// As for `send`.
        #[serde(default)]
        uuid: Option<String>,
    },
    /// Who has read a message.
    Readers {
        /// `om_...`
        message: String,
        /// Which page; default: the first.
        #[serde(default)]
        page: Option<String>,
    },
    /// Reacts with an emoji.
    React {
        /// `om_...`
        message: String,
        /// Such as `DONE`; case matters.
        emoji: String,
    },
    /// Takes a reaction back.
    Unreact {
        /// `om_...`
        message: String,
        /// As `react` and `reactions` give it.
        reaction: String,
    },
    /// The reactions to a message.
    Reactions {
        /// `om_...`
        message: String,
        /// Only of this kind.
        #[serde(default)]
        emoji: Option<String>,
        /// Which page; default: the first.
        #[serde(default)]
        page: Option<String>,
    },
    /// Pins a message in its chat.
    Pin {
        /// `om_...`
        message: String,
    },
    /// Unpins a message.
    Unpin {
        /// `om_...`
        message: String,
    },
    /// The pins of a chat.
    Pins {
        /// `oc_...`
        chat: String,
        /// Which page; default: the first.
        #[serde(default)]
        page: Option<String>,
    },
    /// Urges people to look at a message of the app's own.
    Urgent {
        /// `om_...`
        message: String,
        /// Persons and teams; members of the message's chat.
        who: Vec<String>,
        /// By app (free), text message or phone (the tenant's quota).
        by: Urge,
    },
    /// How far a batch has come.
    Progress {
        /// `bm-...`
        batch: String,
    },
    /// The groups the bot is in.
    Chats {
        /// Which page; default: the first.
        #[serde(default)]
        page: Option<String>,
    },
    /// Chats by words of their names.
    SearchChats {
        /// At most 64 characters.
        words: String,
        /// Which page; default: the first.
        #[serde(default)]
        page: Option<String>,
    },
    /// What a chat is and allows.
    Chat {
        /// `oc_...`
        chat: String,
    },
    /// Creates a chat.
    CreateChat(CreateChat),
    /// The people in a chat.
    Members {
        /// `oc_...`
        chat: String,
        /// Which page; default: the first.
        #[serde(default)]
        page: Option<String>,
    },
    /// Adds people, or bots by their app ids.
    AddMembers {
        /// `oc_...`
        chat: String,
        /// Persons, teams, `cli_...`
        who: Vec<String>,
    },
    /// Removes people or bots.
    RemoveMembers {
        /// `oc_...`
        chat: String,
        /// As for `add_members`.
        who: Vec<String>,
    },
    /// E-mail addresses and mobile numbers to ids, with names where the scope allows.
    FindPeople {
        /// `email:...`, `mobile:...`, teams.
        who: Vec<String>,
    },
    /// One person.
    Person {
        /// Any person.
        who: String,
    },
}

/// A chat to create.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateChat {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Its owner; default: the bot.
    #[serde(default)]
    pub owner: Option<String>,
    /// Its first people, at most 50.
    #[serde(default)]
    pub people: Vec<String>,
    /// Anybody may find and join it.
    #[serde(default)]
    pub public: bool,
    /// Its messages are topics.
    #[serde(default)]
    pub topics: bool,
    /// `only_owner` or `all_members`: who may urge.
    #[serde(default)]
    pub urgent_by: Option<String>,
    /// At most one chat is made for it within ten hours; default: a new one.
    #[serde(default)]
    pub uuid: Option<String>,
}

fn page_size() -> u32 {
    50
}

impl Verb {
    /// The `uuid` that it names.
    pub fn uuid(&self) -> Option<&str> {
        match self {
            Verb::Send { uuid, .. } | Verb::Reply { uuid, .. } | Verb::Forward { uuid, .. } | Verb::MergeForward { uuid, .. } => {
                uuid.as_deref()
            }
            Verb::CreateChat(new) => new.uuid.as_deref(),
            _ => None,
        }
    }

    /// How long the same `uuid` makes a repeat harmless; `None` where nothing does: a bot, a batch, the help desk.
    pub fn repeatable_for(&self) -> Option<&'static str> {
        match self {
            Verb::Send { to, .. } => address::parse(to).is_ok_and(|to| to.kind.by_message_api()).then_some("an hour"),
            Verb::Reply { .. } | Verb::Forward { .. } | Verb::MergeForward { .. } => Some("an hour"),
            Verb::CreateChat(_) => Some("ten hours"),
            _ => None,
        }
    }

    /// Its word, for logs.
    pub fn name(&self) -> &'static str {
        match self {
            Verb::Send { .. } => "send",
            Verb::Reply { .. } => "reply",
            Verb::Edit { .. } => "edit",
            Verb::Recall { .. } => "recall",
            Verb::Get { .. } => "get",
            Verb::History { .. } => "history",
            Verb::Forward { .. } => "forward",
            Verb::MergeForward { .. } => "merge_forward",
            Verb::Readers { .. } => "readers",
            Verb::React { .. } => "react",
            Verb::Unreact { .. } => "unreact",
            Verb::Reactions { .. } => "reactions",
            Verb::Pin { .. } => "pin",
            Verb::Unpin { .. } => "unpin",
            Verb::Pins { .. } => "pins",
            Verb::Urgent { .. } => "urgent",
            Verb::Progress { .. } => "progress",
            Verb::Chats { .. } => "chats",
            Verb::SearchChats { .. } => "search_chats",
            Verb::Chat { .. } => "chat",
            Verb::CreateChat(_) => "create_chat",
            Verb::Members { .. } => "members",
            Verb::AddMembers { .. } => "add_members",
            Verb::RemoveMembers { .. } => "remove_members",
            Verb::FindPeople { .. } => "find_people",
            Verb::Person { .. } => "person",
        }
    }

    /// What it is about: a message, chat or address, for logs. Never content.
    pub fn object(&self) -> &str {
        match self {
            Verb::Send { to, .. } | Verb::MergeForward { to, .. } => to,
            Verb::Reply { message, .. }
            | Verb::Edit { message, .. }
            | Verb::Get { message }
            | Verb::Forward { message, .. }
            | Verb::Readers { message, .. }
            | Verb::React { message, .. }
            | Verb::Unreact { message, .. }
            | Verb::Reactions { message, .. }
            | Verb::Pin { message }
            | Verb::Unpin { message }
            | Verb::Urgent { message, .. } => message,
            Verb::Recall { id } => id,
            Verb::Progress { batch } => batch,
            Verb::History { of: chat, .. }
            | Verb::Pins { chat, .. }
            | Verb::Chat { chat }
            | Verb::Members { chat, .. }
            | Verb::AddMembers { chat, .. }
            | Verb::RemoveMembers { chat, .. } => chat,
            Verb::CreateChat(new) => &new.name,
            Verb::Chats { .. } | Verb::SearchChats { .. } | Verb::FindPeople { .. } | Verb::Person { .. } => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_typed() {
        let text = r#"{"verb":{"send":{"to":"chat:oc_1","body":{"msg_type":"text","content":{"text":"x"}}}}}"#;
        let request: Request = serde_json::from_str(text).unwrap();
        assert_eq!((request.verb.name(), request.verb.object(), request.yes), ("send", "chat:oc_1", false));
        assert!(!format!("{request:?}").contains("\"x\""), "content is in no log: {request:?}");
        for (wrong, part) in [
            (r#"{"verb":{"sned":{}}}"#, "unknown variant `sned`, expected one of `send`"),
            (r#"{"verb":{"get":{"message":"om_1","more":1}}}"#, "unknown field `more`"),
            (r#"{"verb":{"get":{}}}"#, "missing field `message`"),
        ] {
            let error = serde_json::from_str::<Request>(wrong).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn what_a_uuid_makes_harmless() {
        let lasts = |verb: &str| serde_json::from_str::<Verb>(verb).unwrap().repeatable_for();
        let send = |to: &str| lasts(&format!(r#"{{"send":{{"to":"{to}","body":{{"msg_type":"text","content":{{}}}}}}}}"#));
        for to in ["oc_1", "email:a@b.c", "team:dba"] {
            assert_eq!(send(to), Some("an hour"), "{to}");
        }
        for to in ["bot:room", "department:od-1", "broadcast:[open_id:ou_1]", "helpdesk:ou_1", "nonsense"] {
            assert_eq!(send(to), None, "{to}");
        }
        assert_eq!(lasts(r#"{"create_chat":{"name":"x"}}"#), Some("ten hours"));
        assert_eq!(lasts(r#"{"forward":{"message":"om_1","to":"oc_1"}}"#), Some("an hour"));
        assert_eq!(lasts(r#"{"recall":{"id":"om_1"}}"#), None);
    }
}

//! What is owed to messages: jobs, their steps, and the exact calls kept while an outcome is unknown.
//!
//! Types and rules only; the rows live in `store`, the loop that moves them in `deliver`.
//!
//! ```text
//! (effect) ─> ready ──begin──> leased, call kept ──record──> gone (done)
//!               ^                    │                 ├────> ready, later (retry: same bytes; next step: new bytes)
//!               └── retry by hand ───┼──── dead <──────┘
//!                                    └ lease lost (killed): ready again, the kept call is repeated first
//! ```

use crate::alert::Severity;
use crate::config::settings::ContentKind;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Kinds of owed effects. Order: what goes first within one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobKind {
    /// Bring the message up to date: first send, edit, or a new send.
    Sync,
    /// Tell people what changed.
    Reply,
}

impl JobKind {
    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            JobKind::Sync => "sync",
            JobKind::Reply => "reply",
        }
    }
}

/// Urgency among effects of equal severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rank {
    /// The digest of what waits for a target: before the first messages that it tells of.
    Storm,
    /// A later version of it.
    StormEdit,
    /// A message nobody has seen yet.
    First,
    /// A shown message that is no longer true.
    Edit,
    /// A reply.
    Reply,
    /// Only words or values changed.
    Cosmetic,
}

impl Rank {
    /// Whether it is a digest's.
    pub fn is_digest(self) -> bool {
        matches!(self, Rank::Storm | Rank::StormEdit)
    }
}

/// A note to the scheduler: this message is owed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The message.
    pub message: String,
    /// `app:NAME`, `bot:NAME`, or `bot:[A,B]` whose bots take turns; see [`Via`](crate::config::settings::Via).
    pub via: String,
    /// The configured address.
    pub target: String,
    /// How bad.
    pub severity: Severity,
    /// How urgent.
    pub rank: Rank,
    /// Not before.
    pub due_at: Timestamp,
    /// Owed since.
    pub since: Timestamp,
}

/// How a shown message is brought up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EditWay {
    /// By editing it.
    #[default]
    Edit,
    /// It cannot be edited any more (14 days, 20 edits): by a reply.
    Reply,
    /// It cannot be answered either: by a new message.
    New,
}

impl EditWay {
    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            EditWay::Edit => "edit",
            EditWay::Reply => "reply",
            EditWay::New => "new",
        }
    }

    /// Reads it back; unknown words mean edit.
    pub fn parse(word: &str) -> Self {
        match word {
            "reply" => EditWay::Reply,
            "new" => EditWay::New,
            _ => EditWay::Edit,
        }
    }
}

/// What a kept call means for the message once it succeeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMeta {
    /// What the call does.
    pub act: Act,
    /// The revision it shows.
    pub revision: i64,
    /// The send generation it makes or edits.
    pub generation: i64,
    /// Shape of what is sent.
    pub shape: ContentKind,
    /// Card schema, `1.0` or `2.0`; empty for others.
    pub schema: String,
    /// What people know once they have seen it: JSON of `deliver::diff::Digest`.
    pub told: String,
    /// Whether it may be repeated without harm.
    pub repeatable: bool,
    /// The part of a message to many people that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<i64>,
    /// Keys of the uploaded images in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    /// It shows less than all alerts of a message whose lists are wanted then.
    #[serde(default)]
    pub left_out: bool,
    /// It is a version of a digest, and this is what it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_of: Option<ToldOf>,
}

/// What a version of a digest tells; written down once people have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldOf {
    /// The worst inside.
    pub severity: Severity,
    /// Messages that it lists and that were not listed before.
    pub listed: Vec<String>,
    /// Messages listed before whose groups ended: they need none of their own any more.
    pub ended: Vec<String>,
    /// Nothing waits any more: it is the last version.
    pub over: bool,
}

/// How far a part of a message to many people is.
///
/// ```text
/// planned ──call──> sent                 lost (refused for good)
///    ^   └─unknown, with an id─> asking ──progress says it runs──> sent
///    └──── nobody got it ─────────┘      unknown (nobody can tell; counted as sent)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartState {
    /// To be sent.
    Planned,
    /// Its call's outcome is unknown, and the platform can be asked.
    Asking,
    /// The platform took it.
    Sent,
    /// Nobody can tell; counted as sent.
    Unknown,
    /// The platform refused it for good.
    Lost,
    /// Newer news went out before it was its turn.
    Superseded,
}

impl PartState {
    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            PartState::Planned => "planned",
            PartState::Asking => "asking",
            PartState::Sent => "sent",
            PartState::Unknown => "unknown",
            PartState::Lost => "lost",
            PartState::Superseded => "superseded",
        }
    }

    /// Reads it back; unknown words mean planned.
    pub fn parse(word: &str) -> Self {
        match word {
            "asking" => PartState::Asking,
            "sent" => PartState::Sent,
            "unknown" => PartState::Unknown,
            "lost" => PartState::Lost,
            "superseded" => PartState::Superseded,
            _ => PartState::Planned,
        }
    }

    /// Whether nothing more is done about it.
    pub fn is_settled(self) -> bool {
        !matches!(self, PartState::Planned | PartState::Asking)
    }
}

/// What a call does to its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// A first or new message.
    Send,
    /// PATCH or PUT of the shown one.
    Edit,
    /// A reply to it.
    Reply,
    /// A reply in place of an edit.
    EditByReply,
}

impl Act {
    /// The word in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Act::Send => "send",
            Act::Edit => "edit",
            Act::Reply => "reply",
            Act::EditByReply => "edit_by_reply",
        }
    }
}

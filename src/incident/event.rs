//! What can happen to an incident, and what follows.

use super::state::{Facts, InstanceKey, MessageKey, MessageSpec};
use crate::alert::{Alert, Mode, Severity};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A body reported alerts of this group.
    Report(Box<Report>),
    /// The group was not heard of for `expire_after`.
    Expire,
    /// A person took it.
    Ack {
        /// Name of the person.
        by: String,
    },
    /// A person gave it back.
    Unack,
    /// A person declared it over.
    Resolve {
        /// Name of the person.
        by: String,
    },
    /// A person sends a message that nobody has seen to another target.
    Move {
        /// Its id.
        message: String,
        /// Where it goes instead.
        to: MessageKey,
    },
}

/// What one body says of one incident's group.
#[derive(Debug, Clone)]
pub struct Report {
    /// Facts about the group.
    pub facts: Arc<Facts>,
    /// How absence is read.
    pub mode: Mode,
    /// The sender group (hashed) that the body speaks of.
    pub sender_group: String,
    /// The body equals the last one applied, later than the duplicate window: the sender reminds.
    pub repeat: bool,
    /// Alerts routed to this incident.
    pub alerts: Vec<Reported>,
    /// Fingerprints of the sender group that the body lists but that are not routed here now (muted, other route).
    pub elsewhere: BTreeSet<String>,
}

/// One reported alert and the messages it belongs in.
#[derive(Debug, Clone)]
pub struct Reported {
    /// The alert.
    pub alert: Arc<Alert>,
    /// How bad.
    pub severity: Severity,
    /// Where it is to be seen; empty while its route is muted.
    pub places: Vec<Place>,
    /// Its route is muted now: messages it is already in stay true, nobody is told.
    pub muted: bool,
}

/// One message an alert belongs in.
#[derive(Debug, Clone)]
pub struct Place {
    /// Identity of the message.
    pub key: MessageKey,
    /// How it is made, if it is new.
    pub spec: Arc<MessageSpec>,
    /// Who this alert wants mentioned.
    pub mentions: Vec<String>,
}

/// Settings of the state machine.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Firing again so soon after resolved reopens.
    pub reopen_within: Duration,
}

/// Why a message changed: the strongest cause of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// Words or values changed; nobody joined or left.
    Cosmetic,
    /// The sender reminds.
    Repeat,
    /// Alerts joined, resolved or left.
    Change,
    /// The severity rose.
    Worse,
    /// Nothing fires any more.
    Resolve,
    /// Fires again soon after it was resolved.
    Reopen,
    /// The first message.
    Fire,
}

impl Cause {
    /// The word used in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Cause::Cosmetic => "cosmetic",
            Cause::Repeat => "repeat",
            Cause::Change => "change",
            Cause::Worse => "worse",
            Cause::Resolve => "resolve",
            Cause::Reopen => "reopen",
            Cause::Fire => "fire",
        }
    }
}

/// What follows from one step; becomes rows in the same transaction.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// The incident's own row changed (or is new).
    SaveIncident,
    /// An instance is new or changed.
    SaveInstance(InstanceKey),
    /// An instance ended long ago while others fire: delete it.
    DropInstance(InstanceKey),
    /// A message is new: insert it.
    AddMessage(String),
    /// A message's revision, wanted revision, status, mentions or reminders changed.
    SaveMessage(String),
    /// The message is owed a send or an edit.
    Sync {
        /// The message.
        message: String,
        /// Why.
        cause: Cause,
    },
    /// The message is owed a reply.
    Reply {
        /// The message.
        message: String,
        /// Thread or stream.
        in_thread: bool,
        /// A moment at which people are mentioned.
        mention: bool,
        /// Why.
        cause: Cause,
    },
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A new incident.
    Opened,
    /// A closed incident fires again.
    Reopened,
    /// Something changed.
    Changed,
    /// The sender reminded.
    Repeated,
    /// Nothing changed.
    Unchanged,
    /// Only resolved alerts of a group that no open incident knows.
    ResolvedUnknown,
}

impl Outcome {
    /// The word used in metrics and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Opened => "opened",
            Outcome::Reopened => "reopened",
            Outcome::Changed => "changed",
            Outcome::Repeated => "repeated",
            Outcome::Unchanged => "unchanged",
            Outcome::ResolvedUnknown => "resolved_without_firing",
        }
    }
}

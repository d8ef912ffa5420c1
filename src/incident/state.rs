//! What one incident is at one moment: its instances and its messages.

use crate::alert::{Alert, Extra, Labels, Severity, State};
use crate::config::settings::{AddressKind, Attach, ContentKind, Direct, Lifecycle, Locale, MentionOn, Verb};
use crate::render::model::{Acked, status_of};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The source name of larkhook's own: notices of its troubles, digests.
pub const SELF: &str = "larkhook";

/// Where the incident's life stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Something fires.
    Firing,
    /// Nothing fires, nothing resolved: no longer reported.
    Gone,
    /// Nothing fires and something resolved; reopens within `reopen_within`.
    Resolved,
    /// Not heard of for `expire_after`; closed.
    Expired,
    /// A one-shot test notification; closed from the start.
    Test,
    /// No group: a digest of larkhook's own, while it lives.
    Storm,
}

impl Phase {
    /// The word used in the store and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Phase::Firing => "firing",
            Phase::Gone => "gone",
            Phase::Resolved => "resolved",
            Phase::Expired => "expired",
            Phase::Test => "test",
            Phase::Storm => "storm",
        }
    }
}

/// One incident with everything `step` needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Our id.
    pub id: String,
    /// Identity of the alert group.
    pub group_id: String,
    /// Facts about the group, as last reported.
    pub facts: Arc<Facts>,
    /// Where its life stands.
    pub phase: Phase,
    /// First firing.
    pub opened_at: Timestamp,
    /// Last report.
    pub heard_at: Timestamp,
    /// Resolved or expired at.
    pub ended_at: Option<Timestamp>,
    /// Who took it.
    pub acked: Option<Acked>,
    /// The newest life of each alert, by (sender group, fingerprint).
    pub instances: BTreeMap<InstanceKey, Instance>,
    /// Its messages.
    pub messages: Vec<Message>,
}

/// What is known of the group beside its alerts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// Source name.
    pub source: String,
    /// The sender's receiver.
    pub receiver: String,
    /// The sender's group key, or ours where a route groups.
    pub group_key: String,
    /// Labels of the group.
    pub group_labels: Labels,
    /// The sender's base URL.
    pub external_url: String,
    /// Other top-level fields of the newest body.
    pub payload: Extra,
    /// Alerts the sender cut off.
    pub truncated: u64,
}

/// Sender group (hashed) and fingerprint.
pub type InstanceKey = (String, String);

/// One alert's newest life.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// As last reported.
    pub alert: Arc<Alert>,
    /// Where its life stands.
    pub state: State,
    /// How bad.
    pub severity: Severity,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// The messages it is routed to.
    pub messages: BTreeSet<String>,
}

/// One living message as far as the state machine owns it; delivery owns the rest of its row.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Our id.
    pub id: String,
    /// What it is and where it goes.
    pub key: MessageKey,
    /// How it is made.
    pub spec: MessageSpec,
    /// Configured addresses to mention.
    pub mentions: BTreeSet<String>,
    /// It is left alone: a person recalled it, or a digest told of its end.
    pub left: bool,
    /// People have seen it.
    pub seen: bool,
    /// Status of the instances routed to it.
    pub status: State,
    /// Severity of the instances routed to it.
    pub severity: Severity,
    /// Grows with every change of what it shows.
    pub revision: i64,
    /// The revision it should show.
    pub wanted: i64,
    /// The send generation wanted.
    pub renew: i64,
    /// Reminders so far.
    pub repeats: i64,
    /// When nothing routed to it fired any more.
    pub ended_at: Option<Timestamp>,
    /// This step added somebody to mention.
    pub mentions_changed: bool,
}

impl Message {
    /// A message that was never sent.
    pub fn new(id: String, key: MessageKey, spec: MessageSpec) -> Self {
        Self {
            id,
            key,
            spec,
            mentions: BTreeSet::new(),
            left: false,
            seen: false,
            status: State::Gone,
            severity: Severity::Info,
            revision: 0,
            wanted: 0,
            renew: 0,
            repeats: 0,
            ended_at: None,
            mentions_changed: false,
        }
    }
}

/// Identity of a message inside its incident.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageKey {
    /// `app:NAME`, `bot:NAME`, or `bot:[A,B]` whose bots take turns; see [`Via`](crate::config::settings::Via).
    pub via: String,
    /// The configured address, `kind:value`.
    pub target: String,
    /// Name of the send entry, with its receiver or route.
    pub send_name: String,
}

/// How a message is made; frozen when the message is, so that a reload does not change a living message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSpec {
    /// The receiver's name, or the route's path for inline entries.
    pub receiver: String,
    /// Shape.
    pub kind: ContentKind,
    /// Sent as something that no template makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct: Option<Direct>,
    /// Template name.
    pub template: String,
    /// Language.
    pub locale: Locale,
    /// When people are mentioned.
    pub mention_on: Vec<MentionOn>,
    /// Files that follow it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attach: Vec<Attach>,
    /// What follows what.
    pub lifecycle: SpecLifecycle,
}

/// [`Lifecycle`] in the form that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpecLifecycle {
    /// Alerts joined, resolved or left.
    pub change: Vec<Verb>,
    /// The severity rose.
    pub worse: Vec<Verb>,
    /// The sender reminds.
    pub repeat: Vec<Verb>,
    /// Fired again soon after it was resolved.
    pub reopen: Vec<Verb>,
    /// Nothing fires any more.
    pub resolve: Vec<Verb>,
}

impl From<&Lifecycle> for SpecLifecycle {
    fn from(l: &Lifecycle) -> Self {
        Self {
            change: l.on_change.clone(),
            worse: l.on_worse.clone(),
            repeat: l.on_repeat.clone(),
            reopen: l.on_reopen.clone(),
            resolve: l.on_resolve.clone(),
        }
    }
}

impl MessageKey {
    /// Whether the channel has only `new`: no edit, no reply, no idempotency.
    pub fn only_new(&self) -> bool {
        use AddressKind::{Broadcast, Department, Helpdesk};
        self.via.starts_with("bot:") || matches!(self.target_kind(), Some(Department | Broadcast | Helpdesk))
    }

    /// The kind of its target.
    pub fn target_kind(&self) -> Option<AddressKind> {
        AddressKind::of(&self.target)
    }

    /// Whether pictures and files can follow: the app uploads, and the message can be edited or answered. Departments,
    /// lists of people and help desks take neither.
    pub fn takes_attachments(&self) -> bool {
        !self.only_new()
    }
}

impl Incident {
    /// The state of the whole, from the instances.
    pub fn status(&self) -> State {
        status_of(self.instances.values().map(|i| i.state))
    }

    /// The worst severity that fires, or that there is.
    pub fn severity(&self) -> Severity {
        worst(self.instances.values())
    }

    /// Whether it can still change without reopening.
    pub fn open(&self) -> bool {
        matches!(self.phase, Phase::Firing | Phase::Gone)
    }

    /// The instances routed to one message.
    pub fn routed_to<'a>(&'a self, message: &'a str) -> impl Iterator<Item = (&'a InstanceKey, &'a Instance)> + Clone {
        self.instances.iter().filter(move |(_, i)| i.messages.contains(message))
    }
}

/// The worst severity among firing instances, or among all when none fires.
pub fn worst<'a>(instances: impl Iterator<Item = &'a Instance> + Clone) -> Severity {
    let firing = instances.clone().filter(|i| i.state == State::Firing).map(|i| i.severity).max();
    firing.or_else(|| instances.map(|i| i.severity).max()).unwrap_or(Severity::Info)
}

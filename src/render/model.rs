//! What a message shows: the view of one message's instances at one moment, and what templates see of it.
//!
//! [`View`] is made by `deliver` from the store; [`data`](View::data) turns it into the documented JSON that
//! templates see (`docs/templates.md`). The names in there are a contract with template authors.

use crate::alert::{Alert, Extra, Labels, Severity, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One message's truth at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The incident's id.
    pub incident: String,
    /// The source's name.
    pub source: String,
    /// The sender's receiver, unescaped.
    pub receiver: String,
    /// The sender's group key.
    pub group_key: String,
    /// Labels of the group: the sender's, or our route's `group_by`.
    pub group_labels: Labels,
    /// The sender's base URL.
    pub external_url: String,
    /// How many alerts the sender cut off.
    pub truncated: u64,
    /// The instances routed to this message: firing first, then gone, resolved, expired; oldest first in each.
    pub alerts: Vec<ViewAlert>,
    /// Other top-level fields of the newest body.
    pub payload: Extra,
    /// When the incident opened.
    pub opened_at: Timestamp,
    /// How many versions of this message were shown before, plus one.
    pub update: u32,
    /// Who acknowledged, and when.
    pub acked: Option<Acked>,
    /// The outcome of an earlier call is unknown for good: say 可能重复.
    pub possible_duplicate: bool,
    /// A one-shot test notification.
    pub test: bool,
    /// Pictures of its alerts that the sending app has uploaded, few.
    #[serde(default)]
    pub images: Vec<Image>,
    /// It is a digest: what waits, in place of alerts.
    #[serde(default)]
    pub storm: Option<Storm>,
}

/// The alert groups that wait for messages of their own, as a digest tells of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Storm {
    /// Groups that wait.
    pub groups: u64,
    /// Alerts that fire in them.
    pub alerts: u64,
    /// By alert name, the worst and then the most groups first; at most [`Storm::ROWS`].
    pub rows: Vec<StormRow>,
    /// Names that are not in `rows`.
    pub more: u64,
    /// The worst that waits; at the end, the worst that did.
    pub severity: Severity,
    /// Since when the oldest of them fires.
    pub since: Option<Timestamp>,
    /// Groups that the digest listed so far.
    pub listed: u64,
    /// Of these, those that have a message of their own now.
    pub own: u64,
    /// Of these, those that ended while they waited.
    pub ended: u64,
    /// When the storm began.
    pub opened_at: Timestamp,
    /// Nothing waits any more, since this moment.
    pub over: Option<Timestamp>,
}

impl Storm {
    /// Most names that a digest lists.
    pub const ROWS: usize = 20;
}

/// One alert name in a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StormRow {
    /// The alert's name.
    pub name: String,
    /// Groups that wait.
    pub groups: u64,
    /// Alerts in them.
    pub alerts: u64,
    /// The worst.
    pub severity: Severity,
    /// The oldest.
    pub since: Timestamp,
}

/// An uploaded picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The platform's key; only for messages of the app that uploaded it.
    pub key: String,
    /// What it is, in words.
    pub alt: String,
}

/// An acknowledgement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acked {
    /// Name of the person.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// One instance in a view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ViewAlert {
    /// As last reported.
    pub alert: Alert,
    /// Where its life stands.
    pub state: State,
    /// How bad.
    pub severity: Severity,
}

/// A message's status: the state of the whole.
impl View {
    /// Firing if anything fires; else resolved if anything resolved; else expired or gone.
    pub fn status(&self) -> State {
        if let Some(storm) = &self.storm {
            return if storm.over.is_some() { State::Resolved } else { State::Firing };
        }
        status_of(self.alerts.iter().map(|a| a.state))
    }

    /// The worst severity among the firing instances, or among all when none fires.
    pub fn severity(&self) -> Severity {
        if let Some(storm) = &self.storm {
            return storm.severity;
        }
        let worst = |firing: bool| self.alerts.iter().filter(|a| !firing || a.state == State::Firing).map(|a| a.severity).max();
        worst(true).or_else(|| worst(false)).unwrap_or(Severity::Info)
    }

    /// How many instances are in `state`.
    pub fn count(&self, state: State) -> usize {
        self.alerts.iter().filter(|a| a.state == state).count()
    }
}

/// The status of a whole from the states of its parts (design: nothing firing and at least one resolved is resolved).
pub fn status_of(states: impl Iterator<Item = State>) -> State {
    let mut status = State::Gone;
    let mut any = false;
    for state in states {
        any = true;
        match state {
            State::Firing => return State::Firing,
            State::Resolved => status = State::Resolved,
            State::Expired if status != State::Resolved => status = State::Expired,
            State::Expired | State::Gone => {}
        }
    }
    if any { status } else { State::Gone }
}

/// A person to mention, already looked up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mention {
    /// Everybody in the chat.
    All,
    /// One person by open_id, user_id or union_id as the channel allows.
    User {
        /// The id that stands in the `at` tag.
        id: String,
    },
}

//! The domain's words: alerts, label sets, severity, matchers and time intervals.
//!
//! Pure values: no I/O, no clock, no Feishu. Start with [`Alert`] (one alert as a sender reports it)
//! and [`Batch`] (what one webhook body says of one sender group).

pub mod matcher;
pub mod severity;
pub mod time_interval;

pub use severity::{Severity, SeverityRules};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Label or annotation names to values, ordered by name.
pub type Labels = BTreeMap<String, String>;

/// Fields of a sender that larkhook does not interpret; templates see them. Ordered.
pub type Extra = BTreeMap<String, serde_json::Value>;

/// What a sender says of one alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The condition holds.
    Firing,
    /// The condition ended.
    Resolved,
}

/// One alert as its sender reports it, cleaned: no reserved labels, no NUL, no mark characters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// Firing or resolved.
    pub status: Status,
    /// Labels; `__source__` and `__receiver__` never occur here.
    pub labels: Labels,
    /// Annotations; empty values are kept.
    pub annotations: Labels,
    /// Start of this life. Senders without one get the time of arrival.
    pub starts_at: Timestamp,
    /// End; `None` while firing.
    pub ends_at: Option<Timestamp>,
    /// Link back to the rule; any string, unchecked.
    pub generator_url: String,
    /// The sender's fingerprint, or our hash of the label set where it sends none.
    pub fingerprint: String,
    /// Every other field of the alert (`values`, `valueString`, `silenceURL`, `title`, ...).
    pub extra: Extra,
}

/// How the absence of an alert in a body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The body lists the whole group (Alertmanager, Grafana unified): absent means gone, unless truncated.
    Snapshot,
    /// The body lists changes (json, Grafana legacy): absent means nothing.
    Delta,
    /// A test notification: a one-shot message, no incident.
    Test,
}

/// What one webhook body says of one sender group. A `json` source with `each` makes several of one body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// Snapshot, delta or test.
    pub mode: Mode,
    /// The sender's receiver, unescaped; empty where the sender has none.
    pub receiver: String,
    /// The sender's group key, opaque; unique only together with source and receiver.
    pub group_key: String,
    /// The sender's group labels.
    pub group_labels: Labels,
    /// The sender's own base URL; differs between HA twins, never part of an identity.
    pub external_url: String,
    /// How many alerts the sender cut off (`max_alerts`).
    pub truncated: u64,
    /// The alerts in the sender's order.
    pub alerts: Vec<Alert>,
    /// Every other top-level field of the body, for templates (`payload`).
    pub extra: Extra,
}

/// The pairs that all of `sets` share; empty for no sets.
pub fn common<'a>(mut sets: impl Iterator<Item = &'a Labels>) -> Labels {
    let Some(first) = sets.next() else { return Labels::new() };
    let mut common = first.clone();
    for set in sets {
        common.retain(|name, value| set.get(name) == Some(value));
    }
    common
}

/// A fingerprint of a label set for senders that send none: 16 hex digits.
pub fn fingerprint(labels: &Labels) -> String {
    let mut parts: Vec<&str> = Vec::with_capacity(labels.len() * 2);
    for (name, value) in labels {
        parts.push(name);
        parts.push(value);
    }
    let mut id = crate::util::id::hash_id(&parts);
    id.truncate(16);
    id
}

/// Where one alert's life stands, as larkhook sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The sender says it fires.
    Firing,
    /// The sender said it ended.
    Resolved,
    /// No longer reported by a snapshot: silenced, inhibited or removed. Neither firing nor resolved.
    Gone,
    /// The group was not heard of for `expire_after`.
    Expired,
}

impl State {
    /// The word used in templates, store and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Firing => "firing",
            State::Resolved => "resolved",
            State::Gone => "gone",
            State::Expired => "expired",
        }
    }
}

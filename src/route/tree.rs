//! The compiled tree: where an alert ends and what stands there.
//!
//! As in Alertmanager: the root matches everything; children are tried in order, the first match wins unless it
//! continues; a node none of whose children match is itself the hit; receivers and grouping are inherited, intervals
//! are not.

use super::index::Index;
use super::{CompileError, CompiledSend, Seen};
use crate::alert::time_interval::TimeInterval;
use crate::alert::{Labels, SeverityRules};
use crate::config::settings::{GroupBy, Settings};
use jiff::Timestamp;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// A routing tree.
#[derive(Debug, Clone)]
pub struct Tree {
    /// By number, as in the index.
    pub(super) nodes: Vec<Node>,
    pub(super) index: Index,
    pub(super) severity: SeverityRules,
    pub(super) fallback: Option<(String, Arc<[Arc<CompiledSend>]>)>,
}

/// What one node is for, with what it inherits filled in.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub path: String,
    pub receiver: Option<Arc<str>>,
    pub group_by: Option<Arc<GroupBy>>,
    pub sends: Arc<[Arc<CompiledSend>]>,
    pub mute: Vec<Arc<Named>>,
    pub active: Vec<Arc<Named>>,
}

/// A named list of intervals.
#[derive(Debug)]
pub(super) struct Named {
    pub name: String,
    pub intervals: Vec<TimeInterval>,
}

/// A node that an alert ends at.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'t> {
    /// The node's number, from 0, the root.
    pub node: usize,
    /// Where it stands: `route`, `route.routes[0]`, ...
    pub path: &'t str,
    /// The receiver's name; `None` where the sends stand in the route itself.
    pub receiver: Option<&'t str>,
    /// Own grouping; `None` keeps the sender's.
    pub group_by: Option<&'t GroupBy>,
    /// What to send. Their own matchers are not checked yet: see [`CompiledSend::admits`].
    pub sends: &'t [Arc<CompiledSend>],
    /// Why nothing is sent now.
    pub muted: Option<MuteReason<'t>>,
}

/// Why a route sends nothing at this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason", content = "interval")]
pub enum MuteReason<'t> {
    /// One of its `mute_time_intervals` holds: its name.
    Muted(&'t str),
    /// None of its `active_time_intervals` holds: the first one's name.
    Inactive(&'t str),
}

impl MuteReason<'_> {
    /// Short label for metrics.
    pub fn reason(self) -> &'static str {
        match self {
            MuteReason::Muted(_) => "muted",
            MuteReason::Inactive(_) => "inactive",
        }
    }
}

impl fmt::Display for MuteReason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MuteReason::Muted(name) => write!(f, "muted by time interval {name:?}"),
            MuteReason::Inactive(name) => write!(f, "outside of its active time interval {name:?}"),
        }
    }
}

impl Tree {
    /// Compiles the tree of the settings. What it takes grows with the matchers of all routes together.
    ///
    /// # Errors
    /// An unknown receiver or interval, an address template that does not compile. `config::check` finds all of these
    /// first, with their places in the file.
    pub fn new(settings: &Settings) -> Result<Self, CompileError> {
        super::build::tree(settings)
    }

    /// The nodes that an alert ends at, in the order of the tree; never empty.
    ///
    /// What it takes grows with the labels of the alert and, at each node on its way, with the children that ask for
    /// its values and those that ask for no value: by negation, for an empty label, or by an expression that is not a
    /// list of words. How many other routes there are does not matter. An expression runs once, however many routes have it.
    pub fn route<'t>(&'t self, labels: &Labels, source: &str, receiver: &str, now: Timestamp) -> Vec<Hit<'t>> {
        self.index.walk(Seen { labels, source, receiver }).into_iter().map(|node| self.nodes[node].hit(node, now)).collect()
    }

    /// The receiver that hears of what could not be delivered: its name and sends.
    pub fn fallback(&self) -> Option<(&str, &[Arc<CompiledSend>])> {
        self.fallback.as_ref().map(|(name, sends)| (name.as_str(), &**sends))
    }

    /// Every send entry that the tree or the fallback can reach, each once, in the order of the tree.
    pub fn sends(&self) -> Vec<&Arc<CompiledSend>> {
        let mut found: Vec<_> = self.nodes.iter().flat_map(|node| node.sends.iter()).collect();
        found.extend(self.fallback.iter().flat_map(|(_, sends)| sends.iter()));
        let mut seen = std::collections::HashSet::new();
        found.retain(|send| seen.insert(Arc::as_ptr(send)));
        found
    }
}

impl Node {
    pub(super) fn hit(&self, node: usize, now: Timestamp) -> Hit<'_> {
        let (receiver, group_by) = (self.receiver.as_deref(), self.group_by.as_deref());
        Hit { node, path: &self.path, receiver, group_by, sends: &self.sends, muted: self.muted(now) }
    }

    pub(super) fn muted(&self, now: Timestamp) -> Option<MuteReason<'_>> {
        if let Some(named) = self.mute.iter().find(|named| named.holds(now)) {
            return Some(MuteReason::Muted(&named.name));
        }
        let first = self.active.first()?;
        if self.active.iter().any(|named| named.holds(now)) { None } else { Some(MuteReason::Inactive(&first.name)) }
    }
}

impl Named {
    fn holds(&self, now: Timestamp) -> bool {
        self.intervals.iter().any(|interval| interval.contains(now))
    }
}

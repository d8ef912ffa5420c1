//! The compiled tree and the walk through it.
//!
//! As in Alertmanager: the root matches everything; children are tried in order, the first match wins unless it
//! continues; a node none of whose children match is itself the hit; receivers and grouping are inherited, intervals
//! are not.

use super::send::Names;
use super::{CompileError, CompiledSend, Seen};
use crate::alert::matcher::Matcher;
use crate::alert::time_interval::TimeInterval;
use crate::alert::{Labels, SeverityRules};
use crate::config::settings::{GroupBy, Route, Settings};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A routing tree.
#[derive(Debug, Clone)]
pub struct Tree {
    pub(super) root: Node,
    pub(super) severity: SeverityRules,
    fallback: Option<(String, Arc<[Arc<CompiledSend>]>)>,
}

/// One node, with what it inherits filled in.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub path: String,
    pub receiver: Option<String>,
    pub group_by: Option<GroupBy>,
    pub sends: Arc<[Arc<CompiledSend>]>,
    pub matchers: Vec<Matcher>,
    pub continue_matching: bool,
    mute: Vec<Named>,
    active: Vec<Named>,
    pub children: Vec<Node>,
}

/// A named list of intervals.
#[derive(Debug, Clone)]
struct Named {
    name: String,
    intervals: Vec<TimeInterval>,
}

/// A node that an alert ends at.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'t> {
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
    /// Compiles the tree of the settings.
    ///
    /// # Errors
    /// An unknown receiver or interval, an address template that does not compile. `config::check` finds all of these
    /// first, with their places in the file.
    pub fn new(settings: &Settings) -> Result<Self, CompileError> {
        let builder = Builder::new(settings)?;
        let fallback = match &settings.fallback {
            Some(name) => Some((name.clone(), builder.receiver("fallback", name)?)),
            None => None,
        };
        let mut root = builder.node(&settings.route, None)?;
        root.matchers.clear();
        Ok(Self { root, severity: settings.severity.clone(), fallback })
    }

    /// The nodes that an alert ends at, in the order of the tree; never empty.
    pub fn route<'t>(&'t self, labels: &Labels, source: &str, receiver: &str, now: Timestamp) -> Vec<Hit<'t>> {
        let mut hits = Vec::new();
        self.root.walk(Seen { labels, source, receiver }, now, &mut hits);
        hits
    }

    /// The receiver that hears of what could not be delivered: its name and sends.
    pub fn fallback(&self) -> Option<(&str, &[Arc<CompiledSend>])> {
        self.fallback.as_ref().map(|(name, sends)| (name.as_str(), &**sends))
    }

    /// Every send entry that the tree or the fallback can reach, each once, in the order of the tree.
    pub fn sends(&self) -> Vec<&Arc<CompiledSend>> {
        fn collect<'t>(node: &'t Node, found: &mut Vec<&'t Arc<CompiledSend>>) {
            found.extend(node.sends.iter());
            node.children.iter().for_each(|child| collect(child, found));
        }
        let mut found = Vec::new();
        collect(&self.root, &mut found);
        found.extend(self.fallback.iter().flat_map(|(_, sends)| sends.iter()));
        let mut seen = std::collections::HashSet::new();
        found.retain(|send| seen.insert(Arc::as_ptr(send)));
        found
    }
}

impl Node {
    /// Whether this node or something below it took the alert.
    fn walk<'t>(&'t self, seen: Seen<'_>, now: Timestamp, hits: &mut Vec<Hit<'t>>) -> bool {
        if seen.fails(&self.matchers).is_some() {
            return false;
        }
        let mut taken = false;
        for child in &self.children {
            if child.walk(seen, now, hits) {
                taken = true;
                if !child.continue_matching {
                    break;
                }
            }
        }
        if !taken {
            hits.push(self.hit(now));
        }
        true
    }

    pub(super) fn hit(&self, now: Timestamp) -> Hit<'_> {
        let (receiver, group_by) = (self.receiver.as_deref(), self.group_by.as_ref());
        Hit { path: &self.path, receiver, group_by, sends: &self.sends, muted: self.muted(now) }
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

struct Builder<'s> {
    settings: &'s Settings,
    names: Arc<Names>,
    receivers: BTreeMap<&'s str, Arc<[Arc<CompiledSend>]>>,
}

impl<'s> Builder<'s> {
    fn new(settings: &'s Settings) -> Result<Self, CompileError> {
        let names = Arc::new(Names::of(settings));
        let mut receivers = BTreeMap::new();
        for (name, receiver) in &settings.receivers {
            let sends = compile(&receiver.send, name, &format!("receivers.{name}"), &names)?;
            receivers.insert(name.as_str(), sends.into());
        }
        Ok(Self { settings, names, receivers })
    }

    fn receiver(&self, at: &str, name: &str) -> Result<Arc<[Arc<CompiledSend>]>, CompileError> {
        self.receivers
            .get(name)
            .cloned()
            .ok_or_else(|| CompileError { at: at.to_owned(), message: unknown("receiver", name, self.receivers.keys().copied()) })
    }

    fn node(&self, route: &Route, parent: Option<&Node>) -> Result<Node, CompileError> {
        let inline = compile(&route.send, &route.path, &route.path, &self.names)?;
        let (receiver, sends) = match (&route.receiver, parent) {
            (Some(name), _) => {
                let named = self.receiver(&format!("{}.receiver", route.path), name)?;
                let sends = if inline.is_empty() { named } else { named.iter().cloned().chain(inline).collect() };
                (Some(name.clone()), sends)
            }
            (None, Some(parent)) if inline.is_empty() => (parent.receiver.clone(), Arc::clone(&parent.sends)),
            (None, _) => (None, inline.into()),
        };
        let mut node = Node {
            path: route.path.clone(),
            receiver,
            group_by: route.group_by.clone().or_else(|| parent.and_then(|parent| parent.group_by.clone())),
            sends,
            matchers: route.matchers.clone(),
            continue_matching: route.continue_matching,
            mute: self.intervals(&route.path, "mute_time_intervals", &route.mute_time_intervals)?,
            active: self.intervals(&route.path, "active_time_intervals", &route.active_time_intervals)?,
            children: Vec::with_capacity(route.routes.len()),
        };
        for child in &route.routes {
            let child = self.node(child, Some(&node))?;
            node.children.push(child);
        }
        Ok(node)
    }

    fn intervals(&self, path: &str, key: &str, names: &[String]) -> Result<Vec<Named>, CompileError> {
        let known = &self.settings.time_intervals;
        let find = |(at, name): (usize, &String)| match known.get(name) {
            Some(intervals) => Ok(Named { name: name.clone(), intervals: intervals.clone() }),
            None => Err(CompileError {
                at: format!("{path}.{key}[{at}]"),
                message: unknown("time interval", name, known.keys().map(String::as_str)),
            }),
        };
        names.iter().enumerate().map(find).collect()
    }
}

fn compile(
    sends: &[crate::config::settings::Send],
    owner: &str,
    path: &str,
    names: &Arc<Names>,
) -> Result<Vec<Arc<CompiledSend>>, CompileError> {
    let one = |(at, send)| CompiledSend::new(send, owner, &format!("{path}.send[{at}]"), Arc::clone(names)).map(Arc::new);
    sends.iter().enumerate().map(one).collect()
}

fn unknown<'k>(what: &str, name: &str, known: impl Iterator<Item = &'k str>) -> String {
    let hint = crate::util::text::suggest(name, known).map(|hint| format!("; did you mean {hint}?")).unwrap_or_default();
    format!("there is no {what} {name:?}{hint}")
}

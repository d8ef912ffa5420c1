//! Makes the tree of the settings: inheritance filled in, names looked up, templates compiled.

use super::index::IndexBuilder;
use super::send::Names;
use super::tree::{Named, Node, Tree};
use super::{CompileError, CompiledSend};
use crate::config::settings::{Route, Send, Settings};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The tree of the settings.
pub(super) fn tree(settings: &Settings) -> Result<Tree, CompileError> {
    let mut builder = Builder::new(settings)?;
    let fallback = match &settings.fallback {
        Some(name) => Some((name.clone(), builder.receiver("fallback", name)?)),
        None => None,
    };
    builder.add(&settings.route, None)?;
    Ok(Tree { nodes: builder.nodes, index: builder.index.finish(), severity: settings.severity.clone(), fallback })
}

struct Builder<'s> {
    names: Arc<Names>,
    receivers: BTreeMap<&'s str, Arc<[Arc<CompiledSend>]>>,
    intervals: BTreeMap<&'s str, Arc<Named>>,
    nodes: Vec<Node>,
    index: IndexBuilder<'s>,
}

impl<'s> Builder<'s> {
    fn new(settings: &'s Settings) -> Result<Self, CompileError> {
        let names = Arc::new(Names::of(settings));
        let mut receivers = BTreeMap::new();
        for (name, receiver) in &settings.receivers {
            let sends = compile(&receiver.send, name, &format!("receivers.{name}"), &names)?;
            receivers.insert(name.as_str(), sends.into());
        }
        let named = |(name, intervals): (&'s String, &Vec<_>)| {
            (name.as_str(), Arc::new(Named { name: name.clone(), intervals: intervals.clone() }))
        };
        let intervals = settings.time_intervals.iter().map(named).collect();
        Ok(Self { names, receivers, intervals, nodes: Vec::new(), index: IndexBuilder::default() })
    }

    fn receiver(&self, at: &str, name: &str) -> Result<Arc<[Arc<CompiledSend>]>, CompileError> {
        self.receivers
            .get(name)
            .cloned()
            .ok_or_else(|| CompileError { at: at.to_owned(), message: unknown("receiver", name, self.receivers.keys().copied()) })
    }

    /// Adds a route and all below it.
    fn add(&mut self, route: &'s Route, parent: Option<usize>) -> Result<(), CompileError> {
        let node = self.node(route, parent.map(|parent| &self.nodes[parent]))?;
        self.nodes.push(node);
        // The root takes everything, whatever it says.
        let matchers = if parent.is_some() { &*route.matchers } else { &[] };
        let at = self.index.open(matchers, route.continue_matching);
        for child in &route.routes {
            self.add(child, Some(at))?;
        }
        self.index.close(at);
        Ok(())
    }

    fn node(&self, route: &Route, parent: Option<&Node>) -> Result<Node, CompileError> {
        let inline = compile(&route.send, &route.path, &route.path, &self.names)?;
        let (receiver, sends) = match (&route.receiver, parent) {
            (Some(name), _) => {
                let named = self.receiver(&format!("{}.receiver", route.path), name)?;
                let sends = if inline.is_empty() { named } else { named.iter().cloned().chain(inline).collect() };
                (Some(name.as_str().into()), sends)
            }
            (None, Some(parent)) if inline.is_empty() => (parent.receiver.clone(), Arc::clone(&parent.sends)),
            (None, _) => (None, inline.into()),
        };
        let own = route.group_by.clone().map(Arc::new);
        Ok(Node {
            path: route.path.clone(),
            receiver,
            group_by: own.or_else(|| parent.and_then(|parent| parent.group_by.clone())),
            sends,
            mute: self.intervals(&route.path, "mute_time_intervals", &route.mute_time_intervals)?,
            active: self.intervals(&route.path, "active_time_intervals", &route.active_time_intervals)?,
        })
    }

    fn intervals(&self, path: &str, key: &str, names: &[String]) -> Result<Vec<Arc<Named>>, CompileError> {
        let find = |(at, name): (usize, &String)| match self.intervals.get(name.as_str()) {
            Some(named) => Ok(Arc::clone(named)),
            None => Err(CompileError {
                at: format!("{path}.{key}[{at}]"),
                message: unknown("time interval", name, self.intervals.keys().copied()),
            }),
        };
        names.iter().enumerate().map(find).collect()
    }
}

fn compile(sends: &[Send], owner: &str, path: &str, names: &Arc<Names>) -> Result<Vec<Arc<CompiledSend>>, CompileError> {
    let one = |(at, send)| CompiledSend::new(send, owner, &format!("{path}.send[{at}]"), Arc::clone(names)).map(Arc::new);
    sends.iter().enumerate().map(one).collect()
}

fn unknown<'k>(what: &str, name: &str, known: impl Iterator<Item = &'k str>) -> String {
    let hint = crate::util::text::suggest(name, known).map(|hint| format!("; did you mean {hint}?")).unwrap_or_default();
    format!("there is no {what} {name:?}{hint}")
}

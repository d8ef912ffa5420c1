//! The tree as it is, for people who look at it: what each node asks for, what it sends, and by which number alerts that end there are counted.

use super::Tree;
use crate::config::settings::{ContentKind, GroupBy};
use serde::Serialize;

/// One node with what it inherits filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outline {
    /// Its number, as in [`Hit::node`](super::Hit::node).
    #[serde(skip)]
    pub node: usize,
    /// Where it stands: `route.routes[0]`.
    pub path: String,
    /// Its matchers.
    pub matchers: Vec<String>,
    /// Goes on with the next sibling after a match.
    #[serde(rename = "continue")]
    pub continue_matching: bool,
    /// Its receiver; `None`: the sends stand in the route itself.
    pub receiver: Option<String>,
    /// Own grouping; `None` keeps the sender's, `["..."]` one message per alert.
    pub group_by: Option<Vec<String>>,
    /// Nothing is sent while one of these holds.
    pub mute_time_intervals: Vec<String>,
    /// Nothing is sent while none of these holds, where there are any.
    pub active_time_intervals: Vec<String>,
    /// What alerts that end here are sent as.
    pub sends: Vec<SendOutline>,
    /// Alerts that ended here.
    pub hits: u64,
    /// Its children.
    pub routes: Vec<Outline>,
}

/// One send entry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SendOutline {
    /// Its name.
    pub name: String,
    /// Addresses and templates of addresses.
    pub to: Vec<String>,
    /// Shape.
    #[serde(rename = "as")]
    pub kind: ContentKind,
    /// Template name.
    pub template: String,
    /// Its own matchers.
    pub matchers: Vec<String>,
    /// Who is mentioned.
    pub mention: Vec<String>,
}

impl Tree {
    /// How many nodes there are; their numbers are below.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The whole tree; `hits` says how many alerts ended at a node.
    pub fn outline(&self, hits: &dyn Fn(usize) -> u64) -> Outline {
        self.outline_of(0, hits)
    }

    fn outline_of(&self, at: usize, hits: &dyn Fn(usize) -> u64) -> Outline {
        let node = &self.nodes[at];
        let sends = node.sends.iter().map(|send| &send.send).map(|send| SendOutline {
            name: send.name.clone(),
            to: send.to.clone(),
            kind: send.kind,
            template: send.template.clone(),
            matchers: send.matchers.iter().map(ToString::to_string).collect(),
            mention: send.mention.clone(),
        });
        Outline {
            node: at,
            path: node.path.clone(),
            matchers: self.index.matchers(at).map(ToString::to_string).collect(),
            continue_matching: self.index.continues(at),
            receiver: node.receiver.as_deref().map(str::to_owned),
            group_by: node.group_by.as_deref().map(|by| match by {
                GroupBy::All => vec!["...".to_owned()],
                GroupBy::Labels(labels) => labels.clone(),
            }),
            mute_time_intervals: node.mute.iter().map(|named| named.name.clone()).collect(),
            active_time_intervals: node.active.iter().map(|named| named.name.clone()).collect(),
            sends: sends.collect(),
            hits: hits(at),
            routes: self.index.children(at).map(|child| self.outline_of(child, hits)).collect(),
        }
    }
}

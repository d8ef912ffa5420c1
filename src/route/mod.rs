//! The routing tree, with Alertmanager's semantics: which send entries an alert goes to, and why.
//!
//! Pure: `now` is handed in, nothing is looked up. [`Tree`] is compiled from the settings once per (re)load;
//! [`Tree::route`] answers for one alert, [`Tree::explain`] says how it came to that answer.

mod build;
mod condition;
mod explain;
mod index;
mod outline;
mod send;
#[cfg(test)]
mod tests;
mod tree;

pub use explain::{Explanation, HitExplanation, NodeExplanation, Outcome, SendExplanation};
pub use outline::{Outline, SendOutline};
pub use send::{BadTarget, CompiledSend, MentionAddress, Targets, alert_data, expand};
pub use tree::{Hit, MuteReason, Tree};

use crate::alert::matcher::Matcher;

/// A part of the tree that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {message}")]
pub struct CompileError {
    /// Where: `route.routes[0].receiver`, `receivers.dba.send[0].to[1]`.
    pub at: String,
    /// What is wrong.
    pub message: String,
}

/// The label that holds the source's name; only matchers see it.
pub const SOURCE: &str = "__source__";
/// The label that holds the sender's receiver; only matchers see it.
pub const RECEIVER: &str = "__receiver__";

/// A label set as matchers see it: with the two reserved labels, whatever the alert itself may carry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub labels: &'a crate::alert::Labels,
    pub source: &'a str,
    pub receiver: &'a str,
}

impl<'a> Seen<'a> {
    pub fn get(&self, name: &str) -> Option<&'a str> {
        match name {
            SOURCE => Some(self.source),
            RECEIVER => Some(self.receiver),
            name => self.labels.get(name).map(String::as_str),
        }
    }

    /// The first of the matchers that does not match.
    pub fn fails<'m>(&self, matchers: impl IntoIterator<Item = &'m Matcher>) -> Option<&'m Matcher> {
        matchers.into_iter().find(|matcher| !matcher.matches_with(|name| self.get(name)))
    }
}

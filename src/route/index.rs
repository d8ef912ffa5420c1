//! The nodes of a tree as flat arrays in the order of the tree, and the walk of one alert through them.
//!
//! Of the children of a node only those are looked at that can match: each child that asks for certain values of a
//! label stands in the lists of these values, all others stand in one list of the rest. The lists that concern the alert are read
//! side by side in the order of the siblings, so that the first match is the first of them all.

#[cfg(test)]
mod tests;

use super::Seen;
use super::condition::{Answers, Conditions, Numbering, Value};
use crate::alert::matcher::Matcher;
use std::collections::HashMap;
use std::ops::Range;

/// A tree without what its nodes are for. A node's number is its place in the order of the tree, the root's is 0.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    conditions: Conditions,
    nodes: Vec<Node>,
    /// The conditions of one node after those of the other.
    used: Vec<usize>,
    /// By parent, then by value.
    by_value: Vec<(usize, Range<usize>)>,
    /// Children, ascending in each list.
    lists: Vec<usize>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    /// In `used`.
    conditions: Range<usize>,
    continue_matching: bool,
    /// The first node after everything below this one.
    end: usize,
    /// Its children by the values they ask for, in `by_value`.
    children: Range<usize>,
    /// Its other children, in `lists`.
    rest: Range<usize>,
}

impl Index {
    /// The children of a node in their order.
    pub fn children(&self, node: usize) -> impl Iterator<Item = usize> {
        let end_of = |node: usize| self.nodes.get(node).map(|node| node.end);
        let end = end_of(node).unwrap_or_default();
        std::iter::successors(Some(node + 1), move |child| end_of(*child)).take_while(move |child| *child < end)
    }

    /// The matchers of a node.
    pub fn matchers(&self, node: usize) -> impl Iterator<Item = &Matcher> {
        self.used[self.nodes[node].conditions.clone()].iter().map(|condition| self.conditions.matcher(*condition))
    }

    pub fn continues(&self, node: usize) -> bool {
        self.nodes[node].continue_matching
    }

    /// The nodes that an alert ends at, in the order of the tree.
    pub fn walk(&self, seen: Seen<'_>) -> Vec<usize> {
        let mut walk = Walk { index: self, answers: self.conditions.read(seen), lists: Vec::new(), hits: Vec::new() };
        walk.enter(0);
        walk.hits
    }
}

struct Walk<'t, 'a> {
    index: &'t Index,
    answers: Answers<'a>,
    /// What is left of the lists of children, for each node on the way down from the root.
    lists: Vec<&'t [usize]>,
    hits: Vec<usize>,
}

impl<'t> Walk<'t, '_> {
    /// Goes on below a node that matches.
    fn enter(&mut self, at: usize) {
        let from = self.lists.len();
        self.open(&self.index.nodes[at]);
        let mut taken = false;
        while let Some(child) = self.next(from) {
            if self.matches(child) {
                self.enter(child);
                taken = true;
                if !self.index.continues(child) {
                    break;
                }
            }
        }
        self.lists.truncate(from);
        if !taken {
            self.hits.push(at);
        }
    }

    /// Takes up the lists of children that can match.
    fn open(&mut self, node: &Node) {
        let by_value = &self.index.by_value[node.children.clone()];
        if !by_value.is_empty() {
            let known = self.answers.known().filter_map(|value| by_value.binary_search_by_key(&value, |(value, _)| *value).ok());
            self.lists.extend(known.map(|found| &self.index.lists[by_value[found].1.clone()]));
        }
        self.lists.push(&self.index.lists[node.rest.clone()]);
    }

    /// The next child of all lists from this one on. No child stands in two of them: it stands under values of one
    /// label, and of these the alert has one.
    fn next(&mut self, from: usize) -> Option<usize> {
        let first = self.lists[from..].iter_mut().filter(|list| !list.is_empty()).min_by_key(|list| list[0])?;
        let (child, rest) = first.split_first()?;
        *first = rest;
        Some(*child)
    }

    fn matches(&mut self, node: usize) -> bool {
        let index = self.index;
        index.used[index.nodes[node].conditions.clone()].iter().all(|condition| index.conditions.holds(*condition, &mut self.answers))
    }
}

/// Makes an index: a node is opened before the nodes below it and closed after them.
#[derive(Debug, Default)]
pub(super) struct IndexBuilder<'s> {
    numbering: Numbering<'s>,
    index: Index,
}

impl<'s> IndexBuilder<'s> {
    pub fn open(&mut self, matchers: &'s [Matcher], continue_matching: bool) -> usize {
        let from = self.index.used.len();
        for matcher in matchers {
            let condition = self.numbering.condition(matcher);
            self.index.used.push(condition);
        }
        self.index.nodes.push(Node { conditions: from..self.index.used.len(), continue_matching, ..Node::default() });
        self.index.nodes.len() - 1
    }

    pub fn close(&mut self, node: usize) {
        self.index.nodes[node].end = self.index.nodes.len();
        let (mut asking, mut rest) = self.filed(node);
        asking.sort_unstable();
        let index = &mut self.index;
        let rest_from = index.lists.len();
        index.lists.append(&mut rest);
        let rest = rest_from..index.lists.len();
        let children_from = index.by_value.len();
        for list in asking.chunk_by(|one, other| one.0 == other.0) {
            let from = index.lists.len();
            index.lists.extend(list.iter().map(|(_, child)| *child));
            index.by_value.push((list[0].0, from..index.lists.len()));
        }
        let children = children_from..index.by_value.len();
        index.nodes[node] = Node { children, rest, ..index.nodes[node].clone() };
    }

    /// The children of a node: by each value under which they stand, and those that stand under none.
    fn filed(&self, node: usize) -> (Vec<(usize, usize)>, Vec<usize>) {
        let mut asked: HashMap<usize, usize> = HashMap::new();
        for value in self.index.children(node).flat_map(|child| self.required(child)).flatten().filter_map(Value::known) {
            *asked.entry(value).or_default() += 1;
        }
        let (mut asking, mut rest) = (Vec::new(), Vec::new());
        for child in self.index.children(node) {
            // The rarest values keep their lists short: of `team="db", severity="critical"` it is the team.
            let crowd = |values: &&[Value]| values.iter().filter_map(Value::known).filter_map(|value| asked.get(&value)).sum::<usize>();
            match self.required(child).min_by_key(crowd) {
                Some(values) => asking.extend(values.iter().filter_map(Value::known).map(|value| (value, child))),
                None => rest.push(child),
            }
        }
        (asking, rest)
    }

    /// The values that the conditions of a node require, condition by condition.
    fn required(&self, node: usize) -> impl Iterator<Item = &[Value]> {
        let used = &self.index.used[self.index.nodes[node].conditions.clone()];
        used.iter().filter_map(|condition| self.numbering.conditions.required(*condition))
    }

    pub fn finish(self) -> Index {
        Index { conditions: self.numbering.conditions, ..self.index }
    }
}

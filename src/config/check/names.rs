//! Names that one section gives and another refers to.

use crate::config::decode::{At, Named};
use crate::config::diagnostic::Out;
use crate::config::node::Span;
use std::collections::BTreeSet;

/// The names of one kind of thing, and which of them something refers to.
pub struct Names {
    what: &'static str,
    known: Vec<(String, Span)>,
    used: BTreeSet<String>,
    uncertain: bool,
}

impl Names {
    /// The names of a map's entries; the map itself refuses duplicates.
    pub fn of_map<T>(what: &'static str, map: Option<&Named<T>>) -> Self {
        let known = map.iter().flat_map(|map| &map.0).map(|(name, _)| (name.value.clone(), name.span)).collect();
        Self { what, known, used: BTreeSet::new(), uncertain: false }
    }

    /// The names of a list's entries, of which two may not be the same.
    pub fn of_list<'a>(what: &'static str, names: impl Iterator<Item = &'a At<String>>, out: &mut Out) -> Self {
        let mut this = Self { what, known: Vec::new(), used: BTreeSet::new(), uncertain: false };
        for name in names {
            if name.value.is_empty() {
                out.error("empty", name.span, format!("a {what} needs a name"));
            }
            match this.known.iter().find(|(known, _)| *known == name.value) {
                Some((_, first)) => {
                    let message = format!("there is a {what} `{}` already, on line {}", name.shown(), first.line);
                    out.error("duplicate-name", name.span, message).hint("give each its own name");
                }
                None => this.known.push((name.value.clone(), name.span)),
            }
        }
        this
    }

    /// Says whether some names may not have been readable; then none is reported as unknown.
    pub fn uncertain(mut self, uncertain: bool) -> Self {
        self.uncertain = uncertain;
        self
    }

    /// Notes that `name` is referred to; a finding where nothing has that name.
    pub fn refer(&mut self, name: &At<String>, out: &mut Out) -> bool {
        self.used.insert(name.value.clone());
        let known = self.uncertain || self.has(&name.value);
        if !known {
            out.error("unknown-name", name.span, format!("there is no {} `{}`", self.what, name.shown()));
            match self.known.is_empty() {
                true => out.hint(format!("no {} is configured", self.what)),
                false => out.suggest(&name.value, self.all()),
            };
        }
        known
    }

    /// Whether something has this name.
    pub fn has(&self, name: &str) -> bool {
        self.known.iter().any(|(known, _)| known == name)
    }

    /// Every name.
    pub fn all(&self) -> impl Iterator<Item = &str> + Clone {
        self.known.iter().map(|(name, _)| name.as_str())
    }

    /// The name, where there is one only.
    pub fn only(&self) -> Option<&str> {
        match self.known.as_slice() {
            [(name, _)] => Some(name),
            _ => None,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Warns about what nothing refers to.
    pub fn warn_unused(&self, out: &mut Out) {
        for (name, span) in self.known.iter().filter(|(name, _)| !self.used.contains(name)) {
            out.warning("unused", *span, format!("nothing refers to the {} `{name}`", self.what));
        }
    }
}

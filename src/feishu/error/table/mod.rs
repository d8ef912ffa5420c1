//! Every code we know, by endpoint: its class, and a sentence for people in English and Chinese.
//!
//! Codes and meanings: the error lists of the platform's API pages and its general code list, read 2026-05. One
//! number can have several rows; the narrowest wins (endpoint, then family, then any). A new endpoint adds rows in the
//! file of its family; `inner` has the codes within messages.

use super::answer::{Answer, sub_code};
use super::class::{Class, ContentFault, StateFault};
use super::endpoint::{Endpoint as E, Family};

mod chats;
mod files;
mod gateway;
mod hook;
mod inner;
mod legacy;
mod message;
#[cfg(test)]
mod test;
mod verbs;

/// Where a code has this meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// Wherever no narrower row says otherwise.
    Any,
    /// All endpoints of these families.
    All(&'static [Family]),
    /// These endpoints.
    Only(&'static [E]),
}

/// One meaning of some codes.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    /// The codes.
    pub codes: &'static [i64],
    /// Where.
    pub on: On,
    /// What it asks for.
    pub class: Class,
    /// What it means and what to do.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
}

const fn row(codes: &'static [i64], on: On, class: Class, en: &'static str, zh: &'static str) -> Row {
    Row { codes, on, class, en, zh }
}
const fn content(fault: ContentFault) -> Class {
    Class::Content(fault)
}
const fn state(fault: StateFault) -> Class {
    Class::State(fault)
}

/// The table, in parts.
const PARTS: &[&[Row]] = &[
    gateway::ANY,
    gateway::AUTH,
    message::SHARED,
    message::SINGLE,
    verbs::FORWARD,
    verbs::OTHER,
    verbs::REACTIONS,
    legacy::V4,
    legacy::BATCH,
    legacy::HELPDESK,
    chats::CHATS,
    chats::PEOPLE,
    files::ROWS,
    hook::ROWS,
];

impl On {
    /// How narrowly it means this endpoint; 0: not at all.
    fn narrowness(self, endpoint: E) -> u8 {
        match self {
            On::Only(list) if list.contains(&endpoint) => 3,
            On::All(families) if families.contains(&endpoint.family()) => 2,
            On::Any => 1,
            _ => 0,
        }
    }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    PARTS.iter().copied().flatten()
}

/// The narrowest row of a code on an endpoint.
pub(super) fn lookup(endpoint: E, code: i64) -> Option<&'static Row> {
    let means = |row: &&Row| row.codes.contains(&code) && row.on.narrowness(endpoint) > 0;
    rows().filter(means).max_by_key(|row| row.on.narrowness(endpoint))
}

/// The row of an inner code.
pub(super) fn lookup_sub(code: i64) -> Option<&'static Row> {
    inner::SUB_CODES.iter().find(|row| row.codes.contains(&code))
}

/// The row that says most about an answer: by the words of its message, by the inner code in it, by its code.
pub(super) fn find(endpoint: E, answer: &Answer) -> Option<&'static Row> {
    let outer = lookup(endpoint, answer.code)?;
    let words = answer.msg.to_ascii_lowercase();
    let by_words = |code: i64| {
        let means = |row: &Row| row.codes.contains(&code) && row.on.narrowness(endpoint) > 0;
        let said = |entry: &&inner::Words| means(&entry.row) && entry.words.iter().any(|part| words.contains(part));
        inner::WORDS.iter().find(said).map(|entry| &entry.row)
    };
    let inner = || {
        let refused = matches!(outer.class, Class::Content(_)) && inner::WITH_INNER.contains(&answer.code);
        let sub = sub_code(&answer.msg).filter(|_| refused)?;
        by_words(sub).or_else(|| lookup_sub(sub))
    };
    by_words(answer.code).or_else(inner).or(Some(outer))
}

//! Everything that arrived: messages with all their versions, bounded in number and bytes.
//!
//! Messages are handed out as `Arc` snapshots; a change replaces the snapshot, so a reader never waits
//! and never sees half a change. When full the oldest message goes.

use crate::sandbox::endpoint::Endpoint;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Who sent a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Sender {
    /// An app's bot, by `app_id`.
    App(String),
    /// A custom bot, by its URL token.
    Hook(String),
    /// A person, by `open_id`.
    Person(String),
}

/// What a call wrote.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Version {
    /// 1 for the send, then one more for each edit.
    pub number: u32,
    /// When it arrived.
    pub at: Timestamp,
    /// The endpoint that wrote it.
    pub endpoint: Endpoint,
    /// The call's `X-Request-Id`.
    pub request_id: String,
    /// The call's `uuid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Size of the request body.
    pub bytes: usize,
    /// The content as sent, parsed.
    pub content: Value,
    /// `open_id` of the only people who see this version, of a card that is not shared (1.0 with `update_multi` false);
    /// empty: everybody.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only_for: Vec<String>,
}

/// That a message was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recalled {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: Sender,
}

/// A reaction to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reaction {
    /// Its id.
    pub reaction_id: String,
    /// Such as `DONE`.
    pub emoji_type: String,
    /// Who reacted.
    pub by: Sender,
    /// When.
    pub at: Timestamp,
}

/// That a person has read a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Read {
    /// Who, by `open_id`.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// How somebody was urged to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UrgentKind {
    /// Inside the app.
    App,
    /// By text message, and inside the app.
    Sms,
    /// By a phone call, and inside the app.
    Phone,
}

/// That the sender urged somebody to look at a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Urgent {
    /// How.
    pub kind: UrgentKind,
    /// Whom, by `open_id`.
    pub open_id: String,
    /// When.
    pub at: Timestamp,
}

/// That a message is pinned in its chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pin {
    /// By whom.
    pub by: Sender,
    /// When.
    pub at: Timestamp,
}

/// A message and its history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// `om_...`; messages of custom bots have one too, which their sender never learns.
    pub message_id: String,
    /// The chat it is in, also for people.
    pub chat_id: String,
    /// The chat's name when it was sent.
    pub chat_name: String,
    /// Who sent it.
    pub sender: Sender,
    /// How the receiver was named; empty for replies and custom bots.
    pub receive_id_type: String,
    /// The receiver as named.
    pub receive_id: String,
    /// `text`, `post`, `interactive` ...
    pub msg_type: String,
    /// The batch it is part of, `bm-...`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<String>,
    /// First message of the conversation, for replies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_id: Option<String>,
    /// The message replied to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// The topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// When it was sent.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// Taken back, when and by whom.
    pub recalled: Option<Recalled>,
    /// Edits of text or post, of which 20 are allowed.
    pub edits: u32,
    /// Versions that were let go because there were too many.
    pub versions_dropped: u32,
    /// What was written, oldest first.
    pub versions: Vec<Arc<Version>>,
    /// Reactions, oldest first.
    pub reactions: Vec<Reaction>,
    /// Who has read it, in that order.
    pub reads: Vec<Read>,
    /// Who was urged to look, how and when, oldest first.
    pub urgents: Vec<Urgent>,
    /// Pinned, by whom and when.
    pub pin: Option<Pin>,
    /// In a merged forward: the message it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upper_message_id: Option<String>,
    /// Of a forward: who sent what was forwarded, first of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded_from: Option<Sender>,
    /// The parts of a merged forward, at every depth, each before its own parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Arc<Message>>,
}

impl Message {
    /// The content now, as everybody sees it.
    pub fn content(&self) -> &Value {
        self.shared().map_or(&Value::Null, |version| &version.content)
    }

    /// The content now, as this person (`open_id`) sees it.
    pub fn content_for(&self, open_id: &str) -> &Value {
        let sees = |version: &&Arc<Version>| version.only_for.is_empty() || version.only_for.iter().any(|id| id == open_id);
        self.versions.iter().rev().find(sees).map_or(&Value::Null, |version| &version.content)
    }

    /// The newest version that everybody sees.
    pub(crate) fn shared(&self) -> Option<&Arc<Version>> {
        self.versions.iter().rev().find(|version| version.only_for.is_empty())
    }

    /// The number of the version that comes next.
    pub(crate) fn next_number(&self) -> u32 {
        self.versions.last().map_or(1, |version| version.number + 1)
    }

    /// Whether the app's bot sent it.
    pub(crate) fn is_of(&self, app_id: &str) -> bool {
        matches!(&self.sender, Sender::App(id) if id == app_id)
    }

    /// Its own room: what a batch says is kept once for all its messages.
    fn bytes(&self) -> usize {
        let parts: usize = self.children.iter().map(|child| child.bytes()).sum();
        let versions = if self.batch_id.is_some() { 0 } else { self.versions.iter().map(|version| version.bytes).sum::<usize>() };
        versions + parts + 512
    }

    /// Whether somebody was urged and has not read it yet.
    pub(crate) fn urges(&self, open_id: &str) -> bool {
        self.recalled.is_none()
            && self.urgents.iter().any(|urgent| urgent.open_id == open_id)
            && !self.reads.iter().any(|read| read.by == open_id)
    }
}

/// What happened to a message.
#[derive(Debug, Clone)]
pub enum Change {
    /// It is new.
    Sent(Arc<Message>),
    /// It has a new version.
    Edited(Arc<Message>),
    /// It was taken back.
    Recalled(Arc<Message>),
    /// It was read, urged, pinned, or got a reaction (or lost one), or became the start of a topic.
    Touched(Arc<Message>),
    /// All were cleared.
    Cleared,
}

const MAX_VERSIONS: usize = 1000;

/// The stored messages.
#[derive(Debug)]
pub(crate) struct Messages {
    by_seq: BTreeMap<u64, Arc<Message>>,
    seqs: HashMap<String, u64>,
    by_chat: HashMap<String, BTreeSet<u64>>,
    /// Parts of merged forwards, which are no messages of a chat.
    parts: HashSet<String>,
    next: u64,
    bytes: usize,
    dropped: u64,
    max_messages: usize,
    max_bytes: usize,
}

impl Messages {
    pub fn new(max_messages: usize, max_bytes: usize) -> Self {
        let (by_seq, seqs, by_chat, parts) = (BTreeMap::new(), HashMap::new(), HashMap::new(), HashSet::new());
        Self { by_seq, seqs, by_chat, parts, next: 1, bytes: 0, dropped: 0, max_messages: max_messages.max(1), max_bytes }
    }

    /// Adds a message; returns its snapshot.
    pub fn add(&mut self, message: Message) -> Arc<Message> {
        let seq = self.next;
        self.next += 1;
        self.bytes += message.bytes();
        self.seqs.insert(message.message_id.clone(), seq);
        self.by_chat.entry(message.chat_id.clone()).or_default().insert(seq);
        self.parts.extend(message.children.iter().map(|child| child.message_id.clone()));
        let message = Arc::new(message);
        self.by_seq.insert(seq, Arc::clone(&message));
        while self.by_seq.len() > self.max_messages || (self.bytes > self.max_bytes && self.by_seq.len() > 1) {
            self.drop_oldest();
        }
        message
    }

    fn drop_oldest(&mut self) {
        let Some((seq, message)) = self.by_seq.pop_first() else { return };
        self.bytes = self.bytes.saturating_sub(message.bytes());
        self.seqs.remove(&message.message_id);
        message.children.iter().for_each(|child| {
            self.parts.remove(&child.message_id);
        });
        self.dropped += 1;
        if let Some(seqs) = self.by_chat.get_mut(&message.chat_id) {
            seqs.remove(&seq);
            if seqs.is_empty() {
                self.by_chat.remove(&message.chat_id);
            }
        }
    }

    /// The message of this id.
    pub fn get(&self, message_id: &str) -> Option<&Arc<Message>> {
        self.by_seq.get(self.seqs.get(message_id)?)
    }

    /// Changes a message; returns its new snapshot.
    pub fn change(&mut self, message_id: &str, change: impl FnOnce(&mut Message)) -> Option<Arc<Message>> {
        let slot = self.by_seq.get_mut(self.seqs.get(message_id)?)?;
        let before = slot.bytes();
        let message = Arc::make_mut(slot);
        change(message);
        // The first version stays: it is what the reader saw first.
        if message.versions.len() > MAX_VERSIONS {
            message.versions.remove(1);
            message.versions_dropped += 1;
        }
        let snapshot = Arc::clone(slot);
        self.bytes = self.bytes.saturating_sub(before) + snapshot.bytes();
        Some(snapshot)
    }

    /// All messages, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = (u64, &Arc<Message>)> {
        self.by_seq.iter().map(|(seq, message)| (*seq, message))
    }

    /// The messages of a chat, oldest first.
    pub fn of_chat(&self, chat_id: &str) -> impl DoubleEndedIterator<Item = (u64, &Arc<Message>)> {
        self.by_chat.get(chat_id).into_iter().flatten().filter_map(|seq| self.by_seq.get(seq).map(|message| (*seq, message)))
    }

    /// How many messages of a chat are kept.
    pub fn of_chat_count(&self, chat_id: &str) -> usize {
        self.by_chat.get(chat_id).map_or(0, BTreeSet::len)
    }

    /// Ids of the direct replies to a message.
    pub fn replies_to<'a>(&'a self, message: &'a Message) -> impl Iterator<Item = &'a Arc<Message>> {
        self.of_chat(&message.chat_id).map(|(_, other)| other).filter(|other| other.parent_id.as_deref() == Some(&message.message_id))
    }

    /// Whether the id is that of a part of a merged forward.
    pub fn is_part(&self, message_id: &str) -> bool {
        self.parts.contains(message_id)
    }

    /// A message of the topic, the oldest that is kept.
    pub fn of_thread(&self, thread_id: &str) -> Option<&Arc<Message>> {
        self.by_seq.values().find(|message| message.thread_id.as_deref() == Some(thread_id))
    }

    /// How many there are, and how many were let go.
    pub fn counts(&self) -> (usize, u64) {
        (self.by_seq.len(), self.dropped)
    }

    /// Forgets all messages.
    pub fn clear(&mut self) {
        self.by_seq.clear();
        self.seqs.clear();
        self.by_chat.clear();
        self.parts.clear();
        self.bytes = 0;
        self.dropped = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(id: &str, chat: &str, bytes: usize) -> Message {
        let now = Timestamp::UNIX_EPOCH;
        let version = Version {
            number: 1,
            at: now,
            endpoint: Endpoint::Send,
            request_id: String::new(),
            uuid: None,
            bytes,
            content: json!({}),
            only_for: Vec::new(),
        };
        Message {
            message_id: id.to_owned(),
            chat_id: chat.to_owned(),
            chat_name: String::new(),
            sender: Sender::App("cli_a".to_owned()),
            receive_id_type: String::new(),
            receive_id: String::new(),
            msg_type: "text".to_owned(),
            batch_id: None,
            root_id: None,
            parent_id: None,
            thread_id: None,
            created: now,
            updated: now,
            recalled: None,
            edits: 0,
            versions_dropped: 0,
            versions: vec![Arc::new(version)],
            reactions: Vec::new(),
            reads: Vec::new(),
            urgents: Vec::new(),
            pin: None,
            upper_message_id: None,
            forwarded_from: None,
            children: Vec::new(),
        }
    }

    #[test]
    fn the_oldest_goes_by_number_and_by_bytes() {
        let mut messages = Messages::new(2, 1_000_000);
        for id in ["om_1", "om_2", "om_3"] {
            messages.add(message(id, "oc_a", 10));
        }
        assert!(messages.get("om_1").is_none() && messages.get("om_3").is_some());
        assert_eq!((messages.counts(), messages.of_chat("oc_a").count()), ((2, 1), 2));

        let mut messages = Messages::new(100, 5000);
        for n in 0..10 {
            messages.add(message(&format!("om_{n}"), "oc_a", 1000));
        }
        assert_eq!(messages.counts().0, 3);
    }

    #[test]
    fn snapshots_do_not_change() {
        let mut messages = Messages::new(2, 1_000_000);
        let before = messages.add(message("om_1", "oc_a", 10));
        let after = messages.change("om_1", |message| message.edits = 1).unwrap();
        assert_eq!((before.edits, after.edits), (0, 1));
    }

    #[test]
    fn versions_are_bounded_and_the_first_stays() {
        let mut messages = Messages::new(2, usize::MAX);
        messages.add(message("om_1", "oc_a", 10));
        for number in 2..=1005 {
            messages.change("om_1", |message| {
                let version = Version { number, ..(*message.versions[0]).clone() };
                message.versions.push(Arc::new(version));
            });
        }
        let message = messages.get("om_1").unwrap();
        assert_eq!((message.versions.len(), message.versions_dropped), (1000, 5));
        assert_eq!((message.versions[0].number, message.versions[999].number), (1, 1005));
    }
}

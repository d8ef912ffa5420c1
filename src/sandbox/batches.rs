//! Batches of `message/v4/batch_send`: who gets what, and how far each one is.
//!
//! How far a batch is follows from when it started, its speed and the present; nothing runs in the
//! background. The batches of one app go one after the other. [`Core::settle`] puts into people's chats what
//! has become due whenever somebody looks; a message's id follows from batch and person.

use crate::sandbox::core::Core;
use crate::sandbox::messages::{Change, Message, Recalled, Sender, Version};
use crate::util::clock::from_ms;
use crate::util::id::hash_id;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Batches kept; beyond it the oldest goes.
const MAX_BATCHES: usize = 5000;
const DAY_MS: i64 = 86_400_000;
/// Days are counted in China's time; the platform does not say in whose.
const DAY_OFFSET_MS: i64 = 8 * 3_600_000;

/// How batches run; a change holds for those asked for from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchRules {
    /// People an app's batches reach in a second; 0 is taken as 1.
    pub people_per_second: u32,
    /// From the call to its batch's start, at least.
    pub starts_after_ms: u32,
    /// Messages an app may send so in a day (11247).
    pub daily_messages: u64,
}

impl Default for BatchRules {
    fn default() -> Self {
        Self { people_per_second: 50, starts_after_ms: 500, daily_messages: 500_000 }
    }
}

/// One batch.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// `bm-...`
    pub id: String,
    pub app: String,
    pub msg_type: String,
    pub version: Arc<Version>,
    pub created: Timestamp,
    starts_ms: i64,
    rate: i64,
    people: Vec<Receiver>,
    recalled: Option<Timestamp>,
    reads: u64,
    /// People whose turn has been put into the chats, and taken back out of them.
    settled: usize,
    undone: usize,
}

/// A person of a batch; who cannot be reached is valid, but gets nothing.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub open_id: Arc<str>,
    pub reachable: bool,
}

/// How far a batch is, as `get_progress` tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct BatchProgress {
    /// People that exist; 0 while it has not started.
    pub valid: u64,
    /// People it has reached.
    pub success: u64,
    /// People who have read it.
    pub read: u64,
    /// Whether it is taken back.
    pub recall: bool,
    /// Messages taken back so far.
    pub recall_count: u64,
}

/// A batch as tests and people see it.
#[derive(Debug, Clone, Serialize)]
pub struct BatchReport {
    /// `bm-...`
    pub message_id: String,
    /// Whose batch.
    pub app_id: String,
    /// `text`, `post` ...
    pub msg_type: String,
    /// What is sent, as an ordinary message has it.
    pub content: serde_json::Value,
    /// When it was asked for.
    pub created: Timestamp,
    /// When its first person gets it.
    pub starts: Timestamp,
    /// When everybody has had a turn.
    pub ends: Timestamp,
    /// Everybody it is for, once each, by `open_id`, in order of their turns.
    pub people: Vec<String>,
    /// Whom it has reached.
    pub reached: Vec<String>,
    /// How far it is.
    pub progress: BatchProgress,
}

impl Batch {
    /// People whose turn is over.
    fn handled(&self, now: Timestamp) -> usize {
        let until = self.recalled.map_or(now, |recalled| recalled.min(now)).as_millisecond();
        if until < self.starts_ms {
            return 0;
        }
        let turns = (until - self.starts_ms).saturating_mul(self.rate) / 1000 + 1;
        usize::try_from(turns).unwrap_or(usize::MAX).min(self.people.len())
    }

    /// Turns of which the messages are taken back.
    fn taken_back(&self, now: Timestamp) -> usize {
        let Some(since) = self.recalled else { return 0 };
        let turns = (now.as_millisecond() - since.as_millisecond()).max(0).saturating_mul(self.rate) / 1000;
        usize::try_from(turns).unwrap_or(usize::MAX).min(self.handled(now))
    }

    fn turn(&self, at: usize) -> Timestamp {
        from_ms(self.starts_ms.saturating_add(i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(1000) / self.rate))
    }

    fn reached(&self, turns: usize) -> impl Iterator<Item = &Receiver> {
        self.people.iter().take(turns).filter(|receiver| receiver.reachable)
    }

    fn message_id(&self, open_id: &str) -> String {
        format!("om_{}", hash_id(&["batch", &self.id, open_id]).get(..32).unwrap_or_default())
    }

    fn is_settled(&self) -> bool {
        match self.recalled {
            None => self.settled == self.people.len(),
            Some(at) => self.undone == self.handled(at),
        }
    }

    /// How far it is.
    pub fn progress(&self, now: Timestamp) -> BatchProgress {
        let count = |turns: usize| self.reached(turns).count() as u64;
        let started = now.as_millisecond() >= self.starts_ms;
        let success = count(self.handled(now));
        BatchProgress {
            valid: if started { self.people.len() as u64 } else { 0 },
            success,
            read: self.reads.min(success),
            recall: self.recalled.is_some(),
            recall_count: count(self.taken_back(now)),
        }
    }

    /// Starts taking it back; what has not been sent yet is not sent any more.
    pub fn recall(&mut self, now: Timestamp) {
        self.recalled.get_or_insert(now);
    }

    /// What can be seen of it.
    pub fn report(&self, now: Timestamp) -> BatchReport {
        BatchReport {
            message_id: self.id.clone(),
            app_id: self.app.clone(),
            msg_type: self.msg_type.clone(),
            content: self.version.content.clone(),
            created: self.created,
            starts: from_ms(self.starts_ms),
            ends: self.turn(self.people.len()),
            people: self.people.iter().map(|receiver| receiver.open_id.to_string()).collect(),
            reached: self.reached(self.handled(now)).map(|receiver| receiver.open_id.to_string()).collect(),
            progress: self.progress(now),
        }
    }
}

/// A batch that is asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub app: String,
    pub msg_type: String,
    pub version: Arc<Version>,
    pub people: Vec<Receiver>,
    pub now: Timestamp,
}

/// All batches.
#[derive(Debug, Default)]
pub(crate) struct Batches {
    list: BTreeMap<u64, Batch>,
    by_id: HashMap<String, u64>,
    unsettled: Vec<u64>,
    /// When each app's last batch ends.
    free_ms: HashMap<String, i64>,
    /// The day, and what each app has sent in it.
    sent: HashMap<String, (i64, u64)>,
    next: u64,
}

impl Batches {
    /// Counts messages of an app against its day; false, and nothing counted, where they do not fit.
    pub fn admit(&mut self, app: &str, messages: u64, rules: &BatchRules, now: Timestamp) -> bool {
        let day = now.as_millisecond().saturating_add(DAY_OFFSET_MS).div_euclid(DAY_MS);
        let sent = self.sent.entry(app.to_owned()).or_default();
        if sent.0 != day {
            *sent = (day, 0);
        }
        let fits = sent.1.saturating_add(messages) <= rules.daily_messages;
        sent.1 += if fits { messages } else { 0 };
        fits
    }

    /// Puts a batch behind the app's others; returns its id.
    pub fn add(&mut self, wanted: Wanted, rules: &BatchRules) -> String {
        let rate = i64::from(rules.people_per_second.max(1));
        let soonest = wanted.now.as_millisecond().saturating_add(i64::from(rules.starts_after_ms));
        let free = self.free_ms.entry(wanted.app.clone()).or_insert(soonest);
        let starts_ms = soonest.max(*free);
        self.next += 1;
        let digest = hash_id(&["bm", &wanted.app, &self.next.to_string(), &starts_ms.to_string()]);
        let batch = Batch {
            id: format!("bm-{}", digest.get(..32).unwrap_or(&digest)),
            app: wanted.app,
            msg_type: wanted.msg_type,
            version: wanted.version,
            created: wanted.now,
            starts_ms,
            rate,
            people: wanted.people,
            recalled: None,
            reads: 0,
            settled: 0,
            undone: 0,
        };
        *free = batch.turn(batch.people.len()).as_millisecond();
        let id = batch.id.clone();
        self.by_id.insert(id.clone(), self.next);
        self.unsettled.push(self.next);
        self.list.insert(self.next, batch);
        while self.list.len() > MAX_BATCHES {
            if let Some((_, old)) = self.list.pop_first() {
                self.by_id.remove(&old.id);
            }
        }
        id
    }

    /// The batch of this id.
    pub fn get(&self, id: &str) -> Option<&Batch> {
        self.list.get(self.by_id.get(id)?)
    }

    /// Starts taking a batch back.
    pub fn recall(&mut self, id: &str, now: Timestamp) {
        let Some(seq) = self.by_id.get(id) else { return };
        if let Some(batch) = self.list.get_mut(seq) {
            batch.recall(now);
            if !self.unsettled.contains(seq) {
                self.unsettled.push(*seq);
            }
        }
    }

    /// Lets so many people have read a batch; false where there is none of this id.
    pub fn set_reads(&mut self, id: &str, reads: u64) -> bool {
        let batch = self.by_id.get(id).and_then(|seq| self.list.get_mut(seq));
        batch.map(|batch| batch.reads = reads).is_some()
    }

    /// All batches, oldest first.
    pub fn reports(&self, now: Timestamp) -> Vec<BatchReport> {
        self.list.values().map(|batch| batch.report(now)).collect()
    }

    /// How many batch messages each person has got, by `open_id`.
    pub fn received(&self, now: Timestamp) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for receiver in self.list.values().flat_map(|batch| batch.reached(batch.handled(now))) {
            *counts.entry(receiver.open_id.to_string()).or_default() += 1;
        }
        counts
    }
}

impl Core {
    /// Puts into people's chats, and takes back out of them, what batches have come to by now.
    pub fn settle(&mut self, now: Timestamp) {
        if self.batches.unsettled.is_empty() {
            return;
        }
        let mut batches = std::mem::take(&mut self.batches);
        batches.unsettled.retain(|seq| {
            let Some(batch) = batches.list.get_mut(seq) else { return false };
            self.deliver(batch, now);
            self.take_out(batch, now);
            !batch.is_settled()
        });
        self.batches = batches;
    }

    fn deliver(&mut self, batch: &mut Batch, now: Timestamp) {
        let due = batch.handled(now);
        for at in batch.settled..due {
            let Some(receiver) = batch.people.get(at).filter(|receiver| receiver.reachable) else { continue };
            let chat_id = self.world.p2p(&batch.app, &receiver.open_id);
            let chat_name = self.world.chat(&chat_id).map(|chat| chat.name.clone()).unwrap_or_default();
            let created = batch.turn(at);
            self.store(Message {
                message_id: batch.message_id(&receiver.open_id),
                chat_id,
                chat_name,
                sender: Sender::App(batch.app.clone()),
                receive_id_type: "open_id".to_owned(),
                receive_id: receiver.open_id.to_string(),
                msg_type: batch.msg_type.clone(),
                batch_id: Some(batch.id.clone()),
                root_id: None,
                parent_id: None,
                thread_id: None,
                created,
                updated: created,
                recalled: None,
                edits: 0,
                versions_dropped: 0,
                versions: vec![Arc::clone(&batch.version)],
                reactions: Vec::new(),
                reads: Vec::new(),
                urgents: Vec::new(),
                pin: None,
                upper_message_id: None,
                forwarded_from: None,
                children: Vec::new(),
            });
        }
        batch.settled = batch.settled.max(due);
    }

    fn take_out(&mut self, batch: &mut Batch, now: Timestamp) {
        let due = batch.taken_back(now);
        for receiver in batch.people.get(batch.undone..due).unwrap_or_default().iter().filter(|receiver| receiver.reachable) {
            let recalled = Recalled { at: now, by: Sender::App(batch.app.clone()) };
            self.change(&batch.message_id(&receiver.open_id), Change::Recalled, |message| {
                message.updated = now;
                message.recalled = Some(recalled);
            });
        }
        batch.undone = batch.undone.max(due);
    }
}

//! First messages that a digest may list, and the digests: counted as they come and go, and kept apart.
//!
//! While a digest is worked on, no first message that it may list is given out to its target, and the other way round: what a version
//! says is what was true when it was read. Of those that are due the digest goes first.

use super::{Class, Entry, Place, Target, class};
use crate::alert::Severity;
use crate::outbox::{Rank, Work};
use crate::util::clock::after;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// Whoever waits for somebody under way is woken when that ends; this is for the case that it never does.
const PATIENCE: Duration = Duration::from_secs(60);

/// First messages of one target that are not critical: those a digest lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crowd {
    /// They wait, for their turn or for a retry.
    pub waiting: usize,
    /// They are being worked on.
    pub under_way: usize,
}

/// How a message stands to the digest of its target.
pub(super) enum Apart {
    /// Nothing stands between them.
    Free,
    /// Not before that, unless somebody ends earlier.
    Until(Timestamp),
    /// The digest is due; it is in this class.
    Digest(Class),
}

/// All crowds.
#[derive(Debug, Default)]
pub(super) struct Crowds {
    by_target: HashMap<Target, Crowd>,
    /// Targets whose crowds are not what they were.
    stirred: BTreeSet<Target>,
    /// The digest that is owed something, by target.
    digests: HashMap<Target, String>,
    /// Targets whose digest is due and waits for first messages under way.
    patient: HashSet<Target>,
    /// Until when first messages wait for the fate of a digest.
    doubts: HashMap<Target, Timestamp>,
}

/// Whether a digest may list it.
pub(super) fn is_mild(work: &Work) -> bool {
    work.rank == Rank::First && work.severity < Severity::Critical
}

impl Crowds {
    pub fn of(&self, target: &Target) -> Crowd {
        self.by_target.get(target).copied().unwrap_or_default()
    }

    pub fn stirred(&mut self) -> BTreeSet<Target> {
        std::mem::take(&mut self.stirred)
    }

    pub fn stir(&mut self) {
        self.stirred.extend(self.by_target.keys().cloned());
    }

    /// It waits now.
    pub fn came(&mut self, work: &Work, target: &Target) {
        if is_mild(work) {
            self.change(target, |crowd| crowd.waiting += 1);
        }
        if work.rank.is_digest() {
            self.digests.insert(target.clone(), work.message.clone());
        }
    }

    /// It waits no longer.
    pub fn went(&mut self, work: &Work, target: &Target) {
        if is_mild(work) {
            self.change(target, |crowd| crowd.waiting = crowd.waiting.saturating_sub(1));
        }
        if work.rank.is_digest() {
            self.digests.remove(target);
            self.patient.remove(target);
        }
    }

    /// It is being worked on.
    pub fn began(&mut self, work: &Work, target: &Target, mild: bool) {
        if mild {
            self.change(target, |crowd| crowd.under_way += 1);
        }
        if work.rank.is_digest() {
            self.digests.insert(target.clone(), work.message.clone());
        }
    }

    /// It is worked on no longer.
    pub fn ended(&mut self, work: &Work, target: &Target, mild: bool) {
        self.patient.remove(target);
        if mild {
            self.change(target, |crowd| crowd.under_way = crowd.under_way.saturating_sub(1));
        }
        if work.rank.is_digest() {
            self.digests.remove(target);
        }
    }

    /// Everybody is asked again.
    pub fn wake(&mut self) {
        self.patient.clear();
    }

    /// Says whether somebody waited for it.
    pub fn hold(&mut self, target: &Target, until: Option<Timestamp>) -> bool {
        match until {
            Some(until) => self.doubts.insert(target.clone(), until).is_some_and(|before| before > until),
            None => self.doubts.remove(target).is_some(),
        }
    }

    /// Whether a due digest waits for first messages under way.
    pub fn waits(&self, target: &Target) -> bool {
        self.patient.contains(target)
    }

    pub fn apart(&mut self, entry: &Entry, target: &Target, entries: &HashMap<String, Entry>, now: Timestamp) -> Apart {
        if entry.work.rank.is_digest() {
            if self.of(target).under_way == 0 {
                return Apart::Free;
            }
            self.patient.insert(target.clone());
            return Apart::Until(after(now, PATIENCE));
        }
        if !entry.mild {
            return Apart::Free;
        }
        if let Some(until) = self.doubts.get(target) {
            if *until > now {
                return Apart::Until(*until);
            }
            self.doubts.remove(target);
        }
        let Some(digest) = self.digests.get(target).and_then(|digest| entries.get(digest)) else { return Apart::Free };
        match digest.place {
            Place::InFlight(_) => Apart::Until(after(now, PATIENCE)),
            // One that turned critical goes before the digest, though not at the same time.
            Place::Ready if self.patient.contains(target) && is_mild(&entry.work) => Apart::Until(after(now, PATIENCE)),
            Place::Ready if is_mild(&entry.work) => Apart::Digest(class(&digest.work)),
            Place::Ready | Place::Delayed => Apart::Free,
        }
    }

    fn change(&mut self, target: &Target, change: impl FnOnce(&mut Crowd)) {
        let crowd = self.by_target.entry(target.clone()).or_default();
        change(crowd);
        if *crowd == Crowd::default() {
            self.by_target.remove(target);
        }
        self.stirred.insert(target.clone());
    }
}

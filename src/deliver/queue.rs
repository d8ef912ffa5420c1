//! Which message goes next: the order of delivery, pure.
//!
//! One entry per message, so order within a message is strict. Between messages: severity, then first sends before edits
//! before replies before cosmetic edits, round robin over targets; of four that go one may be whoever has waited longest, if
//! that is more than a minute, so that nobody starves. Budgets, pauses and parked targets are asked through `admit`.
//!
//! A digest lists what waits for its target, so it never goes out at the same time as a first message that it may list: see
//! [`crowd`].
//!
//! Cost: pushing, picking and ending one take logarithmic time in the messages that wait. A pick asks once for each target that
//! it finds blocked and not again before that is over, and once for an app whose budgets are spent, however many targets it
//! has.

mod crowd;
mod line;

use crate::alert::Severity;
use crate::outbox::{Rank, Work};
use crate::util::clock::{after, before};
pub use crowd::Crowd;
use crowd::{Apart, Crowds, is_mild};
use jiff::Timestamp;
use line::{Line, Road};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// Whoever waited so long may go before everybody else.
const PROMOTE_AFTER: Duration = Duration::from_secs(60);
/// One of so many that go is the oldest; more would let an old backlog hold up what is urgent.
const PROMOTED_SHARE: u32 = 4;
/// No answer of `admit` makes a pick ask again at the same moment.
const SOON: Duration = Duration::from_millis(1);

/// By whom, and to whom.
pub type Target = Arc<(String, String)>;
/// Smaller goes first.
type Class = (std::cmp::Reverse<Severity>, Rank);

/// The scheduler's state.
#[derive(Debug, Default)]
pub struct Queue {
    entries: HashMap<String, Entry>,
    ready: BTreeMap<Class, Line>,
    delayed: BTreeSet<(Timestamp, String)>,
    /// Until when nothing of a rank goes by an app, whatever the target.
    held: HashMap<(Road, Rank), Timestamp>,
    /// Targets of a class that are blocked, until when.
    asleep: BTreeSet<(Timestamp, Class, Target)>,
    in_flight: HashMap<Target, u32>,
    /// First messages that a digest may list, and the digests.
    crowds: Crowds,
    /// How many go by class before the oldest may go again.
    before_oldest: u32,
}

#[derive(Debug)]
struct Entry {
    work: Work,
    target: Target,
    place: Place,
    /// A digest may have listed it: it is, or was, a first message that is not critical.
    mild: bool,
}

#[derive(Debug)]
enum Place {
    Ready,
    Delayed,
    /// Being worked on; what arrived meanwhile.
    InFlight(Option<Work>),
}

/// What one target is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Messages nobody has seen yet.
    pub first: u64,
    /// Messages to bring up to date.
    pub edits: u64,
    /// Replies.
    pub replies: u64,
    /// Since when the oldest is owed.
    pub oldest: Timestamp,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// Work on this message.
    Go(Work),
    /// Nothing may go before this time; `None`: nothing waits.
    Wait(Option<Timestamp>),
}

/// Why a message may not go, and what else that holds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Its own budget.
    Message(Timestamp),
    /// Its target: everything of its class to the same target waits as well.
    Target(Timestamp),
    /// Its app: everything of its rank by the same app waits as well.
    App(Timestamp),
}

impl Hold {
    /// When to ask again.
    pub fn until(self) -> Timestamp {
        match self {
            Hold::Message(until) | Hold::Target(until) | Hold::App(until) => until,
        }
    }
}

impl Queue {
    /// Something is owed to a message.
    pub fn push(&mut self, work: Work) {
        match self.entries.get_mut(&work.message) {
            None => self.insert(work, false),
            Some(Entry { place: Place::InFlight(again), .. }) => {
                *again = Some(match again.take() {
                    Some(earlier) => merged(earlier, work),
                    None => work,
                });
            }
            Some(_) => {
                if let Some((known, _, mild)) = self.remove(&work.message) {
                    self.insert(merged(known, work), mild);
                }
            }
        }
    }

    /// The message that goes next. `admit` is told how many of its target are under way, and says whether it may.
    pub fn pick(&mut self, now: Timestamp, admit: &mut dyn FnMut(&Work, u32) -> Result<(), Hold>) -> Pick {
        self.ripen(now);
        let mut wake = self.delayed.first().map(|(due, _)| *due);
        if self.before_oldest == 0 {
            while let Some((class, target)) = self.oldest(now) {
                if let Some(work) = self.offer(class, &target, now, admit, &mut wake) {
                    self.before_oldest = PROMOTED_SHARE - 1;
                    return Pick::Go(work);
                }
            }
        }
        let classes: Vec<Class> = self.ready.keys().copied().collect();
        for class in classes {
            while let Some(target) = self.ready.get_mut(&class).and_then(|line| line.next(class.1, &self.held)) {
                if let Some(work) = self.offer(class, &target, now, admit, &mut wake) {
                    self.before_oldest = self.before_oldest.saturating_sub(1);
                    return Pick::Go(work);
                }
            }
        }
        // Held apps count only where something waits for them; one moment too early costs a look.
        let held = self.held.values().min().copied().filter(|_| !self.ready.is_empty());
        let asleep = self.asleep.first().map(|(until, ..)| *until);
        Pick::Wait([wake, held, asleep].into_iter().flatten().min())
    }

    /// Asks for the first message of a target. `None`: it, its target or its app is out of the way until later.
    fn offer(
        &mut self,
        class: Class,
        target: &Target,
        now: Timestamp,
        admit: &mut dyn FnMut(&Work, u32) -> Result<(), Hold>,
        wake: &mut Option<Timestamp>,
    ) -> Option<Work> {
        let line = self.ready.get_mut(&class)?;
        let message = line.first(target)?;
        let entry = self.entries.get(&message)?;
        match self.crowds.apart(entry, target, &self.entries, now) {
            Apart::Free => {}
            Apart::Until(until) => {
                line.sleep(target, until);
                self.asleep.insert((until, class, Arc::clone(target)));
                return None;
            }
            // Of those that are due the digest goes first; where it cannot, the others go on.
            Apart::Digest(first) => {
                let free = !self.held.contains_key(&(line::road(target), first.1));
                if free && self.ready.get(&first).is_some_and(|line| line.is_awake(target)) {
                    let went = self.offer(first, target, now, admit, wake);
                    if went.is_some() || self.crowds.waits(target) {
                        return went;
                    }
                }
            }
        }
        let line = self.ready.get_mut(&class)?;
        let entry = self.entries.get(&message)?;
        let under_way = self.in_flight.get(target).copied().unwrap_or(0);
        let later = |until: Timestamp| until.max(after(now, SOON));
        match admit(&entry.work, under_way) {
            Ok(()) => {
                line.turn(target);
                return self.go(&message);
            }
            Err(Hold::Message(until)) => {
                let until = later(until);
                *wake = Some(wake.map_or(until, |at| at.min(until)));
                if let Some((work, _, mild)) = self.remove(&message) {
                    self.insert(Work { due_at: work.due_at.max(until), ..work }, mild);
                }
            }
            Err(Hold::Target(until)) => {
                line.sleep(target, later(until));
                self.asleep.insert((later(until), class, Arc::clone(target)));
            }
            Err(Hold::App(until)) => {
                self.held.insert((line::road(target), class.1), later(until));
            }
        }
        None
    }

    /// The target whose first message has waited longest, where that is too long, among those that nothing holds up.
    fn oldest(&self, now: Timestamp) -> Option<(Class, Target)> {
        let oldest = self.ready.iter().filter_map(|(class, line)| Some((line.oldest(class.1, &self.held)?, *class)));
        let ((since, target), class) = oldest.min_by_key(|((since, _), _)| *since)?;
        (after(since, PROMOTE_AFTER) <= now).then_some((class, target))
    }

    /// The message is not worked on any more; `again`: it is owed something still.
    pub fn done(&mut self, message: &str, again: Option<Work>) {
        let Some(Entry { work: done, target, place: Place::InFlight(arrived), mild }) = self.entries.remove(message) else { return };
        self.crowds.ended(&done, &target, mild);
        if let Some(count) = self.in_flight.get_mut(&target) {
            *count -= 1;
            if *count == 0 {
                self.in_flight.remove(&target);
            }
        }
        // It may have waited for a place among those under way.
        self.wake_target(&target);
        match (again, arrived) {
            // A retry keeps its delay; news do not shorten it.
            (Some(again), Some(arrived)) => self.insert(merged(again, arrived), mild),
            (Some(work), None) | (None, Some(work)) => self.insert(work, mild),
            (None, None) => {}
        }
    }

    /// Whether a message that spends the target's budget is due and not under way yet.
    pub fn owes(&mut self, via: &str, target: &str, now: Timestamp) -> bool {
        self.ripen(now);
        let target = Arc::new((via.to_owned(), target.to_owned()));
        self.ready.iter().any(|(class, line)| spends_target(class.1) && line.has(&target))
    }

    /// Forgets until when anybody waits: budgets, pauses or parking changed.
    pub fn wake_targets(&mut self) {
        self.held.clear();
        self.crowds.wake();
        for (_, class, target) in std::mem::take(&mut self.asleep) {
            if let Some(line) = self.ready.get_mut(&class) {
                line.wake(&target);
            }
        }
    }

    /// Places in an app's budgets became free.
    pub fn wake_road(&mut self, via: &str) {
        self.held.retain(|(road, _), _| **road != *via);
    }

    fn wake_target(&mut self, target: &Target) {
        for (class, line) in &mut self.ready {
            if let Some(until) = line.wake(target) {
                self.asleep.remove(&(until, *class, Arc::clone(target)));
            }
        }
    }

    /// A digest is due at this moment, whatever was said before; unless it is under way.
    pub fn schedule(&mut self, digest: Work) {
        if !matches!(self.entries.get(&digest.message), Some(Entry { place: Place::InFlight(_), .. })) {
            self.remove(&digest.message);
            self.insert(digest, false);
        }
    }

    /// Forgets a message that is owed nothing any more; unless it is under way.
    pub fn forget(&mut self, message: &str) {
        if !matches!(self.entries.get(message), Some(Entry { place: Place::InFlight(_), .. })) {
            self.remove(message);
        }
    }

    /// First messages that a digest may list wait for its fate until then, or no longer.
    pub fn hold(&mut self, target: &Target, until: Option<Timestamp>) {
        if self.crowds.hold(target, until) {
            self.wake_target(target);
        }
    }

    /// The first messages of a target that are not critical.
    pub fn crowd(&self, target: &Target) -> Crowd {
        self.crowds.of(target)
    }

    /// Targets in whose crowds something happened since the last time.
    pub fn stirred(&mut self) -> BTreeSet<Target> {
        self.crowds.stirred()
    }

    /// Looks again at all targets that have a crowd: the settings changed.
    pub fn stir(&mut self) {
        self.crowds.stir();
    }

    /// The clock was set back by so much: what is delayed is due when it would have been.
    pub fn set_back(&mut self, by: Duration) {
        self.wake_targets();
        self.delayed.clear();
        for (message, entry) in &mut self.entries {
            match &mut entry.place {
                Place::Delayed => {
                    entry.work.due_at = before(entry.work.due_at, by);
                    self.delayed.insert((entry.work.due_at, message.clone()));
                }
                Place::InFlight(Some(arrived)) => arrived.due_at = before(arrived.due_at, by),
                Place::InFlight(None) | Place::Ready => {}
            }
        }
    }

    /// What each target is owed, what is under way included.
    pub fn depths(&self) -> BTreeMap<Target, Depth> {
        let mut depths: BTreeMap<Target, Depth> = BTreeMap::new();
        for Entry { work, target, .. } in self.entries.values() {
            let depth = depths.entry(Arc::clone(target)).or_insert(Depth { first: 0, edits: 0, replies: 0, oldest: work.since });
            let kind = match work.rank {
                Rank::Storm | Rank::First => &mut depth.first,
                Rank::Reply => &mut depth.replies,
                Rank::StormEdit | Rank::Edit | Rank::Cosmetic => &mut depth.edits,
            };
            *kind += 1;
            depth.oldest = depth.oldest.min(work.since);
        }
        depths
    }

    /// Messages that wait, delayed ones included.
    pub fn waiting(&self) -> usize {
        self.entries.len()
    }

    fn insert(&mut self, work: Work, was_mild: bool) {
        let message = work.message.clone();
        let target = Arc::new((work.via.clone(), work.target.clone()));
        let mild = work.rank == Rank::First && (was_mild || is_mild(&work));
        self.crowds.came(&work, &target);
        self.delayed.insert((work.due_at, message.clone()));
        self.entries.insert(message, Entry { work, target, place: Place::Delayed, mild });
    }

    /// Takes an entry out of whatever set it waits in.
    fn remove(&mut self, message: &str) -> Option<(Work, Target, bool)> {
        let Entry { work, target, place, mild } = self.entries.remove(message)?;
        self.crowds.went(&work, &target);
        match place {
            Place::Delayed => {
                self.delayed.remove(&(work.due_at, message.to_owned()));
            }
            Place::Ready => {
                let class = class(&work);
                if let Some(line) = self.ready.get_mut(&class) {
                    if let Some(until) = line.remove(&target, work.since, message) {
                        self.asleep.remove(&(until, class, Arc::clone(&target)));
                    }
                    if line.is_empty() {
                        self.ready.remove(&class);
                    }
                }
            }
            Place::InFlight(_) => {}
        }
        Some((work, target, mild))
    }

    /// Lets in line what is due, and awake whose block is over.
    fn ripen(&mut self, now: Timestamp) {
        while self.delayed.first().is_some_and(|(due, _)| *due <= now) {
            let Some((_, message)) = self.delayed.pop_first() else { break };
            let Some(entry) = self.entries.get_mut(&message) else { continue };
            entry.place = Place::Ready;
            self.ready.entry(class(&entry.work)).or_default().add(&entry.target, entry.work.since, message);
        }
        while self.asleep.first().is_some_and(|(until, ..)| *until <= now) {
            let Some((_, class, target)) = self.asleep.pop_first() else { break };
            if let Some(line) = self.ready.get_mut(&class) {
                line.wake(&target);
            }
        }
        self.held.retain(|_, until| *until > now);
    }

    fn go(&mut self, message: &str) -> Option<Work> {
        let (work, target, mild) = self.remove(message)?;
        self.crowds.began(&work, &target, mild);
        *self.in_flight.entry(Arc::clone(&target)).or_default() += 1;
        self.entries.insert(message.to_owned(), Entry { work: work.clone(), target, place: Place::InFlight(None), mild });
        Some(work)
    }
}

/// Whether it is a message into its chat or to its person; edits have a budget of their own.
fn spends_target(rank: Rank) -> bool {
    match rank {
        Rank::Storm | Rank::First | Rank::Reply => true,
        Rank::StormEdit | Rank::Edit | Rank::Cosmetic => false,
    }
}

fn class(work: &Work) -> Class {
    (std::cmp::Reverse(work.severity), work.rank)
}

/// Two debts of one message: the older age, the later due time (a retry's delay holds), the more urgent rank; how bad it is, the
/// later one says.
fn merged(a: Work, b: Work) -> Work {
    Work { rank: a.rank.min(b.rank), due_at: a.due_at.max(b.due_at), since: a.since.min(b.since), ..b }
}

#[cfg(test)]
#[path = "queue_test.rs"]
mod tests;

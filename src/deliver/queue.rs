//! Which message goes next: the order of delivery, pure.
//!
//! One entry per message, so order within a message is strict. Between messages: severity, then digests and first sends before edits
//! before replies before cosmetic edits, round robin over targets. Whoever waited a minute goes before everybody but critical
//! first messages, and has a turn now and then even before these. Budgets, pauses and
//! parked targets are asked through `admit`, which says until when a target must wait.
//!
//! A digest lists what waits for its target, so it never goes out at the same time as a first message that it may list: see
//! [`Crowd`].
//!
//! Cost: a pick looks at each target that has something in the class being tried; targets known to wait are skipped.

use crate::alert::Severity;
use crate::outbox::{Rank, Work};
use crate::util::clock::{after, before};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

/// Whoever waited so long goes before everybody else.
const PROMOTE_AFTER: Duration = Duration::from_secs(60);
/// How many of the oldest are tried first; more would starve the classes.
const PROMOTED: usize = 16;
/// So many critical first messages may go before one of those who waited.
const AHEAD: u32 = 8;

/// App or bot, and address.
pub type Target = (String, String);
/// Smaller goes first.
type Class = (std::cmp::Reverse<Severity>, Rank);

/// The scheduler's state.
#[derive(Debug, Default)]
pub struct Queue {
    entries: HashMap<String, Entry>,
    ready: BTreeMap<Class, Ring>,
    delayed: BTreeSet<(Timestamp, String)>,
    by_age: BTreeSet<(Timestamp, String)>,
    /// Until when a target must wait, by lane: edits do not spend the chat's budget, cosmetic ones may be saved.
    waiting: HashMap<(Target, Lane), Timestamp>,
    in_flight: HashMap<Target, u32>,
    /// First messages that a digest may list.
    crowds: HashMap<Target, Crowd>,
    /// Targets whose crowds are not what they were.
    stirred: BTreeSet<Target>,
    /// The digest that is owed something, by target.
    digests: HashMap<Target, String>,
    /// Until when first messages wait for the fate of a digest.
    held: HashMap<Target, Timestamp>,
    /// Critical first messages that went before those who waited.
    ahead: u32,
}

/// First messages of one target that are not critical: those a digest lists. Counted as they come and go, never by a look at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crowd {
    /// They wait, for their turn or for a retry.
    pub waiting: usize,
    /// They are being worked on; no version of the digest is made meanwhile.
    pub under_way: usize,
}

/// What waits apart from what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Lane {
    Send,
    Edit,
    Cosmetic,
    Storm,
}

#[derive(Debug)]
struct Entry {
    work: Work,
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

#[derive(Debug, Default)]
struct Ring {
    order: VecDeque<Target>,
    waiting: HashMap<Target, BTreeSet<(Timestamp, String)>>,
}

/// One look for what goes next.
struct Turn {
    now: Timestamp,
    /// When somebody may go, if nobody may now.
    wake: Option<Timestamp>,
    /// First messages made room for a digest.
    passed: bool,
}

/// How a message stands to the digest of its target.
enum Apart {
    /// Nothing to do with each other.
    Free,
    /// One of the other kind is under way.
    After,
    /// The digest is due and goes first.
    Passed,
    /// Until it is known whether the digest arrived.
    Held(Timestamp),
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// Work on this message.
    Go(Work),
    /// Nothing may go before this time; `None`: nothing waits.
    Wait(Option<Timestamp>),
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
                if let Some((known, mild)) = self.remove(&work.message) {
                    self.insert(merged(known, work), mild);
                }
            }
        }
    }

    /// A digest is due at this moment, whatever was said before; unless it is under way.
    pub fn schedule(&mut self, digest: Work) {
        if matches!(self.entries.get(&digest.message), Some(Entry { place: Place::InFlight(_), .. })) {
            return;
        }
        self.remove(&digest.message);
        self.insert(digest, false);
    }

    /// Forgets a message that is owed nothing any more; unless it is under way.
    pub fn forget(&mut self, message: &str) {
        if !matches!(self.entries.get(message), Some(Entry { place: Place::InFlight(_), .. })) {
            self.remove(message);
        }
    }

    /// First messages that a digest lists wait for its fate until then, or no longer.
    pub fn hold(&mut self, target: &Target, until: Option<Timestamp>) {
        match until {
            Some(until) => drop(self.held.insert(target.clone(), until)),
            None => drop(self.held.remove(target)),
        }
    }

    /// The first messages of a target that are not critical.
    pub fn crowd(&self, target: &Target) -> Crowd {
        self.crowds.get(target).copied().unwrap_or_default()
    }

    /// Targets in whose crowds something happened since the last time.
    pub fn stirred(&mut self) -> BTreeSet<Target> {
        std::mem::take(&mut self.stirred)
    }

    /// Looks again at all targets that have a crowd: the settings changed.
    pub fn stir(&mut self) {
        self.stirred.extend(self.crowds.keys().cloned());
    }

    /// The message that goes next. `admit` may say until when its target must wait.
    pub fn pick(&mut self, now: Timestamp, admit: &mut dyn FnMut(&Work) -> Result<(), Timestamp>) -> Pick {
        self.ripen(now);
        self.held.retain(|_, until| *until > now);
        let mut turn = Turn { now, wake: self.delayed.first().map(|(due, _)| *due), passed: false };
        let picked = self.pass(&mut turn, admit);
        // First messages were passed over for a digest that has to wait itself: they go on.
        let picked = picked.or_else(|| std::mem::take(&mut turn.passed).then(|| self.pass(&mut turn, admit)).flatten());
        match picked {
            Some(message) => self.go(&message),
            None => Pick::Wait(turn.wake),
        }
    }

    fn pass(&mut self, turn: &mut Turn, admit: &mut dyn FnMut(&Work) -> Result<(), Timestamp>) -> Option<String> {
        let oldest: Vec<String> = self
            .by_age
            .iter()
            .take_while(|(since, _)| after(*since, PROMOTE_AFTER) <= turn.now)
            .take(PROMOTED)
            .map(|(_, message)| message.clone())
            .collect();
        let urgent: Class = (std::cmp::Reverse(Severity::Critical), Rank::First);
        if !oldest.is_empty() && self.ahead < AHEAD {
            if let Some(message) = self.of_class(urgent, turn, admit) {
                self.ahead += 1;
                return Some(message);
            }
        }
        for message in oldest {
            if self.may_go(&message, turn, admit) {
                self.ahead = 0;
                return Some(message);
            }
        }
        let classes: Vec<Class> = self.ready.keys().copied().collect();
        classes.into_iter().find_map(|class| self.of_class(class, turn, admit))
    }

    /// The next message of a class, its targets in turn.
    fn of_class(&mut self, class: Class, turn: &mut Turn, admit: &mut dyn FnMut(&Work) -> Result<(), Timestamp>) -> Option<String> {
        let rounds = self.ready.get(&class).map_or(0, |ring| ring.order.len());
        for _ in 0..rounds {
            let ring = self.ready.get_mut(&class)?;
            let target = ring.order.pop_front()?;
            let message = ring.waiting.get(&target).and_then(|set| set.first()).map(|(_, message)| message.clone());
            ring.order.push_back(target);
            if let Some(message) = message.filter(|message| self.may_go(message, turn, admit)) {
                return Some(message);
            }
        }
        None
    }

    /// Whether nothing stands in a message's way; what does is remembered.
    fn may_go(&mut self, message: &str, turn: &mut Turn, admit: &mut dyn FnMut(&Work) -> Result<(), Timestamp>) -> bool {
        let Some(entry) = self.entries.get(message) else { return false };
        let lane = (key(&entry.work), lane(entry.work.rank));
        let until = match self.waiting.get(&lane).filter(|until| **until > turn.now) {
            Some(until) => Err(*until),
            None => match self.apart(entry, &lane.0, turn.now) {
                Apart::Free => admit(&entry.work).inspect_err(|until| {
                    self.waiting.insert(lane, *until);
                }),
                // Whoever stands in the way ends, and then everybody is asked again.
                Apart::After => return false,
                Apart::Passed => {
                    turn.passed = true;
                    return false;
                }
                Apart::Held(until) => Err(until),
            },
        };
        match until {
            Ok(()) => true,
            Err(until) => {
                turn.wake = Some(turn.wake.map_or(until, |wake| wake.min(until)));
                false
            }
        }
    }

    /// A digest and the first messages that it may list keep apart; of those that are due the digest goes first.
    fn apart(&self, entry: &Entry, target: &Target, now: Timestamp) -> Apart {
        if entry.work.rank == Rank::Storm {
            return if self.crowd(target).under_way > 0 { Apart::After } else { Apart::Free };
        }
        if entry.work.rank != Rank::First || !entry.mild {
            return Apart::Free;
        }
        if let Some(until) = self.held.get(target) {
            return Apart::Held(*until);
        }
        let digest = self.digests.get(target).and_then(|digest| self.entries.get(digest));
        match digest.map(|digest| &digest.place) {
            Some(Place::InFlight(_)) => Apart::After,
            // One that turned critical goes before the digest, though not at the same time.
            Some(Place::Ready)
                if is_mild(&entry.work) && self.waiting.get(&(target.clone(), Lane::Storm)).is_none_or(|until| *until <= now) =>
            {
                Apart::Passed
            }
            _ => Apart::Free,
        }
    }

    /// The message is not worked on any more; `again`: it is owed something still.
    pub fn done(&mut self, message: &str, again: Option<Work>) {
        let Some(Entry { work, place: Place::InFlight(arrived), mild }) = self.entries.remove(message) else { return };
        let target = key(&work);
        if mild {
            self.crowd_of(&target, |crowd| crowd.under_way -= 1);
        }
        if work.rank == Rank::Storm {
            self.digests.remove(&target);
        }
        if let Some(count) = self.in_flight.get_mut(&target) {
            *count -= 1;
            if *count == 0 {
                self.in_flight.remove(&target);
            }
        }
        // It may have waited for a place among those under way.
        for lane in [Lane::Send, Lane::Edit, Lane::Cosmetic, Lane::Storm] {
            self.waiting.remove(&(target.clone(), lane));
        }
        match (again, arrived) {
            // A retry keeps its delay; news do not shorten it.
            (Some(again), Some(arrived)) => self.insert(merged(again, arrived), mild),
            (Some(work), None) | (None, Some(work)) => self.insert(work, mild),
            (None, None) => {}
        }
    }

    /// Messages under way, by (app or bot, target).
    pub fn in_flight(&self) -> HashMap<(String, String), u32> {
        self.in_flight.clone()
    }

    /// Whether a message that spends the target's budget is due and not under way yet.
    pub fn owes(&mut self, via: &str, target: &str, now: Timestamp) -> bool {
        self.ripen(now);
        let target = (via.to_owned(), target.to_owned());
        self.ready.iter().any(|(class, ring)| lane(class.1) == Lane::Send && ring.waiting.contains_key(&target))
    }

    /// Forgets until when targets wait: budgets, pauses or parking changed.
    pub fn wake_targets(&mut self) {
        self.waiting.clear();
    }

    /// The clock was set back by so much: what is delayed is due when it would have been.
    pub fn set_back(&mut self, by: Duration) {
        self.waiting.clear();
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

    /// Messages that wait, delayed ones included.
    pub fn waiting(&self) -> usize {
        self.entries.len()
    }

    fn insert(&mut self, work: Work, was_mild: bool) {
        let message = work.message.clone();
        let mild = work.rank == Rank::First && (was_mild || is_mild(&work));
        if is_mild(&work) {
            self.crowd_of(&key(&work), |crowd| crowd.waiting += 1);
        }
        if work.rank == Rank::Storm {
            self.digests.insert(key(&work), message.clone());
        }
        self.delayed.insert((work.due_at, message.clone()));
        self.entries.insert(message, Entry { work, place: Place::Delayed, mild });
    }

    /// Takes an entry out of whatever set it waits in.
    fn remove(&mut self, message: &str) -> Option<(Work, bool)> {
        let Entry { work, place, mild } = self.entries.remove(message)?;
        match place {
            Place::Delayed => {
                self.delayed.remove(&(work.due_at, message.to_owned()));
            }
            Place::Ready => self.unready(&work),
            Place::InFlight(_) => {}
        }
        if is_mild(&work) {
            self.crowd_of(&key(&work), |crowd| crowd.waiting -= 1);
        }
        if work.rank == Rank::Storm {
            self.digests.remove(&key(&work));
        }
        Some((work, mild))
    }

    fn crowd_of(&mut self, target: &Target, change: impl FnOnce(&mut Crowd)) {
        let crowd = self.crowds.entry(target.clone()).or_default();
        change(crowd);
        if *crowd == Crowd::default() {
            self.crowds.remove(target);
        }
        self.stirred.insert(target.clone());
    }

    fn unready(&mut self, work: &Work) {
        self.by_age.remove(&(work.since, work.message.clone()));
        let (class, target) = (class(work), key(work));
        let Some(ring) = self.ready.get_mut(&class) else { return };
        if let Some(set) = ring.waiting.get_mut(&target) {
            set.remove(&(work.since, work.message.clone()));
            if set.is_empty() {
                ring.waiting.remove(&target);
                ring.order.retain(|t| *t != target);
            }
        }
        if ring.order.is_empty() {
            self.ready.remove(&class);
        }
    }

    /// Moves what is due into the rings.
    fn ripen(&mut self, now: Timestamp) {
        while let Some((due, message)) = self.delayed.first().cloned() {
            if due > now {
                break;
            }
            self.delayed.remove(&(due, message.clone()));
            let Some(entry) = self.entries.get_mut(&message) else { continue };
            entry.place = Place::Ready;
            self.by_age.insert((entry.work.since, message.clone()));
            let target = key(&entry.work);
            let ring = self.ready.entry(class(&entry.work)).or_default();
            let set = ring.waiting.entry(target.clone()).or_default();
            if set.is_empty() {
                ring.order.push_back(target);
            }
            set.insert((entry.work.since, message));
        }
        if self.waiting.len() > 1024 {
            self.waiting.retain(|_, until| *until > now);
        }
    }

    fn go(&mut self, message: &str) -> Pick {
        let Some((work, mild)) = self.remove(message) else { return Pick::Wait(None) };
        let target = key(&work);
        if mild {
            self.crowd_of(&target, |crowd| crowd.under_way += 1);
        }
        if work.rank == Rank::Storm {
            self.digests.insert(target.clone(), message.to_owned());
        }
        *self.in_flight.entry(target).or_default() += 1;
        self.entries.insert(message.to_owned(), Entry { work: work.clone(), place: Place::InFlight(None), mild });
        Pick::Go(work)
    }
}

fn key(work: &Work) -> Target {
    (work.via.clone(), work.target.clone())
}

/// Whether a digest may list it.
fn is_mild(work: &Work) -> bool {
    work.rank == Rank::First && work.severity < Severity::Critical
}

fn lane(rank: Rank) -> Lane {
    match rank {
        Rank::Storm => Lane::Storm,
        Rank::First | Rank::Reply => Lane::Send,
        Rank::Edit => Lane::Edit,
        Rank::Cosmetic => Lane::Cosmetic,
    }
}

fn class(work: &Work) -> Class {
    (std::cmp::Reverse(work.severity), work.rank)
}

/// Two debts of one message: the older age, the later due time (a retry's delay holds), the more urgent rank; how bad it is the later one says.
fn merged(a: Work, b: Work) -> Work {
    Work { rank: a.rank.min(b.rank), due_at: a.due_at.max(b.due_at), since: a.since.min(b.since), ..b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::clock::from_ms;

    fn work(message: &str, target: &str, severity: Severity, rank: Rank, at: i64) -> Work {
        Work {
            message: message.into(),
            via: "app:ops".into(),
            target: target.into(),
            severity,
            rank,
            due_at: from_ms(at),
            since: from_ms(at),
        }
    }

    fn order(queue: &mut Queue, now: i64) -> Vec<String> {
        let mut out = Vec::new();
        while let Pick::Go(work) = queue.pick(from_ms(now), &mut |_| Ok(())) {
            queue.done(&work.message, None);
            out.push(work.message);
        }
        out
    }

    #[test]
    fn severity_then_rank_then_round_robin() {
        let mut queue = Queue::default();
        for (message, target, severity, rank) in [
            ("info", "a", Severity::Info, Rank::First),
            ("edit", "a", Severity::Critical, Rank::Edit),
            ("a1", "a", Severity::Critical, Rank::First),
            ("a2", "a", Severity::Critical, Rank::First),
            ("b1", "b", Severity::Critical, Rank::First),
        ] {
            queue.push(work(message, target, severity, rank, 0));
        }
        assert_eq!(order(&mut queue, 1), ["a1", "b1", "a2", "edit", "info"]);
    }

    #[test]
    fn whoever_waited_a_minute_goes_first() {
        let mut queue = Queue::default();
        queue.push(work("old", "a", Severity::Info, Rank::Cosmetic, 0));
        queue.push(work("new", "b", Severity::Warning, Rank::First, 60_000));
        assert_eq!(order(&mut queue, 60_000), ["old", "new"]);
        // Critical first messages go before, though not for ever.
        for n in 0..9 {
            queue.push(work(&format!("c{n}"), "b", Severity::Critical, Rank::First, 60_000 + n));
        }
        queue.push(work("old", "a", Severity::Info, Rank::Cosmetic, 0));
        assert_eq!(order(&mut queue, 61_000)[7..], ["c7", "old", "c8"]);
    }

    #[test]
    fn what_is_owed_to_a_target_is_what_spends_its_budget() {
        let mut queue = Queue::default();
        queue.push(work("edit", "a", Severity::Critical, Rank::Edit, 0));
        queue.push(work("later", "a", Severity::Critical, Rank::First, 5));
        assert!(!queue.owes("app:ops", "a", from_ms(4)));
        assert!(queue.owes("app:ops", "a", from_ms(5)) && !queue.owes("app:ops", "b", from_ms(5)));
        order(&mut queue, 5);
        assert!(!queue.owes("app:ops", "a", from_ms(9)));
    }

    #[test]
    fn a_blocked_target_does_not_hold_others() {
        let mut queue = Queue::default();
        queue.push(work("a", "a", Severity::Critical, Rank::First, 0));
        queue.push(work("b", "b", Severity::Info, Rank::First, 0));
        let mut admit = |w: &Work| if w.target == "a" { Err(from_ms(500)) } else { Ok(()) };
        let Pick::Go(first) = queue.pick(from_ms(1), &mut admit) else { panic!() };
        assert_eq!(first.message, "b");
        assert_eq!(queue.pick(from_ms(1), &mut admit), Pick::Wait(Some(from_ms(500))));
        let Pick::Go(second) = queue.pick(from_ms(500), &mut |_| Ok(())) else { panic!() };
        assert_eq!(second.message, "a");
    }

    #[test]
    fn one_message_is_never_worked_on_twice_at_once() {
        let mut queue = Queue::default();
        queue.push(work("m", "a", Severity::Info, Rank::First, 0));
        assert!(matches!(queue.pick(from_ms(1), &mut |_| Ok(())), Pick::Go(_)));
        queue.push(work("m", "a", Severity::Critical, Rank::Edit, 2));
        assert_eq!(queue.pick(from_ms(3), &mut |_| Ok(())), Pick::Wait(None));
        assert_eq!(queue.in_flight()[&("app:ops".to_owned(), "a".to_owned())], 1);
        queue.done("m", None);
        assert!(matches!(queue.pick(from_ms(3), &mut |_| Ok(())), Pick::Go(_)));
    }

    #[test]
    fn a_retry_keeps_its_delay_when_news_arrive() {
        let mut queue = Queue::default();
        queue.push(work("m", "a", Severity::Info, Rank::First, 0));
        assert!(matches!(queue.pick(from_ms(1), &mut |_| Ok(())), Pick::Go(_)));
        queue.push(work("m", "a", Severity::Info, Rank::Edit, 2));
        queue.done("m", Some(work("m", "a", Severity::Info, Rank::First, 5000)));
        assert_eq!(queue.pick(from_ms(3), &mut |_| Ok(())), Pick::Wait(Some(from_ms(5000))));
    }
}

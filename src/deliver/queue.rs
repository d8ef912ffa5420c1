//! Which message goes next: the order of delivery, pure.
//!
//! One entry per message, so order within a message is strict. Between messages: severity, then first sends before edits
//! before replies before cosmetic edits, round robin over targets, and whoever waited a minute goes first. Budgets, pauses and
//! parked targets are asked through `admit`, which says until when a target must wait.
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

type Target = (String, String);
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
}

/// What waits apart from what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Lane {
    Send,
    Edit,
    Cosmetic,
}

#[derive(Debug)]
struct Entry {
    work: Work,
    place: Place,
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
            None => self.insert(work),
            Some(Entry { place: Place::InFlight(again), .. }) => {
                *again = Some(match again.take() {
                    Some(earlier) => merged(earlier, work),
                    None => work,
                });
            }
            Some(_) => {
                if let Some(known) = self.remove(&work.message) {
                    self.insert(merged(known, work));
                }
            }
        }
    }

    /// The message that goes next. `admit` is told how many of its target are under way, and may say until when it must wait.
    pub fn pick(&mut self, now: Timestamp, admit: &mut dyn FnMut(&Work, u32) -> Result<(), Timestamp>) -> Pick {
        self.ripen(now);
        let mut wake = self.delayed.first().map(|(due, _)| *due);
        let mut later = |at: Timestamp| wake = Some(wake.map_or(at, |w| w.min(at)));
        let oldest: Vec<String> = self
            .by_age
            .iter()
            .take_while(|(since, _)| after(*since, PROMOTE_AFTER) <= now)
            .take(PROMOTED)
            .map(|(_, message)| message.clone())
            .collect();
        for message in oldest {
            let Some(entry) = self.entries.get(&message) else { continue };
            let lane = (key(&entry.work), lane(entry.work.rank));
            if let Some(until) = self.waiting.get(&lane).filter(|until| **until > now) {
                later(*until);
                continue;
            }
            match admit(&entry.work, self.in_flight.get(&lane.0).copied().unwrap_or(0)) {
                Ok(()) => return self.go(&message),
                Err(until) => {
                    later(until);
                    self.waiting.insert(lane, until);
                }
            }
        }
        let classes: Vec<Class> = self.ready.keys().copied().collect();
        for class in classes {
            let rounds = self.ready.get(&class).map_or(0, |ring| ring.order.len());
            for _ in 0..rounds {
                let Some(ring) = self.ready.get_mut(&class) else { break };
                let Some(target) = ring.order.pop_front() else { break };
                let Some((_, message)) = ring.waiting.get(&target).and_then(|set| set.first()).cloned() else { continue };
                ring.order.push_back(target.clone());
                let lane = (target, lane(class.1));
                if let Some(until) = self.waiting.get(&lane).filter(|until| **until > now) {
                    later(*until);
                    continue;
                }
                let Some(entry) = self.entries.get(&message) else { continue };
                match admit(&entry.work, self.in_flight.get(&lane.0).copied().unwrap_or(0)) {
                    Ok(()) => return self.go(&message),
                    Err(until) => {
                        later(until);
                        self.waiting.insert(lane, until);
                    }
                }
            }
        }
        Pick::Wait(wake)
    }

    /// The message is not worked on any more; `again`: it is owed something still.
    pub fn done(&mut self, message: &str, again: Option<Work>) {
        let Some(Entry { work, place: Place::InFlight(arrived) }) = self.entries.remove(message) else { return };
        let target = key(&work);
        if let Some(count) = self.in_flight.get_mut(&target) {
            *count -= 1;
            if *count == 0 {
                self.in_flight.remove(&target);
            }
        }
        // It may have waited for a place among those under way.
        for lane in [Lane::Send, Lane::Edit, Lane::Cosmetic] {
            self.waiting.remove(&(target.clone(), lane));
        }
        match (again, arrived) {
            // A retry keeps its delay; news do not shorten it.
            (Some(again), Some(arrived)) => self.insert(merged(again, arrived)),
            (Some(work), None) | (None, Some(work)) => self.insert(work),
            (None, None) => {}
        }
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

    fn insert(&mut self, work: Work) {
        let message = work.message.clone();
        self.delayed.insert((work.due_at, message.clone()));
        self.entries.insert(message, Entry { work, place: Place::Delayed });
    }

    /// Takes an entry out of whatever set it waits in.
    fn remove(&mut self, message: &str) -> Option<Work> {
        let Entry { work, place } = self.entries.remove(message)?;
        match place {
            Place::Delayed => {
                self.delayed.remove(&(work.due_at, message.to_owned()));
            }
            Place::Ready => self.unready(&work),
            Place::InFlight(_) => {}
        }
        Some(work)
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
        let Some(work) = self.remove(message) else { return Pick::Wait(None) };
        *self.in_flight.entry(key(&work)).or_default() += 1;
        self.entries.insert(message.to_owned(), Entry { work: work.clone(), place: Place::InFlight(None) });
        Pick::Go(work)
    }
}

fn key(work: &Work) -> Target {
    (work.via.clone(), work.target.clone())
}

fn lane(rank: Rank) -> Lane {
    match rank {
        Rank::First | Rank::Reply => Lane::Send,
        Rank::Edit => Lane::Edit,
        Rank::Cosmetic => Lane::Cosmetic,
    }
}

fn class(work: &Work) -> Class {
    (std::cmp::Reverse(work.severity), work.rank)
}

/// Two debts of one message: the older age, the later due time (a retry's delay holds), the more urgent of both.
fn merged(a: Work, b: Work) -> Work {
    Work {
        severity: a.severity.max(b.severity),
        rank: a.rank.min(b.rank),
        due_at: a.due_at.max(b.due_at),
        since: a.since.min(b.since),
        ..b
    }
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
        while let Pick::Go(work) = queue.pick(from_ms(now), &mut |_, _| Ok(())) {
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
        queue.push(work("new", "b", Severity::Critical, Rank::First, 60_000));
        assert_eq!(order(&mut queue, 60_000), ["old", "new"]);
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
        let mut admit = |w: &Work, _: u32| if w.target == "a" { Err(from_ms(500)) } else { Ok(()) };
        let Pick::Go(first) = queue.pick(from_ms(1), &mut admit) else { panic!() };
        assert_eq!(first.message, "b");
        assert_eq!(queue.pick(from_ms(1), &mut admit), Pick::Wait(Some(from_ms(500))));
        let Pick::Go(second) = queue.pick(from_ms(500), &mut |_, _| Ok(())) else { panic!() };
        assert_eq!(second.message, "a");
    }

    #[test]
    fn one_message_is_never_worked_on_twice_at_once() {
        let mut queue = Queue::default();
        queue.push(work("m", "a", Severity::Info, Rank::First, 0));
        assert!(matches!(queue.pick(from_ms(1), &mut |_, _| Ok(())), Pick::Go(_)));
        queue.push(work("m", "a", Severity::Critical, Rank::Edit, 2));
        assert_eq!(queue.pick(from_ms(3), &mut |_, _| Ok(())), Pick::Wait(None));
        let mut under_way = None;
        queue.push(work("n", "a", Severity::Info, Rank::First, 3));
        queue.pick(from_ms(3), &mut |_, count| {
            under_way = Some(count);
            Err(from_ms(4))
        });
        assert_eq!(under_way, Some(1));
        queue.remove("n");
        queue.done("m", None);
        assert!(matches!(queue.pick(from_ms(3), &mut |_, _| Ok(())), Pick::Go(_)));
    }

    #[test]
    fn a_retry_keeps_its_delay_when_news_arrive() {
        let mut queue = Queue::default();
        queue.push(work("m", "a", Severity::Info, Rank::First, 0));
        assert!(matches!(queue.pick(from_ms(1), &mut |_, _| Ok(())), Pick::Go(_)));
        queue.push(work("m", "a", Severity::Info, Rank::Edit, 2));
        queue.done("m", Some(work("m", "a", Severity::Info, Rank::First, 5000)));
        assert_eq!(queue.pick(from_ms(3), &mut |_, _| Ok(())), Pick::Wait(Some(from_ms(5000))));
    }
}

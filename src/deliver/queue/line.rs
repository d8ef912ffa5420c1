//! Who stands in line within one class: targets in turn, by app, each with its messages.
//!
//! A target that was asked for and is blocked sleeps: it is passed over until somebody wakes it.

use super::Target;
use crate::outbox::Rank;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// An app, by its `app:NAME`; custom bots share nothing with one another and stand together, under no name.
pub type Road = Arc<str>;

/// By which road a target is reached.
pub fn road(target: &Target) -> Road {
    if target.0.starts_with("app:") { target.0.as_str().into() } else { "".into() }
}

/// One class.
#[derive(Debug, Default)]
pub struct Line {
    /// In turn. There are few: the apps.
    roads: VecDeque<(Road, Ring)>,
}

#[derive(Debug, Default)]
struct Ring {
    /// Targets that are awake, by their turn.
    turns: BTreeMap<u64, Target>,
    /// The same by the age of what they wait with.
    ages: BTreeSet<(Timestamp, Target)>,
    spots: HashMap<Target, Spot>,
    next: u64,
}

#[derive(Debug)]
struct Spot {
    /// Messages by age; never empty.
    works: BTreeSet<(Timestamp, String)>,
    seat: Seat,
}

#[derive(Debug, Clone, Copy)]
enum Seat {
    Awake { turn: u64 },
    Asleep { until: Timestamp },
}

impl Line {
    /// A message stands in line.
    pub fn add(&mut self, target: &Target, since: Timestamp, message: String) {
        let road = road(target);
        if !self.roads.iter().any(|(known, _)| *known == road) {
            self.roads.push_back((road, Ring::default()));
        }
        let Some(ring) = self.ring(target) else { return };
        match ring.spots.get(target).map(|spot| spot.seat) {
            None => {
                let spot = Spot { works: BTreeSet::from([(since, message)]), seat: Seat::Asleep { until: since } };
                ring.spots.insert(Arc::clone(target), spot);
                ring.wake(target);
            }
            Some(seat) => ring.change(target, seat, |works| {
                works.insert((since, message));
            }),
        }
    }

    /// A message leaves. Where it was the last of a target that slept: until when that would have.
    pub fn remove(&mut self, target: &Target, since: Timestamp, message: &str) -> Option<Timestamp> {
        let ring = self.ring(target)?;
        let seat = ring.spots.get(target)?.seat;
        ring.change(target, seat, |works| {
            works.remove(&(since, message.to_owned()));
        });
        if ring.spots.get(target).is_some_and(|spot| spot.works.is_empty()) {
            ring.spots.remove(target);
            match seat {
                Seat::Awake { turn } => drop(ring.turns.remove(&turn)),
                Seat::Asleep { until } => return Some(until),
            }
        }
        None
    }

    /// Whose turn it is, among those whose app is not held.
    pub fn next(&self, rank: Rank, held: &HashMap<(Road, Rank), Timestamp>) -> Option<Target> {
        self.free(rank, held).find_map(|ring| ring.turns.first_key_value()).map(|(_, target)| Arc::clone(target))
    }

    /// Who has waited longest, among the same.
    pub fn oldest(&self, rank: Rank, held: &HashMap<(Road, Rank), Timestamp>) -> Option<(Timestamp, Target)> {
        self.free(rank, held).filter_map(|ring| ring.ages.first()).min_by_key(|(since, _)| *since).cloned()
    }

    /// The message with which a target has waited longest.
    pub fn first(&self, target: &Target) -> Option<String> {
        let (_, ring) = self.roads.iter().find(|(_, ring)| ring.spots.contains_key(target))?;
        ring.spots.get(target)?.works.first().map(|(_, message)| message.clone())
    }

    /// A target had its turn, and its app: they are last now.
    pub fn turn(&mut self, target: &Target) {
        let Some(at) = self.roads.iter().position(|(_, ring)| ring.spots.contains_key(target)) else { return };
        if let Some((road, mut ring)) = self.roads.remove(at) {
            ring.sleep(target, Timestamp::MIN);
            ring.wake(target);
            self.roads.push_back((road, ring));
        }
    }

    /// A target is passed over until it is woken.
    pub fn sleep(&mut self, target: &Target, until: Timestamp) {
        if let Some(ring) = self.ring(target) {
            ring.sleep(target, until);
        }
    }

    /// A target is asked again, as the last in turn. Where it slept: until when it would have.
    pub fn wake(&mut self, target: &Target) -> Option<Timestamp> {
        self.ring(target)?.wake(target)
    }

    /// Whether a target has a message here.
    pub fn has(&self, target: &Target) -> bool {
        self.roads.iter().any(|(_, ring)| ring.spots.contains_key(target))
    }

    /// Whether a target has a message here and may be asked.
    pub fn is_awake(&self, target: &Target) -> bool {
        let mut spots = self.roads.iter().filter_map(|(_, ring)| ring.spots.get(target));
        spots.any(|spot| matches!(spot.seat, Seat::Awake { .. }))
    }

    /// Whether nobody stands in line.
    pub fn is_empty(&self) -> bool {
        self.roads.iter().all(|(_, ring)| ring.spots.is_empty())
    }

    fn ring(&mut self, target: &Target) -> Option<&mut Ring> {
        let road = road(target);
        self.roads.iter_mut().find(|(known, _)| *known == road).map(|(_, ring)| ring)
    }

    fn free(&self, rank: Rank, held: &HashMap<(Road, Rank), Timestamp>) -> impl Iterator<Item = &Ring> {
        let free = move |(road, _): &&(Road, Ring)| held.is_empty() || !held.contains_key(&(Arc::clone(road), rank));
        self.roads.iter().filter(free).map(|(_, ring)| ring)
    }
}

impl Ring {
    /// Changes what a target waits with, keeping its age right.
    fn change(&mut self, target: &Target, seat: Seat, change: impl FnOnce(&mut BTreeSet<(Timestamp, String)>)) {
        let Some(spot) = self.spots.get_mut(target) else { return };
        let before = spot.works.first().map(|(since, _)| *since);
        change(&mut spot.works);
        let after = spot.works.first().map(|(since, _)| *since);
        if before == after || matches!(seat, Seat::Asleep { .. }) {
            return;
        }
        if let Some(since) = before {
            self.ages.remove(&(since, Arc::clone(target)));
        }
        if let Some(since) = after {
            self.ages.insert((since, Arc::clone(target)));
        }
    }

    fn sleep(&mut self, target: &Target, until: Timestamp) {
        let Some(spot) = self.spots.get_mut(target) else { return };
        if let Seat::Awake { turn } = spot.seat {
            self.turns.remove(&turn);
        }
        if let Some((since, _)) = spot.works.first() {
            self.ages.remove(&(*since, Arc::clone(target)));
        }
        spot.seat = Seat::Asleep { until };
    }

    fn wake(&mut self, target: &Target) -> Option<Timestamp> {
        let spot = self.spots.get_mut(target)?;
        let Seat::Asleep { until } = spot.seat else { return None };
        spot.seat = Seat::Awake { turn: self.next };
        self.turns.insert(self.next, Arc::clone(target));
        self.next += 1;
        if let Some((since, _)) = spot.works.first() {
            self.ages.insert((*since, Arc::clone(target)));
        }
        Some(until)
    }
}

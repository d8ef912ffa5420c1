//! When a target has a digest: pure.
//!
//! More first messages than `storm.after` wait: one digest is opened that lists them. It is brought up to date while they go out
//! one by one, and has its last version when nothing waits any more. [`Storms`] is what the loop knows of each target,
//! [`Storms::steps`] what follows; what a version says is in [`tells`].
//!
//! ```text
//! (more than after) ─> Asked ──committed──> Living ──nothing waits: last version──> (gone)
//!                        └─refused: again later │ └─ dead letter, recalled, cannot be edited ─> Spoilt ──nothing waits──> (gone)
//!                                               └─ changed: a version, not before its interval is over
//! ```

pub mod tells;

use super::queue::{Crowd, Target};
use crate::alert::Severity;
use crate::outbox::{Rank, Work};
use crate::store::DigestState;
use crate::util::clock::{after, before};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// A digest lives: between two of its versions at the least.
pub const EVERY: Duration = Duration::from_secs(5);
/// The same while the app's month of calls runs out.
const SAVING: Duration = Duration::from_secs(60);
/// All digests of an app together take one edit in so many of those that the app may make.
const SHARE: u32 = 4;
/// Groups whose listing is worth a second: a digest of very many is made more rarely.
const PER_SECOND: u64 = 1000;
/// A version's making keeps first messages waiting: it takes at most one part in so many of the time.
const REST: u32 = 10;
/// A target that was found to need no digest is looked at again after this.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// First messages wait so long at most until it is known whether a digest arrived.
const DOUBT: Duration = Duration::from_secs(60);

/// What a target's digest has to keep to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// `storm.after`; 0: no digest is opened.
    pub after: u32,
    /// The target's messages can be edited.
    pub editable: bool,
    /// The app's edits per minute.
    pub per_minute: u32,
    /// The app's month of calls runs out.
    pub saving: bool,
}

/// What follows for a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing, or not yet.
    Wait,
    /// A digest is opened.
    Open(Reason),
    /// Its next version is due.
    Version(Timestamp, Reason),
    /// It is over without another version.
    End(Reason),
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// More wait than `storm.after`.
    Crowded,
    /// Not everything is as it says.
    Changed,
    /// Nothing waits any more.
    Cleared,
    /// Nothing waits any more, and it could not be brought up to date.
    Spoilt,
}

impl Reason {
    /// The word in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Crowded => "crowded",
            Reason::Changed => "changed",
            Reason::Cleared => "cleared",
            Reason::Spoilt => "spoilt",
        }
    }
}

/// A target with a digest, or that may need one.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Storm {
    /// Asked for; not again before this moment.
    Asked(Timestamp),
    /// It is kept up to date.
    Living(Living),
    /// It is there and cannot be brought up to date any more.
    Spoilt(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Living {
    message: String,
    severity: Severity,
    /// People have seen it.
    shown: bool,
    /// Not all is as it says, maybe.
    changed: bool,
    /// Its latest version, or look without one.
    at: Option<Timestamp>,
    /// A call that did not work is tried again then.
    retry_at: Option<Timestamp>,
    /// Since when nobody knows whether its first call arrived.
    doubt: Option<Timestamp>,
    /// The latest look found nothing to say.
    idle: bool,
    /// Groups of the latest version.
    groups: u64,
    /// How long the latest look took.
    took: Duration,
}

/// What a version, or a look without one, left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The digest as it is now; `None`: over.
    pub state: Option<DigestState>,
    /// People have a new version.
    pub version: bool,
    /// To be tried again then.
    pub retry_at: Option<Timestamp>,
    /// Groups it found waiting.
    pub groups: u64,
    /// How long that took.
    pub took: Duration,
}

/// All targets with digests.
#[derive(Debug, Default)]
pub struct Storms {
    by_target: HashMap<Target, Storm>,
    /// To be decided on although nothing changed.
    again: BTreeSet<Target>,
    /// The same, at a moment.
    later: BTreeSet<(Timestamp, Target)>,
}

impl Storms {
    /// Takes up a digest that was there at the start.
    pub fn restore(&mut self, state: &DigestState) {
        let target = Arc::new((state.via.clone(), state.target.clone()));
        self.again.insert(target.clone());
        let storm = if state.alive { Storm::Living(Living::of(state)) } else { Storm::Spoilt(state.message.clone()) };
        self.by_target.insert(target, storm);
    }

    /// The store says that a digest is owed a version: it was opened, or is tried again by hand.
    pub fn note(&mut self, work: &Work) {
        let target = target_of(work);
        self.again.insert(target.clone());
        if let Some(Storm::Living(living)) = self.by_target.get_mut(&target).filter(|storm| storm.message() == Some(&work.message)) {
            living.changed = true;
            return;
        }
        let state = DigestState {
            message: work.message.clone(),
            via: work.via.clone(),
            target: work.target.clone(),
            severity: work.severity,
            shown: false,
            alive: true,
            doubtful: false,
        };
        self.by_target.insert(target, Storm::Living(Living::of(&state)));
    }

    /// A version is being made: what changes from now on is for the next.
    pub fn claimed(&mut self, digest: &Work) {
        if let Some(Storm::Living(living)) = self.by_target.get_mut(&target_of(digest)) {
            living.changed = false;
        }
    }

    /// What became of it. Until when first messages that it may list must wait, because nobody knows whether it arrived.
    pub fn looked(&mut self, target: &Target, looked: &Looked, now: Timestamp) -> Option<Timestamp> {
        self.again.insert(target.clone());
        let Some(state) = &looked.state else {
            self.by_target.remove(target);
            return None;
        };
        if !state.alive {
            self.by_target.insert(target.clone(), Storm::Spoilt(state.message.clone()));
            return None;
        }
        let before = match self.by_target.get(target) {
            Some(Storm::Living(living)) => living.clone(),
            _ => Living::of(state),
        };
        let doubt = state.doubtful.then(|| before.doubt.unwrap_or(now));
        let living = Living {
            severity: state.severity,
            shown: state.shown,
            changed: before.changed || looked.retry_at.is_some(),
            at: Some(now),
            retry_at: looked.retry_at,
            doubt,
            idle: !looked.version,
            groups: looked.groups,
            took: looked.took,
            ..before
        };
        self.by_target.insert(target.clone(), Storm::Living(living));
        doubt.map(|since| after(since, DOUBT)).filter(|until| *until > now)
    }

    /// What follows for targets whose crowds changed, and for those that were to be looked at again.
    pub fn steps(
        &mut self,
        stirred: BTreeSet<Target>,
        crowd: impl Fn(&Target) -> Crowd,
        mut pace: impl FnMut(&Target) -> Pace,
        now: Timestamp,
    ) -> Vec<(Target, Step, Option<Work>)> {
        for target in &stirred {
            if let Some(Storm::Living(living)) = self.by_target.get_mut(target) {
                living.changed = true;
            }
        }
        let mut targets = stirred;
        targets.append(&mut self.again);
        while let Some((at, target)) = self.later.first().cloned().filter(|(at, _)| *at <= now) {
            self.later.remove(&(at, target.clone()));
            targets.insert(target);
        }
        let mut steps = Vec::new();
        for target in targets {
            let storm = self.by_target.get(&target);
            let crowd = crowd(&target);
            if storm.is_none() && crowd == Crowd::default() {
                continue;
            }
            let step = decide(storm, crowd, &pace(&target), self.living(&target.0), now);
            let work = storm.and_then(|storm| storm.work(&target, step, now));
            match (step, storm) {
                (Step::Wait, Some(Storm::Asked(at))) => drop(self.later.insert((*at, target.clone()))),
                (Step::Wait, None | Some(Storm::Living(_) | Storm::Spoilt(_))) => continue,
                (Step::Open(_), _) => {
                    let again = after(now, ASK_AGAIN);
                    self.later.insert((again, target.clone()));
                    self.by_target.insert(target.clone(), Storm::Asked(again));
                }
                (Step::End(_), _) => drop(self.by_target.remove(&target)),
                (Step::Version(..), _) => {}
            }
            if step == Step::Wait && crowd == Crowd::default() {
                self.by_target.remove(&target);
            }
            steps.push((target, step, work));
        }
        steps
    }

    /// Whether this digest is still kept up to date, so that it will tell what ended inside.
    pub fn tells(&self, target: &Target, digest: &str) -> bool {
        matches!(self.by_target.get(target), Some(Storm::Living(living)) if living.message == digest)
    }

    /// The clock was set back by so much.
    pub fn set_back(&mut self, by: Duration) {
        for storm in self.by_target.values_mut() {
            match storm {
                Storm::Asked(at) => *at = before(*at, by),
                Storm::Living(living) => {
                    for at in [&mut living.at, &mut living.retry_at, &mut living.doubt] {
                        *at = at.map(|at| before(at, by));
                    }
                }
                Storm::Spoilt(_) => {}
            }
        }
        self.again.extend(self.by_target.keys().cloned());
        self.later.clear();
    }

    /// Digests of an app that are kept up to date.
    fn living(&self, via: &str) -> usize {
        self.by_target.iter().filter(|(target, storm)| target.0 == via && matches!(storm, Storm::Living(_))).count()
    }
}

/// The target of a digest.
pub fn target_of(digest: &Work) -> Target {
    Arc::new((digest.via.clone(), digest.target.clone()))
}

impl Living {
    fn of(state: &DigestState) -> Self {
        Self {
            message: state.message.clone(),
            severity: state.severity,
            shown: state.shown,
            changed: true,
            at: None,
            retry_at: None,
            doubt: None,
            idle: false,
            groups: 0,
            took: Duration::ZERO,
        }
    }
}

impl Storm {
    fn message(&self) -> Option<&str> {
        match self {
            Storm::Asked(_) => None,
            Storm::Living(living) => Some(&living.message),
            Storm::Spoilt(message) => Some(message),
        }
    }

    /// The piece of work that a step is.
    fn work(&self, target: &Target, step: Step, now: Timestamp) -> Option<Work> {
        let due_at = match step {
            Step::Version(at, _) => at,
            Step::End(_) => now,
            Step::Wait | Step::Open(_) => return None,
        };
        let severity = if let Storm::Living(living) = self { living.severity } else { Severity::Warning };
        let (via, target) = (**target).clone();
        let rank = if matches!(self, Storm::Living(living) if living.shown) { Rank::StormEdit } else { Rank::Storm };
        Some(Work { message: self.message()?.to_owned(), via, target, severity, rank, due_at, since: now })
    }
}

/// The rule. Opening needs more than `after`, ending needs nobody: it does not flap.
fn decide(storm: Option<&Storm>, crowd: Crowd, pace: &Pace, open: usize, now: Timestamp) -> Step {
    let cleared = crowd == Crowd::default();
    match storm {
        Some(Storm::Asked(at)) if now < *at => Step::Wait,
        None | Some(Storm::Asked(_)) => {
            let crowded = crowd.waiting > usize::try_from(pace.after).unwrap_or(usize::MAX);
            if pace.after > 0 && pace.editable && crowded { Step::Open(Reason::Crowded) } else { Step::Wait }
        }
        Some(Storm::Spoilt(_)) => {
            if cleared {
                Step::End(Reason::Spoilt)
            } else {
                Step::Wait
            }
        }
        Some(Storm::Living(living)) => {
            let reason = if cleared { Reason::Cleared } else { Reason::Changed };
            if !cleared && !living.changed {
                return Step::Wait;
            }
            let wait = match living.at {
                // The first version and the last are not put off; a look that found nothing is not repeated at once.
                Some(_) if !living.shown || cleared && !living.idle => Duration::ZERO,
                Some(_) => interval(open, pace, living.groups).max(living.took.saturating_mul(REST)),
                None => Duration::ZERO,
            };
            let at = after(living.at.unwrap_or(now), wait).max(living.retry_at.unwrap_or(now)).max(now);
            Step::Version(at, reason)
        }
    }
}

/// Between two versions of one digest, where so many are open: together they take a small share of the app's edits.
pub fn interval(open: usize, pace: &Pace, groups: u64) -> Duration {
    let share = u64::from((pace.per_minute / SHARE).max(1));
    let fair = Duration::from_millis(u64::try_from(open).unwrap_or(u64::MAX).saturating_mul(60_000) / share);
    let least = if pace.saving { SAVING } else { EVERY };
    least.max(fair).max(Duration::from_secs(groups / PER_SECOND))
}

#[cfg(test)]
#[path = "storm_test.rs"]
mod tests;

//! Who carries a piece of work: its app or bot, or whichever of several bots is free, in turn.
//!
//! A breaker, a parked target and budgets belong to one app or bot. Of bots that take turns each is asked by itself, so that
//! one in trouble leaves the others to go on; the work waits only while none can take it.

use super::budgets::demand;
use super::{PROBE_EVERY, SAVED, Shared, State, endpoint};
use crate::config::settings::{Carrier, Via};
use crate::deliver::breaker::{Breaker, Gate};
use crate::deliver::limiter::{Admit, Budget, Limiter};
use crate::deliver::queue::Hold;
use crate::deliver::way::Way;
use crate::outbox::{Rank, Work};
use crate::util::clock::after;
use jiff::Timestamp;
use std::collections::HashMap;

/// Targets on which nothing but probes goes: (app or bot, target or `*` for all of its targets) to the next probe.
pub(super) type Parked = HashMap<(String, String), Timestamp>;

/// How many can carry what goes by `via`.
pub(super) fn count(via: &str) -> u32 {
    match Via::parse(via) {
        Via::App(_) => 1,
        Via::Bots(names) => u32::try_from(names.len()).unwrap_or(u32::MAX),
    }
}

/// When bots that share a chat had their last turn. One entry for each bot that ever had one with others.
#[derive(Debug, Default)]
pub(super) struct Turns {
    last: HashMap<String, u64>,
    count: u64,
}

impl Turns {
    /// Whoever has waited longest comes first.
    fn order(&self, carriers: &mut [Carrier]) {
        carriers.sort_by_key(|carrier| self.last.get(&carrier.via).copied());
    }

    fn took(&mut self, carrier: &Carrier) {
        self.count += 1;
        self.last.insert(carrier.via.clone(), self.count);
    }
}

/// What decides whether somebody can carry a piece of work now.
pub(super) struct Gates<'a> {
    pub limiter: &'a mut Limiter,
    pub breakers: &'a mut HashMap<String, Breaker>,
    pub parked: &'a mut Parked,
    pub turns: &'a mut Turns,
}

impl Gates<'_> {
    /// Who takes it now: places in all budgets of its call are held for it. `Err`: nobody before some moment, and which budget is
    /// spent.
    pub fn choose(&mut self, work: &Work, now: Timestamp) -> Result<Carrier, Refusal> {
        let mut carriers = Carrier::all(&work.via, &work.target);
        let several = carriers.len() > 1;
        if several {
            self.turns.order(&mut carriers);
        }
        let mut soonest = None;
        for carrier in carriers {
            match self.admits(&carrier, work, now) {
                Ok(()) => {
                    if several {
                        self.turns.took(&carrier);
                    }
                    return Ok(carrier);
                }
                Err(refusal) => soonest = earlier(soonest, refusal),
            }
        }
        Err(soonest.unwrap_or((Hold::Target(now), None)))
    }

    fn admits(&mut self, carrier: &Carrier, work: &Work, now: Timestamp) -> Result<(), Refusal> {
        let places = || [carrier.target.as_str(), "*"].into_iter().map(|target| (carrier.via.clone(), target.to_owned()));
        let parked = !self.parked.is_empty();
        let probe = |place: (String, String)| self.parked.get(&place).map(|probe| (*probe, place.1 == "*"));
        if let Some((probe, all)) = places().filter(|_| parked).filter_map(probe).find(|(probe, _)| *probe > now) {
            return Err((if all { Hold::App(probe) } else { Hold::Target(probe) }, None));
        }
        // Near the end of the month's quota words alone are not worth a call; a real change takes them along.
        if work.rank == Rank::Cosmetic && carrier.app_name().is_some_and(|app| self.limiter.saver(app, now)) {
            return Err((Hold::App(after(now, SAVED)), None));
        }
        let breaker = match self.breakers.get_mut(&carrier.via) {
            Some(breaker) => breaker,
            None => self.breakers.entry(carrier.via.clone()).or_default(),
        };
        if let Gate::WaitUntil(until) = breaker.admit(now) {
            return Err((Hold::App(until), None));
        }
        let endpoint = endpoint(work);
        if let Admit::WaitUntil(until, budget) = self.limiter.admit(&demand(carrier, Some(&work.message), endpoint), now) {
            breaker.abandon(now);
            let hold = match budget {
                // What most go by; batches and the help desk have budgets of their own.
                Budget::App(_) | Budget::Api(..) if Way::guess(&work.via, &work.target) == Way::App => Hold::App(until),
                Budget::Message(_) => Hold::Message(until),
                _ => Hold::Target(until),
            };
            return Err((hold, Some(budget.as_str())));
        }
        // A parked target lets one message through to see.
        for place in places().filter(|_| parked) {
            if let Some(probe) = self.parked.get_mut(&place) {
                *probe = after(now, PROBE_EVERY);
            }
        }
        Ok(())
    }
}

/// Why nobody takes it, and the name of the budget that is spent.
type Refusal = (Hold, Option<&'static str>);

/// The one that ends first. Bots that take turns hold up what is theirs only, whatever holds up each.
fn earlier(known: Option<Refusal>, next: Refusal) -> Option<Refusal> {
    let Some(known) = known else { return Some(next) };
    let (until, budget) = if next.0.until() < known.0.until() { (next.0.until(), next.1) } else { (known.0.until(), known.1) };
    Some((Hold::Target(until), budget))
}

impl State {
    /// What was given to a carrier ended without a call: the next one probes in its place.
    pub(super) fn not_called(&mut self, carrier: &Carrier, now: Timestamp) {
        self.breakers.entry(carrier.via.clone()).or_default().abandon(now);
        for target in [carrier.target.as_str(), "*"] {
            if let Some(probe) = self.parked.get_mut(&(carrier.via.clone(), target.to_owned())) {
                *probe = now;
                self.queue.wake_targets();
            }
        }
    }
}

impl Shared {
    /// Gives back a turn that another takes.
    pub fn pass(&self, carrier: &Carrier) {
        let mut state = self.lock();
        let now = self.now(&mut state);
        state.not_called(carrier, now);
    }

    /// Whether a setting must be changed before this one carries anything.
    pub fn is_parked(&self, carrier: &Carrier) -> bool {
        let state = self.lock();
        [carrier.target.as_str(), "*"].into_iter().any(|target| state.parked.contains_key(&(carrier.via.clone(), target.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Severity;
    use crate::feishu::error::Endpoint;
    use crate::util::clock::from_ms;
    use std::time::Duration;

    /// Far from the half hours at which bots keep still.
    const START: i64 = 600_000;

    #[derive(Default)]
    struct Three {
        limiter: Limiter,
        breakers: HashMap<String, Breaker>,
        parked: Parked,
        turns: Turns,
    }

    impl Three {
        fn choose(&mut self, at: i64) -> Result<String, i64> {
            let via = "bot:[a,b,c]".to_owned();
            let now = from_ms(START + at);
            let work = Work {
                message: "m".into(),
                target: via.clone(),
                via,
                severity: Severity::Critical,
                rank: Rank::First,
                due_at: now,
                since: now,
            };
            let Self { limiter, breakers, parked, turns } = self;
            let chosen = Gates { limiter, breakers, parked, turns }.choose(&work, now);
            chosen.map(|carrier| carrier.via).map_err(|(hold, _)| hold.until().as_millisecond() - START)
        }

        /// Chosen, and its call is made.
        fn send(&mut self, at: i64) -> Result<String, i64> {
            let via = self.choose(at)?;
            self.limiter.made(&demand_of(via.trim_start_matches("bot:")), from_ms(START + at));
            Ok(via)
        }
    }

    fn demand_of(name: &str) -> crate::deliver::limiter::Demand<'_> {
        crate::deliver::limiter::Demand { app: None, api: Endpoint::Hook, scope: crate::deliver::limiter::Scope::Bot(name) }
    }

    #[test]
    fn each_has_its_turn_and_the_budgets_add_up() {
        let mut three = Three::default();
        let sent: Vec<String> = (0..12).map(|_| three.send(0).unwrap()).collect();
        assert_eq!(sent[..4], ["bot:a", "bot:b", "bot:c", "bot:a"]);
        assert!(["bot:a", "bot:b", "bot:c"].iter().all(|via| sent.iter().filter(|sent| sent == via).count() == 4));
        assert_eq!(three.send(0), Err(1000));
        assert_eq!(three.send(1000), Ok("bot:a".into()));
    }

    #[test]
    fn whoever_admits_first_takes_it() {
        let mut three = Three::default();
        for name in ["a", "b", "c"] {
            for _ in 0..4 {
                let at = if name == "b" { 0 } else { 300 };
                assert_eq!(three.limiter.admit(&demand_of(name), from_ms(START + at)), Admit::Yes);
                three.limiter.made(&demand_of(name), from_ms(START + at));
            }
        }
        assert_eq!(three.send(400), Err(1000));
        assert_eq!(three.send(1000), Ok("bot:b".into()));
    }

    #[test]
    fn one_in_trouble_leaves_the_others() {
        let mut three = Three::default();
        three.parked.insert(("bot:a".into(), "bot:a".into()), from_ms(START + 300_000));
        for _ in 0..5 {
            three.breakers.entry("bot:b".into()).or_default().record(true, from_ms(START), 0.5);
        }
        for _ in 0..4 {
            assert_eq!(three.send(0), Ok("bot:c".into()));
        }
        three.parked.insert(("bot:c".into(), "*".into()), from_ms(START + 200_000));
        let until = three.send(0).unwrap_err();
        assert!((1..=2000).contains(&until), "the open breaker is the first to let one through: {until}");
        for _ in 0..2 {
            three.breakers.clear();
        }
        three.parked.insert(("bot:b".into(), "bot:b".into()), from_ms(START + 250_000));
        assert_eq!(three.choose(1), Err(200_000));
        assert_eq!(three.choose(200_000), Ok("bot:c".into()), "the probe");
        assert_eq!(three.choose(200_000), Err(250_000), "one probe only");
        assert!(Duration::from_millis(300_000) == PROBE_EVERY);
    }
}

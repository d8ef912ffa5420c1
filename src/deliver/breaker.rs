//! One breaker per app: when the platform or the way to it is down, one call probes and the rest wait.
//!
//! Pure. What counts as a failure is `Outcome::is_outage`: nothing that is about one target or content.

use crate::util::clock::{after, before};
use jiff::Timestamp;
use std::time::Duration;

/// Failures in a row that open it.
pub const OPENS_AFTER: u32 = 5;
/// First pause; doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause between probes.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A probe that has not reported for so long is taken for lost (its task died).
const PROBE_LOST: Duration = Duration::from_secs(90);

/// Where a breaker is in its life:
/// `Closed -(5 failures)-> Open -(pause over)-> Probing -(works)-> Closed`, `Probing -(fails)-> Open`, longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed { failures: u32 },
    Open { until: Timestamp, opened: u32 },
    Probing { since: Timestamp, opened: u32 },
}

/// The answer to "may this call be made now".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Yes.
    Pass,
    /// Yes, and the others wait for how it ends: report it.
    Probe,
    /// Not before this moment.
    WaitUntil(Timestamp),
}

/// The breaker of one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    state: State,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { state: State::Closed { failures: 0 } }
    }
}

impl Breaker {
    /// Whether a call may be made now. After [`Gate::Probe`] the caller must [`Breaker::record`].
    pub fn admit(&mut self, now: Timestamp) -> Gate {
        match self.state {
            State::Closed { .. } => Gate::Pass,
            State::Open { until, .. } if now < until => Gate::WaitUntil(until),
            State::Probing { since, .. } if now < after(since, PROBE_LOST) && now >= since => {
                Gate::WaitUntil(after(now, FIRST_PAUSE).min(after(since, PROBE_LOST)))
            }
            State::Open { opened, .. } | State::Probing { opened, .. } => {
                self.state = State::Probing { since: now, opened };
                Gate::Probe
            }
        }
    }

    /// A probe was admitted and then not made (a budget said no): the next caller probes.
    pub fn abandon(&mut self, now: Timestamp) {
        if let State::Probing { opened, .. } = self.state {
            self.state = State::Open { until: now, opened };
        }
    }

    /// The clock was set back by so much: pauses end when they would have.
    pub fn set_back(&mut self, by: Duration) {
        match &mut self.state {
            State::Closed { .. } => {}
            State::Open { until: at, .. } | State::Probing { since: at, .. } => *at = before(*at, by),
        }
    }

    /// How a call ended. `outage`: see `Outcome::is_outage`. `rng` in [0, 1) spreads the pauses of several apps.
    /// Calls that were under way when it opened may report too: one that worked closes it, failures add nothing.
    pub fn record(&mut self, outage: bool, now: Timestamp, rng: f64) {
        self.state = match (self.state, outage) {
            (_, false) => State::Closed { failures: 0 },
            (State::Closed { failures }, true) if failures + 1 < OPENS_AFTER => State::Closed { failures: failures + 1 },
            (State::Closed { .. }, true) => State::Open { until: after(now, pause(1, rng)), opened: 1 },
            (State::Probing { opened, .. }, true) => {
                let opened = opened.saturating_add(1);
                State::Open { until: after(now, pause(opened, rng)), opened }
            }
            (open @ State::Open { .. }, true) => open,
        };
    }

    /// Since it is not closed: when the next probe is due. For status pages.
    pub fn open_until(&self) -> Option<Timestamp> {
        match self.state {
            State::Closed { .. } => None,
            State::Open { until, .. } => Some(until),
            State::Probing { since, .. } => Some(since),
        }
    }

    /// `closed`, `open` or `half_open`, for metrics and status pages.
    pub fn as_str(&self) -> &'static str {
        match self.state {
            State::Closed { .. } => "closed",
            State::Open { .. } => "open",
            State::Probing { .. } => "half_open",
        }
    }
}

/// Doubling, capped, the upper half spread.
fn pause(opened: u32, rng: f64) -> Duration {
    let full = FIRST_PAUSE.saturating_mul(1u32.checked_shl(opened.min(16)).unwrap_or(u32::MAX)).min(LONGEST_PAUSE);
    full.mul_f64(0.5 + 0.5 * rng.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::clock::{from_ms, since};

    fn at(seconds: i64) -> Timestamp {
        from_ms(seconds * 1000)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..OPENS_AFTER {
            assert_eq!(breaker.admit(at(0)), Gate::Pass);
            breaker.record(true, at(0), 0.999);
        }
        breaker
    }

    #[test]
    fn opens_after_five_in_a_row() {
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            for _ in 0..4 {
                breaker.record(true, at(0), 0.5);
            }
            breaker.record(false, at(0), 0.5);
        }
        assert_eq!(breaker.as_str(), "closed");
        assert!(matches!(opened().admit(at(1)), Gate::WaitUntil(until) if until <= at(2)));
    }

    #[test]
    fn one_probe_at_a_time_and_success_closes() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(at(2)), Gate::Probe);
        assert!(matches!(breaker.admit(at(2)), Gate::WaitUntil(_)));
        breaker.record(false, at(3), 0.5);
        assert_eq!(breaker.admit(at(3)), Gate::Pass);
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let (mut breaker, mut now, mut pauses) = (opened(), at(0), Vec::new());
        for _ in 0..10 {
            let until = breaker.open_until().unwrap();
            pauses.push(since(now, until).as_secs());
            now = until;
            assert_eq!(breaker.admit(now), Gate::Probe);
            breaker.record(true, now, 0.9999);
        }
        assert_eq!(pauses[..5], [1, 3, 7, 15, 31]);
        assert!(pauses[5..].iter().all(|secs| (59..=60).contains(secs)), "{pauses:?}");
    }

    #[test]
    fn late_reports_of_calls_under_way() {
        let mut breaker = opened();
        let before = breaker.clone();
        breaker.record(true, at(1), 0.5);
        assert_eq!(breaker, before);
        breaker.record(false, at(1), 0.5);
        assert_eq!(breaker.admit(at(1)), Gate::Pass);
    }

    #[test]
    fn a_lost_or_abandoned_probe_does_not_block_for_ever() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(at(10)), Gate::Probe);
        breaker.abandon(at(10));
        assert_eq!(breaker.admit(at(10)), Gate::Probe);
        assert!(matches!(breaker.admit(at(11)), Gate::WaitUntil(_)));
        assert_eq!(breaker.admit(at(10 + 90)), Gate::Probe);
    }
}

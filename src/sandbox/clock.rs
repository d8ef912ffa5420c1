//! The sandbox's own time: a given clock plus what was travelled.
//!
//! Only forward, so that windows, token lives and message ages stay in order.

use crate::util::clock::{Clock, after, from_ms};
use jiff::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A clock that can be moved forward.
#[derive(Debug)]
pub(crate) struct SandboxClock {
    base: Clock,
    ahead_ms: AtomicI64,
}

impl SandboxClock {
    pub fn new(base: Clock) -> Self {
        Self { base, ahead_ms: AtomicI64::new(0) }
    }

    /// The present moment in the sandbox.
    pub fn now(&self) -> Timestamp {
        from_ms(self.base.now().as_millisecond().saturating_add(self.ahead_ms.load(Ordering::Relaxed)))
    }

    /// Moves the time forward; returns the new present.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let _ = self.ahead_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |ahead| Some(ahead.saturating_add(by)));
        self.now()
    }

    /// How far ahead of the given clock this one is.
    pub fn ahead(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.ahead_ms.load(Ordering::Relaxed)).unwrap_or(0))
    }
}

/// `since`, in whole milliseconds, negative where `to` is earlier.
pub(crate) fn ms_between(from: Timestamp, to: Timestamp) -> i64 {
    to.as_millisecond().saturating_sub(from.as_millisecond())
}

/// The moment `by` after `at`.
pub(crate) fn plus(at: Timestamp, by: Duration) -> Timestamp {
    after(at, by)
}

//! The one place that reads the wall clock.

use jiff::Timestamp;
use std::sync::Arc;

/// A source of "now" that surfaces and flows hold and pure code never sees.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::from_fn(system_now)
    }

    /// A clock made of a function, for tests and for paused time.
    pub fn from_fn(f: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(f))
    }

    /// A clock that starts at `start` and moves with tokio's (pausable) clock.
    pub fn tokio(start: Timestamp) -> Self {
        let origin = tokio::time::Instant::now();
        Self::from_fn(move || {
            let passed = tokio::time::Instant::now().duration_since(origin);
            from_ms(start.as_millisecond().saturating_add(i64::try_from(passed.as_millis()).unwrap_or(i64::MAX)))
        })
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

#[allow(clippy::disallowed_methods)]
fn system_now() -> Timestamp {
    Timestamp::now()
}

/// A timestamp from epoch milliseconds; out-of-range values are clamped.
pub fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// `now` plus a duration, saturating.
pub fn after(now: Timestamp, by: std::time::Duration) -> Timestamp {
    from_ms(now.as_millisecond().saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

/// `at` less a duration, saturating.
pub fn before(at: Timestamp, by: std::time::Duration) -> Timestamp {
    from_ms(at.as_millisecond().saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

/// The time from `from` to `to`; zero when `to` is earlier.
pub fn since(from: Timestamp, to: Timestamp) -> std::time::Duration {
    std::time::Duration::from_millis(u64::try_from(to.as_millisecond().saturating_sub(from.as_millisecond())).unwrap_or(0))
}

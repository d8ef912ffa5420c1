//! The last hour in figures, by the minute: what metrics say only to whoever asks them twice.
//!
//! By a clock that only goes forward; in memory only, so it begins with the process.

use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Minutes that are kept, the one that runs included.
const MINUTES: u64 = 60;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// Webhooks that were stored.
    Accepted,
    /// Webhooks that were answered with an error.
    Refused,
    /// Alerts in accepted webhooks.
    Alerts,
    /// First messages that arrived.
    Sent,
    /// Edits that arrived.
    Edited,
    /// Replies that arrived.
    Replied,
    /// Calls that did not work, by class.
    Failed(&'static str),
    /// Effects given up.
    Dead,
}

/// The sums of the last hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LastHour {
    /// Seconds that are counted: 3600, or since the start.
    pub seconds: u64,
    /// Webhooks that were stored.
    pub accepted: u64,
    /// Webhooks that were answered with an error.
    pub refused: u64,
    /// Alerts in accepted webhooks.
    pub alerts: u64,
    /// First messages that arrived.
    pub sent: u64,
    /// Edits that arrived.
    pub edited: u64,
    /// Replies that arrived.
    pub replied: u64,
    /// Calls that did not work, by class.
    pub failed: BTreeMap<&'static str, u64>,
    /// Effects given up.
    pub dead: u64,
}

/// Counts by the minute.
#[derive(Debug)]
pub struct Recent {
    started: Instant,
    minutes: Mutex<BTreeMap<u64, BTreeMap<Counted, u64>>>,
}

impl Default for Recent {
    fn default() -> Self {
        Self { started: Instant::now(), minutes: Mutex::default() }
    }
}

impl Recent {
    /// Counts now.
    pub fn count(&self, what: Counted, by: u64) {
        self.count_at(self.started.elapsed().as_secs(), what, by);
    }

    /// The sums as of now.
    pub fn last_hour(&self) -> LastHour {
        self.last_hour_at(self.started.elapsed().as_secs())
    }

    fn minutes(&self) -> MutexGuard<'_, BTreeMap<u64, BTreeMap<Counted, u64>>> {
        self.minutes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count_at(&self, second: u64, what: Counted, by: u64) {
        let minute = second / 60;
        let mut minutes = self.minutes();
        if !minutes.contains_key(&minute) {
            minutes.retain(|old, _| old + MINUTES > minute);
        }
        *minutes.entry(minute).or_default().entry(what).or_default() += by;
    }

    fn last_hour_at(&self, second: u64) -> LastHour {
        let minute = second / 60;
        let seconds = second.min((MINUTES - 1) * 60 + second % 60);
        let mut hour = LastHour { seconds, ..LastHour::default() };
        for (what, count) in self.minutes().iter().filter(|(old, _)| *old + MINUTES > minute).flat_map(|(_, counts)| counts) {
            let field = match what {
                Counted::Accepted => &mut hour.accepted,
                Counted::Refused => &mut hour.refused,
                Counted::Alerts => &mut hour.alerts,
                Counted::Sent => &mut hour.sent,
                Counted::Edited => &mut hour.edited,
                Counted::Replied => &mut hour.replied,
                Counted::Failed(class) => hour.failed.entry(class).or_default(),
                Counted::Dead => &mut hour.dead,
            };
            *field += count;
        }
        hour
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_sixty_minutes_and_no_more() {
        let recent = Recent::default();
        recent.count_at(10, Counted::Accepted, 1);
        recent.count_at(70, Counted::Accepted, 2);
        recent.count_at(70, Counted::Failed("rate"), 3);
        let hour = recent.last_hour_at(100);
        assert_eq!((hour.seconds, hour.accepted, hour.failed["rate"]), (100, 3, 3));
        let hour = recent.last_hour_at(3605);
        assert_eq!((hour.seconds, hour.accepted), (3545, 2), "the first minute is over");
        recent.count_at(10_000, Counted::Dead, 1);
        assert_eq!(recent.last_hour_at(10_000), LastHour { seconds: 3580, dead: 1, ..LastHour::default() });
        assert_eq!(recent.minutes().len(), 1, "nothing older is kept");
    }
}

//! The month's calls of each app, where the tenant's plan has a number of them.
//!
//! Pure. Only our own calls are known and other apps of the tenant share the number, so this is a lower bound: it
//! warns early, the platform's own refusal (99991403) is what stops an app.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use std::collections::BTreeMap;

/// Percentage at which to warn and to begin saving.
const SAVE_FROM_PERCENT: u64 = 80;

/// This month's calls of one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// `2026-11`, in the platform's zone.
    pub month: String,
    /// Our own calls so far.
    pub used: u64,
    /// The configured number.
    pub of: Option<u64>,
}

impl Usage {
    /// Whether calls that can be done without should be.
    pub fn saver(&self) -> bool {
        self.of.is_some_and(|of| self.used.saturating_mul(100) >= of.saturating_mul(SAVE_FROM_PERCENT))
    }
}

/// An app came to 80 % of its month's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaWarning {
    /// The app's name.
    pub app: String,
    /// What is used, of what.
    pub usage: Usage,
}

#[derive(Debug, Clone)]
struct Count {
    month: String,
    used: u64,
    warned: bool,
}

/// The counts of all apps.
#[derive(Debug, Default)]
pub struct Quota {
    counts: BTreeMap<String, Count>,
    warnings: Vec<QuotaWarning>,
}

impl Quota {
    /// Counts one call.
    pub fn count(&mut self, app: &str, of: Option<u64>, now: Timestamp) {
        let month = month(now);
        let count = match self.counts.get_mut(app) {
            Some(count) => count,
            None => self.counts.entry(app.to_owned()).or_insert(Count { month: month.clone(), used: 0, warned: false }),
        };
        if count.month != month {
            *count = Count { month, used: 0, warned: false };
        }
        count.used += 1;
        let usage = Usage { month: count.month.clone(), used: count.used, of };
        if usage.saver() && !count.warned {
            count.warned = true;
            self.warnings.push(QuotaWarning { app: app.to_owned(), usage });
        }
    }

    /// This month's calls of an app.
    pub fn usage(&self, app: &str, of: Option<u64>, now: Timestamp) -> Usage {
        let month = month(now);
        let used = self.counts.get(app).filter(|count| count.month == month).map_or(0, |count| count.used);
        Usage { month, used, of }
    }

    /// Takes up an earlier count; what was counted since is added.
    pub fn restore(&mut self, app: &str, month: &str, used: u64) {
        match self.counts.get_mut(app) {
            Some(count) if count.month == month => count.used += used,
            Some(_) => {}
            None => {
                self.counts.insert(app.to_owned(), Count { month: month.to_owned(), used, warned: false });
            }
        }
    }

    /// Warnings since the last call.
    pub fn take_warnings(&mut self) -> Vec<QuotaWarning> {
        std::mem::take(&mut self.warnings)
    }
}

/// The month in the platform's zone, UTC+8: the number begins anew on its first.
fn month(now: Timestamp) -> String {
    let zone = TimeZone::fixed(Offset::constant(8));
    now.to_zoned(zone).strftime("%Y-%m").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn warns_once_a_month_at_eighty_percent() {
        let mut quota = Quota::default();
        for n in 1..=10 {
            quota.count("ops", Some(10), at("2026-11-30T10:00:00Z"));
            assert_eq!(quota.usage("ops", Some(10), at("2026-11-30T10:00:00Z")).saver(), n >= 8);
            assert_eq!(quota.take_warnings().len(), usize::from(n == 8), "{n}");
        }
        // 16:00 UTC is midnight where the platform counts.
        let december = at("2026-11-30T16:00:00Z");
        assert_eq!(quota.usage("ops", Some(10), december).used, 0);
        quota.count("ops", Some(10), december);
        assert_eq!(quota.usage("ops", Some(10), december), Usage { month: "2026-12".into(), used: 1, of: Some(10) });
    }

    #[test]
    fn no_number_no_saving() {
        let mut quota = Quota::default();
        quota.count("ops", None, at("2026-11-30T10:00:00Z"));
        assert!(!quota.usage("ops", None, at("2026-11-30T10:00:00Z")).saver());
        assert!(quota.take_warnings().is_empty());
    }

    #[test]
    fn goes_on_after_a_restart() {
        let mut quota = Quota::default();
        quota.restore("ops", "2026-11", 700);
        quota.count("ops", Some(1000), at("2026-11-30T10:00:00Z"));
        assert_eq!(quota.usage("ops", Some(1000), at("2026-11-30T10:00:00Z")).used, 701);
        quota.restore("ops", "2026-10", 900);
        assert_eq!(quota.usage("ops", Some(1000), at("2026-11-30T10:00:00Z")).used, 701);
    }
}

//! The month's calls, where the tenant's plan has a number of them. The number is the tenant's, over all of its apps, so the
//! calls of every app that is of one tenant here are added up.
//!
//! Pure. Only our own calls are known and other apps of the tenant share the number, so this is a lower bound: it
//! warns early, the platform's own refusal (99991403) is what stops an app. The month begins anew on its first in
//! the platform's zone, UTC+8.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use std::collections::BTreeMap;

/// Percentage at which to warn and to begin saving.
const SAVE_FROM_PERCENT: u64 = 80;

/// This month's calls of one tenant.
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

/// A tenant came to 80 % of its month's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaWarning {
    /// The names of its apps.
    pub apps: Vec<String>,
    /// What is used, of what.
    pub usage: Usage,
}

/// An app and its part in a tenant's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Apps with the same word share a number.
    pub tenant: String,
    /// The number as this app names it; of several the smallest holds.
    pub monthly_calls: Option<u64>,
}

#[derive(Debug, Clone)]
struct Count {
    month: String,
    used: u64,
}

/// The counts of all apps.
#[derive(Debug, Default)]
pub struct Quota {
    members: BTreeMap<String, Member>,
    counts: BTreeMap<String, Count>,
    /// The month and number for which a tenant was warned of.
    warned: BTreeMap<String, (String, u64)>,
    warnings: Vec<QuotaWarning>,
}

impl Quota {
    /// Which apps there are, and of which tenant; what is counted stays counted.
    pub fn configure(&mut self, members: impl IntoIterator<Item = (String, Member)>) {
        self.members = members.into_iter().collect();
    }

    /// Counts one call.
    pub fn count(&mut self, app: &str, now: Timestamp) {
        let month = month(now);
        match self.counts.get_mut(app) {
            Some(count) if count.month == month => count.used += 1,
            Some(count) => *count = Count { month, used: 1 },
            None => drop(self.counts.insert(app.to_owned(), Count { month, used: 1 })),
        }
        if self.newly_saving(app, now) {
            let warning = QuotaWarning { apps: self.apps_of(app).map(str::to_owned).collect(), usage: self.usage(app, now) };
            self.warnings.push(warning);
        }
    }

    /// This month's calls of an app's tenant.
    pub fn usage(&self, app: &str, now: Timestamp) -> Usage {
        let month = month(now);
        let used = self.apps_of(app).map(|app| self.of_month(app, &month)).sum();
        let of = self.apps_of(app).filter_map(|app| self.members.get(app)?.monthly_calls).min();
        Usage { month, used, of }
    }

    /// The month, and this app's own calls in it.
    pub fn own(&self, app: &str, now: Timestamp) -> (String, u64) {
        let month = month(now);
        let used = self.of_month(app, &month);
        (month, used)
    }

    /// Takes up the count of an earlier process, which has told of it if there was something to tell; what was counted since is
    /// added. Counts of other months are ignored.
    pub fn restore(&mut self, app: &str, month_kept: &str, used: u64, now: Timestamp) {
        if month_kept != month(now) {
            return;
        }
        match self.counts.get_mut(app) {
            Some(count) if count.month == month_kept => count.used += used,
            _ => drop(self.counts.insert(app.to_owned(), Count { month: month_kept.to_owned(), used })),
        }
        self.newly_saving(app, now);
    }

    /// Warnings since the last call.
    pub fn take_warnings(&mut self) -> Vec<QuotaWarning> {
        std::mem::take(&mut self.warnings)
    }

    /// Whether an app's tenant came to its 80 % and this was not known for this month and number; from now on it is.
    fn newly_saving(&mut self, app: &str, now: Timestamp) -> bool {
        let usage = self.usage(app, now);
        let (true, Some(of), Some(member)) = (usage.saver(), usage.of, self.members.get(app)) else { return false };
        let known = Some((usage.month.clone(), of));
        self.warned.insert(member.tenant.clone(), (usage.month, of)) != known
    }

    fn of_month(&self, app: &str, month: &str) -> u64 {
        self.counts.get(app).filter(|count| count.month == month).map_or(0, |count| count.used)
    }

    /// The apps of an app's tenant, itself among them.
    fn apps_of<'s>(&'s self, app: &'s str) -> impl Iterator<Item = &'s str> {
        let tenant = self.members.get(app).map(|member| member.tenant.as_str());
        let others = self.members.iter().filter(move |(_, member)| Some(member.tenant.as_str()) == tenant);
        std::iter::once(app).filter(move |_| tenant.is_none()).chain(others.map(|(name, _)| name.as_str()))
    }
}

/// The month in the platform's zone.
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

    const NOW: &str = "2026-11-30T10:00:00Z";

    fn quota(members: &[(&str, &str, Option<u64>)]) -> Quota {
        let mut quota = Quota::default();
        let member = |(app, tenant, monthly_calls): &(&str, &str, Option<u64>)| {
            ((*app).to_owned(), Member { tenant: (*tenant).to_owned(), monthly_calls: *monthly_calls })
        };
        quota.configure(members.iter().map(member));
        quota
    }

    #[test]
    fn warns_once_a_month_at_eighty_percent() {
        let mut quota = quota(&[("ops", "t", Some(10))]);
        for n in 1..=10 {
            quota.count("ops", at(NOW));
            assert_eq!(quota.usage("ops", at(NOW)).saver(), n >= 8);
            assert_eq!(quota.take_warnings().len(), usize::from(n == 8), "{n}");
        }
        // 16:00 UTC is midnight where the platform counts.
        assert_eq!(quota.usage("ops", at("2026-11-30T15:59:59Z")).used, 10);
        let december = at("2026-11-30T16:00:00Z");
        assert_eq!(quota.usage("ops", december).used, 0);
        for n in 1..=8 {
            quota.count("ops", december);
            assert_eq!(quota.take_warnings().len(), usize::from(n == 8), "{n}: a new month, a new warning");
        }
        assert_eq!(quota.usage("ops", december), Usage { month: "2026-12".into(), used: 8, of: Some(10) });
    }

    #[test]
    fn no_number_no_saving() {
        let mut quota = quota(&[("ops", "t", None)]);
        quota.count("ops", at(NOW));
        assert!(!quota.usage("ops", at(NOW)).saver());
        assert!(quota.take_warnings().is_empty());
    }

    #[test]
    fn apps_of_a_tenant_share_its_number() {
        let mut quota = quota(&[("a", "t", Some(10)), ("b", "t", None), ("c", "t", Some(100)), ("other", "u", Some(10))]);
        for _ in 0..4 {
            quota.count("a", at(NOW));
            quota.count("b", at(NOW));
        }
        let warnings = quota.take_warnings();
        assert_eq!(warnings.len(), 1, "one for the tenant");
        assert_eq!(
            (warnings[0].apps.as_slice(), warnings[0].usage.used, warnings[0].usage.of),
            (&["a".into(), "b".into(), "c".into()][..], 8, Some(10))
        );
        assert!(["a", "b", "c"].iter().all(|app| quota.usage(app, at(NOW)).saver()) && !quota.usage("other", at(NOW)).saver());
        assert_eq!((quota.own("a", at(NOW)).1, quota.own("c", at(NOW)).1), (4, 0), "each keeps its own count");
        // A larger number is bought.
        quota.configure([("a".to_owned(), Member { tenant: "t".into(), monthly_calls: Some(20) })]);
        assert!(!quota.usage("a", at(NOW)).saver());
        for n in 5..=16 {
            quota.count("a", at(NOW));
            assert_eq!(quota.take_warnings().len(), usize::from(n == 16), "{n}");
        }
    }

    #[test]
    fn goes_on_after_a_restart_without_telling_again() {
        let mut quota = quota(&[("ops", "t", Some(1000))]);
        quota.restore("ops", "2026-10", 900, at(NOW));
        assert_eq!(quota.usage("ops", at(NOW)).used, 0, "another month's");
        quota.count("ops", at(NOW));
        quota.restore("ops", "2026-11", 850, at(NOW));
        assert_eq!(quota.usage("ops", at(NOW)).used, 851);
        quota.count("ops", at(NOW));
        assert!(quota.take_warnings().is_empty() && quota.usage("ops", at(NOW)).saver());
    }
}

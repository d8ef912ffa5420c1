//! How long a used-up quota stays used up.
//!
//! Pure. The platform names days and months but no zone; they are taken as China's, where its servers count.

use super::endpoint::Endpoint;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan, Zoned};

/// China's.
const ZONE: Offset = Offset::constant(8);
/// The day's batch messages of an app are used up.
const BATCH_DAY: i64 = 11_247;
/// The month's calls of the tenant are used up.
const MONTH: i64 = 99_991_403;

/// When a quota that was used up by `now` is there again: the next midnight for the day's batch messages, the first of
/// next month for a free tenant's calls. `None` where the code is no quota, or only buying more helps.
pub fn quota_ends(endpoint: Endpoint, code: i64, now: Timestamp) -> Option<Timestamp> {
    let now = now.to_zoned(TimeZone::fixed(ZONE));
    let end: Zoned = match code {
        BATCH_DAY if endpoint == Endpoint::BatchSend => now.checked_add(1.day()).ok()?.start_of_day().ok()?,
        MONTH => now.first_of_month().ok()?.checked_add(1.month()).ok()?.start_of_day().ok()?,
        _ => return None,
    };
    Some(end.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_end_with_the_platforms_day_and_month() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let ends = |endpoint, code, now: &str| quota_ends(endpoint, code, at(now));
        assert_eq!(ends(Endpoint::BatchSend, 11_247, "2026-11-22T15:59:59Z"), Some(at("2026-11-22T16:00:00Z")));
        assert_eq!(ends(Endpoint::BatchSend, 11_247, "2026-11-22T16:00:00Z"), Some(at("2026-11-23T16:00:00Z")));
        assert_eq!(ends(Endpoint::Send, 99_991_403, "2026-12-31T15:00:00Z"), Some(at("2026-12-31T16:00:00Z")));
        assert_eq!(ends(Endpoint::Send, 99_991_403, "2026-12-31T17:00:00Z"), Some(at("2027-01-31T16:00:00Z")));
        assert_eq!(ends(Endpoint::LegacySend, 11_247, "2026-12-31T17:00:00Z"), None, "a frequency limit there");
        assert_eq!(ends(Endpoint::UrgentSms, 230_024, "2026-12-31T17:00:00Z"), None, "somebody has to buy more");
    }
}

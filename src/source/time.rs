//! Moments as senders write them.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

/// 2200-01-01T00:00:00Z; whatever lies beyond is a way to say "never".
const LATEST: i64 = 7_258_118_400;

/// Reads RFC 3339 (blanks and a missing zone, which counts as UTC, are forgiven), or unix seconds, milliseconds,
/// microseconds or nanoseconds told apart by their size. `None` for an empty text, for the zero time of Go and of
/// unix, for what lies outside of 1970 to 2200, and for anything else.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let moment = if text.starts_with(|c: char| c.is_ascii_digit()) { number(text).or_else(|| date(text)) } else { None }?;
    (1..LATEST).contains(&moment.as_second()).then_some(moment)
}

fn number(text: &str) -> Option<Timestamp> {
    if let Ok(whole) = text.parse::<i64>() {
        return match whole.unsigned_abs().checked_ilog10().unwrap_or(0) {
            0..=10 => Timestamp::from_second(whole),
            11..=13 => Timestamp::from_millisecond(whole),
            14..=16 => Timestamp::from_microsecond(whole),
            _ => Timestamp::from_nanosecond(i128::from(whole)),
        }
        .ok();
    }
    let seconds = text.parse::<f64>().ok().filter(|number| number.is_finite())?;
    let seconds = if seconds >= 1e11 { seconds / 1000.0 } else { seconds };
    Timestamp::from_duration(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}

fn date(text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    let civil = text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT")).unwrap_or(text).trim_end();
    if let Some(moment) = civil.rsplit_once(' ').and_then(|(start, zone)| zoned(start, zone)) {
        return Some(moment);
    }
    civil.parse::<DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// `2026-11-22 02:40:00 +0800`: a zone that stands apart.
fn zoned(start: &str, zone: &str) -> Option<Timestamp> {
    let offset = zone.starts_with(['+', '-']) || zone == "Z";
    offset.then(|| format!("{start}{zone}").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_senders_write() {
        let table = [
            ("2026-11-22T02:49:55.376Z", Some("2026-11-22T02:49:55.376Z")),
            ("2026-11-22T02:41:10+08:00", Some("2026-11-21T18:41:10Z")),
            ("2026-11-22T02:41:10.123456789-05:30", Some("2026-11-22T08:11:10.123456789Z")),
            ("2026-11-22 02:40:00 UTC", Some("2026-11-22T02:40:00Z")),
            ("2026-11-22 02:40:00", Some("2026-11-22T02:40:00Z")),
            ("2026-11-22 02:53:10.123", Some("2026-11-22T02:53:10.123Z")),
            ("2026-11-22 02:40:00 +0800", Some("2026-11-21T18:40:00Z")),
            ("1795316333", Some("2026-11-22T02:58:53Z")),
            (" 1795316333.5 ", Some("2026-11-22T02:58:53.5Z")),
            ("1795316333123", Some("2026-11-22T02:58:53.123Z")),
            ("1795316333123456", Some("2026-11-22T02:58:53.123456Z")),
            ("1795316333123456789", Some("2026-11-22T02:58:53.123456789Z")),
            ("0001-01-01T00:00:00Z", None),
            ("1970-01-01T00:00:00Z", None),
            ("9999-12-31T23:59:59Z", None),
            ("0", None),
            ("-5", None),
            ("1e400", None),
            ("NaN", None),
            ("", None),
            ("null", None),
            ("yesterday", None),
            ("{EVENT.TIME}", None),
            ("99999999999999999999999999", None),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text), expected.map(|text| text.parse().unwrap()), "{text}");
        }
    }
}

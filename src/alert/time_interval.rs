//! Time intervals in Alertmanager's form: when routes are muted or active.
//!
//! [`RawTimeInterval`] is what stands in the file, [`TimeInterval::parse`] checks it. Every part that is given must
//! hold; within one part any of its ranges will do. Times are `[start, end)`, all other ranges include both ends.

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use schemars::JsonSchema;
use serde::Deserialize;
use std::ops::RangeInclusive;

/// A time interval as typed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RawTimeInterval {
    /// Times of day, e.g. `{ start_time: "22:00", end_time: "24:00" }`; a night is two of them.
    pub times: Vec<RawTimeRange>,
    /// Days of the week, e.g. `monday:friday` or `sunday`.
    pub weekdays: Vec<Scalar>,
    /// Days of the month, e.g. `1:5`; negative ones count from the end: `-3:-1`.
    pub days_of_month: Vec<Scalar>,
    /// Months by name or number, e.g. `january:march`, `5:8`.
    pub months: Vec<Scalar>,
    /// Years, e.g. `2026:2028`.
    pub years: Vec<Scalar>,
    /// Time zone of the interval, e.g. `Asia/Shanghai`. Default: UTC.
    pub location: Option<String>,
}

/// A time of day range as typed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTimeRange {
    /// First minute, `HH:MM`.
    pub start_time: String,
    /// First minute after it, `HH:MM`, up to `24:00`.
    pub end_time: String,
}

/// A text, or a bare number read as text: `years: [2026]`.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(with = "ScalarSchema")]
pub struct Scalar(pub String);

/// What editors are told about a [`Scalar`].
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum ScalarSchema {
    Text(String),
    Number(i64),
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text such as monday:friday, or a number")
            }

            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// What is wrong with a time interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct TimeIntervalError {
    /// The key, with its position in a list: `weekdays[1]`, `times[0].start_time`, `location`.
    pub field: String,
    /// What is wrong, with the text as typed.
    pub message: String,
}

/// One time interval: all of its given parts must hold. Without any part it always holds.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeInterval {
    /// Minutes of the day, the end excluded.
    times: Vec<std::ops::Range<u16>>,
    /// Days of the week, Sunday is 0.
    weekdays: Vec<RangeInclusive<i16>>,
    /// Days of the month; negative ones count from its end.
    days_of_month: Vec<RangeInclusive<i16>>,
    months: Vec<RangeInclusive<i16>>,
    years: Vec<RangeInclusive<i16>>,
    location: TimeZone,
}

impl Default for TimeInterval {
    fn default() -> Self {
        let (times, location) = (Vec::new(), TimeZone::UTC);
        Self { times, weekdays: Vec::new(), days_of_month: Vec::new(), months: Vec::new(), years: Vec::new(), location }
    }
}

/// In the order of `to_sunday_zero_offset`.
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

impl TimeInterval {
    /// Checks an interval as typed.
    ///
    /// # Errors
    /// The first part that is wrong, by its key and text.
    pub fn parse(raw: &RawTimeInterval) -> Result<Self, TimeIntervalError> {
        let mut times = Vec::with_capacity(raw.times.len());
        for (at, range) in raw.times.iter().enumerate() {
            let error = |field: &str, message| TimeIntervalError { field: format!("times[{at}]{field}"), message };
            let start = minute(&range.start_time).map_err(|message| error(".start_time", message))?;
            let end = minute(&range.end_time).map_err(|message| error(".end_time", message))?;
            if start >= end {
                let typed = format!("{} to {}", range.start_time, range.end_time);
                return Err(error("", format!("{typed} ends before it starts; write a night as two: up to 24:00, and from 00:00")));
            }
            times.push(start..end);
        }
        Ok(Self {
            times,
            weekdays: ranges("weekdays", &raw.weekdays, weekday)?,
            days_of_month: ranges("days_of_month", &raw.days_of_month, day_of_month)?,
            months: ranges("months", &raw.months, month)?,
            years: ranges("years", &raw.years, year)?,
            location: match &raw.location {
                Some(name) => zone(name).map_err(|message| TimeIntervalError { field: "location".to_owned(), message })?,
                None => TimeZone::UTC,
            },
        })
    }

    /// Whether `now` lies in the interval.
    pub fn contains(&self, now: Timestamp) -> bool {
        let now = now.to_zoned(self.location.clone());
        let minute = u16::from(now.hour().unsigned_abs()) * 60 + u16::from(now.minute().unsigned_abs());
        let weekday = i16::from(now.weekday().to_sunday_zero_offset());
        any(&self.times, |range| range.contains(&minute))
            && any(&self.weekdays, |range| range.contains(&weekday))
            && any(&self.days_of_month, |range| in_month(range, &now))
            && any(&self.months, |range| range.contains(&i16::from(now.month())))
            && any(&self.years, |range| range.contains(&now.year()))
    }
}

fn any<T>(ranges: &[T], holds: impl Fn(&T) -> bool) -> bool {
    ranges.is_empty() || ranges.iter().any(holds)
}

fn in_month(range: &RangeInclusive<i16>, now: &Zoned) -> bool {
    let last = i16::from(now.days_in_month());
    let day = |n: i16| if n < 0 { last + n + 1 } else { n };
    (day(*range.start())..=day(*range.end())).contains(&i16::from(now.day()))
}

/// `HH:MM` as minutes of the day, `24:00` included.
fn minute(text: &str) -> Result<u16, String> {
    let bytes = text.as_bytes();
    let number = |at: usize| match (bytes.get(at), bytes.get(at + 1)) {
        (Some(a @ b'0'..=b'9'), Some(b @ b'0'..=b'9')) => Some(u16::from(a - b'0') * 10 + u16::from(b - b'0')),
        _ => None,
    };
    match (bytes.len(), number(0), bytes.get(2), number(3)) {
        (5, Some(hour), Some(b':'), Some(minute)) if (hour < 24 && minute < 60) || (hour, minute) == (24, 0) => Ok(hour * 60 + minute),
        _ => Err(format!("{text:?} is not a time of day; write HH:MM from 00:00 to 24:00")),
    }
}

fn ranges(field: &str, texts: &[Scalar], member: fn(&str) -> Result<i16, String>) -> Result<Vec<RangeInclusive<i16>>, TimeIntervalError> {
    let range = |text: &str| {
        let text = text.trim();
        let (start, end) = text.split_once(':').unwrap_or((text, text));
        let (start, end) = (member(start.trim())?, member(end.trim())?);
        if start < 0 && end > 0 {
            return Err(format!("{text:?} counts its start from the end of the month, so its end must be negative, too"));
        }
        // from the shortest month's end, so that what is refused is wrong in every month
        let place = |n: i16| if n < 0 { 28 + n } else { n };
        if place(start) > place(end) {
            let hint = if field == "years" { "" } else { "; write it as two ranges" };
            return Err(format!("{text:?} ends before it starts{hint}"));
        }
        Ok(start..=end)
    };
    let error = |at: usize, message| TimeIntervalError { field: format!("{field}[{at}]"), message };
    texts.iter().enumerate().map(|(at, text)| range(&text.0).map_err(|message| error(at, message))).collect()
}

fn named(text: &str, names: &[&str], what: &str) -> Result<i16, String> {
    let lower = text.to_lowercase();
    if let Some(at) = names.iter().position(|name| *name == lower) {
        return i16::try_from(at).map_err(|error| error.to_string());
    }
    let short = names.iter().copied().find(|name| lower.len() >= 2 && name.starts_with(&lower));
    let hint = short.or_else(|| crate::util::text::suggest(text, names.iter().copied()));
    Err(format!("{text:?} is not a {what}{}", hint.map(|hint| format!("; did you mean {hint}?")).unwrap_or_default()))
}

fn weekday(text: &str) -> Result<i16, String> {
    named(text, &WEEKDAYS, "weekday").map_err(|message| match message.strip_suffix("weekday") {
        Some(_) => format!("{message}; write sunday, monday, ... or a range such as monday:friday"),
        None => message,
    })
}

fn month(text: &str) -> Result<i16, String> {
    match text.parse::<i16>() {
        Ok(number @ 1..=12) => Ok(number),
        Ok(_) => Err(format!("{text:?} is not a month; write 1 to 12 or a name")),
        Err(_) => named(text, &MONTHS, "month").map(|at| at + 1),
    }
}

fn day_of_month(text: &str) -> Result<i16, String> {
    match text.parse::<i16>() {
        Ok(number @ (1..=31 | -31..=-1)) => Ok(number),
        _ => Err(format!("{text:?} is not a day of the month; write 1 to 31, or -1 (the last) to -31")),
    }
}

fn year(text: &str) -> Result<i16, String> {
    match text.parse::<i16>() {
        Ok(number @ 0..=9999) => Ok(number),
        _ => Err(format!("{text:?} is not a year")),
    }
}

fn zone(name: &str) -> Result<TimeZone, String> {
    if name.is_empty() || name.eq_ignore_ascii_case("utc") {
        return Ok(TimeZone::UTC);
    }
    if name.eq_ignore_ascii_case("local") {
        return Ok(TimeZone::system());
    }
    TimeZone::get(name).map_err(|_| format!("{name:?} is not a known time zone; write a name such as Asia/Shanghai or UTC"))
}

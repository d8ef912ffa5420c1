//! Moments: `time date datetime ago`. A card shows them in the reader's own zone, other places in the configured one.

use super::Args;
use crate::config::settings::Locale;
use crate::render::marks::{Mark, TimeStyle};
use crate::render::words;
use jiff::Timestamp;
use serde_json::Value;

/// RFC 3339, unix seconds or unix milliseconds.
pub fn parse(value: &Value) -> Option<Timestamp> {
    let number = |n: i64| {
        // Seconds stay below this until the year 5138; milliseconds are above it since 1973.
        if n.unsigned_abs() < 100_000_000_000 { Timestamp::from_second(n).ok() } else { Timestamp::from_millisecond(n).ok() }
    };
    match value {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|f| f as i64)).and_then(number),
        Value::String(text) => text.trim().parse::<Timestamp>().ok().or_else(|| text.trim().parse::<i64>().ok().and_then(number)),
        _ => None,
    }
}

fn moment(args: &Args<'_, '_>, style: TimeStyle, format: &str) -> Value {
    let Some(at) = parse(args.value(0)) else { return args.value(0).clone() };
    if args.marked {
        return Mark::Time { ms: at.as_millisecond(), style }.token().into();
    }
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime(format).to_string().into()
}

/// `{{time alert.startsAt}}`: `14:30`; `{{time x seconds=true}}`: `14:30:05`.
pub fn time(args: &Args<'_, '_>) -> Value {
    if args.named("seconds") == &Value::Bool(true) {
        return moment(args, TimeStyle::TimeSeconds, "%H:%M:%S");
    }
    moment(args, TimeStyle::Time, "%H:%M")
}

/// `{{date alert.startsAt}}`
pub fn date(args: &Args<'_, '_>) -> Value {
    moment(args, TimeStyle::Date, "%Y-%m-%d")
}

/// `{{datetime alert.startsAt}}`
pub fn datetime(args: &Args<'_, '_>) -> Value {
    moment(args, TimeStyle::DateTime, "%Y-%m-%d %H:%M")
}

/// `{{ago alert.startsAt}}`: how long before the message was made.
pub fn ago(args: &Args<'_, '_>) -> Value {
    let (Some(at), Some(now)) = (parse(args.value(0)), parse(args.root("now"))) else { return Value::Null };
    let text = words::duration(args.locale(), crate::util::clock::since(at, now));
    match args.locale() {
        Locale::Zh => format!("{text}前").into(),
        Locale::En => format!("{text} ago").into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::render::helpers::tests::plain;
    use serde_json::json;

    #[test]
    fn table() {
        let data = json!({"at": "2026-11-22T02:30:05+08:00", "s": 1_763_780_000, "ms": 1_763_780_000_000_i64, "bad": "soon",
            "now": "2026-11-21T18:40:05Z", "locale": "en"});
        for (template, wanted) in [
            ("{{time at}} {{time at seconds=true}} {{date at}} {{datetime at}}", "18:30 18:30:05 2026-11-21 2026-11-21 18:30"),
            ("{{datetime s}} {{datetime ms}}", "2025-11-22 02:53 2025-11-22 02:53"),
            ("{{time bad}}{{time missing}}", "soon"),
            ("{{ago at}}", "10m ago"),
            ("{{ago missing}}", ""),
        ] {
            assert_eq!(plain(template, &data), wanted, "{template}");
        }
    }
}

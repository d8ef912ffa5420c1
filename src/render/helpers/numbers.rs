//! Numbers as people read them: `humanize humanizeBytes humanizeDuration humanizePercentage`.
//! What does not read like a number is shown as it is.

use super::Args;
use crate::render::words;
use serde_json::Value;
use std::time::Duration;

/// `{{humanize x}}`: metric prefixes, as in Prometheus templates: `1.234k`, `12m`.
pub fn humanize(args: &Args<'_, '_>) -> Value {
    let Some(number) = args.number(0) else { return args.value(0).clone() };
    if number == 0.0 {
        return "0".into();
    }
    let (mut scaled, mut prefix) = (number, "");
    if number.abs() >= 1.0 {
        for next in ["k", "M", "G", "T", "P", "E", "Z", "Y"] {
            if scaled.abs() < 1000.0 {
                break;
            }
            scaled /= 1000.0;
            prefix = next;
        }
    } else {
        for next in ["m", "u", "n", "p", "f", "a", "z", "y"] {
            if scaled.abs() >= 1.0 {
                break;
            }
            scaled *= 1000.0;
            prefix = next;
        }
    }
    format!("{}{prefix}", significant(scaled)).into()
}

/// `{{humanizeBytes x}}`: `1.5 GiB`.
pub fn humanize_bytes(args: &Args<'_, '_>) -> Value {
    let Some(mut number) = args.number(0) else { return args.value(0).clone() };
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        if number.abs() < 1024.0 {
            break;
        }
        number /= 1024.0;
        unit = next;
    }
    format!("{} {unit}", significant(number)).into()
}

/// `{{humanizeDuration seconds}}`: `1 小时 5 分钟`, `1h 5m`.
pub fn humanize_duration(args: &Args<'_, '_>) -> Value {
    let Some(seconds) = args.number(0) else { return args.value(0).clone() };
    if seconds.abs() < 1.0 && seconds != 0.0 {
        return format!("{}ms", significant(seconds * 1000.0)).into();
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    let duration = Duration::try_from_secs_f64(seconds.abs()).unwrap_or(Duration::MAX);
    format!("{sign}{}", words::duration(args.locale(), duration)).into()
}

/// `{{humanizePercentage ratio}}`: `0.083` is `8.3%`.
pub fn humanize_percentage(args: &Args<'_, '_>) -> Value {
    let Some(ratio) = args.number(0) else { return args.value(0).clone() };
    format!("{}%", significant(ratio * 100.0)).into()
}

/// Four significant digits without trailing zeros.
pub fn significant(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return if number == 0.0 { "0".to_owned() } else { number.to_string() };
    }
    let digits = (3 - number.abs().log10().floor() as i32).clamp(0, 12);
    let text = format!("{number:.*}", usize::try_from(digits).unwrap_or(0));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use crate::render::helpers::tests::plain;
    use serde_json::json;

    #[test]
    fn table() {
        let data = json!({"locale": "en"});
        for (template, wanted) in [
            ("{{humanize 1234567}}", "1.235M"),
            ("{{humanize 0.0123}}", "12.3m"),
            ("{{humanize 0}}", "0"),
            ("{{humanize \"-1500\"}}", "-1.5k"),
            ("{{humanize \"n/a\"}}", "n/a"),
            ("{{humanizeBytes 1610612736}}", "1.5 GiB"),
            ("{{humanizeBytes 512}}", "512 B"),
            ("{{humanizeDuration 3900}}", "1h 5m"),
            ("{{humanizeDuration -60}}", "-1m"),
            ("{{humanizeDuration 0.25}}", "250ms"),
            ("{{humanizePercentage 0.0834}}", "8.34%"),
            ("{{humanizePercentage missing}}", ""),
        ] {
            assert_eq!(plain(template, &data), wanted, "{template}");
        }
        assert_eq!(plain("{{humanizeDuration 3900}}", &json!({"locale": "zh"})), "1 小时 5 分钟");
    }
}

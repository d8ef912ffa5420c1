//! Moments as text, in the formats of `local_datetime`.

use super::Reader;
use jiff::Timestamp;
use jiff::civil::Weekday;

/// The moment in this format; `None` where it is none. A format that is not known shows date and time.
pub fn show(millisecond: i64, format: &str, reader: &Reader<'_>) -> Option<String> {
    let at = Timestamp::from_millisecond(millisecond).ok()?.to_zoned(reader.timezone.clone());
    let (chinese, weekday) = (reader.chinese, at.weekday());
    Some(match format {
        "date_num" => at.strftime("%Y-%m-%d").to_string(),
        "date_short" if chinese => format!("{}月{}日", at.month(), at.day()),
        "date_short" => format!("{} {}", at.strftime("%b"), at.day()),
        "date" if chinese => format!("{}年{}月{}日", at.year(), at.month(), at.day()),
        "date" => format!("{} {}, {}", at.strftime("%b"), at.day(), at.year()),
        "week" if chinese => format!("星期{}", day(weekday)),
        "week" => at.strftime("%A").to_string(),
        "week_short" if chinese => format!("周{}", day(weekday)),
        "week_short" => at.strftime("%a").to_string(),
        "time" => at.strftime("%H:%M").to_string(),
        "time_sec" => at.strftime("%H:%M:%S").to_string(),
        "timezone" => zone(at.offset().seconds()),
        _ => at.strftime("%Y-%m-%d %H:%M").to_string(),
    })
}

const fn day(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "一",
        Weekday::Tuesday => "二",
        Weekday::Wednesday => "三",
        Weekday::Thursday => "四",
        Weekday::Friday => "五",
        Weekday::Saturday => "六",
        Weekday::Sunday => "日",
    }
}

/// `GMT+8`, `GMT-3:30`
fn zone(seconds: i32) -> String {
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 60);
    match minutes % 60 {
        0 => format!("GMT{sign}{}", minutes / 60),
        rest => format!("GMT{sign}{}:{rest:02}", minutes / 60),
    }
}

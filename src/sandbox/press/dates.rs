//! Dates and times of pickers, as the app is told: with the offset of the person's time zone.

use super::{PressError, invalid};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// The time zone of this IANA name.
pub(super) fn zone(name: &str) -> Result<TimeZone, PressError> {
    TimeZone::get(name).map_err(|_| invalid(format!("timezone: there is no {name:?}; write it like Asia/Shanghai")))
}

/// What a picker of this tag reports: `2024-04-29 +0800`, `07:07 +0800`, `2024-04-29 07:07 +0800`.
pub(super) fn reported(tag: &str, text: &str, zone: &TimeZone, now: Timestamp) -> Result<String, PressError> {
    let wrong = |form: &str| invalid(format!("{text:?} is not what a {tag} shows: write it like {form}"));
    let (moment, shown) = match tag {
        "picker_time" => {
            let time = Time::strptime("%H:%M", text).map_err(|_| wrong("07:07"))?;
            (now.to_zoned(zone.clone()).date().to_datetime(time), time.strftime("%H:%M").to_string())
        }
        "picker_datetime" => {
            let moment = DateTime::strptime("%Y-%m-%d %H:%M", text).map_err(|_| wrong("2024-04-29 07:07"))?;
            (moment, moment.strftime("%Y-%m-%d %H:%M").to_string())
        }
        _ => {
            let date = Date::strptime("%Y-%m-%d", text).map_err(|_| wrong("2024-04-29"))?;
            (date.to_datetime(Time::midnight()), date.strftime("%Y-%m-%d").to_string())
        }
    };
    let zoned = moment.to_zoned(zone.clone()).map_err(|_| wrong("2024-04-29"))?;
    Ok(format!("{shown} {}", zoned.strftime("%z")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pickers_report_with_the_offset_of_that_day() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let (shanghai, berlin) = (zone("Asia/Shanghai").unwrap(), zone("Europe/Berlin").unwrap());
        for (tag, text, zone, expected) in [
            ("date_picker", "2024-04-01", &shanghai, "2024-04-01 +0800"),
            ("picker_datetime", "2024-04-29 07:07", &shanghai, "2024-04-29 07:07 +0800"),
            ("picker_time", "00:00", &shanghai, "00:00 +0800"),
            ("date_picker", "2024-07-01", &berlin, "2024-07-01 +0200"),
            ("picker_time", "09:30", &berlin, "09:30 +0100"),
        ] {
            assert_eq!(reported(tag, text, zone, now).unwrap(), expected);
        }
        for (tag, text) in [("date_picker", "tomorrow"), ("picker_time", "25:00"), ("picker_datetime", "2024-04-29")] {
            assert!(matches!(reported(tag, text, &shanghai, now), Err(PressError::Invalid(_))), "{tag} {text}");
        }
        assert!(zone("Mars/Olympus").is_err());
    }
}

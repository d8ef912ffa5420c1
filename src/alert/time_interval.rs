//! Time intervals in Alertmanager's form.

use serde::Deserialize;

/// One time interval: all of its given parts must hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TimeInterval {}

/// As typed.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct RawTimeInterval {
    pub times: Vec<RawTimeRange>,
    pub weekdays: Vec<String>,
    pub days_of_month: Vec<String>,
    pub months: Vec<String>,
    pub years: Vec<String>,
    pub location: Option<String>,
}

/// As typed.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RawTimeRange {
    pub start_time: String,
    pub end_time: String,
}

impl TimeInterval {
    /// Stub until the real parser is merged.
    ///
    /// # Errors
    /// Names the field and its text.
    pub fn parse(raw: &RawTimeInterval) -> Result<Self, String> {
        for time in raw.times.iter().flat_map(|t| [&t.start_time, &t.end_time]) {
            if time.len() != 5 {
                return Err(format!("times: {time:?} is not a time of day like 08:30"));
            }
        }
        if let Some(zone) = &raw.location {
            jiff::tz::TimeZone::get(zone).map_err(|_| format!("location: {zone:?} is not a time zone"))?;
        }
        Ok(Self {})
    }
}

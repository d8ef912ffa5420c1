//! Lenient readers of single fields, shared by all kinds of senders.

use super::time;
use crate::alert::{Alert, Extra, Labels, Status};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Names that only larkhook may set: matchers see them, alerts never carry them.
pub(super) const RESERVED: [&str; 2] = ["__source__", "__receiver__"];

/// A value as text: numbers and booleans as written in JSON, lists and objects as JSON; `None` for null.
pub(super) fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

/// Takes a field as text; empty where it is missing or null.
pub(super) fn take_text(fields: &mut Map<String, Value>, name: &str) -> String {
    fields.remove(name).and_then(text).unwrap_or_default()
}

/// Takes a label set: null values, empty values, empty and reserved names are left out; anything but an object is empty.
pub(super) fn take_labels(fields: &mut Map<String, Value>, name: &str) -> Labels {
    let mut labels = take_annotations(fields, name);
    labels.retain(|name, value| !name.is_empty() && !value.is_empty() && !RESERVED.contains(&name.as_str()));
    labels
}

/// Takes an annotation set: empty values are kept.
pub(super) fn take_annotations(fields: &mut Map<String, Value>, name: &str) -> Labels {
    match fields.remove(name) {
        Some(Value::Object(map)) => map.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect(),
        _ => Labels::new(),
    }
}

/// Takes a moment: RFC 3339 or a number of seconds or milliseconds; `None` for the zero time and nonsense.
pub(super) fn take_time(fields: &mut Map<String, Value>, name: &str) -> Option<Timestamp> {
    time::parse(&take_text(fields, name))
}

/// A count that may be a number or its text; anything else is 0.
pub(super) fn take_count(fields: &mut Map<String, Value>, name: &str) -> u64 {
    match fields.remove(name) {
        Some(Value::Number(number)) => number.as_u64().unwrap_or(0),
        Some(Value::String(text)) => text.trim().parse().unwrap_or(0),
        _ => 0,
    }
}

/// What is left of an object, for templates.
pub(super) fn extra(fields: Map<String, Value>) -> Extra {
    fields.into_iter().collect()
}

/// The status that a sender's word means: the usual words of many senders; numbers mean opposite things and are unknown.
pub(super) fn status(word: &str) -> Option<Status> {
    const FIRING: &[&str] = &[
        "firing",
        "fire",
        "alerting",
        "alert",
        "alarm",
        "active",
        "open",
        "opened",
        "triggered",
        "problem",
        "critical",
        "warning",
        "warn",
        "error",
        "failed",
        "failure",
        "failing",
        "down",
        "degraded",
        "unhealthy",
        "no_data",
        "nodata",
        "insufficient_data",
        "re-triggered",
    ];
    const RESOLVED: &[&str] = &[
        "resolved",
        "resolve",
        "ok",
        "okay",
        "closed",
        "close",
        "recovered",
        "recovery",
        "normal",
        "inactive",
        "success",
        "succeeded",
        "passed",
        "up",
        "healthy",
        "cleared",
        "fixed",
    ];
    let word = word.trim().to_lowercase();
    if FIRING.contains(&word.as_str()) {
        Some(Status::Firing)
    } else if RESOLVED.contains(&word.as_str()) {
        Some(Status::Resolved)
    } else {
        None
    }
}

/// The end that goes with a status: none while firing; for a resolved alert never before its start.
pub(super) fn ends_at(status: Status, starts_at: Timestamp, ends_at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    match status {
        Status::Firing => None,
        Status::Resolved => Some(ends_at.unwrap_or(now).max(starts_at)),
    }
}

/// One alert of an Alertmanager-shaped body. `whole` is the status that the body's top level gives.
pub(super) fn alert(mut fields: Map<String, Value>, whole: Option<Status>, now: Timestamp) -> Alert {
    let labels = take_labels(&mut fields, "labels");
    let annotations = take_annotations(&mut fields, "annotations");
    let word = take_text(&mut fields, "status");
    let ended = take_time(&mut fields, "endsAt");
    let by_end = || ended.map(|ended| if ended <= now { Status::Resolved } else { Status::Firing });
    let status = status(&word).or(whole).or_else(by_end).unwrap_or(Status::Firing);
    let starts_at = take_time(&mut fields, "startsAt").unwrap_or(now);
    let generator_url = take_text(&mut fields, "generatorURL");
    let fingerprint = Some(take_text(&mut fields, "fingerprint")).filter(|text| !text.trim().is_empty());
    let fingerprint = fingerprint.unwrap_or_else(|| crate::alert::fingerprint(&labels));
    let ends_at = ends_at(status, starts_at, ended, now);
    Alert { status, labels, annotations, starts_at, ends_at, generator_url, fingerprint, extra: extra(fields) }
}

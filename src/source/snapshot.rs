//! Bodies in Alertmanager's shape: Alertmanager itself (version 4) and Grafana's unified alerting.
//!
//! A body is a snapshot of one group. The top level's status and common maps are left out of the batch: they are
//! computed from the alerts wherever they are shown (and lie where `max_alerts` cut some off).

use super::{Note, ParseError, Parsed, lenient};
use crate::alert::{Alert, Batch, Extra, Labels, Mode};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Top-level fields that are computed anew from the alerts.
const DERIVED: [&str; 3] = ["status", "commonLabels", "commonAnnotations"];

pub(super) fn parse(body: Value, now: Timestamp) -> Result<Parsed, ParseError> {
    match body {
        Value::Object(fields) => object(fields, now),
        Value::Array(_) => Err(ParseError::payload(
            "",
            "a list was sent, as Prometheus sends it to an Alertmanager; put an Alertmanager in between, or use a source of kind json",
        )),
        other => Err(ParseError::payload("", format!("an object with alerts was expected, not {}", kind(&other)))),
    }
}

/// The word for a JSON type.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

pub(super) fn object(mut fields: Map<String, Value>, now: Timestamp) -> Result<Parsed, ParseError> {
    let list = match fields.remove("alerts") {
        Some(Value::Array(list)) if !list.is_empty() => list,
        Some(Value::Array(_)) => return Err(ParseError::payload("/alerts", "the list of alerts is empty")),
        Some(other) => return Err(ParseError::payload("/alerts", format!("a list of alerts was expected, not {}", kind(&other)))),
        None => {
            let message = "there is no list of alerts here; for bodies of another shape use a source of kind json";
            return Err(ParseError::payload("/alerts", message));
        }
    };
    let whole = lenient::status(&lenient::take_text(&mut fields, "status"));
    let mut parsed = Parsed::default();
    let mut alerts = Vec::with_capacity(list.len());
    for (at, value) in list.into_iter().enumerate() {
        match value {
            Value::Object(fields) => alerts.push(lenient::alert(fields, whole, now)),
            other => parsed.ignore(format!("/alerts/{at}"), format!("an alert is an object, not {}", kind(&other))),
        }
    }
    if let (true, Some(Note { at, reason })) = (alerts.is_empty(), parsed.ignored.first()) {
        return Err(ParseError::payload(at, reason));
    }
    let batch = Batch {
        mode: Mode::Snapshot,
        receiver: unescape(&lenient::take_text(&mut fields, "receiver")),
        group_key: lenient::take_text(&mut fields, "groupKey"),
        group_labels: lenient::take_labels(&mut fields, "groupLabels"),
        external_url: lenient::take_text(&mut fields, "externalURL"),
        truncated: lenient::take_count(&mut fields, "truncatedAlerts"),
        alerts,
        extra: Extra::new(),
    };
    parsed.batches = grouped(batch);
    parsed.share(lenient::extra(fields.into_iter().filter(|(name, _)| !DERIVED.contains(&name.as_str())).collect()));
    Ok(parsed)
}

/// Senders that only imitate the shape may give no group key. Group labels then stand in for it; without them the body
/// says nothing of its group, so each alert name becomes a group of its own whose absence means nothing.
fn grouped(mut batch: Batch) -> Vec<Batch> {
    if !batch.group_key.is_empty() {
        return vec![batch];
    }
    if !batch.group_labels.is_empty() {
        batch.group_key = key_of(&batch.group_labels);
        return vec![batch];
    }
    let mut batches: Vec<Batch> = Vec::new();
    let mut places = std::collections::HashMap::new();
    let alerts: Vec<Alert> = std::mem::take(&mut batch.alerts);
    for alert in alerts {
        let name = alert.labels.get("alertname").cloned();
        let place = *places.entry(name.clone()).or_insert_with(|| {
            let labels: Labels = name.into_iter().map(|name| ("alertname".to_owned(), name)).collect();
            batches.push(Batch { mode: Mode::Delta, group_key: key_of(&labels), group_labels: labels, ..batch.clone() });
            batches.len() - 1
        });
        if let Some(batch) = batches.get_mut(place) {
            batch.alerts.push(alert);
        }
    }
    batches
}

/// Group labels in the way Alertmanager prints them in its group key.
fn key_of(labels: &Labels) -> String {
    let pairs: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(", "))
}

/// Undoes Go's `regexp.QuoteMeta`, which Alertmanager applies to the receiver's name.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = chars.peek().copied().filter(|next| c == '\\' && r"\.+*?()|[]{}^$".contains(*next));
        out.push(escaped.unwrap_or(c));
        if escaped.is_some() {
            chars.next();
        }
    }
    out
}

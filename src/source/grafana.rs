//! Grafana: unified alerting (Alertmanager's shape plus extras) and legacy alerting (one rule per body).
//!
//! The body tells them apart. A legacy body is one alert, the rule, because a rule that is fine again lists none of the
//! series it complained about. Legacy states: `alerting`, `no_data` and unknown ones fire; `ok` and `paused` (the rule
//! is switched off) resolve; `pending` is not an alert yet and is skipped.

use super::{ParseError, Parsed, lenient, snapshot};
use crate::alert::{Alert, Batch, Labels, Mode, Status};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub(super) fn parse(body: Value, now: Timestamp) -> Result<Parsed, ParseError> {
    match body {
        Value::Object(fields) if is_legacy(&fields) => Ok(legacy(fields, now)),
        body => unified(body, now),
    }
}

fn is_legacy(fields: &Map<String, Value>) -> bool {
    let has = |name: &str| fields.contains_key(name);
    !has("alerts") && has("state") && ["ruleId", "ruleName", "ruleUrl", "rule_url", "evalMatches"].into_iter().any(has)
}

fn unified(body: Value, now: Timestamp) -> Result<Parsed, ParseError> {
    let mut parsed = snapshot::parse(body, now)?;
    for batch in &mut parsed.batches {
        batch.alerts.iter_mut().for_each(explain);
        if batch.alerts.iter().all(is_test) {
            batch.mode = Mode::Test;
        }
    }
    Ok(parsed)
}

/// The contact point's Test button.
fn is_test(alert: &Alert) -> bool {
    let label = |name: &str| alert.labels.get(name).map(String::as_str);
    label("alertname") == Some("TestAlert") && label("instance") == Some("Grafana")
}

/// Rules without data and rules that fail arrive under a name that says nothing of the rule: give templates its own name
/// as `ruleName` and a `title`. Labels stay as they are, silences match on them.
fn explain(alert: &mut Alert) {
    let word = match alert.labels.get("alertname").map(String::as_str) {
        Some("DatasourceNoData") => "No Data",
        Some("DatasourceError") => "Error",
        _ => return,
    };
    let rule = alert.labels.get("rulename").cloned().unwrap_or_default();
    if !rule.is_empty() {
        alert.extra.entry("title".to_owned()).or_insert_with(|| format!("[{word}] {rule}").into());
        alert.extra.entry("ruleName".to_owned()).or_insert_with(|| rule.into());
    }
}

fn legacy(mut fields: Map<String, Value>, now: Timestamp) -> Parsed {
    let first = |fields: &mut Map<String, Value>, names: [&str; 2]| {
        let [new, old] = names.map(|name| lenient::take_text(fields, name));
        if new.is_empty() { old } else { new }
    };
    let state = lenient::take_text(&mut fields, "state").trim().to_lowercase();
    let mut parsed = Parsed::default();
    if state == "pending" {
        parsed.skipped = 1;
        return parsed;
    }
    let seen = |name: &str| fields.get(name).cloned().and_then(lenient::text).unwrap_or_default();
    let (org, id, title) = (seen("orgId"), seen("ruleId"), seen("title"));
    let mut name = lenient::take_text(&mut fields, "ruleName");
    if name.is_empty() {
        name = title.split_once("] ").map_or(title.as_str(), |(_, name)| name).to_owned();
    }
    let url = first(&mut fields, ["ruleUrl", "rule_url"]);
    let image = first(&mut fields, ["imageUrl", "image_url"]);
    let matches = fields.remove("evalMatches").unwrap_or_default();
    let message = lenient::take_text(&mut fields, "message");
    let mut labels = lenient::take_labels(&mut fields, "tags");
    if !name.is_empty() {
        labels.entry("alertname".to_owned()).or_insert_with(|| name.clone());
    }
    let annotations = if message.is_empty() { Labels::new() } else { [("summary".to_owned(), message)].into() };
    let status = match state.as_str() {
        "ok" | "paused" => Status::Resolved,
        _ => Status::Firing,
    };
    if !["ok", "paused", "alerting", "no_data"].contains(&state.as_str()) {
        parsed.warn("/state", format!("unknown state {state:?} counts as firing"));
    }
    let identity = if id.is_empty() { if url.is_empty() { name.clone() } else { url.clone() } } else { id.clone() };
    let mut alert = Alert {
        status,
        labels,
        annotations,
        starts_at: now,
        ends_at: lenient::ends_at(status, now, None, now),
        generator_url: url,
        fingerprint: crate::util::id::hash_id(&["grafana-legacy", &org, &identity])[..16].to_owned(),
        extra: values(matches),
    };
    let mut set = |name: &str, value: &str| alert.extra.insert(name.to_owned(), value.into());
    if !image.is_empty() {
        set("imageURL", &image);
    }
    if state == "no_data" && !name.is_empty() {
        set("title", &format!("[No Data] {name}"));
    }
    set("ruleName", &name);
    set("state", &state);
    let mode = if id == "0" { Mode::Test } else { Mode::Delta };
    parsed.batches.push(Batch {
        mode,
        receiver: String::new(),
        group_key: format!("org={org} rule={identity}"),
        group_labels: Labels::new(),
        external_url: String::new(),
        truncated: 0,
        alerts: vec![alert],
        extra: lenient::extra(fields),
    });
    parsed
}

/// The matches as unified alerting shows values: `values` by metric, `valueString` for all; the matches themselves stay.
fn values(matches: Value) -> crate::alert::Extra {
    let mut extra = crate::alert::Extra::new();
    let Value::Array(list) = &matches else { return extra };
    let (mut values, mut texts) = (Map::new(), Vec::with_capacity(list.len()));
    for found in list {
        let metric = found.get("metric").cloned().and_then(lenient::text).unwrap_or_default();
        let value = found.get("value").cloned().unwrap_or_default();
        let tags = match found.get("tags") {
            Some(Value::Object(tags)) => tags
                .iter()
                .map(|(name, value)| format!("{name}={}", lenient::text(value.clone()).unwrap_or_default()))
                .collect::<Vec<_>>()
                .join(", "),
            _ => String::new(),
        };
        texts.push(format!("[ metric='{metric}' labels={{{tags}}} value={} ]", lenient::text(value.clone()).unwrap_or_default()));
        values.insert(metric, value);
    }
    if !list.is_empty() {
        extra.insert("values".to_owned(), Value::Object(values));
        extra.insert("valueString".to_owned(), json!(texts.join(", ")));
        extra.insert("evalMatches".to_owned(), matches);
    }
    extra
}

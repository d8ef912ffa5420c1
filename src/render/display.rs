//! What a reader should see of a view, in order of attention: which alerts are listed, by which labels they are
//! told apart, where buttons lead. The shipped templates only lay this out; it is `view` and `links` in their data.

use super::data::{Shown, text};
use super::helpers::numbers::significant;
use super::links::links;
use super::marks::{Mark, TimeStyle};
use super::model::{View, ViewAlert};
use super::{storm, words};
use crate::alert::{Labels, Severity, State, common};
use crate::config::settings::{ContentKind, Locale};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Labels that say how bad; the severity column says it better.
const SEVERITY: [&str; 3] = ["level", "priority", "severity"];
/// Labels of the machinery: shown last, never as a column while there is another.
const PLUMBING: &[&str] = &[
    "alertgroup",
    "controller_revision_hash",
    "endpoint",
    "grafana_folder",
    "job_name",
    "metrics_path",
    "pod_template_hash",
    "prometheus",
    "prometheus_replica",
    "ref_id",
    "replica",
    "rule_uid",
    "uid",
];
/// Labels that say where, best first.
const PLACES: &[&str] = &[
    "cluster",
    "env",
    "environment",
    "region",
    "zone",
    "namespace",
    "service",
    "app",
    "project",
    "job",
    "instance",
    "host",
    "node",
    "pod",
    "device",
    "mountpoint",
    "container",
    "queue",
    "topic",
    "database",
];
const VALUE: &[&str] = &["value", "current_value", "currentValue", "current"];

/// Does a label belong to the machinery?
fn plumbing(name: &str) -> bool {
    name.starts_with("__") || PLUMBING.contains(&name)
}

/// What all alerts of a view share and what tells them apart.
pub struct Facts {
    /// Labels of every alert.
    pub labels: Labels,
    /// Annotations of every alert.
    pub annotations: Labels,
    /// The name people search for.
    pub title: String,
    /// At most three label names that differ, most telling first.
    pub columns: Vec<String>,
    /// Alerts differ in severity.
    pub mixed: bool,
}

impl Facts {
    /// Looks through all alerts once.
    pub fn of(view: &View) -> Self {
        let labels = common(view.alerts.iter().map(|a| &a.alert.labels));
        let annotations = common(view.alerts.iter().map(|a| &a.alert.annotations));
        let mut severities = view.alerts.iter().map(|a| a.severity);
        let first = severities.next();
        let mixed = severities.any(|s| Some(s) != first);
        let columns = columns(view, &labels);
        Self { title: title(view, &labels), labels, annotations, columns, mixed }
    }

    /// What tells one alert from the others; its name where nothing does.
    pub fn name(&self, a: &ViewAlert) -> String {
        let parts: Vec<&str> = self.columns.iter().filter_map(|name| a.alert.labels.get(name)).map(String::as_str).collect();
        if parts.is_empty() { a.alert.labels.get("alertname").unwrap_or(&self.title).clone() } else { parts.join(" · ") }
    }
}

fn title(view: &View, labels: &Labels) -> String {
    if let Some(title) = own_title(view) {
        return title.to_owned();
    }
    if let Some(name) = labels.get("alertname").filter(|name| !name.is_empty()) {
        return name.clone();
    }
    let names: BTreeSet<&str> = view.alerts.iter().filter_map(|a| a.alert.labels.get("alertname")).map(String::as_str).collect();
    let mut names = names.into_iter();
    match (names.next(), names.next(), names.count()) {
        (Some(one), Some(two), 0) => format!("{one}, {two}"),
        (Some(one), Some(two), more) => format!("{one}, {two} +{more}"),
        _ => view
            .group_labels
            .values()
            .find(|value| !value.is_empty())
            .or_else(|| labels.values().next())
            .cloned()
            .unwrap_or_else(|| view.source.clone()),
    }
}

/// The title that the source gave to every one of the alerts, because their name says nothing of them (Grafana's rules
/// without data).
fn own_title(view: &View) -> Option<&str> {
    let mut titles = view.alerts.iter().map(|a| a.alert.extra.get("title").and_then(serde_json::Value::as_str));
    let first = titles.next()??;
    (!first.trim().is_empty() && titles.all(|title| title == Some(first))).then_some(first)
}

/// The labels that differ, those that tell most alerts apart first.
fn columns(view: &View, common: &Labels) -> Vec<String> {
    if view.alerts.len() < 2 {
        return Vec::new();
    }
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for a in &view.alerts {
        for (name, value) in a.alert.labels.iter().filter(|(name, _)| !common.contains_key(*name)) {
            values.entry(name).or_default().insert(value);
        }
    }
    let place = |name: &str| PLACES.iter().rposition(|known| *known == name);
    let mut found: Vec<(&str, usize)> =
        values.into_iter().filter(|(name, _)| !SEVERITY.contains(name)).map(|(name, values)| (name, values.len())).collect();
    found.sort_by_key(|(name, distinct)| (plumbing(name), Reverse(*distinct), Reverse(place(name)), *name));
    if found.iter().any(|(name, _)| !plumbing(name)) {
        found.retain(|(name, _)| !plumbing(name));
    }
    found.into_iter().take(3).map(|(name, _)| name.to_owned()).collect()
}

/// The alerts that are listed when only `keep` fit, in the view's order: resolved ones are left out first, then
/// the mildest, then the oldest.
pub fn listed(view: &View, keep: usize) -> Vec<&ViewAlert> {
    if keep >= view.alerts.len() {
        return view.alerts.iter().collect();
    }
    let rank = |state: State| match state {
        State::Firing => 0,
        State::Gone => 1,
        State::Resolved | State::Expired => 2,
    };
    let mut order: Vec<usize> = (0..view.alerts.len()).collect();
    order.sort_by_key(|at| view.alerts.get(*at).map(|a| (rank(a.state), Reverse(a.severity), Reverse(a.alert.starts_at))));
    order.truncate(keep);
    order.sort_unstable();
    order.into_iter().filter_map(|at| view.alerts.get(at)).collect()
}

/// How long an alert has been or was firing.
pub fn lasted(a: &ViewAlert, now: Timestamp) -> Duration {
    crate::util::clock::since(a.alert.starts_at, a.alert.ends_at.unwrap_or(now))
}

/// The measured value where the sender gives one: Grafana's `values`, else an annotation.
pub fn value(a: &ViewAlert) -> Option<String> {
    if let Some(Value::Object(values)) = a.alert.extra.get("values") {
        // A threshold's outcome is 0 or 1; the reduced value comes before it.
        let numbers: Vec<f64> = values.values().filter_map(Value::as_f64).collect();
        let telling = numbers.iter().rev().find(|n| **n != 0.0 && **n != 1.0).or(numbers.first());
        if let Some(number) = telling {
            return Some(significant(*number));
        }
    }
    let said = VALUE.iter().find_map(|name| a.alert.annotations.get(*name)).filter(|value| !value.trim().is_empty());
    let said = said.cloned().or_else(|| a.alert.extra.get("value").and_then(|value| value.as_str().map(str::to_owned)));
    said.map(|value| match value.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => significant(number),
        _ => crate::util::text::truncate(value.trim(), 24).into_owned(),
    })
}

/// The group's place: values of its labels without the alert's name; else the best labels that all share.
fn subtitle(view: &View, facts: &Facts) -> String {
    let telling = |name: &str| name != "alertname" && !plumbing(name) && !SEVERITY.contains(&name);
    let mut parts: Vec<&str> =
        view.group_labels.iter().filter(|(name, value)| telling(name) && !value.is_empty()).map(|(_, value)| value.as_str()).collect();
    if parts.is_empty() {
        parts = PLACES.iter().filter_map(|name| facts.labels.get(*name)).map(String::as_str).filter(|v| !v.is_empty()).take(3).collect();
    }
    parts.truncate(4);
    let mut seen = BTreeSet::new();
    parts.retain(|part| *part != facts.title && seen.insert(*part));
    parts.join(" · ")
}

fn color(view: &View) -> &'static str {
    match (view.status(), view.severity()) {
        (State::Firing, Severity::Critical) => "red",
        (State::Firing, Severity::Warning) => "orange",
        (State::Firing, Severity::Info) => "blue",
        (State::Resolved, _) => "green",
        (State::Gone | State::Expired, _) => "grey",
    }
}

pub(super) fn severity_color(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "red",
        Severity::Warning => "orange",
        Severity::Info => "blue",
    }
}

/// The sign of a status in places without colour.
pub fn emoji(status: State, severity: Severity) -> &'static str {
    match (status, severity) {
        (State::Firing, Severity::Critical) => "🔴",
        (State::Firing, Severity::Warning) => "🟠",
        (State::Firing, Severity::Info) => "🔵",
        (State::Resolved, _) => "✅",
        _ => "⚪",
    }
}

/// First start and last end of the whole.
fn span(view: &View) -> (Timestamp, Option<Timestamp>) {
    let of = |firing: bool| view.alerts.iter().filter(move |a| !firing || a.state == State::Firing).map(|a| a.alert.starts_at).min();
    let since = of(view.status() == State::Firing).unwrap_or(view.opened_at);
    (since, view.alerts.iter().filter_map(|a| a.alert.ends_at).max())
}

/// A moment: only the time when it is today.
pub(super) fn moment(at: Timestamp, shown: &Shown<'_>) -> String {
    let day = |at: Timestamp| at.to_zoned(shown.timezone.clone()).date();
    let style = if day(at) == day(shown.now) { TimeStyle::Time } else { TimeStyle::DateTime };
    Mark::Time { ms: at.as_millisecond(), style }.token()
}

/// The `view` object.
pub fn view(view: &View, listed: &[&ViewAlert], facts: &Facts, shown: &Shown<'_>) -> Value {
    let (locale, cap) = (shown.locale, shown.cap);
    let status = view.status();
    let (since, until) = span(view);
    let lasted = words::duration(locale, crate::util::clock::since(since, until.unwrap_or(shown.now)));
    let (heading, detail) = sayings(facts, view);
    let lines_only = shown.kind != ContentKind::Card || view.alerts.len() <= 3;
    let most = match shown.kind {
        ContentKind::Card => usize::MAX,
        ContentKind::Post => 20,
        ContentKind::Text => 4,
    };
    let firing_or_gone = matches!(status, State::Firing);
    let rows: &[&ViewAlert] = if view.alerts.len() < 2 || !firing_or_gone { &[] } else { &listed[..listed.len().min(most)] };
    let mut out = Map::new();
    let mut put = |name: &str, value: &mut dyn FnMut() -> Value| {
        if shown.used.member("view", name) {
            out.insert(name.to_owned(), value());
        }
    };
    put("color", &mut || color(view).into());
    put("icon", &mut || {
        match status {
            State::Firing => "alarm_outlined",
            State::Resolved => "succeed_filled",
            State::Gone => "alerts-off_filled",
            State::Expired => "history_outlined",
        }
        .into()
    });
    put("subtitle", &mut || text(&subtitle(view, facts), cap.min(200)).into());
    let headline = headline(view, facts, &lasted, shown);
    put("headline", &mut || text(&headline, 200).into());
    put("preview", &mut || text(&preview(view, &headline, heading.as_deref()), 300).into());
    put("tags", &mut || tags(view, &lasted, shown));
    put("heading", &mut || heading.as_deref().map_or(Value::Null, |h| text(h, cap.min(500)).into()));
    put("detail", &mut || detail.as_deref().map_or(Value::Null, |d| text(d, cap.min(300)).into()));
    put("detailRest", &mut || {
        detail.as_deref().filter(|d| d.chars().count() > 120 || lines(d) > 3).map_or(Value::Null, |d| text(d, cap).into())
    });
    put("since", &mut || moment(since, shown).into());
    put("until", &mut || until.filter(|_| status != State::Firing).map_or(Value::Null, |at| moment(at, shown).into()));
    put("span", &mut || lasted.as_str().into());
    put("reason", &mut || match status {
        State::Gone => words::word(locale, "goneWhy").into(),
        State::Expired => words::word(locale, "expiredWhy").into(),
        State::Resolved if view.alerts.len() > 1 => words::with(locale, "allResolved", view.count(State::Resolved)).into(),
        State::Resolved => words::word(locale, "oneResolved").into(),
        State::Firing => Value::Null,
    });
    put("value", &mut || match view.alerts.as_slice() {
        [only] => value(only).map_or(Value::Null, |v| text(&v, cap).into()),
        _ => Value::Null,
    });
    put("isTable", &mut || (!lines_only && !rows.is_empty()).into());
    put("columns", &mut || if lines_only { Value::Array(Vec::new()) } else { table_columns(rows, facts, shown) });
    put("rows", &mut || if lines_only { Value::Array(Vec::new()) } else { rows.iter().map(|a| row(a, facts, shown)).collect() });
    put("lines", &mut || {
        if lines_only { rows.iter().map(|a| line(a, facts, shown)).collect() } else { Value::Array(Vec::new()) }
    });
    put("more", &mut || {
        let unlisted = (view.alerts.len() - rows.len().min(view.alerts.len())) as u64 + view.truncated;
        let hidden = if firing_or_gone && view.alerts.len() >= 2 { unlisted } else { view.truncated };
        if hidden > 0 { words::with(locale, "andMore", hidden).into() } else { Value::Null }
    });
    put("buttons", &mut || {
        if status == State::Firing { links(view, facts, shown).buttons(locale) } else { Value::Array(Vec::new()) }
    });
    put("rest", &mut || {
        let mut rest: Vec<_> = facts.labels.iter().filter(|(name, _)| *name != "alertname").collect();
        rest.sort_by_key(|(name, _)| (plumbing(name), *name));
        rest.into_iter().map(|(name, value)| json!({"name": text(name, cap), "value": text(value, cap)})).collect::<Vec<_>>().into()
    });
    put("footer", &mut || {
        let mut footer = view.source.clone();
        if !view.receiver.is_empty() {
            footer.push_str(&format!(" › {}", view.receiver));
        }
        if view.update > 1 {
            footer.push_str(&format!(" · {}", words::with(locale, "update", view.update)));
        }
        text(&footer, cap.min(200)).into()
    });
    Value::Object(out)
}

/// The one heading and the text under it.
fn sayings(facts: &Facts, view: &View) -> (Option<String>, Option<String>) {
    let said = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| facts.annotations.get(*name))
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let heading = said(&["summary", "message", "title"])
        .or_else(|| view.test.then(|| view.payload.get("message")?.as_str().map(str::to_owned)).flatten());
    let detail = said(&["description", "message", "details"]).filter(|detail| Some(detail) != heading.as_ref());
    match (heading, detail) {
        (None, Some(detail)) if lines(&detail) == 1 && detail.chars().count() <= 120 => (Some(detail), None),
        pair => pair,
    }
}

/// Lines as readers see them, whatever ends them.
fn lines(text: &str) -> usize {
    super::write::escape::newlines(text).lines().count()
}

/// State, severity, name, how many: what a chat list shows.
fn headline(view: &View, facts: &Facts, lasted: &str, shown: &Shown<'_>) -> String {
    let (locale, status, severity) = (shown.locale, view.status(), view.severity());
    let sign = emoji(status, severity);
    let mut parts = match status {
        State::Firing => vec![format!("{sign} {}", words::severity(locale, severity))],
        other => vec![format!("{sign} {}", words::state(locale, other))],
    };
    parts.push(facts.title.clone());
    match status {
        State::Firing => parts.push(words::with(locale, "firingCount", view.count(State::Firing))),
        State::Resolved => parts.push(words::with(locale, "lasted", lasted)),
        State::Gone | State::Expired => {}
    }
    parts.join(" · ")
}

/// The headline alone, for messages without a template.
pub fn headline_of(view: &View, facts: &Facts, shown: &Shown<'_>) -> String {
    if let Some(told) = &view.storm {
        return storm::headline(told, shown.locale);
    }
    let (since, until) = span(view);
    let lasted = words::duration(shown.locale, crate::util::clock::since(since, until.unwrap_or(shown.now)));
    headline(view, facts, &lasted, shown)
}

fn preview(view: &View, headline: &str, heading: Option<&str>) -> String {
    match heading.map(|h| h.split('\n').next().unwrap_or_default()) {
        Some(first) if view.status() == State::Firing && !first.is_empty() => format!("{headline} · {first}"),
        _ => headline.to_owned(),
    }
}

fn tags(view: &View, lasted: &str, shown: &Shown<'_>) -> Value {
    let locale = shown.locale;
    let tag = |text: String, color: &str| json!({"text": text, "color": color});
    let mut tags = Vec::new();
    match view.status() {
        State::Firing => {
            let hue = severity_color(view.severity());
            tags.push(tag(words::severity(locale, view.severity()).to_owned(), hue));
            tags.push(tag(words::with(locale, "firingTag", view.count(State::Firing)), if hue == "red" { "carmine" } else { hue }));
            if let Some(acked) = &view.acked {
                tags.push(tag(words::with(locale, "acknowledged", text(&acked.by, 20)), "turquoise"));
            } else if view.count(State::Resolved) > 0 {
                tags.push(tag(words::with(locale, "resolvedTag", view.count(State::Resolved)), "green"));
            } else if view.count(State::Gone) > 0 {
                tags.push(tag(words::with(locale, "goneCount", view.count(State::Gone)), "neutral"));
            }
        }
        State::Resolved => {
            tags.push(tag(words::state(locale, State::Resolved).to_owned(), "green"));
            tags.push(tag(words::with(locale, "lasted", lasted), "neutral"));
        }
        other => tags.push(tag(words::state(locale, other).to_owned(), "neutral")),
    }
    Value::Array(tags)
}

/// Word and colour of one alert's state: its severity where severities differ.
fn state(a: &ViewAlert, facts: &Facts, locale: Locale) -> (&'static str, &'static str) {
    match a.state {
        State::Firing if facts.mixed => (words::severity(locale, a.severity), severity_color(a.severity)),
        State::Firing => (words::word(locale, "firingShort"), severity_color(a.severity)),
        State::Resolved => (words::word(locale, "resolvedShort"), "green"),
        State::Gone | State::Expired => (words::word(locale, "goneShort"), "neutral"),
    }
}

/// What one alert says of itself where the others say something else.
fn own_summary<'a>(a: &'a ViewAlert, facts: &Facts) -> Option<&'a str> {
    if facts.annotations.contains_key("summary") {
        return None;
    }
    a.alert.annotations.get("summary").map(|s| s.split('\n').next().unwrap_or_default().trim()).filter(|s| !s.is_empty())
}

fn table_columns(rows: &[&ViewAlert], facts: &Facts, shown: &Shown<'_>) -> Value {
    let word = |key| words::word(shown.locale, key);
    let mut columns = vec![json!({"name": "state", "display_name": word("state"), "data_type": "options", "width": "80px"})];
    let summaries = rows.iter().any(|a| own_summary(a, facts).is_some());
    let labels = if summaries { 2 } else { 3 };
    for (i, name) in facts.columns.iter().take(labels).enumerate() {
        columns.push(json!({"name": format!("l{i}"), "display_name": text(name, 60), "data_type": "text", "width": "auto"}));
    }
    if summaries || facts.columns.is_empty() {
        columns.push(json!({"name": "summary", "display_name": word("summary"), "data_type": "text", "width": "auto"}));
    }
    if rows.iter().any(|a| value(a).is_some()) {
        columns.push(
            json!({"name": "value", "display_name": word("value"), "data_type": "text", "width": "100px", "horizontal_align": "right"}),
        );
    }
    let day = |at: Timestamp| at.to_zoned(shown.timezone.clone()).date();
    let today = rows.iter().all(|a| day(a.alert.starts_at) == day(shown.now));
    let (format, width) = if today { ("HH:mm", "80px") } else { ("MM-DD HH:mm", "120px") };
    columns.push(json!({"name": "since", "display_name": word("since"), "data_type": "date", "date_format": format, "width": width}));
    Value::Array(columns)
}

fn row(a: &ViewAlert, facts: &Facts, shown: &Shown<'_>) -> Value {
    let (word, color) = state(a, facts, shown.locale);
    let mut out = Map::new();
    let own = own_summary(a, facts);
    out.insert("state".to_owned(), json!([{"text": word, "color": color}]));
    let labels = if own.is_some() { 2 } else { 3 };
    for (i, name) in facts.columns.iter().take(labels).enumerate() {
        out.insert(format!("l{i}"), text(a.alert.labels.get(name).map_or("", String::as_str), shown.cap.min(200)).into());
    }
    if own.is_some() || facts.columns.is_empty() {
        let said = own.map_or_else(|| facts.name(a), str::to_owned);
        out.insert("summary".to_owned(), text(&said, shown.cap.min(200)).into());
    }
    if let Some(value) = value(a) {
        out.insert("value".to_owned(), text(&value, shown.cap).into());
    }
    out.insert("since".to_owned(), a.alert.starts_at.as_millisecond().into());
    Value::Object(out)
}

fn line(a: &ViewAlert, facts: &Facts, shown: &Shown<'_>) -> Value {
    let (word, color) = state(a, facts, shown.locale);
    json!({"state": word, "color": if color == "neutral" { "grey" } else { color }, "sign": emoji(a.state, a.severity),
        "name": text(&facts.name(a), shown.cap.min(200)), "value": value(a).map(|v| text(&v, shown.cap)),
        "summary": own_summary(a, facts).map(|s| text(s, shown.cap.min(120))), "since": moment(a.alert.starts_at, shown)})
}

/// The longest text in any JSON, in bytes.
pub fn longest_text(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(longest_text).max().unwrap_or(0),
        Value::Object(map) => map.values().map(longest_text).max().unwrap_or(0),
        _ => 0,
    }
}

//! What a reader should see of a digest: the same names of `view` as for alert groups, so that every shipped template can carry
//! it, and the numbers behind them as `storm`.

use super::data::{Shown, text};
use super::display::{emoji, moment, severity_color};
use super::model::{Storm, StormRow, View};
use super::words;
use super::write::url;
use crate::alert::State;
use crate::config::settings::{ContentKind, Locale};
use crate::util::clock::since;
use serde_json::{Map, Value, json};

/// Names that a text message lists, which stays below twelve lines.
const TEXT_ROWS: usize = 5;

/// `214 个告警 · 57 组`; at the end what it was.
pub fn title(storm: &Storm, locale: Locale) -> String {
    if storm.over.is_some() {
        return format!("{} · {}", words::word(locale, "stormOver"), words::count(locale, "groupCount", storm.listed));
    }
    format!("{} · {}", words::count(locale, "alertCount", storm.alerts), words::count(locale, "groupCount", storm.groups))
}

/// What a chat list shows.
pub fn headline(storm: &Storm, locale: Locale) -> String {
    let sign = if storm.over.is_some() { "⚪" } else { emoji(State::Firing, storm.severity) };
    format!("{sign} {}", title(storm, locale))
}

/// The numbers, for templates.
pub fn data(storm: &Storm, shown: &Shown<'_>) -> Value {
    let row = |row: &StormRow| {
        json!({"name": text(&row.name, shown.cap.min(200)), "groups": row.groups, "alerts": row.alerts, "severity": row.severity.as_str(),
            "since": row.since.to_string()})
    };
    json!({
        "groups": storm.groups,
        "alerts": storm.alerts,
        "names": storm.rows.iter().map(row).collect::<Vec<_>>(),
        "more": storm.more,
        "severity": storm.severity.as_str(),
        "since": storm.since.map(|at| at.to_string()),
        "listed": storm.listed,
        "own": storm.own,
        "ended": storm.ended,
        "openedAt": storm.opened_at.to_string(),
        "over": storm.over.is_some(),
        "endedAt": storm.over.map(|at| at.to_string()),
        "console": console(shown),
    })
}

/// The `view` object.
pub fn view(storm: &Storm, view: &View, shown: &Shown<'_>) -> Value {
    let locale = shown.locale;
    let word = |key: &str| words::word(locale, key).to_owned();
    let over = storm.over;
    let lasted = words::duration(locale, since(storm.opened_at, over.unwrap_or(shown.now)));
    let most = if shown.kind == ContentKind::Text { TEXT_ROWS } else { Storm::ROWS };
    let rows = storm.rows.get(..most).unwrap_or(&storm.rows);
    let unlisted = storm.more + (storm.rows.len() - rows.len()) as u64;
    let mut fates = Vec::new();
    if storm.own > 0 {
        fates.push(words::with(locale, "stormOwn", storm.own));
    }
    if storm.ended > 0 {
        fates.push(words::with(locale, "stormEnded", storm.ended));
    }
    if over.is_none() {
        fates.push(word("stormCritical"));
    }
    let detail = fates.join(" · ");
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        if shown.used.member("view", name) {
            out.insert(name.to_owned(), value);
        }
    };
    put("color", if over.is_some() { "grey" } else { header(storm) }.into());
    put("icon", if over.is_some() { "history_outlined" } else { "alarm_outlined" }.into());
    put("subtitle", if over.is_some() { Value::Null } else { word("stormWaits").into() });
    put("headline", headline(storm, locale).into());
    put("preview", preview(storm, locale, &detail).into());
    put("tags", tags(storm, &lasted, locale));
    put("heading", Value::Null);
    put("detail", if detail.is_empty() { Value::Null } else { detail.as_str().into() });
    put("detailRest", Value::Null);
    put("since", moment(storm.since.filter(|_| over.is_none()).unwrap_or(storm.opened_at), shown).into());
    put("until", over.map_or(Value::Null, |at| moment(at, shown).into()));
    put("span", lasted.as_str().into());
    put("reason", if over.is_some() { detail.as_str().into() } else { Value::Null });
    put("value", Value::Null);
    put("isTable", false.into());
    put("columns", Value::Array(Vec::new()));
    put("rows", Value::Array(Vec::new()));
    put("lines", rows.iter().map(|row| line(row, shown)).collect());
    put("more", if unlisted > 0 { words::with(locale, "moreNames", unlisted).into() } else { Value::Null });
    put("buttons", buttons(shown));
    put("rest", Value::Array(Vec::new()));
    put("footer", {
        let update = if view.update > 1 { format!(" · {}", words::with(locale, "update", view.update)) } else { String::new() };
        format!("{}{update}", view.source).into()
    });
    Value::Object(out)
}

fn header(storm: &Storm) -> &'static str {
    severity_color(storm.severity)
}

fn preview(storm: &Storm, locale: Locale, detail: &str) -> String {
    let names: Vec<&str> = storm.rows.iter().take(3).map(|row| row.name.as_str()).collect();
    let said = if storm.over.is_some() { detail.to_owned() } else { names.join(", ") };
    let headline = headline(storm, locale);
    if said.is_empty() { headline } else { text(&format!("{headline} · {said}"), 300) }
}

fn tags(storm: &Storm, lasted: &str, locale: Locale) -> Value {
    let tag = |text: String, color: &str| json!({"text": text, "color": color});
    if storm.over.is_some() {
        return Value::Array(vec![tag(words::with(locale, "lasted", lasted), "neutral")]);
    }
    Value::Array(vec![tag(words::severity(locale, storm.severity).to_owned(), severity_color(storm.severity))])
}

fn line(row: &StormRow, shown: &Shown<'_>) -> Value {
    let locale = shown.locale;
    let counts = format!("{} · {}", words::count(locale, "groupCount", row.groups), words::count(locale, "alertCount", row.alerts));
    json!({"state": words::severity(locale, row.severity), "color": severity_color(row.severity), "sign": emoji(State::Firing, row.severity),
        "name": text(&row.name, shown.cap.min(120)), "value": counts, "summary": Value::Null, "since": moment(row.since, shown)})
}

/// The console's page, where our own address is known.
fn console(shown: &Shown<'_>) -> Option<String> {
    url::acceptable(&format!("{}/", shown.console?.trim_end_matches('/')), &[])
}

fn buttons(shown: &Shown<'_>) -> Value {
    let button = |url: String| json!({"key": "console", "label": words::word(shown.locale, "console"), "url": url, "style": "default"});
    Value::Array(console(shown).map(button).into_iter().collect())
}

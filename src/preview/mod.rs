//! What a payload would become: which way its alerts go, and the messages they belong in, drawn but neither stored nor
//! sent. The same routing and rendering as the real way, for commands, API and `check`.

mod draw;
mod prove;

use draw::Sheet;
pub use draw::drawn;
pub use prove::{Proof, prove};

use crate::alert::{Mode, State, Status};
use crate::config::settings::{Address, AddressKind, ContentKind, Locale, SourceKind};
use crate::incident::event::Report;
use crate::incident::state::{MessageKey, MessageSpec};
use crate::live::Live;
use crate::pipeline::{AcceptOptions, Placer};
use crate::render::model::{View, ViewAlert};
use crate::render::{RenderFailure, Renderer};
use crate::route::Explanation;
use crate::source::{Compiled, ParseError};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is to be different from the configuration.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Template name.
    pub template: Option<String>,
    /// Shape of the message.
    pub kind: Option<ContentKind>,
    /// Words.
    pub locale: Option<Locale>,
    /// Targets in place of the routes'.
    pub to: Vec<Address>,
    /// Templates in place of those that run.
    pub renderer: Option<Arc<Renderer>>,
    /// A later moment of the message's life than its first.
    pub stage: Stage,
    /// With the data that templates see.
    pub data: bool,
}

/// A moment in a message's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// As the payload says.
    #[default]
    First,
    /// Everything fires.
    Firing,
    /// Ten minutes later: of several alerts one has ended.
    Changed,
    /// Half an hour later everything has ended.
    Resolved,
}

/// What a payload becomes.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// Source it was read as.
    pub source: String,
    /// Alerts in it.
    pub alerts: usize,
    /// The messages.
    pub messages: Vec<PreviewMessage>,
    /// Alerts that are in no message, by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// What was odd about the payload: place and reason.
    pub notes: Vec<String>,
}

/// One message, maybe for several targets.
#[derive(Debug, Clone, Serialize)]
pub struct PreviewMessage {
    /// Configured addresses.
    pub targets: Vec<String>,
    /// `app:NAME`, `bot:NAME`, or `bot:[A,B]` whose bots take turns, for each target.
    pub via: Vec<String>,
    /// Receiver and send entry.
    pub send: String,
    /// Shape as configured.
    #[serde(rename = "as")]
    pub kind: ContentKind,
    /// Template as configured.
    pub template: String,
    /// Template that made it; another one where the configured one failed.
    pub template_used: String,
    /// Words.
    pub locale: Locale,
    /// Who would be mentioned, before look-up.
    pub mentions: Vec<String>,
    /// `interactive`, `post`, `text`.
    pub msg_type: &'static str,
    /// The content as the platform takes it.
    pub content: Value,
    /// Size of the request on the wire.
    pub bytes: usize,
    /// The most the channel takes.
    pub limit_bytes: usize,
    /// Alerts left out to fit.
    pub omitted: usize,
    /// What was changed to make it safe or fit.
    pub warnings: Vec<String>,
    /// What is wrong: the template's failure, or what the platform would refuse.
    pub problems: Vec<String>,
    /// The template's failure, by file, line and column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<RenderFailure>,
    /// What templates see of it, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// Which source a payload belongs to: the named one, or the only one of the kind that its shape tells.
///
/// # Errors
/// A sentence with the sources there are.
pub fn source_for<'l>(live: &'l Live, name: Option<&str>, payload: &Value) -> Result<&'l Compiled, String> {
    let all = || live.sources.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    if let Some(name) = name {
        return live.sources.get(name).ok_or_else(|| {
            let near = crate::util::text::suggest(name, live.sources.keys().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            format!("no source is called {name:?}{hint}; there is: {}", all())
        });
    }
    let looks = looks_like(payload);
    let of_kind: Vec<&Compiled> = live.sources.values().filter(|source| source.settings().kind.as_str() == looks).collect();
    match (of_kind.as_slice(), live.sources.len()) {
        ([one], _) => Ok(one),
        ([], 1) => live.sources.values().next().ok_or_else(all),
        ([], 0) => Err("no sources are configured".to_owned()),
        ([], _) => Err(format!("this looks like {looks}, and no source is of that kind; name one of: {}", all())),
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|source| source.settings().name.as_str()).collect();
            Err(format!("this looks like {looks}, and several sources are; name one of: {}", names.join(", ")))
        }
    }
}

/// The kind of source whose bodies look like this.
fn looks_like(payload: &Value) -> &'static str {
    let has = |name: &str| payload.get(name).is_some();
    let list = payload.get("alerts").is_some_and(Value::is_array);
    if has("ruleId") || has("evalMatches") || (list && (has("orgId") || has("state") && has("title"))) {
        SourceKind::Grafana.as_str()
    } else if list && (has("groupKey") || has("receiver") || has("commonLabels")) {
        SourceKind::Alertmanager.as_str()
    } else {
        "json"
    }
}

/// The way of each alert of a payload through the routes.
///
/// # Errors
/// The payload holds no alert.
pub fn explain(live: &Live, source: &Compiled, body: &[u8], now: Timestamp) -> Result<Vec<Explanation>, ParseError> {
    let parsed = source.parse(body, now)?;
    let name = &source.settings().name;
    let ways = parsed.batches.iter().flat_map(|batch| batch.alerts.iter().map(move |alert| (alert, &batch.receiver)));
    Ok(ways.map(|(alert, receiver)| live.tree.explain_alert(alert, name, receiver, now)).collect())
}

/// The messages that a payload would become as first messages.
///
/// # Errors
/// The payload holds no alert.
pub fn preview(live: &Live, source: &Compiled, body: &[u8], overrides: &Overrides, now: Timestamp) -> Result<Preview, ParseError> {
    let parsed = source.parse(body, now)?;
    let alerts = parsed.alerts();
    let options = AcceptOptions { to: overrides.to.clone(), template: overrides.template.clone() };
    let mut placer = Placer::new(&live.settings, &live.tree, &source.settings().name, &options, now);
    let notes = parsed.ignored.iter().chain(&parsed.warnings).map(|note| format!("{}: {}", note.at, note.reason)).collect();
    for batch in parsed.batches {
        placer.batch(batch);
    }
    let (groups, left_out) = placer.finish();
    let mut messages = Vec::new();
    for report in groups.iter().flat_map(|group| group.reports.iter().map(|group| &group.report)) {
        messages.extend(drafts(report).iter().map(|draft| draw(live, report, draft, overrides, now)));
    }
    Ok(Preview { source: source.settings().name.clone(), alerts, messages, left_out, notes })
}

/// As [`preview`], and where the routes send nothing (muted, filtered, no target): the message for the first app's chat, because
/// whoever asks wants to see one.
///
/// # Errors
/// The payload holds no alert.
pub fn preview_always(live: &Live, source: &Compiled, body: &[u8], overrides: &Overrides, now: Timestamp) -> Result<Preview, ParseError> {
    let routed = preview(live, source, body, overrides, now)?;
    if !routed.messages.is_empty() || routed.alerts == 0 {
        return Ok(routed);
    }
    let somewhere = Address { kind: AddressKind::Chat, value: "oc_preview".to_owned() };
    let shown = preview(live, source, body, &Overrides { to: vec![somewhere], ..overrides.clone() }, now)?;
    Ok(Preview { left_out: routed.left_out, ..shown })
}

/// A message before it is drawn, maybe for several targets.
struct Draft<'r> {
    keys: Vec<&'r MessageKey>,
    spec: &'r MessageSpec,
    /// Indices into the report's alerts.
    alerts: Vec<usize>,
    mentions: BTreeSet<&'r str>,
}

/// The messages of one group: one for each send entry and set of alerts; targets that get the same share it.
fn drafts(report: &Report) -> Vec<Draft<'_>> {
    let mut found: BTreeMap<&MessageKey, Draft<'_>> = BTreeMap::new();
    for (index, reported) in report.alerts.iter().enumerate() {
        for place in &reported.places {
            let draft = found.entry(&place.key).or_insert_with(|| Draft {
                keys: vec![&place.key],
                spec: &place.spec,
                alerts: Vec::new(),
                mentions: BTreeSet::new(),
            });
            if draft.alerts.last() != Some(&index) {
                draft.alerts.push(index);
            }
            draft.mentions.extend(place.mentions.iter().map(String::as_str));
        }
    }
    let mut shared: Vec<Draft<'_>> = Vec::new();
    for (key, draft) in found {
        let alike = |other: &MessageKey| other.send_name == key.send_name && other.via == key.via;
        match shared.iter_mut().find(|other| other.alerts == draft.alerts && other.keys.iter().any(|other| alike(other))) {
            Some(other) => other.keys.push(key),
            None => shared.push(draft),
        }
    }
    shared
}

fn draw(live: &Live, report: &Report, draft: &Draft<'_>, overrides: &Overrides, now: Timestamp) -> PreviewMessage {
    let view = staged(view(report, &draft.alerts, now), overrides.stage, now);
    draw::draw(
        live,
        &Sheet { keys: &draft.keys, spec: draft.spec, view: &view, mentions: draft.mentions.iter().copied().collect() },
        overrides,
        now,
    )
}

/// The view of a first message with these alerts.
fn view(report: &Report, alerts: &[usize], now: Timestamp) -> View {
    let mut shown: Vec<ViewAlert> = alerts
        .iter()
        .filter_map(|index| report.alerts.get(*index))
        .map(|reported| ViewAlert {
            alert: (*reported.alert).clone(),
            state: if reported.alert.status == Status::Firing { State::Firing } else { State::Resolved },
            severity: reported.severity,
        })
        .collect();
    shown.sort_by(|a, b| (a.state, a.alert.starts_at, &a.alert.fingerprint).cmp(&(b.state, b.alert.starts_at, &b.alert.fingerprint)));
    let facts = &report.facts;
    View {
        incident: "preview".to_owned(),
        source: facts.source.clone(),
        receiver: facts.receiver.clone(),
        group_key: facts.group_key.clone(),
        group_labels: facts.group_labels.clone(),
        external_url: facts.external_url.clone(),
        truncated: facts.truncated,
        alerts: shown,
        payload: facts.payload.clone(),
        opened_at: now,
        update: 1,
        acked: None,
        possible_duplicate: false,
        test: report.mode == Mode::Test,
        images: Vec::new(),
        storm: None,
    }
}

/// The message at a later moment.
fn staged(mut view: View, stage: Stage, now: Timestamp) -> View {
    let minutes = match stage {
        Stage::First => return view,
        Stage::Firing => 0,
        Stage::Changed => 10,
        Stage::Resolved => 30,
    };
    let earlier = |at: Timestamp| at.checked_sub(jiff::SignedDuration::from_mins(minutes)).unwrap_or(at);
    view.opened_at = earlier(view.opened_at);
    view.update = if stage == Stage::Firing { 1 } else { 2 };
    let several = view.alerts.len() > 1;
    let last = view.alerts.len().saturating_sub(1);
    for (index, shown) in view.alerts.iter_mut().enumerate() {
        shown.alert.starts_at = earlier(shown.alert.starts_at);
        let ended = stage == Stage::Resolved || stage == Stage::Changed && several && index == last;
        (shown.state, shown.alert.status) = if ended { (State::Resolved, Status::Resolved) } else { (State::Firing, Status::Firing) };
        shown.alert.ends_at = ended.then_some(now);
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn senders_are_told_by_their_bodies() {
        for (payload, kind) in [
            (json!({"alerts": [], "groupKey": "k", "version": "4"}), "alertmanager"),
            (json!({"alerts": [], "groupKey": "k", "orgId": 1, "version": "1"}), "grafana"),
            (json!({"ruleId": 1, "evalMatches": []}), "grafana"),
            (json!({"object_kind": "pipeline"}), "json"),
            (json!([1, 2]), "json"),
        ] {
            assert_eq!(looks_like(&payload), kind, "{payload}");
        }
    }
}

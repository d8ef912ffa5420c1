//! What the API and the commands read. Paged, newest first, never through the writer.

use super::attachments::{AttachmentView, of_messages};
use super::error::json;
use super::jobs::JobView;
use super::pages::{self, Listed, Paged, admits};
use super::parts::PartView;
use super::sql::{self, Db, Row};
use super::{Store, StoreError};
use crate::alert::Severity;
use crate::config::settings::{Direct, Locale};
use crate::incident::state::MessageSpec;
use crate::util::clock::from_ms;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// An incident in a list.
#[derive(Debug, Clone, Serialize)]
pub struct IncidentView {
    /// Its id.
    pub id: String,
    /// Source name.
    pub source: String,
    /// The sender's receiver.
    pub receiver: String,
    /// Alert name.
    pub title: String,
    /// firing, gone, resolved, expired, test; storm (a digest of larkhook's own)
    pub phase: String,
    /// critical, warning, info
    pub severity: String,
    /// First firing.
    pub opened_at: Timestamp,
    /// Last report.
    pub heard_at: Timestamp,
    /// Resolved or expired.
    pub ended_at: Option<Timestamp>,
    /// Who took it.
    pub acked_by: Option<String>,
    /// Labels of the group.
    pub group_labels: Value,
}

/// Which incidents.
#[derive(Debug, Clone, Default)]
pub struct IncidentFilter {
    /// Only those that are not over, or that are.
    pub open: Option<bool>,
    /// Only so bad.
    pub severity: Option<Severity>,
    /// Source name.
    pub source: Option<String>,
    /// Part of the alert name or of the group's labels, in any case.
    pub text: Option<String>,
    /// [`Paged::next`] of the page before.
    pub before: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// One incident with everything about it.
#[derive(Debug, Clone, Serialize)]
pub struct IncidentDetail {
    /// The incident.
    #[serde(flatten)]
    pub incident: IncidentView,
    /// Its alerts.
    pub instances: Vec<InstanceView>,
    /// Its messages.
    pub messages: Vec<MessageView>,
    /// Calls made for it, newest first.
    pub attempts: Vec<AttemptView>,
    /// What it is owed.
    pub jobs: Vec<JobView>,
    /// The parts of its messages to departments and lists of people, with their progress.
    pub batches: Vec<PartView>,
}

/// An alert of an incident.
#[derive(Debug, Clone, Serialize)]
pub struct InstanceView {
    /// The sender's fingerprint.
    pub fingerprint: String,
    /// firing, resolved, gone, expired
    pub state: String,
    /// critical, warning, info
    pub severity: String,
    /// When the state last changed.
    pub changed_at: Timestamp,
    /// As last reported.
    pub alert: Value,
    /// Messages it is in.
    pub messages: Value,
}

/// A message in a list.
#[derive(Debug, Clone, Serialize)]
pub struct MessageView {
    /// Its id.
    pub id: String,
    /// Its incident.
    pub incident: String,
    /// `app:NAME`, `bot:NAME`, or `bot:[A,B]` whose bots take turns
    pub via: String,
    /// The configured address.
    pub target: String,
    /// Receiver and send entry.
    pub send: String,
    /// How it was made: shape, template, words.
    pub made: Made,
    /// living, left (a person recalled it) or told (it ended inside a digest and needs no message)
    pub phase: String,
    /// firing, resolved, gone, expired
    pub status: String,
    /// `om_...`
    pub platform_id: Option<String>,
    /// What it should show.
    pub wanted: i64,
    /// What it shows; 0: not sent yet.
    pub shown: i64,
    /// Versions shown.
    pub updates: i64,
    /// Replies sent.
    pub replies: i64,
    /// First sent.
    pub sent_at: Option<Timestamp>,
    /// An outcome stayed unknown: it may have arrived twice.
    pub possible_duplicate: bool,
    /// The digest that last listed it while it waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Pictures and files that follow it.
    pub attachments: Vec<AttachmentView>,
}

/// How a message is made, whatever the configuration says by now.
#[derive(Debug, Clone, Serialize)]
pub struct Made {
    /// card, post, text, or what is sent without a template.
    #[serde(rename = "as")]
    pub kind: &'static str,
    /// Template name.
    pub template: String,
    /// Words.
    pub locale: Locale,
}

impl From<MessageSpec> for Made {
    fn from(spec: MessageSpec) -> Self {
        let kind = spec.direct.as_ref().map_or(spec.kind.as_str(), Direct::as_str);
        Self { kind, template: spec.template, locale: spec.locale }
    }
}

/// A call made.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptView {
    /// The message.
    pub message: String,
    /// When.
    pub at: Timestamp,
    /// The app or bot that made it.
    pub via: String,
    /// Endpoint.
    pub endpoint: String,
    /// HTTP status; 0: none.
    pub http: i64,
    /// Platform code.
    pub code: Option<i64>,
    /// Class.
    pub class: String,
    /// The platform's log id.
    pub log_id: Option<String>,
    /// Milliseconds.
    pub duration_ms: i64,
    /// Ladder step.
    pub step: String,
    /// Revision.
    pub revision: i64,
    /// In words.
    pub note: String,
}

pub(super) const INCIDENT: &str =
    "select id, source, receiver, title, phase, severity, opened_at, heard_at, ended_at, acked_by, group_labels from incidents";
const MESSAGE: &str = "select id, incident_id, via, target, send_name, spec, phase, status, platform_id, wanted, shown, updates, replies, sent_at, duplicate, digest from messages";
impl Store {
    /// Incidents, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn incidents(&self, filter: &IncidentFilter) -> Result<Paged<IncidentView>, StoreError> {
        let filter = filter.clone();
        self.read(move |tx| pages::page(&Incidents { tx, filter: &filter }, filter.before.as_deref(), filter.limit)).await
    }

    /// One incident with its alerts, messages, calls and owed effects.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn incident(&self, id: &str) -> Result<Option<IncidentDetail>, StoreError> {
        let id = id.to_owned();
        self.read(move |tx| detail(tx, &id)).await
    }

    /// Messages, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn messages(&self, before: Option<&str>, limit: u32) -> Result<Vec<MessageView>, StoreError> {
        let sql = format!("{MESSAGE} where id < ?1 order by id desc limit ?2");
        let before = before.unwrap_or("~").to_owned();
        self.read(move |tx| {
            let rows = sql::query(sql).bind(&before).bind(i64::from(limit)).fetch_all(tx)?;
            let page = "select id from messages where id < ?1 order by id desc limit ?2";
            let attached = of_messages(tx, page, &before, limit)?;
            with_attachments(&rows, attached)
        })
        .await
    }

    /// One message, with the newest calls made for it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn message(&self, id: &str) -> Result<Option<(MessageView, Vec<AttemptView>)>, StoreError> {
        let id = id.to_owned();
        self.read(move |tx| {
            let rows = sql::query(format!("{MESSAGE} where id = ?1")).bind(&id).fetch_all(tx)?;
            let attached = of_messages(tx, "select id from messages where id = ?1 limit ?2", &id, 1)?;
            let Some(message) = with_attachments(&rows, attached)?.pop() else { return Ok(None) };
            Ok(Some((message, attempts_of(tx, &id)?)))
        })
        .await
    }

    /// Calls counted by app and month.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn usage(&self) -> Result<Vec<(String, String, u64)>, StoreError> {
        let query = sql::query("select app, month, used from usage order by month desc");
        let rows: Vec<(String, String, i64)> = self.read(move |tx| query.tuples(tx)).await?;
        Ok(rows.into_iter().map(|(app, month, used)| (app, month, u64::try_from(used).unwrap_or(0))).collect())
    }
}

struct Incidents<'a> {
    tx: &'a Db,
    filter: &'a IncidentFilter,
}

impl Listed for Incidents<'_> {
    type Item = IncidentView;

    fn is_plain(&self) -> bool {
        self.filter.severity.is_none() && self.filter.source.is_none() && self.filter.text.is_none()
    }

    fn rows(&self, before: Option<&str>, most: u32) -> Result<Vec<Row>, StoreError> {
        let phases = match self.filter.open {
            Some(true) => "phase in ('firing', 'gone')",
            Some(false) => "phase not in ('firing', 'gone', 'storm')",
            None => "1 = 1",
        };
        let sql = format!("{INCIDENT} where {phases} and id < ?1 order by id desc limit ?2");
        sql::query(sql).bind(before.unwrap_or("~")).bind(i64::from(most)).fetch_all(self.tx)
    }

    fn key(&self, row: &Row) -> Result<String, StoreError> {
        row.get("id")
    }

    fn fits(&self, row: &Row) -> Result<bool, StoreError> {
        let filter = self.filter;
        Ok(admits(filter.severity.map(Severity::as_str), |severity| Ok(row.get::<&str>("severity")? == severity))?
            && admits(filter.source.as_deref(), |source| Ok(row.get::<&str>("source")? == source))?
            && admits(filter.text.as_deref(), |text| {
                let text = text.to_lowercase();
                let has = |column: &str| Ok::<_, StoreError>(row.get::<&str>(column)?.to_lowercase().contains(&text));
                Ok(has("title")? || has("group_labels")?)
            })?)
    }

    fn item(&self, row: &Row) -> Result<IncidentView, StoreError> {
        incident(row)
    }
}

fn detail(tx: &Db, id: &str) -> Result<Option<IncidentDetail>, StoreError> {
    let sql = format!("{INCIDENT} where id = ?1");
    let Some(row) = sql::query(sql).bind(id).fetch_optional(tx)? else { return Ok(None) };
    let instances = sql::query(
            "select fingerprint, state, severity, changed_at, alert, messages from instances where incident_id = ?1 order by state, fingerprint",
        )
        .bind(id)
        .fetch_all(tx)?;
    let sql = format!("{MESSAGE} where incident_id = ?1 order by id");
    let messages = sql::query(sql).bind(id).fetch_all(tx)?;
    let attached = of_messages(tx, "select id from messages where incident_id = ?1 limit ?2", id, u32::MAX)?;
    let attempts = sql::query(
        "select a.* from attempts a join messages m on m.id = a.message_id where m.incident_id = ?1 order by a.id desc limit 500",
    )
    .bind(id)
    .fetch_all(tx)?;
    let jobs = super::jobs::of_incident(tx, id)?;
    let batches = super::parts::of_incident(tx, id)?;
    Ok(Some(IncidentDetail {
        incident: incident(&row)?,
        instances: instances.iter().map(instance).collect::<Result<_, _>>()?,
        messages: with_attachments(&messages, attached)?,
        attempts: attempts.iter().map(attempt).collect::<Result<_, _>>()?,
        jobs,
        batches,
    }))
}

pub(super) fn time(row: &Row, name: &str) -> Result<Timestamp, StoreError> {
    Ok(from_ms(row.get(name)?))
}

fn maybe_time(row: &Row, name: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.get::<Option<i64>>(name)?.map(from_ms))
}

fn value(row: &Row, name: &'static str) -> Result<Value, StoreError> {
    json(name, &row.get::<String>(name)?)
}

pub(super) fn incident(row: &Row) -> Result<IncidentView, StoreError> {
    Ok(IncidentView {
        id: row.get("id")?,
        source: row.get("source")?,
        receiver: row.get("receiver")?,
        title: row.get("title")?,
        phase: row.get("phase")?,
        severity: row.get("severity")?,
        opened_at: time(row, "opened_at")?,
        heard_at: time(row, "heard_at")?,
        ended_at: maybe_time(row, "ended_at")?,
        acked_by: row.get("acked_by")?,
        group_labels: value(row, "group_labels")?,
    })
}

fn instance(row: &Row) -> Result<InstanceView, StoreError> {
    Ok(InstanceView {
        fingerprint: row.get("fingerprint")?,
        state: row.get("state")?,
        severity: row.get("severity")?,
        changed_at: time(row, "changed_at")?,
        alert: value(row, "alert")?,
        messages: value(row, "messages")?,
    })
}

fn with_attachments(rows: &[Row], mut attached: BTreeMap<String, Vec<AttachmentView>>) -> Result<Vec<MessageView>, StoreError> {
    rows.iter()
        .map(|row| {
            let message = message(row)?;
            Ok(MessageView { attachments: attached.remove(&message.id).unwrap_or_default(), ..message })
        })
        .collect()
}

fn message(row: &Row) -> Result<MessageView, StoreError> {
    Ok(MessageView {
        id: row.get("id")?,
        incident: row.get("incident_id")?,
        via: row.get("via")?,
        target: row.get("target")?,
        send: row.get("send_name")?,
        made: json::<MessageSpec>("message spec", row.get("spec")?)?.into(),
        phase: row.get("phase")?,
        status: row.get("status")?,
        platform_id: row.get("platform_id")?,
        wanted: row.get("wanted")?,
        shown: row.get("shown")?,
        updates: row.get("updates")?,
        replies: row.get("replies")?,
        sent_at: maybe_time(row, "sent_at")?,
        possible_duplicate: row.get::<i64>("duplicate")? != 0,
        digest: row.get("digest")?,
        attachments: Vec::new(),
    })
}

pub(super) fn attempt(row: &Row) -> Result<AttemptView, StoreError> {
    Ok(AttemptView {
        message: row.get("message_id")?,
        at: time(row, "at")?,
        via: row.get("via")?,
        endpoint: row.get("endpoint")?,
        http: row.get("http")?,
        code: row.get("code")?,
        class: row.get("class")?,
        log_id: row.get("log_id")?,
        duration_ms: row.get("duration_ms")?,
        step: row.get("step")?,
        revision: row.get("revision")?,
        note: row.get("note")?,
    })
}

/// The newest calls made for a message.
pub(super) fn attempts_of(tx: &Db, message: &str) -> Result<Vec<AttemptView>, StoreError> {
    let rows = sql::query("select * from attempts where message_id = ?1 order by id desc limit 100").bind(message).fetch_all(tx)?;
    rows.iter().map(attempt).collect()
}

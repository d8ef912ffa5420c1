//! What the API and the commands read. Paged, newest first, never through the writer.

mod sql;

use super::attachments::{AttachmentView, of_messages};
use super::error::json;
use super::parts::PartView;
use super::{Store, StoreError};
use crate::util::clock::from_ms;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use sql::JOBS;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
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
    /// firing, gone, resolved, expired, test
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
    /// living or left (a person recalled it)
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
    /// Pictures and files that follow it.
    pub attachments: Vec<AttachmentView>,
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

/// A job in a list.
#[derive(Debug, Clone, Serialize)]
pub struct JobView {
    /// Its id.
    pub id: String,
    /// sync or reply
    pub kind: String,
    /// ready, parked or dead
    pub state: String,
    /// Its message.
    pub message: String,
    /// Its incident.
    pub incident: String,
    /// Alert name.
    pub title: String,
    /// Source name.
    pub source: String,
    /// `app:NAME`, `bot:NAME`, or `bot:[A,B]` whose bots take turns
    pub via: String,
    /// The configured address.
    pub target: String,
    /// Severity of the message.
    pub severity: String,
    /// Owed since.
    pub created_at: Timestamp,
    /// Not before.
    pub due_at: Timestamp,
    /// Calls so far.
    pub attempts: i64,
    /// Ladder step.
    pub step: String,
    /// Why it waits or died.
    pub reason: Option<String>,
}

/// Which jobs.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// ready, parked, dead
    pub state: Option<String>,
    /// Part of the target.
    pub target: Option<String>,
    /// Source name.
    pub source: Option<String>,
    /// Older than this id (ids are time-ordered).
    pub before: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// A parked target.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct ParkedView {
    /// `app:NAME` or `bot:NAME`
    pub via: String,
    /// The configured address, or `*`.
    pub target: String,
    /// Since.
    pub since: Timestamp,
    /// Next probe.
    pub probe_at: Timestamp,
    /// Why.
    pub reason: String,
}

const INCIDENT: &str =
    "select id, source, receiver, title, phase, severity, opened_at, heard_at, ended_at, acked_by, group_labels from incidents";
const MESSAGE: &str = "select id, incident_id, via, target, send_name, phase, status, platform_id, wanted, shown, updates, replies, sent_at, duplicate from messages";

impl Store {
    /// Incidents, newest first; `open` keeps those that are not over; `before` pages by id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn incidents(&self, open: Option<bool>, before: Option<&str>, limit: u32) -> Result<Vec<IncidentView>, StoreError> {
        let phases = match open {
            Some(true) => "phase in ('firing', 'gone')",
            Some(false) => "phase not in ('firing', 'gone')",
            None => "1 = 1",
        };
        let sql = format!("{INCIDENT} where {phases} and id < $1 order by id desc limit $2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(before.unwrap_or("~")).bind(i64::from(limit)).fetch_all(&self.reads).await?;
        rows.iter().map(incident).collect()
    }

    /// One incident with its alerts, messages, calls and owed effects.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn incident(&self, id: &str) -> Result<Option<IncidentDetail>, StoreError> {
        let mut tx = self.reads.begin().await?;
        let sql = format!("{INCIDENT} where id = $1");
        let Some(row) = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&mut *tx).await? else { return Ok(None) };
        let instances = sqlx::query(
            "select fingerprint, state, severity, changed_at, alert, messages from instances where incident_id = $1 order by state, fingerprint",
        )
        .bind(id)
        .fetch_all(&mut *tx)
        .await?;
        let sql = format!("{MESSAGE} where incident_id = $1 order by id");
        let messages = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_all(&mut *tx).await?;
        let attached = of_messages(&mut *tx, "select id from messages where incident_id = $1 limit $2", id, u32::MAX).await?;
        let attempts = sqlx::query(
            "select a.* from attempts a join messages m on m.id = a.message_id where m.incident_id = $1 order by a.id desc limit 500",
        )
        .bind(id)
        .fetch_all(&mut *tx)
        .await?;
        let sql = format!("{JOBS} where m.incident_id = $1 order by j.id");
        let jobs = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_all(&mut *tx).await?;
        let batches = super::parts::of_incident(&mut tx, id).await?;
        Ok(Some(IncidentDetail {
            incident: incident(&row)?,
            instances: instances.iter().map(instance).collect::<Result<_, _>>()?,
            messages: with_attachments(&messages, attached)?,
            attempts: attempts.iter().map(attempt).collect::<Result<_, _>>()?,
            jobs: jobs.iter().map(job).collect::<Result<_, _>>()?,
            batches,
        }))
    }

    /// Messages, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn messages(&self, before: Option<&str>, limit: u32) -> Result<Vec<MessageView>, StoreError> {
        let sql = format!("{MESSAGE} where id < $1 order by id desc limit $2");
        let before = before.unwrap_or("~");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(before).bind(i64::from(limit)).fetch_all(&self.reads).await?;
        let page = "select id from messages where id < $1 order by id desc limit $2";
        with_attachments(&rows, of_messages(&self.reads, page, before, limit).await?)
    }

    /// Owed effects and dead letters, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn jobs(&self, filter: &JobFilter) -> Result<Vec<JobView>, StoreError> {
        let state = match filter.state.as_deref() {
            Some("dead") => "j.state = 'dead'",
            Some("ready") => sql::READY,
            Some("parked") => sql::PARKED,
            Some(_) => "1 = 0",
            None => "1 = 1",
        };
        let sql = format!(
            "{JOBS} where {state} and j.id < $1 and ($2 = '' or instr(m.target, $2) > 0) and ($3 = '' or i.source = $3) order by j.id desc limit $4"
        );
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(filter.before.as_deref().unwrap_or("~"))
            .bind(filter.target.as_deref().unwrap_or(""))
            .bind(filter.source.as_deref().unwrap_or(""))
            .bind(i64::from(filter.limit.max(1)))
            .fetch_all(&self.reads)
            .await?;
        rows.iter().map(job).collect()
    }

    /// One job, with the calls made for its message.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn job(&self, id: &str) -> Result<Option<(JobView, Vec<AttemptView>)>, StoreError> {
        let sql = format!("{JOBS} where j.id = $1");
        let Some(row) = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.reads).await? else { return Ok(None) };
        let job = job(&row)?;
        let attempts = sqlx::query("select * from attempts where message_id = $1 order by id desc limit 100")
            .bind(&job.message)
            .fetch_all(&self.reads)
            .await?;
        Ok(Some((job, attempts.iter().map(attempt).collect::<Result<_, _>>()?)))
    }

    /// Parked targets.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn parked(&self) -> Result<Vec<ParkedView>, StoreError> {
        let rows: Vec<(String, String, i64, i64, String)> =
            sqlx::query_as("select via, target, since, probe_at, reason from parked order by via, target").fetch_all(&self.reads).await?;
        let view =
            |(via, target, since, probe_at, reason)| ParkedView { via, target, since: from_ms(since), probe_at: from_ms(probe_at), reason };
        Ok(rows.into_iter().map(view).collect())
    }

    /// Calls counted by app and month.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn usage(&self) -> Result<Vec<(String, String, u64)>, StoreError> {
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("select app, month, used from usage order by month desc").fetch_all(&self.reads).await?;
        Ok(rows.into_iter().map(|(app, month, used)| (app, month, u64::try_from(used).unwrap_or(0))).collect())
    }
}

fn time(row: &SqliteRow, name: &str) -> Result<Timestamp, StoreError> {
    Ok(from_ms(row.try_get(name)?))
}

fn maybe_time(row: &SqliteRow, name: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(name)?.map(from_ms))
}

fn value(row: &SqliteRow, name: &'static str) -> Result<Value, StoreError> {
    json(name, &row.try_get::<String, _>(name)?)
}

fn incident(row: &SqliteRow) -> Result<IncidentView, StoreError> {
    Ok(IncidentView {
        id: row.try_get("id")?,
        source: row.try_get("source")?,
        receiver: row.try_get("receiver")?,
        title: row.try_get("title")?,
        phase: row.try_get("phase")?,
        severity: row.try_get("severity")?,
        opened_at: time(row, "opened_at")?,
        heard_at: time(row, "heard_at")?,
        ended_at: maybe_time(row, "ended_at")?,
        acked_by: row.try_get("acked_by")?,
        group_labels: value(row, "group_labels")?,
    })
}

fn instance(row: &SqliteRow) -> Result<InstanceView, StoreError> {
    Ok(InstanceView {
        fingerprint: row.try_get("fingerprint")?,
        state: row.try_get("state")?,
        severity: row.try_get("severity")?,
        changed_at: time(row, "changed_at")?,
        alert: value(row, "alert")?,
        messages: value(row, "messages")?,
    })
}

fn with_attachments(rows: &[SqliteRow], mut attached: BTreeMap<String, Vec<AttachmentView>>) -> Result<Vec<MessageView>, StoreError> {
    rows.iter()
        .map(|row| {
            let message = message(row)?;
            Ok(MessageView { attachments: attached.remove(&message.id).unwrap_or_default(), ..message })
        })
        .collect()
}

fn message(row: &SqliteRow) -> Result<MessageView, StoreError> {
    Ok(MessageView {
        id: row.try_get("id")?,
        incident: row.try_get("incident_id")?,
        via: row.try_get("via")?,
        target: row.try_get("target")?,
        send: row.try_get("send_name")?,
        phase: row.try_get("phase")?,
        status: row.try_get("status")?,
        platform_id: row.try_get("platform_id")?,
        wanted: row.try_get("wanted")?,
        shown: row.try_get("shown")?,
        updates: row.try_get("updates")?,
        replies: row.try_get("replies")?,
        sent_at: maybe_time(row, "sent_at")?,
        possible_duplicate: row.try_get::<i64, _>("duplicate")? != 0,
        attachments: Vec::new(),
    })
}

fn attempt(row: &SqliteRow) -> Result<AttemptView, StoreError> {
    Ok(AttemptView {
        message: row.try_get("message_id")?,
        at: time(row, "at")?,
        via: row.try_get("via")?,
        endpoint: row.try_get("endpoint")?,
        http: row.try_get("http")?,
        code: row.try_get("code")?,
        class: row.try_get("class")?,
        log_id: row.try_get("log_id")?,
        duration_ms: row.try_get("duration_ms")?,
        step: row.try_get("step")?,
        revision: row.try_get("revision")?,
        note: row.try_get("note")?,
    })
}

fn job(row: &SqliteRow) -> Result<JobView, StoreError> {
    Ok(JobView {
        id: row.try_get("id")?,
        kind: row.try_get("kind")?,
        state: row.try_get("state")?,
        message: row.try_get("message")?,
        incident: row.try_get("incident_id")?,
        title: row.try_get("title")?,
        source: row.try_get("source")?,
        via: row.try_get("via")?,
        target: row.try_get("target")?,
        severity: row.try_get("severity")?,
        created_at: time(row, "created_at")?,
        due_at: time(row, "due_at")?,
        attempts: row.try_get("attempts")?,
        step: row.try_get("step")?,
        reason: row.try_get("reason")?,
    })
}

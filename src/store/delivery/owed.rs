//! One message with everything that delivery needs, and the backlog of all that are owed something.

use crate::alert::{Alert, Severity, State};
use crate::incident::state::{Facts, MessageKey, MessageSpec, Phase};
use crate::outbox::{CallMeta, EditWay, JobKind, Rank, Work};
use crate::render::model::Acked;
use crate::store::error::json;
use crate::store::incidents::{parse_phase, parse_severity, parse_state};
use crate::store::sql::{self, Db, Row};
use crate::store::{Store, StoreError};
use crate::util::clock::from_ms;
use jiff::Timestamp;

/// One message with everything that delivery needs, read at one moment.
#[derive(Debug, Clone)]
pub struct Owed {
    /// The message's id.
    pub message: String,
    /// The incident's id.
    pub incident: String,
    /// The incident's phase.
    pub phase: Phase,
    /// When the incident opened.
    pub opened_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Who took it.
    pub acked: Option<Acked>,
    /// Facts about the group.
    pub facts: Facts,
    /// Where it goes.
    pub key: MessageKey,
    /// How it is made.
    pub spec: MessageSpec,
    /// Configured addresses to mention.
    pub mentions: Vec<String>,
    /// It is left alone: a person recalled it, or a digest told of its end.
    pub left: bool,
    /// The digest that last listed it while it waited.
    pub digest: Option<String>,
    /// Its severity.
    pub severity: Severity,
    /// Revision of what it should say.
    pub revision: i64,
    /// The revision it should show.
    pub wanted: i64,
    /// The revision it shows.
    pub shown: i64,
    /// The send generation wanted.
    pub renew: i64,
    /// The send generation shown.
    pub generation: i64,
    /// Reminders so far.
    pub repeats: i64,
    /// How it is brought up to date.
    pub edit_way: EditWay,
    /// An earlier call's outcome stays unknown.
    pub duplicate: bool,
    /// `om_...`
    pub platform_id: Option<String>,
    /// Chat it was sent to, as the platform said.
    pub chat_id: Option<String>,
    /// Shape shown.
    pub shown_kind: Option<String>,
    /// Card schema shown.
    pub shown_schema: Option<String>,
    /// First sent.
    pub sent_at: Option<Timestamp>,
    /// Versions shown.
    pub updates: i64,
    /// Replies sent.
    pub replies: i64,
    /// What people were last told.
    pub told: Option<String>,
    /// The instances routed to it.
    pub instances: Vec<(Alert, State, Severity)>,
    /// Pictures that are uploaded: source (URL or hash), key.
    pub pictures: Vec<(String, String)>,
    /// The owed send or edit.
    pub sync: Option<JobRow>,
    /// The owed reply.
    pub reply: Option<JobRow>,
}

/// One owed effect.
#[derive(Debug, Clone)]
pub struct JobRow {
    /// Its id.
    pub id: String,
    /// Reply: `thread` or `reply`.
    pub in_thread: bool,
    /// Mention people.
    pub mention: bool,
    /// Owed since.
    pub created_at: Timestamp,
    /// Not before.
    pub due_at: Timestamp,
    /// First call.
    pub first_try_at: Option<Timestamp>,
    /// Calls so far.
    pub attempts: i64,
    /// Fence of the lease.
    pub fence: i64,
    /// Name of the ladder step; empty: the first.
    pub step: String,
    /// The exact call whose outcome is not recorded.
    pub call: Option<(String, CallMeta)>,
    /// First moment at which that call's outcome was unknown: while it is under way, when it was begun.
    pub unknown_since: Option<Timestamp>,
    /// The app or bot that made its last call.
    pub via: Option<String>,
}

const JOB: &str = "select id, verb, mention, created_at, due_at, first_try_at, attempts, fence, step, call, call_meta, unknown_since, via \
                   from jobs where message_id = ?1 and kind = ?2 and state = 'ready'";

impl Store {
    /// Reads one message with what it is owed.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn owed(&self, message: &str) -> Result<Option<Owed>, StoreError> {
        let message = message.to_owned();
        self.read(move |tx| owed(tx, &message)).await
    }

    /// Every message that is owed something, for the start and for a rescan.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn backlog(&self) -> Result<Vec<Work>, StoreError> {
        let sql = "select m.id, m.via, m.target, m.severity, j.kind, m.shown, j.due_at, j.created_at, i.phase from jobs j \
                   join messages m on m.id = j.message_id join incidents i on i.id = m.incident_id \
                   where j.state = 'ready' order by j.created_at";
        self.read(move |tx| sql::query(sql).map(tx, |row| work(&row))).await
    }
}

fn owed(tx: &Db, message: &str) -> Result<Option<Owed>, StoreError> {
    let sql = "select m.*, i.source, i.receiver, i.group_key, i.group_labels, i.external_url, i.payload, i.truncated, i.phase as incident_phase, \
               i.opened_at, i.ended_at as incident_ended_at, i.acked_by, i.acked_at from messages m join incidents i on i.id = m.incident_id where m.id = ?1";
    let Some(row) = sql::query(sql).bind(message).fetch_optional(tx)? else { return Ok(None) };
    let incident: String = row.get("incident_id")?;
    // Ids are hex and of one length: an id occurs in the list only as a whole element.
    let rows: Vec<(String, String, String)> =
        sql::query("select alert, state, severity from instances where incident_id = ?1 and instr(messages, ?2) > 0")
            .bind(&incident)
            .bind(message)
            .tuples(tx)?;
    let mut instances = Vec::with_capacity(rows.len());
    for (alert, state, severity) in rows {
        instances.push((json("alert", &alert)?, parse_state(&state), parse_severity(&severity)));
    }
    let sql = "select source, key from attachments where message_id = ?1 and kind = 'picture' and state in ('uploaded', 'shown') \
               and key is not null";
    let pictures: Vec<(String, String)> = sql::query(sql).bind(message).tuples(tx)?;
    let sync = job(tx, message, JobKind::Sync)?;
    let reply = job(tx, message, JobKind::Reply)?;
    let text = |name: &str| row.get::<String>(name);
    let number = |name: &str| row.get::<i64>(name);
    let maybe = |name: &str| row.get::<Option<String>>(name);
    let time = |name: &str| row.get::<Option<i64>>(name).map(|ms| ms.map(from_ms));
    Ok(Some(Owed {
        message: message.to_owned(),
        phase: parse_phase(&text("incident_phase")?),
        opened_at: from_ms(number("opened_at")?),
        ended_at: time("incident_ended_at")?,
        acked: maybe("acked_by")?.map(|by| Acked { by, at: from_ms(number("acked_at").unwrap_or_default()) }),
        facts: Facts {
            source: text("source")?,
            receiver: text("receiver")?,
            group_key: text("group_key")?,
            group_labels: json("group labels", &text("group_labels")?)?,
            external_url: text("external_url")?,
            payload: json("payload", &text("payload")?)?,
            truncated: u64::try_from(number("truncated")?).unwrap_or(0),
        },
        key: MessageKey { via: text("via")?, target: text("target")?, send_name: text("send_name")? },
        spec: json("message spec", &text("spec")?)?,
        mentions: json("mentions", &text("mentions")?)?,
        left: text("phase")? != "living",
        digest: maybe("digest")?,
        severity: parse_severity(&text("severity")?),
        revision: number("revision")?,
        wanted: number("wanted")?,
        shown: number("shown")?,
        renew: number("renew")?,
        generation: number("generation")?,
        repeats: number("repeats")?,
        edit_way: EditWay::parse(&text("edit_way")?),
        duplicate: number("duplicate")? != 0,
        platform_id: maybe("platform_id")?,
        chat_id: maybe("chat_id")?,
        shown_kind: maybe("shown_kind")?,
        shown_schema: maybe("shown_schema")?,
        sent_at: time("sent_at")?,
        updates: number("updates")?,
        replies: number("replies")?,
        told: maybe("replied_view")?,
        instances,
        pictures,
        incident,
        sync,
        reply,
    }))
}

/// A row of (id, via, target, severity, kind, shown, due_at, created_at, the incident's phase).
pub(in crate::store) fn work(row: &Row) -> Result<Work, StoreError> {
    let kind: String = row.get("kind")?;
    Ok(Work {
        message: row.get("id")?,
        via: row.get("via")?,
        target: row.get("target")?,
        severity: parse_severity(&row.get::<String>("severity")?),
        rank: match (kind.as_str(), row.get::<i64>("shown")?) {
            (_, shown) if row.get::<&str>("phase")? == Phase::Storm.as_str() => {
                if shown > 0 {
                    Rank::StormEdit
                } else {
                    Rank::Storm
                }
            }
            ("reply", _) => Rank::Reply,
            (_, 0) => Rank::First,
            _ => Rank::Edit,
        },
        due_at: from_ms(row.get("due_at")?),
        since: from_ms(row.get("created_at")?),
    })
}

fn job(tx: &Db, message: &str, kind: JobKind) -> Result<Option<JobRow>, StoreError> {
    let Some(row) = sql::query(JOB).bind(message).bind(kind.as_str()).fetch_optional(tx)? else { return Ok(None) };
    let call: Option<String> = row.get("call")?;
    let meta: Option<String> = row.get("call_meta")?;
    let call = match (call, meta) {
        (Some(call), Some(meta)) => Some((call, json("kept call", &meta)?)),
        _ => None,
    };
    let time = |name: &str| row.get::<Option<i64>>(name).map(|ms| ms.map(from_ms));
    Ok(Some(JobRow {
        id: row.get("id")?,
        in_thread: row.get::<String>("verb")? == "thread",
        mention: row.get::<i64>("mention")? != 0,
        created_at: from_ms(row.get("created_at")?),
        due_at: from_ms(row.get("due_at")?),
        first_try_at: time("first_try_at")?,
        attempts: row.get("attempts")?,
        fence: row.get("fence")?,
        step: row.get("step")?,
        unknown_since: time("unknown_since")?,
        via: row.get("via")?,
        call,
    }))
}

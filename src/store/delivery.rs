//! What delivery reads and writes: one message with what it is owed, the kept call, the outcome.

use super::error::{json, to_json};
use super::incidents::{parse_phase, parse_severity, parse_state};
use super::{Store, StoreError};
use crate::alert::{Alert, Severity, State};
use crate::incident::state::{Facts, MessageKey, MessageSpec, Phase};
use crate::outbox::{CallMeta, EditWay, JobKind, Rank, Work};
use crate::render::model::Acked;
use crate::util::clock::from_ms;
use crate::util::id::new_id;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

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
    /// A person recalled it.
    pub left: bool,
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
}

/// Keeps a call and takes the lease.
#[derive(Debug, Clone)]
pub struct Begin {
    /// The job.
    pub job: String,
    /// Its fence as read.
    pub fence: i64,
    /// Name of the ladder step.
    pub step: String,
    /// The exact call and its meaning; `None`: the kept one is repeated.
    pub call: Option<(String, CallMeta)>,
    /// Now.
    pub now: Timestamp,
    /// End of the lease.
    pub lease_until: Timestamp,
}

/// What became of a job.
#[derive(Debug, Clone)]
pub struct Finish {
    /// The job.
    pub job: String,
    /// Its message.
    pub message: String,
    /// The fence that `begin` handed out.
    pub fence: i64,
    /// Now.
    pub now: Timestamp,
    /// The call made, for the record.
    pub tried: Option<Tried>,
    /// What the message is now.
    pub patch: Patch,
    /// What the job is now.
    pub next: Next,
    /// What the target is now.
    pub park: Park,
    /// Revision and reminders of the message as they were read for this.
    pub seen: (i64, i64),
}

/// One call made.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    /// Endpoint's name.
    pub endpoint: &'static str,
    /// HTTP status; 0: none.
    pub http: u16,
    /// Platform code.
    pub code: Option<i64>,
    /// Class.
    pub class: &'static str,
    /// Log id.
    pub log_id: Option<String>,
    /// Milliseconds.
    pub duration_ms: i64,
    /// Name of the ladder step.
    pub step: String,
    /// Revision.
    pub revision: i64,
    /// In words.
    pub note: String,
}

/// Changes to a message after a call; `None` keeps.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// `om_...`
    pub platform_id: Option<String>,
    /// `oc_...`
    pub chat_id: Option<String>,
    /// The revision shown.
    pub shown: Option<i64>,
    /// The generation shown.
    pub generation: Option<i64>,
    /// Shape shown.
    pub shown_kind: Option<&'static str>,
    /// Card schema shown.
    pub shown_schema: Option<String>,
    /// First sent.
    pub sent_at: Option<Timestamp>,
    /// One more version.
    pub updated: bool,
    /// One more reply.
    pub replied: bool,
    /// What people know.
    pub told: Option<String>,
    /// How it is brought up to date from now on.
    pub edit_way: Option<EditWay>,
    /// An outcome stays unknown.
    pub duplicate: bool,
    /// One more generation is wanted.
    pub renew: bool,
    /// A person recalled it.
    pub left: bool,
}

/// What a job becomes.
#[derive(Debug, Clone)]
pub enum Next {
    /// Owed no more, unless the message moved on in the meantime.
    Done,
    /// Later again.
    Later {
        /// When.
        due_at: Timestamp,
        /// At which ladder step.
        step: String,
        /// A reply leaves its thread.
        plain_reply: bool,
        /// The same bytes again: the kept call stays.
        keep: bool,
        /// Since when the outcome is unknown.
        unknown_since: Option<Timestamp>,
        /// Why.
        reason: String,
    },
    /// A dead letter.
    Dead {
        /// Why.
        reason: String,
    },
}

/// What becomes of a target.
#[derive(Debug, Clone)]
pub enum Park {
    /// As it was.
    Keep,
    /// Nothing is sent until a probe succeeds.
    Park {
        /// The address, or `*` for the whole app.
        target: String,
        /// Next probe.
        probe_at: Timestamp,
        /// Why.
        reason: String,
    },
    /// The app works, whatever is wrong with the target.
    AppWorks,
    /// It works again.
    Clear,
}

/// What a finish left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Nothing more is owed by this job.
    Done,
    /// It is owed again, not before this time.
    Again(Timestamp),
    /// A dead letter.
    Dead,
    /// The lease was lost; what was learnt is stored all the same.
    LostLease,
}

const JOB: &str = "select id, verb, mention, created_at, due_at, first_try_at, attempts, fence, step, call, call_meta, unknown_since \
                   from jobs where message_id = $1 and kind = $2 and state = 'ready'";

impl Store {
    /// Reads one message with what it is owed.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn owed(&self, message: &str) -> Result<Option<Owed>, StoreError> {
        let mut tx = self.reads.begin().await?;
        let Some(row) = sqlx::query(
            "select m.*, i.source, i.receiver, i.group_key, i.group_labels, i.external_url, i.payload, i.truncated, i.phase as incident_phase, \
             i.opened_at, i.ended_at as incident_ended_at, i.acked_by, i.acked_at from messages m join incidents i on i.id = m.incident_id where m.id = $1",
        )
        .bind(message)
        .fetch_optional(&mut *tx)
        .await?
        else {
            return Ok(None);
        };
        let incident: String = row.try_get("incident_id")?;
        let rows: Vec<(String, String, String, String)> =
            sqlx::query_as("select alert, state, severity, messages from instances where incident_id = $1")
                .bind(&incident)
                .fetch_all(&mut *tx)
                .await?;
        let mut instances = Vec::with_capacity(rows.len());
        for (alert, state, severity, members) in rows {
            // Ids are hex: the quoted id occurs only as a whole element.
            if members.contains(message) {
                instances.push((json("alert", &alert)?, parse_state(&state), parse_severity(&severity)));
            }
        }
        let sync = job(&mut tx, message, JobKind::Sync).await?;
        let reply = job(&mut tx, message, JobKind::Reply).await?;
        let text = |name: &str| row.try_get::<String, _>(name);
        let number = |name: &str| row.try_get::<i64, _>(name);
        let maybe = |name: &str| row.try_get::<Option<String>, _>(name);
        let time = |name: &str| row.try_get::<Option<i64>, _>(name).map(|ms| ms.map(from_ms));
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
            left: text("phase")? == "left",
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
            incident,
            sync,
            reply,
        }))
    }

    /// Every message that is owed something, for the start and for a rescan.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn backlog(&self) -> Result<Vec<Work>, StoreError> {
        let rows = sqlx::query(
            "select m.id, m.via, m.target, m.severity, j.kind, m.shown, j.due_at, j.created_at from jobs j join messages m on m.id = j.message_id \
             where j.state = 'ready' order by j.created_at",
        )
        .fetch_all(&self.reads)
        .await?;
        rows.iter().map(work).collect()
    }
}

/// A row of (id, via, target, severity, kind, shown, due_at, created_at).
pub(super) fn work(row: &SqliteRow) -> Result<Work, StoreError> {
    let kind: String = row.try_get("kind")?;
    Ok(Work {
        message: row.try_get("id")?,
        via: row.try_get("via")?,
        target: row.try_get("target")?,
        severity: parse_severity(&row.try_get::<String, _>("severity")?),
        rank: match (kind.as_str(), row.try_get::<i64, _>("shown")?) {
            ("reply", _) => Rank::Reply,
            (_, 0) => Rank::First,
            _ => Rank::Edit,
        },
        due_at: from_ms(row.try_get("due_at")?),
        since: from_ms(row.try_get("created_at")?),
    })
}

async fn job(tx: &mut SqliteConnection, message: &str, kind: JobKind) -> Result<Option<JobRow>, StoreError> {
    let Some(row) = sqlx::query(JOB).bind(message).bind(kind.as_str()).fetch_optional(&mut *tx).await? else { return Ok(None) };
    let call: Option<String> = row.try_get("call")?;
    let meta: Option<String> = row.try_get("call_meta")?;
    let call = match (call, meta) {
        (Some(call), Some(meta)) => Some((call, json("kept call", &meta)?)),
        _ => None,
    };
    let time = |name: &str| row.try_get::<Option<i64>, _>(name).map(|ms| ms.map(from_ms));
    Ok(Some(JobRow {
        id: row.try_get("id")?,
        in_thread: row.try_get::<String, _>("verb")? == "thread",
        mention: row.try_get::<i64, _>("mention")? != 0,
        created_at: from_ms(row.try_get("created_at")?),
        due_at: from_ms(row.try_get("due_at")?),
        first_try_at: time("first_try_at")?,
        attempts: row.try_get("attempts")?,
        fence: row.try_get("fence")?,
        step: row.try_get("step")?,
        unknown_since: time("unknown_since")?,
        call,
    }))
}

pub(super) async fn begin(tx: &mut SqliteConnection, begin: &Begin) -> Result<Option<i64>, StoreError> {
    let fence = begin.fence + 1;
    let (call, meta) = match &begin.call {
        Some((call, meta)) => (Some(call.as_str()), Some(to_json(meta))),
        None => (None, None),
    };
    let taken = sqlx::query(
        "update jobs set fence = $3, lease_until = $4, step = $5, call = coalesce($6, call), call_meta = coalesce($7, call_meta), \
         first_try_at = coalesce(first_try_at, $8), unknown_since = case when $6 is null then coalesce(unknown_since, $8) else $8 end, attempts = attempts + 1 \
         where id = $1 and fence = $2 and state = 'ready'",
    )
    .bind(&begin.job)
    .bind(begin.fence)
    .bind(fence)
    .bind(begin.lease_until.as_millisecond())
    .bind(&begin.step)
    .bind(call)
    .bind(meta)
    .bind(begin.now.as_millisecond())
    .execute(&mut *tx)
    .await?;
    Ok((taken.rows_affected() == 1).then_some(fence))
}

pub(super) async fn finish(tx: &mut SqliteConnection, finish: &Finish, owed: &mut Vec<Work>) -> Result<Recorded, StoreError> {
    if let Some(tried) = &finish.tried {
        record_attempt(tx, finish, tried).await?;
    }
    patch_message(tx, finish).await?;
    let target: Option<(String, String, String)> =
        sqlx::query_as("select via, target, severity from messages where id = $1").bind(&finish.message).fetch_optional(&mut *tx).await?;
    let Some((via, target, severity)) = target else { return Ok(Recorded::Done) };
    park(tx, &finish.park, &via, &target, finish.now).await?;
    // What was kept from its call (no lease) counts as an attempt too: its pauses grow like all others.
    let fenced = "update jobs set attempts = attempts + case when lease_until is null then 1 else 0 end, lease_until = null \
                  where id = $1 and fence = $2 and state = 'ready'";
    if sqlx::query(fenced).bind(&finish.job).bind(finish.fence).execute(&mut *tx).await?.rows_affected() == 0 {
        return Ok(Recorded::LostLease);
    }
    match &finish.next {
        Next::Done => {
            done(
                tx,
                finish,
                Work {
                    message: finish.message.clone(),
                    via,
                    target,
                    severity: parse_severity(&severity),
                    rank: Rank::Edit,
                    due_at: finish.now,
                    since: finish.now,
                },
                owed,
            )
            .await
        }
        Next::Later { due_at, step, plain_reply, keep, unknown_since, reason } => {
            sqlx::query(
                "update jobs set due_at = $2, attempts = case when step = $3 then attempts else 0 end, step = $3, \
                 verb = case when $7 = 1 then 'reply' else verb end, mention = case when $4 = 1 or mention = 0 then mention else 1 end, call = case when $4 = 1 then call end, call_meta = case when $4 = 1 then call_meta end, \
                 unknown_since = $5, reason = $6 where id = $1",
            )
            .bind(&finish.job)
            .bind(due_at.as_millisecond())
            .bind(step)
            .bind(i64::from(*keep))
            .bind(unknown_since.map(Timestamp::as_millisecond))
            .bind(reason)
            .bind(i64::from(*plain_reply))
            .execute(&mut *tx)
            .await?;
            Ok(Recorded::Again(*due_at))
        }
        Next::Dead { reason } => {
            sqlx::query("update jobs set state = 'dead', reason = $2 where id = $1")
                .bind(&finish.job)
                .bind(reason)
                .execute(&mut *tx)
                .await?;
            Ok(Recorded::Dead)
        }
    }
}

/// The job is over, unless its message moved on while the call was under way: then it starts anew. An edit is anew where
/// the message wants to show more than it does, a reply where anything happened since the message was read: what is new
/// to people is seen when it is claimed.
async fn done(tx: &mut SqliteConnection, finish: &Finish, work: Work, owed: &mut Vec<Work>) -> Result<Recorded, StoreError> {
    let moved: Option<(String,)> = sqlx::query_as(
        "select j.kind from jobs j join messages m on m.id = j.message_id where j.id = $1 and m.phase <> 'left' and \
         (j.kind = 'sync' and (m.wanted > m.shown or m.renew > m.generation) or j.kind = 'reply' and (m.revision > $2 or m.repeats > $3))",
    )
    .bind(&finish.job)
    .bind(finish.seen.0)
    .bind(finish.seen.1)
    .fetch_optional(&mut *tx)
    .await?;
    if moved.is_some() {
        sqlx::query(
            "update jobs set due_at = $2, created_at = $2, first_try_at = null, attempts = 0, step = '', call = null, call_meta = null, \
             unknown_since = null, reason = null, mention = case when mention = 2 then 1 else 0 end where id = $1",
        )
        .bind(&finish.job)
        .bind(finish.now.as_millisecond())
        .execute(&mut *tx)
        .await?;
    } else {
        sqlx::query("delete from jobs where id = $1").bind(&finish.job).execute(&mut *tx).await?;
    }
    if finish.patch.renew {
        // A reply found nothing to answer: the newest state is owed as a new message.
        let sql = "insert into jobs (id, message_id, kind, state, verb, mention, created_at, due_at, attempts, fence, step) \
                   values ($1, $2, 'sync', 'ready', 'edit', 0, $3, $3, 0, 0, '') on conflict (message_id, kind) where state = 'ready' do nothing";
        sqlx::query(sql).bind(new_id()).bind(&finish.message).bind(finish.now.as_millisecond()).execute(&mut *tx).await?;
    }
    if moved.is_some() || finish.patch.renew {
        owed.push(work);
    }
    Ok(if moved.is_some() { Recorded::Again(finish.now) } else { Recorded::Done })
}

async fn record_attempt(tx: &mut SqliteConnection, finish: &Finish, tried: &Tried) -> Result<(), StoreError> {
    sqlx::query(
        "insert into attempts (job_id, message_id, at, endpoint, http, code, class, log_id, duration_ms, step, revision, note) \
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 where exists (select 1 from messages where id = $2)",
    )
    .bind(&finish.job)
    .bind(&finish.message)
    .bind(finish.now.as_millisecond())
    .bind(tried.endpoint)
    .bind(i64::from(tried.http))
    .bind(tried.code)
    .bind(tried.class)
    .bind(&tried.log_id)
    .bind(tried.duration_ms)
    .bind(&tried.step)
    .bind(tried.revision)
    .bind(&tried.note)
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn patch_message(tx: &mut SqliteConnection, finish: &Finish) -> Result<(), StoreError> {
    let p = &finish.patch;
    sqlx::query(
        "update messages set platform_id = coalesce($2, platform_id), chat_id = coalesce($3, chat_id), shown = max(shown, coalesce($4, shown)), \
         generation = max(generation, coalesce($5, generation)), renew = max(renew + $14, coalesce($5, renew)), shown_kind = coalesce($6, shown_kind), shown_schema = coalesce($7, shown_schema), \
         sent_at = coalesce($8, sent_at), updates = updates + $9, replies = replies + $10, replied_view = coalesce($11, replied_view), \
         edit_way = coalesce($12, edit_way), duplicate = max(duplicate, $13), phase = case when $15 = 1 then 'left' else phase end \
         where id = $1",
    )
    .bind(&finish.message)
    .bind(&p.platform_id)
    .bind(&p.chat_id)
    .bind(p.shown)
    .bind(p.generation)
    .bind(p.shown_kind)
    .bind(&p.shown_schema)
    .bind(p.sent_at.map(Timestamp::as_millisecond))
    .bind(i64::from(p.updated))
    .bind(i64::from(p.replied))
    .bind(&p.told)
    .bind(p.edit_way.map(EditWay::as_str))
    .bind(i64::from(p.duplicate))
    .bind(i64::from(p.renew))
    .bind(i64::from(p.left))
    .execute(&mut *tx)
    .await?;
    if p.left {
        sqlx::query("delete from jobs where message_id = $1 and id <> $2")
            .bind(&finish.message)
            .bind(&finish.job)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

async fn park(tx: &mut SqliteConnection, park: &Park, via: &str, target: &str, now: Timestamp) -> Result<(), StoreError> {
    match park {
        Park::Keep => {}
        Park::Park { target: what, probe_at, reason } => {
            if what != "*" {
                clear(tx, via, "*").await?;
            }
            sqlx::query(
                "insert into parked (via, target, since, probe_at, reason) values ($1, $2, $3, $4, $5) on conflict (via, target) do update set \
                 probe_at = excluded.probe_at, reason = excluded.reason",
            )
            .bind(via)
            .bind(what)
            .bind(now.as_millisecond())
            .bind(probe_at.as_millisecond())
            .bind(reason)
            .execute(&mut *tx)
            .await?;
        }
        Park::AppWorks => clear(tx, via, "*").await?,
        Park::Clear => clear(tx, via, target).await?,
    }
    Ok(())
}

/// Neither the target nor its app are parked any more.
async fn clear(tx: &mut SqliteConnection, via: &str, target: &str) -> Result<(), StoreError> {
    sqlx::query("delete from parked where via = $1 and target in ($2, '*')").bind(via).bind(target).execute(&mut *tx).await?;
    Ok(())
}

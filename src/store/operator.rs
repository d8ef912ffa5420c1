//! Small writes beside intake and delivery: what operators do (acknowledge, resolve, retry, drop, unpark), the month's counts.

use super::StoreError;
use super::book::Book;
use super::sql::{self, Db};
use crate::config::settings::Carrier;
use crate::incident::event::{Event, Outcome, Rules};
use crate::incident::state::MessageKey;
use crate::outbox::Work;
use jiff::Timestamp;

/// An operator's wish.
#[derive(Debug, Clone)]
pub enum Operator {
    /// Something happens to an incident.
    Incident {
        /// Its id.
        id: String,
        /// What happens: ack, unack, resolve.
        event: Event,
        /// When.
        at: Timestamp,
    },
    /// A dead or waiting job is tried again from the first step.
    Retry {
        /// Its id.
        job: String,
        /// When.
        at: Timestamp,
    },
    /// A dead or waiting job is given up.
    Drop {
        /// Its id.
        job: String,
    },
    /// The message of a dead letter that nobody has seen goes to another target. `Ok(false)`: it is no such dead letter, or there is a message
    /// there already.
    Move {
        /// The job's id.
        job: String,
        /// `app:NAME` or `bot:NAME`
        via: String,
        /// The address.
        target: String,
        /// When.
        at: Timestamp,
    },
    /// The calls an app made this month, as counted.
    Usage {
        /// The app's name.
        app: String,
        /// `2026-11`
        month: String,
        /// Calls.
        used: u64,
    },
    /// More first messages than this wait for a target: they get a digest. `Ok(false)`: fewer do, or there is one.
    OpenDigest {
        /// `app:NAME`
        via: String,
        /// The configured address.
        target: String,
        /// `storm.after`
        more_than: u32,
        /// When.
        at: Timestamp,
    },
    /// A digest that shows nothing any more is over.
    EndDigest {
        /// Its message.
        message: String,
        /// When.
        at: Timestamp,
    },
    /// An entry of the audit log.
    Note(super::Audit),
    /// Parked targets are tried again; `None`: all of them.
    Unpark {
        /// `app:NAME` or `bot:NAME`, and the address or `*`.
        target: Option<(String, String)>,
    },
}

pub(super) fn apply(tx: &Db, wish: &Operator, rules: Rules, owed: &mut Vec<Work>) -> Result<bool, StoreError> {
    match wish {
        Operator::Incident { id, event, at } => {
            let mut book = Book::default();
            book.read(tx, [id.clone()])?;
            let known = book.step(id, event, rules, *at, owed).is_some();
            book.write(tx)?;
            Ok(known)
        }
        Operator::Retry { job, at } => retry(tx, job, *at, owed),
        Operator::Move { job, via, target, at } => move_to(tx, job, via, target, rules, *at, owed),
        Operator::Drop { job } => {
            let dropped = sql::query("delete from jobs where id = ?1").bind(job).execute(tx)?;
            Ok(dropped > 0)
        }
        Operator::Usage { app, month, used } => {
            let sql = "insert into usage (app, month, used) values (?1, ?2, ?3) on conflict (app, month) do update set used = max(usage.used, excluded.used)";
            sql::query(sql).bind(app).bind(month).bind(i64::try_from(*used).unwrap_or(i64::MAX)).execute(tx)?;
            Ok(true)
        }
        Operator::Note(audit) => super::audit::note(tx, audit).map(|()| true),
        Operator::OpenDigest { via, target, more_than, at } => super::digests::open(tx, via, target, *more_than, *at, owed),
        Operator::EndDigest { message, at } => super::digests::end(tx, message, *at),
        Operator::Unpark { target: Some((via, target)) } => {
            let gone = sql::query("delete from parked where via = ?1 and target = ?2").bind(via).bind(target).execute(tx)?;
            Ok(gone > 0)
        }
        Operator::Unpark { target: None } => {
            let gone = sql::query("delete from parked").execute(tx)?;
            Ok(gone > 0)
        }
    }
}

/// A dead job becomes ready from the first ladder step, as if owed since now; a waiting one is due now. A job that a newer one has overtaken is
/// dropped: the newer one shows the newest state anyway.
fn retry(tx: &Db, job: &str, at: Timestamp, owed: &mut Vec<Work>) -> Result<bool, StoreError> {
    let row = sql::query(
        "select m.id, m.via, m.target, m.severity, j.kind, j.state, m.shown, j.due_at, j.created_at, i.phase from jobs j \
         join messages m on m.id = j.message_id join incidents i on i.id = m.incident_id where j.id = ?1",
    )
    .bind(job)
    .fetch_optional(tx)?;
    let Some(row) = row else { return Ok(false) };
    let (state, kind): (String, String) = (row.get("state")?, row.get("kind")?);
    let work = Work { due_at: at, ..super::delivery::work(&row)? };
    if state == "dead" {
        let newer: Option<(String,)> = sql::query("select id from jobs where message_id = ?1 and kind = ?2 and state = 'ready'")
            .bind(&work.message)
            .bind(&kind)
            .tuple(tx)?;
        if newer.is_some() {
            sql::query("delete from jobs where id = ?1").bind(job).execute(tx)?;
        } else {
            sql::query(
                "update jobs set state = 'ready', due_at = ?2, created_at = ?2, attempts = 0, first_try_at = null, step = '', call = null, call_meta = null, \
                 unknown_since = null, lease_until = null, fence = fence + 1 where id = ?1",
            )
            .bind(job)
            .bind(at.as_millisecond())
            .execute(tx)?;
            super::parts::retry(tx, &work.message)?;
        }
    } else {
        sql::query("update jobs set due_at = ?2 where id = ?1").bind(job).bind(at.as_millisecond()).execute(tx)?;
    }
    for carrier in Carrier::all(&work.via, &work.target) {
        super::delivery::unpark(tx, &carrier.via, &carrier.target)?;
    }
    owed.push(work);
    Ok(true)
}

/// See [`Operator::Move`].
fn move_to(tx: &Db, job: &str, via: &str, target: &str, rules: Rules, at: Timestamp, owed: &mut Vec<Work>) -> Result<bool, StoreError> {
    // One that is tried again at this moment may yet be shown where it was.
    let found: Option<(String, String, String)> = sql::query(
        "select m.id, m.incident_id, m.send_name from jobs j join messages m on m.id = j.message_id where j.id = ?1 and j.state = 'dead' and j.kind = 'sync' \
         and m.platform_id is null and m.shown = 0 and not exists (select 1 from parts p where p.message_id = m.id and p.state <> 'planned') and not exists (select 1 from jobs newer where newer.message_id = m.id and newer.state = 'ready')",
    )
    .bind(job)
    .tuple(tx)?;
    let Some((message, incident, send_name)) = found else { return Ok(false) };
    let mut book = Book::default();
    book.read(tx, [incident.clone()])?;
    let to = MessageKey { via: via.to_owned(), target: target.to_owned(), send_name };
    let done = book.step(&incident, &Event::Move { message: message.clone(), to }, rules, at, owed);
    book.write(tx)?;
    if done != Some(Outcome::Changed) {
        return Ok(false);
    }
    sql::query("update messages set phase = 'left' where id = ?1").bind(&message).execute(tx)?;
    sql::query("delete from jobs where message_id = ?1").bind(&message).execute(tx)?;
    Ok(true)
}

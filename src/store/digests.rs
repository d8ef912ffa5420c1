//! Digests of storms: rows of larkhook's own that tell what waits for a target.
//!
//! A digest is an ordinary message (so bytes, ladder, retries and restarts are those of every message) of an incident in the
//! phase `storm`. Its job stands as long as the storm: each version starts it anew. Whom a version listed stands in
//! `messages.digest`. Writes are commands to the writer; what the API shows is in [`view`].

mod view;

pub use view::{DigestView, InsideView};

use super::error::{json, to_json};
use super::incidents::parse_severity;
use super::sql::{self, Db, Row};
use super::{Store, StoreError};
use crate::alert::Severity;
use crate::config::settings::{ContentKind, Lifecycle, Locale};
use crate::incident::state::{MessageSpec, Phase, SELF};
use crate::outbox::{Rank, ToldOf, Work};
use crate::util::clock::from_ms;
use crate::util::id::{hash_id, new_id};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What stands in place of the send entry's name.
const SEND: &str = "storm";
/// What stands in place of an alert name, where digests are listed.
const TITLE: &str = "StormDigest";
/// The template.
const TEMPLATE: &str = "digest";
/// So many of those that wait decide on language and receiver.
const ASKED: i64 = 200;
/// First messages that wait for a target and may be told of together: never shown, not begun, not critical. The index
/// `messages_waiting` has them.
const WAITING: &str = "m.via = ?1 and m.target = ?2 and m.shown = 0 and m.phase = 'living' and m.severity <> 'critical' and j.kind = 'sync' \
                       and j.state = 'ready' and j.call is null and m.send_name <> 'storm'";

/// A digest that is not over, as far as the scheduler needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestState {
    /// Its message.
    pub message: String,
    /// `app:NAME`
    pub via: String,
    /// The configured address.
    pub target: String,
    /// Worst inside.
    pub severity: Severity,
    /// People have seen it.
    pub shown: bool,
    /// It can be brought up to date. It cannot once it is a dead letter or a person recalled it.
    pub alive: bool,
    /// Its first call was begun and nobody knows what became of it.
    pub doubtful: bool,
}

/// What a digest has to tell, read at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gathered {
    /// Groups that fire and wait.
    pub waiting: Vec<Inside>,
    /// Messages it listed whose groups ended before it was their turn.
    pub ended: Vec<String>,
    /// Groups it ever listed.
    pub listed: u64,
    /// Of these, those that have a message of their own now.
    pub own: u64,
    /// Of these, those whose end it told.
    pub told: u64,
}

/// One group that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// The message it waits for.
    pub message: String,
    /// Alert name.
    pub title: String,
    /// How bad.
    pub severity: Severity,
    /// Alerts that fire.
    pub alerts: u64,
    /// When it was first heard of.
    pub since: Timestamp,
    /// The digest listed it before.
    pub listed: bool,
}

const STATE: &str = "select m.id, m.via, m.target, m.severity, m.shown, m.phase, j.call is not null as begun, j.id is not null as ready from incidents i \
                     join messages m on m.incident_id = i.id left join jobs j on j.message_id = m.id and j.state = 'ready' where i.phase = 'storm'";

impl Store {
    /// Digests that are not over, for the start.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn open_digests(&self) -> Result<Vec<DigestState>, StoreError> {
        self.read(|tx| sql::query(STATE).fetch_all(tx)?.iter().map(state).collect()).await
    }

    /// One digest; `None` once it is over.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn open_digest(&self, message: &str) -> Result<Option<DigestState>, StoreError> {
        let message = message.to_owned();
        self.read(move |tx| {
            let sql = format!("{STATE} and m.id = ?1");
            sql::query(sql).bind(&message).fetch_optional(tx)?.as_ref().map(state).transpose()
        })
        .await
    }

    /// What a digest has to tell now.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn gathered(&self, digest: &str, via: &str, target: &str) -> Result<Gathered, StoreError> {
        let (digest, via, target) = (digest.to_owned(), via.to_owned(), target.to_owned());
        self.read(move |tx| gathered(tx, &digest, &via, &target)).await
    }
}

fn gathered(tx: &Db, digest: &str, via: &str, target: &str) -> Result<Gathered, StoreError> {
    let sql = format!(
        "select m.id, i.title, m.severity, m.status, m.digest, i.opened_at, (select count(*) from instances n where n.incident_id = i.id \
         and n.state = 'firing' and instr(n.messages, m.id) > 0) as alerts from messages m join incidents i on i.id = m.incident_id \
         join jobs j on j.message_id = m.id where {WAITING} order by m.id"
    );
    let mut gathered = Gathered::default();
    for row in sql::query(sql).bind(via).bind(target).fetch_all(tx)? {
        let listed = row.get::<Option<String>>("digest")?.as_deref() == Some(digest);
        if row.get::<&str>("status")? == "firing" {
            gathered.waiting.push(Inside {
                message: row.get("id")?,
                title: row.get("title")?,
                severity: parse_severity(row.get("severity")?),
                alerts: count(row.get("alerts")?),
                since: from_ms(row.get("opened_at")?),
                listed,
            });
        } else if listed {
            gathered.ended.push(row.get("id")?);
        }
    }
    let counts: Option<(i64, i64, i64)> =
        sql::query("select count(*), coalesce(sum(shown > 0), 0), coalesce(sum(phase = 'told'), 0) from messages where digest = ?1")
            .bind(digest)
            .tuple(tx)?;
    let counts = counts.unwrap_or_default();
    (gathered.listed, gathered.own, gathered.told) = (count(counts.0), count(counts.1), count(counts.2));
    Ok(gathered)
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn state(row: &Row) -> Result<DigestState, StoreError> {
    let shown = row.get::<i64>("shown")? > 0;
    Ok(DigestState {
        message: row.get("id")?,
        via: row.get("via")?,
        target: row.get("target")?,
        severity: parse_severity(row.get("severity")?),
        shown,
        alive: row.get::<i64>("ready")? != 0 && row.get::<&str>("phase")? == "living",
        doubtful: !shown && row.get::<i64>("begun")? != 0,
    })
}

/// Opens a digest for a target, unless fewer wait or there is one: both are looked at where they cannot change meanwhile.
pub(super) fn open(tx: &Db, via: &str, target: &str, more_than: u32, at: Timestamp, owed: &mut Vec<Work>) -> Result<bool, StoreError> {
    let there: Option<(String,)> = sql::query(
        "select m.id from incidents i cross join messages m on m.incident_id = i.id where i.phase = 'storm' and m.via = ?1 and m.target = ?2",
    )
    .bind(via)
    .bind(target)
    .tuple(tx)?;
    if there.is_some() {
        return Ok(false);
    }
    let sql = format!(
        "select m.spec, m.severity from messages m join jobs j on j.message_id = m.id where {WAITING} and m.status = 'firing' order by m.id limit ?3"
    );
    let enough = i64::from(more_than).saturating_add(1);
    let rows: Vec<(String, String)> = sql::query(sql).bind(via).bind(target).bind(enough.max(ASKED)).tuples(tx)?;
    if i64::try_from(rows.len()).unwrap_or(i64::MAX) < enough {
        return Ok(false);
    }
    let severity = rows.iter().map(|(_, severity)| parse_severity(severity)).max().unwrap_or(Severity::Warning);
    let spec = spec(rows.iter().map(|(spec, _)| json("message spec", spec)).collect::<Result<_, _>>()?);
    let (incident, message, now) = (new_id(), new_id(), at.as_millisecond());
    sql::query(
        "insert into incidents (id, group_id, source, receiver, group_key, group_labels, external_url, payload, truncated, phase, severity, title, \
         opened_at, heard_at) values (?1, ?2, ?3, ?4, ?5, ?10, '', ?10, 0, ?6, ?7, ?8, ?9, ?9)",
    )
    .bind(&incident)
    .bind(hash_id(&[SEND, via, target, &incident]))
    .bind(SELF)
    .bind(&spec.receiver)
    .bind(target)
    .bind(Phase::Storm.as_str())
    .bind(severity.as_str())
    .bind(TITLE)
    .bind(now)
    .bind("{}")
    .execute(tx)?;
    sql::query(
        "insert into messages (id, incident_id, via, target, send_name, spec, mentions, phase, status, severity, revision, wanted, shown, renew, generation, \
         repeats, edit_way, duplicate, updates, replies) values (?1, ?2, ?3, ?4, ?5, ?6, '[]', 'living', 'firing', ?7, 1, 1, 0, 0, 0, 0, 'edit', 0, 0, 0)",
    )
    .bind(&message)
    .bind(&incident)
    .bind(via)
    .bind(target)
    .bind(SEND)
    .bind(to_json(&spec))
    .bind(severity.as_str())
    .execute(tx)?;
    sql::query(
        "insert into jobs (id, message_id, kind, state, verb, mention, created_at, due_at, attempts, fence, step) \
         values (?1, ?2, 'sync', 'ready', 'edit', 0, ?3, ?3, 0, 0, '')",
    )
    .bind(new_id())
    .bind(&message)
    .bind(now)
    .execute(tx)?;
    let (via, target) = (via.to_owned(), target.to_owned());
    owed.push(Work { message, via, target, severity, rank: Rank::Storm, due_at: at, since: at });
    Ok(true)
}

/// A card in the language of most of those that wait, in the name of the receiver of most.
fn spec(waiting: Vec<MessageSpec>) -> MessageSpec {
    let (mut locales, mut receivers) = (BTreeMap::<&str, usize>::new(), BTreeMap::<&str, usize>::new());
    for spec in &waiting {
        *locales.entry(if spec.locale == Locale::En { "en" } else { "zh" }).or_default() += 1;
        *receivers.entry(&spec.receiver).or_default() += 1;
    }
    let most = |counts: &BTreeMap<&str, usize>| counts.iter().max_by_key(|(_, count)| **count).map_or("", |(name, _)| *name).to_owned();
    MessageSpec {
        receiver: most(&receivers),
        kind: ContentKind::Card,
        direct: None,
        template: TEMPLATE.to_owned(),
        locale: if most(&locales) == "en" { Locale::En } else { Locale::Zh },
        mention_on: Vec::new(),
        attach: Vec::new(),
        lifecycle: (&Lifecycle::default()).into(),
    }
}

/// A digest that cannot be brought up to date, or was never shown, ends without a call.
pub(super) fn end(tx: &Db, message: &str, at: Timestamp) -> Result<bool, StoreError> {
    sql::query("delete from jobs where message_id = ?1").bind(message).execute(tx)?;
    over(tx, message, at)
}

fn over(tx: &Db, message: &str, at: Timestamp) -> Result<bool, StoreError> {
    let sql = "update incidents set phase = 'resolved', ended_at = ?2, heard_at = ?2 where phase = 'storm' \
               and id = (select incident_id from messages where id = ?1)";
    let over = sql::query(sql).bind(message).bind(at.as_millisecond()).execute(tx)? > 0;
    sql::query("update messages set status = 'resolved', ended_at = ?2 where id = ?1")
        .bind(message)
        .bind(at.as_millisecond())
        .execute(tx)?;
    Ok(over)
}

/// People have a version of a digest: whom it lists, whose end it told. A group that fires again by now, or whose own message was
/// begun, is owed that message as before.
pub(super) fn told(tx: &Db, message: &str, told: &ToldOf, at: Timestamp) -> Result<(), StoreError> {
    if !told.listed.is_empty() {
        sql::query("update messages set digest = ?1 where id in (select value from json_each(?2))")
            .bind(message)
            .bind(to_json(&told.listed))
            .execute(tx)?;
    }
    if !told.ended.is_empty() {
        let ended = to_json(&told.ended);
        sql::query(
            "update messages set phase = 'told' where id in (select value from json_each(?1)) and shown = 0 and phase = 'living' and status <> 'firing' \
             and not exists (select 1 from jobs j where j.message_id = messages.id and j.call is not null)",
        )
        .bind(&ended)
        .execute(tx)?;
        sql::query(
            "delete from jobs where message_id in (select m.id from json_each(?1) e join messages m on m.id = e.value where m.phase = 'told')",
        )
        .bind(&ended)
        .execute(tx)?;
    }
    sql::query("update messages set revision = shown, wanted = shown, severity = ?2 where id = ?1")
        .bind(message)
        .bind(told.severity.as_str())
        .execute(tx)?;
    let sql = "update incidents set severity = ?2, heard_at = ?3 where id = (select incident_id from messages where id = ?1)";
    sql::query(sql).bind(message).bind(told.severity.as_str()).bind(at.as_millisecond()).execute(tx)?;
    if told.over {
        over(tx, message, at)?;
    }
    Ok(())
}

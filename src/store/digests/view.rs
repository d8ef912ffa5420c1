//! Digests as the API shows them: newest first, with the groups inside.

use crate::store::sql::{self, Db, Row};
use crate::store::{Store, StoreError};
use crate::util::clock::from_ms;
use jiff::Timestamp;
use serde::Serialize;

/// Groups that a list shows of each digest; one digest by itself pages through all.
const LISTED: u32 = 20;

/// A digest.
#[derive(Debug, Clone, Serialize)]
pub struct DigestView {
    /// Its message's id.
    pub id: String,
    /// Its incident's id.
    pub incident: String,
    /// `app:NAME`
    pub via: String,
    /// The configured address.
    pub target: String,
    /// open, over, or left (a person recalled it)
    pub state: &'static str,
    /// Worst inside, as last shown.
    pub severity: String,
    /// When the storm began.
    pub opened_at: Timestamp,
    /// When nothing waited any more.
    pub ended_at: Option<Timestamp>,
    /// `om_...`
    pub platform_id: Option<String>,
    /// Versions shown.
    pub versions: i64,
    /// Groups it listed so far.
    pub groups: i64,
    /// Of these, those that wait.
    pub waiting: i64,
    /// Of these, those that have a message of their own.
    pub shown: i64,
    /// Of these, those that ended inside and need none.
    pub ended: i64,
    /// The groups, newest first; in lists the newest few.
    pub inside: Vec<InsideView>,
}

/// A group in a digest.
#[derive(Debug, Clone, Serialize)]
pub struct InsideView {
    /// Its message.
    pub message: String,
    /// Its incident.
    pub incident: String,
    /// Alert name.
    pub title: String,
    /// critical, warning, info
    pub severity: String,
    /// Alerts that fire.
    pub alerts: i64,
    /// When it was first heard of.
    pub since: Timestamp,
    /// waiting, shown (it has a message of its own), ended (the digest told of its end), left (a person recalled its message)
    pub state: &'static str,
}

const DIGEST: &str = "select m.id, m.incident_id, m.via, m.target, m.phase, i.phase as storm, m.severity, i.opened_at, i.ended_at, m.platform_id, \
                      m.updates, count(g.id) as listed, coalesce(sum(g.shown > 0), 0) as shown, coalesce(sum(g.phase = 'told'), 0) as told \
                      from messages m join incidents i on i.id = m.incident_id left join messages g on g.digest = m.id where m.send_name = 'storm'";

impl Store {
    /// Digests, newest first; `open` keeps those that are not over; `before` pages by id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn digests(&self, open: Option<bool>, before: Option<&str>, limit: u32) -> Result<Vec<DigestView>, StoreError> {
        let phase = match open {
            Some(true) => "i.phase = 'storm'",
            Some(false) => "i.phase <> 'storm'",
            None => "1 = 1",
        };
        let before = before.unwrap_or("~").to_owned();
        self.read(move |tx| {
            let sql = format!("{DIGEST} and {phase} and m.id < ?1 group by m.id order by m.id desc limit ?2");
            let rows = sql::query(sql).bind(&before).bind(i64::from(limit)).fetch_all(tx)?;
            let with_groups = |row: &Row| {
                let digest = view(row)?;
                Ok(DigestView { inside: groups(tx, &digest.id, "~", LISTED)?, ..digest })
            };
            rows.iter().map(with_groups).collect()
        })
        .await
    }

    /// One digest, with a page of the groups inside.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn digest(&self, id: &str, before: Option<&str>, limit: u32) -> Result<Option<DigestView>, StoreError> {
        let (id, before) = (id.to_owned(), before.unwrap_or("~").to_owned());
        self.read(move |tx| {
            let sql = format!("{DIGEST} and m.id = ?1 group by m.id");
            let Some(row) = sql::query(sql).bind(&id).fetch_optional(tx)? else { return Ok(None) };
            Ok(Some(DigestView { inside: groups(tx, &id, &before, limit)?, ..view(&row)? }))
        })
        .await
    }
}

fn groups(tx: &Db, digest: &str, before: &str, limit: u32) -> Result<Vec<InsideView>, StoreError> {
    let rows = sql::query(
        "select m.id, m.incident_id, i.title, m.severity, m.phase, m.shown, i.opened_at, (select count(*) from instances n \
         where n.incident_id = i.id and n.state = 'firing' and instr(n.messages, m.id) > 0) as alerts \
         from messages m join incidents i on i.id = m.incident_id where m.digest = ?1 and m.id < ?2 order by m.id desc limit ?3",
    )
    .bind(digest)
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(tx)?;
    rows.iter().map(inside).collect()
}

fn view(row: &Row) -> Result<DigestView, StoreError> {
    let (groups, shown, ended): (i64, i64, i64) = (row.get("listed")?, row.get("shown")?, row.get("told")?);
    let state = match (row.get::<&str>("storm")?, row.get::<&str>("phase")?) {
        (_, "left") => "left",
        ("storm", _) => "open",
        _ => "over",
    };
    Ok(DigestView {
        id: row.get("id")?,
        incident: row.get("incident_id")?,
        via: row.get("via")?,
        target: row.get("target")?,
        state,
        severity: row.get("severity")?,
        opened_at: from_ms(row.get("opened_at")?),
        ended_at: row.get::<Option<i64>>("ended_at")?.map(from_ms),
        platform_id: row.get("platform_id")?,
        versions: row.get("updates")?,
        groups,
        waiting: groups - shown - ended,
        shown,
        ended,
        inside: Vec::new(),
    })
}

fn inside(row: &Row) -> Result<InsideView, StoreError> {
    let state = match (row.get::<&str>("phase")?, row.get::<i64>("shown")?) {
        ("told", _) => "ended",
        ("left", _) => "left",
        (_, 0) => "waiting",
        _ => "shown",
    };
    Ok(InsideView {
        message: row.get("id")?,
        incident: row.get("incident_id")?,
        title: row.get("title")?,
        severity: row.get("severity")?,
        alerts: row.get("alerts")?,
        since: from_ms(row.get("opened_at")?),
        state,
    })
}

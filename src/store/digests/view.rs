//! Digests as the API shows them: newest first, with the groups inside.

use crate::store::{Store, StoreError};
use crate::util::clock::from_ms;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

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
        let sql = format!("{DIGEST} and {phase} and m.id < $1 group by m.id order by m.id desc limit $2");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(before.unwrap_or("~")).bind(i64::from(limit)).fetch_all(&self.reads).await?;
        let mut digests = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut digest = view(row)?;
            digest.inside = self.inside(&digest.id, None, LISTED).await?;
            digests.push(digest);
        }
        Ok(digests)
    }

    /// One digest, with a page of the groups inside.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn digest(&self, id: &str, before: Option<&str>, limit: u32) -> Result<Option<DigestView>, StoreError> {
        let sql = format!("{DIGEST} and m.id = $1 group by m.id");
        let Some(row) = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&self.reads).await? else { return Ok(None) };
        Ok(Some(DigestView { inside: self.inside(id, before, limit).await?, ..view(&row)? }))
    }

    async fn inside(&self, digest: &str, before: Option<&str>, limit: u32) -> Result<Vec<InsideView>, StoreError> {
        let rows = sqlx::query(
            "select m.id, m.incident_id, i.title, m.severity, m.phase, m.shown, i.opened_at, (select count(*) from instances n \
             where n.incident_id = i.id and n.state = 'firing' and instr(n.messages, m.id) > 0) as alerts \
             from messages m join incidents i on i.id = m.incident_id where m.digest = $1 and m.id < $2 order by m.id desc limit $3",
        )
        .bind(digest)
        .bind(before.unwrap_or("~"))
        .bind(i64::from(limit))
        .fetch_all(&self.reads)
        .await?;
        rows.iter().map(inside).collect()
    }
}

fn view(row: &SqliteRow) -> Result<DigestView, StoreError> {
    let (groups, shown, ended): (i64, i64, i64) = (row.try_get("listed")?, row.try_get("shown")?, row.try_get("told")?);
    let state = match (row.try_get::<String, _>("storm")?.as_str(), row.try_get::<String, _>("phase")?.as_str()) {
        (_, "left") => "left",
        ("storm", _) => "open",
        _ => "over",
    };
    Ok(DigestView {
        id: row.try_get("id")?,
        incident: row.try_get("incident_id")?,
        via: row.try_get("via")?,
        target: row.try_get("target")?,
        state,
        severity: row.try_get("severity")?,
        opened_at: from_ms(row.try_get("opened_at")?),
        ended_at: row.try_get::<Option<i64>, _>("ended_at")?.map(from_ms),
        platform_id: row.try_get("platform_id")?,
        versions: row.try_get("updates")?,
        groups,
        waiting: groups - shown - ended,
        shown,
        ended,
        inside: Vec::new(),
    })
}

fn inside(row: &SqliteRow) -> Result<InsideView, StoreError> {
    let state = match (row.try_get::<String, _>("phase")?.as_str(), row.try_get::<i64, _>("shown")?) {
        ("told", _) => "ended",
        ("left", _) => "left",
        (_, 0) => "waiting",
        _ => "shown",
    };
    Ok(InsideView {
        message: row.try_get("id")?,
        incident: row.try_get("incident_id")?,
        title: row.try_get("title")?,
        severity: row.try_get("severity")?,
        alerts: row.try_get("alerts")?,
        since: from_ms(row.try_get("opened_at")?),
        state,
    })
}

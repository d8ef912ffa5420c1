//! The audit log: who did what, when, from where, and what came of it. Written by the one writer, kept for the retention.

use super::pages::{self, Listed, Paged, admits};
use super::queries::time;
use super::sql::{self, Db, Row};
use super::{Store, StoreError};
use jiff::Timestamp;
use serde::Serialize;

/// Entries that are kept at the most, whatever the retention: refused log-ins must not fill the disk.
pub(super) const MOST: i64 = 200_000;

/// Something that somebody did, or tried to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// When.
    pub at: Timestamp,
    /// Who: a user, `api` (the bearer token), `local` (this machine), `shell` (the command, without a server).
    pub who: String,
    /// Address of the client.
    pub peer: String,
    /// What: ack, retry, reload, login ...
    pub action: String,
    /// To what: an id, a template, a target. Never content.
    pub object: String,
    /// The incident it is about.
    pub incident: Option<String>,
    /// ok, the code of the refusal, or abandoned: the client went away meanwhile.
    pub result: String,
}

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Who.
    pub who: Option<String>,
    /// What.
    pub action: Option<String>,
    /// [`Paged::next`] of the page before.
    pub before: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// Writes an entry.
pub(super) fn note(tx: &Db, audit: &Audit) -> Result<(), StoreError> {
    sql::query("insert into audit (at, who, peer, action, object, incident_id, result) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        .bind(audit.at.as_millisecond())
        .bind(&audit.who)
        .bind(&audit.peer)
        .bind(&audit.action)
        .bind(&audit.object)
        .bind(&audit.incident)
        .bind(&audit.result)
        .execute(tx)?;
    Ok(())
}

impl Store {
    /// The audit log, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Paged<Audit>, StoreError> {
        let filter = filter.clone();
        self.read(move |tx| pages::page(&List { tx, filter: &filter }, filter.before.as_deref(), filter.limit)).await
    }
}

/// What people did to an incident, newest first.
pub(super) fn of_incident(tx: &Db, incident: &str, most: u32) -> Result<Vec<Audit>, StoreError> {
    let sql = "select * from audit where incident_id = ?1 order by number desc limit ?2";
    sql::query(sql).bind(incident).bind(i64::from(most)).fetch_all(tx)?.iter().map(entry).collect()
}

struct List<'a> {
    tx: &'a Db,
    filter: &'a AuditFilter,
}

impl Listed for List<'_> {
    type Item = Audit;

    fn is_plain(&self) -> bool {
        self.filter.who.is_none() && self.filter.action.is_none()
    }

    fn rows(&self, before: Option<&str>, most: u32) -> Result<Vec<Row>, StoreError> {
        // What is no cursor of ours is older than everything.
        let before = before.map_or(i64::MAX, |text| text.parse().unwrap_or(i64::MIN));
        sql::query("select * from audit where number < ?1 order by number desc limit ?2")
            .bind(before)
            .bind(i64::from(most))
            .fetch_all(self.tx)
    }

    fn key(&self, row: &Row) -> Result<String, StoreError> {
        Ok(row.get::<i64>("number")?.to_string())
    }

    fn fits(&self, row: &Row) -> Result<bool, StoreError> {
        Ok(admits(self.filter.who.as_deref(), |who| Ok(row.get::<&str>("who")? == who))?
            && admits(self.filter.action.as_deref(), |action| Ok(row.get::<&str>("action")? == action))?)
    }

    fn item(&self, row: &Row) -> Result<Audit, StoreError> {
        entry(row)
    }
}

fn entry(row: &Row) -> Result<Audit, StoreError> {
    Ok(Audit {
        at: time(row, "at")?,
        who: row.get("who")?,
        peer: row.get("peer")?,
        action: row.get("action")?,
        object: row.get("object")?,
        incident: row.get("incident_id")?,
        result: row.get("result")?,
    })
}

//! Jobs as API and commands read them: paged by keys, so that a page costs what it looks at, however many there are.

use super::pages::{self, Listed, Paged, admits};
use super::queries::{AttemptView, attempts_of, time};
use super::sql::{self, Db, Row};
use super::{Store, StoreError};
use crate::util::clock::from_ms;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits for its turn, a budget, or the next try.
    Ready,
    /// Its target takes nothing until a probe succeeds.
    Parked,
    /// Given up.
    Dead,
}

impl JobState {
    /// The word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Parked => "parked",
            Self::Dead => "dead",
        }
    }
}

/// Which jobs.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Only in this state.
    pub state: Option<JobState>,
    /// Part of the target.
    pub target: Option<String>,
    /// Source name.
    pub source: Option<String>,
    /// Part of the reason: a class, a code, words.
    pub reason: Option<String>,
    /// Owed since this moment or later.
    pub since: Option<Timestamp>,
    /// Owed since this moment or earlier.
    pub until: Option<Timestamp>,
    /// [`Paged::next`] of the page before.
    pub before: Option<String>,
    /// At most so many.
    pub limit: u32,
}

/// How many jobs more a filter finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Left {
    /// So many were counted.
    pub left: usize,
    /// There may be more: not all were looked at.
    pub more: bool,
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

/// Jobs as they stand: a ready one whose carriers are all parked (its app, the target there; of bots that take turns,
/// `bot:[a,b]`, each of them) stands as parked.
const JOBS: &str = "select j.id, j.kind, case when j.state = 'ready' and \
     (exists (select 1 from parked p where p.via = m.via and p.target in (m.target, '*')) or m.via like 'bot:[%' and not exists \
     (select 1 from json_each('[\"bot:' || replace(substr(m.via, 6, length(m.via) - 6), ',', '\",\"bot:') || '\"]') bot \
     where not exists (select 1 from parked p where p.via = bot.value))) \
     then 'parked' else j.state end as standing, m.id as message, m.incident_id, i.title, i.source, m.via, m.target, m.severity, j.created_at, j.due_at, \
     j.attempts, j.step, j.reason from jobs j join messages m on m.id = j.message_id join incidents i on i.id = m.incident_id";

impl Store {
    /// Owed effects and dead letters, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn jobs(&self, filter: &JobFilter) -> Result<Paged<JobView>, StoreError> {
        let filter = filter.clone();
        self.read(move |tx| page(tx, &filter)).await
    }

    /// How many jobs more than the ones up to [`JobFilter::before`] a filter finds.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn jobs_left(&self, filter: &JobFilter) -> Result<Left, StoreError> {
        let filter = JobFilter { limit: u32::MAX, ..filter.clone() };
        let page = self.read(move |tx| page(tx, &filter)).await?;
        Ok(Left { left: page.items.len(), more: page.next.is_some() })
    }

    /// One job, with the calls made for its message.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn job(&self, id: &str) -> Result<Option<(JobView, Vec<AttemptView>)>, StoreError> {
        let id = id.to_owned();
        self.read(move |tx| {
            let Some(row) = sql::query(format!("{JOBS} where j.id = ?1")).bind(&id).fetch_optional(tx)? else { return Ok(None) };
            let job = job(&row)?;
            let attempts = attempts_of(tx, &job.message)?;
            Ok(Some((job, attempts)))
        })
        .await
    }

    /// Parked targets.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn parked(&self) -> Result<Vec<ParkedView>, StoreError> {
        let query = sql::query("select via, target, since, probe_at, reason from parked order by via, target");
        let rows: Vec<(String, String, i64, i64, String)> = self.read(move |tx| query.tuples(tx)).await?;
        let view =
            |(via, target, since, probe_at, reason)| ParkedView { via, target, since: from_ms(since), probe_at: from_ms(probe_at), reason };
        Ok(rows.into_iter().map(view).collect())
    }
}

fn page(tx: &Db, filter: &JobFilter) -> Result<Paged<JobView>, StoreError> {
    // Mostly nothing is, and then no job is looked at.
    if filter.state == Some(JobState::Parked) && sql::query("select 1 from parked limit 1").fetch_optional(tx)?.is_none() {
        return Ok(Paged { items: Vec::new(), next: None });
    }
    pages::page(&List { tx, filter }, filter.before.as_deref(), filter.limit)
}

struct List<'a> {
    tx: &'a Db,
    filter: &'a JobFilter,
}

impl List<'_> {
    /// What waits is few among many that were given up, and has an index by age; all others go by their ids, which begin with the time.
    fn by_age(&self) -> bool {
        matches!(self.filter.state, Some(JobState::Ready | JobState::Parked))
    }
}

impl Listed for List<'_> {
    type Item = JobView;

    fn is_plain(&self) -> bool {
        let filter = self.filter;
        !self.by_age() && filter.target.is_none() && filter.source.is_none() && filter.reason.is_none()
    }

    fn rows(&self, before: Option<&str>, most: u32) -> Result<Vec<Row>, StoreError> {
        let filter = self.filter;
        let (since, until) = (filter.since.map(Timestamp::as_millisecond), filter.until.map(Timestamp::as_millisecond));
        if self.by_age() {
            // What is no cursor of ours is older than everything.
            let cursor =
                before.map(|text| text.split_once('.').and_then(|(ms, id)| Some((ms.parse().ok()?, id))).unwrap_or((i64::MIN, "")));
            let (ms, id) = cursor.unwrap_or((i64::MAX, "~"));
            let until = until.map_or(i64::MAX, |ms| ms.saturating_add(1));
            let (ms, id) = if until <= ms { (until, "") } else { (ms, id) };
            let sql = format!(
                "{JOBS} where j.state = 'ready' and (j.created_at, j.id) < (?1, ?2) and j.created_at >= ?3 order by j.created_at desc, j.id desc limit ?4"
            );
            return sql::query(sql).bind(ms).bind(id).bind(since.unwrap_or(i64::MIN)).bind(i64::from(most)).fetch_all(self.tx);
        }
        let dead = match filter.state {
            Some(JobState::Dead) => "j.state = 'dead'",
            _ => "1 = 1",
        };
        let sql = format!("{JOBS} where {dead} and j.id < ?1 and j.id >= ?2 order by j.id desc limit ?3");
        let id_at = |ms: i64| format!("{:012x}", ms.max(0));
        let newest = until.map_or_else(|| "~".to_owned(), |ms| id_at(ms.saturating_add(1)));
        let before = before.filter(|id| **id < *newest).unwrap_or(&newest);
        sql::query(sql).bind(before).bind(since.map_or_else(String::new, id_at)).bind(i64::from(most)).fetch_all(self.tx)
    }

    fn key(&self, row: &Row) -> Result<String, StoreError> {
        let id: String = row.get("id")?;
        Ok(if self.by_age() { format!("{}.{id}", row.get::<i64>("created_at")?) } else { id })
    }

    fn fits(&self, row: &Row) -> Result<bool, StoreError> {
        let filter = self.filter;
        let holds =
            |column: &'static str| move |wanted: &str| Ok(row.get::<Option<String>>(column)?.is_some_and(|text| text.contains(wanted)));
        Ok(admits(filter.state.map(JobState::as_str), |state| Ok(row.get::<&str>("standing")? == state))?
            && admits(filter.source.as_deref(), |source| Ok(row.get::<&str>("source")? == source))?
            && admits(filter.target.as_deref(), holds("target"))?
            && admits(filter.reason.as_deref(), holds("reason"))?)
    }

    fn item(&self, row: &Row) -> Result<JobView, StoreError> {
        job(row)
    }
}

/// What incidents are owed; `ids` is a JSON list.
pub(super) fn of_incidents(tx: &Db, ids: &str) -> Result<Vec<JobView>, StoreError> {
    let sql = format!("{JOBS} where m.incident_id in (select value from json_each(?1))");
    sql::query(sql).bind(ids).fetch_all(tx)?.iter().map(job).collect()
}

/// What an incident is owed.
pub(super) fn of_incident(tx: &Db, incident: &str) -> Result<Vec<JobView>, StoreError> {
    let sql = format!("{JOBS} where m.incident_id = ?1 order by j.id");
    sql::query(sql).bind(incident).fetch_all(tx)?.iter().map(job).collect()
}

fn job(row: &Row) -> Result<JobView, StoreError> {
    Ok(JobView {
        id: row.get("id")?,
        kind: row.get("kind")?,
        state: row.get("standing")?,
        message: row.get("message")?,
        incident: row.get("incident_id")?,
        title: row.get("title")?,
        source: row.get("source")?,
        via: row.get("via")?,
        target: row.get("target")?,
        severity: row.get("severity")?,
        created_at: time(row, "created_at")?,
        due_at: time(row, "due_at")?,
        attempts: row.get("attempts")?,
        step: row.get("step")?,
        reason: row.get("reason")?,
    })
}

#[cfg(test)]
#[path = "jobs_test.rs"]
mod tests;

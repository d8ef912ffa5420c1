//! What is open now: counts by severity and age, and the newest of the worst with what became of their messages.

use super::error::to_json;
use super::jobs::of_incidents;
use super::queries::{INCIDENT, IncidentView, incident};
use super::sql::{self, Db};
use super::{Store, StoreError};
use crate::alert::Severity;
use crate::util::clock::from_ms;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Messages listed with one incident.
const MESSAGES: usize = 20;
/// Ends of the age groups, in milliseconds.
const AGES: [i64; 3] = [5 * 60_000, 3_600_000, 86_400_000];

/// How many incidents of one severity are open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenCount {
    /// How bad.
    pub severity: Severity,
    /// Incidents in which something fires.
    pub firing: u64,
    /// Incidents whose alerts are no longer reported: silenced, inhibited or removed.
    pub gone: u64,
    /// Of both, those that somebody took.
    pub acked: u64,
    /// When the oldest began.
    pub oldest: Option<Timestamp>,
    /// By age: under five minutes, an hour, a day, and older.
    pub ages: [u64; 4],
}

/// An open incident and what became of its messages.
#[derive(Debug, Clone, Serialize)]
pub struct OpenIncident {
    /// The incident.
    #[serde(flatten)]
    pub incident: IncidentView,
    /// Where it is, 20 messages at most.
    pub places: Vec<Place>,
}

/// Where a message is, and whether it is true there.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// The message.
    pub message: String,
    /// `app:NAME`, `bot:NAME`, or `bot:[A,B]` whose bots take turns.
    pub via: String,
    /// The configured address.
    pub target: String,
    /// `om_...`
    pub platform_id: Option<String>,
    /// waiting (nobody has seen it yet), behind (it will be brought up to date), shown, parked, dead, left, told
    pub state: &'static str,
    /// Why it is not shown.
    pub reason: Option<String>,
}

/// What is open.
#[derive(Debug, Clone, Serialize)]
pub struct OpenNow {
    /// By severity, the worst first.
    pub counts: Vec<OpenCount>,
    /// The newest of the worst.
    pub incidents: Vec<OpenIncident>,
}

impl Store {
    /// What is open now, and so many incidents of it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn open_now(&self, now: Timestamp, most: u32) -> Result<OpenNow, StoreError> {
        self.read(move |tx| Ok(OpenNow { counts: counts(tx, now)?, incidents: incidents(tx, most)? })).await
    }
}

fn counts(tx: &Db, now: Timestamp) -> Result<Vec<OpenCount>, StoreError> {
    let before = |index: usize| now.as_millisecond() - AGES.get(index).copied().unwrap_or(0);
    let rows: Vec<(String, String, i64, i64, i64, i64)> = sql::query(
        "select severity, phase, acked_at is not null as acked, (opened_at <= ?1) + (opened_at <= ?2) + (opened_at <= ?3) as age, count(*), min(opened_at) \
         from incidents where phase in ('firing', 'gone') group by 1, 2, 3, 4",
    )
    .bind(before(0))
    .bind(before(1))
    .bind(before(2))
    .tuples(tx)?;
    let none = |severity| OpenCount { severity, firing: 0, gone: 0, acked: 0, oldest: None, ages: [0; 4] };
    let mut counts: Vec<OpenCount> = severities().map(none).collect();
    for (severity, phase, acked, age, count, oldest) in rows {
        let Some(of) = counts.iter_mut().find(|of| of.severity.as_str() == severity) else { continue };
        let count = u64::try_from(count).unwrap_or(0);
        let sum = if phase == "firing" { &mut of.firing } else { &mut of.gone };
        *sum += count;
        of.acked += if acked == 1 { count } else { 0 };
        if let Some(of_age) = usize::try_from(age).ok().and_then(|age| of.ages.get_mut(age)) {
            *of_age += count;
        }
        let oldest = from_ms(oldest);
        of.oldest = Some(of.oldest.map_or(oldest, |known| known.min(oldest)));
    }
    Ok(counts)
}

/// The worst first.
fn severities() -> impl Iterator<Item = Severity> {
    let mut all = Severity::ALL.to_vec();
    all.sort_by_key(|severity| std::cmp::Reverse(*severity));
    all.into_iter()
}

fn incidents(tx: &Db, most: u32) -> Result<Vec<OpenIncident>, StoreError> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut found: Vec<OpenIncident> = Vec::new();
    for severity in severities().filter(|_| most > 0) {
        let left = i64::try_from(most - found.len()).unwrap_or(i64::MAX);
        let sql = format!("{INCIDENT} where phase in ('firing', 'gone') and severity = ?1 and id < '~' order by id desc limit ?2");
        for row in sql::query(sql).bind(severity.as_str()).bind(left).fetch_all(tx)? {
            found.push(OpenIncident { incident: incident(&row)?, places: Vec::new() });
        }
        if found.len() == most {
            break;
        }
    }
    let ids = to_json(&found.iter().map(|open| open.incident.id.as_str()).collect::<Vec<_>>());
    let mut places = places(tx, &ids)?;
    for open in &mut found {
        open.places = places.remove(&open.incident.id).unwrap_or_default();
    }
    Ok(found)
}

/// The messages of these incidents, with what is owed to them.
fn places(tx: &Db, ids: &str) -> Result<BTreeMap<String, Vec<Place>>, StoreError> {
    // What was given up weighs more than what is parked, and that more than what waits.
    let weight = |state: &str| ["ready", "parked", "dead"].iter().position(|known| *known == state);
    let mut owed: BTreeMap<String, (String, Option<String>)> = BTreeMap::new();
    for job in of_incidents(tx, ids)? {
        let known = owed.get(&job.message).and_then(|(state, _)| weight(state));
        if known < weight(&job.state) {
            owed.insert(job.message, (job.state, job.reason));
        }
    }
    let rows = sql::query(
        "select m.id, m.incident_id, m.via, m.target, m.platform_id, m.phase, m.shown from json_each(?1) wanted join messages m on m.incident_id = wanted.value",
    );
    let mut places: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for row in rows.bind(ids).fetch_all(tx)? {
        let message: String = row.get("id")?;
        let job = owed.remove(&message);
        let state = match (row.get::<&str>("phase")?, job.as_ref().map(|(state, _)| state.as_str())) {
            ("left", _) => "left",
            ("told", _) => "told",
            (_, Some("dead")) => "dead",
            (_, Some("parked")) => "parked",
            (_, Some(_)) if row.get::<i64>("shown")? > 0 => "behind",
            (_, Some(_)) => "waiting",
            (_, None) => "shown",
        };
        let of_incident = places.entry(row.get("incident_id")?).or_default();
        if of_incident.len() < MESSAGES {
            let (via, target, platform_id) = (row.get("via")?, row.get("target")?, row.get("platform_id")?);
            of_incident.push(Place { message, via, target, platform_id, state, reason: job.and_then(|(_, reason)| reason) });
        }
    }
    Ok(places)
}

//! Accepted bodies: how they are recorded, with which incidents they had to do, and how they are found again.
//!
//! No index is kept for this, since each would be paid for by every alert: events stand in the order of their arrival, which is nearly that of
//! their ids, and what was heard of an incident is a chain of entries.

use super::book::Book;
use super::error::{json, to_json};
use super::pages::{self, Listed, Paged, admits};
use super::queries::time;
use super::sql::{self, Db, Row};
use super::{Applied, Intake, Store, StoreError};
use crate::incident::event::Outcome;
use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;
use serde_json::Value;

/// Ids are made before bodies queue for their commit: an event may stand so far from where its id belongs.
const DISORDER: i64 = 2_000;
/// Incidents listed with one event.
const LISTED: i64 = 500;

/// What a batch of bodies adds to the record.
pub(super) struct Record<'a> {
    /// Number of the batch's first event.
    event: i64,
    events: Vec<(&'a Intake, String)>,
    /// Number of the batch's first entry.
    first: i64,
    pub heard: Vec<Heard>,
}

/// An entry.
pub(super) struct Heard {
    incident: String,
    event: i64,
    at: Timestamp,
    outcome: &'static str,
    before: Option<i64>,
}

impl<'a> Record<'a> {
    pub fn open(tx: &Db) -> Result<Self, StoreError> {
        let next = |newest: Option<(Option<i64>,)>| newest.and_then(|(number,)| number).map_or(1, |number| number + 1);
        let event = next(sql::query("select max(number) from events").tuple(tx)?);
        let first = next(sql::query("select max(number) from heard").tuple(tx)?);
        Ok(Self { event, events: Vec::new(), first, heard: Vec::new() })
    }

    /// The body that is worked on has to do with an incident; `None`: nothing of it is in any message.
    pub fn hear(&mut self, book: &mut Book, incident: &str, outcome: Option<Outcome>, at: Timestamp) {
        let Some(outcome) = outcome else { return };
        let number = self.first + i64::try_from(self.heard.len()).unwrap_or(0);
        let event = self.event + i64::try_from(self.events.len()).unwrap_or(0);
        let before = book.heard(incident, number);
        self.heard.push(Heard { incident: incident.to_owned(), event, at, outcome: outcome.as_str(), before });
    }

    /// A body was worked on; its entries begin with the `from`th.
    pub fn event(&mut self, intake: &'a Intake, applied: &Applied, from: usize) {
        let heard = [self.first + i64::try_from(from).unwrap_or(0), i64::try_from(self.heard.len() - from).unwrap_or(0)];
        let outcome = to_json(&serde_json::json!({"applied": applied, "left_out": intake.left_out, "heard": heard}));
        self.events.push((intake, outcome));
    }

    pub fn write(self, tx: &Db) -> Result<(), StoreError> {
        let mut insert =
            tx.prepare_cached("insert into events (number, id, source, received_at, body, outcome) values (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for (number, (intake, outcome)) in (self.event..).zip(&self.events) {
            insert.execute(params![number, intake.event, intake.source, intake.at.as_millisecond(), intake.body, outcome])?;
        }
        let mut insert =
            tx.prepare_cached("insert into heard (number, incident_id, event, at, outcome, before) values (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for (number, heard) in (self.first..).zip(&self.heard) {
            insert.execute(params![number, heard.incident, heard.event, heard.at.as_millisecond(), heard.outcome, heard.before])?;
        }
        Ok(())
    }
}

/// An accepted body in a list.
#[derive(Debug, Clone, Serialize)]
pub struct EventView {
    /// Its id, as the sender was told.
    pub id: String,
    /// Source name.
    pub source: String,
    /// When.
    pub received_at: Timestamp,
    /// Bytes of the body that are kept.
    pub bytes: i64,
    /// Groups in which something happened.
    pub groups: u64,
    /// Messages that were owed something.
    pub messages: u64,
    /// How often which outcome: opened, changed, duplicate ...
    pub outcomes: Value,
    /// Alerts in no message, by reason.
    pub left_out: Value,
}

/// One accepted body.
#[derive(Debug, Clone, Serialize)]
pub struct EventDetail {
    /// The event.
    #[serde(flatten)]
    pub event: EventView,
    /// The incidents it had to do with, 500 at most.
    pub incidents: Vec<HeardOf>,
}

/// What an event did to an incident.
#[derive(Debug, Clone, Serialize)]
pub struct HeardOf {
    /// The incident.
    pub incident: String,
    /// opened, reopened, changed, repeated, unchanged
    pub outcome: String,
}

/// What was heard of an incident.
#[derive(Debug, Clone, Serialize)]
pub struct HeardView {
    /// The event's id; `None`: it is not kept any more.
    pub event: Option<String>,
    /// Its source.
    pub source: Option<String>,
    /// When.
    pub at: Timestamp,
    /// opened, reopened, changed, repeated, unchanged
    pub outcome: String,
    /// Bytes of its body that are kept.
    pub bytes: Option<i64>,
}

const EVENT: &str = "select number, id, source, received_at, length(body) as bytes, outcome from events";

impl Store {
    /// Accepted bodies, newest first, maybe of one source.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn events(&self, source: Option<String>, before: Option<String>, limit: u32) -> Result<Paged<EventView>, StoreError> {
        self.read(move |tx| pages::page(&List { tx, source: source.as_deref() }, before.as_deref(), limit)).await
    }

    /// One accepted body, without the body.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn event(&self, id: &str) -> Result<Option<EventDetail>, StoreError> {
        let id = id.to_owned();
        self.read(move |tx| {
            let Some(number) = find(tx, &id)? else { return Ok(None) };
            let Some(row) = sql::query(format!("{EVENT} where number = ?1")).bind(number).fetch_optional(tx)? else { return Ok(None) };
            let outcome: Value = json("outcome of an event", row.get("outcome")?)?;
            let at = |index: usize| outcome["heard"][index].as_i64().unwrap_or(0);
            let incidents: Vec<(String, String)> =
                sql::query("select incident_id, outcome from heard where number >= ?1 and number < ?2 and event = ?3 order by number")
                    .bind(at(0))
                    .bind(at(0).saturating_add(at(1).min(LISTED)))
                    .bind(number)
                    .tuples(tx)?;
            let incidents = incidents.into_iter().map(|(incident, outcome)| HeardOf { incident, outcome }).collect();
            Ok(Some(EventDetail { event: event(&row)?, incidents }))
        })
        .await
    }

    /// The body of an event, as decoded, with its source; a huge one was cut when it was kept.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn event_body(&self, id: &str) -> Result<Option<(String, Vec<u8>)>, StoreError> {
        let id = id.to_owned();
        self.read(move |tx| match find(tx, &id)? {
            Some(number) => sql::query("select source, body from events where number = ?1").bind(number).tuple(tx),
            None => Ok(None),
        })
        .await
    }
}

struct List<'a> {
    tx: &'a Db,
    source: Option<&'a str>,
}

impl Listed for List<'_> {
    type Item = EventView;

    fn is_plain(&self) -> bool {
        self.source.is_none()
    }

    fn rows(&self, before: Option<&str>, most: u32) -> Result<Vec<Row>, StoreError> {
        // What is no cursor of ours is older than everything.
        let before = before.map_or(i64::MAX, |text| text.parse().unwrap_or(i64::MIN));
        let sql = format!("{EVENT} where number < ?1 order by number desc limit ?2");
        sql::query(sql).bind(before).bind(i64::from(most)).fetch_all(self.tx)
    }

    fn key(&self, row: &Row) -> Result<String, StoreError> {
        Ok(row.get::<i64>("number")?.to_string())
    }

    fn fits(&self, row: &Row) -> Result<bool, StoreError> {
        admits(self.source, |source| Ok(row.get::<&str>("source")? == source))
    }

    fn item(&self, row: &Row) -> Result<EventView, StoreError> {
        event(row)
    }
}

fn event(row: &Row) -> Result<EventView, StoreError> {
    let outcome: Value = json("outcome of an event", row.get("outcome")?)?;
    let count = |name: &str| outcome["applied"][name].as_u64().unwrap_or(0);
    Ok(EventView {
        id: row.get("id")?,
        source: row.get("source")?,
        received_at: time(row, "received_at")?,
        bytes: row.get("bytes")?,
        groups: count("groups"),
        messages: count("messages"),
        outcomes: outcome["applied"]["outcomes"].clone(),
        left_out: outcome["left_out"].clone(),
    })
}

/// The number of the event with this id: by halves, then among its neighbours.
fn find(tx: &Db, id: &str) -> Result<Option<i64>, StoreError> {
    let ends: Option<(Option<i64>, Option<i64>)> =
        sql::query("select (select min(number) from events), (select max(number) from events)").tuple(tx)?;
    let Some((Some(mut low), Some(mut high))) = ends else { return Ok(None) };
    while low < high {
        let middle = low + (high - low) / 2;
        let here: Option<(i64, String)> =
            sql::query("select number, id from events where number >= ?1 order by number limit 1").bind(middle).tuple(tx)?;
        match here {
            Some((_, known)) if known.as_str() >= id => high = middle,
            Some((number, _)) => low = number + 1,
            None => high = middle,
        }
    }
    let near: Vec<(i64, String)> = sql::query("select number, id from events where number >= ?1 order by number limit ?2")
        .bind(low - DISORDER)
        .bind(2 * DISORDER)
        .tuples(tx)?;
    Ok(near.into_iter().find(|(_, known)| known == id).map(|(number, _)| number))
}

/// What was heard of an incident, newest first.
pub(super) fn heard_of(tx: &Db, incident: &str, most: u32) -> Result<Vec<HeardView>, StoreError> {
    type Row = (Option<String>, Option<String>, i64, String, Option<i64>);
    let rows: Vec<Row> = sql::query(
        "with recursive chain (number, event, at, outcome, before, length) as (select h.number, h.event, h.at, h.outcome, h.before, 1 from incidents i \
         join heard h on h.number = i.heard and h.incident_id = i.id where i.id = ?1 \
         union all select h.number, h.event, h.at, h.outcome, h.before, c.length + 1 from chain c join heard h on h.number = c.before \
         and h.incident_id = ?1 where c.length < ?2) \
         select e.id, e.source, c.at, c.outcome, length(e.body) from chain c left join events e on e.number = c.event",
    )
    .bind(incident)
    .bind(i64::from(most))
    .tuples(tx)?;
    let view = |(event, source, at, outcome, bytes)| HeardView { event, source, at: crate::util::clock::from_ms(at), outcome, bytes };
    Ok(rows.into_iter().map(view).collect())
}

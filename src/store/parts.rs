//! The parts of messages that go to departments and lists of people: planned whole, sent one by one, followed to their end.
//!
//! What a generation says is kept once, whom each part goes to with the part. A part has one call; `delivery` records it.

use super::sql::{self, Db, Row};
use super::{Store, StoreError};
use crate::outbox::PartState;
use crate::util::clock::from_ms;
use jiff::Timestamp;
use serde::Serialize;

/// What one generation of a message says, and to whom.
#[derive(Debug, Clone, Default)]
pub struct Sending {
    /// Ladder step and JSON of the content; `None` before it is planned.
    pub content: Option<(String, String)>,
    /// Addresses that nobody was found for.
    pub unknown: Vec<String>,
    /// Its parts in order.
    pub parts: Vec<Part>,
}

/// One part.
#[derive(Debug, Clone)]
pub struct Part {
    /// From 0.
    pub number: i64,
    /// JSON of whom it goes to.
    pub audience: String,
    /// How far it is.
    pub state: PartState,
    /// It may have arrived twice.
    pub duplicate: bool,
    /// Ids that the platform did not know.
    pub invalid: Vec<String>,
    /// Why it is lost.
    pub reason: Option<String>,
    /// `bm-...`, where it is known.
    pub batch_id: Option<String>,
    /// When its call was answered, or its id became known.
    pub sent_at: Option<Timestamp>,
}

/// Writes a generation's content and parts. Parts that are there stay as they are.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The message.
    pub message: String,
    /// Its send generation.
    pub generation: i64,
    /// Ladder step of the content.
    pub step: String,
    /// JSON of the content.
    pub content: String,
    /// JSON of whom each part goes to; empty where the parts are there.
    pub audiences: Vec<String>,
    /// Addresses that nobody was found for; empty where the parts are there.
    pub unknown: Vec<String>,
}

/// What became of a part.
#[derive(Debug, Clone)]
pub struct PartPatch {
    /// Send generation.
    pub generation: i64,
    /// Its number.
    pub number: i64,
    /// How far it is now.
    pub state: PartState,
    /// It may arrive twice.
    pub duplicate: bool,
    /// `bm-...`
    pub batch_id: Option<String>,
    /// Ids that the platform did not know, `open_id:ou_...`
    pub invalid: Vec<String>,
    /// Why it is lost.
    pub reason: Option<String>,
    /// When its call was answered.
    pub sent_at: Option<Timestamp>,
    /// When its progress is looked at.
    pub next_look: Option<Timestamp>,
}

impl PartPatch {
    /// A part of that number is so far now; nothing else is known of it.
    pub fn new(generation: i64, number: i64, state: PartState) -> Self {
        Self {
            generation,
            number,
            state,
            duplicate: false,
            batch_id: None,
            invalid: Vec::new(),
            reason: None,
            sent_at: None,
            next_look: None,
        }
    }
}

/// A part whose progress is due.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The message.
    pub message: String,
    /// `app:NAME`
    pub via: String,
    /// The configured address.
    pub target: String,
    /// Send generation.
    pub generation: i64,
    /// Its number.
    pub number: i64,
    /// `bm-...`
    pub batch_id: String,
    /// Sent at.
    pub sent_at: Timestamp,
}

/// What the platform says of a part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// People it goes to; 0: not scheduled yet.
    pub valid: i64,
    /// People who got it.
    pub success: i64,
    /// People who read it.
    pub read: i64,
    /// People from whom it was taken back.
    pub recalled: i64,
}

/// A look at a part.
#[derive(Debug, Clone)]
pub struct Look {
    /// The message.
    pub message: String,
    /// Send generation.
    pub generation: i64,
    /// Its number.
    pub number: i64,
    /// `None`: the look failed.
    pub progress: Option<Progress>,
    /// The next one; `None`: that was the last.
    pub next: Option<Timestamp>,
}

/// A part as the API shows it.
#[derive(Debug, Clone, Serialize)]
pub struct PartView {
    /// Its message.
    pub message: String,
    /// Send generation.
    pub generation: i64,
    /// Its number, from 0.
    pub part: i64,
    /// planned, asking, sent, unknown, lost
    pub state: &'static str,
    /// `bm-...`
    pub batch_id: Option<String>,
    /// It may have arrived twice.
    pub possible_duplicate: bool,
    /// Ids the platform did not know.
    pub invalid: Vec<String>,
    /// Why it is lost.
    pub reason: Option<String>,
    /// Sent at.
    pub sent_at: Option<Timestamp>,
    /// What the platform says of it.
    #[serde(flatten)]
    pub progress: Progress,
}

impl Store {
    /// A generation of a message as it is planned.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn sending(&self, message: &str, generation: i64) -> Result<Sending, StoreError> {
        let message = message.to_owned();
        self.read(move |tx| sending(tx, &message, generation)).await
    }

    /// Parts whose progress is due, at most `limit`, and when the next one is.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn followed(&self, now: Timestamp, limit: i64) -> Result<(Vec<Followed>, Option<Timestamp>), StoreError> {
        self.read(move |tx| followed(tx, now, limit)).await
    }
}

fn sending(tx: &Db, message: &str, generation: i64) -> Result<Sending, StoreError> {
    let content: Option<(String, String, String)> =
        sql::query("select step, content, unknown from part_contents where message_id = ?1 and generation = ?2")
            .bind(message)
            .bind(generation)
            .tuple(tx)?;
    let rows = sql::query(
            "select part, audience, state, duplicate, invalid, reason, batch_id, sent_at from parts where message_id = ?1 and generation = ?2 order by part",
        )
        .bind(message)
        .bind(generation)
        .fetch_all(tx)?;
    let part = |row: &Row| -> Result<Part, StoreError> {
        Ok(Part {
            number: row.get("part")?,
            audience: row.get("audience")?,
            state: PartState::parse(row.get("state")?),
            duplicate: row.get::<i64>("duplicate")? != 0,
            invalid: invalid(row)?,
            reason: row.get("reason")?,
            batch_id: row.get("batch_id")?,
            sent_at: row.get::<Option<i64>>("sent_at")?.map(from_ms),
        })
    };
    let parts = rows.iter().map(part).collect::<Result<_, _>>()?;
    Ok(match content {
        Some((step, content, unknown)) => {
            Sending { content: Some((step, content)), unknown: super::error::json("unknown addresses", &unknown)?, parts }
        }
        None => Sending { content: None, unknown: Vec::new(), parts },
    })
}

fn followed(tx: &Db, now: Timestamp, limit: i64) -> Result<(Vec<Followed>, Option<Timestamp>), StoreError> {
    let rows = sql::query(
        "select p.message_id, m.via, m.target, p.generation, p.part, p.batch_id, p.sent_at, p.next_look from parts p \
             join messages m on m.id = p.message_id where p.next_look is not null and p.batch_id is not null order by p.next_look limit ?1",
    )
    .bind(limit)
    .fetch_all(tx)?;
    let (mut due, mut next) = (Vec::new(), None);
    for row in &rows {
        let at = from_ms(row.get("next_look")?);
        if at > now {
            next = Some(at);
            break;
        }
        due.push(Followed {
            message: row.get("message_id")?,
            via: row.get("via")?,
            target: row.get("target")?,
            generation: row.get("generation")?,
            number: row.get("part")?,
            batch_id: row.get("batch_id")?,
            sent_at: row.get::<Option<i64>>("sent_at")?.map_or(now, from_ms),
        });
    }
    Ok((due, next))
}

/// The parts of an incident's messages, the newest generation first.
pub(super) fn of_incident(tx: &Db, incident: &str) -> Result<Vec<PartView>, StoreError> {
    let rows = sql::query(
        "select p.* from parts p join messages m on m.id = p.message_id where m.incident_id = ?1 \
         order by p.message_id, p.generation desc, p.part limit 500",
    )
    .bind(incident)
    .fetch_all(tx)?;
    let view = |row: &Row| -> Result<PartView, StoreError> {
        let count = |name: &str| row.get::<i64>(name);
        Ok(PartView {
            message: row.get("message_id")?,
            generation: count("generation")?,
            part: count("part")?,
            state: PartState::parse(row.get("state")?).as_str(),
            batch_id: row.get("batch_id")?,
            possible_duplicate: count("duplicate")? != 0,
            invalid: invalid(row)?,
            reason: row.get("reason")?,
            sent_at: row.get::<Option<i64>>("sent_at")?.map(from_ms),
            progress: Progress { valid: count("valid")?, success: count("success")?, read: count("read")?, recalled: count("recalled")? },
        })
    };
    rows.iter().map(view).collect()
}

fn invalid(row: &Row) -> Result<Vec<String>, StoreError> {
    let text: Option<String> = row.get("invalid")?;
    Ok(text.map(|text| super::error::json("invalid ids", &text)).transpose()?.unwrap_or_default())
}

pub(super) fn plan(tx: &Db, plan: &Plan) -> Result<(), StoreError> {
    // A message that retention took in the meantime has nothing to plan.
    let sql = "insert into part_contents (message_id, generation, step, content, unknown) select ?1, ?2, ?3, ?4, ?5 \
               where exists (select 1 from messages where id = ?1) \
               on conflict (message_id, generation) do update set step = excluded.step, content = excluded.content";
    let unknown = super::error::to_json(&plan.unknown);
    sql::query(sql).bind(&plan.message).bind(plan.generation).bind(&plan.step).bind(&plan.content).bind(unknown).execute(tx)?;
    // What an earlier generation had not come to yet is said by this one.
    let sql = "update parts set state = 'superseded', next_look = null where message_id = ?1 and generation < ?2 and state in ('planned', 'asking')";
    sql::query(sql).bind(&plan.message).bind(plan.generation).execute(tx)?;
    for (number, audience) in (0_i64..).zip(&plan.audiences) {
        let sql = "insert into parts (message_id, generation, part, audience, state, duplicate, valid, success, read, recalled) \
                   select ?1, ?2, ?3, ?4, 'planned', 0, 0, 0, 0, 0 where exists (select 1 from messages where id = ?1) \
                   on conflict (message_id, generation, part) do nothing";
        sql::query(sql).bind(&plan.message).bind(plan.generation).bind(number).bind(audience).execute(tx)?;
    }
    Ok(())
}

pub(super) fn patch(tx: &Db, message: &str, p: &PartPatch) -> Result<(), StoreError> {
    let invalid = (!p.invalid.is_empty()).then(|| super::error::to_json(&p.invalid));
    sql::query(
        "update parts set state = ?4, duplicate = max(duplicate, ?5), batch_id = coalesce(?6, batch_id), invalid = coalesce(?7, invalid), \
         reason = ?8, sent_at = coalesce(?9, sent_at), next_look = ?10 where message_id = ?1 and generation = ?2 and part = ?3",
    )
    .bind(message)
    .bind(p.generation)
    .bind(p.number)
    .bind(p.state.as_str())
    .bind(i64::from(p.duplicate))
    .bind(&p.batch_id)
    .bind(invalid)
    .bind(&p.reason)
    .bind(p.sent_at.map(Timestamp::as_millisecond))
    .bind(p.next_look.map(Timestamp::as_millisecond))
    .execute(tx)?;
    Ok(())
}

/// The parts of a message that the platform refused are sent anew, from the first ladder step.
pub(super) fn retry(tx: &Db, message: &str) -> Result<(), StoreError> {
    let newest = "(select max(generation) from parts where message_id = ?1)";
    let sql = format!(
        "update parts set state = 'planned', reason = null, duplicate = 0 where message_id = ?1 and generation = {newest} and state = 'lost'"
    );
    if sql::query(sql).bind(message).execute(tx)? > 0 {
        let sql = format!("update part_contents set step = '' where message_id = ?1 and generation = {newest}");
        sql::query(sql).bind(message).execute(tx)?;
    }
    Ok(())
}

pub(super) fn look(tx: &Db, look: &Look) -> Result<(), StoreError> {
    let counts = look.progress;
    sql::query(
        "update parts set valid = coalesce(?4, valid), success = coalesce(?5, success), read = coalesce(?6, read), \
         recalled = coalesce(?7, recalled), next_look = ?8 where message_id = ?1 and generation = ?2 and part = ?3",
    )
    .bind(&look.message)
    .bind(look.generation)
    .bind(look.number)
    .bind(counts.map(|c| c.valid))
    .bind(counts.map(|c| c.success))
    .bind(counts.map(|c| c.read))
    .bind(counts.map(|c| c.recalled))
    .bind(look.next.map(Timestamp::as_millisecond))
    .execute(tx)?;
    Ok(())
}

//! What time does: groups not heard of expire, what is older than the retention is deleted. Bounded per call.

use super::StoreError;
use super::book::Book;
use super::sql::{self, Db};
use crate::incident::event::{Event, Rules};
use crate::outbox::Work;
use jiff::Timestamp;
use std::time::Duration;

/// Rows touched by one call at the most, so that the writer never stalls.
const AT_MOST: i64 = 500;

/// A call of the upkeep.
#[derive(Debug, Clone, Copy)]
pub struct Upkeep {
    /// Now.
    pub now: Timestamp,
    /// A group not heard of for so long is expired.
    pub expire_after: Duration,
    /// How long ended incidents, attempts and events are kept.
    pub retention: Duration,
}

/// Embedded pictures are needed until they are uploaded: a message that waits longer goes without.
const KEEP_BLOBS: Duration = Duration::from_secs(48 * 3600);

/// What it did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpkeepDone {
    /// Incidents expired.
    pub expired: u64,
    /// Rows deleted.
    pub deleted: u64,
    /// There is more to do.
    pub more: bool,
}

fn ago(now: Timestamp, by: Duration) -> i64 {
    now.as_millisecond().saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX))
}

/// Deletes what is over its retention. A command of its own: on a full disk this is what makes room.
pub(super) fn prune(tx: &Db, upkeep: &Upkeep) -> Result<UpkeepDone, StoreError> {
    let mut done = UpkeepDone::default();
    for sql in [
        // Owed effects of an ended incident keep it: they are delivered or given up first.
        "delete from incidents where id in (select i.id from incidents i where i.ended_at < ?1 and not exists \
         (select 1 from messages m join jobs j on j.message_id = m.id where m.incident_id = i.id and j.state = 'ready') limit ?2)",
        "delete from events where id in (select id from events where received_at < ?1 limit ?2)",
        "delete from attempts where id in (select id from attempts where at < ?1 limit ?2)",
        "delete from uploads where (app, kind, hash) in (select app, kind, hash from uploads where used_at < ?1 limit ?2)",
        "delete from snapshots where (sender_group, digest) in (select sender_group, digest from snapshots where applied_at < ?1 limit ?2)",
    ] {
        let rows = sql::query(sql).bind(ago(upkeep.now, upkeep.retention)).bind(AT_MOST).execute(tx)?;
        done.deleted += rows;
        done.more |= rows == AT_MOST as u64;
    }
    let rows = super::attachments::drop_blobs(tx, ago(upkeep.now, upkeep.retention.min(KEEP_BLOBS)), AT_MOST / 10)?;
    done.deleted += rows;
    done.more |= rows == AT_MOST as u64 / 10;
    Ok(done)
}

/// Expires groups not heard of.
pub(super) fn expire(tx: &Db, upkeep: &Upkeep, rules: Rules, owed: &mut Vec<Work>) -> Result<UpkeepDone, StoreError> {
    let mut done = UpkeepDone::default();
    let silent: Vec<(String,)> =
        sql::query("select id from incidents where phase in ('firing', 'gone') and heard_at < ?1 order by heard_at limit 50")
            .bind(ago(upkeep.now, upkeep.expire_after))
            .tuples(tx)?;
    let mut book = Book::default();
    book.read(tx, silent.iter().map(|(id,)| id.clone()))?;
    for (id,) in &silent {
        done.expired += u64::from(book.step(id, &Event::Expire, rules, upkeep.now, owed).is_some());
    }
    book.write(tx)?;
    done.more = silent.len() == 50;
    Ok(done)
}

//! What time does: groups not heard of expire, what is older than the retention is deleted. Bounded per call.

use super::StoreError;
use super::book::Book;
use super::error::to_json;
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

impl UpkeepDone {
    fn add(&mut self, (deleted, more): (u64, bool)) {
        self.deleted += deleted;
        self.more |= more;
    }
}

fn ago(now: Timestamp, by: Duration) -> i64 {
    now.as_millisecond().saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX))
}

/// Deletes what is over its retention. A command of its own: on a full disk this is what makes room.
pub(super) fn prune(tx: &Db, upkeep: &Upkeep) -> Result<UpkeepDone, StoreError> {
    let mut done = UpkeepDone::default();
    done.add(over(tx, ago(upkeep.now, upkeep.retention))?);
    for sql in [
        // In the order of their numbers, which is that of time but for a clock that was set back: those wait for the ones before.
        "delete from events where number in (select number from events order by number limit ?2) and received_at < ?1",
        "delete from heard where number in (select number from heard order by number limit ?2) and at < ?1",
        "delete from attempts where id in (select id from attempts order by id limit ?2) and at < ?1",
        "delete from uploads where (app, kind, hash) in (select app, kind, hash from uploads where used_at < ?1 limit ?2)",
        "delete from told where sender_group in (select sender_group from told where applied_at < ?1 limit ?2)",
        "delete from told_before where (sender_group, digest) in (select sender_group, digest from told_before where applied_at < ?1 limit ?2)",
    ] {
        let rows = sql::query(sql).bind(ago(upkeep.now, upkeep.retention)).bind(AT_MOST).execute(tx)?;
        done.add((rows, rows == AT_MOST as u64));
    }
    // By its own bound as well: refused log-ins come as often as somebody likes.
    let rows = sql::query(
        "delete from audit where number in (select number from audit order by number limit ?2) \
         and (at < ?1 or number <= (select max(number) from audit) - ?3)",
    )
    .bind(ago(upkeep.now, upkeep.retention))
    .bind(AT_MOST)
    .bind(super::audit::MOST)
    .execute(tx)?;
    done.add((rows, rows == AT_MOST as u64));
    let rows = super::attachments::drop_blobs(tx, ago(upkeep.now, upkeep.retention.min(KEEP_BLOBS)), AT_MOST / 10)?;
    done.add((rows, rows == AT_MOST as u64 / 10));
    Ok(done)
}

/// Deletes incidents that ended before `before` (ms), those first that ended first, with all that belongs to them. An incident may
/// have a thousand alerts: what counts is the rows that go with it, so one call deletes as many incidents as have [`AT_MOST`] rows
/// between them, and one at least. Returns how many, and whether more are left.
fn over(tx: &Db, before: i64) -> Result<(u64, bool), StoreError> {
    // Owed effects of an ended incident keep it: they are delivered or given up first.
    let found: Vec<(String, i64)> = sql::query(
        "select i.id, 1 + (select count(*) from instances where incident_id = i.id) + (select count(*) from messages m \
         join attempts a on a.message_id = m.id where m.incident_id = i.id) from incidents i where i.ended_at < ?1 and not exists \
         (select 1 from messages m join jobs j on j.message_id = m.id where m.incident_id = i.id and j.state = 'ready') \
         order by i.ended_at limit ?2",
    )
    .bind(before)
    .bind(AT_MOST / 5)
    .tuples(tx)?;
    let mut rows = 0;
    let fits = |(_, of_it): &&(String, i64)| -> bool {
        let fits = rows == 0 || rows + of_it <= AT_MOST;
        rows += of_it;
        fits
    };
    let ids: Vec<&str> = found.iter().take_while(fits).map(|(id, _)| id.as_str()).collect();
    if ids.is_empty() {
        return Ok((0, false));
    }
    sql::query("delete from incidents where id in (select value from json_each(?1))").bind(to_json(&ids)).execute(tx)?;
    Ok((ids.len() as u64, ids.len() < found.len() || found.len() as i64 == AT_MOST / 5))
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

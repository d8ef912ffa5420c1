//! Whether a sender told something new: the digests lately applied to each sender group.

use super::error::to_json;
use super::sql::{self, Db};
use super::{Intake, SenderGroup, StoreError};
use crate::alert::Mode;
use crate::incident::digest::DUPLICATE_WINDOW;
use crate::util::clock::{from_ms, since};
use jiff::Timestamp;
use rusqlite::params;
use std::collections::{BTreeMap, BTreeSet};

/// [`DUPLICATE_WINDOW`] in milliseconds.
const WINDOW: i64 = DUPLICATE_WINDOW.as_millis() as i64;

/// Whether a digest was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Something new.
    News,
    /// An HA twin or a retry: no effect.
    Duplicate,
    /// The same as last time, later: the sender reminds.
    Repeat,
}

/// What is known of the digests that a batch brings, and what the batch adds to it.
#[derive(Default)]
struct Known {
    /// The newest of each sender group.
    newest: BTreeMap<String, (String, i64)>,
    /// When one before it was applied last, by sender group and digest.
    before: BTreeMap<(String, String), i64>,
    /// Sender groups whose newest changed.
    renewed: BTreeSet<String>,
    /// What became one of those before, or was applied anew as one.
    passed: BTreeSet<(String, String)>,
}

/// What each sender group of each body told, in order; the digests are remembered.
pub(super) fn all(tx: &Db, intakes: &[&Intake]) -> Result<Vec<Vec<Told>>, StoreError> {
    let mut known = read(tx, intakes)?;
    let told = intakes.iter().map(|intake| intake.groups.iter().map(|group| known.told(group, intake.at)).collect()).collect();
    known.write(tx)?;
    if let Some(newest) = intakes.iter().map(|intake| intake.at.as_millisecond()).max() {
        forget(tx, newest - WINDOW)?;
    }
    Ok(told)
}

fn read(tx: &Db, intakes: &[&Intake]) -> Result<Known, StoreError> {
    let named = |group: &'_ SenderGroup| Some((group.id.clone(), group.digest.clone()?));
    let asked: BTreeSet<(String, String)> = intakes.iter().flat_map(|intake| &intake.groups).filter_map(named).collect();
    if asked.is_empty() {
        return Ok(Known::default());
    }
    let groups: BTreeSet<&str> = asked.iter().map(|(group, _)| group.as_str()).collect();
    let newest: Vec<(String, String, i64)> =
        sql::query("select t.sender_group, t.digest, t.applied_at from json_each(?1) asked join told t on t.sender_group = asked.value")
            .bind(to_json(&groups))
            .tuples(tx)?;
    let newest: BTreeMap<String, (String, i64)> = newest.into_iter().map(|(group, digest, at)| (group, (digest, at))).collect();
    // Who never told anything, or tells the same again, need not be asked what it told before.
    let asked: Vec<&(String, String)> =
        asked.iter().filter(|(group, digest)| newest.get(group).is_some_and(|(newest, _)| newest != digest)).collect();
    if asked.is_empty() {
        return Ok(Known { newest, ..Known::default() });
    }
    let before: Vec<(String, String, i64)> = sql::query(
        "select b.sender_group, b.digest, b.applied_at from json_each(?1) asked \
         join told_before b on b.sender_group = asked.value ->> 0 and b.digest = asked.value ->> 1",
    )
    .bind(to_json(&asked))
    .tuples(tx)?;
    let before = before.into_iter().map(|(group, digest, at)| ((group, digest), at)).collect();
    Ok(Known { newest, before, ..Known::default() })
}

impl Known {
    /// Compares a digest with those lately applied to the sender group, and remembers it.
    fn told(&mut self, group: &SenderGroup, now: Timestamp) -> Told {
        let Some(digest) = &group.digest else { return Told::News };
        let at = now.as_millisecond();
        // A clock that jumped back makes the earlier moment lie in the future: `since` is then zero, which is the safe reading.
        let recent = |earlier: i64| since(from_ms(earlier), now) < DUPLICATE_WINDOW && earlier <= at.saturating_add(WINDOW);
        let key = (group.id.clone(), digest.clone());
        let newest = self.newest.get(&group.id).cloned();
        let told = match &newest {
            Some((known, earlier)) if known == digest && recent(*earlier) => return Told::Duplicate,
            Some((known, _)) if known == digest => Told::Repeat,
            Some(_) if group.mode == Mode::Snapshot && self.before.get(&key).is_some_and(|earlier| recent(*earlier)) => {
                return Told::Duplicate;
            }
            _ => Told::News,
        };
        match newest {
            // The clock jumped back: what is newer by its time stays the newest.
            Some((known, newer)) if known != *digest && newer > at => self.pass(key, at),
            Some((known, earlier)) if known != *digest => {
                self.pass((group.id.clone(), known), earlier);
                self.renew(key, at);
            }
            _ => self.renew(key, at),
        }
        told
    }

    fn renew(&mut self, (group, digest): (String, String), at: i64) {
        self.renewed.insert(group.clone());
        self.newest.insert(group, (digest, at));
    }

    fn pass(&mut self, key: (String, String), at: i64) {
        self.passed.insert(key.clone());
        self.before.insert(key, at);
    }

    fn write(self, tx: &Db) -> Result<(), StoreError> {
        let mut renew = tx.prepare_cached(
            "insert into told (sender_group, digest, applied_at) values (?1, ?2, ?3) \
             on conflict (sender_group) do update set digest = excluded.digest, applied_at = excluded.applied_at",
        )?;
        for group in &self.renewed {
            if let Some((digest, at)) = self.newest.get(group) {
                renew.execute(params![group, digest, at])?;
            }
        }
        let mut pass = tx.prepare_cached(
            "insert into told_before (sender_group, digest, applied_at) values (?1, ?2, ?3) \
             on conflict (sender_group, digest) do update set applied_at = excluded.applied_at",
        )?;
        for key in &self.passed {
            pass.execute(params![key.0, key.1, self.before.get(key)])?;
        }
        Ok(())
    }
}

/// Drops what was told so long ago that no twin brings it again; a bounded number, which is more than a batch adds.
fn forget(tx: &Db, before: i64) -> Result<(), StoreError> {
    sql::query(
        "delete from told_before where (sender_group, digest) in \
         (select sender_group, digest from told_before where applied_at < ?1 order by applied_at limit 1000)",
    )
    .bind(before)
    .execute(tx)?;
    Ok(())
}

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
    /// When a digest was applied last, by sender group and digest.
    applied: BTreeMap<(String, String), i64>,
    /// The newest of each sender group.
    newest: BTreeMap<String, (String, i64)>,
    changed: BTreeSet<(String, String)>,
    /// What is older than this is of no more use, by sender group.
    forget: BTreeMap<String, i64>,
}

/// What each sender group of each body told, in order; the digests are remembered.
pub(super) fn all(tx: &Db, intakes: &[&Intake]) -> Result<Vec<Vec<Told>>, StoreError> {
    let mut known = read(tx, intakes)?;
    let told = intakes.iter().map(|intake| intake.groups.iter().map(|group| known.told(group, intake.at)).collect()).collect();
    known.write(tx)?;
    Ok(told)
}

fn read(tx: &Db, intakes: &[&Intake]) -> Result<Known, StoreError> {
    let named = |group: &'_ SenderGroup| Some((group.id.clone(), group.digest.clone()?));
    let asked: BTreeSet<(String, String)> = intakes.iter().flat_map(|intake| &intake.groups).filter_map(named).collect();
    if asked.is_empty() {
        return Ok(Known::default());
    }
    let groups: BTreeSet<&str> = asked.iter().map(|(group, _)| group.as_str()).collect();
    let rows: Vec<(String, String, i64, i64)> = sql::query(
        "select s.sender_group, s.digest, s.applied_at, 0 from json_each(?1) asked \
         join snapshots s on s.sender_group = asked.value ->> 0 and s.digest = asked.value ->> 1 \
         union all select s.sender_group, s.digest, s.applied_at, 1 from json_each(?2) asked \
         join snapshots s on s.sender_group = asked.value and s.digest = \
         (select digest from snapshots where sender_group = asked.value order by applied_at desc limit 1)",
    )
    .bind(to_json(&asked))
    .bind(to_json(&groups))
    .tuples(tx)?;
    let mut known = Known::default();
    for (group, digest, at, newest) in rows {
        if newest == 1 {
            known.newest.insert(group, (digest, at));
        } else {
            known.applied.insert((group, digest), at);
        }
    }
    Ok(known)
}

impl Known {
    /// Compares a digest with those lately applied to the sender group, and remembers it.
    fn told(&mut self, group: &SenderGroup, now: Timestamp) -> Told {
        let Some(digest) = &group.digest else { return Told::News };
        let key = (group.id.clone(), digest.clone());
        let window = i64::try_from(DUPLICATE_WINDOW.as_millis()).unwrap_or(90_000);
        let at = now.as_millisecond();
        let same = self.applied.get(&key).copied();
        let newest = self.newest.get(&group.id);
        // A clock that jumped back makes the earlier moment lie in the future: `since` is then zero, which is the safe reading.
        let recent = |earlier: i64| since(from_ms(earlier), now) < DUPLICATE_WINDOW && earlier <= at.saturating_add(window);
        let last = newest.is_some_and(|(known, _)| known == digest);
        let told = match same {
            Some(earlier) if recent(earlier) && (group.mode == Mode::Snapshot || last) => return Told::Duplicate,
            Some(_) if last => Told::Repeat,
            _ => Told::News,
        };
        if newest.is_some() {
            self.forget.insert(group.id.clone(), at - window);
        }
        if last || newest.is_none_or(|(_, newest)| *newest <= at) {
            self.newest.insert(group.id.clone(), (digest.clone(), at));
        }
        self.applied.insert(key.clone(), at);
        self.changed.insert(key);
        told
    }

    fn write(self, tx: &Db) -> Result<(), StoreError> {
        let mut insert = tx.prepare_cached(
            "insert into snapshots (sender_group, digest, applied_at) values (?1, ?2, ?3) \
             on conflict (sender_group, digest) do update set applied_at = excluded.applied_at",
        )?;
        for key in &self.changed {
            insert.execute(params![key.0, key.1, self.applied.get(key)])?;
        }
        if self.forget.is_empty() {
            return Ok(());
        }
        sql::query(
            "delete from snapshots where (sender_group, digest) in (select s.sender_group, s.digest from json_each(?1) old \
             join snapshots s on s.sender_group = old.value ->> 0 and s.applied_at < old.value ->> 1)",
        )
        .bind(to_json(&self.forget.iter().collect::<Vec<_>>()))
        .execute(tx)?;
        Ok(())
    }
}

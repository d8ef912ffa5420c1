//! What a version of a digest says: from what waits to rows by alert name. Pure.

use crate::alert::Severity;
use crate::outbox::ToldOf;
use crate::render::model::{Storm, StormRow};
use crate::store::Gathered;
use crate::util::id::hash_id;
use jiff::Timestamp;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A version of a digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Tells {
    /// What people see.
    pub storm: Storm,
    /// What is written down once they did.
    pub of: ToldOf,
    /// The same for what it says: two versions with the same are the same.
    pub told: String,
}

/// The version that is true now. `worst` is the severity so far, `source` stands where an alert has no name.
pub fn tells(gathered: &Gathered, opened_at: Timestamp, worst: Severity, now: Timestamp) -> Tells {
    let mut rows: BTreeMap<&str, StormRow> = BTreeMap::new();
    let mut parts: Vec<String> = Vec::with_capacity(gathered.waiting.len());
    for inside in &gathered.waiting {
        let name = if inside.title.trim().is_empty() { "-" } else { inside.title.as_str() };
        let row = rows.entry(name).or_insert_with(|| StormRow {
            name: name.to_owned(),
            groups: 0,
            alerts: 0,
            severity: Severity::Info,
            since: inside.since,
        });
        row.groups += 1;
        row.alerts += inside.alerts;
        row.severity = row.severity.max(inside.severity);
        row.since = row.since.min(inside.since);
        parts.push(format!("{} {} {} {}", inside.message, inside.severity.as_str(), inside.alerts, inside.title));
    }
    let mut rows: Vec<StormRow> = rows.into_values().collect();
    rows.sort_by_key(|row| (Reverse(row.severity), Reverse(row.groups), row.since, row.name.clone()));
    let over = gathered.waiting.is_empty();
    let severity = rows.iter().map(|row| row.severity).max().unwrap_or(worst);
    let newly = gathered.waiting.iter().filter(|inside| !inside.listed).count() as u64;
    let since = rows.iter().map(|row| row.since).min();
    let more = rows.len().saturating_sub(Storm::ROWS) as u64;
    rows.truncate(Storm::ROWS);
    let storm = Storm {
        groups: gathered.waiting.len() as u64,
        alerts: gathered.waiting.iter().map(|inside| inside.alerts).sum(),
        rows,
        more,
        severity,
        since,
        listed: gathered.listed + newly,
        own: gathered.own,
        ended: gathered.told + gathered.ended.len() as u64,
        opened_at,
        over: over.then_some(now),
    };
    parts.extend(gathered.ended.iter().map(|message| format!("{message} ended")));
    let of = ToldOf {
        severity,
        listed: gathered.waiting.iter().filter(|inside| !inside.listed).map(|inside| inside.message.clone()).collect(),
        ended: gathered.ended.clone(),
        over,
    };
    Tells { storm, of, told: format!("\"{}\"", hash_id(&parts)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Inside;
    use crate::util::clock::from_ms;

    fn inside(message: &str, title: &str, severity: Severity, alerts: u64, at: i64) -> Inside {
        Inside { message: message.into(), title: title.into(), severity, alerts, since: from_ms(at), listed: message.starts_with("old") }
    }

    fn gathered(waiting: Vec<Inside>) -> Gathered {
        Gathered { waiting, ended: vec!["gone".into()], listed: 5, own: 3, told: 1 }
    }

    #[test]
    fn rows_by_name_the_worst_first() {
        let waiting = vec![
            inside("old1", "DiskFull", Severity::Info, 2, 30),
            inside("new1", "Latency", Severity::Warning, 1, 20),
            inside("new2", "DiskFull", Severity::Info, 3, 10),
            inside("new3", "", Severity::Info, 1, 40),
        ];
        let tells = tells(&gathered(waiting), from_ms(0), Severity::Info, from_ms(50));
        let rows: Vec<_> = tells.storm.rows.iter().map(|r| (r.name.as_str(), r.groups, r.alerts, r.since)).collect();
        assert_eq!(rows, [("Latency", 1, 1, from_ms(20)), ("DiskFull", 2, 5, from_ms(10)), ("-", 1, 1, from_ms(40))]);
        let storm = &tells.storm;
        assert_eq!((storm.groups, storm.alerts, storm.more, storm.severity), (4, 7, 0, Severity::Warning));
        assert_eq!((storm.listed, storm.own, storm.ended, storm.over), (8, 3, 2, None));
        assert_eq!(tells.of.listed, ["new1", "new2", "new3"]);
    }

    #[test]
    fn names_beyond_the_most_are_counted() {
        let waiting = (0..27).map(|n| inside(&format!("m{n}"), &format!("A{n:02}"), Severity::Warning, 1, n)).collect();
        let storm = tells(&gathered(waiting), from_ms(0), Severity::Info, from_ms(50)).storm;
        assert_eq!((storm.rows.len(), storm.more, storm.rows[0].name.as_str()), (20, 7, "A00"));
    }

    #[test]
    fn the_same_says_the_same_and_anything_else_does_not() {
        let of = |waiting: Vec<Inside>| tells(&gathered(waiting), from_ms(0), Severity::Info, from_ms(50)).told;
        let one = of(vec![inside("m1", "A", Severity::Info, 1, 0)]);
        assert_eq!(one, of(vec![inside("m1", "A", Severity::Info, 1, 0)]));
        for other in [
            inside("m2", "A", Severity::Info, 1, 0),
            inside("m1", "B", Severity::Info, 1, 0),
            inside("m1", "A", Severity::Warning, 1, 0),
            inside("m1", "A", Severity::Info, 2, 0),
        ] {
            assert_ne!(one, of(vec![other]));
        }
        assert_ne!(one, of(Vec::new()));
    }

    #[test]
    fn with_nobody_left_it_is_over() {
        let tells = tells(&gathered(Vec::new()), from_ms(7), Severity::Warning, from_ms(50));
        assert!(tells.of.over && tells.storm.over == Some(from_ms(50)) && tells.storm.severity == Severity::Warning);
        assert_eq!(tells.of.ended, ["gone"]);
    }
}

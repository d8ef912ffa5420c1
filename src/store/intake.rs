//! One accepted body: duplicates dropped, incidents stepped in arrival order, effects written.

use super::error::to_json;
use super::{StoreError, incidents};
use crate::alert::{Mode, Status};
use crate::incident::digest::DUPLICATE_WINDOW;
use crate::incident::event::{Event, Outcome, Report, Reported, Rules};
use crate::incident::state::{Incident, Phase};
use crate::incident::step::step;
use crate::outbox::Work;
use crate::util::clock::{from_ms, since};
use crate::util::id::new_id;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, BTreeSet};

/// An accepted body, routed.
#[derive(Debug, Clone)]
pub struct Intake {
    /// The event's id, told to the sender.
    pub event: String,
    /// Source name.
    pub source: String,
    /// Arrival.
    pub at: Timestamp,
    /// The body as decoded, for the record; cut by the caller where it is huge.
    pub body: Vec<u8>,
    /// What it says, by sender group.
    pub groups: Vec<SenderGroup>,
    /// What routing left out, and why; for the record.
    pub left_out: BTreeMap<&'static str, u64>,
    /// Pictures that came inside the body, by the hash that its alerts name them with.
    pub blobs: Vec<(String, Vec<u8>)>,
}

/// What a body says of one sender group.
#[derive(Debug, Clone)]
pub struct SenderGroup {
    /// Our name of it.
    pub id: String,
    /// How absence is read.
    pub mode: Mode,
    /// Digest of what is said; `None`: never a duplicate (test notifications).
    pub digest: Option<String>,
    /// The sender cut alerts off.
    pub truncated: bool,
    /// Every fingerprint the body lists.
    pub listed: BTreeSet<String>,
    /// The alerts by the group they belong to.
    pub reports: Vec<GroupReport>,
}

/// What a body says of one of our groups.
#[derive(Debug, Clone)]
pub struct GroupReport {
    /// Identity of our group.
    pub group_id: String,
    /// The report; `repeat` is filled in here.
    pub report: Report,
}

/// What became of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// Groups in which something happened.
    pub groups: usize,
    /// Messages that are owed something.
    pub messages: usize,
    /// How often which outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
}

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

pub(super) async fn apply(tx: &mut SqliteConnection, intake: &Intake, rules: Rules, owed: &mut Vec<Work>) -> Result<Applied, StoreError> {
    let mut applied = Applied::default();
    let before = owed.len();
    for group in &intake.groups {
        let told = told(tx, group, intake.at).await?;
        if told == Told::Duplicate {
            *applied.outcomes.entry("duplicate").or_default() += 1;
            continue;
        }
        let mut seen = BTreeSet::new();
        for GroupReport { group_id, report } in &group.reports {
            let mut report = report.clone();
            report.repeat = told == Told::Repeat;
            let outcome = one(tx, group_id, &report, rules, intake.at, owed, &mut seen).await?;
            *applied.outcomes.entry(outcome.as_str()).or_default() += 1;
            applied.groups += usize::from(outcome != Outcome::ResolvedUnknown);
        }
        if group.mode != Mode::Test {
            applied.groups += leave(tx, group, intake, rules, owed, &seen).await?;
        }
    }
    super::attachments::keep_blobs(tx, &intake.blobs, intake.at).await?;
    applied.messages = owed[before..].iter().map(|w| w.message.as_str()).collect::<BTreeSet<_>>().len();
    sqlx::query("insert into events (id, source, received_at, body, outcome) values ($1, $2, $3, $4, $5)")
        .bind(&intake.event)
        .bind(&intake.source)
        .bind(intake.at.as_millisecond())
        .bind(&intake.body)
        .bind(to_json(&serde_json::json!({"applied": applied, "left_out": intake.left_out})))
        .execute(&mut *tx)
        .await?;
    Ok(applied)
}

/// Compares a digest with those lately applied to the sender group, and remembers it.
async fn told(tx: &mut SqliteConnection, group: &SenderGroup, now: Timestamp) -> Result<Told, StoreError> {
    let Some(digest) = &group.digest else { return Ok(Told::News) };
    let same: Option<(i64,)> = sqlx::query_as("select applied_at from snapshots where sender_group = $1 and digest = $2")
        .bind(&group.id)
        .bind(digest)
        .fetch_optional(&mut *tx)
        .await?;
    let newest: Option<(String,)> = sqlx::query_as("select digest from snapshots where sender_group = $1 order by applied_at desc limit 1")
        .bind(&group.id)
        .fetch_optional(&mut *tx)
        .await?;
    // A clock that jumped back makes `at` lie in the future: `since` is then zero, which is the safe reading.
    let recent = |at: i64| since(from_ms(at), now) < DUPLICATE_WINDOW && at <= now.as_millisecond().saturating_add(90_000);
    let last = newest.as_ref().is_some_and(|(known,)| known == digest);
    let told = match same {
        Some((at,)) if recent(at) && (group.mode == Mode::Snapshot || last) => return Ok(Told::Duplicate),
        Some(_) if last => Told::Repeat,
        _ => Told::News,
    };
    sqlx::query("insert into snapshots (sender_group, digest, applied_at) values ($1, $2, $3) on conflict (sender_group, digest) do update set applied_at = excluded.applied_at")
        .bind(&group.id)
        .bind(digest)
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?;
    if newest.is_some() {
        sqlx::query("delete from snapshots where sender_group = $1 and applied_at < $2 and digest <> $3")
            .bind(&group.id)
            .bind(now.as_millisecond() - i64::try_from(DUPLICATE_WINDOW.as_millis()).unwrap_or(90_000))
            .bind(digest)
            .execute(&mut *tx)
            .await?;
    }
    Ok(told)
}

/// Steps the incident of one group: the open one, one that may reopen, or a new one.
async fn one(
    tx: &mut SqliteConnection,
    group_id: &str,
    report: &Report,
    rules: Rules,
    now: Timestamp,
    owed: &mut Vec<Work>,
    seen: &mut BTreeSet<String>,
) -> Result<Outcome, StoreError> {
    let known = if report.mode == Mode::Test { None } else { incidents::newest_of(tx, group_id).await? };
    let firing = report.alerts.iter().any(|r| r.alert.status == Status::Firing);
    let reopens = |i: &Incident| i.phase == Phase::Resolved && i.ended_at.is_some_and(|at| since(at, now) <= rules.reopen_within);
    let mut incident = match known {
        Some(incident) if incident.open() || reopens(&incident) => incident,
        // Resolved again, or late news of what is over: nothing to open.
        _ if !firing && report.mode != Mode::Test => return Ok(Outcome::ResolvedUnknown),
        _ => fresh(group_id, report, now),
    };
    seen.insert(incident.id.clone());
    let (outcome, effects) = step(&mut incident, &Event::Report(Box::new(report.clone())), rules, now, &mut new_id);
    if incident.messages.is_empty() {
        // Everything muted: there is nothing to keep.
        return Ok(Outcome::Unchanged);
    }
    incidents::save(tx, &incident, &effects, now, owed).await?;
    Ok(outcome)
}

fn fresh(group_id: &str, report: &Report, now: Timestamp) -> Incident {
    Incident {
        id: new_id(),
        group_id: group_id.to_owned(),
        facts: report.facts.clone(),
        phase: Phase::Gone,
        opened_at: now,
        heard_at: now,
        ended_at: None,
        acked: None,
        instances: BTreeMap::new(),
        messages: Vec::new(),
    }
}

/// Open incidents with firing alerts of this sender group in which nothing was reported: the snapshot says nothing of them,
/// or a reload moved their alerts to other groups. What their messages show stays true.
async fn leave(
    tx: &mut SqliteConnection,
    group: &SenderGroup,
    intake: &Intake,
    rules: Rules,
    owed: &mut Vec<Work>,
    seen: &BTreeSet<String>,
) -> Result<usize, StoreError> {
    let firing: Vec<(String, String)> =
        sqlx::query_as("select incident_id, fingerprint from instances where sender_group = $1 and state = 'firing'")
            .bind(&group.id)
            .fetch_all(&mut *tx)
            .await?;
    // Absence says something in a whole snapshot only.
    let whole = group.mode == Mode::Snapshot && !group.truncated;
    let touched: BTreeSet<&String> = firing
        .iter()
        .filter(|(id, fingerprint)| !seen.contains(id) && (whole || group.listed.contains(fingerprint)))
        .map(|(id, _)| id)
        .collect();
    let mut changed = 0;
    for id in touched {
        let Some(mut incident) = incidents::by_id(tx, id).await? else { continue };
        if !incident.open() {
            continue;
        }
        let mut facts = incident.facts.clone();
        match group.mode {
            Mode::Snapshot if whole => facts.truncated = 0,
            Mode::Snapshot => facts.truncated = facts.truncated.max(1),
            Mode::Delta | Mode::Test => {}
        }
        let alerts = group.reports.iter().flat_map(|r| &r.report.alerts);
        let report = Report {
            facts,
            mode: group.mode,
            sender_group: group.id.clone(),
            repeat: false,
            alerts: alerts.map(|reported| Reported { places: Vec::new(), ..reported.clone() }).collect(),
            elsewhere: group.listed.clone(),
        };
        let (_, effects) = step(&mut incident, &Event::Report(Box::new(report)), rules, intake.at, &mut new_id);
        incidents::save(tx, &incident, &effects, intake.at, owed).await?;
        changed += 1;
    }
    Ok(changed)
}

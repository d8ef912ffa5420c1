//! Accepted bodies: duplicates dropped, incidents stepped in arrival order, effects written; a batch at a time.

use super::book::Book;
use super::error::to_json;
use super::events::Record;
use super::sql::{self, Db};
use super::{StoreError, Told, told};
use crate::alert::{Mode, State, Status};
use crate::incident::event::{Event, Outcome, Report, Reported, Rules};
use crate::incident::state::{Incident, Phase};
use crate::outbox::Work;
use crate::util::clock::since;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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

/// Applies bodies in their order. What is known of all their groups is read at once, and what changed is written at once: a
/// group that several of them speak of is one read and one write.
pub(super) fn apply(tx: &Db, intakes: &[&Intake], rules: Rules, owed: &mut Vec<Work>) -> Result<Vec<Applied>, StoreError> {
    if intakes.is_empty() {
        return Ok(Vec::new());
    }
    let told = told::all(tx, intakes)?;
    let news: Vec<News<'_>> = intakes.iter().zip(&told).map(|(intake, told)| News { intake, told }).collect();
    let mut desk = Desk::read(tx, &news, rules)?;
    let mut record = Record::open(tx)?;
    let mut all = Vec::with_capacity(intakes.len());
    for news in &news {
        let first = record.heard.len();
        let applied = desk.body(news, owed, &mut record);
        record.event(news.intake, &applied, first);
        all.push(applied);
    }
    desk.book.write(tx)?;
    for intake in intakes {
        super::attachments::keep_blobs(tx, &intake.blobs, intake.at)?;
    }
    record.write(tx)?;
    Ok(all)
}

/// A body, and for each of its sender groups whether it tells anything.
struct News<'a> {
    intake: &'a Intake,
    told: &'a [Told],
}

impl<'a> News<'a> {
    /// The sender groups that are no duplicates.
    fn groups(&self) -> impl Iterator<Item = (&'a SenderGroup, Told)> {
        self.intake.groups.iter().zip(self.told.iter().copied()).filter(|(_, told)| *told != Told::Duplicate)
    }
}

/// What a batch of bodies works on.
struct Desk {
    book: Book,
    /// Incidents that have or may have alerts of a sender group.
    with: BTreeMap<String, BTreeSet<String>>,
    rules: Rules,
}

impl Desk {
    fn read(tx: &Db, news: &[News<'_>], rules: Rules) -> Result<Self, StoreError> {
        let groups = || news.iter().flat_map(News::groups).map(|(group, _)| group).filter(|group| group.mode != Mode::Test);
        let mut desk = Desk { book: Book::default(), with: BTreeMap::new(), rules };
        let reported = groups().flat_map(|group| &group.reports).map(|report| report.group_id.as_str());
        let reported = reported.collect::<BTreeSet<&str>>();
        if !reported.is_empty() {
            desk.book.read_groups(tx, &reported)?;
        }
        let (mut whole, mut listed) = (BTreeSet::new(), BTreeSet::new());
        for group in groups() {
            if group.whole() {
                whole.insert(group.id.as_str());
            } else {
                listed.extend(group.listed.iter().map(|fingerprint| (group.id.as_str(), fingerprint.as_str())));
            }
        }
        if whole.is_empty() && listed.is_empty() {
            return Ok(desk);
        }
        let firing: Vec<(String, String)> = sql::query(
            "select sender_group, incident_id from instances where state = 'firing' and sender_group in (select value from json_each(?1)) \
             union select i.sender_group, i.incident_id from json_each(?2) listed join instances i on i.state = 'firing' \
             and i.sender_group = listed.value ->> 0 and i.fingerprint = listed.value ->> 1",
        )
        .bind(to_json(&whole))
        .bind(to_json(&listed))
        .tuples(tx)?;
        desk.book.read(tx, firing.iter().map(|(_, incident)| incident.clone()))?;
        for (group, incident) in firing {
            desk.with.entry(group).or_default().insert(incident);
        }
        Ok(desk)
    }

    fn body(&mut self, news: &News<'_>, owed: &mut Vec<Work>, record: &mut Record<'_>) -> Applied {
        let mut applied = Applied::default();
        let (before, now) = (owed.len(), news.intake.at);
        let duplicates = news.told.iter().filter(|told| **told == Told::Duplicate).count();
        if duplicates > 0 {
            applied.outcomes.insert("duplicate", duplicates as u64);
        }
        for (group, told) in news.groups() {
            let mut seen = BTreeSet::new();
            for GroupReport { group_id, report } in &group.reports {
                let report = Report { repeat: told == Told::Repeat, ..report.clone() };
                let outcome = self.one(group_id, report, now, owed, &mut seen, record);
                *applied.outcomes.entry(outcome.as_str()).or_default() += 1;
                applied.groups += usize::from(outcome != Outcome::ResolvedUnknown);
            }
            if group.mode != Mode::Test {
                applied.groups += self.leave(group, now, owed, &seen, record);
            }
        }
        applied.messages = owed[before..].iter().map(|w| w.message.as_str()).collect::<BTreeSet<_>>().len();
        applied
    }

    /// Steps the incident of one group: the open one, one that may reopen, or a new one.
    fn one(
        &mut self,
        group_id: &str,
        report: Report,
        now: Timestamp,
        owed: &mut Vec<Work>,
        seen: &mut BTreeSet<String>,
        record: &mut Record<'_>,
    ) -> Outcome {
        let rules = self.rules;
        let reopens = |i: &Incident| i.phase == Phase::Resolved && i.ended_at.is_some_and(|at| since(at, now) <= rules.reopen_within);
        let known = if report.mode == Mode::Test { None } else { self.book.newest_of(group_id) };
        let known = known.filter(|incident| incident.open() || reopens(incident)).map(|incident| incident.id.clone());
        let firing = report.alerts.iter().any(|r| r.alert.status == Status::Firing);
        if known.is_none() && !firing && report.mode != Mode::Test {
            // Resolved again, or late news of what is over: nothing to open.
            return Outcome::ResolvedUnknown;
        }
        let incident = known.unwrap_or_else(|| self.book.open(group_id, &report.facts, now));
        self.with.entry(report.sender_group.clone()).or_default().insert(incident.clone());
        let outcome = self.book.step(&incident, &Event::Report(Box::new(report)), rules, now, owed);
        record.hear(&mut self.book, &incident, outcome, now);
        seen.insert(incident);
        outcome.unwrap_or(Outcome::Unchanged)
    }

    /// Open incidents with firing alerts of this sender group in which nothing was reported: the snapshot says nothing of them,
    /// or a reload moved their alerts to other groups. What their messages show stays true.
    fn leave(
        &mut self,
        group: &SenderGroup,
        now: Timestamp,
        owed: &mut Vec<Work>,
        seen: &BTreeSet<String>,
        record: &mut Record<'_>,
    ) -> usize {
        let mut changed = 0;
        let unseen: Vec<String> = self.with.get(&group.id).into_iter().flatten().filter(|id| !seen.contains(*id)).cloned().collect();
        for id in unseen {
            let Some(incident) = self.book.get(&id).filter(|i| i.open() && group.leaves(i)) else { continue };
            let mut facts = incident.facts.clone();
            match group.mode {
                // Absence says something in a whole snapshot only.
                Mode::Snapshot if group.whole() => Arc::make_mut(&mut facts).truncated = 0,
                Mode::Snapshot => Arc::make_mut(&mut facts).truncated = facts.truncated.max(1),
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
            let outcome = self.book.step(&id, &Event::Report(Box::new(report)), self.rules, now, owed);
            record.hear(&mut self.book, &id, outcome, now);
            changed += 1;
        }
        changed
    }
}

impl SenderGroup {
    /// All of its alerts are listed.
    fn whole(&self) -> bool {
        self.mode == Mode::Snapshot && !self.truncated
    }

    /// Whether the body means that firing alerts of this incident are not in it any more: they are not listed, or listed
    /// and reported elsewhere.
    fn leaves(&self, incident: &Incident) -> bool {
        let firing = |fingerprint: &String| {
            let key = (self.id.clone(), fingerprint.clone());
            incident.instances.get(&key).is_some_and(|instance| instance.state == State::Firing)
        };
        if self.whole() {
            incident.instances.iter().any(|(key, instance)| key.0 == self.id && instance.state == State::Firing)
        } else {
            self.listed.iter().any(firing)
        }
    }
}

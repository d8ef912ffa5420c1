//! A report applied to the instances of an incident: who joined, ended, left.

use super::event::{Report, Reported};
use super::state::{Incident, Instance, InstanceKey};
use crate::alert::{Alert, Mode, State, Status};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// While others still fire, an ended alert is shown this long.
pub const FORGET_ENDED: Duration = Duration::from_secs(3600);

/// What happened to one instance in one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Fires now and did not before, or is a new life.
    Joined,
    /// Fired and ended.
    Resolved,
    /// Fired and is no longer reported.
    Left,
    /// First seen when it had already ended.
    Arrived,
    /// Its words or values changed.
    Reworded,
}

/// Applies `report` and returns what happened to which instance. Memberships are not touched.
pub fn apply(incident: &mut Incident, report: &Report, now: Timestamp) -> BTreeMap<InstanceKey, Turn> {
    let mut turns = BTreeMap::new();
    for reported in &report.alerts {
        let key = (report.sender_group.clone(), reported.alert.fingerprint.clone());
        if let Some(turn) = one(incident, &key, reported, report.mode, now) {
            turns.insert(key, turn);
        }
    }
    if report.mode == Mode::Snapshot && report.facts.truncated == 0 {
        let listed: BTreeSet<&str> = report.alerts.iter().map(|r| r.alert.fingerprint.as_str()).collect();
        for (key, instance) in &mut incident.instances {
            let absent = key.0 == report.sender_group && !listed.contains(key.1.as_str()) && !report.elsewhere.contains(&key.1);
            if absent && instance.state == State::Firing {
                instance.state = State::Gone;
                instance.changed_at = now;
                turns.insert(key.clone(), Turn::Left);
            }
        }
    }
    turns
}

/// Instances that ended long ago while others still fire: they no longer belong in the picture.
pub fn forgettable(incident: &Incident, now: Timestamp) -> Vec<InstanceKey> {
    if incident.status() != State::Firing {
        return Vec::new();
    }
    let old = |i: &Instance| i.state != State::Firing && crate::util::clock::since(i.changed_at, now) > FORGET_ENDED;
    incident.instances.iter().filter(|(_, i)| old(i)).map(|(key, _)| key.clone()).collect()
}

fn one(incident: &mut Incident, key: &InstanceKey, reported: &Reported, mode: Mode, now: Timestamp) -> Option<Turn> {
    let state = state_of(reported.alert.status);
    let Some(known) = incident.instances.get_mut(key) else {
        if reported.places.is_empty() {
            return None;
        }
        let instance =
            Instance { alert: reported.alert.clone(), state, severity: reported.severity, changed_at: now, messages: BTreeSet::new() };
        incident.instances.insert(key.clone(), instance);
        return Some(if state == State::Firing { Turn::Joined } else { Turn::Arrived });
    };
    let life = life(&known.alert, known.state, &reported.alert, mode);
    if life == Life::Stale {
        return None;
    }
    let mut alert = reported.alert.clone();
    if life == Life::Same && mode == Mode::Delta {
        Arc::make_mut(&mut alert).starts_at = known.alert.starts_at;
    }
    let turn = match (life, known.state, state) {
        (Life::New, _, State::Firing) => Some(Turn::Joined),
        (_, State::Firing, State::Firing) => (known.alert != alert || known.severity != reported.severity).then_some(Turn::Reworded),
        (_, _, State::Firing) => Some(Turn::Joined),
        (_, State::Firing, _) => Some(Turn::Resolved),
        (Life::New, _, _) => Some(Turn::Arrived),
        (_, State::Resolved, _) => (known.alert != alert).then_some(Turn::Reworded),
        (_, _, _) => Some(Turn::Resolved),
    };
    if turn.is_some() {
        if known.state != state || life == Life::New {
            known.changed_at = now;
        }
        known.alert = alert;
        known.severity = reported.severity;
        known.state = state;
    }
    turn
}

fn state_of(status: Status) -> State {
    match status {
        Status::Firing => State::Firing,
        Status::Resolved => State::Resolved,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    /// The life we know.
    Same,
    /// A later one.
    New,
    /// An earlier one, reported late: our picture is newer.
    Stale,
}

/// Which life of the alert is reported. Deltas often have no start of their own (it is then the arrival), so there a
/// firing alert goes on and an end ends whatever fires.
fn life(known: &Alert, state: State, reported: &Alert, mode: Mode) -> Life {
    if mode == Mode::Delta {
        return if reported.status == Status::Firing && state != State::Firing { Life::New } else { Life::Same };
    }
    match reported.starts_at.cmp(&known.starts_at) {
        std::cmp::Ordering::Equal => Life::Same,
        std::cmp::Ordering::Greater => Life::New,
        // Alertmanager merges overlapping alerts to the older start.
        std::cmp::Ordering::Less if state == State::Firing && reported.status == Status::Firing => Life::Same,
        std::cmp::Ordering::Less => Life::Stale,
    }
}

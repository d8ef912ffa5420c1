//! Rows to what a message shows, and what people know once they saw it.

use crate::alert::{Severity, State};
use crate::incident::pictures;
use crate::incident::state::Phase;
use crate::render::model::{Image, View, ViewAlert};
use crate::store::Owed;
use crate::util::clock::{from_ms, since};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The view of a message as its rows say now.
pub fn view(owed: &Owed) -> View {
    let mut alerts: Vec<ViewAlert> = owed
        .instances
        .iter()
        .map(|(alert, state, severity)| ViewAlert { alert: alert.clone(), state: *state, severity: *severity })
        .collect();
    alerts.sort_by(|a, b| {
        (rank(a.state), a.alert.starts_at, &a.alert.fingerprint).cmp(&(rank(b.state), b.alert.starts_at, &b.alert.fingerprint))
    });
    let shown = pictures::wanted(alerts.iter().map(|a| (&a.alert, a.state)));
    let image = |wanted: pictures::Wanted| {
        let (_, key) = owed.pictures.iter().find(|(source, _)| *source == wanted.source)?;
        Some(Image { key: key.clone(), alt: wanted.alt })
    };
    let images = shown.into_iter().filter_map(image).collect();
    View {
        incident: owed.incident.clone(),
        source: owed.facts.source.clone(),
        receiver: owed.facts.receiver.clone(),
        group_key: owed.facts.group_key.clone(),
        group_labels: owed.facts.group_labels.clone(),
        external_url: owed.facts.external_url.clone(),
        truncated: owed.facts.truncated,
        alerts,
        payload: owed.facts.payload.clone(),
        opened_at: owed.opened_at,
        update: u32::try_from(owed.updates).unwrap_or(u32::MAX).saturating_add(1),
        acked: owed.acked.clone(),
        possible_duplicate: owed.duplicate,
        test: owed.phase == Phase::Test,
        images,
        storm: None,
    }
}

fn rank(state: State) -> u8 {
    match state {
        State::Firing => 0,
        State::Gone => 1,
        State::Resolved => 2,
        State::Expired => 3,
    }
}

/// What people know: small enough to keep with every message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// Status of the whole.
    status: State,
    /// Worst severity.
    severity: Severity,
    /// Fingerprint to state.
    alerts: BTreeMap<String, State>,
    /// Reminders.
    repeats: i64,
    /// When it was resolved, in epoch milliseconds.
    resolved_ms: Option<i64>,
}

/// What is new to people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Indices into the view of alerts that fire and did not before.
    pub joined: Vec<usize>,
    /// Alerts that ended.
    pub resolved: Vec<usize>,
    /// Alerts that are no longer reported.
    pub gone: Vec<usize>,
    /// Fires again after being resolved so long ago.
    pub reopened: Option<Duration>,
    /// The severity rose to this.
    pub worse: Option<Severity>,
    /// The sender reminds; firing for so long.
    pub repeat: Option<Duration>,
    /// Everything is over; it lasted so long.
    pub over: Option<Duration>,
}

impl Difference {
    /// Nothing that anybody must be told.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Digest {
    /// What people know once they saw this view.
    pub fn of(view: &View, repeats: i64) -> Self {
        let ends = view.alerts.iter().filter(|a| a.state == State::Resolved).filter_map(|a| a.alert.ends_at).max();
        Self {
            status: view.status(),
            severity: view.severity(),
            alerts: view.alerts.iter().map(|a| (a.alert.fingerprint.clone(), a.state)).collect(),
            repeats,
            resolved_ms: ends.map(Timestamp::as_millisecond),
        }
    }

    /// What is new in `view` to people who know `self`.
    pub fn difference(&self, view: &View, repeats: i64, now: Timestamp) -> Difference {
        let status = view.status();
        let mut new = Difference::default();
        for (index, alert) in view.alerts.iter().enumerate() {
            let before = self.alerts.get(&alert.alert.fingerprint).copied();
            match (before, alert.state) {
                (Some(State::Firing), State::Resolved) => new.resolved.push(index),
                (Some(State::Firing), State::Gone) => new.gone.push(index),
                (Some(State::Firing), _) | (_, State::Resolved | State::Gone | State::Expired) => {}
                (_, State::Firing) => new.joined.push(index),
            }
        }
        let firing_since = view.alerts.iter().filter(|a| a.state == State::Firing).map(|a| a.alert.starts_at).min();
        match (self.status, status) {
            (State::Resolved, State::Firing) => {
                new.reopened = Some(self.resolved_ms.map_or(Duration::ZERO, |ms| since(from_ms(ms), firing_since.unwrap_or(now).min(now))));
            }
            (before, State::Resolved) if before != State::Resolved => new.over = Some(lasted(view, now)),
            (State::Firing, State::Firing) if view.severity() > self.severity => new.worse = Some(view.severity()),
            _ => {}
        }
        if repeats > self.repeats && status == State::Firing {
            new.repeat = Some(since(firing_since.unwrap_or(now), now));
        }
        new
    }
}

/// What tells an alert apart from the others of its message: the values of the labels that differ, or its name.
pub fn short_name(alert: &ViewAlert, view: &View) -> String {
    let common = crate::alert::common(view.alerts.iter().map(|a| &a.alert.labels));
    let own: Vec<&str> =
        alert.alert.labels.iter().filter(|(name, _)| !common.contains_key(*name)).map(|(_, value)| value.as_str()).take(3).collect();
    if own.is_empty() {
        return alert.alert.labels.get("alertname").cloned().unwrap_or_else(|| alert.alert.fingerprint.clone());
    }
    own.join(" ")
}

/// From the first start to the last end.
pub fn lasted(view: &View, now: Timestamp) -> Duration {
    let from = view.alerts.iter().map(|a| a.alert.starts_at).min().unwrap_or(now);
    let to = view.alerts.iter().filter_map(|a| a.alert.ends_at).max().unwrap_or(now);
    since(from, to)
}

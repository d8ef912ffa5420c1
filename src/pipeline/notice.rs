//! larkhook's own troubles as alerts: parked targets and dead letters become living messages for the `fallback` receiver.
//!
//! One incident per troubled target, so a chat that a bot was removed from makes one message, not one per lost alert.

use super::place;
use crate::alert::{Alert, Labels, Mode, Severity, Status, fingerprint};
use crate::config::settings::{Address, AddressKind, Settings};
use crate::incident::event::{Place, Report, Reported};
use crate::incident::state::Facts;
use crate::route::Tree;
use crate::store::{GroupReport, Intake, SenderGroup, Store, StoreError};
use crate::util::id;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The source name of larkhook's own alerts.
pub use crate::incident::state::SELF;

/// A trouble, or its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// `TargetParked` or `DeliveryFailed`.
    pub name: &'static str,
    /// `app:NAME` or `bot:NAME`.
    pub via: String,
    /// The configured address that cannot be reached, or `*`.
    pub target: String,
    /// Short reason for labels.
    pub reason: String,
    /// One sentence: what is wrong and what to do.
    pub summary: String,
    /// What was lost: titles of alerts, one per line.
    pub lost: String,
    /// It is over.
    pub resolved: bool,
}

/// Stores a notice for the `fallback` receiver. Troubles of the fallback's own targets are not told to themselves.
///
/// # Errors
/// The store is not available.
pub async fn tell(store: &Store, settings: &Settings, tree: &Tree, notice: &Notice, now: Timestamp) -> Result<bool, StoreError> {
    let places = places(settings, tree, notice);
    if places.is_empty() {
        return Ok(false);
    }
    let labels: Labels =
        [("alertname", notice.name), ("via", notice.via.as_str()), ("target", notice.target.as_str()), ("severity", "warning")]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
    let mut annotations = Labels::from([("summary".to_owned(), notice.summary.clone()), ("reason".to_owned(), notice.reason.clone())]);
    if !notice.lost.is_empty() {
        annotations.insert("description".to_owned(), notice.lost.clone());
    }
    let status = if notice.resolved { Status::Resolved } else { Status::Firing };
    let alert = Alert {
        fingerprint: fingerprint(&labels),
        status,
        labels: labels.clone(),
        annotations,
        starts_at: now,
        ends_at: notice.resolved.then_some(now),
        generator_url: String::new(),
        extra: BTreeMap::new(),
    };
    let group = id::hash_id(&[SELF, notice.name, &notice.via, &notice.target]);
    let facts = Facts { source: SELF.to_owned(), group_key: notice.target.clone(), group_labels: labels, ..Facts::default() };
    let listed = BTreeSet::from([alert.fingerprint.clone()]);
    let report = Report {
        facts: facts.into(),
        mode: Mode::Delta,
        sender_group: group.clone(),
        repeat: false,
        alerts: vec![Reported { alert: alert.into(), severity: Severity::Warning, places, muted: false }],
        elsewhere: BTreeSet::new(),
    };
    let sender = SenderGroup {
        id: group.clone(),
        mode: Mode::Delta,
        digest: None,
        truncated: false,
        listed,
        reports: vec![GroupReport { group_id: group, report }],
    };
    let intake = Intake {
        event: id::new_id(),
        source: SELF.to_owned(),
        at: now,
        body: Vec::new(),
        groups: vec![sender],
        left_out: BTreeMap::new(),
        blobs: Vec::new(),
    };
    Ok(store.intake(intake).await?.messages > 0)
}

fn places(settings: &Settings, tree: &Tree, notice: &Notice) -> Vec<Place> {
    let data = serde_json::json!({});
    let mut places = Vec::new();
    for send in tree.fallback().map(|(_, sends)| sends).unwrap_or_default() {
        let spec = Arc::new(place::spec(&send.receiver, &send.send));
        for address in send.targets(&data).ok {
            let members = match address.kind {
                AddressKind::Team => settings.teams.get(&address.value).cloned().unwrap_or_default(),
                _ => vec![address],
            };
            let name = format!("{}/{}", send.receiver, send.send.name);
            let key = |address: &Address| place::key(address, send.send.app.as_deref(), &name);
            let own = |target: &str, via: &str| notice.via == via && (notice.target == target || notice.target == "*");
            places.extend(members.iter().filter_map(key).filter(|key| !own(&key.target, &key.via)).map(|key| Place {
                key,
                spec: Arc::clone(&spec),
                mentions: Vec::new(),
            }));
        }
    }
    places
}

//! Accepted bodies as the pipeline hands them to the store, for benches.

use larkhook::alert::{Alert, Extra, Labels, Mode, Severity, Status};
use larkhook::config::settings::{ContentKind, Lifecycle, Locale, MENTION_ON};
use larkhook::incident::event::{Place, Report, Reported};
use larkhook::incident::state::{Facts, MessageKey, MessageSpec};
use larkhook::store::{GroupReport, Intake, SenderGroup};
use larkhook::util::id::{hash_id, new_id};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a group is called.
pub struct Names {
    /// Its number.
    pub number: u64,
    /// The sender's group.
    pub sender: String,
    /// Our group.
    pub group: String,
}

impl Names {
    /// As it would be named by its number.
    pub fn numbered(number: u64) -> Self {
        let name = |kind: &str| hash_id(&[kind.to_owned(), number.to_string()]);
        Self { number, sender: name("sender"), group: name("group") }
    }
}

/// One group with so many firing alerts; another `value` is a change.
pub fn intake(names: &Names, alerts: u64, value: u64) -> Intake {
    let (group, sender) = (names.number, names.sender.clone());
    let spec = Arc::new(MessageSpec {
        direct: None,
        attach: Vec::new(),
        receiver: "default".to_owned(),
        kind: ContentKind::Card,
        template: "incident".to_owned(),
        locale: Locale::Zh,
        mention_on: MENTION_ON.to_vec(),
        lifecycle: (&Lifecycle::default()).into(),
    });
    let key = MessageKey { via: "app:ops".to_owned(), target: format!("chat:oc_{}", group % 64), send_name: "default/0".to_owned() };
    let label = |name: &str, value: String| (name.to_owned(), value);
    let reported = |i: u64| Reported {
        alert: Alert {
            status: Status::Firing,
            labels: Labels::from([
                label("alertname", "HighLatency".to_owned()),
                label("cluster", "east".to_owned()),
                label("instance", format!("10.0.{i}.1:9100")),
                label("job", format!("service-{group}")),
                label("severity", "warning".to_owned()),
            ]),
            annotations: Labels::from([
                label("summary", format!("p99 of service-{group} is {value} ms")),
                label("description", "Requests have been slow for more than five minutes; see the dashboard.".to_owned()),
            ]),
            starts_at: jiff::Timestamp::UNIX_EPOCH,
            ends_at: None,
            generator_url: "http://prometheus.example/graph?g0.expr=up&g0.tab=1".to_owned(),
            fingerprint: format!("{group:08x}{i:08x}"),
            extra: Extra::new(),
        },
        severity: Severity::Warning,
        places: vec![Place { key: key.clone(), spec: Arc::clone(&spec), mentions: Vec::new() }],
        muted: false,
    };
    let reports: Vec<Reported> = (0..alerts).map(reported).collect();
    let facts = Facts {
        source: "am".to_owned(),
        receiver: "default".to_owned(),
        group_key: format!("{{}}:{{job=\"{group}\"}}"),
        ..Facts::default()
    };
    let report =
        Report { facts, mode: Mode::Snapshot, sender_group: sender.clone(), repeat: false, alerts: reports, elsewhere: BTreeSet::new() };
    Intake {
        event: new_id(),
        source: "am".to_owned(),
        at: jiff::Timestamp::now(),
        body: vec![b'x'; 900],
        groups: vec![SenderGroup {
            id: sender.clone(),
            mode: Mode::Snapshot,
            digest: Some(hash_id(&[group.to_string(), value.to_string()])),
            truncated: false,
            listed: report.alerts.iter().map(|r| r.alert.fingerprint.clone()).collect(),
            reports: vec![GroupReport { group_id: names.group.clone(), report }],
        }],
        left_out: BTreeMap::new(),
        blobs: Vec::new(),
    }
}

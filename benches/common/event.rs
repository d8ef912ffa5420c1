//! What happens to an incident, for benches.

use larkhook::alert::{Alert, Extra, Labels, Mode, Severity, Status};
use larkhook::config::settings::{ContentKind, Lifecycle, Locale, MENTION_ON};
use larkhook::incident::event::{Event, Place, Report, Reported, Rules};
use larkhook::incident::state::{Facts, Incident, MessageKey, MessageSpec, Phase};
use larkhook::util::clock::from_ms;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// As configured by default.
pub const RULES: Rules = Rules { reopen_within: Duration::from_secs(600) };

/// A new one.
pub fn incident() -> Incident {
    Incident {
        id: "i".to_owned(),
        group_id: "g".to_owned(),
        facts: Facts::default(),
        phase: Phase::Gone,
        opened_at: from_ms(0),
        heard_at: from_ms(0),
        ended_at: None,
        acked: None,
        instances: BTreeMap::new(),
        messages: Vec::new(),
    }
}

/// A snapshot of so many alerts, each in two messages.
pub fn snapshot(alerts: usize, status: Status) -> Event {
    let spec = Arc::new(MessageSpec {
        direct: None,
        receiver: "r".to_owned(),
        kind: ContentKind::Card,
        template: "incident".to_owned(),
        locale: Locale::Zh,
        mention_on: MENTION_ON.to_vec(),
        attach: Vec::new(),
        lifecycle: (&Lifecycle::default()).into(),
    });
    let place = |chat: &str| Place {
        key: MessageKey { via: "app:ops".to_owned(), target: format!("chat:{chat}"), send_name: "r/0".to_owned() },
        spec: Arc::clone(&spec),
        mentions: Vec::new(),
    };
    let reported = |n: usize| Reported {
        alert: Alert {
            status,
            labels: Labels::from([("alertname".to_owned(), "X".to_owned()), ("instance".to_owned(), n.to_string())]),
            annotations: Labels::new(),
            starts_at: from_ms(0),
            ends_at: (status == Status::Resolved).then(|| from_ms(1000)),
            generator_url: String::new(),
            fingerprint: format!("{n:016x}"),
            extra: Extra::new(),
        },
        severity: Severity::Warning,
        places: vec![place("oc_a"), place("oc_b")],
        muted: false,
    };
    let alerts = (0..alerts).map(reported).collect();
    Event::Report(Box::new(Report {
        facts: Facts::default(),
        mode: Mode::Snapshot,
        sender_group: "s".to_owned(),
        repeat: false,
        alerts,
        elsewhere: BTreeSet::new(),
    }))
}

/// Numbered ids.
pub fn ids() -> impl FnMut() -> String {
    let mut n = 0;
    move || {
        n += 1;
        format!("m{n}")
    }
}

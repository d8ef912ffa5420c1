//! Views to try templates with: `check` proves every template against them when it is loaded.

use super::model::{Acked, Storm, StormRow, View, ViewAlert};
use crate::alert::{Alert, Extra, Labels, Severity, State, Status};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// One alert of the sample group.
fn alert(at: usize, state: State, severity: Severity, now: Timestamp) -> ViewAlert {
    let starts_at = now.saturating_sub(SignedDuration::from_mins(34 - i64::try_from(at % 30).unwrap_or(0))).unwrap_or(now);
    let firing = state == State::Firing;
    ViewAlert {
        alert: Alert {
            status: if firing { Status::Firing } else { Status::Resolved },
            labels: labels(&[
                ("alertname", "HighErrorRate"),
                ("cluster", "prod-shanghai"),
                ("instance", &format!("checkout-7d9f-{}", at + 1)),
                ("job", "checkout"),
                ("namespace", "shop"),
                ("prometheus", "monitoring/k8s"),
                ("severity", severity.as_str()),
                ("team", "pay"),
            ]),
            annotations: labels(&[
                ("description", "过去 5 分钟 /checkout 的错误率高于阈值，用户无法付款。"),
                ("runbook_url", "https://runbooks.example.com/HighErrorRate"),
                ("summary", "结账接口 5xx 超过 5%"),
                ("value", &format!("{}.3%", 8 - at % 8)),
            ]),
            starts_at,
            ends_at: (state == State::Resolved).then_some(now),
            generator_url: "https://prometheus.example.com/graph?g0.expr=rate%28errors%5B5m%5D%29&g0.tab=1".to_owned(),
            fingerprint: format!("{:016x}", at + 1),
            extra: Extra::new(),
        },
        state,
        severity,
    }
}

/// A group of alerts in these states, all of one severity.
pub fn view(states: &[State], severity: Severity, now: Timestamp) -> View {
    let alerts: Vec<ViewAlert> = states.iter().enumerate().map(|(at, state)| alert(at, *state, severity, now)).collect();
    View {
        incident: "0193f0c0a1b2c3d4e5f60718293a4b5c".to_owned(),
        source: "alertmanager".to_owned(),
        receiver: "oncall".to_owned(),
        group_key: "{}:{alertname=\"HighErrorRate\", cluster=\"prod-shanghai\", service=\"checkout\"}".to_owned(),
        group_labels: labels(&[("alertname", "HighErrorRate"), ("cluster", "prod-shanghai"), ("service", "checkout")]),
        external_url: "https://alertmanager.example.com".to_owned(),
        truncated: 0,
        opened_at: alerts.first().map_or(now, |a| a.alert.starts_at),
        alerts,
        payload: Extra::new(),
        update: 1,
        acked: None,
        possible_duplicate: false,
        test: false,
        images: Vec::new(),
        storm: None,
    }
}

/// As [`view`], as Grafana sends it: measured values, links to panel and dashboard.
pub fn grafana(states: &[State], severity: Severity, now: Timestamp) -> View {
    let mut view = view(states, severity, now);
    view.source = "grafana".to_owned();
    view.payload.insert("orgId".to_owned(), json!(1));
    view.payload.insert("title".to_owned(), json!("[FIRING:1] High memory usage Infra"));
    for (at, a) in view.alerts.iter_mut().enumerate() {
        a.alert.annotations.remove("value");
        let extra = [
            ("values", json!({"A": 94.4 - at as f64, "C": 1})),
            ("valueString", json!("[ var='A' labels={instance=web01:9100} value=94.4 ]")),
            (
                "silenceURL",
                json!("https://grafana.example.com/alerting/silence/new?alertmanager=grafana&matcher=alertname%3DHighErrorRate"),
            ),
            ("dashboardURL", json!("https://grafana.example.com/d/mem-overview?orgId=1")),
            ("panelURL", json!("https://grafana.example.com/d/mem-overview?orgId=1&viewPanel=4")),
        ];
        a.alert.extra.extend(extra.map(|(name, value)| (name.to_owned(), value)));
    }
    view
}

/// A digest of so many alert names; `over`: its last version.
pub fn storm(names: usize, over: bool, now: Timestamp) -> View {
    const NAMES: [&str; 4] = ["HighErrorRate", "KubePodNotReady", "TargetDown", "NodeFilesystemAlmostOutOfSpace"];
    let ago = |minutes: i64| now.saturating_sub(SignedDuration::from_mins(minutes)).unwrap_or(now);
    let row = |at: usize| {
        let groups = (names - at) as u64 * 3;
        let name = NAMES.get(at).map_or_else(|| format!("Alert{at:02}"), |name| (*name).to_owned());
        let severity = if at < 3 { Severity::Warning } else { Severity::Info };
        StormRow { name, groups, alerts: groups * 4 - 1, severity, since: ago(9 - i64::try_from(at % 8).unwrap_or(0)) }
    };
    let all: Vec<StormRow> = if over { Vec::new() } else { (0..names).map(row).collect() };
    let groups = all.iter().map(|row| row.groups).sum::<u64>();
    let storm = Storm {
        groups,
        alerts: all.iter().map(|row| row.alerts).sum(),
        more: all.len().saturating_sub(Storm::ROWS) as u64,
        severity: all.iter().map(|row| row.severity).max().unwrap_or(Severity::Warning),
        since: all.iter().map(|row| row.since).min(),
        rows: all.into_iter().take(Storm::ROWS).collect(),
        listed: groups + 52,
        own: if over { 47 } else { 40 },
        ended: 5,
        opened_at: ago(9),
        over: over.then_some(now),
    };
    let mut view = view(&[], Severity::Warning, now);
    (view.source, view.receiver) = ("larkhook".to_owned(), String::new());
    view.group_labels.clear();
    view.external_url.clear();
    view.update = if names > 1 { 7 } else { 1 };
    view.storm = Some(storm);
    view
}

/// Every kind of digest.
pub fn storms(now: Timestamp) -> Vec<(&'static str, View)> {
    vec![
        ("storm", storm(4, false, now)),
        ("storm of many", storm(33, false, now)),
        ("storm of one", storm(1, false, now)),
        ("storm over", storm(4, true, now)),
    ]
}

/// Every kind of view a template will meet, by name.
pub fn all(now: Timestamp) -> Vec<(&'static str, View)> {
    use State::{Expired, Firing, Gone, Resolved};
    let mut acked = view(&[Firing], Severity::Critical, now);
    acked.acked = Some(Acked { by: "王磊".to_owned(), at: now });
    acked.update = 2;
    let mut bare = view(&[Firing], Severity::Info, now);
    bare.group_labels.clear();
    bare.external_url.clear();
    for a in &mut bare.alerts {
        a.alert.labels = labels(&[("alertname", "Bare")]);
        a.alert.annotations.clear();
        a.alert.generator_url.clear();
    }
    let mut test = view(&[Firing], Severity::Warning, now);
    test.test = true;
    vec![
        ("firing", view(&[Firing], Severity::Critical, now)),
        ("warning", view(&[Firing, Firing, Resolved], Severity::Warning, now)),
        ("many", view(&[Firing, Firing, Firing, Firing, Gone, Resolved], Severity::Critical, now)),
        ("acked", acked),
        ("resolved", view(&[Resolved, Resolved], Severity::Critical, now)),
        ("gone", view(&[Gone], Severity::Warning, now)),
        ("expired", view(&[Expired], Severity::Warning, now)),
        ("bare", bare),
        ("grafana", grafana(&[Firing, Firing], Severity::Critical, now)),
        ("test", test),
    ]
}

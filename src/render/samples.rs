//! Views to try templates with: `check` proves every template against them when it is loaded.

use super::model::{Acked, View, ViewAlert};
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

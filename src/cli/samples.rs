//! Bodies as senders post them, made for the moment they are used: what `demo` plays.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// One checkout instance of the sample story.
struct Instance {
    name: &'static str,
    value: &'static str,
    /// Minutes before the story began.
    since: i64,
    /// Ended now.
    over: bool,
}

/// A scene of the sample story: which instances of the checkout fail, and which have just recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkout {
    /// Two fail.
    Fires,
    /// A third one joins.
    Joins,
    /// One recovers.
    Eases,
    /// All have recovered.
    Over,
}

/// An Alertmanager body of the checkout story, which began at `start`.
pub fn checkout(scene: Checkout, start: Timestamp, now: Timestamp) -> Value {
    let instance = |name, value, since, over| Instance { name, value, since, over };
    let instances = match scene {
        Checkout::Fires => vec![instance("checkout-1", "8.3%", 6, false), instance("checkout-2", "7.9%", 6, false)],
        Checkout::Joins => {
            vec![
                instance("checkout-1", "9.1%", 6, false),
                instance("checkout-2", "8.8%", 6, false),
                instance("checkout-4", "5.2%", 1, false),
            ]
        }
        Checkout::Eases => {
            vec![
                instance("checkout-1", "9.4%", 6, false),
                instance("checkout-2", "0.2%", 6, true),
                instance("checkout-4", "6.0%", 1, false),
            ]
        }
        Checkout::Over => vec![instance("checkout-1", "0.1%", 6, true), instance("checkout-4", "0.1%", 1, true)],
    };
    let common =
        json!({"alertname": "HighErrorRate", "cluster": "prod-shanghai", "job": "checkout", "severity": "critical", "team": "pay"});
    let about = json!({
        "summary": "结账接口 5xx 超过 5%",
        "description": "过去 5 分钟 /checkout 的错误率高于阈值，用户无法付款。",
        "runbook_url": "https://runbooks.example.com/HighErrorRate",
    });
    let alerts: Vec<Value> = instances.iter().map(|i| alert(i, &common, &about, start, now)).collect();
    let firing = instances.iter().any(|i| !i.over);
    json!({
        "version": "4",
        "receiver": "feishu",
        "status": if firing { "firing" } else { "resolved" },
        "groupKey": "{}:{alertname=\"HighErrorRate\"}",
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": common,
        "commonAnnotations": about,
        "externalURL": "http://alertmanager.example.com:9093",
        "truncatedAlerts": 0,
        "alerts": alerts,
    })
}

fn alert(instance: &Instance, common: &Value, about: &Value, start: Timestamp, now: Timestamp) -> Value {
    let mut labels = common.clone();
    labels["instance"] = instance.name.into();
    let mut annotations = about.clone();
    annotations["value"] = instance.value.into();
    json!({
        "status": if instance.over { "resolved" } else { "firing" },
        "labels": labels,
        "annotations": annotations,
        "startsAt": ago(start, instance.since),
        "endsAt": if instance.over { now.to_string() } else { "0001-01-01T00:00:00Z".to_owned() },
        "generatorURL": "https://prometheus.example.com/graph?g0.expr=rate%28http_errors_total%5B5m%5D%29+%3E+0.05&g0.tab=1",
        "fingerprint": crate::util::id::hash_id(&["checkout", instance.name]).get(..16),
    })
}

/// A Grafana body: a database's memory, in a story that began at `start`.
pub fn memory(resolved: bool, start: Timestamp, now: Timestamp) -> Value {
    let labels = json!({"alertname": "内存使用率", "grafana_folder": "数据库", "instance": "db-01", "severity": "warning", "team": "db"});
    let annotations = json!({"summary": "db-01 内存使用率超过 90%", "description": "InnoDB 缓冲池接近上限。", "runbook_url": "https://runbooks.example.com/mem"});
    let status = if resolved { "resolved" } else { "firing" };
    json!({
        "receiver": "feishu",
        "status": status,
        "orgId": 1,
        "version": "1",
        "title": format!("[{}] 内存使用率 数据库", status.to_uppercase()),
        "state": if resolved { "ok" } else { "alerting" },
        "message": "",
        "groupKey": "{}:{alertname=\"内存使用率\"}",
        "groupLabels": {"alertname": "内存使用率", "grafana_folder": "数据库"},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": "https://grafana.example.com/",
        "truncatedAlerts": 0,
        "alerts": [{
            "status": status,
            "labels": labels,
            "annotations": annotations,
            "startsAt": ago(start, 4),
            "endsAt": if resolved { now.to_string() } else { "0001-01-01T00:00:00Z".to_owned() },
            "values": {"B": if resolved { 71.2 } else { 93.4 }, "C": i32::from(!resolved)},
            "valueString": "[ var='B' labels={instance=db-01} value=93.4 ]",
            "generatorURL": "https://grafana.example.com/alerting/grafana/mem/view",
            "fingerprint": "c6eadffa33fcdf31",
            "silenceURL": "https://grafana.example.com/alerting/silence/new?matcher=instance%3Ddb-01",
            "dashboardURL": "https://grafana.example.com/d/mem",
            "panelURL": "https://grafana.example.com/d/mem?viewPanel=4",
        }],
    })
}

/// A pipeline's event, as any tool may post it.
pub fn pipeline(status: &str) -> Value {
    json!({"project": "shop/checkout", "ref": "main", "status": status, "commit": "fix: retry on 503", "url": "https://git.example.com/shop/checkout/-/pipelines/4711"})
}

fn ago(now: Timestamp, minutes: i64) -> String {
    now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(now).to_string()
}

//! Whole bodies through [`Compiled`]: every recorded payload, and what is refused.

use super::*;
use crate::alert::{Alert, Mode, Status};
use crate::config::settings::{Auth, JsonMapping};
use serde_json::{Value, json};

mod generic;

fn now() -> Timestamp {
    "2026-11-22T03:00:00Z".parse().unwrap()
}

fn compiled(kind: SourceKind) -> Compiled {
    let source =
        Source { name: "test".to_owned(), kind, auth: Auth::None, allow_ips: Vec::new(), allow_to: Vec::new(), overload_status: 503 };
    Compiled::new(Arc::new(source)).unwrap()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/inbound/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn parse(kind: SourceKind, body: &[u8]) -> Parsed {
    compiled(kind).parse(body, now()).unwrap()
}

fn one(kind: SourceKind, body: &Value) -> Batch {
    let mut parsed = parse(kind, body.to_string().as_bytes());
    assert_eq!(parsed.batches.len(), 1, "{parsed:?}");
    parsed.batches.remove(0)
}

/// Long values shortened, so that a snapshot of a large body can be read.
fn short(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > 400 => {
            let cut: String = text.chars().take(60).collect();
            *text = format!("{cut}... ({} bytes)", text.len());
        }
        Value::Array(list) => {
            let length = list.len();
            list.truncate(12);
            if length > list.len() {
                list.push(json!(format!("... ({length} in all)")));
            }
            list.iter_mut().for_each(short);
        }
        Value::Object(map) => map.values_mut().for_each(short),
        _ => {}
    }
}

#[test]
fn every_recorded_body_of_alertmanager_and_grafana() {
    let folder = format!("{}/tests/fixtures/inbound", env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().unwrap().strip_suffix(".json").map(str::to_owned))
        .filter(|name| (name.starts_with("am-") || name.starts_with("grafana-")) && !name.ends_with(".headers"))
        .collect();
    names.sort();
    assert!(names.len() > 30);
    for name in names {
        let kind = if name.starts_with("am-") { SourceKind::Alertmanager } else { SourceKind::Grafana };
        let parsed = parse(kind, &fixture(&name));
        let mut value = serde_json::to_value(&parsed).unwrap();
        short(&mut value);
        insta::assert_json_snapshot!(name, value);
    }
}

#[test]
fn recorded_facts() {
    let of = |name: &str| parse(SourceKind::Alertmanager, &fixture(name)).batches.remove(0);
    assert_eq!(of("am-receiver-name-escaped").receiver, "ops.team+feishu (prod) [a|b]");
    assert_eq!(of("am-200-alerts-2-full").alerts.len(), 200);
    assert_eq!(of("am-repeat-1-first"), of("am-repeat-2-repeated"));
    let (fired, again) = (of("am-flap-1-firing"), of("am-flap-3-firing-again"));
    assert_eq!((&fired.group_key, &fired.alerts[0].fingerprint), (&again.group_key, &again.alerts[0].fingerprint));
    assert_ne!(fired.alerts[0].starts_at, again.alerts[0].starts_at);
    let truncated = of("am-max-alerts-truncated");
    assert_eq!(truncated.alerts.len(), 5);
    assert!(truncated.truncated > 0);
    let newer = of("am-newer-fields");
    assert_eq!(newer.extra.get("routeLabels"), Some(&json!({"im_chat": "oncall", "owner": "sre-platform"})));
    assert_eq!(newer.extra.get("notification_reason"), Some(&json!("first notification")));
    let mixed = of("am-mixed-2-two-resolved");
    for alert in &mixed.alerts {
        assert_eq!(alert.ends_at.is_some(), alert.status == Status::Resolved);
    }
}

#[test]
fn wrong_types_and_missing_fields_are_made_the_best_of() {
    let batch = one(
        SourceKind::Alertmanager,
        &json!({
            "receiver": 7, "groupKey": "k", "groupLabels": null, "truncatedAlerts": "3", "externalURL": null, "status": "resolved", "new": [1],
            "alerts": [{
                "labels": {"n": 1, "f": 1.5, "b": true, "null": null, "empty": "", "list": [1], "__source__": "x", "__receiver__": "y", "ok": "z"},
                "annotations": {"n": 1, "empty": "", "null": null},
                "startsAt": 1_795_316_333, "generatorURL": null, "odd": {"x": 1}
            }, {"labels": null, "status": "FIRING", "endsAt": "2030-01-01T00:00:00Z", "startsAt": "soon"}, {}]
        }),
    );
    assert_eq!((batch.receiver.as_str(), batch.truncated, batch.mode), ("7", 3, Mode::Snapshot));
    assert_eq!(batch.extra.get("new"), Some(&json!([1])));
    let Alert { labels, annotations, fingerprint, extra, status, starts_at, ends_at, .. } = &batch.alerts[0];
    assert_eq!(json!(labels), json!({"n": "1", "f": "1.5", "b": "true", "list": "[1]", "ok": "z"}));
    assert_eq!(json!(annotations), json!({"n": "1", "empty": ""}));
    assert_eq!(fingerprint, &crate::alert::fingerprint(labels));
    assert_eq!(extra.get("odd"), Some(&json!({"x": 1})));
    assert_eq!((*status, *ends_at), (Status::Resolved, Some(now())), "the top level's status, and now for its end");
    assert_eq!(starts_at.as_second(), 1_795_316_333);
    assert_eq!((batch.alerts[1].status, batch.alerts[1].ends_at, batch.alerts[1].starts_at), (Status::Firing, None, now()));
    assert_eq!(batch.alerts.len(), 3);
}

#[test]
fn odd_times() {
    let alert = |fields: Value| one(SourceKind::Alertmanager, &json!({"groupKey": "k", "alerts": [fields]})).alerts.remove(0);
    let future = alert(json!({"startsAt": "2026-11-23T00:00:00Z", "status": "resolved", "endsAt": "2026-11-22T00:00:00Z"}));
    assert_eq!(future.ends_at, Some(future.starts_at), "never before its start");
    assert_eq!(alert(json!({"startsAt": "0001-01-01T00:00:00Z"})).starts_at, now());
    assert_eq!(alert(json!({"endsAt": "0001-01-01T00:00:00Z"})).status, Status::Firing);
    assert_eq!(alert(json!({"endsAt": "2026-11-22T02:00:00Z"})).status, Status::Resolved, "nobody says so, but it has ended");
    assert_eq!(alert(json!({"endsAt": "2026-11-22T04:00:00Z"})).status, Status::Firing);
}

#[test]
fn group_keys_of_senders_that_give_none() {
    let body = json!({"groupLabels": {"b": "2", "a": "x\"y"}, "alerts": [{}]});
    let batch = one(SourceKind::Alertmanager, &body);
    assert_eq!((batch.group_key.as_str(), batch.mode), (r#"{a="x\"y", b="2"}"#, Mode::Snapshot));
    let alert = |name: &str, host: &str| json!({"labels": {"alertname": name, "host": host}});
    let body = json!({"alerts": [alert("A", "1"), alert("B", "1"), alert("A", "2"), {}]});
    let parsed = parse(SourceKind::Alertmanager, body.to_string().as_bytes());
    let groups: Vec<_> = parsed.batches.iter().map(|batch| (batch.group_key.as_str(), batch.alerts.len(), batch.mode)).collect();
    assert_eq!(groups, [(r#"{alertname="A"}"#, 2, Mode::Delta), (r#"{alertname="B"}"#, 1, Mode::Delta), ("{}", 1, Mode::Delta)]);
}

#[test]
fn unusable_alerts_do_not_cost_the_others() {
    let parsed = parse(SourceKind::Alertmanager, br#"{"groupKey":"k","alerts":[null,{"labels":{"a":"b"}},"x",[]]}"#);
    assert_eq!(parsed.alerts(), 1);
    let places: Vec<&str> = parsed.ignored.iter().map(|note| note.at.as_str()).collect();
    assert_eq!(places, ["/alerts/0", "/alerts/2", "/alerts/3"]);
    assert_eq!(parsed.ignored[0].reason, "an alert is an object, not null");
}

#[test]
fn bodies_without_an_alert_are_refused() {
    let json_kind = |each: &str| SourceKind::Json(Box::new(JsonMapping { each: Some(each.to_owned()), ..Default::default() }));
    let table: Vec<(SourceKind, &str, &str, &str, &str)> = vec![
        (SourceKind::Alertmanager, "", "invalid_json", "", "the body is empty"),
        (SourceKind::Alertmanager, "oops", "invalid_json", "", "the body is not JSON: expected value at line 1 column 1"),
        (SourceKind::Alertmanager, "[]", "invalid_payload", "", "put an Alertmanager in between"),
        (SourceKind::Alertmanager, "\"x\"", "invalid_payload", "", "an object with alerts was expected, not a text"),
        (SourceKind::Alertmanager, "null", "invalid_payload", "", "not null"),
        (SourceKind::Alertmanager, "{}", "invalid_payload", "/alerts", "no list of alerts here; for bodies of another shape use"),
        (SourceKind::Alertmanager, r#"{"alerts":null}"#, "invalid_payload", "/alerts", "a list of alerts was expected, not null"),
        (SourceKind::Alertmanager, r#"{"alerts":{}}"#, "invalid_payload", "/alerts", "not an object"),
        (SourceKind::Alertmanager, r#"{"alerts":[]}"#, "invalid_payload", "/alerts", "the list of alerts is empty"),
        (SourceKind::Alertmanager, r#"{"alerts":[true,null]}"#, "invalid_payload", "/alerts/0", "an alert is an object, not a boolean"),
        (SourceKind::Grafana, r#"{"title":"x"}"#, "invalid_payload", "/alerts", "no list of alerts"),
        (SourceKind::Grafana, r#"{"ruleName":"x"}"#, "invalid_payload", "/alerts", "no list of alerts"),
        (json_kind(""), "3", "invalid_payload", "", "an object or a list was expected, not a number"),
        (json_kind("/events"), "{}", "invalid_payload", "/events", "nothing is here, but the source's `each` points to it"),
        (json_kind("/a/b"), r#"{"a":{"b":"x"}}"#, "invalid_payload", "/a/b", "not a text"),
        (json_kind("/events"), r#"{"events":[null]}"#, "invalid_payload", "/events/0", "an event was expected, not null"),
    ];
    for (kind, body, code, at, message) in table {
        let error = compiled(kind).parse(body.as_bytes(), now()).unwrap_err();
        assert_eq!((error.code, error.at.as_str()), (code, at), "{body}: {error}");
        assert!(error.message.contains(message), "{body}: {error}");
    }
    let deep = format!(r#"{{"alerts":[{}"#, "[".repeat(10_000));
    assert_eq!(compiled(SourceKind::Alertmanager).parse(deep.as_bytes(), now()).unwrap_err().code, "too_deep");
}

#[test]
fn grafana_tests_are_tests() {
    let test = json!({"labels": {"alertname": "TestAlert", "instance": "Grafana"}, "annotations": {"summary": "Notification test"}});
    let rule = json!({"labels": {"alertname": "TestAlert", "instance": "web-1"}});
    let mode = |alerts: Value| one(SourceKind::Grafana, &json!({"groupKey": "k", "alerts": alerts})).mode;
    assert_eq!(mode(json!([test])), Mode::Test);
    assert_eq!(mode(json!([rule])), Mode::Snapshot);
    assert_eq!(mode(json!([test, rule])), Mode::Snapshot);
    assert_eq!(one(SourceKind::Alertmanager, &json!({"groupKey": "k", "alerts": [test]})).mode, Mode::Snapshot);
}

#[test]
fn grafana_names_the_rule_behind_no_data_and_errors() {
    let title = |labels: Value| {
        let alert = one(SourceKind::Grafana, &json!({"groupKey": "k", "alerts": [{"labels": labels}]})).alerts.remove(0);
        (alert.extra.get("title").cloned(), alert.extra.get("ruleName").cloned())
    };
    let expected = (Some(json!("[No Data] CPU")), Some(json!("CPU")));
    assert_eq!(title(json!({"alertname": "DatasourceNoData", "rulename": "CPU"})), expected);
    assert_eq!(title(json!({"alertname": "DatasourceError", "rulename": "CPU"})).0, Some(json!("[Error] CPU")));
    assert_eq!(title(json!({"alertname": "DatasourceError"})), (None, None));
    assert_eq!(title(json!({"alertname": "CPU", "rulename": "x"})), (None, None));
}

#[test]
fn grafana_legacy_states_and_identity() {
    let body = |state: &str, id: u64| json!({"state": state, "ruleId": id, "orgId": 1, "ruleName": "CPU", "title": "[X] CPU", "evalMatches": null});
    let table = [
        ("alerting", Status::Firing),
        ("Alerting", Status::Firing),
        ("no_data", Status::Firing),
        ("unheard_of", Status::Firing),
        ("ok", Status::Resolved),
        ("paused", Status::Resolved),
    ];
    for (state, status) in table {
        let batch = one(SourceKind::Grafana, &body(state, 7));
        assert_eq!((batch.alerts[0].status, batch.mode), (status, Mode::Delta), "{state}");
    }
    let [alerting, ok, other] = [("alerting", 7), ("ok", 7), ("ok", 8)].map(|(state, id)| one(SourceKind::Grafana, &body(state, id)));
    assert_eq!((&alerting.group_key, &alerting.alerts[0].fingerprint), (&ok.group_key, &ok.alerts[0].fingerprint));
    assert_ne!(ok.group_key, other.group_key);
    assert_ne!(ok.alerts[0].fingerprint, other.alerts[0].fingerprint);
    assert_eq!(one(SourceKind::Grafana, &body("alerting", 0)).mode, Mode::Test);
    let pending = parse(SourceKind::Grafana, body("pending", 7).to_string().as_bytes());
    assert_eq!((pending.batches.len(), pending.skipped), (0, 1));
    assert_eq!(one(SourceKind::Grafana, &body("no_data", 7)).alerts[0].extra.get("title"), Some(&json!("[No Data] CPU")));
    let old = json!({"state": "alerting", "rule_url": "http://g/r", "image_url": "http://g/i", "title": "[Alerting] Disk"});
    let alert = one(SourceKind::Grafana, &old).alerts.remove(0);
    assert_eq!((alert.labels.get("alertname").map(String::as_str), alert.generator_url.as_str()), (Some("Disk"), "http://g/r"));
    assert_eq!(alert.extra.get("imageURL"), Some(&json!("http://g/i")));
}

#[test]
fn large_bodies_cost_linear_time() {
    let long = "x".repeat(40_000);
    let labels: serde_json::Map<String, Value> = (0..500).map(|n| (format!("label_{n}"), json!(format!("value {n}")))).collect();
    let alerts = |count: usize| -> Vec<Value> {
        (0..count).map(|n| json!({"labels": {"alertname": "A", "n": n}, "annotations": {"summary": "s"}, "status": "firing"})).collect()
    };
    let mut list = alerts(1000);
    list.push(json!({"labels": labels, "annotations": {"description": long}}));
    let parsed = parse(SourceKind::Alertmanager, json!({"groupKey": "k", "alerts": list}).to_string().as_bytes());
    assert_eq!(parsed.alerts(), 1001);
    assert_eq!(parsed.batches[0].alerts[1000].labels.len(), 500);
    // without group key each alert name is a group; with `each` each key is one: no batch may copy the others
    let many: Vec<Value> = (0..5000).map(|n| json!({"labels": {"alertname": format!("A{n}")}})).collect();
    let parsed = parse(SourceKind::Alertmanager, json!({"alerts": many}).to_string().as_bytes());
    assert_eq!(parsed.batches.len(), 5000);
    let many: Vec<Value> = (0..200).map(|n| json!({"labels": {"alertname": format!("A{n}")}})).collect();
    let extra = |text: &str| {
        let body = json!({"alerts": many, "note": text});
        parse(SourceKind::Alertmanager, body.to_string().as_bytes()).batches[7].extra.clone()
    };
    assert_eq!(extra("short").get("note"), Some(&json!("short")));
    assert!(extra(&long).is_empty(), "too large to be copied into every batch");
}

proptest::proptest! {
    #[test]
    fn unescaping_undoes_quoting(name in "\\PC{0,12}|[a.+*?()|\\[\\]{}^$\\\\]{0,12}") {
        let quoted: String = name.chars().flat_map(|c| {
            let special = r"\.+*?()|[]{}^$".contains(c);
            special.then_some('\\').into_iter().chain([c])
        }).collect();
        proptest::prop_assert_eq!(snapshot::unescape(&quoted), name);
    }

    #[test]
    fn one_odd_value_does_not_cost_the_others(place in 0..200_usize, odd in 0..6_usize) {
        fn places(value: &Value, at: String, found: &mut Vec<String>) {
            match value {
                Value::Object(map) => map.iter().for_each(|(key, value)| places(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found)),
                Value::Array(list) => list.iter().enumerate().for_each(|(n, value)| places(value, format!("{at}/{n}"), found)),
                _ => {}
            }
            found.push(at);
        }
        for (name, kind) in [("am-mixed-2-two-resolved", SourceKind::Alertmanager), ("grafana-mixed", SourceKind::Grafana)] {
            let mut body: Value = serde_json::from_slice(&fixture(name)).unwrap();
            let mut found = Vec::new();
            places(&body, String::new(), &mut found);
            let at = found[place % found.len()].clone();
            let all = body["alerts"].as_array().unwrap().len();
            *body.pointer_mut(&at).unwrap() = [json!(null), json!(7), json!(true), json!("x"), json!([]), json!({})][odd].clone();
            match compiled(kind).parse(body.to_string().as_bytes(), now()) {
                Ok(parsed) => proptest::prop_assert_eq!(parsed.alerts() + parsed.ignored.len(), all, "{}", at),
                Err(error) => proptest::prop_assert!(at.is_empty() || at == "/alerts", "{at}: {error}"),
            }
        }
    }

    #[test]
    fn any_bytes_are_a_body_or_an_error(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64)) {
        for kind in [SourceKind::Alertmanager, SourceKind::Grafana, SourceKind::Json(Box::default())] {
            let _ = compiled(kind).parse(&bytes, now());
        }
    }

    #[test]
    fn odd_json_is_a_body_or_an_error(text in "[\\[\\]{}\",:a\\\\ud8fF0-9 \n]{0,40}") {
        for kind in [SourceKind::Alertmanager, SourceKind::Grafana, SourceKind::Json(Box::default())] {
            let _ = compiled(kind).parse(text.as_bytes(), now());
        }
    }
}

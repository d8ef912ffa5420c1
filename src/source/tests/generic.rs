//! Bodies of any shape through a mapping.

use super::*;
use std::collections::BTreeMap;

fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn kind(mapping: JsonMapping) -> SourceKind {
    SourceKind::Json(Box::new(mapping))
}

fn snapshot(name: &str, mapping: JsonMapping) {
    let parsed = parse(kind(mapping), &fixture(name));
    let mut value = serde_json::to_value(&parsed).unwrap();
    if let Some(batches) = value["batches"].as_array_mut() {
        batches
            .iter_mut()
            .for_each(|batch| batch["extra"] = json!(batch["extra"].as_object().map(|extra| extra.keys().cloned().collect::<Vec<_>>())));
    }
    insta::assert_json_snapshot!(name, value);
}

#[test]
fn recorded_bodies() {
    let gitlab = JsonMapping {
        skip: some(r#"{{#if (eq object_attributes.status "running")}}true{{/if}}"#),
        key: some("gitlab-{{project.id}}-{{object_attributes.ref}}"),
        status: some(r#"{{#if (eq object_attributes.status "success")}}resolved{{else}}firing{{/if}}"#),
        severity: some("warning"),
        title: some("Pipeline {{object_attributes.status}} on {{object_attributes.ref}}"),
        labels: texts(&[
            ("project", "{{project.path_with_namespace}}"),
            ("ref", "{{object_attributes.ref}}"),
            ("missing", "{{nothing.here}}"),
        ]),
        annotations: texts(&[("summary", "{{commit.title}}")]),
        url: some("{{object_attributes.url}}"),
        starts_at: some("{{object_attributes.created_at}}"),
        ..Default::default()
    };
    snapshot("gitlab-pipeline-failed", gitlab.clone());
    let running = br#"{"object_attributes":{"status":"running"}}"#;
    let parsed = parse(kind(gitlab), running);
    assert_eq!((parsed.batches.len(), parsed.skipped), (0, 1));

    let zabbix = JsonMapping {
        key: some("{{event_id}}"),
        status: some(r#"{{#if (eq event_value "1")}}firing{{else}}resolved{{/if}}"#),
        severity: some("{{event_severity}}"),
        title: some("{{event_name}}"),
        labels: texts(&[("host", "{{host_name}}")]),
        annotations: texts(&[("summary", "{{trigger_description}}")]),
        url: some("{{event_url}}"),
        starts_at: some("{{event_date}} {{event_time}}"),
        ..Default::default()
    };
    snapshot("zabbix-problem", zabbix.clone());
    snapshot("zabbix-recovery", zabbix);

    let kuma = JsonMapping {
        key: some("{{monitor.id}}"),
        status: some(r#"{{#if (eq heartbeat.status 1)}}up{{else}}down{{/if}}"#),
        title: some("{{monitor.name}}"),
        annotations: texts(&[("summary", "{{msg}}")]),
        ends_at: some("{{heartbeat.time}}"),
        ..Default::default()
    };
    snapshot("uptime-kuma-down", kuma.clone());
    snapshot("uptime-kuma-up", kuma.clone());
    snapshot("uptime-kuma-test", kuma);

    let sentry = JsonMapping {
        key: some("{{data.event.issue_id}}"),
        severity: some("{{data.event.level}}"),
        title: some("{{data.event.title}}"),
        url: some("{{data.event.web_url}}"),
        ..Default::default()
    };
    snapshot("sentry-issue-alert", sentry);
}

#[test]
fn one_alert_per_element() {
    let mapping = JsonMapping {
        each: some("/payload/events"),
        skip: some(r#"{{#if (eq state "ack")}}x{{/if}}"#),
        key: some("{{root.cluster}}/{{id}}"),
        status: some("{{state}}"),
        title: some("{{this.name}}"),
        ..Default::default()
    };
    let body = json!({"cluster": "c1", "payload": {"events": [
        {"id": 1, "state": "firing", "name": "one", "root": "own"}, {"id": 2, "state": "ok", "name": "two"}, {"id": 3, "state": "ack"},
        null, {"id": 1, "state": "resolved", "name": "one again"}, {"id": 4, "state": "odd"}
    ], "other": 1}});
    let parsed = parse(kind(mapping), body.to_string().as_bytes());
    assert_eq!(parsed.skipped, 1);
    assert_eq!(parsed.ignored, [Note { at: "/payload/events/3".to_owned(), reason: "an event was expected, not null".to_owned() }]);
    assert_eq!(parsed.warnings.len(), 1);
    assert_eq!(parsed.warnings[0].at, "/payload/events/5");
    let groups: Vec<_> = parsed.batches.iter().map(|batch| (batch.group_key.as_str(), batch.alerts.len())).collect();
    assert_eq!(groups, [("c1/1", 2), ("c1/2", 1), ("c1/4", 1)]);
    let first = &parsed.batches[0];
    assert_eq!((first.mode, first.alerts[0].status, first.alerts[1].status), (Mode::Delta, Status::Firing, Status::Resolved));
    assert_eq!(first.alerts[0].extra.get("root"), Some(&json!("own")), "templates see the body as `root`, the alert keeps its own");
    assert_eq!(first.extra.get("payload"), Some(&json!({"events": null, "other": 1})), "around the list, without it");
    assert_eq!(parsed.batches[2].alerts[0].status, Status::Firing, "an unknown word is never a reason to stay silent");
}

#[test]
fn lists_without_each_and_single_objects_with_it() {
    let mapping = || JsonMapping { key: some("{{id}}{{#unless id}}{{this}}{{/unless}}"), ..Default::default() };
    let keys = |mapping: JsonMapping, body: Value| -> Vec<String> {
        parse(kind(mapping), body.to_string().as_bytes()).batches.into_iter().map(|batch| batch.group_key).collect()
    };
    assert_eq!(keys(mapping(), json!([{"id": 1}, {"id": 2}])), ["1", "2"]);
    assert_eq!(keys(mapping(), json!({"id": 1})), ["1"]);
    assert_eq!(keys(mapping(), json!(["a", 5])), ["a", "5"]);
    assert_eq!(keys(mapping(), json!([])), [""; 0]);
    let each = |each: &str| JsonMapping { each: some(each), ..mapping() };
    assert_eq!(keys(each(""), json!([{"id": 1}])), ["1"]);
    assert_eq!(keys(each("/e"), json!({"e": {"id": 1}})), ["1"]);
    assert_eq!(keys(each("/e/1/f"), json!({"e": [0, {"f": [{"id": 1}]}]})), ["1"]);
}

#[test]
fn identity_without_a_key() {
    let mapping = || JsonMapping {
        title: some("{{title}}"),
        severity: some("{{severity}}"),
        labels: texts(&[("host", "{{host}}"), ("__source__", "forged")]),
        ..Default::default()
    };
    let of = |body: Value| one(kind(mapping()), &body);
    let first = of(json!({"title": "CPU", "host": "a", "severity": "warning"}));
    let worse = of(json!({"title": "CPU", "host": "a", "severity": "critical"}));
    assert_eq!((&first.group_key, &first.alerts[0].fingerprint), (&worse.group_key, &worse.alerts[0].fingerprint));
    assert_ne!(first.group_key, of(json!({"title": "Disk", "host": "a"})).group_key);
    assert_eq!(json!(first.alerts[0].labels), json!({"alertname": "CPU", "host": "a", "severity": "warning"}));
    let bare = |body: Value| one(kind(JsonMapping::default()), &body).group_key;
    assert_eq!(bare(json!({"a": 1})), bare(json!({"a": 1})));
    assert_ne!(bare(json!({"a": 1})), bare(json!({"a": 2})));
    let long = JsonMapping { key: some("{{k}}"), ..Default::default() };
    assert_eq!(one(kind(long), &json!({"k": "x".repeat(1000)})).group_key.len(), 40);
}

#[test]
fn mapped_labels_win_and_marks_are_cleaned() {
    let mapping = JsonMapping {
        title: some("{{t}}"),
        severity: some("info"),
        labels: texts(&[("alertname", "mine"), ("severity", "p1")]),
        annotations: texts(&[("a", "{{a}}")]),
        ..Default::default()
    };
    let alert = one(kind(mapping), &json!({"t": "title", "a": "x\u{FDD0}\0"})).alerts.remove(0);
    assert_eq!(json!(alert.labels), json!({"alertname": "mine", "severity": "p1"}));
    assert_eq!(alert.annotations.get("a").unwrap(), "x\u{FFFD}\u{FFFD}");
    assert_eq!(alert.extra.get("title"), Some(&json!("title")));
}

#[test]
fn times_of_any_form() {
    let mapping = || JsonMapping { starts_at: some("{{s}}"), ends_at: some("{{e}}"), status: some("{{st}}"), ..Default::default() };
    let of = |body: Value| parse(kind(mapping()), body.to_string().as_bytes());
    let alert =
        of(json!({"s": 1_795_316_333_123_u64, "e": "2026-11-22T03:30:00+00:00", "st": "closed"})).batches.remove(0).alerts.remove(0);
    assert_eq!(
        (alert.starts_at.to_string(), alert.ends_at.unwrap().to_string()),
        ("2026-11-22T02:58:53.123Z".into(), "2026-11-22T03:30:00Z".into())
    );
    let parsed = of(json!({"s": "{EVENT.TIME}", "st": "ok"}));
    assert_eq!((parsed.batches[0].alerts[0].starts_at, parsed.batches[0].alerts[0].ends_at), (now(), Some(now())));
    assert_eq!(parsed.warnings[0].reason, "starts_at \"{EVENT.TIME}\" is not a time");
}

#[test]
fn mappings_that_do_not_compile() {
    let error = |mapping: JsonMapping| {
        let source = Source {
            name: "j".to_owned(),
            kind: kind(mapping),
            auth: Auth::None,
            allow_ips: Vec::new(),
            allow_to: Vec::new(),
            overload_status: 503,
        };
        Compiled::new(Arc::new(source)).map(|_| ()).unwrap_err()
    };
    let each = error(JsonMapping { each: some("$.data.events"), ..Default::default() });
    assert_eq!((each.at.as_str(), each.message.as_str()), ("each", "\"$.data.events\" is not a JSON pointer; write /data/events"));
    assert_eq!(error(JsonMapping { skip: some("{{#if x}}"), ..Default::default() }).at, "skip");
    assert_eq!(error(JsonMapping { title: some("{{x"), ..Default::default() }).at, "fields.title");
    assert_eq!(error(JsonMapping { labels: texts(&[("a", "{{x"), ("b", "")]), ..Default::default() }).at, "fields.labels.a");
}

#[test]
fn many_events_cost_linear_time() {
    let mapping = JsonMapping { each: some("/events"), key: some("{{root.c}}-{{id}}"), ..Default::default() };
    let events: Vec<Value> = (0..2000).map(|id| json!({"id": id, "text": "x".repeat(500)})).collect();
    let parsed = parse(kind(mapping), json!({"c": 1, "events": events}).to_string().as_bytes());
    assert_eq!(parsed.batches.len(), 2000);
    let size: usize = parsed.batches.iter().map(|batch| serde_json::to_string(&batch.extra).unwrap().len()).sum();
    assert!(size < 100_000, "batches carry the body around the list, not the list: {size}");
}

//! The sandbox's own API and its in-process handle.

use super::{Bench, card};
use larkhook::sandbox::{Change, World};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn everything_that_arrived_is_shown_with_versions_and_times() {
    let bench = Bench::start().await;
    let id = bench.card("oc_a", &card("one")).await;
    bench.pass(Duration::from_secs(1));
    bench.patch(&id, &card("two")).await.ok();
    let reply = bench.reply(&id, json!({"reply_in_thread": true, "uuid": "u-7"})).await.ok();
    bench.text("oc_b", "other").await.ok();

    let shown = bench.open("GET", "/_sandbox/messages", &Value::Null).await.json;
    assert_eq!((&shown["total"], shown["messages"].as_array().unwrap().len()), (&json!(3), 3));
    let first = &shown["messages"][0];
    assert_eq!(first["versions"][1]["content"], card("two"));
    assert_eq!(
        (&first["versions"][0]["at"], &first["versions"][1]["at"]),
        (&json!("2025-11-22T02:53:20Z"), &json!("2025-11-22T02:53:21Z"))
    );
    assert_eq!((&first["versions"][0]["endpoint"], &first["versions"][1]["endpoint"]), (&json!("send"), &json!("patch")));
    assert_eq!(shown["messages"][1]["versions"][0]["uuid"], "u-7");

    let one = bench.open("GET", &format!("/_sandbox/messages/{id}"), &Value::Null).await.json;
    assert_eq!(one["replies"], json!([reply["message_id"]]));
    let count = |query: &'static str| {
        let bench = &bench;
        async move { bench.open("GET", &format!("/_sandbox/messages?{query}"), &Value::Null).await.json["messages"].as_array().unwrap().len() }
    };
    assert_eq!((count("chat=oc_b").await, count("msg_type=interactive").await, count("q=two").await, count("limit=1").await), (1, 1, 1, 1));
    let behind = bench.open("GET", &format!("/_sandbox/messages?after={id}"), &Value::Null).await.json;
    assert_eq!(behind["messages"].as_array().unwrap().len(), 2);
    assert_eq!(bench.open("GET", "/_sandbox/messages?chta=x", &Value::Null).await.http, 400);
    assert_eq!(bench.open("GET", "/_sandbox/messages/om_x", &Value::Null).await.http, 404);

    assert_eq!(bench.open("DELETE", "/_sandbox/messages", &Value::Null).await.http, 204);
    assert!(bench.sandbox.messages().is_empty());
}

#[tokio::test]
async fn faults_are_managed_over_http() {
    let bench = Bench::start().await;
    let faults = json!([{"endpoint": "send", "code": 230020, "count": 1}, {"action": "reset", "endpoint": "patch", "probability": 0.5}]);
    let ids = bench.open("POST", "/_sandbox/faults", &faults).await.json["ids"].clone();
    assert_eq!(ids, json!([1, 2]));
    bench.text("oc_a", "x").await.refused(400, 230_020);
    let listed = bench.open("GET", "/_sandbox/faults", &Value::Null).await.json;
    assert_eq!(
        listed["faults"],
        json!([{"id": 2, "endpoint": "patch", "when": "before", "action": "reset", "probability": 0.5, "happened": 0}])
    );
    assert_eq!(bench.open("DELETE", "/_sandbox/faults/2", &Value::Null).await.http, 204);
    assert_eq!(bench.open("DELETE", "/_sandbox/faults/2", &Value::Null).await.http, 404);
    let wrong = bench.open("POST", "/_sandbox/faults", &json!({"endpoint": "sned"})).await;
    assert_eq!(wrong.http, 400);
    assert!(wrong.json["error"]["message"].as_str().unwrap().contains("sned"), "{}", wrong.json);
    assert_eq!(bench.open("POST", "/_sandbox/faults", &json!({"endpoint": "send"})).await.http, 400);

    assert_eq!(bench.open("PUT", "/_sandbox/outage", &json!({"mode": "unavailable"})).await.json["outage"], "unavailable");
    assert_eq!(bench.text("oc_a", "x").await.http, 503);
    assert_eq!(bench.open("DELETE", "/_sandbox/faults", &Value::Null).await.http, 204);
    bench.text("oc_a", "x").await.ok();
}

#[tokio::test]
async fn time_can_be_travelled() {
    let mut bench = Bench::start().await;
    let id = bench.card("oc_a", &card("x")).await;
    let clock = bench.open("POST", "/_sandbox/clock", &json!({"advance": "15d"})).await.json;
    assert_eq!((&clock["ahead"], &clock["now"]), (&json!("15d"), &json!("2025-12-07T02:53:20Z")));
    bench.patch(&id, &card("y")).await.refused(400, 99_991_663);
    bench.token = bench.token_of("cli_a1b2c3d4e5f60718").await;
    bench.patch(&id, &card("y")).await.refused(400, 230_031);
    assert_eq!(bench.open("POST", "/_sandbox/clock", &json!({"advance": "soon"})).await.http, 400);
}

#[tokio::test]
async fn people_take_messages_back_and_tokens_end() {
    let bench = Bench::start().await;
    let id = bench.card("oc_a", &card("x")).await;
    let body = json!({"message_id": id, "by": "ou_1"});
    let recalled = bench.open("POST", "/_sandbox/recall", &body).await.json;
    assert_eq!(recalled["recalled"]["by"], json!({"kind": "person", "id": "ou_1"}));
    assert_eq!(bench.open("POST", "/_sandbox/recall", &body).await.http, 409);
    bench.patch(&id, &card("y")).await.refused(400, 230_011);
    assert_eq!(bench.open("POST", "/_sandbox/tokens/expire", &json!({})).await.json["expired"], 1);
    bench.patch(&id, &card("y")).await.refused(400, 99_991_663);
}

#[tokio::test]
async fn the_world_is_changed_over_http() {
    let bench = Bench::start().await;
    let ops = json!([{"op": "add_chat", "chat": {"chat_id": "oc_new", "name": "新群", "bots": ["cli_other"]}}, {"op": "set_lenient", "value": false}]);
    let world = bench.open("POST", "/_sandbox/world", &ops).await.json;
    assert_eq!(world["chats"]["oc_new"]["name"], "新群");
    bench.text("oc_new", "x").await.refused(400, 230_002);
    bench.text("oc_unknown", "x").await.refused(400, 230_034);
    assert_eq!(bench.open("POST", "/_sandbox/world", &json!({"op": "dissolve_chat", "chat_id": "oc_unknown"})).await.http, 400);
    assert_eq!(bench.open("POST", "/_sandbox/world", &json!({"op": "nonsense"})).await.http, 400);
    let again: World = serde_json::from_value(bench.open("GET", "/_sandbox/world", &Value::Null).await.json).unwrap();
    assert!(!again.lenient && again.chats.contains_key("oc_new"));
}

#[tokio::test]
async fn calls_are_counted() {
    let bench = Bench::start().await;
    bench.text("oc_a", "x").await.ok();
    bench.text("oc_a", "").await.refused(400, 230_001);
    let calls = bench.open("GET", "/_sandbox/calls", &Value::Null).await.json;
    assert_eq!(calls["total"], 3);
    assert!(calls["counts"].as_array().unwrap().contains(&json!({"endpoint": "send", "http": 400, "code": 230_001, "count": 1})));
    let recent = &calls["recent"][1];
    assert_eq!(
        (&recent["endpoint"], &recent["target"], &recent["app_id"]),
        (&json!("send"), &json!("oc_a"), &json!("cli_a1b2c3d4e5f60718"))
    );
    bench.open("DELETE", "/_sandbox/calls", &Value::Null).await;
    assert_eq!(bench.open("GET", "/_sandbox/calls", &Value::Null).await.json["total"], 0);
}

#[tokio::test]
async fn switches_are_set_over_http() {
    let bench = Bench::start().await;
    let set = bench.open("PUT", "/_sandbox/switches", &json!({"limits": false, "uuid_mode": "error230049"})).await;
    assert_eq!(set.http, 200, "{}", set.json);
    assert!(!bench.sandbox.switches().limits);
}

#[tokio::test]
async fn changes_are_told_and_messages_bounded() {
    let bench = Bench::with(|options| options.max_messages = 2).await;
    let mut changes = bench.sandbox.subscribe();
    let first = bench.card("oc_a", &card("x")).await;
    bench.patch(&first, &card("y")).await.ok();
    bench.sandbox.recall(&first, "ou_1");
    assert!(matches!(changes.recv().await.unwrap(), Change::Sent(message) if message.versions.len() == 1));
    assert!(matches!(changes.recv().await.unwrap(), Change::Edited(message) if message.versions.len() == 2));
    assert!(matches!(changes.recv().await.unwrap(), Change::Recalled(message) if message.recalled.is_some()));
    bench.text("oc_a", "2").await.ok();
    bench.text("oc_a", "3").await.ok();
    assert!(bench.sandbox.message(&first).is_none());
    let shown = bench.open("GET", "/_sandbox/messages", &Value::Null).await.json;
    assert_eq!((&shown["total"], &shown["dropped"]), (&json!(2), &json!(1)));
}

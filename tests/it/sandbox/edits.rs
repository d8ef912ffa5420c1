//! Edit, update of cards, recall.

use super::{Bench, card, card_v1};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn path(id: &str) -> String {
    format!("/open-apis/im/v1/messages/{id}")
}

async fn fresh_token(bench: &mut Bench) {
    bench.token = bench.token_of("cli_a1b2c3d4e5f60718").await;
}

#[tokio::test]
async fn cards_are_updated_and_every_version_is_kept() {
    let bench = Bench::start().await;
    let id = bench.card("oc_a", &card("one")).await;
    bench.pass(Duration::from_secs(5));
    assert_eq!(bench.patch(&id, &card("two")).await.ok(), json!({}));
    let message = bench.sandbox.message(&id).unwrap();
    let contents: Vec<&Value> = message.versions.iter().map(|version| &version.content).collect();
    assert_eq!(contents, [&card("one"), &card("two")]);
    assert_eq!((message.versions[1].at, message.updated), (bench.now(), bench.now()));
}

#[tokio::test]
async fn updates_have_rules() {
    let bench = Bench::start().await;
    let id = bench.card("oc_a", &card("one")).await;
    bench.patch("om_unknown", &card("x")).await.refused(400, 99_992_354);
    let down = bench.patch(&id, &card_v1("x")).await.refused(400, 230_099);
    assert!(down.msg().contains("ErrCode: 200830"), "{}", down.json);
    let text = bench.text("oc_a", "x").await.ok()["message_id"].as_str().unwrap().to_owned();
    let refused = bench.patch(&text, &card("x")).await.refused(400, 230_001);
    assert!(refused.msg().contains("NOT a card"), "{}", refused.json);
    let old = bench.card("oc_a", &card_v1("x")).await;
    bench.patch(&old, &card_v1("y")).await.ok();
    bench.patch(&old, &json!({"elements": []})).await.refused(400, 230_001);
    bench.patch(&old, &card("now 2.0")).await.ok();
    let exclusive = bench.card("oc_a", &json!({"elements": []})).await;
    bench.patch(&exclusive, &card_v1("x")).await.refused(400, 230_001);
    bench.patch(&id, &card(&"x".repeat(30_000))).await.refused(400, 230_025);
    let broken = bench.call("PATCH", &path(&id), &json!({"content": "{"})).await;
    broken.refused(400, 230_001);
    let other = bench.token_of("cli_other").await;
    bench.request("PATCH", &path(&id), &json!({"content": card("x").to_string()}), Some(&other)).await.refused(400, 230_001);
}

#[tokio::test]
async fn cards_can_be_updated_for_fourteen_days() {
    let mut bench = Bench::start().await;
    let id = bench.card("oc_a", &card("one")).await;
    bench.sandbox.advance(14 * DAY);
    fresh_token(&mut bench).await;
    bench.patch(&id, &card("two")).await.ok();
    bench.sandbox.advance(Duration::from_millis(1));
    bench.patch(&id, &card("three")).await.refused(400, 230_031);
}

#[tokio::test]
async fn recalled_messages_and_dissolved_chats_are_left_alone() {
    let bench = Bench::start().await;
    let id = bench.card("oc_a", &card("one")).await;
    bench.sandbox.recall(&id, "ou_1");
    bench.patch(&id, &card("two")).await.refused(400, 230_011);
    let id = bench.card("oc_a", &card("one")).await;
    bench.world(json!({"op": "dissolve_chat", "chat_id": "oc_a"}));
    bench.patch(&id, &card("two")).await.refused(400, 232_009);
}

#[tokio::test]
async fn text_is_edited_twenty_times() {
    let bench = Bench::start().await;
    let id = bench.text("oc_a", "0").await.ok()["message_id"].as_str().unwrap().to_owned();
    let edit = |n: usize| json!({"msg_type": "text", "content": json!({"text": n.to_string()}).to_string()});
    for n in 1..=20 {
        let data = bench.call("PUT", &path(&id), &edit(n)).await.ok();
        assert_eq!((&data["message_id"], &data["updated"]), (&json!(id), &json!(true)));
    }
    bench.call("PUT", &path(&id), &edit(21)).await.refused(400, 230_072);
    assert_eq!(bench.sandbox.message(&id).unwrap().versions.len(), 21);
}

#[tokio::test]
async fn edits_have_rules() {
    let bench = Bench::start().await;
    let text = json!({"msg_type": "text", "content": "{\"text\":\"x\"}"});
    let id = bench.card("oc_a", &card("one")).await;
    bench.call("PUT", &path(&id), &text).await.refused(400, 230_054);
    bench.call("PUT", &path(&id), &json!({"msg_type": "interactive", "content": "{}"})).await.refused(400, 99_992_402);
    bench.call("PUT", &path("om_unknown"), &text).await.refused(400, 99_992_354);
    let id = bench.text("oc_a", "x").await.ok()["message_id"].as_str().unwrap().to_owned();
    let other = bench.token_of("cli_other").await;
    bench.request("PUT", &path(&id), &text, Some(&other)).await.refused(400, 230_071);
    bench.sandbox.recall(&id, "ou_1");
    bench.call("PUT", &path(&id), &text).await.refused(400, 230_011);
}

#[tokio::test]
async fn messages_are_taken_back() {
    let mut bench = Bench::start().await;
    let id = bench.text("oc_a", "x").await.ok()["message_id"].as_str().unwrap().to_owned();
    let other = bench.token_of("cli_other").await;
    bench.request("DELETE", &path(&id), &Value::Null, Some(&other)).await.refused(400, 230_026);
    bench.call("DELETE", &path(&id), &Value::Null).await.ok();
    bench.call("DELETE", &path(&id), &Value::Null).await.refused(400, 230_110);
    let message = bench.sandbox.message(&id).unwrap();
    assert!(message.recalled.is_some());
    assert_eq!(message.content()["text"], "x", "what was taken back is still shown to whoever tests");
    let old = bench.text("oc_a", "x").await.ok()["message_id"].as_str().unwrap().to_owned();
    bench.sandbox.advance(366 * DAY);
    fresh_token(&mut bench).await;
    bench.call("DELETE", &path(&old), &Value::Null).await.refused(400, 230_009);
}

#[tokio::test]
async fn administrators_set_windows() {
    let bench = Bench::start().await;
    bench.world(json!({"op": "set_windows", "edit_s": 60, "recall_s": 120}));
    let id = bench.text("oc_a", "x").await.ok()["message_id"].as_str().unwrap().to_owned();
    let edit = json!({"msg_type": "text", "content": "{\"text\":\"y\"}"});
    bench.pass(Duration::from_secs(60));
    bench.call("PUT", &path(&id), &edit).await.ok();
    bench.pass(Duration::from_secs(61));
    bench.call("PUT", &path(&id), &edit).await.refused(400, 230_075);
    bench.call("DELETE", &path(&id), &Value::Null).await.refused(400, 230_009);
}

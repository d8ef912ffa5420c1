//! Faults on demand, as a client sees them.

use super::{Bench, card};
use larkhook::sandbox::{Fault, Outage};
use serde_json::{Value, json};
use std::error::Error;
use std::time::{Duration, Instant};

const SEND: &str = "/open-apis/im/v1/messages?receive_id_type=chat_id";

fn add(bench: &Bench, fault: Value) {
    bench.sandbox.faults().add(serde_json::from_value::<Fault>(fault).unwrap());
}

/// The last cause of an error.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

async fn failed_send(bench: &Bench) -> reqwest::Error {
    let body = super::message("oc_a", "text", &json!({"text": "x"}));
    bench.attempt("POST", SEND, &body, Some(&bench.token)).await.unwrap_err()
}

#[tokio::test]
async fn an_answer_before_the_effect_leaves_nothing() {
    let bench = Bench::start().await;
    add(&bench, json!({"endpoint": "send", "code": 230020, "count": 2}));
    add(&bench, json!({"endpoint": "send", "status": 503, "count": 1}));
    bench.text("oc_a", "x").await.refused(400, 230_020);
    bench.text("oc_a", "x").await.refused(400, 230_020);
    assert_eq!(bench.text("oc_a", "x").await.http, 503);
    assert!(bench.sandbox.messages().is_empty());
    bench.text("oc_a", "x").await.ok();
    let counts = bench.sandbox.counts();
    let of = |code: i64| counts.iter().find(|count| count.endpoint.as_str() == "send" && count.code == code).map(|count| count.count);
    assert_eq!((of(230_020), of(0)), (Some(2), Some(1)));
}

#[tokio::test]
async fn an_answer_after_the_effect_leaves_the_message() {
    let bench = Bench::start().await;
    add(&bench, json!({"endpoint": "send", "when": "after", "status": 500, "body": "<html>oops</html>", "count": 1}));
    let answer = bench.text("oc_a", "x").await;
    assert_eq!((answer.http, &answer.json), (500, &Value::Null));
    assert_eq!(bench.sandbox.messages().len(), 1);
}

#[tokio::test]
async fn limits_can_be_played() {
    let bench = Bench::start().await;
    add(&bench, json!({"code": 99_991_400, "headers": {"x-ogw-ratelimit-limit": "50", "x-ogw-ratelimit-reset": "7"}, "count": 1}));
    let answer = bench.text("oc_a", "x").await.refused(429, 99_991_400);
    assert_eq!(answer.headers["x-ogw-ratelimit-reset"], "7");
}

#[tokio::test]
async fn faults_hit_their_target_only() {
    let bench = Bench::start().await;
    let id = bench.card("oc_a", &card("x")).await;
    add(&bench, json!({"target": "oc_a", "code": 232009}));
    bench.text("oc_b", "x").await.ok();
    bench.text("oc_a", "x").await.refused(400, 232_009);
    bench.patch(&id, &card("y")).await.refused(400, 232_009);
    bench.sandbox.faults().clear();
    add(&bench, json!({"target": id, "endpoint": "patch", "code": 230031}));
    bench.patch(&id, &card("y")).await.refused(400, 230_031);
    bench.reply(&id, json!({})).await.ok();
    bench.sandbox.faults().clear();
    add(&bench, json!({"target": "h1", "endpoint": "hook", "status": 200, "code": 11232}));
    let text = json!({"msg_type": "text", "content": {"text": "x"}});
    bench.open("POST", "/open-apis/bot/v2/hook/h1", &text).await.refused(200, 11_232);
    assert_eq!(bench.open("POST", "/open-apis/bot/v2/hook/h2", &text).await.code(), 0);
}

#[tokio::test]
async fn connections_are_reset_before_or_after_the_effect() {
    let bench = Bench::start().await;
    for (when, arrived) in [("before", 0), ("after", 1)] {
        add(&bench, json!({"endpoint": "send", "when": when, "action": "reset", "count": 1}));
        let error = failed_send(&bench).await;
        assert!(cause(&error).contains("reset"), "{}", cause(&error));
        assert_eq!(bench.sandbox.messages().len(), arrived);
    }
    bench.text("oc_a", "x").await.ok();
}

#[tokio::test]
async fn answers_are_cut() {
    let bench = Bench::start().await;
    for (when, arrived) in [("before", 0), ("after", 1)] {
        add(&bench, json!({"endpoint": "send", "when": when, "action": "cut_body", "count": 1}));
        let error = failed_send(&bench).await;
        assert!(error.is_decode() || error.is_body(), "{error:?}");
        assert_eq!(bench.sandbox.messages().len(), arrived);
    }
}

#[tokio::test]
async fn calls_hang_or_wait() {
    let bench = Bench::start().await;
    add(&bench, json!({"endpoint": "send", "when": "after", "action": "hang", "count": 1}));
    let body = super::message("oc_a", "text", &json!({"text": "x"}));
    let request = bench.http.post(bench.url(SEND)).bearer_auth(&bench.token).json(&body).timeout(Duration::from_millis(200));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!(bench.sandbox.messages().len(), 1);
    add(&bench, json!({"endpoint": "send", "delay": "150ms", "count": 1}));
    let start = Instant::now();
    bench.text("oc_a", "x").await.ok();
    assert!(start.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn an_outage_is_one_click() {
    let bench = Bench::start().await;
    bench.sandbox.faults().set_outage(Some(Outage::Reset));
    assert!(cause(&failed_send(&bench).await).contains("reset"));
    bench.sandbox.faults().set_outage(Some(Outage::Unavailable));
    assert_eq!(bench.text("oc_a", "x").await.http, 503);
    bench.sandbox.faults().set_outage(None);
    bench.text("oc_a", "x").await.ok();
}

#[tokio::test]
async fn a_hanging_call_does_not_keep_the_sandbox_from_stopping() {
    let bench = Bench::start().await;
    add(&bench, json!({"endpoint": "send", "action": "hang"}));
    let body = super::message("oc_a", "text", &json!({"text": "x"}));
    let mut pending = std::pin::pin!(bench.attempt("POST", SEND, &body, Some(&bench.token)));
    assert!(tokio::time::timeout(Duration::from_millis(100), pending.as_mut()).await.is_err());
    bench.sandbox.stop();
    bench.tracker.close();
    tokio::time::timeout(Duration::from_secs(2), bench.tracker.wait()).await.unwrap();
}

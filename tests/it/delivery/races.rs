//! What happens between two commits: news during a call, probes, clocks that are set back, operators.

use super::{HOUR, all_well, shown};
use crate::rig::{CONFIG, Rig};
use larkhook::sandbox::{Action, When};
use larkhook::store::Operator;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

fn lifecycle(lifecycle: &str) -> String {
    CONFIG.replace("send: [{ to: chat:oc_default }]", &format!("send: [{{ to: chat:oc_default, lifecycle: {lifecycle} }}]"))
}

#[tokio::test]
async fn what_changes_while_a_reply_is_under_way_is_told_too() {
    let rig = Rig::new().await;
    rig.captured("am-mixed-1-all-firing").await;
    rig.settle().await;
    rig.lose_answers("reply", 1);
    let away = rig.fault("reply", |f| f.action = Action::Reset);
    rig.captured("am-mixed-2-two-resolved").await;
    while rig.replies("oc_default").is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    rig.captured("am-mixed-3-rest-resolved").await;
    rig.sandbox.faults().remove(away);
    all_well(&rig).await;
    assert_eq!(rig.replies("oc_default").len(), 2, "the first by its own bytes, then what came in the meantime");
}

#[tokio::test]
async fn a_chat_that_stays_broken_does_not_keep_an_app_parked() {
    let rig = Rig::new().await;
    rig.fault("send", |f| (f.target, f.code) = (Some("oc_text".into()), Some(230002)));
    rig.event("old", "firing", "text", "0").await;
    assert!(!rig.wait_idle(Duration::from_millis(200)).await);
    let scope = rig.fault("send", |f| f.code = Some(99991672));
    rig.event("new", "firing", "default", "1").await;
    assert!(!rig.wait_idle(Duration::from_millis(200)).await);
    assert_eq!(rig.store.parked().await.unwrap().len(), 2);
    rig.sandbox.faults().remove(scope);
    for _ in 0..4 {
        rig.advance(Duration::from_secs(301));
        rig.wait_idle(Duration::from_millis(200)).await;
    }
    assert_eq!(rig.cards("oc_default").len(), 1);
}

#[tokio::test]
async fn a_probe_that_finds_nothing_to_call_for_leaves_the_next_one_its_turn() {
    let rig = Rig::new().await;
    let broken = rig.fault("send", |f| f.code = Some(230002));
    rig.event("old", "firing", "default", "0").await;
    assert!(!rig.wait_idle(Duration::from_millis(200)).await);
    rig.event("new", "firing", "default", "1").await;
    let old = rig.jobs().await.pop().unwrap();
    assert!(rig.store.operate(Operator::Drop { job: old.id }).await.unwrap());
    rig.sandbox.faults().remove(broken);
    rig.advance(Duration::from_secs(301));
    assert!(rig.wait_idle(Duration::from_secs(2)).await, "{:?}", rig.deliverer.status());
    assert_eq!(rig.cards("oc_default").len(), 1);
}

#[tokio::test]
async fn what_is_kept_from_its_call_waits_longer_each_time() {
    let config = CONFIG.replace("send: [{ to: chat:oc_default }]", "send: [{ to: 'mobile:+8613800000000' }]");
    let rig = Rig::with(&config).await;
    rig.fault("batch_get_id", |f| f.action = Action::Reset);
    rig.event("k", "firing", "default", "x").await;
    rig.settle_within(10 * MINUTE).await;
    let jobs = rig.jobs().await;
    assert!(jobs[0].attempts >= 3, "{jobs:?}");
}

#[tokio::test]
async fn a_look_up_that_is_not_allowed_parks_and_is_told() {
    let config = CONFIG.replace("send: [{ to: chat:oc_default }]", "send: [{ to: 'mobile:+8613800000000' }]").replace(
        "  bots:\n    room: { url: sandbox }",
        "    other: { app_id: cli_b1b2c3d4e5f6a7b8, app_secret: s, platform: sandbox }\n  bots:\n    room: { url: sandbox }",
    );
    let config = config.replace("- { name: ops, send: [{ to: chat:oc_ops }] }", "- { name: ops, send: [{ to: chat:oc_ops, app: other }] }");
    let config = config.replace("{ to: 'mobile:+8613800000000' }", "{ to: 'mobile:+8613800000000', app: ops }");
    let config = config.replace("{ to: chat:oc_text, as: text }", "{ to: chat:oc_text, as: text, app: ops }");
    let rig = Rig::with(&config).await;
    rig.refuse("batch_get_id", 99991672, 1000);
    rig.event("k", "firing", "default", "x").await;
    rig.settle_within(MINUTE).await;
    assert_eq!(rig.store.parked().await.unwrap().len(), 1);
    assert_eq!(rig.cards("oc_ops").len(), 1);
}

#[tokio::test]
async fn an_old_dead_letter_is_sent_when_an_operator_asks() {
    let rig = Rig::new().await;
    let fault = rig.fault("send", |f| (f.target, f.code) = (Some("oc_default".into()), Some(230034)));
    rig.event("k", "firing", "default", "x").await;
    rig.event("k", "resolved", "default", "x").await;
    rig.settle().await;
    rig.advance(26 * HOUR);
    rig.sandbox.faults().remove(fault);
    let dead = rig.jobs().await.into_iter().find(|job| job.state == "dead").unwrap();
    assert!(rig.store.operate(Operator::Retry { job: dead.id, at: rig.now() }).await.unwrap());
    all_well(&rig).await;
    assert_eq!(rig.cards("oc_default").len(), 1);
}

#[tokio::test]
async fn what_is_to_be_sent_anew_is_so_also_after_a_message_was_replaced() {
    let rig = Rig::with(&lifecycle("{ on_reopen: [new] }")).await;
    shown(&rig, "k").await;
    rig.refuse("patch", 99992354, 1);
    rig.event("k", "firing", "default", "other words").await;
    rig.settle().await;
    assert_eq!(rig.cards("oc_default").len(), 2, "the first one is gone");
    rig.event("k", "resolved", "default", "over").await;
    rig.settle().await;
    rig.event("k", "firing", "default", "again").await;
    all_well(&rig).await;
    assert_eq!(rig.cards("oc_default").len(), 3);
}

#[tokio::test]
async fn an_edit_in_doubt_casts_none_on_the_message_that_follows_it() {
    let config = lifecycle("{ on_reopen: [new], on_resolve: [edit] }").replace("fallback: ops", "fallback: ops\nreopen_within: 3h");
    let rig = Rig::with(&config).await;
    shown(&rig, "k").await;
    let away = rig.fault("patch", |f| f.action = Action::Reset);
    rig.event("k", "resolved", "default", "over").await;
    rig.settle_within(HOUR + 10 * MINUTE).await;
    rig.lose_answers("send", 1);
    rig.event("k", "firing", "default", "again").await;
    rig.sandbox.faults().remove(away);
    all_well(&rig).await;
    let calls = rig.calls("send");
    assert_eq!((rig.cards("oc_default").len(), calls.len()), (2, 3));
    assert_eq!(calls[1].uuid, calls[2].uuid);
    assert!(!rig.store.messages(None, 1).await.unwrap()[0].possible_duplicate);
}

#[tokio::test]
async fn a_clock_that_is_set_back_holds_up_nothing() {
    let rig = Rig::new().await;
    rig.fault("send", |f| (f.code, f.status, f.count) = (Some(99991400), Some(429), Some(1)));
    rig.event("k", "firing", "default", "x").await;
    while rig.jobs().await.first().is_none_or(|job| job.reason.is_none()) {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    rig.set_back(Duration::from_secs(3600));
    assert!(rig.wait_idle(Duration::from_secs(8)).await, "{:?}", rig.deliverer.status());
    assert_eq!(rig.cards("oc_default").len(), 1);
}

#[tokio::test]
async fn a_request_that_names_nobody_goes_to_the_fallback_receiver() {
    let rig = Rig::new().await;
    let live = rig.live.load_full();
    let options = larkhook::pipeline::AcceptOptions { to: vec!["team:nobody".parse().unwrap()], template: None };
    let body = br#"{"key":"k","status":"firing","title":"t","where":"x","text":"y"}"#;
    let accepted = larkhook::pipeline::accept(&rig.store, &live.settings, &live.tree, &live.sources["json"], body, &options, rig.now());
    assert_eq!(accepted.await.unwrap().left_out.get("unroutable"), Some(&1));
    all_well(&rig).await;
    assert_eq!(rig.cards("oc_ops").len(), 1);
}

#[tokio::test]
async fn regrouping_by_a_new_configuration_leaves_no_message_red() {
    let rig = Rig::new().await;
    rig.captured("am-resolved-1-firing").await;
    rig.settle().await;
    let rig = rig.restart(&CONFIG.replace("route:\n  receiver: default\n", "route:\n  receiver: default\n  group_by: ['...']\n")).await;
    rig.advance(MINUTE);
    rig.captured("am-resolved-2-all-resolved").await;
    all_well(&rig).await;
    let cards = rig.cards("oc_default");
    assert_eq!((cards.len(), cards[0].content()["header"]["template"].as_str()), (1, Some("green")));
}

#[tokio::test]
async fn a_test_notification_does_not_hide_the_incident_of_its_group() {
    let rig = Rig::with(&CONFIG.replace("route:\n  receiver: default\n", "route:\n  receiver: default\n  group_by: [nothing]\n")).await;
    let read = |name: &str| std::fs::read_to_string(format!("{}/tests/fixtures/inbound/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let firing = read("grafana-firing");
    let name = serde_json::from_str::<serde_json::Value>(&firing).unwrap()["alerts"][0]["labels"].clone();
    let mut test: serde_json::Value = serde_json::from_str(&firing).unwrap();
    test["groupKey"] = "test".into();
    for alert in test["alerts"].as_array_mut().unwrap() {
        (alert["labels"]["alertname"], alert["labels"]["instance"]) = ("TestAlert".into(), "Grafana".into());
    }
    assert_ne!(name["alertname"], "TestAlert");
    for body in [firing, test.to_string(), read("grafana-resolved")] {
        rig.post("grafana", body.as_bytes()).await.unwrap();
        rig.settle().await;
        rig.advance(MINUTE);
    }
    let cards = rig.cards("oc_default");
    assert_eq!((cards.len(), cards[0].content()["header"]["template"].as_str()), (2, Some("green")));
}

#[tokio::test]
async fn a_stop_while_a_budget_is_waited_for_begins_nothing() {
    let rig = Rig::new().await;
    for n in 0..4 {
        rig.event(&format!("k{n}"), "firing", "default", "x").await;
    }
    rig.fault("send", |f| (f.when, f.delay) = (When::Before, Some(Duration::from_millis(100))));
    rig.settle().await;
    assert_eq!(rig.cards("oc_default").len(), 4);
    let started = std::time::Instant::now();
    rig.stop().await;
    assert!(started.elapsed() < Duration::from_secs(1));
}

//! Custom bots of one chat that take turns: their budgets add up, and one in trouble leaves the others to go on.

use super::all_well;
use crate::rig::{CONFIG, Rig};
use larkhook::sandbox::When;
use std::collections::BTreeMap;
use std::time::Duration;

fn config(bots: &str, to: &str) -> String {
    CONFIG.replace("    room: { url: sandbox }", bots).replace("{ to: bot:room }", &format!("{{ to: '{to}' }}"))
}

fn three() -> String {
    config("    a: { url: sandbox }\n    b: { url: sandbox }\n    c: { url: sandbox }", "bot:[c, a, b]")
}

/// Calls of each bot that were answered with a code.
fn by_bot(rig: &Rig, code: i64) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for call in rig.calls("hook").into_iter().filter(|call| call.code == code && call.http == 200) {
        *count.entry(call.target).or_default() += 1;
    }
    count
}

#[tokio::test]
async fn all_have_their_turn_and_no_limit_is_hit() {
    let rig = Rig::with(&three()).await;
    for n in 0..24 {
        rig.event(&format!("k{n}"), "firing", "room", "1").await;
    }
    all_well(&rig).await;
    let by_bot = by_bot(&rig, 0);
    assert!(by_bot.len() == 3 && by_bot.values().all(|count| (6..=10).contains(count)), "in turn: {by_bot:?}");
    assert_eq!(rig.calls("hook").len(), 24, "each once, none refused");
}

#[tokio::test]
async fn one_that_is_broken_is_parked_alone() {
    let rig = Rig::with(&three()).await;
    let id = rig.fault("hook", |fault| (fault.target, fault.code) = (Some("b".into()), Some(19_001)));
    for n in 0..9 {
        rig.event(&format!("k{n}"), "firing", "room", "1").await;
    }
    all_well(&rig).await;
    assert_eq!(rig.of_bot().len(), 9);
    let parked = rig.store.parked().await.unwrap();
    assert_eq!(parked.iter().map(|p| (p.via.as_str(), p.target.as_str())).collect::<Vec<_>>(), [("bot:b", "bot:b")]);
    assert_eq!(rig.told("oc_ops", 1).await.len(), 1, "its trouble is told once");
    // The probe finds it well again.
    rig.sandbox.faults().remove(id);
    rig.advance(Duration::from_secs(301));
    for n in 0..3 {
        rig.event(&format!("later{n}"), "firing", "room", "1").await;
    }
    all_well(&rig).await;
    assert!(rig.store.parked().await.unwrap().is_empty());
    assert!(by_bot(&rig, 0).contains_key("b"));
}

#[tokio::test]
async fn the_message_waits_only_when_all_are() {
    let rig = Rig::with(&three()).await;
    rig.refuse("hook", 19_001, 3);
    rig.event("k", "firing", "room", "1").await;
    let end = std::time::Instant::now() + Duration::from_secs(10);
    while rig.store.parked().await.unwrap().len() < 3 {
        assert!(std::time::Instant::now() < end, "{:?}", rig.store.parked().await.unwrap());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let jobs: Vec<_> = rig.jobs().await.into_iter().filter(|job| job.via.starts_with("bot:")).collect();
    assert_eq!(jobs.iter().map(|job| (job.state.as_str(), job.via.as_str())).collect::<Vec<_>>(), [("parked", "bot:[a,b,c]")]);
    let (_, attempts) = rig.store.job(&jobs[0].id).await.unwrap().unwrap();
    let mut tried: Vec<&str> = attempts.iter().map(|attempt| attempt.via.as_str()).collect();
    tried.sort_unstable();
    assert_eq!(tried, ["bot:a", "bot:b", "bot:c"]);
    all_well(&rig).await;
    assert_eq!(rig.of_bot().len(), 1);
}

#[tokio::test]
async fn a_limit_holds_up_one_bot_only() {
    let rig = Rig::with(&three()).await;
    rig.fault("hook", |fault| {
        (fault.target, fault.code, fault.count) = (Some("a".into()), Some(99_991_400), Some(1));
        fault.headers.insert("x-ogw-ratelimit-reset".into(), "40".into());
    });
    rig.event("k0", "firing", "room", "1").await;
    assert!(rig.wait_idle(Duration::from_secs(5)).await, "another bot says it: {:?}", rig.deliverer.status());
    for n in 1..8 {
        rig.event(&format!("k{n}"), "firing", "room", "1").await;
    }
    assert!(rig.wait_idle(Duration::from_secs(5)).await, "no time has to pass: {:?}", rig.deliverer.status());
    assert_eq!(rig.of_bot().len(), 8);
    assert!(!by_bot(&rig, 0).contains_key("a"));
}

#[tokio::test]
async fn a_doubt_is_repeated_by_the_same_bot() {
    for to in ["bot:[a, b]", "bot:[b, a]"] {
        let rig = Rig::with(&config("    a: { url: sandbox, keyword: first }\n    b: { url: sandbox, keyword: second }", to)).await;
        rig.lose_answers("hook", 1);
        rig.event("k", "firing", "room", "1").await;
        all_well(&rig).await;
        let calls = rig.calls("hook");
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0].target, calls[1].target);
        let said: Vec<String> = rig.of_bot().iter().map(|message| message.content().to_string()).collect();
        let keyword = if calls[0].target == "a" { "first" } else { "second" };
        assert!(said.iter().all(|text| text.contains(keyword)), "each is written for the bot that brings it: {said:?}");
    }
}

#[tokio::test]
async fn each_bot_answers_for_its_doubts_in_its_own_way() {
    let rig = Rig::with(&config("    a: { url: sandbox, on_unknown: drop }\n    b: { url: sandbox }", "bot:[a, b]")).await;
    rig.fault("hook", |fault| {
        fault.when = When::After;
        fault.action = larkhook::sandbox::Action::Reset;
        fault.count = Some(2);
    });
    rig.event("k", "firing", "room", "1").await;
    rig.event("l", "firing", "room", "1").await;
    all_well(&rig).await;
    let mut calls: Vec<String> = rig.calls("hook").into_iter().map(|call| call.target).collect();
    calls.sort();
    assert_eq!(calls, ["a", "b", "b"]);
}

#[tokio::test]
async fn another_order_after_a_restart_is_the_same_message() {
    let bots = "    a: { url: sandbox }\n    b: { url: sandbox }";
    let rig = Rig::with(&config(bots, "bot:[a, b]")).await;
    rig.event("k", "firing", "room", "1").await;
    rig.settle().await;
    let rig = rig.restart(&config(bots, "bot:[ b,a ]")).await;
    rig.event("k", "firing", "room", "only words changed").await;
    rig.event("k", "resolved", "room", "2").await;
    all_well(&rig).await;
    let messages = rig.store.messages(None, 10).await.unwrap();
    assert_eq!(messages.iter().map(|m| m.target.as_str()).collect::<Vec<_>>(), ["bot:[a,b]"]);
    assert_eq!(rig.of_bot().len(), 2);
}

#[tokio::test]
async fn a_bot_that_left_the_configuration_holds_nothing_up() {
    let rig = Rig::with(&three()).await;
    rig.lose_answers("hook", 1);
    rig.event("k", "firing", "room", "1").await;
    while rig.calls("hook").is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let first = rig.calls("hook")[0].target.clone();
    let rest: Vec<&str> = ["a", "b", "c"].into_iter().filter(|name| *name != first).collect();
    let bots: Vec<String> = rest.iter().map(|name| format!("    {name}: {{ url: sandbox }}")).collect();
    let rig = rig.restart(&config(&bots.join("\n"), &format!("bot:[{}]", rest.join(",")))).await;
    all_well(&rig).await;
    assert_eq!(rig.of_bot().len(), 2, "the doubt, and its marked repeat by another");
}

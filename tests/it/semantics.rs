//! Alert semantics: the captured sequences of real senders in order, every version of every message as a snapshot.

use crate::rig::{CONFIG, Rig, START};
use larkhook::sandbox::Message;
use serde_json::Value;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// What a version shows, line by line: header, then every text in order.
fn shown(content: &Value) -> String {
    let mut lines = Vec::new();
    if let Some(header) = content.get("header") {
        let tags: Vec<&str> =
            header["text_tag_list"].as_array().into_iter().flatten().filter_map(|tag| tag["text"]["content"].as_str()).collect();
        lines.push(format!(
            "[{}] {} | {} | {}",
            header["template"].as_str().unwrap_or(""),
            header["title"]["content"].as_str().unwrap_or(""),
            header["subtitle"]["content"].as_str().unwrap_or(""),
            tags.join(" · ")
        ));
        lines.push(format!("preview: {}", content["config"]["summary"]["content"].as_str().unwrap_or("")));
        texts(&content["body"], &mut lines);
    } else {
        texts(content, &mut lines);
    }
    lines.join("\n")
}

fn texts(value: &Value, lines: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| texts(item, lines)),
        Value::Object(map) if map.get("tag").is_some_and(|tag| tag == "table") => {
            for row in map["rows"].as_array().into_iter().flatten() {
                lines.push(format!("row {row}"));
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                match item {
                    Value::String(text) if matches!(key.as_str(), "content" | "text") => lines.push(text.clone()),
                    Value::String(url) if key == "default_url" => lines.push(format!("-> {url}")),
                    other => texts(other, lines),
                }
            }
        }
        _ => {}
    }
}

pub fn transcript(messages: &[Arc<Message>]) -> String {
    let mut out = String::new();
    for message in messages {
        let kind = if message.root_id.is_some() { "reply" } else { message.msg_type.as_str() };
        let place = if message.thread_id.is_some() { " in its topic" } else { "" };
        writeln!(out, "=== {kind}{place} to {}", message.chat_id).unwrap();
        for version in &message.versions {
            writeln!(out, "--- version {}\n{}", version.number, shown(&version.content)).unwrap();
        }
    }
    out
}

/// Plays bodies in order, with pauses between them, and tells what people saw.
async fn play(config: &str, source: &str, steps: &[(&str, Duration)]) -> String {
    let rig = Rig::with(config).await;
    for (name, pause) in steps {
        let body = std::fs::read(format!("{}/tests/fixtures/inbound/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
        rig.post(source, &body).await.unwrap();
        rig.settle().await;
        rig.advance(*pause);
    }
    let mut all = rig.sandbox.messages();
    all.sort_by(|a, b| (a.created, &a.message_id).cmp(&(b.created, &b.message_id)));
    without_our_clock(&transcript(&all))
}

/// Senders without times of their own get the arrival: not the same in every run.
fn without_our_clock(text: &str) -> String {
    let arrival = (START / 1_000_000).to_string();
    let parts: Vec<&str> = text.split(&arrival).collect();
    let after = |part: &&str| part.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
    let rest: Vec<String> = parts[1..].iter().map(after).collect();
    std::iter::once(parts[0].to_owned()).chain(rest).collect::<Vec<_>>().join("<arrival>")
}

const S15: Duration = Duration::from_secs(15);
const MINUTE: Duration = Duration::from_secs(60);
const HOURS4: Duration = Duration::from_secs(4 * 3600);

macro_rules! sequence {
    ($($test:ident: $source:literal, $steps:expr;)+) => {$(
        #[tokio::test]
        async fn $test() {
            insta::assert_snapshot!(stringify!($test), play(CONFIG, $source, $steps).await);
        }
    )+};
}

sequence! {
    mixed: "am", &[("am-mixed-1-all-firing", MINUTE), ("am-mixed-2-two-resolved", MINUTE), ("am-mixed-3-rest-resolved", MINUTE)];
    flap: "am", &[("am-flap-1-firing", MINUTE), ("am-flap-2-resolved", MINUTE), ("am-flap-3-firing-again", MINUTE)];
    flap_after_the_reopen_window: "am", &[("am-flap-1-firing", MINUTE), ("am-flap-2-resolved", HOURS4), ("am-flap-3-firing-again", MINUTE)];
    silenced_member: "am", &[
        ("am-silenced-member-1", MINUTE), ("am-silenced-member-2", MINUTE), ("am-silenced-member-3", MINUTE), ("am-silenced-member-4", MINUTE),
    ];
    repeat: "am", &[("am-repeat-1-first", HOURS4), ("am-repeat-2-repeated", MINUTE)];
    partial_then_full: "am", &[("am-200-alerts-1-first-flush-partial", MINUTE), ("am-200-alerts-2-full", MINUTE)];
    max_alerts: "am", &[("am-max-alerts-truncated", MINUTE)];
    ha_twins_at_once: "am", &[("am-single-firing", Duration::ZERO), ("am-single-firing", Duration::ZERO)];
    ha_twins_late: "am", &[("am-resolved-1-firing", S15), ("am-resolved-1-firing", S15), ("am-resolved-2-all-resolved", S15), ("am-resolved-2-all-resolved", S15)];
    prometheus: "am", &[("am-from-prometheus-firing", MINUTE), ("am-from-prometheus-resolved", MINUTE)];
    grafana: "grafana", &[("grafana-firing", MINUTE), ("grafana-mixed", MINUTE), ("grafana-resolved", MINUTE)];
    grafana_legacy: "grafana", &[("grafana-legacy-alerting", MINUTE), ("grafana-legacy-ok", MINUTE)];
}

/// An HA twin that is late with an older picture changes nothing, also after the group moved on.
#[tokio::test]
async fn a_late_twin_of_an_older_state_does_not_turn_a_card_red_again() {
    let rig = Rig::new().await;
    for name in ["am-resolved-1-firing", "am-resolved-2-all-resolved", "am-resolved-1-firing"] {
        rig.captured(name).await;
        rig.settle().await;
        rig.advance(S15);
    }
    let cards = rig.cards("oc_default");
    assert_eq!((cards.len(), cards[0].versions.len()), (1, 2));
    assert_eq!(cards[0].content()["header"]["template"], "green");
}

#[tokio::test]
async fn fired_and_resolved_before_the_first_send_is_one_green_message_without_mention() {
    let config = CONFIG.replace("send: [{ to: chat:oc_default }]", "send: [{ to: chat:oc_default, mention: [all] }]");
    let rig = Rig::with(&config).await;
    let block = rig.fault("send", |f| f.action = larkhook::sandbox::Action::Reset);
    rig.event("k", "firing", "default", "x").await;
    rig.sandbox.faults().remove(block);
    let rig = Rig::with(&config).await;
    rig.sandbox.faults().set_outage(Some(larkhook::sandbox::Outage::Unavailable));
    rig.event("k", "firing", "default", "x").await;
    rig.event("k", "resolved", "default", "x").await;
    rig.sandbox.faults().set_outage(None);
    rig.settle().await;
    let cards = rig.cards("oc_default");
    assert_eq!(cards.len(), 1);
    assert_eq!(cards[0].content()["header"]["template"], "green");
    assert!(!cards[0].content().to_string().contains("<at"), "nobody is called for what is over");
}

#[tokio::test]
async fn a_group_that_falls_silent_expires() {
    let rig = Rig::new().await;
    rig.captured("am-single-firing").await;
    rig.settle().await;
    rig.advance(Duration::from_secs(26 * 3600));
    let upkeep = larkhook::store::Upkeep {
        now: rig.now(),
        expire_after: Duration::from_secs(25 * 3600),
        retention: Duration::from_secs(30 * 86400),
    };
    assert_eq!(rig.store.upkeep(upkeep).await.unwrap().expired, 1);
    rig.settle().await;
    let cards = rig.cards("oc_default");
    assert_eq!((cards.len(), cards[0].content()["header"]["template"].as_str()), (1, Some("grey")));
    assert!(rig.replies("oc_default").is_empty());
}

#[tokio::test]
async fn alerts_of_one_group_on_different_routes_make_messages_with_their_own_status() {
    let config = CONFIG.replace("  routes:\n", "  routes:\n    - matchers: ['severity=\"critical\"']\n      receiver: text\n");
    let rig = Rig::with(&config).await;
    rig.captured("am-group-of-3").await;
    rig.settle().await;
    assert_eq!((rig.cards("oc_default").len(), rig.cards("oc_text").len()), (1, 1));
}

#[tokio::test]
async fn a_route_may_group_by_itself() {
    let config = CONFIG.replace("route:\n  receiver: default\n", "route:\n  receiver: default\n  group_by: ['...']\n");
    let rig = Rig::with(&config).await;
    rig.captured("am-group-of-3").await;
    rig.settle().await;
    assert_eq!(rig.cards("oc_default").len(), 3, "one message per alert");
}

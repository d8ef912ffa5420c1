//! The month's calls of a tenant: counted over its apps and over restarts, told once, saved in the right place, used up, begun anew.

use super::all_well;
use crate::rig::{CONFIG, Rig};
use larkhook::sandbox::WorldOp;
use std::time::Duration;

/// Two apps of one tenant, which has ten calls a month.
fn config() -> String {
    CONFIG
        .replace(
            "platform: sandbox }",
            "platform: sandbox, limits: { monthly_calls: 10 } }\n    second: { app_id: cli_b1b2c3d4e5f6a7b8, app_secret: s, platform: sandbox }",
        )
        .replace("{ to: chat:oc_default }", "{ to: chat:oc_default, app: ops }")
        .replace("{ to: chat:oc_text, as: text }", "{ to: chat:oc_text, as: text, app: second }")
        .replace("{ to: chat:oc_ops }", "{ to: chat:oc_ops, app: ops }")
}

/// Four messages of each app: 80 %.
async fn eight_used(rig: &Rig) {
    for n in 0..4 {
        rig.event(&format!("d{n}"), "firing", "default", "x").await;
        rig.event(&format!("t{n}"), "firing", "text", "x").await;
        rig.settle().await;
        rig.advance(Duration::from_secs(2));
    }
    rig.deliverer.keep_usage().await.unwrap();
    rig.settle().await;
}

#[tokio::test]
async fn apps_of_a_tenant_share_its_calls_and_it_is_told_once() {
    let rig = Rig::with(&config()).await;
    eight_used(&rig).await;
    let told = rig.told("oc_ops", 1).await;
    assert_eq!(told.len(), 1);
    let text = told[0].content().to_string();
    assert!(text.contains("ops, second") && text.contains("8 of 10"), "{text}");
    rig.deliverer.keep_usage().await.unwrap();
    // Counts and what was told survive a restart.
    let rig = rig.restart(&config()).await;
    rig.event("more", "firing", "text", "x").await;
    rig.settle().await;
    rig.deliverer.keep_usage().await.unwrap();
    rig.settle().await;
    assert_eq!(rig.cards("oc_ops").len(), 1);
    assert_eq!((rig.cards("oc_ops")[0].versions.len(), rig.replies("oc_ops").len()), (1, 0), "told once");
    let mut kept = rig.store.usage().await.unwrap();
    kept.sort();
    let month = "2026-11".to_owned();
    assert_eq!(kept, [("ops".to_owned(), month.clone(), 5), ("second".to_owned(), month, 5)], "each app's own, the notice among them");
}

#[tokio::test]
async fn cosmetic_edits_are_saved_by_all_apps_and_nothing_else_is() {
    let rig = Rig::with(&config()).await;
    eight_used(&rig).await;
    let edits = || rig.calls("patch").len() + rig.calls("edit").len();
    let before = edits();
    rig.event("d0", "firing", "default", "only words").await;
    rig.event("t0", "firing", "text", "only words").await;
    assert!(!rig.wait_idle(Duration::from_millis(200)).await);
    assert_eq!(edits(), before, "the other app of the tenant saves too");
    // What is new goes out, and what is over is shown, with the words that were saved.
    rig.event("fresh", "firing", "text", "y").await;
    rig.event("t0", "resolved", "text", "over").await;
    rig.event("d0", "resolved", "default", "over").await;
    rig.settle_within(Duration::from_secs(30)).await;
    assert_eq!(rig.cards("oc_text").len(), 5);
    assert_eq!(edits(), before + 2);
}

#[tokio::test]
async fn saving_ends_when_the_month_turns() {
    let rig = Rig::with(&config()).await;
    eight_used(&rig).await;
    let edits = || rig.calls("patch").iter().filter(|call| call.code == 0).count();
    let before = edits();
    rig.event("d0", "firing", "default", "only words").await;
    assert!(!rig.wait_idle(Duration::from_millis(200)).await);
    assert_eq!(edits(), before);
    // 00:00 on the first in the platform's zone.
    let turn: jiff::Timestamp = "2026-11-30T16:00:00Z".parse().unwrap();
    rig.advance(Duration::try_from(turn.duration_since(rig.now())).unwrap());
    all_well(&rig).await;
    assert_eq!(edits(), before + 1);
}

#[tokio::test]
async fn what_is_used_up_waits_for_the_month_to_turn() {
    let rig = Rig::new().await;
    rig.event("warm", "firing", "default", "x").await;
    rig.settle().await;
    let turn: jiff::Timestamp = "2026-11-30T16:00:00Z".parse().unwrap();
    rig.advance(Duration::try_from(turn.duration_since(rig.now())).unwrap() - Duration::from_secs(100));
    rig.sandbox.apply(WorldOp::SetQuota { left: Some(0) }).unwrap();
    rig.event("k", "firing", "default", "x").await;
    let end = std::time::Instant::now() + Duration::from_secs(10);
    let parked = loop {
        let parked = rig.store.parked().await.unwrap();
        if !parked.is_empty() {
            break parked;
        }
        assert!(std::time::Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!((parked[0].via.as_str(), parked[0].target.as_str(), parked[0].probe_at), ("app:ops", "*", turn), "not five minutes later");
    rig.sandbox.apply(WorldOp::SetQuota { left: None }).unwrap();
    rig.advance(Duration::from_secs(101));
    all_well(&rig).await;
    assert_eq!(rig.cards("oc_default").len(), 2);
}

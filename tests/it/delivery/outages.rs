//! Whole outages, crashes, disks, clocks.

use super::{HOUR, all_well};
use crate::rig::{CONFIG, Rig};
use larkhook::pipeline::AcceptError;
use larkhook::sandbox::{Outage, WorldOp};
use larkhook::store::{StoreError, Upkeep};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn two_hours_down_and_then_the_newest_truth_at_little_cost() {
    let rig = Rig::new().await;
    rig.event("shown", "firing", "default", "0").await;
    rig.settle().await;
    rig.sandbox.faults().set_outage(Some(Outage::Reset));
    let before = rig.sandbox.calls().len();
    for n in 0..12 {
        rig.event("shown", "firing", "default", &format!("words {n}")).await;
        rig.event("fresh", "firing", "default", &format!("words {n}")).await;
        rig.settle_within(Duration::from_secs(600)).await;
    }
    rig.event("shown", "resolved", "default", "over").await;
    // A call that was read before this event must not be the one that gets through.
    rig.settle_within(Duration::from_secs(600)).await;
    let tried = rig.sandbox.calls().len() - before;
    assert!(tried < 400, "the breaker holds calls back: {tried}");
    rig.sandbox.faults().set_outage(None);
    let good = |endpoint: &str| rig.calls(endpoint).iter().filter(|c| c.code == 0 && c.http == 200).count();
    let before = (good("patch"), good("reply"), good("send"));
    all_well(&rig).await;
    let cost = (good("patch") - before.0, good("reply") - before.1, good("send") - before.2);
    // What was shown costs one edit and one reply; what was begun and never shown its send, and an edit to the newest.
    assert!(cost.0 <= 2 && cost.1 == 1 && cost.2 == 1, "{cost:?}");
    let cards = rig.cards("oc_default");
    assert_eq!(cards.len(), 2);
    assert!(cards.iter().any(|c| c.content().to_string().contains("words 11")));
}

#[tokio::test]
async fn the_bot_is_removed_from_the_chat_and_added_back() {
    let rig = Rig::new().await;
    rig.event("k", "firing", "default", "0").await;
    rig.settle().await;
    rig.sandbox.apply(WorldOp::RemoveBot { chat_id: "oc_default".into(), app_id: None }).unwrap();
    rig.event("new", "firing", "default", "1").await;
    assert!(!rig.wait_idle(Duration::from_millis(300)).await);
    assert_eq!(rig.store.parked().await.unwrap().len(), 1);
    rig.sandbox.apply(WorldOp::AddBot { chat_id: "oc_default".into(), app_id: None }).unwrap();
    all_well(&rig).await;
    assert_eq!(rig.cards("oc_default").len(), 2);
}

#[tokio::test]
async fn a_restart_takes_up_what_is_owed_and_repeats_what_was_begun() {
    let rig = Rig::new().await;
    rig.lose_answers("send", 1);
    rig.event("k", "firing", "default", "x").await;
    while rig.calls("send").is_empty() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let rig = rig.restart(CONFIG).await;
    all_well(&rig).await;
    let calls = rig.calls("send");
    assert_eq!((calls.len(), &calls[0].digest), (2, &calls[1].digest));
    assert_eq!(rig.cards("oc_default").len(), 1);
}

#[tokio::test]
async fn a_full_disk_refuses_and_is_well_again() {
    let rig = Rig::open(CONFIG, Arc::new(tempfile::tempdir().unwrap()), None, Some(120)).await;
    let big = "x".repeat(20_000);
    let mut refused = None;
    for n in 0..60 {
        let body = serde_json::json!({"key": format!("k{n}"), "status": "firing", "title": "t", "where": "default", "text": big});
        match rig.post("json", body.to_string().as_bytes()).await {
            Ok(_) => {}
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    assert!(matches!(refused, Some(AcceptError::Unavailable(StoreError::Full))), "{refused:?}");
    rig.settle_within(Duration::from_secs(60)).await;
    // Room is made: what ended is over its retention.
    rig.advance(40 * 24 * HOUR);
    let upkeep = Upkeep { now: rig.now(), expire_after: HOUR, retention: Duration::from_secs(1) };
    let mut freed = 0;
    for _ in 0..6 {
        rig.advance(HOUR);
        freed += rig.store.upkeep(Upkeep { now: rig.now(), ..upkeep }).await.map_or(0, |done| done.deleted);
        rig.settle_within(Duration::from_secs(60)).await;
    }
    assert!(freed > 0);
    rig.event("after", "firing", "default", "y").await;
    rig.settle().await;
    assert!(rig.cards("oc_default").iter().any(|c| c.content().to_string().contains('y')));
}

#[tokio::test]
async fn a_clock_that_jumps_loses_nothing() {
    let rig = Rig::new().await;
    rig.event("a", "firing", "default", "0").await;
    rig.settle().await;
    rig.jump(-3_600_000);
    rig.event("b", "firing", "default", "1").await;
    rig.event("a", "resolved", "default", "1").await;
    all_well(&rig).await;
    rig.jump(7_200_000);
    rig.event("c", "firing", "default", "2").await;
    all_well(&rig).await;
    let cards = rig.cards("oc_default");
    assert_eq!(cards.len(), 3);
    assert_eq!(cards.iter().map(|c| c.versions.len()).sum::<usize>(), 4);
}

#[tokio::test]
async fn two_processes_cannot_share_a_file() {
    let rig = Rig::new().await;
    let (owed, _work) = tokio::sync::mpsc::channel(1);
    let options = larkhook::store::Options {
        path: rig.dir.path().join("test.db"),
        rules: larkhook::incident::event::Rules { reopen_within: HOUR },
        max_pages: None,
    };
    let second = larkhook::store::Store::open(options, owed, &tokio_util::task::TaskTracker::new()).await;
    assert!(matches!(second.err(), Some(StoreError::InUse { .. })));
}

#[tokio::test]
async fn near_the_end_of_the_months_calls_words_alone_are_saved() {
    let config = CONFIG.replace("platform: sandbox }", "platform: sandbox, limits: { monthly_calls: 10 } }");
    let rig = Rig::with(&config).await;
    for n in 0..8 {
        rig.event(&format!("k{n}"), "firing", "text", "x").await;
        rig.settle().await;
        rig.advance(Duration::from_secs(2));
    }
    rig.deliverer.keep_usage().await.unwrap();
    rig.settle().await;
    assert_eq!(rig.cards("oc_ops").len(), 1, "the fallback receiver hears at 80 %");
    // The count survives a restart.
    let rig = rig.restart(&config).await;
    rig.event("k0", "firing", "text", "only words").await;
    assert!(!rig.wait_idle(Duration::from_millis(200)).await);
    assert!(rig.calls("edit").is_empty());
    rig.event("k0", "resolved", "text", "over").await;
    rig.settle_within(Duration::from_secs(30)).await;
    assert_eq!(rig.calls("edit").len(), 1, "a real change takes the words along");
}

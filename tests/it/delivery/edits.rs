//! Edits of cards (PATCH) and of texts (PUT).

use super::{all_well, shown};
use crate::rig::{CONFIG, Rig};
use larkhook::sandbox::{Action, When};
use std::time::Duration;

#[tokio::test]
async fn rate_and_server_errors_are_waited_out() {
    for code in [230020, 99991400, 2200] {
        let rig = Rig::new().await;
        shown(&rig, "k").await;
        rig.refuse("patch", code, 2);
        rig.event("k", "resolved", "default", "it burns").await;
        all_well(&rig).await;
        assert_eq!(rig.calls("patch").len(), 3, "{code}");
        assert_eq!(rig.cards("oc_default")[0].versions.len(), 2, "{code}");
    }
}

#[tokio::test]
async fn a_lost_answer_repeats_the_bytes() {
    let rig = Rig::new().await;
    shown(&rig, "k").await;
    rig.fault("patch", |f| (f.when, f.action, f.count) = (When::After, Action::Reset, Some(1)));
    rig.event("k", "resolved", "default", "it burns").await;
    all_well(&rig).await;
    let calls = rig.calls("patch");
    assert_eq!((calls.len(), &calls[0].digest), (2, &calls[1].digest));
}

#[tokio::test]
async fn past_fourteen_days_the_card_is_answered_instead() {
    let config = CONFIG.replace("fallback: ops", "fallback: ops\nexpire_after: 60d\nretention: 90d");
    let rig = Rig::with(&config).await;
    shown(&rig, "k").await;
    rig.advance(Duration::from_secs(15 * 86400));
    rig.event("k", "resolved", "default", "it burns").await;
    all_well(&rig).await;
    assert_eq!(rig.calls("patch").iter().filter(|c| c.code == 230031).count(), 1);
    assert_eq!(rig.cards("oc_default")[0].versions.len(), 1);
    assert_eq!(rig.replies("oc_default").len(), 1, "one reply carries the edit and the news");
}

#[tokio::test]
async fn a_message_that_is_gone_is_sent_anew() {
    let rig = Rig::new().await;
    shown(&rig, "k").await;
    rig.refuse("patch", 99992354, 1);
    rig.refuse("reply", 99992354, 5);
    rig.event("k", "firing", "default", "other words").await;
    all_well(&rig).await;
    assert_eq!(rig.cards("oc_default").len(), 2);
}

#[tokio::test]
async fn a_refused_card_goes_down_within_its_type_and_then_into_a_reply() {
    let rig = Rig::new().await;
    shown(&rig, "k").await;
    rig.refuse("patch", 230028, 20);
    rig.event("k", "resolved", "default", "it burns").await;
    all_well(&rig).await;
    assert!(rig.calls("patch").len() <= 4, "{}", rig.calls("patch").len());
    assert_eq!(rig.replies("oc_default").len(), 1);
}

#[tokio::test]
async fn a_card_that_a_person_recalled_is_left_alone_until_somebody_joins() {
    let rig = Rig::new().await;
    rig.captured("am-silenced-member-1").await;
    rig.settle().await;
    let first = rig.cards("oc_default")[0].clone();
    rig.sandbox.recall(&first.message_id, "ou_person").unwrap();
    rig.advance(Duration::from_secs(100));
    rig.captured("am-silenced-member-3").await;
    all_well(&rig).await;
    let patched = rig.cards("oc_default").iter().filter(|c| c.versions.len() > 1).count();
    assert_eq!(patched, 0);
}

#[tokio::test]
async fn texts_are_edited_twenty_times_and_then_answered() {
    let rig = Rig::new().await;
    rig.event("k", "firing", "text", "0").await;
    rig.settle().await;
    for n in 1..=20 {
        rig.event("k", "firing", "text", &n.to_string()).await;
        rig.advance(Duration::from_secs(2));
        rig.settle().await;
    }
    assert_eq!(rig.cards("oc_text")[0].edits, 20);
    rig.event("k", "resolved", "text", "21").await;
    all_well(&rig).await;
    assert_eq!(rig.cards("oc_text").len(), 1);
    assert_eq!(rig.replies("oc_text").len(), 1);
}

#[tokio::test]
async fn an_edit_window_that_is_over_leads_to_a_reply() {
    let rig = Rig::new().await;
    rig.event("k", "firing", "text", "0").await;
    rig.settle().await;
    rig.refuse("edit", 230075, 1);
    rig.event("k", "resolved", "text", "1").await;
    all_well(&rig).await;
    assert_eq!((rig.calls("edit").len(), rig.replies("oc_text").len()), (1, 1));
}

//! First sends.

use super::{HOUR, all_well, gap};
use crate::rig::Rig;
use larkhook::sandbox::{Action, When};
use std::time::Duration;

/// Sends one event through a fault and returns the calls of the endpoint.
async fn send_through(rig: &Rig) -> Vec<larkhook::sandbox::Call> {
    rig.event("k", "firing", "default", "it burns").await;
    all_well(rig).await;
    rig.calls("send")
}

#[tokio::test]
async fn rate_with_a_reset_header_waits_so_long() {
    let rig = Rig::new().await;
    rig.fault("send", |f| {
        f.code = Some(99991400);
        f.headers.insert("x-ogw-ratelimit-reset".into(), "7".into());
        f.count = Some(1);
    });
    let calls = send_through(&rig).await;
    assert_eq!(calls.len(), 2);
    assert!(gap(&calls[0], &calls[1]) >= 7000, "{}", gap(&calls[0], &calls[1]));
    assert_eq!(calls[0].uuid, calls[1].uuid);
    assert_eq!(rig.cards("oc_default").len(), 1);
}

#[tokio::test]
async fn rate_of_a_chat_waits_a_second_at_least() {
    let rig = Rig::new().await;
    rig.refuse("send", 230020, 2);
    let calls = send_through(&rig).await;
    assert_eq!(calls.len(), 3);
    assert!(gap(&calls[0], &calls[1]) >= 1000 && gap(&calls[1], &calls[2]) >= 1000);
}

#[tokio::test]
async fn server_errors_repeat_the_same_bytes_under_the_same_uuid() {
    let rig = Rig::new().await;
    rig.fault("send", |f| {
        (f.code, f.status, f.count) = (Some(2200), Some(500), Some(2));
    });
    let calls = send_through(&rig).await;
    assert_eq!(calls.len(), 3);
    assert!(calls.windows(2).all(|w| w[0].uuid == w[1].uuid && w[0].digest == w[1].digest && w[0].uuid.is_some()));
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_message() {
    for action in [Action::Reset, Action::CutBody] {
        let rig = Rig::new().await;
        rig.fault("send", |f| {
            (f.when, f.action, f.count) = (When::After, action, Some(1));
        });
        let calls = send_through(&rig).await;
        assert_eq!(calls.len(), 2);
        assert_eq!((&calls[0].uuid, &calls[0].digest), (&calls[1].uuid, &calls[1].digest));
        assert_eq!(rig.cards("oc_default").len(), 1, "{action:?}");
    }
}

#[tokio::test]
async fn a_repeated_uuid_may_be_answered_with_an_error_for_a_while() {
    let rig = Rig::new().await;
    rig.refuse("send", 230049, 2);
    let calls = send_through(&rig).await;
    assert_eq!(calls.len(), 3);
    assert!(calls.windows(2).all(|w| w[0].uuid == w[1].uuid && w[0].digest == w[1].digest && gap(&w[0], &w[1]) >= 1000));
}

#[tokio::test]
async fn change_during_an_unknown_outcome_follows_as_an_edit() {
    let rig = Rig::new().await;
    rig.lose_answers("send", 1);
    rig.event("k", "firing", "default", "first words").await;
    assert!(!rig.wait_idle(Duration::from_millis(60)).await);
    rig.event("k", "firing", "default", "second words").await;
    all_well(&rig).await;
    let calls = rig.calls("send");
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].digest, calls[1].digest, "exactly those bytes again");
    let cards = rig.cards("oc_default");
    assert_eq!((cards.len(), cards[0].versions.len()), (1, 2), "the newer state follows as an edit");
    assert!(cards[0].content().to_string().contains("second words"));
}

#[tokio::test]
async fn an_unknown_outcome_of_an_hour_is_sent_anew_and_marked() {
    let rig = Rig::new().await;
    rig.fault("send", |f| f.action = Action::Reset);
    rig.event("k", "firing", "default", "x").await;
    rig.settle_within(2 * HOUR).await;
    rig.sandbox.faults().clear();
    all_well(&rig).await;
    let calls = rig.calls("send");
    let uuids: std::collections::BTreeSet<_> = calls.iter().map(|c| c.uuid.clone()).collect();
    assert!(uuids.len() >= 2, "a uuid is trusted for 55 minutes");
    for w in calls.windows(2).filter(|w| w[0].uuid == w[1].uuid) {
        assert_eq!(w[0].digest, w[1].digest);
    }
    let messages = rig.store.messages(None, 10).await.unwrap();
    assert!(messages.iter().any(|m| m.possible_duplicate));
    assert!(rig.cards("oc_default")[0].content().to_string().contains("可能重复"), "and says so");
}

#[tokio::test]
async fn a_refused_token_is_fetched_again_once_with_the_same_bytes() {
    let rig = Rig::new().await;
    rig.event("a", "firing", "default", "warm").await;
    rig.settle().await;
    rig.sandbox.expire_tokens(None);
    rig.event("b", "firing", "default", "x").await;
    all_well(&rig).await;
    let calls = rig.calls("send");
    assert_eq!(calls.len(), 3);
    assert_eq!((&calls[1].uuid, &calls[1].digest), (&calls[2].uuid, &calls[2].digest));
    assert_eq!(rig.calls("token").len(), 2);
    assert_eq!(rig.cards("oc_default").len(), 2);
}

#[tokio::test]
async fn a_setting_parks_the_chat_until_a_probe_succeeds() {
    let rig = Rig::new().await;
    let id = rig.fault("send", |f| {
        (f.code, f.target) = (Some(230002), Some("oc_default".into()));
    });
    rig.event("k", "firing", "default", "old words").await;
    assert!(!rig.wait_idle(Duration::from_millis(300)).await);
    assert_eq!(rig.calls("send").iter().filter(|c| c.target == "oc_default").count(), 1);
    assert_eq!(rig.store.parked().await.unwrap().len(), 1);
    let told = rig.told("oc_ops", 1).await;
    assert_eq!(told.len(), 1, "the fallback receiver hears of it");
    // Others wait without a call; the newest state is what is shown in the end.
    rig.event("k", "firing", "default", "new words").await;
    rig.event("other", "firing", "default", "x").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(rig.calls("send").iter().filter(|c| c.target == "oc_default").count(), 1);
    rig.advance(Duration::from_secs(301));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(rig.calls("send").iter().filter(|c| c.target == "oc_default").count(), 2, "one probe in five minutes");
    rig.sandbox.faults().remove(id);
    rig.advance(Duration::from_secs(301));
    all_well(&rig).await;
    let cards = rig.cards("oc_default");
    assert_eq!(cards.len(), 2);
    assert!(cards.iter().any(|c| c.versions.len() == 1 && c.content().to_string().contains("new words")), "never shown old");
    assert!(rig.store.parked().await.unwrap().is_empty());
    assert_eq!(rig.cards("oc_ops")[0].versions.len(), 2, "and that it is over");
}

#[tokio::test]
async fn the_monthly_quota_parks_the_whole_app() {
    let rig = Rig::new().await;
    rig.refuse("send", 99991403, 1);
    rig.event("k", "firing", "default", "x").await;
    assert!(!rig.wait_idle(Duration::from_millis(300)).await);
    let parked = rig.store.parked().await.unwrap();
    assert_eq!((parked.len(), parked[0].target.as_str()), (1, "*"));
    rig.event("k2", "firing", "text", "x").await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(rig.calls("send").len(), 1, "other chats of the app wait too");
    all_well(&rig).await;
    assert_eq!(rig.cards("oc_default").len() + rig.cards("oc_text").len(), 2);
}

#[tokio::test]
async fn a_wrong_target_is_a_dead_letter_that_can_be_replayed() {
    let rig = Rig::new().await;
    rig.fault("send", |f| {
        (f.code, f.target, f.count) = (Some(230034), Some("oc_default".into()), Some(1));
    });
    rig.event("k", "firing", "default", "x").await;
    rig.settle().await;
    let jobs = rig.jobs().await;
    assert_eq!((jobs.len(), jobs[0].state.as_str()), (1, "dead"));
    assert!(jobs[0].reason.as_deref().unwrap().contains("230034"));
    assert_eq!(rig.cards("oc_ops").len(), 1, "the fallback receiver hears of what was lost");
    let retry = larkhook::store::Operator::Retry { job: jobs[0].id.clone(), at: rig.now() };
    assert!(rig.store.operate(retry).await.unwrap());
    all_well(&rig).await;
    assert_eq!(rig.cards("oc_default").len(), 1);
}

#[tokio::test]
async fn refused_content_goes_down_the_ladder_with_a_new_uuid_each_step() {
    let rig = Rig::new().await;
    rig.fault("send", |f| {
        (f.code, f.count) = (Some(230025), Some(3));
    });
    let calls = send_through(&rig).await;
    let uuids: std::collections::BTreeSet<_> = calls.iter().map(|c| c.uuid.clone()).collect();
    assert_eq!((calls.len(), uuids.len()), (4, 4));
    assert_eq!(rig.cards("oc_default").len(), 1);
}

#[tokio::test]
async fn what_no_card_satisfies_arrives_as_text() {
    let rig = Rig::new().await;
    rig.fault("send", |f| {
        (f.code, f.count) = (Some(230022), Some(4));
    });
    send_through(&rig).await;
    assert_ne!(rig.cards("oc_default")[0].msg_type, "interactive");
}

#[tokio::test]
async fn an_invalid_mention_costs_the_mentions_only() {
    let rig = Rig::new().await;
    rig.fault("send", |f| {
        (f.code, f.count) = (Some(230099), Some(1));
        f.msg = Some("Failed to create card content, ext=ErrCode: 100290; ErrMsg: invalid user id".into());
    });
    rig.event("k", "firing", "default", "x").await;
    all_well(&rig).await;
    let incident = &rig.incidents(None).await[0];
    let detail = rig.store.incident(&incident.id).await.unwrap().unwrap();
    assert_eq!(detail.attempts[0].step, "card-m");
    assert_eq!(rig.cards("oc_default")[0].msg_type, "interactive");
}

#[tokio::test]
async fn a_locked_card_is_tried_again_unchanged() {
    let rig = Rig::new().await;
    rig.fault("send", |f| {
        (f.code, f.count) = (Some(230099), Some(1));
        f.msg = Some("Failed to create card content, ext=ErrCode: 11310; ErrMsg: card action is lock".into());
    });
    let calls = send_through(&rig).await;
    assert_eq!((calls.len(), &calls[0].uuid), (2, &calls[1].uuid));
}

#[tokio::test]
async fn a_request_called_wrong_is_tried_in_its_plainest_form_and_then_dead() {
    let rig = Rig::new().await;
    rig.fault("send", |f| {
        (f.code, f.target) = (Some(230001), Some("oc_default".into()));
    });
    rig.event("k", "firing", "default", "x").await;
    rig.settle().await;
    let to_chat = rig.calls("send").into_iter().filter(|c| c.target == "oc_default").count();
    assert_eq!(to_chat, 2);
    assert_eq!(rig.jobs().await[0].state, "dead");
}

#[tokio::test]
async fn a_proxy_page_is_no_answer() {
    let rig = Rig::new().await;
    rig.fault("send", |f| {
        (f.status, f.body, f.count) = (Some(502), Some("<html>bad gateway</html>".into()), Some(2));
    });
    let calls = send_through(&rig).await;
    assert_eq!(calls.len(), 3);
    assert!(calls.windows(2).all(|w| w[0].digest == w[1].digest));
    assert_eq!(rig.cards("oc_default").len(), 1);
}

#[tokio::test]
async fn gives_up_after_a_day() {
    let rig = Rig::new().await;
    rig.fault("send", |f| {
        (f.code, f.status) = (Some(5000), Some(500));
    });
    rig.event("k", "firing", "default", "x").await;
    for _ in 0..30 {
        rig.advance(HOUR);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    let jobs = rig.jobs().await;
    assert!(jobs.iter().any(|j| j.state == "dead" && j.target == "chat:oc_default"), "{jobs:?}");
}

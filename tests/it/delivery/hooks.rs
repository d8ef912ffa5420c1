//! Custom bots: no uuid, no edit, no reply.

use super::{all_well, gap};
use crate::rig::{CONFIG, Rig};
use larkhook::sandbox::{Action, When};
use std::time::Duration;

#[tokio::test]
async fn each_event_is_one_message() {
    let rig = Rig::new().await;
    rig.event("k", "firing", "room", "1").await;
    rig.settle().await;
    rig.event("k", "firing", "room", "only words changed").await;
    rig.settle().await;
    rig.event("k", "resolved", "room", "2").await;
    all_well(&rig).await;
    assert_eq!(rig.of_bot().len(), 2);
}

#[tokio::test]
async fn limits_are_waited_out() {
    for code in [11232, 11233, 99991400] {
        let rig = Rig::new().await;
        rig.refuse("hook", code, 1);
        rig.event("k", "firing", "room", "1").await;
        all_well(&rig).await;
        let calls = rig.calls("hook");
        assert_eq!((calls.len(), rig.of_bot().len()), (2, 1), "{code}");
        assert!(gap(&calls[0], &calls[1]) >= 1000, "{code}");
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_sent_once_more_and_marked() {
    let rig = Rig::new().await;
    rig.lose_answers("hook", 5);
    rig.event("k", "firing", "room", "1").await;
    all_well(&rig).await;
    assert_eq!(rig.calls("hook").len(), 2);
    let messages = rig.of_bot();
    assert_eq!(messages.len(), 2);
    let marked = |i: usize| messages[i].content().to_string().contains("可能重复");
    assert!(marked(0) != marked(1), "the second one says so");
    assert!(rig.store.messages(None, 10).await.unwrap()[0].possible_duplicate);
}

#[tokio::test]
async fn or_counted_as_sent() {
    let config = CONFIG.replace("room: { url: sandbox }", "room: { url: sandbox, on_unknown: drop }");
    let rig = Rig::with(&config).await;
    rig.lose_answers("hook", 5);
    rig.event("k", "firing", "room", "1").await;
    all_well(&rig).await;
    assert_eq!((rig.calls("hook").len(), rig.of_bot().len()), (1, 1));
}

#[tokio::test]
async fn refused_connections_are_not_sent_and_cost_nothing() {
    let rig = Rig::new().await;
    rig.fault("hook", |f| (f.code, f.count) = (Some(11232), Some(3)));
    rig.event("k", "firing", "room", "1").await;
    all_well(&rig).await;
    assert_eq!(rig.of_bot().len(), 1);
}

#[tokio::test]
async fn settings_park_the_bot() {
    for code in [19001, 19021, 19022, 19024] {
        let rig = Rig::new().await;
        rig.refuse("hook", code, 1);
        rig.event("k", "firing", "room", "1").await;
        assert!(!rig.wait_idle(Duration::from_millis(300)).await);
        assert_eq!(rig.store.parked().await.unwrap()[0].target, "bot:room", "{code}");
        assert_eq!(rig.told("oc_ops", 1).await.len(), 1, "{code}");
        all_well(&rig).await;
        assert_eq!(rig.of_bot().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn too_long_for_the_bot_is_made_smaller() {
    let rig = Rig::new().await;
    rig.refuse("hook", 19036, 1);
    rig.event("k", "firing", "room", "1").await;
    all_well(&rig).await;
    assert_eq!((rig.calls("hook").len(), rig.of_bot().len()), (2, 1));
}

#[tokio::test]
async fn keeps_still_at_the_full_hour() {
    let rig = Rig::new().await;
    // 11:00:00 in Shanghai.
    let hour = 3_600_000 - rig.now().as_millisecond() % 3_600_000;
    rig.advance(Duration::from_millis(u64::try_from(hour).unwrap()));
    rig.event("k", "firing", "room", "1").await;
    rig.settle().await;
    let at = rig.calls("hook")[0].at.as_millisecond() % 3_600_000;
    assert!(at >= 4000, "{at}");
}

#[tokio::test]
async fn newer_news_have_a_repeat_of_their_own() {
    let rig = Rig::new().await;
    rig.lose_answers("hook", 2);
    rig.event("k", "firing", "room", "1").await;
    // Until it is written down that the answer was lost: the job says why it waits.
    while rig.jobs().await.first().is_none_or(|job| job.reason.is_none()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    rig.event("k", "resolved", "room", "2").await;
    all_well(&rig).await;
    // The first answer and that of the newer message are lost: the newer one is said once more, marked.
    assert_eq!(rig.calls("hook").len(), 3);
    let said: Vec<String> = rig.of_bot().iter().map(|message| message.content().to_string()).collect();
    assert!(said.last().unwrap().contains("可能重复"), "{said:?}");
}

#[tokio::test]
async fn news_during_a_call_whose_answer_is_lost_have_a_repeat_of_their_own() {
    let rig = Rig::new().await;
    for delay in [Duration::from_millis(700), Duration::ZERO] {
        rig.fault("hook", |f| (f.when, f.action, f.delay, f.count) = (When::After, Action::Reset, Some(delay), Some(1)));
    }
    rig.event("k", "firing", "room", "1").await;
    while rig.of_bot().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    rig.event("k", "resolved", "room", "2").await;
    assert!(rig.jobs().await[0].reason.is_none(), "the first call is under way");
    all_well(&rig).await;
    assert_eq!(rig.calls("hook").len(), 3, "the older, the newer, and the newer once more");
    let said: Vec<String> = rig.of_bot().iter().map(|message| message.content().to_string()).collect();
    assert!(!said[0].contains("可能重复") && said[2].contains("可能重复"), "{said:?}");
}

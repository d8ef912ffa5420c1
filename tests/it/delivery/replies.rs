//! Replies.

use super::{all_well, shown};
use crate::rig::Rig;

#[tokio::test]
async fn a_lost_answer_makes_no_second_reply() {
    let rig = Rig::new().await;
    shown(&rig, "k").await;
    rig.lose_answers("reply", 1);
    rig.event("k", "resolved", "default", "it burns").await;
    all_well(&rig).await;
    let calls = rig.calls("reply");
    assert_eq!(calls.len(), 2);
    assert_eq!((&calls[0].uuid, &calls[0].digest), (&calls[1].uuid, &calls[1].digest));
    assert_eq!(rig.replies("oc_default").len(), 1);
}

#[tokio::test]
async fn a_chat_without_topics_gets_a_quote() {
    let config = crate::rig::CONFIG
        .replace("send: [{ to: chat:oc_default }]", "send: [{ to: chat:oc_default, lifecycle: { on_resolve: [edit, thread] } }]");
    let rig = Rig::with(&config).await;
    shown(&rig, "k").await;
    rig.refuse("reply", 230071, 1);
    rig.event("k", "resolved", "default", "it burns").await;
    all_well(&rig).await;
    let calls = rig.calls("reply");
    assert_eq!(calls.len(), 2);
    assert_ne!(calls[0].uuid, calls[1].uuid);
    let replies = rig.replies("oc_default");
    assert_eq!((replies.len(), &replies[0].thread_id), (1, &None));
}

#[tokio::test]
async fn rate_and_server_errors_are_waited_out() {
    for code in [230020, 99991400, 2200, 230049] {
        let rig = Rig::new().await;
        shown(&rig, "k").await;
        rig.refuse("reply", code, 2);
        rig.event("k", "resolved", "default", "it burns").await;
        all_well(&rig).await;
        assert_eq!((rig.calls("reply").len(), rig.replies("oc_default").len()), (3, 1), "{code}");
    }
}

#[tokio::test]
async fn what_a_person_recalled_is_left_alone() {
    for code in [230011, 230110] {
        let rig = Rig::new().await;
        shown(&rig, "k").await;
        rig.refuse("reply", code, 1);
        rig.refuse("patch", code, 1);
        rig.event("k", "resolved", "default", "it burns").await;
        all_well(&rig).await;
        assert_eq!(rig.calls("patch").len() + rig.calls("reply").len(), 1, "{code}: one call finds out, no other follows");
        assert_eq!(rig.store.messages(None, 10).await.unwrap()[0].phase, "left");
    }
}

#[tokio::test]
async fn many_changes_make_one_reply_and_none_without_a_difference() {
    let rig = Rig::new().await;
    rig.captured("am-mixed-1-all-firing").await;
    rig.settle().await;
    let outage = rig.fault("patch", |f| f.action = larkhook::sandbox::Action::Reset);
    rig.captured("am-mixed-2-two-resolved").await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    rig.captured("am-mixed-3-rest-resolved").await;
    rig.sandbox.faults().remove(outage);
    all_well(&rig).await;
    assert_eq!(rig.replies("oc_default").len(), 1);
    // A repeat of the same body within 90 s is an HA twin: nothing.
    let accepted = rig.captured("am-mixed-3-rest-resolved").await;
    assert_eq!(accepted.messages, 0);
}

//! The thinnest true path: hook -> durable store -> worker -> sandbox, with payloads that real senders sent.

use crate::rig::Rig;

#[tokio::test]
async fn an_alertmanager_group_becomes_one_card_that_turns_green() {
    let rig = Rig::new().await;
    let accepted = rig.captured("am-resolved-1-firing").await;
    assert_eq!((accepted.groups, accepted.messages), (1, 1));
    rig.settle().await;
    let cards = rig.cards("oc_default");
    assert_eq!(cards.len(), 1);
    assert_eq!(cards[0].msg_type, "interactive");
    rig.captured("am-resolved-2-all-resolved").await;
    rig.settle().await;
    let cards = rig.cards("oc_default");
    assert_eq!((cards.len(), cards[0].versions.len()), (1, 2), "the same card, edited");
    assert_eq!(rig.replies("oc_default").len(), 1, "and one reply that says so");
    assert!(rig.jobs().await.is_empty());
}

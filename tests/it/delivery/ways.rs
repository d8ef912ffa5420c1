//! The other ways out: `message/v4`, the help desk, a chat's card. None has a `uuid`, none can be edited.

use super::all_well;
use crate::rig::{CONFIG, Rig};
use larkhook::sandbox::Message;
use std::sync::Arc;

const PERSON: &str = "ou_00000000000000000000000000000001";

fn with(app: &str, receivers: &str) -> String {
    CONFIG
        .replace("platform: sandbox }", &format!("platform: sandbox, {app} }}"))
        .replace("  - { name: default, send: [{ to: chat:oc_default }] }\n", "")
        .replace("receivers:\n", &format!("receivers:\n{receivers}"))
}

fn said(message: &Arc<Message>) -> String {
    message.versions.last().unwrap().content.to_string()
}

#[tokio::test]
async fn the_legacy_api_gets_a_message_and_then_answers_to_it() {
    let rig = Rig::with(&with("api: v4", "  - { name: default, send: [{ to: chat:oc_default }] }\n")).await;
    rig.event("k", "firing", "default", "it burns").await;
    all_well(&rig).await;
    assert_eq!((rig.calls("legacy_send").len(), rig.calls("send").len()), (1, 0));
    assert_eq!(rig.cards("oc_default")[0].msg_type, "interactive");
    rig.event("k", "resolved", "default", "it is out").await;
    all_well(&rig).await;
    // No edit there: the news are one answer.
    assert_eq!(rig.calls("patch").len(), 0);
    let (cards, replies) = (rig.cards("oc_default"), rig.replies("oc_default"));
    assert_eq!((cards.len(), replies.len()), (1, 1), "{replies:?}");
    assert_eq!(replies[0].root_id.as_deref(), Some(cards[0].message_id.as_str()));
    assert_eq!(cards[0].versions.len(), 1);
}

#[tokio::test]
async fn the_legacy_api_repeats_an_unknown_outcome_once_and_marked() {
    let rig = Rig::with(&with("api: v4", "  - { name: default, send: [{ to: chat:oc_default }] }\n")).await;
    rig.lose_answers("legacy_send", 9);
    rig.event("k", "firing", "default", "it burns").await;
    all_well(&rig).await;
    let cards = rig.cards("oc_default");
    assert_eq!(cards.len(), 2);
    assert!(!said(&cards[0]).contains("可能重复") && said(&cards[1]).contains("可能重复"));
}

#[tokio::test]
async fn a_root_that_is_gone_costs_no_news_by_the_legacy_api() {
    let rig = Rig::with(&with("api: v4", "  - { name: default, send: [{ to: chat:oc_default }] }\n")).await;
    rig.event("k", "firing", "default", "it burns").await;
    all_well(&rig).await;
    rig.refuse("legacy_send", 10020, 1);
    rig.event("k", "resolved", "default", "it is out").await;
    all_well(&rig).await;
    assert_eq!(rig.cards("oc_default").len(), 2, "a new message says it");
}

#[tokio::test]
async fn an_acknowledgement_ends_where_nothing_can_be_edited() {
    let rig = Rig::with(&with("api: v4", "  - { name: default, send: [{ to: chat:oc_default }] }\n")).await;
    rig.event("k", "firing", "default", "it burns").await;
    all_well(&rig).await;
    let incident = rig.incidents(None).await.remove(0);
    let event = larkhook::incident::event::Event::Ack { by: "li".into() };
    rig.store.operate(larkhook::store::Operator::Incident { id: incident.id, event, at: rig.now() }).await.unwrap();
    all_well(&rig).await;
}

#[tokio::test]
async fn server_errors_of_ways_without_repeats_are_tried_seldom() {
    let rig = Rig::with(&helpdesk("")).await;
    rig.fault("helpdesk_send", |fault| fault.code = Some(155_000));
    rig.event("k", "firing", "default", "it burns").await;
    rig.settle_within(std::time::Duration::from_secs(7200)).await;
    let calls = rig.calls("helpdesk_send").len();
    assert!((3..=8).contains(&calls), "{calls} in two hours");
}

#[tokio::test]
async fn legacy_codes_have_their_reactions() {
    // What is dead is told to the fallback receiver by one more call.
    for (code, calls, dead) in [(11246, 0, false), (18121, 2, false), (11232, 2, false), (11213, 2, true)] {
        let rig = Rig::with(&with("api: v4", "  - { name: default, send: [{ to: chat:oc_default }] }\n")).await;
        rig.refuse("legacy_send", code, 1);
        rig.event("k", "firing", "default", "it burns").await;
        rig.settle().await;
        let made = rig.calls("legacy_send").len();
        assert!(if calls == 0 { made > 1 } else { made == calls }, "{code}: {made}");
        assert_eq!(rig.jobs().await.iter().any(|job| job.state == "dead"), dead, "{code}");
        assert_eq!(rig.cards("oc_default").len(), usize::from(!dead), "{code}");
    }
}

fn helpdesk(extra: &str) -> String {
    let app = format!("helpdesk: {{ id: \"6698486123456789012\", token: ht-0a1b2c3d{extra} }}");
    with(&app, &format!("  - {{ name: default, send: [{{ to: helpdesk:{PERSON} }}] }}\n"))
}

#[tokio::test]
async fn the_help_desk_gets_cards_of_json_1() {
    let rig = Rig::with(&helpdesk("")).await;
    rig.event("k", "firing", "default", "it burns").await;
    all_well(&rig).await;
    rig.event("k", "resolved", "default", "it is out").await;
    all_well(&rig).await;
    assert_eq!(rig.calls("helpdesk_send").len(), 2);
    let messages: Vec<_> = rig.sandbox.messages().into_iter().filter(|m| m.msg_type == "interactive").collect();
    assert_eq!(messages.len(), 2, "fired and resolved are a message each");
    for message in &messages {
        let card = &message.versions[0].content;
        assert!(card.get("schema").is_none() && card.get("elements").is_some(), "{card}");
    }
    assert!(said(&messages[0]).contains("it burns"));
}

#[tokio::test]
async fn a_help_desk_that_refuses_cards_gets_a_post() {
    let rig = Rig::with(&helpdesk(", receive: user")).await;
    rig.refuse("helpdesk_send", 154_000, 1);
    rig.event("k", "firing", "default", "it burns").await;
    all_well(&rig).await;
    assert_eq!(rig.calls("helpdesk_send").len(), 2);
}

#[tokio::test]
async fn a_help_desk_with_a_wrong_token_is_parked() {
    let rig = Rig::with(&helpdesk("")).await;
    rig.refuse("helpdesk_send", 154_001, 1);
    rig.event("k", "firing", "default", "it burns").await;
    rig.wait_idle(std::time::Duration::from_millis(500)).await;
    assert_eq!(rig.deliverer.status().parked.len(), 1);
    assert_eq!(rig.told("oc_ops", 1).await.len(), 1, "the fallback hears of it");
    all_well(&rig).await;
    assert_eq!(rig.calls("helpdesk_send").len(), 2);
}

#[tokio::test]
async fn a_chat_is_shared_and_news_are_replies() {
    let entry = "{ to: chat:oc_default, as: share_chat, share: 'chat:{{labels.room}}' }";
    let config = with("limits: { per_second: 40 }", &format!("  - {{ name: default, send: [{entry}] }}\n"))
        .replace("labels: { where: '{{where}}' }", "labels: { where: '{{where}}', room: '{{text}}' }");
    let rig = Rig::with(&config).await;
    rig.event("k", "firing", "default", "oc_war").await;
    all_well(&rig).await;
    let cards = rig.cards("oc_default");
    assert_eq!((cards.len(), cards[0].msg_type.as_str()), (1, "share_chat"));
    assert!(said(&cards[0]).contains("oc_war"));
    rig.event("k", "resolved", "default", "oc_war").await;
    all_well(&rig).await;
    assert_eq!((rig.cards("oc_default").len(), rig.replies("oc_default").len()), (1, 1));
    // Without such a label, and where the platform refuses the chat, the words go out.
    rig.event("none", "firing", "default", "").await;
    all_well(&rig).await;
    rig.refuse("send", 230_001, 1);
    rig.event("refused", "firing", "default", "oc_war").await;
    all_well(&rig).await;
    let kinds: Vec<_> = rig.cards("oc_default").iter().map(|m| m.msg_type.clone()).collect();
    assert_eq!(kinds, ["share_chat", "text", "text"]);
}

//! What nobody could press, and what the client refuses by itself.

use super::{App, BUTTON, US, button, card_of, card_with_button};
use crate::sandbox::Bench;
use larkhook::sandbox::{Outcome, PressError};
use serde_json::{Value, json};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

async fn refused(bench: &Bench, id: &str, at: &str, more: Value) -> String {
    let error = bench.press(id, at, more).await.unwrap_err();
    assert!(!matches!(error, PressError::NotFound(_)), "{error}");
    error.to_string()
}

#[tokio::test]
async fn only_what_calls_back_can_be_pressed() {
    let app = App::saying(200, "{}").await;
    let bench = Bench::called_back_at(&app.url).await;
    let mut disabled = button("x", json!({}));
    disabled["disabled"] = json!(true);
    let mut link = button("x", json!({}));
    link["behaviors"] = json!([{"type": "open_url", "default_url": "https://example.com"}]);
    let mut dead = button("x", json!({}));
    dead.as_object_mut().unwrap().remove("behaviors");
    let elements = json!([{"tag": "markdown", "content": "x"}, disabled, link, dead, button("x", json!({"tag": "button"}))]);
    let id = bench.card("oc_a", &card_of(elements)).await;
    for (at, part) in [
        ("/body/elements/0", "cannot be pressed"),
        ("/body/elements/1", "is disabled"),
        ("/body/elements/2", "only opens a link"),
        ("/body/elements/3", "behaviors with type callback"),
        ("/body/elements/9", "no component"),
        ("/body/elements/4/behaviors/0/value", "no component"),
        ("/body", "not a component"),
        ("body/elements/4", "no component"),
        ("", "no component"),
    ] {
        let why = refused(&bench, &id, at, json!({})).await;
        assert!(why.contains(part), "{at}: {why}");
    }
    let why = refused(&bench, &id, "/body/elements/4", json!({"form": {"a": 1}})).await;
    assert!(why.contains("submits no form"), "{why}");
    let template = bench.card("oc_a", &json!({"type": "template", "data": {"template_id": "AAq"}})).await;
    assert!(refused(&bench, &template, BUTTON, json!({})).await.contains("card builder"));
    assert!(app.told.lock().unwrap().is_empty() && bench.sandbox.presses().is_empty());
}

#[tokio::test]
async fn who_presses_is_there_and_has_the_card_before_them() {
    let app = App::saying(200, "{}").await;
    let bench = Bench::called_back_at(&app.url).await;
    bench.world(json!({"op": "add_chat", "chat": {"chat_id": "oc_few", "name": "few", "every_bot": true, "members": ["ou_in"]}}));
    let id = bench.card("oc_few", &card_with_button()).await;
    assert!(refused(&bench, &id, BUTTON, json!({})).await.contains("not a member"));
    assert!(bench.press(&id, BUTTON, json!({"by": "ou_in"})).await.is_ok());
    let unknown = bench.press(&id, BUTTON, json!({"by": "nobody@corp.invalid"})).await.unwrap_err();
    assert!(matches!(unknown, PressError::NotFound(_)), "{unknown}");
    assert!(matches!(bench.press("om_x", BUTTON, json!({})).await.unwrap_err(), PressError::NotFound(_)));
    bench.world(json!({"op": "add_person", "person": {"open_id": "ou_in", "name": "Li", "resigned": true}}));
    assert!(refused(&bench, &id, BUTTON, json!({"by": "ou_in"})).await.contains("has resigned"));
    let text = bench.sent("oc_a").await;
    assert!(refused(&bench, &text, BUTTON, json!({})).await.contains("not a card"));
    let gone = bench.card("oc_a", &card_with_button()).await;
    bench.sandbox.recall(&gone, "ou_1");
    assert!(refused(&bench, &gone, BUTTON, json!({})).await.contains("taken back"));
    let gone = bench.card("oc_b", &card_with_button()).await;
    bench.world(json!({"op": "dissolve_chat", "chat_id": "oc_b"}));
    assert!(refused(&bench, &gone, BUTTON, json!({})).await.contains("dissolved"));
}

#[tokio::test]
async fn other_apps_see_other_ids_and_fewer_scopes_fewer_ids() {
    let app = App::saying(200, "{}").await;
    let bench = Bench::called_back_at(&app.url).await;
    let person = json!({"open_id": "ou_li", "union_id": "on_li", "open_ids": {US: "ou_as_we_see"}});
    bench.world(json!({"op": "add_person", "person": person}));
    let denied = json!({"callback": {"url": app.url}, "denied": ["contact:user.employee_id:readonly"]});
    bench.world(json!({"op": "add_app", "app_id": US, "app": denied}));
    let id = bench.card("oc_a", &card_with_button()).await;
    bench.press(&id, BUTTON, json!({"by": "on_li"})).await.unwrap();
    let expected = json!({"tenant_key": "736588c9260f175d", "open_id": "ou_as_we_see", "union_id": "on_li"});
    assert_eq!(app.last_json()["event"]["operator"], expected);
}

#[tokio::test]
async fn cards_can_be_acted_on_for_some_weeks() {
    for (card, at, days) in [
        (card_with_button(), BUTTON, 14),
        (json!({"elements": [{"tag": "action", "actions": [button("x", json!({}))]}]}), "/elements/0/actions/0", 30),
    ] {
        let app = App::saying(200, "{}").await;
        let bench = Bench::called_back_at(&app.url).await;
        let id = bench.card("oc_a", &card).await;
        bench.sandbox.advance(days * DAY);
        assert_eq!(bench.press(&id, at, json!({})).await.unwrap().outcome, Outcome::Nothing);
        bench.sandbox.advance(Duration::from_millis(1));
        let pressed = bench.press(&id, at, json!({})).await.unwrap();
        assert_eq!((pressed.outcome, pressed.code, pressed.request), (Outcome::Error, None, None));
        assert!(pressed.reason.unwrap().contains(&format!("{days} days")));
        assert_eq!(bench.sandbox.presses().len(), 2);
    }
}

#[tokio::test]
async fn forwarded_cards_and_those_of_custom_bots() {
    let app = App::saying(200, "{}").await;
    let bench = Bench::called_back_at(&app.url).await;
    let mut card = card_with_button();
    for (allowed, calls) in [(false, false), (true, true)] {
        card["config"]["enable_forward_interaction"] = json!(allowed);
        let id = bench.card("oc_a", &card).await;
        let other = bench.token_of("cli_other").await;
        let path = format!("/open-apis/im/v1/messages/{id}/forward?receive_id_type=chat_id");
        let forwarded = bench.request("POST", &path, &json!({"receive_id": "oc_b"}), Some(&other)).await.ok();
        let forwarded = forwarded["message_id"].as_str().unwrap();
        if calls {
            bench.press(forwarded, BUTTON, json!({})).await.unwrap();
            assert_eq!(app.last_json()["header"]["app_id"], US, "the card's own app is told, not the one that forwarded");
            assert_eq!(app.last_json()["event"]["context"], json!({"open_message_id": forwarded, "open_chat_id": "oc_b"}));
        } else {
            assert!(refused(&bench, forwarded, BUTTON, json!({})).await.contains("enable_forward_interaction"));
        }
    }
    let hook = json!({"msg_type": "interactive", "card": card_with_button()});
    bench.open("POST", "/open-apis/bot/v2/hook/room", &hook).await;
    let id = bench.sandbox.messages().last().unwrap().message_id.clone();
    let pressed = bench.press(&id, BUTTON, json!({})).await.unwrap();
    assert_eq!((pressed.outcome, pressed.code), (Outcome::Error, Some(200_340)));
}

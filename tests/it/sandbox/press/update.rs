//! Updating a card after its callback was answered.

use super::{App, BUTTON, US, card_with_button};
use crate::sandbox::{Answer, Bench, card, card_v1};
use larkhook::sandbox::Outcome;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const PATH: &str = "/open-apis/interactive/v1/card/update";

async fn update(bench: &Bench, token: &str, card: &Value) -> Answer {
    bench.call("POST", PATH, &json!({"token": token, "card": card})).await
}

/// A pressed card: its message and the token of the callback.
async fn pressed(bench: &Bench, app: &App, card: &Value, at: &str) -> (String, String) {
    let id = bench.card("oc_a", card).await;
    bench.press(&id, at, json!({})).await.unwrap();
    (id, app.last_json()["event"]["token"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_token_updates_its_card_twice() {
    let app = App::saying(200, "{}").await;
    let bench = Bench::called_back_at(&app.url).await;
    let (id, token) = pressed(&bench, &app, &card_with_button(), BUTTON).await;
    assert_eq!(update(&bench, &token, &card("first")).await.ok(), json!({}));
    update(&bench, &token, &json!({"elements": 1})).await.refused(400, 11_311);
    update(&bench, &token, &json!({"type": "template", "data": {"template_id": "AAq"}})).await.ok();
    update(&bench, &token, &card("third")).await.refused(400, 300_040);
    let message = bench.sandbox.message(&id).unwrap();
    let endpoints: Vec<&str> = message.versions.iter().map(|version| version.endpoint.as_str()).collect();
    assert_eq!((endpoints, &message.versions[1].content), (vec!["send", "card_update", "card_update"], &card("first")));
}

#[tokio::test]
async fn updates_have_rules() {
    let app = App::saying(200, "{}").await;
    let bench = Bench::called_back_at(&app.url).await;
    let (id, token) = pressed(&bench, &app, &card_with_button(), BUTTON).await;
    update(&bench, "c-made-up", &card("x")).await.refused(400, 300_020);
    update(&bench, "", &card("x")).await.refused(400, 300_020);
    bench.call("POST", PATH, &json!(["no object"])).await.refused(400, 100_030);
    bench.call("POST", PATH, &json!({"token": token})).await.refused(400, 11_311);
    update(&bench, &token, &json!(card("x").to_string())).await.refused(400, 11_311);
    let down = update(&bench, &token, &card_v1("x")).await.refused(400, 11_311);
    assert!(down.msg().contains("200830"), "{}", down.json);
    update(&bench, &token, &card(&"x".repeat(31_000))).await.refused(400, 11_311);
    update(&bench, &token, &card(&"x".repeat(100_001))).await.refused(400, 100_000);
    let other = bench.token_of("cli_other").await;
    bench.request("POST", PATH, &json!({"token": token, "card": card("x")}), Some(&other)).await.refused(400, 200_310);
    bench.open("POST", PATH, &json!({"token": token, "card": card("x")})).await.refused(400, 99_991_661);
    bench.sandbox.recall(&id, "ou_1");
    update(&bench, &token, &card("x")).await.refused(400, 200_000);

    let (_, token) = pressed(&bench, &app, &card_with_button(), BUTTON).await;
    bench.sandbox.advance(Duration::from_secs(1800));
    update(&bench, &token, &card("x")).await.ok();
    bench.sandbox.advance(Duration::from_millis(1));
    update(&bench, &token, &card("x")).await.refused(400, 300_030);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_before_the_answer_fails() {
    let bench = Arc::new(Bench::start().await);
    let (send, receive) = tokio::sync::oneshot::channel();
    let (slot, inner) = (std::sync::Mutex::new(Some(send)), Arc::clone(&bench));
    // The app tells the token on and answers only when the update was tried.
    let app = App::answering(move |body| {
        let told: Value = serde_json::from_slice(body).unwrap();
        let (done, tried) = std::sync::mpsc::channel::<()>();
        let _ = slot.lock().unwrap().take().unwrap().send((told["event"]["token"].as_str().unwrap().to_owned(), done));
        let _ = tokio::task::block_in_place(|| tried.recv_timeout(Duration::from_secs(2)));
        axum::response::IntoResponse::into_response("{}")
    });
    let app = app.await;
    bench.world(json!({"op": "update_app", "app_id": US, "callback": {"url": app.url}}));
    let id = bench.card("oc_a", &card_with_button()).await;
    let pressing = tokio_util::task::TaskTracker::new().spawn(async move { inner.press(&id, BUTTON, json!({})).await.unwrap() });
    let (token, done) = receive.await.unwrap();
    update(&bench, &token, &card("early")).await.refused(400, 10_002);
    done.send(()).unwrap();
    assert_eq!(pressing.await.unwrap().outcome, Outcome::Nothing);
    update(&bench, &token, &card("in time")).await.ok();
}

#[tokio::test]
async fn cards_that_are_not_shared_are_updated_for_named_people() {
    let app = App::saying(200, "{}").await;
    let bench = Bench::called_back_at(&app.url).await;
    let text = json!({"tag": "plain_text", "content": "x"});
    let exclusive = json!({"elements": [{"tag": "action", "actions": [{"tag": "button", "text": text, "value": {"a": 1}}]}]});
    let (id, token) = pressed(&bench, &app, &exclusive, "/elements/0/actions/0").await;
    let mut new = json!({"elements": [{"tag": "hr"}]});
    update(&bench, &token, &new).await.refused(400, 300_090);
    new["open_ids"] = json!(["ou_!"]);
    update(&bench, &token, &new).await.refused(400, 200_320);
    new["open_ids"] = json!(["ou_x", "ou_y"]);
    update(&bench, &token, &new).await.ok();
    let message = bench.sandbox.message(&id).unwrap();
    assert_eq!((message.content(), message.content_for("ou_x")), (&exclusive, &json!({"elements": [{"tag": "hr"}]})));
}

//! What the client shows when the app is called over HTTP.

use super::{App, BUTTON, US, button, card_of, card_with_button};
use crate::sandbox::{Bench, card, card_v1};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use larkhook::feishu::callback::envelope::Incoming;
use larkhook::feishu::callback::{Keys, Signed, open};
use larkhook::sandbox::{Change, Outcome, ToastKind};
use serde_json::{Value, json};

fn raw(card: &Value) -> Value {
    json!({"card": {"type": "raw", "data": card}})
}

#[tokio::test]
async fn the_app_is_told_who_pressed_what_and_its_toast_and_card_are_shown() {
    let answer = json!({"toast": {"type": "success", "content": "Acknowledged", "i18n": {"zh_cn": "已确认"}},
        "card": {"type": "raw", "data": card("acked")}});
    let app = App::saying(200, &answer).await;
    let bench = Bench::called_back_at(&app.url).await;
    let id = bench.card("oc_a", &card_with_button()).await;
    let mut changes = bench.sandbox.subscribe();
    let pressed = bench.press(&id, BUTTON, json!({})).await.unwrap();
    assert_eq!((pressed.outcome, pressed.code), (Outcome::ToastAndCard, None));
    let toast = pressed.toast.unwrap();
    assert_eq!((toast.kind, toast.content.as_str()), (ToastKind::Success, "已确认"));
    let request = pressed.request.unwrap();
    assert_eq!((request.url.as_str(), request.event), (app.url.as_str(), app.last_json()));
    assert_eq!(pressed.response.unwrap().body, answer.to_string());

    let told = app.last_json();
    let wang = bench.sandbox.world().people.values().find(|person| person.email == "wang@example.com").unwrap().clone();
    assert_eq!(told["schema"], "2.0");
    let header = &told["header"];
    assert_eq!(
        (&header["event_type"], &header["token"], &header["app_id"]),
        (&json!("card.action.trigger"), &json!("vt-alpha"), &json!(US))
    );
    assert_eq!(header["create_time"], bench.now().as_microsecond().to_string());
    let token = told["event"]["token"].as_str().unwrap();
    assert!(token.starts_with("c-") && header["event_id"].as_str().unwrap().len() == 32);
    assert_eq!(
        told["event"],
        json!({
            "operator": {"tenant_key": "736588c9260f175d", "open_id": wang.open_id, "union_id": wang.union_id, "user_id": wang.user_id},
            "token": token,
            "action": {"tag": "button", "value": {"act": "ack"}},
            "host": "im_message",
            "context": {"open_message_id": id, "open_chat_id": "oc_a"},
        })
    );
    assert!(!app.last().0.contains_key("x-lark-signature"), "without an Encrypt Key nothing is signed");

    let message = bench.sandbox.message(&id).unwrap();
    let version = message.versions.last().unwrap();
    assert_eq!((version.number, version.endpoint.as_str(), &version.content), (2, "callback", &card("acked")));
    assert!(matches!(changes.try_recv().unwrap(), Change::Edited(changed) if changed.message_id == id));
    let records = bench.sandbox.presses();
    assert_eq!((records.len(), records[0].app_id.as_str(), records[0].result.outcome), (1, US, Outcome::ToastAndCard));
}

#[tokio::test]
async fn with_an_encrypt_key_callbacks_are_encrypted_and_signed() {
    let app = App::saying(200, "{}").await;
    let bench = Bench::called_back_at(&app.url).await;
    bench.world(json!({"op": "update_app", "app_id": US, "encrypt_key": "kitty-hawk-1903"}));
    let id = bench.card("oc_a", &card_with_button()).await;
    let pressed = bench.press(&id, BUTTON, json!({"host": "im_top_notice"})).await.unwrap();
    assert_eq!(pressed.outcome, Outcome::Nothing);
    let (headers, body) = app.last();
    assert!(!String::from_utf8_lossy(&body).contains("im_top_notice"));
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (timestamp, nonce, signature) = (text("x-lark-request-timestamp"), text("x-lark-request-nonce"), text("x-lark-signature"));
    assert_eq!(timestamp, bench.now().as_second().to_string());
    let signed = Signed { timestamp: &timestamp, nonce: &nonce, signature: &signature };
    let keys = Keys { encrypt_key: "kitty-hawk-1903", verification_token: "vt-alpha" };
    let Incoming::Event(event) = open(&body, Some(signed), keys).unwrap() else { panic!("no event") };
    assert_eq!((event.kind.as_str(), &event.event["host"]), ("card.action.trigger", &json!("im_top_notice")));
    assert_eq!(pressed.request.unwrap().event["event"], event.event);
}

#[tokio::test]
async fn what_the_client_shows_depends_on_the_answer() {
    let long = card(&"x".repeat(31_000)).to_string();
    for (status, body, outcome, code) in [
        (200, json!({"toast": {"content": "hi"}}).to_string(), Outcome::Toast, None),
        (200, raw(&card("new")).to_string(), Outcome::Card, None),
        (200, json!({"card": {"type": "template", "data": {"template_id": "AAq"}}}).to_string(), Outcome::Card, None),
        (200, r#"{"msg":"success"}"#.to_owned(), Outcome::Nothing, None),
        (500, "{}".to_owned(), Outcome::Error, Some(200_671)),
        (302, "{}".to_owned(), Outcome::Error, Some(200_671)),
        (204, String::new(), Outcome::Error, Some(200_671)),
        (200, String::new(), Outcome::Error, Some(200_672)),
        (200, "<html>".to_owned(), Outcome::Error, Some(200_672)),
        (200, r#"{"toast":{"type":"loud"}}"#.to_owned(), Outcome::Error, Some(200_672)),
        (200, json!({"card": card("x").to_string()}).to_string(), Outcome::Error, Some(200_673)),
        (200, raw(&card_of(json!([{"tag": "note", "elements": []}]))).to_string(), Outcome::Error, Some(200_673)),
        (200, raw(&card_of(json!([{"tag": "markdown", "content": "<at id=ou_x!></at>"}]))).to_string(), Outcome::Error, Some(200_673)),
        (200, format!(r#"{{"card":{{"type":"raw","data":{long}}}}}"#), Outcome::Error, Some(200_673)),
        (200, json!({"card": {"type": "template", "data": {}}}).to_string(), Outcome::Error, Some(200_673)),
        (200, raw(&card_v1("old")).to_string(), Outcome::Error, Some(200_830)),
    ] {
        let app = App::saying(status, &body).await;
        let bench = Bench::called_back_at(&app.url).await;
        let id = bench.card("oc_a", &card_with_button()).await;
        let pressed = bench.press(&id, BUTTON, json!({})).await.unwrap();
        assert_eq!((pressed.outcome, pressed.code), (outcome, code), "{status} {}: {:?}", &body[..body.len().min(200)], pressed.reason);
        assert_eq!(pressed.reason.is_some(), outcome == Outcome::Error);
        let shown = bench.sandbox.message(&id).unwrap().versions.len();
        assert_eq!(shown, if outcome == Outcome::Card { 2 } else { 1 }, "{status} {body}");
    }
}

#[tokio::test]
async fn apps_that_are_not_there_have_codes_of_their_own() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    for (callback, code) in [
        (json!("none"), 200_340),
        (json!("long_connection"), 200_340),
        (json!({"url": "ftp://127.0.0.1/"}), 200_340),
        (json!({"url": format!("http://127.0.0.1:{port}/")}), 200_342),
        (json!({"url": "http://no..name/"}), 200_343),
    ] {
        let bench = Bench::start().await;
        bench.world(json!({"op": "update_app", "app_id": US, "callback": callback}));
        let id = bench.card("oc_a", &card_with_button()).await;
        let pressed = bench.press(&id, BUTTON, json!({})).await.unwrap();
        assert_eq!((pressed.outcome, pressed.code), (Outcome::Error, Some(code)), "{callback} {:?}", pressed.reason);
    }
}

#[tokio::test]
async fn an_app_has_three_seconds() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let bench = Bench::called_back_at(&format!("http://{}/", listener.local_addr().unwrap())).await;
    let id = bench.card("oc_a", &card_with_button()).await;
    let pressed = bench.press(&id, BUTTON, json!({})).await.unwrap();
    assert_eq!((pressed.code, pressed.reason.as_deref()), (Some(200_341), Some("no answer in 3 s")));
    assert!((2900..3900).contains(&pressed.took_ms), "{}", pressed.took_ms);
    assert!(pressed.request.is_some() && pressed.response.is_none());
}

#[tokio::test]
async fn redirects_are_not_followed_and_half_answers_are_none() {
    let other = App::saying(200, "{}").await;
    let target = other.url.clone();
    let app = App::answering(move |_| (StatusCode::TEMPORARY_REDIRECT, [("location", target.clone())]).into_response()).await;
    let bench = Bench::called_back_at(&app.url).await;
    let id = bench.card("oc_a", &card_with_button()).await;
    assert_eq!(bench.press(&id, BUTTON, json!({})).await.unwrap().code, Some(200_671));
    assert!(other.told.lock().unwrap().is_empty());
    let cut = App::answering(|_| {
        let parts = [Ok("{"), Err(std::io::Error::other("gone"))];
        axum::body::Body::from_stream(futures_util::stream::iter(parts)).into_response()
    });
    let cut = cut.await;
    bench.world(json!({"op": "update_app", "app_id": US, "callback": {"url": cut.url}}));
    assert_eq!(bench.press(&id, BUTTON, json!({})).await.unwrap().code, Some(200_080));
}

#[tokio::test]
async fn a_card_that_is_not_shared_changes_for_whoever_pressed() {
    let exclusive = |text: &str| {
        json!({"elements": [{"tag": "div", "text": {"tag": "plain_text", "content": text}},
            {"tag": "action", "actions": [{"tag": "button", "text": {"tag": "plain_text", "content": "Ack"}, "value": {"a": 1}}]}]})
    };
    let app = App::saying(200, raw(&exclusive("yours"))).await;
    let bench = Bench::called_back_at(&app.url).await;
    let id = bench.card("oc_00000000000000000000000000000001", &exclusive("all")).await;
    let pressed = bench.press(&id, "/elements/1/actions/0", json!({})).await.unwrap();
    assert_eq!(pressed.outcome, Outcome::Card, "{:?}", pressed.reason);
    assert_eq!(app.last_json()["event"]["action"], json!({"tag": "button", "value": {"a": 1}}));
    let message = bench.sandbox.message(&id).unwrap();
    let wang = &message.versions[1].only_for[0];
    assert_eq!((message.content(), message.content_for(wang)), (&exclusive("all"), &exclusive("yours")));
    assert_eq!(message.content_for("ou_other"), &exclusive("all"));
    // A shared 1.0 card neither becomes 2.0 nor a card for one person.
    let shared = json!({"config": {"update_multi": true}, "elements": exclusive("x")["elements"]});
    let id = bench.card("oc_a", &shared).await;
    assert_eq!(bench.press(&id, "/elements/1/actions/0", json!({})).await.unwrap().code, Some(200_673));
    let app = App::saying(200, raw(&card("2.0"))).await;
    bench.world(json!({"op": "update_app", "app_id": US, "callback": {"url": app.url}}));
    assert_eq!(bench.press(&id, "/elements/1/actions/0", json!({})).await.unwrap().code, Some(200_673));
}

#[tokio::test]
async fn a_url_is_set_when_it_answers_the_challenge() {
    let bench = Bench::start().await;
    let set = async |callback: Value, key: &str| {
        let body = json!({"app_id": US, "callback": callback, "verification_token": "vt-alpha", "encrypt_key": key});
        bench.open("POST", "/_sandbox/callback", &body).await
    };
    let deaf = App::saying(200, "{}").await;
    let refused = set(json!({"url": deaf.url}), "").await;
    assert_eq!((refused.http, &refused.json["error"]["code"]), (409, &json!("not_verified")), "{}", refused.json);
    assert!(!bench.sandbox.world().apps.contains_key(US));
    for key in ["", "kitty-hawk-1903"] {
        let keys = Keys { encrypt_key: if key.is_empty() { "" } else { "kitty-hawk-1903" }, verification_token: "vt-alpha" };
        let app = App::answering(move |body| match open(body, None, keys) {
            Ok(Incoming::Challenge { challenge, .. }) => json!({"challenge": challenge}).to_string().into_response(),
            other => panic!("{other:?}"),
        });
        let app = app.await;
        let set = set(json!({"url": app.url}), key).await;
        assert_eq!((set.http, &set.json["app"]["callback"]["url"]), (200, &json!(app.url)), "{}", set.json);
    }
    assert_eq!(set(json!("long_connection"), "").await.http, 200);
    assert_eq!(set(json!("nothing"), "").await.http, 400);
}

#[tokio::test]
async fn presses_are_made_and_listed_over_http() {
    let app = App::saying(200, json!({"toast": {"content": "hi", "i18n": {"en_us": "hello"}}})).await;
    let bench = Bench::called_back_at(&app.url).await;
    let card = card_of(json!([{"tag": "column_set", "columns": [{"tag": "column", "elements": [button("a", json!("text"))]}]}]));
    let id = bench.card("oc_a", &card).await;
    let at = "/body/elements/0/columns/0/elements/0";
    let press = json!({"message_id": id, "at": at, "by": "ou_1", "locale": "en_us"});
    let answer = bench.open("POST", "/_sandbox/press", &press).await;
    assert_eq!((answer.http, &answer.json["outcome"]), (200, &json!("toast")), "{}", answer.json);
    assert_eq!(answer.json["toast"], json!({"type": "info", "content": "hello"}));
    assert_eq!(
        (&answer.json["request"]["event"]["event"]["action"]["value"], &answer.json["response"]["status"]),
        (&json!("text"), &json!(200))
    );
    let listed = bench.open("GET", "/_sandbox/presses", &Value::Null).await.json;
    assert_eq!((&listed["presses"][0]["press"]["by"], &listed["presses"][0]["result"]["outcome"]), (&json!("ou_1"), &json!("toast")));
    bench.open("DELETE", "/_sandbox/presses", &Value::Null).await;
    assert!(bench.sandbox.presses().is_empty());
    assert_eq!(bench.open("POST", "/_sandbox/press", &json!({"message_id": "om_x", "at": at, "by": "ou_1"})).await.http, 404);
    assert_eq!(bench.open("POST", "/_sandbox/press", &json!({"message_id": id, "att": at})).await.http, 400);
    assert_eq!(bench.open("POST", "/_sandbox/press", &json!({"message_id": id, "at": "/header", "by": "ou_1"})).await.http, 400);
}

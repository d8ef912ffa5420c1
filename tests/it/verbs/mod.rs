//! Verbs against the sandbox: through a running server, from the library, and as commands.

mod commands;
mod groups;
mod repeats;

use crate::support::{CONFIG, Running};
use larkhook::sandbox::Fault;
use larkhook::util::clock::Clock;
use larkhook::verbs::budgets::Own;
use larkhook::verbs::{ErrorKind, Executor, Request, VerbError};
use reqwest::Method;
use serde_json::{Value, json};

pub const CHAT: &str = "oc_5ad11d72b830411d72b836c200000001";

/// With a second app of each sort, teams, and a help desk.
pub fn config() -> String {
    let people: Vec<String> = (0..21).map(|n| format!("open_id:ou_{n:032x}")).collect();
    let teams = format!("people: {{ teams: {{ dba: [email:li@example.com, open_id:ou_b], all: [{}] }} }}\nsources:\n", people.join(", "));
    CONFIG.replace("sources:\n", &teams).replace(
        "  bots:\n",
        "    old: { app_id: cli_0000000000000004, app_secret: s, platform: sandbox, api: v4 }\n    \
         desk: { app_id: cli_0000000000000005, app_secret: s, platform: sandbox, helpdesk: { id: '6698486123456789012', token: ht-0a1b2c3d } }\n  bots:\n",
    )
    .replace("chat:oc_default00000000000000000000 }", "chat:oc_default00000000000000000000, app: ops }")
}

/// One verb over HTTP: status and answer, or the `error` object.
pub async fn ask(larkhook: &Running, request: &Value) -> (u16, Value) {
    let answer = larkhook.post("/api/v1/verbs", request).await;
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    (status, body.get("error").cloned().unwrap_or(body))
}

/// One verb of app `ops`, which must work.
pub async fn done(larkhook: &Running, verb: Value) -> Value {
    let (status, answer) = ask(larkhook, &json!({ "app": "ops", "yes": true, "verb": verb })).await;
    assert_eq!(status, 200, "{verb}: {answer}");
    answer
}

/// One verb in this process, with budgets of its own.
pub async fn here(larkhook: &Running, request: Value) -> Result<Value, VerbError> {
    let live = larkhook.app.live();
    let clock = Clock::system();
    let budgets = Own::new(&live.settings, clock.clone());
    let request: Request = serde_json::from_value(request).unwrap();
    Executor::new(&live, &budgets, &clock).run(&request).await
}

pub fn fault(larkhook: &Running, fault: Value) {
    larkhook.sandbox().faults().add(serde_json::from_value::<Fault>(fault).unwrap());
}

pub fn calls(larkhook: &Running, endpoint: &str) -> usize {
    larkhook.sandbox().calls().iter().filter(|call| call.endpoint.as_str() == endpoint).count()
}

pub fn text(words: &str) -> Value {
    json!({ "msg_type": "text", "content": { "text": words } })
}

fn card(words: &str) -> Value {
    json!({ "msg_type": "interactive", "content": { "schema": "2.0", "config": { "update_multi": true },
        "body": { "elements": [{ "tag": "markdown", "content": words }] } } })
}

#[tokio::test]
async fn a_message_is_sent_answered_changed_read_and_taken_back() {
    let larkhook = Running::with(&config()).await;
    let sent = done(&larkhook, json!({ "send": { "to": CHAT, "body": text("disk full") } })).await;
    let id = sent["message_id"].as_str().unwrap().to_owned();
    assert_eq!((sent["to"].as_str(), sent["uuid"].as_str().map(str::len)), (Some(format!("chat:{CHAT}").as_str()), Some(32)));
    let shown = || larkhook.sandbox().message(&id).unwrap();
    assert_eq!(shown().content()["text"], "disk full");

    let reply = done(&larkhook, json!({ "reply": { "message": id, "body": text("on it"), "in_thread": true } })).await;
    assert_eq!(reply["root_id"], id.as_str(), "{reply}");
    done(&larkhook, json!({ "edit": { "message": id, "body": text("over"), "guessed": true } })).await;
    assert_eq!(shown().content()["text"], "over");

    let sent = done(&larkhook, json!({ "send": { "to": CHAT, "body": card("one") } })).await;
    let card_id = sent["message_id"].as_str().unwrap();
    let (status, error) =
        ask(&larkhook, &json!({ "app": "ops", "verb": { "edit": { "message": card_id, "body": text("x"), "guessed": true } } })).await;
    assert_eq!((status, error["code"].as_str()), (400, Some("usage")));
    assert!(error["message"].as_str().unwrap().contains("is a card"), "{error}");
    done(&larkhook, json!({ "edit": { "message": card_id, "body": card("two") } })).await;
    assert!(larkhook.sandbox().message(card_id).unwrap().content().to_string().contains("two"));

    let got = done(&larkhook, json!({ "get": { "message": id } })).await;
    assert_eq!(got["items"][0]["message_id"], id.as_str());
    let history = done(&larkhook, json!({ "history": { "of": CHAT, "size": 1 } })).await;
    assert_eq!((history["items"].as_array().unwrap().len(), history["has_more"].as_bool()), (1, Some(true)), "{history}");

    done(&larkhook, json!({ "recall": { "id": id } })).await;
    assert!(shown().recalled.is_some());
    let metrics = larkhook.get("/metrics").await.text().await.unwrap();
    let line = r#"larkhook_platform_calls_total{via="app:ops",endpoint="recall",class="ok"} 1"#;
    assert!(metrics.contains(line), "{metrics}");
    larkhook.stop().await;
}

#[tokio::test]
async fn every_kind_of_address_has_its_call() {
    let larkhook = Running::with(&config()).await;
    for (to, endpoint) in [("email:li@example.com", "send"), ("mobile:+8613800000000", "send"), ("ou_1", "send"), ("bot:room", "hook")] {
        let before = calls(&larkhook, endpoint);
        done(&larkhook, json!({ "send": { "to": to, "body": text("x") } })).await;
        assert_eq!(calls(&larkhook, endpoint), before + 1, "{to}");
    }
    let team = done(&larkhook, json!({ "send": { "to": "team:dba", "body": text("x") } })).await;
    let ids: Vec<&str> = team["items"].as_array().unwrap().iter().map(|item| item["message_id"].as_str().unwrap()).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "{team}");
    let many = done(&larkhook, json!({ "send": { "to": "broadcast:[team:all,union_id:on_1]", "body": text("x") } })).await;
    assert!(many["batches"][0]["message_id"].as_str().unwrap().starts_with("bm-"), "{many}");
    assert_eq!((many["ids"].as_u64(), calls(&larkhook, "batch_send")), (Some(22), 1));
    let batch = many["batches"][0]["message_id"].as_str().unwrap();
    let progress = done(&larkhook, json!({ "progress": { "batch": batch } })).await;
    assert!(progress["batch_message_send_progress"].is_object() && progress["read_user"].is_object(), "{progress}");
    done(&larkhook, json!({ "recall": { "id": batch } })).await;

    let crowd: Vec<String> = (0..250).map(|n| format!("open_id:ou_{n:032x}")).collect();
    let crowd = done(&larkhook, json!({ "send": { "to": format!("broadcast:[{}]", crowd.join(",")), "body": text("x") } })).await;
    let parts: Vec<u64> = crowd["batches"].as_array().unwrap().iter().map(|batch| batch["ids"].as_u64().unwrap()).collect();
    assert_eq!(parts, [200, 50], "{crowd}");

    let by = |app: &str, verb: Value| json!({ "app": app, "yes": true, "verb": verb });
    let (status, old) = ask(&larkhook, &by("old", json!({ "send": { "to": CHAT, "body": text("x") } }))).await;
    assert_eq!((status, calls(&larkhook, "legacy_send"), old.get("uuid")), (200, 1, None), "{old}");
    let (status, error) = ask(&larkhook, &by("old", json!({ "reply": { "message": "om_1", "body": text("x") } }))).await;
    assert!(status == 400 && error["message"].as_str().unwrap().contains("message/v4"), "{error}");
    // A card of 2.0 goes to the help desk as 1.0.
    let desk = json!({ "send": { "to": "helpdesk:ou_1", "body": card("x") } });
    let (status, sent) = ask(&larkhook, &by("desk", desk.clone())).await;
    assert_eq!((status, calls(&larkhook, "helpdesk_send")), (200, 1), "{sent}");
    assert_eq!(ask(&larkhook, &by("ops", desk)).await.0, 400, "an app without a help desk");
    larkhook.stop().await;
}

#[tokio::test]
async fn refusals_say_what_is_wrong_and_nothing_is_called() {
    let larkhook = Running::with(&config()).await;
    let bad_post = json!({ "msg_type": "post", "content": { "zh_cn": { "content": [[{ "tag": "nope" }]] } } });
    for (request, status, code, at, part) in [
        (json!({ "verb": { "sned": {} } }), 400, "invalid_verb", None, "unknown variant `sned`"),
        (json!([1]), 400, "invalid_verb", None, "no verb"),
        (json!({ "verb": { "send": { "to": CHAT, "body": text("x") } } }), 400, "usage", Some("app"), "several apps"),
        (json!({ "app": "opps", "verb": { "get": { "message": "om_1" } } }), 400, "usage", Some("app"), "no app is called"),
        (json!({ "app": "ops", "verb": { "send": { "to": "li", "body": text("x") } } }), 400, "usage", Some("to"), "not an address"),
        (json!({ "app": "ops", "verb": { "send": { "to": CHAT, "body": text(" ") } } }), 400, "usage", Some("/text"), "no text"),
        (
            json!({ "app": "ops", "verb": { "send": { "to": CHAT, "body": bad_post } } }),
            400,
            "usage",
            Some("/zh_cn/content/0/0/tag"),
            "nope",
        ),
        (json!({ "app": "ops", "verb": { "get": { "message": "om_1/../x" } } }), 400, "usage", None, "not the id"),
        (json!({ "app": "ops", "verb": { "send": { "to": "department:od-1", "body": text("x") } } }), 409, "needs_yes", None, "--yes"),
        (json!({ "app": "ops", "verb": { "send": { "to": "team:all", "body": text("x") } } }), 409, "needs_yes", None, "21 people"),
        (
            json!({ "app": "ops", "verb": { "urgent": { "message": "om_1", "who": ["team:dba"], "by": "sms" } } }),
            409,
            "needs_yes",
            None,
            "quota",
        ),
        (json!({ "app": "ops", "verb": { "remove_members": { "chat": CHAT, "who": ["ou_1"] } } }), 409, "needs_yes", None, "removes"),
        (json!({ "app": "ops", "verb": { "send": { "to": "team:nobody", "body": text("x") } } }), 400, "usage", None, "no team"),
    ] {
        let (got, error) = ask(&larkhook, &request).await;
        assert_eq!((got, error["code"].as_str(), error["at"].as_str()), (status, Some(code), at), "{request}: {error}");
        assert!(error["message"].as_str().unwrap().contains(part), "{error}");
    }
    assert!(larkhook.sandbox().calls().is_empty(), "nothing was called");
    let long = json!({ "verb": { "send": { "to": CHAT, "body": text(&"x".repeat(2 << 20)) } } });
    assert_eq!(ask(&larkhook, &long).await.0, 413);

    // what the platform says comes with its code, its log id and what to do
    let (status, error) = ask(&larkhook, &json!({ "app": "ops", "verb": { "recall": { "id": "om_nothing" } } })).await;
    assert_eq!((status, error["code"].as_str()), (422, Some("refused")), "{error}");
    assert!(error["details"]["code"].is_i64() && error["details"]["log_id"].is_string(), "{error}");
    larkhook.stop().await;

    let locked = Running::with(&CONFIG.replace("max_body: 64KiB", "max_body: 64KiB, auth: { bearer_token: adm1n }")).await;
    for (method, path) in [(Method::POST, "/api/v1/verbs"), (Method::POST, "/api/v1/verbs/upload"), (Method::GET, "/api/v1/verbs/download")]
    {
        assert_eq!(locked.request(method, path).send().await.unwrap().status(), 401, "{path}");
    }
    locked.stop().await;
}

#[tokio::test]
async fn what_is_safe_is_repeated_and_nothing_else() {
    let larkhook = Running::with(&config()).await;
    let send = || json!({ "send": { "to": CHAT, "body": text("x") } });
    fault(&larkhook, json!({ "endpoint": "send", "code": 230_020, "count": 2 }));
    done(&larkhook, send()).await;
    assert_eq!(calls(&larkhook, "send"), 3, "limits are waited for");
    // The answer is lost after the effect: the same uuid makes no second message.
    fault(&larkhook, json!({ "endpoint": "send", "action": "reset", "when": "after", "count": 1 }));
    done(&larkhook, send()).await;
    assert_eq!(larkhook.sandbox().messages().len(), 2);

    fault(&larkhook, json!({ "endpoint": "hook", "action": "reset", "when": "after", "count": 1 }));
    let (status, error) = ask(&larkhook, &json!({ "verb": { "send": { "to": "bot:room", "body": text("x") } } })).await;
    assert_eq!((status, error["code"].as_str(), calls(&larkhook, "hook")), (504, Some("unknown"), 1), "{error}");
    assert_eq!(larkhook.sandbox().messages().len(), 3, "it was done, and not twice");
    fault(&larkhook, json!({ "endpoint": "batch_send", "status": 502, "body": "<html>", "when": "after", "count": 1 }));
    let (status, error) =
        ask(&larkhook, &json!({ "app": "ops", "verb": { "send": { "to": "broadcast:[open_id:ou_1]", "body": text("x") } } })).await;
    assert_eq!((status, calls(&larkhook, "batch_send")), (504, 1), "{error}");

    // the same without a server
    fault(&larkhook, json!({ "endpoint": "send", "code": 230_020, "count": 1 }));
    let sent = here(&larkhook, json!({ "app": "ops", "verb": send() })).await.unwrap();
    assert!(sent["message_id"].as_str().unwrap().starts_with("om_"));
    fault(&larkhook, json!({ "endpoint": "hook", "action": "reset", "count": 1 }));
    let error = here(&larkhook, json!({ "verb": { "send": { "to": "bot:room", "body": text("x") } } })).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown);
    larkhook.stop().await;
}

#[tokio::test]
async fn images_go_up_and_come_back() {
    let larkhook = Running::with(&config()).await;
    let png: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";
    let up = |query: &str, bytes: Vec<u8>| larkhook.request(Method::POST, &format!("/api/v1/verbs/upload?{query}")).body(bytes).send();
    let answer: Value = up("app=ops&as=image&name=a.png", png.to_vec()).await.unwrap().json().await.unwrap();
    let key = answer["image_key"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let sent = done(&larkhook, json!({ "send": { "to": CHAT, "body": { "msg_type": "image", "content": { "image_key": key } } } })).await;
    assert!(sent["message_id"].is_string());
    let back = larkhook.get(&format!("/api/v1/verbs/download?app=ops&key={key}")).await;
    assert_eq!((back.status().as_u16(), back.bytes().await.unwrap().as_ref()), (200, png));
    for (query, bytes, status) in [
        ("as=image&name=a.png", vec![0; (10 << 20) + 1], 413),
        ("as=image&name=a.png&app=ops", Vec::new(), 400),
        ("as=picture&name=a.png", vec![1], 400),
        ("name=a.png", vec![1], 400),
        ("as=image&name=a.txt&app=ops", b"no picture".to_vec(), 422),
    ] {
        assert_eq!(up(query, bytes).await.unwrap().status().as_u16(), status, "{query}");
    }
    assert_eq!(larkhook.get("/api/v1/verbs/download?key=../x").await.status(), 400);
    larkhook.stop().await;
}

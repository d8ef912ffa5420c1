//! Where an answer is lost: what can be repeated says how, what cannot takes no promise; files hold nothing else up.

use super::commands::larkhook as command;
use super::{CHAT, ask, calls, config, fault, text};
use crate::support::{Running, error};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that is healthy, reads one verb and breaks the connection; gives what it was asked.
async fn breaks(listener: &TcpListener) -> Value {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut read, mut part) = (String::new(), [0; 4096]);
        loop {
            let count = stream.read(&mut part).await.unwrap();
            read.push_str(std::str::from_utf8(&part[..count]).unwrap());
            let Some((head, body)) = read.split_once("\r\n\r\n") else { continue };
            if head.starts_with("GET ") {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await.unwrap();
                break;
            }
            if let Ok(verb) = serde_json::from_str(body) {
                return verb;
            }
        }
    }
}

#[tokio::test]
async fn a_lost_connection_leaves_a_uuid_to_repeat_with() {
    let server = Running::with(&config()).await;
    std::fs::create_dir(server.path().join("empty")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    for (args, lasts) in [
        (&["message", "send", "--to", CHAT][..], Some("an hour")),
        (&["message", "send", "--to", "team:dba"], Some("an hour")),
        (&["message", "reply", "om_1"], Some("an hour")),
        (&["message", "forward", "om_1", "--to", CHAT], Some("an hour")),
        (&["chats", "create", "--name", "x"], Some("ten hours")),
        (&["message", "send", "--to", "bot:room"], None),
        (&["message", "send", "--to", "broadcast:[open_id:ou_1]"], None),
        (&["message", "recall", "om_1"], None),
    ] {
        let args: Vec<&str> = args.iter().copied().chain(["--url", url.as_str()]).collect();
        let ((code, _, said), asked) = tokio::join!(command(&server, &[], &args, "disk full"), breaks(&listener));
        assert!(code == 3 && said.contains("whether it was done is unknown"), "{args:?}: {said}");
        let uuid = asked["default_uuid"].as_str();
        assert_eq!((uuid.is_some(), said.contains("--uuid")), (lasts.is_some(), lasts.is_some()), "{args:?}: {said}");
        if let (Some(uuid), Some(lasts)) = (uuid, lasts) {
            assert!(said.contains(&format!("Within {lasts} it is safe to repeat it with --uuid {uuid}.")), "{args:?}: {said}");
        }
    }
    // one that was named is named again
    let args = ["message", "send", "--to", CHAT, "--uuid", "u-1", "--url", &url];
    let ((_, _, said), asked) = tokio::join!(command(&server, &[], &args, "disk full"), breaks(&listener));
    assert!(said.contains("--uuid u-1.") && asked["default_uuid"].is_null(), "{said}");
    // without a server, the platform itself out of reach
    let nowhere = [("LARKHOOK_APP_ID", "cli_a1b2c3d4e5f6a7b8"), ("LARKHOOK_APP_SECRET", "s"), ("LARKHOOK_PLATFORM", "http://127.0.0.1:9")];
    let (code, _, said) = command(&server, &nowhere, &["chats", "create", "--name", "x"], "").await;
    assert!(code == 3 && said.contains("Within ten hours it is safe to repeat it with --uuid "), "{said}");
    server.stop().await;
}

#[tokio::test]
async fn the_uuid_that_is_proposed_is_used_and_one_without_effect_is_refused() {
    let larkhook = Running::with(&config()).await;
    let send = |app: &str, to: &str, uuid: Value| json!({ "app": app, "yes": true, "verb": { "send": { "to": to, "body": text("x"), "uuid": uuid } } });
    let proposed = |mut request: Value, uuid: &str| {
        request["default_uuid"] = json!(uuid);
        request
    };
    for _ in 0..2 {
        let (status, sent) = ask(&larkhook, &proposed(send("ops", CHAT, Value::Null), "p-1")).await;
        assert_eq!((status, sent["uuid"].as_str()), (200, Some("p-1")), "{sent}");
        let (_, chat) = ask(&larkhook, &proposed(json!({ "app": "ops", "verb": { "create_chat": { "name": "x" } } }), "p-2")).await;
        assert_eq!(chat["uuid"], "p-2");
    }
    assert_eq!(larkhook.sandbox().messages().len(), 1, "the same uuid makes one message");
    assert_eq!(ask(&larkhook, &proposed(send("ops", CHAT, json!("named")), "p-3")).await.1["uuid"], "named");

    let before = larkhook.sandbox().calls().len();
    for (app, to, way) in [
        ("ops", "bot:room", "a custom bot"),
        ("ops", "department:od-1", "a batch"),
        ("ops", "broadcast:[open_id:ou_1]", "a batch"),
        ("desk", "helpdesk:ou_1", "the help desk"),
        ("old", CHAT, "message/v4"),
        ("old", "team:dba", "message/v4"),
    ] {
        let (status, error) = ask(&larkhook, &send(app, to, json!("u-1"))).await;
        assert_eq!((status, error["code"].as_str(), error["at"].as_str()), (400, Some("usage"), Some("uuid")), "{to}: {error}");
        assert!(error["message"].as_str().unwrap().contains(&format!("{way} knows no uuid")), "{error}");
    }
    let long = "u".repeat(51);
    let chat = json!({ "app": "ops", "verb": { "create_chat": { "name": "x", "uuid": long } } });
    for request in [send("ops", CHAT, json!(long)), proposed(send("ops", CHAT, Value::Null), ""), chat] {
        assert_eq!(ask(&larkhook, &request).await.1["at"], "uuid", "{request}");
    }
    assert_eq!(larkhook.sandbox().calls().len(), before, "nothing was called");
    // proposed is not asked for: ways without one do without
    assert_eq!(ask(&larkhook, &proposed(send("old", CHAT, Value::Null), "p-4")).await.0, 200);
    larkhook.stop().await;
}

#[tokio::test]
async fn files_hold_no_alert_back_and_only_a_few_are_in_memory() {
    let larkhook = Running::with(&config()).await;
    let path = "/api/v1/verbs/download?app=ops&key=img_none";
    fault(&larkhook, json!({ "endpoint": "image_get", "status": 502, "body": "<html>", "count": 5 }));
    let (status, _) = error(larkhook.get(path).await).await;
    assert_eq!((status, calls(&larkhook, "image_get")), (422, 5));
    let breakers = larkhook.app.deliverer().status().breakers;
    assert!(breakers.is_empty(), "five failures in a row, but of files: {breakers:?}");

    fault(&larkhook, json!({ "endpoint": "image_get", "code": 99_992_402, "delay": "2s", "count": 4 }));
    let slow = || larkhook.get(path);
    let many = tokio::join!(slow(), slow(), slow(), slow());
    let busy: Vec<_> = [many.0, many.1, many.2, many.3].into_iter().filter(|answer| answer.status() == 503).collect();
    assert_eq!(busy.len(), 1);
    assert!(busy[0].headers().contains_key("retry-after"));
    assert_ne!(slow().await.status(), 503, "places become free");
    let up = larkhook.request(Method::POST, "/api/v1/verbs/upload?app=ops&as=file&name=a.txt").body("x").send().await.unwrap();
    assert_eq!(up.status(), 200);
    larkhook.stop().await;
}

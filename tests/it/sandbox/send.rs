//! Sending, replying, reading back.

use super::{Bench, card, message};
use larkhook::sandbox::{Sender, Switches, UuidMode};
use serde_json::{Value, json};
use std::time::Duration;

const SEND: &str = "/open-apis/im/v1/messages?receive_id_type=chat_id";

#[tokio::test]
async fn a_message_arrives_and_is_shown() {
    let bench = Bench::start().await;
    let data = bench.text("oc_a", "disk 93% <at user_id=\"ou_1\">Tom</at>").await.ok();
    let id = data["message_id"].as_str().unwrap();
    assert!(id.starts_with("om_"));
    assert_eq!(data["create_time"], bench.now().as_millisecond().to_string());
    assert_eq!((&data["deleted"], &data["updated"], &data["chat_id"]), (&json!(false), &json!(false), &json!("oc_a")));
    assert_eq!(data["sender"]["id"], "cli_a1b2c3d4e5f60718");
    assert_eq!(data["body"]["content"], "{\"text\":\"disk 93% @_user_1\"}");
    assert_eq!(data["mentions"][0]["key"], "@_user_1");

    let message = bench.sandbox.message(id).unwrap();
    assert_eq!(message.sender, Sender::App("cli_a1b2c3d4e5f60718".to_owned()));
    assert_eq!(message.versions.len(), 1);
    assert_eq!(message.content()["text"], "disk 93% <at user_id=\"ou_1\">Tom</at>");
}

#[tokio::test]
async fn receivers_are_checked() {
    let bench = Bench::start().await;
    let to = |kind: &'static str, id: &'static str| {
        let bench = &bench;
        async move {
            let body = message(id, "text", &json!({"text": "x"}));
            bench.call("POST", &format!("/open-apis/im/v1/messages?receive_id_type={kind}"), &body).await
        }
    };
    to("thread_id", "omt_1").await.refused(400, 99_992_402);
    to("", "oc_a").await.refused(400, 99_992_402);
    to("chat_id", "not-a-chat").await.refused(400, 230_034);
    to("open_id", "nobody").await.refused(400, 99_992_351);
    to("user_id", "nobody").await.refused(400, 99_992_352);
    to("union_id", "nobody").await.refused(400, 99_992_353);
    to("email", "x@corp.invalid").await.refused(400, 230_034);
    let direct = to("email", "wang@example.com").await.ok();
    assert!(direct["chat_id"].as_str().unwrap().starts_with("oc_"));
    let person = bench.sandbox.world().people.values().find(|p| p.email == "wang@example.com").unwrap().clone();
    let body = message(&person.open_id, "text", &json!({"text": "y"}));
    let again = bench.call("POST", "/open-apis/im/v1/messages?receive_id_type=open_id", &body).await.ok();
    assert_eq!(again["chat_id"], direct["chat_id"], "one chat for one person");
}

#[tokio::test]
async fn open_ids_of_other_apps_are_refused() {
    let bench = Bench::start().await;
    bench.world(json!({"op": "add_person", "person": {"open_id": "ou_theirs", "open_ids": {"cli_a1b2c3d4e5f60718": "ou_ours"}}}));
    let path = "/open-apis/im/v1/messages?receive_id_type=open_id";
    bench.call("POST", path, &message("ou_theirs", "text", &json!({"text": "x"}))).await.refused(400, 99_992_361);
    bench.call("POST", path, &message("ou_ours", "text", &json!({"text": "x"}))).await.ok();
}

#[tokio::test]
async fn people_can_be_out_of_reach() {
    let bench = Bench::start().await;
    let path = "/open-apis/im/v1/messages?receive_id_type=open_id";
    for (flag, code) in [("resigned", 230_029), ("unavailable", 230_013), ("stopped_bot", 230_053)] {
        let open_id = format!("ou_{flag}");
        bench.world(json!({"op": "add_person", "person": {"open_id": open_id, flag: true}}));
        bench.call("POST", path, &message(&open_id, "text", &json!({"text": "x"}))).await.refused(400, code);
    }
}

#[tokio::test]
async fn bodies_are_checked() {
    let bench = Bench::start().await;
    let post = |body: Value| {
        let bench = &bench;
        async move { bench.call("POST", SEND, &body).await }
    };
    post(json!("text")).await.refused(400, 9499);
    post(json!({"msg_type": "text", "content": "{}"})).await.refused(400, 99_992_402);
    post(json!({"receive_id": "oc_a", "content": "{}"})).await.refused(400, 99_992_402);
    let object = post(json!({"receive_id": "oc_a", "msg_type": "text", "content": {"text": "x"}})).await.refused(400, 9499);
    assert!(object.msg().contains("json: content"), "{}", object.json);
    post(json!({"receive_id": "oc_a", "msg_type": "markdown", "content": "{}"})).await.refused(400, 230_001);
    post(json!({"receive_id": "oc_a", "msg_type": "text", "content": "hello"})).await.refused(400, 230_001);
    post(json!({"receive_id": "oc_a", "msg_type": "text", "content": "{\"text\":\"\"}"})).await.refused(400, 230_001);
    let long = "u".repeat(51);
    let answer =
        post(json!({"receive_id": "oc_a", "msg_type": "text", "content": "{\"text\":\"x\"}", "uuid": long})).await.refused(400, 99_992_402);
    assert_eq!(answer.json["error"]["field_violations"][0]["field"], "uuid");
    assert!(bench.sandbox.messages().is_empty());
}

#[tokio::test]
async fn sizes_are_those_of_the_request() {
    let bench = Bench::start().await;
    let fill = |kind: &str, size: usize| {
        let build = |n: usize| match kind {
            "text" => message("oc_a", kind, &json!({"text": "x".repeat(n)})),
            "post" => message("oc_a", kind, &json!({"zh_cn": {"content": [[{"tag": "text", "text": "x".repeat(n)}]]}})),
            _ => message("oc_a", kind, &card(&"x".repeat(n))),
        };
        build(size - build(0).to_string().len())
    };
    for (kind, max) in [("text", 150_000), ("post", 30_000), ("interactive", 30_000)] {
        assert_eq!(fill(kind, max).to_string().len(), max);
        bench.call("POST", SEND, &fill(kind, max)).await.ok();
        bench.call("POST", SEND, &fill(kind, max + 1)).await.refused(400, 230_025);
    }
}

#[tokio::test]
async fn posts_with_an_illegal_link_fail() {
    let bench = Bench::start().await;
    let post = |href: &str| json!({"zh_cn": {"title": "t", "content": [[{"tag": "a", "text": "x", "href": href}]]}});
    bench.send("oc_a", "post", &post("https://a.example")).await.ok();
    let answer = bench.send("oc_a", "post", &post("javascript:alert(1)")).await.refused(400, 230_001);
    assert!(answer.msg().contains("zh_cn.content[0][0].href"), "{}", answer.json);
}

#[tokio::test]
async fn a_uuid_makes_one_message_within_an_hour() {
    let bench = Bench::start().await;
    let mut body = message("oc_a", "text", &json!({"text": "x"}));
    body["uuid"] = "u-1".into();
    let first = bench.call("POST", SEND, &body).await.ok();
    body["content"] = "{\"text\":\"other\"}".into();
    let again = bench.call("POST", SEND, &body).await.ok();
    assert_eq!(again["message_id"], first["message_id"]);
    assert_eq!(again["body"]["content"], "{\"text\":\"x\"}", "the second content is swallowed");
    assert_eq!(bench.sandbox.messages().len(), 1);

    bench.sandbox.set_switches(Switches { uuid_mode: UuidMode::Error230049, ..bench.sandbox.switches() });
    bench.call("POST", SEND, &body).await.refused(400, 230_049);
    bench.pass(Duration::from_secs(3600));
    let later = Bench { token: bench.token_of("cli_a1b2c3d4e5f60718").await, ..bench };
    assert_ne!(later.call("POST", SEND, &body).await.ok()["message_id"], first["message_id"]);
}

#[tokio::test]
async fn chats_can_refuse() {
    let bench = Bench::start().await;
    for (op, code) in [
        (json!({"op": "remove_bot", "chat_id": "oc_1"}), 230_002),
        (json!({"op": "update_chat", "chat_id": "oc_1", "muted": true}), 230_035),
        (json!({"op": "update_chat", "chat_id": "oc_1", "restricted": true}), 230_018),
        (json!({"op": "update_chat", "chat_id": "oc_1", "secret": true}), 230_075),
        (json!({"op": "dissolve_chat", "chat_id": "oc_1"}), 232_009),
    ] {
        bench.world(json!({"op": "add_chat", "chat": {"chat_id": "oc_1", "every_bot": true}}));
        bench.text("oc_1", "x").await.ok();
        bench.world(op.clone());
        bench.text("oc_1", "x").await.refused(400, code);
        bench.pass(Duration::from_secs(1));
    }
    bench.world(json!({"op": "add_chat", "chat": {"chat_id": "oc_1", "every_bot": true, "no_cards": true}}));
    bench.send("oc_1", "interactive", &card("x")).await.refused(400, 230_054);
    bench.text("oc_1", "x").await.ok();
    bench.world(json!({"op": "remove_bot", "chat_id": "oc_1", "app_id": "cli_a1b2c3d4e5f60718"}));
    bench.text("oc_1", "x").await.refused(400, 230_002);
    bench.world(json!({"op": "add_bot", "chat_id": "oc_1", "app_id": "cli_a1b2c3d4e5f60718"}));
    bench.text("oc_1", "x").await.ok();
    bench.world(json!({"op": "remove_chat", "chat_id": "oc_1"}));
    bench.text("oc_1", "x").await.refused(400, 230_034);
}

#[tokio::test]
async fn replies_quote_or_open_a_topic() {
    let bench = Bench::start().await;
    let root = bench.card("oc_a", &card("root")).await;
    let quote = bench.reply(&root, json!({})).await.ok();
    assert_eq!((&quote["root_id"], &quote["parent_id"]), (&json!(root), &json!(root)));
    assert!(quote.get("thread_id").is_none());
    let deeper = bench.reply(quote["message_id"].as_str().unwrap(), json!({})).await.ok();
    assert_eq!((&deeper["root_id"], &deeper["parent_id"]), (&json!(root), &quote["message_id"]));

    let topic = bench.reply(&root, json!({"reply_in_thread": true})).await.ok();
    let thread = topic["thread_id"].as_str().unwrap();
    assert!(thread.starts_with("omt_"));
    assert_eq!(bench.sandbox.message(&root).unwrap().thread_id.as_deref(), Some(thread));
    let inside = bench.reply(topic["message_id"].as_str().unwrap(), json!({})).await.ok();
    assert_eq!((&inside["thread_id"], &inside["parent_id"], &inside["root_id"]), (&topic["thread_id"], &json!(root), &json!(root)));
}

#[tokio::test]
async fn replies_can_be_refused() {
    let bench = Bench::start().await;
    bench.reply("om_unknown", json!({})).await.refused(400, 99_992_354);
    bench.world(json!({"op": "add_chat", "chat": {"chat_id": "oc_1", "every_bot": true, "no_threads": true}}));
    let id = bench.text("oc_1", "x").await.ok()["message_id"].as_str().unwrap().to_owned();
    bench.reply(&id, json!({"reply_in_thread": true})).await.refused(400, 230_071);
    bench.reply(&id, json!({})).await.ok();
    bench.reply(&id, json!({"reply_in_thread": "yes"})).await.refused(400, 9499);
    assert!(bench.sandbox.recall(&id, "ou_1").is_some());
    bench.reply(&id, json!({})).await.refused(400, 230_011);
}

#[tokio::test]
async fn other_types_are_checked() {
    let bench = Bench::start().await;
    bench.send("oc_a", "image", &json!({"image_key": "img_v3_elsewhere"})).await.ok();
    bench.send("oc_a", "image", &json!({"image_key": "nonsense"})).await.refused(400, 230_017);
    bench.send("oc_a", "file", &json!({"file_key": "nonsense"})).await.refused(400, 230_017);
    bench.send("oc_a", "share_chat", &json!({"chat_id": "oc_b"})).await.ok();
    bench.send("oc_a", "share_chat", &json!({"chat_id": "nonsense"})).await.refused(400, 230_001);
    bench.send("oc_a", "share_user", &json!({"user_id": "nobody"})).await.refused(400, 99_992_351);
    bench.send("oc_a", "system", &json!({"type": "divider"})).await.refused(400, 230_054);
}

#[tokio::test]
async fn one_message_is_read_back() {
    let bench = Bench::start().await;
    let id = bench.card("oc_a", &card("hello")).await;
    let path = format!("/open-apis/im/v1/messages/{id}");
    let plain = bench.call("GET", &path, &Value::Null).await.ok();
    assert!(plain["items"][0]["body"]["content"].as_str().unwrap().contains("hello"));
    let sent = bench.call("GET", &format!("{path}?card_msg_content_type=user_card_content"), &Value::Null).await.ok();
    let content: Value = serde_json::from_str(sent["items"][0]["body"]["content"].as_str().unwrap()).unwrap();
    assert_eq!(content, card("hello"));
    bench.sandbox.recall(&id, "ou_1");
    let gone = bench.call("GET", &path, &Value::Null).await.ok();
    assert_eq!((&gone["items"][0]["deleted"], gone["items"][0].get("body")), (&json!(true), None));
    bench.call("GET", "/open-apis/im/v1/messages/om_unknown", &Value::Null).await.refused(400, 99_992_354);
    bench.world(json!({"op": "remove_bot", "chat_id": "oc_a"}));
    bench.call("GET", &path, &Value::Null).await.refused(400, 230_002);
}

#[tokio::test]
async fn history_comes_in_pages() {
    let bench = Bench::start().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(bench.text("oc_a", &n.to_string()).await.ok()["message_id"].as_str().unwrap().to_owned());
        bench.pass(Duration::from_secs(1));
    }
    let topic = bench.reply(&ids[0], json!({"reply_in_thread": true})).await.ok();
    let page = |query: String| {
        let bench = &bench;
        async move { bench.call("GET", &format!("/open-apis/im/v1/messages?{query}"), &Value::Null).await }
    };
    let in_chat = "container_id_type=chat&container_id=oc_a";
    let first = page(format!("{in_chat}&page_size=3")).await.ok();
    assert_eq!(first["has_more"], true);
    let token = first["page_token"].as_str().unwrap();
    let second = page(format!("{in_chat}&page_size=3&page_token={token}")).await.ok();
    let seen: Vec<&str> =
        [&first, &second].iter().flat_map(|p| p["items"].as_array().unwrap()).map(|m| m["message_id"].as_str().unwrap()).collect();
    assert_eq!(seen, ids, "topics show their first message only");
    let newest = page(format!("{in_chat}&sort_type=ByCreateTimeDesc&page_size=1")).await.ok();
    assert_eq!(newest["items"][0]["message_id"], ids[4]);
    let from = bench.now().as_second() - 2;
    assert_eq!(page(format!("{in_chat}&start_time={from}")).await.ok()["items"].as_array().unwrap().len(), 2);
    let thread = topic["thread_id"].as_str().unwrap();
    assert_eq!(page(format!("container_id_type=thread&container_id={thread}")).await.ok()["items"].as_array().unwrap().len(), 2);
    bench.sandbox.recall(&ids[1], "ou_1");
    assert_eq!(page(in_chat.to_owned()).await.ok()["items"][1]["body"]["content"], "This message was recalled");
    page(format!("{in_chat}&page_size=51")).await.refused(400, 99_992_402);
    page("container_id=oc_a".to_owned()).await.refused(400, 99_992_402);
}

#[tokio::test]
async fn history_is_refused_as_documented() {
    let bench = Bench::start().await;
    let root = bench.sent("oc_a").await;
    let thread = bench.reply(&root, json!({"reply_in_thread": true})).await.ok()["thread_id"].as_str().unwrap().to_owned();
    bench.world(json!({"op": "update_chat", "chat_id": "oc_secret", "secret": true}));
    bench.world(json!({"op": "remove_bot", "chat_id": "oc_a"}));
    let of_thread = format!("container_id_type=thread&container_id={thread}");
    for (query, code) in [
        ("container_id_type=chat", 99_992_402),
        ("container_id_type=group&container_id=oc_b", 99_992_402),
        ("container_id_type=chat&container_id=oc_b&sort_type=Newest", 99_992_402),
        ("container_id_type=chat&container_id=oc_b&start_time=soon", 99_992_402),
        ("container_id_type=chat&container_id=oc_b&page_token=x", 99_992_402),
        ("container_id_type=chat&container_id=oc_b&card_msg_content_type=x", 99_992_402),
        ("container_id_type=chat&container_id=oc_b&start_time=2&end_time=1", 230_001),
        ("container_id_type=chat&container_id=nonsense", 230_110),
        ("container_id_type=chat&container_id=oc_a", 230_002),
        ("container_id_type=chat&container_id=oc_secret", 231_203),
        ("container_id_type=thread&container_id=omt_none", 230_110),
        (of_thread.as_str(), 230_073),
    ] {
        let answer = bench.call("GET", &format!("/open-apis/im/v1/messages?{query}"), &Value::Null).await;
        assert_eq!((answer.http, answer.code()), (400, code), "{query}: {}", answer.json);
    }
    let windowed = "container_id_type=chat&container_id=oc_c";
    let from = bench.now().as_second();
    bench.sent("oc_c").await;
    bench.pass(Duration::from_secs(5));
    bench.sent("oc_c").await;
    let data = bench
        .call("GET", &format!("/open-apis/im/v1/messages?{windowed}&start_time={from}&end_time={}", from + 4), &Value::Null)
        .await
        .ok();
    assert_eq!(data["items"].as_array().unwrap().len(), 1);
}

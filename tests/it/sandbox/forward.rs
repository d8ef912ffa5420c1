//! Forwarding: one message, several as one, a topic.

use super::{Answer, Bench, message};
use serde_json::{Value, json};
use std::time::Duration;

const SYSTEM: &str = "{\"type\":\"divider\",\"params\":{\"divider_text\":{\"text\":\"x\"}}}";

impl Bench {
    async fn forward(&self, id: &str, query: &str, to: &str) -> Answer {
        self.call("POST", &format!("/open-apis/im/v1/messages/{id}/forward?{query}"), &json!({"receive_id": to})).await
    }

    async fn merge(&self, ids: Value, query: &str, to: &str) -> Answer {
        let path = format!("/open-apis/im/v1/messages/merge_forward?{query}");
        self.call("POST", &path, &json!({"receive_id": to, "message_id_list": ids})).await
    }

    /// A topic's first message and its id.
    async fn topic(&self, chat: &str) -> (String, String, String) {
        let root = self.text_id(chat, "root").await;
        let reply = self.reply(&root, json!({"reply_in_thread": true})).await.ok();
        let of = |name: &str| reply[name].as_str().unwrap().to_owned();
        (root, of("message_id"), of("thread_id"))
    }

    async fn system(&self) -> String {
        let body = json!({"receive_id": "ou_s", "msg_type": "system", "content": SYSTEM});
        let sent = self.call("POST", "/open-apis/im/v1/messages?receive_id_type=open_id", &body).await.ok();
        sent["message_id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_message_goes_to_chats_people_and_topics() {
    let bench = Bench::start().await;
    let id = bench.text_id("oc_a", "hi <at user_id=\"ou_1\">T</at>").await;
    let data = bench.forward(&id, "receive_id_type=chat_id", "oc_b").await.ok();
    assert_eq!((&data["chat_id"], &data["msg_type"]), (&json!("oc_b"), &json!("text")));
    assert_eq!((&data["body"]["content"], &data["sender"]["id"]), (&json!("{\"text\":\"hi @_user_1\"}"), &json!("cli_a1b2c3d4e5f60718")));
    for (kind, to) in [("open_id", "ou_1"), ("union_id", "on_1"), ("email", "wang@example.com")] {
        bench.forward(&id, &format!("receive_id_type={kind}"), to).await.ok();
    }
    let (root, _, thread) = bench.topic("oc_t").await;
    let inside = bench.forward(&id, "receive_id_type=thread_id", &thread).await.ok();
    assert_eq!((&inside["thread_id"], &inside["root_id"], &inside["parent_id"]), (&json!(thread), &json!(root), &json!(root)));
    let message = bench.sandbox.message(inside["message_id"].as_str().unwrap()).unwrap();
    assert_eq!((message.receive_id_type.as_str(), message.versions[0].endpoint.as_str()), ("thread_id", "forward"));
}

#[tokio::test]
async fn forwards_are_refused_as_documented() {
    let bench = Bench::start().await;
    let id = bench.text_id("oc_a", "x").await;
    let audio = bench.send("oc_a", "audio", &json!({"file_key": "file_v3_x"})).await.ok()["message_id"].as_str().unwrap().to_owned();
    let recalled = bench.text_id("oc_a", "gone").await;
    bench.sandbox.recall(&recalled, "ou_1");
    let system = bench.system().await;
    let outside = bench.text_id("oc_out", "x").await;
    let secret = bench.text_id("oc_secret", "x").await;
    let guarded = bench.text_id("oc_guarded", "x").await;
    let ended = bench.sent("oc_ended").await;
    let (_, _, topic) = bench.topic("oc_topic").await;
    for op in [
        json!({"op": "remove_bot", "chat_id": "oc_out"}),
        json!({"op": "remove_bot", "chat_id": "oc_topic"}),
        json!({"op": "update_chat", "chat_id": "oc_secret", "secret": true}),
        json!({"op": "update_chat", "chat_id": "oc_guarded", "restricted_mode": true}),
        json!({"op": "update_chat", "chat_id": "oc_muted", "muted": true}),
        json!({"op": "update_chat", "chat_id": "oc_quiet", "restricted": true}),
        json!({"op": "dissolve_chat", "chat_id": "oc_gone"}),
        json!({"op": "dissolve_chat", "chat_id": "oc_ended"}),
        json!({"op": "add_person", "person": {"open_id": "ou_left", "resigned": true}}),
        json!({"op": "add_person", "person": {"open_id": "ou_stop", "stopped_bot": true}}),
        json!({"op": "add_person", "person": {"open_id": "ou_far", "unavailable": true}}),
    ] {
        bench.world(op);
    }
    for (source, kind, to, code) in [
        (&audio, "chat_id", "oc_b", 230_061),
        (&system, "chat_id", "oc_b", 230_061),
        (&recalled, "chat_id", "oc_b", 230_065),
        (&outside, "chat_id", "oc_b", 230_050),
        (&secret, "chat_id", "oc_b", 230_066),
        (&guarded, "chat_id", "oc_b", 230_070),
        (&ended, "chat_id", "oc_b", 232_009),
        (&"om_unknown".to_owned(), "chat_id", "oc_b", 99_992_354),
        (&id, "chat_id", "oc_out", 230_002),
        (&id, "chat_id", "oc_secret", 230_066),
        (&id, "chat_id", "oc_muted", 230_035),
        (&id, "chat_id", "oc_quiet", 230_018),
        (&id, "chat_id", "oc_gone", 232_009),
        (&id, "chat_id", "nonsense", 230_034),
        (&id, "thread_id", "omt_none", 230_019),
        (&id, "thread_id", topic.as_str(), 230_074),
        (&id, "open_id", "ou_left", 230_029),
        (&id, "open_id", "ou_stop", 230_053),
        (&id, "open_id", "ou_far", 230_013),
        (&id, "mobile", "1", 99_992_402),
        (&id, "chat_id", "", 99_992_402),
    ] {
        let answer = bench.forward(source, &format!("receive_id_type={kind}"), to).await;
        assert_eq!((answer.http, answer.code()), (400, code), "{kind} {to}: {}", answer.json);
    }
    let long = "u".repeat(51);
    bench.forward(&id, &format!("receive_id_type=chat_id&uuid={long}"), "oc_b").await.refused(400, 99_992_402);
}

#[tokio::test]
async fn a_uuid_is_a_query_parameter_and_holds_for_a_target() {
    let bench = Bench::start().await;
    let id = bench.text_id("oc_a", "x").await;
    let query = "receive_id_type=chat_id&uuid=f1";
    let first = bench.forward(&id, query, "oc_b").await.ok()["message_id"].clone();
    assert_eq!(bench.forward(&id, query, "oc_b").await.ok()["message_id"], first);
    assert_ne!(bench.forward(&id, query, "oc_c").await.ok()["message_id"], first);
    assert_eq!(bench.sandbox.message(first.as_str().unwrap()).unwrap().versions[0].uuid.as_deref(), Some("f1"));
    let calls = bench.sandbox.calls();
    assert_eq!(calls.last().unwrap().uuid.as_deref(), Some("f1"));
    bench.pass(Duration::from_secs(3600));
    assert_ne!(bench.forward(&id, query, "oc_b").await.ok()["message_id"], first);
    bench.world(json!({"op": "reset"}));
    let uuid_mode = larkhook::sandbox::UuidMode::Error230049;
    bench.sandbox.set_switches(larkhook::sandbox::Switches { uuid_mode, ..bench.sandbox.switches() });
    bench.forward(&id, query, "oc_b").await.refused(400, 230_049);
}

#[tokio::test]
async fn forwards_count_for_the_chat() {
    let bench = Bench::start().await;
    let id = bench.text_id("oc_a", "x").await;
    for n in 0..6 {
        let answer = bench.forward(&id, "receive_id_type=chat_id", "oc_b").await;
        if n < 5 { drop(answer.ok()) } else { drop(answer.refused(400, 230_020)) }
    }
}

#[tokio::test]
async fn several_messages_become_one_whose_parts_are_read_with_it() {
    let bench = Bench::start().await;
    let (one, two) = (bench.text_id("oc_a", "one").await, bench.text_id("oc_a", "two").await);
    let gone = bench.text_id("oc_a", "gone").await;
    bench.sandbox.recall(&gone, "ou_1");
    let query = "receive_id_type=chat_id&uuid=m1";
    let data = bench.merge(json!([one, gone, two, "om_unknown"]), query, "oc_b").await.ok();
    assert_eq!(data["invalid_message_id_list"], json!([gone, "om_unknown"]));
    let merged = data["message"]["message_id"].as_str().unwrap();
    assert_eq!(
        (&data["message"]["msg_type"], &data["message"]["body"]["content"]),
        (&json!("merge_forward"), &json!("Merged and Forwarded Message"))
    );
    assert_eq!(bench.merge(json!([one, two]), query, "oc_b").await.ok()["message"]["message_id"], merged);

    let got = bench.call("GET", &format!("/open-apis/im/v1/messages/{merged}"), &Value::Null).await.ok();
    let items = got["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    assert_eq!((&items[0]["message_id"], items[0].get("upper_message_id")), (&json!(merged), None));
    for (item, text) in [(&items[1], "one"), (&items[2], "two")] {
        assert_eq!((&item["upper_message_id"], &item["body"]["content"]), (&json!(merged), &json!(json!({"text": text}).to_string())));
    }
    bench.reply(merged, json!({"reply_in_thread": true})).await.refused(400, 230_072);
    bench.reply(merged, json!({})).await.ok();
    let part = items[1]["message_id"].as_str().unwrap();
    bench.forward(part, "receive_id_type=chat_id", "oc_c").await.refused(400, 230_064);
    bench.merge(json!([part]), "receive_id_type=chat_id", "oc_c").await.refused(400, 230_064);

    // A merged forward inside another one: every part names the one above it.
    let again = bench.merge(json!([merged]), "receive_id_type=chat_id", "oc_c").await.ok();
    let outer = again["message"]["message_id"].as_str().unwrap();
    let got = bench.call("GET", &format!("/open-apis/im/v1/messages/{outer}"), &Value::Null).await.ok();
    let items = got["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[1]["msg_type"], &items[1]["upper_message_id"]), (4, &json!("merge_forward"), &json!(outer)));
    assert_eq!((&items[2]["upper_message_id"], &items[3]["upper_message_id"]), (&items[1]["message_id"], &items[1]["message_id"]));
    let listed = bench.call("GET", "/open-apis/im/v1/messages?container_id_type=chat&container_id=oc_c", &Value::Null).await.ok();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "parts are no messages of the chat");
    let copy = bench.forward(outer, "receive_id_type=chat_id", "oc_d").await.ok();
    assert_eq!(bench.sandbox.message(copy["message_id"].as_str().unwrap()).unwrap().children.len(), 3);
}

#[tokio::test]
async fn merges_are_refused_as_documented() {
    let bench = Bench::start().await;
    let (plain, other) = (bench.text_id("oc_a", "x").await, bench.text_id("oc_b", "x").await);
    let (root, reply, thread) = bench.topic("oc_a").await;
    let (_, second, _) = bench.topic("oc_c").await;
    let (_, third, _) = bench.topic("oc_c").await;
    let (recalled, system) = (bench.text_id("oc_d", "x").await, bench.system().await);
    bench.sandbox.recall(&recalled, "ou_1");
    let too_many: Vec<String> = (0..101).map(|n| format!("om_{n}")).collect();
    for (ids, code) in [
        (json!([]), 99_992_402),
        (json!(too_many), 99_992_402),
        (json!([1]), 9499),
        (json!(["om_unknown"]), 230_064),
        (json!([recalled]), 230_065),
        (json!([system]), 230_061),
        (json!([plain, other]), 230_069),
        (json!([plain, reply]), 230_067),
        (json!([second, third]), 230_067),
    ] {
        let answer = bench.merge(ids.clone(), "receive_id_type=chat_id", "oc_z").await;
        assert_eq!((answer.http, answer.code()), (400, code), "{ids}: {}", answer.json);
    }
    bench.merge(json!([root, reply]), "receive_id_type=chat_id", "oc_z").await.ok();
    bench.merge(json!([plain, root]), "receive_id_type=thread_id", &thread).await.ok();
}

#[tokio::test]
async fn a_topic_is_forwarded_whole() {
    let bench = Bench::start().await;
    let (root, reply, thread) = bench.topic("oc_a").await;
    let forward = |thread: String, query: &'static str| {
        let bench = &bench;
        async move { bench.call("POST", &format!("/open-apis/im/v1/threads/{thread}/forward?{query}"), &json!({"receive_id": "oc_b"})).await }
    };
    let query = "receive_id_type=chat_id&uuid=t1";
    let data = forward(thread.clone(), query).await.ok();
    assert_eq!((&data["msg_type"], &data["chat_id"]), (&json!("merge_forward"), &json!("oc_b")));
    let kept = bench.sandbox.message(data["message_id"].as_str().unwrap()).unwrap();
    assert_eq!(kept.children.len(), 2, "{root} {reply}");
    assert_eq!(forward(thread.clone(), query).await.ok()["message_id"], data["message_id"]);
    forward("omt_none".to_owned(), query).await.refused(400, 230_019);
    bench.world(json!({"op": "update_chat", "chat_id": "oc_a", "restricted_mode": true}));
    forward(thread.clone(), "receive_id_type=chat_id").await.refused(400, 230_070);
    bench.world(json!({"op": "remove_bot", "chat_id": "oc_a"}));
    forward(thread, query).await.refused(400, 230_073);
    bench.text("oc_z", "x").await.ok();
    let body = message("oc_a", "text", &json!({"text": "x"}));
    bench.call("POST", "/open-apis/im/v1/messages?receive_id_type=chat_id", &body).await.refused(400, 230_002);
}

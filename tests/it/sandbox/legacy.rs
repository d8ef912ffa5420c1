//! `message/v4/send`: receivers in their order, replies, codes of its own.

use super::{Bench, card};
use larkhook::sandbox::{Person, Switches, WorldOp};
use serde_json::{Value, json};

const CHAT: &str = "oc_00000000000000000000000000000001";

impl Bench {
    async fn v4(&self, body: Value) -> super::Answer {
        let mut full = json!({"msg_type": "text", "content": {"text": "磁盘 93%"}});
        full.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        full.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.call("POST", "/open-apis/message/v4/send/", &full).await
    }
}

#[tokio::test]
async fn of_several_receivers_the_first_kind_counts() {
    let bench = Bench::start().await;
    let person = Person { open_id: "ou_1".to_owned(), user_id: "u1".to_owned(), email: "a@corp.example".to_owned(), ..Person::default() };
    bench.sandbox.apply(WorldOp::AddPerson { person }).unwrap();
    let mut to = json!({"chat_id": CHAT, "open_id": "ou_1", "user_id": "u1", "email": "a@corp.example"});
    for kind in ["chat_id", "open_id", "user_id", "email"] {
        let data = bench.v4(to.clone()).await.ok();
        assert_eq!(data.as_object().unwrap().len(), 1, "only message_id: {data}");
        let message = bench.sandbox.message(data["message_id"].as_str().unwrap()).unwrap();
        assert_eq!((message.receive_id_type.as_str(), message.receive_id.as_str()), (kind, to[kind].as_str().unwrap()));
        to[kind] = Value::Null;
    }
    bench.v4(json!({})).await.refused(200, 10_003);
    bench.v4(json!({"chat_id": "oc", "open_id": "ou_1"})).await.refused(200, 10_029);
}

#[tokio::test]
async fn messages_are_ordinary_ones() {
    let bench = Bench::start().await;
    let root = bench.v4(json!({"chat_id": CHAT, "msg_type": "interactive", "content": null, "card": card("x")})).await.ok();
    let root = root["message_id"].as_str().unwrap();
    let at = json!({"text": "hi <at open_id=\"ou_1\">Tom</at>"});
    let reply = bench.v4(json!({"chat_id": CHAT, "root_id": root, "content": at})).await.ok();
    let path = format!("/open-apis/im/v1/messages/{}", reply["message_id"].as_str().unwrap());
    let item = bench.call("GET", &path, &Value::Null).await.ok()["items"][0].clone();
    assert_eq!((item["root_id"].as_str(), item["parent_id"].as_str()), (Some(root), Some(root)));
    assert_eq!(item["mentions"][0]["id"], "ou_1");
    bench.patch(root, &card("y")).await.ok();
    bench.v4(json!({"chat_id": "oc_other", "root_id": root})).await.refused(200, 10_037);
    bench.v4(json!({"chat_id": CHAT, "root_id": "1"})).await.refused(200, 10_020);
    let post = json!({"post": {"zh_cn": {"title": "t", "content": [[{"tag": "text", "text": "x"}]]}}});
    bench.v4(json!({"chat_id": CHAT, "msg_type": "post", "content": post})).await.ok();
}

#[tokio::test]
async fn refusals_have_their_own_codes_and_either_status() {
    let bench = Bench::start().await;
    for person in [
        Person { open_id: "ou_gone".to_owned(), resigned: true, ..Person::default() },
        Person { open_id: "ou_far".to_owned(), unavailable: true, ..Person::default() },
    ] {
        bench.sandbox.apply(WorldOp::AddPerson { person }).unwrap();
    }
    bench.world(json!({"op": "remove_bot", "chat_id": "oc_nobot"}));
    bench.world(json!({"op": "dissolve_chat", "chat_id": "oc_gone"}));
    bench.world(json!({"op": "update_chat", "chat_id": "oc_muted", "muted": true}));
    bench.world(json!({"op": "update_chat", "chat_id": "oc_quiet", "no_at_all": true}));
    bench.world(json!({"op": "remove_chat", "chat_id": "oc_removed"}));
    for (body, code) in [
        (json!({"open_id": "nobody"}), 11_101),
        (json!({"user_id": "nobody"}), 11_102),
        (json!({"email": "no@corp.invalid"}), 11_105),
        (json!({"open_id": "ou_gone"}), 11_236),
        (json!({"open_id": "ou_far"}), 11_225),
        (json!({"chat_id": "oc_nobot"}), 10_030),
        (json!({"chat_id": "oc_gone"}), 11_237),
        (json!({"chat_id": "oc_muted"}), 11_242),
        (json!({"chat_id": "oc_removed"}), 11_231),
        (json!({"chat_id": "oc_quiet", "content": {"text": "<at user_id=\"all\"></at>"}}), 11_235),
        (json!({"chat_id": CHAT, "content": "{\"text\":\"x\"}"}), 10_003),
        (json!({"chat_id": CHAT, "msg_type": "interactive", "content": null, "card": {"elements": [{"tag": "nonsense"}]}}), 11_246),
    ] {
        bench.v4(body).await.refused(200, code);
    }
    for _ in 0..5 {
        bench.v4(json!({"chat_id": "oc_busy"})).await.ok();
    }
    bench.v4(json!({"chat_id": "oc_busy"})).await.refused(200, 11_233);
    bench.sandbox.set_switches(Switches { legacy_http_400: true, ..bench.sandbox.switches() });
    bench.v4(json!({"chat_id": "oc_gone"})).await.refused(400, 11_237);
    bench.world(json!({"op": "add_app", "app_id": "cli_a1b2c3d4e5f60718", "app": {"bot_off": true}}));
    bench.v4(json!({"chat_id": CHAT})).await.refused(400, 11_205);
}

//! `helpdesk/v1/message`: its header, its contents, its limit.

use super::{Answer, Bench, card, card_v1};
use base64::Engine;
use serde_json::{Value, json};
use std::time::Duration;

const PATH: &str = "/open-apis/helpdesk/v1/message";

impl Bench {
    async fn desk(&self, credential: &str, path: &str, body: Value) -> Answer {
        let mut full = json!({"msg_type": "text", "content": "{\"text\":\"x\"}", "receiver_id": "ou_1"});
        full.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let header = base64::engine::general_purpose::STANDARD.encode(credential);
        let request = self.http.post(self.url(path)).json(&full).bearer_auth(&self.token);
        let response = request.header("X-Lark-Helpdesk-Authorization", header).send().await.unwrap();
        let (http, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { http, headers, json: response.json().await.unwrap() }
    }
}

const KEY: &str = "6698486123456789012:ht-0a1b2c3d";

#[tokio::test]
async fn the_header_names_a_help_desk() {
    let bench = Bench::start().await;
    let body = json!({"msg_type": "text", "content": "{\"text\":\"x\"}", "receiver_id": "ou_1"});
    bench.call("POST", PATH, &body).await.refused(401, 154_001);
    for wrong in ["", "no-colon", ":ht", "1:"] {
        bench.desk(wrong, PATH, json!({})).await.refused(401, 154_001);
    }
    bench.desk(KEY, PATH, json!({})).await.ok();
    let desk = json!({"helpdesk_id": "6698486123456789012", "token": "ht-0a1b2c3d", "name": "运维台"});
    bench.world(json!({"op": "add_helpdesk", "helpdesk": desk}));
    bench.desk(KEY, PATH, json!({})).await.ok();
    bench.desk("6698486123456789012:ht-old", PATH, json!({})).await.refused(401, 154_001);
    bench.desk("1:ht-0a1b2c3d", PATH, json!({})).await.refused(401, 154_001);
}

#[tokio::test]
async fn contents_are_strings_and_cards_are_old() {
    let bench = Bench::start().await;
    let post = json!({"zh_cn": {"title": "t", "content": [[{"tag": "text", "text": "x"}]]}});
    for (msg_type, content) in [
        ("text", json!({"text": "x"})),
        ("post", json!({"post": post})),
        ("image", json!({"image_key": "img_v3_x"})),
        ("interactive", card_v1("x")),
    ] {
        let data = bench.desk(KEY, PATH, json!({"msg_type": msg_type, "content": content.to_string()})).await.ok();
        let message = bench.sandbox.message(data["message_id"].as_str().unwrap()).unwrap();
        let stored = if msg_type == "post" { &post } else { &content };
        assert_eq!((message.msg_type.as_str(), message.content()), (msg_type, stored));
    }
    for body in [
        json!({"content": {"text": "x"}}),
        json!({"msg_type": "interactive", "content": card("x").to_string()}),
        json!({"msg_type": "post", "content": post.to_string()}),
        json!({"msg_type": "file", "content": "{\"file_key\":\"file_1\"}"}),
        json!({"msg_type": "interactive", "content": json!({"elements": [{"tag": "button", "text": {"tag": "plain_text", "content": "x"}}]}).to_string()}),
        json!({"receive_type": "group"}),
        json!({"receiver_id": ""}),
    ] {
        bench.desk(KEY, PATH, body).await.refused(400, 154_000);
    }
}

#[tokio::test]
async fn receivers_are_people_without_an_open_ticket() {
    let bench = Bench::start().await;
    let group = bench.desk(KEY, PATH, json!({})).await.ok();
    let direct = bench.desk(KEY, PATH, json!({"receive_type": "user"})).await.ok();
    let chat = |data: &Value| bench.sandbox.message(data["message_id"].as_str().unwrap()).unwrap().chat_id.clone();
    assert_ne!(chat(&group), chat(&direct));
    bench.world(json!({"op": "set_ticket", "person": "ou_1", "open": true}));
    bench.desk(KEY, PATH, json!({})).await.refused(400, 154_000);
    bench.desk(KEY, PATH, json!({"receive_type": "user"})).await.ok();
    bench.desk(KEY, PATH, json!({"receiver_id": "nobody"})).await.refused(404, 154_004);
    bench.desk(KEY, &format!("{PATH}?user_id_type=union_id"), json!({"receiver_id": "on_1"})).await.ok();
    bench.desk(KEY, &format!("{PATH}?user_id_type=email"), json!({"receiver_id": "a@b.example"})).await.refused(400, 154_000);
    bench.world(json!({"op": "add_person", "person": {"open_id": "ou_far", "unavailable": true}}));
    bench.desk(KEY, PATH, json!({"receiver_id": "ou_far"})).await.refused(403, 154_003);
    bench.open("POST", "/_sandbox/faults", &json!({"endpoint": "helpdesk_send", "code": 155_000, "count": 1})).await;
    bench.desk(KEY, PATH, json!({"receive_type": "user"})).await.refused(500, 155_000);
}

#[tokio::test]
async fn a_hundred_a_minute() {
    let bench = Bench::start().await;
    for _ in 0..100 {
        bench.desk(KEY, PATH, json!({})).await.ok();
    }
    let refused = bench.desk(KEY, PATH, json!({})).await.refused(429, 99_991_400);
    assert_eq!(refused.headers["x-ogw-ratelimit-limit"], "100");
    assert_eq!(refused.headers["x-ogw-ratelimit-reset"], "60");
    bench.pass(Duration::from_secs(60));
    bench.desk(KEY, PATH, json!({})).await.ok();
}

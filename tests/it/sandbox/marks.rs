//! Pins and reactions.

use super::{Answer, Bench};
use serde_json::{Value, json};
use std::time::Duration;

impl Bench {
    async fn pin(&self, id: &str) -> Answer {
        self.call("POST", "/open-apis/im/v1/pins", &json!({"message_id": id})).await
    }

    async fn unpin(&self, id: &str) -> Answer {
        self.call("DELETE", &format!("/open-apis/im/v1/pins/{id}"), &Value::Null).await
    }

    async fn pins(&self, query: &str) -> Answer {
        self.call("GET", &format!("/open-apis/im/v1/pins?{query}"), &Value::Null).await
    }

    async fn react(&self, id: &str, emoji: Value) -> Answer {
        let path = format!("/open-apis/im/v1/messages/{id}/reactions");
        self.call("POST", &path, &json!({"reaction_type": {"emoji_type": emoji}})).await
    }

    async fn unreact(&self, id: &str, reaction: &str) -> Answer {
        self.call("DELETE", &format!("/open-apis/im/v1/messages/{id}/reactions/{reaction}"), &Value::Null).await
    }

    async fn reactions(&self, id: &str, query: &str) -> Answer {
        self.call("GET", &format!("/open-apis/im/v1/messages/{id}/reactions?{query}"), &Value::Null).await
    }
}

#[tokio::test]
async fn pins_come_and_go() {
    let bench = Bench::start().await;
    let id = bench.sent("oc_a").await;
    let pin = bench.pin(&id).await.ok()["pin"].clone();
    let expected = json!({
        "message_id": id, "chat_id": "oc_a", "operator_id": "cli_a1b2c3d4e5f60718", "operator_id_type": "app_id",
        "create_time": bench.now().as_millisecond().to_string(),
    });
    assert_eq!(pin, expected);
    bench.pass(Duration::from_secs(2));
    assert_eq!(bench.pin(&id).await.ok()["pin"], expected, "the pin that is there");
    assert_eq!(bench.pins("chat_id=oc_a").await.ok(), json!({"items": [expected], "has_more": false, "page_token": ""}));
    assert_eq!(bench.unpin(&id).await.ok(), json!({}));
    bench.unpin(&id).await.ok();
    assert_eq!(bench.pins("chat_id=oc_a").await.ok()["items"], json!([]));
    let gone = bench.sent("oc_a").await;
    bench.pin(&gone).await.ok();
    bench.sandbox.recall(&gone, "ou_1");
    bench.pin(&gone).await.refused(400, 230_011);
    bench.unpin(&gone).await.ok();
    assert_eq!(bench.pins("chat_id=oc_a").await.ok()["items"], json!([]), "what was taken back is no pin");
}

#[tokio::test]
async fn pins_are_listed_newest_first_by_time_and_page() {
    let bench = Bench::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let id = bench.sent("oc_a").await;
        bench.pin(&id).await.ok();
        ids.push(id);
        bench.pass(Duration::from_secs(1));
    }
    let found = |data: &Value| -> Vec<String> {
        data["items"].as_array().unwrap().iter().map(|pin| pin["message_id"].as_str().unwrap().to_owned()).collect()
    };
    let first = bench.pins("chat_id=oc_a&page_size=2").await.ok();
    assert_eq!((found(&first), &first["has_more"]), (vec![ids[2].clone(), ids[1].clone()], &json!(true)));
    let token = first["page_token"].as_str().unwrap();
    let rest = bench.pins(&format!("chat_id=oc_a&page_size=2&page_token={token}")).await.ok();
    assert_eq!((found(&rest), &rest["has_more"]), (vec![ids[0].clone()], &json!(false)));
    let start = bench.now().as_millisecond() - 3000;
    let window = bench.pins(&format!("chat_id=oc_a&start_time={}&end_time={}", start + 1000, start + 1999)).await.ok();
    assert_eq!(found(&window), [ids[1].clone()], "times are milliseconds");
}

#[tokio::test]
async fn pinning_is_refused_as_documented() {
    let bench = Bench::start().await;
    let id = bench.sent("oc_a").await;
    bench.pin("om_unknown").await.refused(400, 99_992_354);
    bench.pin("").await.refused(400, 99_992_402);
    let content = "{\"type\":\"divider\",\"params\":{\"divider_text\":{\"text\":\"x\"}}}";
    let system = json!({"receive_id": "ou_1", "msg_type": "system", "content": content});
    let system = bench.call("POST", "/open-apis/im/v1/messages?receive_id_type=open_id", &system).await.ok();
    bench.pin(system["message_id"].as_str().unwrap()).await.refused(400, 230_054);
    for (query, code) in [
        ("", 99_992_402),
        ("chat_id=nonsense", 230_045),
        ("chat_id=oc_a&page_size=51", 99_992_402),
        ("chat_id=oc_a&page_token=x", 99_992_402),
        ("chat_id=oc_a&start_time=soon", 99_992_402),
        ("chat_id=oc_a&start_time=2&end_time=1", 230_001),
    ] {
        bench.pins(query).await.refused(400, code);
    }
    bench.world(json!({"op": "update_chat", "chat_id": "oc_a", "pin_by_admins": true, "owner_id": "ou_boss"}));
    bench.pin(&id).await.refused(400, 230_046);
    bench.unpin(&id).await.refused(400, 230_046);
    bench.world(json!({"op": "remove_bot", "chat_id": "oc_a"}));
    for answer in [bench.pin(&id).await, bench.unpin(&id).await, bench.pins("chat_id=oc_a").await] {
        answer.refused(400, 230_002);
    }
    bench.world(json!({"op": "dissolve_chat", "chat_id": "oc_a"}));
    for answer in [bench.pin(&id).await, bench.unpin(&id).await, bench.pins("chat_id=oc_a").await] {
        answer.refused(400, 232_009);
    }
}

#[tokio::test]
async fn pins_have_limits_of_their_own() {
    let bench = Bench::start().await;
    let id = bench.sent("oc_a").await;
    for n in 0..5 {
        let answer = if n % 2 == 0 { bench.pin(&id).await } else { bench.unpin(&id).await };
        answer.ok();
    }
    bench.unpin(&id).await.refused(400, 230_047);
    let other = bench.token_of("cli_other").await;
    for n in 0..51 {
        let token = if n % 2 == 0 { &bench.token } else { &other };
        let answer = bench.request("GET", "/open-apis/im/v1/pins?chat_id=oc_a", &Value::Null, Some(token)).await;
        if n < 50 { drop(answer.ok()) } else { drop(answer.refused(400, 230_048)) }
    }
    bench.pass(Duration::from_secs(1));
    bench.unpin(&id).await.ok();
}

#[tokio::test]
async fn reactions_come_and_go() {
    let bench = Bench::start().await;
    let id = bench.sent("oc_a").await;
    let made = bench.react(&id, json!("DONE")).await.ok();
    assert_eq!(
        (&made["operator"], &made["reaction_type"]),
        (&json!({"operator_id": "cli_a1b2c3d4e5f60718", "operator_type": "app"}), &json!({"emoji_type": "DONE"}))
    );
    assert_eq!(made["action_time"], bench.now().as_millisecond().to_string());
    let reaction = made["reaction_id"].as_str().unwrap();
    assert_eq!(bench.react(&id, json!("DONE")).await.ok()["reaction_id"], reaction);
    assert_eq!(bench.sandbox.message(&id).unwrap().reactions.len(), 1);
    assert_eq!(bench.unreact(&id, reaction).await.ok()["reaction_id"], reaction);
    assert!(bench.sandbox.message(&id).unwrap().reactions.is_empty());
    bench.unreact(&id, reaction).await.refused(400, 231_011);
}

#[tokio::test]
async fn reactions_are_listed_by_kind_and_page() {
    let bench = Bench::start().await;
    let id = bench.sent("oc_a").await;
    let by = bench.sandbox.react(&id, "wang@example.com", "THUMBSUP").unwrap();
    bench.react(&id, json!("DONE")).await.ok();
    let shown = bench.open("POST", "/_sandbox/react", &json!({"message_id": id, "by": "ou_2", "emoji_type": "DONE"})).await;
    assert_eq!((shown.http, &shown.json["by"]), (200, &json!({"kind": "person", "id": "ou_2"})));
    let first = bench.reactions(&id, "page_size=2").await.ok();
    assert_eq!((first["items"].as_array().unwrap().len(), &first["has_more"]), (2, &json!(true)));
    assert_eq!(
        (&first["items"][0]["reaction_id"], &first["items"][0]["operator"]["operator_type"]),
        (&json!(by.reaction_id), &json!("user"))
    );
    let rest = bench.reactions(&id, &format!("page_size=2&page_token={}", first["page_token"].as_str().unwrap())).await.ok();
    assert_eq!((&rest["items"][0]["operator"]["operator_id"], &rest["has_more"]), (&json!("ou_2"), &json!(false)));
    let done = bench.reactions(&id, "reaction_type=DONE&user_id_type=union_id").await.ok();
    let union = bench.sandbox.world().people["ou_2"].union_id.clone();
    assert_eq!((done["items"].as_array().unwrap().len(), &done["items"][1]["operator"]["operator_id"]), (2, &json!(union)));
    for (query, code) in
        [("reaction_type=Done", 231_001), ("page_token=nonsense", 231_012), ("user_id_type=email", 231_014), ("page_size=51", 99_992_402)]
    {
        bench.reactions(&id, query).await.refused(400, code);
    }
    assert!(bench.sandbox.react(&id, "ou_1", "done").is_none());
    assert_eq!(bench.open("POST", "/_sandbox/react", &json!({"message_id": id, "by": "ou_2", "emoji_type": "x"})).await.http, 400);
}

#[tokio::test]
async fn reactions_are_refused_as_documented() {
    let bench = Bench::start().await;
    let (id, other) = (bench.sent("oc_a").await, bench.sent("oc_a").await);
    for (emoji, code) in [(json!("Done"), 231_001), (json!(""), 231_001), (Value::Null, 99_992_402), (json!(1), 9499)] {
        bench.react(&id, emoji).await.refused(400, code);
    }
    bench.react("om_unknown", json!("DONE")).await.refused(400, 99_992_354);
    let theirs = bench.sandbox.react(&id, "ou_1", "DONE").unwrap().reaction_id;
    bench.unreact(&id, &theirs).await.refused(400, 231_007);
    bench.unreact(&other, &theirs).await.refused(400, 231_010);
    bench.unreact(&id, "nonsense").await.refused(400, 231_011);
    bench.sandbox.recall(&other, "ou_1");
    bench.react(&other, json!("DONE")).await.refused(400, 231_003);
    bench.reactions(&other, "").await.refused(400, 231_003);
    bench.world(json!({"op": "remove_bot", "chat_id": "oc_a"}));
    bench.react(&id, json!("DONE")).await.refused(400, 231_002);
    bench.unreact(&id, &theirs).await.refused(400, 231_002);
    bench.reactions(&id, "").await.refused(400, 231_008);
    bench.world(json!({"op": "dissolve_chat", "chat_id": "oc_a"}));
    bench.react(&id, json!("DONE")).await.refused(400, 231_004);
}

#[tokio::test]
async fn messages_to_people_out_of_reach_are_left_alone() {
    let bench = Bench::start().await;
    let body = super::message("ou_1", "text", &json!({"text": "x"}));
    let sent = bench.call("POST", "/open-apis/im/v1/messages?receive_id_type=open_id", &body).await.ok();
    let (id, chat) = (sent["message_id"].as_str().unwrap(), sent["chat_id"].as_str().unwrap());
    bench.world(json!({"op": "add_person", "person": {"open_id": "ou_1", "unavailable": true}}));
    bench.pin(id).await.refused(400, 230_013);
    bench.react(id, json!("DONE")).await.refused(400, 231_022);
    for path in [
        format!("messages/{id}"),
        format!("messages/{id}/read_users?user_id_type=open_id"),
        format!("messages?container_id_type=chat&container_id={chat}"),
    ] {
        bench.call("GET", &format!("/open-apis/im/v1/{path}"), &Value::Null).await.refused(400, 230_013);
    }
    let urgent = format!("/open-apis/im/v1/messages/{id}/urgent_app");
    bench.call("PATCH", &urgent, &json!({"user_id_list": ["ou_1"]})).await.refused(400, 230_013);
}

//! Chats as the bot sees them.

use super::Bench;
use serde_json::{Value, json};

#[tokio::test]
async fn chats_are_listed_in_pages() {
    let bench = Bench::start().await;
    let get = |query: &'static str| {
        let bench = &bench;
        async move { bench.call("GET", &format!("/open-apis/im/v1/chats{query}"), &Value::Null).await }
    };
    let all = get("").await.ok();
    let names: Vec<&str> = all["items"].as_array().unwrap().iter().map(|chat| chat["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"值班告警"), "{names:?}");
    let first = get("?page_size=2").await.ok();
    assert_eq!((&first["has_more"], first["items"].as_array().unwrap().len()), (&json!(true), 2));
    let token = first["page_token"].as_str().unwrap();
    let rest = bench.call("GET", &format!("/open-apis/im/v1/chats?page_size=100&page_token={token}"), &Value::Null).await.ok();
    assert_eq!(rest["items"].as_array().unwrap().len() + 2, names.len());
    get("?page_size=101").await.refused(400, 99_992_402);
    let people = super::message("wang@example.com", "text", &json!({"text": "x"}));
    bench.call("POST", "/open-apis/im/v1/messages?receive_id_type=email", &people).await.ok();
    assert_eq!(get("").await.ok()["items"].as_array().unwrap().len(), names.len(), "one-to-one chats are not listed");
}

#[tokio::test]
async fn a_chat_tells_insiders_more() {
    let bench = Bench::start().await;
    let path = "/open-apis/im/v1/chats/oc_00000000000000000000000000000001";
    let inside = bench.call("GET", path, &Value::Null).await.ok();
    assert_eq!((&inside["name"], &inside["chat_mode"], &inside["user_count"]), (&json!("值班告警"), &json!("group"), &json!("4")));
    let is_in = format!("{path}/members/is_in_chat");
    assert_eq!(bench.call("GET", &is_in, &Value::Null).await.ok()["is_in_chat"], true);
    bench.world(json!({"op": "remove_bot", "chat_id": "oc_00000000000000000000000000000001"}));
    let outside = bench.call("GET", path, &Value::Null).await.ok();
    assert_eq!((&outside["name"], outside.get("chat_mode")), (&json!("值班告警"), None));
    assert_eq!(bench.call("GET", &is_in, &Value::Null).await.ok()["is_in_chat"], false);
    bench.call("GET", "/open-apis/im/v1/chats/nonsense", &Value::Null).await.refused(400, 232_006);
}

#[tokio::test]
async fn chats_come_oldest_first_or_by_activity() {
    let bench = Bench::start().await;
    let names = |query: &'static str| {
        let bench = &bench;
        async move {
            let data = bench.call("GET", &format!("/open-apis/im/v1/chats?{query}"), &Value::Null).await.ok();
            data["items"].as_array().unwrap().iter().map(|chat| chat["chat_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    bench.sent("oc_z").await;
    bench.sent("oc_a").await;
    let oldest = names("sort_type=ByCreateTimeAsc").await;
    assert_eq!(oldest[oldest.len() - 2..], ["oc_z", "oc_a"], "not by name");
    assert_eq!(names("").await, oldest);
    bench.sent("oc_z").await;
    assert_eq!(names("sort_type=ByActiveTimeDesc&page_size=2").await, ["oc_z", "oc_a"]);
    bench.call("GET", "/open-apis/im/v1/chats?sort_type=ByName", &Value::Null).await.refused(400, 99_992_402);
    let first = bench.call("GET", "/open-apis/im/v1/chats?page_size=2", &Value::Null).await.ok();
    bench.sent("oc_0").await;
    let token = first["page_token"].as_str().unwrap();
    let rest = bench.call("GET", &format!("/open-apis/im/v1/chats?page_token={token}"), &Value::Null).await.ok();
    assert_eq!(rest["items"].as_array().unwrap().len() + 2, oldest.len() + 1, "new chats do not move the pages");
}

#[tokio::test]
async fn chats_are_found_by_name_and_by_member() {
    let bench = Bench::start().await;
    bench.world(json!({"op": "add_chat", "chat": {"chat_id": "oc_open", "name": "Open Ops", "public": true}}));
    bench.world(json!({"op": "add_chat", "chat": {"chat_id": "oc_closed", "name": "Closed Ops"}}));
    let search = |query: String| {
        let bench = &bench;
        async move {
            let data = bench.call("GET", &format!("/open-apis/im/v1/chats/search?{query}"), &Value::Null).await.ok();
            data["items"].as_array().unwrap().iter().map(|chat| chat["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }
    };
    for (query, found) in [
        ("query=数据库", vec!["数据库告警"]),
        ("query=王磊", vec!["值班告警", "数据库告警", "业务告警", "运维备用"]),
        ("query=OPS", vec!["Open Ops"]),
        ("query=nothing", vec![]),
        ("query=", vec![]),
        ("", vec![]),
        ("query=告警&page_size=1", vec!["值班告警"]),
    ] {
        assert_eq!(search(query.to_owned()).await, found, "{query}");
    }
    assert!(search(format!("query={}", "告".repeat(65))).await.is_empty());
    bench.call("GET", "/open-apis/im/v1/chats/search?query=x&page_size=101", &Value::Null).await.refused(400, 99_992_402);
}

//! Tokens, the gateway's checks, look-ups and the bot's identity.

use super::{Bench, message};
use serde_json::{Value, json};
use std::time::Duration;

const TOKEN: &str = "/open-apis/auth/v3/tenant_access_token/internal";
const SEND: &str = "/open-apis/im/v1/messages?receive_id_type=chat_id";

#[tokio::test]
async fn tokens_are_flat_and_reissued_late() {
    let bench = Bench::start().await;
    let ask = || async { bench.open("POST", TOKEN, &json!({"app_id": "cli_x", "app_secret": "s"})).await.json };
    let first = ask().await;
    assert_eq!((first["code"].as_i64(), first["expire"].as_i64()), (Some(0), Some(7200)));
    assert!(first.get("data").is_none());
    bench.pass(Duration::from_secs(5400));
    let same = ask().await;
    assert_eq!((&same["tenant_access_token"], same["expire"].as_i64()), (&first["tenant_access_token"], Some(1800)));
    bench.pass(Duration::from_secs(1));
    let second = ask().await;
    assert_ne!(second["tenant_access_token"], first["tenant_access_token"]);
    let info = "/open-apis/bot/v3/info";
    for token in [&first, &second] {
        let answer = bench.request("GET", info, &Value::Null, token["tenant_access_token"].as_str()).await;
        assert_eq!(answer.code(), 0);
    }
    bench.pass(Duration::from_secs(1800));
    bench.request("GET", info, &Value::Null, first["tenant_access_token"].as_str()).await.refused(400, 99_991_663);
}

#[tokio::test]
async fn the_gateway_looks_at_the_token() {
    let bench = Bench::start().await;
    let body = message("oc_a", "text", &json!({"text": "x"}));
    for (token, code) in [(None, 99_991_661), (Some("t-unknown"), 99_991_663), (Some("abc"), 99_991_671), (Some("u-1"), 99_991_668)] {
        bench.request("POST", SEND, &body, token).await.refused(400, code);
    }
    assert_eq!(bench.sandbox.expire_tokens(None), 1);
    bench.call("POST", SEND, &body).await.refused(400, 99_991_663);
}

#[tokio::test]
async fn listed_apps_are_checked() {
    let bench = Bench::start().await;
    bench.open("POST", TOKEN, &json!({"app_id": "cli_x"})).await.refused(400, 10_003);
    bench.world(json!({"op": "add_app", "app_id": "cli_x", "app": {"app_secret": "right", "denied": ["send"]}}));
    bench.open("POST", TOKEN, &json!({"app_id": "cli_x", "app_secret": "wrong"})).await.refused(400, 10_015);
    bench.open("POST", TOKEN, &json!({"app_id": "cli_y", "app_secret": "s"})).await.refused(400, 99_991_543);
    let token = bench.open("POST", TOKEN, &json!({"app_id": "cli_x", "app_secret": "right"})).await.json["tenant_access_token"].clone();
    let body = message("oc_a", "text", &json!({"text": "x"}));
    let answer = bench.request("POST", SEND, &body, token.as_str()).await.refused(400, 99_991_672);
    assert!(answer.msg().contains("im:message:send_as_bot"), "{}", answer.json);
    bench.world(json!({"op": "add_app", "app_id": "cli_x", "app": {"bot_off": true}}));
    bench.request("POST", SEND, &body, token.as_str()).await.refused(400, 230_006);
    bench.world(json!({"op": "add_app", "app_id": "cli_x", "app": {"disabled": true}}));
    bench.request("POST", SEND, &body, token.as_str()).await.refused(400, 99_991_662);
    bench.open("POST", TOKEN, &json!({"app_id": "cli_x", "app_secret": "right"})).await.refused(400, 10_014);
}

#[tokio::test]
async fn a_monthly_quota_ends() {
    let bench = Bench::start().await;
    bench.world(json!({"op": "set_quota", "left": 1}));
    bench.text("oc_a", "x").await.ok();
    bench.text("oc_a", "x").await.refused(400, 99_991_403);
    let lookup = json!({"emails": ["wang@example.com"]});
    bench.call("POST", "/open-apis/contact/v3/users/batch_get_id", &lookup).await.ok();
}

#[tokio::test]
async fn paths_and_methods_are_known() {
    let bench = Bench::start().await;
    bench.call("GET", "/open-apis/im/v1/nothing", &Value::Null).await.refused(404, 99_991_201);
    bench.call("DELETE", "/open-apis/im/v1/messages", &Value::Null).await.refused(405, 99_991_301);
}

#[tokio::test]
async fn people_are_looked_up() {
    let bench = Bench::start().await;
    let path = "/open-apis/contact/v3/users/batch_get_id?user_id_type=open_id";
    let body = json!({"emails": ["wang@example.com", "no@corp.invalid"], "mobiles": ["13800000002"]});
    let users = bench.call("POST", path, &body).await.ok()["user_list"].clone();
    assert_eq!(users.as_array().unwrap().len(), 3);
    assert!(users[0]["user_id"].as_str().unwrap().starts_with("ou_"));
    assert_eq!(users[0]["status"]["is_activated"], true);
    assert_eq!(users[1], json!({"email": "no@corp.invalid"}));
    assert_eq!(users[2]["mobile"], "13800000002");

    let many: Vec<String> = (0..51).map(|n| format!("p{n}@example.com")).collect();
    bench.call("POST", path, &json!({"emails": many})).await.refused(400, 99_992_402);
    bench.call("POST", "/open-apis/contact/v3/users/batch_get_id?user_id_type=email", &body).await.refused(400, 99_992_402);

    bench.world(json!({"op": "remove_person", "id": "wang@example.com"}));
    let users = bench.call("POST", path, &body).await.ok()["user_list"].clone();
    assert_eq!(users[0], json!({"email": "wang@example.com"}), "who was removed stays unknown");
}

#[tokio::test]
async fn the_bot_knows_itself() {
    let bench = Bench::start().await;
    let answer = bench.call("GET", "/open-apis/bot/v3/info", &Value::Null).await;
    assert_eq!(answer.code(), 0);
    assert_eq!(answer.json["bot"]["activate_status"], 2);
    assert!(answer.json["bot"]["open_id"].as_str().unwrap().starts_with("ou_"));
}

//! Custom bots.

use super::{Bench, card};
use larkhook::sandbox::Sender;
use serde_json::{Value, json};

const HOOK: &str = "/open-apis/bot/v2/hook/h1";

fn text(text: &str) -> Value {
    json!({"msg_type": "text", "content": {"text": text}})
}

#[tokio::test]
async fn a_custom_bot_speaks_in_its_group() {
    let bench = Bench::start().await;
    let answer = bench.open("POST", HOOK, &text("disk")).await;
    assert_eq!(answer.json, json!({"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"}));
    bench.open("POST", HOOK, &json!({"msg_type": "interactive", "card": card("x")})).await;
    let post = json!({"post": {"zh_cn": {"title": "t", "content": [[{"tag": "text", "text": "x"}]]}}});
    bench.open("POST", HOOK, &json!({"msg_type": "post", "content": post})).await;
    assert_eq!(bench.sandbox.hook_url("h1"), bench.url(HOOK));
    let messages = bench.sandbox.messages();
    assert_eq!(messages.iter().map(|m| m.msg_type.as_str()).collect::<Vec<_>>(), ["text", "interactive", "post"]);
    assert!(messages.iter().all(|m| m.sender == Sender::Hook("h1".to_owned())));
}

#[tokio::test]
async fn refusals_come_with_http_200() {
    let bench = Bench::with(|options| options.limits = false).await;
    let post = |body: Value| {
        let bench = &bench;
        async move { bench.open("POST", HOOK, &body).await }
    };
    post(json!({"content": {"text": "x"}})).await.refused(200, 19_002);
    post(json!({"msg_type": "markdown", "content": {}})).await.refused(200, 19_002);
    post(json!({"msg_type": "text", "content": "{\"text\":\"x\"}"})).await.refused(200, 19_002);
    post(json!("x")).await.refused(200, 9499);
    post(text(&"x".repeat(20_000))).await.refused(200, 9499);
    post(text(&"x".repeat(30_000))).await.refused(200, 19_036);
    let md = json!({"msg_type": "post", "content": {"post": {"zh_cn": {"content": [[{"tag": "md", "text": "x"}]]}}}});
    post(md).await.refused(200, 19_002);
    let bad = post(json!({"msg_type": "interactive", "card": {"schema": "2.0", "body": {"elements": [{"tag": "note"}]}}}))
        .await
        .refused(200, 11_246);
    assert!(bad.msg().contains("ErrCode: 200861"), "{}", bad.json);
    let email = post(json!({"msg_type": "interactive", "card": card("<at email=wang@example.com></at>")})).await.refused(200, 11_246);
    assert!(email.msg().contains("ErrCode: 100290"), "{}", email.json);
    bench.world(json!({"op": "remove_hook", "token": "h1"}));
    post(text("x")).await.refused(200, 19_001);
    assert!(bench.sandbox.messages().is_empty());
}

#[tokio::test]
async fn signatures_keywords_and_addresses_are_checked() {
    let bench = Bench::start().await;
    let post = |body: Value| {
        let bench = &bench;
        async move { bench.open("POST", HOOK, &body).await }
    };
    bench.world(json!({"op": "add_hook", "hook": {"token": "h1", "secret": "SecretFromBotSettings"}}));
    post(text("x")).await.refused(200, 19_021);
    let mut signed = text("x");
    signed["timestamp"] = "1700000000".into();
    signed["sign"] = "tb5emr2xK1FGFKSUO40zrsEhpiFBMpN0p2gF19AqoHA=".into();
    post(signed).await.refused(200, 19_021);

    bench.world(json!({"op": "add_hook", "hook": {"token": "h1", "keywords": ["告警", "alert"]}}));
    let refused = post(text("disk")).await.refused(200, 19_024);
    assert_eq!(refused.json, json!({"code": 19_024, "msg": "Key Words Not Found", "data": {}}));
    assert_eq!(post(text("磁盘告警")).await.code(), 0);

    bench.world(json!({"op": "add_hook", "hook": {"token": "h1", "ips": ["10.0.0.0/8"]}}));
    post(text("x")).await.refused(200, 19_022);
}

#[tokio::test]
async fn a_good_signature_passes() {
    let bench =
        Bench::with(|options| options.clock = larkhook::util::clock::Clock::from_fn(|| larkhook::util::clock::from_ms(1_700_000_100_000)))
            .await;
    bench.world(json!({"op": "add_hook", "hook": {"token": "h1", "secret": "密钥"}}));
    let mut signed = text("x");
    signed["timestamp"] = "1700000000".into();
    signed["sign"] = "cyn+2wyXar1IIl3eihT1dIzSxsVv1BFWCgy6prBcWJM=".into();
    assert_eq!(bench.open("POST", HOOK, &signed).await.code(), 0);
}

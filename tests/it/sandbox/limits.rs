//! Rate limits as sliding windows, with a clock that only moves when told.

use super::{Bench, card, message};
use larkhook::sandbox::Switches;
use serde_json::{Value, json};
use std::time::Duration;

const SEND: &str = "/open-apis/im/v1/messages?receive_id_type=chat_id";

#[tokio::test]
async fn a_chat_takes_five_a_second_from_all_bots_together() {
    let bench = Bench::start().await;
    let other = bench.token_of("cli_other").await;
    let body = message("oc_a", "text", &json!({"text": "x"}));
    for token in [&bench.token, &other, &bench.token, &other, &bench.token] {
        bench.request("POST", SEND, &body, Some(token)).await.ok();
    }
    bench.request("POST", SEND, &body, Some(&other)).await.refused(400, 230_020);
    bench.text("oc_b", "x").await.ok();
    bench.pass(Duration::from_millis(999));
    bench.text("oc_a", "x").await.refused(400, 230_020);
    bench.pass(Duration::from_millis(1));
    bench.text("oc_a", "x").await.ok();
    assert_eq!(bench.sandbox.messages().len(), 7, "what was refused did not arrive");
}

#[tokio::test]
async fn replies_count_for_the_chat_and_updates_for_the_message() {
    let bench = Bench::start().await;
    let id = bench.card("oc_a", &card("0")).await;
    for _ in 0..4 {
        bench.reply(&id, json!({})).await.ok();
    }
    bench.reply(&id, json!({})).await.refused(400, 230_020);
    for n in 0..5 {
        bench.patch(&id, &card(&n.to_string())).await.ok();
    }
    bench.patch(&id, &card("6")).await.refused(400, 230_020);
    bench.pass(Duration::from_secs(1));
    bench.patch(&id, &card("6")).await.ok();
}

#[tokio::test]
async fn a_person_takes_five_a_second_by_whichever_id() {
    let bench = Bench::start().await;
    let person = bench.sandbox.world().people.values().find(|p| p.email == "li@example.com").unwrap().clone();
    let ids = [("email", &person.email), ("open_id", &person.open_id), ("union_id", &person.union_id), ("user_id", &person.user_id)];
    for n in 0..6 {
        let (kind, id) = ids[n % 4];
        let path = format!("/open-apis/im/v1/messages?receive_id_type={kind}");
        let answer = bench.call("POST", &path, &message(id, "text", &json!({"text": "x"}))).await;
        if n < 5 { drop(answer.ok()) } else { drop(answer.refused(400, 230_020)) }
    }
}

#[tokio::test]
async fn an_api_takes_fifty_a_second_and_a_thousand_a_minute() {
    let bench = Bench::start().await;
    let mut sent = 0;
    for second in 0..20 {
        for n in 0..50 {
            bench.text(&format!("oc_{second}_{n}"), "x").await.ok();
            sent += 1;
        }
        if second == 0 {
            let answer = bench.text("oc_more", "x").await.refused(429, 99_991_400);
            assert_eq!(answer.msg(), "request trigger frequency limit");
            assert_eq!(
                (&answer.headers["x-ogw-ratelimit-limit"], &answer.headers["x-ogw-ratelimit-reset"]),
                (&"50".parse().unwrap(), &"1".parse().unwrap())
            );
        }
        bench.pass(Duration::from_secs(1));
    }
    assert_eq!(sent, 1000);
    let answer = bench.text("oc_more", "x").await.refused(429, 99_991_400);
    assert_eq!(
        (&answer.headers["x-ogw-ratelimit-limit"], &answer.headers["x-ogw-ratelimit-reset"]),
        (&"1000".parse().unwrap(), &"40".parse().unwrap())
    );
    bench.call("GET", "/open-apis/im/v1/chats", &Value::Null).await.ok();
    let other = bench.token_of("cli_other").await;
    bench.request("POST", SEND, &message("oc_more", "text", &json!({"text": "x"})), Some(&other)).await.ok();
    bench.pass(Duration::from_secs(40));
    bench.text("oc_more", "x").await.ok();
}

#[tokio::test]
async fn a_custom_bot_takes_five_a_second_and_a_hundred_a_minute() {
    let bench = Bench::start().await;
    let post = || async { bench.open("POST", "/open-apis/bot/v2/hook/h1", &json!({"msg_type": "text", "content": {"text": "x"}})).await };
    for second in 0..20 {
        for _ in 0..5 {
            assert_eq!(post().await.code(), 0);
        }
        if second == 0 {
            post().await.refused(200, 11_232);
        }
        bench.pass(Duration::from_secs(1));
    }
    let answer = post().await.refused(429, 99_991_400);
    assert_eq!(answer.headers["x-ogw-ratelimit-limit"], "100");
}

#[tokio::test]
async fn limits_can_be_off() {
    let bench = Bench::start().await;
    bench.sandbox.set_switches(Switches { limits: false, ..bench.sandbox.switches() });
    for _ in 0..60 {
        bench.text("oc_a", "x").await.ok();
    }
}

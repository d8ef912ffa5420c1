//! Batches: who gets what and when, ids of nobody, follow-ups, refusals.

use super::{Bench, card, card_v1};
use larkhook::sandbox::{Department, Person, WorldOp};
use serde_json::{Value, json};
use std::time::Duration;

const SEND: &str = "/open-apis/message/v4/batch_send/";

fn to(open_ids: &[&str]) -> Value {
    json!({"open_ids": open_ids, "msg_type": "text", "content": {"text": "磁盘 93%"}})
}

fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

impl Bench {
    async fn batch(&self, body: &Value) -> String {
        let data = self.call("POST", SEND, body).await.ok();
        data["message_id"].as_str().unwrap().to_owned()
    }

    async fn progress(&self, id: &str) -> Value {
        self.call("GET", &format!("/open-apis/im/v1/batch_messages/{id}/get_progress"), &Value::Null).await.ok()
    }

    async fn success(&self, id: &str) -> u64 {
        self.progress(id).await["batch_message_send_progress"]["success_user_ids_count"].as_u64().unwrap()
    }
}

#[tokio::test]
async fn a_batch_is_answered_at_once_and_sent_by_and_by() {
    let bench = Bench::start().await;
    bench.world(json!({"op": "set_batch", "rules": {"people_per_second": 2}}));
    let id = bench.batch(&to(&["ou_1", "ou_2", "ou_3"])).await;
    assert!(id.starts_with("bm-"));
    let none = json!({
        "batch_message_send_progress": {"valid_user_ids_count": 0, "success_user_ids_count": 0, "read_user_ids_count": 0},
        "batch_message_recall_progress": {"recall": false, "recall_count": 0}
    });
    assert_eq!(bench.progress(&id).await, none, "not scheduled yet");
    assert!(bench.sandbox.messages().is_empty());
    bench.pass(Duration::from_millis(500));
    assert_eq!(bench.progress(&id).await["batch_message_send_progress"]["valid_user_ids_count"], 3);
    assert_eq!(bench.success(&id).await, 1);
    bench.pass(Duration::from_millis(500));
    assert_eq!(bench.success(&id).await, 2);
    assert_eq!(bench.sandbox.messages().len(), 2);
    bench.pass(Duration::from_secs(60));
    let messages = bench.sandbox.messages();
    assert_eq!((messages.len(), bench.success(&id).await), (3, 3));
    assert!(messages.iter().all(|message| message.batch_id.as_deref() == Some(id.as_str()) && message.content()["text"] == "磁盘 93%"));
    assert!(bench.sandbox.set_batch_reads(&id, 2));
    let read = bench.call("GET", &format!("/open-apis/im/v1/batch_messages/{id}/read_user"), &Value::Null).await.ok();
    assert_eq!(read, json!({"read_user": {"read_count": "2", "total_count": "3"}}));
}

#[tokio::test]
async fn batches_of_one_app_go_one_after_the_other() {
    let bench = Bench::start().await;
    bench.world(json!({"op": "set_batch", "rules": {"people_per_second": 1, "starts_after_ms": 0}}));
    let first = bench.batch(&to(&["ou_1", "ou_2"])).await;
    let second = bench.batch(&to(&["ou_1"])).await;
    bench.pass(Duration::from_millis(1999));
    assert_eq!((bench.success(&first).await, bench.success(&second).await), (2, 0));
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.success(&second).await, 1);
    assert_eq!(bench.sandbox.batch_receipts()["ou_1"], 2);
}

#[tokio::test]
async fn everybody_gets_it_once_and_nobody_is_named_back() {
    let bench = Bench::start().await;
    let member = |id: &str| Person { open_id: id.to_owned(), user_id: format!("user-{id}"), ..Person::default() };
    bench.sandbox.apply(WorldOp::AddPerson { person: member("ou_a") }).unwrap();
    bench.sandbox.apply(WorldOp::AddPerson { person: Person { resigned: true, ..member("ou_gone") } }).unwrap();
    for (id, parent, who) in [("od-top", "", "ou_a"), ("od-below", "od-top", "ou_b")] {
        bench.sandbox.apply(WorldOp::AddPerson { person: member(who) }).unwrap();
        let department = Department {
            open_department_id: id.to_owned(),
            parent: parent.to_owned(),
            members: [who.to_owned()].into(),
            ..Department::default()
        };
        bench.sandbox.apply(WorldOp::AddDepartment { department }).unwrap();
    }
    let body = json!({
        "open_ids": ["ou_a", "ou_a", "nobody"], "user_ids": ["user-ou_a", "user-ou_gone", "unknown"], "union_ids": ["bad"],
        "department_ids": ["od-top", "sales"], "msg_type": "interactive", "card": card("x"),
    });
    let data = bench.call("POST", SEND, &body).await.ok();
    let invalid = |name: &str| data[format!("invalid_{name}")].clone();
    assert_eq!((invalid("open_ids"), invalid("user_ids")), (json!(["nobody"]), json!(["unknown"])));
    assert_eq!((invalid("union_ids"), invalid("department_ids")), (json!(["bad"]), json!(["sales"])));
    bench.pass(Duration::from_secs(60));
    let batch = &bench.sandbox.batches()[0];
    assert_eq!(batch.people, ["ou_a", "ou_gone", "ou_b"]);
    assert_eq!(batch.reached, ["ou_a", "ou_b"]);
    assert_eq!((batch.progress.valid, batch.progress.success), (3, 2));
    assert!(bench.sandbox.batch_receipts().values().all(|count| *count == 1));
    assert_eq!(bench.sandbox.messages().len(), 2);
}

#[tokio::test]
async fn ten_thousand_people_take_little_time() {
    let bench = Bench::with(|options| {
        options.limits = false;
        for n in 0..10_000 {
            options.world.add_person(Person { open_id: format!("ou_{n}"), name: format!("p{n}"), ..Person::default() });
        }
    })
    .await;
    for chunk in (0..10_000).collect::<Vec<_>>().chunks(200) {
        let ids: Vec<String> = chunk.iter().map(|n| format!("ou_{n}")).collect();
        bench.batch(&json!({"open_ids": ids, "msg_type": "text", "content": {"text": "x"}})).await;
    }
    bench.pass(Duration::from_secs(100));
    assert_eq!(bench.sandbox.batch_receipts().len(), 4976, "at 50 a second, the first half a second after the call");
    bench.pass(Duration::from_secs(101));
    let receipts = bench.sandbox.batch_receipts();
    assert_eq!((receipts.len(), receipts.values().max()), (10_000, Some(&1)));
    assert_eq!(bench.sandbox.messages().len(), 10_000);
}

#[tokio::test]
async fn a_batch_is_taken_back_as_a_whole() {
    let bench = Bench::start().await;
    bench.world(json!({"op": "set_batch", "rules": {"people_per_second": 2, "starts_after_ms": 0}}));
    let id = bench.batch(&to(&["ou_1", "ou_2", "ou_3", "ou_4"])).await;
    let path = format!("/open-apis/im/v1/batch_messages/{id}");
    bench.pass(Duration::from_millis(500));
    let message = bench.sandbox.messages()[0].message_id.clone();
    bench.reply(&message, json!({})).await.refused(400, 230_054);
    bench.patch(&message, &card("y")).await.refused(400, 230_001);
    bench.call("DELETE", &format!("/open-apis/im/v1/messages/{message}"), &Value::Null).await.refused(400, 230_054);
    bench.call("DELETE", &path, &Value::Null).await.ok();
    bench.pass(Duration::from_millis(500));
    let recall = |progress: Value| progress["batch_message_recall_progress"].clone();
    assert_eq!(recall(bench.progress(&id).await), json!({"recall": true, "recall_count": 1}));
    bench.pass(Duration::from_secs(60));
    assert_eq!(recall(bench.progress(&id).await), json!({"recall": true, "recall_count": 2}));
    assert_eq!(bench.success(&id).await, 2, "who had no turn before the recall gets nothing");
    assert_eq!(bench.sandbox.messages().iter().filter(|message| message.recalled.is_some()).count(), 2);
}

#[tokio::test]
async fn follow_ups_know_whose_and_how_old() {
    let bench = Bench::start().await;
    let id = bench.batch(&to(&["ou_1"])).await;
    let path = format!("/open-apis/im/v1/batch_messages/{id}");
    let progress = format!("{path}/get_progress");
    bench.call("GET", "/open-apis/im/v1/batch_messages/bm-unknown/read_user", &Value::Null).await.refused(400, 230_030);
    bench.call("GET", "/open-apis/im/v1/batch_messages/om_1/get_progress", &Value::Null).await.refused(400, 230_001);
    let other = bench.token_of("cli_b").await;
    bench.request("GET", &progress, &Value::Null, Some(&other)).await.refused(400, 230_012);
    bench.world(json!({"op": "set_windows", "edit_s": null, "recall_s": 60}));
    bench.pass(Duration::from_secs(61));
    bench.call("DELETE", &path, &Value::Null).await.refused(400, 230_009);
    bench.pass(Duration::from_secs(31 * 86_400));
    let token = bench.token_of("cli_a1b2c3d4e5f60718").await;
    bench.request("GET", &progress, &Value::Null, Some(&token)).await.refused(400, 230_009);
}

#[tokio::test]
async fn contents_are_objects() {
    let bench = Bench::start().await;
    let one = |msg_type: &str, content: Value| json!({"open_ids": ["ou_1"], "msg_type": msg_type, "content": content});
    let post = json!({"zh_cn": {"title": "t", "content": [[{"tag": "text", "text": "x"}]]}});
    for body in [
        one("post", json!({"post": post})),
        one("share_chat", json!({"share_chat_id": "oc_00000000000000000000000000000001"})),
        one("image", json!({"image_key": "img_v3_x"})),
        json!({"open_ids": ["ou_1"], "msg_type": "interactive", "card": card_v1("x")}),
        json!({"open_ids": ["ou_1"], "msg_type": "interactive", "card": {"type": "template", "data": {"template_id": "AAq1"}}}),
    ] {
        bench.batch(&body).await;
    }
    bench.pass(Duration::from_secs(60));
    let kinds: Vec<String> = bench.sandbox.messages().iter().map(|message| message.msg_type.clone()).collect();
    assert_eq!(kinds, ["post", "share_chat", "image", "interactive", "interactive"]);
    assert_eq!(bench.sandbox.messages()[0].content(), &post);
    bench.world(json!({"op": "remove_bot", "chat_id": "oc_nobot"}));
    let md = json!({"post": {"zh_cn": {"content": [[{"tag": "md", "text": "x"}]]}}});
    let image = |key: &str| json!({"open_ids": ["ou_1"], "msg_type": "image", "content": {"image_key": key}});
    for (body, code) in [
        (one("text", json!("{\"text\":\"x\"}")), 10_003),
        (one("text", json!({})), 10_003),
        (one("post", post.clone()), 10_003),
        (one("post", md), 11_246),
        (one("file", json!({"file_key": "file_1"})), 10_003),
        (one("interactive", card("x")), 10_003),
        (one("share_chat", json!({"chat_id": "oc_1"})), 10_003),
        (with(to(&["ou_1"]), json!({"card": card("x")})), 10_003),
        (
            json!({"open_ids": ["ou_1"], "msg_type": "interactive", "card": {"schema": "2.0", "body": {"elements": [{"tag": "note"}]}}}),
            11_246,
        ),
        (json!({"open_ids": ["ou_1"], "msg_type": "interactive", "card": card("<at id=all></at>")}), 11_235),
        (one("text", json!({"text": "<at user_id=\"all\"></at>"})), 11_235),
        (image("nonsense"), 11_227),
        (one("share_chat", json!({"share_chat_id": "oc_nobot"})), 11_231),
        (json!({"msg_type": "text", "content": {"text": "x"}}), 10_003),
        (json!({"open_ids": [], "user_ids": [], "msg_type": "text", "content": {"text": "x"}}), 10_003),
        (json!({"department_ids": ["0"], "msg_type": "text", "content": {"text": "x"}}), 10_003),
        (json!({"open_ids": vec!["ou_1"; 201], "msg_type": "text", "content": {"text": "x"}}), 10_003),
        (json!({"open_ids": ["nobody"], "msg_type": "text", "content": {"text": "x"}}), 11_101),
        (one("text", json!({"text": "x".repeat(150_000)})), 10_002),
    ] {
        bench.call("POST", SEND, &body).await.refused(200, code);
    }
}

#[tokio::test]
async fn bots_scopes_and_days_are_limited() {
    let bench = Bench::start().await;
    let app = |change: Value| json!({"op": "add_app", "app_id": "cli_a1b2c3d4e5f60718", "app": change});
    let department = json!({"department_ids": ["od-1"], "msg_type": "text", "content": {"text": "x"}});
    for (change, body, code) in [
        (json!({"bot_off": true}), to(&["ou_1"]), 11_205),
        (json!({"denied": ["im:message:send_as_bot"]}), to(&["ou_1"]), 11_223),
        (json!({"denied": ["im:message:send_multi_users"]}), to(&["ou_1"]), 11_203),
        (json!({"denied": ["im:message:send_multi_depts"]}), department, 11_204),
    ] {
        bench.world(app(change));
        bench.call("POST", SEND, &body).await.refused(200, code);
    }
    bench.world(app(json!({})));
    bench.world(json!({"op": "set_batch", "rules": {"daily_messages": 3}}));
    bench.batch(&to(&["ou_1", "ou_2"])).await;
    bench.call("POST", SEND, &to(&["ou_1", "ou_2"])).await.refused(200, 11_247);
    bench.batch(&to(&["ou_3"])).await;
    bench.pass(Duration::from_secs(86_400));
    let token = bench.token_of("cli_a1b2c3d4e5f60718").await;
    bench.request("POST", SEND, &to(&["ou_1", "ou_2"]), Some(&token)).await.ok();
}

#[tokio::test]
async fn faults_answer_as_documented() {
    let bench = Bench::start().await;
    let faults = json!([
        {"endpoint": "batch_send", "code": 11_312, "count": 1}, {"endpoint": "batch_send", "code": 230_100, "count": 1},
        {"endpoint": "batch_send", "action": "reset", "when": "after", "count": 1, "target": "ou_lost"},
    ]);
    bench.open("POST", "/_sandbox/faults", &faults).await;
    bench.call("POST", SEND, &to(&["ou_1"])).await.refused(200, 11_312);
    bench.call("POST", SEND, &to(&["ou_1"])).await.refused(200, 230_100);
    bench.attempt("POST", SEND, &to(&["ou_lost"]), Some(&bench.token)).await.unwrap_err();
    bench.pass(Duration::from_secs(10));
    assert_eq!(bench.sandbox.batch_receipts()["ou_lost"], 1);
    let seen = bench.open("GET", "/_sandbox/batches", &Value::Null).await.json;
    assert_eq!((seen["batches"][0]["reached"].clone(), seen["batches"][0]["progress"]["success"].clone()), (json!(["ou_lost"]), json!(1)));
    let reads = format!("/_sandbox/batches/{}/reads", seen["batches"][0]["message_id"].as_str().unwrap());
    assert_eq!(bench.open("PUT", &reads, &json!({"people": 1})).await.http, 204);
    assert_eq!(bench.sandbox.batches()[0].progress.read, 1);
}

//! Who has read a message, and urging people to.

use super::{Answer, Bench, message};
use larkhook::sandbox::{Change, UrgentKind};
use serde_json::{Value, json};
use std::time::Duration;

const GROUP: &str = "oc_00000000000000000000000000000001";

impl Bench {
    async fn urge(&self, id: &str, how: &str, people: Value) -> Answer {
        let path = format!("/open-apis/im/v1/messages/{id}/urgent_{how}?user_id_type=open_id");
        self.call("PATCH", &path, &json!({"user_id_list": people})).await
    }

    fn person(&self, email: &str) -> String {
        self.sandbox.world().people.values().find(|p| p.email == email).unwrap().open_id.clone()
    }

    async fn foreign(&self, chat: &str) -> String {
        let other = self.token_of("cli_other").await;
        let body = message(chat, "text", &json!({"text": "x"}));
        let sent = self.request("POST", "/open-apis/im/v1/messages?receive_id_type=chat_id", &body, Some(&other)).await.ok();
        sent["message_id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn members_are_urged_and_it_is_on_record() {
    let bench = Bench::start().await;
    let id = bench.sent(GROUP).await;
    let (wang, li) = (bench.person("wang@example.com"), bench.person("li@example.com"));
    let mut changes = bench.sandbox.subscribe();
    let data = bench.urge(&id, "app", json!([wang, "ou_stranger"])).await.ok();
    assert_eq!(data["invalid_user_id_list"], json!(["ou_stranger"]));
    assert!(matches!(changes.recv().await.unwrap(), Change::Touched(message) if message.urgents.len() == 1));
    bench.urge(&id, "sms", json!([li])).await.ok();
    bench.urge(&id, "phone", json!([li, li])).await.ok();
    let urgents = bench.sandbox.message(&id).unwrap().urgents.clone();
    let found: Vec<(UrgentKind, &str)> = urgents.iter().map(|urgent| (urgent.kind, urgent.open_id.as_str())).collect();
    assert_eq!(found, [(UrgentKind::App, wang.as_str()), (UrgentKind::Sms, &li), (UrgentKind::Phone, &li)]);
    assert_eq!(urgents[0].at, bench.now());
    let shown = bench.open("GET", &format!("/_sandbox/messages/{id}"), &Value::Null).await.json;
    assert_eq!((&shown["urgents"][1]["kind"], &shown["urgents"][1]["open_id"]), (&json!("sms"), &json!(li)));
    let union = bench.sandbox.world().people[&li].union_id.clone();
    let path = format!("/open-apis/im/v1/messages/{id}/urgent_app?user_id_type=union_id");
    bench.call("PATCH", &path, &json!({"user_id_list": [union]})).await.ok();
    let anybody = bench.sent("oc_made").await;
    bench.urge(&anybody, "app", json!(["ou_x"])).await.ok();
    assert!(bench.sandbox.world().chats["oc_made"].members.contains("ou_x"), "a chat made on first use has everybody in it");
}

#[tokio::test]
async fn urging_is_refused_as_documented() {
    let bench = Bench::start().await;
    let wang = bench.person("wang@example.com");
    let id = bench.sent(GROUP).await;
    let (foreign, recalled) = (bench.foreign(GROUP).await, bench.sent(GROUP).await);
    bench.sandbox.recall(&recalled, &wang);
    let too_many: Vec<String> = (0..201).map(|n| format!("ou_{n}")).collect();
    for (message, people, code) in [
        (&id, json!([]), 99_992_402),
        (&id, json!(too_many), 99_992_402),
        (&id, json!("ou_1"), 9499),
        (&id, json!(["ou_stranger", "nobody"]), 230_001),
        (&foreign, json!([wang]), 230_012),
        (&recalled, json!([wang]), 230_110),
        (&"om_unknown".to_owned(), json!([wang]), 99_992_354),
    ] {
        for how in ["app", "sms", "phone"] {
            let answer = bench.urge(message, how, people.clone()).await;
            assert_eq!((answer.http, answer.code()), (400, code), "{how} {people}: {}", answer.json);
        }
    }
    let path = format!("/open-apis/im/v1/messages/{id}/urgent_app?user_id_type=email");
    bench.call("PATCH", &path, &json!({"user_id_list": [wang]})).await.refused(400, 99_992_402);
    for (change, how, code) in [
        (json!({"folded": true}), "phone", 230_098),
        (json!({"urgent_by_admins": true, "owner_id": wang}), "app", 230_052),
        (json!({"external": true}), "app", 230_027),
    ] {
        let mut op = json!({"op": "update_chat", "chat_id": GROUP});
        op.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        bench.world(op);
        bench.urge(&id, how, json!([wang])).await.refused(400, code);
    }
    bench.world(json!({"op": "remove_bot", "chat_id": GROUP}));
    bench.urge(&id, "app", json!([wang])).await.refused(400, 230_002);
    bench.world(json!({"op": "dissolve_chat", "chat_id": GROUP}));
    bench.urge(&id, "app", json!([wang])).await.refused(400, 232_009);
    assert!(bench.sandbox.message(&id).unwrap().urgents.is_empty());
}

#[tokio::test]
async fn a_folded_chat_is_urged_inside_the_app() {
    let bench = Bench::start().await;
    let id = bench.sent("oc_a").await;
    bench.world(json!({"op": "update_chat", "chat_id": "oc_a", "folded": true}));
    bench.urge(&id, "sms", json!(["ou_1"])).await.refused(400, 230_098);
    bench.urge(&id, "app", json!(["ou_1"])).await.ok();
}

#[tokio::test]
async fn calls_and_text_messages_have_a_quota_by_person() {
    let bench = Bench::start().await;
    let id = bench.sent("oc_a").await;
    bench.world(json!({"op": "set_urgent_quota", "sms": 3, "phone": 0}));
    bench.urge(&id, "phone", json!(["ou_1"])).await.refused(400, 230_024);
    bench.urge(&id, "sms", json!(["ou_1", "ou_2"])).await.ok();
    bench.urge(&id, "sms", json!(["ou_1", "ou_2"])).await.refused(400, 230_024);
    assert_eq!(bench.sandbox.world().urgent_sms, Some(1), "a refused call costs nothing");
    bench.urge(&id, "app", json!(["ou_1", "ou_2"])).await.ok();
}

#[tokio::test]
async fn who_has_too_many_unread_is_left_alone() {
    let bench = Bench::start().await;
    bench.sandbox.set_switches(larkhook::sandbox::Switches { limits: false, ..bench.sandbox.switches() });
    let mut last = String::new();
    for _ in 0..201 {
        last = bench.sent("oc_a").await;
        bench.urge(&last, "app", json!(["ou_1"])).await.ok();
    }
    let more = bench.sent("oc_a").await;
    bench.urge(&more, "app", json!(["ou_1"])).await.refused(400, 230_023);
    bench.sandbox.read(&last, "ou_1").unwrap();
    bench.urge(&more, "app", json!(["ou_1"])).await.ok();
}

#[tokio::test]
async fn readers_are_listed_in_pages() {
    let bench = Bench::start().await;
    let id = bench.sent(GROUP).await;
    let (wang, li) = (bench.person("wang@example.com"), bench.person("li@example.com"));
    let list = |id: String, query: String| {
        let bench = &bench;
        async move { bench.call("GET", &format!("/open-apis/im/v1/messages/{id}/read_users?{query}"), &Value::Null).await }
    };
    let ask = |query: &str| list(id.clone(), query.to_owned());
    assert_eq!(ask("user_id_type=open_id").await.ok()["items"], json!([]), "nobody has read it by default");
    bench.sandbox.read(&id, "wang@example.com").unwrap();
    bench.pass(Duration::from_secs(1));
    let read = bench.open("POST", "/_sandbox/read", &json!({"message_id": id, "by": [wang, li]})).await;
    assert_eq!(read.json["reads"].as_array().unwrap().len(), 2, "the first time counts");
    let first = ask("user_id_type=open_id&page_size=1").await.ok();
    let at = (bench.now().as_millisecond() - 1000).to_string();
    assert_eq!(
        first["items"],
        json!([{"user_id_type": "open_id", "user_id": wang, "timestamp": at, "tenant_key": bench.sandbox.world().tenant_key}])
    );
    assert_eq!(first["has_more"], true);
    let rest = ask(&format!("user_id_type=union_id&page_token={}", first["page_token"].as_str().unwrap())).await.ok();
    assert_eq!((&rest["items"][0]["user_id"], &rest["has_more"]), (&json!(bench.sandbox.world().people[&li].union_id), &json!(false)));
    let everybody = bench.open("POST", "/_sandbox/read", &json!({"message_id": id})).await;
    assert_eq!(everybody.json["reads"].as_array().unwrap().len(), 4);

    for query in ["", "user_id_type=email", "user_id_type=open_id&page_size=101", "user_id_type=open_id&page_token=x"] {
        ask(query).await.refused(400, 99_992_402);
    }
    let foreign = bench.foreign(GROUP).await;
    list(foreign, "user_id_type=open_id".to_owned()).await.refused(400, 230_012);
    let gone = bench.sent(GROUP).await;
    bench.sandbox.recall(&gone, &wang);
    list(gone.clone(), "user_id_type=open_id".to_owned()).await.refused(400, 230_110);
    assert_eq!(bench.open("POST", "/_sandbox/read", &json!({"message_id": gone})).await.http, 409);
    assert_eq!(bench.open("POST", "/_sandbox/read", &json!({"message_id": "om_x"})).await.http, 404);
    assert!(bench.sandbox.read(&id, "nobody").is_none());
    bench.world(json!({"op": "remove_bot", "chat_id": GROUP}));
    ask("user_id_type=open_id").await.refused(400, 230_002);
}

#[tokio::test]
async fn readers_can_be_asked_for_a_week() {
    let mut bench = Bench::start().await;
    let id = bench.sent("oc_a").await;
    bench.pass(Duration::from_secs(7 * 86_400));
    bench.token = bench.token_of("cli_a1b2c3d4e5f60718").await;
    let path = format!("/open-apis/im/v1/messages/{id}/read_users?user_id_type=open_id");
    bench.call("GET", &path, &Value::Null).await.ok();
    bench.pass(Duration::from_millis(1));
    bench.call("GET", &path, &Value::Null).await.refused(400, 230_033);
}

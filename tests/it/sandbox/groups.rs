//! Groups: made, filled, emptied; and one person of the address book.

use super::{Answer, Bench};
use serde_json::{Value, json};
use std::time::Duration;

const CHATS: &str = "/open-apis/im/v1/chats";
const US: &str = "cli_a1b2c3d4e5f60718";

impl Bench {
    async fn make(&self, query: &str, body: Value) -> Answer {
        self.call("POST", &format!("{CHATS}?{query}"), &body).await
    }

    async fn group(&self, body: Value) -> String {
        self.make("", body).await.ok()["chat_id"].as_str().unwrap().to_owned()
    }

    async fn add(&self, chat: &str, query: &str, ids: Value) -> Answer {
        self.call("POST", &format!("{CHATS}/{chat}/members?{query}"), &json!({"id_list": ids})).await
    }

    async fn take_out(&self, chat: &str, query: &str, ids: Value) -> Answer {
        self.call("DELETE", &format!("{CHATS}/{chat}/members?{query}"), &json!({"id_list": ids})).await
    }

    fn people(&self) {
        for flag in ["resigned", "unavailable", "hidden"] {
            self.world(json!({"op": "add_person", "person": {"open_id": format!("ou_{flag}"), flag: true}}));
        }
    }
}

#[tokio::test]
async fn a_group_is_made_with_everything_asked_for() {
    let bench = Bench::start().await;
    let body = json!({
        "name": "[P1] DiskFull", "i18n_names": {"zh_cn": "磁盘已满"}, "description": "d", "owner_id": "ou_lead", "user_id_list": ["ou_lead", "ou_oncall"],
        "bot_id_list": ["cli_other"], "group_message_type": "thread", "chat_mode": "group", "chat_type": "public",
        "urgent_setting": "only_owner", "join_message_visibility": "not_anyone", "membership_approval": "approval_required",
    });
    let made = bench.make("user_id_type=open_id&set_bot_manager=true", body).await.ok();
    let chat_id = made["chat_id"].as_str().unwrap();
    for (name, value) in [
        ("name", json!("[P1] DiskFull")),
        ("owner_id", json!("ou_lead")),
        ("owner_id_type", json!("open_id")),
        ("chat_type", json!("public")),
        ("group_message_type", json!("thread")),
        ("chat_mode", json!("group")),
        ("urgent_setting", json!("only_owner")),
        ("join_message_visibility", json!("not_anyone")),
        ("membership_approval", json!("approval_required")),
        ("external", json!(false)),
        ("bot_manager_id_list", json!([US])),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
    let info = bench.call("GET", &format!("{CHATS}/{chat_id}"), &Value::Null).await.ok();
    assert_eq!((&info["user_count"], &info["bot_count"], &info["owner_id"]), (&json!("2"), &json!("2"), &json!("ou_lead")));
    assert_eq!(info["i18n_names"], json!({"zh_cn": "磁盘已满"}));
    let found = bench.call("GET", &format!("{CHATS}/search?query=磁盘"), &Value::Null).await.ok();
    assert_eq!((&found["items"][0]["chat_id"], &found["items"][0]["owner_id"]), (&json!(chat_id), &json!("ou_lead")));
    bench.text(chat_id, "hello").await.ok();

    let plain = bench.make("", json!({})).await.ok();
    assert_eq!((&plain["name"], plain.get("owner_id"), &plain["chat_type"]), (&json!("(无主题)"), None, &json!("private")));
}

#[tokio::test]
async fn groups_are_refused_as_documented() {
    let bench = Bench::start().await;
    bench.people();
    let many = |n: usize, prefix: &str| (0..n).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>();
    for (body, code) in [
        (json!({"chat_type": "public"}), 232_042),
        (json!({"chat_type": "public", "name": "x"}), 232_020),
        (json!({"chat_type": "secret"}), 99_992_402),
        (json!({"chat_mode": "topic"}), 99_992_402),
        (json!({"urgent_setting": "nobody"}), 99_992_402),
        (json!({"i18n_names": {"fr_fr": "x"}}), 99_992_402),
        (json!({"i18n_names": {"en_us": 1}}), 9499),
        (json!({"name": 1}), 9499),
        (json!({"user_id_list": many(51, "ou_")}), 99_992_402),
        (json!({"bot_id_list": many(6, "cli_")}), 99_992_402),
        (json!({"bot_id_list": ["nobody"]}), 232_021),
        (json!({"owner_id": "nobody"}), 232_030),
        (json!({"owner_id": "ou_resigned"}), 232_022),
        (json!({"user_id_list": ["ou_1", "nobody"]}), 232_030),
        (json!({"user_id_list": ["ou_resigned"]}), 232_022),
        (json!({"user_id_list": ["ou_unavailable"]}), 232_043),
    ] {
        let answer = bench.make("", body.clone()).await;
        assert_eq!((answer.http, answer.code()), (400, code), "{body}: {}", answer.json);
    }
    bench.make("user_id_type=email", json!({})).await.refused(400, 99_992_402);
    bench.make("set_bot_manager=yes", json!({})).await.refused(400, 99_992_402);
    bench.make(&format!("uuid={}", "u".repeat(51)), json!({})).await.refused(400, 99_992_402);
    bench.world(json!({"op": "add_app", "app_id": US, "app": {"bot_off": true}}));
    bench.make("", json!({})).await.refused(400, 232_025);
}

#[tokio::test]
async fn a_uuid_and_an_owner_make_one_group_in_ten_hours() {
    let mut bench = Bench::start().await;
    let make = |bench: &Bench, owner: &'static str| {
        let call = (bench.http.clone(), bench.url(&format!("{CHATS}?uuid=c1")), bench.token.clone());
        async move {
            let answer = call.0.post(call.1).bearer_auth(call.2).json(&json!({"owner_id": owner})).send().await.unwrap();
            answer.json::<Value>().await.unwrap()["data"]["chat_id"].clone()
        }
    };
    let first = make(&bench, "ou_1").await;
    assert_eq!(make(&bench, "ou_1").await, first);
    assert_ne!(make(&bench, "ou_2").await, first);
    bench.pass(Duration::from_secs(10 * 3600 - 1));
    bench.token = bench.token_of(US).await;
    assert_eq!(make(&bench, "ou_1").await, first);
    bench.pass(Duration::from_secs(1));
    assert_ne!(make(&bench, "ou_1").await, first);
}

#[tokio::test]
async fn members_are_listed_in_pages() {
    let bench = Bench::start().await;
    let chat = bench.group(json!({"user_id_list": ["ou_a", "ou_b", "ou_c"]})).await;
    let path = format!("{CHATS}/{chat}/members");
    let first = bench.call("GET", &format!("{path}?page_size=2"), &Value::Null).await.ok();
    assert_eq!((&first["member_total"], &first["has_more"], &first["items"][1]["member_id"]), (&json!(3), &json!(true), &json!("ou_b")));
    assert_eq!(first["items"][0]["member_id_type"], "open_id");
    let token = first["page_token"].as_str().unwrap();
    bench.take_out(&chat, "", json!(["ou_b"])).await.ok();
    let rest = bench.call("GET", &format!("{path}?member_id_type=union_id&page_token={token}"), &Value::Null).await.ok();
    let union = bench.sandbox.world().people["ou_c"].union_id.clone();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["items"][0]["member_id"]), (1, &json!(union)));
    bench.call("GET", &format!("{path}?member_id_type=app_id"), &Value::Null).await.refused(400, 99_992_402);
    bench.call("GET", &format!("{path}?page_size=101"), &Value::Null).await.refused(400, 99_992_402);
}

#[tokio::test]
async fn members_are_added_by_how_it_may_succeed() {
    let bench = Bench::start().await;
    bench.people();
    let chat = bench.group(json!({})).await;
    for (succeed, ids, outcome) in [
        ("", json!(["ou_a", "nobody"]), Err(232_043)),
        ("0", json!(["ou_a", "ou_unavailable"]), Err(232_043)),
        ("0", json!(["ou_resigned"]), Err(232_027)),
        ("0", json!(["ou_a", "ou_resigned"]), Ok((json!(["ou_resigned"]), json!([])))),
        (
            "1",
            json!(["ou_b", "ou_unavailable", "ou_resigned", "nobody"]),
            Ok((json!(["ou_unavailable", "ou_resigned"]), json!(["nobody"]))),
        ),
        ("1", json!(["nobody"]), Ok((json!([]), json!(["nobody"])))),
        ("2", json!(["ou_c", "ou_resigned"]), Err(232_043)),
        ("2", json!(["ou_c", "ou_c"]), Ok((json!([]), json!([])))),
        ("3", json!(["ou_c"]), Err(99_992_402)),
        ("0", json!([]), Err(99_992_402)),
    ] {
        let answer = bench.add(&chat, &format!("member_id_type=open_id&succeed_type={succeed}"), ids.clone()).await;
        match outcome {
            Err(code) => drop(answer.refused(400, code)),
            Ok((invalid, unknown)) => {
                let data = answer.ok();
                assert_eq!((&data["invalid_id_list"], &data["not_existed_id_list"]), (&invalid, &unknown), "{succeed} {ids}");
                assert_eq!(data["pending_approval_id_list"], json!([]));
            }
        }
    }
    let members: Vec<String> = bench.sandbox.world().chats[&chat].members.iter().cloned().collect();
    assert_eq!(members, ["ou_a", "ou_b", "ou_c"]);
    let many: Vec<String> = (0..51).map(|n| format!("ou_{n}")).collect();
    bench.add(&chat, "", json!(many)).await.refused(400, 99_992_402);
    bench.add(&chat, "member_id_type=email", json!(["x@y.zz"])).await.refused(400, 99_992_402);
}

#[tokio::test]
async fn bots_are_members_too() {
    let bench = Bench::start().await;
    let chat = bench.group(json!({})).await;
    let other = bench.token_of("cli_other").await;
    let is_in = format!("{CHATS}/{chat}/members/is_in_chat");
    bench.add(&chat, "member_id_type=app_id", json!(["cli_other"])).await.ok();
    assert_eq!(bench.request("GET", &is_in, &Value::Null, Some(&other)).await.ok()["is_in_chat"], true);
    bench.add(&chat, "member_id_type=app_id", json!(["nobody"])).await.refused(400, 232_043);
    let six: Vec<String> = (0..6).map(|n| format!("cli_{n}")).collect();
    bench.add(&chat, "member_id_type=app_id", json!(six)).await.refused(400, 99_992_402);
    for n in 0..3 {
        let five: Vec<String> = (0..5).map(|m| format!("cli_{n}{m}")).collect();
        let answer = bench.add(&chat, "member_id_type=app_id", json!(five)).await;
        if n < 2 { drop(answer.ok()) } else { drop(answer.refused(400, 232_044)) }
    }
    bench.take_out(&chat, "member_id_type=app_id", json!(["cli_other"])).await.ok();
    assert_eq!(bench.request("GET", &is_in, &Value::Null, Some(&other)).await.ok()["is_in_chat"], false);
}

#[tokio::test]
async fn a_group_can_be_full() {
    let bench = Bench::start().await;
    let members: Vec<String> = (0..5000).map(|n| format!("ou_{n}")).collect();
    bench.world(json!({"op": "add_chat", "chat": {"chat_id": "oc_full", "every_bot": true, "members": members}}));
    bench.add("oc_full", "", json!(["ou_0"])).await.ok();
    bench.add("oc_full", "", json!(["ou_more"])).await.refused(400, 232_013);
}

#[tokio::test]
async fn members_are_taken_out_by_who_may() {
    let bench = Bench::start().await;
    let chat = bench.group(json!({"owner_id": "ou_boss", "user_id_list": ["ou_a", "ou_b"]})).await;
    let data = bench.take_out(&chat, "", json!(["ou_a", "nobody", "ou_stranger"])).await.ok();
    assert_eq!(data["invalid_id_list"], json!(["nobody"]));
    assert!(!bench.sandbox.world().chats[&chat].members.contains("ou_a"));
    bench.take_out(&chat, "", json!(["ou_b", "ou_boss"])).await.refused(400, 232_076);
    assert!(bench.sandbox.world().chats[&chat].members.contains("ou_b"));
    bench.add(&chat, "member_id_type=app_id", json!(["cli_other"])).await.ok();
    let other = bench.token_of("cli_other").await;
    let path = format!("{CHATS}/{chat}/members");
    bench.request("DELETE", &path, &json!({"id_list": ["ou_b"]}), Some(&other)).await.refused(400, 232_017);
    bench.take_out(&chat, "", json!([])).await.refused(400, 99_992_402);
}

#[tokio::test]
async fn members_of_other_chats_are_out_of_reach() {
    let bench = Bench::start().await;
    let person = super::message("ou_1", "text", &json!({"text": "x"}));
    let p2p = bench.call("POST", "/open-apis/im/v1/messages?receive_id_type=open_id", &person).await.ok();
    let p2p = p2p["chat_id"].as_str().unwrap();
    bench.world(json!({"op": "remove_bot", "chat_id": "oc_out"}));
    bench.world(json!({"op": "dissolve_chat", "chat_id": "oc_gone"}));
    for (chat, code) in [("nonsense", 232_006), (p2p, 232_007), ("oc_gone", 232_009), ("oc_out", 232_011)] {
        bench.call("GET", &format!("{CHATS}/{chat}/members"), &Value::Null).await.refused(400, code);
        bench.add(chat, "", json!(["ou_1"])).await.refused(400, code);
        bench.take_out(chat, "", json!(["ou_1"])).await.refused(400, code);
    }
}

#[tokio::test]
async fn a_person_is_read_by_any_id() {
    let bench = Bench::start().await;
    bench.people();
    let person = bench.sandbox.world().people.values().find(|p| p.email == "wang@example.com").unwrap().clone();
    let get = |id: String, query: &'static str| {
        let bench = &bench;
        async move { bench.call("GET", &format!("/open-apis/contact/v3/users/{id}?{query}"), &Value::Null).await }
    };
    for (id, query) in [
        (&person.open_id, ""),
        (&person.union_id, "user_id_type=union_id"),
        (&person.user_id, "user_id_type=user_id&department_id_type=open_department_id"),
    ] {
        let user = get(id.clone(), query).await.ok()["user"].clone();
        assert_eq!((&user["open_id"], &user["name"], &user["email"]), (&json!(person.open_id), &json!("王磊"), &json!("wang@example.com")));
        assert_eq!((&user["status"]["is_activated"], &user["department_ids"]), (&json!(true), &json!([])));
    }
    assert_eq!(get("ou_resigned".to_owned(), "").await.ok()["user"]["status"]["is_resigned"], true);
    get("nobody".to_owned(), "").await.refused(400, 41_012);
    get("ou_hidden".to_owned(), "").await.refused(400, 41_050);
    get("ou_1".to_owned(), "user_id_type=email").await.refused(400, 99_992_402);
    get("ou_1".to_owned(), "department_id_type=x").await.refused(400, 99_992_402);
    bench.world(json!({"op": "add_person", "person": {"open_id": "ou_theirs", "open_ids": {US: "ou_ours"}}}));
    get("ou_theirs".to_owned(), "").await.refused(400, 99_992_361);
}

//! Chats, members, people, and what people do to messages.

use super::{CHAT, ask, calls, config, done, fault, here, text};
use crate::support::Running;
use serde_json::{Value, json};

#[tokio::test]
async fn chats_and_people_are_found() {
    let larkhook = Running::with(&config()).await;
    done(&larkhook, json!({ "send": { "to": CHAT, "body": text("x") } })).await;
    let chats = done(&larkhook, json!({ "chats": {} })).await;
    assert!(chats["items"].as_array().unwrap().iter().any(|chat| chat["chat_id"] == CHAT), "{chats}");
    let info = done(&larkhook, json!({ "chat": { "chat": CHAT } })).await;
    assert_eq!(info["chat_id"], CHAT);
    let who = json!(["email:li@example.com", "mobile:+8613800000000", "email:no@nobody.invalid", "user_id:u1"]);
    let found = done(&larkhook, json!({ "find_people": { "who": who } })).await;
    let states: Vec<bool> = found["items"].as_array().unwrap().iter().map(|item| item["found"].as_bool().unwrap()).collect();
    assert_eq!(states, [true, true, false, true], "{found}");
    assert!(found["items"][0]["open_id"].as_str().unwrap().starts_with("ou_"));
    let same = here(&larkhook, json!({ "app": "ops", "verb": { "find_people": { "who": ["email:li@example.com"] } } })).await.unwrap();
    assert_eq!(same["items"][0]["open_id"], found["items"][0]["open_id"]);
    larkhook.stop().await;
}

#[tokio::test]
async fn a_chat_is_made_filled_and_emptied() {
    let larkhook = Running::with(&config()).await;
    let new = json!({ "name": "db-1 down", "people": ["email:li@example.com"], "urgent_by": "all_members" });
    let chat = done(&larkhook, json!({ "create_chat": new })).await;
    let id = chat["chat_id"].as_str().unwrap().to_owned();
    let added = done(&larkhook, json!({ "add_members": { "chat": id, "who": ["team:dba", "ou_c"] } })).await;
    assert_eq!(added["not_found"], json!([]), "{added}");
    let names = |members: &Value| members["items"].as_array().unwrap().len();
    let members = done(&larkhook, json!({ "members": { "chat": id } })).await;
    assert_eq!(names(&members), 3, "{members}");
    done(&larkhook, json!({ "remove_members": { "chat": id, "who": ["ou_c"] } })).await;
    assert_eq!(names(&done(&larkhook, json!({ "members": { "chat": id } })).await), 2);
    let found = done(&larkhook, json!({ "search_chats": { "words": "db-1" } })).await;
    assert!(found["items"].is_array(), "{found}");
    larkhook.stop().await;
}

#[tokio::test]
async fn messages_are_forwarded_marked_and_urged() {
    let larkhook = Running::with(&config()).await;
    let sent = done(&larkhook, json!({ "send": { "to": CHAT, "body": text("x") } })).await;
    let id = sent["message_id"].as_str().unwrap();
    let forwarded = done(&larkhook, json!({ "forward": { "message": id, "to": "email:li@example.com" } })).await;
    assert!(forwarded["message_id"].as_str().is_some_and(|new| new.starts_with("om_") && new != id), "{forwarded}");
    let merged = done(&larkhook, json!({ "merge_forward": { "messages": [id], "to": "ou_b" } })).await;
    assert!(merged["message"]["message_id"].is_string(), "{merged}");
    let reaction = done(&larkhook, json!({ "react": { "message": id, "emoji": "DONE" } })).await;
    let reactions = done(&larkhook, json!({ "reactions": { "message": id } })).await;
    assert_eq!(reactions["items"].as_array().unwrap().len(), 1, "{reactions}");
    done(&larkhook, json!({ "unreact": { "message": id, "reaction": reaction["reaction_id"] } })).await;
    done(&larkhook, json!({ "pin": { "message": id } })).await;
    assert_eq!(done(&larkhook, json!({ "pins": { "chat": CHAT } })).await["items"][0]["message_id"], id);
    done(&larkhook, json!({ "unpin": { "message": id } })).await;
    assert!(done(&larkhook, json!({ "readers": { "message": id } })).await["items"].is_array());
    done(&larkhook, json!({ "add_members": { "chat": CHAT, "who": ["ou_b", "email:li@example.com"] } })).await;
    for by in ["app", "sms", "phone"] {
        let urged = done(&larkhook, json!({ "urgent": { "message": id, "who": ["team:dba"], "by": by } })).await;
        assert_eq!(urged["urged"], 2, "{by}: {urged}");
    }
    fault(&larkhook, json!({ "endpoint": "urgent_phone", "action": "reset", "when": "after", "count": 1 }));
    let urgent = json!({ "urgent": { "message": id, "who": ["ou_b"], "by": "phone" } });
    let (status, error) = ask(&larkhook, &json!({ "app": "ops", "yes": true, "verb": urgent })).await;
    assert_eq!(
        (status, error["code"].as_str(), calls(&larkhook, "urgent_phone")),
        (504, Some("unknown"), 2),
        "nobody is called twice: {error}"
    );
    let (status, error) = ask(&larkhook, &json!({ "app": "ops", "verb": { "react": { "message": id, "emoji": "NoSuchThing" } } })).await;
    assert_eq!((status, error["details"]["code"].as_i64()), (422, Some(231_001)), "{error}");
    larkhook.stop().await;
}

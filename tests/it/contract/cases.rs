//! Every JSON call as the platform documents it: what is sent, and what a success looks like.

use super::Query;
use larkhook::config::settings::ReceiveType;
use larkhook::feishu::call::{Audience, Call, History, NewChat, Urge, helpdesk_content};
use larkhook::feishu::content::Content;
use serde_json::{Value, json};

/// One call beside its documented form.
pub struct Case {
    pub call: Call,
    pub method: &'static str,
    pub path: &'static str,
    pub query: Query,
    /// `Null`: none.
    pub body: Value,
    /// `data` of a success.
    pub data: Value,
}

fn case(call: Call, (method, path): (&'static str, &'static str), query: Query, body: Value, data: Value) -> Case {
    Case { call, method, path, query, body, data }
}

/// The message object that sending, replying, editing and forwarding answer with.
fn message(id: &str, msg_type: &str) -> Value {
    json!({"message_id": id, "msg_type": msg_type, "create_time": "1760000000000", "update_time": "1760000000000",
        "deleted": false, "updated": false, "chat_id": "oc_84983ff6516d731e5b5f68d4ea2e1da5",
        "sender": {"id": "cli_a1b2c3d4e5f60718", "id_type": "app_id", "sender_type": "app", "tenant_key": "t"},
        "body": {"content": "{}"}})
}

pub fn all() -> Vec<Case> {
    [sending(), changing(), forwarding(), reading(), urging(), marking(), batches(), legacy(), helpdesk(), chats(), people()]
        .into_iter()
        .flatten()
        .collect()
}

fn sending() -> Vec<Case> {
    const SEND: (&str, &str) = ("POST", "/open-apis/im/v1/messages");
    let mut cases: Vec<Case> = [
        ("text", r#"{"text":"disk 93% on db-1"}"#),
        ("post", r#"{"zh_cn":{"title":"t","content":[[{"tag":"text","text":"x"}]]}}"#),
        ("interactive", r#"{"schema":"2.0","config":{"update_multi":true},"body":{"elements":[]}}"#),
        ("image", r#"{"image_key":"img_v3_x"}"#),
        ("file", r#"{"file_key":"file_v3_x"}"#),
        ("audio", r#"{"file_key":"file_v3_x"}"#),
        ("media", r#"{"file_key":"file_v3_x","image_key":"img_v3_x"}"#),
        ("sticker", r#"{"file_key":"file_v3_x"}"#),
        ("share_chat", r#"{"chat_id":"oc_x"}"#),
        ("share_user", r#"{"user_id":"ou_x"}"#),
    ]
    .into_iter()
    .map(|(kind, content)| {
        let body = json!({"receive_id": "oc_1", "msg_type": kind, "content": content, "uuid": "am-5f1c9a-0001"});
        let call = Call::send("chat_id", "oc_1", kind, content, "am-5f1c9a-0001");
        case(call, SEND, &[("receive_id_type", "chat_id")], body, message("om_1", kind))
    })
    .collect();
    let body = json!({"receive_id": "li@example.com", "msg_type": "text", "content": "{}"});
    let call = Call::send("email", "li@example.com", "text", "{}", "");
    cases.push(case(call, SEND, &[("receive_id_type", "email")], body, message("om_1", "text")));
    for in_thread in [true, false] {
        let body = json!({"msg_type": "text", "content": "{}", "reply_in_thread": in_thread, "uuid": "u"});
        let call = Call::reply("om_1", "text", "{}", in_thread, "u");
        let mut data = message("om_2", "text");
        data["root_id"] = json!("om_1");
        data["thread_id"] = json!("omt_1");
        cases.push(case(call, ("POST", "/open-apis/im/v1/messages/om_1/reply"), &[], body, data));
    }
    cases
}

fn changing() -> Vec<Case> {
    const ONE: &str = "/open-apis/im/v1/messages/om_1";
    let template = r#"{"data":{"template_id":"AAqX"},"type":"template"}"#;
    let edit = json!({"msg_type": "post", "content": "{}"});
    vec![
        case(Call::edit("om_1", "post", "{}"), ("PUT", ONE), &[], edit, message("om_1", "post")),
        case(Call::patch("om_1", template), ("PATCH", ONE), &[], json!({"content": template}), json!({})),
        case(Call::recall("om_1"), ("DELETE", ONE), &[], Value::Null, json!({})),
    ]
}

fn forwarding() -> Vec<Case> {
    let merged = json!({"message": message("om_9", "merge_forward"), "invalid_message_id_list": ["om_3"]});
    vec![
        case(
            Call::forward("om_1", "thread_id", "omt_1", "u"),
            ("POST", "/open-apis/im/v1/messages/om_1/forward"),
            &[("receive_id_type", "thread_id"), ("uuid", "u")],
            json!({"receive_id": "omt_1"}),
            message("om_9", "text"),
        ),
        case(
            Call::merge_forward(&["om_1", "om_2"], "chat_id", "oc_1", "u"),
            ("POST", "/open-apis/im/v1/messages/merge_forward"),
            &[("receive_id_type", "chat_id"), ("uuid", "u")],
            json!({"receive_id": "oc_1", "message_id_list": ["om_1", "om_2"]}),
            merged,
        ),
        case(
            Call::forward_thread("omt_1", "open_id", "ou_1", "u"),
            ("POST", "/open-apis/im/v1/threads/omt_1/forward"),
            &[("receive_id_type", "open_id"), ("uuid", "u")],
            json!({"receive_id": "ou_1"}),
            message("om_9", "merge_forward"),
        ),
    ]
}

fn reading() -> Vec<Case> {
    let page = json!({"items": [message("om_1", "text")], "has_more": true, "page_token": "p2"});
    let history = History { container_id_type: "chat".into(), container_id: "oc_1".into(), page_size: 50, ..History::default() };
    let times = History { start_time: Some(1_760_000_000), end_time: Some(1_760_003_600), ..history.clone() };
    let thread = History { container_id_type: "thread".into(), container_id: "omt_1".into(), ascending: true, ..history };
    let readers = json!({"items": [{"user_id_type": "open_id", "user_id": "ou_1", "timestamp": "1760000000000", "tenant_key": "t"}],
        "has_more": false, "page_token": ""});
    vec![
        case(
            Call::get("om_1"),
            ("GET", "/open-apis/im/v1/messages/om_1"),
            &[("card_msg_content_type", "user_card_content")],
            Value::Null,
            json!({"items": [message("om_1", "text")]}),
        ),
        case(
            Call::history(&times, Some("p2")),
            ("GET", "/open-apis/im/v1/messages"),
            &[
                ("container_id_type", "chat"),
                ("container_id", "oc_1"),
                ("start_time", "1760000000"),
                ("end_time", "1760003600"),
                ("sort_type", "ByCreateTimeDesc"),
                ("page_size", "50"),
                ("card_msg_content_type", "user_card_content"),
                ("page_token", "p2"),
            ],
            Value::Null,
            page.clone(),
        ),
        case(
            Call::history(&thread, None),
            ("GET", "/open-apis/im/v1/messages"),
            &[
                ("container_id_type", "thread"),
                ("container_id", "omt_1"),
                ("sort_type", "ByCreateTimeAsc"),
                ("page_size", "50"),
                ("card_msg_content_type", "user_card_content"),
            ],
            Value::Null,
            page,
        ),
        case(
            Call::read_users("om_1", Some("p2")),
            ("GET", "/open-apis/im/v1/messages/om_1/read_users"),
            &[("user_id_type", "open_id"), ("page_size", "100"), ("page_token", "p2")],
            Value::Null,
            readers,
        ),
    ]
}

fn urging() -> Vec<Case> {
    [
        (Urge::App, "/open-apis/im/v1/messages/om_1/urgent_app"),
        (Urge::Sms, "/open-apis/im/v1/messages/om_1/urgent_sms"),
        (Urge::Phone, "/open-apis/im/v1/messages/om_1/urgent_phone"),
    ]
    .into_iter()
    .map(|(how, path)| {
        let call = Call::urgent(how, "om_1", "open_id", &["ou_1", "ou_2"]);
        let body = json!({"user_id_list": ["ou_1", "ou_2"]});
        case(call, ("PATCH", path), &[("user_id_type", "open_id")], body, json!({"invalid_user_id_list": ["ou_2"]}))
    })
    .collect()
}

fn marking() -> Vec<Case> {
    let pin = json!({"message_id": "om_1", "chat_id": "oc_1", "operator_id": "cli_a", "operator_id_type": "app_id", "create_time": "1760000000000"});
    let reaction = json!({"reaction_id": "r1", "operator": {"operator_id": "cli_a", "operator_type": "app"},
        "action_time": "1760000000000", "reaction_type": {"emoji_type": "DONE"}});
    let pins = json!({"items": [pin.clone()], "has_more": false, "page_token": ""});
    let reactions = json!({"items": [reaction.clone()], "has_more": false, "page_token": ""});
    vec![
        case(Call::pin("om_1"), ("POST", "/open-apis/im/v1/pins"), &[], json!({"message_id": "om_1"}), json!({"pin": pin})),
        case(Call::unpin("om_1"), ("DELETE", "/open-apis/im/v1/pins/om_1"), &[], Value::Null, json!({})),
        case(
            Call::pins("oc_1", Some("p2")),
            ("GET", "/open-apis/im/v1/pins"),
            &[("chat_id", "oc_1"), ("page_size", "50"), ("page_token", "p2")],
            Value::Null,
            pins,
        ),
        case(
            Call::react("om_1", "DONE"),
            ("POST", "/open-apis/im/v1/messages/om_1/reactions"),
            &[],
            json!({"reaction_type": {"emoji_type": "DONE"}}),
            reaction.clone(),
        ),
        case(Call::unreact("om_1", "r1"), ("DELETE", "/open-apis/im/v1/messages/om_1/reactions/r1"), &[], Value::Null, reaction),
        case(
            Call::reactions("om_1", Some("DONE"), Some("p2")),
            ("GET", "/open-apis/im/v1/messages/om_1/reactions"),
            &[("reaction_type", "DONE"), ("page_size", "50"), ("user_id_type", "open_id"), ("page_token", "p2")],
            Value::Null,
            reactions,
        ),
    ]
}

fn batches() -> Vec<Case> {
    const SEND: (&str, &str) = ("POST", "/open-apis/message/v4/batch_send/");
    let ids = |id: &str| vec![id.to_owned()];
    let audience = Audience { department_ids: ids("od-1"), open_ids: ids("ou_1"), user_ids: ids("4d7a3c6g"), union_ids: ids("on_1") };
    let lists = json!({"department_ids": ["od-1"], "open_ids": ["ou_1"], "user_ids": ["4d7a3c6g"], "union_ids": ["on_1"]});
    let data = json!({"message_id": "bm-dc13264520392913993dd051dba21dcf", "invalid_department_ids": [], "invalid_open_ids": ["ou_1"],
        "invalid_user_ids": [], "invalid_union_ids": []});
    let post = json!({"zh_cn": {"title": "P1", "content": [[{"tag": "text", "text": "db-1 down"}]]}});
    let template = json!({"type": "template", "data": {"template_id": "AAqX"}});
    let card = json!({"schema": "2.0", "body": {"elements": []}});
    let sent = |call: Call, more: Value| {
        let mut body = lists.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        case(call, SEND, &[], body, data.clone())
    };
    let content = |content: Content, more: Value| sent(Call::batch_send(&content, &audience), more);
    let other = |kind: &str, inner: Value| {
        sent(Call::batch_send_value(kind, json!({"content": inner}), &audience), json!({"msg_type": kind, "content": inner}))
    };
    const ONE: &str = "/open-apis/im/v1/batch_messages/bm-1";
    let progress = json!({"batch_message_send_progress": {"valid_user_ids_count": 204, "success_user_ids_count": 200, "read_user_ids_count": 7},
        "batch_message_recall_progress": {"recall": false, "recall_count": 0}});
    vec![
        content(Content::Text("db-1".into()), json!({"msg_type": "text", "content": {"text": "db-1"}})),
        content(Content::Post(post.clone()), json!({"msg_type": "post", "content": {"post": post}})),
        content(Content::Card(card.clone()), json!({"msg_type": "interactive", "card": card})),
        content(Content::Card(template.clone()), json!({"msg_type": "interactive", "card": template})),
        other("image", json!({"image_key": "img_v3_x"})),
        other("share_chat", json!({"share_chat_id": "oc_1"})),
        case(Call::batch_progress("bm-1"), ("GET", "/open-apis/im/v1/batch_messages/bm-1/get_progress"), &[], Value::Null, progress),
        case(
            Call::batch_read_user("bm-1"),
            ("GET", "/open-apis/im/v1/batch_messages/bm-1/read_user"),
            &[],
            Value::Null,
            json!({"read_user": {"read_count": "7", "total_count": "204"}}),
        ),
        case(Call::batch_recall("bm-1"), ("DELETE", ONE), &[], Value::Null, json!({})),
    ]
}

fn legacy() -> Vec<Case> {
    const SEND: (&str, &str) = ("POST", "/open-apis/message/v4/send/");
    let data = json!({"message_id": "om_1"});
    let text = Content::Text("disk 93%".into());
    let card = json!({"elements": []});
    let post = json!({"zh_cn": {"title": "t", "content": [[]]}});
    let mut cases: Vec<Case> = ["chat_id", "open_id", "user_id", "email"]
        .into_iter()
        .map(|kind| {
            let body = json!({kind: "x", "msg_type": "text", "content": {"text": "disk 93%"}});
            case(Call::legacy_send((kind, "x"), None, &text), SEND, &[], body, data.clone())
        })
        .collect();
    let to = ("chat_id", "oc_1");
    let body = json!({"chat_id": "oc_1", "root_id": "om_1", "msg_type": "text", "content": {"text": "disk 93%"}});
    cases.push(case(Call::legacy_send(to, Some("om_1"), &text), SEND, &[], body, data.clone()));
    let body = json!({"chat_id": "oc_1", "msg_type": "interactive", "card": card});
    cases.push(case(Call::legacy_send(to, None, &Content::Card(card)), SEND, &[], body, data.clone()));
    let body = json!({"chat_id": "oc_1", "msg_type": "post", "content": {"post": post}});
    cases.push(case(Call::legacy_send(to, None, &Content::Post(post)), SEND, &[], body, data.clone()));
    let image = json!({"image_key": "img_v3_x"});
    let body = json!({"chat_id": "oc_1", "msg_type": "image", "content": image});
    cases.push(case(Call::legacy_send_value(to, None, "image", json!({"content": image})), SEND, &[], body, data));
    cases
}

fn helpdesk() -> Vec<Case> {
    [
        (Content::Text("x".into()), "text", r#"{"text":"x"}"#, ReceiveType::Chat, "chat"),
        (Content::Post(json!({"zh_cn": {"title": "t"}})), "post", r#"{"post":{"zh_cn":{"title":"t"}}}"#, ReceiveType::User, "user"),
        (Content::Card(json!({"elements": []})), "interactive", r#"{"elements":[]}"#, ReceiveType::User, "user"),
    ]
    .into_iter()
    .map(|(content, kind, string, receive, word)| {
        let call = Call::helpdesk_send("open_id", "ou_1", receive, kind, &helpdesk_content(&content));
        let body = json!({"msg_type": kind, "content": string, "receiver_id": "ou_1", "receive_type": word});
        case(call, ("POST", "/open-apis/helpdesk/v1/message"), &[("user_id_type", "open_id")], body, json!({"message_id": "om_1"}))
    })
    .collect()
}

fn chats() -> Vec<Case> {
    const MEMBERS: &str = "/open-apis/im/v1/chats/oc_1/members";
    let item = json!({"chat_id": "oc_1", "avatar": "", "name": "ops", "description": "", "owner_id": "ou_1", "owner_id_type": "open_id",
        "external": false, "tenant_key": "t", "chat_status": "normal"});
    let page = json!({"items": [item], "has_more": true, "page_token": "p2"});
    let info = json!({"name": "ops", "chat_mode": "group", "user_count": "3", "bot_count": "1", "chat_status": "normal",
        "moderation_permission": "all_members", "at_all_permission": "only_owner"});
    let new = NewChat {
        name: Some("[P1] DiskFull db-prod #42".into()),
        description: Some("auto-created".into()),
        owner_id: Some("ou_lead".into()),
        user_id_list: vec!["ou_lead".into(), "ou_oncall".into()],
        bot_id_list: vec!["cli_b".into()],
        chat_type: Some("private".into()),
        group_message_type: Some("chat".into()),
        urgent_setting: Some("all_members".into()),
    };
    let full = json!({"name": "[P1] DiskFull db-prod #42", "description": "auto-created", "owner_id": "ou_lead",
        "user_id_list": ["ou_lead", "ou_oncall"], "bot_id_list": ["cli_b"], "chat_type": "private", "group_message_type": "chat",
        "urgent_setting": "all_members"});
    let plain = NewChat { name: Some("ops".into()), ..NewChat::default() };
    let made = json!({"chat_id": "oc_9", "name": "ops", "chat_mode": "group"});
    let added = json!({"invalid_id_list": ["ou_2"], "not_existed_id_list": [], "pending_approval_id_list": []});
    let members = json!({"items": [{"member_id_type": "open_id", "member_id": "ou_1", "name": "Li", "tenant_key": "t"}],
        "has_more": false, "page_token": "", "member_total": 1});
    vec![
        case(
            Call::chats(Some("p2")),
            ("GET", "/open-apis/im/v1/chats"),
            &[("page_size", "100"), ("page_token", "p2")],
            Value::Null,
            page.clone(),
        ),
        case(
            Call::chat_search("值班 &x", None),
            ("GET", "/open-apis/im/v1/chats/search"),
            &[("query", "值班 &x"), ("page_size", "100")],
            Value::Null,
            page,
        ),
        case(Call::chat_info("oc_1"), ("GET", "/open-apis/im/v1/chats/oc_1"), &[], Value::Null, info),
        case(
            Call::chat_create(&new, "u"),
            ("POST", "/open-apis/im/v1/chats"),
            &[("user_id_type", "open_id"), ("set_bot_manager", "true"), ("uuid", "u")],
            full,
            made.clone(),
        ),
        case(
            Call::chat_create(&plain, ""),
            ("POST", "/open-apis/im/v1/chats"),
            &[("user_id_type", "open_id")],
            json!({"name": "ops"}),
            made,
        ),
        case(
            Call::members("oc_1", Some("p2")),
            ("GET", MEMBERS),
            &[("member_id_type", "open_id"), ("page_size", "100"), ("page_token", "p2")],
            Value::Null,
            members,
        ),
        case(
            Call::members_add("oc_1", "app_id", &["cli_b"]),
            ("POST", MEMBERS),
            &[("member_id_type", "app_id"), ("succeed_type", "1")],
            json!({"id_list": ["cli_b"]}),
            added,
        ),
        case(
            Call::members_remove("oc_1", "open_id", &["ou_1", "ou_2"]),
            ("DELETE", MEMBERS),
            &[("member_id_type", "open_id")],
            json!({"id_list": ["ou_1", "ou_2"]}),
            json!({"invalid_id_list": ["ou_2"]}),
        ),
        case(
            Call::is_in_chat("oc_1"),
            ("GET", "/open-apis/im/v1/chats/oc_1/members/is_in_chat"),
            &[],
            Value::Null,
            json!({"is_in_chat": true}),
        ),
    ]
}

fn people() -> Vec<Case> {
    let found = json!({"user_list": [{"user_id": "ou_1", "email": "li@example.com", "status": {"is_activated": true}},
        {"mobile": "+8613800000000"}]});
    vec![
        case(
            Call::batch_get_id(&["li@example.com"], &["13800000000"]),
            ("POST", "/open-apis/contact/v3/users/batch_get_id"),
            &[("user_id_type", "open_id")],
            json!({"emails": ["li@example.com"], "mobiles": ["13800000000"], "include_resigned": false}),
            found,
        ),
        case(
            Call::user("union_id", "on_1"),
            ("GET", "/open-apis/contact/v3/users/on_1"),
            &[("user_id_type", "union_id"), ("department_id_type", "open_department_id")],
            Value::Null,
            json!({"user": {"open_id": "ou_1", "union_id": "on_1", "name": "Li"}}),
        ),
        case(Call::bot_info(), ("GET", "/open-apis/bot/v3/info"), &[], Value::Null, Value::Null),
    ]
}

//! `helpdesk/v1/message`: a help desk's bot writes to a person, with a credential of its own in a header.

use crate::sandbox::answer::{Answer, Outcome, Refused, refuse_msg, words};
use crate::sandbox::api::send::{blank, check_world};
use crate::sandbox::api::v4::status_of;
use crate::sandbox::content::{CardKind, Content, inspect, inspect_value, max_body};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::departments::Helpdesk;
use crate::sandbox::endpoint::Endpoint;
use crate::sandbox::messages::Sender;
use crate::sandbox::people::IdKind;
use crate::sandbox::world::{Chat, Person};
use crate::util::id::hash_id;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn no(code: i64, why: &str) -> Refused {
    let http = status_of(Endpoint::HelpdeskSend, code).unwrap_or(400);
    refuse_msg(http, code, format!("{}: {why}", words(code)))
}

/// `POST helpdesk/v1/message`
pub(crate) fn send(core: &mut Core, call: &Call) -> Outcome {
    let desk = desk(core, call)?;
    let text = |name: &str| call.text(name).map_err(|_| no(154_000, name));
    let required = |name: &str| text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| no(154_000, &format!("{name} is required")));
    let (msg_type, receiver_id) = (required("msg_type")?, required("receiver_id")?);
    let content = said(call, msg_type, required("content")?)?;
    let kind = match call.param("user_id_type") {
        "" => IdKind::Open,
        text => IdKind::parse(text).filter(|kind| *kind != IdKind::Email).ok_or_else(|| no(154_000, "unknown user_id_type"))?,
    };
    let person = core.world.person(kind, receiver_id, &call.app).cloned().map_err(|_| no(154_004, "the receiver does not exist"))?;
    if person.resigned {
        return Err(no(154_004, "the receiver has resigned"));
    }
    if person.unavailable || person.stopped_bot {
        return Err(no(154_003, "the help desk is not available to the receiver"));
    }
    let chat_id = match text("receive_type")?.unwrap_or("chat") {
        // That it fails is documented, with which code is not.
        "chat" | "" if person.open_ticket => return Err(no(154_000, "the receiver has an open ticket")),
        "chat" | "" => service_group(core, call, &desk, &person),
        "user" => core.world.p2p(&format!("helpdesk:{}", desk.helpdesk_id), &person.open_id),
        _ => return Err(no(154_000, "receive_type is chat or user")),
    };
    check_world(core, &call.app, &chat_id, msg_type, &content).map_err(|refused| no(154_000, &refused.msg))?;
    let chat_name = core.world.chat(&chat_id).map(|chat| chat.name.clone()).unwrap_or_default();
    let version = call.version(1, content.value).map_err(|refused| no(154_000, &refused.msg))?;
    let mut message = blank(call, &chat_id, chat_name, Sender::App(call.app.clone()), msg_type, version);
    "user_id".clone_into(&mut message.receive_id_type);
    receiver_id.clone_into(&mut message.receive_id);
    let message = core.store(message);
    Ok(Answer::ok(json!({"message_id": message.message_id})))
}

/// The help desk of the header, `base64(id:token)`.
fn desk(core: &Core, call: &Call) -> Result<Helpdesk, Refused> {
    if !call.json.as_ref().is_some_and(Value::is_object) {
        return Err(no(154_000, "the body is not a json object"));
    }
    let header = call.helpdesk.as_deref().unwrap_or_default();
    let credential = STANDARD.decode(header).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    let pair = credential.split_once(':').filter(|(id, token)| !id.is_empty() && !token.is_empty());
    let found = pair.and_then(|(id, token)| core.world.helpdesk(id, token));
    found.ok_or_else(|| refuse_msg(401, 154_001, words(154_001)))
}

/// The content, a string: a post in one more wrapper, a card in JSON 1.0.
fn said(call: &Call, msg_type: &str, content: &str) -> Result<Content, Refused> {
    if !matches!(msg_type, "text" | "post" | "image" | "interactive") {
        return Err(no(154_000, "msg_type is text, post, image or interactive"));
    }
    if call.body.len() > max_body(msg_type) {
        return Err(no(154_000, "the message is too long"));
    }
    let checked = if msg_type == "post" {
        let value: Option<Value> = serde_json::from_str(content).ok();
        let post = value.as_ref().and_then(|value| value.get("post")).ok_or_else(|| no(154_000, "content.post is required"))?;
        inspect_value("post", post.clone())
    } else {
        inspect(msg_type, content)
    };
    let content = checked.map_err(|refused| no(154_000, &refused.msg))?;
    match content.card {
        Some(CardKind::V2) => Err(no(154_000, "a card of schema 2.0 is not supported")),
        Some(CardKind::Entity) => Err(no(154_000, "a card entity is not supported")),
        _ => Ok(content),
    }
}

/// The group of the help desk with this person, made on first use.
fn service_group(core: &mut Core, call: &Call, desk: &Helpdesk, person: &Person) -> String {
    let digest = hash_id(&["helpdesk", &desk.helpdesk_id, &person.open_id]);
    let chat_id = format!("oc_{}", digest.get(..32).unwrap_or(&digest));
    if !core.world.chats.contains_key(&chat_id) {
        let (bots, members) = ([call.app.clone()].into(), [person.open_id.clone()].into());
        let name = format!("{} · {}", desk.name, person.name);
        core.world.add_chat(Chat { chat_id: chat_id.clone(), name, bots, members, ..Chat::default() });
    }
    chat_id
}

//! Sending a message and replying to one.

use crate::feishu::content::post_rules;
use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse, refuse_ext, refuse_msg};
use crate::sandbox::api::object::object;
use crate::sandbox::content::{CardKind, Content, card_error, max_body};
use crate::sandbox::core::{Call, Core, UuidMode};
use crate::sandbox::images::KeyState;
use crate::sandbox::limits::Scope;
use crate::sandbox::messages::{Change, Message, Sender};
use crate::sandbox::people::{IdKind, NoPerson};
use crate::sandbox::world::{ChatMode, looks_like};
use crate::util::id::new_id;
use serde_json::Value;
use std::sync::Arc;

/// `POST im/v1/messages`
pub(crate) fn send(core: &mut Core, call: &Call) -> Outcome {
    let id_type = call.param("receive_id_type");
    if !matches!(id_type, "open_id" | "union_id" | "user_id" | "email" | "chat_id") {
        let options = "receive_id_type is required, options: [open_id,user_id,union_id,email,chat_id]";
        return Err(field("receive_id_type", id_type, options));
    }
    let receive_id = call.required("receive_id")?;
    let msg_type = check_body(call)?;
    let chat_id = receiver(core, call, id_type, receive_id)?;
    may_speak(core, call, &chat_id, msg_type, true)?;
    if let Some(message) = repeated(core, call)? {
        return Ok(Answer::ok(object(core, &message, &call.app, false)));
    }
    let content = call.content()?;
    check_world(core, &call.app, &chat_id, msg_type, content)?;
    admit_to(core, call, &chat_id)?;
    let mut message = new_message(core, call, &chat_id, msg_type, content)?;
    id_type.clone_into(&mut message.receive_id_type);
    receive_id.clone_into(&mut message.receive_id);
    let message = keep(core, call, message);
    Ok(Answer::ok(object(core, &message, &call.app, false)))
}

/// `POST im/v1/messages/:message_id/reply`
pub(crate) fn reply(core: &mut Core, call: &Call) -> Outcome {
    let msg_type = check_body(call)?;
    if msg_type == "system" {
        return Err(refuse_ext(230_001, "invalid msg_type"));
    }
    let in_thread = match call.object()?.get("reply_in_thread") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(value)) => *value,
        Some(_) => return Err(refuse(9499)),
    };
    let target = core.message(&call.id)?;
    may_speak(core, call, &target.chat_id, msg_type, false)?;
    if target.recalled.is_some() {
        return Err(refuse(230_011));
    }
    if target.msg_type == "system" {
        return Err(refuse(230_054));
    }
    if in_thread && target.msg_type == "merge_forward" {
        return Err(refuse_msg(400, 230_072, "Aggregated messages do NOT support replies in a thread."));
    }
    if let Some(message) = repeated(core, call)? {
        return Ok(Answer::ok(object(core, &message, &call.app, false)));
    }
    let threads = core.world.chat(&target.chat_id).is_none_or(|chat| !chat.no_threads && chat.mode != ChatMode::P2p);
    if in_thread && target.thread_id.is_none() && !threads {
        return Err(refuse(230_071));
    }
    let content = call.content()?;
    check_world(core, &call.app, &target.chat_id, msg_type, content)?;
    admit_to(core, call, &target.chat_id)?;
    let mut message = new_message(core, call, &target.chat_id, msg_type, content)?;
    let root = target.root_id.clone().unwrap_or_else(|| target.message_id.clone());
    if in_thread || target.thread_id.is_some() {
        let thread_id = target.thread_id.clone().unwrap_or_else(|| format!("omt_{}", new_id().get(..16).unwrap_or_default()));
        if target.thread_id.is_none() {
            core.change(&target.message_id, Change::Touched, |message| message.thread_id = Some(thread_id.clone()));
        }
        // Inside a topic both point at its first message.
        message.parent_id = Some(root.clone());
        message.thread_id = Some(thread_id);
    } else {
        message.parent_id = Some(target.message_id.clone());
    }
    message.root_id = Some(root);
    let message = keep(core, call, message);
    Ok(Answer::ok(object(core, &message, &call.app, false)))
}

/// Type, content and size of what is sent, before anything is looked up.
pub(crate) fn check_body(call: &Call) -> Result<&str, Refused> {
    let msg_type = call.required("msg_type")?;
    call.required("content")?;
    call.uuid()?;
    if call.body.len() > max_body(msg_type) {
        return Err(refuse(230_025));
    }
    Ok(msg_type)
}

/// The chat behind a receiver.
pub(crate) fn receiver(core: &mut Core, call: &Call, id_type: &str, receive_id: &str) -> Result<String, Refused> {
    let Some(kind) = IdKind::parse(id_type) else {
        return core.world.chat(receive_id).map(|chat| chat.chat_id.clone()).ok_or_else(|| refuse(230_034));
    };
    let person = match core.world.person(kind, receive_id, &call.app) {
        Ok(person) => person,
        Err(NoPerson::OtherApp) => return Err(refuse(99_992_361)),
        Err(NoPerson::Unknown) => return Err(refuse(kind.unknown_code())),
    };
    if person.resigned {
        return Err(refuse(230_029));
    }
    let open_id = person.open_id.clone();
    Ok(core.world.p2p(&call.app, &open_id))
}

/// Whether the app's bot may say something of this type in the chat.
pub(crate) fn may_speak(core: &mut Core, call: &Call, chat_id: &str, msg_type: &str, sending: bool) -> Result<(), Refused> {
    let Some(chat) = core.world.chat(chat_id) else { return Err(refuse(232_009)) };
    if chat.dissolved() {
        return Err(refuse(232_009));
    }
    if !chat.has_bot(&call.app) {
        return Err(refuse(230_002));
    }
    for (holds, code) in [
        (chat.secret, 230_075),
        (chat.restricted, 230_018),
        (chat.muted, 230_035),
        (chat.no_cards && msg_type == "interactive", 230_054),
        (msg_type == "system" && chat.mode != ChatMode::P2p, 230_054),
    ] {
        if holds {
            return Err(refuse(code));
        }
    }
    if chat.mode == ChatMode::P2p {
        let member = chat.members.first().cloned().unwrap_or_default();
        let person = core.world.people.get(&member).cloned().unwrap_or_default();
        if person.unavailable || person.resigned || (person.stopped_bot && !sending) {
            return Err(refuse(230_013));
        }
        if person.stopped_bot {
            return Err(refuse(230_053));
        }
    }
    Ok(())
}

/// People, images and shares of a content, which have to exist.
pub(crate) fn check_world(core: &mut Core, app_id: &str, chat_id: &str, msg_type: &str, content: &Content) -> Result<(), Refused> {
    let card = content.card;
    if card == Some(CardKind::Entity) {
        return Err(card_error(200_740, "card entity does not exist", ""));
    }
    for (path, id) in content.refs.people.iter().chain(&content.refs.emails) {
        if core.world.anyone(id, app_id).is_none() {
            return Err(card_error(100_290, &format!("invalid user id: {id}"), path));
        }
    }
    for (path, key) in &content.refs.images {
        let usable = match core.images.state(key, app_id) {
            KeyState::Own => true,
            KeyState::Foreign => core.world.lenient,
            KeyState::OtherApp | KeyState::Invalid => false,
        };
        if !usable {
            return Err(if card.is_some() { card_error(200_570, &format!("invalid image key: {key}"), path) } else { refuse(230_017) });
        }
    }
    let Some(chat) = core.world.chat(chat_id) else { return Err(refuse(232_009)) };
    if chat.no_at_all && content.refs.at_all {
        return Err(card_error(11_235, "at all user is forbidden in this chat", ""));
    }
    match msg_type {
        "file" | "audio" | "media" | "sticker" => {
            let key = content.value.get("file_key").and_then(Value::as_str).unwrap_or_default();
            check_file(core, app_id, msg_type, key)
        }
        "post" => post_rules::files(&content.value).iter().try_for_each(|(_, key)| check_file(core, app_id, "media", key)),
        "share_chat" => check_shared_chat(core, app_id, content),
        "share_user" => {
            let id = content.value.get("user_id").and_then(Value::as_str).unwrap_or_default();
            core.world.person(IdKind::Open, id, app_id).map(|_| ()).map_err(|_| refuse(99_992_351))
        }
        _ => Ok(()),
    }
}

/// A file of this app, uploaded as what the message type wants.
fn check_file(core: &Core, app_id: &str, msg_type: &str, key: &str) -> Result<(), Refused> {
    match core.files.state(key, app_id) {
        KeyState::Own if core.files.get(key).is_some_and(|(info, _)| info.kind.msg_type() != msg_type) => Err(refuse(230_055)),
        KeyState::Own => Ok(()),
        KeyState::Foreign if core.world.lenient => Ok(()),
        KeyState::Foreign | KeyState::OtherApp | KeyState::Invalid => Err(refuse(230_017)),
    }
}

fn check_shared_chat(core: &mut Core, app_id: &str, content: &Content) -> Result<(), Refused> {
    let id = content.value.get("chat_id").and_then(Value::as_str).unwrap_or_default();
    if !looks_like("oc_", id) {
        return Err(refuse_ext(230_001, "invalid chat_id"));
    }
    match core.world.chat(id) {
        Some(chat) if chat.mode == ChatMode::P2p => Err(refuse(230_015)),
        Some(chat) if chat.has_bot(app_id) => Ok(()),
        _ => Err(refuse(230_002)),
    }
}

/// The message this call's `uuid` has already made.
pub(crate) fn repeated(core: &mut Core, call: &Call) -> Result<Option<Arc<Message>>, Refused> {
    let Some(key) = uuid_key(call)? else { return Ok(None) };
    let Some(message_id) = core.uuids.made(&call.app, call.endpoint, &key, call.now).map(str::to_owned) else { return Ok(None) };
    match core.switches.uuid_mode {
        UuidMode::Error230049 => Err(refuse(230_049)),
        UuidMode::SameMessage => Ok(core.messages.get(&message_id).map(Arc::clone)),
    }
}

/// By what a call is known again: its `uuid`, for forwards together with the target.
fn uuid_key(call: &Call) -> Result<Option<String>, Refused> {
    let Some(uuid) = call.uuid()? else { return Ok(None) };
    let target = if call.endpoint.has_uuid_in_query() { call.text("receive_id")?.unwrap_or_default() } else { "" };
    Ok(Some(if target.is_empty() { uuid.to_owned() } else { format!("{uuid}\n{target}") }))
}

/// The limit of the chat, or of the person.
pub(crate) fn admit_to(core: &mut Core, call: &Call, chat_id: &str) -> Result<(), Refused> {
    let scope = match core.world.chat(chat_id) {
        Some(chat) if chat.mode == ChatMode::P2p => Scope::Person(chat.members.first().cloned().unwrap_or_default()),
        _ => Scope::Chat(chat_id.to_owned()),
    };
    core.admit(scope, call.now)
}

fn new_message(core: &mut Core, call: &Call, chat_id: &str, msg_type: &str, content: &Content) -> Result<Message, Refused> {
    let version = call.version(1, content.value.clone())?;
    let chat_name = core.world.chat(chat_id).map(|chat| chat.name.clone()).unwrap_or_default();
    Ok(blank(call, chat_id, chat_name, Sender::App(call.app.clone()), msg_type, version))
}

/// A message without relations.
pub(crate) fn blank(
    call: &Call,
    chat_id: &str,
    chat_name: String,
    sender: Sender,
    msg_type: &str,
    version: Arc<crate::sandbox::messages::Version>,
) -> Message {
    Message {
        message_id: format!("om_{}", new_id()),
        chat_id: chat_id.to_owned(),
        chat_name,
        sender,
        receive_id_type: String::new(),
        receive_id: String::new(),
        msg_type: msg_type.to_owned(),
        batch_id: None,
        root_id: None,
        parent_id: None,
        thread_id: None,
        created: call.now,
        updated: call.now,
        recalled: None,
        edits: 0,
        versions_dropped: 0,
        versions: vec![version],
        reactions: Vec::new(),
        reads: Vec::new(),
        urgents: Vec::new(),
        pin: None,
        upper_message_id: None,
        forwarded_from: None,
        children: Vec::new(),
    }
}

/// Stores a new message, and which `uuid` made it.
pub(crate) fn keep(core: &mut Core, call: &Call, message: Message) -> Arc<Message> {
    if let Ok(Some(key)) = uuid_key(call) {
        core.uuids.remember(&call.app, call.endpoint, &key, &message.message_id, call.now);
    }
    core.store(message)
}

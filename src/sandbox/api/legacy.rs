//! `message/v4/send`, the send call of before `im/v1`: one receiver of four kinds, replies by `root_id`.

use crate::sandbox::answer::{Answer, Outcome, Refused, refuse, refuse_ext};
use crate::sandbox::api::send::{blank, check_world, may_speak};
use crate::sandbox::api::v4::{as_v4, body, mentions_all, said, text, with_status};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::limits::Scope;
use crate::sandbox::messages::{Message, Sender};
use crate::sandbox::people::IdKind;
use crate::sandbox::world::{ChatMode, looks_like};
use serde_json::{Value, json};
use std::sync::Arc;

/// `POST message/v4/send`
pub(crate) fn send(core: &mut Core, call: &Call) -> Outcome {
    let http = if core.switches.legacy_http_400 { 400 } else { 200 };
    with_status(take(core, call), http)
}

fn take(core: &mut Core, call: &Call) -> Outcome {
    if core.world.app(&call.app).bot_off {
        return Err(refuse(11_205));
    }
    let body = body(call)?;
    let (msg_type, content) = said(call, body)?;
    let (chat_id, id_type, receive_id) = receiver(core, call, body)?;
    let root = root(core, body, &chat_id)?;
    may_speak(core, call, &chat_id, msg_type, true).map_err(|refused| as_v4(&refused))?;
    check_world(core, &call.app, &chat_id, msg_type, &content).map_err(|refused| as_v4(&refused))?;
    let chat = core.world.chat(&chat_id).cloned().unwrap_or_default();
    if chat.no_at_all && mentions_all(&content) {
        return Err(refuse(11_235));
    }
    let is_p2p = chat.mode == ChatMode::P2p;
    let scope = if is_p2p { Scope::Person(chat.members.first().cloned().unwrap_or_default()) } else { Scope::Chat(chat_id.clone()) };
    core.admit(scope, call.now).map_err(|_| refuse(if is_p2p { 11_232 } else { 11_233 }))?;
    let version = call.version(1, content.value).map_err(|refused| as_v4(&refused))?;
    let mut message = blank(call, &chat_id, chat.name, Sender::App(call.app.clone()), msg_type, version);
    id_type.clone_into(&mut message.receive_id_type);
    receive_id.clone_into(&mut message.receive_id);
    if let Some(root) = root {
        message.root_id = Some(root.root_id.clone().unwrap_or_else(|| root.message_id.clone()));
        message.parent_id = Some(root.message_id.clone());
        message.thread_id.clone_from(&root.thread_id);
    }
    let message = core.store(message);
    Ok(Answer::ok(json!({"message_id": message.message_id})))
}

/// Chat, and how it was named. Of several receivers the documented order decides, not whether they exist.
fn receiver<'a>(core: &mut Core, call: &Call, body: &'a Value) -> Result<(String, &'static str, &'a str), Refused> {
    let given = |name: &'static str| text(body, name).transpose().map(|value| value.map(|value| (name, value)));
    let order = ["chat_id", "open_id", "user_id", "email"];
    let Some(first) = order.into_iter().find_map(given) else {
        return Err(refuse_ext(10_003, "one of chat_id, open_id, user_id and email is required"));
    };
    let (id_type, id) = first?;
    let Some(kind) = IdKind::parse(id_type) else {
        if !looks_like("oc_", id) {
            return Err(refuse(10_029));
        }
        let chat = core.world.chat(id).ok_or_else(|| refuse(11_231))?;
        return Ok((chat.chat_id.clone(), id_type, id));
    };
    let person = core.world.person(kind, id, &call.app).map_err(|_| as_v4(&refuse(kind.unknown_code())))?;
    if person.resigned {
        return Err(refuse(11_236));
    }
    let open_id = person.open_id.clone();
    Ok((core.world.p2p(&call.app, &open_id), id_type, id))
}

/// The message replied to, which is in the same chat and not taken back.
fn root(core: &Core, body: &Value, chat_id: &str) -> Result<Option<Arc<Message>>, Refused> {
    let Some(id) = text(body, "root_id")? else { return Ok(None) };
    if !looks_like("om_", id) {
        return Err(refuse(10_020));
    }
    match core.messages.get(id) {
        Some(message) if message.chat_id == chat_id && message.recalled.is_none() => Ok(Some(Arc::clone(message))),
        _ => Err(refuse(10_037)),
    }
}

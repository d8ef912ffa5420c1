//! Pinned messages of a chat.

use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse, refuse_ext};
use crate::sandbox::api::params::{Codes, Page, USUAL, page_size, standing};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::limits::Scope;
use crate::sandbox::messages::{Change, Message, Pin, Sender};
use crate::sandbox::world::ms_text;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::sync::Arc;

const CODES: Codes = Codes { recalled: 230_011, ..USUAL };

/// `POST im/v1/pins`: a message that is pinned stays so, by whom and when it was.
pub(crate) fn create(core: &mut Core, call: &Call) -> Outcome {
    let message = standing(core, call, call.required("message_id")?, CODES)?;
    if message.msg_type == "system" {
        return Err(refuse(230_054));
    }
    may_pin(core, call, &message)?;
    let pinned = match &message.pin {
        Some(_) => message,
        None => {
            let pin = Pin { by: Sender::App(call.app.clone()), at: call.now };
            let pinned = core.change(&message.message_id, Change::Touched, |message| message.pin = Some(pin));
            pinned.ok_or_else(|| refuse(99_992_354))?
        }
    };
    Ok(Answer::ok(json!({"pin": pinned.pin.as_ref().map(|pin| shown(core, call, &pinned, pin))})))
}

/// `DELETE im/v1/pins/:message_id`: also succeeds when it is not pinned or taken back.
pub(crate) fn delete(core: &mut Core, call: &Call) -> Outcome {
    let message = match standing(core, call, &call.id, CODES) {
        Err(refused) if refused.code == CODES.recalled => return Ok(Answer::ok(json!({}))),
        found => found?,
    };
    may_pin(core, call, &message)?;
    if message.pin.is_some() {
        core.change(&call.id, Change::Touched, |message| message.pin = None);
    }
    Ok(Answer::ok(json!({})))
}

fn may_pin(core: &mut Core, call: &Call, message: &Message) -> Result<(), Refused> {
    if core.world.chat(&message.chat_id).is_some_and(|chat| chat.pin_by_admins && !chat.is_ruled_by(&call.app)) {
        return Err(refuse(230_046));
    }
    core.admit_or(230_047, Scope::Pin(message.message_id.clone()), call.now)
}

/// `GET im/v1/pins`: newest first.
pub(crate) fn list(core: &mut Core, call: &Call) -> Outcome {
    let chat_id = call.param("chat_id");
    if chat_id.is_empty() {
        return Err(field("chat_id", "", "chat_id is required"));
    }
    let (size, start, end) = (page_size(call, 20, 50)?, moment(call, "start_time")?, moment(call, "end_time")?);
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        return Err(refuse_ext(230_001, "start_time is after end_time"));
    }
    let after = match call.param("page_token") {
        "" => None,
        text => Some(position(text).ok_or_else(|| field("page_token", text, "invalid page_token"))?),
    };
    match core.world.chat(chat_id) {
        None => return Err(refuse(230_045)),
        Some(chat) if chat.dissolved() => return Err(refuse(232_009)),
        Some(chat) if !chat.has_bot(&call.app) => return Err(refuse(230_002)),
        Some(_) => {}
    }
    core.admit_or(230_048, Scope::Pins(chat_id.to_owned()), call.now)?;
    let mut pinned: Vec<((i64, u64), Arc<Message>)> = core
        .messages
        .of_chat(chat_id)
        .filter(|(_, message)| message.recalled.is_none())
        .filter_map(|(seq, message)| Some(((message.pin.as_ref()?.at.as_millisecond(), seq), Arc::clone(message))))
        .filter(|((at, _), _)| start.is_none_or(|start| *at >= start) && end.is_none_or(|end| *at <= end))
        .filter(|(place, _)| after.is_none_or(|after| *place < after))
        .collect();
    pinned.sort_by_key(|(place, _)| Reverse(*place));
    let page = Page::cut(pinned.into_iter(), size, |((at, seq), _)| format!("{at}-{seq}"));
    let items: Vec<Value> = page.items.iter().filter_map(|(_, message)| Some(shown(core, call, message, message.pin.as_ref()?))).collect();
    Ok(Answer::ok(json!({"items": items, "has_more": page.has_more, "page_token": page.token})))
}

fn shown(core: &Core, call: &Call, message: &Message, pin: &Pin) -> Value {
    let (operator_id, operator_id_type) = match &pin.by {
        Sender::Person(open_id) => (core.world.open_id_for(open_id, &call.app), "open_id"),
        Sender::App(id) | Sender::Hook(id) => (id.clone(), "app_id"),
    };
    json!({
        "message_id": message.message_id, "chat_id": message.chat_id, "operator_id": operator_id,
        "operator_id_type": operator_id_type, "create_time": ms_text(pin.at),
    })
}

/// When, in milliseconds.
fn moment(call: &Call, name: &'static str) -> Result<Option<i64>, Refused> {
    match call.param(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| field(name, text, "milliseconds since 1970")),
    }
}

fn position(token: &str) -> Option<(i64, u64)> {
    let (at, seq) = token.split_once('-')?;
    Some((at.parse().ok()?, seq.parse().ok()?))
}

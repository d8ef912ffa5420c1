//! Changing what was sent: edit of text and post, update of cards, recall.

use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse, refuse_ext};
use crate::sandbox::api::object::object;
use crate::sandbox::api::send::{check_body, check_world, may_speak};
use crate::sandbox::clock::ms_between;
use crate::sandbox::content::{CardKind, card_error, max_body};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::limits::Scope;
use crate::sandbox::messages::{Change, Message, Recalled, Sender};
use serde_json::{Value, json};

const MAX_EDITS: u32 = 20;
const DAY_MS: i64 = 86_400_000;
const UPDATE_WINDOW_MS: i64 = 14 * DAY_MS;
const YEAR_MS: i64 = 365 * DAY_MS;

/// `PUT im/v1/messages/:message_id`
pub(crate) fn edit(core: &mut Core, call: &Call) -> Outcome {
    let msg_type = check_body(call)?;
    if !matches!(msg_type, "text" | "post") {
        return Err(field("msg_type", msg_type, "options: [text,post]"));
    }
    let message = core.message(&call.id)?;
    if message.recalled.is_some() {
        return Err(refuse(230_011));
    }
    may_speak(core, call, &message.chat_id, msg_type, false)?;
    if !message.is_of(&call.app) {
        return Err(refuse(230_071));
    }
    if !matches!(message.msg_type.as_str(), "text" | "post") {
        return Err(refuse(230_054));
    }
    if too_old(core.world.edit_window_s, &message, call) {
        return Err(refuse(230_075));
    }
    if message.edits >= MAX_EDITS {
        return Err(refuse(230_072));
    }
    let content = call.content()?;
    check_world(core, &call.app, &message.chat_id, msg_type, content)?;
    let version = call.version(message.next_number(), content.value.clone())?;
    let changed = core.change(&call.id, Change::Edited, |message| {
        message.edits += 1;
        msg_type.clone_into(&mut message.msg_type);
        message.updated = call.now;
        message.versions.push(version);
    });
    match changed {
        Some(message) => Ok(Answer::ok(object(core, &message, &call.app, false))),
        None => Err(refuse(99_992_354)),
    }
}

/// `PATCH im/v1/messages/:message_id`
pub(crate) fn patch(core: &mut Core, call: &Call) -> Outcome {
    call.required("content")?;
    if call.body.len() > max_body("interactive") {
        return Err(refuse(230_025));
    }
    let message = core.message(&call.id)?;
    if message.recalled.is_some() {
        return Err(refuse(230_011));
    }
    if core.world.chat(&message.chat_id).is_none_or(|chat| chat.dissolved()) {
        return Err(refuse(232_009));
    }
    if message.msg_type != "interactive" {
        return Err(refuse_ext(230_001, "This message is NOT a card."));
    }
    if !message.is_of(&call.app) {
        return Err(refuse_ext(230_001, "The operator is NOT the sender of the card."));
    }
    if ms_between(message.created, call.now) > UPDATE_WINDOW_MS {
        return Err(refuse(230_031));
    }
    let content = call.content()?;
    may_replace(kind_of(message.content()), content.card)?;
    check_world(core, &call.app, &message.chat_id, "interactive", content)?;
    core.admit(Scope::Card(call.id.clone()), call.now)?;
    let version = call.version(message.next_number(), content.value.clone())?;
    core.change(&call.id, Change::Edited, |message| {
        message.updated = call.now;
        message.versions.push(version);
    });
    Ok(Answer::ok(json!({})))
}

/// Both cards must be shared ones, and 2.0 stays 2.0.
pub(crate) fn may_replace(old: CardKind, new: Option<CardKind>) -> Result<(), Refused> {
    let Some(new) = new else { return Err(refuse(9499)) };
    for (which, kind) in [("the sent card", old), ("the new card", new)] {
        if kind == (CardKind::V1 { update_multi: false }) {
            return Err(refuse_ext(230_001, format_args!("{which} is not shared: config.update_multi must be true")));
        }
    }
    if old == CardKind::V2 && matches!(new, CardKind::V1 { .. }) {
        return Err(card_error(200_830, "a card of schema 2.0 cannot be updated to schema 1.0", "schema"));
    }
    Ok(())
}

pub(crate) fn kind_of(card: &Value) -> CardKind {
    match (card.get("type").and_then(Value::as_str), card.get("schema").and_then(Value::as_str)) {
        (Some("template"), _) => CardKind::Template,
        (_, Some("2.0")) => CardKind::V2,
        _ => CardKind::V1 { update_multi: card.pointer("/config/update_multi") == Some(&Value::Bool(true)) },
    }
}

/// `DELETE im/v1/messages/:message_id`
pub(crate) fn recall(core: &mut Core, call: &Call) -> Outcome {
    let message = core.message(&call.id)?;
    if message.recalled.is_some() {
        return Err(refuse(230_110));
    }
    let Some(chat) = core.world.chat(&message.chat_id) else { return Err(refuse(232_009)) };
    if chat.dissolved() {
        return Err(refuse(232_009));
    }
    if !chat.has_bot(&call.app) {
        return Err(refuse(230_002));
    }
    if !message.is_of(&call.app) {
        return Err(refuse(230_026));
    }
    if ms_between(message.created, call.now) > YEAR_MS || too_old(core.world.recall_window_s, &message, call) {
        return Err(refuse(230_009));
    }
    take_back(core, &call.id, Recalled { at: call.now, by: Sender::App(call.app.clone()) });
    Ok(Answer::ok(json!({})))
}

/// Marks a message as taken back.
pub(crate) fn take_back(core: &mut Core, message_id: &str, recalled: Recalled) -> Option<std::sync::Arc<Message>> {
    core.change(message_id, Change::Recalled, |message| {
        message.updated = recalled.at;
        message.recalled = Some(recalled);
    })
}

/// Whether a window of the tenant's administrator is over.
fn too_old(window_s: Option<u32>, message: &Message, call: &Call) -> bool {
    window_s.is_some_and(|window| ms_between(message.created, call.now) > i64::from(window) * 1000)
}

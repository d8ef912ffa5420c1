//! `card.action.trigger` as the app of a card is told: who pressed what, where.

use super::action::{Chooser, action};
use super::find::find;
use super::{Fault, Host, Press, PressError, Stop, cannot};
use crate::feishu::callback::envelope::{CARD_ACTION, Event};
use crate::feishu::content::card::is_v2;
use crate::sandbox::apps::App;
use crate::sandbox::clock::ms_between;
use crate::sandbox::core::Core;
use crate::sandbox::messages::{Message, Sender};
use crate::util::id::new_id;
use jiff::Timestamp;
use serde_json::{Value, json};

const DAY_MS: i64 = 86_400_000;
const V1_DAYS: i64 = 30;
const V2_DAYS: i64 = 14;
const USER_ID_SCOPE: &str = "contact:user.employee_id:readonly";

/// A press that is on its way.
#[derive(Debug)]
pub(super) struct Ready {
    pub app_id: String,
    pub app: App,
    /// Who pressed, by `open_id`.
    pub open_id: String,
    /// The token for a later update.
    pub token: String,
    pub event: Event,
}

/// Looks everything up that a press names, and makes the event.
pub(super) fn prepare(core: &mut Core, press: &Press, now: Timestamp) -> Result<Ready, Stop> {
    let missing = |what: &str, id: &str| PressError::NotFound(format!("there is no {what} {id:?}"));
    let message = core.messages.get(&press.message_id).cloned().ok_or_else(|| missing("message", &press.message_id))?;
    let open_id = core.open_id(&press.by).map_err(|_| missing("person", &press.by))?;
    standing(core, &message, &open_id)?;
    let app_id = owner(&message)?;
    let card = message.content_for(&open_id);
    let chat_id = message.chat_id.clone();
    let mut member = |id: &str| {
        let chosen = core.world.anyone(id, &app_id).map(|person| person.open_id.clone())?;
        core.world.chats.get(&chat_id).is_some_and(|chat| chat.has_person(&chosen)).then(|| core.world.open_id_for(&chosen, &app_id))
    };
    let found = find(card, &press.at)?;
    let action = action(&found, press, &mut Chooser { now, person: &mut member })?;
    if let Some(fault) = too_old(&message, card, now) {
        return Err(fault.into());
    }
    let token = core.card_tokens.issue(&app_id, &message.message_id, &open_id, now);
    let app = core.world.app(&app_id);
    let event = json!({
        "operator": operator(core, &app, &app_id, &open_id),
        "token": token,
        "action": action,
        "host": match press.host { Host::ImMessage => "im_message", Host::ImTopNotice => "im_top_notice" },
        "context": {"open_message_id": message.message_id, "open_chat_id": message.chat_id},
    });
    let event = Event {
        id: new_id(),
        kind: CARD_ACTION.to_owned(),
        created: Some(now),
        token: app.verification_token.clone(),
        app_id: app_id.clone(),
        tenant_key: core.world.tenant_key.clone(),
        event,
    };
    Ok(Ready { app_id, app, open_id, token, event })
}

/// Whether the person has the message before them.
fn standing(core: &mut Core, message: &Message, open_id: &str) -> Result<(), PressError> {
    if message.msg_type != "interactive" {
        return Err(cannot(format!("{} is a {}, not a card", message.message_id, message.msg_type)));
    }
    if message.recalled.is_some() {
        return Err(cannot("the message was taken back"));
    }
    match core.world.chat(&message.chat_id) {
        Some(chat) if chat.dissolved() => return Err(cannot("the chat is dissolved")),
        Some(chat) if !chat.has_person(open_id) => return Err(cannot(format!("{open_id} is not a member of the chat"))),
        Some(_) => {}
        None => return Err(cannot("the chat is gone")),
    }
    match core.world.people.get(open_id) {
        Some(person) if person.resigned => Err(cannot(format!("{} has resigned", person.name))),
        _ => Ok(()),
    }
}

/// The app whose card it is.
fn owner(message: &Message) -> Result<String, Stop> {
    let may_forward = message.content().pointer("/config/enable_forward_interaction") == Some(&Value::Bool(true));
    if message.forwarded_from.is_some() && !may_forward {
        let why = "the card was forwarded, and without config.enable_forward_interaction a forwarded card calls nobody back";
        return Err(cannot(why).into());
    }
    match message.forwarded_from.as_ref().unwrap_or(&message.sender) {
        Sender::App(app_id) => Ok(app_id.clone()),
        Sender::Hook(_) => Err(Fault::new(200_340, "a custom bot has no callback: send the card by an app's bot").into()),
        Sender::Person(_) => Err(cannot("a person's card calls nobody back").into()),
    }
}

/// Cards can be acted on for some weeks after they were sent.
fn too_old(message: &Message, card: &Value, now: Timestamp) -> Option<Fault> {
    let days = if is_v2(card) { V2_DAYS } else { V1_DAYS };
    let reason = format!("the card was sent more than {days} days ago: it can no longer be acted on");
    (ms_between(message.created, now) > days * DAY_MS).then_some(Fault { code: None, reason })
}

fn operator(core: &Core, app: &App, app_id: &str, open_id: &str) -> Value {
    let person = core.world.people.get(open_id).cloned().unwrap_or_default();
    let mut operator = json!({
        "tenant_key": core.world.tenant_key,
        "open_id": core.world.open_id_for(open_id, app_id),
        "union_id": person.union_id,
    });
    if !app.denied.contains(USER_ID_SCOPE) {
        operator["user_id"] = person.user_id.into();
    }
    operator
}

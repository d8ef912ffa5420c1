//! Reactions to a message.

use crate::feishu::content::emoji;
use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse};
use crate::sandbox::api::params::{Codes, Page, page_size, standing};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::messages::{Change, Message, Reaction, Sender};
use crate::sandbox::people::IdKind;
use crate::sandbox::world::ms_text;
use crate::util::id::new_id;
use jiff::Timestamp;
use serde_json::{Value, json};

const WRITING: Codes = Codes { recalled: 231_003, dissolved: 231_004, outside: 231_002, unreachable: 231_022 };
const READING: Codes = Codes { outside: 231_008, ..WRITING };

/// `POST im/v1/messages/:message_id/reactions`: the same again gives the reaction that is there.
pub(crate) fn create(core: &mut Core, call: &Call) -> Outcome {
    let emoji_type = match call.object()?.get("reaction_type").and_then(|kind| kind.get("emoji_type")) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => return Err(field("reaction_type.emoji_type", "", "reaction_type.emoji_type is required")),
        Some(_) => return Err(refuse(9499)),
    };
    standing(core, call, &call.id, WRITING)?;
    let reaction = react(core, &call.id, Sender::App(call.app.clone()), &emoji_type, call.now)?;
    Ok(Answer::ok(shown(core, call, &reaction, IdKind::Open)))
}

/// Somebody reacts to a message, with an emoji that exists (231001) and where that can be done (231017).
pub(crate) fn react(core: &mut Core, message_id: &str, by: Sender, emoji_type: &str, at: Timestamp) -> Result<Reaction, Refused> {
    if !emoji::exists(emoji_type) {
        return Err(refuse(231_001));
    }
    let message = core.message(message_id)?;
    if message.msg_type == "system" {
        return Err(refuse(231_017));
    }
    if let Some(known) = message.reactions.iter().find(|known| known.by == by && known.emoji_type == emoji_type) {
        return Ok(known.clone());
    }
    let reaction = Reaction { reaction_id: format!("Z{}", new_id()), emoji_type: emoji_type.to_owned(), by, at };
    core.change(message_id, Change::Touched, |message| message.reactions.push(reaction.clone()));
    Ok(reaction)
}

/// `DELETE im/v1/messages/:message_id/reactions/:reaction_id`: only one's own.
pub(crate) fn delete(core: &mut Core, call: &Call) -> Outcome {
    let message = standing(core, call, &call.id, WRITING)?;
    let has = |message: &Message| message.reactions.iter().any(|reaction| reaction.reaction_id == call.sub);
    let Some(reaction) = message.reactions.iter().find(|reaction| reaction.reaction_id == call.sub) else {
        let elsewhere = core.messages.all().any(|(_, message)| has(message));
        return Err(refuse(if elsewhere { 231_010 } else { 231_011 }));
    };
    if reaction.by != Sender::App(call.app.clone()) {
        return Err(refuse(231_007));
    }
    core.change(&call.id, Change::Touched, |message| message.reactions.retain(|other| other.reaction_id != call.sub));
    Ok(Answer::ok(shown(core, call, reaction, IdKind::Open)))
}

/// `GET im/v1/messages/:message_id/reactions`
pub(crate) fn list(core: &mut Core, call: &Call) -> Outcome {
    let kind = match call.param("user_id_type") {
        "" => IdKind::Open,
        text => IdKind::parse(text).filter(|kind| *kind != IdKind::Email).ok_or_else(|| refuse(231_014))?,
    };
    let size = page_size(call, 20, 50)?;
    let emoji_type = call.param("reaction_type");
    if !emoji_type.is_empty() && !emoji::exists(emoji_type) {
        return Err(refuse(231_001));
    }
    let message = standing(core, call, &call.id, READING)?;
    let after = call.param("page_token");
    if !after.is_empty() && !after.starts_with('Z') {
        return Err(refuse(231_012));
    }
    // Ids grow with time, so a page goes on even where the reaction it ended with was taken back.
    let fits = |reaction: &&Reaction| emoji_type.is_empty() || reaction.emoji_type == emoji_type;
    let rest = message.reactions.iter().filter(|reaction| reaction.reaction_id.as_str() > after).filter(fits);
    let page = Page::cut(rest, size, |reaction| reaction.reaction_id.clone());
    let items: Vec<Value> = page.items.iter().map(|reaction| shown(core, call, reaction, kind)).collect();
    Ok(Answer::ok(json!({"items": items, "has_more": page.has_more, "page_token": page.token})))
}

fn shown(core: &Core, call: &Call, reaction: &Reaction, kind: IdKind) -> Value {
    let (operator_id, operator_type) = match &reaction.by {
        Sender::Person(open_id) => (core.world.id_of(open_id, kind, &call.app), "user"),
        Sender::App(id) | Sender::Hook(id) => (id.clone(), "app"),
    };
    json!({
        "reaction_id": reaction.reaction_id,
        "operator": {"operator_id": operator_id, "operator_type": operator_type},
        "action_time": ms_text(reaction.at),
        "reaction_type": {"emoji_type": reaction.emoji_type},
    })
}

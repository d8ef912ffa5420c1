//! Who has read a message, and people's doings that no call of the platform does: reading and reacting.

use crate::sandbox::answer::{Answer, Outcome, field, refuse};
use crate::sandbox::api::params::{Page, USUAL, id_kind, page_size, page_token, standing};
use crate::sandbox::clock::ms_between;
use crate::sandbox::core::{Call, Core};
use crate::sandbox::messages::{Change, Message, Read};
use crate::sandbox::world::ms_text;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

const WEEK_MS: i64 = 7 * 86_400_000;

/// `GET im/v1/messages/:message_id/read_users`
pub(crate) fn list(core: &mut Core, call: &Call) -> Outcome {
    if call.param("user_id_type").is_empty() {
        return Err(field("user_id_type", "", "user_id_type is required, options: [open_id,union_id,user_id]"));
    }
    let kind = id_kind(call, "user_id_type")?;
    let (size, start) = (page_size(call, 20, 100)?, page_token(call)?);
    let message = standing(core, call, &call.id, USUAL)?;
    if !message.is_of(&call.app) {
        return Err(refuse(230_012));
    }
    if ms_between(message.created, call.now) > WEEK_MS {
        return Err(refuse(230_033));
    }
    let page = Page::by_position(message.reads.iter(), start, size);
    let items: Vec<Value> = page
        .items
        .iter()
        .map(|read| {
            json!({
                "user_id_type": call.param("user_id_type"), "user_id": core.world.id_of(&read.by, kind, &call.app),
                "timestamp": ms_text(read.at), "tenant_key": core.world.tenant_key,
            })
        })
        .collect();
    Ok(Answer::ok(json!({"items": items, "has_more": page.has_more, "page_token": page.token})))
}

/// A person reads a message; the first time counts. `None` when it is unknown or taken back.
pub(crate) fn read_by(core: &mut Core, message_id: &str, open_id: &str, at: Timestamp) -> Option<Arc<Message>> {
    let message = core.messages.get(message_id).filter(|message| message.recalled.is_none())?;
    if message.reads.iter().any(|read| read.by == open_id) {
        return Some(Arc::clone(message));
    }
    let read = Read { by: open_id.to_owned(), at };
    core.change(message_id, Change::Touched, |message| message.reads.push(read))
}

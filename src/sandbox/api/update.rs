//! The update of a card after its callback was answered, by the token that the callback carried.
//!
//! The answers are those of the old card API: codes of its own for the token, 11311 with a detail for the card.

use crate::sandbox::answer::{Answer, Outcome, Refused, refuse, refuse_ext};
use crate::sandbox::api::edit::kind_of;
use crate::sandbox::core::{Call, Core};
use crate::sandbox::press::judge::{By, checked, put};
use crate::sandbox::press::tokens::TokenFault;
use serde_json::{Value, json};

/// Bytes of a card, before which nothing else of it is looked at.
const MAX_CARD: usize = 100_000;

/// `POST interactive/v1/card/update`
pub(crate) fn update(core: &mut Core, call: &Call) -> Outcome {
    let body = call.json.as_ref().filter(|json| json.is_object()).ok_or_else(|| refuse(100_030))?;
    let token = body.get("token").and_then(Value::as_str).unwrap_or_default();
    let known = core.card_tokens.look(token, call.now).map_err(|fault| match fault {
        TokenFault::Unknown => refuse(300_020),
        TokenFault::Expired => refuse(300_030),
        TokenFault::UsedUp => refuse(300_040),
        // No code is documented: the update "fails or is reverted".
        TokenFault::Early => refuse_ext(10_002, "the callback is not answered yet: update the card after the answer"),
    })?;
    if known.app_id != call.app {
        return Err(refuse(200_310));
    }
    let message_id = known.message_id.clone();
    let message = core.messages.get(&message_id).cloned().filter(|message| message.recalled.is_none()).ok_or_else(|| refuse(200_000))?;
    let mut card = match body.get("card") {
        Some(card @ Value::Object(_)) => card.clone(),
        Some(Value::String(_)) => return Err(bad_card("card is a string; it has to be the card object itself")),
        _ => return Err(bad_card("card is missing")),
    };
    let open_ids = card.as_object_mut().and_then(|card| card.remove("open_ids"));
    if card.to_string().len() > MAX_CARD {
        return Err(refuse(100_000));
    }
    let update = checked(core, &call.app, &message, kind_of(message.content()), card).map_err(|refused| bad_card(&refused.msg))?;
    let only_for = if update.is_exclusive() { people(core, call, open_ids.as_ref())? } else { Vec::new() };
    put(core, &message, update, By { endpoint: call.endpoint, request_id: call.request_id.clone(), now: call.now, only_for });
    core.card_tokens.spend(token);
    Ok(Answer::ok(json!({})))
}

/// Who sees a card that is not shared.
fn people(core: &mut Core, call: &Call, open_ids: Option<&Value>) -> Result<Vec<String>, Refused> {
    let ids = open_ids.and_then(Value::as_array).filter(|ids| !ids.is_empty()).ok_or_else(|| refuse(300_090))?;
    let person = |id: &Value| {
        let person = id.as_str().and_then(|id| core.world.anyone(id, &call.app));
        person.map(|person| person.open_id.clone()).ok_or_else(|| refuse(200_320))
    };
    ids.iter().map(person).collect()
}

fn bad_card(why: &str) -> Refused {
    refuse_ext(11_311, why)
}

//! Urging people to look at a message: inside the app, by text message, by a phone call.

use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse, refuse_ext};
use crate::sandbox::api::params::{USUAL, id_kind, standing, strings};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::messages::{Change, Message, Urgent, UrgentKind};
use crate::sandbox::people::NoPerson;
use serde_json::json;

const MAX_PEOPLE: usize = 200;
const MAX_UNREAD: usize = 200;

/// `PATCH im/v1/messages/:message_id/urgent_app`, `urgent_sms`, `urgent_phone`
pub(crate) fn urge(core: &mut Core, call: &Call, how: UrgentKind) -> Outcome {
    let kind = id_kind(call, "user_id_type")?;
    let ids = strings(call, "user_id_list", MAX_PEOPLE)?;
    if ids.is_empty() {
        return Err(field("user_id_list", "", "user_id_list is required"));
    }
    let message = standing(core, call, &call.id, USUAL)?;
    may_urge(core, call, &message, how)?;
    let (mut people, mut invalid) = (Vec::new(), Vec::new());
    for id in ids {
        let found = match core.world.person(kind, &id, &call.app) {
            Ok(person) if !person.resigned && !person.unavailable => Some(person.open_id.clone()),
            Ok(_) | Err(NoPerson::Unknown) => None,
            Err(NoPerson::OtherApp) => return Err(refuse(99_992_361)),
        };
        match found.filter(|open_id| core.world.is_member(&message.chat_id, open_id)) {
            Some(open_id) if people.contains(&open_id) => {}
            Some(open_id) => people.push(open_id),
            None => invalid.push(id),
        }
    }
    if people.is_empty() {
        return Err(refuse_ext(230_001, "all ids of user_id_list are invalid"));
    }
    for open_id in &people {
        if core.messages.all().filter(|(_, message)| message.urges(open_id)).count() > MAX_UNREAD {
            return Err(refuse(230_023));
        }
    }
    spend(core, how, people.len())?;
    let urged = people.into_iter().map(|open_id| Urgent { kind: how, open_id, at: call.now });
    core.change(&call.id, Change::Touched, |message| message.urgents.extend(urged));
    Ok(Answer::ok(json!({"invalid_user_id_list": invalid})))
}

fn may_urge(core: &mut Core, call: &Call, message: &Message, how: UrgentKind) -> Result<(), Refused> {
    if !message.is_of(&call.app) {
        return Err(refuse(230_012));
    }
    let Some(chat) = core.world.chat(&message.chat_id) else { return Err(refuse(232_009)) };
    if chat.external {
        return Err(refuse(230_027));
    }
    if chat.urgent_by_admins && !chat.is_ruled_by(&call.app) {
        return Err(refuse(230_052));
    }
    if chat.folded && how != UrgentKind::App {
        return Err(refuse(230_098));
    }
    Ok(())
}

/// Takes so many from the tenant's quota, or nothing when there are not enough.
fn spend(core: &mut Core, how: UrgentKind, people: usize) -> Result<(), Refused> {
    let quota = match how {
        UrgentKind::App => return Ok(()),
        UrgentKind::Sms => &mut core.world.urgent_sms,
        UrgentKind::Phone => &mut core.world.urgent_phone,
    };
    if let Some(left) = quota {
        let needed = u64::try_from(people).unwrap_or(u64::MAX);
        *left = left.checked_sub(needed).ok_or_else(|| refuse(230_024))?;
    }
    Ok(())
}

//! The members of a chat: listed, put in, taken out.

use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse, refuse_ext};
use crate::sandbox::api::chats::find;
use crate::sandbox::api::params::{Page, id_kind, page_size, strings};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::people::{IdKind, NoPerson};
use crate::sandbox::world::{Chat, ChatMode};
use serde_json::{Value, json};

const MAX_USERS: usize = 50;
const MAX_BOTS: usize = 5;
const GROUP_PEOPLE: usize = 5000;
const GROUP_BOTS: usize = 15;

/// Whom the ids of a call name.
enum Ids {
    People(IdKind, Vec<String>),
    Bots(Vec<String>),
}

/// What to do with ids that cannot be put in.
#[derive(PartialEq)]
enum Succeed {
    /// 0: unknown and invisible ids fail the call, people who have left are passed over.
    IfAllExist,
    /// 1: whoever can be put in is.
    WithTheRest,
    /// 2: any bad id fails the call.
    IfAllFit,
}

/// `GET im/v1/chats/:chat_id/members`: people only.
pub(crate) fn list(core: &mut Core, call: &Call) -> Outcome {
    let (kind, size) = (id_kind(call, "member_id_type")?, page_size(call, 20, 100)?);
    let chat = open_chat(core, call)?.clone();
    let after = call.param("page_token");
    let page = Page::cut(chat.members.iter().filter(|open_id| open_id.as_str() > after), size, |open_id| (*open_id).clone());
    let items: Vec<Value> = page
        .items
        .iter()
        .map(|open_id| {
            let name = core.world.people.get(*open_id).map_or("", |person| person.name.as_str());
            json!({
                "member_id_type": kind.as_str(), "member_id": core.world.id_of(open_id, kind, &call.app), "name": name,
                "tenant_key": core.world.tenant_key,
            })
        })
        .collect();
    let total = chat.members.len();
    Ok(Answer::ok(json!({"items": items, "has_more": page.has_more, "page_token": page.token, "member_total": total})))
}

/// `POST im/v1/chats/:chat_id/members`
pub(crate) fn add(core: &mut Core, call: &Call) -> Outcome {
    let succeed = match call.param("succeed_type") {
        "" | "0" => Succeed::IfAllExist,
        "1" => Succeed::WithTheRest,
        "2" => Succeed::IfAllFit,
        other => return Err(field("succeed_type", other, "options: [0,1,2]")),
    };
    let ids = ids(call)?;
    open_chat(core, call)?;
    let mut sorted = Sorted::default();
    match &ids {
        Ids::People(kind, ids) => ids.iter().for_each(|id| sorted.person(core, call, *kind, id)),
        Ids::Bots(ids) => ids.iter().for_each(|id| sorted.bot(core, id)),
    }
    let bad = match succeed {
        Succeed::IfAllExist => sorted.unknown.iter().chain(&sorted.invisible).next(),
        Succeed::IfAllFit => sorted.unknown.iter().chain(&sorted.invisible).chain(&sorted.gone).next(),
        Succeed::WithTheRest => None,
    };
    if let Some(bad) = bad {
        return Err(refuse_ext(232_043, bad));
    }
    if sorted.good.is_empty() && succeed == Succeed::IfAllExist {
        return Err(refuse(232_027));
    }
    let chat = find(core, call)?;
    let is_new = |id: &&String| match ids {
        Ids::People(..) => !chat.members.contains(*id),
        Ids::Bots(_) => !chat.bots.contains(*id),
    };
    let new = sorted.good.iter().filter(is_new).count();
    match ids {
        Ids::People(..) if chat.members.len() + new > GROUP_PEOPLE => return Err(refuse(232_013)),
        Ids::Bots(_) if chat.bots.len() + new > GROUP_BOTS => return Err(refuse(232_044)),
        Ids::People(..) => sorted.good.iter().for_each(|open_id| chat.add_person(open_id)),
        Ids::Bots(_) => sorted.good.iter().for_each(|app_id| chat.add_bot(app_id)),
    }
    sorted.invisible.extend(sorted.gone);
    Ok(Answer::ok(json!({
        "invalid_id_list": sorted.invisible, "not_existed_id_list": sorted.unknown, "pending_approval_id_list": [],
    })))
}

/// `DELETE im/v1/chats/:chat_id/members`: who is not a member is passed over.
pub(crate) fn remove(core: &mut Core, call: &Call) -> Outcome {
    let ids = ids(call)?;
    let chat = open_chat(core, call)?;
    let owner = chat.owner_id.clone();
    if !chat.is_ruled_by(&call.app) {
        return Err(refuse(232_017));
    }
    let mut invalid = Vec::new();
    match ids {
        Ids::People(kind, ids) => {
            let mut people = Vec::new();
            for id in ids {
                match core.world.person(kind, &id, &call.app).map(|person| person.open_id.clone()) {
                    Ok(open_id) if open_id == owner => return Err(refuse(232_076)),
                    Ok(open_id) => people.push(open_id),
                    Err(_) => invalid.push(id),
                }
            }
            let chat = find(core, call)?;
            people.iter().for_each(|open_id| chat.remove_person(open_id));
        }
        Ids::Bots(ids) => {
            for app_id in ids {
                if core.world.has_bot_app(&app_id) {
                    find(core, call)?.remove_bot(&app_id);
                } else {
                    invalid.push(app_id);
                }
            }
        }
    }
    Ok(Answer::ok(json!({"invalid_id_list": invalid})))
}

/// A group in use that the bot is in.
fn open_chat<'a>(core: &'a mut Core, call: &Call) -> Result<&'a mut Chat, Refused> {
    let chat = find(core, call)?;
    if chat.mode == ChatMode::P2p {
        return Err(refuse(232_007));
    }
    if chat.dissolved() {
        return Err(refuse(232_009));
    }
    if chat.has_bot(&call.app) { Ok(chat) } else { Err(refuse(232_011)) }
}

fn ids(call: &Call) -> Result<Ids, Refused> {
    let ids = if call.param("member_id_type") == "app_id" {
        Ids::Bots(strings(call, "id_list", MAX_BOTS)?)
    } else {
        Ids::People(id_kind(call, "member_id_type")?, strings(call, "id_list", MAX_USERS)?)
    };
    match &ids {
        Ids::People(_, list) | Ids::Bots(list) if list.is_empty() => Err(field("id_list", "", "id_list is required")),
        _ => Ok(ids),
    }
}

/// Ids by what can be done with them.
#[derive(Default)]
struct Sorted {
    good: Vec<String>,
    unknown: Vec<String>,
    invisible: Vec<String>,
    /// Of people who have left.
    gone: Vec<String>,
}

impl Sorted {
    fn person(&mut self, core: &mut Core, call: &Call, kind: IdKind, id: &str) {
        match core.world.person(kind, id, &call.app) {
            Ok(person) if person.resigned => self.gone.push(id.to_owned()),
            Ok(person) if person.unavailable => self.invisible.push(id.to_owned()),
            Ok(person) if !self.good.contains(&person.open_id) => self.good.push(person.open_id.clone()),
            Ok(_) => {}
            Err(NoPerson::Unknown | NoPerson::OtherApp) => self.unknown.push(id.to_owned()),
        }
    }

    fn bot(&mut self, core: &Core, id: &str) {
        let list = if core.world.has_bot_app(id) { &mut self.good } else { &mut self.unknown };
        list.push(id.to_owned());
    }
}

//! Messages to many people at once, and what became of them.
//!
//! The call is answered when the batch is noted; when its messages go out is the business of `batches`.

use crate::sandbox::answer::{Answer, Outcome, Refused, refuse, refuse_ext};
use crate::sandbox::api::send::check_world;
use crate::sandbox::api::v4::{as_v4, body, mentions_all, said, with_status};
use crate::sandbox::batches::{Batch, Receiver, Wanted};
use crate::sandbox::clock::ms_between;
use crate::sandbox::content::Content;
use crate::sandbox::core::{Call, Core};
use crate::sandbox::endpoint::Endpoint;
use crate::sandbox::people::IdKind;
use serde_json::{Value, json};
use std::collections::HashSet;

/// Ids that one list may have.
const MAX_IDS: usize = 200;
/// How long a batch can be asked about.
const LIFE_MS: i64 = 30 * 86_400_000;

/// `POST message/v4/batch_send`
pub(crate) fn send(core: &mut Core, call: &Call) -> Outcome {
    with_status(take(core, call), 200)
}

/// The four lists of receivers.
struct Lists {
    departments: Vec<String>,
    people: [(IdKind, &'static str, Vec<String>); 3],
}

/// Who was found, once each in order, and the ids of nobody.
#[derive(Default)]
struct Found {
    receivers: Vec<Receiver>,
    seen: HashSet<String>,
    valid_ids: usize,
    invalid: serde_json::Map<String, Value>,
}

fn take(core: &mut Core, call: &Call) -> Outcome {
    let body = body(call)?;
    let lists = Lists::read(body)?;
    may_send(core, call, &lists)?;
    let (msg_type, content) = said(call, body)?;
    let found = find(core, call, &lists);
    if found.valid_ids == 0 {
        return Err(refuse_ext(11_101, "none of the ids is valid"));
    }
    check_content(core, call, msg_type, &content, found.receivers.first())?;
    let rules = core.world.batch;
    if !core.batches.admit(&call.app, found.receivers.len() as u64, &rules, call.now) {
        return Err(refuse(11_247));
    }
    let version = call.version(1, content.value).map_err(|refused| as_v4(&refused))?;
    let wanted = Wanted { app: call.app.clone(), msg_type: msg_type.to_owned(), version, people: found.receivers, now: call.now };
    let mut data = found.invalid;
    data.insert("message_id".to_owned(), core.batches.add(wanted, &rules).into());
    Ok(Answer::ok(Value::Object(data)))
}

impl Lists {
    fn read(body: &Value) -> Result<Self, Refused> {
        let lists = Self {
            departments: list(body, "department_ids")?,
            people: [
                (IdKind::Open, "open_ids", list(body, "open_ids")?),
                (IdKind::User, "user_ids", list(body, "user_ids")?),
                (IdKind::Union, "union_ids", list(body, "union_ids")?),
            ],
        };
        if lists.departments.is_empty() && !lists.names_people() {
            return Err(refuse_ext(10_003, "department_ids, open_ids, user_ids and union_ids are all empty"));
        }
        if lists.departments.iter().any(|id| id == "0") {
            return Err(refuse_ext(10_003, "the root department cannot be sent to"));
        }
        Ok(lists)
    }

    fn names_people(&self) -> bool {
        self.people.iter().any(|(_, _, ids)| !ids.is_empty())
    }
}

fn list(body: &Value, name: &str) -> Result<Vec<String>, Refused> {
    let strings = |items: &[Value]| items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>();
    match body.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() > MAX_IDS => {
            Err(refuse_ext(10_003, format_args!("{name} has {} ids, at most {MAX_IDS} are allowed", items.len())))
        }
        Some(Value::Array(items)) => strings(items).ok_or_else(|| refuse_ext(10_003, format_args!("{name} is not a list of strings"))),
        Some(_) => Err(refuse_ext(10_003, format_args!("{name} is not a list"))),
    }
}

/// The bot and the scopes that batches ask for.
fn may_send(core: &mut Core, call: &Call, lists: &Lists) -> Result<(), Refused> {
    let app = core.world.app(&call.app);
    let lacks = |scope: &str| app.denied.contains(scope);
    for (holds, code) in [
        (app.bot_off, 11_205),
        (lacks("im:message:send_as_bot"), 11_223),
        (lists.names_people() && lacks("im:message:send_multi_users"), 11_203),
        (!lists.departments.is_empty() && lacks("im:message:send_multi_depts"), 11_204),
    ] {
        if holds {
            return Err(refuse(code));
        }
    }
    Ok(())
}

fn find(core: &mut Core, call: &Call, lists: &Lists) -> Found {
    let mut found = Found::default();
    for (kind, name, ids) in &lists.people {
        let mut invalid = Vec::new();
        for id in ids {
            match core.world.person(*kind, id, &call.app).map(|person| person.open_id.clone()) {
                Ok(open_id) => {
                    found.valid_ids += 1;
                    found.add(core, open_id);
                }
                Err(_) => invalid.push(Value::from(id.as_str())),
            }
        }
        found.invalid.insert(format!("invalid_{name}"), invalid.into());
    }
    let mut invalid = Vec::new();
    for id in &lists.departments {
        match core.world.members_of(id) {
            Some(members) => {
                found.valid_ids += 1;
                members.into_iter().for_each(|open_id| found.add(core, open_id));
            }
            None => invalid.push(Value::from(id.as_str())),
        }
    }
    found.invalid.insert("invalid_department_ids".to_owned(), invalid.into());
    found
}

impl Found {
    fn add(&mut self, core: &Core, open_id: String) {
        let Some(person) = core.world.people.get(&open_id) else { return };
        let reachable = !(person.resigned || person.unavailable || person.stopped_bot);
        if self.seen.insert(open_id.clone()) {
            self.receivers.push(Receiver { open_id: open_id.into(), reachable });
        }
    }
}

/// People, images and shares of the content have to exist. That everybody can never be mentioned is how we read 11235:
/// these messages go into chats of two. A shared chat without the bot is, as far as it can see, not there.
fn check_content(core: &mut Core, call: &Call, msg_type: &str, content: &Content, first: Option<&Receiver>) -> Result<(), Refused> {
    if mentions_all(content) {
        return Err(refuse(11_235));
    }
    let Some(first) = first else { return Ok(()) };
    let chat_id = core.world.p2p(&call.app, &first.open_id);
    check_world(core, &call.app, &chat_id, msg_type, content).map_err(|refused| match as_v4(&refused) {
        outside if outside.code == 10_030 => refuse(11_231),
        other => other,
    })
}

/// The batch of a path, which is the app's own and not too old.
fn own<'a>(core: &'a Core, call: &Call) -> Result<&'a Batch, Refused> {
    if !call.id.starts_with("bm-") {
        return Err(refuse_ext(230_001, "invalid batch_message_id"));
    }
    let batch = core.batches.get(&call.id).ok_or_else(|| refuse(230_030))?;
    if batch.app != call.app {
        return Err(refuse(230_012));
    }
    if ms_between(batch.created, call.now) > LIFE_MS {
        return Err(refuse(230_009));
    }
    Ok(batch)
}

/// `GET im/v1/batch_messages/:id/get_progress`
pub(crate) fn progress(core: &mut Core, call: &Call) -> Outcome {
    let progress = own(core, call)?.progress(call.now);
    Ok(Answer::ok(json!({
        "batch_message_send_progress": {
            "valid_user_ids_count": progress.valid,
            "success_user_ids_count": progress.success,
            "read_user_ids_count": progress.read,
        },
        "batch_message_recall_progress": {"recall": progress.recall, "recall_count": progress.recall_count},
    })))
}

/// `GET im/v1/batch_messages/:id/read_user`: numbers in strings. Whether the total counts people who could
/// not be reached is not said; here it does.
pub(crate) fn read_user(core: &mut Core, call: &Call) -> Outcome {
    let progress = own(core, call)?.progress(call.now);
    Ok(Answer::ok(json!({
        "read_user": {"read_count": progress.read.to_string(), "total_count": progress.valid.to_string()},
    })))
}

/// `DELETE im/v1/batch_messages/:id`
pub(crate) fn recall(core: &mut Core, call: &Call) -> Outcome {
    let age = ms_between(own(core, call)?.created, call.now);
    if core.world.recall_window_s.is_some_and(|window| age > i64::from(window) * 1000) {
        return Err(refuse(230_009));
    }
    core.batches.recall(&call.id, call.now);
    Ok(Answer::ok(json!({})))
}

/// A message of a batch cannot be replied to, edited, buzzed, or taken back alone.
pub(crate) fn untouched(core: &Core, call: &Call) -> Result<(), Refused> {
    let code = match call.endpoint {
        Endpoint::Reply | Endpoint::Edit | Endpoint::Recall => 230_054,
        Endpoint::Patch | Endpoint::UrgentApp | Endpoint::UrgentSms | Endpoint::UrgentPhone => 230_001,
        _ => return Ok(()),
    };
    match core.messages.get(&call.id) {
        Some(message) if message.batch_id.is_some() => Err(refuse_ext(code, "this is a message of a batch")),
        _ => Ok(()),
    }
}

//! Making a group: `POST im/v1/chats`.

use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse};
use crate::sandbox::api::chats::details;
use crate::sandbox::api::params::{id_kind, strings};
use crate::sandbox::core::{Call, Core, UuidMode};
use crate::sandbox::people::{IdKind, NoPerson};
use crate::sandbox::world::Chat;
use crate::util::id::new_id;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const MAX_USERS: usize = 50;
const MAX_BOTS: usize = 5;
const UNNAMED: &str = "(无主题)";

const ADMINS_OR_ALL: &[&str] = &["only_owner", "all_members"];
const VISIBILITY: &[&str] = &["only_owner", "all_members", "not_anyone"];

/// Fields of a new chat that take one of a few words.
const CHOICES: [(&str, &[&str]); 11] = [
    ("chat_mode", &["group"]),
    ("chat_type", &["private", "public"]),
    ("group_message_type", &["chat", "thread"]),
    ("urgent_setting", ADMINS_OR_ALL),
    ("pin_manage_setting", ADMINS_OR_ALL),
    ("join_message_visibility", VISIBILITY),
    ("leave_message_visibility", VISIBILITY),
    ("membership_approval", &["no_approval_required", "approval_required"]),
    ("video_conference_setting", ADMINS_OR_ALL),
    ("edit_permission", ADMINS_OR_ALL),
    ("hide_member_count_setting", ADMINS_OR_ALL),
];
/// Those of them that are fields of the chat, not kept words.
const OWN_FIELDS: usize = 5;

/// `POST im/v1/chats`: the caller's bot is a member; the same `uuid` and owner make one chat within ten hours.
pub(crate) fn create(core: &mut Core, call: &Call) -> Outcome {
    let kind = id_kind(call, "user_id_type")?;
    let set_bot_manager = match call.param("set_bot_manager") {
        "" => false,
        // The Python SDK writes `True`.
        text => text.to_ascii_lowercase().parse().map_err(|_| field("set_bot_manager", text, "options: [true,false]"))?,
    };
    let key = call.uuid()?.map(|uuid| Ok::<_, Refused>(format!("{uuid}\n{}", call.text("owner_id")?.unwrap_or_default()))).transpose()?;
    let mut chat = described(call)?;
    let (users, bots) = (strings(call, "user_id_list", MAX_USERS)?, strings(call, "bot_id_list", MAX_BOTS)?);
    if let Some(known) = known(core, call, key.as_deref())? {
        return Ok(answer(core, call, &known, kind));
    }
    if let Some(owner) = call.text("owner_id")?.filter(|owner| !owner.is_empty()) {
        chat.owner_id = person(core, call, kind, owner)?;
        chat.members.insert(chat.owner_id.clone());
    }
    for id in &users {
        let open_id = person(core, call, kind, id)?;
        chat.members.insert(open_id);
    }
    for app_id in bots {
        if !core.world.has_bot_app(&app_id) {
            return Err(refuse(232_021));
        }
        chat.bots.insert(app_id);
    }
    chat.bots.insert(call.app.clone());
    chat.creator.clone_from(&call.app);
    if set_bot_manager && !chat.owner_id.is_empty() {
        chat.bot_managers.insert(call.app.clone());
    }
    core.world.add_chat(chat.clone());
    if let Some(key) = key {
        core.chat_uuids.remember(&call.app, call.endpoint, &key, &chat.chat_id, call.now);
    }
    Ok(answer(core, call, &chat, kind))
}

fn answer(core: &Core, call: &Call, chat: &Chat, kind: IdKind) -> Answer {
    let mut data = details(&core.world, chat, kind, &call.app);
    data["chat_id"] = chat.chat_id.as_str().into();
    Answer::ok(data)
}

/// The chat this `uuid` has made.
fn known(core: &mut Core, call: &Call, key: Option<&str>) -> Result<Option<Chat>, Refused> {
    let Some(chat_id) = key.and_then(|key| core.chat_uuids.made(&call.app, call.endpoint, key, call.now)) else { return Ok(None) };
    match core.switches.uuid_mode {
        UuidMode::Error230049 => Err(refuse(232_068)),
        UuidMode::SameMessage => Ok(core.world.chats.get(chat_id).cloned()),
    }
}

/// Name, kind and settings, as far as no world is needed.
fn described(call: &Call) -> Result<Chat, Refused> {
    let mut words: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, options) in CHOICES {
        if let Some(word) = call.text(name)?.filter(|word| !word.is_empty()) {
            if !options.contains(&word) {
                return Err(field(name, word, format!("options: [{}]", options.join(","))));
            }
            words.insert(name, word);
        }
    }
    let public = words.get("chat_type") == Some(&"public");
    let name = call.text("name")?.unwrap_or_default().trim();
    if public && name.is_empty() {
        return Err(refuse(232_042));
    }
    if public && name.chars().count() < 2 {
        return Err(refuse(232_020));
    }
    let mut settings: BTreeMap<String, String> =
        CHOICES[OWN_FIELDS..].iter().filter_map(|(name, _)| Some(((*name).to_owned(), (*words.get(name)?).to_owned()))).collect();
    if let Some(avatar) = call.text("avatar")?.filter(|avatar| !avatar.is_empty()) {
        settings.insert("avatar".to_owned(), avatar.to_owned());
    }
    Ok(Chat {
        chat_id: format!("oc_{}", new_id()),
        name: if name.is_empty() { UNNAMED.to_owned() } else { name.to_owned() },
        i18n_names: localised(call)?,
        description: call.text("description")?.unwrap_or_default().to_owned(),
        public,
        topic_messages: words.get("group_message_type") == Some(&"thread"),
        urgent_by_admins: words.get("urgent_setting") == Some(&"only_owner"),
        pin_by_admins: words.get("pin_manage_setting") == Some(&"only_owner"),
        restricted_mode: call.object()?.pointer("/restricted_mode_setting/status") == Some(&Value::Bool(true)),
        members: BTreeSet::new(),
        settings,
        ..Chat::default()
    })
}

/// The name in other languages.
fn localised(call: &Call) -> Result<BTreeMap<String, String>, Refused> {
    let Some(names) = call.object()?.get("i18n_names").filter(|names| !names.is_null()) else { return Ok(BTreeMap::new()) };
    let names: BTreeMap<String, Option<String>> = serde_json::from_value(names.clone()).map_err(|_| refuse(9499))?;
    match names.keys().find(|locale| !matches!(locale.as_str(), "zh_cn" | "en_us" | "ja_jp")) {
        Some(locale) => Err(field("i18n_names", locale, "options: [zh_cn,en_us,ja_jp]")),
        None => Ok(names.into_iter().filter_map(|(locale, name)| Some((locale, name?))).collect()),
    }
}

/// A person who can be put into a group.
fn person(core: &mut Core, call: &Call, kind: IdKind, id: &str) -> Result<String, Refused> {
    match core.world.person(kind, id, &call.app) {
        Ok(person) if person.resigned => Err(refuse(232_022)),
        Ok(person) if person.unavailable => Err(refuse(232_043)),
        Ok(person) => Ok(person.open_id.clone()),
        Err(NoPerson::OtherApp) => Err(refuse(99_992_361)),
        Err(NoPerson::Unknown) => Err(refuse(232_030)),
    }
}

//! Chats as the bot sees them: those it is in, those it finds, one of them, whether it is in one.

use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse};
use crate::sandbox::api::params::{Page, id_kind, page_size, page_token};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::people::IdKind;
use crate::sandbox::world::{Chat, ChatMode, World};
use serde_json::{Value, json};
use std::cmp::Reverse;

/// Longer queries find nothing.
const MAX_QUERY: usize = 64;

/// `GET im/v1/chats`: without one-to-one chats.
pub(crate) fn list(core: &mut Core, call: &Call) -> Outcome {
    let (size, start, kind) = (page_size(call, 20, 100)?, page_token(call)?, id_kind(call, "user_id_type")?);
    let mut chats: Vec<&Chat> = listed(&core.world).filter(|chat| chat.has_bot(&call.app)).collect();
    let page = match call.param("sort_type") {
        "" | "ByCreateTimeAsc" => by_age(chats, start, size),
        "ByActiveTimeDesc" => {
            // Positions, so that a page may miss a chat that became active: as on the platform.
            let active = |chat: &&Chat| core.messages.of_chat(&chat.chat_id).next_back().map_or(0, |(seq, _)| seq);
            chats.sort_by_key(|chat| (Reverse(active(chat)), chat.number));
            Page::by_position(chats.into_iter(), start, size)
        }
        other => return Err(field("sort_type", other, "options: [ByCreateTimeAsc,ByActiveTimeDesc]")),
    };
    Ok(page_of(&core.world, &page, kind, &call.app))
}

/// `GET im/v1/chats/search`: chats the bot is in and public ones, by their names and those of their members.
pub(crate) fn search(core: &mut Core, call: &Call) -> Outcome {
    let (size, start, kind) = (page_size(call, 20, 100)?, page_token(call)?, id_kind(call, "user_id_type")?);
    let query = call.param("query").trim_matches('"').to_lowercase();
    let useful = !query.is_empty() && query.chars().count() <= MAX_QUERY;
    let world = &core.world;
    let named = |chat: &Chat| {
        let people = chat.members.iter().filter_map(|open_id| world.people.get(open_id));
        let names = std::iter::once(&chat.name).chain(chat.i18n_names.values());
        let mut names = names.chain(people.map(|person| &person.name));
        names.any(|name| name.to_lowercase().contains(&query))
    };
    let found = listed(world).filter(|chat| useful && (chat.public || chat.has_bot(&call.app)) && named(chat));
    let page = by_age(found.collect(), start, size);
    Ok(page_of(world, &page, kind, &call.app))
}

fn listed(world: &World) -> impl Iterator<Item = &Chat> {
    world.chats.values().filter(|chat| chat.mode != ChatMode::P2p && !chat.dissolved())
}

/// Oldest first; the token is the number of the last chat, so that new ones do not move the pages.
fn by_age(mut chats: Vec<&Chat>, after: Option<u64>, size: usize) -> Page<&Chat> {
    chats.sort_by_key(|chat| chat.number);
    Page::cut(chats.into_iter().filter(|chat| after.is_none_or(|after| chat.number > after)), size, |chat| chat.number.to_string())
}

fn page_of(world: &World, page: &Page<&Chat>, kind: IdKind, app_id: &str) -> Answer {
    let item = |chat: &Chat| {
        let mut item = json!({
            "chat_id": chat.chat_id, "avatar": avatar(chat), "name": chat.name, "description": chat.description,
            "external": chat.external, "tenant_key": world.tenant_key, "chat_status": status(chat),
        });
        add_owner(&mut item, world, chat, kind, app_id);
        item
    };
    let items: Vec<Value> = page.items.iter().map(|chat| item(chat)).collect();
    Answer::ok(json!({"items": items, "page_token": page.token, "has_more": page.has_more}))
}

fn avatar(chat: &Chat) -> &str {
    chat.settings.get("avatar").map_or("", String::as_str)
}

fn status(chat: &Chat) -> &'static str {
    if chat.dissolved() { "dissolved" } else { "normal" }
}

/// The owner, where it is a person.
fn add_owner(out: &mut Value, world: &World, chat: &Chat, kind: IdKind, app_id: &str) {
    if !chat.owner_id.is_empty() {
        out["owner_id"] = world.id_of(&chat.owner_id, kind, app_id).into();
        out["owner_id_type"] = kind.as_str().into();
    }
}

/// The chat of a path parameter.
pub(crate) fn find<'a>(core: &'a mut Core, call: &Call) -> Result<&'a mut Chat, Refused> {
    core.world.chat(&call.id).ok_or_else(|| refuse(232_006))
}

/// `GET im/v1/chats/:chat_id`: a bot outside sees little more than the name.
pub(crate) fn info(core: &mut Core, call: &Call) -> Outcome {
    let kind = id_kind(call, "user_id_type")?;
    let chat = find(core, call)?.clone();
    let mut data = json!({
        "avatar": avatar(&chat), "name": chat.name, "description": chat.description,
        "user_count": chat.members.len().to_string(), "bot_count": chat.bot_count().to_string(), "chat_status": status(&chat),
    });
    if let (true, Value::Object(data), Value::Object(inside)) =
        (chat.has_bot(&call.app), &mut data, details(&core.world, &chat, kind, &call.app))
    {
        data.extend(inside);
    }
    Ok(Answer::ok(data))
}

/// What members see of a chat, without its id and counts.
pub(crate) fn details(world: &World, chat: &Chat, kind: IdKind, app_id: &str) -> Value {
    let mode = match chat.mode {
        ChatMode::Group => "group",
        ChatMode::Topic => "topic",
        ChatMode::P2p => "p2p",
    };
    let topics = chat.topic_messages || chat.mode == ChatMode::Topic;
    let admins = |only: bool| if only { "only_owner" } else { "all_members" };
    let mut out = json!({
        "avatar": avatar(chat), "name": chat.name, "i18n_names": chat.i18n_names, "description": chat.description,
        "chat_mode": mode, "chat_type": if chat.public { "public" } else { "private" },
        "group_message_type": if topics { "thread" } else { "chat" }, "chat_tag": "inner",
        "external": chat.external, "tenant_key": world.tenant_key,
        "add_member_permission": "all_members", "share_card_permission": "allowed", "edit_permission": "all_members",
        "at_all_permission": admins(chat.no_at_all), "moderation_permission": admins(chat.restricted || chat.muted),
        "join_message_visibility": "all_members", "leave_message_visibility": "all_members",
        "membership_approval": "no_approval_required", "video_conference_setting": "all_members",
        "hide_member_count_setting": "all_members", "bot_manager_id_list": chat.bot_managers, "user_manager_id_list": [],
    });
    for (name, value) in &chat.settings {
        out[name] = value.as_str().into();
    }
    out["urgent_setting"] = admins(chat.urgent_by_admins).into();
    out["pin_manage_setting"] = admins(chat.pin_by_admins).into();
    add_owner(&mut out, world, chat, kind, app_id);
    out
}

/// `GET im/v1/chats/:chat_id/members/is_in_chat`
pub(crate) fn is_in_chat(core: &mut Core, call: &Call) -> Outcome {
    let chat = find(core, call)?;
    if chat.dissolved() {
        return Err(refuse(232_009));
    }
    Ok(Answer::ok(json!({"is_in_chat": chat.has_bot(&call.app)})))
}

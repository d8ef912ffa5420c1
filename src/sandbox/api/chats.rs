//! Chats as the bot sees them: those it is in, one of them, whether it is in one.

use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse};
use crate::sandbox::api::read::{page_size, page_token};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::world::{Chat, ChatMode};
use serde_json::{Value, json};

/// `GET im/v1/chats`: without one-to-one chats.
pub(crate) fn list(core: &mut Core, call: &Call) -> Outcome {
    let size = page_size(call, 20, 100)?;
    let start = usize::try_from(page_token(call)?.unwrap_or_default()).unwrap_or(usize::MAX);
    if !matches!(call.param("sort_type"), "" | "ByCreateTimeAsc" | "ByActiveTimeDesc") {
        return Err(field("sort_type", call.param("sort_type"), "options: [ByCreateTimeAsc,ByActiveTimeDesc]"));
    }
    let tenant = &core.world.tenant_key;
    let mut chats =
        core.world.chats.values().filter(|chat| chat.mode != ChatMode::P2p && !chat.dissolved() && chat.has_bot(&call.app)).skip(start);
    let items: Vec<Value> = chats
        .by_ref()
        .take(size)
        .map(|chat| {
            json!({
                "chat_id": chat.chat_id, "avatar": "", "name": chat.name, "description": chat.description,
                "external": chat.external, "tenant_key": tenant, "chat_status": "normal",
            })
        })
        .collect();
    let has_more = chats.next().is_some();
    let token = if has_more { (start + items.len()).to_string() } else { String::new() };
    Ok(Answer::ok(json!({"items": items, "page_token": token, "has_more": has_more})))
}

fn find<'a>(core: &'a mut Core, call: &Call) -> Result<&'a Chat, Refused> {
    core.world.chat(&call.id).map(|chat| &*chat).ok_or_else(|| refuse(232_006))
}

/// `GET im/v1/chats/:chat_id`: a bot outside sees little more than the name.
pub(crate) fn info(core: &mut Core, call: &Call) -> Outcome {
    let tenant = core.world.tenant_key.clone();
    let chat = find(core, call)?;
    let bots = if chat.every_bot { chat.bots.len().max(1) } else { chat.bots.len() };
    let mut data = json!({
        "avatar": "", "name": chat.name, "description": chat.description,
        "user_count": chat.members.len().to_string(), "bot_count": bots.to_string(),
        "chat_status": if chat.dissolved() { "dissolved" } else { "normal" },
    });
    if chat.has_bot(&call.app) {
        let (mode, kind) = match chat.mode {
            ChatMode::Group => ("group", "chat"),
            ChatMode::Topic => ("topic", "thread"),
            ChatMode::P2p => ("p2p", "chat"),
        };
        let inside = json!({
            "chat_mode": mode, "chat_type": "private", "group_message_type": kind, "chat_tag": "inner",
            "external": chat.external, "tenant_key": tenant,
            "add_member_permission": "all_members", "share_card_permission": "allowed", "edit_permission": "all_members",
            "at_all_permission": if chat.no_at_all { "only_owner" } else { "all_members" },
            "moderation_permission": if chat.restricted || chat.muted { "only_owner" } else { "all_members" },
            "urgent_setting": "all_members", "membership_approval": "no_approval_required",
        });
        if let (Value::Object(data), Value::Object(inside)) = (&mut data, inside) {
            data.extend(inside);
        }
    }
    Ok(Answer::ok(data))
}

/// `GET im/v1/chats/:chat_id/members/is_in_chat`
pub(crate) fn is_in_chat(core: &mut Core, call: &Call) -> Outcome {
    let chat = find(core, call)?;
    if chat.dissolved() {
        return Err(refuse(232_009));
    }
    Ok(Answer::ok(json!({"is_in_chat": chat.has_bot(&call.app)})))
}

//! Reading messages: one, and the history of a chat or topic.

use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse};
use crate::sandbox::api::object::object;
use crate::sandbox::core::{Call, Core};
use crate::sandbox::messages::Message;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET im/v1/messages/:message_id`
pub(crate) fn get(core: &mut Core, call: &Call) -> Outcome {
    let message = core.message(&call.id)?;
    in_chat(core, call, &message.chat_id)?;
    let item = object(core, &message, &call.app, as_sent(call)?);
    Ok(Answer::ok(json!({"items": [item]})))
}

/// `GET im/v1/messages`: oldest first unless asked otherwise; a chat lists topics by their first message.
pub(crate) fn list(core: &mut Core, call: &Call) -> Outcome {
    let container = call.param("container_id");
    let (kind, as_sent) = (call.param("container_id_type"), as_sent(call)?);
    if container.is_empty() {
        return Err(field("container_id", "", "container_id is required"));
    }
    let (start, end) = (seconds(call, "start_time")?, seconds(call, "end_time")?);
    let newest_first = match call.param("sort_type") {
        "" | "ByCreateTimeAsc" => false,
        "ByCreateTimeDesc" => true,
        other => return Err(field("sort_type", other, "options: [ByCreateTimeAsc,ByCreateTimeDesc]")),
    };
    let size = page_size(call, 20, 50)?;
    let after = page_token(call)?;
    let fits = |message: &Message| match kind {
        "chat" => {
            let second = message.created.as_second();
            (message.thread_id.is_none() || message.root_id.is_none())
                && start.is_none_or(|start| second >= start)
                && end.is_none_or(|end| second <= end)
        }
        _ => message.thread_id.as_deref() == Some(container),
    };
    let chat_id = match kind {
        "chat" => container.to_owned(),
        "thread" => {
            let of_thread = core.messages.all().find(|(_, message)| message.thread_id.as_deref() == Some(container));
            of_thread.map(|(_, message)| message.chat_id.clone()).ok_or_else(|| refuse(230_110))?
        }
        other => return Err(field("container_id_type", other, "container_id_type is required, options: [chat,thread]")),
    };
    in_chat(core, call, &chat_id)?;
    let beyond = |seq: u64| after.is_none_or(|after| if newest_first { seq < after } else { seq > after });
    let mut page: Vec<(u64, Arc<Message>)> = {
        let found = core.messages.of_chat(&chat_id).filter(|(seq, message)| beyond(*seq) && fits(message));
        let owned = |(seq, message): (u64, &Arc<Message>)| (seq, Arc::clone(message));
        if newest_first { found.rev().take(size + 1).map(owned).collect() } else { found.take(size + 1).map(owned).collect() }
    };
    let has_more = page.len() > size;
    page.truncate(size);
    let token = if has_more { page.last().map_or(String::new(), |(seq, _)| seq.to_string()) } else { String::new() };
    let items: Vec<Value> = page
        .iter()
        .map(|(_, message)| {
            let mut item = object(core, message, &call.app, as_sent);
            if message.recalled.is_some() {
                item["body"] = json!({"content": "This message was recalled"});
            }
            item
        })
        .collect();
    Ok(Answer::ok(json!({"has_more": has_more, "page_token": token, "items": items})))
}

fn in_chat(core: &mut Core, call: &Call, chat_id: &str) -> Result<(), Refused> {
    match core.world.chat(chat_id) {
        None => Err(refuse(230_110)),
        Some(chat) if !chat.has_bot(&call.app) => Err(refuse(230_002)),
        Some(_) => Ok(()),
    }
}

fn as_sent(call: &Call) -> Result<bool, Refused> {
    match call.param("card_msg_content_type") {
        "" => Ok(false),
        "user_card_content" => Ok(true),
        "raw_card_content" => Ok(true),
        other => Err(field("card_msg_content_type", other, "options: [raw_card_content,user_card_content]")),
    }
}

fn seconds(call: &Call, name: &'static str) -> Result<Option<i64>, Refused> {
    match call.param(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| field(name, text, "seconds since 1970")),
    }
}

/// `page_size`, within its documented bounds.
pub(crate) fn page_size(call: &Call, default: usize, max: usize) -> Result<usize, Refused> {
    match call.param("page_size") {
        "" => Ok(default),
        text => match text.parse() {
            Ok(size) if (1..=max).contains(&size) => Ok(size),
            _ => Err(field("page_size", text, format!("the range is 1 to {max}"))),
        },
    }
}

/// `page_token`: where the page before ended.
pub(crate) fn page_token(call: &Call) -> Result<Option<u64>, Refused> {
    match call.param("page_token") {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| field("page_token", text, "invalid page_token")),
    }
}

//! Reading messages: one, and the history of a chat or topic.

use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse, refuse_ext};
use crate::sandbox::api::object::object;
use crate::sandbox::api::params::{Page, page_size, page_token};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::messages::Message;
use serde_json::{Value, json};
use std::sync::Arc;

/// `GET im/v1/messages/:message_id`: a merged forward comes with its parts.
pub(crate) fn get(core: &mut Core, call: &Call) -> Outcome {
    let message = core.message(&call.id)?;
    in_chat(core, call, &message.chat_id)?;
    let as_sent = as_sent(call)?;
    let parts = message.children.iter().filter(|_| message.recalled.is_none());
    let items: Vec<Value> = std::iter::once(&message).chain(parts).map(|message| object(core, message, &call.app, as_sent)).collect();
    Ok(Answer::ok(json!({"items": items})))
}

/// `GET im/v1/messages`: oldest first unless asked otherwise; a chat lists topics by their first message.
pub(crate) fn list(core: &mut Core, call: &Call) -> Outcome {
    let container = call.param("container_id");
    let (kind, as_sent) = (call.param("container_id_type"), as_sent(call)?);
    if container.is_empty() {
        return Err(field("container_id", "", "container_id is required"));
    }
    let (start, end) = (seconds(call, "start_time")?, seconds(call, "end_time")?);
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        return Err(refuse_ext(230_001, "start_time is after end_time"));
    }
    let newest_first = match call.param("sort_type") {
        "" | "ByCreateTimeAsc" => false,
        "ByCreateTimeDesc" => true,
        other => return Err(field("sort_type", other, "options: [ByCreateTimeAsc,ByCreateTimeDesc]")),
    };
    let size = page_size(call, 20, 50)?;
    let after = page_token(call)?;
    let chat_id = match kind {
        "chat" => container.to_owned(),
        "thread" => core.messages.of_thread(container).map(|message| message.chat_id.clone()).ok_or_else(|| refuse(230_110))?,
        other => return Err(field("container_id_type", other, "container_id_type is required, options: [chat,thread]")),
    };
    match in_chat(core, call, &chat_id) {
        Err(refused) if refused.code == 230_002 && kind == "thread" => return Err(refuse(230_073)),
        entered => entered?,
    }
    if core.world.chat(&chat_id).is_some_and(|chat| chat.secret) {
        return Err(refuse(231_203));
    }
    let fits = |seq: u64, message: &Message| {
        let of_container = match kind {
            "chat" => {
                let second = message.created.as_second();
                (message.thread_id.is_none() || message.root_id.is_none())
                    && start.is_none_or(|start| second >= start)
                    && end.is_none_or(|end| second <= end)
            }
            _ => message.thread_id.as_deref() == Some(container),
        };
        of_container && after.is_none_or(|after| if newest_first { seq < after } else { seq > after })
    };
    let found = core.messages.of_chat(&chat_id).filter(|(seq, message)| fits(*seq, message));
    let found = found.map(|(seq, message)| (seq, Arc::clone(message)));
    let mark = |(seq, _): &(u64, Arc<Message>)| seq.to_string();
    let page = if newest_first { Page::cut(found.rev(), size, mark) } else { Page::cut(found, size, mark) };
    let items: Vec<Value> = page
        .items
        .iter()
        .map(|(_, message)| {
            let mut item = object(core, message, &call.app, as_sent);
            if message.recalled.is_some() {
                item["body"] = json!({"content": "This message was recalled"});
            }
            item
        })
        .collect();
    Ok(Answer::ok(json!({"has_more": page.has_more, "page_token": page.token, "items": items})))
}

fn in_chat(core: &mut Core, call: &Call, chat_id: &str) -> Result<(), Refused> {
    match core.world.chat(chat_id).map(|chat| chat.has_bot(&call.app)) {
        None => Err(refuse(230_110)),
        Some(false) => Err(refuse(230_002)),
        Some(true) if !core.world.is_reachable(chat_id) => Err(refuse(230_013)),
        Some(true) => Ok(()),
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

//! Forwarding: one message, several as one, a whole topic.
//!
//! What is forwarded is a copy of the content as it is now. The parts of a merged forward get ids of their
//! own, which are good for reading only.

use crate::sandbox::answer::{Answer, Outcome, Refused, field, refuse};
use crate::sandbox::api::object::object;
use crate::sandbox::api::params::strings;
use crate::sandbox::api::send::{admit_to, blank, keep, may_speak, receiver, repeated};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::messages::{Message, Sender, Version};
use crate::util::id::new_id;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

const MERGED: &str = "Merged and Forwarded Message";
const MAX_MERGED: usize = 100;

/// `POST im/v1/messages/:message_id/forward`
pub(crate) fn forward(core: &mut Core, call: &Call) -> Outcome {
    let target = Target::of(core, call)?;
    let source = source(core, call, &call.id, &["audio", "system"])?;
    if let Some(message) = repeated(core, call)? {
        return Ok(Answer::ok(object(core, &message, &call.app, false)));
    }
    let mut message = target.message(core, call, &source.msg_type, source.content().clone(), weight(&source))?;
    message.children = copies(&source, &message.message_id);
    message.forwarded_from = Some(source.forwarded_from.clone().unwrap_or_else(|| source.sender.clone()));
    let message = keep(core, call, message);
    Ok(Answer::ok(object(core, &message, &call.app, false)))
}

/// `POST im/v1/messages/merge_forward`
pub(crate) fn merge_forward(core: &mut Core, call: &Call) -> Outcome {
    let ids = strings(call, "message_id_list", MAX_MERGED)?;
    if ids.is_empty() {
        return Err(field("message_id_list", "", "message_id_list is required"));
    }
    let target = Target::of(core, call)?;
    let (mut sources, mut invalid, mut why) = (Vec::new(), Vec::new(), None);
    for id in ids {
        if core.messages.get(&id).is_none() {
            why.get_or_insert_with(|| refuse(230_064));
            invalid.push(id);
            continue;
        }
        match source(core, call, &id, &["system"]) {
            Ok(message) => sources.push(message),
            Err(refused) if matches!(refused.code, 230_061 | 230_064 | 230_065) => {
                why.get_or_insert(refused);
                invalid.push(id);
            }
            Err(refused) => return Err(refused),
        }
    }
    if let (true, Some(why)) = (sources.is_empty(), why) {
        return Err(why);
    }
    from_one_place(&sources)?;
    let message = match repeated(core, call)? {
        Some(message) => message,
        None => merge(core, call, &target, sources)?,
    };
    let shown = object(core, &message, &call.app, false);
    Ok(Answer::ok(json!({"message": shown, "invalid_message_id_list": invalid})))
}

/// `POST im/v1/threads/:thread_id/forward`
pub(crate) fn thread_forward(core: &mut Core, call: &Call) -> Outcome {
    let chat_id = core.messages.of_thread(&call.id).map(|message| message.chat_id.clone()).ok_or_else(|| refuse(230_019))?;
    if core.world.chat(&chat_id).is_none_or(|chat| !chat.has_bot(&call.app)) {
        return Err(refuse(230_073));
    }
    may_leave(core, &chat_id)?;
    let target = Target::of(core, call)?;
    let of_thread = core
        .messages
        .of_chat(&chat_id)
        .map(|(_, message)| message)
        .filter(|message| message.thread_id.as_ref() == Some(&call.id) && message.recalled.is_none() && message.msg_type != "system");
    let sources: Vec<Arc<Message>> = of_thread.map(Arc::clone).collect();
    if sources.is_empty() {
        return Err(refuse(230_065));
    }
    let message = match repeated(core, call)? {
        Some(message) => message,
        None => merge(core, call, &target, sources)?,
    };
    Ok(Answer::ok(object(core, &message, &call.app, false)))
}

/// Where a forward goes.
struct Target {
    chat_id: String,
    /// The topic and its first message, where it goes into one.
    thread: Option<(String, String)>,
}

impl Target {
    fn of(core: &mut Core, call: &Call) -> Result<Self, Refused> {
        let id_type = call.param("receive_id_type");
        if !matches!(id_type, "open_id" | "union_id" | "user_id" | "email" | "chat_id" | "thread_id") {
            let options = "receive_id_type is required, options: [open_id,user_id,union_id,email,chat_id,thread_id]";
            return Err(field("receive_id_type", id_type, options));
        }
        let receive_id = call.required("receive_id")?;
        call.uuid()?;
        let target = if id_type == "thread_id" {
            let root = core.messages.of_thread(receive_id).map(Arc::clone).ok_or_else(|| refuse(230_019))?;
            if core.world.chat(&root.chat_id).is_none_or(|chat| !chat.has_bot(&call.app)) {
                return Err(refuse(230_074));
            }
            let first = root.root_id.clone().unwrap_or_else(|| root.message_id.clone());
            Self { chat_id: root.chat_id.clone(), thread: Some((receive_id.to_owned(), first)) }
        } else {
            Self { chat_id: receiver(core, call, id_type, receive_id)?, thread: None }
        };
        if core.world.chat(&target.chat_id).is_some_and(|chat| chat.secret) {
            return Err(refuse(230_066));
        }
        // What the type of the forwarded message is makes no difference here.
        may_speak(core, call, &target.chat_id, "", true)?;
        Ok(target)
    }

    /// The new message, counted against the chat's limit. `bytes`: what its content weighs.
    fn message(&self, core: &mut Core, call: &Call, msg_type: &str, content: Value, bytes: usize) -> Result<Message, Refused> {
        admit_to(core, call, &self.chat_id)?;
        let version = Version { bytes, ..(*call.version(1, content)?).clone() };
        let chat_name = core.world.chat(&self.chat_id).map(|chat| chat.name.clone()).unwrap_or_default();
        let mut message = blank(call, &self.chat_id, chat_name, Sender::App(call.app.clone()), msg_type, Arc::new(version));
        call.param("receive_id_type").clone_into(&mut message.receive_id_type);
        call.required("receive_id")?.clone_into(&mut message.receive_id);
        if let Some((thread_id, first)) = &self.thread {
            message.thread_id = Some(thread_id.clone());
            (message.root_id, message.parent_id) = (Some(first.clone()), Some(first.clone()));
        }
        Ok(message)
    }
}

/// A message that may be forwarded.
fn source(core: &mut Core, call: &Call, message_id: &str, forbidden: &[&str]) -> Result<Arc<Message>, Refused> {
    if core.messages.is_part(message_id) {
        return Err(refuse(230_064));
    }
    let message = core.message(message_id)?;
    if core.world.chat(&message.chat_id).is_none_or(|chat| !chat.has_bot(&call.app)) {
        return Err(refuse(230_050));
    }
    if message.recalled.is_some() {
        return Err(refuse(230_065));
    }
    if forbidden.contains(&message.msg_type.as_str()) {
        return Err(refuse(230_061));
    }
    may_leave(core, &message.chat_id)?;
    Ok(message)
}

fn may_leave(core: &mut Core, chat_id: &str) -> Result<(), Refused> {
    match core.world.chat(chat_id) {
        Some(chat) if chat.dissolved() => Err(refuse(232_009)),
        Some(chat) if chat.secret => Err(refuse(230_066)),
        Some(chat) if chat.restricted_mode => Err(refuse(230_070)),
        _ => Ok(()),
    }
}

/// One chat; and inside it one topic, or none.
fn from_one_place(sources: &[Arc<Message>]) -> Result<(), Refused> {
    let chats: BTreeSet<&str> = sources.iter().map(|message| message.chat_id.as_str()).collect();
    if chats.len() > 1 {
        return Err(refuse(230_069));
    }
    // The first message of a topic is in the topic and in the chat.
    let inside = sources.iter().filter(|message| message.thread_id.is_none() || message.root_id.is_some());
    let topics: BTreeSet<Option<&str>> = inside.map(|message| message.thread_id.as_deref()).collect();
    if topics.len() > 1 { Err(refuse(230_067)) } else { Ok(()) }
}

fn merge(core: &mut Core, call: &Call, target: &Target, mut sources: Vec<Arc<Message>>) -> Result<Arc<Message>, Refused> {
    sources.sort_by_key(|message| message.created);
    let mut message = target.message(core, call, "merge_forward", MERGED.into(), MERGED.len())?;
    for source in sources {
        let id = format!("om_{}", new_id());
        let part = copy(&source, id.clone(), message.message_id.clone());
        message.children.push(Arc::new(part));
        message.children.extend(copies(&source, &id));
    }
    Ok(keep(core, call, message))
}

/// Copies of the parts of a merged forward, for its copy `new_id`.
fn copies(source: &Message, new_id_of_source: &str) -> Vec<Arc<Message>> {
    let mut ids: HashMap<&str, String> = [(source.message_id.as_str(), new_id_of_source.to_owned())].into();
    let mut parts = Vec::with_capacity(source.children.len());
    for child in &source.children {
        let id = format!("om_{}", new_id());
        let upper = child.upper_message_id.as_deref().and_then(|upper| ids.get(upper)).map_or(new_id_of_source, String::as_str);
        parts.push(Arc::new(copy(child, id.clone(), upper.to_owned())));
        ids.insert(&child.message_id, id);
    }
    parts
}

fn copy(message: &Message, message_id: String, upper: String) -> Message {
    Message {
        message_id,
        upper_message_id: Some(upper),
        batch_id: None,
        versions: message.shared().cloned().into_iter().collect(),
        versions_dropped: 0,
        edits: 0,
        reactions: Vec::new(),
        reads: Vec::new(),
        urgents: Vec::new(),
        pin: None,
        children: Vec::new(),
        root_id: None,
        parent_id: None,
        thread_id: None,
        ..message.clone()
    }
}

fn weight(message: &Message) -> usize {
    message.shared().map_or(0, |version| version.bytes)
}

//! What a call wants to say, parsed and checked before anything is locked.
//!
//! [`inspect`] is pure: it needs no world. What depends on who and what exists (people, images, `@all`) is
//! listed in [`Content`] and checked by the handlers.

use crate::feishu::content::card::{self, CardFault, Refs};
use crate::feishu::content::post_rules;
use crate::sandbox::answer::{Refused, refuse_ext};
use serde_json::Value;

/// Message types that can be sent.
const TYPES: [&str; 11] =
    ["text", "post", "image", "file", "audio", "media", "sticker", "interactive", "share_chat", "share_user", "system"];

/// A checked content.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub value: Value,
    /// People, images and `@all` of a card; images of posts and image messages.
    pub refs: Refs,
    /// The card's schema, where it is an inline card.
    pub card: Option<CardKind>,
}

/// How a card is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CardKind {
    /// JSON 1.0, and whether it may be updated.
    V1 { update_multi: bool },
    /// JSON 2.0.
    V2,
    /// A template of the card builder.
    Template,
    /// A card entity.
    Entity,
}

/// Largest request body for a message type, in bytes (the platform's KB is taken as 1000).
pub(crate) fn max_body(msg_type: &str) -> usize {
    if matches!(msg_type, "post" | "interactive") { 30_000 } else { 150_000 }
}

/// Parses and checks `content` of `msg_type`.
pub(crate) fn inspect(msg_type: &str, content: &str) -> Result<Content, Refused> {
    if !TYPES.contains(&msg_type) {
        return Err(refuse_ext(230_001, "invalid msg_type"));
    }
    let value: Value = serde_json::from_str(content).map_err(|_| refuse_ext(230_001, "content is not a string in json format"))?;
    if !value.is_object() {
        return Err(refuse_ext(230_001, "content is not a json object"));
    }
    inspect_value(msg_type, value)
}

/// Checks a parsed `content`.
pub(crate) fn inspect_value(msg_type: &str, value: Value) -> Result<Content, Refused> {
    let mut refs = Refs::default();
    let mut card = None;
    let key = |key: &str| match value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()) {
        Some(text) => Ok(text.to_owned()),
        None => Err(refuse_ext(230_001, format_args!("{msg_type} content needs {key}"))),
    };
    match msg_type {
        "text" => {
            key("text")?;
        }
        "post" => {
            if let Some(fault) = post_rules::validate(&value, false).first() {
                return Err(refuse_ext(230_001, format_args!("invalid post content: {}: {}", fault.path, fault.message)));
            }
            refs.images = post_rules::images(&value);
        }
        "image" => refs.images.push(("image_key".to_owned(), key("image_key")?)),
        "file" | "audio" | "media" | "sticker" => {
            key("file_key")?;
            if let (true, Ok(cover)) = (msg_type == "media", key("image_key")) {
                refs.images.push(("image_key".to_owned(), cover));
            }
        }
        "share_chat" => {
            key("chat_id")?;
        }
        "share_user" => {
            key("user_id")?;
        }
        "system" => {
            if key("type")? != "divider" {
                return Err(refuse_ext(230_001, "unknown system message type"));
            }
        }
        _ => {
            let kind = card_kind(&value)?;
            if matches!(kind, CardKind::V1 { .. } | CardKind::V2) {
                if let Some(fault) = card::validate(&value).first() {
                    return Err(card_refused(fault));
                }
                refs = card::refs(&value);
            }
            card = Some(kind);
        }
    }
    Ok(Content { value, refs, card })
}

fn card_kind(card: &Value) -> Result<CardKind, Refused> {
    let id = |key: &str| card.get("data").and_then(|data| data.get(key)).and_then(Value::as_str).filter(|id| !id.is_empty());
    match card.get("type").and_then(Value::as_str) {
        Some("template") => match id("template_id") {
            Some(_) => Ok(CardKind::Template),
            None => Err(card_error(200_380, "template is not found", "data.template_id")),
        },
        Some("card") => match id("card_id") {
            Some(_) => Ok(CardKind::Entity),
            None => Err(card_error(200_740, "card entity is not found", "data.card_id")),
        },
        _ if card.get("schema").and_then(Value::as_str) == Some("2.0") => Ok(CardKind::V2),
        _ => {
            let update_multi = card.get("config").and_then(|config| config.get("update_multi")) == Some(&Value::Bool(true));
            Ok(CardKind::V1 { update_multi })
        }
    }
}

/// 230099 with the first fault in the platform's words.
pub(crate) fn card_refused(fault: &CardFault) -> Refused {
    card_error(fault.sub_code, &fault.message, &fault.path)
}

/// 230099 with a sub-code.
pub(crate) fn card_error(sub_code: i64, message: &str, path: &str) -> Refused {
    let at = if path.is_empty() { String::new() } else { format!(" ErrPath: {path};") };
    refuse_ext(230_099, format_args!("ErrCode: {sub_code}; ErrMsg: {message};{at}"))
}

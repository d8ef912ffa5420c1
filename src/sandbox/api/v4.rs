//! What the endpoints under `message/v4/` share: content as an object, cards beside it, codes of their own.
//!
//! `batch_send` is documented to refuse with HTTP 200. For `send` nothing is said: 200, or 400 where the
//! switch says so.

use crate::sandbox::answer::{Answer, Outcome, Refused, refuse, refuse_ext, words};
use crate::sandbox::content::{CardKind, Content, inspect_value, max_body};
use crate::sandbox::core::Call;
use crate::sandbox::endpoint::Endpoint;
use serde_json::{Value, json};

/// The HTTP status that is documented for a code of this endpoint, where it is not the usual one.
pub(crate) const fn status_of(endpoint: Endpoint, code: i64) -> Option<u16> {
    match (endpoint, code) {
        (Endpoint::BatchSend | Endpoint::LegacySend, 1..100_000 | 230_100) => Some(200),
        (Endpoint::HelpdeskSend, 154_001) => Some(401),
        (Endpoint::HelpdeskSend, 154_003) => Some(403),
        (Endpoint::HelpdeskSend, 154_004) => Some(404),
        (Endpoint::HelpdeskSend, 154_005) => Some(405),
        (Endpoint::HelpdeskSend, 155_000) => Some(500),
        _ => None,
    }
}

/// Gives a refusal the status of these endpoints. The gateway's own refusals never come here.
pub(crate) fn with_status(outcome: Outcome, http: u16) -> Outcome {
    outcome.map_err(|mut refused| {
        refused.http = http;
        refused
    })
}

/// The body, which is an object.
pub(crate) fn body(call: &Call) -> Result<&Value, Refused> {
    call.json.as_ref().filter(|json| json.is_object()).ok_or_else(|| refuse_ext(10_003, "the body is not a json object"))
}

/// A string of the body; empty and null are absent.
pub(crate) fn text<'a>(body: &'a Value, name: &str) -> Result<Option<&'a str>, Refused> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
        Some(_) => Err(refuse_ext(10_003, format_args!("{name} is not a string"))),
    }
}

/// Type and content: an object in `content`, or for cards in `card`, and only there.
pub(crate) fn said<'a>(call: &Call, body: &'a Value) -> Result<(&'a str, Content), Refused> {
    let Some(msg_type) = text(body, "msg_type")? else { return Err(refuse_ext(10_003, "msg_type is required")) };
    let given = |name: &str| body.get(name).filter(|value| !value.is_null());
    let (wanted, other) = if msg_type == "interactive" { ("card", "content") } else { ("content", "card") };
    if given(other).is_some() {
        return Err(refuse_ext(10_003, format_args!("a message of type {msg_type} has {wanted}, not {other}")));
    }
    let Some(value) = given(wanted).filter(|value| value.is_object()).cloned() else {
        return Err(refuse_ext(10_003, format_args!("{wanted} is not a json object")));
    };
    if call.body.len() > max_body(msg_type) {
        return Err(refuse_ext(10_002, "the message is too long"));
    }
    let content = match msg_type {
        "text" | "image" | "interactive" => inspect_value(msg_type, value),
        "post" => match value.get("post") {
            Some(post) if !has_markdown(post) => inspect_value("post", post.clone()),
            Some(_) => return Err(refuse_ext(11_246, "ErrCode: 10003; ErrMsg: unknown tag md;")),
            None => return Err(refuse_ext(10_003, "content.post is required")),
        },
        "share_chat" => match text(&value, "share_chat_id")? {
            Some(chat_id) => inspect_value("share_chat", json!({"chat_id": chat_id})),
            None => return Err(refuse_ext(10_003, "content.share_chat_id is required")),
        },
        other => return Err(refuse_ext(10_003, format_args!("invalid msg_type: {other}"))),
    };
    let content = content.map_err(|refused| as_v4(&refused))?;
    if content.card == Some(CardKind::Entity) {
        return Err(refuse_ext(11_246, "ErrCode: 200621; ErrMsg: a card entity cannot be sent here;"));
    }
    Ok((msg_type, content))
}

fn has_markdown(post: &Value) -> bool {
    let bodies = post.as_object().into_iter().flat_map(serde_json::Map::values);
    let paragraphs = bodies.filter_map(|body| body.get("content").and_then(Value::as_array)).flatten();
    paragraphs.filter_map(Value::as_array).flatten().any(|node| node.get("tag").and_then(Value::as_str) == Some("md"))
}

/// Whether everybody is mentioned, in a card or in the text.
pub(crate) fn mentions_all(content: &Content) -> bool {
    let in_text = content.value.get("text").and_then(Value::as_str).is_some_and(|text| {
        ["user_id", "open_id"].iter().any(|name| text.contains(&format!("{name}=\"all\"")) || text.contains(&format!("{name}='all'")))
    });
    let mut nodes = Vec::new();
    post_nodes(&content.value, &mut nodes);
    content.refs.at_all || in_text || (content.card.is_none() && nodes.iter().any(|node| node.get("user_id") == Some(&json!("all"))))
}

fn post_nodes<'a>(value: &'a Value, out: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| post_nodes(item, out)),
        Value::Object(map) if map.get("tag") == Some(&json!("at")) => out.push(value),
        Value::Object(map) => map.values().for_each(|item| post_nodes(item, out)),
        _ => {}
    }
}

/// An `im/v1` refusal in the codes of these endpoints.
pub(crate) fn as_v4(refused: &Answer) -> Refused {
    let code = match refused.code {
        // Bot, chat and person.
        230_002 => 10_030,
        230_013 | 230_053 => 11_225,
        230_018 | 230_035 => 11_242,
        230_029 => 11_236,
        230_038 => 18_120,
        230_054 => 18_054,
        230_075 => 18_053,
        232_009 => 11_237,
        99_992_351 | 99_992_361 => 11_101,
        99_992_352 => 11_102,
        230_034 => 11_105,
        // Content.
        230_015 => 11_231,
        230_017 => 11_227,
        230_025 => 10_002,
        230_099 if refused.msg.contains("ErrCode: 11235;") => 11_235,
        230_099 if refused.msg.contains("ErrCode: 200570;") => 11_227,
        230_099 => 11_246,
        _ => 10_003,
    };
    let mut out = refuse(code);
    if let Some((_, ext)) = refused.msg.split_once(", ext=") {
        out.msg = format!("{}, ext={ext}", words(code));
    }
    out
}

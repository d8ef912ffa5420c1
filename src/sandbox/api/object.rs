//! The message object as the platform returns it: received form, mentions, times in milliseconds.

use crate::sandbox::core::Core;
use crate::sandbox::messages::{Message, Sender};
use crate::sandbox::world::ms_text;
use serde_json::{Value, json};

/// The message as `app_id` reads it. `as_sent`: cards in their own JSON.
pub(crate) fn object(core: &mut Core, message: &Message, app_id: &str, as_sent: bool) -> Value {
    let tenant = core.world.tenant_key.clone();
    let (id, id_type, sender_type) = match &message.sender {
        Sender::App(app) => (app.clone(), "app_id", "app"),
        Sender::Hook(_) => (String::new(), "app_id", "app"),
        Sender::Person(open_id) => {
            let seen = core.world.people.get(open_id).map_or(open_id.clone(), |person| person.open_id_for(app_id).to_owned());
            (seen, "open_id", "user")
        }
    };
    let mut out = json!({
        "message_id": message.message_id,
        "msg_type": message.msg_type,
        "create_time": ms_text(message.created),
        "update_time": ms_text(message.updated),
        "deleted": message.recalled.is_some(),
        "updated": message.versions.len() > 1,
        "chat_id": message.chat_id,
        "sender": {"id": id, "id_type": id_type, "sender_type": sender_type, "tenant_key": tenant},
    });
    for (name, value) in [
        ("root_id", &message.root_id),
        ("parent_id", &message.parent_id),
        ("thread_id", &message.thread_id),
        ("upper_message_id", &message.upper_message_id),
    ] {
        if let Some(value) = value {
            out[name] = value.as_str().into();
        }
    }
    if message.recalled.is_none() {
        let (mut content, ids) = received(&message.msg_type, message.content(), as_sent);
        if let Some((info, _)) = content.get("file_key").and_then(Value::as_str).and_then(|key| core.files.get(key)) {
            if message.msg_type != "audio" {
                content["file_name"] = info.name.as_str().into();
            }
            if let Some(duration) = info.duration_ms {
                content["duration"] = duration.into();
            }
        }
        // A merged forward has fixed words, which are no JSON.
        let content = content.as_str().map_or_else(|| content.to_string(), str::to_owned);
        out["body"] = json!({"content": content});
        let mentions: Vec<Value> = ids.iter().enumerate().map(|(n, id)| mention(core, n + 1, id, app_id, &tenant)).collect();
        if !mentions.is_empty() {
            out["mentions"] = mentions.into();
        }
    }
    out
}

fn mention(core: &mut Core, number: usize, id: &str, app_id: &str, tenant: &str) -> Value {
    let person = core.world.anyone(id, app_id);
    let (open_id, name) = person.map_or((id.to_owned(), id.to_owned()), |p| (p.open_id_for(app_id).to_owned(), p.name.clone()));
    json!({"key": format!("@_user_{number}"), "id": open_id, "id_type": "open_id", "name": name, "tenant_key": tenant})
}

/// Content in received form, and who is mentioned in it.
fn received(msg_type: &str, content: &Value, as_sent: bool) -> (Value, Vec<String>) {
    let mut ids = Vec::new();
    let value = match msg_type {
        "text" => json!({"text": text(content.get("text").and_then(Value::as_str).unwrap_or_default(), &mut ids)}),
        "post" => post(content, &mut ids),
        "interactive" if !as_sent => card(content),
        _ => content.clone(),
    };
    (value, ids)
}

/// Replaces `<at user_id="x">..</at>` by `@_user_n` and drops style tags.
fn text(raw: &str, ids: &mut Vec<String>) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        out.push_str(before);
        let Some(end) = tag.find('>') else {
            rest = tag;
            break;
        };
        let (inner, after) = (&tag[1..end], &tag[end + 1..]);
        rest = after;
        if let Some(id) = at_id(inner) {
            if id == "all" {
                out.push_str("@_all");
            } else {
                ids.push(id.to_owned());
                out.push_str(&format!("@_user_{}", ids.len()));
            }
            if let Some(close) = after.find("</at>") {
                rest = &after[close + "</at>".len()..];
            }
        } else if !matches!(inner.trim_start_matches('/'), "b" | "i" | "u" | "s") {
            out.push_str(&tag[..=end]);
        }
    }
    out.push_str(rest);
    out
}

fn at_id(tag: &str) -> Option<&str> {
    let value = tag.strip_prefix("at ")?.trim();
    // `message/v4/send` knows both names.
    let value = value.strip_prefix("user_id=").or_else(|| value.strip_prefix("open_id="))?;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next()
}

/// The flat form of a post: first language, `md` as text.
fn post(content: &Value, ids: &mut Vec<String>) -> Value {
    let body = content.get("zh_cn").or_else(|| content.as_object().and_then(|map| map.values().next())).unwrap_or(&Value::Null);
    let mut paragraphs = body.get("content").cloned().unwrap_or_else(|| json!([]));
    for node in paragraphs.as_array_mut().into_iter().flatten().filter_map(Value::as_array_mut).flatten() {
        match node.get("tag").and_then(Value::as_str) {
            Some("md") => node["tag"] = "text".into(),
            Some("at") => {
                let id = node.get("user_id").and_then(Value::as_str).unwrap_or_default().to_owned();
                if id != "all" {
                    ids.push(id);
                    node["user_id"] = format!("@_user_{}", ids.len()).into();
                }
            }
            _ => {}
        }
    }
    json!({"title": body.get("title").cloned().unwrap_or_else(|| "".into()), "content": paragraphs})
}

/// What the platform makes of a card when it is read without `user_card_content`: its texts.
fn card(content: &Value) -> Value {
    let title = content.pointer("/header/title/content").cloned().unwrap_or(Value::Null);
    let elements = content.pointer("/body/elements").or_else(|| content.get("elements")).unwrap_or(&Value::Null);
    let mut lines = Vec::new();
    texts(elements, &mut lines);
    json!({"title": title, "elements": lines})
}

fn texts(value: &Value, lines: &mut Vec<Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| texts(item, lines)),
        Value::Object(map) => {
            let tag = map.get("tag").and_then(Value::as_str).unwrap_or_default();
            if matches!(tag, "markdown" | "plain_text" | "lark_md")
                && let Some(content) = map.get("content").and_then(Value::as_str)
            {
                lines.push(json!([{"tag": "text", "text": content}]));
            }
            map.values().for_each(|item| texts(item, lines));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_returned_without_styles_and_with_keys() {
        let mut ids = Vec::new();
        let shown = text("<b>a</b> <at user_id=\"ou_1\">Tom</at> 1 < 2 <x> <at user_id=\"all\"></at>", &mut ids);
        assert_eq!(shown, "a @_user_1 1 < 2 <x> @_all");
        assert_eq!(ids, ["ou_1"]);
    }

    #[test]
    fn posts_are_returned_flat() {
        let (value, ids) = received("post", &json!({"zh_cn": {"title": "t", "content": [[{"tag": "at", "user_id": "ou_1"}]]}}), false);
        assert_eq!(value, json!({"title": "t", "content": [[{"tag": "at", "user_id": "@_user_1"}]]}));
        assert_eq!(ids, ["ou_1"]);
    }
}

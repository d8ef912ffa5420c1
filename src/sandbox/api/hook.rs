//! The custom bot of a group: signature, keyword, address, limits. Errors come with HTTP 200.

use crate::feishu::content::post_rules;
use crate::sandbox::answer::{Answer, Outcome, Payload, Refused, refuse_msg, too_many, words};
use crate::sandbox::api::send::{blank, check_world};
use crate::sandbox::content::{Content, inspect_value};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::limits::Scope;
use crate::sandbox::messages::Sender;
use crate::sandbox::world::Hook;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const MAX_BODY: usize = 20_000;
const FAR_TOO_LONG: usize = 30_000;
const SIGN_WINDOW_S: i64 = 3600;
/// The app id by which a custom bot looks people up: it has none.
const NO_APP: &str = "";

fn no(code: i64) -> Refused {
    no_msg(code, words(code))
}

fn no_msg(code: i64, msg: &str) -> Refused {
    let mut refused = refuse_msg(200, code, msg);
    refused.body = Payload::Flat([("data".to_owned(), json!({}))].into_iter().collect());
    refused
}

/// `POST bot/v2/hook/:token`
pub(crate) fn post(core: &mut Core, call: &Call) -> Outcome {
    let Some(hook) = core.world.hook(&call.id) else { return Err(no(19_001)) };
    if core.world.chat(&hook.chat_id).is_none_or(|chat| chat.dissolved()) {
        return Err(no(19_001));
    }
    if core.switches.limits
        && let Err(full) = core.limits.admit(Scope::Hook(hook.token.clone()), call.now)
    {
        return Err(if full.rule.window_ms > 1000 { too_many(full.rule.calls, full.reset_ms) } else { no(11_232) });
    }
    if !hook.admits(call.peer) {
        return Err(no(19_022));
    }
    if call.body.len() > MAX_BODY {
        return Err(no(if call.body.len() > FAR_TOO_LONG { 19_036 } else { 9499 }));
    }
    let Some(body) = call.json.as_ref().filter(|json| json.is_object()) else { return Err(no(9499)) };
    if !hook.secret.is_empty() && !signed(body, &hook.secret, call.now.as_second()) {
        return Err(no(19_021));
    }
    let Some(msg_type) = body.get("msg_type").and_then(Value::as_str) else { return Err(no(19_002)) };
    let content = said(msg_type, body, &hook)?;
    if !hook.keywords.is_empty() && !hook.keywords.iter().any(|keyword| mentions(&content.value, keyword)) {
        return Err(no(19_024));
    }
    check_world(core, NO_APP, &hook.chat_id, "", &content).map_err(|refused| as_hook(&refused))?;
    let chat_name = core.world.chat(&hook.chat_id).map(|chat| chat.name.clone()).unwrap_or_default();
    let version = call.version(1, content.value).map_err(|refused| as_hook(&refused))?;
    core.store(blank(call, &hook.chat_id, chat_name, Sender::Hook(hook.token), msg_type, version));
    let mut answer = Answer::flat(json!({"StatusCode": 0, "StatusMessage": "success", "data": {}}));
    "success".clone_into(&mut answer.msg);
    Ok(answer)
}

/// What the body says, checked by the rules of custom bots: objects, never strings.
fn said(msg_type: &str, body: &Value, hook: &Hook) -> Result<Content, Refused> {
    let object = |key: &str| {
        body.get(key).filter(|value| value.is_object()).cloned().ok_or_else(|| no_msg(19_002, &format!("params error, {key} need")))
    };
    let checked = match msg_type {
        "text" | "image" => inspect_value(msg_type, object("content")?),
        "post" => {
            let content = object("content")?;
            let Some(post) = content.get("post") else { return Err(no_msg(19_002, "params error, post need")) };
            if let Some(fault) = post_rules::validate(post, true).first() {
                return Err(no_msg(19_002, &format!("params error, {}: {}", fault.path, fault.message)));
            }
            inspect_value("post", post.clone())
        }
        "share_chat" => {
            let content = object("content")?;
            if content.get("share_chat_id").and_then(Value::as_str) != Some(&hook.chat_id) {
                return Err(no_msg(19_002, "params error, share_chat_id must be the bot's own group"));
            }
            return Ok(Content { value: content, refs: crate::feishu::content::card::Refs::default(), card: None });
        }
        "interactive" => inspect_value("interactive", object("card")?),
        _ => return Err(no_msg(19_002, "params error, msg_type not support")),
    };
    let content = checked.map_err(|refused| as_hook(&refused))?;
    // A custom bot mentions by open_id or user_id only.
    let foreign = content.refs.emails.iter().chain(content.refs.people.iter().filter(|(_, id)| id.starts_with("on_"))).next();
    match foreign {
        Some((path, id)) => {
            Err(no_msg(11_246, &format!("create content failed, ext=ErrCode: 100290; ErrMsg: invalid user id: {id}; ErrPath: {path};")))
        }
        None => Ok(content),
    }
}

/// The same refusal in a custom bot's clothes.
fn as_hook(refused: &Answer) -> Refused {
    match refused.code {
        230_099 => no_msg(11_246, &refused.msg.replace(words(230_099), words(11_246))),
        230_017 => no_msg(11_246, "create content failed, ext=ErrCode: 200570; ErrMsg: invalid image key;"),
        230_001 => no_msg(19_002, &refused.msg.replace(words(230_001), "params error")),
        _ => no_msg(9499, words(9499)),
    }
}

/// `base64(HMAC-SHA256(key = timestamp + "\n" + secret, message = ""))`, within an hour.
fn signed(body: &Value, secret: &str, now: i64) -> bool {
    let timestamp = match body.get("timestamp") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return false,
    };
    let (Ok(at), Some(sign)) = (timestamp.parse::<i64>(), body.get("sign").and_then(Value::as_str)) else { return false };
    if now.abs_diff(at) > SIGN_WINDOW_S.unsigned_abs() {
        return false;
    }
    sign_of(&timestamp, secret).is_some_and(|expected| expected == sign)
}

fn sign_of(timestamp: &str, secret: &str) -> Option<String> {
    let mac = Hmac::<Sha256>::new_from_slice(format!("{timestamp}\n{secret}").as_bytes()).ok()?;
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

/// Whether the word occurs in a text-like value: links, ids and keys do not count.
fn mentions(value: &Value, keyword: &str) -> bool {
    match value {
        Value::Array(items) => items.iter().any(|item| mentions(item, keyword)),
        Value::Object(map) => map.iter().any(|(key, item)| match item {
            Value::String(text) => matches!(key.as_str(), "text" | "title" | "content") && text.contains(keyword),
            _ => mentions(item, keyword),
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_match_known_ones() {
        for (timestamp, secret, sign) in [
            ("1599360473", "demo", "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="),
            ("1700000000", "SecretFromBotSettings", "tb5emr2xK1FGFKSUO40zrsEhpiFBMpN0p2gF19AqoHA="),
            ("1700000000", "密钥", "cyn+2wyXar1IIl3eihT1dIzSxsVv1BFWCgy6prBcWJM="),
        ] {
            assert_eq!(sign_of(timestamp, secret).as_deref(), Some(sign));
        }
    }

    #[test]
    fn signatures_are_good_for_an_hour() {
        let body = json!({"timestamp": "1700000000", "sign": "tb5emr2xK1FGFKSUO40zrsEhpiFBMpN0p2gF19AqoHA="});
        assert!(signed(&body, "SecretFromBotSettings", 1_700_003_600));
        assert!(!signed(&body, "SecretFromBotSettings", 1_700_003_601));
        assert!(!signed(&body, "other", 1_700_000_000));
        assert!(!signed(&json!({}), "SecretFromBotSettings", 1_700_000_000));
    }

    #[test]
    fn keywords_count_in_texts_only() {
        let post = json!({"zh_cn": {"title": "告警", "content": [[{"tag": "a", "text": "x", "href": "https://disk.example"}]]}});
        assert!(mentions(&post, "告警"));
        assert!(!mentions(&post, "disk"));
    }
}

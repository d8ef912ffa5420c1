//! One answer of the platform, read from status, headers and body.

use super::salvage;
use http::HeaderMap;
use serde_json::{Value, json};
use std::time::Duration;

/// Longest message text kept of an answer, in characters.
const MSG_CHARS: usize = 2000;
/// Longest part of a foreign (not JSON) body kept, in characters.
const FOREIGN_CHARS: usize = 200;
/// A pause the platform imposes is believed up to this long.
const LONGEST_RESET: Duration = Duration::from_secs(3600);

/// What the platform answered. `Debug` leaves `data` out: it can hold message texts and people.
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// HTTP status; never decides alone.
    pub http: u16,
    /// The platform's code; 0 is the only success. 0 also where `json` is false.
    pub code: i64,
    /// The platform's message, or the start of a body that is not the platform's JSON.
    pub msg: String,
    /// What the platform's support asks for.
    pub log_id: Option<String>,
    /// How long the platform tells us to wait.
    pub reset: Option<Duration>,
    /// The `data` object; where the answer is flat (bot info, token), the whole body.
    pub data: Value,
    /// Whether the body was the platform's JSON envelope. Proxies and load balancers answer with something else.
    pub json: bool,
}

/// Which envelope to expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseAs {
    /// `{code, msg, data}`
    Api,
    /// Custom bots: `code`, else the legacy `StatusCode`.
    Hook,
}

impl Answer {
    /// Reads an answer. Never fails: what is not the platform's JSON is kept as text with `json` false. Error pages like
    /// to repeat what was sent, so `secrets` are taken out before anything is cut.
    pub fn read(http: u16, headers: &HeaderMap, body: &[u8], parse: ParseAs, secrets: &[&str]) -> Self {
        let bounded = |text: &str, chars: usize| bounded(&without(text, secrets), chars);
        let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim).filter(|v| !v.is_empty());
        let log_id = text("x-tt-logid").or_else(|| text("x-request-id")).map(|v| bounded(v, 128));
        let reset = text("x-ogw-ratelimit-reset")
            .or_else(|| text("retry-after"))
            .and_then(|v| v.parse::<f64>().ok())
            .filter(|v| v.is_finite() && *v >= 0.0)
            .map(|v| Duration::from_secs_f64(v.min(LONGEST_RESET.as_secs_f64())));
        let foreign = || Self {
            http,
            code: 0,
            msg: bounded(String::from_utf8_lossy(&body[..body.len().min(4096)]).trim(), FOREIGN_CHARS),
            log_id: log_id.clone(),
            reset,
            // A connection that ends early without a promised length looks like a whole answer: what it names still counts.
            data: salvage::batch_id(body).map_or(Value::Null, |id| json!({ "message_id": id })),
            json: false,
        };
        let Ok(Value::Object(mut map)) = serde_json::from_slice::<Value>(body) else { return foreign() };
        let code = map.get("code").and_then(number).or_else(|| match parse {
            ParseAs::Hook => map.get("StatusCode").and_then(number),
            ParseAs::Api => None,
        });
        let Some(code) = code else { return foreign() };
        let msg = ["msg", "message", "StatusMessage"].iter().find_map(|key| map.get(*key).and_then(Value::as_str)).unwrap_or_default();
        let msg = bounded(msg, MSG_CHARS);
        let inner = map.get("error").and_then(|e| e.get("log_id")).and_then(Value::as_str).map(|v| bounded(v, 128));
        let data = match map.remove("data") {
            Some(Value::Null) | None => Value::Object(map),
            Some(data) => data,
        };
        Self { http, code, msg, log_id: log_id.or(inner), reset, data, json: true }
    }

    /// A text field of `data`.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.data.get(field).and_then(Value::as_str).filter(|v| !v.is_empty())
    }

    /// The id of the message that was sent.
    pub fn message_id(&self) -> Option<&str> {
        self.text("message_id")
    }

    /// The topic the message is in.
    pub fn thread_id(&self) -> Option<&str> {
        self.text("thread_id")
    }

    /// The chat the message is in; for messages to people as well.
    pub fn chat_id(&self) -> Option<&str> {
        self.text("chat_id")
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer")
            .field("http", &self.http)
            .field("code", &self.code)
            .field("msg", &self.msg)
            .field("log_id", &self.log_id)
            .field("reset", &self.reset)
            .field("json", &self.json)
            .finish_non_exhaustive()
    }
}

/// The inner code of a refused card: `ErrCode: <n>` in the message.
pub fn sub_code(msg: &str) -> Option<i64> {
    let rest = msg.split_once("ErrCode:")?.1.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// The text with every secret starred out.
fn without(text: &str, secrets: &[&str]) -> String {
    let known = secrets.iter().filter(|secret| !secret.is_empty());
    known.fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
}

fn bounded(text: &str, chars: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(http: u16, headers: &[(&'static str, &str)], body: &str, parse: ParseAs) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        Answer::read(http, &map, body.as_bytes(), parse, &["hunter2"])
    }

    #[test]
    fn reads_envelopes() {
        let sent =
            read(200, &[("x-tt-logid", "L1")], r#"{"code":0,"msg":"success","data":{"message_id":"om_1","chat_id":"oc_1"}}"#, ParseAs::Api);
        assert_eq!((sent.code, sent.message_id(), sent.chat_id(), sent.log_id.as_deref()), (0, Some("om_1"), Some("oc_1"), Some("L1")));
        let flat = read(200, &[], r#"{"code":0,"msg":"ok","bot":{"open_id":"ou_1"}}"#, ParseAs::Api);
        assert_eq!(flat.data["bot"], json!({"open_id": "ou_1"}));
        let error = read(400, &[], r#"{"code":230002,"msg":"Bot NOT in chat","error":{"log_id":"L2"}}"#, ParseAs::Api);
        assert_eq!((error.code, error.log_id.as_deref()), (230_002, Some("L2")));
    }

    #[test]
    fn custom_bots_have_two_success_fields() {
        let old = read(200, &[], r#"{"StatusCode":0,"StatusMessage":"success"}"#, ParseAs::Hook);
        assert!(old.json && old.code == 0 && old.msg == "success");
        let both = read(200, &[], r#"{"StatusCode":0,"code":19024,"msg":"Key Words Not Found"}"#, ParseAs::Hook);
        assert_eq!(both.code, 19024);
        assert!(!read(200, &[], r#"{"StatusCode":0}"#, ParseAs::Api).json);
    }

    #[test]
    fn foreign_bodies_are_kept_short() {
        let page = read(502, &[], &format!("<html>\n{}", "x".repeat(5000)), ParseAs::Api);
        assert!(!page.json && page.msg.starts_with("<html> ") && page.msg.len() == FOREIGN_CHARS);
        for body in ["", "[]", "null", r#"{"error":"bad gateway"}"#, "\u{fffd}"] {
            assert!(!read(200, &[], body, ParseAs::Api).json, "{body}");
        }
    }

    #[test]
    fn echoed_secrets_are_taken_out_before_anything_is_cut() {
        let long = "x".repeat(FOREIGN_CHARS - 3);
        for (body, parse) in [
            (format!("{long}hunter2"), ParseAs::Api),
            ("<p>/hook/hunter2 not found; hunter2</p>".to_owned(), ParseAs::Hook),
            (r#"{"code":9499,"msg":"bad hunter2","error":{"log_id":"hunter2"}}"#.to_owned(), ParseAs::Api),
        ] {
            let answer = read(400, &[("x-request-id", "id-hunter2")], &body, parse);
            let shown = format!("{answer:?}");
            assert!(!shown.contains("hun") && shown.contains("***"), "{shown}");
        }
    }

    #[test]
    fn reset_is_seconds_and_bounded() {
        let reset = |value: &str| read(429, &[("x-ogw-ratelimit-reset", value)], r#"{"code":99991400}"#, ParseAs::Api).reset;
        assert_eq!(reset("52"), Some(Duration::from_secs(52)));
        assert_eq!(reset("999999999"), Some(LONGEST_RESET));
        assert_eq!((reset("-1"), reset("soon"), reset("inf")), (None, None, None));
    }

    #[test]
    fn finds_the_sub_code() {
        assert_eq!(sub_code("Failed to create card content, ext=ErrCode: 100290; ErrMsg: invalid user id;"), Some(100_290));
        assert_eq!(sub_code("ErrCode:200570 ErrMsg"), Some(200_570));
        assert_eq!((sub_code("no code"), sub_code("ErrCode: x")), (None, None));
    }

    #[test]
    fn debug_hides_data() {
        let answer = read(200, &[], r#"{"code":0,"data":{"tenant_access_token":"t-secret"}}"#, ParseAs::Api);
        assert!(!format!("{answer:?}").contains("t-secret"));
    }
}

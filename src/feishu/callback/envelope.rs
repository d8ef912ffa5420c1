//! What stands in a callback's body, decrypted: the envelope of an event, or the challenge of a new URL.
//!
//! Version 2 (`schema`) is read and written, version 1 (`type: event_callback`) only read. `create_time` is in
//! milliseconds for events and in microseconds for card callbacks; which, its length tells.

use jiff::Timestamp;
use serde_json::{Value, json};

/// The event of a pressed card.
pub const CARD_ACTION: &str = "card.action.trigger";

/// What a body says.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// The URL is being set in the console: to be answered with [`challenge_answer`] within 1 s.
    Challenge {
        /// What to answer.
        challenge: String,
        /// The Verification Token, to be compared.
        token: String,
    },
    /// Something happened.
    Event(Event),
}

/// An event or callback.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// By which a repeat is known again: `event_id`, in version 1 `uuid`.
    pub id: String,
    /// Such as `card.action.trigger`.
    pub kind: String,
    /// When it happened, where that can be read.
    pub created: Option<Timestamp>,
    /// The Verification Token.
    pub token: String,
    /// Whose event it is.
    pub app_id: String,
    /// The tenant.
    pub tenant_key: String,
    /// The `event` object.
    pub event: Value,
}

/// Why a body is no envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not JSON, or no object.
    #[error("the body is not a JSON object")]
    NotJson,
    /// Neither an event of version 1 or 2 nor a challenge.
    #[error("the body is neither an event (`schema`, or `type: event_callback`) nor a challenge")]
    Unknown,
    /// Without the type or the content of the event.
    #[error("the event has no {0}")]
    Missing(&'static str),
}

/// The text of `{"encrypt": ".."}`.
pub fn encrypted(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    Some(body.get("encrypt")?.as_str()?.to_owned())
}

/// The body that carries an encrypted text, byte for byte what is signed.
pub fn encrypted_body(encrypted: &str) -> Vec<u8> {
    format!(r#"{{"encrypt":"{encrypted}"}}"#).into_bytes()
}

/// The body of a URL verification.
pub fn challenge_body(challenge: &str, token: &str) -> Vec<u8> {
    json!({"challenge": challenge, "token": token, "type": "url_verification"}).to_string().into_bytes()
}

/// What has to be answered to a challenge; never encrypted.
pub fn challenge_answer(challenge: &str) -> Value {
    json!({ "challenge": challenge })
}

/// Reads a decrypted body.
///
/// # Errors
/// When it is none.
pub fn read(body: &[u8]) -> Result<Incoming, EnvelopeError> {
    let body: Value = serde_json::from_slice(body).map_err(|_| EnvelopeError::NotJson)?;
    let top = body.as_object().ok_or(EnvelopeError::NotJson)?;
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match top.get("type").and_then(Value::as_str) {
        Some("url_verification") => {
            let challenge = text(&body, "challenge");
            return Ok(Incoming::Challenge { challenge, token: text(&body, "token") });
        }
        Some("event_callback") if !top.contains_key("schema") => {
            let event = top.get("event").filter(|event| event.is_object()).ok_or(EnvelopeError::Missing("event"))?;
            let kind = text(event, "type");
            if kind.is_empty() {
                return Err(EnvelopeError::Missing("event.type"));
            }
            return Ok(Incoming::Event(Event {
                id: text(&body, "uuid"),
                kind,
                created: seconds(&text(&body, "ts")),
                token: text(&body, "token"),
                app_id: text(event, "app_id"),
                tenant_key: text(event, "tenant_key"),
                event: event.clone(),
            }));
        }
        _ => {}
    }
    let header = top.get("header").filter(|header| header.is_object()).ok_or(EnvelopeError::Unknown)?;
    let kind = text(header, "event_type");
    if kind.is_empty() {
        return Err(EnvelopeError::Missing("header.event_type"));
    }
    Ok(Incoming::Event(Event {
        id: text(header, "event_id"),
        kind,
        created: moment(&text(header, "create_time")),
        token: text(header, "token"),
        app_id: text(header, "app_id"),
        tenant_key: text(header, "tenant_key"),
        event: top.get("event").filter(|event| event.is_object()).ok_or(EnvelopeError::Missing("event"))?.clone(),
    }))
}

impl Event {
    /// The body of version 2.
    pub fn to_body(&self) -> Vec<u8> {
        let created = self.created.map_or_else(String::new, |at| match self.kind.as_str() {
            CARD_ACTION => at.as_microsecond().to_string(),
            _ => at.as_millisecond().to_string(),
        });
        let header = json!({
            "event_id": self.id, "event_type": self.kind, "create_time": created, "token": self.token,
            "app_id": self.app_id, "tenant_key": self.tenant_key,
        });
        json!({"schema": "2.0", "header": header, "event": self.event}).to_string().into_bytes()
    }
}

/// Milliseconds, or microseconds where there are 16 digits or more.
fn moment(text: &str) -> Option<Timestamp> {
    let number: i64 = text.parse().ok()?;
    if text.len() >= 16 { Timestamp::from_microsecond(number).ok() } else { Timestamp::from_millisecond(number).ok() }
}

/// Version 1 writes seconds with a fraction.
fn seconds(text: &str) -> Option<Timestamp> {
    Timestamp::from_second(text.split('.').next()?.parse().ok()?).ok()
}

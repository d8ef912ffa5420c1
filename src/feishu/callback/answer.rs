//! What an app may answer to `card.action.trigger`: a toast, a card, both or nothing.
//!
//! The card is an object here, never a string. Whether the card itself is legal is not looked at.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// An answer; empty: nothing is shown and the card stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Answer {
    /// Shown for a moment above the card.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toast: Option<Toast>,
    /// Takes the place of the card at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// How a toast looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToastKind {
    /// Neutral.
    #[default]
    Info,
    /// It worked.
    Success,
    /// It did not.
    Error,
    /// It did, but.
    Warning,
}

/// A toast.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toast {
    /// How it looks.
    #[serde(rename = "type", default)]
    pub kind: ToastKind,
    /// What it says.
    #[serde(default)]
    pub content: String,
    /// What it says in the reader's language: `zh_cn`, `en_us`, `ja_jp`. Goes before `content`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub i18n: BTreeMap<String, String>,
}

/// The new card.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum Card {
    /// The card object itself, of the same schema as the one that was pressed.
    Raw(Value),
    /// `template_id`, `template_version_name`, `template_variable`.
    Template(Value),
}

/// Why an answer is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The body is not what may be answered (shown as 200672).
    #[error("{0}")]
    Body(String),
    /// The card is not where or what it must be (200673).
    #[error("{0}")]
    Card(String),
}

impl Toast {
    /// What a reader of this language sees.
    pub fn text(&self, locale: &str) -> &str {
        self.i18n.get(locale).filter(|text| !text.is_empty()).unwrap_or(&self.content)
    }
}

impl Answer {
    /// Reads the body of an answer, or what the data of an ack decodes to. Keys that mean nothing are ignored.
    ///
    /// # Errors
    /// A sentence on what is wrong.
    pub fn read(body: &[u8]) -> Result<Self, AnswerError> {
        let wrong = |what: String| AnswerError::Body(what);
        let value: Value = serde_json::from_slice(body).map_err(|error| wrong(format!("the answer is not JSON: {error}")))?;
        let top = value.as_object().ok_or_else(|| wrong("the answer is not a JSON object".to_owned()))?;
        let toast = match given(top, "toast") {
            None => None,
            Some(toast) => Some(Toast::deserialize(toast).map_err(|error| wrong(format!("toast: {error}")))?),
        };
        let card = given(top, "card").map(Card::read).transpose()?;
        Ok(Self { toast, card })
    }
}

fn given<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).filter(|value| !value.is_null())
}

impl Card {
    fn read(value: &Value) -> Result<Self, AnswerError> {
        let wrong = |what: &str| AnswerError::Card(what.to_owned());
        let card = value.as_object().ok_or_else(|| wrong("card is not an object with type and data"))?;
        let data = match given(card, "data") {
            Some(data @ Value::Object(_)) => data.clone(),
            Some(Value::String(_)) => return Err(wrong("card.data is a string; it has to be the card object itself")),
            _ => return Err(wrong("card.data is missing or not an object")),
        };
        match card.get("type").and_then(Value::as_str) {
            Some("raw") => Ok(Self::Raw(data)),
            Some("template") => Ok(Self::Template(data)),
            _ => Err(wrong("card.type is neither raw nor template")),
        }
    }
}

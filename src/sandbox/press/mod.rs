//! A person presses a component of a card: the app is told, and what it answers is shown.
//!
//! [`find`] looks the component up and says whether it can be pressed, [`action`] and [`form`] what the app is told of it,
//! [`event`] makes `card.action.trigger` of that, [`mod@http`] and [`long`] bring it to the app, [`judge`] makes of the answer
//! what the client shows. [`run`] joins them; `tokens` are the tokens for a later update, `log` is what happened.

mod action;
mod dates;
mod event;
mod find;
mod form;
pub(crate) mod http;
pub(crate) mod judge;
mod log;
mod long;
mod routes;
mod run;
pub(crate) mod tokens;
pub(crate) mod verify;

pub use crate::feishu::callback::answer::ToastKind;
pub use log::PressRecord;
pub(crate) use log::Presses;
pub(crate) use routes::routes;
pub(crate) use run::run;
pub use verify::CallbackSetting;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Longest answer of an app that is read, in bytes: several times the longest that could be shown.
const MAX_ANSWER: usize = 256 << 10;

/// What a person does to a card.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Press {
    /// The card's message.
    pub message_id: String,
    /// JSON pointer of the component in the card as the person sees it, such as `/body/elements/2`.
    pub at: String,
    /// Who: any id or address.
    pub by: String,
    /// The value of the chosen option, an id or address of the chosen person, or what a picker shows: `2024-04-29`, `07:07`,
    /// `2024-04-29 07:07`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// The values of the chosen options, where several can be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
    /// What was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// Whether the checker is checked afterwards; absent: the other way round than it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<bool>,
    /// What stands in the form, by name; absent: what it begins with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub form: BTreeMap<String, Value>,
    /// The person's time zone.
    #[serde(default = "shanghai")]
    pub timezone: String,
    /// Where the card is shown.
    #[serde(default)]
    pub host: Host,
    /// The person's language, for toasts: `zh_cn`, `en_us`, `ja_jp`.
    #[serde(default = "chinese")]
    pub locale: String,
}

fn shanghai() -> String {
    "Asia/Shanghai".to_owned()
}

fn chinese() -> String {
    "zh_cn".to_owned()
}

/// Where a card is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// In the chat.
    #[default]
    ImMessage,
    /// Pinned at the top of the chat.
    ImTopNotice,
}

/// What the client shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A toast.
    Toast,
    /// The new card.
    Card,
    /// Both.
    ToastAndCard,
    /// Nothing: the app took note.
    Nothing,
    /// An error.
    Error,
}

/// A toast as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownToast {
    /// How it looks.
    #[serde(rename = "type")]
    pub kind: ToastKind,
    /// What it says, in the person's language.
    pub content: String,
}

/// What went to the app.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Request {
    /// The callback URL, or `long_connection:` and the connection's id.
    pub url: String,
    /// Headers of the request or of the frame.
    pub headers: BTreeMap<String, String>,
    /// The bytes, encrypted where they were.
    pub body: String,
    /// What they say.
    pub event: Value,
}

/// What came from the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Response {
    /// The HTTP status, or the code of the ack.
    pub status: u16,
    /// Headers of the response or of the frame.
    pub headers: BTreeMap<String, String>,
    /// The body, or the decoded data of the ack.
    pub body: String,
}

/// What became of a press.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pressed {
    /// What the client shows.
    pub outcome: Outcome,
    /// The toast.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toast: Option<ShownToast>,
    /// The client's error code; an error may have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// Why it is an error, for whoever has to mend it; the client shows the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// From the press to the answer, in milliseconds.
    pub took_ms: u64,
    /// What went to the app; absent: nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// What came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Response>,
}

/// Why nothing was pressed at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PressError {
    /// There is no such message or person.
    #[error("{0}")]
    NotFound(String),
    /// The press itself is written wrongly.
    #[error("{0}")]
    Invalid(String),
    /// Nobody could do that in a client.
    #[error("{0}")]
    NotPressable(String),
}

/// An error that the client shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub code: Option<i64>,
    pub reason: String,
}

impl Fault {
    pub fn new(code: i64, reason: impl Into<String>) -> Self {
        Self { code: Some(code), reason: reason.into() }
    }
}

/// Why a press goes no further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// It was none.
    Refused(PressError),
    /// The client shows an error.
    Shown(Fault),
}

impl From<PressError> for Stop {
    fn from(error: PressError) -> Self {
        Self::Refused(error)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Shown(fault)
    }
}

/// Nobody could do that in a client.
fn cannot(reason: impl Into<String>) -> PressError {
    PressError::NotPressable(reason.into())
}

/// The press is written wrongly.
fn invalid(reason: impl Into<String>) -> PressError {
    PressError::Invalid(reason.into())
}

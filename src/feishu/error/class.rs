//! The classes answers fall into, and the one algorithm that puts them there.

use super::answer::Answer;
use super::endpoint::Endpoint;
use super::table;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What an answer asks for. What then happens is `deliver::retry`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Done.
    Ok,
    /// A frequency limit; `pause` is what the platform told us to wait.
    Rate {
        /// The platform's own word on how long.
        pause: Option<Duration>,
    },
    /// The platform failed; the call may have worked: see [`Answer::outcome_unknown`].
    Retry,
    /// The token was refused, even a fresh one.
    Auth,
    /// Somebody must change a setting of app, chat or network.
    Config,
    /// A quota of the tenant is used up.
    Quota,
    /// This destination will never work.
    Target,
    /// This content was refused.
    Content(ContentFault),
    /// The message this call is about is not what it was.
    State(StateFault),
    /// We built a wrong request.
    Bug,
    /// The platform's JSON with a code that no table lists: will not change by itself.
    Permanent,
    /// Not the platform's JSON, and not a server error: something in between answered.
    Unknown,
}

/// What about the content was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentFault {
    /// A person who is mentioned does not exist here, or everybody may not be mentioned.
    Mentions,
    /// A chart, table, image or file.
    Rich,
    /// Too long, or too many elements.
    TooLong,
    /// The card is being interacted with: try again shortly.
    Locked,
    /// No reply in a topic here.
    ThreadRefused,
    /// This type of message is not allowed in this chat.
    Shape,
    /// Sensitive words or personal data.
    Sensitive,
    /// The template behind a template card.
    Template,
    /// Anything else about it.
    Other,
}

/// What happened to the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateFault {
    /// A person took it back: leave it alone.
    Recalled,
    /// The time in which it may be changed is over.
    TooOld,
    /// All edits it may have are used.
    EditsUsed,
    /// It cannot be seen, or there is no such message.
    Gone,
    /// It cannot be changed or answered for another reason.
    Other,
}

impl Class {
    /// A limit without the platform's word on how long.
    pub(super) const RATE: Class = Class::Rate { pause: None };

    /// A short name for metrics, logs and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Ok => "ok",
            Class::Rate { .. } => "rate",
            Class::Retry => "retry",
            Class::Auth => "auth",
            Class::Config => "config",
            Class::Quota => "quota",
            Class::Target => "target",
            Class::Content(_) => "content",
            Class::State(_) => "state",
            Class::Bug => "bug",
            Class::Permanent => "permanent",
            Class::Unknown => "unknown",
        }
    }

    /// Class and fault, such as `content_mentions`.
    pub fn detail(self) -> &'static str {
        match self {
            Class::Content(ContentFault::Mentions) => "content_mentions",
            Class::Content(ContentFault::Rich) => "content_rich",
            Class::Content(ContentFault::TooLong) => "content_too_long",
            Class::Content(ContentFault::Locked) => "content_locked",
            Class::Content(ContentFault::ThreadRefused) => "content_thread_refused",
            Class::Content(ContentFault::Shape) => "content_shape",
            Class::Content(ContentFault::Sensitive) => "content_sensitive",
            Class::Content(ContentFault::Template) => "content_template",
            Class::Content(ContentFault::Other) => "content_other",
            Class::State(StateFault::Recalled) => "state_recalled",
            Class::State(StateFault::TooOld) => "state_too_old",
            Class::State(StateFault::EditsUsed) => "state_edits_used",
            Class::State(StateFault::Gone) => "state_gone",
            Class::State(StateFault::Other) => "state_other",
            other => other.as_str(),
        }
    }
}

/// Puts an answer into its class.
///
/// In this order: a monthly quota, HTTP 429, a body that is not JSON, success, the table by (endpoint, code) with the
/// words and inner code of the message, the ranges of gateway codes, and only for codes nobody lists the HTTP status.
pub fn classify(endpoint: Endpoint, answer: &Answer) -> Class {
    let known = if answer.json && answer.code != 0 { table::find(endpoint, answer) } else { None };
    let rate = Class::Rate { pause: answer.reset };
    // The gateway uses 429 for "slow down"; should it also use it for "no more this month", waiting would not help.
    if answer.http == 429 {
        return if known.is_some_and(|row| row.class == Class::Quota) { Class::Quota } else { rate };
    }
    if !answer.json {
        return if answer.http >= 500 { Class::Retry } else { Class::Unknown };
    }
    if answer.code == 0 {
        return Class::Ok;
    }
    if let Some(row) = known {
        return match row.class {
            Class::Rate { .. } => rate,
            class => class,
        };
    }
    match answer.code {
        _ if answer.http >= 500 => Class::Retry,
        99_991_400..=99_991_499 => rate,
        99_991_600..=99_991_699 => Class::Config,
        _ => Class::Permanent,
    }
}

impl Answer {
    /// Whether the platform may have done what was asked although it answered with a failure: its own errors
    /// (5xx) and "the same message is being sent". A repeat must then carry the same bytes and `uuid`.
    pub fn outcome_unknown(&self, endpoint: Endpoint) -> bool {
        classify(endpoint, self) == Class::Retry
    }
}

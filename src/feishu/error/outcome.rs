//! What a call came to: answered, certainly not sent, or nobody knows.
//!
//! A batch has no `uuid`, so an answer that broke off within its body is searched for the batch's id: with it, what
//! became of the call can be asked.

use super::answer::Answer;
use super::class::{Class, classify};
use super::endpoint::Endpoint;
use super::salvage;
use std::time::Duration;

/// What one call came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The platform (or something in between) answered.
    Answered(Answer),
    /// The request certainly did not reach the platform; with a sentence for logs.
    NotSent(NotSentReason, String),
    /// The request may have been carried out.
    Unknown(Doubt),
}

/// What is known of a call whose outcome is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Why it is unknown.
    pub reason: UnknownReason,
    /// A sentence for logs.
    pub text: String,
    /// The batch (`bm-...`) that the call made, where the answer broke off only after naming it.
    pub batch_id: Option<String>,
}

/// Why a request was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSentReason {
    /// Connection refused.
    Refused,
    /// The name was not found.
    Dns,
    /// The TLS handshake failed.
    Tls,
    /// No connection in time.
    ConnectTimeout,
    /// No connection for another reason (network unreachable, proxy).
    Connect,
    /// No token could be had; the class says whether that passes by itself.
    Token(Class),
    /// The person it goes to could not be looked up; the class says whether that passes by itself.
    Person(Class),
    /// The request could not be built.
    Build,
}

/// Why an outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownReason {
    /// No answer in time.
    Timeout,
    /// The connection broke before an answer.
    Reset,
    /// The connection broke within the answer.
    CutBody,
    /// The answer was longer than any the platform gives.
    TooLong,
}

impl NotSentReason {
    /// A short name for metrics, logs and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            NotSentReason::Refused => "refused",
            NotSentReason::Dns => "dns",
            NotSentReason::Tls => "tls",
            NotSentReason::ConnectTimeout => "connect_timeout",
            NotSentReason::Connect => "connect",
            NotSentReason::Token(_) => "token",
            NotSentReason::Person(_) => "person",
            NotSentReason::Build => "build",
        }
    }
}

impl UnknownReason {
    /// A short name for metrics, logs and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            UnknownReason::Timeout => "timeout",
            UnknownReason::Reset => "reset",
            UnknownReason::CutBody => "cut_body",
            UnknownReason::TooLong => "too_long",
        }
    }
}

impl Doubt {
    /// A doubt without anything to go on.
    pub fn new(reason: UnknownReason, text: impl Into<String>) -> Self {
        Self { reason, text: text.into(), batch_id: None }
    }

    /// The same after `body`, the part of an answer that arrived.
    pub fn after(self, body: &[u8]) -> Self {
        Self { batch_id: salvage::batch_id(body), ..self }
    }
}

impl From<Doubt> for Outcome {
    fn from(doubt: Doubt) -> Self {
        Outcome::Unknown(doubt)
    }
}

impl Outcome {
    /// The class that decides what happens next.
    pub fn class(&self, endpoint: Endpoint) -> Class {
        match self {
            Outcome::Answered(answer) => classify(endpoint, answer),
            Outcome::NotSent(NotSentReason::Token(class) | NotSentReason::Person(class), _) => *class,
            Outcome::NotSent(NotSentReason::Build, _) => Class::Bug,
            Outcome::NotSent(..) | Outcome::Unknown(_) => Class::Retry,
        }
    }

    /// Whether the platform may have done what was asked although we cannot say so. A foreign answer (a proxy's
    /// page) counts: the request may have passed before the page was made.
    pub fn is_unknown(&self, endpoint: Endpoint) -> bool {
        match self {
            Outcome::Answered(answer) => answer.outcome_unknown(endpoint) || classify(endpoint, answer) == Class::Unknown,
            Outcome::NotSent(..) => false,
            Outcome::Unknown(_) => true,
        }
    }

    /// Whether this speaks against the connection or the platform as a whole (what a breaker counts), rather than
    /// against one target or content. A proxy's page in place of an answer does.
    pub fn is_outage(&self, endpoint: Endpoint) -> bool {
        match self {
            Outcome::Answered(answer) => match classify(endpoint, answer) {
                Class::Retry => answer.http >= 500,
                class => class == Class::Unknown,
            },
            Outcome::NotSent(NotSentReason::Token(class), _) => matches!(class, Class::Retry | Class::Unknown),
            Outcome::NotSent(NotSentReason::Person(_) | NotSentReason::Build, _) => false,
            Outcome::NotSent(..) | Outcome::Unknown(_) => true,
        }
    }

    /// The answer, where there is one.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Outcome::Answered(answer) => Some(answer),
            _ => None,
        }
    }

    /// The platform's code, where there is one.
    pub fn code(&self) -> Option<i64> {
        self.answer().filter(|answer| answer.json).map(|answer| answer.code)
    }

    /// The batch that a [`Endpoint::BatchSend`] made, wherever the platform named it: in its answer, beside an error, or
    /// in the part of an answer that arrived before the connection broke.
    pub fn batch_id(&self) -> Option<&str> {
        match self {
            Outcome::Answered(answer) => answer.message_id().filter(|id| salvage::is_batch_id(id)),
            Outcome::NotSent(..) => None,
            Outcome::Unknown(doubt) => doubt.batch_id.as_deref(),
        }
    }

    /// A short name for metrics and logs: the class, or why there was no answer.
    pub fn reason(&self, endpoint: Endpoint) -> &'static str {
        match self {
            Outcome::Answered(answer) => classify(endpoint, answer).detail(),
            Outcome::NotSent(reason, _) => reason.as_str(),
            Outcome::Unknown(doubt) => doubt.reason.as_str(),
        }
    }
}

/// A value and how long it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed<T> {
    /// What came of it.
    pub value: T,
    /// How long it took.
    pub took: Duration,
}

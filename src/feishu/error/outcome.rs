//! What a call came to: answered, certainly not sent, or nobody knows.

use super::answer::Answer;
use super::class::{Class, classify};
use super::endpoint::Endpoint;
use std::time::Duration;

/// What one call came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The platform (or something in between) answered.
    Answered(Answer),
    /// The request certainly did not reach the platform; with a sentence for logs.
    NotSent(NotSentReason, String),
    /// The request may have been carried out; with a sentence for logs.
    Unknown(UnknownReason, String),
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

impl Outcome {
    /// The class that decides what happens next.
    pub fn class(&self, endpoint: Endpoint) -> Class {
        match self {
            Outcome::Answered(answer) => classify(endpoint, answer),
            Outcome::NotSent(NotSentReason::Token(class) | NotSentReason::Person(class), _) => *class,
            Outcome::NotSent(NotSentReason::Build, _) => Class::Bug,
            Outcome::NotSent(..) | Outcome::Unknown(..) => Class::Retry,
        }
    }

    /// Whether the platform may have done what was asked although we cannot say so. A foreign answer (a proxy's
    /// page) counts: the request may have passed before the page was made.
    pub fn is_unknown(&self, endpoint: Endpoint) -> bool {
        match self {
            Outcome::Answered(answer) => answer.outcome_unknown(endpoint) || classify(endpoint, answer) == Class::Unknown,
            Outcome::NotSent(..) => false,
            Outcome::Unknown(..) => true,
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
            Outcome::NotSent(..) | Outcome::Unknown(..) => true,
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

    /// The id of a batch (`bm-...`) that the answer names, also where it is an error.
    pub fn batch_id(&self) -> Option<&str> {
        self.answer().and_then(Answer::message_id).filter(|id| id.starts_with("bm"))
    }

    /// A short name for metrics and logs: the class, or why there was no answer.
    pub fn reason(&self, endpoint: Endpoint) -> &'static str {
        match self {
            Outcome::Answered(answer) => classify(endpoint, answer).detail(),
            Outcome::NotSent(reason, _) => reason.as_str(),
            Outcome::Unknown(reason, _) => reason.as_str(),
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

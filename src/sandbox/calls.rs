//! What was called: counters by endpoint and outcome, and the latest calls.

use crate::sandbox::endpoint::Endpoint;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

const RECENT: usize = 1000;

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// When it was answered.
    pub at: Timestamp,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The app, where a token named one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub app_id: String,
    /// What it was about: message, chat, receiver or hook.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub target: String,
    /// HTTP status; 0 where the connection was cut instead.
    pub http: u16,
    /// The code answered.
    pub code: i64,
    /// Its `X-Request-Id`.
    pub request_id: String,
    /// The body's `uuid`, where it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// A digest of the body: equal bytes, equal digest.
    pub digest: String,
    /// Spoiled by a fault.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fault: bool,
}

/// How often an endpoint answered so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// HTTP status.
    pub http: u16,
    /// The code.
    pub code: i64,
    /// How often.
    pub count: u64,
}

/// Everything counted.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    counts: BTreeMap<(Endpoint, u16, i64), u64>,
    recent: VecDeque<Call>,
}

impl Calls {
    pub fn record(&mut self, call: Call) {
        *self.counts.entry((call.endpoint, call.http, call.code)).or_default() += 1;
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(call);
    }

    /// Counters by endpoint, status and code.
    pub fn counts(&self) -> Vec<Count> {
        self.counts
            .iter()
            .map(|((endpoint, http, code), count)| Count { endpoint: *endpoint, http: *http, code: *code, count: *count })
            .collect()
    }

    /// The latest calls, oldest first.
    pub fn recent(&self) -> Vec<Call> {
        self.recent.iter().cloned().collect()
    }

    pub fn clear(&mut self) {
        self.counts.clear();
        self.recent.clear();
    }
}

//! The latest calls as they went over the wire: request and answer with their headers, bounded in number and bytes.
//!
//! Secrets of a tenant are not kept: an operator may try the sandbox with a real app's configuration.

use crate::sandbox::answer::Answer;
use crate::sandbox::endpoint::Endpoint;
use axum::body::Bytes;
use http::request::Parts;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Arc;

const MAX: usize = 2000;
const MAX_BYTES: usize = 32_000_000;
/// Bodies beyond it (uploads) are kept as their size only.
const MAX_BODY: usize = 200_000;
const HIDDEN: &str = "********";

/// The head of a request, before its body is read.
#[derive(Debug)]
pub(crate) struct Head {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
}

/// A call as it went over the wire.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub at: Timestamp,
    pub endpoint: Endpoint,
    pub request_id: String,
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// HTTP status; 0 where the connection was cut instead.
    pub http: u16,
    pub code: i64,
    pub answer_headers: Vec<(String, String)>,
    pub answer: Bytes,
    /// Spoiled by a fault.
    pub fault: bool,
    /// What the call was about: message, chat, receiver or hook.
    pub about: String,
}

impl Head {
    /// Takes what is kept of a request's head.
    pub fn of(parts: &Parts) -> Self {
        let headers = parts.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            let secret = name == "x-lark-helpdesk-authorization";
            (name.as_str().to_owned(), if secret { HIDDEN.to_owned() } else { value })
        });
        let target = parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), ToString::to_string);
        Self { method: parts.method.to_string(), target, headers: headers.collect() }
    }

    /// The whole exchange.
    pub fn answered(self, call: &super::calls::Call, body: &Bytes, answer: &Answer, log_id: &str) -> Exchange {
        let (kind, bytes) = answer.body_bytes(log_id);
        let mut answer_headers = vec![("content-type".to_owned(), kind.to_owned()), ("x-tt-logid".to_owned(), log_id.to_owned())];
        answer_headers.push(("x-request-id".to_owned(), call.request_id.clone()));
        answer_headers.extend(answer.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Exchange {
            at: call.at,
            endpoint: call.endpoint,
            request_id: call.request_id.clone(),
            method: self.method,
            target: self.target,
            headers: self.headers,
            body: kept(call.endpoint, body),
            http: call.http,
            code: call.code,
            answer_headers,
            answer: bounded(bytes),
            fault: call.fault,
            about: call.target.clone(),
        }
    }
}

fn kept(endpoint: Endpoint, body: &Bytes) -> Bytes {
    if endpoint != Endpoint::Token {
        return bounded(body.clone());
    }
    let mut json: Value = serde_json::from_slice(body).unwrap_or_default();
    if json.get("app_secret").is_some() {
        json["app_secret"] = json!(HIDDEN);
    }
    json.to_string().into()
}

fn bounded(bytes: Bytes) -> Bytes {
    if bytes.len() <= MAX_BODY { bytes } else { format!("({} bytes)", bytes.len()).into() }
}

impl Exchange {
    fn bytes(&self) -> usize {
        let headers = self.headers.iter().chain(&self.answer_headers).map(|(name, value)| name.len() + value.len()).sum::<usize>();
        self.body.len() + self.answer.len() + headers
    }
}

/// The exchanges that are kept.
#[derive(Debug, Default)]
pub(crate) struct Exchanges {
    kept: VecDeque<Arc<Exchange>>,
    bytes: usize,
}

impl Exchanges {
    /// Keeps one more, and lets go of the oldest beyond the bounds.
    pub fn add(&mut self, exchange: Exchange) {
        self.bytes += exchange.bytes();
        self.kept.push_back(Arc::new(exchange));
        while self.kept.len() > MAX || self.bytes > MAX_BYTES {
            let Some(gone) = self.kept.pop_front() else { break };
            self.bytes = self.bytes.saturating_sub(gone.bytes());
        }
    }

    /// The newest with this `X-Request-Id`.
    pub fn find(&self, request_id: &str) -> Option<Arc<Exchange>> {
        self.kept.iter().rev().find(|exchange| exchange.request_id == request_id).map(Arc::clone)
    }

    /// Newest first.
    pub fn latest(&self) -> impl Iterator<Item = &Arc<Exchange>> {
        self.kept.iter().rev()
    }

    pub fn clear(&mut self) {
        self.kept.clear();
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(request_id: &str, bytes: usize) -> Exchange {
        let call = super::super::calls::Call {
            at: Timestamp::UNIX_EPOCH,
            endpoint: Endpoint::Token,
            app_id: String::new(),
            target: String::new(),
            http: 200,
            code: 0,
            request_id: request_id.to_owned(),
            uuid: None,
            digest: String::new(),
            fault: false,
        };
        let (parts, ()) = http::Request::post("/x?a=1").header("x-lark-helpdesk-authorization", "c2VjcmV0").body(()).unwrap().into_parts();
        let body = Bytes::from(json!({"app_id": "cli_a", "app_secret": "s3cret", "pad": "x".repeat(bytes)}).to_string());
        Head::of(&parts).answered(&call, &body, &Answer::ok(json!({})), "log")
    }

    #[test]
    fn secrets_are_not_kept() {
        let exchange = exchange("r", 0);
        let shown = format!("{exchange:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("c2VjcmV0"), "{shown}");
        assert!(shown.contains("cli_a") && exchange.target == "/x?a=1");
    }

    #[test]
    fn they_are_bounded_by_number_and_bytes() {
        let mut exchanges = Exchanges::default();
        (0..2100).for_each(|n| exchanges.add(exchange(&n.to_string(), 10)));
        assert_eq!(exchanges.latest().count(), MAX);
        assert!(exchanges.find("99").is_none() && exchanges.find("2099").is_some());
        (0..300).for_each(|n| exchanges.add(exchange(&format!("b{n}"), 150_000)));
        assert!(exchanges.bytes <= MAX_BYTES && exchanges.latest().count() < 300);
        exchanges.clear();
        assert_eq!((exchanges.bytes, exchanges.latest().count()), (0, 0));
    }
}

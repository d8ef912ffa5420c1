//! The Feishu stand-in over HTTP, endpoint by endpoint.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests, outside of test functions

mod admin;
mod batches;
mod cards;
mod chats;
mod edits;
mod faults;
mod files;
mod forward;
mod groups;
mod helpdesk;
mod hooks;
mod images;
mod inbox;
mod legacy;
mod limits;
mod marks;
mod press;
pub mod sdk;
mod send;
mod tokens;
mod urgent;

use jiff::Timestamp;
use larkhook::sandbox::{Handle, Options, Sandbox, WorldOp};
use larkhook::util::clock::{Clock, from_ms};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// A sandbox with a clock of its own, and a client with a token.
pub struct Bench {
    pub sandbox: Handle,
    pub http: reqwest::Client,
    pub token: String,
    pub tracker: TaskTracker,
    now_ms: Arc<AtomicI64>,
}

/// An answer with what tests look at.
#[derive(Debug)]
pub struct Answer {
    pub http: u16,
    pub headers: http::HeaderMap,
    pub json: Value,
}

impl Answer {
    pub fn code(&self) -> i64 {
        self.json["code"].as_i64().unwrap_or(-1)
    }

    pub fn msg(&self) -> &str {
        self.json["msg"].as_str().unwrap_or_default()
    }

    /// The answer of a call that has to work.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!((self.http, self.code()), (200, 0), "{}", self.json);
        self.json["data"].clone()
    }

    /// The answer of a call that has to be refused so.
    #[track_caller]
    pub fn refused(self, http: u16, code: i64) -> Self {
        assert_eq!((self.http, self.code()), (http, code), "{}", self.json);
        assert!(!self.headers["x-tt-logid"].is_empty());
        self
    }
}

pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tls_certs_only([]).no_proxy().timeout(Duration::from_secs(10)).build().unwrap()
}

impl Bench {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let now_ms = Arc::new(AtomicI64::new(1_763_780_000_000));
        let read = Arc::clone(&now_ms);
        let mut options = Options { clock: Clock::from_fn(move || from_ms(read.load(Ordering::SeqCst))), ..Options::default() };
        change(&mut options);
        let tracker = options.tracker.clone();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sandbox = Sandbox::start(listener, options).unwrap();
        let mut bench = Self { sandbox, http: client(), token: String::new(), tracker, now_ms };
        bench.token = bench.token_of("cli_a1b2c3d4e5f60718").await;
        bench
    }

    pub fn pass(&self, by: Duration) {
        self.now_ms.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub fn now(&self) -> Timestamp {
        from_ms(self.now_ms.load(Ordering::SeqCst))
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.url())
    }

    pub async fn token_of(&self, app_id: &str) -> String {
        let body = json!({"app_id": app_id, "app_secret": "s"});
        let answer = self.open("POST", "/open-apis/auth/v3/tenant_access_token/internal", &body).await;
        answer.json["tenant_access_token"].as_str().unwrap_or_default().to_owned()
    }

    /// A call without token.
    pub async fn open(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.request(method, path, body, None).await
    }

    /// A call with the bench's token.
    pub async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.request(method, path, body, Some(&self.token)).await
    }

    pub async fn request(&self, method: &str, path: &str, body: &Value, token: Option<&str>) -> Answer {
        self.attempt(method, path, body, token).await.unwrap()
    }

    pub async fn attempt(&self, method: &str, path: &str, body: &Value, token: Option<&str>) -> reqwest::Result<Answer> {
        let mut request = self.http.request(method.parse().unwrap(), self.url(path));
        if !body.is_null() {
            request = request.json(body);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        let (http, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?;
        Ok(Answer { http, headers, json: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    pub async fn send(&self, chat: &str, msg_type: &str, content: &Value) -> Answer {
        self.call("POST", "/open-apis/im/v1/messages?receive_id_type=chat_id", &message(chat, msg_type, content)).await
    }

    pub async fn text(&self, chat: &str, text: &str) -> Answer {
        self.send(chat, "text", &json!({"text": text})).await
    }

    /// Sends a text and returns its message id.
    pub async fn text_id(&self, chat: &str, text: &str) -> String {
        self.text(chat, text).await.ok()["message_id"].as_str().unwrap().to_owned()
    }

    /// Sends some text and returns its message id.
    pub async fn sent(&self, chat: &str) -> String {
        self.text_id(chat, "x").await
    }

    /// Sends a form with a file in it.
    pub async fn upload(&self, path: &str, form: reqwest::multipart::Form) -> Answer {
        let response = self.http.post(self.url(path)).bearer_auth(&self.token).multipart(form).send().await.unwrap();
        let (http, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { http, headers, json: response.json().await.unwrap() }
    }

    /// Sends a card and returns its message id.
    pub async fn card(&self, chat: &str, card: &Value) -> String {
        let data = self.send(chat, "interactive", card).await.ok();
        data["message_id"].as_str().unwrap().to_owned()
    }

    pub async fn patch(&self, message_id: &str, card: &Value) -> Answer {
        self.call("PATCH", &format!("/open-apis/im/v1/messages/{message_id}"), &json!({"content": card.to_string()})).await
    }

    pub async fn reply(&self, message_id: &str, body: Value) -> Answer {
        let mut full = json!({"msg_type": "text", "content": "{\"text\":\"reply\"}"});
        full.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        self.call("POST", &format!("/open-apis/im/v1/messages/{message_id}/reply"), &full).await
    }

    pub fn world(&self, op: Value) {
        self.sandbox.apply(serde_json::from_value::<WorldOp>(op).unwrap()).unwrap();
    }
}

pub fn message(receive_id: &str, msg_type: &str, content: &Value) -> Value {
    json!({"receive_id": receive_id, "msg_type": msg_type, "content": content.to_string()})
}

/// A small 2.0 card.
pub fn card(text: &str) -> Value {
    json!({"schema": "2.0", "config": {"update_multi": true}, "body": {"elements": [{"tag": "markdown", "content": text}]}})
}

/// A small 1.0 card.
pub fn card_v1(text: &str) -> Value {
    json!({"config": {"update_multi": true}, "elements": [{"tag": "div", "text": {"tag": "plain_text", "content": text}}]})
}

//! A person presses a card in the sandbox, and a small app of the test's answers: over HTTP, over the long connection.

mod components;
mod http;
mod long;
mod refusals;
mod sdk;
mod update;

use super::Bench;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use larkhook::sandbox::{Press, PressError, Pressed};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

pub const US: &str = "cli_a1b2c3d4e5f60718";

/// An app that answers every callback in the same way and keeps what it was told.
pub struct App {
    pub url: String,
    pub told: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    _serving: AbortOnDropHandle<()>,
}

type Told = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;
type Answers = Arc<dyn Fn(&Bytes) -> Response + Send + Sync>;

async fn answer(State((told, answers)): State<(Told, Answers)>, headers: HeaderMap, body: Bytes) -> Response {
    let response = answers(&body);
    told.lock().unwrap().push((headers, body));
    response
}

impl App {
    pub async fn answering(answers: impl Fn(&Bytes) -> Response + Send + Sync + 'static) -> Self {
        let told = Told::default();
        let router: Router = Router::new().fallback(answer).with_state((Arc::clone(&told), Arc::new(answers) as Answers));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/callback", listener.local_addr().unwrap());
        let serving = AbortOnDropHandle::new(TaskTracker::new().spawn(async move { axum::serve(listener, router).await.unwrap() }));
        Self { url, told, _serving: serving }
    }

    /// Always this status and body.
    pub async fn saying(status: u16, body: impl ToString) -> Self {
        let body = body.to_string();
        Self::answering(move |_| (StatusCode::from_u16(status).unwrap(), body.clone()).into_response()).await
    }

    pub fn last(&self) -> (HeaderMap, Bytes) {
        self.told.lock().unwrap().last().unwrap().clone()
    }

    pub fn last_json(&self) -> Value {
        serde_json::from_slice(&self.last().1).unwrap()
    }
}

impl Bench {
    /// A sandbox whose app is told at this URL.
    pub async fn called_back_at(url: &str) -> Self {
        let bench = Self::start().await;
        bench.world(json!({"op": "update_app", "app_id": US, "callback": {"url": url}, "verification_token": "vt-alpha"}));
        bench
    }

    /// Wang presses what stands there.
    pub async fn press(&self, message_id: &str, at: &str, more: Value) -> Result<Pressed, PressError> {
        let mut press = json!({"message_id": message_id, "at": at, "by": "wang@example.com"});
        press.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        self.sandbox.press(serde_json::from_value::<Press>(press).unwrap()).await
    }
}

/// A 2.0 card with these elements.
pub fn card_of(elements: Value) -> Value {
    json!({"schema": "2.0", "config": {"update_multi": true}, "body": {"elements": elements}})
}

pub fn button(text: &str, value: Value) -> Value {
    json!({"tag": "button", "text": {"tag": "plain_text", "content": text}, "behaviors": [{"type": "callback", "value": value}]})
}

/// A 2.0 card with one button, at [`BUTTON`].
pub fn card_with_button() -> Value {
    card_of(json!([{"tag": "markdown", "content": "disk"}, button("Ack", json!({"act": "ack"}))]))
}

pub const BUTTON: &str = "/body/elements/1";

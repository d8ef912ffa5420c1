//! Calls of one app: token added, outcome told apart. The only place that builds API clients.
//!
//! A refused token is replaced and the call repeated once, with the same bytes; every other decision to try again
//! is made by `deliver`.

use super::call::Call;
use super::error::{Class, Endpoint, NotSentReason, ParseAs};
use super::http::{self, exchange};
use super::token::{Fresh, Held, TokenCache, TokenTrouble};
use crate::config::settings::{App, Limits};
use ::http::header as http_header;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub use super::error::{Outcome, Timed, UnknownReason};
pub use super::http::{BuildError, Timeouts};

const JSON: &str = "application/json; charset=utf-8";
const TOKEN_PATH: &str = "/open-apis/auth/v3/tenant_access_token/internal";
/// With less left than this a second round is not begun.
const SECOND_ROUND: Duration = Duration::from_secs(2);

/// The client of one app; clones share connections and token.
#[derive(Clone)]
pub struct AppClient(Arc<Inner>);

struct Inner {
    name: String,
    app_id: String,
    app_secret: SecretString,
    base: String,
    http: reqwest::Client,
    tokens: TokenCache,
    timeouts: Timeouts,
    limits: Limits,
}

impl AppClient {
    /// A client of this app at a base URL such as `https://open.feishu.cn`.
    ///
    /// # Errors
    /// Where URL, proxy, `ca_file` or the machine's CA certificates are not usable.
    pub fn new(app: &App, base_url: &str) -> Result<Self, BuildError> {
        Self::with_timeouts(app, base_url, Timeouts::default())
    }

    /// The same with other timeouts.
    ///
    /// # Errors
    /// As [`AppClient::new`].
    pub fn with_timeouts(app: &App, base_url: &str, timeouts: Timeouts) -> Result<Self, BuildError> {
        let url = http::parse_url(base_url, &format!("platform of app {}", app.name))?;
        let client = http::build(&url, app.proxy.as_deref(), app.ca_file.as_deref(), timeouts)?;
        Ok(Self(Arc::new(Inner {
            name: app.name.clone(),
            app_id: app.app_id.clone(),
            app_secret: app.app_secret.clone(),
            base: url.as_str().trim_end_matches('/').to_owned(),
            http: client,
            tokens: TokenCache::default(),
            timeouts,
            limits: app.limits,
        })))
    }

    /// The app's name in the configuration.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// `cli_...`
    pub fn app_id(&self) -> &str {
        &self.0.app_id
    }

    /// The app's budgets.
    pub fn limits(&self) -> Limits {
        self.0.limits
    }

    /// The base URL, without trailing slash.
    pub fn base_url(&self) -> &str {
        &self.0.base
    }

    /// The longest [`AppClient::call`] takes, token and second round included: leases must be longer.
    pub fn longest_call(&self) -> Duration {
        self.0.timeouts.call * 2 + self.0.timeouts.connect
    }

    /// Makes a call. Not cancel safe: where the future is dropped, the outcome is unknown.
    pub async fn call(&self, call: &Call) -> Timed<Outcome> {
        self.rounds(call.endpoint, self.0.timeouts.call, |token| {
            let mut request = self
                .0
                .http
                .request(call.method.into(), format!("{}{}", self.0.base, call.path))
                .header(http_header::CONTENT_TYPE, JSON)
                .bearer_auth(token.expose_secret());
            if !call.query.is_empty() {
                request = request.query(&call.query);
            }
            if call.body.is_empty() { request } else { request.body(call.body.clone()) }
        })
        .await
    }

    /// Uploads an image for messages (at most 10 MB); the answer's `data` has `image_key`, which only this app can
    /// use.
    pub async fn upload_image(&self, image: &[u8], file_name: &str) -> Timed<Outcome> {
        let bytes = image.to_vec();
        self.rounds(Endpoint::ImageUpload, self.0.timeouts.upload, |token| {
            let part = reqwest::multipart::Part::bytes(bytes.clone()).file_name(file_name.to_owned());
            let form = reqwest::multipart::Form::new().text("image_type", "message").part("image", part);
            self.0.http.post(format!("{}/open-apis/im/v1/images", self.0.base)).bearer_auth(token.expose_secret()).multipart(form)
        })
        .await
    }

    /// Makes sure there is a token.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn check_token(&self) -> Result<(), TokenTrouble> {
        self.token().await.map(drop)
    }

    /// At most two rounds of token and call, the second only after an answer that refuses the token.
    async fn rounds(
        &self,
        endpoint: Endpoint,
        limit: Duration,
        build: impl Fn(&SecretString) -> reqwest::RequestBuilder,
    ) -> Timed<Outcome> {
        let start = Instant::now();
        let deadline = start + limit + self.longest_call() - self.0.timeouts.call;
        let mut first_refusal = None;
        for round in 1..=2 {
            let held = match tokio::time::timeout_at(deadline, self.token()).await {
                Ok(Ok(held)) => held,
                Ok(Err(trouble)) => {
                    let value = first_refusal.unwrap_or(Outcome::NotSent(NotSentReason::Token(trouble.class), trouble.text));
                    return Timed { value, took: start.elapsed() };
                }
                Err(_) => {
                    let late = Outcome::NotSent(NotSentReason::Token(Class::Retry), "no token in time".to_owned());
                    return Timed { value: first_refusal.unwrap_or(late), took: start.elapsed() };
                }
            };
            let left = limit.min(deadline.saturating_duration_since(Instant::now()));
            let token = held.token.expose_secret();
            let outcome = exchange(build(&held.token).timeout(left), ParseAs::Api, &[token]).await.value;
            if outcome.class(endpoint) == Class::Auth {
                self.0.tokens.refused(&held);
                if round == 1 && deadline.saturating_duration_since(Instant::now()) > SECOND_ROUND.min(limit / 4) {
                    first_refusal = Some(outcome);
                    continue;
                }
            }
            return Timed { value: outcome, took: start.elapsed() };
        }
        // The second round always returns.
        let value = first_refusal.unwrap_or(Outcome::NotSent(NotSentReason::Token(Class::Auth), String::new()));
        Timed { value, took: start.elapsed() }
    }

    async fn token(&self) -> Result<Held, TokenTrouble> {
        self.0.tokens.get(|| self.fetch_token()).await
    }

    async fn fetch_token(&self) -> Result<Fresh, TokenTrouble> {
        let body = serde_json::json!({"app_id": self.0.app_id, "app_secret": self.0.app_secret.expose_secret()});
        let request =
            self.0.http.post(format!("{}{TOKEN_PATH}", self.0.base)).header(http_header::CONTENT_TYPE, JSON).body(body.to_string());
        // A secret of few characters would be found in every sentence; the platform's have 32.
        let secret = Some(self.0.app_secret.expose_secret()).filter(|secret| secret.len() >= 8).unwrap_or_default();
        let outcome = exchange(request, ParseAs::Api, &[secret]).await.value;
        let class = outcome.class(Endpoint::Token);
        let code = outcome.code();
        let trouble = |class: Class, text: String| TokenTrouble { class, code, text };
        match outcome {
            Outcome::Answered(answer) if class == Class::Ok => {
                let expires_in = answer.data.get("expire").and_then(serde_json::Value::as_u64).filter(|secs| *secs > 0);
                match (answer.text("tenant_access_token"), expires_in) {
                    (Some(token), Some(secs)) => Ok(Fresh { token: token.to_owned().into(), expires_in: Duration::from_secs(secs) }),
                    _ => Err(trouble(Class::Unknown, "the token answer has no token or no expiry".to_owned())),
                }
            }
            Outcome::Answered(answer) => {
                let log_id = answer.log_id.as_deref().unwrap_or("-");
                Err(trouble(class, format!("no token: HTTP {}, code {}, {} (log id {log_id})", answer.http, answer.code, answer.msg)))
            }
            Outcome::NotSent(_, text) | Outcome::Unknown(_, text) => Err(trouble(class, format!("no token: {text}"))),
        }
    }
}

impl std::fmt::Debug for AppClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AppClient({} {} at {})", self.0.name, self.0.app_id, self.0.base)
    }
}

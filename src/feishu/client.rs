//! Calls of one app: token added, outcome told apart. The only place that builds API clients.
//!
//! A refused token is replaced and the call repeated once, with the same bytes; every other decision to try again
//! is made by `deliver`.

use super::call::{Call, Upload};
use super::error::{Class, Doubt, Endpoint, Family, NotSentReason, ParseAs};
use super::http::{self, exchange};
use super::token::{Fresh, Held, TokenCache, TokenTrouble};
use crate::config::settings::{App, Limits};
use ::http::header as http_header;
use base64::Engine;
use reqwest::multipart;
use secrecy::{ExposeSecret, SecretString};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub use super::error::{Outcome, Timed, UnknownReason};
pub use super::http::{BuildError, Download, LONGEST_DOWNLOAD, Timeouts};

const JSON: &str = "application/json; charset=utf-8";
/// Carries the help desk's own credentials beside the app's token.
const HELPDESK_HEADER: &str = "x-lark-helpdesk-authorization";
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
    /// `base64(id:token)`
    helpdesk: Option<SecretString>,
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
            helpdesk: app.helpdesk.as_ref().map(|desk| {
                let pair = format!("{}:{}", desk.id, desk.token.expose_secret());
                base64::engine::general_purpose::STANDARD.encode(pair).into()
            }),
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
        self.answered(call.endpoint, self.0.timeouts.call, |token| {
            let mut request = self.request(call, token).header(http_header::CONTENT_TYPE, JSON);
            if let (Family::Helpdesk, Some(credentials)) = (call.endpoint.family(), &self.0.helpdesk) {
                let mut value =
                    http_header::HeaderValue::from_str(credentials.expose_secret()).unwrap_or(http_header::HeaderValue::from_static(""));
                value.set_sensitive(true);
                request = request.header(HELPDESK_HEADER, value);
            }
            if call.body.is_empty() { request } else { request.body(call.body.clone()) }
        })
        .await
    }

    /// Uploads an image or file; the answer's `data` has the key, which only this app can use.
    pub async fn upload(&self, upload: &Upload) -> Timed<Outcome> {
        self.answered(upload.endpoint, self.0.timeouts.upload, |token| {
            let length = upload.part.bytes.len() as u64;
            let part = multipart::Part::stream_with_length(upload.part.bytes.clone(), length).file_name(upload.part.file_name.clone());
            let form = upload.fields.iter().fold(multipart::Form::new(), |form, (name, value)| form.text(*name, value.clone()));
            let request = self.0.http.post(format!("{}{}", self.0.base, upload.path)).bearer_auth(token.expose_secret());
            request.multipart(form.part(upload.part.field, part))
        })
        .await
    }

    /// Downloads what the call names, at most [`LONGEST_DOWNLOAD`] bytes.
    ///
    /// # Errors
    /// What the platform answered in place of the bytes.
    pub async fn download(&self, call: &Call) -> Timed<Result<Download, Outcome>> {
        self.rounds(call.endpoint, self.0.timeouts.upload, |token, left| {
            // Asked for as JSON, the platform names the file in a header.
            let request = self.request(call, &token).header(http_header::CONTENT_TYPE, JSON).timeout(left);
            async move { http::download(request, &[token.expose_secret()]).await }
        })
        .await
    }

    fn request(&self, call: &Call, token: &SecretString) -> reqwest::RequestBuilder {
        let request = self.0.http.request(call.method.into(), format!("{}{}", self.0.base, call.path)).bearer_auth(token.expose_secret());
        if call.query.is_empty() { request } else { request.query(&call.query) }
    }

    /// Makes sure there is a token.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn check_token(&self) -> Result<(), TokenTrouble> {
        self.token().await.map(drop)
    }

    /// A call that is answered with JSON.
    async fn answered(
        &self,
        endpoint: Endpoint,
        limit: Duration,
        build: impl Fn(&SecretString) -> reqwest::RequestBuilder,
    ) -> Timed<Outcome> {
        let timed = self
            .rounds::<Infallible, _>(endpoint, limit, |token, left| {
                let request = build(&token).timeout(left);
                let desk = self.0.helpdesk.clone();
                async move {
                    let desk = desk.as_ref().map(|desk| desk.expose_secret()).unwrap_or_default();
                    Err(exchange(request, ParseAs::Api, &[token.expose_secret(), desk]).await.value)
                }
            })
            .await;
        let Err(value) = timed.value;
        Timed { value, took: timed.took }
    }

    /// At most two rounds of token and call, the second only after an answer that refuses the token.
    async fn rounds<T, F: Future<Output = Result<T, Outcome>>>(
        &self,
        endpoint: Endpoint,
        limit: Duration,
        run: impl Fn(Arc<SecretString>, Duration) -> F,
    ) -> Timed<Result<T, Outcome>> {
        let start = Instant::now();
        let deadline = start + limit + self.longest_call() - self.0.timeouts.call;
        let ended = |value| Timed { value, took: start.elapsed() };
        let mut first_refusal = None;
        for round in 1..=2 {
            let held = match tokio::time::timeout_at(deadline, self.token()).await {
                Ok(Ok(held)) => held,
                Ok(Err(trouble)) => {
                    let none = Outcome::NotSent(NotSentReason::Token(trouble.class), trouble.text);
                    return ended(Err(first_refusal.unwrap_or(none)));
                }
                Err(_) => {
                    let late = Outcome::NotSent(NotSentReason::Token(Class::Retry), "no token in time".to_owned());
                    return ended(Err(first_refusal.unwrap_or(late)));
                }
            };
            let left = limit.min(deadline.saturating_duration_since(Instant::now()));
            match run(held.token.clone(), left).await {
                Err(outcome) if outcome.class(endpoint) == Class::Auth => {
                    self.0.tokens.refused(&held);
                    let again = round == 1 && deadline.saturating_duration_since(Instant::now()) > SECOND_ROUND.min(limit / 4);
                    if !again {
                        return ended(Err(outcome));
                    }
                    first_refusal = Some(outcome);
                }
                value => return ended(value),
            }
        }
        // The second round always returns.
        ended(Err(first_refusal.unwrap_or(Outcome::NotSent(NotSentReason::Token(Class::Auth), String::new()))))
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
            Outcome::NotSent(_, text) | Outcome::Unknown(Doubt { text, .. }) => Err(trouble(class, format!("no token: {text}"))),
        }
    }
}

impl std::fmt::Debug for AppClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AppClient({} {} at {})", self.0.name, self.0.app_id, self.0.base)
    }
}

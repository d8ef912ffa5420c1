//! The router and everything a request passes on its way, in one function.

use super::error::{ApiError, ErrorCode};
use super::peer::Connection;
use super::state::Shared;
use super::{api, audit, console, health, hook, login};
use crate::telemetry::labels::{Path, Request as RequestLabels};
use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

/// For reading a request and answering it. Senders wait 15 s (Alertmanager's peers) to 30 s (Grafana).
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// For a verb of an operator: a minute of budgets and repeats, and the call that was begun then.
const VERB_WITHIN: Duration = Duration::from_secs(150);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The router with its middleware. Read `router` bottom-up: the last layer is the outermost.
pub fn router(shared: Arc<Shared>) -> Router {
    let hooks = Router::new()
        .route("/hook/{source}", post(hook::accept).put(hook::accept))
        .route_layer(from_fn_with_state(Arc::clone(&shared), hook_places));
    let guarded = api::routes()
        .merge(console::routes())
        .route("/-/reload", post(health::reload).put(health::reload))
        // what changes something is written down
        .route_layer(from_fn_with_state(Arc::clone(&shared), audit::layer))
        // who asks: decided before anything of the body is read
        .route_layer(from_fn_with_state(Arc::clone(&shared), guard))
        .route_layer(from_fn_with_state(Arc::clone(&shared), api_places));
    let login = Router::new()
        .route("/login", get(console::login::page).post(login::log_in))
        .route("/logout", post(login::log_out))
        .route_layer(from_fn_with_state(Arc::clone(&shared), api_places));
    let open = Router::new()
        .route("/-/healthy", get(health::healthy))
        .route("/-/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(crate::web::assets::routes());
    Router::new()
        .merge(hooks)
        .merge(guarded)
        .merge(login)
        .merge(open)
        .fallback(nowhere)
        .method_not_allowed_fallback(method_not_allowed)
        // 5. an answer within its time, whatever happens below
        .layer(from_fn(in_time))
        // 4. load is shed per group: `hook_places`, `api_places`; health and metrics always answer
        // 3. a panic costs one request
        .layer(CatchPanicLayer::custom(|_| internal().into_response()))
        // 2. metrics and a log line: path template and status, never a query string
        .layer(from_fn_with_state(Arc::clone(&shared), observe))
        // 1. an id for logs and for the sender
        .layer(from_fn(identify))
        .with_state(shared)
}

fn internal() -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong here; the log says what")
}

/// Gives the request an id, or keeps the one it came with.
async fn identify(mut request: Request, next: Next) -> Response {
    let sent = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let usable = |id: &&str| !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let id = sent.filter(usable).map_or_else(crate::util::id::new_id, str::to_owned);
    let span = tracing::info_span!("request", id);
    let value = HeaderValue::from_str(&id).ok();
    if let Some(value) = value.clone() {
        request.headers_mut().insert(REQUEST_ID, value);
    }
    let mut response = next.run(request).instrument(span).await;
    if let Some(value) = value {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

async fn observe(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let path = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let method = word(request.method());
    let response = next.run(request).await;
    let took = started.elapsed();
    let status = response.status();
    let class = match status.as_u16() / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "1xx",
    };
    shared.metrics.http_requests.get_or_create(&RequestLabels { path: path.clone(), method, status: class }).inc();
    let code = response.extensions().get::<ErrorCode>().map_or("", |code| code.0);
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::warn!(method, path, status = status.as_u16(), code, took_ms, "a request failed");
    } else {
        tracing::debug!(method, path, status = status.as_u16(), code, took_ms, "a request was answered");
    }
    shared.metrics.http_duration.get_or_create(&Path { path }).observe(took.as_secs_f64());
    response
}

/// Methods as labels: senders can invent others.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

async fn in_time(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let within = if path.starts_with("/api/v1/verbs") || path == "/api/v1/check-live" { VERB_WITHIN } else { ANSWER_WITHIN };
    match tokio::time::timeout(within, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::unavailable("timeout", format!("no answer within {} s", within.as_secs())).into_response(),
    }
}

/// Places for webhooks; without one the source's `overload_status` says how to be told.
async fn hook_places(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let Ok(_place) = Arc::clone(&shared.places.hooks).try_acquire_owned() else {
        let live = shared.live.load();
        let name = request.uri().path().rsplit('/').next().unwrap_or_default();
        let status = live.sources.get(name).map_or(503, |source| source.settings().overload_status);
        return overloaded().with_status(status).into_response();
    };
    next.run(request).await
}

async fn api_places(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    within(&shared.places.api, request, next).await
}

async fn within(places: &Arc<Semaphore>, request: Request, next: Next) -> Response {
    let Ok(_place) = Arc::clone(places).try_acquire_owned() else { return overloaded().into_response() };
    next.run(request).await
}

/// What is said when there is no place.
pub fn overloaded() -> ApiError {
    ApiError::unavailable("overloaded", "too many requests at once; send it again")
}

/// The access rule, with who was let in for those who write it down.
async fn guard(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let head = health::Head::of(&request);
    let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
    match health::who(&shared, head).await {
        Ok(who) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err(error) if error.status == StatusCode::UNAUTHORIZED && headers.contains_key(AUTHORIZATION) => {
            let connection = request.extensions().get::<Connection>().copied();
            drop(request);
            audit::refused(&shared, connection, &headers, error.code).await;
            error.into_response()
        }
        Err(error) => login::instead_of(&error, &method, &uri, &headers).unwrap_or_else(|| error.into_response()),
    }
}

async fn nowhere(State(shared): State<Arc<Shared>>, request: Request) -> ApiError {
    let path = request.uri().path();
    if let Some(rest) = path.strip_prefix("/hook") {
        let name = rest.trim_matches('/');
        let known = hook::known(&shared.live.load());
        return match (name.is_empty(), rest.ends_with('/')) {
            (true, _) => ApiError::not_found(format!("webhooks go to /hook/<source>; {known}")),
            (false, true) => ApiError::not_found(format!("there is no slash at the end: /hook/{}", super::printable(name))),
            (false, false) => ApiError::not_found(format!("webhooks go to /hook/<source>, without anything after it; {known}")),
        };
    }
    ApiError::not_found("there is nothing here; webhooks go to /hook/<source>")
}

async fn method_not_allowed(request: Request) -> ApiError {
    let path = request.uri().path();
    let message = if path.starts_with("/hook/") {
        "webhooks come as POST or PUT with a body".to_owned()
    } else {
        format!("this does not answer to {}; the Allow header says to what", word(request.method()))
    };
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
}

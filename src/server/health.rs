//! `/-/healthy`, `/-/ready`, `/-/reload`, `/metrics`: the conventions of Prometheus.

use super::access::{Asked, Who};
use super::error::ApiError;
use super::peer::Connection;
use super::state::Shared;
use crate::store::Stats;
use crate::telemetry::CONTENT_TYPE;
use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE as CONTENT_TYPE_HEADER;
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What of a request decides about access, apart from its body.
#[derive(Debug, Clone)]
pub struct Head {
    connection: Option<Connection>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Head {
    /// Of a request.
    pub fn of(request: &Request) -> Self {
        Self {
            connection: request.extensions().get::<Connection>().copied(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
        }
    }

    /// Its target.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }
}

/// Who asks, by the access rule.
///
/// # Errors
/// 401 or 403.
pub async fn who(shared: &Shared, head: Head) -> Result<Who, ApiError> {
    let Some(connection) = head.connection else { return Err(ApiError::forbidden("loopback_only", "the peer is not known")) };
    let live = shared.live.load_full();
    let asked = Asked { connection, method: &head.method, uri: &head.uri, headers: &head.headers };
    shared.access.check(&live.settings.server, asked).await
}

/// The process runs.
pub async fn healthy() -> &'static str {
    "larkhook is running\n"
}

/// Whether alerts are taken in now. Who may open the API also sees why not, and how the last reload went.
pub async fn ready(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let head = Head::of(&request);
    drop(request);
    let stats = shared.store.stats().await;
    let stopping = shared.stopping.load(Ordering::Relaxed);
    let failing = shared.store.commits().failing.load(Ordering::Relaxed);
    let store = match &stats {
        Err(_) => "unreadable",
        Ok(_) if failing => "failing",
        Ok(_) if shared.store.overloaded() => "overloaded",
        Ok(_) => "ok",
    };
    let ready = store == "ok" && !stopping;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = if stopping {
        "stopping"
    } else if ready {
        "ready"
    } else {
        "unavailable"
    };
    let mut answer = json!({ "status": word, "store": store });
    if who(&shared, head).await.is_ok() {
        details(&shared, stats.ok(), &mut answer);
    }
    (status, Json(answer)).into_response()
}

fn details(shared: &Shared, stats: Option<Stats>, answer: &mut Value) {
    let now = shared.clock.now();
    if let Some(stats) = stats {
        let age = stats.oldest_ready_ms.map(|ms| now.as_millisecond().saturating_sub(ms).max(0) / 1000);
        answer["backlog"] = json!({
            "ready": stats.ready, "dead": stats.dead, "parked_targets": stats.parked,
            "open_incidents": stats.open_incidents, "oldest_ready_seconds": age,
        });
    }
    answer["config"] = serde_json::to_value(&*shared.reload.last.borrow()).unwrap_or_default();
    answer["delivery"] = serde_json::to_value(shared.deliverer.status()).unwrap_or_default();
    answer["version"] = env!("CARGO_PKG_VERSION").into();
}

/// Reads the configuration again.
///
/// # Errors
/// 400 with what is wrong; what ran before goes on.
pub async fn reload(State(shared): State<Arc<Shared>>) -> Result<Json<Value>, ApiError> {
    let Some(done) = shared.reload.reload().await else { return Err(ApiError::unavailable("stopping", "larkhook is about to stop")) };
    if done.ok {
        return Ok(Json(json!({ "status": "reloaded", "findings": done.findings, "needs_restart": done.needs_restart })));
    }
    let message = format!("the configuration is not taken over, the one before still runs:\n{}", done.findings.join("\n"));
    Err(ApiError::bad_request("invalid_config", message))
}

/// All metrics, with gauges as they are now.
pub async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    if let Ok(stats) = shared.store.stats().await {
        let metrics = &shared.metrics;
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        metrics.jobs_in("ready", count(stats.ready));
        metrics.jobs_in("dead", count(stats.dead));
        metrics.parked_targets.set(stats.parked);
        metrics.incidents_open.set(stats.open_incidents);
        let now = shared.clock.now();
        let age = stats.oldest_ready_ms.map_or(0, |ms| now.as_millisecond().saturating_sub(ms).max(0));
        metrics.oldest_ready.set(std::time::Duration::from_millis(count(age)).as_secs_f64());
    }
    let commits = shared.store.commits();
    shared.metrics.commits_are(
        commits.commits.load(Ordering::Relaxed),
        commits.commands.load(Ordering::Relaxed),
        commits.micros.load(Ordering::Relaxed),
        commits.failures.load(Ordering::Relaxed),
    );
    let path = shared.live.load().settings.storage.clone();
    let size = tokio::task::spawn_blocking(move || database_size(&path)).await.unwrap_or(0);
    shared.metrics.database_size.set(i64::try_from(size).unwrap_or(i64::MAX));
    ([(CONTENT_TYPE_HEADER, CONTENT_TYPE)], shared.metrics.encode()).into_response()
}

fn database_size(path: &std::path::Path) -> u64 {
    ["", "-wal"]
        .iter()
        .filter_map(|end| {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            std::fs::metadata(name).ok()
        })
        .map(|meta| meta.len())
        .sum()
}

//! Accepted bodies: what came in, what it did, and the way its alerts go through the routes of now.

use super::body::{Asked, parameters};
use super::{page_size, store};
use crate::preview;
use crate::route::Explanation;
use crate::server::error::ApiError;
use crate::server::segment::Segment;
use crate::server::state::Shared;
use crate::store::{EventDetail, EventView, Paged};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Alerts of one body whose way is explained.
const EXPLAINED: usize = 20;

/// Which bodies, as asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    pub(crate) source: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) limit: Option<u32>,
}

/// A page of accepted bodies, without the bodies.
///
/// # Errors
/// 503: the store cannot be read.
pub(crate) async fn page(shared: &Shared, asked: Filter) -> Result<Paged<EventView>, ApiError> {
    shared.store.events(asked.source, asked.before, page_size(asked.limit)).await.map_err(store)
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, query: Asked<Filter>) -> Result<Json<Paged<EventView>>, ApiError> {
    page(&shared, parameters(query)?).await.map(Json)
}

/// One accepted body.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    #[serde(flatten)]
    pub(crate) event: EventDetail,
    /// The way of its first alerts through the routes as they are now; empty where its source is gone or it was cut when it was kept.
    pub(crate) ways: Vec<Explanation>,
}

/// One accepted body: what it did, and the way of its alerts.
///
/// # Errors
/// 404; 503: the store cannot be read.
pub(crate) async fn one(shared: &Shared, id: &str) -> Result<Detail, ApiError> {
    let event = shared.store.event(id).await.map_err(store)?.ok_or_else(nothing)?;
    let (source, body) = payload(shared, id).await?;
    let (live, now) = (shared.live.load_full(), shared.clock.now());
    let explain = move || {
        let mut ways = preview::explain(&live, live.sources.get(&source)?, &body, now).ok()?;
        ways.truncate(EXPLAINED);
        Some(ways)
    };
    let ways = tokio::task::spawn_blocking(explain).await.ok().flatten().unwrap_or_default();
    Ok(Detail { event, ways })
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Segment(id): Segment) -> Result<Json<Detail>, ApiError> {
    one(&shared, &id).await.map(Json)
}

/// The source and the body as it is kept.
///
/// # Errors
/// 404; 503: the store cannot be read.
pub(crate) async fn payload(shared: &Shared, id: &str) -> Result<(String, Vec<u8>), ApiError> {
    shared.store.event_body(id).await.map_err(store)?.ok_or_else(nothing)
}

pub(super) async fn show_payload(State(shared): State<Arc<Shared>>, Segment(id): Segment) -> Result<Response, ApiError> {
    let (_, body) = payload(&shared, &id).await?;
    // Never a page: whatever a sender wrote.
    let kind = match serde_json::from_slice::<serde::de::IgnoredAny>(&body) {
        Ok(_) => "application/json",
        Err(_) if std::str::from_utf8(&body).is_ok() => "text/plain; charset=utf-8",
        Err(_) => "application/octet-stream",
    };
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(kind)), (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"))];
    Ok((headers, body).into_response())
}

fn nothing() -> ApiError {
    ApiError::not_found("there is no event with this id; events are kept for `retention`")
}

//! `/api/v1`: what the console and the commands read and do. One file per resource.
//!
//! Lists are `{"items":[...],"next":"<id>"}`, newest first; `?before=<next>` is the next page. All of it stands behind the
//! access rule.

pub(crate) mod audit;
mod body;
pub(crate) mod config;
mod digests;
pub(crate) mod events;
pub(crate) mod incidents;
pub(crate) mod jobs;
pub(crate) mod messages;
pub(crate) mod now;
pub(crate) mod routes;
pub(crate) mod templates;
pub(crate) mod tools;
mod verbs;

pub(super) use body::unread;

use super::error::ApiError;
use super::state::Shared;
use crate::store::StoreError;
use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::CONTENT_TYPE;
use serde::Serialize;
use std::sync::Arc;

/// Largest body of an API request; payloads to render among them.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// Rows of a list, unless asked otherwise and at most.
const PAGE: u32 = 50;
const MAX_PAGE: u32 = 500;

/// The routes.
pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/openapi.yaml", get(openapi))
        .route("/api/v1/now", get(now::show))
        .route("/api/v1/incidents", get(incidents::list))
        .route("/api/v1/incidents/{id}", get(incidents::show))
        .route("/api/v1/incidents/{id}/ack", post(incidents::ack))
        .route("/api/v1/incidents/{id}/unack", post(incidents::unack))
        .route("/api/v1/incidents/{id}/resolve", post(incidents::resolve))
        .route("/api/v1/incidents/{id}/timeline", get(incidents::show_timeline))
        .route("/api/v1/messages", get(messages::list))
        .route("/api/v1/messages/{id}", get(messages::show))
        .route("/api/v1/events", get(events::list))
        .route("/api/v1/events/{id}", get(events::show))
        .route("/api/v1/events/{id}/payload", get(events::show_payload))
        .route("/api/v1/digests", get(digests::list))
        .route("/api/v1/digests/{id}", get(digests::show))
        .route("/api/v1/jobs", get(jobs::list))
        .route("/api/v1/jobs/retry", post(jobs::retry_many))
        .route("/api/v1/jobs/drop", post(jobs::drop_many))
        .route("/api/v1/jobs/{id}", get(jobs::show))
        .route("/api/v1/jobs/{id}/retry", post(jobs::retry))
        .route("/api/v1/jobs/{id}/drop", post(jobs::drop_job))
        .route("/api/v1/audit", get(audit::list))
        .route("/api/v1/parked", get(jobs::parked))
        .route("/api/v1/parked/retry", post(jobs::unpark))
        .route("/api/v1/render", post(tools::render))
        .route("/api/v1/routes", get(routes::show))
        .route("/api/v1/route", post(routes::try_route))
        .route("/api/v1/config", get(config::show))
        .route("/api/v1/config/people", get(config::show_people))
        .route("/api/v1/check-live", post(config::check))
        .route("/api/v1/templates", get(templates::list))
        .route("/api/v1/templates/help", get(templates::show_help))
        .route("/api/v1/templates/{name}", get(templates::show).put(templates::put))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .route("/api/v1/verbs", post(verbs::run).layer(DefaultBodyLimit::max(crate::verbs::LARGEST_REQUEST)))
        // a raw body, bounded where it is read
        .route("/api/v1/verbs/upload", post(verbs::upload))
        .route("/api/v1/verbs/download", get(verbs::download))
}

/// What there is, for programs.
async fn openapi() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/yaml")], include_str!("../../../openapi.yaml"))
}

/// One page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

impl<T> Page<T> {
    /// `items` were asked for with one more than `limit`, to know whether there is a next page.
    fn new(mut items: Vec<T>, limit: u32, id: impl Fn(&T) -> &str) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(|item| id(item).to_owned()) } else { None };
        Self { items, next }
    }
}

fn page_size(asked: Option<u32>) -> u32 {
    asked.unwrap_or(PAGE).clamp(1, MAX_PAGE)
}

fn store(error: StoreError) -> ApiError {
    tracing::error!(%error, "the store did not answer");
    ApiError::unavailable(if error.reason() == "disk_full" { "disk_full" } else { "store_unavailable" }, error.to_string())
}

/// What was done.
#[derive(Debug, Serialize)]
struct Done {
    status: &'static str,
}

const DONE: Json<Done> = Json(Done { status: "done" });

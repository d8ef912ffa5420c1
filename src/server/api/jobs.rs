//! Jobs: what is owed, what was given up and why, and another try; targets that are parked.

use super::incidents::parameters;
use super::{DONE, Done, Page, page_size, store};
use crate::server::error::ApiError;
use crate::server::segment::Segment;
use crate::server::state::Shared;
use crate::store::{AttemptView, JobFilter, JobView, Operator, ParkedView};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    state: Option<Wanted>,
    target: Option<String>,
    source: Option<String>,
    before: Option<String>,
    limit: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    Ready,
    Parked,
    Dead,
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    query: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Page<JobView>>, ApiError> {
    let asked = parameters(query)?;
    let limit = page_size(asked.limit);
    let state = asked.state.map(|state| match state {
        Wanted::Ready => "ready",
        Wanted::Parked => "parked",
        Wanted::Dead => "dead",
    });
    let filter =
        JobFilter { state: state.map(str::to_owned), target: asked.target, source: asked.source, before: asked.before, limit: limit + 1 };
    let items = shared.store.jobs(&filter).await.map_err(store)?;
    Ok(Page::new(items, limit, |job| &job.id))
}

/// A job and the calls made for its message.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    #[serde(flatten)]
    job: JobView,
    attempts_made: Vec<AttemptView>,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Segment(id): Segment) -> Result<Json<Detail>, ApiError> {
    let (job, attempts_made) = shared.store.job(&id).await.map_err(store)?.ok_or_else(nothing)?;
    Ok(Json(Detail { job, attempts_made }))
}

pub(super) async fn retry(State(shared): State<Arc<Shared>>, Segment(job): Segment) -> Result<Json<Done>, ApiError> {
    let at = shared.clock.now();
    operate(&shared, Operator::Retry { job, at }).await
}

pub(super) async fn drop_job(State(shared): State<Arc<Shared>>, Segment(job): Segment) -> Result<Json<Done>, ApiError> {
    operate(&shared, Operator::Drop { job }).await
}

#[derive(Debug, Serialize)]
pub(super) struct Parked {
    items: Vec<ParkedView>,
}

pub(super) async fn parked(State(shared): State<Arc<Shared>>) -> Result<Json<Parked>, ApiError> {
    Ok(Json(Parked { items: shared.store.parked().await.map_err(store)? }))
}

pub(super) async fn unpark(State(shared): State<Arc<Shared>>) -> Result<Json<Done>, ApiError> {
    shared.store.operate(Operator::Unpark { target: None }).await.map_err(store)?;
    shared.deliverer.refresh().await.map_err(store)?;
    Ok(DONE)
}

async fn operate(shared: &Shared, wish: Operator) -> Result<Json<Done>, ApiError> {
    if !shared.store.operate(wish).await.map_err(store)? {
        return Err(nothing());
    }
    // A retry also unparks its target.
    shared.deliverer.refresh().await.map_err(store)?;
    Ok(DONE)
}

fn nothing() -> ApiError {
    ApiError::not_found("there is no job with this id; what was delivered is no job any more")
}

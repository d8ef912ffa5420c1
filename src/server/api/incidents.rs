//! Incidents: lists, one with everything about it, what happened to it, and what people do to it.

use super::body::{Asked, Body, optional, parameters};
use super::{DONE, Done, page_size, store};
use crate::alert::Severity;
use crate::incident::event::Event;
use crate::server::access::Who;
use crate::server::error::ApiError;
use crate::server::segment::Segment;
use crate::server::state::Shared;
use crate::store::{IncidentDetail, IncidentFilter, IncidentView, Operator, Paged, Timeline};
use axum::Json;
use axum::extract::{Extension, State};
use serde::Deserialize;
use std::sync::Arc;

/// Longest name of a person who acknowledges.
const MAX_NAME: usize = 100;
/// Entries of a timeline, unless asked otherwise and at most.
const ENTRIES: u32 = 200;
const MAX_ENTRIES: u32 = 2000;

/// Which incidents, as asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    pub(crate) state: Option<Openness>,
    pub(crate) severity: Option<Severity>,
    pub(crate) source: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) limit: Option<u32>,
}

/// Whether something is over.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Openness {
    Open,
    Closed,
}

impl Openness {
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Openness::Open)
    }
}

/// A page of incidents.
///
/// # Errors
/// 503: the store cannot be read.
pub(crate) async fn page(shared: &Shared, asked: Filter) -> Result<Paged<IncidentView>, ApiError> {
    let Filter { state, severity, source, text, before, limit } = asked;
    let filter = IncidentFilter { open: state.map(Openness::is_open), severity, source, text, before, limit: page_size(limit) };
    shared.store.incidents(&filter).await.map_err(store)
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, query: Asked<Filter>) -> Result<Json<Paged<IncidentView>>, ApiError> {
    page(&shared, parameters(query)?).await.map(Json)
}

/// One incident with everything about it.
///
/// # Errors
/// 404; 503: the store cannot be read.
pub(crate) async fn one(shared: &Shared, id: &str) -> Result<IncidentDetail, ApiError> {
    shared.store.incident(id).await.map_err(store)?.ok_or_else(nothing)
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Segment(id): Segment) -> Result<Json<IncidentDetail>, ApiError> {
    one(&shared, &id).await.map(Json)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entries {
    limit: Option<u32>,
}

/// What happened to an incident, newest first.
///
/// # Errors
/// 404; 503: the store cannot be read.
pub(crate) async fn timeline(shared: &Shared, id: &str, limit: Option<u32>) -> Result<Timeline, ApiError> {
    let most = limit.unwrap_or(ENTRIES).clamp(1, MAX_ENTRIES);
    shared.store.timeline(id, most).await.map_err(store)?.ok_or_else(nothing)
}

pub(super) async fn show_timeline(
    State(shared): State<Arc<Shared>>,
    Segment(id): Segment,
    query: Asked<Entries>,
) -> Result<Json<Timeline>, ApiError> {
    let asked = parameters(query)?;
    timeline(&shared, &id, asked.limit).await.map(Json)
}

/// Who does it, where the body says so: `{"by":"Li"}`. Otherwise who was let in.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct By {
    by: Option<String>,
}

fn name(who: &Who, body: Body) -> Result<String, ApiError> {
    let by: By = optional(body)?;
    let by = by.by.as_deref().map(str::trim).filter(|by| !by.is_empty()).unwrap_or_else(|| who.name());
    Ok(crate::util::text::truncate(by, MAX_NAME).into_owned())
}

pub(super) async fn ack(
    State(shared): State<Arc<Shared>>,
    Extension(who): Extension<Who>,
    Segment(id): Segment,
    body: Body,
) -> Result<Json<Done>, ApiError> {
    let by = name(&who, body)?;
    happen(&shared, id, Event::Ack { by }).await.map(|()| DONE)
}

pub(super) async fn unack(State(shared): State<Arc<Shared>>, Segment(id): Segment) -> Result<Json<Done>, ApiError> {
    happen(&shared, id, Event::Unack).await.map(|()| DONE)
}

pub(super) async fn resolve(
    State(shared): State<Arc<Shared>>,
    Extension(who): Extension<Who>,
    Segment(id): Segment,
    body: Body,
) -> Result<Json<Done>, ApiError> {
    let by = name(&who, body)?;
    happen(&shared, id, Event::Resolve { by }).await.map(|()| DONE)
}

/// Something happens to an incident by hand: ack, unack, resolve.
///
/// # Errors
/// 404; 503.
pub(crate) async fn happen(shared: &Shared, id: String, event: Event) -> Result<(), ApiError> {
    let at = shared.clock.now();
    let found = shared.store.operate(Operator::Incident { id, event, at }).await.map_err(store)?;
    if found { Ok(()) } else { Err(nothing()) }
}

fn nothing() -> ApiError {
    ApiError::not_found("there is no incident with this id")
}

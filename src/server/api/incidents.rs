//! Incidents and messages: lists, one with everything about it, and what people do to them.

use super::body::{Asked, Body, optional, parameters};
use super::{DONE, Done, Page, page_size, store};
use crate::incident::event::Event;
use crate::server::access::Who;
use crate::server::error::ApiError;
use crate::server::segment::Segment;
use crate::server::state::Shared;
use crate::store::{IncidentDetail, IncidentView, MessageView, Operator};
use axum::Json;
use axum::extract::{Extension, State};
use serde::Deserialize;
use std::sync::Arc;

/// Longest name of a person who acknowledges.
const MAX_NAME: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    pub(super) state: Option<Openness>,
    pub(super) before: Option<String>,
    pub(super) limit: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Openness {
    Open,
    Closed,
}

impl Openness {
    pub(super) fn is_open(self) -> bool {
        matches!(self, Openness::Open)
    }
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, query: Asked<Filter>) -> Result<Json<Page<IncidentView>>, ApiError> {
    let filter = parameters(query)?;
    let limit = page_size(filter.limit);
    let open = filter.state.map(Openness::is_open);
    let items = shared.store.incidents(open, filter.before.as_deref(), limit + 1).await.map_err(store)?;
    Ok(Page::new(items, limit, |incident| &incident.id))
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Segment(id): Segment) -> Result<Json<IncidentDetail>, ApiError> {
    shared.store.incident(&id).await.map_err(store)?.map(Json).ok_or_else(nothing)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paging {
    pub(super) before: Option<String>,
    pub(super) limit: Option<u32>,
}

pub(super) async fn messages(State(shared): State<Arc<Shared>>, query: Asked<Paging>) -> Result<Json<Page<MessageView>>, ApiError> {
    let filter = parameters(query)?;
    let limit = page_size(filter.limit);
    let items = shared.store.messages(filter.before.as_deref(), limit + 1).await.map_err(store)?;
    Ok(Page::new(items, limit, |message| &message.id))
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
    happen(&shared, id, Event::Ack { by }).await
}

pub(super) async fn unack(State(shared): State<Arc<Shared>>, Segment(id): Segment) -> Result<Json<Done>, ApiError> {
    happen(&shared, id, Event::Unack).await
}

pub(super) async fn resolve(
    State(shared): State<Arc<Shared>>,
    Extension(who): Extension<Who>,
    Segment(id): Segment,
    body: Body,
) -> Result<Json<Done>, ApiError> {
    let by = name(&who, body)?;
    happen(&shared, id, Event::Resolve { by }).await
}

async fn happen(shared: &Shared, id: String, event: Event) -> Result<Json<Done>, ApiError> {
    let at = shared.clock.now();
    let found = shared.store.operate(Operator::Incident { id, event, at }).await.map_err(store)?;
    if found { Ok(DONE) } else { Err(nothing()) }
}

fn nothing() -> ApiError {
    ApiError::not_found("there is no incident with this id")
}

//! Digests of storms: what waits for which chat, and what became of the groups inside.

use super::body::{Asked, parameters};
use super::incidents::Openness;
use super::messages::Paging;
use super::{Page, page_size, store};
use crate::server::error::ApiError;
use crate::server::segment::Segment;
use crate::server::state::Shared;
use crate::store::DigestView;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    state: Option<Openness>,
    before: Option<String>,
    limit: Option<u32>,
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, query: Asked<Filter>) -> Result<Json<Page<DigestView>>, ApiError> {
    let filter = parameters(query)?;
    let limit = page_size(filter.limit);
    let open = filter.state.map(Openness::is_open);
    let items = shared.store.digests(open, filter.before.as_deref(), limit + 1).await.map_err(store)?;
    Ok(Json(Page::new(items, limit, |digest| &digest.id)))
}

/// A digest with a page of the groups inside.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    #[serde(flatten)]
    digest: DigestView,
    /// Where the next page of `inside` begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Segment(id): Segment, query: Asked<Paging>) -> Result<Json<Detail>, ApiError> {
    let asked = parameters(query)?;
    let limit = page_size(asked.limit);
    let found = shared.store.digest(&id, asked.before.as_deref(), limit + 1).await.map_err(store)?;
    let mut digest = found.ok_or_else(|| ApiError::not_found("there is no digest with this id"))?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = digest.inside.len() > most;
    digest.inside.truncate(most);
    let next = digest.inside.last().filter(|_| more).map(|group| group.message.clone());
    Ok(Json(Detail { digest, next }))
}

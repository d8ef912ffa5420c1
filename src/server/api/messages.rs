//! Messages: lists, and one as people see it.

use super::body::{Asked, parameters};
use super::{Page, page_size, store};
use crate::preview::{self, PreviewMessage};
use crate::server::error::ApiError;
use crate::server::segment::Segment;
use crate::server::state::Shared;
use crate::store::{AttemptView, MessageView};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A page of a list without filters.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    pub(crate) before: Option<String>,
    pub(crate) limit: Option<u32>,
}

/// A page of messages.
///
/// # Errors
/// 503: the store cannot be read.
pub(crate) async fn page(shared: &Shared, asked: Paging) -> Result<Page<MessageView>, ApiError> {
    let limit = page_size(asked.limit);
    let items = shared.store.messages(asked.before.as_deref(), limit + 1).await.map_err(store)?;
    Ok(Page::new(items, limit, |message| &message.id))
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, query: Asked<Paging>) -> Result<Json<Page<MessageView>>, ApiError> {
    page(&shared, parameters(query)?).await.map(Json)
}

/// One message.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    #[serde(flatten)]
    pub(crate) message: MessageView,
    /// Calls made for it, newest first.
    pub(crate) attempts: Vec<AttemptView>,
    /// As it is or will be shown, drawn anew with the templates of now; absent where no template makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) drawn: Option<PreviewMessage>,
    /// It shows that already, as far as is known.
    pub(crate) up_to_date: bool,
}

/// One message with the calls made for it, drawn.
///
/// # Errors
/// 404; 503: the store cannot be read.
pub(crate) async fn one(shared: &Shared, id: &str) -> Result<Detail, ApiError> {
    let nothing = || ApiError::not_found("there is no message with this id");
    let (message, attempts) = shared.store.message(id).await.map_err(store)?.ok_or_else(nothing)?;
    let owed = shared.store.owed(id).await.map_err(store)?.ok_or_else(nothing)?;
    let (live, now) = (shared.live.load_full(), shared.clock.now());
    let up_to_date = owed.sync.is_none() && owed.shown >= owed.wanted;
    let drawn = tokio::task::spawn_blocking(move || preview::drawn(&live, &owed, now)).await.ok().flatten();
    Ok(Detail { message, attempts, drawn, up_to_date })
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Segment(id): Segment) -> Result<Json<Detail>, ApiError> {
    one(&shared, &id).await.map(Json)
}

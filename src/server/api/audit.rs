//! The audit log.

use super::body::{Asked, parameters};
use super::{page_size, store};
use crate::server::error::ApiError;
use crate::server::state::Shared;
use crate::store::{Audit, AuditFilter, Paged};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

/// Which entries, as asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    pub(crate) who: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) limit: Option<u32>,
}

/// A page of the audit log, newest first.
///
/// # Errors
/// 503: the store cannot be read.
pub(crate) async fn page(shared: &Shared, asked: Filter) -> Result<Paged<Audit>, ApiError> {
    let Filter { who, action, before, limit } = asked;
    shared.store.audit(&AuditFilter { who, action, before, limit: page_size(limit) }).await.map_err(store)
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, query: Asked<Filter>) -> Result<Json<Paged<Audit>>, ApiError> {
    page(&shared, parameters(query)?).await.map(Json)
}

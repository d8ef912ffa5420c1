//! The routes: the tree with how many alerts ended where, and the way of alerts through it.

use super::tools::Asked;
use crate::alert::Labels;
use crate::preview;
use crate::route::{Explanation, Outline};
use crate::server::error::ApiError;
use crate::server::state::Shared;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// The tree, with counts since the start or since the routes changed.
pub(crate) fn tree(shared: &Shared) -> Outline {
    let live = shared.live.load_full();
    live.tree.outline(&|node| live.hits.of(node))
}

pub(super) async fn show(State(shared): State<Arc<Shared>>) -> Json<Outline> {
    Json(tree(&shared))
}

/// A payload, or plain labels.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Try {
    /// A webhook's body.
    pub(crate) payload: Option<Value>,
    /// The labels of one alert, in place of a body.
    pub(crate) labels: Option<Labels>,
    /// Source name; default: told by the body, none for labels.
    pub(crate) source: Option<String>,
    /// The sender's receiver, beside labels.
    pub(crate) receiver: Option<String>,
}

/// The way of each alert.
#[derive(Debug, Serialize)]
pub(crate) struct Ways {
    /// The source it was read as.
    pub(crate) source: String,
    /// One for each alert.
    pub(crate) alerts: Vec<Explanation>,
}

/// Explains which way alerts go.
///
/// # Errors
/// 400: neither a payload nor labels, no such source, no alert in the payload.
pub(crate) fn explain(shared: &Shared, asked: Try) -> Result<Ways, ApiError> {
    let (live, now) = (shared.live.load_full(), shared.clock.now());
    match (asked.payload, asked.labels) {
        (Some(payload), None) => {
            let source = super::tools::source(&live, asked.source.as_deref(), &payload)?;
            let ways = preview::explain(&live, source, payload.to_string().as_bytes(), now);
            let alerts = ways.map_err(|error| ApiError::bad_request(error.code, error.message).at(error.at))?;
            Ok(Ways { source: source.settings().name.clone(), alerts })
        }
        (None, Some(labels)) => {
            let source = match asked.source {
                Some(name) => super::tools::source(&live, Some(&name), &Value::Null)?.settings().name.clone(),
                None => String::new(),
            };
            let way = live.tree.explain(&labels, &source, asked.receiver.as_deref().unwrap_or_default(), now);
            Ok(Ways { source, alerts: vec![way] })
        }
        _ => Err(ApiError::bad_request("invalid_payload", "give a `payload`, or the `labels` of one alert")),
    }
}

pub(super) async fn try_route(State(shared): State<Arc<Shared>>, asked: Asked<Try>) -> Result<Json<Ways>, ApiError> {
    let asked = super::tools::body(asked)?;
    explain(&shared, asked).map(Json)
}

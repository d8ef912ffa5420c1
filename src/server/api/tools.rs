//! Trying things out: which way a payload goes, and which messages it becomes. Nothing is stored or sent.

use crate::config::settings::{ContentKind, Locale};
use crate::preview::{self, Preview};
use crate::server::error::ApiError;
use crate::server::state::Shared;
use crate::source::Compiled;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// A payload, and how to look at it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Try {
    /// A webhook's body.
    payload: Value,
    /// Source name; default: told by the body.
    source: Option<String>,
    /// Template name; default: what the routes say.
    template: Option<String>,
    /// Shape; default: what the routes say.
    #[serde(rename = "as")]
    kind: Option<ContentKind>,
    /// Words.
    locale: Option<Locale>,
}

type Asked = Result<Json<Try>, JsonRejection>;

/// A rejection of the JSON extractor in our own form.
fn body(asked: Asked) -> Result<Try, ApiError> {
    asked.map(|Json(body)| body).map_err(|error| super::body::unread(error.status(), error.body_text()))
}

fn source<'l>(live: &'l crate::live::Live, asked: &Try) -> Result<&'l Compiled, ApiError> {
    preview::source_for(live, asked.source.as_deref(), &asked.payload)
        .map_err(|why| ApiError::bad_request("unknown_source", why).at("source"))
}

pub(super) async fn route(State(shared): State<Arc<Shared>>, asked: Asked) -> Result<Json<Value>, ApiError> {
    let asked = body(asked)?;
    let live = shared.live.load_full();
    let source = source(&live, &asked)?;
    let text = asked.payload.to_string();
    let ways = preview::explain(&live, source, text.as_bytes(), shared.clock.now());
    let ways = ways.map_err(|error| ApiError::bad_request(error.code, error.message).at(error.at))?;
    Ok(Json(json!({ "source": source.settings().name, "alerts": ways })))
}

pub(super) async fn render(State(shared): State<Arc<Shared>>, asked: Asked) -> Result<Json<Preview>, ApiError> {
    let asked = body(asked)?;
    let live = shared.live.load_full();
    let source = source(&live, &asked)?;
    let text = asked.payload.to_string();
    let overrides =
        preview::Overrides { template: asked.template, kind: asked.kind, locale: asked.locale, ..preview::Overrides::default() };
    let preview = preview::preview(&live, source, text.as_bytes(), &overrides, shared.clock.now());
    preview.map(Json).map_err(|error| ApiError::bad_request(error.code, error.message).at(error.at))
}

//! `/api/v1/verbs`: what an operator does by hand, within the budgets of the deliveries.
//!
//! Each verb is logged without its content. A client that goes away ends its verb; a call that was under way then has an
//! unknown outcome.

use super::body::parameters;
use crate::deliver::dispatch::Deliverer;
use crate::deliver::limiter::{Admit, Demand};
use crate::feishu::call::{Call, FileType, Upload};
use crate::feishu::error::Outcome;
use crate::server::access::Who;
use crate::server::audit::Noted;
use crate::server::error::ApiError;
use crate::server::hook;
use crate::server::state::Shared;
use crate::verbs::budgets::Budgets;
use crate::verbs::{ErrorKind, Executor, LARGEST_FILE, LARGEST_IMAGE, Request, VerbError};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Extension, Query, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

impl Budgets for Deliverer {
    fn ask(&self, demand: &Demand<'_>) -> Admit {
        Deliverer::ask(self, demand)
    }

    fn learn(&self, demand: &Demand<'_>, outcome: Option<&Outcome>, took: Duration) {
        Deliverer::learn(self, demand, outcome, took);
    }

    fn stopping(&self) -> bool {
        self.is_stopping()
    }
}

/// Does one verb.
pub(super) async fn run(
    State(shared): State<Arc<Shared>>,
    Extension(who): Extension<Who>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let body = body.map_err(|error| super::body::unread(error.status(), error.body_text()))?;
    let request: Request =
        serde_json::from_slice(&body).map_err(|error| ApiError::bad_request("invalid_verb", format!("this is no verb: {error}")))?;
    let live = shared.live.load_full();
    let result = Executor::new(&live, &shared.deliverer, &shared.clock).run(&request).await;
    log(&who, request.verb.name(), request.verb.object(), result.as_ref().err());
    let noted = Noted { action: Some(request.verb.name().to_owned()), object: Some(request.verb.object().to_owned()), incident: None };
    Ok(noted.of(result.map(Json).map_err(refused)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UploadAs {
    app: Option<String>,
    /// The file's name; its ending says what kind of file it is.
    name: String,
    #[serde(rename = "as")]
    kind: As,
    /// In place of the kind that the name says.
    file_type: Option<FileWord>,
    /// Of audio and video.
    duration_ms: Option<u64>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum As {
    Image,
    File,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FileWord {
    /// No audio and no video, whatever the name says.
    Stream,
}

/// Uploads the raw body as an image or file.
pub(super) async fn upload(
    State(shared): State<Arc<Shared>>,
    Extension(who): Extension<Who>,
    query: Result<Query<UploadAs>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let asked = parameters(query)?;
    let most = match asked.kind {
        As::Image => LARGEST_IMAGE,
        As::File => LARGEST_FILE,
    };
    // Fewer than bodies have room for: webhooks find theirs.
    let _place = place(&shared)?;
    let (bytes, _held) = hook::read(&shared, &headers, body, most).await.map_err(|error| match error.code {
        "too_large" => ApiError { message: format!("the platform takes at most {} MB of this kind", most >> 20), ..error },
        _ => error,
    })?;
    if bytes.is_empty() {
        return Err(ApiError::bad_request("empty", "there is nothing to upload"));
    }
    let upload = match asked.kind {
        As::Image => Upload::image(&asked.name, bytes),
        As::File => {
            let kind = asked.file_type.map_or_else(|| FileType::of_name(&asked.name), |FileWord::Stream| FileType::Stream);
            Upload::file(kind, &asked.name, asked.duration_ms, bytes)
        }
    };
    let live = shared.live.load_full();
    let result = Executor::new(&live, &shared.deliverer, &shared.clock).upload(asked.app.as_deref(), &upload).await;
    log(&who, "upload", &asked.name, result.as_ref().err());
    let noted = Noted { object: Some(asked.name), ..Noted::default() };
    Ok(noted.of(result.map(Json).map_err(refused)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct What {
    app: Option<String>,
    key: String,
    /// The message it stands in; default: the app uploaded it itself.
    message: Option<String>,
    #[serde(rename = "type")]
    kind: Option<crate::verbs::content::Resource>,
}

/// Downloads an image or file; the answer is its bytes.
pub(super) async fn download(
    State(shared): State<Arc<Shared>>,
    Extension(who): Extension<Who>,
    query: Result<Query<What>, QueryRejection>,
) -> Result<Response, ApiError> {
    let what = parameters(query)?;
    let call: Call = crate::verbs::content::download(&what.key, what.message.as_deref(), what.kind).map_err(refused)?;
    let place = place(&shared)?;
    let live = shared.live.load_full();
    let result = Executor::new(&live, &shared.deliverer, &shared.clock).download(what.app.as_deref(), &call).await;
    log(&who, "download", &what.key, result.as_ref().err());
    let file = result.map_err(refused)?;
    let mut response = Bytes::from_owner(Held { bytes: file.bytes, _place: place }).into_response();
    // Never a page of ours: whatever it says it is, a browser only saves it.
    let kind = HeaderValue::from_str(&file.content_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response.headers_mut().insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    let name = percent_encoding::utf8_percent_encode(file.file_name.as_deref().unwrap_or_default(), percent_encoding::NON_ALPHANUMERIC);
    let disposition = if file.file_name.is_some() { format!("attachment; filename*=UTF-8''{name}") } else { "attachment".to_owned() };
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        response.headers_mut().insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// A file in memory, and its place until the last byte has gone.
struct Held {
    bytes: Bytes,
    _place: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A place for a file, or to come again.
fn place(shared: &Shared) -> Result<OwnedSemaphorePermit, ApiError> {
    let full = || ApiError::unavailable("overloaded", "too many files are on their way up or down; try again in a moment");
    Arc::clone(&shared.places.files).try_acquire_owned().map_err(|_| full())
}

/// Who did what, and how it ended; never content.
fn log(who: &Who, verb: &'static str, object: &str, error: Option<&VerbError>) {
    let object: String = object.chars().filter(|c| !c.is_control()).take(80).collect();
    match error {
        None => tracing::info!(who = who.name(), verb, object, "a verb was done"),
        Some(error) => {
            let (code, log_id) = (error.code, error.log_id.as_deref());
            tracing::info!(who = who.name(), verb, object, result = error.kind.as_str(), code, log_id, "a verb was not done");
        }
    }
}

fn refused(error: VerbError) -> ApiError {
    let status = match error.kind {
        ErrorKind::Usage => StatusCode::BAD_REQUEST,
        ErrorKind::NeedsYes => StatusCode::CONFLICT,
        ErrorKind::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Unreachable => StatusCode::BAD_GATEWAY,
        ErrorKind::Unknown => StatusCode::GATEWAY_TIMEOUT,
    };
    let at = error.at.clone().unwrap_or_default();
    let mut answer = ApiError::new(status, error.kind.as_str(), error.message.clone()).at(at);
    answer.details = serde_json::to_value(&error).ok().map(Box::new);
    answer
}

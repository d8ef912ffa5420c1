//! Bodies and parameters of API requests, with refusals in our own form.

use crate::server::error::ApiError;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use serde::de::DeserializeOwned;

/// A small body, or why there is none.
pub(super) type Body = Result<Bytes, BytesRejection>;

/// Query parameters, or why they cannot be read.
pub(super) type Asked<T> = Result<Query<T>, QueryRejection>;

/// The parameters.
///
/// # Errors
/// 400: one is unknown, or of the wrong type.
pub(super) fn parameters<T>(query: Asked<T>) -> Result<T, ApiError> {
    query.map(|Query(filter)| filter).map_err(|error| ApiError::bad_request("invalid_parameter", error.body_text()))
}

/// The JSON of a body; an empty one is the default.
///
/// # Errors
/// 400: it is no such JSON; 413.
pub(super) fn optional<T: DeserializeOwned + Default>(body: Body) -> Result<T, ApiError> {
    let body = bytes(body)?;
    if body.iter().all(u8::is_ascii_whitespace) { Ok(T::default()) } else { read(&body) }
}

/// The JSON of a body.
///
/// # Errors
/// 400: it is no such JSON; 413.
pub(super) fn required<T: DeserializeOwned>(body: Body) -> Result<T, ApiError> {
    read(&bytes(body)?)
}

fn bytes(body: Body) -> Result<Bytes, ApiError> {
    body.map_err(|error| unread(error.status(), error.body_text()))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| ApiError::bad_request("invalid_payload", error.to_string()))
}

/// A body that could not be read.
pub(in crate::server) fn unread(status: http::StatusCode, why: String) -> ApiError {
    let code = if status == http::StatusCode::PAYLOAD_TOO_LARGE { "too_large" } else { "invalid_payload" };
    ApiError::new(status, code, why)
}

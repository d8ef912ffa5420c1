//! The one variable segment of a path, with refusals in our own form.

use super::error::ApiError;
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

/// A source's name or an id, percent-decoded.
pub(super) struct Segment(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(segment)| Self(segment)).map_err(|_| ApiError::bad_request("invalid_path", "the path is not UTF-8"))
    }
}

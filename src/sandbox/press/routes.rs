//! Pressing over the sandbox's own API.

use super::verify::{CallbackSetting, set};
use super::{Press, PressError, Pressed, run};
use crate::sandbox::admin::{Refusal, bad, read};
use crate::sandbox::core::Shared;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

/// The paths.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_sandbox/press", post(press))
        .route("/_sandbox/presses", get(presses).delete(clear))
        .route("/_sandbox/callback", post(set_callback))
}

async fn press(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Json<Pressed>, Refusal> {
    let asked: Press = read(&body)?;
    run(&shared, asked).await.map(Json).map_err(|error| match error {
        PressError::NotFound(message) => Refusal(StatusCode::NOT_FOUND, "not_found", message),
        PressError::Invalid(message) => bad(message),
        PressError::NotPressable(message) => Refusal(StatusCode::CONFLICT, "not_pressable", message),
    })
}

async fn presses(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({"presses": shared.lock().presses.all()}))
}

async fn clear(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.lock().presses.clear();
    StatusCode::NO_CONTENT
}

async fn set_callback(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let setting: CallbackSetting = read(&body)?;
    let app_id = setting.app_id.clone();
    let app = set(&shared, setting).await.map_err(|why| Refusal(StatusCode::CONFLICT, "not_verified", why))?;
    Ok(Json(json!({"app_id": app_id, "app": app})))
}

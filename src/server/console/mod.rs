//! The console: pages for operators, made on the server. What they show is read like the API reads it; what they do is a call of the API.

mod audit;
mod configuration;
mod deliveries;
mod event;
mod incident;
mod incidents;
pub mod login;
mod now;
mod playground;
mod routes;
mod shell;
mod view;

use super::access::Who;
use super::api::tools::Try;
use super::segment::Segment;
use super::state::Shared;
use crate::web::{live, page};
use axum::extract::{DefaultBodyLimit, Extension, Form, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use shell::{Place, Shell};
use std::sync::Arc;

/// Largest payload and template together, in bytes.
const MAX_BODY: usize = 8 * 1024 * 1024;

type App = State<Arc<Shared>>;
type Me = Extension<Who>;

/// The pages; they stand behind the access rule like the API.
pub fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(now_page))
        .route("/console/now", get(now_part))
        .route("/console/live", get(events))
        .route("/console/incidents", get(incident_list))
        .route("/console/incidents/{id}", get(incident))
        .route("/console/incidents/{id}/part", get(incident_part))
        .route("/console/events/{id}", get(event_page))
        .route("/console/deliveries", get(delivery_list))
        .route("/console/deliveries/part", get(delivery_part))
        .route("/console/deliveries/{id}", get(delivery))
        .route("/console/playground", get(playground_page))
        .route("/console/playground/draw", post(playground_draw).layer(DefaultBodyLimit::max(MAX_BODY)))
        .route("/console/routes", get(routes_page))
        .route("/console/routes/explain", post(routes_explain))
        .route("/console/audit", get(audit_page))
        .route("/console/configuration", get(configuration_page))
        .route("/console/configuration/part", get(configuration_part))
}

/// Tells an open page that something was written, at most once a second.
async fn events(State(shared): App) -> Response {
    let store = shared.store.clone();
    let count = move || store.commits().commits.load(std::sync::atomic::Ordering::Relaxed);
    match live::counted(count, &shared.places.pages, shared.leaving.clone()) {
        Some(events) => events.into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")]).into_response(),
    }
}

async fn now_page(State(shared): App, Extension(who): Me, headers: HeaderMap) -> Response {
    now::page(&Shell::new(&shared, who, &headers)).await
}

async fn now_part(State(shared): App, Extension(who): Me, headers: HeaderMap) -> Response {
    let shell = Shell::new(&shared, who, &headers);
    match now::part(&shell).await {
        Ok(part) => page::part(part),
        Err(why) => shell.failed(Place::Now, &why),
    }
}

async fn incident_list(State(shared): App, Extension(who): Me, headers: HeaderMap, Query(asked): Query<incidents::Asked>) -> Response {
    incidents::page(&Shell::new(&shared, who, &headers), &asked).await
}

async fn incident(State(shared): App, Extension(who): Me, headers: HeaderMap, Segment(id): Segment) -> Response {
    incident::page(&Shell::new(&shared, who, &headers), &id).await
}

async fn incident_part(State(shared): App, Extension(who): Me, headers: HeaderMap, Segment(id): Segment) -> Response {
    let shell = Shell::new(&shared, who, &headers);
    match incident::read(&shell, &id).await {
        Ok(Some(facts)) => page::part(incident::part(&shell, &facts)),
        Ok(None) => shell.nothing(Place::Incidents),
        Err(why) => shell.failed(Place::Incidents, &why),
    }
}

async fn event_page(State(shared): App, Extension(who): Me, headers: HeaderMap, Segment(id): Segment) -> Response {
    event::page(&Shell::new(&shared, who, &headers), &id).await
}

async fn delivery_list(State(shared): App, Extension(who): Me, headers: HeaderMap, Query(asked): Query<deliveries::Asked>) -> Response {
    deliveries::page(&Shell::new(&shared, who, &headers), &asked).await
}

async fn delivery_part(State(shared): App, Extension(who): Me, headers: HeaderMap, Query(asked): Query<deliveries::Asked>) -> Response {
    let shell = Shell::new(&shared, who, &headers);
    match deliveries::part(&shell, &asked).await {
        Ok(part) => page::part(part),
        Err(why) => shell.failed(Place::Deliveries, &why),
    }
}

async fn delivery(State(shared): App, Extension(who): Me, headers: HeaderMap, Segment(id): Segment) -> Response {
    deliveries::one(&Shell::new(&shared, who, &headers), &id).await
}

async fn playground_page(State(shared): App, Extension(who): Me, headers: HeaderMap) -> Response {
    playground::page(&Shell::new(&shared, who, &headers)).await
}

async fn playground_draw(State(shared): App, Extension(who): Me, headers: HeaderMap, Json(asked): Json<Try>) -> Response {
    playground::drawn(&Shell::new(&shared, who, &headers), asked).await
}

async fn routes_page(State(shared): App, Extension(who): Me, headers: HeaderMap) -> Response {
    routes::page(&Shell::new(&shared, who, &headers))
}

async fn routes_explain(State(shared): App, Extension(who): Me, headers: HeaderMap, Form(asked): Form<routes::Asked>) -> Response {
    page::part(routes::ways(&Shell::new(&shared, who, &headers), &asked))
}

async fn audit_page(State(shared): App, Extension(who): Me, headers: HeaderMap, Query(asked): Query<audit::Asked>) -> Response {
    audit::page(&Shell::new(&shared, who, &headers), asked).await
}

async fn configuration_page(State(shared): App, Extension(who): Me, headers: HeaderMap) -> Response {
    configuration::page(&Shell::new(&shared, who, &headers))
}

async fn configuration_part(State(shared): App, Extension(who): Me, headers: HeaderMap) -> Response {
    page::part(configuration::part(&Shell::new(&shared, who, &headers)))
}

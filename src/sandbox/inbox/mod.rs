//! The web inbox: chats at the left, the conversation in the middle, what stands behind a message at the right; calls, chaos and
//! the world on pages of their own. Everything that a page does is a call of the sandbox's own API ([`super::admin`]).

mod avatar;
mod calls;
mod chaos;
mod chats;
mod curl;
mod details;
mod names;
mod shell;
mod talk;
mod versions;
mod world;

use super::core::Shared;
use crate::web::{live, page};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use shell::{Place, Shell};
use std::sync::Arc;

type App = State<Arc<Shared>>;

/// The pages.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/inbox") }))
        .route("/inbox", get(index))
        .route("/inbox/live", get(events))
        .route("/inbox/chats", get(chat_list))
        .route("/inbox/chat/{chat_id}", get(chat))
        .route("/inbox/chat/{chat_id}/messages", get(messages))
        .route("/inbox/message/{message_id}", get(message))
        .route("/inbox/message/{message_id}/details", get(message_details))
        .route("/inbox/calls", get(call_page))
        .route("/inbox/calls/list", get(call_list))
        .route("/inbox/calls/{request_id}", get(call))
        .route("/inbox/chaos", get(chaos_page))
        .route("/inbox/chaos/state", get(chaos_state))
        .route("/inbox/world", get(world_page))
        .route("/inbox/world/state", get(world_state))
        .merge(crate::web::assets::routes())
}

/// What a page of a chat is asked for.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
struct Asked {
    /// The message whose details are shown.
    m: Option<String>,
    /// Which of its versions; the newest unless given.
    v: Option<u32>,
    /// Only messages before this number.
    before: Option<u64>,
}

async fn index(State(shared): App, headers: HeaderMap) -> Response {
    let shell = Shell::new(&shared, &headers);
    let list = chats::list(&shell, None);
    shell.page(Place::Inbox, shell.viewer.say("收件箱", "Inbox"), chats::index(&shell, list))
}

async fn events(State(shared): App) -> Response {
    let changes = shared.lock().pulse.subscribe();
    match live::events(changes, super::pulse::Topic::names, &shared.pages, shared.stop.clone()) {
        Some(events) => events.into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")]).into_response(),
    }
}

async fn chat_list(State(shared): App, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    page::part(chats::list(&Shell::new(&shared, &headers), asked.m.as_deref()))
}

async fn chat(State(shared): App, Path(chat_id): Path<String>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let shell = Shell::new(&shared, &headers);
    let Some(talk) = talk::load(&shell, &chat_id, asked.before) else { return shell.nothing(&chat_id) };
    let details = asked.m.as_deref().and_then(|id| details::load(&shell, id, asked.v)).map(|details| details::draw(&shell, &details));
    shell.page(Place::Inbox, &talk.name, talk::page(&shell, &talk, &asked, details))
}

async fn messages(State(shared): App, Path(chat_id): Path<String>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let shell = Shell::new(&shared, &headers);
    let Some(talk) = talk::load(&shell, &chat_id, asked.before) else { return shell.nothing(&chat_id) };
    page::part(talk::messages(&shell, &talk))
}

/// A message by its id alone: its place in its chat.
async fn message(State(shared): App, Path(message_id): Path<String>, headers: HeaderMap) -> Response {
    let chat_id = shared.lock().messages.get(&message_id).map(|message| message.chat_id.clone());
    match chat_id {
        Some(chat_id) => Redirect::to(&format!("/inbox/chat/{chat_id}?m={message_id}#{message_id}")).into_response(),
        None => Shell::new(&shared, &headers).nothing(&message_id),
    }
}

async fn message_details(State(shared): App, Path(id): Path<String>, headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    let shell = Shell::new(&shared, &headers);
    match details::load(&shell, &id, asked.v) {
        Some(found) => page::part(details::draw(&shell, &found)),
        None => shell.nothing(&id),
    }
}

async fn call_page(State(shared): App, headers: HeaderMap) -> Response {
    let shell = Shell::new(&shared, &headers);
    shell.page(Place::Calls, shell.viewer.say("调用", "Calls"), calls::page(&shell))
}

async fn call_list(State(shared): App, headers: HeaderMap) -> Response {
    page::part(calls::list(&Shell::new(&shared, &headers)))
}

async fn call(State(shared): App, Path(request_id): Path<String>, headers: HeaderMap) -> Response {
    let shell = Shell::new(&shared, &headers);
    let found = shared.lock().exchanges.find(&request_id);
    match found {
        Some(exchange) => shell.page(Place::Calls, &request_id, calls::one(&shell, &exchange)),
        None => shell.nothing(&request_id),
    }
}

async fn chaos_page(State(shared): App, headers: HeaderMap) -> Response {
    let shell = Shell::new(&shared, &headers);
    shell.page(Place::Chaos, shell.viewer.say("故障", "Chaos"), chaos::page(&shell))
}

async fn chaos_state(State(shared): App, headers: HeaderMap) -> Response {
    page::part(chaos::state(&Shell::new(&shared, &headers)))
}

async fn world_page(State(shared): App, headers: HeaderMap) -> Response {
    let shell = Shell::new(&shared, &headers);
    shell.page(Place::World, shell.viewer.say("群与人", "World"), world::page(&shell))
}

async fn world_state(State(shared): App, headers: HeaderMap) -> Response {
    page::part(world::state(&Shell::new(&shared, &headers)))
}

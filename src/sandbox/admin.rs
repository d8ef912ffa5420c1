//! The sandbox's own API under `/_sandbox/`: what arrived, faults, the world, the clock.
//!
//! Errors: `{"error": {"code", "message"}}`.

use crate::sandbox::api::edit::take_back;
use crate::sandbox::api::reactions::react;
use crate::sandbox::api::readers;
use crate::sandbox::core::{Shared, Switches};
use crate::sandbox::faults::{Fault, Outage};
use crate::sandbox::gate::platform;
use crate::sandbox::long;
use crate::sandbox::messages::{Message, Recalled, Sender};
use crate::sandbox::net::Peer;
use crate::sandbox::press;
use crate::sandbox::pulse::Topic;
use crate::sandbox::world_ops::WorldOp;
use crate::sandbox::{files, inbox};
use crate::util::duration;
use crate::web::guard;
use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use http::{StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

type App = State<Arc<Shared>>;

const MAX_BODY: usize = 8_000_000;

/// The whole surface: the sandbox's own paths, everything else the platform's.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let own = Router::new()
        .route("/_sandbox/messages", get(messages).delete(clear_messages))
        .route("/_sandbox/messages/{id}", get(message))
        .route("/_sandbox/images/{key}", get(image))
        .route("/_sandbox/files/{key}", get(file))
        .route("/_sandbox/recall", post(recall))
        .route("/_sandbox/read", post(mark_read))
        .route("/_sandbox/react", post(add_reaction))
        .route("/_sandbox/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/_sandbox/faults/{id}", delete(remove_fault))
        .route("/_sandbox/outage", put(start_outage).post(start_outage).delete(end_outage))
        .route("/_sandbox/batches", get(batches))
        .route("/_sandbox/batches/{id}/reads", put(set_batch_reads))
        .route("/_sandbox/calls", get(calls).delete(clear_calls))
        .route("/_sandbox/world", get(world).post(change_world))
        .route("/_sandbox/clock", get(clock).post(advance))
        .route("/_sandbox/tokens/expire", post(expire_tokens))
        .route("/_sandbox/switches", get(switches).put(set_switches))
        .merge(press::routes())
        .merge(inbox::routes())
        .layer(from_fn(ours))
        .merge(long::routes())
        .layer(DefaultBodyLimit::max(MAX_BODY));
    own.fallback(platform).with_state(shared)
}

/// Pages of other sites change nothing here; and what comes from this machine asks by a name of this machine, or it is a page that
/// re-points its own.
async fn ours(request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri(), request.headers());
    let near = request.extensions().get::<Peer>().is_some_and(|peer| peer.addr.ip().to_canonical().is_loopback());
    if near && !guard::host(headers, uri).is_some_and(guard::is_loopback_host) {
        let why = "from this machine ask by localhost or 127.0.0.1: other names may be pages that re-point theirs";
        return Refusal(StatusCode::FORBIDDEN, "loopback_only", why.to_owned()).into_response();
    }
    match guard::same_site(request.method(), uri, headers) {
        Ok(()) => next.run(request).await,
        Err(other) => Refusal(StatusCode::FORBIDDEN, "cross_site", other.to_string()).into_response(),
    }
}

/// A refusal of the sandbox's own API.
pub(crate) struct Refusal(pub StatusCode, pub &'static str, pub String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"error": {"code": self.1, "message": self.2}}))).into_response()
    }
}

pub(crate) fn bad(message: impl std::fmt::Display) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, "invalid_request", message.to_string())
}

fn missing(what: &str, id: &str) -> Refusal {
    Refusal(StatusCode::NOT_FOUND, "not_found", format!("there is no {what} {id:?}"))
}

/// JSON whatever the content type says: people use curl.
pub(crate) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(bad)
}

/// One value or a list of them.
fn read_list<T: DeserializeOwned>(body: &Bytes) -> Result<Vec<T>, Refusal> {
    match read::<Value>(body)? {
        Value::Array(items) => items.into_iter().map(|item| serde_json::from_value(item).map_err(bad)).collect(),
        one => Ok(vec![serde_json::from_value(one).map_err(bad)?]),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Filter {
    chat: Option<String>,
    msg_type: Option<String>,
    app: Option<String>,
    /// Only messages behind this one.
    after: Option<String>,
    /// The newest so many.
    limit: Option<usize>,
    /// Words that occur in any version.
    q: Option<String>,
}

impl Filter {
    fn fits(&self, message: &Message) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        let sender = match &message.sender {
            Sender::App(id) | Sender::Hook(id) | Sender::Person(id) => id,
        };
        is(&self.msg_type, &message.msg_type)
            && is(&self.app, sender)
            && (is(&self.chat, &message.chat_id) || is(&self.chat, &message.chat_name) || is(&self.chat, &message.receive_id))
            && self.q.as_deref().is_none_or(|q| message.versions.iter().any(|version| version.content.to_string().contains(q)))
    }
}

async fn messages(State(shared): App, Query(filter): Query<Filter>) -> Json<Value> {
    let (found, total, dropped) = {
        let mut core = shared.lock();
        core.settle(shared.clock.now());
        let (total, dropped) = core.messages.counts();
        let mut skipping = filter.after.as_deref().is_some_and(|after| core.messages.get(after).is_some());
        let mut found: Vec<Arc<Message>> = Vec::new();
        for (_, message) in core.messages.all() {
            if !skipping && filter.fits(message) {
                found.push(Arc::clone(message));
            }
            skipping = skipping && filter.after.as_deref() != Some(&message.message_id);
        }
        (found, total, dropped)
    };
    let newest = found.len().saturating_sub(filter.limit.unwrap_or(usize::MAX));
    Json(json!({"messages": found.get(newest..).unwrap_or_default(), "total": total, "dropped": dropped}))
}

async fn message(State(shared): App, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let mut core = shared.lock();
    core.settle(shared.clock.now());
    let message = core.messages.get(&id).ok_or_else(|| missing("message", &id))?;
    let mut out = json!(message);
    out["replies"] = core.messages.replies_to(message).map(|reply| reply.message_id.as_str()).collect();
    Ok(Json(out))
}

async fn clear_messages(State(shared): App) -> StatusCode {
    shared.lock().clear_messages();
    StatusCode::NO_CONTENT
}

async fn image(State(shared): App, Path(key): Path<String>) -> Result<Response, Refusal> {
    let core = shared.lock();
    let (content_type, bytes) = core.images.get(&key).ok_or_else(|| missing("image", &key))?;
    Ok(([(header::CONTENT_TYPE, *content_type)], bytes.clone()).into_response())
}

async fn file(State(shared): App, Path(key): Path<String>) -> Result<Response, Refusal> {
    let core = shared.lock();
    let (info, bytes) = core.files.get(&key).ok_or_else(|| missing("file", &key))?;
    Ok(files::answer(info, bytes).respond("", ""))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadBy {
    message_id: String,
    /// Ids or addresses of people; absent: every member of the chat.
    by: Option<Vec<String>>,
}

async fn mark_read(State(shared): App, body: Bytes) -> Result<Json<Value>, Refusal> {
    let asked: ReadBy = read(&body)?;
    let at = shared.clock.now();
    let mut core = shared.lock();
    let chat_id = core.messages.get(&asked.message_id).ok_or_else(|| missing("message", &asked.message_id))?.chat_id.clone();
    let people: Vec<String> = match asked.by {
        Some(ids) => ids.iter().map(|id| core.open_id(id)).collect::<Result<_, _>>().map_err(bad)?,
        None => core.world.chats.get(&chat_id).into_iter().flat_map(|chat| chat.members.clone()).collect(),
    };
    for open_id in &people {
        readers::read_by(&mut core, &asked.message_id, open_id, at)
            .ok_or_else(|| Refusal(StatusCode::CONFLICT, "already_recalled", "the message is taken back".to_owned()))?;
    }
    Ok(Json(json!(core.messages.get(&asked.message_id))))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReactBy {
    message_id: String,
    /// An id or address of the person.
    by: String,
    emoji_type: String,
}

async fn add_reaction(State(shared): App, body: Bytes) -> Result<Json<Value>, Refusal> {
    let asked: ReactBy = read(&body)?;
    let at = shared.clock.now();
    let mut core = shared.lock();
    core.messages.get(&asked.message_id).ok_or_else(|| missing("message", &asked.message_id))?;
    let by = Sender::Person(core.open_id(&asked.by).map_err(bad)?);
    let reaction = react(&mut core, &asked.message_id, by, &asked.emoji_type, at).map_err(|refused| bad(refused.msg))?;
    Ok(Json(json!(reaction)))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecallBy {
    message_id: String,
    /// The person's `open_id`; absent: somebody.
    #[serde(default)]
    by: String,
}

async fn recall(State(shared): App, body: Bytes) -> Result<Json<Value>, Refusal> {
    let asked: RecallBy = read(&body)?;
    let at = shared.clock.now();
    let mut core = shared.lock();
    let message = core.messages.get(&asked.message_id).ok_or_else(|| missing("message", &asked.message_id))?;
    if message.recalled.is_some() {
        return Err(Refusal(StatusCode::CONFLICT, "already_recalled", "the message is already taken back".to_owned()));
    }
    let recalled = Recalled { at, by: Sender::Person(asked.by) };
    Ok(Json(json!(take_back(&mut core, &asked.message_id, recalled))))
}

async fn faults(State(shared): App) -> Json<Value> {
    Json(json!({"faults": shared.faults.list(), "outage": shared.faults.outage()}))
}

async fn add_faults(State(shared): App, body: Bytes) -> Result<Json<Value>, Refusal> {
    let wanted: Vec<Fault> = read_list(&body)?;
    wanted.iter().try_for_each(Fault::check).map_err(bad)?;
    let ids: Vec<u64> = wanted.into_iter().map(|fault| shared.faults.add(fault)).collect();
    shared.beat(Topic::Chaos);
    Ok(Json(json!({"ids": ids})))
}

async fn clear_faults(State(shared): App) -> StatusCode {
    shared.faults.clear();
    shared.beat(Topic::Chaos);
    StatusCode::NO_CONTENT
}

async fn remove_fault(State(shared): App, Path(id): Path<u64>) -> Result<StatusCode, Refusal> {
    let removed = shared.faults.remove(id);
    shared.beat(Topic::Chaos);
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(missing("fault", &id.to_string())) }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutageMode {
    mode: Outage,
}

async fn start_outage(State(shared): App, body: Bytes) -> Result<Json<Value>, Refusal> {
    let mode = if body.is_empty() { Outage::Reset } else { read::<OutageMode>(&body)?.mode };
    shared.faults.set_outage(Some(mode));
    shared.beat(Topic::Chaos);
    Ok(Json(json!({"outage": mode})))
}

async fn end_outage(State(shared): App) -> StatusCode {
    shared.faults.set_outage(None);
    shared.beat(Topic::Chaos);
    StatusCode::NO_CONTENT
}

async fn batches(State(shared): App) -> Json<Value> {
    let now = shared.clock.now();
    Json(json!({"batches": shared.lock().batches.reports(now)}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reads {
    people: u64,
}

async fn set_batch_reads(State(shared): App, Path(id): Path<String>, body: Bytes) -> Result<StatusCode, Refusal> {
    let asked: Reads = read(&body)?;
    if shared.lock().batches.set_reads(&id, asked.people) { Ok(StatusCode::NO_CONTENT) } else { Err(missing("batch", &id)) }
}

async fn calls(State(shared): App) -> Json<Value> {
    let core = shared.lock();
    let counts = core.calls.counts();
    let total: u64 = counts.iter().map(|count| count.count).sum();
    Json(json!({"total": total, "counts": counts, "recent": core.calls.recent()}))
}

async fn clear_calls(State(shared): App) -> StatusCode {
    let mut core = shared.lock();
    core.calls.clear();
    core.exchanges.clear();
    core.pulse.beat(|| Topic::Calls);
    StatusCode::NO_CONTENT
}

async fn world(State(shared): App) -> Json<Value> {
    Json(json!(shared.lock().world))
}

async fn change_world(State(shared): App, body: Bytes) -> Result<Json<Value>, Refusal> {
    let ops: Vec<WorldOp> = read_list(&body)?;
    let mut core = shared.lock();
    for op in ops {
        core.apply(op).map_err(bad)?;
    }
    core.pulse.beat(|| Topic::World);
    Ok(Json(json!(core.world)))
}

async fn clock(State(shared): App) -> Json<Value> {
    Json(json!({"now": shared.clock.now(), "ahead": duration::format(shared.clock.ahead())}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance: String,
}

async fn advance(State(shared): App, body: Bytes) -> Result<Json<Value>, Refusal> {
    let asked: Advance = read(&body)?;
    let now = shared.clock.advance(duration::parse(&asked.advance).map_err(bad)?);
    Ok(Json(json!({"now": now, "ahead": duration::format(shared.clock.ahead())})))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expire {
    app_id: Option<String>,
}

async fn expire_tokens(State(shared): App, body: Bytes) -> Result<Json<Value>, Refusal> {
    let asked: Expire = if body.is_empty() { Expire::default() } else { read(&body)? };
    Ok(Json(json!({"expired": shared.lock().tokens.expire(asked.app_id.as_deref())})))
}

async fn switches(State(shared): App) -> Json<Switches> {
    Json(shared.lock().switches)
}

async fn set_switches(State(shared): App, body: Bytes) -> Result<Json<Switches>, Refusal> {
    let wanted: Switches = read(&body)?;
    let mut core = shared.lock();
    core.switches = wanted;
    core.limits.clear();
    core.pulse.beat(|| Topic::World);
    Ok(Json(wanted))
}

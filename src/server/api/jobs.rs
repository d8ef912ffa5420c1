//! Jobs: what is owed, what was given up and why; another try, another target, or none, one by one and many at once.

use super::body::{Asked, Body, optional, parameters, required};
use super::{DONE, Done, page_size, store};
use crate::config::settings::{Address, AddressKind};
use crate::server::audit::Noted;
use crate::server::error::ApiError;
use crate::server::hook;
use crate::server::segment::Segment;
use crate::server::state::Shared;
use crate::store::{AttemptView, JobFilter, JobState, JobView, Operator, Paged, ParkedView};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Jobs that one request acts on, at most.
const AT_ONCE: usize = 500;

/// Which jobs, as asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    pub(crate) state: Option<JobState>,
    pub(crate) target: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) since: Option<Timestamp>,
    pub(crate) until: Option<Timestamp>,
    pub(crate) before: Option<String>,
    pub(crate) limit: Option<u32>,
}

impl From<Filter> for JobFilter {
    fn from(asked: Filter) -> Self {
        let Filter { state, target, source, reason, since, until, before, limit } = asked;
        Self { state, target, source, reason, since, until, before, limit: page_size(limit) }
    }
}

/// A page of jobs.
///
/// # Errors
/// 503: the store cannot be read.
pub(crate) async fn page(shared: &Shared, asked: Filter) -> Result<Paged<JobView>, ApiError> {
    shared.store.jobs(&asked.into()).await.map_err(store)
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, query: Asked<Filter>) -> Result<Json<Paged<JobView>>, ApiError> {
    page(&shared, parameters(query)?).await.map(Json)
}

/// A job and the calls made for its message.
#[derive(Debug, Serialize)]
pub(crate) struct Detail {
    #[serde(flatten)]
    pub(crate) job: JobView,
    pub(crate) attempts_made: Vec<AttemptView>,
}

/// One job.
///
/// # Errors
/// 404; 503: the store cannot be read.
pub(crate) async fn one(shared: &Shared, id: &str) -> Result<Detail, ApiError> {
    let (job, attempts_made) = shared.store.job(id).await.map_err(store)?.ok_or_else(nothing)?;
    Ok(Detail { job, attempts_made })
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Segment(id): Segment) -> Result<Json<Detail>, ApiError> {
    one(&shared, &id).await.map(Json)
}

/// How to try again.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retry {
    /// To this target instead: `chat:oc_...`, a person, `bot:NAME`.
    pub(crate) to: Option<String>,
}

/// Tries a job again, at its target or at another.
///
/// # Errors
/// 400: no target that a message can be moved to; 404; 409: the message was seen where it is, or is no dead letter; 503.
pub(crate) async fn try_again(shared: &Shared, job: String, how: Retry) -> Result<(), ApiError> {
    let at = shared.clock.now();
    match how.to {
        None => operate(shared, Operator::Retry { job, at }).await,
        Some(to) => move_to(shared, job, &to, at).await,
    }
}

pub(super) async fn retry(State(shared): State<Arc<Shared>>, Segment(job): Segment, body: Body) -> Result<Response, ApiError> {
    let how: Retry = optional(body)?;
    let object = how.to.as_ref().map(|to| format!("{job} to {to}"));
    let noted = Noted { object, incident: incident_of(&shared, &job).await, ..Noted::default() };
    Ok(noted.of(try_again(&shared, job, how).await.map(|()| DONE)))
}

/// For the audit log.
async fn incident_of(shared: &Shared, job: &str) -> Option<String> {
    one(shared, job).await.ok().map(|found| found.job.incident)
}

async fn move_to(shared: &Shared, job: String, to: &str, at: Timestamp) -> Result<(), ApiError> {
    let address: Address = to.parse().map_err(|why: String| ApiError::bad_request("invalid_target", why).at("to"))?;
    let live = shared.live.load_full();
    hook::exists(&live, &address)?;
    if !address.is_person() && !matches!(address.kind, AddressKind::Chat | AddressKind::Bot) {
        let why = "a message can be moved to a chat, a person or a bot; teams, departments, lists and the help desk have messages of another form";
        return Err(ApiError::bad_request("invalid_target", why).at("to"));
    }
    let job_now = one(shared, &job).await?.job;
    let via = match address.kind {
        AddressKind::Bot => address.to_string(),
        _ if job_now.via.starts_with("app:") => job_now.via,
        _ => live.settings.apps.keys().next().map(|app| format!("app:{app}")).unwrap_or_default(),
    };
    if !shared.store.operate(Operator::Move { job, via, target: address.to_string(), at }).await.map_err(store)? {
        let why = "only a dead letter that nobody has seen can go to another target, and only where its incident has no message yet; \
                   retry it without `to`, or correct the route";
        return Err(ApiError::new(StatusCode::CONFLICT, "cannot_move", why));
    }
    Ok(())
}

pub(super) async fn drop_job(State(shared): State<Arc<Shared>>, Segment(job): Segment) -> Response {
    let noted = Noted { incident: incident_of(&shared, &job).await, ..Noted::default() };
    noted.of(operate(&shared, Operator::Drop { job }).await.map(|()| DONE))
}

/// Many jobs: by their ids, or by a filter with a state.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Many {
    #[serde(default)]
    pub(crate) ids: Vec<String>,
    pub(crate) filter: Option<Filter>,
}

/// What was done to many.
#[derive(Debug, Serialize)]
pub(crate) struct ManyDone {
    pub(crate) status: &'static str,
    /// Jobs acted on.
    pub(crate) done: usize,
    /// Ids that are no jobs any more.
    pub(crate) missing: Vec<String>,
    /// Jobs that the filter finds after these.
    pub(crate) left: usize,
    /// There may be more than `left`: not all were looked at.
    pub(crate) more: bool,
    /// `filter.before` of the request that goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// What is done to many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Retry,
    Drop,
}

/// Acts on many jobs, at most 500 a call; the answer says how many are left and where to go on.
///
/// # Errors
/// 400: neither ids nor a filter with a state, or too many ids; 503.
pub(crate) async fn many(shared: &Shared, asked: Many, act: Act) -> Result<ManyDone, ApiError> {
    let usage = |why: &str, at: &str| ApiError::bad_request("invalid_payload", why).at(at);
    let (ids, rest) = match asked.filter {
        Some(_) if !asked.ids.is_empty() => return Err(usage("name jobs by `ids` or by `filter`, not both", "/filter")),
        None if asked.ids.is_empty() => return Err(usage("name jobs by `ids`, or by a `filter` with a `state`", "")),
        None if asked.ids.len() > AT_ONCE => return Err(usage("at most 500 ids a request", "/ids")),
        None => (asked.ids, None),
        Some(filter) if filter.state.is_none() => return Err(usage("a filter needs a `state`: ready, parked or dead", "/filter/state")),
        Some(filter) => {
            let limit = filter.limit.map_or(AT_ONCE, |limit| usize::try_from(limit).unwrap_or(AT_ONCE).clamp(1, AT_ONCE));
            let filter = JobFilter { limit: u32::try_from(limit).unwrap_or(1), ..filter.into() };
            let found = shared.store.jobs(&filter).await.map_err(store)?;
            let ids = found.items.into_iter().map(|job| job.id).collect();
            (ids, found.next.map(|next| JobFilter { before: Some(next), ..filter }))
        }
    };
    let at = shared.clock.now();
    let wish = |job: String| match act {
        Act::Retry => Operator::Retry { job, at },
        Act::Drop => Operator::Drop { job },
    };
    let (mut done, mut missing) = (0, Vec::new());
    // They share commits.
    let results = futures_util::future::join_all(ids.iter().map(|id| shared.store.operate(wish(id.clone())))).await;
    for (id, result) in ids.into_iter().zip(results) {
        if result.map_err(store)? { done += 1 } else { missing.push(id) }
    }
    shared.deliverer.refresh().await.map_err(store)?;
    let mut answer = ManyDone { status: "done", done, missing, left: 0, more: false, next: None };
    if let Some(rest) = rest {
        let left = shared.store.jobs_left(&rest).await.map_err(store)?;
        (answer.left, answer.more) = (left.left, left.more);
        answer.next = rest.before.filter(|_| left.left > 0 || left.more);
    }
    Ok(answer)
}

/// With how many it was, for the audit log.
async fn many_noted(shared: &Shared, asked: Many, act: Act) -> Result<Response, ApiError> {
    let done = many(shared, asked, act).await?;
    let noted = Noted { object: Some(format!("{} jobs", done.done)), ..Noted::default() };
    Ok(noted.of(Json(done)))
}

pub(super) async fn retry_many(State(shared): State<Arc<Shared>>, body: Body) -> Result<Response, ApiError> {
    many_noted(&shared, required(body)?, Act::Retry).await
}

pub(super) async fn drop_many(State(shared): State<Arc<Shared>>, body: Body) -> Result<Response, ApiError> {
    many_noted(&shared, required(body)?, Act::Drop).await
}

#[derive(Debug, Serialize)]
pub(super) struct Parked {
    items: Vec<ParkedView>,
}

pub(super) async fn parked(State(shared): State<Arc<Shared>>) -> Result<Json<Parked>, ApiError> {
    Ok(Json(Parked { items: shared.store.parked().await.map_err(store)? }))
}

pub(super) async fn unpark(State(shared): State<Arc<Shared>>) -> Result<Json<Done>, ApiError> {
    shared.store.operate(Operator::Unpark { target: None }).await.map_err(store)?;
    shared.deliverer.refresh().await.map_err(store)?;
    Ok(DONE)
}

async fn operate(shared: &Shared, wish: Operator) -> Result<(), ApiError> {
    if !shared.store.operate(wish).await.map_err(store)? {
        return Err(nothing());
    }
    // A retry also unparks its target.
    shared.deliverer.refresh().await.map_err(store)
}

fn nothing() -> ApiError {
    ApiError::not_found("there is no job with this id; what was delivered is no job any more")
}

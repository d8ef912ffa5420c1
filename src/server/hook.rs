//! `POST /hook/{source}`: a webhook in, 200 once its alerts are on disk.
//!
//! In this order, and each step before the next costs anything: known source, address, credentials from the headers,
//! parameters, size, body, signature, decoding, acceptance.

use super::error::ApiError;
use super::peer::{Connection, client_ip};
use super::segment::Segment;
use super::stack::overloaded;
use super::state::{BODIES_KIB, Shared};
use crate::config::settings::{Address, AddressKind};
use crate::live::Live;
use crate::pipeline::{self, AcceptError, AcceptOptions, Accepted};
use crate::source::allow::{self, ToError};
use crate::source::auth::{self, Verdict};
use crate::source::{Compiled, body};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, RawQuery, State};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// For a body to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(20);

/// What a sender is told.
#[derive(Debug, Serialize)]
pub struct Answer {
    status: &'static str,
    event: String,
    groups: usize,
    messages: usize,
}

/// Accepts a webhook.
///
/// # Errors
/// 4xx: never send this again. 5xx (or the source's `overload_status`): send it again.
pub async fn accept(
    State(shared): State<Arc<Shared>>,
    Extension(connection): Extension<Connection>,
    Segment(name): Segment,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Answer>, ApiError> {
    let live = shared.live.load_full();
    let Some(source) = live.sources.get(&name) else {
        shared.metrics.event_refused("", "not_found");
        let hint = crate::util::text::suggest(&name, live.sources.keys().map(String::as_str));
        let hint = hint.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        return Err(ApiError::not_found(format!("no source is called {}{hint}; {}", super::printable(&name), known(&live))));
    };
    let result = work(&shared, &live, source, connection, query.as_deref(), &headers, body).await;
    match &result {
        Ok(accepted) => {
            live.hits.add(&accepted.hits);
            count(&shared, &name, accepted);
        }
        Err(error) => {
            shared.metrics.event_refused(&name, error.code);
            let status = error.status.as_u16();
            tracing::warn!(source = name, status, code = error.code, why = error.message, at = error.at, "a webhook was refused");
        }
    }
    result.map(|accepted| {
        let Accepted { event, groups, messages, .. } = accepted;
        Json(Answer { status: "accepted", event, groups, messages })
    })
}

async fn work(
    shared: &Arc<Shared>,
    live: &Arc<Live>,
    source: &Compiled,
    connection: Connection,
    query: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Accepted, ApiError> {
    let settings = source.settings();
    let server = &live.settings.server;
    let client = client_ip(connection.peer.ip(), headers, &server.trusted_proxies);
    if !allow::ip(&settings.allow_ips, client) {
        return Err(ApiError::forbidden("address_not_allowed", format!("{client} is not in the source's allow_ips")));
    }
    let signed = verdict(source, auth::check(&settings.auth, headers))?;
    let options = parameters(live, source, query)?;
    let (raw, _held) = read(shared, headers, body, server.max_body).await.map_err(|error| again(error, source))?;
    let now = shared.clock.now();
    if signed == Signed::ByBody {
        verdict(source, auth::check_body(&settings.auth, headers, &raw, now))?;
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let decoded = body::decode(text(CONTENT_TYPE), text(CONTENT_ENCODING), &raw, server.max_body).map_err(|error| {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        ApiError::new(status, error.code(), error.to_string())
    })?;
    if decoded.iter().all(u8::is_ascii_whitespace) {
        return Err(ApiError::bad_request("invalid_json", "the body is empty"));
    }
    let accepted = pipeline::accept(&shared.store, &live.settings, &live.tree, source, &decoded, &options, now).await;
    accepted.map_err(|error| match error {
        AcceptError::Invalid(error) => ApiError::bad_request(error.code, error.message).at(error.at),
        AcceptError::Overloaded => again(overloaded(), source),
        AcceptError::Unavailable(error) => {
            tracing::error!(%error, "alerts could not be stored");
            let code = if error.reason() == "disk_full" { "disk_full" } else { "store_unavailable" };
            again(ApiError::unavailable(code, "the alerts could not be stored; send them again"), source)
        }
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Signed {
    /// Decided.
    Yes,
    /// The body decides.
    ByBody,
}

fn verdict(source: &Compiled, verdict: Verdict) -> Result<Signed, ApiError> {
    match verdict {
        Verdict::Ok => Ok(Signed::Yes),
        Verdict::NeedsBody => Ok(Signed::ByBody),
        Verdict::Denied(reason) => {
            let mut error = ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", reason.to_string());
            error.challenge = auth::challenge(&source.settings().auth);
            Err(error)
        }
    }
}

/// A refusal that means "again", in the status this sender understands so.
fn again(error: ApiError, source: &Compiled) -> ApiError {
    if error.status == StatusCode::SERVICE_UNAVAILABLE { error.with_status(source.settings().overload_status) } else { error }
}

/// `?to=` and `?template=`.
fn parameters(live: &Live, source: &Compiled, query: Option<&str>) -> Result<AcceptOptions, ApiError> {
    let mut options = AcceptOptions::default();
    for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match name.as_ref() {
            "to" => {
                let targets = allow::to(&source.settings().allow_to, &value).map_err(|error| match &error {
                    ToError::Invalid(_) => ApiError::bad_request("invalid_target", error.to_string()).at("to"),
                    ToError::Forbidden { .. } => ApiError::forbidden("target_not_allowed", error.to_string()).at("to"),
                })?;
                for target in targets {
                    exists(live, &target)?;
                    if !options.to.contains(&target) {
                        options.to.push(target);
                    }
                }
            }
            "template" => {
                if !live.renderer.templates().iter().any(|(known, ..)| *known == value) {
                    let message = format!("no template is called {}", super::printable(&value));
                    return Err(ApiError::bad_request("unknown_template", message).at("template"));
                }
                options.template = Some(value.into_owned());
            }
            // Senders and proxies add what they like; a misspelt one of ours would be a silent misroute.
            other => {
                if let Some(near) = crate::util::text::suggest(other, ["to", "template"]) {
                    let message = format!("no parameter is called {}; did you mean {near}?", super::printable(other));
                    return Err(ApiError::bad_request("unknown_parameter", message).at(super::printable(other)));
                }
            }
        }
    }
    Ok(options)
}

/// Bots and teams are names of the configuration, also those in a broadcast; only an app sends to the others.
pub(super) fn exists(live: &Live, target: &Address) -> Result<(), ApiError> {
    let known = match target.kind {
        AddressKind::Bot => target.members().iter().all(|bot| live.settings.bots.contains_key(&bot.value)),
        AddressKind::Team => live.settings.teams.contains_key(&target.value),
        AddressKind::Broadcast => return target.members().iter().try_for_each(|member| exists(live, member)),
        AddressKind::Helpdesk => live.settings.apps.values().any(|app| app.helpdesk.is_some()),
        _ => !live.settings.apps.is_empty(),
    };
    let why = || match target.kind {
        AddressKind::Bot | AddressKind::Team => format!("{target} is not configured"),
        AddressKind::Helpdesk => format!("{target} needs an app with a help desk, and none is configured"),
        _ => format!("{target} needs an app, and none is configured"),
    };
    if known { Ok(()) } else { Err(ApiError::bad_request("invalid_target", why()).at("to")) }
}

/// Reads the whole body, bounded in size, in time, and together with all the others in memory.
pub(super) async fn read(shared: &Shared, headers: &HeaderMap, body: Body, max: usize) -> Result<(Bytes, OwnedSemaphorePermit), ApiError> {
    let too_large = || {
        let message = format!("the body is larger than {max} bytes (server.max_body)");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    };
    let length: Option<usize> = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    if length.is_some_and(|length| length > max) {
        return Err(too_large());
    }
    let kib = u32::try_from((length.unwrap_or(max) / 1024 + 1).min(BODIES_KIB)).unwrap_or(u32::MAX);
    let held = Arc::clone(&shared.places.bodies).try_acquire_many_owned(kib).map_err(|_| overloaded())?;
    let collected = tokio::time::timeout(BODY_WITHIN, Limited::new(body, max).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok((collected.to_bytes(), held)),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(ApiError::bad_request("incomplete", "the body ended early")),
        Err(_) => Err(ApiError::unavailable("timeout", format!("the body did not arrive within {} s", BODY_WITHIN.as_secs()))),
    }
}

fn count(shared: &Shared, source: &str, accepted: &Accepted) {
    let metrics = &shared.metrics;
    if accepted.alerts == 0 && accepted.groups == 0 {
        metrics.event_ignored(source);
    } else {
        metrics.event_accepted(source);
    }
    let dropped: u64 = ["muted", "unroutable"].iter().filter_map(|reason| accepted.left_out.get(reason)).sum();
    let alerts = u64::try_from(accepted.alerts).unwrap_or(u64::MAX);
    metrics.alerts_received(source, alerts);
    metrics.alerts_routed(source, alerts.saturating_sub(dropped));
    for (reason, count) in &accepted.left_out {
        metrics.alerts_dropped(source, reason, *count);
    }
    for (outcome, count) in &accepted.outcomes {
        metrics.group_outcome(source, outcome, *count);
    }
    tracing::info!(
        source,
        event = accepted.event,
        alerts,
        groups = accepted.groups,
        messages = accepted.messages,
        "a webhook was accepted"
    );
}

/// The sources there are, for people who mistyped one.
pub fn known(live: &Live) -> String {
    let names: Vec<&str> = live.sources.keys().map(String::as_str).collect();
    if names.is_empty() { "no sources are configured".to_owned() } else { format!("there is: {}", names.join(", ")) }
}

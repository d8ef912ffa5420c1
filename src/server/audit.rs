//! Everything that changes something is written down: who, when, from where, what, and what came of it.
//!
//! One layer does it for all operations by their paths, so that none is forgotten; what the path does not say (which verb, whose incident) a
//! handler leaves in its answer as [`Noted`]. Content is never written down.

use super::access::Who;
use super::error::ErrorCode;
use super::peer::{Connection, client_ip};
use super::state::Shared;
use crate::store::{Audit, Operator};
use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method};
use std::sync::Arc;

/// Longest name of anything in the log.
const LONGEST: usize = 120;

/// What changes something: method, path, action.
pub const ACTIONS: &[(&str, &str, &str)] = &[
    ("POST", "/api/v1/incidents/{id}/ack", "ack"),
    ("POST", "/api/v1/incidents/{id}/unack", "unack"),
    ("POST", "/api/v1/incidents/{id}/resolve", "resolve"),
    ("POST", "/api/v1/jobs/retry", "retry_many"),
    ("POST", "/api/v1/jobs/drop", "drop_many"),
    ("POST", "/api/v1/jobs/{id}/retry", "retry"),
    ("POST", "/api/v1/jobs/{id}/drop", "drop"),
    ("POST", "/api/v1/parked/retry", "unpark"),
    ("PUT", "/api/v1/templates/{name}", "save_template"),
    ("POST", "/api/v1/verbs", "verb"),
    ("POST", "/api/v1/verbs/upload", "upload"),
    ("POST", "/-/reload", "reload"),
    ("PUT", "/-/reload", "reload"),
    ("POST", "/login", "login"),
    ("POST", "/logout", "logout"),
];

/// What changes nothing here, though it is a POST.
pub const HARMLESS: &[(&str, &str)] = &[("POST", "/api/v1/route"), ("POST", "/api/v1/render"), ("POST", "/api/v1/check-live")];

/// What a handler knows beside the path; part of its answer.
#[derive(Debug, Clone, Default)]
pub struct Noted {
    /// A more exact action.
    pub action: Option<String>,
    /// To what.
    pub object: Option<String>,
    /// The incident it is about.
    pub incident: Option<String>,
}

impl Noted {
    /// An answer, or a refusal, with this beside it.
    pub fn of(self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn action(method: &Method, path: &str) -> Option<&'static str> {
    ACTIONS.iter().find(|(known, template, _)| *known == method.as_str() && *template == path).map(|(.., action)| *action)
}

/// Short, without control characters.
fn name(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// The client's address, behind trusted proxies.
pub fn peer(shared: &Shared, connection: Option<Connection>, headers: &HeaderMap) -> String {
    let trusted = &shared.live.load().settings.server.trusted_proxies;
    connection.map_or_else(|| "unknown".to_owned(), |connection| client_ip(connection.peer.ip(), headers, trusted).to_string())
}

/// Writes down what passes.
pub async fn layer(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let Some(action) = action(request.method(), &path) else { return next.run(request).await };
    let (mut parts, body) = request.into_parts();
    let segment = match RawPathParams::from_request_parts(&mut parts, &()).await {
        Ok(params) => params.iter().next().map(|(_, value)| name(value)).unwrap_or_default(),
        Err(_) => String::new(),
    };
    let audit = Audit {
        at: shared.clock.now(),
        who: parts.extensions.get::<Who>().map_or("unknown", Who::name).to_owned(),
        peer: peer(&shared, parts.extensions.get::<Connection>().copied(), &parts.headers),
        action: action.to_owned(),
        incident: path.starts_with("/api/v1/incidents/").then(|| segment.clone()),
        object: segment,
        result: "abandoned".to_owned(),
    };
    let mut pending = Pending { shared: Arc::clone(&shared), audit: Some(audit) };
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(mut audit) = pending.audit.take() else { return response };
    if let Some(noted) = response.extensions().get::<Noted>().cloned() {
        audit.action = noted.action.map_or(audit.action, |action| name(&action));
        audit.object = noted.object.map_or(audit.object, |object| name(&object));
        audit.incident = noted.incident.or(audit.incident);
    }
    audit.result = match response.extensions().get::<ErrorCode>() {
        Some(code) => code.0.to_owned(),
        None => "ok".to_owned(),
    };
    write(&shared, audit).await;
    response
}

/// Credentials of a program were wrong. How often an address can bring this about is bounded by the access rule.
pub async fn refused(shared: &Shared, connection: Option<Connection>, headers: &HeaderMap, code: &str) {
    let (who, action) = ("unknown".to_owned(), "login_refused".to_owned());
    let peer = peer(shared, connection, headers);
    write(shared, Audit { at: shared.clock.now(), who, peer, action, object: String::new(), incident: None, result: code.to_owned() })
        .await;
}

/// Writes an entry and a log line.
pub async fn write(shared: &Shared, audit: Audit) {
    log(&audit);
    if let Err(error) = shared.store.operate(Operator::Note(audit)).await {
        tracing::error!(%error, "an action is in the log only: the audit log could not be written");
    }
}

fn log(audit: &Audit) {
    let Audit { who, peer, action, object, result, .. } = audit;
    tracing::info!(who, peer, action, object, result, "an action");
}

/// An action under way. A client that goes away ends its request here, but maybe not what it began.
struct Pending {
    shared: Arc<Shared>,
    audit: Option<Audit>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(audit) = self.audit.take() {
            log(&audit);
            self.shared.store.note(audit);
        }
    }
}

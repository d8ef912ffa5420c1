//! The way to a long connection: `POST /callback/ws/endpoint` gives out a URL, an upgrade there opens it.
//!
//! Which HTTP status a refused upgrade has is not documented; clients read the `Handshake-` headers.

use super::registry::NoRoom;
use super::session::{Listed, serve};
use crate::sandbox::answer::{Answer, Outcome, refuse, refuse_msg};
use crate::sandbox::calls;
use crate::sandbox::core::{Call, Shared};
use crate::sandbox::endpoint::Endpoint;
use crate::sandbox::faults::{Action, Fault};
use crate::sandbox::gate::{never, wait};
use crate::sandbox::net::Peer;
use crate::util::id::new_id;
use axum::body::Body;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, Path, Query, State, WebSocketUpgrade};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const BUSY: i64 = 1;
const FORBIDDEN: i64 = 403;
const AUTH_FAILED: i64 = 514;
const NO_CREDENTIAL: i64 = 1_000_040_344;
const TOO_MANY: i64 = 1_000_040_350;
/// Longest message of a client, in bytes.
const MAX_MESSAGE: usize = 4 << 20;

/// `POST /callback/ws/endpoint`; refusals have HTTP status 200.
pub(crate) fn url(core: &mut crate::sandbox::core::Core, call: &Call) -> Outcome {
    let refused = |code: i64, msg: &str| Err(refuse_msg(200, code, msg));
    let (app_id, secret) = (call.text("AppID")?.unwrap_or_default(), call.text("AppSecret")?.unwrap_or_default());
    if app_id.is_empty() || secret.is_empty() {
        return refused(NO_CREDENTIAL, "no credential: AppID and AppSecret are required");
    }
    let app = core.world.app(app_id);
    if !core.world.knows_app(app_id) || (!app.app_secret.is_empty() && app.app_secret != secret) {
        return refused(AUTH_FAILED, "auth failed");
    }
    if app.disabled {
        return refused(FORBIDDEN, "forbidden: the app is disabled");
    }
    match core.sockets.room(app_id) {
        Err(NoRoom::App) => return refused(TOO_MANY, "the number of connections exceeded the limit"),
        Err(NoRoom::Sandbox) => return refused(BUSY, "system busy"),
        Ok(()) => {}
    }
    let host = call.host.as_deref().ok_or_else(|| refuse(9499))?;
    let (device_id, service_id) = core.sockets.give(app_id, call.now);
    let url = format!("ws://{host}/ws/v2?device_id={device_id}&service_id={service_id}&aid={app_id}");
    Ok(Answer::ok(json!({"URL": url, "ClientConfig": core.switches.client_config})))
}

/// The upgrade, and the connections over the sandbox's own API.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/ws/v2", get(connect))
        .route("/_sandbox/connections", get(connections).delete(close_all))
        .route("/_sandbox/connections/{id}", delete(close))
}

/// A refusal of the upgrade, as clients read it.
struct Handshake {
    status: i64,
    code: Option<i64>,
    message: String,
}

impl IntoResponse for Handshake {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.message.clone()));
        *response.status_mut() = if self.status == FORBIDDEN { StatusCode::FORBIDDEN } else { StatusCode::UNAUTHORIZED };
        let code = self.code.map(|code| code.to_string());
        for (name, value) in
            [("handshake-status", Some(self.status.to_string())), ("handshake-msg", Some(self.message)), ("handshake-autherrcode", code)]
        {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// `GET` of the URL that was given out.
async fn connect(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<BTreeMap<String, String>>,
    peer: Option<Extension<Peer>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let device_id = query.get("device_id").cloned().unwrap_or_default();
    let app_id = shared.lock().sockets.owner(&device_id, shared.clock.now()).unwrap_or_default().to_owned();
    if let Some(fault) = shared.faults.pick(Endpoint::WsConnect, &[app_id.clone(), device_id.clone()]) {
        wait(&fault).await;
        if fault.action != Action::Answer || fault.replaces_answer() {
            count(&shared, &app_id, &device_id, fault.status.unwrap_or_default(), fault.code.unwrap_or_default(), true);
            return spoil(&shared, fault, peer.map(|Extension(peer)| peer)).await;
        }
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    match opened(&shared, &app_id, &device_id, upgrade) {
        Ok(response) => {
            count(&shared, &app_id, &device_id, 101, 0, false);
            response
        }
        Err(refused) => {
            let response = refused.into_response();
            count(&shared, &app_id, &device_id, response.status().as_u16(), AUTH_FAILED, false);
            response
        }
    }
}

fn opened(shared: &Arc<Shared>, app_id: &str, device_id: &str, upgrade: WebSocketUpgrade) -> Result<Response, Handshake> {
    let refused = |code: i64, message: &str| Handshake { status: AUTH_FAILED, code: Some(code), message: message.to_owned() };
    let mut core = shared.lock();
    if app_id.is_empty() {
        return Err(refused(AUTH_FAILED, "the URL is used up or too old: ask for a new one"));
    }
    if core.world.app(app_id).disabled {
        return Err(Handshake { status: FORBIDDEN, code: None, message: "the app is disabled".to_owned() });
    }
    if core.sockets.room(app_id).is_err() {
        return Err(refused(TOO_MANY, "the number of connections exceeded the limit"));
    }
    let opened = core.sockets.open(device_id, shared.clock.now());
    let (connection, pushes) = opened.ok_or_else(|| refused(AUTH_FAILED, "the URL is used up"))?;
    drop(core);
    // Listed until the connection ends, also where the upgrade fails; the tracker's drain waits for it.
    let listed = Listed { shared: Arc::clone(shared), connection };
    let token = shared.tracker.token();
    let upgrade = upgrade.max_message_size(MAX_MESSAGE).max_frame_size(MAX_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| async move {
        serve(socket, &listed.shared, &listed.connection, pushes).await;
        drop((listed, token));
    }))
}

async fn spoil(shared: &Shared, fault: Fault, peer: Option<Peer>) -> Response {
    match fault.action {
        Action::Reset => {
            if let Some(peer) = peer {
                peer.reset();
            }
            never(shared).await
        }
        Action::Hang => never(shared).await,
        Action::Answer | Action::CutBody => {
            let status = fault.status.map_or(AUTH_FAILED, i64::from);
            // Clients read a code with every 514.
            let code = fault.code.or((status == AUTH_FAILED).then_some(AUTH_FAILED));
            Handshake { status, code, message: fault.msg.unwrap_or_else(|| "fault on demand".to_owned()) }.into_response()
        }
    }
}

fn count(shared: &Shared, app_id: &str, device_id: &str, http: u16, code: i64, fault: bool) {
    shared.lock().calls.record(calls::Call {
        at: shared.clock.now(),
        endpoint: Endpoint::WsConnect,
        app_id: app_id.to_owned(),
        target: device_id.to_owned(),
        http,
        code,
        request_id: new_id(),
        uuid: None,
        digest: String::new(),
        fault,
    });
}

async fn connections(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({"connections": shared.lock().sockets.all()}))
}

async fn close_all(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({"closed": shared.lock().sockets.close(None)}))
}

async fn close(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Json<Value> {
    Json(json!({"closed": shared.lock().sockets.close(Some(&id))}))
}

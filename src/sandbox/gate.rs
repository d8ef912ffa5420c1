//! The one way every platform call takes: find, read, faults before, state, faults after, count.

use crate::sandbox::answer::{Answer, refuse, refuse_ext, words};
use crate::sandbox::api;
use crate::sandbox::calls;
use crate::sandbox::content::inspect;
use crate::sandbox::core::{Call, Shared};
use crate::sandbox::endpoint::{Endpoint, Found};
use crate::sandbox::exchanges::Head;
use crate::sandbox::faults::{Action, Fault, When};
use crate::sandbox::net::Peer;
use crate::sandbox::pulse::Topic;
use crate::sandbox::uploads::Upload;
use crate::util::id::new_id;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::stream::{self, StreamExt};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::{HeaderValue, Method, request::Parts};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const MAX_JSON: usize = 1_000_000;
const MAX_UPLOAD: usize = 40_000_000;
const CUT_PAUSE: Duration = Duration::from_millis(10);

/// Ids of one call: its own and the log's.
struct Ids {
    request: String,
    log: String,
}

/// Serves one request of the platform's surface.
pub(crate) async fn platform(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let given = parts.headers.get("x-request-id").and_then(|value| value.to_str().ok()).filter(|id| id.len() <= 128);
    let now = shared.clock.now();
    let log = format!("{}{}", now.strftime("%Y%m%d%H%M%S"), new_id().to_uppercase().get(14..).unwrap_or_default());
    let ids = Ids { request: given.map_or_else(new_id, str::to_owned), log };
    let (endpoint, path_ids) = match Endpoint::find(&parts.method, parts.uri.path()) {
        Found::Endpoint(endpoint, path_ids) => (endpoint, (path_ids.id.to_owned(), path_ids.sub.to_owned())),
        Found::WrongMethod => return Answer::made(405, 99_991_301, words(99_991_301).to_owned()).respond(&ids.log, &ids.request),
        Found::Nothing => return Answer::made(404, 99_991_201, words(99_991_201).to_owned()).respond(&ids.log, &ids.request),
    };
    let peer = parts.extensions.get::<Peer>().cloned();
    let max = if endpoint.takes_a_form() { MAX_UPLOAD } else { MAX_JSON };
    let Ok(body) = to_bytes(body, max).await else {
        return Answer::made(413, 9499, "request body too large".to_owned()).respond(&ids.log, &ids.request);
    };
    let head = Head::of(&parts);
    let mut call = read(&shared, endpoint, path_ids, parts, body, peer.as_ref(), ids.request.clone()).await;
    let targets = targets(&shared, &call);
    let fault = shared.faults.pick(endpoint, &targets).map(|mut fault| {
        let documented = fault.code.and_then(|code| api::status_of(endpoint, code));
        fault.status = fault.status.or(documented);
        fault
    });
    if let Some(fault) = &fault
        && fault.when == When::Before
    {
        wait(fault).await;
        if fault.action != Action::Answer || fault.replaces_answer() {
            count(&shared, head, &call, &targets, &Answer::from_fault(fault), true, &ids.log);
            return spoil(&shared, fault, None, &ids, peer.as_ref()).await;
        }
    }
    call.now = shared.clock.now();
    let answer = {
        let mut core = shared.lock();
        core.settle(call.now);
        api::handle(&mut core, &mut call).unwrap_or_else(|refused| *refused)
    };
    if let Some(fault) = fault.filter(|fault| fault.when == When::After) {
        wait(&fault).await;
        if fault.action != Action::Answer || fault.replaces_answer() {
            count(&shared, head, &call, &targets, &Answer::from_fault(&fault), true, &ids.log);
            return spoil(&shared, &fault, Some(&answer), &ids, peer.as_ref()).await;
        }
    }
    count(&shared, head, &call, &targets, &answer, false, &ids.log);
    answer.respond(&ids.log, &ids.request)
}

pub(crate) async fn wait(fault: &Fault) {
    if let Some(delay) = fault.delay {
        tokio::time::sleep(delay).await;
    }
}

async fn read(
    shared: &Shared,
    endpoint: Endpoint,
    (id, sub): (String, String),
    parts: Parts,
    body: Bytes,
    peer: Option<&Peer>,
    request_id: String,
) -> Call {
    let authorization = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let query: BTreeMap<String, String> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let has_json = parts.method != Method::GET && !endpoint.takes_a_form();
    let json: Option<Value> = if has_json { serde_json::from_slice(&body).ok() } else { None };
    let upload = if endpoint.takes_a_form() { Some(Upload::read(&parts, body.clone()).await.map_err(refuse_upload)) } else { None };
    let text = |name: &str| json.as_ref().and_then(|json| json.get(name)).and_then(Value::as_str);
    let content = match (endpoint, text("content")) {
        (Endpoint::Send | Endpoint::Reply | Endpoint::Edit, Some(content)) => text("msg_type").map(|kind| inspect(kind, content)),
        (Endpoint::Patch, Some(content)) => Some(inspect("interactive", content)),
        _ => None,
    };
    let peer = peer.map_or(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), |peer| peer.addr.ip());
    let host = parts.headers.get(HOST).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (app, now) = (String::new(), shared.clock.now());
    let helpdesk = parts.headers.get("x-lark-helpdesk-authorization").and_then(|value| value.to_str().ok()).map(str::to_owned);
    Call { endpoint, id, sub, query, body, json, authorization, helpdesk, app, peer, request_id, now, host, content, upload }
}

fn refuse_upload(why: String) -> Box<Answer> {
    refuse_ext(234_001, why)
}

/// Everything a fault may name as the target of this call.
fn targets(shared: &Shared, call: &Call) -> Vec<String> {
    let mut targets: Vec<String> = Vec::with_capacity(4);
    let core = shared.lock();
    targets.extend([call.id.clone(), call.sub.clone()]);
    if let Some(message) = core.messages.get(&call.id) {
        targets.push(message.chat_id.clone());
        targets.push(message.receive_id.clone());
    }
    targets.extend(["chat_id", "container_id"].map(|name| call.param(name).to_owned()));
    for name in ["receive_id", "app_id", "AppID", "message_id", "chat_id", "open_id", "user_id", "email", "receiver_id", "root_id"] {
        if let Some(text) = call.json.as_ref().and_then(|json| json.get(name)).and_then(Value::as_str) {
            targets.push(text.to_owned());
        }
    }
    for name in ["open_ids", "user_ids", "union_ids", "department_ids"] {
        let ids = call.json.as_ref().and_then(|json| json.get(name)).and_then(Value::as_array).into_iter().flatten();
        targets.extend(ids.filter_map(Value::as_str).map(str::to_owned));
    }
    if let Some(hook) = (call.endpoint == Endpoint::Hook).then(|| core.world.hooks.get(&call.id)).flatten() {
        targets.push(hook.chat_id.clone());
    }
    let token = call.authorization.as_deref().and_then(|header| header.strip_prefix("Bearer "));
    if let Some(app) = token.and_then(|token| core.tokens.owner(token, call.now)) {
        targets.push(app.to_owned());
    }
    targets.retain(|target| !target.is_empty());
    targets
}

impl Answer {
    /// What a fault answers, before its headers.
    fn from_fault(fault: &Fault) -> Self {
        if fault.action != Action::Answer {
            return Self::made(0, 0, String::new());
        }
        let code = fault.code.unwrap_or_default();
        let status = fault.status.unwrap_or(match (fault.code, &fault.body) {
            (Some(99_991_400), _) => 429,
            (Some(0), _) | (None, Some(_)) => 200,
            (Some(_), _) => 400,
            (None, None) => 500,
        });
        let msg = fault.msg.clone().unwrap_or_else(|| words(code).to_owned());
        match fault.code {
            Some(_) => Self::made(status, code, msg),
            None => Self::made(
                status,
                if status >= 400 { i64::from(status) } else { 0 },
                fault.msg.clone().unwrap_or_else(|| "fault on demand".to_owned()),
            ),
        }
    }
}

/// Does what the fault says with the answer.
async fn spoil(shared: &Shared, fault: &Fault, answer: Option<&Answer>, ids: &Ids, peer: Option<&Peer>) -> Response {
    match fault.action {
        Action::Answer => {
            let answer = Answer::from_fault(fault);
            let mut response = match &fault.body {
                Some(body) => answer.respond_with("text/html; charset=utf-8", Body::from(body.clone()), &ids.log, &ids.request),
                None => answer.respond(&ids.log, &ids.request),
            };
            for (name, value) in &fault.headers {
                if let (Ok(name), Ok(value)) = (http::HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Action::CutBody => {
            let whole = answer.cloned().unwrap_or_else(|| *refuse(2200));
            cut(&whole, fault.keep, ids)
        }
        Action::Reset => {
            if let Some(peer) = peer {
                peer.reset();
            }
            never(shared).await
        }
        Action::Hang => never(shared).await,
    }
}

/// A part of the body (half) under the length of the whole; then the connection ends.
fn cut(answer: &Answer, keep: Option<f64>, ids: &Ids) -> Response {
    let (content_type, bytes) = answer.body_bytes(&ids.log);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // a share of a length is one
    let kept = (bytes.len() as f64 * keep.unwrap_or(0.5).clamp(0.0, 1.0)) as usize;
    let half = bytes.slice(..kept.min(bytes.len().saturating_sub(1)));
    // The pause lets the half go out: an error at once would take head and half with it.
    let end = async {
        tokio::time::sleep(CUT_PAUSE).await;
        Err(std::io::Error::other("cut on demand"))
    };
    let parts = stream::once(std::future::ready(Ok(half))).chain(stream::once(end));
    let mut response = answer.respond_with(content_type, Body::from_stream(parts), &ids.log, &ids.request);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    response
}

/// Waits until the sandbox stops (the connection may go earlier, which drops this).
pub(crate) async fn never(shared: &Shared) -> Response {
    shared.stop.cancelled().await;
    Answer::made(503, 503, "stopped".to_owned()).respond("", "")
}

fn count(shared: &Shared, head: Head, call: &Call, targets: &[String], answer: &Answer, fault: bool, log_id: &str) {
    let counted = calls::Call {
        at: shared.clock.now(),
        endpoint: call.endpoint,
        app_id: call.app.clone(),
        target: targets.first().cloned().unwrap_or_default(),
        http: answer.http,
        code: answer.code,
        request_id: call.request_id.clone(),
        uuid: call.uuid().ok().flatten().map(str::to_owned),
        digest: crate::util::id::hash_id(&[&call.body]),
        fault,
    };
    let exchange = head.answered(&counted, &call.body, answer, log_id);
    let mut core = shared.lock();
    core.calls.record(counted);
    core.exchanges.add(exchange);
    core.pulse.beat(|| Topic::Calls);
}

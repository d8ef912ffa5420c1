//! One press from beginning to end: prepare, tell the app, show its answer, keep a record.

use super::event::{Ready, prepare};
use super::judge::{Shown, read, show};
use super::{Fault, Press, PressError, PressRecord, Pressed, Request, Response, Stop, http, long};
use crate::sandbox::apps::Callback;
use crate::sandbox::core::Shared;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long the client waits for the app, connecting included.
const PATIENCE: Duration = Duration::from_secs(3);

/// What went out and what came back.
struct Told {
    request: Option<Request>,
    response: Result<Response, Fault>,
}

/// A person presses a component.
///
/// # Errors
/// When nobody could do that in a client; what the client shows as an error is a result.
pub(crate) async fn run(shared: &Arc<Shared>, press: Press) -> Result<Pressed, PressError> {
    let now = shared.clock.now();
    let prepared = {
        let mut core = shared.lock();
        core.settle(now);
        prepare(&mut core, &press, now)
    };
    let ready = match prepared {
        Ok(ready) => ready,
        Err(Stop::Refused(error)) => return Err(error),
        Err(Stop::Shown(fault)) => return Ok(keep(shared, String::new(), press, Pressed::failed(fault))),
    };
    // A task of its own: that nobody waits for the result any more does not take the press back.
    let (inner, kept) = (Arc::clone(shared), press.clone());
    let joined = shared.tracker.spawn(async move { finish(&inner, &kept, ready).await }).await;
    joined.map_err(|_| PressError::Invalid("the press was lost".to_owned()))
}

async fn finish(shared: &Arc<Shared>, press: &Press, ready: Ready) -> Pressed {
    let begun = Instant::now();
    let told = tokio::select! {
        told = tell(shared, &ready) => told,
        () = shared.stop.cancelled() => Told { request: None, response: Err(Fault::new(200_080, "the sandbox is stopping")) },
    };
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let answer = told.response.as_ref().map_err(Fault::clone).and_then(read);
    let result = {
        let mut core = shared.lock();
        core.card_tokens.answered(&ready.token);
        let now = shared.clock.now();
        let (app_id, open_id, event_id) = (ready.app_id.as_str(), ready.open_id.as_str(), ready.event.id.as_str());
        let to = Shown { message_id: &press.message_id, app_id, open_id, event_id, locale: &press.locale, now };
        answer.and_then(|answer| show(&mut core, &to, &answer))
    };
    let pressed = match result {
        Ok((outcome, toast)) => Pressed { outcome, toast, code: None, reason: None, took_ms, request: None, response: None },
        Err(fault) => Pressed { took_ms, ..Pressed::failed(fault) },
    };
    let pressed = Pressed { request: told.request, response: told.response.ok(), ..pressed };
    keep(shared, ready.app_id, press.clone(), pressed)
}

async fn tell(shared: &Shared, ready: &Ready) -> Told {
    let body = ready.event.to_body();
    match &ready.app.callback {
        Callback::None => {
            let why = format!("app {} has no callback: set its callback to a URL or to the long connection", ready.app_id);
            Told { request: None, response: Err(Fault::new(200_340, why)) }
        }
        Callback::Url(url) => {
            let request = http::request(url, &ready.app, &body, shared.clock.now());
            let response = http::post(&request, PATIENCE).await;
            Told { request: Some(request), response }
        }
        Callback::LongConnection => {
            let (request, response) = long::push(shared, &ready.app_id, &body, PATIENCE).await;
            Told { request, response }
        }
    }
}

fn keep(shared: &Shared, app_id: String, press: Press, result: Pressed) -> Pressed {
    let record = PressRecord { at: shared.clock.now(), app_id, press, result: result.clone() };
    shared.lock().presses.add(record);
    result
}

//! Bringing a callback to an app over one of its long connections: unencrypted, in fragments where it is large.

use super::{Fault, MAX_ANSWER, Request, Response};
use crate::feishu::callback::frame::{DATA, Frame, header};
use crate::sandbox::core::Shared;
use crate::sandbox::long::Push;
use crate::util::id::new_id;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// Sends `event` (the body of a callback) and waits for the ack. Without a connection nothing is sent.
pub(super) async fn push(shared: &Shared, app_id: &str, event: &[u8], limit: Duration) -> (Option<Request>, Result<Response, Fault>) {
    let (connection, part) = {
        let core = shared.lock();
        (core.sockets.any(app_id), core.switches.fragment_bytes)
    };
    let Some(connection) = connection else {
        let why = format!("app {app_id} has no long connection open, and no other callback");
        return (None, Err(Fault::new(200_340, why)));
    };
    let message_id = new_id();
    let sent_at = shared.clock.now().as_millisecond().to_string();
    let blank = Frame { seq_id: 1, log_id: 1, service: connection.info.service_id, method: DATA, ..Frame::default() };
    let frame = blank.with(header::TYPE, "event").with(header::MESSAGE_ID, message_id.as_str());
    let frame = frame.with(header::TRACE_ID, new_id()).with(header::TIMESTAMP, sent_at);
    let request = Request {
        url: format!("long_connection:{}", connection.info.device_id),
        headers: headers(&frame),
        body: String::from_utf8_lossy(event).into_owned(),
        event: serde_json::from_slice(event).unwrap_or(Value::Null),
    };
    let (ack, acked) = oneshot::channel();
    let queued = connection.queue.try_send(Push { message_id, frames: frame.split(event, part), ack });
    let response = match queued {
        Err(mpsc::error::TrySendError::Full(_)) => Err(Fault::new(200_080, "too much waits for this long connection")),
        Err(mpsc::error::TrySendError::Closed(_)) => Err(Fault::new(200_080, "the long connection has just ended")),
        Ok(()) => match timeout(limit, acked).await {
            Err(_) => Err(Fault::new(200_341, format!("no ack in {} s", limit.as_secs()))),
            Ok(Err(_)) => Err(Fault::new(200_080, "the long connection ended before the ack")),
            Ok(Ok(frame)) => answer(&frame),
        },
    };
    (Some(request), response)
}

/// The ack as an answer: no data is an answer that shows nothing.
fn answer(frame: &Frame) -> Result<Response, Fault> {
    if frame.payload.as_ref().is_some_and(|payload| payload.len() > MAX_ANSWER) {
        return Err(Fault::new(200_672, format!("the ack is longer than {MAX_ANSWER} bytes")));
    }
    let ack = frame.ack().map_err(|error| Fault::new(200_672, format!("the ack cannot be read: {error}")))?;
    let body = ack.answer.map_or_else(|| "{}".to_owned(), |answer| String::from_utf8_lossy(&answer).into_owned());
    Ok(Response { status: u16::try_from(ack.code).unwrap_or(500), headers: headers(frame), body })
}

fn headers(frame: &Frame) -> BTreeMap<String, String> {
    frame.headers.iter().map(|header| (header.key.clone(), header.value.clone())).collect()
}

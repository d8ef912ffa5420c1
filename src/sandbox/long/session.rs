//! One long connection: pings are answered, messages go out in fragments, acks find who waits for them.

use super::registry::{Connection, Push};
use crate::feishu::callback::frame::{DATA, Frame, Kind, header};
use crate::sandbox::core::Shared;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// How long a peer may take to read what is written.
const WRITE: Duration = Duration::from_secs(5);
/// Silence beyond two pings, after which a peer counts as gone.
const GRACE: Duration = Duration::from_secs(30);

/// Serves the connection to its end.
pub(super) async fn serve(mut socket: WebSocket, shared: &Shared, connection: &Connection, mut pushes: mpsc::Receiver<Push>) {
    let mut waiting: HashMap<String, oneshot::Sender<Frame>> = HashMap::new();
    let reason = loop {
        let silence = Duration::from_secs(u64::from(shared.lock().switches.client_config.ping_interval)) * 2 + GRACE;
        let goes_on = tokio::select! {
            () = shared.stop.cancelled() => break "the sandbox is stopping",
            () = connection.close.cancelled() => break "closed on demand",
            push = pushes.recv() => match push {
                Some(push) => send(&mut socket, push, &mut waiting).await,
                None => false,
            },
            message = timeout(silence, socket.recv()) => match message {
                Ok(Some(Ok(message))) => take(&mut socket, shared, connection, message, &mut waiting).await,
                Ok(Some(Err(_)) | None) | Err(_) => false,
            },
        };
        if !goes_on {
            break "";
        }
    };
    if !reason.is_empty() {
        let close = CloseFrame { code: close_code::AWAY, reason: reason.into() };
        let _ = timeout(WRITE, socket.send(Message::Close(Some(close)))).await;
    }
}

/// Writes a message out. Whether the connection goes on.
async fn send(socket: &mut WebSocket, push: Push, waiting: &mut HashMap<String, oneshot::Sender<Frame>>) -> bool {
    // Whoever waited for these has given up.
    waiting.retain(|_, ack| !ack.is_closed());
    waiting.insert(push.message_id, push.ack);
    for frame in push.frames {
        if !write(socket, &frame).await {
            return false;
        }
    }
    true
}

async fn write(socket: &mut WebSocket, frame: &Frame) -> bool {
    matches!(timeout(WRITE, socket.send(Message::Binary(frame.encode().into()))).await, Ok(Ok(())))
}

/// Takes a message in. Whether the connection goes on.
async fn take(
    socket: &mut WebSocket,
    shared: &Shared,
    connection: &Connection,
    message: Message,
    waiting: &mut HashMap<String, oneshot::Sender<Frame>>,
) -> bool {
    let bytes = match message {
        Message::Binary(bytes) => bytes,
        Message::Close(_) => return false,
        // Texts mean nothing here; WebSocket's own pings are answered below.
        Message::Text(_) | Message::Ping(_) | Message::Pong(_) => return true,
    };
    let Ok(frame) = Frame::read(&bytes) else {
        tracing::debug!(device_id = connection.info.device_id, "a client of the long connection sent something that is no frame");
        return true;
    };
    if frame.kind() == Kind::Ping {
        let config = shared.lock().switches.client_config;
        return write(socket, &Frame::pong(connection.info.service_id, Some(&config))).await;
    }
    if frame.method == DATA
        && let Some(ack) = frame.header(header::MESSAGE_ID).and_then(|id| waiting.remove(id))
    {
        // Nobody is there any more where the ack is late.
        let _ = ack.send(frame);
    }
    true
}

/// Ends a connection in the registry, however it ends.
pub(super) struct Listed {
    pub shared: Arc<Shared>,
    pub connection: Arc<Connection>,
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.shared.lock().sockets.closed(&self.connection.info);
    }
}

//! Sockets: bind, accept, serve one connection, let go of it.
//!
//! Our own accept loop because connection policy is ours: a cap, deadlines for the handshake and for headers,
//! errors that do not end the loop, and a graceful end per connection.

use super::peer::Connection;
use super::tls::Certificates;
use crate::telemetry::Metrics;
use axum::Router;
use axum::body::Body;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Connections open at the same time; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 1024;
/// For a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// For the headers of a request, and for an idle connection until its next one.
const HEADERS: Duration = Duration::from_secs(60);
/// After an accept error (no file handles left, mostly).
const BREATHE: Duration = Duration::from_millis(250);

/// An address that cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {addr}")]
pub struct BindError {
    /// Which address.
    pub addr: SocketAddr,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

/// Binds a listener; port 0 takes a free one.
///
/// # Errors
/// The address is in use, not ours, or not permitted.
pub async fn bind(addr: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(addr).await.map_err(|source| BindError { addr, source })
}

/// What connections are served with.
#[derive(Clone)]
pub struct Serving {
    /// Answers requests.
    pub router: Router,
    /// `None`: plain HTTP.
    pub certificates: Option<Arc<Certificates>>,
    /// Counts connections.
    pub metrics: Arc<Metrics>,
    /// Cancelled: accept nothing more, finish what is being answered, close.
    pub stop: CancellationToken,
    /// Owns the connections' tasks; wait on it for the drain.
    pub tracker: TaskTracker,
}

/// Accepts connections until `stop` is cancelled. The connections' own tasks outlive this in the tracker.
pub async fn serve(listener: TcpListener, serving: Serving) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accept = async {
            let slot = Arc::clone(&slots).acquire_owned().await.ok()?;
            Some((slot, listener.accept().await))
        };
        let accepted = tokio::select! {
            accepted = accept => accepted,
            () = serving.stop.cancelled() => return,
        };
        match accepted {
            Some((slot, Ok((stream, peer)))) => {
                let _ = stream.set_nodelay(true);
                serving.tracker.spawn(connection(stream, peer, slot, serving.clone()));
            }
            Some((_, Err(error))) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(BREATHE).await;
            }
            None => return,
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, slot: OwnedSemaphorePermit, serving: Serving) {
    let _slot = slot;
    let _open = Open::new(Arc::clone(&serving.metrics));
    match &serving.certificates {
        None => requests(stream, Connection { peer, tls: false }, serving).await,
        Some(certificates) => {
            let handshake = tokio::time::timeout(HANDSHAKE, certificates.acceptor().accept(stream));
            let greeted = tokio::select! {
                greeted = handshake => greeted,
                () = serving.stop.cancelled() => return,
            };
            match greeted {
                Ok(Ok(stream)) => requests(stream, Connection { peer, tls: true }, serving).await,
                Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
                Err(_) => tracing::debug!(%peer, "a TLS handshake took too long"),
            }
        }
    }
}

/// Serves the requests of one connection, whichever HTTP it speaks.
async fn requests(stream: impl AsyncRead + AsyncWrite + Unpin + 'static, info: Connection, serving: Serving) {
    let spoke = Arc::new(AtomicBool::new(false));
    let service = {
        let (router, spoke) = (serving.router, Arc::clone(&spoke));
        hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
            spoke.store(true, Ordering::Relaxed);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(info);
            router.clone().oneshot(request)
        })
    };
    let mut builder = auto::Builder::new(Tracked(serving.tracker.clone()));
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20))
        .max_concurrent_streams(128)
        .max_header_list_size(64 * 1024);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // The header timeout starts once the protocol is known: a peer that says nothing at all is ours to notice.
    let silent = tokio::time::sleep(HEADERS);
    tokio::pin!(silent);
    let mut stopping = false;
    let mut watching = true;
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(peer = %info.peer, %error, "a connection ended early");
                }
                return;
            }
            () = serving.stop.cancelled(), if !stopping => {
                stopping = true;
                if !spoke.load(Ordering::Relaxed) {
                    return;
                }
                connection.as_mut().graceful_shutdown();
            }
            () = silent.as_mut(), if watching => {
                watching = false;
                if !spoke.load(Ordering::Relaxed) {
                    return;
                }
            }
        }
    }
}

/// Runs the streams of an HTTP/2 connection where the drain waits for them.
#[derive(Clone)]
struct Tracked(TaskTracker);

impl<F> hyper::rt::Executor<F> for Tracked
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, stream: F) {
        self.0.spawn(stream);
    }
}

/// Counts one open connection for as long as it lives.
struct Open(Arc<Metrics>);

impl Open {
    fn new(metrics: Arc<Metrics>) -> Self {
        metrics.http_connections.inc();
        Self(metrics)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.http_connections.dec();
    }
}

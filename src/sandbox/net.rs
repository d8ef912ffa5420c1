//! Connections: accept, serve, and reset on demand.
//!
//! Its own accept loop because a fault must be able to end a connection with a TCP reset, which needs the
//! socket itself: dropped with a linger of zero it sends RST instead of FIN.

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

const MAX_CONNECTIONS: usize = 4096;
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
const DRAIN: Duration = Duration::from_millis(200);
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The other side of a connection, for handlers.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub addr: SocketAddr,
    cut: Arc<Cut>,
}

#[derive(Debug, Default)]
struct Cut {
    wanted: AtomicBool,
    wake: Notify,
}

impl Peer {
    /// Ends the connection with a TCP reset.
    pub fn reset(&self) {
        self.cut.wanted.store(true, Ordering::SeqCst);
        self.cut.wake.notify_one();
    }
}

/// A socket that is reset instead of closed when that is wanted.
struct Socket {
    stream: TcpStream,
    cut: Arc<Cut>,
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.cut.wanted.load(Ordering::SeqCst) {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[std::io::IoSlice<'_>]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Accepts until `stop`, each connection a task of `tracker`.
pub(crate) async fn serve(listener: TcpListener, router: Router, tracker: TaskTracker, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, addr)) = accepted else {
            // Out of file handles, or the peer was gone already: not a reason to stop.
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (router, stop) = (router.clone(), stop.clone());
        tracker.spawn(async move {
            connection(stream, addr, router, stop).await;
            drop(permit);
        });
    }
}

async fn connection(stream: TcpStream, addr: SocketAddr, router: Router, stop: CancellationToken) {
    let cut = Arc::new(Cut::default());
    let peer = Peer { addr, cut: Arc::clone(&cut) };
    let socket = Socket { stream, cut: Arc::clone(&cut) };
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer.clone());
        router.clone().oneshot(request)
    });
    let mut builder = http1::Builder::new();
    // The SDK reads `X-Tt-Logid` by exactly that name.
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).title_case_headers(true);
    let mut served = pin!(builder.serve_connection(TokioIo::new(socket), service).with_upgrades());
    tokio::select! {
        _ = served.as_mut() => return,
        () = cut.wake.notified() => return,
        () = stop.cancelled() => {}
    }
    served.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(DRAIN, served).await;
}

//! A tiny scripted HTTP server on the loopback for the tests of this module: answers by path, resets, cuts, hangs.
#![allow(clippy::disallowed_methods)]

use super::client::{AppClient, Timeouts};
use crate::config::settings::{App, Limits, Platform};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request as it came in.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// What to do with a request.
pub enum Act {
    /// Status, extra headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// Reset the connection without an answer.
    Reset,
    /// Promise a longer body and break off after this.
    Cut(&'static str),
    /// Never answer.
    Hang,
}

impl From<(u16, Value)> for Act {
    fn from((status, body): (u16, Value)) -> Self {
        Act::Answer(status, Vec::new(), body.to_string())
    }
}

type Handler = Arc<dyn Fn(&Request) -> Act + Send + Sync>;

#[derive(Default)]
struct Shared {
    handlers: Mutex<Vec<(String, Handler)>>,
    seen: Mutex<Vec<Request>>,
}

/// The server; ends with the test's runtime.
pub struct Script {
    pub base: String,
    shared: Arc<Shared>,
}

impl Script {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let for_task = shared.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, for_task.clone()));
            }
        });
        Self { base, shared }
    }

    /// Answers requests whose target contains `part`; the newest rule wins.
    pub fn on<A: Into<Act>>(&self, part: &str, handler: impl Fn(&Request) -> A + Send + Sync + 'static) {
        self.shared.handlers.lock().unwrap().push((part.to_owned(), Arc::new(move |r| handler(r).into())));
    }

    /// Gives tokens `t-1`, `t-2`, ...
    pub fn token_ok(&self) {
        let n = std::sync::atomic::AtomicU32::new(0);
        self.on("tenant_access_token", move |_| {
            let n = n.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            (200, json!({"code": 0, "msg": "ok", "tenant_access_token": format!("t-{n}"), "expire": 7200}))
        });
    }

    pub fn seen(&self, part: &str) -> Vec<Request> {
        self.shared.seen.lock().unwrap().iter().filter(|r| r.target.contains(part)).cloned().collect()
    }

    pub fn count(&self, part: &str) -> usize {
        self.seen(part).len()
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    while let Some(request) = read(&mut stream).await {
        let handler = shared.handlers.lock().unwrap().iter().rev().find(|(part, _)| request.target.contains(part)).map(|(_, h)| h.clone());
        shared.seen.lock().unwrap().push(request.clone());
        let act = handler.map_or_else(|| (404, json!({"code": 99991201, "msg": "no rule"})).into(), |h| h(&request));
        match act {
            Act::Answer(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nx-tt-logid: LOG\r\n", body.len());
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                if stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.is_err() {
                    return; // the client had enough
                }
            }
            Act::Reset => {
                stream.set_zero_linger().unwrap();
                return;
            }
            Act::Cut(part) => {
                stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{part}").as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                return;
            }
            Act::Hang => std::future::pending().await,
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let (mut bytes, mut buffer) = (Vec::new(), [0u8; 16384]);
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
        if bytes[0] == 0x16 {
            // A TLS greeting at a plain port: answered as servers do.
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> =
        lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_owned(), v.trim().to_owned())).collect();
    let length = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("content-length")).map_or(0, |(_, v)| v.parse().unwrap());
    while bytes.len() < head_end + 4 + length {
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
    let body = String::from_utf8_lossy(&bytes[head_end + 4..head_end + 4 + length]).into_owned();
    Some(Request { method, target, headers, body })
}

pub fn app() -> App {
    App {
        api: Default::default(),
        helpdesk: None,
        name: "ops".to_owned(),
        app_id: "cli_a1".to_owned(),
        app_secret: "planted-secret".to_owned().into(),
        platform: Platform::Sandbox,
        proxy: None,
        ca_file: None,
        limits: Limits::default(),
        tenant: "test".to_owned(),
    }
}

pub const QUICK: Timeouts =
    Timeouts { connect: Duration::from_millis(500), call: Duration::from_millis(500), upload: Duration::from_secs(2) };

pub fn client_for(server: &Script, app: &App) -> AppClient {
    client_at(&server.base, app)
}

pub fn client_at(base: &str, app: &App) -> AppClient {
    AppClient::with_timeouts(app, base, QUICK).unwrap()
}

/// An address of this machine where nothing listens.
pub async fn unused_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

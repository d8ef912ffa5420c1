//! A platform that notes what it is asked and answers what it is told to, on the loopback.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::StreamExt;
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio_util::task::TaskTracker;

/// One request as it came in.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The parts of a form.
    pub fn form(&self) -> Vec<FormPart> {
        let kind = self.header("content-type").unwrap();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap_or_else(|| panic!("{kind}"));
        let body = self.body.to_vec();
        let mark = format!("--{boundary}").into_bytes();
        let starts: Vec<usize> = (0..body.len()).filter(|at| body[*at..].starts_with(&mark)).collect();
        let parts = starts.windows(2).map(|pair| FormPart::read(&body[pair[0] + mark.len() + 2..pair[1] - 2]));
        assert!(body[starts[starts.len() - 1] + mark.len()..].starts_with(b"--"));
        parts.collect()
    }
}

/// A field of a form.
#[derive(Debug, PartialEq, Eq)]
pub struct FormPart {
    pub name: String,
    pub file_name: Option<String>,
    pub bytes: Vec<u8>,
}

impl FormPart {
    fn read(part: &[u8]) -> Self {
        let end = part.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&part[..end]).unwrap();
        let disposition = head.lines().find(|line| line.to_lowercase().starts_with("content-disposition: form-data;")).unwrap();
        let value = |key: &str| disposition.split("; ").find_map(|p| p.strip_prefix(key)?.strip_prefix("=\"")?.strip_suffix('"'));
        let file_name = value("filename").map(str::to_owned);
        Self { name: value("name").unwrap().to_owned(), file_name, bytes: part[end + 4..].to_vec() }
    }
}

/// What is answered to everything but requests for a token.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: vec![("content-type", "application/json; charset=utf-8".to_owned())], body: body.to_string().into() }
    }

    /// An error as the platform words it.
    pub fn error(status: u16, code: i64) -> Self {
        Self::json(status, &json!({"code": code, "msg": "refused", "error": {"log_id": "L"}}))
    }
}

struct Shared {
    reply: Mutex<Reply>,
    token: Mutex<Reply>,
    seen: Mutex<Vec<Seen>>,
}

/// The server; ends with the test's runtime.
pub struct Peer {
    pub base: String,
    shared: Arc<Shared>,
    _tasks: TaskTracker,
}

impl Peer {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let token = Reply::json(200, &json!({"code": 0, "msg": "ok", "tenant_access_token": "t-g1044example", "expire": 7200}));
        let none = Reply::json(404, &json!({}));
        let shared = Arc::new(Shared { reply: Mutex::new(none), token: Mutex::new(token), seen: Mutex::default() });
        let router = axum::Router::new().fallback(serve).with_state(Arc::clone(&shared));
        let tasks = TaskTracker::new();
        tasks.spawn(async move { axum::serve(listener, router).await });
        Self { base, shared, _tasks: tasks }
    }

    /// From now on this is answered.
    pub fn answers(&self, reply: Reply) {
        *self.shared.reply.lock().unwrap() = reply;
    }

    /// From now on this is answered to requests for a token.
    pub fn answers_token(&self, reply: Reply) {
        *self.shared.token.lock().unwrap() = reply;
    }

    /// What came in since the last time, in order, without the requests for a token.
    pub fn seen(&self) -> Vec<Seen> {
        let all = std::mem::take(&mut *self.shared.seen.lock().unwrap());
        all.into_iter().filter(|seen| !is_token(&seen.path)).collect()
    }

    /// The requests for a token since the last time.
    pub fn seen_token(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.shared.seen.lock().unwrap()).into_iter().filter(|seen| is_token(&seen.path)).collect()
    }
}

fn is_token(path: &str) -> bool {
    path == "/open-apis/auth/v3/tenant_access_token/internal"
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let query = url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let body = axum::body::to_bytes(body, 64 << 20).await.unwrap();
    let reply = if is_token(&path) { &shared.token } else { &shared.reply }.lock().unwrap().clone();
    shared.seen.lock().unwrap().push(Seen { method: head.method.to_string(), path, query, headers: head.headers, body });
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    if reply.headers.iter().all(|(name, _)| *name != "content-length") {
        return response.body(Body::from(reply.body)).unwrap();
    }
    // What promises more than it sends lets the reader wait for the rest.
    let start = futures_util::stream::once(async move { Ok::<_, std::convert::Infallible>(reply.body) });
    response.body(Body::from_stream(start.chain(futures_util::stream::pending()))).unwrap()
}

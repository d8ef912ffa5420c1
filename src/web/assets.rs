//! Styles and scripts, in the binary. Their addresses name their content, so that a browser keeps them for ever.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, StatusCode, header};
use std::sync::LazyLock;

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A file of the pages.
#[derive(Debug)]
pub struct Asset {
    name: &'static str,
    kind: &'static str,
    body: &'static str,
}

/// The look of all pages.
pub static BASE: Asset = Asset { name: "base.css", kind: CSS, body: include_str!("assets/base.css") };
/// The look of messages as Feishu draws them.
pub static MESSAGES: Asset = Asset { name: "messages.css", kind: CSS, body: crate::draw::CSS };
/// The look of the sandbox's inbox.
pub static INBOX: Asset = Asset { name: "inbox.css", kind: CSS, body: include_str!("assets/inbox.css") };
/// What every page can do.
pub static ACT: Asset = Asset { name: "act.js", kind: SCRIPT, body: include_str!("assets/act.js") };
/// The look of the console.
pub static CONSOLE: Asset = Asset { name: "console.css", kind: CSS, body: include_str!("assets/console.css") };
/// What the playground does.
pub static PLAYGROUND: Asset = Asset { name: "playground.js", kind: SCRIPT, body: include_str!("assets/playground.js") };
/// What the console's lists and the routing tree do.
pub static CONSOLE_SCRIPT: Asset = Asset { name: "console.js", kind: SCRIPT, body: include_str!("assets/console.js") };
/// What keeps an open page true.
pub static LIVE: Asset = Asset { name: "live.js", kind: SCRIPT, body: include_str!("assets/live.js") };
/// What the inbox's buttons do.
pub static INBOX_SCRIPT: Asset = Asset { name: "inbox.js", kind: SCRIPT, body: include_str!("assets/inbox.js") };
/// The sign in the browser's tab.
pub static SIGN: Asset = Asset { name: "sign.svg", kind: SVG, body: include_str!("assets/sign.svg") };

static ALL: [&Asset; 10] = [&BASE, &MESSAGES, &INBOX, &CONSOLE, &ACT, &LIVE, &INBOX_SCRIPT, &CONSOLE_SCRIPT, &PLAYGROUND, &SIGN];

/// One digest for all: scripts import each other by relative addresses, and must be the same ones as the page names.
static DIGEST: LazyLock<String> = LazyLock::new(|| {
    let bodies = ALL.map(|asset| asset.body);
    crate::util::id::hash_id(&bodies).chars().take(12).collect()
});

impl Asset {
    /// Where it is served.
    pub fn address(&self) -> String {
        format!("/-/assets/{}/{}", *DIGEST, self.name)
    }
}

/// The route of all assets; open to everybody, for there is nothing in them.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/-/assets/{digest}/{name}", get(serve))
}

async fn serve(Path((digest, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(asset) = ALL.iter().find(|asset| asset.name == name) else { return StatusCode::NOT_FOUND.into_response() };
    let tag = format!("\"{digest}\"");
    // An address of another build shows what there is, but is not kept.
    let current = digest == *DIGEST;
    if current && headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut response = asset.body.into_response();
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    out.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let keep = if current { "public, max-age=31536000, immutable" } else { "no-store" };
    out.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    if let (true, Ok(tag)) = (current, HeaderValue::from_str(&tag)) {
        out.insert(header::ETAG, tag);
    }
    response
}

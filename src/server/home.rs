//! `GET /`: a plain page that says what runs here. Without script; the console takes its place later.

use super::state::Shared;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use std::fmt::Write;
use std::sync::Arc;

/// The page.
pub async fn page(State(shared): State<Arc<Shared>>) -> Response {
    let live = shared.live.load_full();
    let mut rows = String::new();
    for (name, source) in &live.sources {
        let _ = write!(rows, "<tr><td><code>/hook/{}</code></td><td>{}</td></tr>", escape(name), escape(source.settings().kind.as_str()));
    }
    let stats = match shared.store.stats().await {
        Ok(stats) => format!(
            "{} open incidents, {} messages to bring up to date, {} parked targets, {} dead letters",
            stats.open_incidents, stats.ready, stats.parked, stats.dead
        ),
        Err(_) => "the store cannot be read".to_owned(),
    };
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>larkhook</title><style>{STYLE}</style>\
         <h1>larkhook {version}</h1><p>{stats}.</p>\
         <h2>Sources</h2><table>{rows}</table>\
         <h2>Look closer</h2><ul>{LINKS}</ul></html>",
        version = env!("CARGO_PKG_VERSION"),
    );
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    headers
        .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#1f2329}\
    td{padding:.2rem 1.5rem .2rem 0}code{background:#f2f3f5;padding:.1rem .3rem;border-radius:3px}\
    @media(prefers-color-scheme:dark){body{background:#1a1a1a;color:#e0e0e0}code{background:#2b2b2b}a{color:#8ab4ff}}";

const LINKS: &str = "<li><a href=\"/-/ready\">/-/ready</a>: store, configuration, backlog</li>\
    <li><a href=\"/metrics\">/metrics</a>: for Prometheus</li>\
    <li><a href=\"/api/v1/incidents\">/api/v1/incidents</a>, <a href=\"/api/v1/messages\">messages</a>, <a href=\"/api/v1/jobs\">jobs</a>: as JSON</li>";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

//! Bringing a callback to an app's URL: plain, or encrypted and signed; once, in three seconds, without redirects.

use super::{Fault, MAX_ANSWER, Request, Response};
use crate::feishu::callback::crypt::{BLOCK, CryptKey};
use crate::feishu::callback::{envelope, signature};
use crate::feishu::tls;
use crate::sandbox::apps::App;
use crate::util::id::new_id;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::timeout;

/// Name, TCP and TLS together.
const CONNECT: Duration = Duration::from_secs(2);

/// The request that carries `event` (the decrypted body), with the headers of the platform.
pub(crate) fn request(url: &str, app: &App, event: &[u8], now: Timestamp) -> Request {
    let mut headers =
        BTreeMap::from([("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned()), ("X-Request-Id".to_owned(), new_id())]);
    let shown = serde_json::from_slice(event).unwrap_or(Value::Null);
    let body = if app.encrypt_key.is_empty() {
        event.to_vec()
    } else {
        envelope::encrypted_body(&CryptKey::new(&app.encrypt_key).encrypt(event, rand::random::<[u8; BLOCK]>()))
    };
    // A challenge is not signed.
    if !app.encrypt_key.is_empty() && shown.get("type").and_then(Value::as_str) != Some("url_verification") {
        let (timestamp, nonce) = (now.as_second().to_string(), new_id());
        let signed = signature::sign(&timestamp, &nonce, &app.encrypt_key, &body);
        headers.extend([
            (signature::TIMESTAMP.to_owned(), timestamp),
            (signature::NONCE.to_owned(), nonce),
            (signature::SIGNATURE.to_owned(), signed),
        ]);
    }
    Request { url: url.to_owned(), headers, body: String::from_utf8_lossy(&body).into_owned(), event: shown }
}

/// Makes the request; whatever comes back within `limit` is an answer.
pub(crate) async fn post(request: &Request, limit: Duration) -> Result<Response, Fault> {
    let url = url::Url::parse(&request.url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or_else(|| Fault::new(200_340, format!("the callback URL {:?} is no http or https URL", request.url)))?;
    let late = || Fault::new(200_341, format!("no answer in {} s", limit.as_secs()));
    timeout(limit, exchange(url, request)).await.unwrap_or_else(|_| Err(late()))
}

async fn exchange(url: url::Url, request: &Request) -> Result<Response, Fault> {
    let (host, port) = (url.host_str().unwrap_or_default().to_owned(), url.port_or_known_default().unwrap_or(80));
    // Only to tell a name that nobody has from a place where nobody listens.
    let found = timeout(CONNECT, tokio::net::lookup_host((host.trim_matches(['[', ']']), port))).await;
    if !matches!(found, Ok(Ok(_))) {
        return Err(Fault::new(200_343, format!("the name {host} does not resolve")));
    }
    let client = client(&url).map_err(|error| Fault::new(200_080, format!("no HTTPS client (are CA certificates installed?): {error}")))?;
    let mut call = client.post(url).body(request.body.clone());
    for (name, value) in &request.headers {
        call = call.header(name, value);
    }
    let response = call.send().await.map_err(|error| unanswered(&error))?;
    let (status, headers) = (response.status().as_u16(), shown(response.headers()));
    let body = read(response).await?;
    Ok(Response { status, headers, body })
}

/// A client for one call: nothing is kept open, so that each press finds out whether somebody listens.
fn client(url: &url::Url) -> reqwest::Result<reqwest::Client> {
    tls::init();
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT)
        .pool_max_idle_per_host(0)
        // Apps that do not fold the names of headers look for `X-Lark-Signature`, as the official Python SDK does.
        .http1_title_case_headers()
        .no_proxy();
    // Without TLS no CA certificates are asked for.
    if url.scheme() == "http" { builder.tls_certs_only([]).build() } else { builder.build() }
}

fn unanswered(error: &reqwest::Error) -> Fault {
    if error.is_connect() {
        Fault::new(200_342, "the connection was refused, not made in 2 s, or its TLS failed")
    } else {
        Fault::new(200_080, "the connection ended before the answer was whole")
    }
}

async fn read(mut response: reqwest::Response) -> Result<String, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unanswered(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(Fault::new(200_672, format!("the answer is longer than {MAX_ANSWER} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

fn shown(headers: &http::HeaderMap) -> BTreeMap<String, String> {
    headers.iter().map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

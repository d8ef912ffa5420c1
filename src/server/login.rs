//! Logging in and out by a browser: a form, a cookie, and back to where one wanted to go.
//!
//! Programs use Bearer or Basic credentials and need none of this. [`asked`] says whether a page has to show the form.

use super::access::Who;
use super::audit::{self, write};
use super::error::{ApiError, ErrorCode};
use super::health::Head;
use super::peer::Connection;
use super::session::LONGEST;
use super::state::Shared;
use crate::store::Audit;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// Behind HTTPS; a browser takes a cookie of this name from this host only.
const SECURE: &str = "__Host-larkhook_session";
/// On this machine by plain HTTP.
const PLAIN: &str = "larkhook_session";
/// Longest body of a form.
const LARGEST: usize = 16 * 1024;

/// What a log-in page needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Who is logged in or let in already; `None`: show the form.
    pub who: Option<Who>,
    /// There are users with passwords; without any a form is of no use.
    pub by_password: bool,
    /// Where to go after it.
    pub next: String,
    /// The attempt before failed: `wrong` or `slow` (too many of them).
    pub failed: Option<String>,
}

/// Whether a log-in page has to be shown, and what it needs to know.
pub async fn asked(shared: &Shared, head: Head) -> Asked {
    let parameter = |name: &str| {
        let query = head.uri().query().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    };
    let next = local(parameter("next").as_deref());
    let failed = parameter("failed").filter(|word| matches!(word.as_str(), "wrong" | "slow"));
    let live = shared.live.load_full();
    let by_password = live.settings.server.auth.as_ref().is_some_and(|auth| !auth.users.is_empty());
    Asked { who: super::health::who(shared, head).await.ok(), by_password, next, failed }
}

/// A user and a password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    user: String,
    password: String,
}

/// Logs in: a form of a browser, which is sent on, or JSON.
pub async fn log_in(
    State(shared): State<Arc<Shared>>,
    Extension(connection): Extension<Connection>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let (user, result) = match read(&headers, body) {
        Ok(asked) => {
            let result = shared
                .access
                .log_in(&shared.live.load_full().settings.server, connection, &headers, &uri, &asked.user, &asked.password)
                .await;
            (asked.user, result)
        }
        Err(error) => (String::new(), Err(error)),
    };
    let by_form = wants_html(&headers);
    let query = uri.query().unwrap_or_default();
    let next = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "next").map(|(_, value)| value.into_owned());
    let next = local(next.as_deref());
    let action = if result.is_ok() { "login" } else { "login_refused" };
    let code = result.as_ref().err().map_or("ok", |error| error.code);
    let object: String = user.chars().filter(|c| !c.is_control()).take(60).collect();
    let who = if result.is_ok() { object.clone() } else { "unknown".to_owned() };
    let peer = audit::peer(&shared, Some(connection), &headers);
    let at = shared.clock.now();
    // Who may not even try any more is not written down again and again.
    if result.as_ref().err().is_none_or(|error| error.status == StatusCode::UNAUTHORIZED) {
        write(&shared, Audit { at, who, peer, action: action.to_owned(), object, incident: None, result: code.to_owned() }).await;
    }
    match result {
        Ok(token) => {
            let mut response = if by_form { to(&next) } else { Json(json!({ "status": "logged_in", "user": user })).into_response() };
            let secure = is_secure(&shared, connection, &headers);
            set(&mut response, &cookie(secure, &token, LONGEST.as_secs()));
            response
        }
        Err(error) if by_form && matches!(error.status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS) => {
            let failed = if error.status == StatusCode::UNAUTHORIZED { "wrong" } else { "slow" };
            let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let mut response = to(&format!("/login?failed={failed}&next={next}"));
            response.extensions_mut().insert(ErrorCode(error.code));
            response
        }
        Err(error) => error.into_response(),
    }
}

/// Logs out: the session is over, here and in the browser.
pub async fn log_out(
    State(shared): State<Arc<Shared>>,
    Extension(connection): Extension<Connection>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    if let Err(error) = super::access::same_site(&http::Method::POST, &uri, &headers) {
        return error.into_response();
    }
    let user = token(&headers).and_then(|token| shared.access.sessions.end(token));
    if let Some(user) = user {
        let peer = audit::peer(&shared, Some(connection), &headers);
        let at = shared.clock.now();
        let audit =
            Audit { at, who: user.clone(), peer, action: "logout".to_owned(), object: user, incident: None, result: "ok".to_owned() };
        write(&shared, audit).await;
    }
    let mut response = if wants_html(&headers) { to("/login") } else { Json(json!({ "status": "logged_out" })).into_response() };
    for secure in [true, false] {
        set(&mut response, &cookie(secure, "", 0));
    }
    response
}

/// Where a page sends whoever is not logged in; `None`: it is no page of a browser, and the refusal stands.
pub fn instead_of(refusal: &ApiError, method: &http::Method, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    let path = uri.path();
    let page = method == http::Method::GET && !path.starts_with("/api/") && !path.starts_with("/-/") && wants_html(headers);
    if !page || refusal.status != StatusCode::UNAUTHORIZED {
        return None;
    }
    let here = uri.path_and_query().map_or(path, http::uri::PathAndQuery::as_str);
    let next: String = url::form_urlencoded::byte_serialize(here.as_bytes()).collect();
    Some(to(&format!("/login?next={next}")))
}

/// The session's token in the cookies of a request.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut plain = None;
    for (name, value) in pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(_, value)| !value.is_empty()) {
        match name {
            // Nobody but this host can have set it.
            SECURE => return Some(value),
            PLAIN => plain = plain.or(Some(value)),
            _ => {}
        }
    }
    plain
}

fn read(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Credentials, ApiError> {
    let body = body.map_err(|error| super::api::unread(error.status(), error.body_text()))?;
    if body.len() > LARGEST {
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "a user and a password are shorter"));
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") {
        return serde_json::from_slice(&body).map_err(|_| ApiError::bad_request("invalid_payload", "send `user` and `password`"));
    }
    let mut fields = url::form_urlencoded::parse(&body);
    let mut field = |wanted: &str| fields.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    match (field("user"), field("password")) {
        (Some(user), Some(password)) => Ok(Credentials { user, password }),
        _ => Err(ApiError::bad_request("invalid_payload", "send `user` and then `password`, as a form or as JSON")),
    }
}

/// A path on this server, and no other place: what a stranger may have put into a link.
fn local(next: Option<&str>) -> String {
    let right = |next: &&str| {
        next.starts_with('/')
            && !next.starts_with("//")
            && !next.contains('\\')
            && next.bytes().all(|b| b.is_ascii_graphic())
            && next.len() < 2000
    };
    next.filter(right).filter(|next| !next.starts_with("/login")).unwrap_or("/").to_owned()
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/html"))
}

/// By TLS of ours, or of a proxy that is trusted and says so.
fn is_secure(shared: &Shared, connection: Connection, headers: &HeaderMap) -> bool {
    let trusted = &shared.live.load().settings.server.trusted_proxies;
    let peer = connection.peer.ip().to_canonical();
    let says = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    connection.tls || trusted.iter().any(|net| net.contains(&peer)) && says.is_some_and(|proto| proto.eq_ignore_ascii_case("https"))
}

fn cookie(secure: bool, token: &str, seconds: u64) -> String {
    let (name, more) = if secure { (SECURE, "; Secure") } else { (PLAIN, "") };
    format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{more}")
}

fn set(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn to(place: &str) -> Response {
    let place = HeaderValue::from_str(place).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(LOCATION, place)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for (next, place) in [
            ("/jobs?state=dead", "/jobs?state=dead"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\r\nSet-Cookie: x", "/"),
            ("/login?next=/login", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(Some(next)), place, "{next}");
        }
        assert_eq!(local(None), "/");
    }

    #[test]
    fn the_cookie_says_what_it_must() {
        let secure = cookie(true, "t", 9);
        assert_eq!(secure, "__Host-larkhook_session=t; Path=/; Max-Age=9; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(cookie(false, "", 0), "larkhook_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=b; larkhook_session="));
        assert_eq!(token(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("larkhook_session=planted; __Host-larkhook_session=tok"));
        assert_eq!(token(&headers), Some("tok"));
    }
}

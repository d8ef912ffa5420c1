//! Who may open console, API and reload.
//!
//! With `server.auth`: its bearer token or one of its users, always. Without: only true loopback, which is a
//! loopback peer, no forwarding header and a loopback `Host`, so that neither a proxy on this machine nor a web page
//! that re-points its name (DNS rebinding) gets in. Writes that a browser sends for another site are refused in both.

use super::error::ApiError;
use super::login;
use super::peer::{Connection, client_ip, is_forwarded};
use super::session::{Failures, Sessions};
use crate::config::settings::{Server, ServerAuth};
use crate::web::guard;
use argon2::password_hash::{PasswordHash, PasswordVerifier};
use base64::Engine;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method, Uri};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How long a password that was right need not be hashed again.
const REMEMBER: Duration = Duration::from_secs(60);
/// Passwords hashed at the same time; each takes tens of megabytes and a core.
const PARALLEL: usize = 2;
/// How long a log-in waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// Verified for unknown users so that they take as long as known ones.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bGFya2hvb2stZGVjb3k$3a5cUJ0pVQXnYJtYkEHZtBz6Vd1gqJx8bN2h0mC4Q9o";
const CHALLENGE: &str = r#"Basic realm="larkhook", charset="UTF-8""#;
const CHALLENGE_BEARER: &str = r#"Bearer realm="larkhook""#;

/// Who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Somebody on this machine.
    Local,
    /// The holder of the bearer token.
    Token,
    /// A user of `server.auth.users`.
    User(String),
}

impl Who {
    /// A name for acknowledgements and logs.
    pub fn name(&self) -> &str {
        match self {
            Who::Local => "local",
            Who::Token => "api",
            Who::User(name) => name,
        }
    }
}

/// What of a request decides about access.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Where it came from.
    pub connection: Connection,
    /// Method.
    pub method: &'a Method,
    /// Target.
    pub uri: &'a Uri,
    /// Headers.
    pub headers: &'a HeaderMap,
}

/// Checks access and remembers for a while which passwords were right.
#[derive(Debug)]
pub struct Access {
    /// Digests of (user, password, hash) that verified, and until when they count.
    verified: Mutex<HashMap<[u8; 32], Instant>>,
    /// Mixed into the digests: what is in memory is of no use elsewhere.
    salt: [u8; 32],
    turns: Arc<Semaphore>,
    /// Browsers that are logged in.
    pub sessions: Sessions,
    failures: Failures,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            verified: Mutex::default(),
            salt: rand::random(),
            turns: Arc::new(Semaphore::new(PARALLEL)),
            sessions: Sessions::default(),
            failures: Failures::default(),
        }
    }
}

impl Access {
    /// Lets a request in or says why not.
    ///
    /// # Errors
    /// 401 without or with wrong credentials, 403 where only this machine may ask or another site asks through a browser.
    pub async fn check(&self, server: &Server, asked: Asked<'_>) -> Result<Who, ApiError> {
        let who = match &server.auth {
            Some(auth) => self.credentials(auth, server, asked).await?,
            None => true_loopback(asked)?,
        };
        same_site(asked.method, asked.uri, asked.headers)?;
        Ok(who)
    }

    /// Begins a session with a user's password; returns the cookie's value.
    ///
    /// # Errors
    /// 401: wrong; 403: another site asks; 404: there are no users; 429: this address failed too often; 503.
    pub async fn log_in(
        &self,
        server: &Server,
        connection: Connection,
        headers: &HeaderMap,
        uri: &Uri,
        user: &str,
        password: &str,
    ) -> Result<String, ApiError> {
        same_site(&Method::POST, uri, headers)?;
        let users = server.auth.as_ref().map(|auth| &auth.users).filter(|users| !users.is_empty());
        let Some(users) = users else { return Err(ApiError::not_found("nobody logs in here: server.auth has no users")) };
        let known = users.get(user);
        let ip = client_ip(connection.peer.ip(), headers, &server.trusted_proxies);
        let right = self.password(user, password, known, ip).await?;
        match known.filter(|_| right) {
            Some(phc) => Ok(self.sessions.begin(user, phc.expose_secret())),
            None => Err(ApiError::unauthorized(CHALLENGE_BEARER, "user or password is wrong")),
        }
    }

    async fn credentials(&self, auth: &ServerAuth, server: &Server, asked: Asked<'_>) -> Result<Who, ApiError> {
        let headers = asked.headers;
        // A browser would ask for a password by itself, in a window of its own, in the middle of a page.
        let by_script = headers.contains_key("sec-fetch-mode");
        let challenge = if auth.users.is_empty() || by_script { CHALLENGE_BEARER } else { CHALLENGE };
        let refuse = |why: &str| ApiError::unauthorized(challenge, why);
        let ip = client_ip(asked.connection.peer.ip(), headers, &server.trusted_proxies);
        let Some(value) = headers.get(AUTHORIZATION) else {
            let user =
                login::token(headers).and_then(|token| self.sessions.user(token, |user| Some(auth.users.get(user)?.expose_secret())));
            return user.map(Who::User).ok_or_else(|| refuse("this needs the credentials of server.auth"));
        };
        let (scheme, rest) = value.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
        if scheme.eq_ignore_ascii_case("bearer") {
            let right = auth.bearer_token.as_ref().is_some_and(|token| equal(token.expose_secret(), rest.trim()));
            if right {
                return Ok(Who::Token);
            }
            self.failed(ip)?;
            return Err(refuse("this bearer token is not the one of server.auth"));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return Err(refuse("use Basic or Bearer credentials"));
        }
        let decoded = base64::engine::general_purpose::STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let Some((user, password)) = decoded.as_deref().and_then(|text| text.split_once(':')) else {
            return Err(refuse("these Basic credentials cannot be read"));
        };
        let known = auth.users.get(user);
        if self.password(user, password, known, ip).await? {
            Ok(Who::User(user.to_owned()))
        } else {
            Err(refuse("user or password is wrong"))
        }
    }

    /// Verifies a password off the runtime's threads, a few at a time.
    ///
    /// # Errors
    /// 429: this address failed too often; 503: too many log-ins at once.
    async fn password(&self, user: &str, password: &str, known: Option<&SecretString>, ip: IpAddr) -> Result<bool, ApiError> {
        let phc = known.map_or(DECOY, |hash| hash.expose_secret()).to_owned();
        let digest = self.digest(user, password, &phc);
        if known.is_some() && self.remembers(&digest) {
            return Ok(true);
        }
        self.slow_down(ip)?;
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(ApiError::unavailable("overloaded", "too many log-ins at once")) };
        let password = password.to_owned();
        let verified = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let hash = PasswordHash::new(&phc).ok()?;
            argon2::Argon2::default().verify_password(password.as_bytes(), &hash).ok()
        });
        let right = verified.await.ok().flatten().is_some() && known.is_some();
        if right {
            self.remember(digest);
        } else {
            self.failures.count(ip);
        }
        Ok(right)
    }

    /// Credentials of an address were wrong.
    fn failed(&self, ip: IpAddr) -> Result<(), ApiError> {
        self.slow_down(ip)?;
        self.failures.count(ip);
        Ok(())
    }

    fn slow_down(&self, ip: IpAddr) -> Result<(), ApiError> {
        let Some(left) = self.failures.blocked(ip) else { return Ok(()) };
        let mut error =
            ApiError::new(http::StatusCode::TOO_MANY_REQUESTS, "too_many_failures", "this address sent wrong credentials too often; wait");
        error.retry_after = Some(u32::try_from(left.as_secs()).unwrap_or(0) + 1);
        Err(error)
    }

    fn digest(&self, user: &str, password: &str, phc: &str) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.salt);
        for part in [user, password, phc] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }

    fn remembers(&self, digest: &[u8; 32]) -> bool {
        let verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        verified.get(digest).is_some_and(|until| *until > Instant::now())
    }

    fn remember(&self, digest: [u8; 32]) {
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        verified.retain(|_, until| *until > now);
        verified.insert(digest, now + REMEMBER);
    }
}

/// Compares without telling by its duration how much is right; only the length shows.
pub fn equal(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// The three conditions of true loopback.
fn true_loopback(asked: Asked<'_>) -> Result<Who, ApiError> {
    let why = if !asked.connection.peer.ip().to_canonical().is_loopback() {
        "without server.auth this answers on this machine only"
    } else if is_forwarded(asked.headers) {
        "without server.auth this does not answer through a proxy"
    } else if !guard::host(asked.headers, asked.uri).is_some_and(guard::is_loopback_host) {
        "without server.auth this answers under a loopback name only, such as localhost"
    } else {
        return Ok(Who::Local);
    };
    Err(ApiError::forbidden("loopback_only", format!("{why}; set server.auth to open it")))
}

/// A browser says which site a write comes from; other sites may not write.
///
/// # Errors
/// 403: it comes from another site.
pub fn same_site(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), ApiError> {
    guard::same_site(method, uri, headers).map_err(|other| ApiError::forbidden("cross_site", other.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use argon2::password_hash::{PasswordHasher, SaltString};
    use http::HeaderValue;

    fn server(auth: Option<ServerAuth>) -> Server {
        Server {
            listen: "127.0.0.1:0".parse().unwrap(),
            max_body: 1024,
            tls: None,
            public_url: None,
            trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
            auth,
        }
    }

    fn ask(server: &Server, peer: &str, method: Method, pairs: &[(&'static str, &str)]) -> Result<Who, ApiError> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let uri: Uri = "/api/v1/jobs".parse().unwrap();
        let connection = Connection { peer: format!("{peer}:4711").parse().unwrap(), tls: false };
        let asked = Asked { connection, method: &method, uri: &uri, headers: &headers };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let access = Access::default();
        let first = runtime.block_on(access.check(server, asked));
        assert_eq!(first, runtime.block_on(access.check(server, asked)), "remembered or not, the verdict is the same");
        first
    }

    #[test]
    fn true_loopback_is_three_conditions() {
        let server = server(None);
        let code = |peer, pairs: &[(&'static str, &str)]| ask(&server, peer, Method::GET, pairs).map_err(|e| e.code);
        assert_eq!(code("127.0.0.1", &[("host", "localhost:8064")]), Ok(Who::Local));
        assert_eq!(code("[::1]", &[("host", "[::1]:8064")]), Ok(Who::Local));
        assert_eq!(code("10.1.1.1", &[("host", "localhost")]), Err("loopback_only"));
        // a trusted proxy on this machine does not make its clients local
        assert_eq!(code("127.0.0.1", &[("host", "localhost"), ("x-forwarded-for", "127.0.0.1")]), Err("loopback_only"));
        assert_eq!(code("127.0.0.1", &[("host", "localhost"), ("forwarded", "for=127.0.0.1")]), Err("loopback_only"));
        // DNS rebinding
        assert_eq!(code("127.0.0.1", &[("host", "evil.example")]), Err("loopback_only"));
        assert_eq!(code("127.0.0.1", &[]), Err("loopback_only"));
    }

    #[test]
    fn other_sites_may_not_write() {
        let server = server(None);
        let code = |method, pairs: &[(&'static str, &str)]| ask(&server, "127.0.0.1", method, pairs).map_err(|e| e.code);
        let host = ("host", "localhost:8064");
        assert_eq!(code(Method::POST, &[host, ("origin", "http://localhost:8064")]), Ok(Who::Local));
        assert_eq!(code(Method::POST, &[host, ("origin", "https://evil.example")]), Err("cross_site"));
        assert_eq!(code(Method::POST, &[host, ("origin", "null")]), Err("cross_site"));
        assert_eq!(code(Method::POST, &[host, ("origin", "http://localhost:3000")]), Err("cross_site"));
        assert_eq!(code(Method::POST, &[host, ("sec-fetch-site", "cross-site")]), Err("cross_site"));
        assert_eq!(code(Method::POST, &[host]), Ok(Who::Local));
        assert_eq!(code(Method::GET, &[host, ("origin", "https://evil.example")]), Ok(Who::Local));
    }

    #[test]
    fn users_and_token() {
        let salt = SaltString::encode_b64(b"0123456789abcdef").unwrap();
        let cheap = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, argon2::Params::new(64, 1, 1, None).unwrap());
        let phc = cheap.hash_password("跳-pa:ss".as_bytes(), &salt).unwrap().to_string();
        let auth = ServerAuth { bearer_token: Some("t0ken".into()), users: [("ops".to_owned(), phc.into())].into() };
        let server = server(Some(auth));
        let basic = |text: &str| format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text));
        let as_who = |value: &str| ask(&server, "192.0.2.1", Method::POST, &[("host", "x"), ("authorization", value)]);
        assert_eq!(as_who(&basic("ops:跳-pa:ss")), Ok(Who::User("ops".into())));
        assert_eq!(as_who("bearer t0ken"), Ok(Who::Token));
        for wrong in [
            basic("ops:nope"),
            basic("nobody:跳-pa:ss"),
            basic("ops"),
            "Bearer t0ke".into(),
            "Bearer ".into(),
            "Digest x".into(),
            "".into(),
        ] {
            let error = as_who(&wrong).unwrap_err();
            assert_eq!((error.status.as_u16(), error.challenge), (401, Some(CHALLENGE)), "{wrong}");
        }
        // loopback gets no discount
        assert!(ask(&server, "127.0.0.1", Method::GET, &[("host", "localhost")]).is_err());
    }

    #[test]
    fn decoy_is_a_hash_that_costs_something() {
        assert!(PasswordHash::new(DECOY).is_ok_and(|hash| hash.hash.is_some()));
    }
}

//! HTTP as the platform's clients need it: how a client is built, and one exchange told apart into answered,
//! certainly not sent, and unknown. No redirects, no retries, bodies read up to a bound.

use super::error::{Answer, Doubt, NotSentReason, Outcome, ParseAs, Timed, UnknownReason};
use super::tls;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// Longest answer read, in bytes. The longest the platform gives (a page of history) is far below.
const LONGEST_ANSWER: usize = 4 << 20;

/// Longest file read, in bytes: the platform gives none above 100 MB.
pub const LONGEST_DOWNLOAD: usize = 100 << 20;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Name, TCP, proxy and TLS together.
    pub connect: Duration,
    /// A JSON call from start to the last byte.
    pub call: Duration,
    /// An upload from start to the last byte.
    pub upload: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), call: Duration::from_secs(10), upload: Duration::from_secs(60) }
    }
}

/// Why a client cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The base address is no absolute http or https URL.
    #[error("{what} is not an absolute http or https URL")]
    Url {
        /// Which one (never the value: webhook URLs are secrets).
        what: String,
    },
    /// A custom bot of the first generation, which takes plain text only.
    #[error(
        "custom bot {name}: this is a webhook of the first generation (/bot/hook/), which only takes plain text; create the bot anew to get /bot/v2/hook/"
    )]
    OldHook {
        /// The bot's name.
        name: String,
    },
    /// The proxy is not usable.
    #[error("proxy is not usable")]
    Proxy(#[source] reqwest::Error),
    /// The extra roots could not be read.
    #[error("ca_file {path} could not be read")]
    CaRead {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The extra roots are no PEM certificates.
    #[error("ca_file {path} holds no PEM certificate")]
    CaPem {
        /// The file.
        path: PathBuf,
    },
    /// The TLS side could not be set up; mostly no CA certificates on this machine.
    #[error("the HTTPS client could not be built (are CA certificates installed?)")]
    Client(#[source] reqwest::Error),
}

/// Builds a client for one base URL.
pub(super) fn build(
    base: &url::Url,
    proxy: Option<&str>,
    ca_file: Option<&Path>,
    timeouts: Timeouts,
) -> Result<reqwest::Client, BuildError> {
    tls::init();
    let proxy = match proxy {
        Some(proxy) => Some(reqwest::Proxy::all(proxy).map_err(|e| BuildError::Proxy(e.without_url()))?),
        None => None,
    };
    let builder = || {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("larkhook/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.call)
            .pool_idle_timeout(Duration::from_secs(45))
            // Without pings a connection that went silent would hold every call until TCP gives up, many minutes later.
            .http2_keep_alive_interval(Duration::from_secs(15))
            .http2_keep_alive_timeout(Duration::from_secs(5));
        match &proxy {
            Some(proxy) => builder.proxy(proxy.clone()),
            None if is_loopback(base) => builder.no_proxy(), // a sandbox on this machine is not behind HTTP_PROXY
            None => builder,
        }
    };
    let fails = |error: reqwest::Error| BuildError::Client(error.without_url());
    match ca_file {
        // No TLS: do not demand CA certificates of the machine (the builder fails without any).
        _ if base.scheme() == "http" => builder().tls_certs_only([]).build().map_err(fails),
        None => builder().build().map_err(fails),
        Some(path) => {
            let roots = read_roots(path)?;
            // A machine without CA certificates of its own (a slim image) still has the private ones.
            builder().tls_certs_merge(roots.clone()).build().or_else(|_| builder().tls_certs_only(roots).build()).map_err(fails)
        }
    }
}

fn read_roots(path: &Path) -> Result<Vec<reqwest::Certificate>, BuildError> {
    let pem = std::fs::read(path).map_err(|source| BuildError::CaRead { path: path.to_owned(), source })?;
    reqwest::Certificate::from_pem_bundle(&pem)
        .ok()
        .filter(|roots| !roots.is_empty())
        .ok_or_else(|| BuildError::CaPem { path: path.to_owned() })
}

/// Reads a base or webhook URL.
pub(super) fn parse_url(text: &str, what: &str) -> Result<url::Url, BuildError> {
    url::Url::parse(text.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| BuildError::Url { what: what.to_owned() })
}

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Sends one request and reads the answer, without the `secrets` that it may echo. Dropping the future drops the
/// connection; the outcome is then unknown.
pub(super) async fn exchange(request: reqwest::RequestBuilder, parse: ParseAs, secrets: &[&str]) -> Timed<Outcome> {
    let start = Instant::now();
    let value = exchange_untimed(request, parse, secrets).await;
    Timed { value, took: start.elapsed() }
}

/// A file or image that was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Download {
    /// As the platform says; empty where it says nothing.
    pub content_type: String,
    /// The file's name, where the platform names it.
    pub file_name: Option<String>,
    /// The file.
    pub bytes: bytes::Bytes,
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Download({}, {} bytes)", self.content_type, self.bytes.len())
    }
}

/// Sends a request for a file. The platform's JSON and somebody's web page are no file: files of such types come with a
/// name.
pub(super) async fn download(request: reqwest::RequestBuilder, secrets: &[&str]) -> Result<Download, Outcome> {
    let response = request.send().await.map_err(|error| not_answered(&error.without_url()))?;
    let (http, headers) = (response.status().as_u16(), response.headers().clone());
    let header = |name: http::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let content_type = header(http::header::CONTENT_TYPE).to_owned();
    let disposition = header(http::header::CONTENT_DISPOSITION);
    let is_file = http == 200 && (!disposition.is_empty() || !["json", "html"].iter().any(|word| content_type.contains(word)));
    let body = read_body(response, if is_file { LONGEST_DOWNLOAD } else { LONGEST_ANSWER }).await?;
    if !is_file {
        return Err(Outcome::Answered(Answer::read(http, &headers, &body, ParseAs::Api, secrets)));
    }
    Ok(Download { content_type, file_name: file_name(disposition), bytes: body.into() })
}

/// The name in `Content-Disposition: attachment; filename="x.log"`, or percent-encoded in `filename*=UTF-8''x.log`.
fn file_name(disposition: &str) -> Option<String> {
    let part = |name: &str| disposition.split(';').find_map(|part| part.trim().strip_prefix(name)).map(|value| value.trim_matches('"'));
    let coded = part("filename*=").and_then(|value| value.rsplit_once("''")).map(|(_, value)| value);
    let name = coded.or_else(|| part("filename="))?;
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
    // Somebody may write it to a folder: a name has no path.
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim_matches('.').to_owned();
    Some(name).filter(|name| !name.is_empty())
}

async fn exchange_untimed(request: reqwest::RequestBuilder, parse: ParseAs, secrets: &[&str]) -> Outcome {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return not_answered(&error.without_url()),
    };
    let (http, headers) = (response.status().as_u16(), response.headers().clone());
    match read_body(response, LONGEST_ANSWER).await {
        Ok(body) => Outcome::Answered(Answer::read(http, &headers, &body, parse, secrets)),
        Err(doubt) => doubt.into(),
    }
}

/// The whole body, at most `longest` bytes.
async fn read_body(mut response: reqwest::Response, longest: usize) -> Result<Vec<u8>, Doubt> {
    let too_long = || Doubt::new(UnknownReason::TooLong, format!("the answer is longer than {longest} bytes"));
    if response.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > longest)) {
        return Err(too_long());
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > longest => return Err(too_long().after(&body)),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Ok(body),
            Err(error) => {
                let reason = if error.is_timeout() { UnknownReason::Timeout } else { UnknownReason::CutBody };
                return Err(Doubt::new(reason, chain(&error.without_url())).after(&body));
            }
        }
    }
}

/// Certain only where the connection never came to be; everything later may have reached the platform.
fn not_answered(error: &reqwest::Error) -> Outcome {
    let text = chain(error);
    if error.is_builder() {
        return Outcome::NotSent(NotSentReason::Build, text);
    }
    if !error.is_connect() {
        let reason = if error.is_timeout() { UnknownReason::Timeout } else { UnknownReason::Reset };
        return Doubt::new(reason, text).into();
    }
    let mut reason = NotSentReason::Connect;
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        reason = connect_reason(cause).unwrap_or(reason);
        source = cause.source();
    }
    if error.is_dns() {
        reason = NotSentReason::Dns;
    } else if error.is_timeout() {
        reason = NotSentReason::ConnectTimeout;
    }
    Outcome::NotSent(reason, text)
}

/// What a cause says, looking into io errors that wrap others (which `source` skips).
fn connect_reason(cause: &(dyn std::error::Error + 'static)) -> Option<NotSentReason> {
    if cause.is::<rustls::Error>() {
        return Some(NotSentReason::Tls);
    }
    let io = cause.downcast_ref::<std::io::Error>()?;
    match io.get_ref() {
        Some(inner) => connect_reason(inner),
        None if io.kind() == std::io::ErrorKind::ConnectionRefused => Some(NotSentReason::Refused),
        None => None,
    }
}

/// An error with its causes in one line. Callers strip URLs first: webhook URLs are secrets.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let part = cause.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        source = cause.source();
    }
    text
}

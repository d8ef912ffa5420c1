//! One fetch: name resolved once, connection pinned to the checked addresses, nothing followed, nothing unpacked, every
//! bound kept while bytes arrive.
//!
//! A client is built for each fetch: no connection, cookie or redirect of one alert's server is there for another's.

use super::FetchError;
use super::guard::{Policy, Target};
use crate::config::settings::Pictures;
use crate::feishu::content::picture::{Format, inspect};
use crate::feishu::tls;
use bytes::{Bytes, BytesMut};
use http::header;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Most addresses of a name that are looked at.
const MOST_ADDRESSES: usize = 16;

/// Names to addresses.
pub trait Resolve: Send + Sync {
    /// All addresses of a name.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send + 'a>>;
}

/// The system's resolver.
struct System;

impl Resolve for System {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.map(|address| address.ip()).collect()) })
    }
}

/// Answers every question with the checked addresses: nothing of this client is ever looked up.
struct Pinned(Vec<SocketAddr>);

impl reqwest::dns::Resolve for Pinned {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let addresses: reqwest::dns::Addrs = Box::new(self.0.clone().into_iter());
        Box::pin(std::future::ready(Ok(addresses)))
    }
}

/// A picture that the platform takes.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// By its bytes.
    pub format: Format,
    /// As they came.
    pub bytes: Bytes,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}, {} bytes)", self.format.ending(), self.bytes.len())
    }
}

impl Picture {
    /// Bytes that came with an alert.
    ///
    /// # Errors
    /// They are no picture that the platform takes.
    pub fn of(bytes: Bytes) -> Result<Self, FetchError> {
        Ok(Self { format: inspect(&bytes)?, bytes })
    }
}

/// Fetches by one configuration's policy.
#[derive(Clone)]
pub struct Fetcher {
    policy: Policy,
    most: usize,
    timeout: Duration,
    resolver: Arc<dyn Resolve>,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Fetcher {
    /// With the system's resolver.
    pub fn new(settings: &Pictures) -> Self {
        Self::with_resolver(settings, Arc::new(System))
    }

    /// With another resolver.
    pub fn with_resolver(settings: &Pictures, resolver: Arc<dyn Resolve>) -> Self {
        Self { policy: Policy::new(settings.clone()), most: settings.max_bytes, timeout: settings.timeout, resolver }
    }

    /// The picture at a URL of an alert. Cancel safe.
    ///
    /// # Errors
    /// Why there is none; [`FetchError::is_temporary`] says whether to try again.
    pub async fn fetch(&self, url: &str) -> Result<Picture, FetchError> {
        let target = self.policy.url(url)?;
        let whole = async {
            let addresses = self.addresses(&target).await?;
            let bytes = self.read(&target, &addresses).await?;
            Picture::of(bytes)
        };
        match tokio::time::timeout(self.timeout, whole).await {
            Ok(result) => result,
            Err(_) => Err(FetchError::Slow { seconds: self.timeout.as_secs() }),
        }
    }

    /// The addresses to connect to, every one of them checked.
    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, FetchError> {
        let found = match target.address {
            Some(address) => vec![address],
            None => {
                let fails = |why: String| FetchError::Resolve { host: target.host.clone(), why };
                let mut found = self.resolver.resolve(&target.host, target.port).await.map_err(|error| fails(error.to_string()))?;
                found.truncate(MOST_ADDRESSES);
                if found.is_empty() {
                    return Err(fails("it has no address".to_owned()));
                }
                found
            }
        };
        self.policy.addresses(target, &found)?;
        Ok(found.into_iter().map(|address| SocketAddr::new(address, target.port)).collect())
    }

    async fn read(&self, target: &Target, addresses: &[SocketAddr]) -> Result<Bytes, FetchError> {
        let client = client(target, addresses)?;
        let request = client.get(target.url.clone()).header(header::ACCEPT, "image/*").header(header::ACCEPT_ENCODING, "identity");
        let broken = |error: reqwest::Error| FetchError::Connect { host: target.host.clone(), why: reason(&error.without_url()) };
        let mut response = request.send().await.map_err(broken)?;
        let host = || target.host.clone();
        match response.status().as_u16() {
            200 => {}
            status @ 300..=399 => return Err(FetchError::Redirect { host: host(), status }),
            status => return Err(FetchError::Status { host: host(), status }),
        }
        if let Some(encoding) = response.headers().get(header::CONTENT_ENCODING).filter(|value| *value != "identity") {
            let encoding = encoding.to_str().unwrap_or("?").chars().take(40).collect();
            return Err(FetchError::Encoded { host: host(), encoding });
        }
        let too_big = FetchError::TooBig { most: self.most };
        if response.content_length().is_some_and(|length| length > self.most as u64) {
            return Err(too_big);
        }
        let mut bytes = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if bytes.len() + chunk.len() > self.most {
                return Err(too_big);
            }
            bytes.extend_from_slice(&chunk);
            // What is no picture is known by its first bytes: the rest is not waited for.
            if bytes.len() >= 16 && Format::of(&bytes).is_none() {
                inspect(&bytes)?;
            }
        }
        Ok(bytes.freeze())
    }
}

/// A client that knows one host at these addresses only. Its time is bounded by whoever waits for it.
fn client(target: &Target, addresses: &[SocketAddr]) -> Result<reqwest::Client, FetchError> {
    tls::init();
    let builder = reqwest::Client::builder()
        .user_agent(concat!("larkhook/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .http1_only()
        .pool_max_idle_per_host(0)
        .dns_resolver(Arc::new(Pinned(addresses.to_vec())));
    // Without TLS no CA certificates are demanded of the machine.
    let builder = if target.url.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
    builder.build().map_err(|error| FetchError::Client(error.without_url().to_string()))
}

/// An error's deepest cause: the outer ones only say that a request failed.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
#[path = "client_test.rs"]
mod client_test;

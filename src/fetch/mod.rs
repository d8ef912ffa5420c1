//! Fetches pictures that alerts point to, without becoming everybody's way into the network.
//!
//! An alert's text is a stranger's. [`guard`] is the pure policy: which URLs and which addresses; [`client`] resolves a
//! name once, connects to exactly the addresses that were checked, follows nothing, and reads a bounded body in a bounded
//! time. What comes back is a picture by its bytes, whatever the server calls it.

pub mod client;
pub mod guard;

pub use client::{Fetcher, Picture, Resolve};
pub use guard::{Policy, Target};

use crate::feishu::content::picture::PictureError;
use std::net::IpAddr;

/// Why a picture was not fetched: what, why, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// Nothing is fetched.
    #[error("pictures are not fetched: `pictures.hosts` is not set; name the hosts that alerts may take pictures from")]
    Off,
    /// No absolute URL.
    #[error("the alert's picture URL cannot be read: {0}")]
    BadUrl(String),
    /// Neither http nor https.
    #[error("the alert's picture URL is {0}:, only http: and https: are fetched")]
    Scheme(String),
    /// `user:password@` in it.
    #[error("the alert's picture URL has credentials in it, which are never sent; let the server give pictures without, or embed them")]
    Userinfo,
    /// Not in the list.
    #[error("the host {host}:{port} is not in `pictures.hosts`; add `{host}:{port}` there if alerts may take pictures from it")]
    Host {
        /// As in the URL.
        host: String,
        /// As in the URL, or the scheme's own.
        port: u16,
    },
    /// Loopback, private, link-local and the like.
    #[error("{host} is {address}, which is no public address; add its network to `pictures.networks` if that is meant")]
    Address {
        /// As in the URL.
        host: String,
        /// Where it leads.
        address: IpAddr,
    },
    /// The name leads nowhere.
    #[error("the name {host} cannot be resolved: {why}")]
    Resolve {
        /// As in the URL.
        host: String,
        /// What the system says.
        why: String,
    },
    /// No connection, or it broke.
    #[error("{host} could not be read: {why}")]
    Connect {
        /// As in the URL.
        host: String,
        /// What happened.
        why: String,
    },
    /// Not ready in time.
    #[error("the picture was not there within {seconds} s; raise `pictures.timeout` if the server is that slow")]
    Slow {
        /// The limit.
        seconds: u64,
    },
    /// Leads elsewhere.
    #[error("{host} redirects (HTTP {status}), which is not followed; give alerts the final address, or embed pictures")]
    Redirect {
        /// As in the URL.
        host: String,
        /// HTTP status.
        status: u16,
    },
    /// Any other answer than 200.
    #[error("{host} answers HTTP {status} in place of a picture; pictures must be readable without signing in")]
    Status {
        /// As in the URL.
        host: String,
        /// HTTP status.
        status: u16,
    },
    /// Compressed.
    #[error("{host} sends the picture compressed ({encoding}) although it was asked not to; it is not unpacked")]
    Encoded {
        /// As in the URL.
        host: String,
        /// `Content-Encoding`
        encoding: String,
    },
    /// More bytes than allowed.
    #[error("the picture is larger than {most} bytes (`pictures.max_bytes`)")]
    TooBig {
        /// The limit.
        most: usize,
    },
    /// The bytes are no picture that the platform takes.
    #[error("{0}")]
    NoPicture(#[from] PictureError),
    /// No client can be made, for example without CA certificates.
    #[error("no HTTPS client can be built: {0} (are CA certificates installed?)")]
    Client(String),
}

impl FetchError {
    /// Whether it may work later.
    pub fn is_temporary(&self) -> bool {
        match self {
            // A picture may reach its store after the alert that names it.
            FetchError::Status { status, .. } => matches!(status, 404 | 408 | 425 | 429 | 500..),
            FetchError::Resolve { .. } | FetchError::Connect { .. } | FetchError::Slow { .. } | FetchError::Client(_) => true,
            _ => false,
        }
    }

    /// A short name for metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            FetchError::Off => "off",
            FetchError::BadUrl(_) | FetchError::Scheme(_) | FetchError::Userinfo => "url",
            FetchError::Host { .. } => "host",
            FetchError::Address { .. } => "address",
            FetchError::Resolve { .. } => "resolve",
            FetchError::Connect { .. } | FetchError::Client(_) => "connect",
            FetchError::Slow { .. } => "slow",
            FetchError::Redirect { .. } => "redirect",
            FetchError::Status { .. } => "status",
            FetchError::Encoded { .. } => "encoded",
            FetchError::TooBig { .. } => "too_big",
            FetchError::NoPicture(_) => "no_picture",
        }
    }
}

//! Validated settings: every reference resolved, every default filled in.
//!
//! Built by `config::check` only; nothing in here can be wrong any more. Secrets are
//! [`SecretString`] and print as redacted. Templates (`to`, `mention`, `fields`, `skip`) are kept as text and
//! compiled where they are used; `check` has compiled each once.

//!
//! One file a section: [`feishu`] (apps and bots), [`address`] (targets and people), [`source`] (senders), [`routing`] (routes,
//! receivers, send entries), [`via`] (by what messages leave), [`pictures`]. Everything is re-exported here.

pub mod address;
pub mod feishu;
pub mod pictures;
pub mod routing;
pub mod source;
pub mod via;

pub use address::{Address, AddressKind, IN_BROADCAST};
pub use feishu::{Api, App, Bot, Helpdesk, Limits, OnUnknown, Platform, ReceiveType, UserIdType};
pub use pictures::{HostPattern, Pictures};
pub use routing::{Attach, ContentKind, Direct, GroupBy, Lifecycle, MENTION_ON, MentionOn, Receiver, Route, Send, Verb};
pub use source::{Auth, JsonMapping, Source, SourceKind};
pub use via::{Carrier, Via};

use crate::alert::time_interval::TimeInterval;
use crate::alert::{Severity, SeverityRules};
use ipnet::IpNet;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Listener, limits, access.
    pub server: Server,
    /// The SQLite file.
    pub storage: PathBuf,
    /// How long closed incidents, attempts and events are kept.
    pub retention: Duration,
    /// Zone for text and post messages; cards show the reader's own.
    pub timezone: TimeZone,
    /// Words of the built-in templates where a receiver sets none.
    pub locale: Locale,
    /// The receiver that hears of parked, dead and unroutable alerts.
    pub fallback: Option<String>,
    /// A group not heard of for so long is expired.
    pub expire_after: Duration,
    /// Firing again so soon after resolved reopens the same message.
    pub reopen_within: Duration,
    /// Delivery of one effect is given up after this long.
    pub give_up_after: Duration,
    /// Labels and words that say how bad.
    pub severity: SeverityRules,
    /// Link prefixes that only work inside the cluster, and what to put in their place.
    pub rewrite_links: Vec<(String, String)>,
    /// Feishu apps by name.
    pub apps: BTreeMap<String, App>,
    /// Group custom bots by name.
    pub bots: BTreeMap<String, Bot>,
    /// Teams by name; members are person addresses (never `team:`).
    pub teams: BTreeMap<String, Vec<Address>>,
    /// Senders by name, which is their path: `/hook/{name}`.
    pub sources: BTreeMap<String, Arc<Source>>,
    /// Folders that overlay the built-in templates, later ones win.
    pub templates: Vec<PathBuf>,
    /// Named time intervals.
    pub time_intervals: BTreeMap<String, Vec<TimeInterval>>,
    /// The root of the routing tree as written; inheritance is resolved by `route::Tree`.
    pub route: Route,
    /// Receivers by name.
    pub receivers: BTreeMap<String, Arc<Receiver>>,
    /// First messages waiting for one chat before they become one digest; 0: never.
    pub storm_after: u32,
    /// Where pictures may be fetched from.
    pub pictures: Pictures,
    /// Templates may be saved from a browser, into the first folder of `templates`.
    pub save_templates: bool,
}

/// The `server` section.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Largest body of a webhook in bytes, before and after inflating.
    pub max_body: usize,
    /// Certificate and key files.
    pub tls: Option<Tls>,
    /// Own address for links in messages.
    pub public_url: Option<String>,
    /// Peers whose forwarding headers count.
    pub trusted_proxies: Vec<IpNet>,
    /// Who may open console, API and reload; `None`: true loopback only.
    pub auth: Option<ServerAuth>,
}

/// Inbound TLS.
#[derive(Debug, Clone)]
pub struct Tls {
    /// PEM certificate chain.
    pub cert_file: PathBuf,
    /// PEM private key.
    pub key_file: PathBuf,
}

/// The `server.auth` section.
#[derive(Debug, Clone)]
pub struct ServerAuth {
    /// A bearer token.
    pub bearer_token: Option<SecretString>,
    /// User names to argon2 PHC strings.
    pub users: BTreeMap<String, SecretString>,
}

/// Language of the built-in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

impl Settings {
    /// The severity of an alert with these labels.
    pub fn severity_of(&self, labels: &crate::alert::Labels) -> Severity {
        self.severity.of(labels)
    }
}

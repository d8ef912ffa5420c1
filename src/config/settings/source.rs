//! Senders: what they speak and how they prove who they are.

use ipnet::IpNet;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::time::Duration;

/// One configured sender.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its name and path.
    pub name: String,
    /// What it speaks.
    pub kind: SourceKind,
    /// How it proves who it is.
    pub auth: Auth,
    /// Addresses it may come from; empty: any.
    pub allow_ips: Vec<IpNet>,
    /// Patterns (`chat:*`) of targets a request may name with `?to=`.
    pub allow_to: Vec<String>,
    /// Status when overloaded: 503, or 429 for senders that drop 5xx.
    pub overload_status: u16,
}

/// What a sender speaks.
#[derive(Debug, Clone)]
pub enum SourceKind {
    /// Alertmanager webhook version 4.
    Alertmanager,
    /// Grafana unified or legacy alerting, told apart by the body.
    Grafana,
    /// Any JSON, by templates.
    Json(Box<JsonMapping>),
}

impl SourceKind {
    /// The word of the configuration.
    pub fn as_str(&self) -> &'static str {
        match self {
            SourceKind::Alertmanager => "alertmanager",
            SourceKind::Grafana => "grafana",
            SourceKind::Json(_) => "json",
        }
    }
}

/// How any JSON becomes alerts. Every text is a Handlebars template over the payload.
#[derive(Debug, Clone, Default)]
pub struct JsonMapping {
    /// JSON pointer to a list; one alert per element (`this`), `root` is the whole.
    pub each: Option<String>,
    /// Renders non-empty: accepted and ignored.
    pub skip: Option<String>,
    /// Identity of the incident; default: our fingerprint of the labels.
    pub key: Option<String>,
    /// `firing` or `resolved`.
    pub status: Option<String>,
    /// A severity word.
    pub severity: Option<String>,
    /// Title; becomes label `alertname` where no label of that name is mapped.
    pub title: Option<String>,
    /// Label templates.
    pub labels: BTreeMap<String, String>,
    /// Annotation templates.
    pub annotations: BTreeMap<String, String>,
    /// Link back; becomes `generatorURL`.
    pub url: Option<String>,
    /// Start: RFC 3339, unix seconds or milliseconds.
    pub starts_at: Option<String>,
    /// End, same forms.
    pub ends_at: Option<String>,
}

/// How a sender proves who it is.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Not at all.
    None,
    /// `Authorization: Bearer ...`
    BearerToken(SecretString),
    /// `Authorization: Basic ...`
    Basic {
        /// User name.
        username: String,
        /// Password.
        password: SecretString,
    },
    /// A fixed header value.
    Header {
        /// Header name, lower case.
        name: String,
        /// Its value.
        value: SecretString,
    },
    /// HMAC-SHA256 in lower-case hex over the raw body, or over `<timestamp>:<body>`.
    Hmac {
        /// The key.
        secret: SecretString,
        /// Header with the signature, lower case.
        header: String,
        /// Header with unix seconds, lower case.
        timestamp_header: Option<String>,
        /// Oldest accepted timestamp.
        max_age: Duration,
        /// Text before the hex, such as `sha256=`.
        prefix: String,
    },
}

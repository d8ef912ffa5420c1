//! Validated settings: every reference resolved, every default filled in.
//!
//! Built by `config::check` only; nothing in here can be wrong any more. Secrets are
//! [`SecretString`] and print as redacted. Templates (`to`, `mention`, `fields`, `skip`) are kept as text and
//! compiled where they are used; `check` has compiled each once.

use crate::alert::matcher::Matcher;
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

/// One Feishu or Lark app.
#[derive(Clone)]
pub struct App {
    /// Name in this configuration.
    pub name: String,
    /// `cli_...`
    pub app_id: String,
    /// The app's secret.
    pub app_secret: SecretString,
    /// Where its API is.
    pub platform: Platform,
    /// Outbound HTTP proxy.
    pub proxy: Option<String>,
    /// Extra PEM roots.
    pub ca_file: Option<PathBuf>,
    /// Budgets.
    pub limits: Limits,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A proxy's address may have a password in it.
        f.debug_struct("App")
            .field("name", &self.name)
            .field("app_id", &self.app_id)
            .field("platform", &self.platform)
            .field("proxy", &self.proxy.as_deref().map(super::redacted::without_userinfo))
            .field("ca_file", &self.ca_file)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Where an app's API is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Platform {
    /// A base URL without trailing slash: Feishu, Lark, a private deployment, a sandbox elsewhere.
    Url(String),
    /// The sandbox inside this process.
    Sandbox,
}

/// Budgets of one app, never above the documented limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Calls per second and API (default 40, at most 50).
    pub per_second: u32,
    /// Calls per minute and API (default 900, at most 1000).
    pub per_minute: u32,
    /// Messages per second into one chat or to one person (default 4, at most 5).
    pub per_chat: u32,
    /// Calls a month the tenant may make; `None`: no quota.
    pub monthly_calls: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_second: 40, per_minute: 900, per_chat: 4, monthly_calls: None }
    }
}

/// One group custom bot.
#[derive(Debug, Clone)]
pub struct Bot {
    /// Name in this configuration.
    pub name: String,
    /// Webhook URL (a secret), or the word `sandbox` for a hook of the sandbox inside this process.
    pub url: SecretString,
    /// Signing key.
    pub secret: Option<SecretString>,
    /// Word the bot demands in every message.
    pub keyword: Option<String>,
    /// App whose look-ups serve mentions.
    pub app: Option<String>,
    /// What to do when a call's outcome is unknown.
    pub on_unknown: OnUnknown,
}

/// What to do when the outcome of a custom-bot call is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnUnknown {
    /// Send once more, marked as a possible duplicate.
    #[default]
    Resend,
    /// Count it as sent.
    Drop,
}

/// A destination or person as configured: `kind:value`. The value is literal here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Which kind of id.
    pub kind: AddressKind,
    /// The id, e-mail address, mobile number or configured name.
    pub value: String,
}

/// Kinds of addresses, spelled as in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// A chat by `oc_` id.
    Chat,
    /// A person by `ou_` id (belongs to one app).
    OpenId,
    /// A person by tenant user id.
    UserId,
    /// A person by `on_` id.
    UnionId,
    /// A person by e-mail address.
    Email,
    /// A person by mobile number.
    Mobile,
    /// A configured team: everybody in it.
    Team,
    /// A configured custom bot.
    Bot,
}

impl AddressKind {
    /// All kinds.
    pub const ALL: [AddressKind; 8] = [
        AddressKind::Chat,
        AddressKind::OpenId,
        AddressKind::UserId,
        AddressKind::UnionId,
        AddressKind::Email,
        AddressKind::Mobile,
        AddressKind::Team,
        AddressKind::Bot,
    ];

    /// The word before the colon.
    pub fn as_str(self) -> &'static str {
        match self {
            AddressKind::Chat => "chat",
            AddressKind::OpenId => "open_id",
            AddressKind::UserId => "user_id",
            AddressKind::UnionId => "union_id",
            AddressKind::Email => "email",
            AddressKind::Mobile => "mobile",
            AddressKind::Team => "team",
            AddressKind::Bot => "bot",
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.value)
    }
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, value) =
            text.split_once(':').ok_or_else(|| format!("{text:?} is not an address; write kind:value, e.g. chat:oc_..."))?;
        let value = value.trim();
        let Some(kind) = AddressKind::ALL.into_iter().find(|known| known.as_str() == kind.trim()) else {
            let known = AddressKind::ALL.map(AddressKind::as_str);
            let hint = crate::util::text::suggest(kind, known).map(|s| format!("; did you mean {s}?")).unwrap_or_default();
            return Err(format!("unknown kind of address {kind:?} in {text:?}: one of {}{hint}", known.join(", ")));
        };
        if value.is_empty() {
            return Err(format!("nothing after the colon in {text:?}"));
        }
        if value.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\'' | '&' | '{' | '}')) {
            return Err(format!("{text:?} has a character that no id, address or number has"));
        }
        Ok(Self { kind, value: value.to_owned() })
    }
}

impl Address {
    /// Whether the value can be one of its kind at all; alerts fill it in, so it is checked before it is used.
    ///
    /// # Errors
    /// What such a value looks like.
    pub fn check(&self) -> Result<(), String> {
        let all = |allowed: fn(char) -> bool| self.value.chars().all(allowed);
        let (good, looks) = match self.kind {
            AddressKind::Chat | AddressKind::OpenId | AddressKind::UserId | AddressKind::UnionId => (
                // `all` stands for everybody where an id is expected
                self.value.len() <= 128
                    && all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                    && !self.value.eq_ignore_ascii_case("all"),
                "an id has only letters, digits, _ and -, and is not all",
            ),
            AddressKind::Email => (
                self.value.len() <= 254
                    && self.value.matches('@').count() == 1
                    && !self.value.starts_with('@')
                    && !self.value.ends_with('@')
                    && all(|c| c.is_alphanumeric() || ".@!#$%*/=?^_`|~+-".contains(c)),
                "an e-mail address looks like li@example.com",
            ),
            AddressKind::Mobile => (
                (4..=20).contains(&self.value.len())
                    && self.value.strip_prefix('+').unwrap_or(&self.value).chars().all(|c| c.is_ascii_digit() || c == '-'),
                "a mobile number looks like +8613800000000",
            ),
            AddressKind::Team | AddressKind::Bot => (true, ""),
        };
        if good { Ok(()) } else { Err(looks.to_owned()) }
    }

    /// Whether this is a person or a team, and so can be mentioned.
    pub fn is_person(&self) -> bool {
        !matches!(self.kind, AddressKind::Chat | AddressKind::Bot)
    }
}

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

/// One node of the routing tree as written.
#[derive(Debug, Clone)]
pub struct Route {
    /// Where it stands: `route`, `route.routes[0]`, ...
    pub path: String,
    /// A receiver's name; `None` inherits.
    pub receiver: Option<String>,
    /// Inline send entries in place of a receiver's.
    pub send: Vec<Send>,
    /// Own grouping; `None` inherits.
    pub group_by: Option<GroupBy>,
    /// All must match.
    pub matchers: Vec<Matcher>,
    /// Go on with the next sibling after a match.
    pub continue_matching: bool,
    /// Names of intervals during which nothing is sent.
    pub mute_time_intervals: Vec<String>,
    /// Names of intervals outside of which nothing is sent; empty: always active.
    pub active_time_intervals: Vec<String>,
    /// Children in order.
    pub routes: Vec<Route>,
}

/// A route's own grouping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupBy {
    /// One incident per alert: `['...']`.
    All,
    /// By these labels; an empty list puts all alerts of the source together.
    Labels(Vec<String>),
}

/// A named list of send entries.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// Language; default the global one.
    pub locale: Locale,
    /// Where to and how.
    pub send: Vec<Send>,
}

/// One send entry: where to, as what, by which template, with which lifecycle.
#[derive(Debug, Clone)]
pub struct Send {
    /// Keeps messages apart over reloads; default: its position.
    pub name: String,
    /// Address templates (`chat:{{labels.feishu_chat}}`), evaluated per alert.
    pub to: Vec<String>,
    /// App for targets that need one; resolved, so only `None` when every target is a bot.
    pub app: Option<String>,
    /// Shape of the message.
    pub kind: ContentKind,
    /// Template name.
    pub template: String,
    /// Only alerts that all of these match.
    pub matchers: Vec<Matcher>,
    /// Address templates of people to mention, evaluated per alert; the word `all` mentions everybody.
    pub mention: Vec<String>,
    /// When they are mentioned.
    pub mention_on: Vec<MentionOn>,
    /// What follows what.
    pub lifecycle: Lifecycle,
    /// Language.
    pub locale: Locale,
}

/// Shape of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContentKind {
    /// Interactive card.
    #[default]
    Card,
    /// Rich text.
    Post,
    /// Plain text.
    Text,
}

impl ContentKind {
    /// The word of the configuration and of template file names.
    pub fn as_str(self) -> &'static str {
        match self {
            ContentKind::Card => "card",
            ContentKind::Post => "post",
            ContentKind::Text => "text",
        }
    }

    /// The platform's `msg_type`.
    pub fn msg_type(self) -> &'static str {
        match self {
            ContentKind::Card => "interactive",
            ContentKind::Post => "post",
            ContentKind::Text => "text",
        }
    }
}

/// Moments at which people are mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MentionOn {
    /// The first message.
    Fire,
    /// The severity rose.
    Worse,
    /// Fired again soon after it was resolved.
    Reopen,
    /// The sender reminds.
    Repeat,
}

/// A lifecycle verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Bring the message itself up to date.
    Edit,
    /// Reply in its topic.
    Thread,
    /// Quote it in the stream.
    Reply,
    /// A new message.
    New,
}

/// What follows what; an empty list means nothing follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// Alerts joined, resolved or left.
    pub on_change: Vec<Verb>,
    /// The severity rose.
    pub on_worse: Vec<Verb>,
    /// The sender reminds.
    pub on_repeat: Vec<Verb>,
    /// Fired again soon after it was resolved.
    pub on_reopen: Vec<Verb>,
    /// Nothing fires any more.
    pub on_resolve: Vec<Verb>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            on_change: vec![Verb::Edit, Verb::Thread],
            on_worse: vec![Verb::Edit, Verb::Reply],
            on_repeat: vec![Verb::Reply],
            on_reopen: vec![Verb::Edit, Verb::Reply],
            on_resolve: vec![Verb::Edit, Verb::Reply],
        }
    }
}

/// The default of `mention_on`.
pub const MENTION_ON: [MentionOn; 4] = [MentionOn::Fire, MentionOn::Worse, MentionOn::Reopen, MentionOn::Repeat];

impl Settings {
    /// The severity of an alert with these labels.
    pub fn severity_of(&self, labels: &crate::alert::Labels) -> Severity {
        self.severity.of(labels)
    }
}

//! Feishu apps and group custom bots.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

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
    /// Apps with the same word share the tenant's `monthly_calls`.
    pub tenant: String,
    /// The message API it has.
    pub api: Api,
    /// Its help desk, for `helpdesk:` targets.
    pub helpdesk: Option<Helpdesk>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A proxy's address may have a password in it.
        f.debug_struct("App")
            .field("name", &self.name)
            .field("app_id", &self.app_id)
            .field("platform", &self.platform)
            .field("proxy", &self.proxy.as_deref().map(crate::config::redacted::without_userinfo))
            .field("ca_file", &self.ca_file)
            .field("limits", &self.limits)
            .field("tenant", &self.tenant)
            .field("api", &self.api)
            .field("helpdesk", &self.helpdesk)
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

/// Which message API an app's platform has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Api {
    /// `im/v1`.
    #[default]
    ImV1,
    /// Only `message/v4`, as some private deployments: no edits, no `uuid`.
    V4,
}

/// A help desk's credentials and how its bot sends.
#[derive(Debug, Clone)]
pub struct Helpdesk {
    /// The help desk's id.
    pub id: String,
    /// The help desk's token, a secret.
    pub token: SecretString,
    /// Where its messages appear.
    pub receive: ReceiveType,
    /// What kind of ids stand after `helpdesk:`.
    pub user_id_type: UserIdType,
}

/// Where the help desk's message appears.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiveType {
    /// In the person's service chat; refused while they have an open ticket.
    #[default]
    Chat,
    /// In the person's private chat with the help desk's bot.
    User,
}

impl ReceiveType {
    /// The platform's word.
    pub fn as_str(self) -> &'static str {
        match self {
            ReceiveType::Chat => "chat",
            ReceiveType::User => "user",
        }
    }
}

/// The platform's kinds of ids of persons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserIdType {
    /// `ou_...`
    #[default]
    OpenId,
    /// The tenant's own id.
    UserId,
    /// `on_...`
    UnionId,
}

impl UserIdType {
    /// The platform's word.
    pub fn as_str(self) -> &'static str {
        match self {
            UserIdType::OpenId => "open_id",
            UserIdType::UserId => "user_id",
            UserIdType::UnionId => "union_id",
        }
    }
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

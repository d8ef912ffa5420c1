//! Group custom bots: a secret URL, an optional signature, no ids, no repeats that are safe.
//!
//! The signature is made at call time: the platform accepts it for an hour. Nothing in here shows the URL.

use super::error::{Outcome, ParseAs, Timed};
use super::http::{self, BuildError, Timeouts, exchange};
use crate::config::settings::Bot;
use base64::Engine;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::path::Path;

/// One custom bot.
#[derive(Clone)]
pub struct Hook {
    name: String,
    url: SecretString,
    /// The last path segment, to be taken out of whatever a server echoes.
    token: SecretString,
    /// What follows the `?`: gateways in front of a platform keep their secrets there.
    query: SecretString,
    secret: Option<SecretString>,
    http: reqwest::Client,
}

impl Hook {
    /// The bot at its resolved URL.
    ///
    /// # Errors
    /// Where the URL is none, is of the first generation, or no client can be built.
    pub fn new(bot: &Bot, url: &str) -> Result<Self, BuildError> {
        Self::with_net(bot, url, None, None, Timeouts::default())
    }

    /// The same through a proxy or with extra roots (those of the app whose look-ups the bot borrows).
    ///
    /// # Errors
    /// As [`Hook::new`], and where proxy or file are not usable.
    pub fn with_net(bot: &Bot, url: &str, proxy: Option<&str>, ca_file: Option<&Path>, timeouts: Timeouts) -> Result<Self, BuildError> {
        let url = http::parse_url(url, &format!("url of custom bot {}", bot.name))?;
        if url.path().contains("/bot/hook/") {
            return Err(BuildError::OldHook { name: bot.name.clone() });
        }
        let token = url.path_segments().and_then(|mut segments| segments.rfind(|s| !s.is_empty())).unwrap_or_default().to_owned();
        Ok(Self {
            name: bot.name.clone(),
            http: http::build(&url, proxy, ca_file, timeouts)?,
            query: url.query().unwrap_or_default().to_owned().into(),
            url: String::from(url).into(),
            token: token.into(),
            secret: bot.secret.clone(),
        })
    }

    /// The bot's name in the configuration.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Posts a message (`{"msg_type": .., "content" or "card": ..}`), signed now where the bot has a secret.
    /// Not cancel safe, and never safe to repeat: there is no `uuid`.
    pub async fn post(&self, body: &Value, now: Timestamp) -> Timed<Outcome> {
        let body = match (&self.secret, body) {
            (Some(secret), Value::Object(fields)) => {
                let mut signed = fields.clone();
                let timestamp = now.as_second();
                signed.insert("timestamp".to_owned(), timestamp.to_string().into());
                signed.insert("sign".to_owned(), sign(timestamp, secret.expose_secret()).into());
                Value::Object(signed).to_string()
            }
            (_, other) => other.to_string(),
        };
        let request =
            self.http.post(self.url.expose_secret()).header(::http::header::CONTENT_TYPE, "application/json; charset=utf-8").body(body);
        // Error pages like to name the path that was asked for.
        exchange(request, ParseAs::Hook, &[self.query.expose_secret(), self.token.expose_secret()]).await
    }
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hook({})", self.name)
    }
}

/// The platform's signature: the text to sign is the *key* of the HMAC, the message is empty.
pub fn sign(timestamp: i64, secret: &str) -> String {
    let key = format!("{timestamp}\n{secret}");
    // HMAC takes keys of any length.
    let Ok(mac) = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_the_platform_does() {
        for (timestamp, secret, expected) in [
            (1_599_360_473, "demo", "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="),
            (1_700_000_000, "SecretFromBotSettings", "tb5emr2xK1FGFKSUO40zrsEhpiFBMpN0p2gF19AqoHA="),
            (1_700_000_000, "密钥", "cyn+2wyXar1IIl3eihT1dIzSxsVv1BFWCgy6prBcWJM="),
        ] {
            assert_eq!(sign(timestamp, secret), expected);
        }
    }
}

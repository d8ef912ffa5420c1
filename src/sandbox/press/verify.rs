//! Setting an app's callback as its console does: a URL has to answer a challenge first.

use super::http;
use crate::feishu::callback::envelope;
use crate::sandbox::apps::{App, Callback};
use crate::sandbox::core::Shared;
use crate::util::id::new_id;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// How long an answer to a challenge may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallbackSetting {
    /// The app.
    pub app_id: String,
    /// How it is told.
    pub callback: Callback,
    /// Its Verification Token; absent: stays.
    #[serde(default)]
    pub verification_token: Option<String>,
    /// Its Encrypt Key; absent: stays.
    #[serde(default)]
    pub encrypt_key: Option<String>,
}

/// Sets the callback, after its URL has answered a challenge.
///
/// # Errors
/// A sentence on what the URL did instead; then nothing is changed.
pub(crate) async fn set(shared: &Shared, setting: CallbackSetting) -> Result<App, String> {
    let CallbackSetting { app_id, callback, verification_token, encrypt_key } = setting;
    let fill = |mut app: App| {
        app.callback = callback.clone();
        app.verification_token = verification_token.clone().unwrap_or(app.verification_token);
        app.encrypt_key = encrypt_key.clone().unwrap_or(app.encrypt_key);
        app
    };
    let wanted = fill(shared.lock().world.app(&app_id));
    if let Callback::Url(url) = &callback {
        challenge(shared, url, &wanted).await?;
    }
    let mut core = shared.lock();
    let app = fill(core.world.app(&app_id));
    core.world.apps.insert(app_id, app.clone());
    Ok(app)
}

async fn challenge(shared: &Shared, url: &str, app: &App) -> Result<(), String> {
    let challenge = new_id();
    let body = envelope::challenge_body(&challenge, &app.verification_token);
    let request = http::request(url, app, &body, shared.clock.now());
    let response =
        http::post(&request, PATIENCE).await.map_err(|fault| format!("{url} does not answer the challenge: {}", fault.reason))?;
    if response.status != 200 {
        return Err(format!("{url} answers the challenge with status {} instead of 200", response.status));
    }
    let answer: Option<Value> = serde_json::from_str(&response.body).ok();
    match answer.as_ref().and_then(|answer| answer.get("challenge")).and_then(Value::as_str) {
        Some(given) if given == challenge => Ok(()),
        _ => Err(format!(r#"{url} does not answer the challenge with {{"challenge": "{challenge}"}} but with: {}"#, short(&response.body))),
    }
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

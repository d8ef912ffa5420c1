//! Apps of the sandbox's tenant: credentials, what they may do, and how they are told of pressed cards.

use crate::sandbox::world::{World, looks_like};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An app with a bot.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct App {
    /// The secret; empty accepts any.
    pub app_secret: String,
    /// The bot's name.
    pub name: String,
    /// Stopped: no token (10014).
    pub disabled: bool,
    /// The bot ability is off (230006).
    pub bot_off: bool,
    /// Scopes not granted: endpoint names that answer 99991672, and the scopes that batches ask for themselves
    /// (`im:message:send_multi_users`: 11203, `im:message:send_multi_depts`: 11204, `im:message:send_as_bot`: 11223).
    /// Without `contact:user.employee_id:readonly` callbacks say no `user_id`.
    pub denied: BTreeSet<String>,
    /// How it is told of pressed cards.
    pub callback: Callback,
    /// The Verification Token: callbacks carry it.
    pub verification_token: String,
    /// The Encrypt Key: callbacks over HTTP are encrypted and signed with it; empty: neither.
    pub encrypt_key: String,
    /// It was set up while every app was welcome, and does not make the others unknown.
    pub unlisted: bool,
}

/// How an app is told when somebody presses one of its cards (the callback subscription of its console).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Callback {
    /// Not at all: who presses sees error 200340.
    #[default]
    None,
    /// By a request to this URL.
    Url(String),
    /// By one of its long connections.
    LongConnection,
}

impl World {
    /// The app's entry; apps of an open world that were not set up have defaults.
    pub(crate) fn app(&self, app_id: &str) -> App {
        // Such an app is told by the connection it opened, if any.
        let named = || App { name: format!("机器人 {app_id}"), callback: Callback::LongConnection, unlisted: true, ..App::default() };
        self.apps.get(app_id).cloned().unwrap_or_else(named)
    }

    /// Whether there is an app of this id: one that is set up, or any while none is listed.
    pub(crate) fn knows_app(&self, app_id: &str) -> bool {
        self.apps.contains_key(app_id) || (self.lenient && self.apps.values().all(|app| app.unlisted))
    }

    /// Whether the app exists and has a bot that can be added to a chat.
    pub(crate) fn has_bot_app(&self, app_id: &str) -> bool {
        match self.apps.get(app_id) {
            Some(app) => !app.bot_off && !app.disabled,
            None => self.knows_app(app_id) && looks_like("cli_", app_id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_that_was_only_set_up_leaves_the_others_known() {
        let mut world = World::default();
        world.apps.insert("cli_a".to_owned(), App { unlisted: true, ..App::default() });
        assert!(world.knows_app("cli_a") && world.knows_app("cli_b") && world.has_bot_app("cli_b"));
        world.apps.insert("cli_c".to_owned(), App::default());
        assert!(world.knows_app("cli_a") && !world.knows_app("cli_b") && !world.has_bot_app("cli_b"));
    }

    #[test]
    fn callbacks_are_words_or_a_url() {
        for (callback, json) in [
            (Callback::None, serde_json::json!("none")),
            (Callback::LongConnection, serde_json::json!("long_connection")),
            (Callback::Url("http://127.0.0.1:1/".to_owned()), serde_json::json!({"url": "http://127.0.0.1:1/"})),
        ] {
            assert_eq!(serde_json::to_value(&callback).unwrap(), json);
            assert_eq!(serde_json::from_value::<Callback>(json).unwrap(), callback);
        }
        assert!(serde_json::from_value::<App>(serde_json::json!({"calback": "none"})).is_err());
    }
}

//! The configuration that runs: effective and without secrets, how its last reload went, whom it names, and what the platform says to it.

use crate::server::error::ApiError;
use crate::server::state::{Reloaded, Shared};
use crate::verbs::check::{self, Answer, Known};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// The configuration that runs.
#[derive(Debug, Serialize)]
pub(crate) struct Effective {
    /// In the words of the configuration, defaults filled in, secrets masked.
    pub(crate) settings: Value,
    /// How the last reload went, with its findings.
    pub(crate) reload: Reloaded,
    /// Doubtful places in templates.
    pub(crate) template_findings: Vec<String>,
    /// This program's version.
    pub(crate) version: &'static str,
}

/// The configuration that runs.
pub(crate) fn effective(shared: &Shared) -> Effective {
    let live = shared.live.load_full();
    Effective {
        settings: live.settings.redacted(),
        reload: shared.reload.last.borrow().clone(),
        template_findings: live.renderer.findings().iter().map(ToString::to_string).collect(),
        version: env!("CARGO_PKG_VERSION"),
    }
}

pub(super) async fn show(State(shared): State<Arc<Shared>>) -> Json<Effective> {
    Json(effective(&shared))
}

/// Whom the configuration names.
#[derive(Debug, Serialize)]
pub(crate) struct People {
    /// People, and what is known of them without asking.
    pub(crate) people: Vec<Known>,
    /// What the platform said when it was last asked: chats by name, people, credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) checked: Option<Checked>,
}

/// What the platform said.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Checked {
    pub(crate) at: Timestamp,
    /// No answer is bad.
    pub(crate) ok: bool,
    pub(crate) answers: Vec<Answer>,
}

/// The last check, and a place for one at a time.
#[derive(Debug, Default)]
pub(crate) struct LastCheck {
    last: Mutex<Option<Checked>>,
    turn: tokio::sync::Mutex<()>,
}

/// Whom the configuration names, and what is known of them.
pub(crate) fn people(shared: &Shared) -> People {
    let last = shared.checked.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
    People { people: check::known(&shared.live.load()), checked: last }
}

pub(super) async fn show_people(State(shared): State<Arc<Shared>>) -> Json<People> {
    Json(people(&shared))
}

/// Asks the platform: credentials, bots, membership of chats, people. Nothing is sent to anybody.
///
/// # Errors
/// 503: somebody else asks already.
pub(crate) async fn check_live(shared: &Shared) -> Result<Checked, ApiError> {
    let Ok(_turn) = shared.checked.turn.try_lock() else {
        return Err(ApiError::unavailable("overloaded", "the platform is being asked already; look again in a moment"));
    };
    let live = shared.live.load_full();
    let answers = check::ask(&live).await;
    let ok = answers.iter().all(|answer| answer.result != check::Result::Bad);
    let checked = Checked { at: shared.clock.now(), ok, answers };
    *shared.checked.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(checked.clone());
    Ok(checked)
}

pub(super) async fn check(State(shared): State<Arc<Shared>>) -> Result<Json<Checked>, ApiError> {
    check_live(&shared).await.map(Json)
}

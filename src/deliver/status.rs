//! What delivery is doing, in figures.

use jiff::Timestamp;

/// What delivery is doing, for readiness, metrics and the API.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Status {
    /// Messages owed something, those under way included.
    pub waiting: usize,
    /// Calls that have leave to be made and are not answered yet.
    pub calling: usize,
    /// Breakers that are not closed: app or bot, state, next probe.
    pub breakers: Vec<(String, &'static str, Timestamp)>,
    /// Parked targets with their next probe.
    pub parked: Vec<(String, String, Timestamp)>,
    /// Budgets that the platform paused.
    pub paused: Vec<(String, Timestamp)>,
}

//! Time intervals in Alertmanager's form.

/// One time interval: all of its given parts must hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TimeInterval {}

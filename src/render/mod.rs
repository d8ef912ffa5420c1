//! Routed group to message content: templates, escaping, fit.
//!
//! Pure: no clock, no I/O; template texts are handed in. Start with [`model`] (what templates see).

pub mod expr;
pub mod helpers;
pub mod model;
pub mod stub;
pub use stub::*;

//! The HTTP edge: sockets, middleware, webhooks, API, health, metrics.
//!
//! Handlers parse, call one library function and map its result. [`stack`] has the order of everything a request
//! passes, [`error`] is the only place that makes error answers, [`access`] decides who may open what.

pub mod access;
pub(crate) mod api;
pub mod audit;
mod console;
pub mod error;
mod health;
mod hook;
pub mod listen;
pub mod login;
pub mod peer;
mod segment;
pub mod session;
mod stack;
pub mod state;
pub mod tls;

pub use stack::router;

/// A stranger's text for a message to people: short, without control characters.
fn printable(text: &str) -> String {
    let cut: String = text.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    format!("{cut:?}")
}

//! The HTTP edge: sockets, middleware, webhooks, API, health, metrics.
//!
//! Handlers parse, call one library function and map its result. [`stack`] has the order of everything a request
//! passes, [`error`] is the only place that makes error answers, [`access`] decides who may open what.

pub mod access;
pub mod error;
pub mod listen;
pub mod peer;
pub mod tls;

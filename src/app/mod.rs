//! Wires a validated configuration into running parts: start, reload, drain.
//!
//! Knows every module; nothing but `cli` and `main` knows it.

pub mod signals;
pub mod watch;

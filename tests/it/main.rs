//! The integration tests: one binary, one module a subject.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod config;
mod contract;
mod delivery;
mod examples;
mod fuzz_corpus;
mod layers;
mod lifecycle;
mod payloads;
mod plans;
mod rig;
mod sandbox;
mod secrets;
mod semantics;
mod server;
mod support;
mod verbs;
mod walk;

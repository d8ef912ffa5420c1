//! The integration tests: one binary, one module a subject.
#![allow(clippy::unwrap_used, clippy::expect_used)]
#![allow(clippy::print_stdout, clippy::print_stderr)] // what is skipped, and what failed with which input

mod access;
mod config;
mod contract;
mod delivery;
mod draw;
mod examples;
mod fuzz_corpus;
mod layers;
mod lifecycle;
mod login;
mod openapi;
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

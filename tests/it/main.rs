//! The integration tests: one binary, one module a subject.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod config;
mod delivery;
mod examples;
mod layers;
mod rig;
mod sandbox;
mod walk;

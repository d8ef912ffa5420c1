//! One binary for all tests that use more than one module.

mod config;
mod examples;

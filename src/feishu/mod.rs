//! Everything that knows the platform.

pub mod content;

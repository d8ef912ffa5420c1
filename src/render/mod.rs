//! Routed group to message content: templates, escaping, fit.
//!
//! Pure: no clock, no I/O; template texts are handed in. Start with [`Renderer`], then [`model`] (what a message
//! shows), [`data`] (what templates see), [`engine`] (Handlebars), [`marks`] and [`write`] (why no value can
//! break a message), [`fit`] (limits) and [`reply`] (the lines that quote a message).

mod builtin;
mod check;
pub mod content;
pub mod data;
pub mod display;
pub mod engine;
pub mod expr;
pub mod failure;
pub mod finish;
pub mod fit;
pub mod helpers;
pub mod json;
pub mod links;
mod locate;
pub mod marks;
pub mod model;
pub mod renderer;
pub mod reply;
pub mod samples;
mod storm;
pub mod words;
pub mod write;

pub use crate::feishu::content::{Channel, Content, Limit};
pub use engine::{Origin, TemplateFile};
pub use failure::{Level, RenderFailure, TemplateError, Warning};
pub use renderer::{Degrade, RenderOptions, Rendered, Renderer, Request};
pub use reply::{Diff, ReplyRequest};

#[cfg(test)]
mod tests;

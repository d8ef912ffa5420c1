//! larkhook: alerts in, living messages in Feishu/Lark out.
//!
//! One way only: source -> alert -> route -> incident -> outbox -> deliver (render, budget, send) -> record.
//! `ARCHITECTURE.md` has the layer table; `tests/it/layers.rs` keeps it.

pub mod alert;
pub mod app;
pub mod cli;
pub mod config;
pub mod deliver;
pub mod draw;
pub mod feishu;
pub mod fetch;
pub mod incident;
pub mod live;
pub mod outbox;
pub mod pipeline;
pub mod preview;
pub mod render;
pub mod route;
pub mod sandbox;
pub mod server;
pub mod source;
pub mod store;
pub mod telemetry;
pub mod util;
pub mod verbs;
pub mod web;

//! larkhook: alerts in, living messages in Feishu/Lark out.
//!
//! One way only: source -> alert -> route -> incident -> outbox -> deliver (render, budget, send) -> record.
//! `ARCHITECTURE.md` has the layer table; `tests/it/layers.rs` keeps it.

pub mod alert;
pub mod config;
pub mod feishu;
pub mod render;
pub mod util;

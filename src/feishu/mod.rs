//! Everything that knows the Feishu/Lark platform.

pub mod content;

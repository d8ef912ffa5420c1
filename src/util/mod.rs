//! Small tools without domain words: the clock, durations, ids, text.
//!
//! Nothing here knows alerts, Feishu or the store. Only [`clock`] reads the wall clock; everything
//! else takes `now` as an argument.

pub mod clock;
pub mod duration;
pub mod failpoint;
pub mod id;
pub mod text;

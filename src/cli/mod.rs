//! The command line: one file per command over the library's functions.
//!
//! [`args`] is what can be typed, [`output`] how results are printed and which exit code they get.

pub mod args;
pub mod output;
pub mod view;

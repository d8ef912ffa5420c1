//! What is fuzzed: each module takes any bytes, makes something of them and panics where a promise does not hold.
//!
//! `fuzz_targets` are the fuzzer's ways in; the ordinary test `tests/it/fuzz_corpus.rs` includes this same file and
//! runs everything in `corpus` through it. Inputs are parts between record separators (0x1E); see [`parts`].

pub mod answer;
pub mod callback;
pub mod card;
pub mod config;
pub mod matcher;
pub mod parts;
pub mod payload;
pub mod template;

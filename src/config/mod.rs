//! Text to validated settings.
//!
//! [`raw`] is the YAML as typed (serde and schema), [`load`] reads files, variables and secrets,
//! [`check`] resolves references and collects every finding, [`diagnostic`] draws findings with their
//! place in the file, [`settings`] is what the rest of the program uses.

pub mod settings;

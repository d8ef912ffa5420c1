//! Text to validated settings.
//!
//! [`load()`] is the way in: [`node`] reads YAML into a tree that knows its places, [`vars`] puts variables into
//! it, [`decode`] turns it into the sections of [`raw`] (whose doc comments are also the JSON [`schema()`]),
//! [`check`] resolves references and fills in defaults. Every problem is a [`Diagnostic`]; nothing stops at the
//! first. [`settings`] is what the rest of the program uses.

mod advice;
pub mod check;
mod data;
pub mod decode;
pub mod diagnostic;
mod load;
mod mask;
pub mod node;
pub mod raw;
mod redacted;
mod schema;
pub mod settings;
pub mod vars;

pub use data::{load_data, read_data};
pub use diagnostic::{Diagnostic, Findings};
pub use load::{Loaded, TemplateUse, load, load_str};
pub use schema::schema;

//! What the web pages of sandbox and console share: shell, assets, languages, live updates, the origin of writes.
//!
//! Pages are made on the server and read without script; a script keeps their parts true while they are open ([`live`]).
//! Nothing comes from elsewhere, and nothing inline runs ([`page`]). No domain words in here.

pub mod assets;
pub mod guard;
pub mod live;
pub mod page;
pub mod pieces;
pub mod viewer;

pub use assets::Asset;
pub use page::Page;
pub use viewer::{Lang, Theme, Viewer};

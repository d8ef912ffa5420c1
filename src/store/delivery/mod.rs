//! What delivery reads and writes: [`owed`] is one message with what it is owed, [`record`] the kept call and what became of it.

mod outcome;
mod owed;
mod record;

pub use outcome::{Begin, Finish, Next, Park, Patch, Recorded, Tried};
pub(super) use owed::work;
pub use owed::{JobRow, Owed};
pub(super) use record::{begin, finish, unpark};

//! Pictures and files that follow messages: [`want`] owes them in the transaction that makes or shows a message,
//! [`work`] is what delivery reads and writes while it brings them along, [`view`] what the API shows.
//!
//! An attachment never holds its message up and is never a dead letter: it is there, or it says why not.

mod view;
mod want;
mod work;

pub use view::AttachmentView;
pub(super) use view::of_messages;
pub(super) use want::{keep_blobs, owe_lists, refused_images, shown_images, want, wanted};
pub(super) use work::apply;
pub use work::{AttachWrite, Attachment, AttachmentKind, Stage};

/// A refused key is uploaded anew so many times.
const REUPLOADS: i64 = 1;

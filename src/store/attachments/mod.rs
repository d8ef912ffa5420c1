//! Pictures and files that follow messages: [`want`] owes them in the transaction that makes or shows a message,
//! [`work`] is what delivery reads and writes while it brings them along, [`blobs`] keeps pictures that came inside
//! alerts, [`view`] is what the API shows.
//!
//! An attachment never holds its message up and is never a dead letter: it is there, or it says why not.

mod blobs;
mod view;
mod want;
mod work;

pub(super) use blobs::{drop_blobs, keep_blobs};
pub use view::AttachmentView;
pub(super) use view::of_messages;
pub(super) use want::{images_by_reply, owe_lists, refused_images, shown_images, want, wanted};
pub use work::{AttachLane, AttachWrite, Attachment, AttachmentKind, KnownUpload, Stage};
pub(super) use work::{apply, remember};

/// A refused key is uploaded anew so many times.
const REUPLOADS: i64 = 1;

//! What delivery hands in: the call it is about to make, what became of it, what that changes.

use crate::config::settings::Carrier;
use crate::outbox::{CallMeta, EditWay, ToldOf};
use crate::store::PartPatch;
use jiff::Timestamp;

/// Keeps a call and takes the lease.
#[derive(Debug, Clone)]
pub struct Begin {
    /// The job.
    pub job: String,
    /// Its fence as read.
    pub fence: i64,
    /// The app or bot that makes it.
    pub via: String,
    /// Name of the ladder step.
    pub step: String,
    /// The exact call and its meaning; `None`: the kept one is repeated.
    pub call: Option<(String, CallMeta)>,
    /// Now.
    pub now: Timestamp,
    /// End of the lease.
    pub lease_until: Timestamp,
}

/// What became of a job.
#[derive(Debug, Clone)]
pub struct Finish {
    /// The job.
    pub job: String,
    /// Its message.
    pub message: String,
    /// The fence that `begin` handed out.
    pub fence: i64,
    /// Who carried it, or would have: what is learnt of a target is learnt of this one.
    pub carrier: Carrier,
    /// Now.
    pub now: Timestamp,
    /// The call made, for the record.
    pub tried: Option<Tried>,
    /// What the message is now.
    pub patch: Patch,
    /// What the job is now.
    pub next: Next,
    /// What the target is now.
    pub park: Park,
    /// Revision and reminders of the message as they were read for this.
    pub seen: (i64, i64),
}

/// One call made.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    /// Endpoint's name.
    pub endpoint: &'static str,
    /// HTTP status; 0: none.
    pub http: u16,
    /// Platform code.
    pub code: Option<i64>,
    /// Class.
    pub class: &'static str,
    /// Log id.
    pub log_id: Option<String>,
    /// Milliseconds.
    pub duration_ms: i64,
    /// Name of the ladder step.
    pub step: String,
    /// Revision.
    pub revision: i64,
    /// In words.
    pub note: String,
}

/// Changes to a message after a call; `None` keeps.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// `om_...`
    pub platform_id: Option<String>,
    /// `oc_...`
    pub chat_id: Option<String>,
    /// The revision shown.
    pub shown: Option<i64>,
    /// The generation shown.
    pub generation: Option<i64>,
    /// Shape shown.
    pub shown_kind: Option<&'static str>,
    /// Card schema shown.
    pub shown_schema: Option<String>,
    /// First sent.
    pub sent_at: Option<Timestamp>,
    /// One more version.
    pub updated: bool,
    /// One more reply.
    pub replied: bool,
    /// What people know.
    pub told: Option<String>,
    /// How it is brought up to date from now on.
    pub edit_way: Option<EditWay>,
    /// An outcome stays unknown.
    pub duplicate: bool,
    /// One more generation is wanted.
    pub renew: bool,
    /// A person recalled it.
    pub left: bool,
    /// What became of the part that was sent.
    pub part: Option<PartPatch>,
    /// Keys of the images that it shows.
    pub shown_images: Vec<String>,
    /// Keys of images that the platform does not know.
    pub refused_images: Vec<String>,
    /// It shows less than all of its alerts, and its lists are wanted then.
    pub left_out: bool,
    /// What a version of a digest tells.
    pub told_of: Option<ToldOf>,
}

/// What a job becomes.
#[derive(Debug, Clone)]
pub enum Next {
    /// Owed no more, unless the message moved on in the meantime.
    Done,
    /// Kept for the next version: a digest's job lasts as long as its storm.
    Standing,
    /// Later again.
    Later {
        /// When.
        due_at: Timestamp,
        /// At which ladder step.
        step: String,
        /// A reply leaves its thread.
        plain_reply: bool,
        /// The same bytes again: the kept call stays.
        keep: bool,
        /// Another call than the one before: its attempts count from the start.
        fresh: bool,
        /// Since when the outcome is unknown.
        unknown_since: Option<Timestamp>,
        /// Why.
        reason: String,
    },
    /// A dead letter.
    Dead {
        /// Why.
        reason: String,
    },
}

/// What becomes of a target.
#[derive(Debug, Clone)]
pub enum Park {
    /// As it was.
    Keep,
    /// Nothing is sent until a probe succeeds.
    Park {
        /// The address, or `*` for the whole app.
        target: String,
        /// Next probe.
        probe_at: Timestamp,
        /// Why.
        reason: String,
    },
    /// The app works, whatever is wrong with the target.
    AppWorks,
    /// It works again.
    Clear,
}

/// What a finish left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Nothing more is owed by this job.
    Done,
    /// It is owed again, not before this time.
    Again(Timestamp),
    /// A dead letter.
    Dead,
    /// The lease was lost; what was learnt is stored all the same.
    LostLease,
}

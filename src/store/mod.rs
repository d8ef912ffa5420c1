//! Persistence behind one type: SQLite, one file, one writer, group commit with `synchronous=FULL`.
//!
//! All SQL lives here, in the dialect that SQLite and PostgreSQL share (lists of keys aside: `json_each`). Every write goes through one task
//! ([`writer`]) that commits what has queued up in one transaction, and answers only after the commit: that is what a 2xx
//! stands on. Reads use a small pool and never block the writer. The store knows no templates and no HTTP.

mod attachments;
mod audit;
mod book;
mod delivery;
mod digests;
mod error;
mod events;
mod incidents;
mod intake;
mod jobs;
mod now;
mod open;
mod operator;
mod pages;
mod parts;
mod queries;
mod reads;
mod sql;
mod stats;
mod timeline;
mod told;
mod upkeep;
mod writer;
mod writes;

#[cfg(test)]
mod tests;

pub use attachments::{AttachLane, AttachWrite, Attachment, AttachmentKind, AttachmentView, KnownUpload, Stage};
pub use audit::{Audit, AuditFilter};
pub use delivery::{Begin, Finish, JobRow, Next, Owed, Park, Patch, Recorded, Tried};
pub use digests::{DigestState, DigestView, Gathered, Inside, InsideView};
pub use error::StoreError;
pub use events::{EventDetail, EventView, HeardView};
pub use intake::{Applied, GroupReport, Intake, SenderGroup};
pub use jobs::{JobFilter, JobState, JobView, Left, ParkedView};
pub use now::{OpenCount, OpenIncident, OpenNow, Place};
pub use open::Options;
pub use operator::Operator;
pub use pages::Paged;
pub use parts::{Followed, Look, Part, PartPatch, PartView, Plan, Progress, Sending};
pub use queries::{AttemptView, IncidentDetail, IncidentFilter, IncidentView, InstanceView, Made, MessageView};
pub use stats::Stats;
pub use timeline::{Happened, Timeline};
pub use told::Told;
pub use upkeep::{Upkeep, UpkeepDone};
pub use writer::Commits;

use crate::outbox::Work;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// The store's handle; cheap to clone.
#[derive(Clone)]
pub struct Store {
    writes: mpsc::Sender<writer::Command>,
    reads: reads::Reads,
    commits: Arc<Commits>,
    _lock: Arc<std::fs::File>,
}

impl Store {
    /// Opens (and migrates) the file and starts the writer on `tracker`. Work that becomes owed is told to `work` after its
    /// commit; when that channel is full the scheduler's `rescan` flag in [`Commits`] is set instead.
    ///
    /// # Errors
    /// Another process has the file open, it cannot be read or written, or a migration fails.
    pub async fn open(
        options: Options,
        work: mpsc::Sender<Vec<Work>>,
        tracker: &tokio_util::task::TaskTracker,
    ) -> Result<Self, StoreError> {
        let rules = options.rules;
        let opened = tokio::task::spawn_blocking(move || open::open(&options)).await.map_err(|_| StoreError::Closed)??;
        let commits = Arc::new(Commits::default());
        let (writes, queue) = mpsc::channel(1024);
        let counted = Arc::clone(&commits);
        // A thread of its own: while it waits for the disk it holds up nobody.
        tracker.spawn_blocking(move || writer::run(&opened.connector, opened.writer, queue, &work, &counted, rules));
        Ok(Self { writes, reads: opened.reads, commits, _lock: Arc::new(opened.lock) })
    }

    /// Counters of the writer.
    pub fn commits(&self) -> &Commits {
        &self.commits
    }

    /// Applies one accepted body; returns after the commit.
    ///
    /// # Errors
    /// The body is not stored and must be sent again. Cancelling the call does not cancel the write.
    pub async fn intake(&self, intake: Intake) -> Result<Applied, StoreError> {
        self.write(|reply| writer::Command::Intake(Box::new(intake), reply)).await
    }

    /// Keeps the exact call before it is made, and takes the job's lease.
    ///
    /// # Errors
    /// As [`intake`](Self::intake). `Ok(None)`: the job is not ready any more or its fence moved.
    pub async fn begin(&self, begin: Begin) -> Result<Option<i64>, StoreError> {
        self.write(|reply| writer::Command::Begin(Box::new(begin), reply)).await
    }

    /// Writes down whom a generation of a message goes to, before its first call.
    ///
    /// # Errors
    /// As [`intake`](Self::intake).
    pub async fn plan(&self, plan: Plan) -> Result<(), StoreError> {
        self.write(|reply| writer::Command::Plan(Box::new(plan), reply)).await
    }

    /// Records a look at a part's progress.
    ///
    /// # Errors
    /// As [`intake`](Self::intake).
    pub async fn look(&self, look: Look) -> Result<(), StoreError> {
        self.write(|reply| writer::Command::Look(Box::new(look), reply)).await
    }

    /// Records what became of a job.
    ///
    /// # Errors
    /// As [`intake`](Self::intake).
    pub async fn finish(&self, finish: Finish) -> Result<Recorded, StoreError> {
        self.write(|reply| writer::Command::Finish(Box::new(finish), reply)).await
    }

    /// Does what an operator asked for. `Ok(false)`: there is no such thing.
    ///
    /// # Errors
    /// As [`intake`](Self::intake).
    pub async fn operate(&self, operator: Operator) -> Result<bool, StoreError> {
        self.write(|reply| writer::Command::Operate(Box::new(operator), reply)).await
    }

    /// Writes an entry of the audit log without waiting for it; where too much waits, it is lost.
    pub fn note(&self, audit: Audit) {
        let (reply, _) = oneshot::channel();
        if self.writes.try_send(writer::Command::Operate(Box::new(Operator::Note(audit)), reply)).is_err() {
            tracing::error!("an action is in the log only: the audit log could not be written");
        }
    }

    /// Expires groups not heard of and deletes what is older than the retention, a bounded amount per call.
    ///
    /// # Errors
    /// As [`intake`](Self::intake).
    pub async fn upkeep(&self, upkeep: Upkeep) -> Result<UpkeepDone, StoreError> {
        let pruned = self.write(|reply| writer::Command::Prune(upkeep, reply)).await?;
        let expired = self.write(|reply| writer::Command::Expire(upkeep, reply)).await?;
        Ok(UpkeepDone { expired: expired.expired, deleted: pruned.deleted, more: pruned.more || expired.more })
    }

    /// Hands the writer new settings after a reload.
    ///
    /// # Errors
    /// The writer is gone.
    pub async fn configure(&self, rules: crate::incident::event::Rules) -> Result<(), StoreError> {
        self.write(|reply| writer::Command::Configure(rules, reply)).await
    }

    /// Whether more writes wait than can be taken in soon: new work should be refused.
    pub fn overloaded(&self) -> bool {
        self.writes.capacity() < self.writes.max_capacity() / 8
    }

    /// Reads on one state of the database.
    async fn read<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&sql::Db) -> Result<T, StoreError> + Send + 'static,
    {
        self.reads.run(read).await
    }

    async fn write<T>(&self, command: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> writer::Command) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.writes.send(command(reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

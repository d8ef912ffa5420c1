//! What to do next for one message: pure, with the reason in the variant.

use super::retry::UUID_TRUSTED;
use super::view::{Difference, Digest};
use crate::outbox::{Act, CallMeta, EditWay};
use crate::render::model::View;
use crate::store::{JobRow, Owed};
use jiff::Timestamp;

/// The next thing to do for a message.
#[derive(Debug, Clone)]
pub enum Action {
    /// Nothing is owed.
    Nothing,
    /// The job has nothing to do any more: the state is shown, nobody must be told, or a person recalled the message.
    Settle(JobRow),
    /// A call whose outcome is not recorded: the same bytes again.
    Repeat(JobRow, Box<(String, CallMeta)>),
    /// The same, but it cannot be repeated safely, or no longer.
    Unknown(JobRow, CallMeta),
    /// A first or new message of this generation.
    Send(JobRow, i64),
    /// PATCH or PUT.
    Edit(JobRow),
    /// A reply in place of an edit, with what is new.
    EditByReply(JobRow, Difference),
    /// A reply, with what is new.
    Reply(JobRow, Difference),
}

impl Action {
    /// The job it is for.
    pub fn job(&self) -> Option<&JobRow> {
        match self {
            Action::Nothing => None,
            Action::Settle(job)
            | Action::Repeat(job, _)
            | Action::Unknown(job, _)
            | Action::Send(job, _)
            | Action::Edit(job)
            | Action::EditByReply(job, _)
            | Action::Reply(job, _) => Some(job),
        }
    }
}

/// First send or edit, then replies; what was begun is finished first.
pub fn next(owed: &Owed, view: &View, now: Timestamp) -> Action {
    if let Some(job) = &owed.sync {
        return sync(owed, job.clone(), view, now);
    }
    match &owed.reply {
        Some(job) => reply(owed, job.clone(), view, now),
        None => Action::Nothing,
    }
}

/// A call that was begun and whose outcome is not recorded. An edit that newer state has overtaken is not worth repeating:
/// the newest takes its place.
fn kept(owed: &Owed, job: &JobRow, now: Timestamp) -> Option<Action> {
    let (call, meta) = job.call.clone()?;
    if meta.act == Act::Edit && meta.revision < owed.wanted {
        return None;
    }
    let stale = job.unknown_since.or(job.first_try_at).is_some_and(|at| crate::util::clock::since(at, now) > UUID_TRUSTED);
    let idempotent = meta.repeatable && (meta.act == Act::Edit || !stale);
    Some(if idempotent { Action::Repeat(job.clone(), Box::new((call, meta))) } else { Action::Unknown(job.clone(), meta) })
}

fn sync(owed: &Owed, job: JobRow, view: &View, now: Timestamp) -> Action {
    if let Some(action) = kept(owed, &job, now) {
        return action;
    }
    if owed.left {
        return Action::Settle(job);
    }
    if owed.renew > owed.generation {
        return Action::Send(job, owed.renew);
    }
    if owed.wanted <= owed.shown {
        return Action::Settle(job);
    }
    if owed.platform_id.is_none() {
        return Action::Send(job, owed.generation + 1);
    }
    match owed.edit_way {
        EditWay::Edit => Action::Edit(job),
        EditWay::New => Action::Send(job, owed.generation + 1),
        EditWay::Reply => match difference(owed, view, now) {
            Some(new) if !new.is_empty() => Action::EditByReply(job, new),
            _ => Action::Settle(job),
        },
    }
}

fn reply(owed: &Owed, job: JobRow, view: &View, now: Timestamp) -> Action {
    if let Some(action) = kept(owed, &job, now) {
        return action;
    }
    if owed.left || owed.platform_id.is_none() {
        return Action::Settle(job);
    }
    match difference(owed, view, now) {
        Some(new) if !new.is_empty() => Action::Reply(job, new),
        _ => Action::Settle(job),
    }
}

fn difference(owed: &Owed, view: &View, now: Timestamp) -> Option<Difference> {
    let told: Digest = serde_json::from_str(owed.told.as_deref()?).ok()?;
    Some(told.difference(view, owed.repeats, now))
}

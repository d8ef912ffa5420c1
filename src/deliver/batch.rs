//! Messages to departments and lists of people: planned whole, one part after the other, nobody missed.
//!
//! A part has no `uuid`. Where its call's outcome is unknown and its id is known all the same, the platform is asked before
//! anything is sent again; where nobody can tell, it is sent once more, marked. Pure: [`next_part`], [`settle`],
//! [`asked`], [`next_look`].

use super::outcome::Verdict;
use crate::feishu::error::{Class, Endpoint, Outcome};
use crate::outbox::{CallMeta, PartState};
use crate::store::{Next, Park, Part, PartPatch, Patch, Progress};
use crate::util::clock::{after, since};
use jiff::Timestamp;
use std::time::Duration;

/// Before the platform is asked about a part whose call's outcome is unknown.
const ASK_AFTER: Duration = Duration::from_secs(5);
/// A part that the platform knows but has not scheduled for so long counts as not sent: batches of an app wait for each other.
const NEVER_SCHEDULED: Duration = Duration::from_secs(1800);
/// A batch that the platform does not know after so long is asked about no more.
const KNOWN_AFTER: Duration = Duration::from_secs(30);
/// The first look at a part's progress.
const FIRST_LOOK: Duration = Duration::from_secs(10);
/// Progress and reads are followed for so long.
const FOLLOW_FOR: Duration = Duration::from_secs(24 * 3600);

/// The part that is next: those to be sent in order, then those to ask about.
pub fn next_part(parts: &[Part]) -> Option<&Part> {
    let first = |state: PartState| parts.iter().find(|part| part.state == state);
    first(PartState::Planned).or_else(|| first(PartState::Asking))
}

/// What an end of a part's call means for the part and the whole.
pub fn settle(verdict: Verdict, outcome: Option<&Outcome>, meta: &CallMeta, parts: &[Part], step: &str, now: Timestamp) -> Verdict {
    let Some(number) = meta.part else { return verdict };
    let id = outcome.and_then(Outcome::batch_id).map(str::to_owned);
    let part = |state: PartState| PartPatch::new(meta.generation, number, state);
    let duplicate = verdict.patch.duplicate;
    match &verdict.next {
        Next::Done if outcome.is_some_and(|outcome| outcome.class(Endpoint::BatchSend) == Class::Ok) => {
            let sent = PartPatch {
                invalid: outcome.map(invalid).unwrap_or_default(),
                next_look: id.is_some().then(|| after(now, FIRST_LOOK)),
                batch_id: id,
                sent_at: Some(now),
                ..part(PartState::Sent)
            };
            go_on(verdict, sent, meta, parts, step, now)
        }
        // Counted as sent although nobody can tell.
        Next::Done => go_on(verdict, PartPatch { duplicate: true, sent_at: Some(now), ..part(PartState::Unknown) }, meta, parts, step, now),
        Next::Dead { reason } => {
            let reason = Some(reason.clone());
            go_on(verdict, PartPatch { reason, ..part(PartState::Lost) }, meta, parts, step, now)
        }
        Next::Later { .. } if id.is_some() => {
            let asking = PartPatch { batch_id: id, sent_at: Some(now), ..part(PartState::Asking) };
            let wait = if others(parts, number).any(|part| part.state == PartState::Planned) { Duration::ZERO } else { ASK_AFTER };
            later(verdict, asking, step, after(now, wait))
        }
        Next::Later { .. } if duplicate => {
            let marked = PartPatch { duplicate: true, ..part(PartState::Planned) };
            Verdict { patch: Patch { part: Some(marked), ..verdict.patch }, ..verdict }
        }
        Next::Later { .. } | Next::Standing => verdict,
    }
}

/// What the platform's word on a part's progress means for it.
pub fn asked(verdict: Verdict, outcome: &Outcome, meta: &CallMeta, parts: &[Part], step: &str, now: Timestamp) -> Verdict {
    let Some(part) = meta.part.and_then(|number| parts.iter().find(|part| part.number == number)) else { return verdict };
    let patch = |state: PartState| PartPatch::new(meta.generation, part.number, state);
    let age = part.sent_at.map_or(Duration::ZERO, |at| since(at, now));
    let again = |wait: Duration| (patch(PartState::Asking), after(now, wait));
    // Nobody can tell: once more, marked.
    let marked = || (PartPatch { duplicate: true, ..patch(PartState::Planned) }, now);
    let (part, due_at) = match outcome.class(Endpoint::BatchProgress) {
        Class::Ok => {
            let told = outcome.answer().map(|answer| progress(&answer.data)).unwrap_or_default();
            if told.valid > 0 || told.success > 0 {
                let sent = PartPatch { next_look: Some(after(now, FIRST_LOOK)), ..patch(PartState::Sent) };
                return go_on(verdict, sent, meta, parts, step, now);
            }
            if age < NEVER_SCHEDULED { again(ASK_AFTER.max(age / 2)) } else { marked() }
        }
        // The platform named it, so it may only not be known everywhere yet.
        Class::State(_) if age < KNOWN_AFTER => again(ASK_AFTER),
        // The question is not answered at the moment: that says nothing about the batch.
        Class::Retry | Class::Rate { .. } | Class::Auth => return verdict,
        _ => marked(),
    };
    // Whatever is wrong with the question is nothing against the target.
    later(Verdict { park: Park::Keep, ..verdict }, part, step, due_at)
}

/// The part is settled: the next one, or the end of the whole. Where parts were refused for good the whole is a dead letter, so
/// that it is told and can be tried again; those who have it are not sent to a second time then.
fn go_on(verdict: Verdict, settled: PartPatch, meta: &CallMeta, parts: &[Part], step: &str, now: Timestamp) -> Verdict {
    if others(parts, settled.number).any(|part| !part.state.is_settled()) {
        return later(verdict, settled, step, now);
    }
    let patch = Patch { duplicate: settled.duplicate, part: Some(settled.clone()), ..Patch::default() };
    match lost(parts, Some(&settled)) {
        Some(reason) => Verdict { patch, next: Next::Dead { reason }, park: Park::Keep, ..verdict },
        None => Verdict {
            patch: Patch { part: Some(settled), ..all_sent(meta, patch.duplicate, now) },
            next: Next::Done,
            park: Park::Clear,
            ..verdict
        },
    }
}

/// The message once everybody has it who can.
pub fn all_sent(meta: &CallMeta, duplicate: bool, now: Timestamp) -> Patch {
    Patch {
        shown: Some(meta.revision),
        generation: Some(meta.generation),
        shown_kind: Some(meta.shape.as_str()),
        shown_schema: Some(meta.schema.clone()),
        sent_at: Some(now),
        updated: true,
        told: Some(meta.told.clone()),
        duplicate,
        ..Patch::default()
    }
}

/// Why the whole is not with everybody: the parts that were refused for good. `last` is the part that was settled just now.
pub fn lost(parts: &[Part], last: Option<&PartPatch>) -> Option<String> {
    let before = parts.iter().filter(|part| last.is_none_or(|last| last.number != part.number));
    let mut refused: Vec<&str> =
        before.filter(|part| part.state == PartState::Lost).map(|part| part.reason.as_deref().unwrap_or_default()).collect();
    refused.extend(last.filter(|last| last.state == PartState::Lost).map(|last| last.reason.as_deref().unwrap_or_default()));
    let reason = refused.last()?;
    Some(format!("{} of {} parts were refused: {reason}", refused.len(), parts.len()))
}

/// The job goes on with another call, in the same form.
fn later(verdict: Verdict, part: PartPatch, step: &str, due_at: Timestamp) -> Verdict {
    let patch = Patch { duplicate: part.duplicate, part: Some(part), ..Patch::default() };
    let step = step.to_owned();
    let next = Next::Later { due_at, step, plain_reply: false, keep: false, fresh: true, unknown_since: None, reason: String::new() };
    Verdict { patch, next, ..verdict }
}

fn others(parts: &[Part], number: i64) -> impl Iterator<Item = &Part> {
    parts.iter().filter(move |part| part.number != number)
}

/// The ids that the platform did not know, `open_id:ou_...`
fn invalid(outcome: &Outcome) -> Vec<String> {
    let Some(answer) = outcome.answer() else { return Vec::new() };
    let list = |field: &str, kind: &'static str| {
        let ids = answer.data.get(field).and_then(serde_json::Value::as_array).into_iter().flatten();
        ids.filter_map(serde_json::Value::as_str).map(move |id| format!("{kind}:{id}")).collect::<Vec<_>>()
    };
    [
        list("invalid_department_ids", "department"),
        list("invalid_open_ids", "open_id"),
        list("invalid_user_ids", "user_id"),
        list("invalid_union_ids", "union_id"),
    ]
    .concat()
}

/// The counts of a progress answer; what is missing counts as 0.
pub fn progress(data: &serde_json::Value) -> Progress {
    let count = |pointer: &str| data.pointer(pointer).and_then(serde_json::Value::as_i64).unwrap_or(0);
    Progress {
        valid: count("/batch_message_send_progress/valid_user_ids_count"),
        success: count("/batch_message_send_progress/success_user_ids_count"),
        read: count("/batch_message_send_progress/read_user_ids_count"),
        recalled: count("/batch_message_recall_progress/recall_count"),
    }
}

/// When a part is looked at again: ever more seldom, since looks count against the month's calls (some fifteen in a day).
/// `None`: everybody has it and has read it, or a day is over. `known` is `None` where the last look failed.
pub fn next_look(sent_at: Timestamp, known: Option<Progress>, now: Timestamp) -> Option<Timestamp> {
    let age = since(sent_at, now);
    if age >= FOLLOW_FOR || known.is_some_and(|p| p.valid > 0 && p.success >= p.valid && p.read >= p.success) {
        return None;
    }
    Some(after(now, age.max(FIRST_LOOK)))
}

#[cfg(test)]
#[path = "batch_test.rs"]
mod tests;

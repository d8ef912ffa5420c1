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
/// A part that the platform knows but has not scheduled for so long counts as not sent.
const NEVER_SCHEDULED: Duration = Duration::from_secs(600);
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
    let part = |state: PartState| PartPatch {
        generation: meta.generation,
        number,
        state,
        duplicate: false,
        batch_id: None,
        invalid: Vec::new(),
        reason: None,
        sent_at: None,
        next_look: None,
    };
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
        Next::Later { .. } => verdict,
    }
}

/// What the platform's word on a part's progress means for it.
pub fn asked(verdict: Verdict, outcome: &Outcome, meta: &CallMeta, parts: &[Part], step: &str, now: Timestamp) -> Verdict {
    let Some(part) = meta.part.and_then(|number| parts.iter().find(|part| part.number == number)) else { return verdict };
    let patch = |state: PartState| PartPatch {
        generation: meta.generation,
        number: part.number,
        state,
        duplicate: false,
        batch_id: None,
        invalid: Vec::new(),
        reason: None,
        sent_at: None,
        next_look: None,
    };
    match outcome.class(Endpoint::BatchProgress) {
        Class::Ok => {
            let told = outcome.answer().map(|answer| progress(&answer.data)).unwrap_or_default();
            let age = part.sent_at.map_or(Duration::ZERO, |at| since(at, now));
            if told.valid > 0 || told.success > 0 {
                go_on(verdict, PartPatch { next_look: Some(after(now, FIRST_LOOK)), ..patch(PartState::Sent) }, meta, parts, step, now)
            } else if age < NEVER_SCHEDULED {
                later(verdict, patch(PartState::Asking), step, after(now, ASK_AFTER.max(age / 2)))
            } else {
                later(verdict, PartPatch { duplicate: true, ..patch(PartState::Planned) }, step, now)
            }
        }
        // There is no such batch: it was not made.
        Class::State(_) | Class::Bug | Class::Permanent | Class::Target => later(verdict, patch(PartState::Planned), step, now),
        _ => verdict,
    }
}

/// The part is settled: the next one, or the end of the whole.
fn go_on(verdict: Verdict, settled: PartPatch, meta: &CallMeta, parts: &[Part], step: &str, now: Timestamp) -> Verdict {
    let mut states: Vec<PartState> = others(parts, settled.number).map(|part| part.state).collect();
    if states.iter().any(|state| !state.is_settled()) {
        return later(verdict, settled, step, now);
    }
    states.push(settled.state);
    let reason = settled.reason.clone();
    if states.iter().all(|state| *state == PartState::Lost) {
        let next = Next::Dead { reason: reason.unwrap_or_default() };
        return Verdict { patch: Patch { part: Some(settled), ..Patch::default() }, next, ..verdict };
    }
    let patch = Patch {
        shown: Some(meta.revision),
        generation: Some(meta.generation),
        shown_kind: Some(meta.shape.as_str()),
        shown_schema: Some(meta.schema.clone()),
        sent_at: Some(now),
        updated: true,
        told: Some(meta.told.clone()),
        duplicate: settled.duplicate,
        part: Some(settled),
        ..Patch::default()
    };
    Verdict { patch, next: Next::Done, park: Park::Clear, ..verdict }
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

/// When a part is looked at again: seldom, since looks count against the month's calls. `None`: everybody has it and has
/// read it, or a day is over. `known` is `None` where the last look failed.
pub fn next_look(sent_at: Timestamp, known: Option<Progress>, now: Timestamp) -> Option<Timestamp> {
    let age = since(sent_at, now);
    if age >= FOLLOW_FOR {
        return None;
    }
    let arrived = known.is_some_and(|p| p.valid > 0 && p.success >= p.valid);
    if arrived && known.is_some_and(|p| p.read >= p.success) {
        return None;
    }
    let (least, most) = if arrived { (60, 3600) } else { (10, 600) };
    Some(after(now, (age / 2).clamp(Duration::from_secs(least), Duration::from_secs(most))))
}

#[cfg(test)]
#[path = "batch_test.rs"]
mod tests;

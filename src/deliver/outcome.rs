//! What an answer means for a job, its message and its target: pure, by class, with the reason in words.
//!
//! The platform's classes are `feishu::error`'s; this is the policy on top of them:
//! transport, 5xx, RATE and AUTH never exhaust (until `give_up_after`), CONFIG and QUOTA park the target, CONTENT goes one ladder
//! step down, STATE changes how the message is brought up to date, TARGET and BUG are dead letters.

use super::plan::UUID_LIFE;
use super::retry::{self, Kind};
use crate::config::settings::{ContentKind, OnUnknown};
use crate::feishu::error::{Class, ContentFault, Endpoint, NotSentReason, Outcome, StateFault};
use crate::outbox::{Act, CallMeta, EditWay, Step};
use crate::store::{JobRow, Next, Owed, Park, Patch};
use crate::util::clock::{after, since};
use jiff::Timestamp;
use std::time::Duration;

/// A parked target is tried again this often.
pub const PROBE_EVERY: Duration = Duration::from_secs(300);

/// What is known when an answer comes in.
pub struct Situation<'a> {
    /// The message and what it is owed.
    pub owed: &'a Owed,
    /// The job the call was made for.
    pub job: &'a JobRow,
    /// What the call meant.
    pub meta: &'a CallMeta,
    /// Which call.
    pub endpoint: Endpoint,
    /// Ladder step of the call.
    pub step: Step,
    /// What a custom bot does about unknown outcomes.
    pub on_unknown: OnUnknown,
    /// Delivery is given up after this long.
    pub give_up_after: Duration,
    /// Now.
    pub now: Timestamp,
    /// In [0, 1): the jitter.
    pub random: f64,
}

/// What follows.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Changes to the message.
    pub patch: Patch,
    /// What the job becomes.
    pub next: Next,
    /// What the target becomes.
    pub park: Park,
    /// A pause that the platform asked for.
    pub pause: Option<Duration>,
    /// The end of the matter, for metrics: `sent`, `retry`, `step`, `park`, `dead`, `left`, `fallback`, `possible_duplicate`.
    pub end: End,
}

/// How an answer ends one call; a metrics label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// It arrived.
    Sent,
    /// The same again later.
    Retry,
    /// One ladder step down.
    Step,
    /// The target is parked.
    Park,
    /// A dead letter.
    Dead,
    /// A person recalled it: left alone.
    Left,
    /// Brought up to date another way from now on.
    Fallback,
    /// The outcome stays unknown: sent again, marked, or counted as sent.
    Doubt,
}

impl End {
    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            End::Sent => "sent",
            End::Retry => "retry",
            End::Step => "step",
            End::Park => "park",
            End::Dead => "dead",
            End::Left => "left",
            End::Fallback => "fallback",
            End::Doubt => "doubt",
        }
    }
}

/// Decides what an outcome means.
pub fn decide(s: &Situation<'_>, outcome: &Outcome) -> Verdict {
    let class = outcome.class(s.endpoint);
    let reason = words(outcome, class);
    if class == Class::Ok {
        return sent(s, outcome);
    }
    if outcome.is_unknown(s.endpoint) {
        return unknown(s, reason);
    }
    let keep = s.job.unknown_since.is_some();
    match class {
        Class::Rate { pause } => Verdict { pause, ..later(s, Kind::Rate { pause }, keep, reason) },
        Class::Retry => later(s, if matches!(outcome, Outcome::Answered(_)) && outcome.code() == Some(230049) { Kind::Busy } else { Kind::Retry }, keep, reason),
        Class::Auth => later(s, Kind::Retry, keep, reason),
        Class::Config | Class::Quota => parked(s, outcome, keep, reason),
        Class::Content(ContentFault::Locked) => later(s, Kind::Busy, keep, reason),
        Class::Content(fault) => step_down(s, fault, reason),
        Class::State(fault) => state(s, fault, reason),
        Class::Target | Class::Bug | Class::Permanent | Class::Ok | Class::Unknown => dead(reason),
    }
}

/// A call that was begun and whose outcome nobody will ever know: not repeatable, or the `uuid` has expired.
pub fn doubt(s: &Situation<'_>) -> Verdict {
    let patch = Patch { duplicate: true, ..Patch::default() };
    let again = |patch: Patch, reason: &str| Verdict {
        patch,
        next: Next::Later { due_at: s.now, step: s.step, keep: false, unknown_since: Some(s.now), reason: reason.to_owned() },
        park: Park::Keep,
        pause: None,
        end: End::Doubt,
    };
    let counted = |patch: Patch| Verdict { patch, next: Next::Done, park: Park::Keep, pause: None, end: End::Doubt };
    if s.endpoint == Endpoint::Hook {
        // Custom bots know no uuid: once more, marked, or counted as sent.
        let second = s.job.unknown_since.is_some();
        if s.on_unknown == OnUnknown::Resend && !second {
            return again(patch, "outcome unknown: sent again once, marked as a possible duplicate");
        }
        return counted(Patch { shown: Some(s.meta.revision), generation: Some(s.meta.generation), ..patch });
    }
    match s.meta.act {
        // A new generation has a new uuid.
        Act::Send => again(Patch { renew: true, generation: Some(s.meta.generation), ..patch }, "outcome unknown for 55 minutes: sent anew, marked"),
        // The next sequence has a new uuid.
        Act::Reply | Act::EditByReply => again(Patch { replied: true, ..patch }, "outcome unknown for 55 minutes: replied anew"),
        Act::Edit => again(Patch::default(), "edited anew"),
    }
}

fn sent(s: &Situation<'_>, outcome: &Outcome) -> Verdict {
    let data = outcome.answer().map(|a| &a.data);
    let text = |name: &str| data.and_then(|d| d.get(name)).and_then(|v| v.as_str()).map(str::to_owned);
    let m = s.meta;
    let patch = match m.act {
        Act::Send => Patch {
            platform_id: text("message_id"),
            chat_id: text("chat_id"),
            shown: Some(m.revision),
            generation: Some(m.generation),
            shown_kind: Some(m.shape.as_str()),
            shown_schema: Some(m.schema.clone()),
            sent_at: Some(s.now),
            updated: true,
            told: Some(m.told.clone()),
            edit_way: Some(EditWay::Edit),
            ..Patch::default()
        },
        Act::Edit => Patch { shown: Some(m.revision), updated: true, ..Patch::default() },
        Act::Reply => Patch { replied: true, told: Some(m.told.clone()), ..Patch::default() },
        Act::EditByReply => Patch { shown: Some(m.revision), replied: true, told: Some(m.told.clone()), ..Patch::default() },
    };
    Verdict { patch, next: Next::Done, park: Park::Clear, pause: None, end: End::Sent }
}

fn unknown(s: &Situation<'_>, reason: String) -> Verdict {
    if !s.meta.repeatable {
        return doubt(s);
    }
    let first = s.job.unknown_since.unwrap_or(s.now);
    if s.meta.act != Act::Edit && since(first, s.now) > UUID_LIFE {
        return doubt(s);
    }
    later_since(s, Kind::Retry, true, Some(first), reason)
}

fn later(s: &Situation<'_>, kind: Kind, keep: bool, reason: String) -> Verdict {
    later_since(s, kind, keep, s.job.unknown_since, reason)
}

fn later_since(s: &Situation<'_>, kind: Kind, keep: bool, unknown_since: Option<Timestamp>, reason: String) -> Verdict {
    if since(s.job.created_at, s.now) > s.give_up_after {
        return dead(format!("given up after {}: {reason}", crate::util::duration::format(s.give_up_after)));
    }
    let due_at = after(s.now, retry::delay(kind, u32::try_from(s.job.attempts).unwrap_or(u32::MAX), s.random));
    Verdict {
        patch: Patch::default(),
        next: Next::Later { due_at, step: s.step, keep, unknown_since, reason },
        park: Park::Keep,
        pause: None,
        end: End::Retry,
    }
}

fn parked(s: &Situation<'_>, outcome: &Outcome, keep: bool, reason: String) -> Verdict {
    // Over for so long that nobody needs to see it any more.
    if s.owed.ended_at.is_some() && since(s.job.created_at, s.now) > s.give_up_after {
        return dead(reason);
    }
    let target = if whole_app(outcome) { "*".to_owned() } else { s.owed.key.target.clone() };
    let probe_at = after(s.now, PROBE_EVERY);
    Verdict {
        patch: Patch::default(),
        next: Next::Later { due_at: s.now, step: s.step, keep, unknown_since: s.job.unknown_since, reason: reason.clone() },
        park: Park::Park { target, probe_at, reason },
        pause: None,
        end: End::Park,
    }
}

/// Troubles of the app itself: its token, scopes, status, addresses, quota, bot ability. The rest is the chat's.
fn whole_app(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::NotSent(NotSentReason::Token(_), _) => true,
        _ => outcome.code().is_some_and(|code| code == 230006 || (99_990_000..100_000_000).contains(&code) && code != 99_992_361),
    }
}

fn step_down(s: &Situation<'_>, fault: ContentFault, reason: String) -> Verdict {
    let edit = s.meta.act == Act::Edit;
    let kind = s.owed.spec.kind;
    let next = match s.meta.act {
        // A reply has a short ladder of its own: out of the thread, without mentions.
        Act::Reply | Act::EditByReply => match (fault, s.step) {
            (ContentFault::ThreadRefused, Step::Full) => Some(Step::NoRich),
            (_, Step::Full | Step::NoRich | Step::TextReply) if fault != ContentFault::ThreadRefused => Some(Step::NoMentions),
            _ => None,
        },
        Act::Send | Act::Edit => {
            let wanted = match fault {
                ContentFault::Rich => Step::NoRich,
                ContentFault::Mentions => Step::NoMentions,
                ContentFault::Sensitive | ContentFault::Template => Step::Safe,
                ContentFault::Shape => Step::Post,
                ContentFault::TooLong | ContentFault::Locked | ContentFault::ThreadRefused | ContentFault::Other => Step::NoRich,
            };
            let mut next = s.step.next(kind, edit);
            while let Some(step) = next.filter(|step| *step < wanted) {
                next = step.next(kind, edit);
            }
            next
        }
    };
    match next {
        Some(step) => Verdict {
            patch: Patch::default(),
            next: Next::Later { due_at: s.now, step, keep: false, unknown_since: None, reason },
            park: Park::Keep,
            pause: None,
            end: End::Step,
        },
        None => dead(format!("no simpler form was taken either: {reason}")),
    }
}

fn state(s: &Situation<'_>, fault: StateFault, reason: String) -> Verdict {
    let again = |edit_way: EditWay| Verdict {
        patch: Patch { edit_way: Some(edit_way), ..Patch::default() },
        next: Next::Later { due_at: s.now, step: Step::Full, keep: false, unknown_since: None, reason: reason.clone() },
        park: Park::Keep,
        pause: None,
        end: End::Fallback,
    };
    match (s.meta.act, fault) {
        (Act::Edit | Act::Reply | Act::EditByReply, StateFault::Recalled) => {
            Verdict { patch: Patch { left: true, ..Patch::default() }, next: Next::Done, park: Park::Keep, pause: None, end: End::Left }
        }
        (Act::Edit, StateFault::Gone) => again(EditWay::New),
        (Act::Edit, _) => again(EditWay::Reply),
        (Act::EditByReply, _) => again(EditWay::New),
        // A reply that finds nothing to answer: the message itself is brought up to date anyway.
        (Act::Reply | Act::Send, _) => dead(reason),
    }
}

fn dead(reason: String) -> Verdict {
    Verdict { patch: Patch::default(), next: Next::Dead { reason }, park: Park::Keep, pause: None, end: End::Dead }
}

/// The reason as people read it: class, code, the platform's words.
pub fn words(outcome: &Outcome, class: Class) -> String {
    match outcome {
        Outcome::Answered(answer) if answer.json => format!("{} {}: {}", class.as_str(), answer.code, crate::util::text::truncate(&answer.msg, 300)),
        Outcome::Answered(answer) => format!("{} HTTP {}", class.as_str(), answer.http),
        Outcome::NotSent(reason, text) => format!("not sent ({}): {}", reason.as_str(), crate::util::text::truncate(text, 300)),
        Outcome::Unknown(reason, text) => format!("outcome unknown ({}): {}", reason.as_str(), crate::util::text::truncate(text, 300)),
    }
}

/// The endpoint that brings a message of `shape` up to date.
pub fn edit_endpoint(shape: ContentKind) -> Endpoint {
    if shape == ContentKind::Card { Endpoint::Patch } else { Endpoint::Edit }
}

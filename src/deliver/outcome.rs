//! What an outcome means for the rows: pure. [`retry`](super::retry) decides what comes next; this says what that changes in
//! the message, its job and its target.

use super::ladder::Step;
use super::retry::{self, FallbackVerb, Reason};
use super::way::Way;
use crate::config::settings::{Carrier, OnUnknown};
use crate::feishu::error::{Class, Doubt, Endpoint, NotSentReason, Outcome, UnknownReason, sub_code};
use crate::outbox::{Act, CallMeta, EditWay};
use crate::store::{JobRow, Next, Owed, Park, Patch};
use crate::util::clock::{after, since};
use crate::util::text::truncate;
use jiff::Timestamp;
use std::time::Duration;

/// What is known when an answer comes in.
pub struct Situation<'a> {
    /// The message and what it is owed.
    pub owed: &'a Owed,
    /// Who carried it, or would have.
    pub carrier: &'a Carrier,
    /// Whether another one can carry it as well: bots that take turns.
    pub others: bool,
    /// The job the call was made for.
    pub job: &'a JobRow,
    /// What the call meant.
    pub meta: &'a CallMeta,
    /// Which call.
    pub endpoint: Endpoint,
    /// By which way it goes.
    pub way: Way,
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
    /// Why, for metrics and logs.
    pub reason: Reason,
}

/// Decides what an outcome means.
pub fn decide(s: &Situation<'_>, outcome: &Outcome) -> Verdict {
    judge(s, outcome, s.job.unknown_since.is_some() && s.endpoint.is_risky())
}

fn judge(s: &Situation<'_>, outcome: &Outcome, resent: bool) -> Verdict {
    let class = outcome.class(s.endpoint);
    let unknown = outcome.is_unknown(s.endpoint);
    let tried = retry::Tried {
        endpoint: s.endpoint,
        class,
        code: outcome.code(),
        answered: outcome.answer().is_some(),
        unknown,
        unknown_since: s.job.unknown_since.or(unknown.then_some(s.now)),
        step: s.step,
        in_thread: s.job.in_thread,
        attempt: u32::try_from(s.job.attempts).unwrap_or(u32::MAX).saturating_add(1),
        give_up_at: give_up_at(s, class),
        on_unknown: s.on_unknown,
        resent,
    };
    let words = words(outcome, class);
    let mut verdict = follow(s, retry::next(&tried, s.now, s.random), tried.unknown_since, whole_app(outcome), outcome, words);
    if unknown_image(outcome) {
        verdict.patch.refused_images.clone_from(&s.meta.images);
    }
    // What the platform says of one message or target says of the app that it may call.
    let about_target = matches!(class, Class::Content(_) | Class::State(_) | Class::Target);
    if about_target && outcome.code().is_some() && matches!(verdict.park, Park::Keep) {
        verdict.park = Park::AppWorks;
    }
    verdict
}

/// Decides about a call that was begun before a crash and cannot be repeated safely: a custom bot's, or one whose `uuid`
/// the platform has forgotten. Such an end says nothing about the call, it may not even have been made: it never counts as
/// the one repeat that a custom bot has.
pub fn doubt(s: &Situation<'_>) -> Verdict {
    let outcome = Outcome::from(Doubt::new(UnknownReason::Reset, "the process ended during the call"));
    judge(s, &outcome, false)
}

fn follow(
    s: &Situation<'_>,
    next: retry::Next,
    unknown_since: Option<Timestamp>,
    whole_app: bool,
    outcome: &Outcome,
    words: String,
) -> Verdict {
    let later = |due_at: Timestamp, step: Step, keep: bool, unknown_since: Option<Timestamp>| Next::Later {
        due_at,
        step: step.name(),
        plain_reply: false,
        keep,
        fresh: false,
        unknown_since,
        reason: words.clone(),
    };
    let plain = |next: Next, reason: Reason| Verdict { patch: Patch::default(), next, park: Park::Keep, reason };
    match next {
        retry::Next::Done => Verdict { patch: sent(s, outcome), next: Next::Done, park: Park::Clear, reason: Reason::Accepted },
        retry::Next::RetryAt { at, possible_duplicate: true, reason, .. } => {
            // New bytes under a new uuid, marked. A bot has one such second try: `unknown_since` remembers it.
            let since = s.endpoint.is_risky().then_some(unknown_since).flatten();
            Verdict { patch: anew(s), ..plain(later(at, s.step, false, since), reason) }
        }
        retry::Next::RetryAt { at, same_bytes, reason, .. } => {
            // An edit carries the whole state: its bytes are kept too, until newer state overtakes them.
            let keep = same_bytes || outcome.is_unknown(s.endpoint) && s.meta.act == Act::Edit;
            // One bot's limit holds only that one up; its budget is paused.
            let at = if s.others && reason == Reason::Limited { s.now } else { at };
            plain(later(at, s.step, keep, unknown_since), reason)
        }
        retry::Next::NextStep { step, reason } => plain(later(s.now, step, false, None), reason),
        retry::Next::Fallback { to, reason } => fallback(s, to, reason, later(s.now, Step::first(s.owed.spec.kind), false, None)),
        retry::Next::Park { probe_at, reason } => {
            let target = if whole_app { "*".to_owned() } else { s.carrier.target.clone() };
            let keep = s.job.unknown_since.is_some();
            let park = Park::Park { target, probe_at, reason: words.clone() };
            Verdict { park, ..plain(later(s.now, s.step, keep, s.job.unknown_since), reason) }
        }
        retry::Next::Dead { reason } => plain(Next::Dead { reason: words }, reason),
        retry::Next::LeaveAlone { reason } => Verdict { patch: Patch { left: true, ..Patch::default() }, ..plain(Next::Done, reason) },
        retry::Next::AssumeSent { reason } => {
            let patch = Patch { shown: Some(s.meta.revision), generation: Some(s.meta.generation), duplicate: true, ..Patch::default() };
            Verdict { patch, ..plain(Next::Done, reason) }
        }
    }
}

/// When the job is given up. What waits on a parked target is kept for as long as its incident lives.
fn give_up_at(s: &Situation<'_>, class: Class) -> Timestamp {
    if matches!(class, Class::Config | Class::Quota) && s.owed.ended_at.is_none() {
        return Timestamp::MAX;
    }
    after(s.job.created_at.max(s.owed.ended_at.unwrap_or(s.job.created_at)), s.give_up_after)
}

/// The message after a call that worked.
fn sent(s: &Situation<'_>, outcome: &Outcome) -> Patch {
    let data = outcome.answer().map(|a| &a.data);
    let text = |name: &str| data.and_then(|d| d.get(name)).and_then(|v| v.as_str()).map(str::to_owned);
    let m = s.meta;
    match m.act {
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
            // A picture or a chat's card says nothing that could be edited: news go into replies.
            edit_way: Some(if s.step.direct { EditWay::Reply } else { s.way.edit_way() }),
            shown_images: m.images.clone(),
            left_out: m.left_out,
            told_of: m.told_of.clone(),
            ..Patch::default()
        },
        Act::Edit => Patch {
            shown: Some(m.revision),
            updated: true,
            // Of a digest, what it lists; of others, what the last reply said.
            told: m.told_of.is_some().then(|| m.told.clone()),
            shown_images: m.images.clone(),
            left_out: m.left_out,
            told_of: m.told_of.clone(),
            ..Patch::default()
        },
        Act::Reply => Patch { replied: true, told: Some(m.told.clone()), ..Patch::default() },
        Act::EditByReply => Patch { shown: Some(m.revision), replied: true, told: Some(m.told.clone()), ..Patch::default() },
    }
}

/// A new `uuid` for the same effect: the next generation, or the next reply.
fn anew(s: &Situation<'_>) -> Patch {
    let patch = Patch { duplicate: true, ..Patch::default() };
    match s.meta.act {
        // Without a uuid the generation stays, only the mark is new.
        Act::Send if s.endpoint.is_risky() => patch,
        Act::Send => Patch { renew: true, generation: Some(s.meta.generation), ..patch },
        Act::Reply | Act::EditByReply => Patch { replied: true, ..patch },
        Act::Edit => patch,
    }
}

fn fallback(s: &Situation<'_>, to: FallbackVerb, reason: Reason, again: Next) -> Verdict {
    let verdict = |patch: Patch, next: Next| Verdict { patch, next, park: Park::Keep, reason };
    match (to, s.meta.act) {
        (FallbackVerb::TextReply, _) => verdict(Patch { edit_way: Some(EditWay::Reply), ..Patch::default() }, again),
        (FallbackVerb::PlainReply, _) => {
            let next = match again {
                Next::Later { due_at, step, keep, fresh, unknown_since, reason, .. } => {
                    Next::Later { due_at, step, plain_reply: true, keep, fresh, unknown_since, reason }
                }
                other => other,
            };
            verdict(Patch::default(), next)
        }
        // A reply finds nothing to answer: the newest state goes out as a new message, which says it all.
        (FallbackVerb::New, Act::Reply) => verdict(Patch { renew: true, edit_way: Some(EditWay::New), ..Patch::default() }, Next::Done),
        (FallbackVerb::New, _) => verdict(Patch { edit_way: Some(EditWay::New), ..Patch::default() }, again),
    }
}

/// The platform does not know an image of the message: uploaded by another app, or forgotten.
fn unknown_image(outcome: &Outcome) -> bool {
    let inner = outcome.answer().and_then(|answer| sub_code(&answer.msg));
    matches!((outcome.code(), inner), (Some(230_017), _) | (Some(230_099), Some(200_570)))
}

/// Troubles of the app itself: its token, scopes, status, addresses, quota, bot ability. The rest is the chat's.
fn whole_app(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::NotSent(NotSentReason::Token(_), _) => true,
        _ => outcome.code().is_some_and(|code| code == 230_006 || (99_990_000..100_000_000).contains(&code) && code != 99_992_361),
    }
}

/// The reason as people read it: class, code, the platform's words.
pub fn words(outcome: &Outcome, class: Class) -> String {
    match outcome {
        Outcome::Answered(answer) if answer.json => format!("{} {}: {}", class.as_str(), answer.code, truncate(&answer.msg, 300)),
        Outcome::Answered(answer) => format!("{} HTTP {}", class.as_str(), answer.http),
        Outcome::NotSent(reason, text) => format!("not sent ({}): {}", reason.as_str(), truncate(text, 300)),
        Outcome::Unknown(doubt) => format!("outcome unknown ({}): {}", doubt.reason.as_str(), truncate(&doubt.text, 300)),
    }
}

/// Whether nobody needs to see it any more: it was over for longer than `give_up_after` before it could be shown.
pub fn outdated(owed: &Owed, job: &JobRow, give_up_after: Duration, now: Timestamp) -> bool {
    owed.shown == 0 && owed.ended_at.is_some_and(|at| since(at, now) > give_up_after) && since(job.created_at, now) > give_up_after
}

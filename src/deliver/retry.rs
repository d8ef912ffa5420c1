//! What the outcome of an attempt leads to: again, another way, later, or never.
//!
//! Pure: one function, [`next`]. Transport, server errors, limits and refused tokens never exhaust before `give_up_at`;
//! settings and quotas park the target; content goes down the ladder; a message that people took back is left alone.

use super::ladder::Step;
use crate::config::settings::OnUnknown;
use crate::feishu::error::{Class, ContentFault, Endpoint, StateFault, quota_ends};
use crate::util::clock::{after, since};
use jiff::Timestamp;
use std::time::Duration;

/// Longest pause between two attempts of our own choice.
pub const LONGEST_BACKOFF: Duration = Duration::from_secs(60);
/// A parked target is tried again this often.
pub const PROBE_EVERY: Duration = Duration::from_secs(300);
/// The platform recognises a repeat by its `uuid` for an hour; we rely on it this long.
pub const UUID_TRUSTED: Duration = Duration::from_secs(55 * 60);
/// Answers of something that is not the platform before its target is parked.
const FOREIGN_TRIES: u32 = 5;
/// The one repeat of a custom bot's message waits at least so long, to outlast a short break.
const RESEND_AFTER: Duration = Duration::from_secs(5);
/// "The same message is being sent", in the platform's words.
const BEING_SENT: i64 = 230_049;

/// An attempt that was made, and what is known about its job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tried {
    /// The call.
    pub endpoint: Endpoint,
    /// Its outcome's class.
    pub class: Class,
    /// The platform's code, where there was one.
    pub code: Option<i64>,
    /// Whether there was an answer at all (`Outcome::answer`).
    pub answered: bool,
    /// Whether this attempt's outcome is unknown (`Outcome::is_unknown`).
    pub unknown: bool,
    /// Since when an attempt with these same bytes has an unknown outcome, this one included.
    pub unknown_since: Option<Timestamp>,
    /// What the message was shown as.
    pub step: Step,
    /// For replies: whether it went into the topic.
    pub in_thread: bool,
    /// Attempts of this step so far, this one included; 1 after the first.
    pub attempt: u32,
    /// When this job is given up.
    pub give_up_at: Timestamp,
    /// For custom bots: what to do about an unknown outcome.
    pub on_unknown: OnUnknown,
    /// For custom bots: whether this was already the second, marked sending.
    pub resent: bool,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Next {
    /// It worked.
    Done,
    /// The same effect again.
    RetryAt {
        /// When.
        at: Timestamp,
        /// With exactly the same bytes and `uuid` (the outcome is unknown); else the newest state is rendered.
        same_bytes: bool,
        /// It may already be there: mark it as a possible duplicate, with a new `uuid`.
        possible_duplicate: bool,
        /// Why.
        reason: Reason,
    },
    /// At once, a simpler form under a new `uuid`.
    NextStep {
        /// Which.
        step: Step,
        /// Why.
        reason: Reason,
    },
    /// At once, another way of telling it, under a new `uuid`.
    Fallback {
        /// Which.
        to: FallbackVerb,
        /// Why.
        reason: Reason,
    },
    /// The target is parked until somebody changes a setting.
    Park {
        /// When it is tried again anyway.
        probe_at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// Never again; the `fallback` receiver is told.
    Dead {
        /// Why.
        reason: Reason,
    },
    /// People took the message back: nothing more about it.
    LeaveAlone {
        /// Why.
        reason: Reason,
    },
    /// Nobody knows, and it is counted as sent.
    AssumeSent {
        /// Why.
        reason: Reason,
    },
}

/// Another way of telling it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FallbackVerb {
    /// A text reply to the message that could not be edited.
    TextReply,
    /// A reply in the stream in place of one in the topic.
    PlainReply,
    /// A new message in place of the one that is gone.
    New,
}

/// Why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The platform accepted it.
    Accepted,
    /// No connection, or a server error.
    Outage,
    /// The outcome is not known.
    UnknownOutcome,
    /// The same message is still being sent.
    BeingSent,
    /// A frequency limit.
    Limited,
    /// The token was refused.
    TokenRefused,
    /// Something other than the platform answered.
    ForeignAnswer,
    /// The card is being interacted with.
    CardLocked,
    /// The content was refused.
    ContentRefused,
    /// No replies in topics here.
    ThreadRefused,
    /// A setting must be changed.
    Setting,
    /// A quota is used up.
    QuotaUsedUp,
    /// The message can no longer be edited.
    NotEditable,
    /// The message is gone.
    MessageGone,
    /// People recalled or deleted the message.
    Recalled,
    /// The destination does not exist.
    NoSuchTarget,
    /// The request was wrong, or refused with a code nobody lists.
    Refused,
    /// Everything simpler was refused as well.
    LadderEnded,
    /// It took longer than `give_up_after`.
    GaveUp,
}

impl Reason {
    /// A short name for metrics, logs and the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Accepted => "accepted",
            Reason::Outage => "outage",
            Reason::UnknownOutcome => "unknown_outcome",
            Reason::BeingSent => "being_sent",
            Reason::Limited => "limited",
            Reason::TokenRefused => "token_refused",
            Reason::ForeignAnswer => "foreign_answer",
            Reason::CardLocked => "card_locked",
            Reason::ContentRefused => "content_refused",
            Reason::ThreadRefused => "thread_refused",
            Reason::Setting => "setting",
            Reason::QuotaUsedUp => "quota_used_up",
            Reason::NotEditable => "not_editable",
            Reason::MessageGone => "message_gone",
            Reason::Recalled => "recalled",
            Reason::NoSuchTarget => "no_such_target",
            Reason::Refused => "refused",
            Reason::LadderEnded => "ladder_ended",
            Reason::GaveUp => "gave_up",
        }
    }
}

/// What follows from an attempt that ended `now`. `rng` in [0, 1) spreads the pauses.
pub fn next(tried: &Tried, now: Timestamp, rng: f64) -> Next {
    let next = decide(tried, now, rng.clamp(0.0, 1.0));
    match next {
        // What would come after the end is not begun: an effect this old helps nobody.
        Next::RetryAt { at, .. } if at >= tried.give_up_at => Next::Dead { reason: Reason::GaveUp },
        Next::Park { .. } if now >= tried.give_up_at => Next::Dead { reason: Reason::GaveUp },
        next => next,
    }
}

fn decide(tried: &Tried, now: Timestamp, rng: f64) -> Next {
    match tried.class {
        Class::Ok => Next::Done,
        _ if tried.unknown => unknown(tried, now, rng),
        Class::Retry => again(tried, now, backoff(Duration::from_millis(500), tried.attempt, rng), Reason::Outage),
        Class::Rate { pause } => {
            // Full jitter, but never at once; the platform's own word is kept to the second and spread a little.
            let wait = match pause {
                Some(pause) => pause + Duration::from_millis(500).mul_f64(rng),
                None => backoff(Duration::from_secs(1), tried.attempt, rng).max(Duration::from_secs(1)),
            };
            again(tried, now, wait, Reason::Limited)
        }
        Class::Auth => again(tried, now, backoff(Duration::from_secs(1), tried.attempt, rng), Reason::TokenRefused),
        // Only where no token could be had: the request itself was not made.
        Class::Unknown if tried.attempt < FOREIGN_TRIES => {
            again(tried, now, backoff(Duration::from_secs(1), tried.attempt, rng), Reason::ForeignAnswer)
        }
        Class::Unknown => park(now, Reason::ForeignAnswer),
        Class::Config => park(now, Reason::Setting),
        Class::Quota => {
            let again = after(now, PROBE_EVERY);
            let probe_at = match tried.code.and_then(|code| quota_ends(tried.endpoint, code, now)) {
                // Known to the hour.
                Some(ends) if tried.endpoint == Endpoint::BatchSend => ends,
                // A month's quota may be bought any day, and is there again when the month turns.
                Some(ends) => again.min(ends),
                None => again,
            };
            Next::Park { probe_at, reason: Reason::QuotaUsedUp }
        }
        Class::Target => Next::Dead { reason: Reason::NoSuchTarget },
        Class::Content(fault) => refused(tried, fault, now, rng),
        Class::State(fault) => changed(tried, fault),
        Class::Bug | Class::Permanent => wrong(tried),
    }
}

/// The call may have worked.
fn unknown(tried: &Tried, now: Timestamp, rng: f64) -> Next {
    let reason = match (tried.class, tried.code) {
        (_, Some(BEING_SENT)) => Reason::BeingSent,
        (Class::Unknown, _) => Reason::ForeignAnswer,
        _ => Reason::UnknownOutcome,
    };
    let wait = match reason {
        Reason::BeingSent => Duration::from_secs(1) + Duration::from_secs(4).mul_f64(rng),
        _ => backoff(Duration::from_millis(500), tried.attempt, rng),
    };
    let at = after(now, wait);
    if tried.endpoint.is_repeatable() {
        // An edit carries the whole state: the newest may take the place of the one we know nothing about.
        if reason == Reason::ForeignAnswer && tried.attempt >= FOREIGN_TRIES {
            return park(now, reason);
        }
        return Next::RetryAt { at, same_bytes: false, possible_duplicate: false, reason };
    }
    if tried.endpoint.has_uuid() {
        let trusted = tried.unknown_since.is_none_or(|first| since(first, at) < UUID_TRUSTED);
        return Next::RetryAt { at, same_bytes: trusted, possible_duplicate: !trusted, reason };
    }
    // No repeat is recognised. An error page or a server error is most likely a message that was not taken: counting it as
    // sent would lose the alert.
    if tried.answered {
        if reason == Reason::ForeignAnswer && tried.attempt >= FOREIGN_TRIES {
            return park(now, reason);
        }
        let at = if tried.endpoint == Endpoint::Hook { at } else { at.max(after(now, seldom(tried.attempt))) };
        return Next::RetryAt { at, same_bytes: false, possible_duplicate: true, reason };
    }
    match tried.on_unknown {
        OnUnknown::Resend if !tried.resent => {
            let at = at.max(after(now, RESEND_AFTER));
            Next::RetryAt { at, same_bytes: false, possible_duplicate: true, reason }
        }
        _ => Next::AssumeSent { reason },
    }
}

/// Pauses of ways that recognise no repeat after a server error: each try may be one more copy for many people, so they soon
/// grow rare.
fn seldom(attempt: u32) -> Duration {
    let secs = [5, 30, 180, 900].get(attempt.saturating_sub(1) as usize).copied().unwrap_or(3600);
    Duration::from_secs(secs)
}

/// The same effect later. Bytes whose fate is open from an earlier attempt stay as they are while the `uuid` protects
/// them; a definite "not now" says nothing about that earlier one.
fn again(tried: &Tried, now: Timestamp, wait: Duration, reason: Reason) -> Next {
    let at = after(now, wait);
    let open = tried.unknown_since.filter(|_| !tried.endpoint.is_repeatable());
    let trusted = tried.endpoint.has_uuid() && open.is_some_and(|first| since(first, at) < UUID_TRUSTED);
    Next::RetryAt { at, same_bytes: trusted, possible_duplicate: open.is_some() && !trusted, reason }
}

fn park(now: Timestamp, reason: Reason) -> Next {
    Next::Park { probe_at: after(now, PROBE_EVERY), reason }
}

fn refused(tried: &Tried, fault: ContentFault, now: Timestamp, rng: f64) -> Next {
    match fault {
        ContentFault::Locked => {
            let wait = backoff(Duration::from_secs(1), tried.attempt, rng).max(Duration::from_secs(1));
            return again(tried, now, wait, Reason::CardLocked);
        }
        ContentFault::ThreadRefused if tried.endpoint == Endpoint::Reply => {
            let to = if tried.in_thread { FallbackVerb::PlainReply } else { FallbackVerb::New };
            return Next::Fallback { to, reason: Reason::ThreadRefused };
        }
        _ => {}
    }
    match tried.step.after(fault, tried.endpoint.is_edit()) {
        Some(step) if tried.endpoint.shows_content() => Next::NextStep { step, reason: Reason::ContentRefused },
        // An image that is not taken: the message goes without.
        _ if tried.endpoint == Endpoint::ImageUpload => {
            Next::NextStep { step: Step { no_rich: true, ..tried.step }, reason: Reason::ContentRefused }
        }
        _ if tried.endpoint.is_edit() => Next::Fallback { to: FallbackVerb::TextReply, reason: Reason::LadderEnded },
        _ => Next::Dead { reason: Reason::LadderEnded },
    }
}

/// The message is not what it was.
fn changed(tried: &Tried, fault: StateFault) -> Next {
    match (tried.endpoint, fault) {
        (Endpoint::Edit | Endpoint::Patch | Endpoint::Reply, StateFault::Recalled) => Next::LeaveAlone { reason: Reason::Recalled },
        (Endpoint::Edit | Endpoint::Patch, StateFault::TooOld | StateFault::EditsUsed | StateFault::Other) => {
            Next::Fallback { to: FallbackVerb::TextReply, reason: Reason::NotEditable }
        }
        // The legacy API only names a message where it answers one.
        (Endpoint::Edit | Endpoint::Patch | Endpoint::Reply | Endpoint::LegacySend, _) => {
            Next::Fallback { to: FallbackVerb::New, reason: Reason::MessageGone }
        }
        _ => Next::Dead { reason: Reason::MessageGone },
    }
}

/// A request the platform calls wrong. Should it be the content after all, the plainest form still shows the alert:
/// it is tried once, then that is the end.
fn wrong(tried: &Tried) -> Next {
    let last = if tried.endpoint.is_edit() { Step::last_of(tried.step.kind) } else { Step::last() };
    if tried.endpoint.shows_content() && tried.step != last {
        return Next::NextStep { step: last, reason: Reason::Refused };
    }
    if tried.endpoint.is_edit() {
        return Next::Fallback { to: FallbackVerb::TextReply, reason: Reason::Refused };
    }
    Next::Dead { reason: Reason::Refused }
}

/// Full jitter over a doubling pause, at least a tenth of a second, at most [`LONGEST_BACKOFF`].
fn backoff(base: Duration, attempt: u32, rng: f64) -> Duration {
    let doubled = base.saturating_mul(1u32.checked_shl(attempt.saturating_sub(1).min(20)).unwrap_or(u32::MAX));
    doubled.min(LONGEST_BACKOFF).mul_f64(rng).max(Duration::from_millis(100))
}

#[cfg(test)]
#[path = "retry_test.rs"]
mod tests;

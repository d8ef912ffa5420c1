//! What an answer means for an attachment: pure. Unlike an alert, a picture that cannot be had soon is given up.

use crate::deliver::retry::{PROBE_EVERY, UUID_TRUSTED};
use crate::feishu::error::{Class, ContentFault, Endpoint, Outcome};
use crate::util::clock::{after, since};
use jiff::Timestamp;
use std::time::Duration;

/// After this it is given up.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(3600);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// Where an attachment stands when an answer comes in.
#[derive(Debug, Clone, Copy)]
pub struct Tried {
    /// First try of this round, this one included.
    pub first: Timestamp,
    /// Tries of this round, this one included.
    pub attempts: u32,
    /// The reply went into a topic.
    pub in_thread: bool,
    /// The same reply was begun before, and what became of it is not known.
    pub open: bool,
    /// Now.
    pub now: Timestamp,
    /// In [0, 1): the jitter.
    pub random: f64,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follow {
    /// It worked.
    Done,
    /// Again at this time; `keep`: with the same bytes.
    Again {
        /// When.
        at: Timestamp,
        /// A reply may have arrived: only the same bytes are harmless.
        keep: bool,
    },
    /// Again at once, in the stream: the topic was refused.
    Plain,
    /// The key is not known to the platform any more.
    KeyRefused,
    /// Given up.
    GiveUp,
}

/// What follows an answer of the platform.
pub fn follow(tried: &Tried, endpoint: Endpoint, outcome: &Outcome) -> Follow {
    // A definite "not now" says nothing about the try before: bytes whose fate is open stay as they are.
    let keep = endpoint == Endpoint::Reply && (tried.open || outcome.is_unknown(endpoint));
    match outcome.class(endpoint) {
        Class::Ok => Follow::Done,
        Class::Content(ContentFault::ThreadRefused) if tried.in_thread => Follow::Plain,
        Class::Content(ContentFault::Rich) if endpoint == Endpoint::Reply => Follow::KeyRefused,
        Class::Rate { pause } => later(tried, pause.unwrap_or(Duration::ZERO).max(pause_of(tried)), keep),
        Class::Retry | Class::Auth | Class::Unknown | Class::Content(ContentFault::Locked) => later(tried, pause_of(tried), keep),
        Class::Config | Class::Quota => later(tried, PROBE_EVERY, keep),
        Class::Target | Class::Content(_) | Class::State(_) | Class::Bug | Class::Permanent => Follow::GiveUp,
    }
}

/// What follows a fetch that may work later.
pub fn again(tried: &Tried) -> Follow {
    later(tried, pause_of(tried), false)
}

fn later(tried: &Tried, pause: Duration, keep: bool) -> Follow {
    let at = after(tried.now, pause);
    let most = if keep { UUID_TRUSTED } else { GIVE_UP_AFTER };
    if since(tried.first, at) > most { Follow::GiveUp } else { Follow::Again { at, keep } }
}

fn pause_of(tried: &Tried) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1u32.checked_shl(tried.attempts.saturating_sub(1).min(16)).unwrap_or(u32::MAX));
    doubled.min(LONGEST_PAUSE).mul_f64(0.5 + tried.random / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feishu::error::{Doubt, NotSentReason, UnknownReason};

    fn tried(attempts: u32, age: u64, in_thread: bool) -> Tried {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        Tried { first: crate::util::clock::before(now, Duration::from_secs(age)), attempts, in_thread, open: false, now, random: 0.5 }
    }

    fn answer(code: i64) -> Outcome {
        let body = serde_json::json!({"code": code, "msg": "x"}).to_string();
        Outcome::Answered(crate::feishu::error::Answer::read(
            200,
            &http::HeaderMap::new(),
            body.as_bytes(),
            crate::feishu::error::ParseAs::Api,
            &[],
        ))
    }

    #[test]
    fn answers_lead_on() {
        let lost = Outcome::Unknown(Doubt::new(UnknownReason::Reset, String::new()));
        let refused = Outcome::NotSent(NotSentReason::Refused, String::new());
        let kept = |follow: &Follow| matches!(follow, Follow::Again { keep: true, .. });
        assert!(kept(&follow(&tried(1, 0, false), Endpoint::Reply, &lost)));
        assert!(!kept(&follow(&tried(1, 0, false), Endpoint::ImageUpload, &lost)), "an upload has no bytes to repeat under a uuid");
        assert_eq!(follow(&tried(9, 3400, false), Endpoint::Reply, &lost), Follow::GiveUp, "a uuid is trusted for 55 minutes");
        assert!(matches!(follow(&tried(9, 3000, false), Endpoint::Reply, &refused), Follow::Again { keep: false, .. }));
        assert_eq!(follow(&tried(99, 3590, false), Endpoint::FileUpload, &refused), Follow::GiveUp);
        assert_eq!(follow(&tried(1, 0, false), Endpoint::Reply, &answer(0)), Follow::Done);
        assert_eq!(follow(&tried(1, 0, true), Endpoint::Reply, &answer(230_071)), Follow::Plain);
        assert_eq!(follow(&tried(1, 0, false), Endpoint::Reply, &answer(230_017)), Follow::KeyRefused);
        for code in [234_006, 234_011, 234_039, 234_001] {
            assert_eq!(follow(&tried(1, 0, false), Endpoint::ImageUpload, &answer(code)), Follow::GiveUp, "{code}");
        }
        assert!(matches!(follow(&tried(1, 0, false), Endpoint::ImageUpload, &answer(234_007)), Follow::Again { .. }));
        assert!(matches!(follow(&tried(1, 0, false), Endpoint::ImageUpload, &answer(99_991_400)), Follow::Again { .. }));
    }

    #[test]
    fn a_refusal_leaves_open_what_became_of_the_reply_before_it() {
        let refused = Outcome::NotSent(NotSentReason::Refused, String::new());
        let token = |class: Class| Outcome::NotSent(NotSentReason::Token(class), String::new());
        for outcome in [refused, token(Class::Auth), token(Class::Config), answer(230_020), answer(99_991_400), answer(99_991_663)] {
            for open in [false, true] {
                let tried = Tried { open, ..tried(2, 60, false) };
                let follow = follow(&tried, Endpoint::Reply, &outcome);
                assert!(matches!(follow, Follow::Again { keep, .. } if keep == open), "{open} {outcome:?}: {follow:?}");
            }
        }
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        let pauses: Vec<u64> = (1..12).map(|n| pause_of(&tried(n, 0, false)).as_secs()).collect();
        assert!(pauses.is_sorted() && pauses[0] == 1 && *pauses.last().unwrap() <= 300, "{pauses:?}");
    }
}

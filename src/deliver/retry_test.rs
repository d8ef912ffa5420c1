//! What follows from what, by table.

use super::*;
use crate::config::settings::ContentKind;
use crate::util::clock::from_ms;

const NOW: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;

fn now() -> Timestamp {
    from_ms(NOW)
}

fn tried(endpoint: Endpoint, class: Class) -> Tried {
    Tried {
        endpoint,
        class,
        code: None,
        answered: true,
        unknown: false,
        unknown_since: None,
        step: Step::first(ContentKind::Card),
        in_thread: false,
        attempt: 1,
        give_up_at: from_ms(NOW + 24 * HOUR),
        on_unknown: OnUnknown::Resend,
        resent: false,
    }
}

fn unknown(endpoint: Endpoint) -> Tried {
    Tried { answered: false, unknown: true, unknown_since: Some(now()), ..tried(endpoint, Class::Retry) }
}

/// Wait in ms, same bytes, possible duplicate, reason.
fn retry(tried: &Tried, rng: f64) -> (i64, bool, bool, Reason) {
    match next(tried, now(), rng) {
        Next::RetryAt { at, same_bytes, possible_duplicate, reason } => (at.as_millisecond() - NOW, same_bytes, possible_duplicate, reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn backoff_doubles_to_a_minute_with_full_jitter() {
    for (attempt, most) in [(1, 500), (2, 1000), (5, 8000), (8, 60_000), (40, 60_000), (u32::MAX, 60_000)] {
        let t = Tried { attempt, ..tried(Endpoint::Send, Class::Retry) };
        assert_eq!(retry(&t, 1.0).0, most, "{attempt}");
        assert_eq!(retry(&t, 0.0).0, 100);
        assert_eq!(retry(&t, 0.5).0, most / 2);
    }
    for (attempt, most) in [(1, 1000), (3, 4000), (9, 60_000)] {
        let t = Tried { attempt, ..tried(Endpoint::Send, Class::Rate { pause: None }) };
        assert_eq!((retry(&t, 1.0).0, retry(&t, 0.0).0), (most, 1000));
    }
    let told = tried(Endpoint::Send, Class::Rate { pause: Some(Duration::from_secs(52)) });
    assert_eq!((retry(&told, 0.0).0, retry(&told, 1.0).0), (52_000, 52_500));
    assert_eq!(retry(&tried(Endpoint::Send, Class::Auth), 1.0).3, Reason::TokenRefused);
}

#[test]
fn outages_and_limits_never_exhaust_before_the_end() {
    for class in [Class::Retry, Class::Rate { pause: None }, Class::Auth] {
        let t = Tried { attempt: 100_000, ..tried(Endpoint::Send, class) };
        assert!(matches!(next(&t, now(), 0.5), Next::RetryAt { .. }));
        let late = Tried { give_up_at: from_ms(NOW + 100), ..t };
        assert_eq!(next(&late, now(), 0.5), Next::Dead { reason: Reason::GaveUp });
    }
    let parked = Tried { give_up_at: now(), ..tried(Endpoint::Send, Class::Config) };
    assert_eq!(next(&parked, now(), 0.5), Next::Dead { reason: Reason::GaveUp });
}

#[test]
fn not_sent_renders_anew_unknown_repeats_the_bytes() {
    let (_, same, duplicate, reason) = retry(&tried(Endpoint::Send, Class::Retry), 0.5);
    assert_eq!((same, duplicate, reason), (false, false, Reason::Outage));
    for endpoint in [Endpoint::Send, Endpoint::Reply] {
        let (_, same, duplicate, reason) = retry(&unknown(endpoint), 0.5);
        assert_eq!((same, duplicate, reason), (true, false, Reason::UnknownOutcome));
    }
    // An edit carries the whole state: the newest goes.
    assert!(!retry(&unknown(Endpoint::Patch), 0.5).1);
}

#[test]
fn an_open_outcome_outlives_a_definite_not_now() {
    for class in [Class::Rate { pause: None }, Class::Retry, Class::Auth] {
        let t = Tried { unknown_since: Some(from_ms(NOW - 60_000)), ..tried(Endpoint::Send, class) };
        let (_, same, duplicate, _) = retry(&t, 0.5);
        assert_eq!((same, duplicate), (true, false), "{class:?}");
    }
}

#[test]
fn after_55_minutes_the_uuid_protects_no_more() {
    for t in [unknown(Endpoint::Send), tried(Endpoint::Send, Class::Rate { pause: None })] {
        let open = |ms: i64| Tried { unknown_since: Some(from_ms(NOW - ms)), ..t };
        assert_eq!((retry(&open(54 * 60_000), 0.0).1, retry(&open(54 * 60_000), 0.0).2), (true, false));
        assert_eq!((retry(&open(55 * 60_000), 0.0).1, retry(&open(55 * 60_000), 0.0).2), (false, true));
    }
}

#[test]
fn the_same_message_being_sent_is_asked_again_in_seconds() {
    let t = Tried { code: Some(230_049), attempt: 30, ..unknown(Endpoint::Send) };
    assert_eq!(retry(&t, 0.0), (1000, true, false, Reason::BeingSent));
    assert_eq!(retry(&t, 1.0).0, 5000);
}

#[test]
fn custom_bots_are_resent_once_or_never() {
    let (wait, same, duplicate, _) = retry(&unknown(Endpoint::Hook), 0.5);
    assert_eq!((wait, same, duplicate), (5000, false, true));
    let again = Tried { resent: true, ..unknown(Endpoint::Hook) };
    assert!(matches!(next(&again, now(), 0.5), Next::AssumeSent { .. }));
    let never = Tried { on_unknown: OnUnknown::Drop, ..unknown(Endpoint::Hook) };
    assert!(matches!(next(&never, now(), 0.5), Next::AssumeSent { .. }));
    // Certainly not sent is not unknown.
    assert!(!retry(&tried(Endpoint::Hook, Class::Retry), 0.5).2);
    let limited = Tried { resent: true, unknown_since: Some(now()), ..tried(Endpoint::Hook, Class::Rate { pause: None }) };
    assert!(retry(&limited, 0.5).2, "the mark stays");
}

#[test]
fn a_custom_bots_server_errors_never_count_as_sent() {
    for on_unknown in [OnUnknown::Resend, OnUnknown::Drop] {
        let t = Tried { answered: true, resent: true, attempt: 50, on_unknown, ..unknown(Endpoint::Hook) };
        assert!(retry(&t, 0.5).2);
        let page = Tried { class: Class::Unknown, ..t };
        assert!(matches!(next(&page, now(), 0.5), Next::Park { reason: Reason::ForeignAnswer, .. }));
        assert!(retry(&Tried { attempt: 2, ..page }, 0.5).2);
    }
}

#[test]
fn settings_and_quotas_park() {
    for (class, reason) in [(Class::Config, Reason::Setting), (Class::Quota, Reason::QuotaUsedUp)] {
        for endpoint in [Endpoint::Send, Endpoint::Patch, Endpoint::Reply, Endpoint::Hook] {
            let expected = Next::Park { probe_at: from_ms(NOW + 300_000), reason };
            assert_eq!(next(&tried(endpoint, class), now(), 0.5), expected);
        }
    }
}

#[test]
fn foreign_answers_are_tried_then_parked() {
    let t = |endpoint, attempt, unknown| Tried { unknown, attempt, ..tried(endpoint, Class::Unknown) };
    assert_eq!(retry(&t(Endpoint::Patch, 4, true), 0.5).3, Reason::ForeignAnswer);
    assert!(matches!(next(&t(Endpoint::Patch, 5, true), now(), 0.5), Next::Park { reason: Reason::ForeignAnswer, .. }));
    assert!(matches!(next(&t(Endpoint::Send, 5, false), now(), 0.5), Next::Park { reason: Reason::ForeignAnswer, .. }));
    assert!(retry(&t(Endpoint::Send, 5, true), 0.5).1, "a send that may have worked keeps its bytes");
}

#[test]
fn refused_content_goes_down_the_ladder() {
    let refused = |endpoint, fault, step| next(&Tried { step, ..tried(endpoint, Class::Content(fault)) }, now(), 0.5);
    let full = Step::first(ContentKind::Card);
    let step = |n: Next| match n {
        Next::NextStep { step, reason: Reason::ContentRefused } => step.name(),
        other => panic!("{other:?}"),
    };
    assert_eq!(step(refused(Endpoint::Send, ContentFault::Mentions, full)), "card-m");
    assert_eq!(step(refused(Endpoint::Patch, ContentFault::Rich, full)), "card-r");
    assert_eq!(step(refused(Endpoint::Send, ContentFault::Other, Step::last_of(ContentKind::Card))), "post-rms");
    assert_eq!(step(refused(Endpoint::Hook, ContentFault::Other, full)), "card-r");
    assert_eq!(refused(Endpoint::Send, ContentFault::Other, Step::last()), Next::Dead { reason: Reason::LadderEnded });
    let expected = Next::Fallback { to: FallbackVerb::TextReply, reason: Reason::LadderEnded };
    assert_eq!(refused(Endpoint::Patch, ContentFault::Other, Step::last_of(ContentKind::Card)), expected);
    assert_eq!(step(refused(Endpoint::ImageUpload, ContentFault::Rich, full)), "card-r");
    assert!(matches!(refused(Endpoint::Patch, ContentFault::Locked, full), Next::RetryAt { reason: Reason::CardLocked, .. }));
}

#[test]
fn replies_leave_the_topic_then_the_message() {
    let refused = |in_thread| next(&Tried { in_thread, ..tried(Endpoint::Reply, Class::Content(ContentFault::ThreadRefused)) }, now(), 0.5);
    assert_eq!(refused(true), Next::Fallback { to: FallbackVerb::PlainReply, reason: Reason::ThreadRefused });
    assert_eq!(refused(false), Next::Fallback { to: FallbackVerb::New, reason: Reason::ThreadRefused });
}

#[test]
fn what_became_of_the_message() {
    let fallback = |to, reason| Next::Fallback { to, reason };
    let (reply, new) = (FallbackVerb::TextReply, FallbackVerb::New);
    for (endpoint, fault, expected) in [
        (Endpoint::Patch, StateFault::Recalled, Next::LeaveAlone { reason: Reason::Recalled }),
        (Endpoint::Edit, StateFault::Recalled, Next::LeaveAlone { reason: Reason::Recalled }),
        (Endpoint::Reply, StateFault::Recalled, Next::LeaveAlone { reason: Reason::Recalled }),
        (Endpoint::Patch, StateFault::TooOld, fallback(reply, Reason::NotEditable)),
        (Endpoint::Edit, StateFault::EditsUsed, fallback(reply, Reason::NotEditable)),
        (Endpoint::Edit, StateFault::Other, fallback(reply, Reason::NotEditable)),
        (Endpoint::Patch, StateFault::Gone, fallback(new, Reason::MessageGone)),
        (Endpoint::Reply, StateFault::Gone, fallback(new, Reason::MessageGone)),
        (Endpoint::Reply, StateFault::Other, fallback(new, Reason::MessageGone)),
        (Endpoint::Recall, StateFault::TooOld, Next::Dead { reason: Reason::MessageGone }),
    ] {
        assert_eq!(next(&tried(endpoint, Class::State(fault)), now(), 0.5), expected, "{endpoint} {fault:?}");
    }
}

#[test]
fn targets_die_and_wrong_requests_get_one_plain_chance() {
    assert_eq!(next(&tried(Endpoint::Send, Class::Target), now(), 0.5), Next::Dead { reason: Reason::NoSuchTarget });
    for class in [Class::Bug, Class::Permanent] {
        let t = tried(Endpoint::Send, class);
        assert_eq!(next(&t, now(), 0.5), Next::NextStep { step: Step::last(), reason: Reason::Refused });
        assert_eq!(next(&Tried { step: Step::last(), ..t }, now(), 0.5), Next::Dead { reason: Reason::Refused });
        assert_eq!(next(&tried(Endpoint::ChatInfo, class), now(), 0.5), Next::Dead { reason: Reason::Refused });
    }
    assert_eq!(next(&tried(Endpoint::Send, Class::Ok), now(), 0.5), Next::Done);
}

#[test]
fn every_class_on_every_endpoint_has_an_end() {
    // From any refusal on, the chain of steps at one endpoint ends.
    let faults = [ContentFault::Mentions, ContentFault::Rich, ContentFault::TooLong, ContentFault::Shape, ContentFault::Other];
    for endpoint in Endpoint::ALL.iter().copied() {
        for class in faults.map(Class::Content).into_iter().chain([Class::Bug, Class::Permanent]) {
            if endpoint == Endpoint::ImageUpload {
                continue; // the message goes on without, by another endpoint
            }
            let mut t = tried(endpoint, class);
            for round in 0.. {
                assert!(round < 10, "{endpoint} {class:?}");
                match next(&t, now(), 0.5) {
                    Next::NextStep { step, .. } => t.step = step,
                    _ => break,
                }
            }
        }
    }
}

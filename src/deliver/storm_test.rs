//! The rules of digests by table and by random storms.

use super::*;
use crate::util::clock::from_ms;
use proptest::prelude::*;

const PACE: Pace = Pace { after: 20, editable: true, per_minute: 900, saving: false };

fn target() -> Target {
    Arc::new(("app:ops".to_owned(), "chat:oc_a".to_owned()))
}

fn crowd(waiting: usize) -> Crowd {
    Crowd { waiting, under_way: 0 }
}

fn state(shown: bool) -> DigestState {
    let (via, target) = (*target()).clone();
    DigestState { message: "d".into(), via, target, severity: Severity::Warning, shown, alive: true, doubtful: false }
}

fn looked(state: Option<DigestState>, version: bool) -> Looked {
    Looked { state, version, retry_at: None, groups: 1, took: Duration::ZERO }
}

fn step(storms: &mut Storms, crowd: Crowd, pace: Pace, now: i64) -> Step {
    let stirred = BTreeSet::from([target()]);
    storms.steps(stirred, |_| crowd, |_| pace, from_ms(now)).first().map_or(Step::Wait, |(_, step, _)| *step)
}

fn living(now: i64) -> Storms {
    let mut storms = Storms::default();
    storms.restore(&state(false));
    storms.claimed(&work());
    storms.looked(&target(), &looked(Some(state(true)), true), from_ms(now));
    storms
}

/// The digest's.
fn work() -> Work {
    let (via, target) = (*target()).clone();
    Work { message: "d".into(), via, target, severity: Severity::Info, rank: Rank::Storm, due_at: from_ms(5), since: from_ms(5) }
}

#[test]
fn opens_beyond_after_and_asks_once() {
    let mut storms = Storms::default();
    assert_eq!(step(&mut storms, crowd(20), PACE, 0), Step::Wait);
    assert_eq!(step(&mut storms, crowd(21), PACE, 0), Step::Open(Reason::Crowded));
    assert_eq!(step(&mut storms, crowd(25), PACE, 1), Step::Wait, "it was asked for");
    assert_eq!(step(&mut storms, crowd(25), PACE, 30_000), Step::Open(Reason::Crowded), "and is again where it was refused");
    for pace in [Pace { after: 0, ..PACE }, Pace { editable: false, ..PACE }] {
        assert_eq!(step(&mut Storms::default(), crowd(500), pace, 0), Step::Wait, "{pace:?}");
    }
}

#[test]
fn the_first_version_is_due_at_once_and_the_others_at_their_pace() {
    let mut storms = Storms::default();
    storms.restore(&state(false));
    assert_eq!(step(&mut storms, crowd(30), PACE, 7), Step::Version(from_ms(7), Reason::Changed));
    let mut storms = living(1000);
    assert_eq!(step(&mut storms, crowd(30), PACE, 1500), Step::Version(from_ms(6000), Reason::Changed));
    assert_eq!(step(&mut storms, crowd(0), PACE, 1600), Step::Version(from_ms(1600), Reason::Cleared), "the last one is not put off");
}

#[test]
fn without_a_change_there_is_no_version() {
    let mut storms = living(1000);
    assert!(storms.steps(BTreeSet::new(), |_| crowd(5), |_| PACE, from_ms(60_000)).is_empty());
    // What changes while a version is made is for the next.
    storms.claimed(&work());
    assert!(matches!(step(&mut storms, crowd(4), PACE, 61_000), Step::Version(..)));
    storms.looked(&target(), &looked(Some(state(true)), true), from_ms(62_000));
    let steps = storms.steps(BTreeSet::new(), |_| crowd(4), |_| PACE, from_ms(62_001));
    assert_eq!(steps.first().map(|(_, step, _)| *step), Some(Step::Version(from_ms(67_000), Reason::Changed)));
}

#[test]
fn a_look_that_found_nothing_is_not_repeated_at_once() {
    let mut storms = living(1000);
    storms.claimed(&work());
    storms.looked(&target(), &looked(Some(state(true)), false), from_ms(2000));
    assert_eq!(step(&mut storms, crowd(0), PACE, 2001), Step::Version(from_ms(7000), Reason::Cleared));
}

#[test]
fn a_version_that_took_long_is_followed_by_a_long_rest() {
    let mut storms = living(1000);
    storms.claimed(&work());
    storms.looked(&target(), &Looked { took: Duration::from_secs(3), ..looked(Some(state(true)), true) }, from_ms(2000));
    assert_eq!(step(&mut storms, crowd(9), PACE, 2001), Step::Version(from_ms(32_000), Reason::Changed));
}

#[test]
fn a_retry_is_not_before_its_time() {
    let mut storms = living(1000);
    storms.claimed(&work());
    let retry = Looked { retry_at: Some(from_ms(50_000)), ..looked(Some(state(true)), false) };
    storms.looked(&target(), &retry, from_ms(2000));
    assert_eq!(step(&mut storms, crowd(0), PACE, 2001), Step::Version(from_ms(50_000), Reason::Cleared));
}

#[test]
fn a_spoilt_digest_is_not_replaced_until_the_storm_is_over() {
    let mut storms = living(1000);
    storms.looked(&target(), &looked(Some(DigestState { alive: false, ..state(true) }), false), from_ms(2000));
    assert_eq!(step(&mut storms, crowd(500), PACE, 100_000), Step::Wait);
    assert!(!storms.tells(&target(), "d"), "groups that end are told by themselves again");
    assert_eq!(step(&mut storms, crowd(0), PACE, 100_001), Step::End(Reason::Spoilt));
    assert_eq!(step(&mut storms, crowd(21), PACE, 100_002), Step::Open(Reason::Crowded), "the next storm has one of its own");
}

#[test]
fn first_messages_wait_for_a_doubtful_digest_for_a_while() {
    let mut storms = Storms::default();
    storms.restore(&state(false));
    let doubt = Looked { retry_at: Some(from_ms(1000)), ..looked(Some(DigestState { doubtful: true, ..state(false) }), false) };
    assert_eq!(storms.looked(&target(), &doubt, from_ms(0)), Some(from_ms(60_000)));
    assert_eq!(storms.looked(&target(), &doubt, from_ms(30_000)), Some(from_ms(60_000)), "counted from the first");
    assert_eq!(storms.looked(&target(), &doubt, from_ms(60_000)), None);
    assert_eq!(storms.looked(&target(), &looked(Some(state(true)), true), from_ms(40_000)), None);
}

#[test]
fn a_digest_that_is_tried_again_by_hand_lives_again() {
    let mut storms = Storms::default();
    storms.restore(&DigestState { alive: false, ..state(true) });
    storms.note(&work());
    assert_eq!(step(&mut storms, crowd(3), PACE, 5), Step::Version(from_ms(5), Reason::Changed));
}

#[test]
fn many_digests_share_a_quarter_of_the_edits() {
    assert_eq!(interval(1, &PACE, 10), EVERY);
    assert_eq!(interval(50, &PACE, 10), Duration::from_millis(50 * 60_000 / 225));
    assert_eq!(interval(1, &Pace { per_minute: 1, ..PACE }, 10), Duration::from_secs(60));
    assert_eq!(interval(1, &Pace { saving: true, ..PACE }, 10), SAVING);
    assert_eq!(interval(1, &PACE, 100_000), Duration::from_secs(100));
}

proptest! {
    /// Random crowds over an hour: nothing is opened at `after` or below, whatever is open ends when nobody waits, and between two
    /// versions lies the interval unless the second one is the last.
    #[test]
    fn storms_open_and_end_as_they_should(crowds in prop::collection::vec((0usize..60, 1i64..20_000), 1..200), after in 0u32..40) {
        let pace = Pace { after, ..PACE };
        let (mut storms, mut now, mut open) = (Storms::default(), 0i64, false);
        let mut latest: Option<i64> = None;
        for (waiting, passes) in crowds {
            now += passes;
            match step(&mut storms, crowd(waiting), pace, now) {
                Step::Open(_) => {
                    prop_assert!(after > 0 && waiting > after as usize && !open);
                    open = true;
                    latest = None;
                    storms.restore(&state(false));
                }
                Step::Version(at, reason) => {
                    prop_assert!(open);
                    prop_assert_eq!(reason == Reason::Cleared, waiting == 0);
                    if at.as_millisecond() <= now {
                        if let Some(latest) = latest.filter(|_| waiting > 0) {
                            prop_assert!(now - latest >= 5000, "{} after {}", now, latest);
                        }
                        storms.claimed(&work());
                        let state = (waiting > 0).then(|| state(true));
                        open = state.is_some();
                        storms.looked(&target(), &looked(state, true), from_ms(now));
                        latest = Some(now);
                    }
                }
                Step::End(_) => prop_assert!(false, "nothing was spoilt"),
                Step::Wait => {}
            }
            // Nobody waits: the last version is due now.
            prop_assert!(waiting > 0 || !open);
        }
    }
}

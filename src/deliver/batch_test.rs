use super::*;
use crate::config::settings::ContentKind;
use crate::deliver::retry::Reason;
use crate::feishu::error::{Answer, Doubt, UnknownReason};
use crate::outbox::Act;
use crate::util::clock::from_ms;
use serde_json::{Value, json};

const STEP: &str = "card-r";

fn now() -> Timestamp {
    from_ms(1_700_000_000_000)
}

fn part(number: i64, state: PartState) -> Part {
    let reason = (state == PartState::Lost).then(|| "target 11101".to_owned());
    Part { number, audience: "{}".into(), state, duplicate: false, invalid: Vec::new(), reason, batch_id: None, sent_at: None }
}

fn meta(number: i64) -> CallMeta {
    CallMeta {
        act: Act::Send,
        revision: 3,
        generation: 2,
        shape: ContentKind::Card,
        schema: "2.0".into(),
        told: "{}".into(),
        repeatable: false,
        part: Some(number),
        images: Vec::new(),
        left_out: false,
        told_of: None,
    }
}

fn answered(code: i64, data: Value) -> Outcome {
    Outcome::Answered(Answer { http: 200, code, msg: String::new(), log_id: None, reset: None, data, json: true })
}

fn verdict(next: Next, duplicate: bool) -> Verdict {
    Verdict { patch: Patch { duplicate, ..Patch::default() }, next, park: Park::Keep, reason: Reason::Accepted }
}

fn again() -> Next {
    let (step, reason) = (STEP.to_owned(), String::new());
    Next::Later { due_at: now(), step, plain_reply: false, keep: false, fresh: false, unknown_since: Some(now()), reason }
}

fn step_of(next: &Next) -> Option<(&str, bool)> {
    match next {
        Next::Later { step, fresh, .. } => Some((step, *fresh)),
        _ => None,
    }
}

#[test]
fn parts_go_in_order_and_doubts_last() {
    use PartState::{Asking, Lost, Planned, Sent};
    let number = |states: &[PartState]| {
        let parts: Vec<Part> = (0..).zip(states).map(|(n, state)| part(n, *state)).collect();
        next_part(&parts).map(|part| part.number)
    };
    assert_eq!(number(&[Sent, Asking, Planned]), Some(2));
    assert_eq!(number(&[Sent, Asking, Lost]), Some(1));
    assert_eq!(number(&[Sent, Lost]), None);
}

#[test]
fn a_part_that_is_sent_leads_to_the_next_in_the_same_form() {
    let parts = [part(0, PartState::Planned), part(1, PartState::Planned)];
    let ok = answered(0, json!({"message_id": "bm-1", "invalid_open_ids": ["ou_x"], "invalid_department_ids": null}));
    let first = settle(verdict(Next::Done, false), Some(&ok), &meta(0), &parts, STEP, now());
    assert_eq!(step_of(&first.next), Some((STEP, true)));
    assert_eq!((first.patch.shown, first.patch.platform_id), (None, None));
    let patch = first.patch.part.unwrap();
    assert_eq!((patch.state, patch.batch_id.as_deref(), patch.invalid), (PartState::Sent, Some("bm-1"), vec!["open_id:ou_x".to_owned()]));
    assert!(patch.next_look.is_some());
    let parts = [part(0, PartState::Sent), part(1, PartState::Planned)];
    let last = settle(verdict(Next::Done, false), Some(&ok), &meta(1), &parts, STEP, now());
    assert!(matches!(last.next, Next::Done));
    assert_eq!((last.patch.shown, last.patch.generation, last.patch.platform_id), (Some(3), Some(2), None));
}

#[test]
fn a_refused_part_does_not_stop_the_others() {
    let dead = || verdict(Next::Dead { reason: "target 11101".into() }, false);
    let refused = answered(11101, Value::Null);
    let parts = [part(0, PartState::Planned), part(1, PartState::Planned)];
    let first = settle(dead(), Some(&refused), &meta(0), &parts, STEP, now());
    assert!(step_of(&first.next).is_some());
    assert_eq!(first.patch.part.unwrap().state, PartState::Lost);
    // The end is a dead letter whichever part it was: it is told, and a retry sends what was refused.
    let ok = answered(0, json!({"message_id": "bm-1"}));
    for (verdict, outcome, other) in
        [(dead(), &refused, PartState::Sent), (dead(), &refused, PartState::Lost), (verdict(Next::Done, false), &ok, PartState::Lost)]
    {
        let parts = [part(0, other), part(1, PartState::Planned)];
        let last = settle(verdict, Some(outcome), &meta(1), &parts, STEP, now());
        assert!(
            matches!(&last.next, Next::Dead { reason } if reason.contains("of 2 parts were refused: target 11101")),
            "{other:?} {last:?}"
        );
        assert!(last.patch.generation.is_none() && !matches!(last.park, Park::Clear));
    }
}

#[test]
fn what_is_unknown_is_asked_about_or_marked() {
    let parts = [part(0, PartState::Planned)];
    let named = answered(11246, json!({"message_id": "bm-7"}));
    let asking = settle(verdict(again(), true), Some(&named), &meta(0), &parts, STEP, now());
    let patch = asking.patch.part.as_ref().unwrap();
    assert_eq!((patch.state, patch.batch_id.as_deref(), asking.patch.duplicate), (PartState::Asking, Some("bm-7"), false));
    let lost = Outcome::Unknown(Doubt { reason: UnknownReason::Reset, text: String::new(), batch_id: None });
    for outcome in [Some(&lost), None] {
        let marked = settle(verdict(again(), true), outcome, &meta(0), &parts, STEP, now());
        let patch = marked.patch.part.as_ref().unwrap();
        assert!(patch.duplicate && patch.state == PartState::Planned && marked.patch.duplicate);
    }
    let assumed = settle(verdict(Next::Done, true), Some(&lost), &meta(0), &parts, STEP, now());
    assert_eq!(assumed.patch.part.unwrap().state, PartState::Unknown);
}

#[test]
fn the_progress_decides_about_a_doubt() {
    let asked_at =
        |ago: u64| Part { sent_at: Some(crate::util::clock::before(now(), Duration::from_secs(ago))), ..part(0, PartState::Asking) };
    let says =
        |valid: i64| answered(0, json!({"batch_message_send_progress": {"valid_user_ids_count": valid, "success_user_ids_count": 0}}));
    let state = |outcome: &Outcome, ago: u64| {
        let verdict = asked(verdict(Next::Done, false), outcome, &meta(0), &[asked_at(ago)], STEP, now());
        let patch = verdict.patch.part.unwrap();
        (patch.state, patch.duplicate, matches!(verdict.next, Next::Done))
    };
    assert_eq!(state(&says(200), 5), (PartState::Sent, false, true));
    assert_eq!(state(&says(0), 5), (PartState::Asking, false, false));
    assert_eq!(state(&says(0), 1801), (PartState::Planned, true, false));
    // A batch that the platform named itself: asked again, then sent once more, marked; a question that is not allowed is no answer.
    assert_eq!(state(&answered(230_030, Value::Null), 5), (PartState::Asking, false, false));
    assert_eq!(state(&answered(230_030, Value::Null), 31), (PartState::Planned, true, false));
    for code in [99_991_201, 230_027, 424_242] {
        assert_eq!(state(&answered(code, Value::Null), 5), (PartState::Planned, true, false), "{code}");
    }
    let later = asked(verdict(again(), false), &answered(99_991_400, Value::Null), &meta(0), &[asked_at(5)], STEP, now());
    assert!(later.patch.part.is_none());
}

#[test]
fn looks_grow_rare_and_end() {
    let counts = |valid, success, read| Some(Progress { valid, success, read, recalled: 0 });
    let wait = |ago: u64, known| {
        let sent = crate::util::clock::before(now(), Duration::from_secs(ago));
        next_look(sent, known, now()).map(|at| since(now(), at).as_secs())
    };
    assert_eq!(wait(1, counts(0, 0, 0)), Some(10));
    assert_eq!(wait(100, counts(10, 4, 0)), Some(100));
    assert_eq!(wait(7200, None), Some(7200));
    let (mut age, mut looks) = (10, 0);
    while let Some(pause) = wait(age, counts(10, 9, 9)) {
        (age, looks) = (age + pause, looks + 1);
    }
    assert!(looks < 16, "{looks}");
    assert_eq!(wait(100, counts(10, 10, 10)), None);
    assert_eq!(wait(24 * 3600, counts(10, 9, 0)), None);
}

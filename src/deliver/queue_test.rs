//! The order of delivery, and that it costs little.

use super::*;
use crate::util::clock::from_ms;

fn work(message: &str, target: &str, severity: Severity, rank: Rank, at: i64) -> Work {
    Work { message: message.into(), via: "app:ops".into(), target: target.into(), severity, rank, due_at: from_ms(at), since: from_ms(at) }
}

fn order(queue: &mut Queue, now: i64) -> Vec<String> {
    let mut out = Vec::new();
    while let Pick::Go(work) = queue.pick(from_ms(now), &mut |_, _| Ok(())) {
        queue.done(&work.message, None);
        out.push(work.message);
    }
    out
}

#[test]
fn severity_then_rank_then_round_robin() {
    let mut queue = Queue::default();
    for (message, target, severity, rank) in [
        ("info", "a", Severity::Info, Rank::First),
        ("edit", "a", Severity::Critical, Rank::Edit),
        ("a1", "a", Severity::Critical, Rank::First),
        ("a2", "a", Severity::Critical, Rank::First),
        ("b1", "b", Severity::Critical, Rank::First),
    ] {
        queue.push(work(message, target, severity, rank, 0));
    }
    assert_eq!(order(&mut queue, 1), ["a1", "b1", "a2", "edit", "info"]);
}

#[test]
fn whoever_waited_a_minute_goes_first() {
    let mut queue = Queue::default();
    queue.push(work("old", "a", Severity::Info, Rank::Cosmetic, 0));
    queue.push(work("new", "b", Severity::Critical, Rank::First, 60_000));
    assert_eq!(order(&mut queue, 60_000), ["old", "new"]);
}

#[test]
fn what_is_owed_to_a_target_is_what_spends_its_budget() {
    let mut queue = Queue::default();
    queue.push(work("edit", "a", Severity::Critical, Rank::Edit, 0));
    queue.push(work("later", "a", Severity::Critical, Rank::First, 5));
    assert!(!queue.owes("app:ops", "a", from_ms(4)));
    assert!(queue.owes("app:ops", "a", from_ms(5)) && !queue.owes("app:ops", "b", from_ms(5)));
    order(&mut queue, 5);
    assert!(!queue.owes("app:ops", "a", from_ms(9)));
}

#[test]
fn a_blocked_target_does_not_hold_others() {
    let mut queue = Queue::default();
    queue.push(work("a", "a", Severity::Critical, Rank::First, 0));
    queue.push(work("b", "b", Severity::Info, Rank::First, 0));
    let mut admit = |w: &Work, _: u32| if w.target == "a" { Err(Hold::Target(from_ms(500))) } else { Ok(()) };
    let Pick::Go(first) = queue.pick(from_ms(1), &mut admit) else { panic!() };
    assert_eq!(first.message, "b");
    assert_eq!(queue.pick(from_ms(1), &mut admit), Pick::Wait(Some(from_ms(500))));
    let Pick::Go(second) = queue.pick(from_ms(500), &mut |_, _| Ok(())) else { panic!() };
    assert_eq!(second.message, "a");
}

#[test]
fn one_message_is_never_worked_on_twice_at_once() {
    let mut queue = Queue::default();
    queue.push(work("m", "a", Severity::Info, Rank::First, 0));
    assert!(matches!(queue.pick(from_ms(1), &mut |_, _| Ok(())), Pick::Go(_)));
    queue.push(work("m", "a", Severity::Critical, Rank::Edit, 2));
    assert_eq!(queue.pick(from_ms(3), &mut |_, _| Ok(())), Pick::Wait(None));
    let mut under_way = None;
    queue.push(work("n", "a", Severity::Info, Rank::First, 3));
    queue.pick(from_ms(3), &mut |_, count| {
        under_way = Some(count);
        Err(Hold::Target(from_ms(4)))
    });
    assert_eq!(under_way, Some(1));
    queue.remove("n");
    queue.done("m", None);
    assert!(matches!(queue.pick(from_ms(3), &mut |_, _| Ok(())), Pick::Go(_)));
}

#[test]
fn a_retry_keeps_its_delay_when_news_arrive() {
    let mut queue = Queue::default();
    queue.push(work("m", "a", Severity::Info, Rank::First, 0));
    assert!(matches!(queue.pick(from_ms(1), &mut |_, _| Ok(())), Pick::Go(_)));
    queue.push(work("m", "a", Severity::Info, Rank::Edit, 2));
    queue.done("m", Some(work("m", "a", Severity::Info, Rank::First, 5000)));
    assert_eq!(queue.pick(from_ms(3), &mut |_, _| Ok(())), Pick::Wait(Some(from_ms(5000))));
}

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

#[test]
fn the_oldest_have_a_share_however_many_are_blocked() {
    let mut queue = Queue::default();
    for n in 0..50 {
        queue.push(work(&format!("blocked{n}"), "a", Severity::Info, Rank::First, n));
    }
    queue.push(work("old", "b", Severity::Info, Rank::Cosmetic, 100));
    for n in 0..8 {
        queue.push(work(&format!("new{n}"), &format!("c{n}"), Severity::Critical, Rank::First, 70_000));
    }
    let mut asked = 0;
    let mut admit = |w: &Work, _: u32| {
        asked += 1;
        if w.target == "a" { Err(Hold::Target(from_ms(90_000))) } else { Ok(()) }
    };
    let mut order = Vec::new();
    while let Pick::Go(work) = queue.pick(from_ms(70_000), &mut admit) {
        queue.done(&work.message, None);
        order.push(work.message);
    }
    assert_eq!(order[..2], ["old", "new0"], "fifty of one blocked target do not take its place");
    assert_eq!((order.len(), asked), (9, 10), "the blocked target is asked for once");
}

#[test]
fn an_old_backlog_does_not_hold_up_what_is_urgent() {
    let mut queue = Queue::default();
    for n in 0..20 {
        queue.push(work(&format!("old{n:02}"), "a", Severity::Info, Rank::First, n));
        queue.push(work(&format!("new{n:02}"), "b", Severity::Critical, Rank::First, 70_000));
    }
    let first = order(&mut queue, 70_000)[..8].to_vec();
    assert_eq!(first, ["old00", "new00", "new01", "new02", "old01", "new03", "new04", "new05"]);
}

#[test]
fn an_app_without_budget_is_asked_once_for_all_of_its_targets() {
    let mut queue = Queue::default();
    for n in 0..1000 {
        queue.push(work(&format!("m{n}"), &format!("chat:{n}"), Severity::Info, Rank::First, 0));
    }
    queue.push(Work { via: "app:other".into(), ..work("other", "chat:1", Severity::Info, Rank::First, 0) });
    let mut asked = 0;
    let mut admit = |w: &Work, _: u32| {
        asked += 1;
        if w.via == "app:ops" { Err(Hold::App(from_ms(500))) } else { Ok(()) }
    };
    assert!(matches!(queue.pick(from_ms(1), &mut admit), Pick::Go(work) if work.message == "other"));
    assert_eq!(queue.pick(from_ms(1), &mut admit), Pick::Wait(Some(from_ms(500))));
    assert_eq!(asked, 2);
    // Places became free before that.
    queue.wake_road("app:ops");
    assert!(matches!(queue.pick(from_ms(2), &mut |_, _| Ok(())), Pick::Go(_)));
}

#[test]
fn a_message_that_waits_for_itself_lets_others_of_its_chat_go() {
    let mut queue = Queue::default();
    queue.push(work("m", "a", Severity::Critical, Rank::Edit, 0));
    queue.push(work("n", "a", Severity::Info, Rank::Edit, 0));
    let mut admit = |w: &Work, _: u32| if w.message == "m" { Err(Hold::Message(from_ms(300))) } else { Ok(()) };
    assert!(matches!(queue.pick(from_ms(1), &mut admit), Pick::Go(work) if work.message == "n"));
    assert_eq!(queue.pick(from_ms(1), &mut admit), Pick::Wait(Some(from_ms(300))));
    assert!(matches!(queue.pick(from_ms(300), &mut |_, _| Ok(())), Pick::Go(work) if work.message == "m"));
}

#[test]
fn a_target_that_is_ended_is_asked_for_again() {
    let mut queue = Queue::default();
    queue.push(work("m", "a", Severity::Info, Rank::First, 0));
    queue.push(work("n", "a", Severity::Info, Rank::First, 0));
    assert!(matches!(queue.pick(from_ms(1), &mut |_, _| Ok(())), Pick::Go(_)));
    assert_eq!(queue.pick(from_ms(1), &mut |_, _| Err(Hold::Target(from_ms(9000)))), Pick::Wait(Some(from_ms(9000))));
    queue.done("m", None);
    assert!(matches!(queue.pick(from_ms(2), &mut |_, _| Ok(())), Pick::Go(_)));
    assert!(queue.asleep.is_empty());
}

mod fair {
    use super::*;
    use crate::config::settings::Limits;
    use crate::deliver::limiter::{Admit, Budget, Demand, Limiter, Scope};
    use crate::feishu::error::Endpoint;
    use proptest::prelude::*;

    /// Sends all of it within an app's budgets, each call taking no time; when each message went.
    fn run(demands: &[usize], per_second: u32) -> Vec<(usize, i64)> {
        let limits = Limits { per_second, per_minute: 900, per_chat: 4, monthly_calls: None };
        let mut limiter = Limiter::new([("ops".to_owned(), limits)]);
        let mut queue = Queue::default();
        for (chat, count) in demands.iter().enumerate() {
            for n in 0..*count {
                queue.push(work(&format!("{chat}.{n}"), &format!("chat:{chat}"), Severity::Info, Rank::First, 0));
            }
        }
        let (mut now, mut sent) = (0, Vec::new());
        loop {
            let picked = queue.pick(from_ms(now), &mut |work, _| {
                let demand = Demand { app: Some("ops"), api: Endpoint::Send, scope: Scope::Chat(&work.target) };
                match limiter.admit(&demand, from_ms(now)) {
                    Admit::Yes => {
                        limiter.made(&demand, from_ms(now));
                        Ok(())
                    }
                    Admit::WaitUntil(until, Budget::Api(..)) => Err(Hold::App(until)),
                    Admit::WaitUntil(until, _) => Err(Hold::Target(until)),
                }
            });
            match picked {
                Pick::Go(work) => {
                    queue.done(&work.message, None);
                    sent.push((work.target.trim_start_matches("chat:").parse().unwrap(), now));
                }
                Pick::Wait(Some(until)) => now = until.as_millisecond(),
                Pick::Wait(None) => return sent,
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

        /// While several chats have something waiting, none is more than its turn ahead of another, and no budget lies idle.
        #[test]
        fn chats_share_an_app_evenly(demands in prop::collection::vec(1usize..30, 1..12), per_second in 1u32..20) {
            let sent = run(&demands, per_second);
            prop_assert_eq!(sent.len(), demands.iter().sum::<usize>());
            let mut counts = vec![0usize; demands.len()];
            // Later the oldest have a share of their own.
            for (chat, at) in sent.iter().take_while(|(_, at)| *at < 60_000) {
                counts[*chat] += 1;
                // What a chat's own budget holds back is not the others' doing.
                let own = |n: usize| counts[n] < demands[n] && counts[n] < 4 * (usize::try_from(at / 1000).unwrap() + 1);
                let least = (0..demands.len()).filter(|n| own(*n)).map(|n| counts[n]).min();
                prop_assert!(least.is_none_or(|least| counts[*chat] <= least + 2), "{:?} at {}", counts, at);
            }
            let last = sent.iter().map(|(_, at)| *at).max().unwrap();
            let total = sent.len();
            let by_app = (total - 1) / per_second as usize;
            let by_chat = demands.iter().map(|count| (count - 1) / 4).max().unwrap();
            prop_assert!(last <= i64::try_from(by_app + by_chat + 1).unwrap() * 1000, "{} ms for {} by {}", last, total, per_second);
        }
    }
}

fn target(name: &str) -> Target {
    Arc::new(("app:ops".to_owned(), name.to_owned()))
}

fn first(message: &str, severity: Severity, at: i64) -> Work {
    work(message, "a", severity, Rank::First, at)
}

fn go(queue: &mut Queue, now: i64) -> Option<String> {
    match queue.pick(from_ms(now), &mut |_, _| Ok(())) {
        Pick::Go(work) => Some(work.message),
        Pick::Wait(_) => None,
    }
}

#[test]
fn crowds_are_counted_as_they_come_and_go() {
    let mut queue = Queue::default();
    for (message, severity, at) in [("m1", Severity::Warning, 0), ("m2", Severity::Info, 9000), ("c", Severity::Critical, 0)] {
        queue.push(first(message, severity, at));
    }
    queue.push(work("e", "a", Severity::Warning, Rank::Edit, 0));
    let crowd = |queue: &Queue| (queue.crowd(&target("a")).waiting, queue.crowd(&target("a")).under_way);
    assert_eq!(crowd(&queue), (2, 0), "those that are delayed too, critical ones and edits not");
    assert_eq!(queue.stirred().len(), 1);
    assert_eq!((go(&mut queue, 1), go(&mut queue, 1)), (Some("c".into()), Some("m1".into())));
    assert_eq!(crowd(&queue), (1, 1));
    queue.done("m1", Some(first("m1", Severity::Warning, 5000)));
    assert_eq!(crowd(&queue), (2, 0), "a retry waits again");
    queue.push(first("m2", Severity::Critical, 9000));
    assert_eq!(crowd(&queue), (1, 0), "it turned critical");
    queue.forget("m1");
    assert_eq!((crowd(&queue), queue.stirred().len()), ((0, 0), 1));
    assert!(queue.stirred().is_empty());
}

#[test]
fn a_digest_goes_before_what_it_lists_and_never_beside_it() {
    for (digest_severity, rank) in [(Severity::Warning, Rank::Storm), (Severity::Info, Rank::StormEdit)] {
        let mut queue = Queue::default();
        queue.push(first("m1", Severity::Warning, 0));
        assert_eq!(go(&mut queue, 1), Some("m1".into()));
        queue.push(first("m2", Severity::Warning, 0));
        queue.push(work("other", "b", Severity::Info, Rank::First, 0));
        queue.schedule(work("digest", "a", digest_severity, rank, 1));
        assert_eq!(go(&mut queue, 2), Some("other".into()), "neither while m1 is under way");
        assert_eq!(go(&mut queue, 2), None);
        queue.push(first("c", Severity::Critical, 2));
        assert_eq!(go(&mut queue, 2), Some("c".into()), "critical ones are not concerned");
        queue.done("m1", None);
        assert_eq!(go(&mut queue, 3), Some("digest".into()), "{rank:?}: then the digest");
        assert_eq!(go(&mut queue, 3), None, "and m2 not beside it");
        queue.done("digest", None);
        assert_eq!(go(&mut queue, 4), Some("m2".into()));
    }
}

#[test]
fn a_digest_that_has_to_wait_itself_holds_nobody() {
    let mut queue = Queue::default();
    queue.push(first("m1", Severity::Warning, 0));
    queue.schedule(work("digest", "a", Severity::Info, Rank::StormEdit, 0));
    let mut admit = |w: &Work, _: u32| if w.rank.is_digest() { Err(Hold::App(from_ms(500))) } else { Ok(()) };
    assert!(matches!(queue.pick(from_ms(1), &mut admit), Pick::Go(work) if work.message == "m1"));
    // Old ones give way to it as well.
    queue.push(first("m2", Severity::Warning, 0));
    queue.done("m1", None);
    assert_eq!(go(&mut queue, 70_000), Some("digest".into()));
}

#[test]
fn first_messages_wait_for_a_digest_in_doubt() {
    let mut queue = Queue::default();
    queue.push(first("m1", Severity::Warning, 0));
    queue.hold(&target("a"), Some(from_ms(60_000)));
    assert_eq!(queue.pick(from_ms(1), &mut |_, _| Ok(())), Pick::Wait(Some(from_ms(60_000))));
    queue.hold(&target("a"), None);
    assert_eq!(go(&mut queue, 2), Some("m1".into()));
}

#[test]
fn one_that_turned_critical_goes_before_the_digest_though_not_beside_it() {
    let mut queue = Queue::default();
    queue.push(first("m", Severity::Warning, 0));
    queue.push(first("m", Severity::Critical, 1));
    queue.schedule(work("digest", "a", Severity::Warning, Rank::Storm, 1));
    assert_eq!(go(&mut queue, 2), Some("m".into()));
    assert_eq!(go(&mut queue, 2), None, "the version before may list it");
}

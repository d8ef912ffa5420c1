//! Budgets and the order of delivery at the rate of a storm: `cargo bench --bench limiter`.
#![allow(clippy::unwrap_used)]

#[path = "common/allocator.rs"]
mod allocator;

use divan::Bencher;
use larkhook::alert::Severity;
use larkhook::config::settings::Limits;
use larkhook::deliver::limiter::{Demand, Limiter, Scope};
use larkhook::deliver::queue::{Hold, Pick, Queue};
use larkhook::feishu::error::Endpoint;
use larkhook::outbox::{Rank, Work};
use larkhook::util::clock::from_ms;

fn main() {
    divan::main();
}

fn limiter() -> Limiter {
    Limiter::new([("ops".to_owned(), Limits::default())])
}

/// Calls into so many chats, one every millisecond: some are admitted, most must wait.
#[divan::bench(args = [1, 100, 10_000])]
fn admit(bencher: Bencher, chats: usize) {
    let chats: Vec<String> = (0..chats).map(|n| format!("oc_{n}")).collect();
    let mut limiter = limiter();
    let mut at = 0;
    bencher.bench_local(|| {
        at += 1;
        let chat = &chats[at % chats.len()];
        let demand = Demand { app: Some("ops"), api: Endpoint::Send, scope: Scope::Chat(chat) };
        let now = from_ms(i64::try_from(at).unwrap());
        let admit = limiter.admit(&demand, now);
        if admit == larkhook::deliver::limiter::Admit::Yes {
            limiter.made(&demand, now);
        }
        admit
    });
}

/// Asking without spending.
#[divan::bench]
fn peek(bencher: Bencher) {
    let mut limiter = limiter();
    let demand = Demand { app: Some("ops"), api: Endpoint::Patch, scope: Scope::Message("m") };
    bencher.bench_local(|| limiter.peek(divan::black_box(&demand), from_ms(1000)));
}

/// So many messages over 1,000 targets of one app.
fn waiting(messages: usize) -> Queue {
    let mut queue = Queue::default();
    for n in 0..messages {
        queue.push(work(n));
    }
    queue
}

fn work(n: usize) -> Work {
    let at = from_ms(i64::try_from(n).unwrap());
    Work {
        message: format!("{n:032x}"),
        via: "app:ops".to_owned(),
        target: format!("chat:oc_{}", n % 1000),
        severity: if n.is_multiple_of(5) { Severity::Critical } else { Severity::Warning },
        rank: Rank::First,
        due_at: at,
        since: at,
    }
}

/// One more, and it is let in line by a pick that finds the app's budgets spent.
#[divan::bench(args = [1_000, 100_000])]
fn push(bencher: Bencher, messages: usize) {
    let mut queue = waiting(messages);
    let mut n = messages;
    bencher.bench_local(|| {
        n += 1;
        queue.push(work(n));
        queue.pick(from_ms(1_000_000_000), &mut |_, _| Err(Hold::App(from_ms(2_000_000_000))))
    });
}

/// The next one goes, ends, and is owed again: what a send costs the scheduler.
#[divan::bench(args = [1_000, 100_000])]
fn pick_and_done(bencher: Bencher, messages: usize) {
    let mut queue = waiting(messages);
    let now = from_ms(1_000_000_000);
    queue.pick(now, &mut |_, _| Err(Hold::App(from_ms(1_000_000_001))));
    queue.wake_targets();
    bencher.bench_local(|| {
        let Pick::Go(work) = queue.pick(now, &mut |_, _| Ok(())) else { panic!("nothing waits") };
        queue.done(&work.message.clone(), Some(work));
    });
}

/// Every chat's own budget is spent but one's: the others are not asked for again.
#[divan::bench(args = [1_000, 100_000])]
fn pick_among_blocked(bencher: Bencher, messages: usize) {
    let mut queue = waiting(messages);
    let (now, later) = (from_ms(1_000_000_000), from_ms(2_000_000_000));
    let mut admit = |work: &Work, _: u32| if work.target == "chat:oc_7" { Ok(()) } else { Err(Hold::Target(later)) };
    bencher.bench_local(|| {
        let Pick::Go(work) = queue.pick(now, &mut admit) else { panic!("nothing waits") };
        queue.done(&work.message.clone(), Some(work));
    });
}

//! Budgets at the rate of a storm: `cargo bench --bench limiter`.
#![allow(clippy::unwrap_used)]

use divan::Bencher;
use larkhook::config::settings::Limits;
use larkhook::deliver::limiter::{Demand, Limiter, Scope};
use larkhook::feishu::error::Endpoint;
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
        limiter.admit(&demand, from_ms(i64::try_from(at).unwrap()))
    });
}

/// Asking without spending, as the scheduler does for every target it passes.
#[divan::bench]
fn peek(bencher: Bencher) {
    let mut limiter = limiter();
    let demand = Demand { app: Some("ops"), api: Endpoint::Patch, scope: Scope::Message("m") };
    bencher.bench_local(|| limiter.peek(divan::black_box(&demand), from_ms(1000)));
}

//! Durable intake alone, without HTTP: `cargo bench --bench store [-- --seconds N --tasks N --dir PATH]`.
//!
//! So many tasks hand the store one body after another; each waits for its commit. Beside the rate stands what one body
//! costs the writer between BEGIN and the end of COMMIT, and how many bodies share a commit.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

#[path = "common/allocator.rs"]
mod allocator;

use larkhook::incident::event::Rules;
use larkhook::store::{Intake, Options, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What the bodies say.
#[derive(Clone, Copy)]
enum Load {
    /// Each a group of its own with so many alerts.
    New(u64),
    /// Each a new value in one of so many groups.
    Changes(u64),
    /// The same again and again.
    Twins,
}

#[path = "common/body.rs"]
mod body;

fn main() {
    let (mut seconds, mut tasks, mut dir) = (3, 64, env!("CARGO_TARGET_TMPDIR").to_owned());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => seconds = args.next().unwrap().parse().unwrap(),
            "--tasks" => tasks = args.next().unwrap().parse().unwrap(),
            "--dir" => dir = args.next().unwrap(),
            _ => {}
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    println!(
        "{:<28} {:>10} {:>9} {:>9} {:>10} {:>12} {:>9}",
        "bodies", "per second", "p50 ms", "p99 ms", "per commit", "writer us", "of twins"
    );
    let mut twins = None;
    for (name, load) in [
        ("twins", Load::Twins),
        ("a new group each", Load::New(1)),
        ("a new group of 20 each", Load::New(20)),
        ("changes of 64 groups", Load::Changes(64)),
        ("changes of one group", Load::Changes(1)),
    ] {
        let folder = tempfile::tempdir_in(&dir).unwrap();
        runtime.block_on(async {
            let tracker = tokio_util::task::TaskTracker::new();
            let (owed, mut work) = tokio::sync::mpsc::channel(64);
            tracker.spawn(async move { while work.recv().await.is_some() {} });
            let rules = Rules { reopen_within: Duration::from_secs(600) };
            let options = Options { path: folder.path().join("bench.db"), rules, max_pages: None };
            let store = Store::open(options, owed, &tracker).await.unwrap();
            let (mut times, took) = drive(&store, load, tasks, Duration::from_secs(seconds)).await;
            times.sort();
            let counted = |c: &AtomicU64| c.load(Ordering::Relaxed) as f64;
            let (commits, commands) = (counted(&store.commits().commits), counted(&store.commits().commands));
            let rate = times.len() as f64 / took.as_secs_f64();
            let of_twins = rate / *twins.get_or_insert(rate);
            let at = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1e3;
            println!(
                "{name:<28} {rate:>10.0} {:>9.2} {:>9.2} {:>10.1} {:>12.1} {:>9.2}",
                at(50),
                at(99),
                commands / commits,
                counted(&store.commits().micros) / commands,
                of_twins,
            );
            drop(store);
            tracker.close();
            tracker.wait().await;
        });
    }
}

async fn drive(store: &Store, load: Load, tasks: usize, time: Duration) -> (Vec<Duration>, Duration) {
    let (count, started) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let (store, count) = (store.clone(), Arc::clone(&count));
        running.spawn(async move {
            let mut times = Vec::new();
            while started.elapsed() < time {
                let intake = intake(load, count.fetch_add(1, Ordering::Relaxed));
                let at = Instant::now();
                store.intake(intake).await.unwrap();
                times.push(at.elapsed());
            }
            times
        });
    }
    let times = running.join_all().await.concat();
    (times, started.elapsed())
}

/// The n-th body, as the pipeline would hand it over.
fn intake(load: Load, n: u64) -> Intake {
    let (group, alerts, value) = match load {
        Load::New(alerts) => (n, alerts, 0),
        Load::Changes(groups) => (n % groups, 1, n),
        Load::Twins => (0, 1, 0),
    };
    body::intake(&body::Names::numbered(group), alerts, value)
}

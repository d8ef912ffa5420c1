//! What is measured of one database.

use crate::{OVER, body, claim, fill};
use larkhook::store::{IncidentFilter, JobFilter, JobState, Store, Upkeep};
use larkhook::util::clock::from_ms;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio_util::task::TaskTracker;

/// How often each is done.
const TIMES: u64 = 400;

/// Sorted times in milliseconds.
struct Times(Vec<f64>);

impl Times {
    fn of(mut all: Vec<f64>) -> Self {
        all.sort_by(f64::total_cmp);
        Self(all)
    }

    fn at(&self, percent: usize) -> f64 {
        self.0.get((self.0.len() * percent / 100).min(self.0.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, f64) {
    let started = Instant::now();
    let value = work.await;
    (value, started.elapsed().as_secs_f64() * 1e3)
}

/// Every figure with its name.
pub async fn all(path: &Path) -> Vec<(&'static str, f64)> {
    let tracker = TaskTracker::new();
    let mut figures = Vec::new();
    let (store, opened) = timed(fill::open(path, &tracker)).await;
    let (backlog, took) = timed(store.backlog()).await;
    figures.push(("start: open, ms", opened));
    figures.push(("start: backlog, ms", took));
    figures.push(("start: owed effects in it", backlog.unwrap().len() as f64));
    figures.push(("memory after the start, MiB", rss()));
    figures.push(("counters of a scrape, ms", median(|| store.stats()).await));
    accepts(&store, &mut figures).await;
    claims(&store, &mut figures).await;
    lists(&store, &mut figures).await;
    retention(&store, &mut figures).await;
    figures.push(("memory at the end, MiB", rss()));
    drop(store);
    tracker.close();
    tracker.wait().await;
    figures
}

async fn accepts(store: &Store, figures: &mut Vec<(&'static str, f64)>) {
    let mut new = Vec::new();
    for n in 0..TIMES {
        let intake = body::intake(&body::Names::numbered(n), 1, 0);
        new.push(timed(store.intake(intake)).await.1);
    }
    let open: Vec<u64> =
        store.incidents(&listed(Some(true), None, 500)).await.unwrap().items.iter().filter_map(|i| number(&i.id)).collect();
    let mut changed = Vec::new();
    for n in open {
        let (applied, took) = timed(store.intake(body::intake(&fill::names(n), 1, 7))).await;
        assert_eq!(applied.unwrap().groups, 1);
        changed.push(took);
    }
    let (new, changed) = (Times::of(new), Times::of(changed));
    figures.extend([("accept a new group, p50 ms", new.at(50)), ("accept a new group, p99 ms", new.at(99))]);
    figures
        .extend([("accept news of an open incident, p50 ms", changed.at(50)), ("accept news of an open incident, p99 ms", changed.at(99))]);
    figures.push(("accepts by 64 at once, per second", rate(store).await));
}

/// The number of a filled incident.
fn number(id: &str) -> Option<u64> {
    u64::from_str_radix(id.strip_prefix("01900000")?, 16).ok()
}

async fn rate(store: &Store) -> f64 {
    let started = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for task in 0..64_u64 {
        let store = store.clone();
        running.spawn(async move {
            let mut count = 0;
            while started.elapsed() < Duration::from_secs(4) {
                count += 1;
                store.intake(body::intake(&body::Names::numbered((task + 1) << 32 | count), 1, 0)).await.unwrap();
            }
            count
        });
    }
    let count: u64 = running.join_all().await.into_iter().sum();
    count as f64 / started.elapsed().as_secs_f64()
}

/// A message is read with what it is owed, its call is kept, its outcome recorded.
async fn claims(store: &Store, figures: &mut Vec<(&'static str, f64)>) {
    let owed = store.backlog().await.unwrap();
    let (mut read, mut whole) = (Vec::new(), Vec::new());
    for work in owed.iter().take(usize::try_from(TIMES).unwrap()) {
        let started = Instant::now();
        let message = store.owed(&work.message).await.unwrap().unwrap();
        read.push(started.elapsed().as_secs_f64() * 1e3);
        claim::send(store, message).await;
        whole.push(started.elapsed().as_secs_f64() * 1e3);
    }
    let (read, whole) = (Times::of(read), Times::of(whole));
    figures.extend([("claim: read what is owed, p50 ms", read.at(50)), ("claim: read, keep, record, p50 ms", whole.at(50))]);
    figures.push(("claim: read, keep, record, p99 ms", whole.at(99)));
}

async fn median<T>(mut work: impl AsyncFnMut() -> T) -> f64 {
    let mut times = Vec::new();
    for _ in 0..21 {
        let started = Instant::now();
        work().await;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Times::of(times).at(50)
}

/// Which incidents.
fn listed(open: Option<bool>, before: Option<&String>, limit: u32) -> IncidentFilter {
    IncidentFilter { open, before: before.cloned(), limit, ..IncidentFilter::default() }
}

async fn lists(store: &Store, figures: &mut Vec<(&'static str, f64)>) {
    // A page far behind: nearly the oldest.
    let deep = format!("0190{:028x}", 5000);
    let deep_message = format!("0191{:028x}", 5000);
    for (name, open, before) in [
        ("list incidents, first page, ms", None, None),
        ("list incidents, last pages, ms", None, Some(&deep)),
        ("list open incidents, first page, ms", Some(true), None),
        ("list open incidents, last pages, ms", Some(true), Some(&deep)),
        ("list finished incidents, first page, ms", Some(false), None),
    ] {
        let filter = listed(open, before, 50);
        figures.push((name, median(|| store.incidents(&filter)).await));
    }
    figures.push(("list messages, first page, ms", median(|| store.messages(None, 50)).await));
    figures.push(("list messages, last pages, ms", median(|| store.messages(Some(&deep_message), 50)).await));
    for (name, state) in [
        ("list owed effects, ms", JobState::Ready),
        ("list dead letters, ms", JobState::Dead),
        ("list parked effects, ms", JobState::Parked),
    ] {
        let filter = JobFilter { state: Some(state), limit: 50, ..JobFilter::default() };
        figures.push((name, median(|| store.jobs(&filter)).await));
    }
    let one = format!("0190{:028x}", 5001);
    figures.push(("one incident with everything, ms", median(|| store.incident(&one)).await));
}

/// Deletes what [`OVER`] names, while bodies come in one after the other.
async fn retention(store: &Store, figures: &mut Vec<(&'static str, f64)>) {
    let now = from_ms(i64::try_from(fill::START).unwrap() + i64::try_from(OVER).unwrap() * 1000 + 60_000);
    let upkeep = Upkeep { now, expire_after: Duration::from_secs(1 << 32), retention: Duration::ZERO };
    let stop = Arc::new(AtomicBool::new(false));
    let bodies = {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        async move {
            let (mut times, mut n) = (Vec::new(), 1 << 60);
            while !stop.load(Ordering::Relaxed) {
                n += 1;
                times.push(timed(store.intake(body::intake(&body::Names::numbered(n), 1, 0))).await.1);
            }
            Times::of(times)
        }
    };
    let deleting = async {
        let (mut times, mut deleted) = (Vec::new(), 0);
        loop {
            let (done, took) = timed(store.upkeep(upkeep)).await;
            let done = done.unwrap();
            times.push(took);
            deleted += done.deleted;
            if !done.more {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.store(true, Ordering::Relaxed);
        assert!(deleted >= OVER, "only {deleted} rows were deleted");
        Times::of(times)
    };
    let (bites, accepts) = tokio::join!(deleting, bodies);
    figures.extend([("retention: bites", bites.0.len() as f64), ("retention: a bite, p50 ms", bites.at(50))]);
    figures.extend([("retention: the longest bite, ms", bites.at(100)), ("retention: an accept meanwhile, p99 ms", accepts.at(99))]);
}

/// Resident memory of this process.
fn rss() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

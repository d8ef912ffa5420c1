//! A service with little to do: size, start, memory, and how long one alert takes.

use crate::client;
use crate::process::{Service, Stand};
use crate::table::{self, Floor, Unit, millis, quantile};
use crate::usage;
use std::path::Path;
use std::time::{Duration, Instant};

pub async fn measure(stand: &Stand, dir: &Path) {
    table::head("at rest");
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_larkhook")).unwrap().len() as f64 / 1e6;
    table::row("binary", binary, Unit::Mb, Floor::AtMost(20.0), "");
    let commit = commit_cost(dir);
    table::row("the disk: append 4 KiB and fdatasync, median", commit, Unit::Ms, Floor::None, "");
    let mut starts = Vec::new();
    for n in 0..7 {
        starts.push(Service::start(&dir.join(format!("start-{n}")), &stand.url).await.started_in);
    }
    starts.sort();
    table::row("start until ready, empty, median", quantile(&starts, 0.5), Unit::Ms, Floor::None, "");
    let idle = Service::start(&dir.join("idle"), &stand.url).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    table::row("memory, idle", usage::memory(idle.pid()), Unit::MiB, Floor::AtMost(25.0), "");
    let (answered, called) = latency(&idle, stand).await;
    table::row("idle: webhook to its 2xx, median", quantile(&answered, 0.5), Unit::Ms, Floor::None, "");
    // An accept is one commit, a call's bytes are kept by a second one.
    let note = |name: &str| format!("floor: {name} over the disk's commit");
    table::row(
        "idle: accepted to the platform's call, median",
        quantile(&called, 0.5),
        Unit::Ms,
        Floor::AtMost(commit + 2.0),
        &note("2 ms"),
    );
    table::row(
        "idle: accepted to the platform's call, p99",
        quantile(&called, 0.99),
        Unit::Ms,
        Floor::AtMost(commit + 15.0),
        &note("15 ms"),
    );
}

/// What the disk costs: nothing durable is faster. In milliseconds.
fn commit_cost(dir: &Path) -> f64 {
    use std::io::Write;
    let mut file = tempfile::tempfile_in(dir).unwrap();
    let mut times = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        times.push(started.elapsed());
    }
    times.sort();
    millis(times[100])
}

/// One alert at a time, each into a chat of its own: to the 2xx, and from there to the moment at which the platform has the
/// call.
async fn latency(service: &Service, stand: &Stand) -> (Vec<Duration>, Vec<Duration>) {
    let (mut answered, mut sent) = (Vec::new(), Vec::new());
    let mut connection = client::Connection::open(service.addr).await;
    for n in 0..200u64 {
        let body = client::body(&format!("latency{n}"), &format!("oc_latency{n}"), &[(0, n)]);
        let started = Instant::now();
        assert_eq!(connection.post(&body).await.unwrap(), 200);
        answered.push(started.elapsed());
        sent.push((format!("oc_latency{n}"), jiff::Timestamp::now()));
        tokio::time::sleep(Duration::from_millis(80)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let arrived = stand.arrived().await;
    // The call may arrive before the sender has read its answer.
    let wait = |(chat, at): (String, jiff::Timestamp)| {
        Duration::try_from(arrived.get(&chat).expect("every alert arrived").duration_since(at)).unwrap_or_default()
    };
    let mut called: Vec<Duration> = sent.into_iter().skip(20).map(wait).collect();
    answered.sort();
    called.sort();
    (answered, called)
}

//! The service under load, as processes on this machine: `scripts/bench`.
//!
//! Every rate stands beside the rate of a handler that does nothing (`/-/healthy`), measured by the same client in the
//! same run: absolute numbers say as much about the machine as about larkhook. Client, service and sandbox share the
//! machine's cores. `--seconds N` a measurement (default 5), `--connections N` (default 64), `--dir PATH` for databases,
//! `--only budgets` for that part alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

mod budgets;
mod client;
mod process;

use client::{Load, Run};
use process::{Service, Stand, rss_mib};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

struct Options {
    seconds: u64,
    connections: usize,
    dir: Option<PathBuf>,
    /// Only this part: `budgets`.
    only: Option<String>,
}

fn options() -> Options {
    let mut options = Options { seconds: 5, connections: 64, dir: None, only: None };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => options.seconds = args.next().unwrap().parse().unwrap(),
            "--connections" => options.connections = args.next().unwrap().parse().unwrap(),
            "--dir" => options.dir = args.next().map(PathBuf::from),
            "--only" => options.only = args.next(),
            // What `cargo bench` adds.
            "--bench" => {}
            other => panic!("no option is called {other}"),
        }
    }
    options
}

fn main() {
    let options = options();
    let folder = match &options.dir {
        Some(dir) => tempfile::tempdir_in(dir).unwrap(),
        None => tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap(),
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(measure(&options, folder.path()));
}

async fn measure(options: &Options, dir: &Path) {
    let binary = Path::new(env!("CARGO_BIN_EXE_larkhook"));
    let profile = binary.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "larkhook {} ({profile}), {cores} cores, {} connections, {} s each\n",
        env!("CARGO_PKG_VERSION"),
        options.connections,
        options.seconds
    );
    if options.only.as_deref() == Some("budgets") {
        return budgets(dir).await;
    }
    println!("{:<44} {:>10}", "binary", format!("{:.1} MB", std::fs::metadata(binary).unwrap().len() as f64 / 1e6));
    println!("{:<44} {:>10}", "one fdatasync of 4 KiB, median", ms(fsync(dir)));

    let stand = Stand::start(dir).await;
    let mut starts = Vec::new();
    for n in 0..7 {
        starts.push(Service::start(&dir.join(format!("start-{n}")), &stand.url).await.started_in);
    }
    starts.sort();
    println!("{:<44} {:>10}", "start until the first answer, median", ms(starts[starts.len() / 2]));
    let idle = Service::start(&dir.join("idle"), &stand.url).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!("{:<44} {:>10}", "memory idle", format!("{:.1} MiB", rss_mib(idle.pid())));
    let (answered, called) = latency(&idle, &stand).await;
    println!("{:<44} {:>10}   p99 {}", "idle: webhook to its 2xx, median", ms(answered[answered.len() / 2]), ms(p99(&answered)));
    println!("{:<44} {:>10}   p99 {}", "idle: webhook to the platform call, median", ms(called[called.len() / 2]), ms(p99(&called)));
    println!();

    budgets(dir).await;
    println!("{:<44} {:>10} {:>8} {:>10} {:>10} {:>8} {:>9}", "under load", "per second", "of no-op", "p50", "p99", "refused", "memory");
    let nothing = run(options, &idle, Load::Healthy).await;
    drop(idle);
    line("a handler that does nothing", &nothing, &nothing, None);
    for (name, load) in [
        ("accepts: each a new group", Load::NewGroups),
        ("accepts: changes of 64 groups", Load::SameGroups),
        ("accepts: changes of one group", Load::OneGroup),
        ("accepts: twins (nothing changes)", Load::Twins),
        ("accepts: groups of 20 alerts, each new", Load::Twenty),
    ] {
        let service = Service::start(&dir.join(format!("{load:?}")), &stand.url).await;
        let done = run(options, &service, load).await;
        line(name, &done, &nothing, Some(rss_mib(service.pid())));
    }
}

/// A storm within the platform's limits.
async fn budgets(dir: &Path) {
    let seen = budgets::measure(&dir.join("budgets")).await;
    let ratio = seen.took.as_secs_f64() / seen.schedule.as_secs_f64();
    println!(
        "{:<44} {:>10}   scheduled {}, ratio {ratio:.2}, {} limit answers, {} arrived\n",
        "500 messages, 20 chats, 2 apps: all there in",
        ms(seen.took),
        ms(seen.schedule),
        seen.limit_answers,
        seen.arrived
    );
}

async fn run(options: &Options, service: &Service, load: Load) -> Run {
    // Warm: connections, statement caches, allocator.
    client::run(service.addr, load, options.connections, Duration::from_millis(500)).await;
    client::run(service.addr, load, options.connections, Duration::from_secs(options.seconds)).await
}

fn line(name: &str, run: &Run, nothing: &Run, memory: Option<f64>) {
    let (p50, p99) = (run.quantile(0.5), run.quantile(0.99));
    let memory = memory.map_or_else(String::new, |mib| format!("{mib:.0} MiB"));
    println!(
        "{name:<44} {:>10.0} {:>7.1}% {:>10} {:>10} {:>8} {memory:>9}",
        run.rate(),
        100.0 * run.rate() / nothing.rate(),
        ms(p50),
        ms(p99),
        run.refused
    );
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn p99(sorted: &[Duration]) -> Duration {
    sorted[(sorted.len() * 99 / 100).min(sorted.len() - 1)]
}

/// What the disk costs: nothing durable is faster.
fn fsync(dir: &Path) -> Duration {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile_in(dir).unwrap();
    let mut times = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        file.rewind().unwrap();
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        times.push(started.elapsed());
    }
    times.sort();
    times[100]
}

/// One alert at a time, each into a chat of its own: to the 2xx, and to the moment at which the platform has the call.
async fn latency(service: &Service, stand: &Stand) -> (Vec<Duration>, Vec<Duration>) {
    let (mut answered, mut sent) = (Vec::new(), Vec::new());
    let mut connection = client::Connection::open(service.addr).await;
    for n in 0..100u64 {
        let body = client::body(&format!("latency{n}"), &format!("oc_latency{n}"), &[(0, n)]);
        let (at, started) = (jiff::Timestamp::now(), Instant::now());
        assert_eq!(connection.post(&body).await.unwrap(), 200);
        answered.push(started.elapsed());
        sent.push((format!("oc_latency{n}"), at));
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let arrived = stand.arrived().await;
    let mut called: Vec<Duration> = sent
        .into_iter()
        .map(|(chat, at)| Duration::try_from(arrived.get(&chat).expect("every alert arrived").duration_since(at)).unwrap_or_default())
        .collect();
    answered.sort();
    called.sort();
    (answered, called)
}

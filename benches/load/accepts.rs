//! Accepts under load: many connections, each asking again as soon as it is answered.

use crate::client::{self, Load, Run};
use crate::process::{Service, Stand};
use crate::table::{self, Rate};
use crate::{Options, usage};
use std::path::Path;
use std::time::Duration;

/// What to send, its floor a second, its floor beside the handler that does nothing, its limit of the 99th percentile in ms.
type Case = (&'static str, Load, Option<f64>, Option<f64>, Option<f64>);

const CASES: [Case; 5] = [
    ("accepts: each a new group", Load::NewGroups, Some(5000.0), Some(0.25), Some(50.0)),
    ("accepts: twins of one group", Load::Twins, Some(8000.0), None, None),
    ("accepts: changes of one group", Load::OneGroup, Some(8000.0), None, None),
    ("accepts: changes of 64 groups", Load::SameGroups, None, None, None),
    ("accepts: groups of 20 alerts, each new", Load::Twenty, None, None, None),
];

pub async fn measure(options: &Options, stand: &Stand, dir: &Path) {
    table::rates();
    let idle = Service::start(&dir.join("nothing"), &stand.url).await;
    let (nothing, generator) = run(options, &idle, Load::Healthy).await;
    drop(idle);
    let line = |name, run: &Run, floor, p99, generator, memory| {
        table::rate(&Rate { name, run, nothing: &nothing, floor, p99, generator, memory });
    };
    line("a handler that does nothing", &nothing, (None, None), None, generator, None);
    for (name, load, least, share, p99) in CASES {
        let service = Service::start(&dir.join(format!("{load:?}")), &stand.url).await;
        let (done, generator) = run(options, &service, load).await;
        line(name, &done, (least, share), p99, generator, Some(usage::peak(service.pid())));
    }
}

/// With the share of both processes' time that the client took.
async fn run(options: &Options, service: &Service, load: Load) -> (Run, f64) {
    // Warm: connections, statement caches, allocator.
    client::run(service.addr, load, options.connections, Duration::from_millis(500)).await;
    let cpu = |pid| usage::cpu(pid).as_secs_f64();
    let (ours, theirs) = (cpu(std::process::id()), cpu(service.pid()));
    let run = client::run(service.addr, load, options.connections, Duration::from_secs(options.seconds)).await;
    let (ours, theirs) = (cpu(std::process::id()) - ours, cpu(service.pid()) - theirs);
    (run, ours / (ours + theirs).max(0.01))
}

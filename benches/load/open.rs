//! A hundred thousand open incidents: memory, start, and what an accept costs beside them.

use crate::client;
use crate::process::{Service, Stand};
use crate::table::{self, Floor, Unit, millis, quantile};
use crate::usage;
use std::path::Path;
use std::time::{Duration, Instant};

const INCIDENTS: u64 = 100_000;

pub async fn measure(stand: &Stand, dir: &Path) {
    table::head("100,000 open incidents (all still waiting for their chats)");
    let dir = dir.join("open");
    let service = Service::start(&dir, &stand.url).await;
    let started = Instant::now();
    client::fill(service.addr, 64, INCIDENTS).await;
    let took = started.elapsed().as_secs_f64();
    table::row("filled at", INCIDENTS as f64 / took, Unit::PerSecond, Floor::None, "");
    tokio::time::sleep(Duration::from_secs(3)).await;
    table::row("memory", usage::memory(service.pid()), Unit::MiB, Floor::None, "");
    let times = accepts(&service).await;
    table::row("accept of a new group, median", quantile(&times, 0.5), Unit::Ms, Floor::None, "");
    drop(service);
    let again = Service::start(&dir, &stand.url).await;
    table::row("start until ready", millis(again.started_in), Unit::Ms, Floor::None, "reads what is owed");
    table::row("memory after that start", usage::memory(again.pid()), Unit::MiB, Floor::None, "");
    drop(again);

    table::head("100,000 open incidents (all shown)");
    show_all(&dir);
    let mut starts = Vec::new();
    let mut memory = 0.0;
    for _ in 0..5 {
        let again = Service::start(&dir, &stand.url).await;
        starts.push(again.started_in);
        memory = usage::memory(again.pid());
        let times = accepts(&again).await;
        if starts.len() == 5 {
            table::row("accept of a new group, median", quantile(&times, 0.5), Unit::Ms, Floor::None, "");
            memory = usage::memory(again.pid()).max(memory);
        }
    }
    starts.sort();
    table::row("start until ready, median", quantile(&starts, 0.5), Unit::Ms, Floor::AtMost(500.0), "");
    table::row("memory", memory, Unit::MiB, Floor::AtMost(80.0), "");
}

/// As if the platform had taken every message: that would need two hours at its limits.
fn show_all(dir: &Path) {
    let database = rusqlite::Connection::open(dir.join("larkhook.db")).unwrap();
    let sql = "update messages set shown = wanted, generation = 1, platform_id = 'om_' || id, sent_at = 0; delete from jobs";
    database.execute_batch(sql).unwrap();
}

async fn accepts(service: &Service) -> Vec<Duration> {
    let mut connection = client::Connection::open(service.addr).await;
    let mut times = Vec::new();
    for n in 0..100u64 {
        let body = client::body(&format!("late{n}"), "oc_late", &[(0, n)]);
        let started = Instant::now();
        assert_eq!(connection.post(&body).await.unwrap(), 200);
        times.push(started.elapsed());
    }
    times.sort();
    times
}

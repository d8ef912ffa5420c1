//! A steady hundred alerts a second with their delivery: what it costs of one core.

use crate::client;
use crate::process::{Service, Stand};
use crate::table::{self, Floor, Unit};
use crate::usage;
use std::path::Path;
use std::time::{Duration, Instant};

/// Ten bodies of ten alerts each a second, over forty groups in twenty chats: they fire, change and end.
pub async fn measure(seconds: u64, stand: &Stand, dir: &Path) {
    table::head("a steady 100 alerts/s with delivery");
    let service = Service::start(&dir.join("steady"), &stand.url).await;
    let mut connection = client::Connection::open(service.addr).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (started, before) = (Instant::now(), usage::cpu(service.pid()));
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let mut n = 0u64;
    while started.elapsed() < Duration::from_secs(seconds) {
        ticks.tick().await;
        let list: Vec<(u64, u64)> = (0..10).map(|i| (i, n / 40)).collect();
        let body = client::body(&format!("steady{}", n % 40), &format!("oc_steady{}", n % 20), &list);
        assert_eq!(connection.post(&body).await.unwrap(), 200);
        n += 1;
    }
    let used = (usage::cpu(service.pid()) - before).as_secs_f64() / started.elapsed().as_secs_f64();
    let calls = stand.calls(&[]).await;
    table::row("of one core", 100.0 * used, Unit::Percent, Floor::AtMost(15.0), &format!("{n} bodies, {calls} calls to the platform"));
    table::row("memory", usage::memory(service.pid()), Unit::MiB, Floor::None, "");
}

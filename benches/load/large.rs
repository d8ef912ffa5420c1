//! One group of many alerts: it is accepted whole, in time that grows with its alerts.

use crate::client;
use crate::process::{Service, Stand};
use crate::table::{self, Floor, Unit, quantile};
use std::path::Path;
use std::time::Instant;

pub async fn measure(stand: &Stand, dir: &Path) {
    table::head("one large group (median of 9, each a new group)");
    let service = Service::start(&dir.join("large"), &stand.url).await;
    let mut connection = client::Connection::open(service.addr).await;
    let mut one = None;
    for alerts in [1, 10, 100, 1000, 4000] {
        let mut times = Vec::new();
        for n in 0..9u64 {
            let list: Vec<(u64, u64)> = (0..alerts).map(|i| (i, n)).collect();
            let body = client::body(&format!("large{alerts}-{n}"), "oc_large", &list);
            let started = Instant::now();
            assert_eq!(connection.post(&body).await.unwrap(), 200);
            times.push(started.elapsed());
        }
        times.sort();
        let took = quantile(&times, 0.5);
        let floor = if alerts == 1000 { Floor::AtMost(50.0) } else { Floor::None };
        let each = 1000.0 * took / alerts as f64;
        let note = format!("{each:.1} us an alert, {:.2} times one alone", took / *one.get_or_insert(took));
        table::row(&format!("accepted: {alerts} alerts"), took, Unit::Ms, floor, &note);
    }
}

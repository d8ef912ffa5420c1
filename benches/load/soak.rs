//! Twenty minutes at 200 alerts a second while the platform misbehaves: `cargo bench --profile dist --bench load -- --only soak
//! --seconds 1200`. Fails where memory grows, something stays owed, or counts differ.

use crate::client::{self, Connection};
use crate::process::{Service, Stand};
use crate::usage;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Groups that fire at one time, each with so many alerts; each lives for so many bodies.
const GROUPS: u64 = 200;
const ALERTS: u64 = 20;
const BODIES_OF_A_LIFE: u64 = 5;
const CHATS: u64 = 40;

pub async fn run(seconds: u64, dir: &Path) {
    let stand = Stand::start(dir).await;
    let service = Service::start(&dir.join("soak"), &stand.url).await;
    for fault in faults() {
        stand.post("/_sandbox/faults", &fault).await;
    }
    println!("{:>6} {:>9} {:>9} {:>9} {:>9} {:>8}", "second", "bodies", "owed", "MiB", "sandbox", "cpu %");
    let mut connection = Connection::open(service.addr).await;
    let mut sent = Sent::new();
    let mut memory = Vec::new();
    let (started, mut told, mut cpu) = (Instant::now(), Instant::now(), usage::cpu(service.pid()));
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    while started.elapsed() < Duration::from_secs(seconds) {
        ticks.tick().await;
        sent.next(&mut connection).await;
        if sent.bodies % 2400 == 1200 {
            stand.post("/_sandbox/outage", &json!({"mode": "unavailable"})).await;
        } else if sent.bodies % 2400 == 1400 {
            stand.delete("/_sandbox/outage").await;
        }
        if told.elapsed() > Duration::from_secs(15) {
            let now = usage::cpu(service.pid());
            let share = 100.0 * (now - cpu).as_secs_f64() / told.elapsed().as_secs_f64();
            memory.push(usage::memory(service.pid()));
            let (at, mib) = (started.elapsed().as_secs(), memory[memory.len() - 1]);
            println!("{at:>6} {:>9} {:>9} {mib:>9.1} {:>9.1} {share:>8.1}", sent.bodies, owed(&service).await, usage::memory(stand.pid()));
            (told, cpu) = (Instant::now(), now);
        }
    }
    stand.delete("/_sandbox/outage").await;
    sent.end(&mut connection).await;
    let drained = Instant::now();
    while owed(&service).await > 0 {
        assert!(drained.elapsed() < Duration::from_secs(600), "still owed: {}", owed(&service).await);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    println!("nothing is owed {:.0} s after the end", drained.elapsed().as_secs_f64());
    verdict(&stand, &sent, &memory).await;
}

/// What was sent.
struct Sent {
    bodies: u64,
    alerts: u64,
    /// Groups there were so far.
    begun: u64,
    /// By place: which life it is, and its bodies so far.
    places: Vec<(u64, u64)>,
}

impl Sent {
    fn new() -> Self {
        Self { bodies: 0, alerts: 0, begun: 0, places: vec![(0, 0); usize::try_from(GROUPS).unwrap()] }
    }

    /// The next body: every place in turn; where a life is over another begins. Each time one more alert begins anew.
    async fn next(&mut self, connection: &mut Connection) {
        let place = self.bodies % GROUPS;
        self.bodies += 1;
        let (life, lived) = &mut self.places[usize::try_from(place).unwrap()];
        *lived += 1;
        let (name, stage) = (name(place, *life), *lived);
        self.begun += u64::from(stage == 1);
        if stage == BODIES_OF_A_LIFE {
            (*life, *lived) = (*life + 1, 0);
        }
        let alerts: Vec<(u64, u64)> = (0..ALERTS).map(|n| (n, if n < stage { stage } else { 0 })).collect();
        let body = if stage == BODIES_OF_A_LIFE { client::over } else { client::body };
        self.post(connection, body(&name, &chat(place), &alerts)).await;
    }

    /// Everything that still fires ends.
    async fn end(&mut self, connection: &mut Connection) {
        let alerts: Vec<(u64, u64)> = (0..ALERTS).map(|n| (n, 0)).collect();
        for (place, (life, lived)) in (0..).zip(self.places.clone()) {
            if lived > 0 {
                self.post(connection, client::over(&name(place, life), &chat(place), &alerts)).await;
            }
        }
    }

    async fn post(&mut self, connection: &mut Connection, body: String) {
        assert_eq!(connection.post(&body).await.unwrap(), 200);
        self.alerts += ALERTS;
    }
}

fn name(place: u64, life: u64) -> String {
    format!("soak-{place}-{life}-group")
}

fn chat(place: u64) -> String {
    format!("oc_soak{}", place % CHATS)
}

async fn owed(service: &Service) -> u64 {
    let ready: Value = service.get("/-/ready").await;
    ready["backlog"]["ready"].as_u64().unwrap()
}

fn faults() -> Vec<Value> {
    let mut all = Vec::new();
    for endpoint in ["send", "reply", "patch"] {
        for (probability, mut fault) in [
            (0.02, json!({"action": "reset"})),
            (0.02, json!({"action": "reset", "when": "after"})),
            (0.02, json!({"action": "cut_body", "when": "after"})),
            (0.002, json!({"action": "hang", "when": "after"})),
            (0.02, json!({"code": 99_991_400, "headers": {"x-ogw-ratelimit-reset": "1"}})),
            (0.02, json!({"status": 503})),
            (0.01, json!({"status": 502, "body": "<html><h1>502 Bad Gateway</h1></html>"})),
            (0.05, json!({"delay": "300ms"})),
        ] {
            fault["endpoint"] = json!(endpoint);
            fault["probability"] = json!(probability);
            all.push(fault);
        }
    }
    all
}

/// Every group has one message, and its newest version says that it is over.
async fn verdict(stand: &Stand, sent: &Sent, memory: &[f64]) {
    let mut shown: BTreeMap<String, u64> = BTreeMap::new();
    let (mut versions, mut replies) = (0, 0);
    for message in stand.messages().await {
        if !message["parent_id"].is_null() {
            replies += 1;
            continue;
        }
        let all = message["versions"].as_array().unwrap();
        versions += all.len();
        let newest = all.last().unwrap().to_string();
        let start = newest.find("soak-").unwrap_or_else(|| panic!("whose message is this? {newest}"));
        let name: String = newest[start..].chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
        assert!(newest.contains("green"), "{name} still fires: {newest}");
        *shown.entry(name).or_default() += 1;
    }
    let twice: Vec<_> = shown.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "shown twice: {twice:?}");
    println!(
        "{} bodies, {} alerts, {} groups; {} shown, once each and over; {versions} versions, {replies} replies",
        sent.bodies,
        sent.alerts,
        sent.begun,
        shown.len()
    );
    assert_eq!(shown.len() as u64, sent.begun, "groups sent and groups shown");
    let third = memory.len() / 3;
    if third > 0 {
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let (middle, last) = (mean(&memory[third..2 * third]), mean(&memory[2 * third..]));
        println!("memory: {middle:.1} MiB in the second third, {last:.1} MiB in the last");
        assert!(last < middle * 1.10 + 2.0, "memory grows");
    }
}

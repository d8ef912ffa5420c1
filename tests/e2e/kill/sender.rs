//! Senders: one group each, step after step, each repeated until it got a 2xx.

use crate::client;
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What all senders share.
pub struct Traffic {
    url: String,
    pub pouring: AtomicBool,
    pub accepted: AtomicU64,
    pub again: AtomicU64,
}

impl Traffic {
    pub fn new(url: String) -> Self {
        Self { url, pouring: AtomicBool::new(true), accepted: AtomicU64::new(0), again: AtomicU64::new(0) }
    }
}

/// One alert group and how far its sender is.
#[derive(Debug, Clone)]
pub struct Group {
    pub name: String,
    /// The chat (`oc_...`) or the bot.
    pub room: String,
    /// The last step; every step up to it was accepted.
    pub step: u32,
    pause: Range<u64>,
    base: jiff::Timestamp,
}

impl Group {
    pub fn new(name: &str, room: &str, pause: Range<u64>) -> Self {
        let base = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
        Self { name: name.to_owned(), room: room.to_owned(), step: 0, pause, base }
    }

    pub fn is_bot(&self) -> bool {
        !self.room.starts_with("oc_")
    }

    /// Every sixth step resolves; the next fires again.
    pub fn fires_at(step: u32) -> bool {
        !step.is_multiple_of(6)
    }

    /// The instance that fires at a step.
    pub fn firing_at(step: u32) -> Vec<String> {
        if Self::fires_at(step) { vec![format!("i{step}")] } else { Vec::new() }
    }

    /// Alertmanager's snapshot at a step: the step's own alert fires, the one before it has just ended.
    pub fn body(&self, step: u32) -> Value {
        let at = |step: u32| (self.base + jiff::SignedDuration::from_secs(i64::from(step))).to_string();
        let alert = |of: u32, firing: bool| {
            json!({
                "status": if firing { "firing" } else { "resolved" },
                "labels": {"alertname": self.name, "instance": format!("i{of}"), "room": self.room, "severity": "critical"},
                "annotations": {},
                "startsAt": at(of),
                "endsAt": if firing { "0001-01-01T00:00:00Z".to_owned() } else { at(step) },
                "generatorURL": "",
                "fingerprint": format!("{:016x}", of),
            })
        };
        let mut alerts = Vec::new();
        if Self::fires_at(step) {
            alerts.push(alert(step, true));
        }
        if step > 1 && Self::fires_at(step - 1) {
            alerts.push(alert(step - 1, false));
        }
        json!({
            "version": "4", "groupKey": format!("{{}}:{{alertname=\"{}\"}}", self.name), "truncatedAlerts": 0,
            "receiver": "feishu", "status": if Self::fires_at(step) { "firing" } else { "resolved" },
            "groupLabels": {"alertname": self.name}, "commonLabels": {"alertname": self.name}, "commonAnnotations": {},
            "externalURL": "http://am:9093", "alerts": alerts, "step": step,
        })
    }
}

/// One sender.
pub struct Sender {
    pub group: Group,
    pub traffic: std::sync::Arc<Traffic>,
    pub random: StdRng,
}

impl Sender {
    /// Posts until the pouring ends; the group as its receiver must know it then.
    pub async fn run(mut self) -> Result<Group, String> {
        let http = client();
        while self.traffic.pouring.load(Ordering::SeqCst) {
            let step = self.group.step + 1;
            self.post(&http, &self.group.body(step)).await?;
            self.group.step = step;
            self.traffic.accepted.fetch_add(1, Ordering::SeqCst);
            let pause = self.random.random_range(self.group.pause.clone());
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        Ok(self.group)
    }

    /// The same bytes until they are taken, as Alertmanager does after a 5xx or a lost connection.
    async fn post(&self, http: &reqwest::Client, body: &Value) -> Result<(), String> {
        let end = Instant::now() + Duration::from_secs(90);
        loop {
            let answer = http.post(&self.traffic.url).timeout(Duration::from_secs(10)).json(body).send().await;
            let why = match answer {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) if answer.status().is_client_error() => {
                    return Err(format!("{} for {}: {}", answer.status(), self.group.name, answer.text().await.unwrap_or_default()));
                }
                Ok(answer) => answer.status().to_string(),
                Err(error) => error.to_string(),
            };
            if Instant::now() > end {
                return Err(format!("{}: not accepted for a long time: {why}", self.group.name));
            }
            self.traffic.again.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

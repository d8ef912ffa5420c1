//! `larkhook serve` as a process that can be killed and started again on the same address and database.

use crate::process::{Process, free_port, larkhook};
use crate::{client, wait_until};
use serde_json::Value;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The service.
pub struct Service {
    dir: PathBuf,
    pub port: u16,
    http: reqwest::Client,
    process: Option<Process>,
}

impl Service {
    /// Writes the configuration and the probe template into `dir`; starts nothing yet.
    pub fn new(dir: PathBuf, config: &str) -> Self {
        std::fs::create_dir_all(dir.join("templates")).unwrap();
        std::fs::write(dir.join("larkhook.yaml"), config).unwrap();
        std::fs::write(dir.join("templates/probe.card.hbs"), PROBE).unwrap();
        Self { dir, port: free_port(), http: client(), process: None }
    }

    /// Starts the process, to abort at a failpoint where one is named.
    pub fn start(&mut self, failpoint: Option<&str>) {
        let listen = format!("127.0.0.1:{}", self.port);
        let envs: Vec<(&str, &str)> = failpoint.map(|name| ("LARKHOOK_FAILPOINT", name)).into_iter().collect();
        let args = ["serve", "-c", "larkhook.yaml", "--listen", &listen];
        self.process = Some(Process::start("larkhook", &larkhook(), &args, &envs, &self.dir));
    }

    /// Waits until it takes alerts in.
    pub async fn ready(&mut self) {
        let url = self.url("/-/ready");
        let (process, http) = (self.process.as_mut().unwrap(), &self.http);
        wait_until("larkhook is ready", Duration::from_secs(60), async || {
            if !process.running() {
                panic!("larkhook ended:\n{}", process.tail(30));
            }
            let status = http.get(&url).send().await.map_err(|error| error.to_string())?.status();
            if status.is_success() { Ok(()) } else { Err(status.to_string()) }
        })
        .await;
    }

    /// Waits until it answers at all, or has ended.
    pub async fn up(&mut self) {
        let url = self.url("/-/healthy");
        let end = Instant::now() + Duration::from_secs(30);
        while self.running() && Instant::now() < end && self.http.get(&url).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Whether the process is there.
    pub fn running(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::running)
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Asks it to end; whether it did, and well.
    pub fn stop(&mut self) -> bool {
        self.process.take().is_some_and(|mut process| process.stop(Duration::from_secs(40)))
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// An answer of its API.
    pub async fn api(&self, path: &str) -> Result<Value, String> {
        let answer = self.http.get(self.url(path)).send().await.map_err(|error| error.to_string())?;
        answer.json().await.map_err(|error| error.to_string())
    }

    /// Reads the configuration again: parked targets are tried at once.
    pub async fn reload(&self) {
        let _ = self.http.post(self.url("/-/reload")).send().await;
    }

    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(self.dir.join("larkhook.log")).unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(60)..].join("\n")
    }
}

/// What a card shows, in words a test can read: `probe STEP STATUS firing=.. gone=.. resolved=..`.
const PROBE: &str = r#"{
  "schema": "2.0", "config": {"update_multi": true},
  "header": {"title": {"tag": "plain_text", "content": "{{groupLabels.alertname}}"}},
  "body": {"elements": [{"tag": "markdown", "content": "probe {{payload.step}} {{status}} firing={{#each firing}}{{labels.instance}},{{/each}} gone={{#each gone}}{{labels.instance}},{{/each}} resolved={{#each resolved}}{{labels.instance}},{{/each}}"}]}
}
"#;

/// What a probe card shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub title: String,
    /// The sender's step, where it counts them.
    pub step: u32,
    pub status: String,
    pub firing: Vec<String>,
    pub gone: Vec<String>,
    pub resolved: Vec<String>,
}

impl Probe {
    /// Reads a card's content.
    pub fn read(card: &Value) -> Option<Self> {
        let title = card.pointer("/header/title/content")?.as_str()?.to_owned();
        let text = card.pointer("/body/elements/0/content")?.as_str()?;
        let (head, lists) = text.strip_prefix("probe ")?.split_once(" firing=")?;
        let (firing, lists) = lists.split_once(" gone=")?;
        let (gone, resolved) = lists.split_once(" resolved=")?;
        let (step, status) = head.split_once(' ')?;
        let list = |text: &str| {
            let mut names: Vec<String> = text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
            names.sort();
            names
        };
        let status = status.to_owned();
        Some(Self { title, step: step.parse().unwrap_or(0), status, firing: list(firing), gone: list(gone), resolved: list(resolved) })
    }
}

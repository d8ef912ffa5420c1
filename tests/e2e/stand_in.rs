//! `larkhook sandbox` as a process, and what arrived in it.

use crate::process::{Process, larkhook};
use crate::service::Probe;
use crate::{client, wait_until};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

/// The Feishu stand-in.
pub struct StandIn {
    pub url: String,
    http: reqwest::Client,
    _process: Process,
}

/// One message that arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    pub id: String,
    pub chat: String,
    /// The message replied to.
    pub parent: Option<String>,
    /// Contents, oldest first.
    pub versions: Vec<Value>,
}

impl Arrived {
    fn read(message: &Value) -> Self {
        let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
        Self {
            id: text("message_id"),
            chat: text("chat_id"),
            parent: message["parent_id"].as_str().map(str::to_owned),
            versions: message["versions"].as_array().unwrap().iter().map(|version| version["content"].clone()).collect(),
        }
    }

    /// Every version as a probe.
    pub fn probes(&self) -> Vec<Probe> {
        self.versions.iter().filter_map(Probe::read).collect()
    }

    /// What it shows now.
    pub fn probe(&self) -> Option<Probe> {
        Probe::read(self.versions.last()?)
    }
}

impl StandIn {
    /// Starts it and waits for its address.
    pub async fn start(dir: &Path) -> Self {
        let args = ["--format", "json", "sandbox", "--listen", "127.0.0.1:0"];
        let process = Process::start("sandbox", &larkhook(), &args, &[], dir);
        let log = dir.join("sandbox.log");
        let url = wait_until("the sandbox listens", Duration::from_secs(30), async || {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            let at = text.find("http://127.0.0.1:").ok_or(text.clone())?;
            let url: String = text[at..].chars().take_while(|c| !matches!(c, '"' | ' ' | '\n')).collect();
            if text[at..].len() > url.len() { Ok(url) } else { Err(text) }
        })
        .await;
        Self { url, http: client(), _process: process }
    }

    /// Everything that arrived, oldest first.
    pub async fn messages(&self) -> Vec<Arrived> {
        let all = self.get("messages").await;
        assert_eq!(all["dropped"], 0);
        all["messages"].as_array().unwrap().iter().map(Arrived::read).collect()
    }

    /// Messages that answer no other, in one chat.
    pub async fn roots(&self, chat: &str) -> Vec<Arrived> {
        self.messages().await.into_iter().filter(|message| message.parent.is_none() && message.chat == chat).collect()
    }

    /// Replies to a message.
    pub async fn replies(&self, id: &str) -> Vec<Arrived> {
        self.messages().await.into_iter().filter(|message| message.parent.as_deref() == Some(id)).collect()
    }

    /// The calls it got: counts by endpoint, status and code.
    pub async fn calls(&self) -> Value {
        self.get("calls").await
    }

    /// Replaces all faults by these.
    pub async fn faults(&self, faults: &[Value]) {
        self.http.delete(format!("{}/_sandbox/faults", self.url)).send().await.unwrap();
        if !faults.is_empty() {
            let answer = self.http.post(format!("{}/_sandbox/faults", self.url)).json(&json!(faults)).send().await.unwrap();
            let status = answer.status();
            assert!(status.is_success(), "{status} {}", answer.text().await.unwrap());
        }
    }

    /// Ends an outage, or starts one: `reset`, `hang`, `unavailable`.
    pub async fn outage(&self, mode: Option<&str>) {
        let url = format!("{}/_sandbox/outage", self.url);
        let request = match mode {
            Some(mode) => self.http.put(url).json(&json!({"mode": mode})),
            None => self.http.delete(url),
        };
        assert!(request.send().await.unwrap().status().is_success());
    }

    async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}/_sandbox/{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }
}

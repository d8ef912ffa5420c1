//! The sample story, posted to the service as senders would post it.

use crate::cli::samples::{self, Checkout};
use crate::util::clock::Clock;
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Source and body of each scene, in order. Two systems fail, one gets worse, both recover.
fn scenes(start: Timestamp, now: Timestamp) -> Vec<(&'static str, Value)> {
    vec![
        ("alertmanager", samples::checkout(Checkout::Fires, start, now)),
        ("grafana", samples::memory(false, start, now)),
        ("alertmanager", samples::checkout(Checkout::Joins, start, now)),
        ("pipelines", samples::pipeline("failed")),
        ("alertmanager", samples::checkout(Checkout::Eases, start, now)),
        ("grafana", samples::memory(true, start, now)),
        ("alertmanager", samples::checkout(Checkout::Over, start, now)),
        ("pipelines", samples::pipeline("success")),
    ]
}

/// Tells the story.
pub struct Teller {
    client: reqwest::Client,
    url: String,
    pace: Duration,
}

impl Teller {
    /// Tells it to the service at `url`, which is on this machine.
    ///
    /// # Errors
    /// No HTTP client can be made.
    pub fn new(url: String, pace: Duration) -> anyhow::Result<Self> {
        let client = crate::cli::jobs::client(&url)?;
        Ok(Self { client, url, pace })
    }

    /// Posts scene after scene, then says how it went.
    pub async fn tell(self, told: mpsc::Sender<Result<(), String>>, quit: CancellationToken) {
        let result = tokio::select! {
            result = self.all() => result,
            () = quit.cancelled() => return,
        };
        let _ = told.send(result).await;
    }

    async fn all(&self) -> Result<(), String> {
        let start = Clock::system().now();
        for (index, (source, _)) in scenes(start, start).into_iter().enumerate() {
            if index > 0 {
                tokio::time::sleep(self.pace).await;
            }
            // Made again at its moment: what ends, ends now.
            let Some((_, body)) = scenes(start, Clock::system().now()).into_iter().nth(index) else { break };
            let url = format!("{}/hook/{source}", self.url);
            let answer = self.client.post(&url).json(&body).send().await.map_err(|error| format!("{url}: {error}"))?;
            let status = answer.status();
            if !status.is_success() {
                let text = answer.text().await.unwrap_or_default();
                return Err(format!("{url} answered {status}: {text}"));
            }
        }
        Ok(())
    }
}

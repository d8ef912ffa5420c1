//! Single kills at the worst moment, one promise each.

use super::config;
use super::sender::Group;
use crate::service::Service;
use crate::stand_in::{Arrived, StandIn};
use crate::{client, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

struct Bench {
    sandbox: StandIn,
    service: Service,
    _dir: tempfile::TempDir,
}

impl Bench {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sandbox = StandIn::start(dir.path()).await;
        let service = Service::new(dir.path().to_owned(), &config(&sandbox.url));
        Self { sandbox, service, _dir: dir }
    }

    /// Starts larkhook; a failpoint ends it later.
    async fn up(&mut self, failpoint: Option<&str>) {
        self.service.start(failpoint);
        self.service.ready().await;
    }

    async fn post(&self, body: &Value) {
        let answer = client().post(self.service.url("/hook/am")).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    async fn down(&mut self) {
        wait_until("the failpoint is reached", Duration::from_secs(30), async || {
            if self.service.running() { Err("it runs".to_owned()) } else { Ok(()) }
        })
        .await;
    }

    /// The group's messages, once the newest state is shown and nothing is owed.
    async fn shown(&self, group: &Group, step: u32) -> Vec<Arrived> {
        wait_until("the newest state is shown", Duration::from_secs(60), async || {
            let jobs = self.service.api("/api/v1/jobs?state=ready").await?;
            let of = |m: &Arrived| m.parent.is_none() && m.probe().is_some_and(|probe| probe.title == group.name);
            let messages: Vec<Arrived> = self.sandbox.messages().await.into_iter().filter(of).collect();
            let steps: Vec<Vec<u32>> = messages.iter().map(|m| m.probes().iter().map(|probe| probe.step).collect()).collect();
            let newest = messages.last().and_then(Arrived::probe).map(|probe| probe.step);
            let owed = jobs["items"].as_array().map_or(1, Vec::len);
            if newest == Some(step) && owed == 0 { Ok(messages) } else { Err(format!("shown {steps:?}, owed {owed}: {jobs}")) }
        })
        .await
    }
}

/// The send took effect, larkhook died before it could write that down, and its repeat is told to wait: what follows must not
/// be new words under the old `uuid`, which the platform would not show.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_that_must_wait_is_still_the_same_bytes() {
    for (name, fault) in [
        ("limited", json!({"endpoint": "send", "code": 230_020, "count": 1})),
        ("refused by a token", json!({"endpoint": "send", "code": 99_991_663, "count": 2})),
        ("unavailable", json!({"endpoint": "send", "status": 503, "count": 1})),
    ] {
        let group = Group::new("doubt", "oc_doubt", 1..2);
        let mut bench = Bench::start().await;
        bench.up(Some("answered")).await;
        bench.post(&group.body(1)).await;
        bench.down().await;
        bench.sandbox.faults(&[fault]).await;
        bench.up(None).await;
        bench.post(&group.body(2)).await;
        let messages = bench.shown(&group, 2).await;
        assert_eq!(messages.len(), 1, "{name}: {messages:#?}");
    }
}

/// A custom bot's call cannot be repeated safely; a process that died says nothing about it, however often it dies.
#[tokio::test(flavor = "multi_thread")]
async fn a_bot_message_survives_kills_before_its_call() {
    let group = Group::new("room", "room", 1..2);
    let mut bench = Bench::start().await;
    bench.up(Some("bytes-kept")).await;
    bench.post(&group.body(1)).await;
    bench.down().await;
    bench.up(Some("bytes-kept")).await;
    bench.down().await;
    bench.up(None).await;
    let messages = bench.shown(&group, 1).await;
    assert_eq!(messages.len(), 1, "{messages:#?}");
}

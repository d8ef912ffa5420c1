//! A message to ten thousand people through real kills, lost and cut answers: nobody is missed, and only those whose part is
//! marked may have it twice.

use crate::service::Service;
use crate::stand_in::StandIn;
use crate::{client, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

const PEOPLE: usize = 10_000;
/// One kill each: before a call, after it, before its record, after it; counted in calls so that each hits another part.
const FAILPOINTS: [&str; 6] = ["bytes-kept:3", "answered:4", "recorded:6", "after-accept:1", "answered:9", "bytes-kept:12"];

fn config(sandbox: &str) -> String {
    let team: Vec<String> = (0..PEOPLE).map(|n| format!("open_id:ou_{n:032x}")).collect();
    format!(
        "fallback: none
feishu: {{ apps: {{ ops: {{ app_id: cli_kill, app_secret: secret, platform: '{sandbox}' }} }} }}
people: {{ teams: {{ all: [{}] }} }}
sources: {{ am: {{ kind: alertmanager, auth: none }} }}
route: {{ receiver: all }}
receivers: [{{ name: all, send: [{{ to: 'broadcast:[team:all]', as: text }}] }}, {{ name: none, send: [{{ to: 'chat:oc_none' }}] }}]
",
        team.join(", ")
    )
}

async fn sandbox(url: &str, method: http::Method, path: &str, body: Option<Value>) -> Value {
    let mut request = client().request(method, format!("{url}/_sandbox/{path}"));
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    request.send().await.unwrap().json().await.unwrap_or(Value::Null)
}

/// The parts of the message as the service knows them.
async fn parts(service: &Service) -> Result<Vec<Value>, String> {
    let incidents = service.api("/api/v1/incidents").await?;
    let id = incidents["items"].as_array().and_then(|all| all.iter().find(|one| one["source"] == "am")).map(|one| one["id"].clone());
    let Some(id) = id.as_ref().and_then(Value::as_str) else { return Err("no incident yet".to_owned()) };
    let detail = service.api(&format!("/api/v1/incidents/{id}")).await?;
    Ok(detail["batches"].as_array().cloned().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_people_are_reached_through_kills() {
    let dir = tempfile::tempdir().unwrap();
    let stand_in = StandIn::start(dir.path()).await;
    // Quicker than the platform: this is about kills, not about waiting.
    let rules = json!({"op": "set_batch", "rules": {"people_per_second": 5000, "starts_after_ms": 100, "daily_messages": 500_000}});
    sandbox(&stand_in.url, http::Method::POST, "world", Some(rules)).await;
    let fault = |action: &str, keep: f64, probability: f64| json!({"endpoint": "batch_send", "when": "after", "action": action, "keep": keep, "probability": probability});
    stand_in.faults(&[fault("cut_body", 0.97, 0.1), fault("reset", 0.5, 0.05)]).await;
    let mut service = Service::new(dir.path().to_owned(), &config(&stand_in.url));
    let body = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/inbound/am-single-firing.json")).unwrap();
    let mut posted = false;
    for failpoint in FAILPOINTS {
        service.start(Some(failpoint));
        service.up().await;
        if !posted {
            let answer = client().post(service.url("/hook/am")).header("content-type", "application/json").body(body.clone()).send().await;
            posted = answer.is_ok_and(|answer| answer.status().is_success());
        }
        let end = std::time::Instant::now() + Duration::from_secs(15);
        while service.running() && std::time::Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        service.kill();
    }
    service.start(None);
    service.ready().await;
    if !posted {
        let answer = client().post(service.url("/hook/am")).header("content-type", "application/json").body(body).send().await.unwrap();
        assert!(answer.status().is_success());
    }
    let parts = wait_until("every part is settled", Duration::from_secs(120), async || {
        let parts = parts(&service).await?;
        let open = parts.iter().filter(|part| matches!(part["state"].as_str(), Some("planned" | "asking"))).count();
        if parts.len() == PEOPLE / 200 && open == 0 { Ok(parts) } else { Err(format!("{open} of {} are open", parts.len())) }
    })
    .await;
    sandbox(&stand_in.url, http::Method::POST, "clock", Some(json!({"advance": "1h"}))).await;
    let batches = sandbox(&stand_in.url, http::Method::GET, "batches", None).await;
    let batches = batches["batches"].as_array().cloned().unwrap_or_default();
    let mut got = std::collections::HashMap::<String, usize>::new();
    for person in batches.iter().flat_map(|batch| batch["reached"].as_array().cloned().unwrap_or_default()) {
        *got.entry(person.as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    assert_eq!(got.len(), PEOPLE, "nobody is missed");
    let marked = parts.iter().filter(|part| part["possible_duplicate"] == true).count();
    let twice = got.values().filter(|count| **count > 1).count();
    assert!(twice <= marked * 200, "{twice} people have it twice, {marked} parts are marked");
    assert!(parts.iter().all(|part| matches!(part["state"].as_str(), Some("sent" | "unknown"))), "{parts:?}");
    assert!(marked < parts.len() / 2, "{marked} of {} parts are marked: the platform is asked where it can be", parts.len());
    println!("{marked} of {} parts marked, {twice} of {PEOPLE} people have it twice", parts.len());
    assert!(service.stop(), "{}", service.log());
}

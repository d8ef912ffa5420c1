//! Start, reload and stop of the whole process.

use crate::support::{CONFIG, Running, error, eventually, fixture};
use larkhook::app::StartError;
use larkhook::sandbox::{Outage, WorldOp};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_bad_configuration_keeps_the_old_one_and_says_so() {
    let larkhook = Running::new().await;
    std::fs::write(larkhook.config_file(), CONFIG.replace("receiver: default", "receiver: nobody")).unwrap();
    let (status, said) = error(larkhook.request(Method::POST, "/-/reload").send().await.unwrap()).await;
    assert_eq!((status, said["code"].as_str()), (400, Some("invalid_config")));
    assert!(said["message"].as_str().unwrap().contains("larkhook.yaml:2"), "{said}");
    let ready = larkhook.json("/-/ready").await;
    assert_eq!((&ready["status"], &ready["config"]["ok"]), (&json!("ready"), &json!(false)), "{ready}");
    assert!(ready["config"]["findings"][0].as_str().unwrap().contains("nobody"), "{ready}");
    let metrics = larkhook.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("larkhook_config_last_reload_successful 0"), "{metrics}");
    assert_eq!(larkhook.captured("am", "am-single-firing").await.status(), 200, "what ran before goes on");

    let renamed = CONFIG.replace("  am: {", "  alerts: {");
    std::fs::write(larkhook.config_file(), renamed).unwrap();
    let answer = larkhook.request(Method::POST, "/-/reload").send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    assert_eq!(error(larkhook.captured("am", "am-single-firing").await).await.0, 404);
    assert_eq!(larkhook.captured("alerts", "am-single-firing").await.status(), 200);
    assert_eq!(larkhook.json("/-/ready").await["config"]["ok"], true);
    larkhook.stop().await;
}

#[tokio::test]
async fn a_changed_file_is_taken_over_by_itself() {
    let larkhook = Running::start(CONFIG, |options| options.watch = true).await.unwrap_or_else(|error| panic!("{error}"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    std::fs::write(larkhook.config_file(), CONFIG.replace("  am: {", "  alerts: {")).unwrap();
    eventually("the new source is known", || async { larkhook.captured("alerts", "am-single-firing").await.status() == 200 }).await;
    larkhook.stop().await;
}

#[tokio::test]
async fn what_was_accepted_survives_a_stop_without_delivery() {
    let larkhook = Running::new().await;
    // The platform is away: nothing is delivered before the stop.
    larkhook.sandbox().faults().set_outage(Some(Outage::Unavailable));
    assert_eq!(larkhook.captured("am", "am-group-of-3").await.status(), 200);
    let folder = larkhook.stop().await;
    let again = Running::in_folder(folder, |_| {}).await.unwrap_or_else(|error| panic!("{error}"));
    again.settle().await;
    assert_eq!(again.sandbox().messages().len(), 1);
    again.stop().await;
}

#[tokio::test]
async fn a_stop_answers_what_is_under_way_and_takes_nothing_new() {
    let larkhook = Running::new().await;
    let addr = larkhook.app.addr();
    let body = fixture("am-single-firing");
    let mut raw = tokio::net::TcpStream::connect(addr).await.unwrap();
    let head = format!("POST /hook/am HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", body.len());
    raw.write_all(head.as_bytes()).await.unwrap();
    raw.write_all(&body[..10]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stopping = tokio_util::task::TaskTracker::new().spawn(larkhook.app.stop(Duration::from_secs(10)));
    eventually("nobody is let in any more", || async { tokio::net::TcpStream::connect(addr).await.is_err() }).await;
    raw.write_all(&body[10..]).await.unwrap();
    let mut answer = String::new();
    raw.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("accepted"), "{answer}");
    assert!(stopping.await.unwrap(), "and everything ended in order");
}

#[tokio::test]
async fn two_larkhooks_do_not_share_a_database() {
    let first = Running::new().await;
    let second = Running::in_folder(Arc::clone(&first.folder), |_| {}).await;
    assert!(matches!(second, Err(StartError::Store(larkhook::store::StoreError::InUse { .. }))));
    first.stop().await;
}

#[tokio::test]
async fn a_taken_address_is_said_plainly() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let started = Running::start(CONFIG, |options| options.listen = Some(addr)).await;
    let said = started.err().expect("the address is taken").to_string();
    assert!(said.contains(&format!("cannot listen on {addr}")), "{said}");
}

#[tokio::test]
async fn jobs_are_listed_retried_and_dropped() {
    let config = CONFIG.replace("chat:oc_default00000000000000000000", "chat:oc_gone0000000000000000000000");
    let larkhook = Running::with(&config).await;
    let chat_id = "oc_gone0000000000000000000000".to_owned();
    larkhook.sandbox().apply(WorldOp::DissolveChat { chat_id }).unwrap();
    assert_eq!(larkhook.captured("am", "am-single-firing").await.status(), 200);
    eventually("the target is parked or the job dead", || async {
        let jobs = larkhook.json("/api/v1/jobs").await;
        jobs["items"].as_array().unwrap().iter().any(|job| matches!(job["state"].as_str(), Some("parked" | "dead")))
    })
    .await;
    let jobs = larkhook.json("/api/v1/jobs").await;
    let id = jobs["items"][0]["id"].as_str().unwrap().to_owned();
    let job = larkhook.json(&format!("/api/v1/jobs/{id}")).await;
    assert!(!job["attempts_made"].as_array().unwrap().is_empty(), "{job}");
    let answer = larkhook.request(Method::POST, &format!("/api/v1/jobs/{id}/retry")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let answer = larkhook.request(Method::POST, &format!("/api/v1/jobs/{id}/drop")).send().await.unwrap();
    let status = answer.status();
    assert!(status == 200 || status == 404, "{status}: dropped, or done meanwhile");
    let gone: Value = larkhook.json("/api/v1/jobs").await;
    assert!(gone["items"].as_array().unwrap().iter().all(|job| job["id"] != id.as_str()), "{gone}");
    larkhook.stop().await;
}

#[tokio::test]
async fn a_certificate_is_replaced_without_a_restart() {
    let tls = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let put = |name: &str| {
        for end in ["crt", "key"] {
            std::fs::copy(tls.join(format!("{name}.{end}")), path.join(format!("server.{end}"))).unwrap();
        }
    };
    put("one");
    let config = CONFIG.replace("max_body: 64KiB", "max_body: 64KiB, tls: { cert_file: server.crt, key_file: server.key }");
    std::fs::write(folder.path().join("larkhook.yaml"), config).unwrap();
    let larkhook = Running::in_folder(Arc::new(folder), |_| {}).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(larkhook.app.url().starts_with("https://"));
    let trusting = |name: &str| {
        let root = reqwest::Certificate::from_pem(&std::fs::read(tls.join(format!("{name}.crt"))).unwrap()).unwrap();
        reqwest::Client::builder().no_proxy().tls_certs_only([root]).build().unwrap()
    };
    let healthy = larkhook.url("/-/healthy");
    assert_eq!(trusting("one").get(&healthy).send().await.unwrap().status(), 200);
    assert!(trusting("two").get(&healthy).send().await.is_err());
    put("two");
    assert!(larkhook.app.reload().await.unwrap().ok);
    assert_eq!(trusting("two").get(&healthy).send().await.unwrap().status(), 200);
    // a key that does not fit: the old certificate stays
    std::fs::copy(tls.join("one.key"), path.join("server.key")).unwrap();
    assert!(!larkhook.app.reload().await.unwrap().ok);
    assert_eq!(trusting("two").get(&healthy).send().await.unwrap().status(), 200);
    larkhook.stop().await;
}

//! `attach: alerts`: what a message leaves out follows as files.

use super::pictures::{attachments, settle_all};
use crate::rig::{CONFIG, Rig};
use serde_json::{Value, json};
use std::time::Duration;

async fn rig() -> Rig {
    Rig::with(&CONFIG.replace("[{ to: chat:oc_default }]", "[{ to: chat:oc_default, attach: alerts }]")).await
}

async fn post(rig: &Rig, count: usize, more: &str) {
    let alerts: Vec<Value> = (0..count)
        .map(|n| {
            json!({"status": "firing", "labels": {"alertname": "Many", "instance": format!("host-{n:03}"), "path": "=cmd|' /C calc'!A0", "zone": more},
                "annotations": {"summary": format!("@disk {n} is full, and here are many words that make the list long")},
                "startsAt": "2026-11-22T04:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://p", "fingerprint": format!("f{n}")})
        })
        .collect();
    let body = json!({"version": "4", "groupKey": "k", "receiver": "r", "status": "firing", "groupLabels": {}, "commonLabels": {},
        "commonAnnotations": {}, "externalURL": "http://am", "truncatedAlerts": 0, "alerts": alerts});
    rig.post("am", body.to_string().as_bytes()).await.unwrap();
}

/// The files of the replies so far, oldest first.
async fn files(rig: &Rig) -> Vec<String> {
    let mut all = Vec::new();
    for reply in rig.replies("oc_default").iter().filter(|reply| reply.msg_type == "file") {
        let key = reply.content()["file_key"].as_str().unwrap().to_owned();
        let url = format!("{}/_sandbox/files/{key}", rig.sandbox.url());
        all.push(String::from_utf8(reqwest::get(url).await.unwrap().bytes().await.unwrap().to_vec()).unwrap());
    }
    all
}

#[tokio::test]
async fn three_hundred_alerts_follow_as_csv_and_json() {
    let rig = rig().await;
    post(&rig, 300, "z1").await;
    settle_all(&rig).await;
    let replies = rig.replies("oc_default");
    assert_eq!(replies.iter().filter(|reply| reply.msg_type == "file").count(), 2, "{:?}", attachments(&rig).await);
    assert!(replies.iter().all(|reply| reply.thread_id.is_some()));
    let files = files(&rig).await;
    let csv = files.iter().find(|file| file.starts_with('\u{feff}')).unwrap();
    let json: Value = serde_json::from_str(files.iter().find(|file| file.starts_with('{')).unwrap()).unwrap();
    assert_eq!(json["alerts"].as_array().unwrap().len(), 300);
    let rows: Vec<&str> = csv.trim_end().split("\r\n").collect();
    assert_eq!(rows[0], "\u{feff}\"status\",\"severity\",\"alertname\",\"instance\",\"path\",\"zone\",\"startsAt\",\"endsAt\",\"summary\"");
    assert_eq!(rows.len(), 301);
    for n in 0..300 {
        assert!(csv.contains(&format!("\"host-{n:03}\"")), "{n}");
    }
    assert!(rows[1..].iter().all(|row| row.contains("\"'=cmd|' /C calc'!A0\"") && row.contains("\"'@disk")), "{}", rows[1]);
}

#[tokio::test]
async fn a_changed_list_is_sent_again_after_a_while_and_an_equal_one_never() {
    let rig = rig().await;
    post(&rig, 300, "z1").await;
    settle_all(&rig).await;
    assert_eq!(files(&rig).await.len(), 2);
    // The same again, a reminder: nothing changed.
    rig.advance(Duration::from_secs(1200));
    post(&rig, 300, "z1").await;
    settle_all(&rig).await;
    assert_eq!(files(&rig).await.len(), 2);
    // Two changes soon after one another: the lists follow once, with the newest.
    post(&rig, 301, "z1").await;
    rig.settle().await;
    rig.advance(Duration::from_secs(1));
    post(&rig, 302, "z1").await;
    settle_all(&rig).await;
    let all = files(&rig).await;
    assert!(all.len() >= 4, "{}", all.len());
    let counts: Vec<usize> = all.iter().filter(|f| f.starts_with('\u{feff}')).map(|f| f.trim_end().split("\r\n").count() - 1).collect();
    assert_eq!(counts.last(), Some(&302), "{counts:?}");
}

#[tokio::test]
async fn what_is_shown_whole_needs_no_files() {
    let rig = rig().await;
    post(&rig, 3, "z1").await;
    settle_all(&rig).await;
    assert!(attachments(&rig).await.is_empty() && rig.replies("oc_default").is_empty());
}

#[tokio::test]
async fn a_lost_reply_is_repeated_with_its_own_bytes_over_a_restart() {
    let rig = rig().await;
    rig.fault("reply", |f| {
        (f.when, f.action) = (larkhook::sandbox::When::After, larkhook::sandbox::Action::Reset);
    });
    post(&rig, 300, "z1").await;
    rig.settle().await;
    for _ in 0..200 {
        if rig.calls("reply").len() >= 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let config = CONFIG.replace("[{ to: chat:oc_default }]", "[{ to: chat:oc_default, attach: alerts }]");
    let rig = rig.restart(&config).await;
    rig.sandbox.faults().clear();
    settle_all(&rig).await;
    assert_eq!(files(&rig).await.len(), 2, "each list once");
    let uuids: std::collections::BTreeSet<_> = rig.calls("reply").into_iter().map(|call| call.uuid).collect();
    assert_eq!(uuids.len(), 2);
}

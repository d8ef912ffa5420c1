//! Kills at each step of a picture and of a list: people get each once, and the alert does not notice.

use crate::service::Service;
use crate::stand_in::StandIn;
use crate::{client, wait_until};
use base64::Engine;
use serde_json::json;
use std::time::Duration;

/// The durable steps of what follows messages.
const FAILPOINTS: [&str; 6] =
    ["uploaded:1", "uploaded:2", "attachment-kept:1", "attachment-answered:1", "attachment-answered:2", "attachment-recorded:2"];

fn config(sandbox: &str) -> String {
    format!(
        "fallback: text
feishu: {{ apps: {{ ops: {{ app_id: cli_kill, app_secret: secret, platform: '{sandbox}' }} }} }}
sources: {{ grafana: {{ kind: grafana, auth: none }} }}
route: {{ receiver: text }}
receivers: [{{ name: text, send: [{{ to: 'chat:oc_files', as: text, attach: alerts }}] }}]
"
    )
}

/// One alert with a picture, of a group whose sender cut others off.
fn body() -> String {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0";
    let picture = base64::engine::general_purpose::STANDARD.encode(png);
    json!({"receiver": "r", "status": "firing", "orgId": 1, "groupKey": "k", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
        "externalURL": "http://g", "version": "1", "truncatedAlerts": 7, "alerts": [{"status": "firing", "labels": {"alertname": "Hot"},
        "annotations": {}, "startsAt": "2026-11-22T04:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "f", "embeddedImage": picture}]})
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_each_attachment_arrives_once() {
    for failpoint in FAILPOINTS {
        let dir = tempfile::tempdir().unwrap();
        let sandbox = StandIn::start(dir.path()).await;
        let mut service = Service::new(dir.path().to_owned(), &config(&sandbox.url));
        service.start(Some(failpoint));
        service.ready().await;
        let answer = client().post(service.url("/hook/grafana")).header("content-type", "application/json").body(body()).send().await;
        assert!(answer.unwrap().status().is_success());
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while service.running() && std::time::Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!service.running(), "{failpoint} was not reached:\n{}", service.log());
        service.kill();
        service.start(None);
        service.ready().await;
        wait_until("everything followed", Duration::from_secs(40), async || {
            let messages = service.api("/api/v1/messages").await?;
            let all = messages["items"][0]["attachments"].as_array().cloned().unwrap_or_default();
            if all.len() == 3 && all.iter().all(|a| a["state"] == "sent") { Ok(()) } else { Err(messages.to_string()) }
        })
        .await;
        let roots = sandbox.roots("oc_files").await;
        assert_eq!(roots.len(), 1, "{failpoint}");
        let replies = sandbox.replies(&roots[0].id).await;
        let of = |key: &str| replies.iter().filter(|reply| reply.versions[0].get(key).is_some()).count();
        assert_eq!((of("image_key"), of("file_key")), (1, 2), "{failpoint}: {replies:?}");
        assert!(service.stop(), "{}", service.log());
    }
}

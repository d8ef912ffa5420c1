//! Pictures of alerts: shown by a later edit or sent as a reply, uploaded once, never in the way of the alert.

use super::HOUR;
use crate::rig::{CONFIG, Rig};
use base64::Engine;
use larkhook::store::{AttachmentView, MessageView};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::task::TaskTracker;

/// A picture server: `/a.png` and the like are pictures of that name, everything else is a page.
pub struct Gallery {
    port: u16,
    asked: Arc<AtomicUsize>,
}

pub async fn gallery() -> Gallery {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    TaskTracker::new().spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let mut request = vec![0; 2048];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let path = String::from_utf8_lossy(&request[..read]).split(' ').nth(1).unwrap_or_default().to_owned();
            let body = if path.contains("page") { b"<html>sign in</html>".to_vec() } else { png(&path) };
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
        }
    });
    Gallery { port, asked }
}

impl Gallery {
    pub fn url(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}", self.port)
    }

    pub async fn rig(&self) -> Rig {
        Rig::with(&self.config(CONFIG)).await
    }

    pub fn config(&self, config: &str) -> String {
        format!("{config}pictures: {{ hosts: ['127.0.0.1:{}'], networks: [127.0.0.0/8], timeout: 3s }}\n", self.port)
    }
}

pub fn png(text: &str) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x20\x08\x02\0\0\0".as_slice(), text.as_bytes()].concat()
}

/// A Grafana notification of these alerts: name and further fields each.
pub async fn grafana(rig: &Rig, group: &str, place: &str, alerts: &[(&str, Value)]) {
    let alerts: Vec<Value> = alerts
        .iter()
        .enumerate()
        .map(|(n, (name, fields))| {
            let mut alert = json!({"status": "firing", "labels": {"alertname": name, "where": place}, "annotations": {"summary": "hot"},
                "startsAt": format!("2026-11-22T04:00:{n:02}Z"), "endsAt": "0001-01-01T00:00:00Z", "fingerprint": format!("{group}{name}")});
            alert.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            alert
        })
        .collect();
    let body = json!({"receiver": "r", "status": "firing", "orgId": 1, "state": "alerting", "groupKey": group, "groupLabels": {"g": group},
        "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://g", "version": "1", "truncatedAlerts": 0, "alerts": alerts});
    rig.post("grafana", body.to_string().as_bytes()).await.unwrap();
}

pub fn at(url: &str) -> Value {
    json!({"imageURL": url})
}

pub fn embedded(bytes: &[u8]) -> Value {
    json!({"embeddedImage": base64::engine::general_purpose::STANDARD.encode(bytes)})
}

/// Lets time pass until no message and no attachment waits.
pub async fn settle_all(rig: &Rig) {
    let started = std::time::Instant::now();
    let mut step = Duration::from_millis(500);
    loop {
        rig.settle().await;
        for _ in 0..12 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            // Each of them can make the other busy: both must be over at one moment.
            let stats = rig.store.stats().await.unwrap();
            if stats.attachments == 0 && stats.ready == 0 && rig.deliverer.status().waiting == 0 {
                return;
            }
            rig.wait_idle(Duration::from_millis(50)).await;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "not settled: {:?}", messages(rig).await);
        rig.advance(step);
        step = (step * 2).min(Duration::from_secs(120));
    }
}

pub async fn messages(rig: &Rig) -> Vec<MessageView> {
    rig.store.messages(None, 50).await.unwrap()
}

pub async fn attachments(rig: &Rig) -> Vec<AttachmentView> {
    messages(rig).await.into_iter().flat_map(|message| message.attachments).collect()
}

#[tokio::test]
async fn a_card_shows_its_picture_by_a_later_edit() {
    let gallery = gallery().await;
    let rig = gallery.rig().await;
    grafana(&rig, "g", "default", &[("hot", at(&gallery.url("a.png"))), ("warm", embedded(&png("b")))]).await;
    settle_all(&rig).await;
    let cards = rig.cards("oc_default");
    assert_eq!(cards.len(), 1);
    assert!(!cards[0].versions[0].content.to_string().contains("img_key"), "the alert did not wait");
    let all = attachments(&rig).await;
    assert!(all.iter().all(|a| a.state == "shown" && a.reason.is_none()), "{all:?}");
    let shown = cards[0].content().to_string();
    for a in &all {
        assert!(shown.contains(a.key.as_ref().unwrap()), "{shown}");
    }
    assert_eq!((all.len(), rig.calls("image_upload").len()), (2, 2));
    assert!(rig.replies("oc_default").is_empty(), "an edit needs no words");
    // The base64 is nowhere in what is stored of the alert.
    let incident = rig.incidents(None).await.remove(0);
    let detail = serde_json::to_string(&rig.store.incident(&incident.id).await.unwrap()).unwrap();
    assert!(detail.contains("sha256:") && !detail.contains("iVBOR"), "{detail}");
}

#[tokio::test]
async fn equal_pictures_are_uploaded_once_for_each_app() {
    let gallery = gallery().await;
    let config = CONFIG
        .replace("  bots:\n", "    second: { app_id: cli_second, app_secret: s, platform: sandbox }\n  bots:\n")
        .replace("to: chat:oc_", "app: ops, to: chat:oc_")
        .replace("[{ app: ops, to: chat:oc_default }]", "[{ app: ops, to: chat:oc_default }, { app: second, to: chat:oc_other }]");
    let rig = Rig::with(&gallery.config(&config)).await;
    grafana(&rig, "one", "default", &[("hot", embedded(&png("same")))]).await;
    grafana(&rig, "two", "default", &[("hot", embedded(&png("same")))]).await;
    settle_all(&rig).await;
    let all = attachments(&rig).await;
    assert!(all.len() == 4 && all.iter().all(|a| a.state == "shown"), "{all:?}");
    let mut apps: Vec<String> = rig.calls("image_upload").into_iter().map(|call| call.app_id).collect();
    apps.sort();
    assert_eq!(apps, ["cli_a1b2c3d4e5f6a7b8", "cli_second"], "once for each app");
}

#[tokio::test]
async fn a_text_gets_its_picture_as_a_reply() {
    let gallery = gallery().await;
    let rig = gallery.rig().await;
    grafana(&rig, "g", "text", &[("hot", at(&gallery.url("a.png")))]).await;
    settle_all(&rig).await;
    let replies = rig.replies("oc_text");
    assert_eq!(replies.len(), 1);
    assert_eq!(replies[0].msg_type, "image");
    assert!(replies[0].thread_id.is_some(), "in the topic, as the lifecycle says");
    assert_eq!(attachments(&rig).await[0].state, "sent");
    assert_eq!(rig.cards("oc_text")[0].versions.len(), 1);
}

#[tokio::test]
async fn a_post_shows_its_picture_in_a_paragraph_of_its_own() {
    let gallery = gallery().await;
    let rig = Rig::with(&gallery.config(CONFIG).replace("as: text", "as: post")).await;
    grafana(&rig, "g", "text", &[("hot", at(&gallery.url("a.png")))]).await;
    settle_all(&rig).await;
    let post = &rig.cards("oc_text")[0];
    assert_eq!((post.versions.len(), attachments(&rig).await[0].state.as_str()), (2, "shown"));
    assert!(post.content().to_string().contains("img_v3_"), "{}", post.content());
}

#[tokio::test]
async fn a_card_that_cannot_be_edited_any_more_gets_a_reply() {
    let gallery = gallery().await;
    let rig = gallery.rig().await;
    rig.refuse("patch", 230031, 1);
    grafana(&rig, "g", "default", &[("hot", at(&gallery.url("a.png")))]).await;
    settle_all(&rig).await;
    let replies = rig.replies("oc_default");
    assert_eq!((replies.len(), replies[0].msg_type.as_str()), (1, "image"));
    assert_eq!(attachments(&rig).await[0].state, "sent");
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_reply() {
    let gallery = gallery().await;
    let rig = gallery.rig().await;
    rig.lose_answers("reply", 1);
    grafana(&rig, "g", "text", &[("hot", at(&gallery.url("a.png")))]).await;
    settle_all(&rig).await;
    let calls = rig.calls("reply");
    assert_eq!(calls.len(), 2);
    assert_eq!((&calls[0].uuid, &calls[0].digest), (&calls[1].uuid, &calls[1].digest));
    assert_eq!(rig.replies("oc_text").len(), 1);
}

#[tokio::test]
async fn a_lost_answer_and_a_refusal_make_no_second_reply() {
    let gallery = gallery().await;
    for refusal in [Some(230_020), Some(99_991_663), Some(230_006), None] {
        let rig = gallery.rig().await;
        rig.lose_answers("reply", 1);
        grafana(&rig, "g", "text", &[("hot", at(&gallery.url("a.png")))]).await;
        rig.settle().await;
        for _ in 0..400 {
            if !rig.calls("reply").is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        match refusal {
            Some(code) => rig.refuse("reply", code, 1),
            None => rig.lose_answers("reply", 1),
        }
        settle_all(&rig).await;
        let calls = rig.calls("reply");
        assert!(calls.len() >= 3, "{refusal:?}");
        assert!(calls.iter().all(|call| (&call.uuid, &call.digest) == (&calls[0].uuid, &calls[0].digest)), "{refusal:?}: {calls:?}");
        assert_eq!(rig.replies("oc_text").len(), 1, "{refusal:?}");
    }
}

#[tokio::test]
async fn a_refused_fetch_leaves_the_alert_unharmed() {
    let gallery = gallery().await;
    let rig = gallery.rig().await;
    for (n, (url, why)) in [
        ("http://169.254.169.254/latest/meta-data".to_owned(), "no public address"),
        (gallery.url("page.png"), "no PNG"),
        ("http://evil.example/x.png".to_owned(), "pictures.hosts"),
        ("file:///etc/passwd".to_owned(), "only http"),
    ]
    .into_iter()
    .enumerate()
    {
        grafana(&rig, &format!("g{n}"), "default", &[("hot", at(&url))]).await;
        settle_all(&rig).await;
        assert_eq!(rig.cards("oc_default").len(), n + 1, "the alert is there");
        let all = attachments(&rig).await;
        let one = all.iter().find(|a| a.source == url).unwrap();
        assert_eq!(one.state, "refused", "{one:?}");
        assert!(one.reason.as_ref().unwrap().contains(why), "{one:?}");
    }
    assert!(rig.jobs().await.is_empty(), "nothing is a dead letter");
    assert_eq!(rig.calls("image_upload").len(), 0);
    assert_eq!(gallery.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn nothing_is_fetched_unless_hosts_are_named() {
    let gallery = gallery().await;
    let rig = Rig::new().await;
    grafana(&rig, "g", "default", &[("hot", at(&gallery.url("a.png"))), ("warm", embedded(&png("in")))]).await;
    settle_all(&rig).await;
    let all = attachments(&rig).await;
    let states: Vec<(&str, &str)> = all.iter().map(|a| (a.source.split(':').next().unwrap(), a.state.as_str())).collect();
    assert!(states.contains(&("http", "refused")) && states.contains(&("sha256", "shown")), "{states:?}");
    assert_eq!(gallery.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn uploads_that_fail_are_tried_again_and_hold_no_alert_up() {
    let gallery = gallery().await;
    let rig = gallery.rig().await;
    rig.fault("image_upload", |f| {
        (f.code, f.status, f.count) = (Some(2200), Some(500), Some(3));
    });
    grafana(&rig, "g", "default", &[("hot", at(&gallery.url("a.png")))]).await;
    rig.settle().await;
    assert_eq!(rig.cards("oc_default").len(), 1);
    assert!(rig.deliverer.status().breakers.is_empty(), "trouble with pictures is no trouble of the app");
    settle_all(&rig).await;
    assert_eq!(rig.calls("image_upload").len(), 4);
    assert!(rig.cards("oc_default")[0].content().to_string().contains("img_v3_"));
}

#[tokio::test]
async fn an_hour_of_trouble_is_given_up() {
    let gallery = gallery().await;
    let rig = gallery.rig().await;
    rig.fault("image_upload", |f| (f.code, f.status) = (Some(2200), Some(500)));
    let before = rig.now();
    grafana(&rig, "g", "default", &[("hot", at(&gallery.url("a.png")))]).await;
    settle_all(&rig).await;
    let one = attachments(&rig).await.remove(0);
    assert_eq!(one.state, "refused");
    assert!(one.reason.as_ref().unwrap().contains("2200"), "{one:?}");
    assert!(larkhook::util::clock::since(before, rig.now()) < 2 * HOUR);
    assert!(rig.jobs().await.is_empty());
}

/// The first edit names a key that the platform does not know any more.
fn forgets_the_picture(rig: &Rig) {
    rig.fault("patch", |f| {
        (f.code, f.count) = (Some(230099), Some(1));
        f.msg = Some("Failed to create card content, ext=ErrCode: 200570; ErrMsg: image key is invalid;".to_owned());
    });
}

#[tokio::test]
async fn a_picture_that_the_platform_forgot_costs_no_card_and_is_uploaded_anew_once() {
    let gallery = gallery().await;
    let rig = gallery.rig().await;
    forgets_the_picture(&rig);
    grafana(&rig, "g", "default", &[("hot", at(&gallery.url("a.png")))]).await;
    settle_all(&rig).await;
    assert_eq!(rig.calls("image_upload").len(), 2, "the key was not trusted any more");
    let card = &rig.cards("oc_default")[0];
    let one = attachments(&rig).await.remove(0);
    assert_eq!(one.state, "shown", "{one:?}");
    assert!(card.content().to_string().contains(one.key.as_ref().unwrap()));
    assert!(rig.jobs().await.is_empty());
}

#[tokio::test]
async fn a_picture_that_is_there_again_before_the_card_went_without_it_is_in_the_card() {
    let gallery = gallery().await;
    let rig = gallery.rig().await;
    forgets_the_picture(&rig);
    // The card without the picture has to wait; the picture is uploaded meanwhile.
    rig.refuse("patch", 230020, 1);
    grafana(&rig, "g", "default", &[("hot", at(&gallery.url("a.png")))]).await;
    settle_all(&rig).await;
    assert_eq!(rig.calls("image_upload").len(), 2);
    let one = attachments(&rig).await.remove(0);
    assert_eq!(one.state, "shown", "{one:?}");
    assert!(rig.cards("oc_default")[0].content().to_string().contains(one.key.as_ref().unwrap()));
}

#[tokio::test]
async fn a_restart_takes_up_what_was_owed() {
    let gallery = gallery().await;
    let config = gallery.config(CONFIG);
    let rig = Rig::with(&config).await;
    rig.fault("image_upload", |f| (f.code, f.status) = (Some(2200), Some(500)));
    grafana(&rig, "g", "default", &[("hot", embedded(&png("kept")))]).await;
    rig.settle().await;
    let rig = rig.restart(&config).await;
    rig.sandbox.faults().clear();
    settle_all(&rig).await;
    assert_eq!(attachments(&rig).await[0].state, "shown");
    assert!(rig.cards("oc_default")[0].content().to_string().contains("img_v3_"));
}

#[tokio::test]
async fn newer_pictures_take_the_place_of_older_ones() {
    let gallery = gallery().await;
    let rig = gallery.rig().await;
    grafana(&rig, "g", "default", &[("hot", at(&gallery.url("1.png")))]).await;
    settle_all(&rig).await;
    let first = attachments(&rig).await.remove(0).key.unwrap();
    rig.advance(Duration::from_secs(200));
    grafana(&rig, "g", "default", &[("hot", at(&gallery.url("2.png"))), ("warm", json!({}))]).await;
    settle_all(&rig).await;
    let shown = rig.cards("oc_default")[0].content().to_string();
    let all = attachments(&rig).await;
    let second = all.iter().find(|a| a.source.ends_with("2.png")).unwrap().key.clone().unwrap();
    assert!(shown.contains(&second) && !shown.contains(&first), "{shown}");
}

#[tokio::test]
async fn a_bot_and_a_template_without_images_ask_for_nothing() {
    let gallery = gallery().await;
    let config = gallery.config(CONFIG).replace("[{ to: chat:oc_default }]", "[{ to: chat:oc_default, template: safe }]");
    let rig = Rig::with(&config).await;
    grafana(&rig, "a", "room", &[("hot", at(&gallery.url("a.png")))]).await;
    grafana(&rig, "b", "default", &[("hot", at(&gallery.url("a.png")))]).await;
    settle_all(&rig).await;
    let all = attachments(&rig).await;
    assert_eq!((all.len(), all[0].state.as_str()), (1, "refused"), "{all:?}");
    assert!(all[0].reason.as_ref().unwrap().contains("images"));
    assert_eq!(gallery.asked.load(Ordering::SeqCst), 0);
    assert_eq!((rig.of_bot().len(), rig.cards("oc_default").len()), (1, 1));
}

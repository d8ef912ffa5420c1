//! Storms: one digest for what waits for a chat, true at every version, gone with the backlog.

use super::all_well;
use crate::rig::Rig;
use larkhook::sandbox::Message;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub const CONFIG: &str = r#"
server: { listen: "127.0.0.1:0", public_url: "https://larkhook.example.com" }
storage: "sqlite:larkhook.db"
fallback: ops
storm: { after: 3 }
feishu:
  apps:
    ops: { app_id: cli_a1b2c3d4e5f6a7b8, app_secret: s, platform: sandbox }
    two: { app_id: cli_b1b2c3d4e5f6a7b8, app_secret: s, platform: sandbox }
sources:
  many:
    kind: json
    auth: none
    each: /groups
    fields:
      key: '{{key}}'
      status: '{{status}}'
      title: '{{name}}'
      labels: { chat: '{{chat}}', severity: '{{severity}}', by: '{{by}}' }
      annotations: { summary: '{{text}}' }
route:
  receiver: default
  routes:
    - { matchers: ['by="two"'], receiver: two }
    - { matchers: ['by="english"'], receiver: english }
receivers:
  - { name: default, send: [{ to: 'chat:{{labels.chat}}', app: ops }] }
  - { name: two, send: [{ to: 'chat:{{labels.chat}}', app: two }] }
  - { name: english, locale: en, send: [{ to: 'chat:{{labels.chat}}', app: ops }] }
  - { name: ops, send: [{ to: chat:oc_ops, app: ops }] }
"#;

/// One group for the `many` source.
pub fn group(key: &str, chat: &str, severity: &str) -> Value {
    json!({"key": key, "status": "firing", "name": key, "chat": chat, "severity": severity, "text": "it burns", "by": ""})
}

pub async fn post(rig: &Rig, groups: Vec<Value>) {
    rig.post("many", json!({ "groups": groups }).to_string().as_bytes()).await.unwrap();
}

/// A storm of so many groups into `oc_a`.
async fn storm(rig: &Rig, count: usize) {
    post(rig, (0..count).map(|n| group(&format!("G{n:02}"), "oc_a", "warning")).collect()).await;
}

pub fn title(content: &Value) -> &str {
    content.pointer("/header/title/content").and_then(Value::as_str).unwrap_or_default()
}

pub fn is_digest(message: &Message) -> bool {
    message.versions.first().is_some_and(|version| {
        let title = title(&version.content);
        title.contains(" 个告警 · ") || title.contains(" alerts · ") || title.contains(" alert · ")
    })
}

pub fn digests(rig: &Rig, chat: &str) -> Vec<Arc<Message>> {
    rig.cards(chat).into_iter().filter(|message| is_digest(message)).collect()
}

pub fn over(content: &Value) -> bool {
    title(content).starts_with("告警风暴已过") || title(content).starts_with("the storm is over")
}

/// Name and groups of each line of a digest.
pub fn rows(content: &Value) -> BTreeMap<String, usize> {
    let all = content.to_string();
    let Some(list) = content.pointer("/body/elements/0/content").and_then(Value::as_str).filter(|text| text.contains("<font")) else {
        return BTreeMap::new();
    };
    list.split("<br/>")
        .map(|line| {
            let (_, rest) = line.split_once("</font> ").unwrap_or_else(|| panic!("{line} in {all}"));
            let (name, rest) = rest.split_once(" · ").unwrap_or_else(|| panic!("{line} in {all}"));
            let groups = rest.split([' ', '\u{a0}']).next().unwrap().parse().unwrap_or_else(|_| panic!("{line} in {all}"));
            (name.to_owned(), groups)
        })
        .collect()
}

/// Each version of a chat's digests lists exactly the groups without a message of their own at that moment. Groups are called by
/// their names, and all were accepted before the first version.
fn true_at_every_version(rig: &Rig, chat: &str, groups: &[String]) {
    for digest in digests(rig, chat) {
        for version in &digest.versions {
            let own: Vec<String> = rig
                .cards(chat)
                .iter()
                .filter(|m| !is_digest(m) && m.created <= version.at)
                .map(|m| title(&m.versions[0].content).to_owned())
                .collect();
            let waiting: Vec<&String> = groups.iter().filter(|name| !own.contains(name)).collect();
            let listed = rows(&version.content);
            assert_eq!(listed.keys().collect::<Vec<_>>(), waiting, "version {} of {}", version.number, digest.message_id);
            assert_eq!(over(&version.content), waiting.is_empty());
        }
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("G{n:02}")).collect()
}

/// Lets time pass in small steps until nothing is owed.
pub async fn drain(rig: &Rig) {
    for _ in 0..600 {
        if rig.wait_idle(Duration::from_millis(25)).await {
            return;
        }
        rig.advance(Duration::from_millis(500));
    }
    panic!("not drained: {:?} {:?}", rig.deliverer.status(), rig.jobs().await);
}

#[tokio::test]
async fn more_than_after_become_one_digest_that_shrinks_and_ends() {
    let rig = Rig::with(CONFIG).await;
    storm(&rig, 19).await;
    drain(&rig).await;
    let digests = digests(&rig, "oc_a");
    assert_eq!(digests.len(), 1, "{:?}", rig.cards("oc_a").iter().map(|m| title(m.content()).to_owned()).collect::<Vec<_>>());
    assert_eq!(rig.cards("oc_a").len(), 20, "each group has its own message all the same, once");
    true_at_every_version(&rig, "oc_a", &names(19));
    assert!(over(digests[0].content()), "{}", digests[0].content());
    assert!(digests[0].versions.len() <= 4, "not more often than every five seconds: {}", digests[0].versions.len());
    all_well(&rig).await;
}

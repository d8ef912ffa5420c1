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
    title(content).starts_with("告警风暴已过") || title(content).starts_with("The storm is over")
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
            if waiting.len() > 20 {
                let title = title(&version.content);
                assert!(title.ends_with(&format!(" · {} 组", waiting.len())), "{title}, but {} wait", waiting.len());
                assert!(listed.keys().all(|name| waiting.contains(&name)));
                continue;
            }
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
    for _ in 0..1200 {
        if rig.wait_idle(Duration::from_millis(25)).await {
            return;
        }
        rig.pass(Duration::from_millis(500)).await;
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

/// Ends a group.
fn ends(mut group: Value) -> Value {
    group["status"] = "resolved".into();
    group
}

/// Nothing goes to `oc_a` until the returned fault is removed and five minutes have passed: its storm is whole before the first call.
async fn parked_storm(rig: &Rig, count: usize) -> u64 {
    let id = rig.fault("send", |fault| (fault.code, fault.target) = (Some(230002), Some("oc_a".into())));
    post(rig, vec![group("first", "oc_a", "warning")]).await;
    while rig.store.parked().await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    storm(rig, count).await;
    while count > 3 && rig.store.digests(Some(true), None, 5).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    id
}

fn with_first(count: usize) -> Vec<String> {
    let mut names = names(count);
    names.push("first".to_owned());
    names
}

/// Each chat has one message a second: what comes before what is the order in which they have leave.
async fn one_at_a_time() -> Rig {
    Rig::still(&CONFIG.replacen("platform: sandbox }", "platform: sandbox, limits: { per_chat: 1 } }", 1)).await
}

/// Waits until the digest of `oc_a` has so many versions.
async fn versions(rig: &Rig, count: usize) -> Arc<Message> {
    for _ in 0..400 {
        if let Some(digest) = digests(rig, "oc_a").pop().filter(|digest| digest.versions.len() >= count) {
            return digest;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        if count > 1 {
            rig.pass(Duration::from_millis(100)).await;
        }
    }
    panic!("no version {count}: {:?}", rig.deliverer.status());
}

#[tokio::test]
async fn as_many_as_after_need_no_digest_and_none_does_without_it() {
    for (after, count) in [("3", 3), ("0", 12)] {
        let rig = Rig::with(&CONFIG.replace("after: 3", &format!("after: {after}"))).await;
        storm(&rig, count).await;
        drain(&rig).await;
        assert_eq!((digests(&rig, "oc_a").len(), rig.cards("oc_a").len()), (0, count));
        assert!(rig.store.digests(None, None, 5).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn critical_ones_keep_their_own_and_go_before_the_digest() {
    let rig = one_at_a_time().await;
    let mut groups: Vec<Value> = (0..9).map(|n| group(&format!("G{n:02}"), "oc_a", "warning")).collect();
    groups.extend((0..9).map(|n| group(&format!("C{n}"), "oc_a", "critical")));
    let id = parked_storm(&rig, 0).await;
    groups.push(group("marker", "oc_b", "warning"));
    post(&rig, groups).await;
    rig.told("oc_b", 1).await;
    rig.sandbox.faults().remove(id);
    rig.advance(Duration::from_secs(301));
    drain(&rig).await;
    let digest = &digests(&rig, "oc_a")[0];
    let cards = rig.cards("oc_a");
    let critical: Vec<_> = cards.iter().filter(|m| title(m.content()).starts_with('C')).collect();
    assert_eq!((critical.len(), cards.len()), (9, 9 + 9 + 2));
    assert!(critical.iter().all(|m| m.created < digest.created), "critical ones first");
    assert!(digest.versions.iter().all(|version| !rows(&version.content).keys().any(|name| name.starts_with('C'))));
    assert_eq!(digest.versions[0].content.pointer("/header/template").unwrap(), "orange", "the worst inside");
}

#[tokio::test]
async fn a_group_that_ended_inside_is_told_by_the_digest_and_owed_a_message_when_it_fires_again() {
    let rig = Rig::with(CONFIG).await;
    let id = parked_storm(&rig, 19).await;
    rig.sandbox.faults().remove(id);
    rig.advance(Duration::from_secs(301));
    let digest = versions(&rig, 1).await;
    assert_eq!(rows(&digest.versions[0].content).keys().cloned().collect::<Vec<_>>(), with_first(19));
    post(&rig, (16..19).map(|n| ends(group(&format!("G{n}"), "oc_a", "warning"))).collect()).await;
    drain(&rig).await;
    let digest = &digests(&rig, "oc_a")[0];
    assert!(over(digest.content()) && digest.content().to_string().contains("3 组在等待中结束"), "{}", digest.content());
    let own = |name: &str| rig.cards("oc_a").iter().filter(|m| title(m.content()) == name).count();
    assert_eq!((own("G15"), own("G16"), own("G17"), own("G18")), (1, 0, 0, 0));
    let listed = &rig.store.digests(None, None, 5).await.unwrap()[0];
    assert_eq!((listed.state, listed.groups, listed.shown, listed.ended, listed.waiting), ("over", 20, 17, 3, 0));
    let all = rig.store.digest(&listed.id, None, 50).await.unwrap().unwrap();
    assert_eq!(all.inside.iter().filter(|g| g.state == "ended").map(|g| g.title.as_str()).collect::<Vec<_>>(), ["G18", "G17", "G16"]);
    let messages = rig.store.messages(None, 50).await.unwrap();
    assert_eq!(messages.iter().filter(|m| m.phase == "told" && m.digest.as_ref() == Some(&listed.id)).count(), 3);
    all_well(&rig).await;
    // It ended for everybody: firing again is news.
    post(&rig, vec![group("G17", "oc_a", "warning")]).await;
    drain(&rig).await;
    assert_eq!(own("G17"), 1);
}

#[tokio::test]
async fn after_an_outage_the_digest_goes_first() {
    let rig = Rig::with(CONFIG).await;
    let id = parked_storm(&rig, 12).await;
    rig.advance(Duration::from_secs(200));
    post(&rig, vec![ends(group("G03", "oc_a", "warning"))]).await;
    rig.sandbox.faults().remove(id);
    rig.advance(Duration::from_secs(101));
    drain(&rig).await;
    let cards = rig.cards("oc_a");
    assert!(is_digest(&cards[0]), "{}", title(cards[0].content()));
    assert!(!rows(&cards[0].versions[0].content).contains_key("G03"), "it never listed what had ended before");
    assert_eq!(cards.len(), 14, "which has its one green message");
    all_well(&rig).await;
}

#[tokio::test]
async fn a_dead_digest_is_not_replaced_and_groups_go_on() {
    let rig = Rig::with(CONFIG).await;
    let id = parked_storm(&rig, 12).await;
    rig.sandbox.faults().remove(id);
    rig.fault("send", |fault| (fault.code, fault.target, fault.count) = (Some(230034), Some("oc_a".into()), Some(1)));
    rig.advance(Duration::from_secs(301));
    drain(&rig).await;
    assert_eq!((digests(&rig, "oc_a").len(), rig.cards("oc_a").len()), (0, 13));
    while !rig.store.digests(Some(true), None, 5).await.unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let all = rig.store.digests(None, None, 5).await.unwrap();
    assert_eq!((all.len(), all[0].state), (1, "over"), "one was tried, and it is over with the storm");
}

#[tokio::test]
async fn a_recalled_digest_is_left_alone() {
    let rig = Rig::with(CONFIG).await;
    storm(&rig, 40).await;
    let digest = versions(&rig, 1).await;
    rig.sandbox.recall(&digest.message_id, "ou_somebody").unwrap();
    post(&rig, vec![ends(group("G39", "oc_a", "warning"))]).await;
    drain(&rig).await;
    assert_eq!(rig.cards("oc_a").len(), 41, "no second digest; what ended has its own message, for nobody else tells of it");
    assert_eq!(rig.store.digests(None, None, 5).await.unwrap()[0].state, "left");
    all_well(&rig).await;
}

#[tokio::test]
async fn a_restart_in_the_middle_goes_on_with_the_same_digest() {
    let rig = Rig::with(CONFIG).await;
    storm(&rig, 30).await;
    versions(&rig, 1).await;
    let rig = rig.restart(CONFIG).await;
    versions(&rig, 2).await;
    let rig = rig.restart(CONFIG).await;
    drain(&rig).await;
    assert_eq!((digests(&rig, "oc_a").len(), rig.cards("oc_a").len()), (1, 31));
    true_at_every_version(&rig, "oc_a", &names(30));
    assert!(over(digests(&rig, "oc_a")[0].content()));
    all_well(&rig).await;
}

#[tokio::test]
async fn a_digest_whose_answer_was_lost_is_one_digest() {
    let rig = Rig::with(CONFIG).await;
    let id = parked_storm(&rig, 12).await;
    rig.sandbox.faults().remove(id);
    rig.lose_answers("send", 1);
    rig.advance(Duration::from_secs(301));
    drain(&rig).await;
    assert_eq!((digests(&rig, "oc_a").len(), rig.cards("oc_a").len()), (1, 14));
    true_at_every_version(&rig, "oc_a", &with_first(12));
    all_well(&rig).await;
}

#[tokio::test]
async fn a_group_that_turns_critical_leaves_the_digest() {
    let rig = one_at_a_time().await;
    let id = parked_storm(&rig, 19).await;
    post(&rig, vec![group("G18", "oc_a", "critical"), group("marker", "oc_b", "warning")]).await;
    rig.told("oc_b", 1).await;
    rig.sandbox.faults().remove(id);
    rig.advance(Duration::from_secs(301));
    drain(&rig).await;
    let cards = rig.cards("oc_a");
    assert_eq!(title(cards[0].content()), "G18", "before all others");
    assert!(!rows(&digests(&rig, "oc_a")[0].versions[0].content).contains_key("G18"));
    assert_eq!(cards.len(), 21);
}

#[tokio::test]
async fn two_apps_and_two_languages_have_their_own() {
    let rig = Rig::with(CONFIG).await;
    let of = |by: &str, chat: &str| -> Vec<Value> {
        let with = |n: usize| {
            let mut group = group(&format!("{by}{n:02}"), chat, "warning");
            group["by"] = by.into();
            group
        };
        (0..9).map(with).collect()
    };
    let groups = [of("one", "oc_a"), of("two", "oc_a"), of("english", "oc_b")].concat();
    post(&rig, groups).await;
    drain(&rig).await;
    assert_eq!((digests(&rig, "oc_a").len(), rig.cards("oc_a").len()), (2, 20), "one by each app");
    let english = &digests(&rig, "oc_b")[0];
    assert!(title(&english.versions[0].content).contains(" groups"), "{}", english.versions[0].content);
    assert!(english.versions[0].content.to_string().contains("each follows on its own"));
    assert!(english.versions[0].content.to_string().contains("https://larkhook.example.com/"), "a way to the console");
    let limited = rig.sandbox.counts().into_iter().filter(|count| [99_991_400, 230_020].contains(&count.code)).count();
    assert_eq!(limited, 0);
    all_well(&rig).await;
}

#[tokio::test]
async fn a_reload_that_lowers_after_opens_a_digest_for_what_waits() {
    let rig = Rig::with(&CONFIG.replace("after: 3", "after: 100")).await;
    storm(&rig, 30).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(digests(&rig, "oc_a").is_empty());
    rig.reload(CONFIG);
    versions(&rig, 1).await;
    // Never again: the one that is there is kept to its end.
    rig.reload(&CONFIG.replace("after: 3", "after: 0"));
    drain(&rig).await;
    true_at_every_version(&rig, "oc_a", &names(30));
    assert!(over(digests(&rig, "oc_a")[0].content()));
}

#[tokio::test]
async fn custom_bots_have_none() {
    let config = CONFIG
        .replace("  apps:", "  bots: { room: { url: sandbox } }\n  apps:")
        .replace("app: two }] }", "app: two }, { to: bot:room }] }");
    let rig = Rig::with(&config).await;
    let by_two = |n: usize| {
        let mut group = group(&format!("G{n:02}"), "oc_a", "warning");
        group["by"] = "two".into();
        group
    };
    post(&rig, (0..9).map(by_two).collect()).await;
    drain(&rig).await;
    assert_eq!((digests(&rig, "oc_a").len(), rig.of_bot().len()), (1, 9));
}

#[tokio::test]
async fn after_an_outage_what_was_shown_costs_an_edit_and_a_reply_and_what_was_not_a_send() {
    let rig = Rig::with(CONFIG).await;
    for change in ["words", "worse", "resolved", "acked"] {
        let key = format!("shown-{change}");
        post(&rig, vec![group(&key, "oc_a", "warning")]).await;
        drain(&rig).await;
    }
    // Nothing can be called at all: no token.
    rig.sandbox.expire_tokens(None);
    let id = rig.fault("token", |fault| (fault.code, fault.status) = (Some(5000), Some(500)));
    let incidents = rig.incidents(Some(true)).await;
    for round in 0..10 {
        for change in ["words", "worse", "resolved", "acked"] {
            let key = format!("shown-{change}");
            let mut group = group(&key, "oc_a", if change == "worse" && round > 4 { "critical" } else { "warning" });
            group["text"] = format!("round {round}").into();
            let group = if change == "resolved" && round % 3 == 0 { ends(group) } else { group };
            post(&rig, vec![group]).await;
        }
        let acked = incidents.iter().find(|i| i.title == "shown-acked").unwrap().id.clone();
        use larkhook::incident::event::Event;
        let event = if round % 2 == 0 { Event::Ack { by: "王磊".into() } } else { Event::Unack };
        rig.store.operate(larkhook::store::Operator::Incident { id: acked, event, at: rig.now() }).await.unwrap();
        let mut fresh = group("fresh", "oc_a", "warning");
        fresh["text"] = format!("round {round}").into();
        post(&rig, vec![fresh]).await;
        rig.settle_within(Duration::from_secs(60)).await;
    }
    let good = |endpoint: &str| rig.calls(endpoint).iter().filter(|c| c.code == 0 && c.http == 200).count();
    let before = (good("patch"), good("reply"), good("send"));
    rig.sandbox.faults().remove(id);
    rig.advance(Duration::from_secs(61));
    drain(&rig).await;
    let cost = (good("patch") - before.0, good("reply") - before.1, good("send") - before.2);
    assert!(cost.0 <= 4 && cost.1 <= 4 && cost.2 == 1, "{cost:?}");
    assert!(rig.cards("oc_a").iter().all(|m| m.versions.len() <= 2));
    all_well(&rig).await;
}

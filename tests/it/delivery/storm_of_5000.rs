//! The storm of the performance promise: 5,000 groups over 50 chats within 10 s, every fifth critical, half an hour of moved time.
//!
//! Judged by the sandbox's own record of every version of every message, with the platform's sliding windows in force.

use super::storms::{CONFIG, group, is_digest, over, post, rows};
use crate::rig::Rig;
use larkhook::config::settings::Limits;
use larkhook::deliver::limiter::{Admit, Demand, Limiter, Scope};
use larkhook::feishu::error::Endpoint;
use larkhook::sandbox::Message;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const GROUPS: usize = 5000;
const CHATS: usize = 50;

/// One group as the test knows it; times in epoch milliseconds.
struct Known {
    chat: String,
    name: String,
    critical: bool,
    /// Between these moments it was accepted.
    accepted: (i64, i64),
    /// Between these moments it ended.
    ended: Option<(i64, i64)>,
    /// Its own message.
    own: Option<i64>,
}

fn key(n: usize) -> String {
    format!("g{n:04}g")
}

fn body(n: usize) -> Value {
    let (chat, nth) = (n % CHATS, n / CHATS);
    let mut group = group(&key(n), &format!("oc_{chat:02}"), if nth % 5 == 0 { "critical" } else { "warning" });
    group["name"] = format!("A{}", nth % 10).into();
    group["text"] = key(n).into();
    group
}

fn ms(rig: &Rig) -> i64 {
    rig.now().as_millisecond()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_critical_group_in_its_time_and_the_digest_always_true() {
    let real = std::time::Instant::now();
    let rig = Rig::still(&CONFIG.replace("after: 3", "after: 20")).await;
    let began = ms(&rig);
    let mut known = accept(&rig).await;
    println!("accepted after {:?}", real.elapsed());
    let mut resolved = false;
    while ms(&rig) - began < 30 * 60_000 {
        let waiting = rig.deliverer.status().waiting;
        if !resolved && ms(&rig) - began > 90_000 {
            resolved = true;
            end_some(&rig, &mut known).await;
        }
        let before = rig.sandbox.counts().iter().map(|count| count.count).sum::<u64>();
        rig.pass(Duration::from_millis(250)).await;
        if waiting == 0 && rig.store.stats().await.unwrap().ready == 0 {
            rig.advance(Duration::from_secs(30));
        } else if before == rig.sandbox.counts().iter().map(|count| count.count).sum::<u64>() {
            rig.pass(Duration::from_millis(750)).await;
        }
        assert!(real.elapsed() < Duration::from_secs(300), "{:?}", rig.deliverer.status());
    }
    println!("half an hour in {:?}", real.elapsed());
    let counts = rig.sandbox.counts();
    assert!(!counts.iter().any(|c| c.http == 429 || [99_991_400, 230_020].contains(&c.code)), "{counts:?}");
    let messages = rig.sandbox.messages();
    own_messages(&messages, &mut known);
    complete(&rig, &known).await;
    in_time(&known, began);
    let versions = all_true(&messages, &known);
    println!("{versions} versions of digests");
    assert!(rig.store.digests(Some(true), None, 100).await.unwrap().is_empty(), "all storms are over");
    rig.stop().await;
}

async fn accept(rig: &Rig) -> BTreeMap<String, Known> {
    let mut known = BTreeMap::new();
    let began = ms(rig);
    for part in 0..50 {
        let numbers = part * GROUPS / 50..(part + 1) * GROUPS / 50;
        let from = ms(rig);
        post(rig, numbers.clone().map(body).collect()).await;
        let to = ms(rig);
        for n in numbers {
            let group = body(n);
            let text = |name: &str| group[name].as_str().unwrap().to_owned();
            let critical = text("severity") == "critical";
            let one = Known { chat: text("chat"), name: text("name"), critical, accepted: (from, to), ended: None, own: None };
            known.insert(key(n), one);
        }
        let due = began + (part as i64 + 1) * 200;
        if let Ok(early) = u64::try_from(due - ms(rig)) {
            rig.pass(Duration::from_millis(early)).await;
        }
    }
    known
}

/// Two groups of each chat end while they wait, or after they were shown.
async fn end_some(rig: &Rig, known: &mut BTreeMap<String, Known>) {
    let numbers: Vec<usize> = (0..GROUPS).filter(|n| [47, 93].contains(&(n / CHATS))).collect();
    let from = ms(rig);
    let ended = |n: &usize| {
        let mut group = body(*n);
        group["status"] = "resolved".into();
        group
    };
    post(rig, numbers.iter().map(ended).collect()).await;
    for n in &numbers {
        known.get_mut(&key(*n)).unwrap().ended = Some((from, ms(rig)));
    }
}

/// Which group a message is of.
fn group_of(content: &Value) -> Option<String> {
    let text = content.to_string();
    text.match_indices('g')
        .map(|(at, _)| text.get(at..at + 6).unwrap_or_default())
        .find(|s| s.len() == 6 && s.ends_with('g') && s[1..5].bytes().all(|b| b.is_ascii_digit()))
        .map(str::to_owned)
}

fn own_messages(messages: &[Arc<Message>], known: &mut BTreeMap<String, Known>) {
    for message in messages.iter().filter(|m| m.root_id.is_none() && !is_digest(m) && m.receive_id.starts_with("oc_")) {
        let group = group_of(&message.versions[0].content).unwrap_or_else(|| panic!("{}", message.content()));
        let known = known.get_mut(&group).unwrap();
        assert!(known.own.replace(message.created.as_millisecond()).is_none(), "{group} has two messages");
        assert_eq!(known.chat, message.receive_id);
    }
}

/// What still fires has its one message; what ended has one or was told of.
async fn complete(rig: &Rig, known: &BTreeMap<String, Known>) {
    for (key, group) in known {
        assert!(group.own.is_some() || group.ended.is_some(), "{key} was never shown");
    }
    let told = known.values().filter(|group| group.own.is_none()).count();
    assert!(told > 0, "some ended while they waited");
    let jobs = rig.jobs().await;
    assert!(jobs.is_empty(), "{jobs:?}");
}

/// The critical groups go out by the schedule that the budgets allow, a little slower for those who wait long.
fn in_time(known: &BTreeMap<String, Known>, began: i64) {
    let mut waiting: Vec<(i64, &str)> = known.values().filter(|g| g.critical).map(|g| (g.accepted.1, g.chat.as_str())).collect();
    waiting.sort_unstable();
    let mut sent: Vec<i64> = known.values().filter(|g| g.critical).filter_map(|g| g.own).collect();
    sent.sort_unstable();
    let mut limiter = Limiter::new([("ops".to_owned(), Limits::default())]);
    let mut ideal = Vec::new();
    let mut now = began;
    while !waiting.is_empty() {
        waiting.retain(|(accepted, chat)| {
            let demand = Demand { app: Some("ops"), api: Endpoint::Send, scope: Scope::Chat(chat) };
            let at = larkhook::util::clock::from_ms(now);
            let goes = *accepted <= now && limiter.admit(&demand, at) == Admit::Yes;
            if goes {
                limiter.made(&demand, at);
                ideal.push(now);
            }
            !goes
        });
        now += 50;
    }
    assert_eq!(sent.len(), ideal.len());
    let late = sent.iter().zip(&ideal).map(|(sent, ideal)| sent - ideal).max().unwrap();
    let (last, ideally) = (sent.last().unwrap() - began, ideal.last().unwrap() - began);
    println!("{late} ms behind the schedule at most; the last one after {last} ms, ideally {ideally} ms");
    assert!(late < 8000, "{late} ms behind the schedule; the last one after {last} ms, ideally {ideally} ms");
}

/// Every version of every digest lists exactly what waited when it was made: no more than what was accepted by then, no less than
/// what had been for a moment, and nothing that has a message of its own. Returns how many versions there are.
fn all_true(messages: &[Arc<Message>], known: &BTreeMap<String, Known>) -> usize {
    const MOMENT: i64 = 2500;
    let mut chats = BTreeSet::new();
    let mut versions = 0;
    for digest in messages.iter().filter(|m| is_digest(m)) {
        assert!(chats.insert(digest.receive_id.clone()), "one storm, one digest: {}", digest.receive_id);
        for version in &digest.versions {
            versions += 1;
            let at = version.at.as_millisecond();
            let (mut least, mut most) = (BTreeMap::new(), BTreeMap::new());
            // What came at the very moment of the version may have come before or after it.
            for group in known.values().filter(|g| !g.critical && g.chat == digest.receive_id && g.own.is_none_or(|own| own >= at)) {
                let ended = group.ended.unwrap_or((i64::MAX, i64::MAX));
                if group.accepted.0 <= at && at - MOMENT < ended.1 {
                    *most.entry(group.name.clone()).or_insert(0) += 1;
                }
                if group.accepted.1 + MOMENT <= at && at < ended.0 && group.own != Some(at) {
                    *least.entry(group.name.clone()).or_insert(0) += 1;
                }
            }
            let listed = rows(&version.content);
            let what = format!("version {} of {} at {at}: {listed:?}, {least:?} to {most:?}", version.number, digest.receive_id);
            assert!(least.iter().all(|(name, count)| listed.get(name).is_some_and(|n| n >= count)), "{what}");
            assert!(listed.iter().all(|(name, count)| most.get(name).is_some_and(|n| n >= count)), "{what}");
            assert_eq!(over(&version.content), listed.is_empty(), "{what}");
        }
        assert!(over(digest.content()), "{}", digest.content());
    }
    assert_eq!(chats.len(), CHATS);
    versions
}

//! What must hold once everything has healed.
//!
//! Every group is shown with its newest state; an app's group is one message, whose versions are true states in their
//! order, and no reply is there twice; a custom bot's messages are in order, with at most one extra per kill and per
//! lost answer.

use super::Figures;
use super::sender::Group;
use crate::service::{Probe, Service};
use crate::stand_in::{Arrived, StandIn};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long bringing everything up to date may take: the longest pause between attempts, and some.
const WITHIN: Duration = Duration::from_secs(150);

/// Waits until nothing is owed any more, then judges.
pub async fn wait(sandbox: &StandIn, service: &Service, groups: &[Group], figures: &Figures) -> Result<Figures, String> {
    let end = Instant::now() + WITHIN;
    let mut owed = owed(service).await;
    while owed != Ok(0) && Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(250)).await;
        owed = self::owed(service).await;
    }
    let messages = sandbox.messages().await;
    let calls = sandbox.calls().await;
    let mut found = Figures::default();
    let mut wrong = Vec::new();
    if owed != Ok(0) {
        wrong.push(format!("still owed after {WITHIN:?}: {owed:?}"));
    }
    let dead = service.api("/api/v1/jobs?state=dead").await?;
    if dead["items"].as_array().is_none_or(|jobs| !jobs.is_empty()) {
        wrong.push(format!("dead letters: {dead}"));
    }
    for group in groups.iter().filter(|group| group.step > 0) {
        let judged = if group.is_bot() { bot(group, &messages) } else { app(group, &messages) };
        match judged {
            Ok(of_one) => found.merge(&of_one),
            Err(why) => wrong.push(why),
        }
    }
    let strangers = messages.iter().filter(|m| m.parent.is_none() && m.probe().is_none()).count();
    if strangers > 0 {
        wrong.push(format!("{strangers} messages that no group made"));
    }
    let allowed = figures.get("kills") + faulty_hooks(&calls);
    if found.get("bot messages twice") > allowed {
        wrong.push(format!("{} extra messages of bots, {allowed} explained", found.get("bot messages twice")));
    }
    found.add("calls to the platform", calls["total"].as_u64().unwrap_or(0));
    if wrong.is_empty() { Ok(found) } else { Err(format!("larkhook's log:\n{}\n{figures}{found}{}", service.log(), wrong.join("\n"))) }
}

/// Calls of bots whose answer was lost or said that the platform failed.
fn faulty_hooks(calls: &Value) -> u64 {
    let all = calls["counts"].as_array().cloned().unwrap_or_default();
    let lost = |count: &Value| count["endpoint"] == "hook" && (count["http"] == 0 || count["http"].as_u64() >= Some(500));
    all.iter().filter(|count| lost(count)).filter_map(|count| count["count"].as_u64()).sum()
}

/// How many jobs wait.
async fn owed(service: &Service) -> Result<usize, String> {
    let mut sum = 0;
    for state in ["ready", "parked"] {
        let page = service.api(&format!("/api/v1/jobs?state={state}")).await?;
        sum += page["items"].as_array().ok_or(page.to_string())?.len();
    }
    Ok(sum)
}

fn app(group: &Group, messages: &[Arrived]) -> Result<Figures, String> {
    let mut figures = Figures::default();
    let of = |m: &&Arrived| m.parent.is_none() && m.probe().is_some_and(|probe| probe.title == group.name);
    let roots: Vec<&Arrived> = messages.iter().filter(of).collect();
    let [root] = roots[..] else {
        return Err(format!("{}: {} messages in place of one: {roots:#?}", group.name, roots.len()));
    };
    if root.chat != group.room {
        return Err(format!("{}: in {} instead of {}", group.name, root.chat, group.room));
    }
    let probes = root.probes();
    in_order(group, &probes, root.versions.len())?;
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for reply in messages.iter().filter(|m| m.parent.as_deref() == Some(&root.id)) {
        figures.add("replies", 1);
        let text = reply.versions.first().map(Value::to_string).unwrap_or_default();
        *told.entry(text).or_default() += 1;
    }
    // Instances are never named twice, so neither is a reply that names one.
    let names_one = |text: &str| (1..=group.step).any(|step| text.contains(&format!("i{step}")));
    if let Some((text, count)) = told.iter().find(|(text, count)| **count > 1 && names_one(text)) {
        return Err(format!("{}: told {count} times: {text}", group.name));
    }
    figures.add("messages of the app", 1);
    figures.add("versions shown", probes.len() as u64);
    Ok(figures)
}

fn bot(group: &Group, messages: &[Arrived]) -> Result<Figures, String> {
    let mut figures = Figures::default();
    let probes: Vec<Probe> = messages.iter().filter_map(Arrived::probe).filter(|probe| probe.title == group.name).collect();
    in_order(group, &probes, probes.len())?;
    figures.add("bot messages", probes.len() as u64);
    figures.add("bot messages twice", probes.windows(2).filter(|pair| pair[0] == pair[1]).count() as u64);
    Ok(figures)
}

/// Every version is a state that was, in order, and the last is the newest.
fn in_order(group: &Group, probes: &[Probe], versions: usize) -> Result<(), String> {
    let steps: Vec<u32> = probes.iter().map(|probe| probe.step).collect();
    let fail = |why: String| Err(format!("{}: {why}; steps shown: {steps:?}; the newest is {}", group.name, group.step));
    if probes.len() != versions {
        return fail(format!("{} versions are not in the template's words", versions - probes.len()));
    }
    if !steps.is_sorted() {
        return fail("an older state was shown after a newer one".to_owned());
    }
    if let Some(odd) = probes.iter().find(|probe| {
        probe.firing != Group::firing_at(probe.step) || (probe.status == "firing") != Group::fires_at(probe.step) || !probe.gone.is_empty()
    }) {
        return fail(format!("a state that never was: {odd:?}"));
    }
    if steps.last() != Some(&group.step) {
        return fail("the newest state is not shown".to_owned());
    }
    Ok(())
}

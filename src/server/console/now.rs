//! What is going on: open incidents by severity and age, what is behind and why, when it will have caught up.

use super::incidents;
use super::shell::{Place, Shell};
use super::view::{age, near};
use crate::deliver::dispatch::Status;
use crate::store::{DigestView, IncidentView, Stats};
use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};

/// Open incidents listed.
const LISTED: u32 = 100;

/// What is read for the page.
struct Facts {
    stats: Stats,
    open: Vec<IncidentView>,
    digests: Vec<DigestView>,
    delivery: Status,
    now: Timestamp,
}

async fn read(shell: &Shell<'_>) -> Result<Facts, String> {
    let store = &shell.shared.store;
    let stats = store.stats().await.map_err(|error| error.to_string())?;
    let mut open = store.incidents(Some(true), None, LISTED).await.map_err(|error| error.to_string())?;
    open.sort_by_key(|incident| (rank(&incident.severity), incident.acked_by.is_some(), incident.opened_at));
    let digests = store.digests(Some(true), None, 20).await.map_err(|error| error.to_string())?;
    Ok(Facts { stats, open, digests, delivery: shell.shared.deliverer.status(), now: shell.shared.clock.now() })
}

fn rank(severity: &str) -> u8 {
    match severity {
        "critical" => 0,
        "warning" => 1,
        _ => 2,
    }
}

/// The page.
pub async fn page(shell: &Shell<'_>) -> Response {
    let content = match part(shell).await {
        Ok(part) => {
            html! { main.sheet #content tabindex="-1" { h1 { (shell.say("现在", "Now")) } div data-live="/console/now" data-topics="*" { (part) } } }
        }
        Err(why) => return shell.failed(Place::Now, &why),
    };
    shell.page(Place::Now, shell.say("现在", "Now"), &content)
}

/// What of the page changes while it is open.
///
/// # Errors
/// The store cannot be read.
pub async fn part(shell: &Shell<'_>) -> Result<Markup, String> {
    let facts = read(shell).await?;
    let of = |severity: &str| facts.open.iter().filter(|incident| incident.severity == severity).count();
    let acked = facts.open.iter().filter(|incident| incident.acked_by.is_some()).count();
    let cut = facts.stats.open_incidents > i64::from(LISTED);
    let figure = |name: &'static str, value: String, class: &'static str, href: &'static str| {
        html! { a.figure.(class) href=(href) { strong { (value) } span { (name) } } }
    };
    Ok(html! {
        section.figures data-key="figures" data-rev=(format!("{:?}{}{}{}{acked}", facts.stats, of("critical"), of("warning"), of("info"))) {
            (figure(shell.say("进行中的事件", "open incidents"), facts.stats.open_incidents.to_string(), "", "/console/incidents?state=open"))
            (figure(shell.say("严重", "critical"), format!("{}{}", of("critical"), if cut { "+" } else { "" }), "critical", "/console/incidents?state=open"))
            (figure(shell.say("警告", "warning"), format!("{}{}", of("warning"), if cut { "+" } else { "" }), "warning", "/console/incidents?state=open"))
            (figure(shell.say("已认领", "acknowledged"), acked.to_string(), "", "/console/incidents?state=open"))
            (figure(shell.say("待更新的消息", "messages to bring up to date"), facts.stats.ready.to_string(), "", "/console/deliveries?state=ready"))
            (figure(shell.say("搁置的目标", "parked targets"), facts.stats.parked.to_string(), if facts.stats.parked > 0 { "warning" } else { "" }, "/console/deliveries?state=parked"))
            (figure(shell.say("死信", "dead letters"), facts.stats.dead.to_string(), if facts.stats.dead > 0 { "critical" } else { "" }, "/console/deliveries?state=dead"))
        }
        (behind(shell, &facts))
        section data-key="open" data-rev=(crate::util::id::hash_id(&[serde_json::to_string(&facts.open).unwrap_or_default()])) {
            h2 { (shell.say("进行中", "Open")) }
            @if facts.open.is_empty() { p.calm { "✓ " (shell.say("没有进行中的事件。", "No incident is open.")) } }
            @else { (incidents::table(shell, &facts.open)) }
            @if cut { p { a href="/console/incidents?state=open" { (shell.say("全部", "All of them")) } } }
        }
        (sources(shell))
    })
}

/// Where alerts are sent to.
fn sources(shell: &Shell<'_>) -> Markup {
    let live = shell.shared.live.load_full();
    html! {
        section data-key="sources" data-rev=(live.sources.len()) {
            h2 { (shell.say("告警发到这里", "Alerts are sent to")) }
            ul { @for (name, source) in &live.sources { li { code { "/hook/" (name) } " " span.soft { (source.settings().kind.as_str()) } } } }
        }
    }
}

/// What keeps messages from being true right now.
fn behind(shell: &Shell<'_>, facts: &Facts) -> Markup {
    let delivery = &facts.delivery;
    let calm = facts.stats.ready == 0 && delivery.breakers.is_empty() && delivery.paused.is_empty() && facts.digests.is_empty();
    let oldest = facts.stats.oldest_ready_ms.map(crate::util::clock::from_ms);
    html! {
        section.behind data-key="behind" data-rev=(crate::util::id::hash_id(&[format!("{:?}{delivery:?}{}", facts.stats, facts.digests.len())])) {
            h2 { (shell.say("投递", "Delivery")) }
            @if calm { p.calm { "✓ " (shell.say("所有消息都是最新的。", "All messages are up to date.")) } }
            @else {
                ul {
                    @if facts.stats.ready > 0 {
                        li {
                            strong { (facts.stats.ready) } " " (shell.say("条消息待更新", "messages to bring up to date"))
                            @if let Some(oldest) = oldest { ", " (shell.say("最早的等了", "the oldest has waited")) " " (age(shell, oldest, facts.now)) }
                            " · " (delivery.calling) " " (shell.say("次调用进行中", "calls under way"))
                        }
                    }
                    @for (carrier, state, probe) in &delivery.breakers {
                        li.down { strong dir="auto" { (carrier) } " " (shell.say("连不上平台", "cannot reach the platform")) " (" (state) "), " (shell.say("下次试", "next try")) " " (near(*probe)) }
                    }
                    @for (budget, until) in &delivery.paused {
                        li { strong dir="auto" { (budget) } " " (shell.say("被平台限流，直到", "is paused by the platform until")) " " (near(*until)) }
                    }
                    @for digest in &facts.digests {
                        li { (shell.say("风暴汇总", "storm digest")) " " a href={ "/api/v1/digests/" (digest.id) } dir="auto" { (digest.target) } }
                    }
                }
            }
        }
    }
}

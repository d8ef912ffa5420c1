//! What is going on: open incidents by severity and age, the last hour in figures, what is behind and when it will have caught up.

use super::incidents;
use super::shell::{Place, Shell};
use super::view::{age, near, phase, seconds, severity};
use crate::server::api::now::{self, Now};
use crate::store::{OpenCount, OpenIncident};
use axum::response::Response;
use maud::{Markup, html};

/// Targets that are behind, listed.
const LISTED: usize = 20;

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
    let now = now::now(shell.shared).await.map_err(|error| error.message)?;
    let now = now.as_ref();
    Ok(html! {
        (figures(shell, now))
        (behind(shell, now))
        section data-key="open" data-rev=(crate::util::id::hash_id(&[serde_json::to_string(&now.open).unwrap_or_default()])) {
            h2 { (shell.say("进行中", "Open")) }
            @if now.open.incidents.is_empty() { p.calm { "✓ " (shell.say("没有进行中的事件。", "No incident is open.")) } }
            @else { (counts(shell, now)) (table(shell, now)) }
            @if now.stats.open_incidents > i64::try_from(now.open.incidents.len()).unwrap_or(i64::MAX) {
                p { a href="/console/incidents?state=open" { (shell.say("全部", "All of them")) } }
            }
        }
        (last_hour(shell, now))
        (sources(shell))
    })
}

fn figures(shell: &Shell<'_>, now: &Now) -> Markup {
    let stats = &now.stats;
    let figure = |name: &'static str, value: i64, class: &'static str, href: &'static str| {
        let class = if value > 0 { class } else { "" };
        html! { a.figure.(class) href=(href) { strong { (value) } span { (name) } } }
    };
    let of = |word: &str| {
        now.open
            .counts
            .iter()
            .find(|count| count.severity.as_str() == word)
            .map_or(0, |count| i64::try_from(count.firing).unwrap_or(i64::MAX))
    };
    let acked: u64 = now.open.counts.iter().map(|count| count.acked).sum();
    html! {
        section.figures data-key="figures" data-rev=(format!("{stats:?}{:?}", now.open.counts)) {
            (figure(shell.say("进行中的事件", "open incidents"), stats.open_incidents, "", "/console/incidents?state=open"))
            (figure(shell.say("严重", "critical"), of("critical"), "critical", "/console/incidents?state=open&severity=critical"))
            (figure(shell.say("警告", "warning"), of("warning"), "warning", "/console/incidents?state=open&severity=warning"))
            (figure(shell.say("已认领", "acknowledged"), i64::try_from(acked).unwrap_or(i64::MAX), "", "/console/incidents?state=open"))
            (figure(shell.say("待更新的消息", "messages to bring up to date"), stats.ready, "", "/console/deliveries?state=ready"))
            (figure(shell.say("搁置的目标", "parked targets"), stats.parked, "warning", "/console/deliveries?state=parked"))
            (figure(shell.say("死信", "dead letters"), stats.dead, "critical", "/console/deliveries?state=dead"))
        }
    }
}

/// Counts by severity and age.
fn counts(shell: &Shell<'_>, now: &Now) -> Markup {
    let row = |count: &OpenCount| {
        html! {
            tr {
                td { (severity(shell, count.severity.as_str())) } td { (count.firing) } td { (count.gone) } td { (count.acked) }
                @for number in count.ages { td { @if number > 0 { (number) } } }
                td { @if let Some(oldest) = count.oldest { (age(shell, oldest, now.at)) } }
            }
        }
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(shell.say("按级别与时长", "By severity and age")) {
            table.list.counts {
                thead { tr {
                    th { (shell.say("级别", "Severity")) } th { (phase(shell, "firing")) } th { (phase(shell, "gone")) } th { (shell.say("已认领", "acknowledged")) }
                    th { "< 5m" } th { "< 1h" } th { "< 1d" } th { "≥ 1d" } th { (shell.say("最久", "oldest")) }
                } }
                tbody { @for count in &now.open.counts { (row(count)) } }
            }
        }
    }
}

fn table(shell: &Shell<'_>, now: &Now) -> Markup {
    let place = |open: &OpenIncident| {
        html! {
            @for place in &open.places {
                span.place.(place.state) title=(place.reason.as_deref().unwrap_or("")) { span dir="auto" { (place.target) } " " (phase(shell, place.state)) }
                " "
            }
        }
    };
    html! {
        div.scroll tabindex="0" role="region" aria-label=(shell.say("进行中的事件", "Open incidents")) {
            table.list {
                thead { tr {
                    th { (shell.say("级别", "Severity")) } th { (shell.say("名称", "Name")) } th { (shell.say("状态", "State")) } th { (shell.say("开始", "Since")) }
                    th { (shell.say("来源", "Source")) } th { (shell.say("消息在哪里", "Where its messages are")) }
                } }
                tbody {
                    @for open in &now.open.incidents {
                        tr {
                            td { (severity(shell, &open.incident.severity)) }
                            td { a href={ "/console/incidents/" (open.incident.id) } dir="auto" { (open.incident.title) } }
                            td { (incidents::state(shell, &open.incident)) }
                            td { (near(open.incident.opened_at)) " " span.soft { (age(shell, open.incident.opened_at, now.at)) } }
                            td dir="auto" { (open.incident.source) }
                            td { (place(open)) }
                        }
                    }
                }
            }
        }
    }
}

fn last_hour(shell: &Shell<'_>, now: &Now) -> Markup {
    let hour = &now.last_hour;
    let figure = |name: &'static str, value: u64| html! { div.figure { strong { (value) } span { (name) } } };
    html! {
        section data-key="hour" data-rev=(serde_json::to_string(hour).unwrap_or_default()) {
            h2 { (shell.say("最近一小时", "The last hour")) @if hour.seconds < 3600 { span.soft { " (" (seconds(shell, hour.seconds)) ")" } } }
            div.figures {
                (figure(shell.say("webhook", "webhooks"), hour.accepted)) (figure(shell.say("被拒的 webhook", "refused webhooks"), hour.refused))
                (figure(shell.say("告警", "alerts"), hour.alerts)) (figure(shell.say("发出", "sent"), hour.sent)) (figure(shell.say("编辑", "edits"), hour.edited))
                (figure(shell.say("回复", "replies"), hour.replied)) (figure(shell.say("新死信", "given up"), hour.dead))
            }
            @if !hour.failed.is_empty() {
                p { (shell.say("失败的调用：", "Calls that did not work: ")) @for (class, count) in &hour.failed { code.label { (class) " " (count) } " " } }
            }
        }
    }
}

/// What keeps messages from being true right now, and until when.
fn behind(shell: &Shell<'_>, now: &Now) -> Markup {
    let behind = &now.behind;
    let calm = behind.waiting == 0 && now.delivery.breakers.is_empty() && now.delivery.paused.is_empty() && now.parked.is_empty();
    let why = |by: &str| match by {
        "parked" => shell.say("搁置", "parked"),
        "breaker" => shell.say("平台没有回应", "the platform does not answer"),
        _ => shell.say("平台要求等待", "the platform told us to wait"),
    };
    let key = serde_json::to_string(&(behind, &now.delivery, &now.parked)).unwrap_or_default();
    html! {
        section.behind data-key="behind" data-rev=(crate::util::id::hash_id(&[key.as_str()])) {
            h2 { (shell.say("投递", "Delivery")) }
            @if calm { p.calm { "✓ " (shell.say("所有消息都是最新的。", "All messages are up to date.")) } }
            @if behind.waiting > 0 {
                p {
                    strong { (behind.waiting) } " " (shell.say("条消息待更新", "messages to bring up to date"))
                    @if behind.held > 0 { ", " (behind.held) " " (shell.say("条被挡住", "held up")) }
                    " · " (shell.say("预计赶上还要", "caught up in about")) " " (seconds(shell, behind.seconds))
                    " · " (now.delivery.calling) " " (shell.say("次调用进行中", "calls under way"))
                }
                ul {
                    @for line in behind.targets.iter().take(LISTED) {
                        li.{ @if line.held.is_some() { "down" } } {
                            a href={ "/console/deliveries?target=" (url::form_urlencoded::byte_serialize(line.target.as_bytes()).collect::<String>()) } dir="auto" { (line.target) }
                            " " span.soft { (line.via) } ": " (line.waiting)
                            @if line.first > 0 { " (" (line.first) " " (shell.say("条还没人见过", "nobody has seen yet")) ")" }
                            ", " (shell.say("最早的等了", "the oldest has waited")) " " (age(shell, line.oldest, now.at))
                            @match &line.held {
                                Some(held) => { " · " (why(held.by)) ", " (shell.say("下次试", "next try")) " " (near(held.until)) },
                                None => { " · " (shell.say("预算内约", "by its budget about")) " " (seconds(shell, line.seconds)) },
                            }
                        }
                    }
                }
            }
            @for (carrier, _, probe) in &now.delivery.breakers {
                p.refused { strong dir="auto" { (carrier) } " " (shell.say("连不上平台，下次试", "cannot reach the platform, next try")) " " (near(*probe)) }
            }
            @for target in &now.parked {
                p.note { code { (target.via) " " (target.target) } " " span dir="auto" { (target.reason) } " · " (shell.say("下次试", "next try")) " " (near(target.probe_at)) }
            }
        }
    }
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

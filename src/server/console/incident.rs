//! One incident: its alerts, its messages as people see them, and everything that happened.

use super::incidents::{attempts, state};
use super::shell::{Place, Shell};
use super::view::{age, labels, near, phase, pretty, severity, size};
use crate::draw;
use crate::server::api::{incidents, messages};
use crate::store::{AttemptView, Happened, IncidentDetail, JobView, MessageView, Timeline};
use axum::response::Response;
use maud::{Markup, html};

/// Messages that are drawn; more are listed.
const DRAWN: usize = 5;

/// What is read for the page.
pub struct Facts {
    detail: IncidentDetail,
    timeline: Timeline,
    drawn: Vec<messages::Detail>,
}

/// Reads it; `Ok(None)` without such an incident.
///
/// # Errors
/// The store cannot be read.
pub async fn read(shell: &Shell<'_>, id: &str) -> Result<Option<Facts>, String> {
    let Some(detail) = shell.shared.store.incident(id).await.map_err(|error| error.to_string())? else { return Ok(None) };
    let timeline = incidents::timeline(shell.shared, id, None).await.map_err(|error| error.message)?;
    let mut drawn = Vec::new();
    for message in detail.messages.iter().take(DRAWN) {
        // Gone meanwhile: not drawn.
        drawn.extend(messages::one(shell.shared, &message.id).await.ok());
    }
    Ok(Some(Facts { detail, timeline, drawn }))
}

/// The page.
pub async fn page(shell: &Shell<'_>, id: &str) -> Response {
    match read(shell, id).await {
        Ok(Some(facts)) => {
            let content = html! {
                main.sheet #content tabindex="-1" { div data-live={ "/console/incidents/" (id) "/part" } data-topics="*" { (part(shell, &facts)) } }
            };
            shell.page(Place::Incidents, &facts.detail.incident.title, &content)
        }
        Ok(None) => shell.nothing(Place::Incidents),
        Err(why) => shell.failed(Place::Incidents, &why),
    }
}

fn digest<T: serde::Serialize>(value: &T) -> String {
    crate::util::id::hash_id(&[serde_json::to_string(value).unwrap_or_default()])
}

/// What of the page changes while it is open.
pub fn part(shell: &Shell<'_>, facts: &Facts) -> Markup {
    let detail = &facts.detail;
    html! {
        (head(shell, detail))
        section data-key="messages" data-rev=(digest(&(&detail.messages, &detail.jobs, &detail.batches, facts.drawn.iter().map(|one| &one.drawn).collect::<Vec<_>>()))) {
            h2 { (shell.say("消息", "Messages")) " (" (detail.messages.len()) ")" }
            @for message in &detail.messages { (delivery(shell, facts, message)) }
        }
        (alerts(shell, detail))
        section data-key="timeline" data-rev=(digest(&facts.timeline)) {
            h2 { (shell.say("经过", "What happened")) }
            ol.timeline { @for happened in &facts.timeline.items { (entry(shell, happened)) } }
            @if facts.timeline.more { p.hint { (shell.say("更早的未列出。", "What was before is not listed.")) " " a href={ "/api/v1/incidents/" (detail.incident.id) "/timeline?limit=2000" } { "JSON" } } }
            details { summary { (shell.say("所有调用", "All calls")) " (" (detail.attempts.len()) ")" } (attempts(shell, detail.attempts.iter())) }
        }
    }
}

fn head(shell: &Shell<'_>, detail: &IncidentDetail) -> Markup {
    let incident = &detail.incident;
    let end = incident.ended_at.unwrap_or_else(|| shell.shared.clock.now());
    let act = |verb: &str| format!("/api/v1/incidents/{}/{verb}", incident.id);
    html! {
        header.incident data-key="head" data-rev=(digest(&(incident, age(shell, incident.opened_at, end)))) {
            h1 dir="auto" { (incident.title) }
            p { (severity(shell, &incident.severity)) " " (state(shell, incident)) " " (labels(&incident.group_labels)) }
            p.soft {
                (near(incident.opened_at)) " → " @if let Some(ended) = incident.ended_at { (near(ended)) } @else { (shell.say("现在", "now")) }
                " · " (age(shell, incident.opened_at, end)) " · " (incident.source) " › " (incident.receiver)
                " · " (shell.say("最近一次上报", "last heard of")) " " (near(incident.heard_at))
            }
            @if incident.ended_at.is_none() {
                div.actions {
                    @if incident.acked_by.is_some() { button type="button" data-post=(act("unack")) { (shell.say("取消认领", "Unacknowledge")) } }
                    @else { button.primary type="button" data-post=(act("ack")) { (shell.say("认领", "Acknowledge")) } }
                    button type="button" data-post=(act("resolve")) data-confirm=(shell.say("把这个事件标为已恢复？", "Mark this incident as resolved?")) { (shell.say("标为已恢复", "Resolve")) }
                }
            }
        }
    }
}

fn alerts(shell: &Shell<'_>, detail: &IncidentDetail) -> Markup {
    html! {
        section data-key="alerts" data-rev=(digest(&detail.instances)) {
            h2 { (shell.say("告警", "Alerts")) " (" (detail.instances.len()) ")" }
            div.scroll tabindex="0" role="region" aria-label=(shell.say("告警", "Alerts")) {
                table.list {
                    thead { tr { th { (shell.say("状态", "State")) } th { (shell.say("级别", "Severity")) } th { (shell.say("变化于", "Changed")) } th { (shell.say("标签", "Labels")) } th { (shell.say("原文", "Raw")) } } }
                    tbody {
                        @for instance in &detail.instances {
                            tr {
                                td { span.phase.(instance.state) { (phase(shell, &instance.state)) } }
                                td { (severity(shell, &instance.severity)) }
                                td { (near(instance.changed_at)) }
                                td { (labels(&instance.alert["labels"])) @if let Some(summary) = instance.alert["annotations"]["summary"].as_str() { p dir="auto" { (summary) } } }
                                td { details { summary { "JSON" } pre tabindex="0" { (pretty(&instance.alert)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A message: where it is, what it is owed, and how people see it.
fn delivery(shell: &Shell<'_>, facts: &Facts, message: &MessageView) -> Markup {
    let drawn = facts.drawn.iter().find(|one| one.message.id == message.id);
    html! {
        article.delivery {
            p {
                strong dir="auto" { (message.target) } " " span.phase.(message.status) { (phase(shell, &message.status)) }
                " " span.soft { (message.via) " · " (message.send) " · " (phase(shell, &message.phase)) }
                @if message.possible_duplicate { span.flag { (shell.say("可能重复", "possible duplicate")) } }
            }
            p.soft {
                @match message.sent_at {
                    Some(at) => { (shell.say("发出", "sent")) " " (near(at)) " · " (message.updates) " " (shell.say("版", "versions")) " · " (message.replies) " " (shell.say("条回复", "replies")) },
                    None => (shell.say("还没有发出", "not sent yet")),
                }
                @if message.wanted > message.shown { " · " strong { (shell.say("有新内容待更新", "has news to show")) } }
                @if let Some(id) = &message.platform_id { " · " code { (id) } }
                @if let Some(digest) = &message.digest { " · " (shell.say("在汇总里", "in the digest")) " " a href={ "/api/v1/digests/" (digest) } { (digest) } }
            }
            @for job in facts.detail.jobs.iter().filter(|job| job.message == message.id) { (owed(shell, job)) }
            @for batch in facts.detail.batches.iter().filter(|batch| batch.message == message.id) {
                p.soft { (shell.say("批量", "batch")) " " code { (serde_json::to_string(batch).unwrap_or_default()) } }
            }
            @if let Some(drawn) = drawn.and_then(|one| one.drawn.as_ref()) {
                details open { summary { (shell.say("人们看到的", "As people see it")) span.soft { " " (drawn.template_used) " · " (size(drawn.bytes)) " / " (size(drawn.limit_bytes)) } }
                    div.seen { (draw::message(drawn.msg_type, &drawn.content, &shell.look())) }
                    @for problem in &drawn.problems { p.refused dir="auto" { (problem) } }
                }
            }
        }
    }
}

fn owed(shell: &Shell<'_>, job: &JobView) -> Markup {
    html! {
        p.owed.(job.state) {
            a href={ "/console/deliveries/" (job.id) } { (phase(shell, &job.state)) }
            ": " (job.kind) @if let Some(reason) = &job.reason { " · " span dir="auto" { (reason) } } " · " (shell.say("不早于", "not before")) " " (near(job.due_at))
        }
    }
}

fn entry(shell: &Shell<'_>, happened: &Happened) -> Markup {
    html! {
        @match happened {
            Happened::Received(heard) => {
                li.received {
                    (near(heard.at)) " " strong { (shell.say("收到", "received")) } " " span.phase { (heard.outcome) }
                    @if let Some(source) = &heard.source { " " (shell.say("来自", "from")) " " (source) }
                    @if let Some(event) = &heard.event { " · " a href={ "/console/events/" (event) } { (shell.say("原文与路由", "body and route")) } }
                }
            },
            Happened::Called(call) => (called(shell, call)),
            Happened::Acted(audit) => {
                li.acted { (near(audit.at)) " " strong dir="auto" { (audit.who) } " " (audit.action) " " span.soft dir="auto" { (audit.object) @if audit.result != "ok" { " · " (audit.result) } } }
            },
        }
    }
}

fn called(shell: &Shell<'_>, call: &AttemptView) -> Markup {
    html! {
        li.called.{ @if call.class != "ok" { "bad" } } {
            (near(call.at)) " " strong { (call.endpoint) } " " span.soft { (call.via) } " " (call.class)
            @if let Some(code) = call.code { @if code != 0 { " " code { (code) } } }
            " · " (call.duration_ms) " ms" @if !call.note.is_empty() { " · " span dir="auto" { (call.note) } }
            @if let Some(id) = &call.log_id { " · " code.soft title=(shell.say("平台的 log_id", "the platform's log_id")) { (id) } }
        }
    }
}

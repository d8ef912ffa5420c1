//! Incidents: the list, and one with its alerts, messages as drawn, and everything that happened.

use super::shell::{Place, Shell};
use super::view::{age, labels, near, phase, pretty, severity};
use crate::store::{AttemptView, IncidentDetail, IncidentView, MessageView};
use axum::response::Response;
use maud::{Markup, html};

/// Rows of a page.
const PAGE: u32 = 50;
/// Calls shown of one incident.
const CALLS: usize = 200;

/// Which incidents.
#[derive(Debug, Default, Clone, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    /// `open`, `closed`; all unless given.
    pub state: Option<String>,
    /// Older than this id.
    pub before: Option<String>,
}

/// The page of the list.
pub async fn page(shell: &Shell<'_>, asked: &Asked) -> Response {
    let state = match asked.state.as_deref() {
        Some("open") => Some(true),
        Some("closed") => Some(false),
        _ => None,
    };
    let mut found = match shell.shared.store.incidents(state, asked.before.as_deref(), PAGE + 1).await {
        Ok(found) => found,
        Err(error) => return shell.failed(Place::Incidents, &error.to_string()),
    };
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let choices = [("", shell.say("全部", "all")), ("open", shell.say("进行中", "open")), ("closed", shell.say("已结束", "closed"))];
    let content = html! {
        main.sheet #content tabindex="-1" {
            h1 { (shell.say("事件", "Incidents")) }
            p.choices {
                @for (value, name) in choices {
                    @let chosen = asked.state.as_deref().unwrap_or("") == value;
                    a href={ "/console/incidents" @if !value.is_empty() { "?state=" (value) } } aria-current=[chosen.then_some("true")] { (name) }
                }
            }
            (table(shell, &found))
            @if found.is_empty() { p.hint { (shell.say("没有。", "None.")) } }
            @if let (true, Some(last)) = (more, found.last()) {
                p { a.button href={ "/console/incidents?before=" (last.id) @if let Some(state) = &asked.state { "&state=" (state) } } { (shell.say("更早的", "Older")) } }
            }
        }
    };
    shell.page(Place::Incidents, shell.say("事件", "Incidents"), &content)
}

/// Incidents as rows.
pub fn table(shell: &Shell<'_>, incidents: &[IncidentView]) -> Markup {
    let now = shell.shared.clock.now();
    html! {
        div.scroll tabindex="0" role="region" aria-label=(shell.say("事件", "Incidents")) {
            table.list {
                thead { tr {
                    th { (shell.say("级别", "Severity")) } th { (shell.say("名称", "Name")) } th { (shell.say("状态", "State")) }
                    th { (shell.say("开始", "Since")) } th { (shell.say("来源", "Source")) } th { (shell.say("标签", "Labels")) }
                } }
                tbody {
                    @for incident in incidents {
                        tr {
                            td { (severity(shell, &incident.severity)) }
                            td { a href={ "/console/incidents/" (incident.id) } dir="auto" { (incident.title) } }
                            td { (state(shell, incident)) }
                            td { (near(incident.opened_at)) " " span.soft { (age(shell, incident.opened_at, incident.ended_at.unwrap_or(now))) } }
                            td dir="auto" { (incident.source) " › " (incident.receiver) }
                            td { (labels(&incident.group_labels)) }
                        }
                    }
                }
            }
        }
    }
}

fn state(shell: &Shell<'_>, incident: &IncidentView) -> Markup {
    html! {
        span.phase.(incident.phase) { (phase(shell, &incident.phase)) }
        @if let Some(by) = &incident.acked_by { span.flag dir="auto" { (by) " " (shell.say("已认领", "acknowledged")) } }
    }
}

/// The page of one incident.
pub async fn one(shell: &Shell<'_>, id: &str) -> Response {
    match shell.shared.store.incident(id).await {
        Ok(Some(detail)) => {
            let title = detail.incident.title.clone();
            let content = html! {
                main.sheet #content tabindex="-1" { div data-live={ "/console/incidents/" (id) "/part" } data-topics="*" { (part(shell, &detail)) } }
            };
            shell.page(Place::Incidents, &title, &content)
        }
        Ok(None) => shell.nothing(Place::Incidents),
        Err(error) => shell.failed(Place::Incidents, &error.to_string()),
    }
}

/// What of the page changes while it is open.
pub fn part(shell: &Shell<'_>, detail: &IncidentDetail) -> Markup {
    let incident = &detail.incident;
    let now = shell.shared.clock.now();
    let open = incident.ended_at.is_none();
    let act = |verb: &str| format!("/api/v1/incidents/{}/{verb}", incident.id);
    html! {
        header.incident data-key="head" data-rev=(format!("{}{:?}{:?}", incident.phase, incident.acked_by, incident.heard_at)) {
            h1 dir="auto" { (incident.title) }
            p { (severity(shell, &incident.severity)) " " (state(shell, incident)) " " (labels(&incident.group_labels)) }
            p.soft {
                (near(incident.opened_at)) " → " @if let Some(ended) = incident.ended_at { (near(ended)) } @else { (shell.say("现在", "now")) }
                " · " (age(shell, incident.opened_at, incident.ended_at.unwrap_or(now))) " · " (incident.source) " › " (incident.receiver)
                " · " (shell.say("最近一次上报", "last heard of")) " " (near(incident.heard_at))
            }
            @if open {
                div.actions {
                    @if incident.acked_by.is_some() { button type="button" data-post=(act("unack")) { (shell.say("取消认领", "Unacknowledge")) } }
                    @else { button.primary type="button" data-post=(act("ack")) { (shell.say("认领", "Acknowledge")) } }
                    button type="button" data-post=(act("resolve")) data-confirm=(shell.say("把这个事件标为已恢复？", "Mark this incident as resolved?")) { (shell.say("标为已恢复", "Resolve")) }
                }
            }
        }
        section data-key="alerts" data-rev=(crate::util::id::hash_id(&[serde_json::to_string(&detail.instances).unwrap_or_default()])) {
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
        (messages(shell, detail))
        (timeline(shell, detail))
    }
}

fn messages(shell: &Shell<'_>, detail: &IncidentDetail) -> Markup {
    html! {
        section data-key="messages" data-rev=(crate::util::id::hash_id(&[serde_json::to_string(&(&detail.messages, &detail.jobs, &detail.batches)).unwrap_or_default()])) {
            h2 { (shell.say("消息", "Messages")) " (" (detail.messages.len()) ")" }
            @for message in &detail.messages {
                article.delivery {
                    (facts(shell, message))
                    @for job in detail.jobs.iter().filter(|job| job.message == message.id) {
                        p.owed.(job.state) {
                            a href={ "/console/deliveries/" (job.id) } { (phase(shell, &job.state)) }
                            ": " (job.kind) @if let Some(reason) = &job.reason { " · " (reason) } " · " (shell.say("不早于", "not before")) " " (near(job.due_at))
                        }
                    }
                    @for batch in detail.batches.iter().filter(|batch| batch.message == message.id) {
                        p.soft { (shell.say("批量", "batch")) " " code { (serde_json::to_string(batch).unwrap_or_default()) } }
                    }
                }
            }
        }
    }
}

fn facts(shell: &Shell<'_>, message: &MessageView) -> Markup {
    html! {
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
            @if let Some(digest) = &message.digest { " · " (shell.say("在汇总里", "in the digest")) " " code { (digest) } }
        }
    }
}

fn timeline(shell: &Shell<'_>, detail: &IncidentDetail) -> Markup {
    let hidden = detail.attempts.len().saturating_sub(CALLS);
    html! {
        section data-key="calls" data-rev=(detail.attempts.first().map_or(0, |attempt| attempt.at.as_millisecond())) {
            h2 { (shell.say("调用", "Calls")) " (" (detail.attempts.len()) ")" }
            (attempts(shell, detail.attempts.iter().take(CALLS)))
            @if hidden > 0 { p.hint { "+ " (hidden) } }
        }
    }
}

/// Calls as rows, newest first.
pub fn attempts<'v>(shell: &Shell<'_>, attempts: impl Iterator<Item = &'v AttemptView>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(shell.say("调用", "Calls")) {
            table.list {
                thead { tr {
                    th { (shell.say("时间", "Time")) } th { (shell.say("接口", "Endpoint")) } th { "HTTP" } th { (shell.say("错误码", "Code")) } th { (shell.say("类别", "Class")) }
                    th { (shell.say("耗时", "Took")) } th { (shell.say("步骤", "Step")) } th { (shell.say("说明", "Note")) } th { "log_id" }
                } }
                tbody {
                    @for attempt in attempts {
                        tr.{ @if attempt.class != "ok" { "bad" } } {
                            td { (near(attempt.at)) } td { (attempt.endpoint) span.soft { " " (attempt.via) } } td { (attempt.http) } td { @if let Some(code) = attempt.code { (code) } }
                            td { (attempt.class) } td { (attempt.duration_ms) " ms" } td { (attempt.step) " r" (attempt.revision) } td dir="auto" { (attempt.note) }
                            td { @if let Some(id) = &attempt.log_id { code { (id) } } }
                        }
                    }
                }
            }
        }
    }
}

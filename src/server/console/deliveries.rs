//! What is owed and what was given up: the list with its filters, one job with its calls, targets that are parked.

use super::incidents::attempts;
use super::shell::{Place, Shell};
use super::view::{near, phase, severity};
use crate::store::{JobFilter, JobView, ParkedView};
use crate::web::assets;
use axum::response::Response;
use maud::{Markup, html};

/// Rows of a page.
const PAGE: u32 = 50;

/// Which jobs.
#[derive(Debug, Default, Clone, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    /// `ready`, `parked`, `dead`; all unless given.
    pub state: Option<String>,
    /// Part of the target.
    pub target: Option<String>,
    /// Source name.
    pub source: Option<String>,
    /// Older than this id.
    pub before: Option<String>,
}

impl Asked {
    fn filled(text: Option<&String>) -> Option<String> {
        text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// The same wishes as a query, from another row on.
    fn query(&self, before: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("state", &self.state), ("target", &self.target), ("source", &self.source)] {
            if let Some(value) = Self::filled(value.as_ref()) {
                query.append_pair(name, &value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", before);
        }
        query.finish()
    }
}

/// The page.
pub async fn page(shell: &Shell<'_>, asked: &Asked) -> Response {
    let part = match part(shell, asked).await {
        Ok(part) => part,
        Err(why) => return shell.failed(Place::Deliveries, &why),
    };
    let sources: Vec<String> = shell.shared.live.load().sources.keys().cloned().collect();
    let states = [
        ("", shell.say("全部", "all")),
        ("ready", phase(shell, "ready")),
        ("parked", phase(shell, "parked")),
        ("dead", phase(shell, "dead")),
    ];
    let query = asked.query(asked.before.as_deref());
    let content = html! {
        main.sheet #content tabindex="-1" {
            h1 { (shell.say("投递与死信", "Deliveries and dead letters")) }
            form.filter method="get" action="/console/deliveries" {
                label { span { (shell.say("状态", "State")) }
                    select name="state" { @for (value, name) in states { option value=(value) selected[asked.state.as_deref().unwrap_or("") == value] { (name) } } } }
                label { span { (shell.say("目标", "Target")) } input name="target" value=(asked.target.as_deref().unwrap_or("")) placeholder="chat:"; }
                label { span { (shell.say("来源", "Source")) }
                    select name="source" { option value="" { (shell.say("全部", "all")) } @for name in &sources { option selected[asked.source.as_deref() == Some(name)] { (name) } } } }
                button { (shell.say("筛选", "Filter")) }
            }
            div data-live={ "/console/deliveries/part?" (query) } data-topics="*" { (part) }
        }
    };
    shell.page_with(Place::Deliveries, shell.say("投递", "Deliveries"), &content, &[&assets::CONSOLE_SCRIPT])
}

/// What of the page changes while it is open.
pub async fn part(shell: &Shell<'_>, asked: &Asked) -> Result<Markup, String> {
    let filter = JobFilter {
        state: Asked::filled(asked.state.as_ref()),
        target: Asked::filled(asked.target.as_ref()),
        source: Asked::filled(asked.source.as_ref()),
        before: asked.before.clone(),
        limit: PAGE + 1,
    };
    let mut jobs = shell.shared.store.jobs(&filter).await.map_err(|error| error.to_string())?;
    let parked = shell.shared.store.parked().await.map_err(|error| error.to_string())?;
    let more = jobs.len() > PAGE as usize;
    jobs.truncate(PAGE as usize);
    Ok(html! {
        (parked_targets(shell, &parked))
        section data-key="jobs" data-rev=(crate::util::id::hash_id(&[serde_json::to_string(&jobs).unwrap_or_default()])) {
            @if jobs.is_empty() { p.hint { (shell.say("没有要做的，也没有死信。", "Nothing is owed, and there are no dead letters.")) } }
            @else { (table(shell, &jobs)) }
            @if let (true, Some(last)) = (more, jobs.last()) {
                p { a.button href={ "/console/deliveries?" (asked.query(Some(&last.id))) } { (shell.say("更早的", "Older")) } }
            }
        }
    })
}

fn parked_targets(shell: &Shell<'_>, parked: &[ParkedView]) -> Markup {
    html! {
        section data-key="parked" data-rev=(crate::util::id::hash_id(&[serde_json::to_string(parked).unwrap_or_default()])) {
            @if !parked.is_empty() {
                div.parked {
                    h2 { (shell.say("搁置的目标", "Parked targets")) " (" (parked.len()) ")" }
                    ul { @for target in parked {
                        li { code { (target.via) " " (target.target) } " " span dir="auto" { (target.reason) } " · " (shell.say("下次试", "next try")) " " (near(target.probe_at)) }
                    } }
                    button type="button" data-post="/api/v1/parked/retry" data-done=(shell.say("正在重试", "Trying again")) { (shell.say("现在都再试", "Try them all now")) }
                }
            }
        }
    }
}

fn table(shell: &Shell<'_>, jobs: &[JobView]) -> Markup {
    html! {
        div.bulk data-bulk {
            label { input type="checkbox" data-all; span.inline { (shell.say("全选本页", "All of this page")) } }
            button type="button" data-each="retry" { (shell.say("重试所选", "Retry the chosen")) }
            button.danger type="button" data-each="drop" data-sure=(shell.say("丢弃所选？它们不会再被发送。", "Drop the chosen? They will not be sent.")) { (shell.say("丢弃所选", "Drop the chosen")) }
        }
        div.scroll tabindex="0" role="region" aria-label=(shell.say("任务", "Jobs")) {
            table.list {
                thead { tr {
                    th {} th { (shell.say("状态", "State")) } th { (shell.say("级别", "Severity")) } th { (shell.say("告警", "Alert")) } th { (shell.say("目标", "Target")) }
                    th { (shell.say("欠于", "Owed since")) } th { (shell.say("次数", "Tries")) } th { (shell.say("原因", "Reason")) } th {}
                } }
                tbody {
                    @for job in jobs {
                        tr {
                            td { input type="checkbox" value=(job.id) data-job aria-label={ (shell.say("选择", "Choose")) " " (job.title) }; }
                            td { a.phase.(job.state) href={ "/console/deliveries/" (job.id) } { (phase(shell, &job.state)) } }
                            td { (severity(shell, &job.severity)) }
                            td dir="auto" { a href={ "/console/incidents/" (job.incident) } { (job.title) } span.soft { " " (job.source) } }
                            td dir="auto" { (job.target) span.soft { " " (job.via) } }
                            td { (near(job.created_at)) } td { (job.attempts) } td.reason dir="auto" { (job.reason.as_deref().unwrap_or("")) }
                            td { (buttons(shell, job)) }
                        }
                    }
                }
            }
        }
    }
}

fn buttons(shell: &Shell<'_>, job: &JobView) -> Markup {
    html! {
        button.quiet type="button" data-post={ "/api/v1/jobs/" (job.id) "/retry" } data-done=(shell.say("正在重试", "Trying again")) { (shell.say("重试", "Retry")) }
        button.quiet.danger type="button" data-post={ "/api/v1/jobs/" (job.id) "/drop" } data-confirm={ (shell.say("丢弃？", "Drop it?")) " " (job.title) " → " (job.target) } { (shell.say("丢弃", "Drop")) }
    }
}

/// The page of one job.
pub async fn one(shell: &Shell<'_>, id: &str) -> Response {
    let (job, made) = match shell.shared.store.job(id).await {
        Ok(Some(found)) => found,
        Ok(None) => return shell.nothing(Place::Deliveries),
        Err(error) => return shell.failed(Place::Deliveries, &error.to_string()),
    };
    let content = html! {
        main.sheet #content tabindex="-1" {
            h1 dir="auto" { (job.title) " → " (job.target) }
            p { span.phase.(job.state) { (phase(shell, &job.state)) } " " (severity(shell, &job.severity)) " " span.soft { (job.kind) " · " (job.via) } }
            @if let Some(reason) = &job.reason { p.refused dir="auto" { (reason) } }
            dl.facts {
                dt { (shell.say("事件", "Incident")) } dd { a href={ "/console/incidents/" (job.incident) } { (job.title) } }
                dt { (shell.say("来源", "Source")) } dd { (job.source) }
                dt { (shell.say("欠于", "Owed since")) } dd { (near(job.created_at)) }
                dt { (shell.say("不早于", "Not before")) } dd { (near(job.due_at)) }
                dt { (shell.say("次数", "Tries")) } dd { (job.attempts) @if !job.step.is_empty() { " · " code { (job.step) } } }
            }
            div.actions {
                button.primary type="button" data-post={ "/api/v1/jobs/" (job.id) "/retry" } data-go={ "/console/incidents/" (job.incident) } { (shell.say("重试", "Retry")) }
                button.danger type="button" data-post={ "/api/v1/jobs/" (job.id) "/drop" } data-go="/console/deliveries" data-confirm=(shell.say("丢弃？", "Drop it?")) { (shell.say("丢弃", "Drop")) }
            }
            h2 { (shell.say("调用", "Calls")) " (" (made.len()) ")" }
            (attempts(shell, made.iter()))
        }
    };
    shell.page(Place::Deliveries, &job.title, &content)
}

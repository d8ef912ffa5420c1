//! What is owed and what was given up: the list with its filters, one job with its calls, targets that are parked.

use super::incidents::attempts;
use super::shell::{Place, Shell};
use super::view::{near, phase, severity};
use crate::server::api::jobs;
use crate::store::{JobState, JobView, ParkedView};
use crate::util::{clock, duration};
use crate::web::assets;
use axum::response::Response;
use jiff::Timestamp;
use maud::{Markup, html};

/// Rows of a page.
const PAGE: u32 = 50;

/// Which jobs, as the form says; what is empty asks for nothing.
#[derive(Debug, Default, Clone, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    /// `ready`, `parked`, `dead`; all unless given.
    pub state: Option<String>,
    /// Part of the target.
    pub target: Option<String>,
    /// Source name.
    pub source: Option<String>,
    /// Part of the reason.
    pub reason: Option<String>,
    /// Owed for so long at the most: `15m`, `1d`.
    pub within: Option<String>,
    /// Where the page begins.
    pub before: Option<String>,
}

impl Asked {
    fn pairs(&self) -> [(&'static str, Option<&str>); 5] {
        [
            ("state", trimmed(self.state.as_deref())),
            ("target", trimmed(self.target.as_deref())),
            ("source", trimmed(self.source.as_deref())),
            ("reason", trimmed(self.reason.as_deref())),
            ("within", trimmed(self.within.as_deref())),
        ]
    }

    /// The same wishes as a query, from another row on.
    fn query(&self, before: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.pairs() {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        if let Some(before) = before {
            query.append_pair("before", before);
        }
        query.finish()
    }

    /// Whether it names an age that is none.
    fn is_vague(&self) -> bool {
        trimmed(self.within.as_deref()).is_some_and(|within| duration::parse(within).is_err())
    }

    fn filter(&self, now: Timestamp) -> jobs::Filter {
        let text = |value: &Option<String>| trimmed(value.as_deref()).map(str::to_owned);
        let within = trimmed(self.within.as_deref()).and_then(|within| duration::parse(within).ok());
        let state = match trimmed(self.state.as_deref()) {
            Some("ready") => Some(JobState::Ready),
            Some("parked") => Some(JobState::Parked),
            Some("dead") => Some(JobState::Dead),
            _ => None,
        };
        jobs::Filter {
            state,
            target: text(&self.target),
            source: text(&self.source),
            reason: text(&self.reason),
            since: within.map(|within| clock::before(now, within)),
            until: None,
            before: self.before.clone(),
            limit: Some(PAGE),
        }
    }
}

fn trimmed(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
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
                label { span { (shell.say("原因", "Reason")) } input name="reason" value=(asked.reason.as_deref().unwrap_or("")) placeholder="230002"; }
                label { span { (shell.say("多久以内", "Owed within")) } input name="within" value=(asked.within.as_deref().unwrap_or("")) placeholder="1h, 2d" size="6"; }
                button { (shell.say("筛选", "Filter")) }
            }
            div data-live={ "/console/deliveries/part?" (query) } data-topics="*" { (part) }
        }
    };
    shell.page_with(Place::Deliveries, shell.say("投递", "Deliveries"), &content, &[&assets::CONSOLE_SCRIPT])
}

/// What of the page changes while it is open.
pub async fn part(shell: &Shell<'_>, asked: &Asked) -> Result<Markup, String> {
    let filter = asked.filter(shell.shared.clock.now());
    let found = jobs::page(shell.shared, filter).await.map_err(|error| error.message)?;
    let parked = shell.shared.store.parked().await.map_err(|error| error.to_string())?;
    let jobs = found.items;
    Ok(html! {
        @if asked.is_vague() {
            p.refused data-key="within" data-rev="0" { (shell.say("“多久以内”要写成 15m、2h、1d；这次没有按它筛选。", "“Owed within” is written 15m, 2h or 1d; it was not used.")) }
        }
        (parked_targets(shell, &parked))
        section data-key="jobs" data-rev=(crate::util::id::hash_id(&[serde_json::to_string(&jobs).unwrap_or_default()])) {
            @if jobs.is_empty() { p.hint { (shell.say("没有要做的，也没有死信。", "Nothing is owed, and there are no dead letters.")) } }
            @else { (table(shell, asked, &jobs)) }
            @if let Some(next) = &found.next {
                p { a.button href={ "/console/deliveries?" (asked.query(Some(next))) } { (shell.say("更早的", "Older")) } }
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

fn table(shell: &Shell<'_>, asked: &Asked, jobs: &[JobView]) -> Markup {
    // All that the filter finds, not only this page: the API takes them by the hundred.
    let pairs = asked.pairs().into_iter().filter(|(name, _)| *name != "within").filter_map(|(name, value)| Some((name, value?)));
    let filter_json = serde_json::to_string(&pairs.collect::<std::collections::BTreeMap<_, _>>()).unwrap_or_default();
    let can_all = trimmed(asked.state.as_deref()).is_some() && trimmed(asked.within.as_deref()).is_none();
    html! {
        div.bulk data-bulk data-filter=(filter_json) {
            label { input type="checkbox" data-all; span.inline { (shell.say("全选本页", "All of this page")) } }
            button type="button" data-each="retry" { (shell.say("重试所选", "Retry the chosen")) }
            button.danger type="button" data-each="drop" data-sure=(shell.say("丢弃所选？它们不会再被发送。", "Drop the chosen? They will not be sent.")) { (shell.say("丢弃所选", "Drop the chosen")) }
            @if can_all {
                button type="button" data-whole="retry" data-sure=(shell.say("重试筛选出的全部？", "Retry all that the filter finds?")) { (shell.say("重试全部", "Retry all of them")) }
                button.danger type="button" data-whole="drop" data-sure=(shell.say("丢弃筛选出的全部？它们不会再被发送。", "Drop all that the filter finds? They will not be sent.")) { (shell.say("丢弃全部", "Drop all of them")) }
            }
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
            @if job.state == "dead" {
                form.filter data-post={ "/api/v1/jobs/" (job.id) "/retry" } data-go={ "/console/incidents/" (job.incident) } {
                    label { span { (shell.say("发到别的目标", "Send it to another target")) } input name="to" required placeholder="chat:oc_…, bot:NAME, email:…"; }
                    button { (shell.say("改目标并重试", "Change the target and retry")) }
                }
            }
            h2 { (shell.say("调用", "Calls")) " (" (made.len()) ")" }
            (attempts(shell, made.iter()))
        }
    };
    shell.page(Place::Deliveries, &job.title, &content)
}

//! Incidents: the list, and what lists of them share.

use super::shell::{Place, Shell};
use super::view::{age, labels, near, phase, severity};
use crate::server::api::incidents as api;
use crate::store::{AttemptView, IncidentView};
use axum::response::Response;
use maud::{Markup, html};

/// Which incidents, as the form says; what is empty asks for nothing.
#[derive(Debug, Default, Clone, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    /// `open`, `closed`; all unless given.
    pub state: Option<String>,
    /// `critical`, `warning`, `info`.
    pub severity: Option<String>,
    /// Source name.
    pub source: Option<String>,
    /// Words of the name or the labels.
    pub text: Option<String>,
    /// Where the page begins.
    pub before: Option<String>,
}

impl Asked {
    fn query(&self, before: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("state", &self.state), ("severity", &self.severity), ("source", &self.source), ("text", &self.text)] {
            if let Some(value) = value.as_deref().filter(|value| !value.is_empty()) {
                query.append_pair(name, value);
            }
        }
        query.append_pair("before", before).finish()
    }

    fn filter(&self) -> api::Filter {
        let text = |value: &Option<String>| value.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        api::Filter {
            state: match self.state.as_deref() {
                Some("open") => Some(api::Openness::Open),
                Some("closed") => Some(api::Openness::Closed),
                _ => None,
            },
            severity: text(&self.severity).and_then(|word| serde_json::from_value(word.into()).ok()),
            source: text(&self.source),
            text: text(&self.text),
            before: self.before.clone(),
            limit: None,
        }
    }
}

/// The page of the list.
pub async fn page(shell: &Shell<'_>, asked: &Asked) -> Response {
    let found = match api::page(shell.shared, asked.filter()).await {
        Ok(found) => found,
        Err(error) => return shell.failed(Place::Incidents, &error.message),
    };
    let sources: Vec<String> = shell.shared.live.load().sources.keys().cloned().collect();
    let option = |value: &'static str, name: &'static str, now: &Option<String>| {
        html! { option value=(value) selected[now.as_deref().unwrap_or("") == value] { (name) } }
    };
    let all = shell.say("全部", "all");
    let content = html! {
        main.sheet #content tabindex="-1" {
            h1 { (shell.say("事件", "Incidents")) }
            form.filter method="get" action="/console/incidents" {
                label { span { (shell.say("状态", "State")) } select name="state" {
                    (option("", all, &asked.state)) (option("open", shell.say("进行中", "open"), &asked.state)) (option("closed", shell.say("已结束", "closed"), &asked.state)) } }
                label { span { (shell.say("级别", "Severity")) } select name="severity" {
                    (option("", all, &asked.severity)) (option("critical", shell.say("严重", "critical"), &asked.severity))
                    (option("warning", shell.say("警告", "warning"), &asked.severity)) (option("info", shell.say("提示", "info"), &asked.severity)) } }
                label { span { (shell.say("来源", "Source")) } select name="source" { option value="" { (all) } @for name in &sources { option selected[asked.source.as_deref() == Some(name)] { (name) } } } }
                label { span { (shell.say("文字", "Text")) } input name="text" value=(asked.text.as_deref().unwrap_or("")); }
                button { (shell.say("筛选", "Filter")) }
            }
            (table(shell, &found.items))
            @if found.items.is_empty() { p.hint { (shell.say("没有。", "None.")) } }
            @if let Some(next) = &found.next { p { a.button href={ "/console/incidents?" (asked.query(next)) } { (shell.say("更早的", "Older")) } } }
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

/// Where it stands, and who took it.
pub fn state(shell: &Shell<'_>, incident: &IncidentView) -> Markup {
    html! {
        span.phase.(incident.phase) { (phase(shell, &incident.phase)) }
        @if let Some(by) = &incident.acked_by { span.flag dir="auto" { (by) " " (shell.say("已认领", "acknowledged")) } }
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

//! Who did what: the audit log.

use super::shell::{Place, Shell};
use super::view::near;
use crate::server::api::audit;
use axum::response::Response;
use maud::html;

/// Where the page begins, and whose entries.
#[derive(Debug, Default, Clone, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Only of this user.
    pub who: Option<String>,
    /// Where the page begins.
    pub before: Option<String>,
}

/// The page.
pub async fn page(shell: &Shell<'_>, asked: Asked) -> Response {
    let who = asked.who.filter(|who| !who.trim().is_empty());
    let filter = audit::Filter { who: who.clone(), before: asked.before, ..audit::Filter::default() };
    let found = match audit::page(shell.shared, filter).await {
        Ok(found) => found,
        Err(error) => return shell.failed(Place::Configuration, &error.message),
    };
    let content = html! {
        main.sheet #content tabindex="-1" {
            h1 { (shell.say("谁做了什么", "Who did what")) }
            form.filter method="get" action="/console/audit" {
                label { span { (shell.say("谁", "Who")) } input name="who" value=(who.as_deref().unwrap_or("")); }
                button { (shell.say("筛选", "Filter")) }
            }
            div.scroll tabindex="0" role="region" aria-label=(shell.say("审计", "Audit log")) {
                table.list {
                    thead { tr { th { (shell.say("时间", "Time")) } th { (shell.say("谁", "Who")) } th { (shell.say("从哪里", "From")) } th { (shell.say("动作", "Action")) } th { (shell.say("对象", "Object")) } th { (shell.say("结果", "Result")) } } }
                    tbody {
                        @for entry in &found.items {
                            tr.{ @if entry.result != "ok" { "bad" } } {
                                td { (near(entry.at)) } td dir="auto" { (entry.who) } td { (entry.peer) } td { (entry.action) }
                                td dir="auto" { @match &entry.incident { Some(id) => a href={ "/console/incidents/" (id) } { (entry.object) }, None => (entry.object) } } td { (entry.result) }
                            }
                        }
                    }
                }
            }
            @if found.items.is_empty() { p.hint { (shell.say("没有。", "None.")) } }
            @if let Some(next) = &found.next { p { a.button href={ "/console/audit?before=" (next) @if let Some(who) = &who { "&who=" (url::form_urlencoded::byte_serialize(who.as_bytes()).collect::<String>()) } } { (shell.say("更早的", "Older")) } } }
        }
    };
    shell.page(Place::Configuration, shell.say("审计", "Audit log"), &content)
}

//! What runs: the effective configuration with its secrets masked, findings, the last reload.

use super::shell::{Place, Shell};
use super::view::{near, pretty};
use crate::server::api::config;
use crate::verbs::check;
use axum::response::Response;
use maud::{Markup, html};

/// The page.
pub fn page(shell: &Shell<'_>) -> Response {
    let content = html! { main.sheet #content tabindex="-1" { h1 { (shell.say("配置", "Configuration")) } div data-live="/console/configuration/part" data-topics="*" { (part(shell)) } } };
    shell.page(Place::Configuration, shell.say("配置", "Configuration"), &content)
}

/// What of the page changes while it is open.
pub fn part(shell: &Shell<'_>) -> Markup {
    let last = shell.shared.reload.last.borrow().clone();
    let live = shell.shared.live.load_full();
    let settings = pretty(&live.settings.redacted());
    let templates = live.renderer.templates();
    html! {
        section data-key="reload" data-rev=(last.at.as_millisecond()) {
            p {
                @if last.ok { span.phase.resolved { (shell.say("已生效", "taken over")) } } @else { span.phase.firing { (shell.say("未生效，仍用旧的", "not taken over, the one before still runs")) } }
                " " (shell.say("最近一次加载", "last loaded")) " " (near(last.at)) " · " (shell.say("运行自", "running since")) " " (near(last.running_since))
            }
            @if !last.findings.is_empty() {
                h2 { (shell.say("发现", "Findings")) " (" (last.findings.len()) ")" }
                @for finding in &last.findings { pre.finding tabindex="0" dir="auto" { (finding) } }
            }
            @if !last.needs_restart.is_empty() {
                p.note { (shell.say("重启后才生效：", "Taken over by a restart: ")) (last.needs_restart.join(", ")) }
            }
            button type="button" data-post="/-/reload" data-done=(shell.say("已重新加载", "Reloaded")) { (shell.say("重新加载", "Reload")) }
            " " a.button href="/console/audit" { (shell.say("谁做了什么", "Who did what")) }
        }
        section data-key="templates" data-rev=(templates.len()) {
            h2 { (shell.say("模板", "Templates")) " (" (templates.len()) ")" }
            p.labels { @for (name, kind, origin) in &templates { code.label { (name) "." (kind.as_str()) } @if format!("{origin:?}") != "BuiltIn" { span.flag { (shell.say("自定义", "yours")) } } " " } }
        }
        (people(shell))
        section data-key="settings" data-rev=(crate::util::id::hash_id(&[settings.as_str()])) {
            h2 { (shell.say("生效的配置", "Effective configuration")) }
            p.hint { (shell.say("密钥已遮住。", "Secrets are masked.")) }
            button.quiet type="button" data-copy-from="settings" { (shell.say("复制", "Copy")) }
            pre tabindex="0" #settings { (settings) }
        }
    }
}

/// Whom the configuration names, what is known of them, and what the platform said when it was last asked.
fn people(shell: &Shell<'_>) -> Markup {
    let found = config::people(shell.shared);
    let revision = crate::util::id::hash_id(&[serde_json::to_string(&found).unwrap_or_default()]);
    html! {
        section data-key="people" data-rev=(revision) {
            h2 { (shell.say("人与群", "People and chats")) }
            @if !found.people.is_empty() {
                div.scroll tabindex="0" role="region" aria-label=(shell.say("人", "People")) {
                    table.list {
                        thead { tr { th { (shell.say("地址", "Address")) } th { (shell.say("应用", "App")) } th { (shell.say("状态", "State")) } th { "open_id" } } }
                        tbody { @for known in &found.people {
                            tr.{ @if known.state == "not_found" || known.state == "failed" { "bad" } } {
                                td dir="auto" { (known.address) } td { (known.app) } td { (known.state) @if let Some(reason) = &known.reason { " · " span dir="auto" { (reason) } } }
                                td { @if let Some(id) = &known.open_id { code { (id) } } }
                            }
                        } }
                    }
                }
            }
            p { button type="button" data-post="/api/v1/check-live" data-done=(shell.say("问过了", "Asked")) { (shell.say("向平台核对", "Check with the platform")) }
                " " span.soft { (shell.say("凭证、机器人是否在群、人是否找得到；不发消息", "credentials, is the bot in each chat, are people found; nothing is sent")) } }
            @if let Some(checked) = &found.checked {
                p { (near(checked.at)) " " @if checked.ok { span.phase.resolved { (shell.say("都好", "all well")) } } @else { span.phase.firing { (shell.say("有问题", "something is wrong")) } } }
                ul { @for answer in &checked.answers {
                    li.{ @if answer.result == check::Result::Bad { "down" } } { code { (answer.about) } " " span dir="auto" { (answer.says) } }
                } }
            }
        }
    }
}

//! What runs: the effective configuration with its secrets masked, findings, the last reload.

use super::shell::{Place, Shell};
use super::view::{near, pretty};
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
        }
        section data-key="templates" data-rev=(templates.len()) {
            h2 { (shell.say("模板", "Templates")) " (" (templates.len()) ")" }
            p.labels { @for (name, kind, origin) in &templates { code.label { (name) "." (kind.as_str()) } @if format!("{origin:?}") != "BuiltIn" { span.flag { (shell.say("自定义", "yours")) } } " " } }
        }
        section data-key="settings" data-rev=(crate::util::id::hash_id(&[settings.as_str()])) {
            h2 { (shell.say("生效的配置", "Effective configuration")) }
            p.hint { (shell.say("密钥已遮住。", "Secrets are masked.")) }
            button.quiet type="button" data-copy-from="settings" { (shell.say("复制", "Copy")) }
            pre tabindex="0" #settings { (settings) }
        }
    }
}

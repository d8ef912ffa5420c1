//! The playground: a payload, a template that is being written, and the messages it becomes, drawn while one types.

use super::shell::{Place, Shell};
use super::view::{pretty, size};
use crate::draw;
use crate::preview::{PreviewMessage, Stage};
use crate::server::api::{events, templates, tools};
use crate::server::error::ApiError;
use crate::web::{Lang, assets, page};
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value, json};

/// Real payloads that can be picked.
const RECENT: u32 = 20;
/// Depth and entries of the data tree.
const DEEP: usize = 6;
const ENTRIES: usize = 60;
const SAMPLE: &str = include_str!("sample.json");

/// The page.
pub async fn page(shell: &Shell<'_>) -> Response {
    let recent = events::page(shell.shared, events::Filter { limit: Some(RECENT), ..events::Filter::default() }).await;
    let recent = recent.map(|page| page.items).unwrap_or_default();
    let listing = templates::all(shell.shared);
    let sources: Vec<String> = shell.shared.live.load().sources.keys().cloned().collect();
    let content = html! {
        main.playground #content tabindex="-1" data-writable=(listing.writable) {
            form #play.editors {
                h1 { (shell.say("模板试验场", "Playground")) }
                div.row {
                    label { span { (shell.say("数据", "Payload")) } select #payload-pick {
                        option value="" { (shell.say("示例", "sample")) }
                        @for event in &recent { option value={ "/api/v1/events/" (event.id) "/payload" } data-source=(event.source) { (event.source) " " (event.received_at.strftime("%m-%d %H:%M:%S")) " " (event.id.get(..13).unwrap_or_default()) } }
                    } }
                    label { span { (shell.say("来源", "Source")) } select name="source" #source { option value="" { (shell.say("自动", "by its shape")) } @for name in &sources { option { (name) } } } }
                    label { span { (shell.say("语言", "Words")) } select name="locale" #locale { option value="zh" selected[shell.viewer.lang == Lang::Zh] { "中文" } option value="en" selected[shell.viewer.lang == Lang::En] { "English" } } }
                }
                label.block { span { (shell.say("webhook 正文", "A webhook's body")) } textarea name="payload" #payload rows="8" spellcheck="false" { (SAMPLE) } }
                div.row {
                    label { span { (shell.say("模板", "Template")) } select #template {
                        @for listed in &listing.items { @if !listed.name.starts_with("partials/") { option value=(listed.name) selected[listed.name == "incident.card"] { (listed.name) @if listed.used { " ●" } } } }
                    } }
                    button #save type="button" { (if listing.writable { shell.say("保存", "Save") } else { shell.say("下载", "Download") }) }
                    @if !listing.writable { span.soft { (shell.say("要能保存，设 ui.save_templates: true", "to save here set ui.save_templates: true")) } }
                }
                div.code {
                    pre #painted aria-hidden="true" {}
                    textarea #text rows="24" spellcheck="false" autocomplete="off" aria-label=(shell.say("模板文本", "Text of the template")) aria-describedby="findings" {}
                }
                ol #findings aria-live="polite" {}
                details { summary { (shell.say("助手函数", "Helpers")) } dl.helpers #helpers {
                    @for helper in templates::help().helpers { dt { button.quiet type="button" data-insert=(helper.example) { (helper.name) } } dd { code { (helper.example) } " " (shell.say(helper.zh, helper.en)) } }
                } }
            }
            section.results #results aria-live="polite" aria-label=(shell.say("结果", "Result")) { p.hint { (shell.say("正在画…", "Drawing…")) } }
        }
    };
    shell.page_with(Place::Playground, shell.say("模板试验场", "Playground"), &content, &[&assets::PLAYGROUND])
}

/// What a payload becomes, as a part of the page; findings stand in an attribute for the editor.
pub async fn drawn(shell: &Shell<'_>, asked: tools::Try) -> Response {
    match tools::render_now(shell.shared, asked).await {
        Ok(drawn) => page::part(results(shell, &drawn)),
        Err(error) => page::part(refused(&error)),
    }
}

fn refused(error: &ApiError) -> Markup {
    let at = error.at.as_deref().unwrap_or_default();
    html! { div.drawn data-findings="[]" { p.refused dir="auto" { (error.message) @if !at.is_empty() { " (" code { (at) } ")" } } } }
}

fn results(shell: &Shell<'_>, drawn: &tools::Drawn) -> Markup {
    let findings = json!(drawn.findings).to_string();
    let data = drawn.preview.messages.iter().find_map(|message| message.data.as_ref());
    html! {
        div.drawn data-findings=(findings) {
            @for note in &drawn.preview.notes { p.note dir="auto" { (note) } }
            @for message in &drawn.preview.messages { (one(shell, shell.say("这个数据", "this payload"), message)) }
            @for stage in &drawn.stages { @for message in stage.messages.iter().take(1) { (one(shell, name(shell, stage.stage), message)) } }
            @if drawn.preview.messages.is_empty() && drawn.findings.is_empty() { p.hint { (shell.say("路由不发送任何消息。", "The routes send nothing.")) } }
            @if let Some(data) = data {
                details.tree { summary { (shell.say("模板看到的数据（点一下插入）", "The data that templates see (press to insert)")) } (tree("", data, 0)) }
            }
        }
    }
}

fn name(shell: &Shell<'_>, stage: Stage) -> &'static str {
    match stage {
        Stage::First => shell.say("这个数据", "this payload"),
        Stage::Firing => shell.say("全部告警中", "everything fires"),
        Stage::Changed => shell.say("有变化后", "after a change"),
        Stage::Resolved => shell.say("全部恢复后", "when all is over"),
    }
}

fn one(shell: &Shell<'_>, title: &str, message: &PreviewMessage) -> Markup {
    let over = message.bytes > message.limit_bytes;
    html! {
        article.result {
            h2 { (title) " " span.soft { (message.template_used) " · " (message.msg_type) " · " span.{ @if over { "over" } } { (size(message.bytes)) " / " (size(message.limit_bytes)) } @if message.omitted > 0 { " · −" (message.omitted) } } }
            @for problem in &message.problems { p.refused dir="auto" { (problem) } }
            @for warning in &message.warnings { p.note dir="auto" { (warning) } }
            (draw::message(message.msg_type, &message.content, &shell.look()))
            details { summary { "JSON" } pre.content tabindex="0" { (pretty(&message.content)) } }
            @if message.problems.is_empty() {
                form.send data-msg-type=(message.msg_type) {
                    label { span { (shell.say("发到", "Send to")) } input name="to" required placeholder="chat:oc_…, email:…, bot:NAME" value=(message.targets.first().map_or("", String::as_str)); }
                    button { (shell.say("发送", "Send")) }
                }
            }
        }
    }
}

/// The data as a tree; each name inserts its path.
fn tree(path: &str, value: &Value, depth: usize) -> Markup {
    let below = |name: &str| match (path.is_empty(), name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')) {
        (true, true) => name.to_owned(),
        (true, false) => format!("[{name}]"),
        (false, true) => format!("{path}.{name}"),
        (false, false) => format!("{path}.[{name}]"),
    };
    let entries: Vec<(String, String, &Value)> = match value {
        Value::Object(object) => object.iter().take(ENTRIES).map(|(name, value)| (name.clone(), below(name), value)).collect(),
        Value::Array(items) => items.iter().take(3).enumerate().map(|(n, value)| (n.to_string(), format!("{path}.[{n}]"), value)).collect(),
        _ => Vec::new(),
    };
    html! {
        ul {
            @for (name, path, value) in &entries {
                li {
                    button.quiet type="button" data-insert={ "{{" (path) "}}" } { (name) }
                    @match value {
                        Value::Object(_) | Value::Array(_) if depth < DEEP => (tree(path, value, depth + 1)),
                        Value::Object(_) | Value::Array(_) => span.soft { " …" },
                        Value::String(text) => span.soft dir="auto" { " " (text.chars().take(80).collect::<String>()) },
                        other => span.soft { " " (other) },
                    }
                }
            }
        }
    }
}

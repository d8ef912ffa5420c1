//! The latest calls, refused ones among them, and one call as it went over the wire.

use super::curl;
use super::shell::Shell;
use crate::draw;
use crate::sandbox::answer::words;
use crate::sandbox::exchanges::Exchange;
use crate::web::pieces::{body, near};
use maud::{Markup, html};
use serde_json::Value;
use std::sync::Arc;

/// Calls listed.
const LISTED: usize = 200;

/// The page.
pub(super) fn page(shell: &Shell<'_>) -> Markup {
    html! {
        main.sheet #content tabindex="-1" {
            h1 { (shell.say("调用", "Calls")) }
            p.hint { (shell.say("平台收到的最近调用，新的在前。被拒绝的也在这里，带错误码。", "The latest calls of the platform, newest first; refused ones with their code.")) }
            button.quiet type="button" data-post="/_sandbox/calls" data-method="DELETE" { (shell.say("清除记录", "Clear")) }
            div.scroll tabindex="0" role="region" aria-label=(shell.say("调用", "Calls")) {
                table {
                    thead { tr {
                        th { (shell.say("时间", "Time")) } th { (shell.say("接口", "Endpoint")) } th { "HTTP" } th { (shell.say("错误码", "Code")) }
                        th { (shell.say("关于", "About")) } th { (shell.say("说明", "What it means")) }
                    } }
                    tbody data-live="/inbox/calls/list" data-topics="calls" { (list(shell)) }
                }
            }
        }
    }
}

/// The rows.
pub(super) fn list(shell: &Shell<'_>) -> Markup {
    let latest: Vec<Arc<Exchange>> = shell.shared.lock().exchanges.latest().take(LISTED).map(Arc::clone).collect();
    html! {
        @for exchange in &latest {
            tr.{ @if exchange.code != 0 || exchange.http >= 400 || exchange.http == 0 { "bad" } } data-key={ (exchange.request_id) (exchange.at.as_millisecond()) } data-rev="1" {
                td { (near(exchange.at)) }
                td { a href={ "/inbox/calls/" (exchange.request_id) } { (exchange.endpoint.as_str()) } }
                td { @if exchange.http == 0 { (shell.say("断开", "cut")) } @else { (exchange.http) } }
                td { (exchange.code) }
                td.about { code { (exchange.about) } }
                td { @if exchange.code != 0 { (words(exchange.code)) } @if exchange.fault { span.flag { (shell.say("人为故障", "by chaos")) } } }
            }
        }
    }
}

/// One call on a page of its own: what it wanted to say is drawn, also where it was refused.
pub(super) fn one(shell: &Shell<'_>, found: &Exchange) -> Markup {
    let json: Value = serde_json::from_slice(&found.body).unwrap_or_default();
    let content = json.get("content").map(|content| match content {
        Value::String(text) => serde_json::from_str(text).unwrap_or(Value::Null),
        object => object.clone(),
    });
    let msg_type = json.get("msg_type").and_then(Value::as_str).unwrap_or("interactive");
    let content = content.or_else(|| json.get("card").cloned()).filter(Value::is_object);
    let world = shell.names();
    html! {
        main.sheet #content tabindex="-1" {
            h1 { code { (found.endpoint.as_str()) } " " (near(found.at)) }
            @if found.code != 0 { p.refused { (found.code) ": " (words(found.code)) } }
            @if found.fault { p.note { (shell.say("这次调用的结果是人为故障。", "The outcome of this call is a fault on demand.")) } }
            @if let Some(content) = content {
                h2 { (shell.say("想说的内容", "What it wanted to say")) }
                div.drawn { (draw::message(msg_type, &content, &shell.look(&world))) }
            }
            (exchange(shell, found))
            p { a href="/inbox/calls" { (shell.say("所有调用", "All calls")) } }
        }
    }
}

/// Request and answer, with their headers.
pub(super) fn exchange(shell: &Shell<'_>, exchange: &Exchange) -> Markup {
    html! {
        details.exchange {
            summary { (shell.say("请求与响应", "Request and answer")) " " code { (exchange.method) " " (exchange.http) " / " (exchange.code) } }
            button.quiet type="button" data-copy=(curl::command(&shell.host, exchange)) { (shell.say("复制为 curl", "Copy as curl")) }
            h3 { (shell.say("请求", "Request")) }
            pre.wire tabindex="0" { (exchange.method) " " (exchange.target) "\n" (headers(&exchange.headers)) "\n" (body(&exchange.body)) }
            h3 { (shell.say("响应", "Answer")) }
            pre.wire tabindex="0" {
                @if exchange.http == 0 { (shell.say("连接被断开，没有响应。", "The connection was cut; there was no answer.")) }
                @else { "HTTP " (exchange.http) "\n" (headers(&exchange.answer_headers)) "\n" (body(&exchange.answer)) }
            }
        }
    }
}

fn headers(pairs: &[(String, String)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}

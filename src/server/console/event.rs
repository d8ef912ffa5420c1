//! One accepted body: what it did, the way of its alerts through the routes as they are now, and the body itself.

use super::routes::draw_way;
use super::shell::{Place, Shell};
use super::view::{near, size};
use crate::server::api::events;
use axum::response::Response;
use maud::html;

/// Bytes of a body that are shown.
const SHOWN: usize = 200_000;

/// The page.
pub async fn page(shell: &Shell<'_>, id: &str) -> Response {
    let Ok(detail) = events::one(shell.shared, id).await else { return shell.nothing(Place::Incidents) };
    let Ok((_, body)) = events::payload(shell.shared, id).await else { return shell.nothing(Place::Incidents) };
    let event = &detail.event.event;
    let text = crate::web::pieces::body(&body);
    let shown: String = text.chars().take(SHOWN).collect();
    let content = html! {
        main.sheet #content tabindex="-1" {
            h1 { (shell.say("收到的 webhook", "An accepted webhook")) }
            dl.facts {
                dt { "id" } dd { code { (event.id) } }
                dt { (shell.say("来源", "Source")) } dd { (event.source) }
                dt { (shell.say("收到", "Received")) } dd { (near(event.received_at)) }
                dt { (shell.say("大小", "Size")) } dd { (size(usize::try_from(event.bytes).unwrap_or(0))) }
                dt { (shell.say("结果", "What it did")) }
                dd { ul { @for heard in &detail.event.incidents { li { a href={ "/console/incidents/" (heard.incident) } { (heard.outcome) } } } } }
            }
            h2 { (shell.say("怎么走", "Its way")) }
            @if detail.ways.is_empty() { p.hint { (shell.say("说不出：来源已不在，或正文保存时被截断。", "It cannot be told: its source is gone, or the body was cut when it was kept.")) } }
            @for way in &detail.ways { (draw_way(shell, way)) }
            h2 { (shell.say("正文", "Body")) }
            p { a href={ "/api/v1/events/" (event.id) "/payload" } { (shell.say("原样下载", "As it came")) } }
            button.quiet type="button" data-copy-from="body" { (shell.say("复制", "Copy")) }
            pre #body tabindex="0" { (shown) }
        }
    };
    shell.page(Place::Incidents, shell.say("收到的 webhook", "An accepted webhook"), &content)
}

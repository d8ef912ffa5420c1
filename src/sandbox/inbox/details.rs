//! What stands behind a message: its versions and what changed, the exact request and answer, its size, who did what with it.

use super::shell::Shell;
use super::{calls, names, versions};
use crate::sandbox::content::max_body;
use crate::sandbox::endpoint::Endpoint;
use crate::sandbox::exchanges::Exchange;
use crate::sandbox::messages::{Message, Version};
use crate::web::pieces::{near, pretty, size};
use maud::{Markup, html};
use std::sync::Arc;

/// Versions listed; the newest.
const LISTED: usize = 50;
/// Largest body of a custom bot's call, in bytes (the platform's KB is taken as 1000).
const MAX_HOOK: usize = 20_000;

/// What is shown of one message.
pub(super) struct Details {
    message: Arc<Message>,
    version: Arc<Version>,
    before: Option<Arc<Version>>,
    exchange: Option<Arc<Exchange>>,
    sender: String,
    is_newest: bool,
}

/// A message and one of its versions; the newest unless another is named. `None` without such a message.
pub(super) fn load(shell: &Shell<'_>, message_id: &str, number: Option<u32>) -> Option<Details> {
    let core = shell.shared.lock();
    let message = Arc::clone(core.messages.get(message_id)?);
    let at = number.and_then(|number| message.versions.iter().position(|version| version.number == number));
    let at = at.unwrap_or(message.versions.len().saturating_sub(1));
    let version = Arc::clone(message.versions.get(at)?);
    let before = at.checked_sub(1).and_then(|at| message.versions.get(at)).map(Arc::clone);
    let exchange = core.exchanges.find(&version.request_id);
    let (sender, _) = names::sender(&core, &message.sender);
    Some(Details { is_newest: at + 1 == message.versions.len(), message, version, before, exchange, sender })
}

/// The details as a column.
pub(super) fn draw(shell: &Shell<'_>, details: &Details) -> Markup {
    let Details { message, version, .. } = details;
    let limit = if version.endpoint == Endpoint::Hook { MAX_HOOK } else { max_body(&message.msg_type) };
    let revision = format!("{}/{}", names::revision(message), version.number);
    html! {
        div data-key=(message.message_id) data-rev=(revision) {
            h2 { (shell.say("消息", "Message")) " " code { (message.message_id) } }
            dl.facts {
                dt { (shell.say("类型", "Type")) } dd { code { (message.msg_type) } }
                dt { (shell.say("发送者", "Sender")) } dd dir="auto" { (details.sender) }
                dt { (shell.say("发给", "Sent to")) } dd { code { (message.receive_id_type) " " (message.receive_id) } }
                dt { (shell.say("大小", "Size")) }
                dd.{ @if version.bytes > limit { "over" } } {
                    (size(version.bytes)) " / " (size(limit)) " "
                    meter min="0" max=(limit) high=(limit * 9 / 10) value=(version.bytes.min(limit)) { (version.bytes * 100 / limit.max(1)) " %" }
                }
                @if let Some(uuid) = &version.uuid { dt { "uuid" } dd { code { (uuid) } } }
                @if let Some(batch) = &message.batch_id { dt { (shell.say("批量", "Batch")) } dd { code { (batch) } } }
                @if let Some(thread) = &message.thread_id { dt { (shell.say("话题", "Topic")) } dd { code { (thread) } } }
            }
            (actions(shell, message))
            (list(shell, details))
            @if let Some(difference) = details.before.as_ref().and_then(|before| versions::difference(&before.content, &version.content)) {
                h3 { (shell.say("与前一版的差别", "Changed from the version before")) }
                (difference)
            }
            details open[message.msg_type != "interactive"] {
                summary { (shell.say("内容", "Content")) " JSON" }
                button.quiet type="button" data-copy-from={ "content-" (message.message_id) } { (shell.say("复制", "Copy")) }
                pre.json tabindex="0" #{ "content-" (message.message_id) } { (pretty(&version.content)) }
            }
            @match &details.exchange {
                Some(exchange) => (calls::exchange(shell, exchange)),
                None => p.note { (shell.say("这次调用的原文已不再保留。", "The call itself is no longer kept.")) },
            }
        }
    }
}

/// What a person can do with it here.
fn actions(shell: &Shell<'_>, message: &Message) -> Markup {
    let id = &message.message_id;
    if message.recalled.is_some() {
        return html! {};
    }
    html! {
        div.actions {
            button type="button" data-react=(id) data-emoji="THUMBSUP" { "👍 " (shell.say("点赞", "Like")) }
            button type="button" data-react=(id) data-emoji="DONE" { "✅ DONE" }
            button type="button" data-post="/_sandbox/read" data-json={ "{\"message_id\":\"" (id) "\"}" } { (shell.say("全员已读", "Everybody reads it")) }
            button.danger type="button" data-post="/_sandbox/recall" data-json={ "{\"message_id\":\"" (id) "\"}" }
                data-confirm=(shell.say("撤回这条消息？", "Recall this message?")) { (shell.say("撤回", "Recall")) }
        }
    }
}

fn list(shell: &Shell<'_>, details: &Details) -> Markup {
    let message = &details.message;
    let hidden = message.versions.len().saturating_sub(LISTED) + usize::try_from(message.versions_dropped).unwrap_or(0);
    html! {
        h3 { (shell.say("版本", "Versions")) }
        ol.versions {
            @for version in message.versions.iter().rev().take(LISTED) {
                @let shown = version.number == details.version.number;
                li aria-current=[shown.then_some("true")] {
                    a href={ "/inbox/chat/" (message.chat_id) "?m=" (message.message_id) "&v=" (version.number) "#" (message.message_id) } { "#" (version.number) }
                    " " (near(version.at)) " " code { (version.endpoint.as_str()) } " " (size(version.bytes))
                }
            }
        }
        @if hidden > 0 { p.more { "+ " (hidden) } }
        @if !details.is_newest { p.note { (shell.say("这不是最新的一版。", "This is not the newest version.")) } }
    }
}

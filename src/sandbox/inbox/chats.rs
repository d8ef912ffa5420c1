//! The list of chats, the one with the newest message first.

use super::avatar::avatar;
use super::names;
use super::shell::Shell;
use crate::draw;
use crate::sandbox::messages::Message;
use crate::web::pieces::near;
use maud::{Markup, html};
use std::sync::Arc;

/// Chats listed; the world may make thousands.
const LISTED: usize = 300;

struct Row {
    chat_id: String,
    name: String,
    total: usize,
    last: Option<(u64, Arc<Message>, String)>,
    number: u64,
}

/// The rows; the one that is open is marked.
pub(super) fn list(shell: &Shell<'_>, open: Option<&str>) -> Markup {
    let mut rows: Vec<Row> = {
        let core = shell.shared.lock();
        let row = |chat: &crate::sandbox::Chat| {
            let last = core.messages.of_chat(&chat.chat_id).next_back();
            let last = last.map(|(seq, message)| (seq, Arc::clone(message), names::sender(&core, &message.sender).0));
            Row {
                chat_id: chat.chat_id.clone(),
                name: chat.name.clone(),
                total: core.messages.of_chat_count(&chat.chat_id),
                last,
                number: chat.number,
            }
        };
        core.world.chats.values().map(row).collect()
    };
    rows.sort_by_key(|row| (std::cmp::Reverse(row.last.as_ref().map_or(0, |(seq, ..)| *seq)), row.number));
    let more = rows.len().saturating_sub(LISTED);
    rows.truncate(LISTED);
    let names = shell.names();
    html! {
        @for row in &rows {
            @let revision = row.last.as_ref().map_or_else(String::new, |(_, message, _)| format!("{}@{}", message.message_id, names::revision(message)));
            @let is_open = open == Some(row.chat_id.as_str());
            a.chat href={ "/inbox/chat/" (row.chat_id) } data-key=(row.chat_id) data-rev={ (revision) "/" (row.name) "/" (is_open) }
                data-chat=(row.chat_id) data-total=(row.total) aria-current=[is_open.then_some("true")] {
                (avatar(&row.name))
                span.name dir="auto" { (row.name) }
                @if let Some((_, message, sender)) = &row.last {
                    span.when { (near(message.updated)) }
                    span.last dir="auto" {
                        @if message.recalled.is_some() { (shell.say("撤回了一条消息", "A message was recalled")) }
                        @else { (sender) ": " (draw::preview(&message.msg_type, message.content(), &shell.look(&names))) }
                    }
                } @else {
                    span.last { (shell.say("还没有消息", "No messages yet")) }
                }
                span.unread hidden {}
            }
        }
        @if more > 0 { p.more data-key="more" data-rev=(more) { (more) " " (shell.say("个群未列出", "more chats are not listed")) } }
    }
}

/// The page without an open chat.
pub(super) fn index(shell: &Shell<'_>, list: Markup) -> Markup {
    html! {
        main.inbox #content tabindex="-1" {
            (column(shell, &list, None))
            section.talk.empty {
                h1 { (shell.say("飞书沙箱", "Feishu, in a box")) }
                p { (shell.say("发到这里的消息，会像在飞书里一样显示。选一个群。", "What is sent here is drawn as Feishu draws it. Choose a chat.")) }
                p { (shell.say("接口地址", "API")) ": " code { "platform: http://" (shell.host) } }
                p { (shell.say("自定义机器人", "Custom bots")) ": " code { "http://" (shell.host) "/open-apis/bot/v2/hook/my-room" } }
            }
        }
    }
}

/// The column of chats.
pub(super) fn column(shell: &Shell<'_>, list: &Markup, open: Option<&str>) -> Markup {
    let address = open.map_or_else(|| "/inbox/chats".to_owned(), |chat_id| format!("/inbox/chats?m={chat_id}"));
    html! {
        nav.chats aria-label=(shell.say("群", "Chats")) data-live=(address) data-topics="chats" { (list) }
    }
}

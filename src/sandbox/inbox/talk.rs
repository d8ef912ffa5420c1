//! A conversation: the newest messages of a chat as Feishu draws them, topics under their first message.

use super::avatar::avatar;
use super::shell::Shell;
use super::{Asked, chats, names};
use crate::draw;
use crate::sandbox::messages::{Message, UrgentKind};
use crate::web::pieces::near;
use maud::{Markup, html};
use std::collections::HashMap;
use std::sync::Arc;

/// Messages on a page.
const PAGE: usize = 40;
/// Replies shown under the start of a topic; the newest.
const IN_TOPIC: usize = 30;

/// A message of the stream, with what belongs to it.
struct Entry {
    message: Arc<Message>,
    sender: (String, bool),
    /// The message that it answers, where that is not the start of its topic.
    quotes: Option<(Arc<Message>, String)>,
    topic: Vec<(Arc<Message>, (String, bool))>,
    hidden: usize,
}

/// A page of a conversation.
pub(super) struct Talk {
    pub chat_id: String,
    pub name: String,
    members: Vec<(String, String)>,
    entries: Vec<Entry>,
    /// Where older messages begin.
    older: Option<u64>,
    before: Option<u64>,
    dissolved: bool,
}

/// The newest messages before a number; `None` without such a chat.
pub(super) fn load(shell: &Shell<'_>, chat_id: &str, before: Option<u64>) -> Option<Talk> {
    let core = shell.shared.lock();
    let chat = core.world.chats.get(chat_id)?;
    let mut shown: Vec<(u64, Arc<Message>)> = Vec::with_capacity(PAGE + 1);
    let mut topics: HashMap<String, Vec<Arc<Message>>> = HashMap::new();
    for (seq, message) in core.messages.of_chat(chat_id).rev() {
        if let (Some(root), Some(_)) = (&message.root_id, &message.thread_id) {
            topics.entry(root.clone()).or_default().push(Arc::clone(message));
        } else if shown.len() <= PAGE && before.is_none_or(|before| seq < before) {
            shown.push((seq, Arc::clone(message)));
        }
    }
    let older = (shown.len() > PAGE).then(|| shown.pop()).flatten().and_then(|_| shown.last().map(|(seq, _)| *seq));
    let with_sender = |message: Arc<Message>| (Arc::clone(&message), names::sender(&core, &message.sender));
    let entry = |(_, message): (u64, Arc<Message>)| {
        let mut replies = topics.remove(&message.message_id).unwrap_or_default();
        let hidden = replies.len().saturating_sub(IN_TOPIC);
        replies.truncate(IN_TOPIC);
        let quoted = message.parent_id.as_deref().and_then(|id| core.messages.get(id));
        Entry {
            sender: names::sender(&core, &message.sender),
            quotes: quoted.map(|quoted| (Arc::clone(quoted), names::sender(&core, &quoted.sender).0)),
            topic: replies.into_iter().rev().map(with_sender).collect(),
            hidden,
            message,
        }
    };
    let entries = shown.into_iter().rev().map(entry).collect();
    let name_of = |id: &String| core.world.people.get(id).map(|person| (id.clone(), person.name.clone()));
    let members = match chat.every_person {
        true => core.world.people.keys().filter(|id| !chat.without_people.contains(*id)).filter_map(name_of).take(200).collect(),
        false => chat.members.iter().filter_map(name_of).collect(),
    };
    let dissolved = chat.status == crate::sandbox::ChatStatus::Dissolved;
    Some(Talk { chat_id: chat_id.to_owned(), name: chat.name.clone(), members, entries, older, before, dissolved })
}

/// The page with list, conversation and, where one is chosen, the details of a message.
pub(super) fn page(shell: &Shell<'_>, talk: &Talk, asked: &Asked, details: Option<Markup>) -> Markup {
    let query = talk.before.map_or_else(String::new, |before| format!("?before={before}"));
    let list = chats::list(shell, Some(&talk.chat_id));
    html! {
        main.inbox.open.{ @if details.is_some() { "detailed" } } #content tabindex="-1" data-chat=(talk.chat_id) {
            (chats::column(shell, &list, Some(&talk.chat_id)))
            section.talk aria-label=(talk.name) {
                header.head {
                    a.back href="/inbox" aria-label=(shell.say("所有群", "All chats")) { "‹" }
                    h1 dir="auto" { (talk.name) }
                    code.id { (talk.chat_id) }
                    label.actor {
                        span { (shell.say("操作人", "Acting as")) }
                        select name="actor" data-actor aria-label=(shell.say("操作人", "Acting as")) {
                            @for (id, name) in &talk.members { option value=(id) { (name) } }
                        }
                    }
                    button.quiet type="button" data-narrow aria-pressed="false" { (shell.say("手机宽度", "Phone width")) }
                }
                @if talk.dissolved { p.note { (shell.say("这个群已解散。", "This chat is dissolved.")) } }
                div.stream data-stick tabindex="0" role="log" aria-label=(shell.say("消息", "Messages")) {
                    div data-live={ "/inbox/chat/" (talk.chat_id) "/messages" (query) } data-topics={ "chat:" (talk.chat_id) " world" } {
                        (messages(shell, talk))
                    }
                }
            }
            @if let (Some(details), Some(id)) = (details, asked.m.as_deref()) {
                @let version = asked.v.map_or_else(String::new, |version| format!("?v={version}"));
                aside.details aria-label=(shell.say("消息详情", "Message details")) {
                    a.close href={ "/inbox/chat/" (talk.chat_id) "#" (id) } aria-label=(shell.say("关闭详情", "Close the details")) { "✕" }
                    div data-live={ "/inbox/message/" (id) "/details" (version) } data-topics={ "chat:" (talk.chat_id) } { (details) }
                }
            }
        }
    }
}

/// The messages alone.
pub(super) fn messages(shell: &Shell<'_>, talk: &Talk) -> Markup {
    html! {
        @if let Some(older) = talk.older {
            p.older data-key="older" data-rev=(older) { a href={ "/inbox/chat/" (talk.chat_id) "?before=" (older) } { (shell.say("更早的消息", "Older messages")) } }
        }
        @for entry in &talk.entries { (draw_entry(shell, talk, entry)) }
        @if talk.entries.is_empty() {
            p.none data-key="none" data-rev="0" { (shell.say("还没有消息。", "No messages yet.")) }
        }
    }
}

fn draw_entry(shell: &Shell<'_>, talk: &Talk, entry: &Entry) -> Markup {
    let message = &entry.message;
    let replies: String = entry.topic.iter().map(|(reply, _)| names::revision(reply)).collect();
    let revision = format!("{}+{}", names::revision(message), crate::util::id::hash_id(&[replies.as_str()]).get(..10).unwrap_or_default());
    html! {
        article.message #(message.message_id) data-key=(message.message_id) data-rev=(revision) data-message=(message.message_id) {
            (one(shell, &talk.chat_id, message, &entry.sender, entry.quotes.as_ref()))
            @if !entry.topic.is_empty() {
                section.topic aria-label=(shell.say("话题", "Topic")) {
                    @if entry.hidden > 0 { p.more { "+ " (entry.hidden) " " (shell.say("条更早的回复", "earlier replies")) } }
                    @for (reply, sender) in &entry.topic {
                        div.reply #(reply.message_id) data-message=(reply.message_id) { (one(shell, &talk.chat_id, reply, sender, None)) }
                    }
                }
            }
        }
    }
}

fn one(
    shell: &Shell<'_>,
    chat_id: &str,
    message: &Message,
    (name, is_bot): &(String, bool),
    quotes: Option<&(Arc<Message>, String)>,
) -> Markup {
    let world = shell.names();
    let edits = message.versions.last().map_or(0, |version| version.number.saturating_sub(1));
    html! {
        (avatar(name))
        div.said {
            p.by {
                span.who dir="auto" { (name) }
                @if *is_bot { span.bot { (shell.say("机器人", "bot")) } }
                (near(message.created))
                @if edits > 0 {
                    a.edits href={ "/inbox/chat/" (chat_id) "?m=" (message.message_id) "#" (message.message_id) } {
                        (shell.say("已编辑", "edited")) " ×" (edits)
                    }
                }
                @if message.pin.is_some() { span.flag title=(shell.say("已置顶", "Pinned")) { "📌" } }
                @if message.batch_id.is_some() { span.flag { (shell.say("批量", "batch")) } }
                a.open href={ "/inbox/chat/" (chat_id) "?m=" (message.message_id) "#" (message.message_id) } { (shell.say("详情", "Details")) }
            }
            @if let Some((quoted, sender)) = quotes {
                a.quote href={ "#" (quoted.message_id) } dir="auto" {
                    (shell.say("回复", "Reply to")) " " (sender) ": " (draw::preview(&quoted.msg_type, quoted.content(), &shell.look(&world)))
                }
            }
            @if let Some(recalled) = &message.recalled {
                p.recalled { (shell.say("消息已撤回", "The message was recalled")) " " (near(recalled.at)) }
            } @else {
                (draw::message(&message.msg_type, message.content(), &shell.look(&world)))
            }
            (marks(shell, message))
        }
    }
}

/// What people did with it: reactions, urgent notices, readers.
fn marks(shell: &Shell<'_>, message: &Message) -> Markup {
    let core = shell.shared.lock();
    let mut reactions: Vec<(&str, Vec<String>)> = Vec::new();
    for reaction in &message.reactions {
        let (name, _) = names::sender(&core, &reaction.by);
        match reactions.iter_mut().find(|(kind, _)| *kind == reaction.emoji_type) {
            Some((_, by)) => by.push(name),
            None => reactions.push((&reaction.emoji_type, vec![name])),
        }
    }
    let name = |open_id: &str| core.world.people.get(open_id).map_or_else(|| open_id.to_owned(), |person| person.name.clone());
    html! {
        @if !reactions.is_empty() {
            p.reactions { @for (kind, by) in &reactions { span.reaction title=(by.join(", ")) { (draw::emoji(kind)) " " (by.join(", ")) } } }
        }
        @for urgent in message.urgents.iter().rev().take(5) {
            @let how = match urgent.kind {
                UrgentKind::App => shell.say("应用内加急", "Urgent, in the app"),
                UrgentKind::Sms => shell.say("短信加急", "Urgent, by text message"),
                UrgentKind::Phone => shell.say("电话加急", "Urgent, by phone"),
            };
            @let read = message.reads.iter().any(|read| read.by == urgent.open_id);
            p.urgent { "🔔 " (how) ": " (name(&urgent.open_id)) " " (near(urgent.at)) @if read { " · " (shell.say("已读", "read")) } }
        }
        @if !message.reads.is_empty() {
            p.reads title=(message.reads.iter().map(|read| name(&read.by)).collect::<Vec<_>>().join(", ")) {
                (message.reads.len()) " " (shell.say("人已读", "have read it"))
            }
        }
    }
}

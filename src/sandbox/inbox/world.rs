//! Who and what exists: chats and their members, people, custom bots, and what is switched on.

use super::shell::Shell;
use crate::sandbox::world::{Chat, ChatMode, Person};
use maud::{Markup, html};
use serde_json::json;

/// Rows of each kind; the world may make thousands.
const LISTED: usize = 200;

/// The page.
pub(super) fn page(shell: &Shell<'_>) -> Markup {
    html! {
        main.sheet #content tabindex="-1" {
            h1 { (shell.say("群与人", "Chats and people")) }
            p.hint {
                (shell.say("宽松模式下，第一次用到的群、人、机器人会自动出现。", "In a lenient world chats, people and bots appear when they are first used."))
                " " a href="/_sandbox/world" { "JSON" }
            }
            div.forms {
                form data-post="/_sandbox/world" data-json=(json!({"op": "add_chat", "chat": {"every_bot": true, "every_person": true}})) data-done=(shell.say("已加上", "Added")) {
                    h2 { (shell.say("加一个群", "Add a chat")) }
                    label { span { (shell.say("名称", "Name")) } input name="chat.name" required; }
                    label { span { "chat_id" } input name="chat.chat_id" placeholder="oc_…" pattern="oc_[A-Za-z0-9_\\-]+"; }
                    button.primary { (shell.say("加上", "Add")) }
                }
                form data-post="/_sandbox/world" data-json=(json!({"op": "add_person"})) data-done=(shell.say("已加上", "Added")) {
                    h2 { (shell.say("加一个人", "Add a person")) }
                    label { span { (shell.say("姓名", "Name")) } input name="person.name" required; }
                    label { span { (shell.say("邮箱", "E-mail")) } input name="person.email" type="email"; }
                    label { span { (shell.say("手机", "Mobile")) } input name="person.mobile" type="tel" placeholder="+8613800000000"; }
                    button.primary { (shell.say("加上", "Add")) }
                }
                form data-post="/_sandbox/world" data-json=(json!({"op": "add_member"})) data-done=(shell.say("已加上", "Added")) {
                    h2 { (shell.say("拉人进群", "Put somebody into a chat")) }
                    label { span { "chat_id" } input name="chat_id" required placeholder="oc_…"; }
                    label { span { (shell.say("人", "Person")) } input name="person" required placeholder="ou_…, name@example.com"; }
                    button.primary { (shell.say("加上", "Add")) }
                }
            }
            div data-live="/inbox/world/state" data-topics="world" { (state(shell)) }
        }
    }
}

/// What exists now.
pub(super) fn state(shell: &Shell<'_>) -> Markup {
    // Taken out before anything is drawn: nobody waits for a page.
    let (chats, people, hooks, counts, lenient, switches) = {
        let core = shell.shared.lock();
        let world = &core.world;
        let mut chats: Vec<Chat> = world.chats.values().cloned().collect();
        chats.sort_by_key(|chat| chat.number);
        chats.truncate(LISTED);
        let people: Vec<Person> = world.people.values().take(LISTED).cloned().collect();
        let hooks: Vec<_> =
            world.hooks.values().take(LISTED).map(|hook| (hook.token.clone(), hook.name.clone(), hook.chat_id.clone())).collect();
        let counts = (world.chats.len(), world.people.len(), world.hooks.len());
        (chats, people, hooks, counts, world.lenient, core.switches)
    };
    let name_of = |id: &String| people.iter().find(|person| person.open_id == *id).map_or_else(|| id.clone(), |person| person.name.clone());
    let toggle = |limits: bool| json!({"limits": limits, "uuid_mode": switches.uuid_mode, "legacy_http_400": switches.legacy_http_400});
    html! {
        section data-key="switches" data-rev=(format!("{lenient}{switches:?}")) {
            h2 { (shell.say("开关", "Switches")) }
            p {
                (shell.say("频率限制", "Rate limits")) ": " strong { (on(shell, switches.limits)) } " "
                button.quiet type="button" data-post="/_sandbox/switches" data-method="PUT" data-json=(toggle(!switches.limits)) { (shell.say("切换", "Switch")) }
            }
            p {
                (shell.say("宽松模式", "Lenient")) ": " strong { (on(shell, lenient)) } " "
                button.quiet type="button" data-post="/_sandbox/world" data-json=(json!({"op": "set_lenient", "value": !lenient})) { (shell.say("切换", "Switch")) }
            }
        }
        section data-key="chats" data-rev=(crate::util::id::hash_id(&[json!(chats).to_string()])) {
            h2 { (shell.say("群", "Chats")) " (" (counts.0) ")" }
            div.scroll tabindex="0" role="region" aria-label=(shell.say("群", "Chats")) {
                table {
                    thead { tr { th { (shell.say("名称", "Name")) } th { "chat_id" } th { (shell.say("成员", "Members")) } th { (shell.say("机器人", "Bots")) } th {} } }
                    tbody {
                        @for chat in &chats {
                            tr {
                                td { a href={ "/inbox/chat/" (chat.chat_id) } dir="auto" { (chat.name) } @if chat.mode == ChatMode::P2p { span.flag { (shell.say("单聊", "one to one")) } } }
                                td { code { (chat.chat_id) } }
                                td {
                                    @if chat.every_person { (shell.say("所有人", "everybody")) }
                                    @for member in chat.members.iter().take(20) {
                                        span.member { (name_of(member))
                                            button.quiet type="button" aria-label={ (shell.say("移出", "Take out")) " " (name_of(member)) } data-post="/_sandbox/world" data-json=(json!({"op": "remove_member", "chat_id": chat.chat_id, "person": member})) { "×" }
                                        }
                                    }
                                    @if chat.members.len() > 20 { " +" (chat.members.len() - 20) }
                                }
                                td { @if chat.every_bot { (shell.say("所有机器人", "every bot")) } @else { (chat.bots.len()) } }
                                td {
                                    @if chat.every_bot || !chat.bots.is_empty() {
                                        button.quiet type="button" data-post="/_sandbox/world" data-json=(json!({"op": "remove_bot", "chat_id": chat.chat_id})) { (shell.say("移除机器人", "Remove the bot")) }
                                    } @else {
                                        button.quiet type="button" data-post="/_sandbox/world" data-json=(json!({"op": "add_bot", "chat_id": chat.chat_id})) { (shell.say("加回机器人", "Add the bot")) }
                                    }
                                    button.quiet.danger type="button" data-post="/_sandbox/world" data-json=(json!({"op": "remove_chat", "chat_id": chat.chat_id})) data-confirm={ (shell.say("删除这个群？", "Remove this chat?")) " " (chat.name) } { (shell.say("删除", "Remove")) }
                                }
                            }
                        }
                    }
                }
            }
        }
        section data-key="people" data-rev=(crate::util::id::hash_id(&[json!(people).to_string()])) {
            h2 { (shell.say("人", "People")) " (" (counts.1) ")" }
            div.scroll tabindex="0" role="region" aria-label=(shell.say("人", "People")) {
                table {
                    thead { tr { th { (shell.say("姓名", "Name")) } th { (shell.say("邮箱", "E-mail")) } th { (shell.say("手机", "Mobile")) } th { "open_id" } th {} } }
                    tbody {
                        @for person in &people {
                            tr {
                                td dir="auto" { (person.name) @if person.resigned { span.flag { (shell.say("已离职", "has left")) } } }
                                td { (person.email) } td { (person.mobile) } td { code { (person.open_id) } }
                                td { button.quiet.danger type="button" data-post="/_sandbox/world" data-json=(json!({"op": "remove_person", "id": person.open_id})) data-confirm={ (shell.say("删除这个人？", "Remove this person?")) " " (person.name) } { (shell.say("删除", "Remove")) } }
                            }
                        }
                    }
                }
            }
        }
        section data-key="hooks" data-rev=(crate::util::id::hash_id(&[json!(hooks).to_string()])) {
            h2 { (shell.say("自定义机器人", "Custom bots")) " (" (counts.2) ")" }
            ul { @for (token, name, chat_id) in &hooks { li { a href={ "/inbox/chat/" (chat_id) } dir="auto" { (name) } " " code { "/open-apis/bot/v2/hook/" (token) } } } }
        }
    }
}

fn on(shell: &Shell<'_>, value: bool) -> &'static str {
    if value { shell.say("开", "on") } else { shell.say("关", "off") }
}

//! The chaos panel: the outage, the faults that are on, ready-made ones, and the counters beside them.

use super::shell::Shell;
use crate::sandbox::answer::words;
use crate::sandbox::endpoint::Endpoint;
use crate::sandbox::faults::{Action, Fault, Outage, When};
use maud::{Markup, html};
use serde_json::{Value, json};

/// A fault that is one press away.
struct Ready {
    zh: &'static str,
    en: &'static str,
    fault: Value,
}

fn ready() -> [Ready; 9] {
    let hinted = json!({"code": 99_991_400, "status": 429, "headers": {"x-ogw-ratelimit-limit": "50", "x-ogw-ratelimit-reset": "3"}});
    [
        Ready { zh: "限流（等 3 秒）", en: "Rate limit (wait 3 s)", fault: hinted },
        Ready { zh: "群限流 230020", en: "Chat's limit 230020", fault: json!({"endpoint": "send", "code": 230_020}) },
        Ready {
            zh: "机器人限流 11232", en: "Custom bot's limit 11232", fault: json!({"endpoint": "hook", "code": 11_232, "status": 200})
        },
        Ready { zh: "令牌失效", en: "Token expired", fault: json!({"code": 99_991_663}) },
        Ready { zh: "服务器错误 500", en: "Server error 500", fault: json!({"status": 500}) },
        Ready { zh: "慢 5 秒", en: "5 s slow", fault: json!({"delay": "5s"}) },
        Ready { zh: "连接重置", en: "Connection reset", fault: json!({"action": "reset"}) },
        Ready { zh: "不回答", en: "No answer", fault: json!({"action": "hang"}) },
        Ready { zh: "生效后断开响应", en: "Answer cut after the effect", fault: json!({"action": "cut_body", "when": "after"}) },
    ]
}

/// The page.
pub(super) fn page(shell: &Shell<'_>) -> Markup {
    html! {
        main.sheet #content tabindex="-1" {
            h1 { (shell.say("故障", "Chaos")) }
            p.hint { (shell.say("让平台出错，看会怎样。", "Make the platform fail, and see what happens.")) }
            div data-live="/inbox/chaos/state" data-topics="chaos calls" { (state(shell)) }
            h2 { (shell.say("加一个故障", "Add a fault")) }
            form.fault data-post="/_sandbox/faults" data-done=(shell.say("已加上", "Added")) {
                (field(shell, "endpoint", "接口", "Endpoint", &html! {
                    select #f-endpoint name="endpoint" { option value="" { (shell.say("所有", "all")) } @for each in Endpoint::ALL { option { (each.as_str()) } } }
                }))
                (field(shell, "target", "群、人或消息", "Chat, person or message", &html! { input #f-target name="target" list="chats" placeholder="oc_…"; (chats(shell)) }))
                (field(shell, "code", "错误码", "Code", &html! { input #f-code name="code" type="number" list="codes"; (codes()) }))
                (field(shell, "status", "HTTP 状态", "HTTP status", &html! { input #f-status name="status" type="number" min="200" max="599"; }))
                (field(shell, "action", "动作", "Action", &html! {
                    select #f-action name="action" {
                        option value="" { (shell.say("回答", "answer")) }
                        option value="reset" { (shell.say("重置连接", "reset")) }
                        option value="hang" { (shell.say("不回答", "hang")) }
                        option value="cut_body" { (shell.say("截断响应", "cut the answer")) }
                    }
                }))
                (field(shell, "when", "时机", "When", &html! {
                    select #f-when name="when" { option value="before" { (shell.say("生效前", "before the effect")) } option value="after" { (shell.say("生效后", "after the effect")) } }
                }))
                (field(shell, "delay", "延迟", "Delay", &html! { input #f-delay name="delay" placeholder="500ms, 2s"; }))
                (field(shell, "probability", "概率", "Probability", &html! { input #f-probability name="probability" type="number" min="0" max="1" step="0.05" placeholder="1"; }))
                (field(shell, "count", "次数", "How many times", &html! { input #f-count name="count" type="number" min="1"; }))
                button.primary { (shell.say("加上", "Add")) }
            }
        }
    }
}

fn field(shell: &Shell<'_>, name: &str, zh: &'static str, en: &'static str, input: &Markup) -> Markup {
    html! { div.field { label for={ "f-" (name) } { span { (shell.say(zh, en)) } } (input) } }
}

fn chats(shell: &Shell<'_>) -> Markup {
    let chats: Vec<(String, String)> = {
        let core = shell.shared.lock();
        core.world.chats.values().take(200).map(|chat| (chat.chat_id.clone(), chat.name.clone())).collect()
    };
    html! { datalist #chats { @for (id, name) in &chats { option value=(id) { (name) } } } }
}

fn codes() -> Markup {
    const CODES: [i64; 14] = [
        99_991_400, 99_991_403, 99_991_663, 99_991_672, 230_001, 230_002, 230_006, 230_011, 230_020, 230_025, 230_027, 230_099, 11_232,
        19_024,
    ];
    html! { datalist #codes { @for code in CODES { option value=(code) { (words(code)) } } } }
}

/// What is on, and what came of it.
pub(super) fn state(shell: &Shell<'_>) -> Markup {
    let (faults, outage) = (shell.shared.faults.list(), shell.shared.faults.outage());
    html! {
        section.outage.{ @if outage.is_some() { "on" } } data-key="outage" data-rev=(format!("{outage:?}")) {
            @match outage {
                Some(outage) => {
                    p role="status" { strong { (shell.say("平台已断开", "The platform is down")) } ": " (outage_name(shell, outage)) }
                    button.primary type="button" data-post="/_sandbox/outage" data-method="DELETE" { (shell.say("恢复", "Plug it in again")) }
                }
                None => {
                    p role="status" { (shell.say("平台正常。", "The platform is up.")) }
                    @for outage in [Outage::Reset, Outage::Hang, Outage::Unavailable] {
                        button.danger type="button" data-post="/_sandbox/outage" data-json=(json!({"mode": outage})) {
                            (shell.say("断开", "Pull the plug")) ": " (outage_name(shell, outage))
                        }
                    }
                }
            }
        }
        section data-key="faults" data-rev=(crate::util::id::hash_id(&[json!(faults).to_string()])) {
            h2 { (shell.say("现有的故障", "Faults that are on")) }
            @if faults.is_empty() { p.hint { (shell.say("没有。", "None.")) } }
            ul.faults {
                @for fault in &faults {
                    li {
                        span.text { (describe(shell, fault)) }
                        span.count { (fault.happened) " ×" }
                        button.quiet type="button" data-post={ "/_sandbox/faults/" (fault.id) } data-method="DELETE" { (shell.say("去掉", "Remove")) }
                    }
                }
            }
            div.ready {
                @for each in ready() {
                    button type="button" data-post="/_sandbox/faults" data-json=(each.fault) { "+ " (shell.say(each.zh, each.en)) }
                }
                @if !faults.is_empty() || outage.is_some() {
                    button.primary type="button" data-post="/_sandbox/faults" data-method="DELETE" { (shell.say("全部去掉", "Remove all")) }
                }
            }
        }
        (counters(shell))
    }
}

fn counters(shell: &Shell<'_>) -> Markup {
    let counts = shell.shared.lock().calls.counts();
    let revision: u64 = counts.iter().map(|count| count.count).sum();
    html! {
        section data-key="counters" data-rev=(revision) {
            h2 { (shell.say("计数", "Counters")) }
            div.scroll tabindex="0" role="region" aria-label=(shell.say("计数", "Counters")) {
                table {
                    thead { tr { th { (shell.say("接口", "Endpoint")) } th { "HTTP" } th { (shell.say("错误码", "Code")) } th { (shell.say("次数", "Count")) } th { (shell.say("说明", "What it means")) } } }
                    tbody {
                        @for count in &counts {
                            tr.{ @if count.code != 0 || count.http >= 400 || count.http == 0 { "bad" } } {
                                td { (count.endpoint.as_str()) }
                                td { @if count.http == 0 { (shell.say("断开", "cut")) } @else { (count.http) } }
                                td { (count.code) } td { (count.count) } td { @if count.code != 0 { (words(count.code)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn outage_name(shell: &Shell<'_>, outage: Outage) -> &'static str {
    match outage {
        Outage::Reset => shell.say("连接都被重置", "every connection is reset"),
        Outage::Hang => shell.say("都不回答", "nothing is answered"),
        Outage::Unavailable => shell.say("一律 503", "503 for everything"),
    }
}

/// A fault in words.
fn describe(shell: &Shell<'_>, fault: &Fault) -> String {
    let mut parts =
        vec![fault.endpoint.map_or_else(|| shell.say("所有接口", "all endpoints").to_owned(), |endpoint| endpoint.as_str().to_owned())];
    parts.extend(fault.target.clone());
    if fault.when == When::After {
        parts.push(shell.say("生效后", "after the effect").to_owned());
    }
    match fault.action {
        Action::Answer => {}
        Action::Reset => parts.push(shell.say("重置连接", "reset").to_owned()),
        Action::Hang => parts.push(shell.say("不回答", "no answer").to_owned()),
        Action::CutBody => parts.push(shell.say("截断响应", "cut answer").to_owned()),
    }
    parts.extend(fault.status.map(|status| format!("HTTP {status}")));
    parts.extend(fault.code.map(|code| format!("{code} {}", words(code))));
    parts.extend(fault.delay.map(|delay| format!("+{}", crate::util::duration::format(delay))));
    parts.extend(fault.probability.map(|probability| format!("p = {probability}")));
    parts.extend(fault.count.map(|count| format!("{count} ×")));
    parts.join(" · ")
}

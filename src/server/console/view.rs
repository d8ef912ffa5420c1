//! The words and small pieces of the console; those that the inbox shows too are in [`crate::web::pieces`].

use super::shell::Shell;
pub use crate::web::pieces::{near, pretty, size};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

/// How long from one moment to another.
pub fn age(shell: &Shell<'_>, from: Timestamp, to: Timestamp) -> String {
    seconds(shell, u64::try_from(to.as_second() - from.as_second()).unwrap_or(0))
}

/// So many seconds, in two units at most.
pub fn seconds(shell: &Shell<'_>, seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}{}", shell.say(" 秒", "s")),
        (0, 0, _) => format!("{minutes}{}", shell.say(" 分钟", "m")),
        (0, ..) => format!("{hours}{} {minutes}{}", shell.say(" 小时", "h"), shell.say(" 分", "m")),
        _ => format!("{days}{} {hours}{}", shell.say(" 天", "d"), shell.say(" 小时", "h")),
    }
}

/// A severity as a coloured word.
pub fn severity(shell: &Shell<'_>, word: &str) -> Markup {
    let (class, name) = match word {
        "critical" => ("critical", shell.say("严重", "critical")),
        "warning" => ("warning", shell.say("警告", "warning")),
        "info" => ("info", shell.say("提示", "info")),
        other => ("", other),
    };
    html! { span.severity.(class) { (name) } }
}

/// The state of an incident, alert or message as a word.
pub fn phase<'w>(shell: &Shell<'_>, word: &'w str) -> &'w str {
    match word {
        "firing" => shell.say("告警中", "firing"),
        "resolved" => shell.say("已恢复", "resolved"),
        "gone" => shell.say("不再上报", "no longer reported"),
        "expired" => shell.say("已过期", "expired"),
        "test" => shell.say("测试", "test"),
        "storm" => shell.say("汇总", "digest"),
        "living" => shell.say("更新中", "living"),
        "left" => shell.say("已被人撤回", "recalled by a person"),
        "told" => shell.say("在汇总里说完", "told inside a digest"),
        "ready" => shell.say("等待发送", "waiting"),
        "parked" => shell.say("搁置", "parked"),
        "dead" => shell.say("死信", "dead letter"),
        "waiting" => shell.say("还没发出", "waiting"),
        "behind" => shell.say("待更新", "behind"),
        "shown" => shell.say("已送达", "shown"),
        other => other,
    }
}

/// Labels as small boxes, in order.
pub fn labels(labels: &Value) -> Markup {
    let pairs = labels.as_object().into_iter().flatten();
    html! {
        span.labels { @for (name, value) in pairs { code.label dir="auto" { (name) "=" (value.as_str().map_or_else(|| value.to_string(), str::to_owned)) } " " } }
    }
}

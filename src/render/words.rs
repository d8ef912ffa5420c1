//! The words of the built-in templates and replies, in Chinese and English.

use crate::alert::{Severity, State};
use crate::config::settings::Locale;
use std::time::Duration;

/// Key, Chinese, English. `{n}` is replaced by a number or a name.
const WORDS: &[(&str, &str, &str)] = &[
    ("acknowledged", "{n} 已认领", "acked by {n}"),
    ("acknowledgedBy", "认领", "acked by"),
    ("alertCount", "{n} 个告警", "{n} alerts"),
    ("alertCountOne", "{n} 个告警", "{n} alert"),
    ("allResolved", "{n} 个告警全部恢复", "all {n} alerts resolved"),
    ("andMore", "还有 {n} 个", "and {n} more"),
    ("colon", "：", ": "),
    ("comma", "，", ", "),
    ("commonLabels", "共同标签", "common labels"),
    ("console", "控制台", "Console"),
    ("critical", "严重", "critical"),
    ("dashboard", "仪表盘", "Dashboard"),
    ("description", "详情", "details"),
    ("everyone", "所有人", "everyone"),
    ("expired", "已过期", "expired"),
    ("expiredWhy", "很久没有收到更新，不再跟踪", "not heard of for too long, no longer tracked"),
    ("firing", "告警中", "firing"),
    ("firingCount", "{n} 个告警中", "{n} firing"),
    ("firingShort", "告警", "firing"),
    ("firingTag", "{n} 告警中", "{n} firing"),
    ("from", "开始", "since"),
    ("gone", "不再上报", "no longer reported"),
    ("goneCount", "{n} 个不再上报", "{n} no longer reported"),
    ("goneShort", "未报", "gone"),
    ("goneWhy", "在源端被静默、抑制或移除", "silenced, inhibited or removed at the source"),
    ("graph", "看图", "Graph"),
    ("groupCount", "{n} 组", "{n} groups"),
    ("groupCountOne", "{n} 组", "{n} group"),
    ("info", "提示", "info"),
    ("labels", "标签", "labels"),
    ("lasted", "持续 {n}", "for {n}"),
    ("moreNames", "还有 {n} 种告警", "and {n} more names"),
    ("onCall", "值班", "on call"),
    ("oneResolved", "告警已恢复", "the alert resolved"),
    ("panel", "面板", "Panel"),
    ("possibleDuplicate", "可能重复", "possible duplicate"),
    ("resolved", "已恢复", "resolved"),
    ("resolvedCount", "{n} 个已恢复", "{n} resolved"),
    ("resolvedShort", "恢复", "resolved"),
    ("resolvedTag", "{n} 已恢复", "{n} resolved"),
    ("runbook", "处理手册", "Runbook"),
    ("silence", "静默", "Silence"),
    ("since", "开始", "since"),
    ("source", "来源", "source"),
    ("state", "状态", "state"),
    ("stormCritical", "严重告警不在其中，各有自己的消息", "critical ones are not in here: each has its own message"),
    ("stormEnded", "{n} 组在等待中结束", "{n} ended while they waited"),
    ("stormOver", "告警风暴已过", "The storm is over"),
    ("stormOwn", "{n} 组已有自己的消息", "{n} have their own message by now"),
    ("stormWaits", "在等群的发送限额，稍后逐组发出", "waiting for the chat's limit; each follows on its own"),
    ("summary", "概要", "summary"),
    ("templateError", "模板错误", "template error"),
    ("test", "测试", "test"),
    ("update", "第 {n} 次更新", "update {n}"),
    ("value", "当前值", "value"),
    ("warning", "警告", "warning"),
];

/// A word by its key; an unknown key is shown as it is.
pub fn word(locale: Locale, key: &str) -> &str {
    WORDS.binary_search_by(|(known, ..)| (*known).cmp(key)).ok().and_then(|at| WORDS.get(at)).map_or(key, |(_, zh, en)| match locale {
        Locale::Zh => zh,
        Locale::En => en,
    })
}

/// A word with its `{n}` filled in.
pub fn with(locale: Locale, key: &str, n: impl std::fmt::Display) -> String {
    word(locale, key).replace("{n}", &n.to_string())
}

/// A count with its word: `57 组`, `1 group`.
pub fn count(locale: Locale, key: &str, n: u64) -> String {
    let one = format!("{key}One");
    with(locale, if n == 1 { &one } else { key }, n)
}

/// All keys, for `check`.
pub fn keys() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|(key, ..)| *key)
}

/// The word of a severity.
pub fn severity(locale: Locale, severity: Severity) -> &'static str {
    static_word(locale, severity.as_str())
}

/// The word of a state.
pub fn state(locale: Locale, state: State) -> &'static str {
    static_word(locale, state.as_str())
}

fn static_word(locale: Locale, key: &'static str) -> &'static str {
    word(locale, key)
}

/// A duration as people say it, at most two units: `34 分钟`, `1 小时 5 分钟`; `34m`, `1h 5m`.
pub fn duration(locale: Locale, duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units: [(u64, &str, &str); 4] = [(86_400, " 天", "d"), (3600, " 小时", "h"), (60, " 分钟", "m"), (1, " 秒", "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, zh, en) in units {
        let count = rest / size;
        if count > 0 {
            parts.push(format!("{count}{}", if locale == Locale::Zh { zh } else { en }));
            rest %= size;
        } else if !parts.is_empty() {
            break;
        }
        // Seconds say nothing beside minutes and more.
        if parts.len() == 2 || (size == 60 && !parts.is_empty()) {
            break;
        }
    }
    if parts.is_empty() {
        parts.push(if locale == Locale::Zh { "0 秒".to_owned() } else { "0s".to_owned() });
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted() {
        assert!(WORDS.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn durations_read_well() {
        for (seconds, zh, en) in [
            (0, "0 秒", "0s"),
            (45, "45 秒", "45s"),
            (60, "1 分钟", "1m"),
            (2075, "34 分钟", "34m"),
            (3900, "1 小时 5 分钟", "1h 5m"),
            (3600, "1 小时", "1h"),
            (90_000, "1 天 1 小时", "1d 1h"),
            (86_700, "1 天", "1d"),
        ] {
            assert_eq!(duration(Locale::Zh, Duration::from_secs(seconds)), zh);
            assert_eq!(duration(Locale::En, Duration::from_secs(seconds)), en);
        }
    }

    #[test]
    fn words_by_key() {
        assert_eq!(with(Locale::Zh, "andMore", 37), "还有 37 个");
        assert_eq!(with(Locale::En, "andMore", 37), "and 37 more");
        assert_eq!(word(Locale::En, "no such word"), "no such word");
    }
}

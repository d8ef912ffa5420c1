//! Replies: one line (or a few) that quote the message and say what changed since the last reply.
//!
//! Made of a [`Diff`], which delivery computes from two views. Every name in it is a value and is neutralised.

use super::model::Mention;
use super::renderer::RenderOptions;
use super::words;
use super::write::escape;
use crate::alert::Severity;
use crate::config::settings::{ContentKind, Locale};
use crate::feishu::content::{Channel, Content, Limit};
use crate::util::text::truncate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// Names said at most; the rest is counted.
const MAX_NAMES: usize = 5;

/// What changed between two views of one message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Diff {
    /// Names of alerts that joined.
    pub joined: Vec<String>,
    /// Names of alerts that resolved while others still fire.
    pub resolved: Vec<String>,
    /// Names of alerts that are no longer reported.
    pub gone: Vec<String>,
    /// Fires again; how long it had been resolved.
    pub reopened: Option<Duration>,
    /// The severity rose to this.
    pub worse: Option<Severity>,
    /// The sender reminds; how long it has been firing.
    pub repeat: Option<Duration>,
    /// Nothing fires any more; how long it lasted.
    pub resolved_all: Option<Duration>,
    /// How many fire now.
    pub firing_now: usize,
}

impl Diff {
    /// Is there nothing to say?
    pub fn is_empty(&self) -> bool {
        self.joined.is_empty()
            && self.resolved.is_empty()
            && self.gone.is_empty()
            && self.reopened.is_none()
            && self.worse.is_none()
            && self.repeat.is_none()
            && self.resolved_all.is_none()
    }
}

/// A reply to make.
#[derive(Debug, Clone, Copy)]
pub struct ReplyRequest<'a> {
    /// What changed.
    pub diff: &'a Diff,
    /// Text, or post; a card is answered with a text.
    pub kind: ContentKind,
    /// Language of words.
    pub locale: Locale,
    /// Who is mentioned.
    pub mentions: &'a [Mention],
    /// Over what it is sent.
    pub channel: Channel,
    /// What fits; a reply never comes near it.
    pub limit: Limit,
}

/// Makes the reply.
pub(super) fn reply(request: &ReplyRequest<'_>, _options: &RenderOptions) -> Content {
    let lines = lines(request.diff, request.locale);
    match request.kind {
        ContentKind::Post => {
            let mut paragraphs: Vec<Vec<serde_json::Value>> = lines.iter().map(|line| vec![json!({"tag": "text", "text": line})]).collect();
            let at = request.mentions.iter().map(|mention| json!({"tag": "at", "user_id": id(mention)}));
            if let Some(last) = paragraphs.last_mut() {
                for node in at {
                    last.push(json!({"tag": "text", "text": " "}));
                    last.push(node);
                }
            }
            let language = if request.locale == Locale::Zh { "zh_cn" } else { "en_us" };
            Content::Post(json!({language: {"title": "", "content": paragraphs}}))
        }
        ContentKind::Text | ContentKind::Card => {
            let mut text = String::new();
            for line in &lines {
                if !text.is_empty() {
                    text.push('\n');
                }
                escape::message(&mut text, line);
            }
            for mention in request.mentions {
                text.push_str(&format!(" <at user_id=\"{}\"></at>", id(mention)));
            }
            Content::Text(text)
        }
    }
}

fn id(mention: &Mention) -> String {
    match mention {
        Mention::All => "all".to_owned(),
        Mention::User { id } => {
            let mut out = String::new();
            escape::attribute(&mut out, id);
            out
        }
    }
}

/// The lines, most important first; values are not neutralised yet.
fn lines(diff: &Diff, locale: Locale) -> Vec<String> {
    let zh = locale == Locale::Zh;
    let duration = |d| words::duration(locale, d);
    let mut lines = Vec::new();
    if let Some(lasted) = diff.resolved_all {
        lines.push(if zh {
            format!("✅ 已恢复，持续 {}", duration(lasted))
        } else {
            format!("✅ resolved after {}", duration(lasted))
        });
        return lines;
    }
    if let Some(after) = diff.reopened {
        let after = duration(after);
        lines.push(if zh {
            format!("🔴 再次告警（距恢复 {after}）")
        } else {
            format!("🔴 firing again ({after} after it resolved)")
        });
    }
    if let Some(severity) = diff.worse {
        let word = words::severity(locale, severity);
        lines.push(if zh { format!("⬆️ 升为{word}") } else { format!("⬆️ now {word}") });
    }
    let now = |parts: &str| match (zh, parts) {
        (true, _) => format!("（共 {} 个告警中）", diff.firing_now),
        (false, _) => format!(" ({} firing)", diff.firing_now),
    };
    let mut changes = Vec::new();
    for (list, sign, word) in [
        (&diff.joined, "➕", if zh { "新增" } else { "new" }),
        (&diff.resolved, "✔️", if zh { "恢复" } else { "resolved" }),
        (&diff.gone, "➖", if zh { "不再上报" } else { "no longer reported" }),
    ] {
        if list.is_empty() {
            continue;
        }
        let count = list.len();
        let names = names(list, locale);
        changes.push(if zh { format!("{sign} {word} {count} 个告警: {names}") } else { format!("{sign} {count} {word}: {names}") });
    }
    if let Some(last) = changes.last_mut() {
        last.push_str(&now(""));
    }
    lines.extend(changes);
    if let (Some(firing), true) = (diff.repeat, lines.is_empty()) {
        let firing = duration(firing);
        lines.push(if zh { format!("🔁 仍在告警，已 {firing}") } else { format!("🔁 still firing, for {firing}") });
    }
    lines
}

/// A few names on one line, the rest counted.
fn names(list: &[String], locale: Locale) -> String {
    let shown: Vec<String> = list
        .iter()
        .take(MAX_NAMES)
        .map(|name| {
            let clean: String = super::marks::clean(name).chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
            truncate(clean.trim(), 60).into_owned()
        })
        .collect();
    let mut text = shown.join(", ");
    if list.len() > MAX_NAMES {
        text.push(' ');
        text.push_str(&words::with(locale, "andMore", list.len() - MAX_NAMES));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(diff: &Diff, locale: Locale) -> String {
        let kind = ContentKind::Card;
        let request = ReplyRequest { diff, kind, locale, mentions: &[], channel: Channel::App, limit: Limit::app(kind) };
        match reply(&request, &RenderOptions::default()) {
            Content::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn says_what_changed() {
        let minutes = |m: u64| Some(Duration::from_secs(m * 60));
        let joined = vec!["checkout-7d9f-5".to_owned(), "checkout-7d9f-6".to_owned()];
        let many: Vec<String> = (0..9).map(|i| format!("a{i}")).collect();
        for (diff, zh, en) in [
            (
                Diff { joined, firing_now: 5, ..Diff::default() },
                "➕ 新增 2 个告警: checkout-7d9f-5, checkout-7d9f-6（共 5 个告警中）",
                "➕ 2 new: checkout-7d9f-5, checkout-7d9f-6 (5 firing)",
            ),
            (Diff { worse: Some(Severity::Critical), ..Diff::default() }, "⬆️ 升为严重", "⬆️ now critical"),
            (Diff { repeat: minutes(240), ..Diff::default() }, "🔁 仍在告警，已 4 小时", "🔁 still firing, for 4h"),
            (Diff { reopened: minutes(3), ..Diff::default() }, "🔴 再次告警（距恢复 3 分钟）", "🔴 firing again (3m after it resolved)"),
            (
                Diff { resolved_all: minutes(34), resolved: vec!["a".into()], ..Diff::default() },
                "✅ 已恢复，持续 34 分钟",
                "✅ resolved after 34m",
            ),
            (
                Diff { resolved: many, gone: vec!["g".into()], firing_now: 1, ..Diff::default() },
                "✔️ 恢复 9 个告警: a0, a1, a2, a3, a4 还有 4 个\n➖ 不再上报 1 个告警: g（共 1 个告警中）",
                "✔️ 9 resolved: a0, a1, a2, a3, a4 and 4 more\n➖ 1 no longer reported: g (1 firing)",
            ),
        ] {
            assert_eq!(say(&diff, Locale::Zh), zh);
            assert_eq!(say(&diff, Locale::En), en);
            assert!(!diff.is_empty());
        }
        assert!(Diff { firing_now: 3, ..Diff::default() }.is_empty());
    }

    #[test]
    fn names_are_values_and_mentions_are_ours() {
        let diff = Diff { joined: vec!["<at user_id=\"all\"></at>\n[x](http://e)\u{FDD0}".into()], firing_now: 1, ..Diff::default() };
        let mentions = [Mention::All, Mention::User { id: "ou_1\"><at user_id=\"all".into() }];
        let mut request = ReplyRequest {
            diff: &diff,
            kind: ContentKind::Text,
            locale: Locale::En,
            mentions: &mentions,
            channel: Channel::App,
            limit: Limit::custom_bot(),
        };
        let Content::Text(text) = reply(&request, &RenderOptions::default()) else { panic!() };
        assert_eq!(
            text,
            "➕ 1 new: ＜at user_id=\"all\">＜/at> [x]\u{200B}(http://e)\u{FFFD} (1 firing) <at user_id=\"all\"></at> <at user_id=\"ou_1atuser_idall\"></at>"
        );
        request.kind = ContentKind::Post;
        let post = reply(&request, &RenderOptions::default());
        let Content::Post(post) = post else { panic!() };
        assert_eq!(post["en_us"]["content"][0][2], json!({"tag": "at", "user_id": "all"}));
    }
}

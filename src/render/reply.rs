//! Replies: one line (or a few) that quote the message and say what changed since the last reply.
//!
//! Made of a [`Diff`], which delivery computes from two views. Every name in it is a value and is neutralised.

use super::model::Mention;
use super::renderer::RenderOptions;
use super::words;
use super::write::escape;
use crate::alert::Severity;
use crate::config::settings::{ContentKind, Locale};
use crate::feishu::content::{Channel, Content};
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
    /// The word that a custom bot demands.
    pub keyword: Option<&'a str>,
}

/// Makes the reply.
pub(super) fn reply(request: &ReplyRequest<'_>, _options: &RenderOptions) -> Content {
    let lines = lines(request.diff, request.locale);
    let mut content = match request.kind {
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
    };
    if let Some(keyword) = request.keyword.filter(|keyword| !keyword.is_empty()) {
        super::finish::keyword(&mut content, keyword);
    }
    content
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

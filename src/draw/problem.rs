//! What the platform would refuse, shown where it is.
//!
//! The rules are those of [`crate::feishu::content`]. Their paths become JSON pointers here, and each fault is shown once:
//! by the innermost thing drawn that it lies in, or at the end of the message where nothing took it.

use super::look::Locale;
use crate::feishu::content::{card, post_rules};
use crate::util::text::truncate;
use maud::{Markup, html};
use serde_json::Value;

/// Faults that are shown one by one.
const MAX_SHOWN: usize = 60;

/// A fault.
#[derive(Debug, Clone)]
struct Problem {
    /// JSON pointer into the content.
    at: String,
    what: String,
}

/// The faults of a message that are not shown yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Problems {
    left: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// Of a card.
    pub fn of_card(card: &Value) -> Self {
        Self::new(card::validate(card).into_iter().map(|fault| (fault.path, format!("{} ({})", fault.message, fault.sub_code))))
    }

    /// Of a post.
    pub fn of_post(post: &Value) -> Self {
        let (post, under) = post.get("post").map_or((post, ""), |inner| (inner, "post."));
        // What is read back from the platform is flat, and is no content to send.
        if post.get("content").is_some() {
            return Self::default();
        }
        Self::new(post_rules::validate(post, false).into_iter().map(|fault| (format!("{under}{}", fault.path), fault.message)))
    }

    fn new(faults: impl Iterator<Item = (String, String)>) -> Self {
        let mut left: Vec<Problem> = faults.map(|(path, what)| Problem { at: pointer(&path), what }).collect();
        let more = left.len().saturating_sub(MAX_SHOWN);
        left.truncate(MAX_SHOWN);
        Self { left, more }
    }

    /// Draws those at this pointer or below it, and forgets them.
    pub fn at(&mut self, at: &str, locale: Locale) -> Markup {
        if self.left.is_empty() {
            return html! {};
        }
        let inside = |problem: &Problem| problem.at.strip_prefix(at).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let (mine, left): (Vec<Problem>, Vec<Problem>) = std::mem::take(&mut self.left).into_iter().partition(inside);
        self.left = left;
        html! { @for problem in &mine { (boxed(&problem.what, &problem.at, locale)) } }
    }

    /// Draws all that are left.
    pub fn rest(&mut self, locale: Locale) -> Markup {
        let left = std::mem::take(&mut self.left);
        html! {
            @for problem in &left { (boxed(&problem.what, &problem.at, locale)) }
            @if self.more > 0 {
                div.lk-problem role="note" { (locale.say("还有 ", "and ")) (self.more) (locale.say(" 个问题", " more")) }
            }
        }
    }
}

/// One fault: the reason and where.
pub(super) fn boxed(what: &str, at: &str, locale: Locale) -> Markup {
    html! {
        div.lk-problem role="note" data-pointer=(at) {
            strong { (locale.say("飞书会拒绝：", "Feishu refuses this: ")) }
            bdi { (truncate(what, 300)) }
            @if !at.is_empty() { " " code dir="ltr" { (truncate(at, 200)) } }
        }
    }
}

/// Said where drawing stopped.
pub(super) fn cut(locale: Locale) -> Markup {
    html! { div.lk-problem role="note" { (locale.say("内容太多，其余未绘制", "Too much to draw; the rest is left out")) } }
}

/// A key as part of a JSON pointer.
pub(super) fn escaped(key: &str) -> std::borrow::Cow<'_, str> {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1").into() } else { key.into() }
}

/// `body.elements[0].text` as `/body/elements/0/text`.
fn pointer(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 1);
    for part in path.split('.').filter(|part| !part.is_empty()) {
        out.push('/');
        let mut pieces = part.split('[');
        out.push_str(&escaped(pieces.next().unwrap_or_default()));
        for index in pieces {
            out.push('/');
            out.push_str(&escaped(index.trim_end_matches(']')));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_pointers() {
        for (path, expected) in [
            ("", ""),
            ("body.elements[0].text", "/body/elements/0/text"),
            ("elements[2].rows[10].a/b", "/elements/2/rows/10/a~1b"),
            ("zh_cn.content[0][1].href", "/zh_cn/content/0/1/href"),
        ] {
            assert_eq!(pointer(path), expected);
        }
    }

    #[test]
    fn each_fault_is_shown_once_where_it_is() {
        let card = serde_json::json!({"schema": "2.0", "body": {"elements": [{"tag": "hr", "x": 1}, {"tag": "note"}]}, "odd": 1});
        let mut problems = Problems::of_card(&card);
        assert!(problems.at("/body/elements/0", Locale::En).into_string().contains("/body/elements/0/x"));
        assert!(problems.at("/body/elements/1", Locale::En).into_string().contains("unsupported tag note"));
        assert_eq!(problems.at("/body/elements/1", Locale::En).into_string(), "");
        assert!(problems.rest(Locale::En).into_string().contains("property: odd"));
    }
}

//! Posts (rich text): title and paragraphs, in the reader's language.

use super::colour::Own;
use super::look::{Locale, Look};
use super::markdown::inline::Style;
use super::markdown::{self, Dialect, Ink, write};
use super::problem;
use super::text::{at, named, picture};
use crate::util::text::truncate;
use maud::{Markup, html};
use serde_json::Value;

/// Elements of a post that are drawn.
const MAX_NODES: usize = 2000;

/// The body in the reader's language and its path; posts are `{"zh_cn": {..}}`, `{"post": {..}}` at custom bots, and flat when read back.
fn localized(content: &Value, locale: Locale) -> (&Value, String) {
    let (content, mut path) = match content.get("post") {
        Some(post) => (post, "/post".to_owned()),
        None => (content, String::new()),
    };
    if content.get("content").is_some_and(Value::is_array) {
        return (content, path);
    }
    let Some(languages) = content.as_object() else { return (content, path) };
    let found = languages.get_key_value(locale.key()).or_else(|| languages.iter().find(|(_, body)| body.is_object()));
    match found {
        Some((language, body)) => {
            path.push_str(&format!("/{}", problem::escaped(language)));
            (body, path)
        }
        None => (content, path),
    }
}

/// A post.
pub(super) fn message(content: &Value, look: &Look<'_>) -> Markup {
    let (body, path) = localized(content, look.locale);
    let title = body.get("title").and_then(Value::as_str).filter(|title| !title.is_empty());
    let mut problems = problem::Problems::of_post(content);
    let (paragraphs, whole) = first(super::items(body.get("content")));
    html! {
        div.lk-post {
            @if let Some(title) = title { div.lk-title dir="auto" { (title) } }
            @for (p, nodes) in paragraphs.into_iter().enumerate() {
                div.lk-par dir="auto" {
                    @for (n, node) in nodes.iter().enumerate() {
                        (element(node, look))
                        (problems.at(&format!("{path}/content/{p}/{n}"), look.locale))
                    }
                }
                (problems.at(&format!("{path}/content/{p}"), look.locale))
            }
            @if !whole { (problem::cut(look.locale)) }
            (problems.rest(look.locale))
        }
    }
}

/// The paragraphs that are drawn, and whether those are all.
fn first(paragraphs: &[Value]) -> (Vec<&[Value]>, bool) {
    let mut left = MAX_NODES;
    let mut shown = Vec::new();
    for paragraph in paragraphs {
        let nodes = super::items(Some(paragraph));
        let cost = nodes.len().max(1);
        if cost > left {
            return (shown, false);
        }
        left -= cost;
        shown.push(nodes);
    }
    (shown, true)
}

fn element(node: &Value, look: &Look<'_>) -> Markup {
    let word = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
    let colours = Own::default();
    let ink = Ink::new(look, &colours);
    match word("tag") {
        "text" => styled(node, html! { span.lk-plain { (word("text")) } }),
        "a" => styled(node, write::link(word("href"), html! { (word("text")) }, ink)),
        "at" => styled(node, at(word("user_id"), word("user_name"), look)),
        "img" => html! { div.lk-media { (picture(word("image_key"), "", look)) } },
        "media" => html! { div.lk-media { (super::message::video(word("file_key"), word("image_key"), "", look)) } },
        "emotion" => write::emote(word("emoji_type")),
        "code_block" => write::code(&word("language").to_lowercase(), word("text")),
        "hr" => html! { hr; },
        "md" => html! { div.lk-md { (markdown::draw(word("text"), Dialect::Post, ink)) } },
        other => html! { span.lk-bad { "[" (truncate(other, 40)) "]" } },
    }
}

fn styled(node: &Value, inside: Markup) -> Markup {
    let mut out = inside;
    let names: Vec<&str> = super::items(node.get("style")).iter().filter_map(Value::as_str).collect();
    for (name, style) in [("bold", Style::Bold), ("italic", Style::Italic), ("underline", Style::Underline), ("lineThrough", Style::Strike)]
    {
        if names.contains(&name) {
            out = write::styled(style, out);
        }
    }
    out
}

/// The title, else the first paragraph that says something.
pub(super) fn plain(content: &Value, look: &Look<'_>) -> String {
    let (body, _) = localized(content, look.locale);
    let title = body.get("title").and_then(Value::as_str).filter(|title| !title.trim().is_empty());
    if let Some(title) = title {
        return title.to_owned();
    }
    let mut out = String::new();
    for paragraph in super::items(body.get("content")).iter().take(50) {
        for node in super::items(Some(paragraph)).iter().take(50) {
            let word = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
            match word("tag") {
                "text" | "a" | "code_block" => out.push_str(word("text")),
                "at" if word("user_id") == "all" => out.push_str(look.locale.say("@所有人 ", "@everyone ")),
                "at" => out.push_str(&format!("{} ", named(word("user_id"), word("user_name"), look))),
                "img" => out.push_str(look.locale.say("[图片]", "[Image]")),
                "media" => out.push_str(look.locale.say("[视频]", "[Video]")),
                "emotion" => out.push_str(&super::emoji::shown(word("emoji_type"))),
                "md" => out.push_str(&markdown::plain(word("text"), Dialect::Post, look)),
                _ => {}
            }
        }
        if out.len() > 200 {
            break;
        }
        out.push(' ');
    }
    out
}

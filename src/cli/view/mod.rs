//! Messages drawn for a terminal: cards, posts and texts as lines of styled text.
//!
//! What it shows is what would be sent, read from the content itself; it never asks a template. Start with [`draw`].
//! [`inline`] reads Feishu's markdown and tags, [`card`] walks a card's elements.

mod card;
mod inline;

use super::output::{FAINT, STRONG, plain, width};
use anstyle::{AnsiColor, Style};
use serde_json::Value;
use std::io::{self, Write};

/// A piece of text in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Text without control characters.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

impl Span {
    fn new(text: impl AsRef<str>, style: Style) -> Self {
        Self { text: plain(text.as_ref()), style }
    }
}

/// One line of a drawing.
pub type Line = Vec<Span>;

/// Draws the content of a message: a card's JSON, a post's JSON (by locale or not), or a text's.
pub fn draw(msg_type: &str, content: &Value, columns: usize) -> Vec<Line> {
    match msg_type {
        "interactive" => card::draw(content, columns),
        "post" => post(content, columns),
        _ => {
            let text = content.get("text").and_then(Value::as_str).or(content.as_str()).unwrap_or_default();
            text.lines().flat_map(|line| wrap(&inline::text(line), columns)).collect()
        }
    }
}

/// One line that says what a message is about: a card's title and tags, a post's title, a text's first line.
pub fn headline(msg_type: &str, content: &Value) -> Line {
    match msg_type {
        "interactive" => card::headline(content),
        "post" => {
            let body = localized(content);
            let title = body.get("title").and_then(Value::as_str).filter(|title| !title.is_empty());
            title
                .map(|title| vec![Span::new(title, STRONG)])
                .unwrap_or_else(|| post(content, usize::MAX).into_iter().next().unwrap_or_default())
        }
        _ => draw(msg_type, content, usize::MAX).into_iter().next().unwrap_or_default(),
    }
}

/// Writes lines, each after `margin`.
///
/// # Errors
/// The writer's.
pub fn write(out: &mut dyn Write, margin: &str, lines: &[Line]) -> io::Result<()> {
    for line in lines {
        writeln!(out, "{margin}{}", paint(line))?;
    }
    Ok(())
}

/// A line with its colours.
pub fn paint(line: &[Span]) -> String {
    line.iter().map(|span| format!("{}{}{}", span.style.render(), span.text, span.style.render_reset())).collect()
}

/// A post is a language to title and paragraphs, or those themselves.
fn localized(content: &Value) -> &Value {
    let content = content.get("post").unwrap_or(content);
    if content.get("content").is_some_and(Value::is_array) {
        return content;
    }
    content.as_object().and_then(|languages| languages.values().next()).unwrap_or(content)
}

fn post(content: &Value, columns: usize) -> Vec<Line> {
    let body = localized(content);
    let mut lines = Vec::new();
    if let Some(title) = body.get("title").and_then(Value::as_str).filter(|title| !title.is_empty()) {
        lines.extend(wrap(&[Span::new(title, STRONG)], columns));
    }
    for paragraph in items(body.get("content")) {
        let mut spans = Line::new();
        for part in items(Some(paragraph)) {
            let word = |key: &str| part.get(key).and_then(Value::as_str).unwrap_or_default();
            match word("tag") {
                "text" => spans.push(Span::new(word("text"), post_style(part))),
                "a" => spans.extend(inline::link(word("text"), word("href"))),
                "at" => spans.push(inline::mention(word("user_id"), word("user_name"))),
                "md" => spans.extend(inline::markdown(word("text"))),
                "img" => spans.push(Span::new("[image]", FAINT)),
                "hr" => spans.push(Span::new("────", FAINT)),
                "code_block" => spans.push(Span::new(word("text"), FAINT)),
                "emotion" => spans.push(Span::new(format!("[{}]", word("emoji_type")), Style::new())),
                other => spans.push(Span::new(format!("[{other}]"), FAINT)),
            }
        }
        lines.extend(wrap(&spans, columns));
    }
    lines
}

fn post_style(part: &Value) -> Style {
    let mut style = Style::new();
    for name in items(part.get("style")).iter().filter_map(Value::as_str) {
        style = match name {
            "bold" => style.bold(),
            "italic" => style.italic(),
            "underline" => style.underline(),
            "lineThrough" => style.strikethrough(),
            _ => style,
        };
    }
    style
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A Feishu colour on a terminal.
fn color(name: &str) -> Style {
    let ansi = match name {
        "red" | "carmine" => AnsiColor::Red,
        "orange" | "yellow" => AnsiColor::Yellow,
        "green" | "lime" => AnsiColor::Green,
        "blue" | "indigo" => AnsiColor::Blue,
        "wathet" | "turquoise" => AnsiColor::Cyan,
        "purple" | "violet" => AnsiColor::Magenta,
        "grey" | "neutral" => return FAINT,
        _ => return Style::new(),
    };
    ansi.on_default()
}

/// Breaks a line at blanks, and inside of words that are too long (Chinese has none).
fn wrap(spans: &[Span], columns: usize) -> Vec<Line> {
    let mut lines = vec![Line::new()];
    let mut used = 0;
    for span in spans {
        for word in words(&span.text) {
            let wide = width(word);
            if used + wide > columns && used > 0 {
                lines.push(Line::new());
                used = 0;
            }
            let word = if used == 0 && lines.len() > 1 { word.trim_start() } else { word };
            used += push(&mut lines, word, span.style);
        }
    }
    lines
}

fn push(lines: &mut [Line], word: &str, style: Style) -> usize {
    let Some(line) = lines.last_mut() else { return 0 };
    match line.last_mut() {
        Some(last) if last.style == style => last.text.push_str(word),
        _ if word.is_empty() => {}
        _ => line.push(Span { text: word.to_owned(), style }),
    }
    width(word)
}

/// Text cut where a line may break: before a blank, and around every wide character.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices();
        let (_, first) = chars.next()?;
        let wide = |c: char| width(c.encode_utf8(&mut [0; 4])) == 2;
        let end = if wide(first) {
            first.len_utf8()
        } else {
            let mut seen_word = first != ' ';
            chars
                .find(|(_, c)| {
                    let stop = wide(*c) || (*c == ' ' && seen_word);
                    seen_word |= *c != ' ';
                    stop
                })
                .map_or(rest.len(), |(at, _)| at)
        };
        let (word, tail) = rest.split_at(end);
        rest = tail;
        Some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    pub(super) fn text(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|span| span.text.as_str()).collect::<String>()).collect()
    }

    #[test]
    fn wraps_at_blanks_and_between_wide_characters() {
        let wrapped = wrap(&[Span::new("one two three", Style::new())], 8);
        assert_eq!(text(&wrapped), ["one two", "three"]);
        assert_eq!(text(&wrap(&[Span::new("内存使用率超过", Style::new())], 6)), ["内存使", "用率超", "过"]);
    }

    #[test]
    fn posts_and_texts() {
        let content = json!({"zh_cn": {"title": "标题", "content": [
            [{"tag": "text", "text": "看 "}, {"tag": "a", "text": "图", "href": "https://x.example"}], [{"tag": "at", "user_id": "all"}]]}});
        assert_eq!(text(&draw("post", &content, 60)), ["标题", "看 图 (https://x.example)", "@all"]);
        assert_eq!(text(&draw("text", &json!({"text": "a\n<at user_id=\"ou_1\">李</at> b"}), 60)), ["a", "@李 b"]);
        assert_eq!(text(&[headline("post", &content)]), ["标题"]);
    }
}

//! Texts: `markdown`, `plain_text`, `lark_md`, and `div` with its icon, fields and extra.

use super::{Pen, Place, element, header, i18n, word};
use crate::draw::markdown::Dialect;
use crate::draw::text::verbatim;
use crate::draw::{colour, items, markdown as md, size};
use maud::{Markup, html};
use serde_json::{Map, Value};

/// Classes and style that a text has by its size, alignment, colour and number of lines.
fn look_of(map: &Map<String, Value>, pen: &Pen<'_>) -> (String, Option<String>) {
    let mut class = pen.sizes.classes(word(map, "text_size"));
    match word(map, "text_align") {
        "center" => class.push_str(" al-center"),
        "right" => class.push_str(" al-right"),
        _ => {}
    }
    let mut style = String::new();
    if let Some(colour) = pen.colours.find(word(map, "text_color")) {
        class.push_str(" fg ");
        class.push_str(&colour.class().unwrap_or_default());
        style.push_str(&colour.style().unwrap_or_default());
    }
    if let Some(lines) = map.get("lines").and_then(Value::as_u64).filter(|lines| *lines > 0) {
        class.push_str(" lk-clamp");
        style.push_str(&format!(";--lines:{}", lines.min(100)));
    }
    let style = style.trim_start_matches(';').to_owned();
    (class.trim().to_owned(), Some(style).filter(|style| !style.is_empty()))
}

/// The component `markdown`.
pub(super) fn markdown(map: &Map<String, Value>, pen: &Pen<'_>) -> Markup {
    let (class, style) = look_of(map, pen);
    let content = i18n::content(map, pen.language);
    let dialect = if pen.v2 { Dialect::V2 } else { Dialect::V1 };
    with_icon(
        map,
        html! {
            div.lk-md.(class) style=[style] { (md::draw(content, dialect, pen.ink())) }
        },
        pen,
    )
}

/// A text element; of any tag that is not Markdown the words as they are.
pub(super) fn text(value: &Value, pen: &Pen<'_>) -> Markup {
    let Some(map) = value.as_object() else { return html! {} };
    let (class, style) = look_of(map, pen);
    let content = i18n::content(map, pen.language);
    match word(map, "tag") {
        "lark_md" => html! {
            div.lk-md.(class) style=[style] dir="auto" { (md::draw(content, Dialect::LarkMd, pen.ink())) }
        },
        "markdown" => markdown(map, pen),
        _ => html! {
            div.lk-txt.(class) style=[style] dir="auto" { (verbatim(content)) }
        },
    }
}

/// The words of a text element, for labels and titles.
pub(super) fn words<'v>(value: Option<&'v Value>, pen: &Pen<'_>) -> &'v str {
    match value {
        Some(Value::Object(map)) => i18n::content(map, pen.language),
        Some(Value::String(text)) => text,
        _ => "",
    }
}

/// A text element within something that is pressed, such as a button's.
pub(super) fn label(value: Option<&Value>, pen: &Pen<'_>) -> Markup {
    let lark_md = value.and_then(|text| text.get("tag")).and_then(Value::as_str) == Some("lark_md");
    let content = words(value, pen);
    if lark_md {
        md::draw(content, Dialect::LarkMd, pen.ink())
    } else {
        html! { bdi { (content) } }
    }
}

fn with_icon(map: &Map<String, Value>, inside: Markup, pen: &Pen<'_>) -> Markup {
    match map.get("icon").and_then(Value::as_object) {
        Some(icon) => html! { div.lk-iconed { (header::element_icon(icon, pen)) (inside) } },
        None => inside,
    }
}

/// The component `div`.
pub(super) fn draw(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let width = word(map, "width");
    let style = size::px(width, 16, 999).map(|width| format!("inline-size:{width}px"));
    let class = if width == "auto" { "w-fit" } else { "" };
    let extra = map.get("extra").filter(|_| !pen.v2);
    let at = format!("{}/extra", place.at);
    html! {
        div.lk-div.(class) style=[style] {
            div.lk-main {
                @if let Some(content) = map.get("text") { (with_icon(map, text(content, pen), pen)) }
                @if !pen.v2 { (fields(items(map.get("fields")), pen)) }
            }
            @if let Some(extra) = extra {
                div.lk-extra { (element::draw(extra, Place { at: &at, depth: place.depth + 1, ..place }, pen)) }
            }
        }
    }
}

/// Texts in two columns; those that are not short take a line.
fn fields(fields: &[Value], pen: &Pen<'_>) -> Markup {
    html! {
        @if !fields.is_empty() {
            div.lk-fields {
                @for field in fields.iter().take(200) {
                    @let short = field.get("is_short").and_then(Value::as_bool).unwrap_or(false);
                    div.short[short] { @if let Some(content) = field.get("text") { (text(content, pen)) } }
                }
            }
        }
    }
}

/// A class for a colour by name, for the parts that take one.
pub(super) fn border(name: &str, pen: &Pen<'_>) -> Option<String> {
    pen.colours.find(name).as_ref().and_then(colour::Colour::css)
}

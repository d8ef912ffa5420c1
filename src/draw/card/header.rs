//! The header: colour, title, subtitle, tags, icon.

use super::{Pen, i18n, word};
use crate::draw::markdown::{self, Dialect};
use crate::draw::{colour, icon, items, size};
use maud::{Markup, html};
use serde_json::{Map, Value};

/// Tags that are shown.
const MAX_TAGS: usize = 3;
/// Colours of a header.
const TEMPLATES: [&str; 12] =
    ["blue", "wathet", "turquoise", "green", "yellow", "orange", "red", "carmine", "violet", "purple", "indigo", "grey"];

/// A header; `link` is where a press on it leads.
pub(super) fn draw(header: &Map<String, Value>, link: Option<&str>, pen: &Pen<'_>) -> Markup {
    let template = TEMPLATES.iter().find(|known| **known == word(header, "template"));
    let texts = [title(header.get("title"), pen), title(header.get("subtitle"), pen)];
    let mut texts = texts.into_iter().flatten();
    // A subtitle alone takes the place of the title.
    let (title, subtitle) = (texts.next(), texts.next());
    let tags = header.get("i18n_text_tag_list").and_then(|all| all.get(pen.language)).or_else(|| header.get("text_tag_list"));
    let tags = items(tags);
    let padding = size::edges(word(header, "padding"), 0, 99).filter(|_| pen.v2).map(|edges| format!("padding:{edges}"));
    let class = template.map_or_else(|| "hd-default".to_owned(), |hue| format!("hd-{hue}"));
    html! {
        div.lk-header.(class) style=[padding] {
            @if let Some(href) = link {
                a.lk-cover href=(href) target="_blank" rel="noopener noreferrer" aria-label=(pen.say("打开卡片链接", "Open the card's link")) {}
            }
            (self::icon(header, pen))
            div.lk-heads {
                @if let Some(title) = title {
                    div.lk-title dir="auto" { (title) @if subtitle.is_none() { (tag_list(tags, pen)) } }
                }
                @if let Some(subtitle) = subtitle {
                    div.lk-subtitle dir="auto" { (subtitle) }
                    (tag_list(tags, pen))
                }
            }
        }
    }
}

fn title(text: Option<&Value>, pen: &Pen<'_>) -> Option<Markup> {
    let map = text?.as_object()?;
    let content = i18n::content(map, pen.language);
    let shown = match word(map, "tag") {
        "lark_md" => markdown::draw(content, Dialect::Header, pen.ink()),
        _ => html! { (content) },
    };
    (!content.trim().is_empty()).then_some(shown)
}

fn tag_list(tags: &[Value], pen: &Pen<'_>) -> Markup {
    html! {
        @if !tags.is_empty() {
            span.lk-tags {
                @for tag in tags.iter().take(MAX_TAGS).filter_map(Value::as_object) {
                    @let text = tag.get("text").and_then(Value::as_object).map(|text| i18n::content(text, pen.language)).unwrap_or_default();
                    span.lk-tag.{ "t-" (colour::hue(word(tag, "color"))) } { bdi { (text) } }
                }
            }
        }
    }
}

/// 2.0 has an icon element, 1.0 `ud_icon` or a picture.
fn icon(header: &Map<String, Value>, pen: &Pen<'_>) -> Markup {
    let found = header.get("ud_icon").filter(|_| !pen.v2).or_else(|| header.get("icon")).and_then(Value::as_object);
    html! { @if let Some(found) = found { div.lk-headicon { (element_icon(found, pen)) } } }
}

/// An icon as an element has it: a token with its colour, or a picture.
pub(super) fn element_icon(map: &Map<String, Value>, pen: &Pen<'_>) -> Markup {
    let named = Some(word(map, "color")).filter(|name| !name.is_empty());
    let named = named.or_else(|| map.get("style").and_then(|style| style.get("color")).and_then(Value::as_str));
    let colour = named.and_then(|name| pen.colours.find(name));
    let class = colour.as_ref().and_then(colour::Colour::class).unwrap_or_default();
    let mut style = colour.as_ref().and_then(colour::Colour::style).unwrap_or_default();
    if let Some(edge) = word(map, "size").split_whitespace().next().and_then(|edge| size::px(edge, 4, 64)) {
        style.push_str(&format!(";font-size:{edge}px"));
    }
    let style = Some(style.trim_start_matches(';')).filter(|style| !style.is_empty());
    let token = word(map, "token");
    html! {
        span.lk-ic.fg[colour.is_some()].(class) style=[style] {
            @if token.is_empty() {
                (crate::draw::text::picture(word(map, "img_key"), pen.say("图标", "Icon"), pen.look))
            } @else {
                (icon::standard(token))
            }
        }
    }
}

//! Which component draws which tag, and what all have in common: margins, bounds, problems.

use super::{Pen, Place, button, chart, div, i18n, image, input, layout, panel, person, select, table, v1, word};
use crate::draw::look::Look;
use crate::draw::markdown::{self, Dialect};
use crate::draw::{items, problem, size};
use crate::util::text::truncate;
use maud::{Markup, html};
use serde_json::Value;

/// How deep containers are drawn in each other; the platform takes 5.
const MAX_DEPTH: usize = 10;

/// Elements below each other.
pub(super) fn list(elements: &[Value], place: Place<'_>, pen: &Pen<'_>) -> Markup {
    html! {
        @for (n, element) in elements.iter().enumerate() {
            @if pen.left.get() > 0 {
                @let at = format!("{}/{n}", place.at);
                (draw(element, Place { at: &at, ..place }, pen))
                @if pen.left.get() == 0 { (problem::cut(pen.look.locale)) }
            }
        }
    }
}

/// One element.
pub(super) fn draw(element: &Value, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    if !pen.spend() {
        return html! {};
    }
    let map = element.as_object();
    let tag = map.and_then(|map| map.get("tag")).and_then(Value::as_str);
    let (Some(map), Some(tag)) = (map, tag) else { return refused(place, pen, "an element is an object with a tag") };
    if place.depth > MAX_DEPTH {
        return refused(place, pen, "containers stand too deep in each other");
    }
    let only_v1 = matches!(tag, "note" | "action");
    let inner = Place { depth: place.depth + 1, ..place };
    let shown = match tag {
        _ if only_v1 && pen.v2 => return refused(place, pen, "this tag exists in schema 1.0 only"),
        "markdown" => div::markdown(map, pen),
        "plain_text" | "lark_md" => div::text(element, pen),
        "div" => div::draw(map, place, pen),
        "hr" => html! { hr; },
        "note" => v1::note(map, place, pen),
        "action" => v1::action(map, inner, pen),
        "img" => image::img(map, pen),
        "img_combination" => image::combination(map, pen),
        "person" => person::one(map, pen),
        "person_list" => person::list(map, pen),
        "chart" => chart::draw(map, pen),
        "table" => table::draw(map, place, pen),
        "column_set" => layout::column_set(map, inner, pen),
        "column" => layout::column(map, "none", inner, pen),
        "collapsible_panel" => panel::collapsible(map, inner, pen),
        "interactive_container" => panel::interactive(map, inner, pen),
        "form" => panel::form(map, inner, pen),
        "button" => button::draw(map, place, pen),
        "overflow" => select::overflow(map, place, pen),
        "select_static" | "multi_select_static" | "select_person" | "multi_select_person" => select::draw(map, tag, place, pen),
        "select_img" => select::images(map, place, pen),
        "date_picker" | "picker_time" | "picker_datetime" => input::picker(map, tag, place, pen),
        "input" => input::text(map, place, pen),
        "checker" => input::checker(map, place, pen),
        "audio" => html! { span.lk-chip { (pen.say("语音", "Audio")) } },
        other => return refused(place, pen, &format!("unknown tag {}", truncate(other, 40))),
    };
    let margin = size::edges(super::word(map, "margin"), -99, 99).filter(|_| pen.v2).map(|edges| format!("margin:{edges}"));
    html! {
        @match margin {
            Some(margin) => { div.lk-el style=(margin) { (shown) } }
            None => { (shown) }
        }
        (pen.problems(place.at))
    }
}

/// What stands in the place of an element that the platform does not know, with its reason where it gives one.
fn refused(place: Place<'_>, pen: &Pen<'_>, otherwise: &str) -> Markup {
    let known = pen.problems(place.at);
    if known.0.is_empty() { problem::boxed(otherwise, place.at, pen.look.locale) } else { known }
}

/// The first text that says something.
pub(super) fn first_text(elements: &[Value], language: &str, look: &Look<'_>, left: &mut usize) -> Option<String> {
    elements.iter().find_map(|element| {
        *left = left.checked_sub(1)?;
        let map = element.as_object()?;
        let of = |text: &Value| {
            let text = text.as_object()?;
            let content = i18n::content(text, language);
            Some(if word(text, "tag") == "lark_md" { markdown::plain(content, Dialect::LarkMd, look) } else { content.to_owned() })
        };
        let found = match word(map, "tag") {
            "markdown" => Some(markdown::plain(i18n::content(map, language), Dialect::V2, look)),
            "plain_text" | "lark_md" => of(element),
            "div" => map.get("text").and_then(of).or_else(|| items(map.get("fields")).first()?.get("text").and_then(of)),
            _ => None,
        };
        let found = found.filter(|text| !text.trim().is_empty());
        found.or_else(|| ["elements", "columns"].iter().find_map(|key| first_text(items(map.get(*key)), language, look, left)))
    })
}

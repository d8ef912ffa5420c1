//! What only JSON 1.0 has: `note` and `action`.

use super::{Pen, Place, div, element, header, word};
use crate::draw::items;
use crate::draw::text::picture;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// Small grey print: texts, pictures and icons in a line.
pub(super) fn note(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    html! {
        div.lk-note {
            @if let Some(icon) = map.get("icon").and_then(Value::as_object) { (header::element_icon(icon, pen)) }
            @for (n, item) in items(map.get("elements")).iter().enumerate().take(100) {
                @if let Some(part) = item.as_object() {
                    @match word(part, "tag") {
                        "img" => { (picture(word(part, "img_key"), div::words(part.get("alt"), pen), pen.look)) }
                        "standard_icon" | "custom_icon" => { (header::element_icon(part, pen)) }
                        "plain_text" | "lark_md" => { (div::text(item, pen)) }
                        _ => {}
                    }
                }
                (pen.problems(&format!("{}/elements/{n}", place.at)))
            }
        }
    }
}

/// Buttons and the like in a row, in two columns, or in three.
pub(super) fn action(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let class = match word(map, "layout") {
        "bisected" => "two",
        "trisection" => "three",
        _ => "flow",
    };
    let at = format!("{}/actions", place.at);
    html! { div.lk-actions.(class) { (element::list(items(map.get("actions")), Place { at: &at, ..place }, pen)) } }
}

//! Containers: `collapsible_panel`, `interactive_container`, `form`.

use super::layout::Layout;
use super::press::Press;
use super::{Pen, Place, div, element, flag, header, word};
use crate::draw::{colour, items, size};
use maud::{Markup, html};
use serde_json::{Map, Value};

fn radius(text: &str) -> Option<i32> {
    size::px(text, 0, 99)
}

/// A part that opens and closes by itself.
pub(super) fn collapsible(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let empty = Map::new();
    let head = map.get("header").and_then(Value::as_object).unwrap_or(&empty);
    let mut outer = Layout::default().ground(word(map, "background_color"), pen);
    if let Some(border) = map.get("border").and_then(Value::as_object) {
        outer.put("bordered");
        if let Some(css) = div::border(word(border, "color"), pen) {
            outer.add(&format!("border-color:{css};"));
        }
        if let Some(radius) = radius(word(border, "corner_radius")) {
            outer.add(&format!("border-radius:{radius}px;"));
        }
    }
    let mut top = Layout::default().ground(word(head, "background_color"), pen);
    if let Some(edges) = size::edges(word(head, "padding"), 0, 99) {
        top.add(&format!("padding:{edges};"));
    }
    match word(head, "icon_position") {
        "left" => top.put("ic-left"),
        "follow_text" => top.put("ic-follow"),
        _ => {}
    }
    if matches!(word(head, "width"), "auto" | "auto_when_fold") {
        top.put("w-fit");
    }
    let turn = match head.get("icon_expanded_angle").and_then(Value::as_i64) {
        Some(-90) => "turn-l90",
        Some(90) => "turn-r90",
        Some(180) => "turn-r180",
        _ => "turn-l180",
    };
    let mut inner = Layout::of(map, pen.v2);
    if let Some(gap) = size::spacing(word(map, "spacing"), pen.v2) {
        inner.add(&format!("row-gap:{gap}px;"));
    }
    let at = format!("{}/elements", place.at);
    html! {
        details.lk-panel.(outer.class) style=[outer.style] open[flag(map, "expanded", false)] {
            summary class=(top.class) style=[top.style] {
                div.lk-ptitle { @if let Some(title) = head.get("title") { (div::text(title, pen)) } }
                @if let Some(icon) = head.get("icon").and_then(Value::as_object) { span.lk-turn.(turn) { (header::element_icon(icon, pen)) } }
            }
            div.lk-box.(inner.class) style=[inner.style] { (element::list(items(map.get("elements")), Place { at: &at, ..place }, pen)) }
        }
    }
}

/// A box that can be pressed as a whole.
pub(super) fn interactive(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let press = Press::of(map, place, pen);
    let mut layout = Layout::of(map, pen.v2).ground(word(map, "background_style"), pen);
    if flag(map, "has_border", false) {
        layout.put("bordered");
        if let Some(css) = pen.colours.find(word(map, "border_color")).as_ref().and_then(colour::Colour::css) {
            layout.add(&format!("border-color:{css};"));
        }
    }
    if let Some(radius) = radius(word(map, "corner_radius")) {
        layout.add(&format!("border-radius:{radius}px;"));
    }
    match word(map, "width") {
        "auto" => layout.put("w-fit"),
        width => {
            if let Some(width) = size::px(width, 16, 999) {
                layout.add(&format!("inline-size:{width}px;"));
            }
        }
    }
    if let Some(height) = size::px(word(map, "height"), 10, 999) {
        layout.add(&format!("min-block-size:{height}px;"));
    }
    let at = format!("{}/elements", place.at);
    html! {
        div.lk-press.lk-box.off[press.disabled].(layout.class) style=[layout.style] title=[press.title()] {
            (cover(&press, place, pen))
            (element::list(items(map.get("elements")), Place { at: &at, ..place }, pen))
        }
    }
}

fn cover(press: &Press, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let label = press.title().unwrap_or(pen.say("可点击区域", "Pressable area"));
    let tag = "interactive_container";
    html! {
        @match &press.link {
            Some(href) if !press.disabled => {
                a.lk-cover href=(href) target="_blank" rel="noopener noreferrer" aria-label=(label) data-at=(place.at) data-tag=(tag) data-act=[press.act()]
                    data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()] {}
            }
            _ => {
                button.lk-cover type="button" aria-label=(label) data-at=(place.at) data-tag=(tag) data-act=[press.act()] disabled[press.disabled]
                    data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()] {}
            }
        }
    }
}

/// A form: what is entered in it goes out together. A form in a form is only a box.
pub(super) fn form(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let layout = Layout::of(map, pen.v2);
    let at = format!("{}/elements", place.at);
    let inside = element::list(items(map.get("elements")), Place { at: &at, form: true, ..place }, pen);
    if place.form {
        return html! { div.lk-form.lk-box.(layout.class) style=[layout.style] { (inside) } };
    }
    html! {
        // Outside of a dialog this method sends nothing: whoever has no script stays where they are.
        form.lk-form.lk-box.(layout.class) style=[layout.style] method="dialog" data-form=(word(map, "name")) data-at=(place.at) data-tag="form" { (inside) }
    }
}

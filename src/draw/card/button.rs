//! Buttons: every style and size; links are links, the rest buttons.

use super::press::{FormPress, Press};
use super::{Pen, Place, div, header, word};
use crate::draw::size;
use maud::{Markup, html};
use serde_json::{Map, Value};

const TYPES: [&str; 9] =
    ["default", "primary", "danger", "text", "primary_text", "danger_text", "primary_filled", "danger_filled", "laser"];
const SIZES: [&str; 4] = ["tiny", "small", "medium", "large"];

/// One button.
pub(super) fn draw(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let known = |list: &[&'static str], word: &str| list.iter().find(|known| **known == word).copied();
    let kind = known(&TYPES, word(map, "type")).unwrap_or("default");
    let class = format!("b-{kind} s-{}", known(&SIZES, word(map, "size")).unwrap_or("medium"));
    let width = word(map, "width");
    let style = size::px(width, 16, 999).map(|width| format!("inline-size:{width}px"));
    let press = Press::of(map, place, pen);
    let inside = html! {
        @if let Some(icon) = map.get("icon").and_then(Value::as_object) { (header::element_icon(icon, pen)) }
        (div::label(map.get("text"), pen))
    };
    let fill = width == "fill";
    // Only an icon, and no tip: still something to call it by.
    let unnamed = div::words(map.get("text"), pen).trim().is_empty() && press.title().is_none();
    let label = unnamed.then_some(pen.say("按钮", "Button"));
    let name = Some(word(map, "name")).filter(|name| place.form && !name.is_empty());
    match &press.link {
        Some(href) if !press.disabled && press.form.is_none() => html! {
            a.lk-btn.w-full[fill].(class) style=[style] href=(href) target="_blank" rel="noopener noreferrer" data-at=(place.at) data-tag="button"
                data-act=[press.act()] title=[press.title()] aria-label=[label] data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()]
                { (inside) }
        },
        _ => {
            let (kind, submit, reset) = match press.form {
                Some(FormPress::Submit) => ("submit", true, false),
                Some(FormPress::Reset) => ("reset", false, true),
                None => ("button", false, false),
            };
            html! {
                button.lk-btn.w-full[fill].(class) style=[style] type=(kind) name=[name] data-at=(place.at) data-tag="button"
                    data-act=[press.act()] data-submit[submit] data-reset[reset] title=[press.title()] aria-label=[label] disabled[press.disabled]
                    data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()]
                    { (inside) }
            }
        }
    }
}

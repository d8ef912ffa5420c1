//! What is entered: `input`, dates and times, `checker`. Native controls.

use super::press::Press;
use super::select::act;
use super::{Pen, Place, button, div, flag, word};
use crate::draw::{items, size};
use maud::{Markup, html};
use serde_json::{Map, Value};

/// A field for text: a line, several lines, or a password.
pub(super) fn text(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let press = Press::of(map, place, pen);
    let name = Some(word(map, "name")).filter(|name| place.form && !name.is_empty());
    let placeholder = div::words(map.get("placeholder"), pen);
    let label = div::words(map.get("label"), pen);
    let spoken = if placeholder.is_empty() { pen.say("请输入", "Enter") } else { placeholder };
    let spoken = label.is_empty().then_some(spoken);
    let most = map.get("max_length").and_then(Value::as_u64).map_or(1000, |most| most.clamp(1, 1000));
    let rows = map.get("rows").and_then(Value::as_u64).map_or(5, |rows| rows.clamp(1, 20));
    let width = word(map, "width");
    let style = size::px(width, 100, 999).map(|width| format!("inline-size:{width}px"));
    let required = flag(map, "required", false);
    let value = word(map, "default_value");
    let kind = if word(map, "input_type") == "password" { "password" } else { "text" };
    html! {
        label.lk-input.beside[word(map, "label_position") == "left"].w-full[width == "fill"] style=[style] {
            @if !label.is_empty() { span.lk-label dir="auto" { (label) @if required { span.lk-req aria-hidden="true" { "*" } } } }
            @if word(map, "input_type") == "multiline_text" {
                textarea name=[name] rows=(rows) maxlength=(most) placeholder=[Some(placeholder).filter(|text| !text.is_empty())] required[required]
                    disabled[press.disabled] title=[press.title()] aria-label=[spoken] data-at=(place.at) data-tag="input" data-act=[act(place, pen)]
                    data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()] { (value) }
            } @else {
                input type=(kind) name=[name] maxlength=(most) value=(value) placeholder=[Some(placeholder).filter(|text| !text.is_empty())] required[required]
                    disabled[press.disabled] title=[press.title()] aria-label=[spoken] data-at=(place.at) data-tag="input" data-act=[act(place, pen)]
                    data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()] autocomplete="off";
            }
        }
    }
}

/// A date, a time, or both.
pub(super) fn picker(map: &Map<String, Value>, tag: &str, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let press = Press::of(map, place, pen);
    let (kind, initial, label) = match tag {
        "picker_time" => ("time", word(map, "initial_time").to_owned(), pen.say("选择时间", "Select a time")),
        "picker_datetime" => {
            ("datetime-local", word(map, "initial_datetime").replacen(' ', "T", 1), pen.say("选择日期和时间", "Select date and time"))
        }
        _ => ("date", word(map, "initial_date").to_owned(), pen.say("选择日期", "Select a date")),
    };
    let placeholder = div::words(map.get("placeholder"), pen);
    let label = if placeholder.is_empty() { label } else { placeholder };
    // Browsers take nothing but digits in their places.
    let legal = initial.len() <= 16 && initial.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'T'));
    let name = Some(word(map, "name")).filter(|name| place.form && !name.is_empty());
    html! {
        input.lk-picker.w-full[word(map, "width") == "fill"] type=(kind) name=[name] value=[Some(initial).filter(|text| legal && !text.is_empty())]
            required[flag(map, "required", false)] disabled[press.disabled] title=(press.title().unwrap_or(label)) aria-label=(label)
            data-at=(place.at) data-tag=(tag) data-act=[act(place, pen)] data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()];
    }
}

/// A box to tick, with its text and the buttons at its end.
pub(super) fn checker(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let press = Press::of(map, place, pen);
    let name = Some(word(map, "name")).filter(|name| place.form && !name.is_empty());
    let checked = flag(map, "checked", false);
    let struck = map.get("checked_style").and_then(|style| style.get("show_strikethrough")).and_then(Value::as_bool).unwrap_or(true);
    let style = size::edges(word(map, "padding"), 0, 99).map(|edges| format!("padding:{edges}"));
    let at = format!("{}/button_area/buttons", place.at);
    let buttons = items(map.get("button_area").and_then(|area| area.get("buttons")));
    html! {
        div.lk-checker.struck[struck] style=[style] {
            label {
                input type="checkbox" name=[name] value="true" checked[checked] disabled[press.disabled] title=[press.title()]
                    data-at=(place.at) data-tag="checker" data-act=[press.act()] data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()];
                span dir="auto" { @if map.contains_key("text") { (div::label(map.get("text"), pen)) } @else { span.lk-hidden { (pen.say("勾选", "Tick")) } } }
            }
            @for (n, item) in buttons.iter().enumerate().take(3) {
                @if let Some(item) = item.as_object() { (button::draw(item, Place { at: &format!("{at}/{n}"), ..place }, pen)) }
            }
        }
    }
}

//! Choices: `select_static` and its kind, `overflow`, `select_img`. Native controls, so that a keyboard is enough.

use super::press::Press;
use super::{Pen, Place, div, first_link, flag, header, word};
use crate::draw::items;
use crate::draw::text::picture;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// Options that are drawn.
const MAX_OPTIONS: usize = 300;

/// One that can be chosen: value and words.
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

/// A drop-down: one or several of options, or of people.
pub(super) fn draw(map: &Map<String, Value>, tag: &str, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let multiple = tag.starts_with("multi");
    let press = Press::of(map, place, pen);
    let placeholder = div::words(map.get("placeholder"), pen);
    let placeholder = if placeholder.is_empty() { pen.say("请选择", "Select") } else { placeholder };
    let choices = choices(map, tag.ends_with("person"), pen);
    let nothing = !choices.iter().any(|choice| choice.chosen);
    let name = Some(word(map, "name")).filter(|name| place.form && !name.is_empty());
    let size = choices.len().clamp(2, 4);
    html! {
        select.lk-select.w-full[word(map, "width") == "fill"] name=[name] aria-label=(placeholder) data-at=(place.at) data-tag=(tag) data-act=[act(place, pen)]
            multiple[multiple] size=[multiple.then_some(size)] required[flag(map, "required", false)] disabled[press.disabled] title=[press.title()]
            data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()] {
            @if !multiple { option value="" selected[nothing] { (placeholder) } }
            @for choice in &choices { option value=(choice.value) selected[choice.chosen] { (choice.text) } }
        }
    }
}

/// Outside of a form every choice is told at once.
pub(super) fn act(place: Place<'_>, pen: &Pen<'_>) -> Option<&'static str> {
    (pen.look.live && !place.form).then_some("callback")
}

fn choices(map: &Map<String, Value>, people: bool, pen: &Pen<'_>) -> Vec<Choice> {
    let initial = word(map, "initial_option");
    let index = map.get("initial_index").and_then(Value::as_u64).unwrap_or(0);
    let selected: Vec<&str> = items(map.get("selected_values")).iter().filter_map(Value::as_str).take(MAX_OPTIONS).collect();
    let chosen = |n: usize, value: &str| {
        (!initial.is_empty() && initial == value) || (index > 0 && index == n as u64 + 1) || selected.contains(&value)
    };
    let options = items(map.get("options"));
    if people && options.is_empty() {
        let members = pen.look.world.members().into_iter().take(MAX_OPTIONS).enumerate();
        return members.map(|(n, (value, text))| Choice { chosen: chosen(n, &value), value, text }).collect();
    }
    let option = |(n, option): (usize, &Value)| {
        let option = option.as_object()?;
        let value = word(option, "value");
        let name = || pen.look.world.person(value).unwrap_or_else(|| value.to_owned());
        let text = match div::words(option.get("text"), pen) {
            "" if people => name(),
            "" => value.to_owned(),
            text => text.to_owned(),
        };
        Some(Choice { value: value.to_owned(), text, chosen: chosen(n, value) })
    };
    options.iter().take(MAX_OPTIONS).enumerate().filter_map(option).collect()
}

/// A menu behind three dots.
pub(super) fn overflow(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let press = Press::of(map, place, pen);
    let label = pen.say("更多操作", "More actions");
    html! {
        @if press.disabled {
            button.lk-btn.b-default.s-medium type="button" disabled aria-label=(label) title=[press.title()] { (crate::draw::icon::standard("more_outlined")) }
        } @else {
            details.lk-menu data-at=(place.at) data-tag="overflow" {
                summary aria-label=(label) title=[press.title()] { (crate::draw::icon::standard("more_outlined")) }
                div.lk-menuitems {
                    @for option in items(map.get("options")).iter().take(MAX_OPTIONS).filter_map(Value::as_object) {
                        (menu_item(option, &press, place, pen))
                    }
                }
            }
        }
    }
}

fn menu_item(option: &Map<String, Value>, press: &Press, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let link = option.get("multi_url").and_then(Value::as_object).and_then(first_link).or_else(|| first_link(option));
    let value = Some(word(option, "value")).filter(|value| !value.is_empty());
    let act = (pen.look.live && value.is_some()).then_some("callback");
    let inside = html! {
        @if let Some(icon) = option.get("icon").and_then(Value::as_object) { (header::element_icon(icon, pen)) }
        (div::label(option.get("text"), pen))
    };
    html! {
        @match link {
            Some(href) => {
                a href=(href) target="_blank" rel="noopener noreferrer" data-at=(place.at) data-tag="overflow" data-act=[act] data-option=[value]
                    data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()] { (inside) }
            }
            None => {
                button type="button" data-at=(place.at) data-tag="overflow" data-act=[act] data-option=[value]
                    data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()] { (inside) }
            }
        }
    }
}

/// Pictures to choose from.
pub(super) fn images(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let press = Press::of(map, place, pen);
    let kind = if flag(map, "multi_select", flag(map, "multi", false)) { "checkbox" } else { "radio" };
    let name = match word(map, "name") {
        name if place.form && !name.is_empty() => name,
        _ => place.at,
    };
    let class = match word(map, "layout") {
        "bisect" => "bisect",
        "trisect" => "trisect",
        _ => "stretch",
    };
    let inside = html! {
        fieldset.lk-pick.(class) data-at=(place.at) data-tag="select_img" data-act=[act(place, pen)] disabled[press.disabled] title=[press.title()]
            data-confirm-title=[press.confirm_title()] data-confirm-text=[press.confirm_text()] {
            legend.lk-hidden { (pen.say("选择图片", "Choose a picture")) }
            @for (n, option) in items(map.get("options")).iter().enumerate().take(MAX_OPTIONS) {
                @if let Some(option) = option.as_object() {
                    @let alt = format!("{} {}", pen.say("图片", "Picture"), n + 1);
                    label {
                        input type=(kind) name=(name) value=(word(option, "value")) disabled[flag(option, "disabled", false)] aria-label=(alt);
                        (picture(word(option, "img_key"), &alt, pen.look))
                    }
                }
            }
        }
    };
    // Radio buttons belong together by name within their form: two drawings of one card on a page must not share theirs.
    html! { @if place.form { (inside) } @else { form.lk-el method="dialog" { (inside) } } }
}

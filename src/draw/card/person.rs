//! People that a card shows without mentioning them.

use super::{Pen, flag, header, word};
use crate::draw::items;
use crate::draw::text::person;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// People of a list that are drawn.
const MAX_PEOPLE: usize = 100;

fn size_class(word: &str) -> &'static str {
    match word {
        "extra_small" => "p-xs",
        "small" => "p-s",
        "large" => "p-l",
        _ => "p-m",
    }
}

/// The component `person`.
pub(super) fn one(map: &Map<String, Value>, pen: &Pen<'_>) -> Markup {
    let (name, avatar) = (flag(map, "show_name", false), flag(map, "show_avatar", true));
    let capsule = word(map, "style") == "capsule";
    html! { div.lk-people.(size_class(word(map, "size"))) { (person(word(map, "user_id"), name, avatar, capsule, pen.look)) } }
}

/// The component `person_list`.
pub(super) fn list(map: &Map<String, Value>, pen: &Pen<'_>) -> Markup {
    let (name, avatar) = (flag(map, "show_name", true), flag(map, "show_avatar", false));
    let people = items(map.get("persons"));
    let lines = map.get("lines").and_then(Value::as_u64).filter(|lines| *lines > 0);
    let style = lines.map(|lines| format!("--lines:{}", lines.min(100)));
    let icon = map.get("ud_icon").or_else(|| map.get("icon")).and_then(Value::as_object);
    html! {
        div.lk-people.lk-clamp[lines.is_some()].(size_class(word(map, "size"))) style=[style] {
            @if let Some(icon) = icon { (header::element_icon(icon, pen)) }
            @for (n, entry) in people.iter().enumerate().take(MAX_PEOPLE) {
                @if n > 0 && !avatar { (pen.say("、", ", ")) }
                (person(entry.get("id").and_then(Value::as_str).unwrap_or_default(), name, avatar, false, pen.look))
            }
            @if people.len() > MAX_PEOPLE { " +" (people.len() - MAX_PEOPLE) }
        }
    }
}

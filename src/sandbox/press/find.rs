//! The component that a press is about, and whether it can be pressed.
//!
//! A pointer leads through the places where components stand, nowhere else. What the app is not told of (links, what
//! stands in a form and is not its submit button) is refused in a sentence: in a client it stays in the client.

use super::{PressError, cannot, invalid};
use crate::feishu::content::card::is_v2;
use serde_json::{Map, Value};

/// The properties of a component.
type Props = Map<String, Value>;

/// A component that calls the app back.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub tag: &'a str,
    pub map: &'a Props,
    /// The form that this button submits.
    pub form: Option<&'a Props>,
    /// What the app gets back, as configured.
    pub value: Option<&'a Value>,
}

/// Keys under which components stand.
const PLACES: [&str; 6] = ["body", "elements", "columns", "actions", "extra", "i18n_elements"];

/// What a person can act on.
const ACTIVE: [&str; 13] = [
    "button",
    "overflow",
    "select_static",
    "multi_select_static",
    "select_person",
    "multi_select_person",
    "select_img",
    "date_picker",
    "picker_time",
    "picker_datetime",
    "input",
    "checker",
    "interactive_container",
];

/// What a button does in its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FormAction {
    Submit,
    Reset,
    None,
}

/// The component at `at` of a card.
pub(super) fn find<'a>(card: &'a Value, at: &str) -> Result<Found<'a>, PressError> {
    if matches!(card.get("type").and_then(Value::as_str), Some("template" | "card")) {
        return Err(cannot("what a template or card entity contains lies in the card builder, not here"));
    }
    let (map, form) = walk(card, at)?;
    let Some(tag) = map.get("tag").and_then(Value::as_str) else { return Err(invalid(format!("{at} is not a component"))) };
    if !ACTIVE.contains(&tag) {
        return Err(cannot(format!("{tag} at {at} cannot be pressed")));
    }
    if map.get("disabled") == Some(&Value::Bool(true)) {
        return Err(cannot(format!("{tag} at {at} is disabled")));
    }
    let value = callback_value(map, tag, is_v2(card));
    let Some(form) = form else {
        return match value {
            Some(value) => Ok(Found { tag, map, form: None, value: value.filter(|value| !value.is_null()) }),
            None => Err(no_callback(map, tag, at, is_v2(card))),
        };
    };
    match (tag, form_action(map)) {
        ("button", FormAction::Submit) => Ok(Found { tag, map, form: Some(form), value: value.flatten() }),
        ("button", FormAction::Reset) => Err(cannot("this button empties its form and tells nobody")),
        ("button" | "interactive_container", _) => match value {
            Some(value) => Ok(Found { tag, map, form: None, value }),
            None => Err(no_callback(map, tag, at, is_v2(card))),
        },
        _ => Err(cannot(format!("{tag} at {at} stands in a form: press the form's submit button and say in `form` what it holds"))),
    }
}

/// The object at the pointer, and the form around it.
fn walk<'a>(card: &'a Value, at: &str) -> Result<(&'a Props, Option<&'a Props>), PressError> {
    let nowhere = || invalid(format!("there is no component at {at:?}: write a JSON pointer such as /body/elements/0"));
    let path = at.strip_prefix('/').ok_or_else(nowhere)?;
    let (mut value, mut form, mut by_language) = (card, None, false);
    for segment in path.split('/') {
        value = match value {
            Value::Array(items) => segment.parse::<usize>().ok().and_then(|n| items.get(n)).ok_or_else(nowhere)?,
            Value::Object(map) => {
                let known = PLACES.contains(&segment) || by_language;
                by_language = segment == "i18n_elements";
                map.get(segment).filter(|_| known).ok_or_else(nowhere)?
            }
            _ => return Err(nowhere()),
        };
        if value.get("tag").and_then(Value::as_str) == Some("form") {
            form = value.as_object();
        }
    }
    value.as_object().map(|map| (map, form)).ok_or_else(nowhere)
}

/// What the app gets back: `None` where it is not called, `Some(None)` where it is and nothing was configured.
fn callback_value<'a>(map: &'a Props, tag: &str, v2: bool) -> Option<Option<&'a Value>> {
    let behaviors = map.get("behaviors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if let Some(callback) = behaviors.iter().find(|item| item.get("type").and_then(Value::as_str) == Some("callback")) {
        return Some(callback.get("value"));
    }
    if v2 || !behaviors.is_empty() {
        return None;
    }
    // JSON 1.0 before behaviors: a button calls back with its value, unless it is a link; the others always do.
    let is_link = (filled(map, "url") || filled(map, "multi_url")) && map.get("complex_interaction") != Some(&Value::Bool(true));
    match (tag, map.get("value")) {
        ("button", Some(value)) if !is_link => Some(Some(value)),
        ("button" | "checker" | "interactive_container", _) => None,
        (_, value) => Some(value),
    }
}

fn filled(map: &Props, key: &str) -> bool {
    match map.get(key) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(inner)) => !inner.is_empty(),
        _ => false,
    }
}

fn form_action(map: &Props) -> FormAction {
    let word = |key: &str| map.get(key).and_then(Value::as_str);
    let behavior = |wanted: &str| {
        let items = map.get("behaviors").and_then(Value::as_array).into_iter().flatten();
        items.into_iter().any(|item| item.get("behavior").and_then(Value::as_str) == Some(wanted))
    };
    if word("form_action_type") == Some("submit") || word("action_type") == Some("form_submit") || behavior("submit") {
        FormAction::Submit
    } else if word("form_action_type") == Some("reset") || word("action_type") == Some("form_reset") || behavior("reset") {
        FormAction::Reset
    } else {
        FormAction::None
    }
}

fn no_callback(map: &Props, tag: &str, at: &str, v2: bool) -> PressError {
    let opens = map.get("behaviors").and_then(Value::as_array).into_iter().flatten();
    let opens = opens.into_iter().any(|item| item.get("type").and_then(Value::as_str) == Some("open_url"));
    if opens || filled(map, "url") || filled(map, "multi_url") {
        return cannot(format!("{tag} at {at} only opens a link: the app is not told, there is nothing to press"));
    }
    let how = if v2 { "behaviors with type callback" } else { "behaviors with type callback, or value" };
    cannot(format!("{tag} at {at} calls nobody back: it needs {how}"))
}

//! Components that people press or fill in: `behaviors` become the properties of their own that 1.0 has.

use super::elements::Convert;
use serde_json::{Map, Value};

/// Properties that both schemas have, of whichever component has them.
const KEPT: &[&str] = &[
    "text",
    "type",
    "size",
    "width",
    "icon",
    "name",
    "required",
    "disabled",
    "disabled_tips",
    "hover_tips",
    "confirm",
    "placeholder",
    "options",
    "initial_option",
    "initial_index",
    "selected_values",
    "initial_date",
    "initial_time",
    "initial_datetime",
    "input_type",
    "max_length",
    "rows",
    "auto_resize",
    "max_rows",
    "default_value",
    "label",
    "label_position",
    "show_icon",
    "checked",
    "overall_checkable",
    "button_area",
    "checked_style",
    "padding",
    "multi",
    "layout",
    "can_preview",
    "aspect_ratio",
    "style",
    "action_type",
    "url",
    "multi_url",
    "value",
];

/// A component of this tag in 1.0.
pub(super) fn convert(convert: &Convert<'_>, map: &Map<String, Value>, tag: &str) -> Value {
    let mut out = convert.component(map, tag, KEPT);
    let action = match map.get("form_action_type").and_then(Value::as_str) {
        Some("submit") => Some("form_submit"),
        Some("reset") => Some("form_reset"),
        _ => None,
    };
    if let Some(action) = action {
        out["action_type"] = action.into();
    }
    let behaviors = map.get("behaviors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if tag == "checker" {
        // It has behaviours in 1.0 too.
        if let Some(behaviors) = map.get("behaviors") {
            out["behaviors"] = behaviors.clone();
        }
        return out;
    }
    let of = |kind: &str| behaviors.iter().find(|behavior| behavior.get("type").and_then(Value::as_str) == Some(kind));
    let opens = of("open_url").is_some_and(|behavior| open(&mut out, behavior));
    if let Some(value) = of("callback").and_then(|behavior| behavior.get("value")) {
        out["value"] = value.clone();
        if opens {
            // Otherwise 1.0 does one of the two.
            out["complex_interaction"] = true.into();
        }
    }
    out
}

/// The address to open, in one property or by platform; false where there is none.
fn open(out: &mut Value, behavior: &Value) -> bool {
    let word = |key: &str| behavior.get(key).and_then(Value::as_str).filter(|url| !url.is_empty());
    let mut urls = Map::new();
    for (from, to) in [("default_url", "url"), ("pc_url", "pc_url"), ("ios_url", "ios_url"), ("android_url", "android_url")] {
        if let Some(url) = word(from) {
            urls.insert(to.to_owned(), url.into());
        }
    }
    match (urls.len(), urls.get("url")) {
        (0, _) => return false,
        (1, Some(url)) => out["url"] = url.clone(),
        _ => out["multi_url"] = Value::Object(urls),
    }
    true
}

//! What the app is told of a pressed component: the `action` of `card.action.trigger`, by kind of component.

use super::find::Found;
use super::{Press, PressError, Stop, cannot, dates, form, invalid};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// What choosing needs to know of the world.
pub(super) struct Chooser<'a> {
    pub now: Timestamp,
    /// The `open_id`, as the app sees it, of a member of the chat by any id or address.
    pub person: &'a mut dyn FnMut(&str) -> Option<String>,
}

/// The `action` of a press.
pub(super) fn action(found: &Found<'_>, press: &Press, choose: &mut Chooser<'_>) -> Result<Value, Stop> {
    let mut action = json!({ "tag": found.tag });
    if let Some(value) = found.value {
        action["value"] = value.clone();
    }
    if let Some(map) = found.form {
        let (value, has_dates) = form::value(map, press, choose)?;
        action["name"] = form::button_name(found.map)?.into();
        action["form_value"] = value;
        if has_dates {
            action["timezone"] = press.timezone.as_str().into();
        }
        return Ok(action);
    }
    if !press.form.is_empty() {
        return Err(invalid("form: this component submits no form").into());
    }
    if let Some(name) = found.map.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) {
        action["name"] = name.into();
    }
    let several = found.tag.starts_with("multi_") || press.options.is_some();
    match found.tag {
        "button" | "interactive_container" => {}
        "input" => {
            let text = press.input.clone().ok_or_else(|| invalid("input: what was typed is missing"))?;
            form::typed(found.map, &text)?;
            action["input_value"] = text.into();
        }
        "checker" => {
            let before = found.map.get("checked").and_then(Value::as_bool).unwrap_or_default();
            action["checked"] = press.checked.unwrap_or(!before).into();
        }
        tag @ ("date_picker" | "picker_time" | "picker_datetime") => {
            let zone = dates::zone(&press.timezone)?;
            action["option"] = dates::reported(tag, option(press)?, &zone, choose.now)?.into();
            action["timezone"] = press.timezone.as_str().into();
        }
        tag if several => {
            let values = press.options.as_deref().ok_or_else(|| invalid("options: what was chosen is missing"))?;
            action["options"] = chosen_many(tag, found.map, values, choose)?;
        }
        tag => action["option"] = chosen(tag, found.map, option(press)?, choose)?.into(),
    }
    Ok(action)
}

fn option(press: &Press) -> Result<&str, PressError> {
    press.option.as_deref().filter(|option| !option.is_empty()).ok_or_else(|| invalid("option: what was chosen is missing"))
}

/// One of the component's options, or a person.
pub(super) fn chosen(tag: &str, map: &Map<String, Value>, wanted: &str, choose: &mut Chooser<'_>) -> Result<String, PressError> {
    let options = map.get("options").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let values = || options.iter().filter_map(|option| option.get("value").and_then(Value::as_str));
    if tag.ends_with("select_person") {
        let open_id = (choose.person)(wanted).ok_or_else(|| cannot(format!("{wanted} is not a member of the chat")))?;
        // Without options every member of the chat can be chosen.
        let offered = options.is_empty() || values().any(|value| value == open_id || value == wanted);
        return if offered { Ok(open_id) } else { Err(cannot(format!("{wanted} is not among the people offered"))) };
    }
    let Some(option) = options.iter().find(|option| option.get("value").and_then(Value::as_str) == Some(wanted)) else {
        let known: Vec<&str> = values().collect();
        return Err(cannot(format!("there is no option {wanted:?}; there is: {}", known.join(", "))));
    };
    let is_link = ["multi_url", "url"].iter().any(|key| option.get(*key).is_some_and(|url| !url.is_null()));
    if tag == "overflow" && is_link {
        return Err(cannot(format!("the option {wanted:?} only opens a link: the app is not told")));
    }
    Ok(wanted.to_owned())
}

/// Several of the component's options, or people.
pub(super) fn chosen_many(tag: &str, map: &Map<String, Value>, wanted: &[String], choose: &mut Chooser<'_>) -> Result<Value, PressError> {
    wanted.iter().map(|wanted| chosen(tag, map, wanted, choose).map(Value::String)).collect()
}

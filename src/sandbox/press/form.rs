//! What a form holds when it is submitted: by name, given or as it began.
//!
//! A client lets nobody submit a form without what is required; a name that is missing or used twice is its error 200530.
//! What nobody filled in is left out, but for texts, which are empty (no word on it in the documentation).

use super::action::{Chooser, chosen, chosen_many};
use super::{Fault, Press, PressError, Stop, cannot, dates, invalid};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const BAD_NAME: i64 = 200_530;
const MAX_INPUT: u64 = 1000;

/// The `form_value` of a submitted form, and whether there are dates in it.
pub(super) fn value(form: &Map<String, Value>, press: &Press, choose: &mut Chooser<'_>) -> Result<(Value, bool), Stop> {
    let mut fields: BTreeMap<&str, &Map<String, Value>> = BTreeMap::new();
    let elements = form.get("elements").unwrap_or(&Value::Null);
    collect(elements, &mut fields)?;
    if let Some(unknown) = press.form.keys().find(|name| !fields.contains_key(name.as_str())) {
        let known: Vec<&str> = fields.keys().copied().collect();
        return Err(invalid(format!("form: the form has no {unknown:?}; it has: {}", known.join(", "))).into());
    }
    let (mut out, mut has_dates) = (Map::new(), false);
    for (name, map) in fields {
        let tag = word(map, "tag");
        let given = press.form.get(name).filter(|value| !value.is_null());
        let value = match (given, is_disabled(map)) {
            (Some(_), true) => return Err(cannot(format!("form: {name} is disabled")).into()),
            (given, _) => field(tag, name, map, given, press, choose)?,
        };
        let is_empty = value.as_ref().is_none_or(|value| value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty));
        if is_empty && map.get("required") == Some(&Value::Bool(true)) {
            return Err(cannot(format!("form: {name} is required: no client submits the form without it")).into());
        }
        if let Some(value) = value {
            has_dates |= matches!(tag, "date_picker" | "picker_time" | "picker_datetime");
            out.insert(name.to_owned(), value);
        }
    }
    Ok((Value::Object(out), has_dates))
}

/// The components that hold something, by name.
fn collect<'a>(value: &'a Value, out: &mut BTreeMap<&'a str, &'a Map<String, Value>>) -> Result<(), Fault> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| collect(item, out)),
        Value::Object(map) => {
            let tag = word(map, "tag");
            if holds(tag) {
                let name = word(map, "name");
                if name.is_empty() {
                    return Err(Fault::new(BAD_NAME, format!("{tag} in the form has no name")));
                }
                if out.insert(name, map).is_some() {
                    return Err(Fault::new(BAD_NAME, format!("the name {name:?} is used twice in the form")));
                }
            }
            ["elements", "columns", "actions"].iter().filter_map(|key| map.get(*key)).try_for_each(|inner| collect(inner, out))
        }
        _ => Ok(()),
    }
}

fn holds(tag: &str) -> bool {
    tag.contains("select") || tag.contains("picker") || matches!(tag, "input" | "checker")
}

/// The submit button's own name, which the app is told.
pub(super) fn button_name(button: &Map<String, Value>) -> Result<&str, Fault> {
    match word(button, "name") {
        "" => Err(Fault::new(BAD_NAME, "the submit button has no name")),
        name => Ok(name),
    }
}

fn word<'a>(map: &'a Map<String, Value>, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn is_disabled(map: &Map<String, Value>) -> bool {
    map.get("disabled") == Some(&Value::Bool(true))
}

/// What one component holds.
fn field(
    tag: &str,
    name: &str,
    map: &Map<String, Value>,
    given: Option<&Value>,
    press: &Press,
    choose: &mut Chooser<'_>,
) -> Result<Option<Value>, PressError> {
    let a_text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| invalid(format!("form: {name} takes a text")));
    let many = tag.starts_with("multi_") || (tag == "select_img" && map.get("multi_select") == Some(&Value::Bool(true)));
    match tag {
        "input" => {
            let text = given.map(a_text).transpose()?.unwrap_or_else(|| word(map, "default_value").to_owned());
            typed(map, &text)?;
            Ok(Some(text.into()))
        }
        "checker" => {
            let begins = map.get("checked").and_then(Value::as_bool).unwrap_or_default();
            let checked = given.map_or(Some(begins), Value::as_bool);
            checked.map(|checked| Some(checked.into())).ok_or_else(|| invalid(format!("form: {name} takes true or false")))
        }
        "date_picker" | "picker_time" | "picker_datetime" => {
            let begins =
                ["initial_date", "initial_time", "initial_datetime"].iter().map(|key| word(map, key)).find(|text| !text.is_empty());
            let text = given.map(a_text).transpose()?.or_else(|| begins.map(str::to_owned)).filter(|text| !text.is_empty());
            let zone = dates::zone(&press.timezone)?;
            text.map(|text| dates::reported(tag, &text, &zone, choose.now).map(Value::String)).transpose()
        }
        _ if many => {
            let values = given.or_else(|| map.get("selected_values"));
            let items = values.map_or(Some(&[][..]), |value| value.as_array().map(Vec::as_slice));
            let items: Option<Vec<String>> = items.and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
            let items = items.ok_or_else(|| invalid(format!("form: {name} takes a list of values")))?;
            Ok(Some(chosen_many(tag, map, &items, choose)?).filter(|value| value.as_array().is_some_and(|items| !items.is_empty())))
        }
        _ => {
            let given = given.map(a_text).transpose()?;
            let value = given.or_else(|| initial(map)).filter(|value| !value.is_empty());
            value.map(|value| chosen(tag, map, &value, choose).map(Value::String)).transpose()
        }
    }
}

/// Whether the text may be typed there.
pub(super) fn typed(map: &Map<String, Value>, text: &str) -> Result<(), PressError> {
    let max = map.get("max_length").and_then(Value::as_u64).unwrap_or(MAX_INPUT);
    let length = text.chars().count() as u64;
    if length > max { Err(cannot(format!("the input takes {max} characters, not {length}"))) } else { Ok(()) }
}

/// The option a select begins with: by value, or by its number from 1.
fn initial(map: &Map<String, Value>) -> Option<String> {
    let by_value = word(map, "initial_option");
    if !by_value.is_empty() {
        return Some(by_value.to_owned());
    }
    let number = usize::try_from(map.get("initial_index")?.as_u64()?).ok()?.checked_sub(1)?;
    Some(map.get("options")?.get(number)?.get("value")?.as_str()?.to_owned())
}

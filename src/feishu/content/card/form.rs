//! What a form needs: a button that submits it, and names that differ.

use super::walk::CANNOT_PARSE;
use serde_json::{Map, Value};

pub(super) const BAD_NAME: i64 = 200_530;

/// What is wrong with a form: sub-code, what.
pub(super) fn check(form: &Map<String, Value>) -> Vec<(i64, String)> {
    let mut faults = Vec::new();
    let mut names = Vec::new();
    let mut submits = false;
    if let Some(elements) = form.get("elements") {
        collect(elements, &mut names, &mut submits);
    }
    names.sort_unstable();
    if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        faults.push((BAD_NAME, format!("the name {:?} is used twice in the form", pair[0])));
    }
    if !submits {
        faults.push((CANNOT_PARSE, "a form needs a button that submits it".to_owned()));
    }
    faults
}

fn collect<'a>(value: &'a Value, names: &mut Vec<&'a str>, submits: &mut bool) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names, submits)),
        Value::Object(map) => {
            let word = |key: &str| map.get(key).and_then(Value::as_str);
            if word("tag").is_some() {
                names.extend(word("name").filter(|name| !name.is_empty()));
            }
            let by_behavior = |item: &Value| item.get("behavior").and_then(Value::as_str) == Some("submit");
            *submits |= word("form_action_type") == Some("submit")
                || word("action_type") == Some("form_submit")
                || map.get("behaviors").and_then(Value::as_array).is_some_and(|items| items.iter().any(by_behavior));
            for key in ["elements", "columns", "actions"] {
                if let Some(inner) = map.get(key) {
                    collect(inner, names, submits);
                }
            }
        }
        _ => {}
    }
}

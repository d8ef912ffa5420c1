//! Whether a value is what a schema says: the part of JSON Schema that `openapi.yaml` uses, and no other. Objects that name properties have no
//! others, unless the schema says so: what is answered is described.

use super::spec::resolve;
use serde_json::Value;

/// Everything that is wrong, each with its place.
pub fn faults(root: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(root, schema, value, "", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let schema = resolve(root, schema);
    let Some(map) = schema.as_object() else { panic!("a schema is a map: {schema}") };
    for (word, want) in map {
        match word.as_str() {
            "type" => {
                let kinds: Vec<&str> =
                    want.as_array().map_or_else(|| vec![want], |all| all.iter().collect()).into_iter().filter_map(Value::as_str).collect();
                if !kinds.iter().any(|kind| is(value, kind)) {
                    faults.push(format!("{at}: {} is not {kinds:?}", short(value)));
                }
            }
            "enum" => {
                if !want.as_array().unwrap().contains(value) {
                    faults.push(format!("{at}: {} is not one of {want}", short(value)));
                }
            }
            "pattern" => {
                let fits = |text: &str| regex::Regex::new(want.as_str().unwrap()).unwrap().is_match(text);
                if value.as_str().is_some_and(|text| !fits(text)) {
                    faults.push(format!("{at}: {} does not match {want}", short(value)));
                }
            }
            "format" => {
                let fits = |text: &str| match want.as_str().unwrap() {
                    "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
                    "int64" | "binary" => true,
                    other => panic!("format {other} is not known here"),
                };
                if value.as_str().is_some_and(|text| !fits(text)) {
                    faults.push(format!("{at}: {} is no {want}", short(value)));
                }
            }
            "minimum" => {
                if value.as_i64().is_some_and(|n| n < want.as_i64().unwrap()) {
                    faults.push(format!("{at}: {value} is less than {want}"));
                }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, want, item, &format!("{at}/{index}"), faults);
                }
            }
            "required" => {
                for name in want.as_array().unwrap() {
                    if value.as_object().is_some_and(|object| !object.contains_key(name.as_str().unwrap())) {
                        faults.push(format!("{at}: there is no {name}"));
                    }
                }
            }
            "properties" => properties(root, map, value, at, faults),
            "oneOf" => {
                let fitting = want.as_array().unwrap().iter().filter(|one| self::faults(root, one, value).is_empty()).count();
                if fitting != 1 {
                    faults.push(format!("{at}: {} is {fitting} of {want}", short(value)));
                }
            }
            "additionalProperties" if map.contains_key("properties") => {}
            "additionalProperties" => {
                for (name, item) in value.as_object().into_iter().flatten().filter(|_| want.is_object()) {
                    check(root, want, item, &format!("{at}/{name}"), faults);
                }
            }
            // For people and for requests.
            "description" | "example" | "default" | "maximum" | "maxLength" | "maxItems" => {}
            other => panic!("{other} is not known here: {schema}"),
        }
    }
}

fn properties(root: &Value, schema: &serde_json::Map<String, Value>, value: &Value, at: &str, faults: &mut Vec<String>) {
    let Some(object) = value.as_object() else { return };
    for (name, item) in object {
        match (&schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(known), _) => check(root, known, item, &format!("{at}/{name}"), faults),
            (None, Some(Value::Bool(true))) => {}
            (None, Some(more)) if more.is_object() => check(root, more, item, &format!("{at}/{name}"), faults),
            (None, _) => faults.push(format!("{at}: {name} is not described")),
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("type {other} is not known here"),
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(80).collect()
}

#[test]
fn what_does_not_fit_is_found() {
    use serde_json::json;
    let root = json!({"s": {"type": "object", "required": ["a"], "properties": {
        "a": {"type": "integer", "minimum": 1}, "b": {"type": ["string", "null"], "format": "date-time"},
        "c": {"type": "array", "items": {"enum": ["x", "y"]}}}}});
    let schema = json!({"$ref": "#/s"});
    for (value, right) in [
        (json!({"a": 1}), true),
        (json!({"a": 1, "b": null, "c": ["x", "y"]}), true),
        (json!({"a": 1, "b": "2026-01-01T00:00:00Z"}), true),
        (json!({"a": 0}), false),
        (json!({"b": null}), false),
        (json!({"a": "1"}), false),
        (json!({"a": 1, "b": "soon"}), false),
        (json!({"a": 1, "c": ["z"]}), false),
        (json!({"a": 1, "d": 1}), false),
        (json!([]), false),
    ] {
        let faults = faults(&root, &schema, &value);
        assert_eq!(faults.is_empty(), right, "{value}: {faults:?}");
    }
}

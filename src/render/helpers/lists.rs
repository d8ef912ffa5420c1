//! Lists: `join sort groupBy`.

use super::{Args, number, text};
use serde_json::{Map, Value, json};
use std::cmp::Ordering;

/// The value at a dotted path: `labels.instance`.
fn at_path<'a>(value: &'a Value, path: &str) -> &'a Value {
    let mut here = value;
    if path.is_empty() {
        return here;
    }
    // Label names may have dots themselves: the longest name wins.
    let mut rest = path;
    while !rest.is_empty() {
        let Some(map) = here.as_object() else {
            return rest.split('.').try_fold(here, |value, part| value.get(part)).unwrap_or(&Value::Null);
        };
        if let Some(found) = map.get(rest) {
            return found;
        }
        let (name, after) = rest.split_once('.').unwrap_or((rest, ""));
        let Some(found) = map.get(name) else { return &Value::Null };
        here = found;
        rest = after;
    }
    here
}

/// `{{join list ", "}}`, `{{join alerts ", " by="labels.instance"}}`; of a map: `name=value`.
pub fn join(args: &Args<'_, '_>) -> Value {
    let separator = if args.count() > 1 { args.text(1) } else { ", ".to_owned() };
    let path = text(args.named("by"));
    let parts: Vec<String> = match args.value(0) {
        Value::Array(items) => items.iter().map(|item| text(at_path(item, &path))).filter(|part| !part.is_empty()).collect(),
        Value::Object(map) => map.iter().map(|(name, value)| format!("{name}={}", text(value))).collect(),
        other => return text(other).into(),
    };
    parts.join(&separator).into()
}

/// `(sort alerts by="startsAt" desc=true)`: numbers by size, everything else by text; equal ones keep their order.
pub fn sort(args: &Args<'_, '_>) -> Value {
    let Value::Array(items) = args.value(0) else { return args.value(0).clone() };
    let path = text(args.named("by"));
    let mut items = items.clone();
    items.sort_by(|a, b| {
        let (a, b) = (at_path(a, &path), at_path(b, &path));
        match (number(a), number(b)) {
            (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            _ => text(a).cmp(&text(b)),
        }
    });
    if args.named("desc") == &Value::Bool(true) {
        items.reverse();
    }
    Value::Array(items)
}

/// `{{#each (groupBy alerts "labels.cluster")}}{{key}}: {{len items}}{{/each}}`: groups in order of their first member.
pub fn group_by(args: &Args<'_, '_>) -> Value {
    let Value::Array(items) = args.value(0) else { return Value::Array(Vec::new()) };
    let path = args.text(1);
    let mut order: Vec<String> = Vec::new();
    let mut groups: Map<String, Value> = Map::new();
    for item in items {
        let key = text(at_path(item, &path));
        match groups.get_mut(&key).and_then(Value::as_array_mut) {
            Some(group) => group.push(item.clone()),
            None => {
                groups.insert(key.clone(), json!([item]));
                order.push(key);
            }
        }
    }
    order.into_iter().map(|key| json!({"items": groups.remove(&key).unwrap_or_default(), "key": key})).collect()
}

#[cfg(test)]
mod tests {
    use crate::render::helpers::tests::plain;
    use serde_json::json;

    #[test]
    fn table() {
        let data = json!({"alerts": [
            {"labels": {"c": "b", "n": "10", "k8s.io/x": "1"}}, {"labels": {"c": "a", "n": "9"}}, {"labels": {"c": "b", "n": "2"}}],
            "list": ["x", "", 3], "map": {"b": 1, "a": "2"}});
        for (template, wanted) in [
            ("{{join list}}", "x, 3"),
            ("{{join alerts \"/\" by=\"labels.n\"}}", "10/9/2"),
            ("{{join alerts by=\"labels.k8s.io/x\"}}", "1"),
            ("{{join map \"; \"}}", "a=2; b=1"),
            ("{{join missing}}", ""),
            ("{{join (sort alerts by=\"labels.n\") by=\"labels.n\"}}", "2, 9, 10"),
            ("{{join (sort alerts by=\"labels.c\" desc=true) by=\"labels.n\"}}", "2, 10, 9"),
            ("{{#each (groupBy alerts \"labels.c\")}}{{key}}:{{len items}} {{/each}}", "b:2 a:1 "),
            ("{{#each (groupBy missing \"x\")}}x{{else}}none{{/each}}", "none"),
        ] {
            assert_eq!(plain(template, &data), wanted, "{template}");
        }
    }
}

//! Lists that come in pages, as one; and what in an answer counts as not done.

use super::files::line;
use super::reach::Way;
use crate::cli::output::Failure;
use crate::verbs::{Request, VerbError};
use serde_json::{Value, json};

/// All pages, or as many as hold `limit` items that fit. A terminal is told how far it is.
///
/// # Errors
/// A page cannot be had.
pub async fn all(
    way: &Way,
    limit: usize,
    request: impl Fn(Option<String>) -> Request,
    fits: impl Fn(&Value) -> bool,
) -> Result<Value, VerbError> {
    let mut items: Vec<Value> = Vec::new();
    let mut page: Option<String> = None;
    let mut whole = loop {
        let result = way.run(&request(page.clone())).await;
        let mut answer = result.inspect_err(|_| line(""))?;
        let got = answer.get_mut("items").map(Value::take).unwrap_or_default();
        items.extend(got.as_array().into_iter().flatten().filter(|item| fits(item)).cloned());
        let next = answer.get("page_token").and_then(Value::as_str).filter(|token| !token.is_empty()).map(str::to_owned);
        let more = answer.get("has_more").and_then(Value::as_bool).unwrap_or(false);
        // A token that comes twice would go round for ever.
        if !more || next.is_none() || next == page || items.len() >= limit {
            break answer;
        }
        page = next;
        line(&format!("{} so far …", items.len()));
    };
    line("");
    let cut = items.len() > limit || whole.get("has_more").and_then(Value::as_bool).unwrap_or(false);
    items.truncate(limit);
    if let Some(map) = whole.as_object_mut() {
        map.remove("page_token");
        map.insert("has_more".to_owned(), cut.into());
        map.insert("items".to_owned(), items.into());
        return Ok(whole);
    }
    Ok(json!({ "items": items, "has_more": cut }))
}

/// Names that hold the text, or fit `*` and `?`; letters of either case.
///
/// # Errors
/// It is too long.
pub fn pattern(text: &str) -> anyhow::Result<regex::Regex> {
    let escaped = regex::escape(text);
    let wild = text.contains(['*', '?']);
    let inner = escaped.replace(r"\*", ".*").replace(r"\?", ".");
    let whole = if wild { format!("(?is)^{inner}$") } else { format!("(?i){inner}") };
    regex::Regex::new(&whole).map_err(|error| Failure::usage(format!("{text:?} is no pattern: {error}")).into())
}

/// Whether an answer says that something of what was asked was not done.
pub fn incomplete(value: &Value) -> bool {
    let some = |name: &str, value: &Value| value.get(name).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let names = [
        "not_found",
        "invalid_user_id_list",
        "invalid_id_list",
        "not_existed_id_list",
        "invalid_message_id_list",
        "invalid_open_ids",
        "invalid_user_ids",
        "invalid_union_ids",
        "invalid_department_ids",
    ];
    let here = |value: &Value| names.iter().any(|name| some(name, value));
    let lost = |value: &Value| value.get("found").and_then(Value::as_bool) == Some(false);
    let list = |name: &str| value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    here(value)
        || value.get("failed").and_then(Value::as_u64).is_some_and(|failed| failed > 0)
        || list("items").iter().any(lost)
        || list("batches").iter().any(here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns() {
        for (text, name, fits) in [
            ("alert", "DB Alerts", true),
            ("*alerts", "DB Alerts", true),
            ("alerts*", "DB Alerts", false),
            ("DB ?lerts", "db alerts", true),
            ("a.b", "axb", false),
            ("告警", "数据库告警群", true),
        ] {
            assert_eq!(pattern(text).unwrap().is_match(name), fits, "{text} {name}");
        }
    }

    #[test]
    fn what_was_not_done_is_no_success() {
        assert!(incomplete(&json!({"not_found": ["email:x"]})));
        assert!(incomplete(&json!({"batches": [{"invalid_open_ids": ["ou_1"]}]})));
        assert!(incomplete(&json!({"items": [{"found": true}, {"found": false}]})));
        assert!(incomplete(&json!({"failed": 1})));
        assert!(!incomplete(&json!({"failed": 0, "not_found": [], "items": [{"found": true}]})));
    }
}

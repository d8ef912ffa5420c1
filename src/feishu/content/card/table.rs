//! The rows of a table against its columns.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Columns a table may have.
const MAX_COLUMNS: usize = 50;
const ROWS_INVALID: i64 = 200_914;
const KEY_UNKNOWN: i64 = 200_915;

/// A fault: where under the table, sub-code, what.
pub(super) type Fault = (String, i64, String);

/// What is wrong with columns and rows.
pub(super) fn check(table: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut types = BTreeMap::new();
    let columns = table.get("columns").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if columns.len() > MAX_COLUMNS {
        faults.push((".columns".to_owned(), ROWS_INVALID, format!("{} columns, at most {MAX_COLUMNS} are allowed", columns.len())));
    }
    for (n, column) in columns.iter().enumerate() {
        let name = column.get("name").and_then(Value::as_str).unwrap_or_default();
        let data_type = column.get("data_type").and_then(Value::as_str).unwrap_or_default();
        if types.insert(name, data_type).is_some() {
            faults.push((format!(".columns[{n}].name"), ROWS_INVALID, format!("the column name {name:?} is used twice")));
        }
    }
    if let Some(size) = table.get("page_size").and_then(Value::as_f64)
        && !(1.0..=10.0).contains(&size)
    {
        faults.push((".page_size".to_owned(), ROWS_INVALID, "page_size is between 1 and 10".to_owned()));
    }
    for (n, row) in table.get("rows").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let Some(row) = row.as_object() else {
            faults.push((format!(".rows[{n}]"), ROWS_INVALID, "a row is an object of column names and values".to_owned()));
            continue;
        };
        for (key, value) in row {
            let at = format!(".rows[{n}].{key}");
            match types.get(key.as_str()) {
                None => faults.push((at, KEY_UNKNOWN, format!("the row key {key:?} is not declared in columns"))),
                Some(data_type) if !fits(data_type, value) => {
                    faults.push((at, ROWS_INVALID, format!("the value does not fit the data_type {data_type}")));
                }
                Some(_) => {}
            }
        }
    }
    faults
}

fn fits(data_type: &str, value: &Value) -> bool {
    match (data_type, value) {
        (_, Value::Null)
        | ("text" | "lark_md" | "markdown" | "options" | "persons", Value::String(_))
        | ("number" | "date", Value::Number(_)) => true,
        ("options", Value::Array(items)) => items.iter().all(|item| item.get("text").is_some_and(Value::is_string)),
        ("persons", Value::Array(items)) => items.iter().all(Value::is_string),
        _ => false,
    }
}

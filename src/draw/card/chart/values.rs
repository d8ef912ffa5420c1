//! The values of a chart as a table, for the kinds that are not drawn and for readers who do not see.

use super::super::Pen;
use crate::draw::items;
use crate::util::text::truncate;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// Rows and columns that are shown.
const MAX_ROWS: usize = 20;
const MAX_COLUMNS: usize = 8;

/// All values of a specification, of one set of data or several.
pub(super) fn all(spec: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    let sets = match spec.get("data") {
        Some(Value::Array(sets)) => sets.as_slice(),
        Some(data @ Value::Object(_)) => std::slice::from_ref(data),
        _ => &[],
    };
    sets.iter().flat_map(|set| items(set.get("values"))).filter_map(Value::as_object)
}

/// The table; `kind` is what it would be drawn as.
pub(super) fn table(spec: &Map<String, Value>, kind: &str, pen: &Pen<'_>) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    for value in all(spec).take(MAX_ROWS) {
        for name in value.keys() {
            if names.len() < MAX_COLUMNS && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    let rows = all(spec).count();
    html! {
        div.lk-table tabindex="0" role="group" {
            table {
                caption { (pen.say("图表", "Chart")) " " code { (truncate(kind, 24)) } }
                thead { tr { @for name in &names { th scope="col" { bdi { (truncate(name, 40)) } } } } }
                tbody { @for value in all(spec).take(MAX_ROWS) { tr { @for name in &names { td { @if let Some(cell) = value.get(*name) { (shown(cell)) } } } } } }
            }
            @if rows > MAX_ROWS { div.lk-pages { "… " (rows) (pen.say(" 行", " rows")) } }
        }
    }
}

fn shown(cell: &Value) -> String {
    let text = cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
    truncate(&text, 60).into_owned()
}

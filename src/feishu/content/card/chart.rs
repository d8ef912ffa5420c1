//! The `chart_spec` of a chart: a VChart specification without functions.

use serde_json::Value;

const TYPES: [&str; 31] = [
    "line",
    "area",
    "bar",
    "pie",
    "rose",
    "funnel",
    "scatter",
    "radar",
    "linearProgress",
    "circularProgress",
    "wordCloud",
    "common",
    "gauge",
    "heatmap",
    "histogram",
    "treemap",
    "sunburst",
    "sankey",
    "rangeColumn",
    "rangeArea",
    "waterfall",
    "boxPlot",
    "correlation",
    "liquid",
    "venn",
    "mosaic",
    "map",
    "sequence",
    "circlePacking",
    "dot",
    "link",
];

/// What is wrong with the specification, and where in it.
pub(super) fn check(spec: &Value) -> Result<(), (&'static str, String)> {
    let Some(kind) = spec.get("type").and_then(Value::as_str) else { return Err((".type", "chart_spec needs a type".to_owned())) };
    if !TYPES.contains(&kind) {
        return Err((".type", format!("{kind:?} is not a type of chart")));
    }
    let Some(data) = spec.get("data") else { return Err((".data", "chart_spec needs data".to_owned())) };
    let sets: Vec<&Value> = match data {
        Value::Array(sets) => sets.iter().collect(),
        Value::Object(_) => vec![data],
        _ => return Err((".data", "data is an object or a list of objects".to_owned())),
    };
    for set in sets {
        if !set.get("values").is_some_and(Value::is_array) {
            return Err((".data", "data needs a list of values".to_owned()));
        }
    }
    if kind == "common" && !spec.get("series").is_some_and(Value::is_array) {
        return Err((".series", "a common chart needs series".to_owned()));
    }
    if has_function(spec) {
        return Err(("", "functions are not supported".to_owned()));
    }
    Ok(())
}

fn has_function(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with("function(") || text.starts_with("function ("),
        Value::Array(items) => items.iter().any(has_function),
        Value::Object(map) => map.values().any(has_function),
        _ => false,
    }
}

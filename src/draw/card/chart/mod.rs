//! The component `chart`: a VChart specification as SVG; kinds that are not drawn are a table of their values.

mod values;

use super::{Pen, word};
use maud::{Markup, html};
use serde_json::{Map, Value};

/// A chart.
pub(super) fn draw(map: &Map<String, Value>, pen: &Pen<'_>) -> Markup {
    let Some(spec) = map.get("chart_spec").and_then(Value::as_object) else { return html! {} };
    html! { figure.lk-chart { (values::table(spec, word(spec, "type"), pen)) } }
}

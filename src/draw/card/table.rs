//! The component `table`: its first page, every type of column.

use super::{Pen, Place, flag, i18n, word};
use crate::draw::markdown::{self, Dialect, write};
use crate::draw::text::person;
use crate::draw::{colour, items, size};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// Columns that are drawn; the platform takes 50.
const MAX_COLUMNS: usize = 50;
/// Options or people of one cell that are drawn.
const MAX_PARTS: usize = 50;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DataType {
    Text,
    LarkMd,
    Markdown,
    Number,
    Options,
    Persons,
    Date,
}

struct Column<'v> {
    map: &'v Map<String, Value>,
    name: &'v str,
    kind: DataType,
    class: String,
}

impl<'v> Column<'v> {
    fn of(map: &'v Map<String, Value>) -> Self {
        let kind = match word(map, "data_type") {
            "lark_md" => DataType::LarkMd,
            "markdown" => DataType::Markdown,
            "number" => DataType::Number,
            "options" => DataType::Options,
            "persons" => DataType::Persons,
            "date" => DataType::Date,
            _ => DataType::Text,
        };
        let mut class = align(word(map, "horizontal_align")).to_owned();
        match word(map, "vertical_align") {
            "top" => class.push_str(" va-top"),
            "bottom" => class.push_str(" va-bottom"),
            _ => {}
        }
        Self { map, name: word(map, "name"), kind, class }
    }

    fn width(&self) -> Option<String> {
        let width = word(self.map, "width");
        let pixels = size::px(width, 80, 600).map(|width| format!("inline-size:{width}px;min-inline-size:{width}px"));
        let share = || width.strip_suffix('%')?.parse::<f32>().ok().filter(|share| (1.0..=100.0).contains(share));
        pixels.or_else(|| share().map(|share| format!("inline-size:{share:.0}%")))
    }
}

fn align(word: &str) -> &'static str {
    match word {
        "center" => "al-center",
        "right" => "al-right",
        _ => "al-left",
    }
}

/// A table.
pub(super) fn draw(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let columns: Vec<Column<'_>> =
        items(map.get("columns")).iter().take(MAX_COLUMNS).filter_map(Value::as_object).map(Column::of).collect();
    let rows = items(map.get("rows"));
    let page = map.get("page_size").and_then(Value::as_f64).map_or(5, |page| (page as i64).clamp(1, 10)).unsigned_abs() as usize;
    let (row_class, row_style) = match word(map, "row_height") {
        "middle" => ("r-middle", None),
        "high" => ("r-high", None),
        "auto" => ("r-auto", None),
        height => ("r-low", size::px(height, 32, 124).map(|height| format!("--row:{height}px"))),
    };
    let empty = Map::new();
    let head = map.get("header_style").and_then(Value::as_object).unwrap_or(&empty);
    let mut head_class = align(word(head, "text_align")).to_owned();
    for (on, class) in [
        (word(head, "background_style") == "grey", " ground"),
        (word(head, "text_color") == "grey", " grey"),
        (flag(head, "bold", true), " bold"),
        (word(head, "text_size") == "heading", " sz-heading"),
    ] {
        head_class.push_str(if on { class } else { "" });
    }
    html! {
        div.lk-table.freeze[flag(map, "freeze_first_column", false)].(row_class) style=[row_style] tabindex="0" role="group" aria-label=(pen.say("表格", "Table")) {
            table {
                thead class=(head_class) {
                    tr {
                        @for column in &columns {
                            th scope="col" class=[(head_class == "al-left").then_some(&column.class)] style=[column.width()] dir="auto" { (title(column, pen)) }
                        }
                    }
                }
                tbody {
                    @for (n, row) in rows.iter().enumerate().take(page) {
                        tr { @for column in &columns { td class=(column.class) dir="auto" { @if let Some(value) = row.get(column.name) { (cell(column, value, pen)) } } } }
                        (row_problems(&format!("{}/rows/{n}", place.at), columns.len(), pen))
                    }
                }
            }
            (write::pages(rows.len(), page, pen.look.locale))
        }
    }
}

/// Faults of a row stand under it.
fn row_problems(at: &str, columns: usize, pen: &Pen<'_>) -> Markup {
    let found = pen.problems(at);
    html! { @if !found.0.is_empty() { tr { td colspan=(columns.max(1)) { (found) } } } }
}

fn title(column: &Column<'_>, pen: &Pen<'_>) -> Markup {
    let shown = i18n::chosen(column.map, "display_name", &["i18n_display_name"], pen.language);
    html! { @if shown.is_empty() { (column.name) } @else { (shown) } }
}

fn cell(column: &Column<'_>, value: &Value, pen: &Pen<'_>) -> Markup {
    match (column.kind, value) {
        (_, Value::Null) => html! {},
        (DataType::LarkMd, Value::String(text)) => html! { div.lk-md { (markdown::draw(text, Dialect::LarkMd, pen.ink())) } },
        (DataType::Markdown, Value::String(text)) => {
            let dialect = if pen.v2 { Dialect::V2 } else { Dialect::V1 };
            html! { div.lk-md { (markdown::draw(text, dialect, pen.ink())) } }
        }
        (DataType::Number, Value::Number(number)) => html! { bdi { (formatted(number.as_f64().unwrap_or_default(), column.map)) } },
        (DataType::Date, Value::Number(number)) => date(number.as_i64(), word(column.map, "date_format")),
        (DataType::Options, Value::Array(options)) => html! {
            span.lk-tags {
                @for option in options.iter().take(MAX_PARTS).filter_map(Value::as_object) {
                    span.lk-tag.{ "t-" (colour::hue(word(option, "color"))) } { bdi { (word(option, "text")) } }
                }
            }
        },
        (DataType::Options, Value::String(text)) => html! { span.lk-tag.t-grey { bdi { (text) } } },
        (DataType::Persons, Value::String(id)) => person(id, true, true, false, pen.look),
        (DataType::Persons, Value::Array(ids)) => html! {
            @for id in ids.iter().take(MAX_PARTS).filter_map(Value::as_str) { (person(id, true, true, false, pen.look)) " " }
        },
        (_, Value::String(text)) => html! { (text) },
        (_, Value::Number(number)) => html! { (number) },
        (_, Value::Bool(flag)) => html! { (flag) },
        // The row's problem says so.
        (_, Value::Array(_) | Value::Object(_)) => html! {},
    }
}

/// A number with its symbol, decimals and separators (`$1,234.50`).
fn formatted(number: f64, column: &Map<String, Value>) -> String {
    let format = column.get("format").and_then(Value::as_object);
    let precision = format.and_then(|format| format.get("precision")?.as_f64()).map(|digits| digits.clamp(0.0, 10.0) as usize);
    let plain = precision.map_or_else(|| number.to_string(), |digits| format!("{number:.digits$}"));
    let separated = format.is_some_and(|format| flag(format, "separator", false));
    let symbol: String = format.map(|format| word(format, "symbol")).unwrap_or_default().chars().take(1).collect();
    let shown = if separated { grouped(&plain) } else { plain };
    format!("{symbol}{shown}")
}

/// A comma between each three digits before the point.
fn grouped(plain: &str) -> String {
    let (whole, rest) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return plain.to_owned();
    }
    let mut out = sign.to_owned();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// A moment in the column's pattern, in UTC; a script may put it into the reader's zone.
fn date(ms: Option<i64>, pattern: &str) -> Markup {
    let Some((ms, at)) = ms.and_then(|ms| Timestamp::from_millisecond(ms).ok().map(|at| (ms, at))) else { return html! {} };
    let pattern = if pattern.is_empty() || pattern.len() > 40 { "YYYY-MM-DD HH:mm" } else { pattern };
    let zone = if pattern.contains("HH") || pattern.contains("hh") { " UTC" } else { "" };
    html! { time datetime=(at) data-ms=(ms) data-pattern=(pattern) title=(at) { (patterned(at, pattern)) (zone) } }
}

/// `YYYY-MM-DD HH:mm:ss`
fn patterned(at: Timestamp, pattern: &str) -> String {
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let parts = [
            ("YYYY", format!("{:04}", at.year())),
            ("YY", format!("{:02}", at.year() % 100)),
            ("MM", format!("{:02}", at.month())),
            ("DD", format!("{:02}", at.day())),
            ("HH", format!("{:02}", at.hour())),
            ("hh", format!("{:02}", (at.hour() + 11) % 12 + 1)),
            ("mm", format!("{:02}", at.minute())),
            ("ss", format!("{:02}", at.second())),
        ];
        match parts.iter().find(|(token, _)| rest.starts_with(token)) {
            Some((token, shown)) => {
                out.push_str(shown);
                rest = rest.get(token.len()..).unwrap_or_default();
            }
            None => {
                out.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates() {
        let column = |format: Value| serde_json::json!({"format": format}).as_object().cloned().unwrap_or_default();
        let money = column(serde_json::json!({"symbol": "$", "precision": 2, "separator": true}));
        assert_eq!(formatted(-1_234_567.5, &money), "$-1,234,567.50");
        assert_eq!(formatted(3.0, &column(Value::Null)), "3");
        let at = Timestamp::from_millisecond(1_763_780_000_000).unwrap();
        assert_eq!(patterned(at, "YYYY/MM/DD HH:mm:ss"), "2025/11/22 02:53:20");
        assert_eq!(patterned(at, "中<YY"), "中<25");
    }
}

//! Components and containers in JSON 1.0: which properties stay, which become something else.

use super::super::{MAX_TABLES, walk::ACTIVE};
use super::text::{self, Block};
use super::{Reader, active, inline};
use serde_json::{Map, Value, json};

/// Where an element stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Directly in the card: notes and tables can be here.
    root: bool,
    /// In a form, whose buttons stand alone.
    form: bool,
}

impl Place {
    pub const ROOT: Self = Self { root: true, form: false };

    const fn inside(self) -> Self {
        Self { root: false, form: self.form }
    }
}

/// A conversion under way.
#[derive(Debug)]
pub(super) struct Convert<'a> {
    reader: &'a Reader<'a>,
    /// Tables that Markdown may still become.
    tables: usize,
}

/// Components that stay what they are, with the properties that 1.0 has.
const SAME: &[(&str, &[&str])] = &[
    ("hr", &[]),
    (
        "img",
        &[
            "img_key",
            "i18n_img_key",
            "alt",
            "title",
            "corner_radius",
            "scale_type",
            "size",
            "transparent",
            "preview",
            "mode",
            "custom_width",
            "compact_width",
        ],
    ),
    ("img_combination", &["combination_mode", "combination_transparent", "corner_radius", "img_list"]),
    ("person", &["user_id", "size", "show_avatar", "show_name", "style"]),
    ("person_list", &["persons", "show_name", "show_avatar", "size", "lines", "drop_invalid_user_id", "icon", "ud_icon"]),
    ("chart", &["aspect_ratio", "color_theme", "chart_spec", "preview", "height"]),
];
const COLUMN_SET: &[&str] = &["flex_mode", "background_style", "horizontal_spacing", "horizontal_align", "action"];
const COLUMN: &[&str] = &["width", "weight", "vertical_align", "vertical_spacing", "padding", "background_style", "action"];
const PANEL: &[&str] = &["expanded", "header", "border", "background_color", "vertical_spacing", "padding"];
const BOX: &[&str] = &[
    "width",
    "height",
    "background_style",
    "has_border",
    "border_color",
    "corner_radius",
    "padding",
    "behaviors",
    "hover_tips",
    "disabled",
    "disabled_tips",
    "confirm",
];
const TABLE: &[&str] = &["page_size", "row_height", "freeze_first_column", "header_style", "columns"];

impl<'a> Convert<'a> {
    pub fn new(card: &Value, reader: &'a Reader<'a>) -> Self {
        Self { reader, tables: MAX_TABLES.saturating_sub(components(card, "table")) }
    }

    /// A list of components. Outside of forms, what people press stands in an `action`.
    pub fn elements(&mut self, items: Option<&Value>, place: Place) -> Value {
        let mut out: Vec<Value> = Vec::new();
        for item in items.and_then(Value::as_array).into_iter().flatten() {
            for element in self.element(item, place) {
                if place.form || !is_active(&element) {
                    out.push(element);
                    continue;
                }
                let open = out.last_mut().filter(|last| tag(last) == "action").and_then(|last| last.get_mut("actions"));
                match open.and_then(Value::as_array_mut) {
                    Some(actions) => actions.push(element),
                    None => out.push(json!({"tag": "action", "actions": [element]})),
                }
            }
        }
        Value::Array(out)
    }

    fn element(&mut self, item: &Value, place: Place) -> Vec<Value> {
        let Some(map) = item.as_object() else { return Vec::new() };
        let tag = tag(item);
        match tag {
            "markdown" => return self.markdown(map, place),
            "column_set" => return self.column_set(map, place),
            "audio" => return Vec::new(),
            _ => {}
        }
        let element = match tag {
            "div" => self.div(map, place),
            "table" => self.table(map),
            "collapsible_panel" => self.container(map, tag, PANEL, place.inside()),
            "interactive_container" => self.container(map, tag, BOX, place.inside()),
            "form" => self.container(map, tag, &["name"], Place { root: false, form: true }),
            _ => match SAME.iter().find(|(same, _)| *same == tag) {
                Some((_, keys)) => self.component(map, tag, keys),
                None if ACTIVE.contains(&tag) => active::convert(self, map, tag),
                None => return self.unknown(item),
            },
        };
        vec![element]
    }

    pub fn component(&self, map: &Map<String, Value>, tag: &str, keys: &[&str]) -> Value {
        let mut out = self.kept(map, keys);
        out.insert("tag".to_owned(), tag.into());
        Value::Object(out)
    }

    fn container(&mut self, map: &Map<String, Value>, tag: &str, keys: &[&str], inside: Place) -> Value {
        let mut out = self.component(map, tag, keys);
        out["elements"] = self.elements(map.get("elements"), inside);
        out
    }

    /// Markdown, in pieces where a table stands in it. A table has to stand directly in the card.
    fn markdown(&mut self, map: &Map<String, Value>, place: Place) -> Vec<Value> {
        let content = text::content(map);
        let look = self.kept(map, &["text_align", "text_size", "icon"]);
        let blocks = text::blocks(content, self.reader);
        let mut out = Vec::new();
        let mut lines = String::new();
        for block in blocks {
            match block {
                Block::Table(table) if place.root && self.tables > 0 => {
                    self.tables -= 1;
                    push_markdown(&mut out, &mut lines, &look);
                    out.push(table.component());
                }
                other => {
                    if !lines.is_empty() {
                        lines.push('\n');
                    }
                    lines.push_str(&other.into_text());
                }
            }
        }
        if out.is_empty() || !lines.is_empty() {
            push_markdown(&mut out, &mut lines, &look);
        }
        out
    }

    /// Small grey text at the foot of a card is a note in 1.0.
    fn div(&self, map: &Map<String, Value>, place: Place) -> Value {
        let element = self.component(map, "div", &["text", "icon", "fields", "extra"]);
        let word = |key: &str| element["text"].get(key).and_then(Value::as_str);
        let small = word("text_size") == Some("notation") && matches!(word("text_color"), None | Some("grey" | "default"));
        let plain = element.get("extra").is_none() && element.get("fields").is_none();
        if !(place.root && small && plain && matches!(word("text_align"), None | Some("left"))) {
            return element;
        }
        let mut texts = Map::new();
        for key in ["tag", "content", "i18n"] {
            if let Some(value) = element["text"].get(key) {
                texts.insert(key.to_owned(), value.clone());
            }
        }
        let icon = element.get("icon").filter(|icon| tag(icon) == "standard_icon").cloned();
        let elements: Vec<Value> = icon.into_iter().chain([Value::Object(texts)]).collect();
        json!({"tag": "note", "elements": elements})
    }

    /// Columns; where they hold nothing but buttons, the buttons.
    fn column_set(&mut self, map: &Map<String, Value>, place: Place) -> Vec<Value> {
        let columns: Vec<&Map<String, Value>> =
            map.get("columns").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object).collect();
        let inside = |column: &Map<String, Value>| column.get("elements").and_then(Value::as_array).cloned().unwrap_or_default();
        let held: Vec<Value> = columns.iter().flat_map(|column| inside(column)).collect();
        if !place.form && !held.is_empty() && held.iter().all(|item| tag(item) == "button") {
            return held.iter().flat_map(|item| self.element(item, place.inside())).collect();
        }
        let columns: Vec<Value> = columns.into_iter().map(|column| self.container(column, "column", COLUMN, place.inside())).collect();
        let mut out = self.component(map, "column_set", COLUMN_SET);
        out["columns"] = columns.into();
        vec![out]
    }

    fn table(&self, map: &Map<String, Value>) -> Value {
        let mut out = self.component(map, "table", TABLE);
        // 1.0 rows have a fixed height: the highest shows most.
        if out.get("row_height").and_then(Value::as_str) == Some("auto") {
            out["row_height"] = "high".into();
        }
        let columns = map.get("columns").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_text = |name: &str| {
            let column = columns.iter().find(|column| column.get("name").and_then(Value::as_str) == Some(name));
            matches!(column.and_then(|column| column.get("data_type")).and_then(Value::as_str), Some("lark_md" | "markdown"))
        };
        let mut rows = map.get("rows").cloned().unwrap_or_else(|| json!([]));
        for row in rows.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            for (name, cell) in row.iter_mut() {
                if let Some(written) = cell.as_str().filter(|_| is_text(name)).map(|written| text::flat(written, self.reader)) {
                    *cell = written.into();
                }
            }
        }
        out["rows"] = rows;
        out
    }

    /// What 1.0 has no component for: its texts.
    fn unknown(&self, item: &Value) -> Vec<Value> {
        let mut texts = Vec::new();
        contents(item, &mut texts);
        if texts.is_empty() {
            return Vec::new();
        }
        let lines: Vec<String> = texts.into_iter().map(|content| text::flat(content, self.reader)).collect();
        vec![json!({"tag": "markdown", "content": lines.join("\n")})]
    }

    /// The properties of these names, with everything in them as 1.0 has it.
    pub fn kept(&self, map: &Map<String, Value>, keys: &[&str]) -> Map<String, Value> {
        keys.iter().filter_map(|key| map.get(*key).map(|value| ((*key).to_owned(), self.part(key, value)))).collect()
    }

    fn part(&self, key: &str, value: &Value) -> Value {
        match value {
            Value::String(size) if matches!(key, "horizontal_spacing" | "vertical_spacing") => spacing(size).into(),
            // Data and behaviours, in which nothing is a component.
            _ if matches!(key, "value" | "chart_spec" | "behaviors" | "style") => value.clone(),
            Value::Array(items) => items.iter().map(|item| self.part(key, item)).collect(),
            Value::Object(map) if matches!(tag(value), "plain_text" | "lark_md" | "markdown") => self.text(map),
            Value::Object(map) => {
                let here = map.iter().filter(|(key, _)| !matches!(key.as_str(), "element_id" | "margin"));
                Value::Object(here.map(|(key, value)| (key.clone(), self.part(key, value))).collect())
            }
            _ => value.clone(),
        }
    }

    fn text(&self, map: &Map<String, Value>) -> Value {
        let mut out = Map::new();
        for key in ["tag", "text_size", "text_color", "text_align", "lines", "i18n"] {
            if let Some(value) = map.get(key) {
                out.insert(key.to_owned(), value.clone());
            }
        }
        let written = |content: &str| match map.get("tag").and_then(Value::as_str) {
            Some("lark_md") => inline::convert(content, self.reader),
            Some("markdown") => text::flat(content, self.reader),
            _ => content.to_owned(),
        };
        out.insert("content".to_owned(), written(text::content(map)).into());
        if let Some(languages) = map.get("i18n_content").and_then(Value::as_object) {
            let languages =
                languages.iter().map(|(language, value)| (language.clone(), written(value.as_str().unwrap_or_default()).into()));
            out.insert("i18n".to_owned(), Value::Object(languages.collect()));
        }
        Value::Object(out)
    }
}

fn push_markdown(out: &mut Vec<Value>, lines: &mut String, look: &Map<String, Value>) {
    let content = std::mem::take(lines);
    if content.trim().is_empty() && !out.is_empty() {
        return;
    }
    let mut map = look.clone();
    map.insert("tag".to_owned(), "markdown".into());
    map.insert("content".to_owned(), content.into());
    out.push(Value::Object(map));
}

fn tag(value: &Value) -> &str {
    value.get("tag").and_then(Value::as_str).unwrap_or_default()
}

fn is_active(element: &Value) -> bool {
    // Inputs and boxes to tick stand alone in both schemas.
    ACTIVE.contains(&tag(element)) && !matches!(tag(element), "input" | "checker" | "select_img")
}

/// How many components of a tag there are.
fn components(value: &Value, wanted: &str) -> usize {
    match value {
        Value::Array(items) => items.iter().map(|item| components(item, wanted)).sum(),
        Value::Object(map) => {
            usize::from(tag(value) == wanted)
                + ["body", "elements", "columns"].iter().filter_map(|key| map.get(*key)).map(|item| components(item, wanted)).sum::<usize>()
        }
        _ => 0,
    }
}

fn contents<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| contents(item, out)),
        Value::Object(map) => {
            out.extend(map.get("content").and_then(Value::as_str).filter(|content| !content.is_empty()));
            map.values().for_each(|item| contents(item, out));
        }
        _ => {}
    }
}

/// One of the distances that 1.0 has: 4, 8 and 16 pixels.
fn spacing(size: &str) -> &'static str {
    match size {
        "small" => "small",
        "medium" => "medium",
        "large" | "extra_large" => "large",
        pixels => match pixels.trim_end_matches("px").trim().parse::<u32>() {
            Ok(0..=5) => "small",
            Ok(12..) => "large",
            _ => "medium",
        },
    }
}

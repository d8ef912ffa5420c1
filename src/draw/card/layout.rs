//! How elements stand beside and below each other: containers' layout, columns.

use super::{Pen, Place, element, first_link, press, word};
use crate::draw::colour::Colour;
use crate::draw::{items, size};
use maud::{Markup, html};
use serde_json::{Map, Value};

/// Classes and style of a box that holds elements.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub class: String,
    pub style: Option<String>,
}

impl Layout {
    /// Of a container.
    pub fn of(map: &Map<String, Value>, v2: bool) -> Self {
        let mut out = Self::default();
        if word(map, "direction") == "horizontal" {
            out.put("dir-h");
        }
        match word(map, "horizontal_align") {
            "center" => out.put("ha-center"),
            "right" => out.put("ha-right"),
            _ => {}
        }
        match word(map, "vertical_align") {
            "center" => out.put("va-center"),
            "bottom" => out.put("va-bottom"),
            _ => {}
        }
        if let Some(edges) = size::edges(word(map, "padding"), 0, 99) {
            out.add(&format!("padding:{edges};"));
        }
        if let Some(gap) = size::spacing(word(map, "vertical_spacing"), v2) {
            out.add(&format!("row-gap:{gap}px;"));
        }
        if let Some(gap) = size::spacing(word(map, "horizontal_spacing"), v2) {
            out.add(&format!("column-gap:{gap}px;"));
        }
        out
    }

    /// Of a card's body.
    pub fn body(body: Option<&Value>, v2: bool) -> Self {
        body.and_then(Value::as_object).map(|body| Self::of(body, v2)).unwrap_or_default()
    }

    /// With a background, where the word is one.
    pub fn ground(mut self, word: &str, pen: &Pen<'_>) -> Self {
        let Some(colour) = pen.colours.find(word) else { return self };
        // As a ground, a hue without a step is a tint on which text can be read.
        let colour = if let Colour::Hue(hue) = colour { Colour::Step(hue, "100") } else { colour };
        let Some(css) = colour.css() else { return self };
        self.put("bg");
        match colour.class() {
            Some(class) => self.put(&class),
            None => self.add(&format!("--c:{css};")),
        }
        self
    }

    /// One more class.
    pub fn put(&mut self, class: &str) {
        if !self.class.is_empty() {
            self.class.push(' ');
        }
        self.class.push_str(class);
    }

    /// Declarations for `style`.
    pub fn add(&mut self, declarations: &str) {
        self.style.get_or_insert_default().push_str(declarations);
    }
}

/// Columns beside each other.
pub(super) fn column_set(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let flex = match word(map, "flex_mode") {
        mode @ ("stretch" | "flow" | "bisect" | "trisect") => mode,
        _ => "none",
    };
    let mut layout = Layout { class: format!("fx-{flex}"), style: None };
    match word(map, "horizontal_align") {
        "center" => layout.put("ha-center"),
        "right" => layout.put("ha-right"),
        _ => {}
    }
    if let Some(gap) = size::spacing(word(map, "horizontal_spacing"), pen.v2) {
        layout.add(&format!("column-gap:{gap}px;--gap:{gap}px;"));
    }
    let layout = layout.ground(word(map, "background_style"), pen);
    html! {
        div.lk-cols.(layout.class) style=[layout.style] {
            (whole_link(map, pen))
            @for (n, column) in items(map.get("columns")).iter().enumerate() {
                @let at = format!("{}/columns/{n}", place.at);
                (column_in(column, flex, Place { at: &at, depth: place.depth + 1, form: place.form }, pen))
            }
        }
    }
}

fn column_in(column: &Value, flex: &str, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    match column.as_object() {
        Some(map) if word(map, "tag") == "column" && pen.spend() => html! {
            (self::column(map, flex, place, pen))
        },
        _ => element::draw(column, place, pen),
    }
}

/// One column. Where the columns have a mode, they share the width unless they say otherwise.
pub(super) fn column(map: &Map<String, Value>, flex: &str, place: Place<'_>, pen: &Pen<'_>) -> Markup {
    let mut layout = Layout::of(map, pen.v2).ground(word(map, "background_style"), pen);
    let weight = map.get("weight").and_then(Value::as_f64).map(|weight| (weight.round() as i64).clamp(1, 5));
    match (word(map, "width"), weight) {
        ("weighted", weight) => layout.add(&format!("--grow:{};", weight.unwrap_or(1))),
        ("", Some(weight)) => layout.add(&format!("--grow:{weight};")),
        ("", None) if matches!(flex, "bisect" | "trisect" | "stretch") => layout.add("--grow:1;"),
        (width, _) => match size::px(width, 16, 600) {
            Some(width) => layout.add(&format!("--basis:{width}px;--shrink:0;")),
            None => layout.put("w-auto"),
        },
    }
    if let Some(edges) = size::edges(word(map, "margin"), -99, 99) {
        layout.add(&format!("margin:{edges};"));
    }
    let at = format!("{}/elements", place.at);
    html! {
        div.lk-col.lk-box.(layout.class) style=[layout.style] {
            (whole_link(map, pen))
            (element::list(items(map.get("elements")), Place { at: &at, ..place }, pen))
            (pen.problems(place.at))
        }
    }
}

/// The link that a whole container is.
fn whole_link(map: &Map<String, Value>, pen: &Pen<'_>) -> Markup {
    let link = map.get("action").and_then(|action| action.get("multi_url")?.as_object()).and_then(first_link);
    html! { @if let Some(href) = link { (press::cover_link(&href, pen)) } }
}

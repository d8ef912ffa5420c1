//! The component `chart`: a VChart specification as SVG; kinds that are not drawn are a table of their values.
//!
//! [`data`] reads the specification, [`scale`] finds the steps of an axis, [`plot`] draws lines, areas and bars, [`pie`] pies.

mod data;
mod pie;
mod plot;
mod scale;
mod values;

use super::{Pen, word};
use crate::draw::size;
use crate::util::text::truncate;
use data::Chart;
use maud::{Markup, html};
use serde_json::{Map, Value};

/// Width of a drawing, in its own units.
const WIDTH: f64 = 480.0;

/// Hues of the series by `color_theme`.
const THEMES: [(&str, [&str; 12]); 5] = [
    ("brand", ["blue", "wathet", "turquoise", "purple", "orange", "green", "indigo", "yellow", "carmine", "lime", "red", "violet"]),
    ("rainbow", ["red", "orange", "yellow", "green", "turquoise", "blue", "purple", "carmine", "lime", "wathet", "indigo", "violet"]),
    ("complementary", ["blue", "orange", "purple", "yellow", "green", "carmine", "turquoise", "red", "wathet", "indigo", "lime", "violet"]),
    ("converse", ["orange", "blue", "green", "red", "turquoise", "carmine", "yellow", "purple", "wathet", "violet", "lime", "indigo"]),
    ("primary", ["blue", "red", "yellow", "green", "orange", "purple", "turquoise", "carmine", "wathet", "lime", "indigo", "violet"]),
];

/// A colour of its own that a specification gives: `#rrggbb`.
#[derive(Debug, Clone, Copy)]
struct Hex(u32);

/// The colours of the series, in turn.
#[derive(Debug)]
struct Colours {
    own: Vec<Hex>,
    hues: &'static [&'static str; 12],
}

impl Colours {
    fn of(map: &Map<String, Value>, spec: &Map<String, Value>) -> Self {
        let hex =
            |text: &str| text.strip_prefix('#').filter(|hex| hex.len() == 6).and_then(|hex| u32::from_str_radix(hex, 16).ok()).map(Hex);
        let own = crate::draw::items(spec.get("color")).iter().take(24).filter_map(|colour| colour.as_str().and_then(hex)).collect();
        let theme = THEMES.iter().find(|(name, _)| *name == word(map, "color_theme")).unwrap_or(&THEMES[0]);
        Self { own, hues: &theme.1 }
    }

    /// What the `n`th series has as its style.
    fn style(&self, n: usize) -> String {
        match self.own.get(n % self.own.len().max(1)) {
            Some(Hex(colour)) => format!("--s:#{colour:06x}"),
            None => format!("--s:var(--lk-{}-500)", self.hues[n % self.hues.len()]),
        }
    }
}

/// Height of the drawing: of its own, or by the aspect ratio.
fn height(map: &Map<String, Value>) -> f64 {
    if let Some(height) = size::px(word(map, "height"), 1, 999) {
        return f64::from(height.clamp(100, 600)) * WIDTH / 560.0;
    }
    match word(map, "aspect_ratio") {
        "1:1" => WIDTH,
        "2:1" => WIDTH / 2.0,
        "4:3" => WIDTH * 3.0 / 4.0,
        _ => WIDTH * 9.0 / 16.0,
    }
}

/// A chart.
pub(super) fn draw(map: &Map<String, Value>, pen: &Pen<'_>) -> Markup {
    let Some(spec) = map.get("chart_spec").and_then(Value::as_object) else { return html! {} };
    let kind = word(spec, "type");
    let title = spec.get("title").and_then(|title| title.get("text")).and_then(Value::as_str).unwrap_or_default();
    let colours = Colours::of(map, spec);
    let label = spoken(kind, title, pen);
    let drawn = match data::read(spec, pen.look.locale) {
        Some(Chart::Plot(chart)) => plot::draw(&chart, height(map), &colours, &label),
        Some(Chart::Pie(chart)) => pie::draw(&chart, height(map), &colours, &label),
        None => values::table(spec, kind, pen),
    };
    html! {
        figure.lk-chart {
            @if !title.is_empty() { figcaption.t dir="auto" { (truncate(title, 200)) } }
            (drawn)
        }
    }
}

/// What a reader who does not see is told.
fn spoken(kind: &str, title: &str, pen: &Pen<'_>) -> String {
    let kind = match kind {
        "line" => pen.say("折线图", "Line chart"),
        "area" => pen.say("面积图", "Area chart"),
        "bar" => pen.say("柱状图", "Bar chart"),
        "pie" => pen.say("饼图", "Pie chart"),
        _ => pen.say("图表", "Chart"),
    };
    if title.is_empty() { kind.to_owned() } else { format!("{kind}: {}", truncate(title, 200)) }
}

/// The names of the series under a drawing.
fn legend<'n>(names: impl Iterator<Item = (usize, std::borrow::Cow<'n, str>)>, colours: &Colours) -> Markup {
    html! {
        div.lk-legend aria-hidden="true" {
            @for (n, name) in names { span style=(colours.style(n)) { i {} bdi { (truncate(&name, 40)) } } }
        }
    }
}

//! What a specification says: categories, series and their values.

use super::values;
use crate::draw::items;
use crate::draw::look::Locale;
use crate::draw::text::moment_text;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Categories, series and slices that are drawn.
const MAX_CATEGORIES: usize = 400;
const MAX_SERIES: usize = 24;
const MAX_SLICES: usize = 24;
/// Numbers beyond this are drawn at it.
const LARGEST: f64 = 1e15;

/// A specification that can be drawn.
#[derive(Debug)]
pub(super) enum Chart {
    Plot(Plot),
    Pie(Pie),
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Line,
    Area,
    Bar,
}

/// Series over categories.
#[derive(Debug, Default)]
pub(super) struct Plot {
    pub categories: Vec<String>,
    pub series: Vec<Series>,
    /// Bars lie.
    pub horizontal: bool,
    /// Values of a category stand on each other.
    pub stacked: bool,
    pub legend: bool,
    /// Values are written beside their marks.
    pub labels: bool,
}

/// One series: a value for each category, or none.
#[derive(Debug)]
pub(super) struct Series {
    pub name: String,
    pub kind: Kind,
    pub values: Vec<Option<f64>>,
}

/// Slices of a whole.
#[derive(Debug)]
pub(super) struct Pie {
    pub slices: Vec<(String, f64)>,
    /// Share of the radius that is empty.
    pub hole: f64,
    pub labels: bool,
}

/// Reads a specification; `None` is a kind that is not drawn, or nothing to draw.
pub(super) fn read(spec: &Map<String, Value>, locale: Locale) -> Option<Chart> {
    match spec.get("type")?.as_str()? {
        "pie" => pie(spec).map(Chart::Pie),
        "common" => common(spec, locale).map(Chart::Plot),
        kind => {
            let mut plot = Builder::new(locale, spec);
            plot.add(spec, kind_of(kind)?, values::all(spec));
            plot.finish(spec).map(Chart::Plot)
        }
    }
}

fn kind_of(word: &str) -> Option<Kind> {
    match word {
        "line" => Some(Kind::Line),
        "area" => Some(Kind::Area),
        "bar" => Some(Kind::Bar),
        _ => None,
    }
}

/// Several series of different kinds, each with data of its own.
fn common(spec: &Map<String, Value>, locale: Locale) -> Option<Plot> {
    let mut plot = Builder::new(locale, spec);
    let sets = items(spec.get("data"));
    for (n, series) in items(spec.get("series")).iter().enumerate().take(MAX_SERIES) {
        let series = series.as_object()?;
        let kind = kind_of(series.get("type")?.as_str()?)?;
        let index = series.get("dataIndex").or_else(|| series.get("dataIndex ")).and_then(Value::as_u64).unwrap_or(n as u64);
        let set =
            usize::try_from(index).ok().and_then(|index| sets.get(index)).or_else(|| spec.get("data").filter(|data| data.is_object()));
        let values = items(set.and_then(|set| set.get("values"))).iter().filter_map(Value::as_object);
        plot.add(series, kind, values);
    }
    plot.finish(spec)
}

struct Builder {
    plot: Plot,
    places: HashMap<String, usize>,
    locale: Locale,
    /// The categories are moments.
    times: bool,
}

impl Builder {
    fn new(locale: Locale, spec: &Map<String, Value>) -> Self {
        let time = |axis: &Value| axis.get("type").and_then(Value::as_str) == Some("time");
        Self { plot: Plot::default(), places: HashMap::new(), locale, times: items(spec.get("axes")).iter().take(8).any(time) }
    }

    fn add<'v>(&mut self, spec: &Map<String, Value>, kind: Kind, values: impl Iterator<Item = &'v Map<String, Value>>) {
        let horizontal = spec.get("direction").and_then(Value::as_str) == Some("horizontal");
        let (category, number) = if horizontal { ("yField", "xField") } else { ("xField", "yField") };
        let (Some(category), Some(number)) = (field(spec, category), field(spec, number)) else { return };
        let series = field(spec, "seriesField");
        // Two fields for the categories: series beside each other; otherwise bars and areas stand on each other.
        let grouped = items(spec.get(if horizontal { "yField" } else { "xField" })).len() > 1;
        let stack = spec.get("stack").and_then(Value::as_bool).unwrap_or(kind != Kind::Line && !grouped);
        self.plot.horizontal |= horizontal && kind == Kind::Bar;
        self.plot.stacked |= stack;
        self.plot.labels |= spec.get("label").and_then(|label| label.get("visible")).and_then(Value::as_bool).unwrap_or(false);
        let first = self.plot.series.len();
        for value in values {
            let Some(number) = value.get(number).and_then(as_number) else { continue };
            let Some(place) = value.get(category).and_then(|category| self.place(category)) else { continue };
            let name = series.and_then(|series| value.get(series)).map(words).unwrap_or_default();
            let known = self.plot.series.iter().skip(first).position(|series| series.name == name).map(|at| at + first);
            let at = match known {
                Some(at) => at,
                None if self.plot.series.len() < MAX_SERIES => {
                    self.plot.series.push(Series { name, kind, values: Vec::new() });
                    self.plot.series.len() - 1
                }
                None => continue,
            };
            if let Some(series) = self.plot.series.get_mut(at) {
                if series.values.len() <= place {
                    series.values.resize(place + 1, None);
                }
                series.values[place] = Some(number);
            }
        }
    }

    /// The place of a category, in the order of appearance.
    fn place(&mut self, category: &Value) -> Option<usize> {
        let name = self.category(category);
        if let Some(at) = self.places.get(&name) {
            return Some(*at);
        }
        let at = self.plot.categories.len();
        (at < MAX_CATEGORIES).then(|| {
            self.places.insert(name.clone(), at);
            self.plot.categories.push(name);
            at
        })
    }

    fn category(&self, category: &Value) -> String {
        let moment = category.as_i64().filter(|ms| self.times || (1_000_000_000_000..10_000_000_000_000).contains(ms));
        moment.and_then(|ms| moment_text(Some(ms), "time", self.locale)).unwrap_or_else(|| words(category))
    }

    fn finish(mut self, spec: &Map<String, Value>) -> Option<Plot> {
        let wanted = spec.get("legends").and_then(|legends| legends.get("visible")).and_then(Value::as_bool);
        self.plot.legend = wanted.unwrap_or(true) && self.plot.series.iter().any(|series| !series.name.is_empty());
        (!self.plot.series.is_empty()).then_some(self.plot)
    }
}

fn pie(spec: &Map<String, Value>) -> Option<Pie> {
    let (category, number) = (field(spec, "categoryField")?, field(spec, "valueField")?);
    let slice = |value: &Map<String, Value>| {
        let number = value.get(number).and_then(as_number).filter(|number| *number > 0.0)?;
        Some((value.get(category).map(words).unwrap_or_default(), number))
    };
    let slices: Vec<(String, f64)> = values::all(spec).filter_map(slice).take(MAX_SLICES).collect();
    let radius = |key: &str| spec.get(key).and_then(Value::as_f64).filter(|radius| (0.0..=1.0).contains(radius));
    let hole = radius("innerRadius").map_or(0.0, |inner| (inner / radius("outerRadius").unwrap_or(0.8).max(0.1)).clamp(0.0, 0.9));
    let labels = spec.get("label").and_then(|label| label.get("visible")).and_then(Value::as_bool).unwrap_or(false);
    (!slices.is_empty()).then_some(Pie { slices, hole, labels })
}

/// The name of a field; of several the first.
fn field<'v>(spec: &'v Map<String, Value>, key: &str) -> Option<&'v str> {
    match spec.get(key)? {
        Value::String(name) => Some(name),
        Value::Array(names) => names.first()?.as_str(),
        _ => None,
    }
}

fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A number, also one that is written as text.
fn as_number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    number.is_finite().then(|| number.clamp(-LARGEST, LARGEST))
}

//! Lines, areas and bars over an axis of categories, as SVG.

use super::data::{Kind, Plot, Series};
use super::scale::{Scale, label};
use super::{Colours, WIDTH, legend};
use crate::util::text::truncate;
use maud::{Markup, html};
use std::fmt::Write as _;

/// About how wide a character of an axis is.
const CHARACTER: f64 = 8.0;
/// Bars whose values can still be told apart get them written beside.
const MAX_LABELS: usize = 30;

/// The rectangle that is drawn into, and the axes.
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    scale: Scale,
    categories: usize,
    /// Categories run down, numbers to the right.
    lying: bool,
}

impl Frame {
    /// The middle of a category.
    fn middle(&self, n: usize) -> f64 {
        let share = (n as f64 + 0.5) / self.categories.max(1) as f64;
        if self.lying { self.top + self.height * share } else { self.left + self.width * share }
    }

    fn value(&self, number: f64) -> f64 {
        let share = self.scale.at(number);
        if self.lying { self.left + self.width * share } else { self.top + self.height * (1.0 - share) }
    }

    /// Room of a category.
    fn room(&self) -> f64 {
        (if self.lying { self.height } else { self.width }) / self.categories.max(1) as f64
    }
}

/// A number for an attribute.
fn n(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn wide(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 1.0 } else { 1.8 }).sum::<f64>() * CHARACTER
}

/// Draws a chart of this height.
pub(super) fn draw(chart: &Plot, height: f64, colours: &Colours, spoken: &str) -> Markup {
    let spans = spans(chart);
    let bars = chart.series.iter().any(|series| series.kind != Kind::Line);
    let numbers = spans.iter().flatten().flatten().flat_map(|(from, to)| if bars { [*from, *to] } else { [*to, *to] });
    let lying = chart.horizontal;
    let scale = Scale::around(numbers, bars, if lying { 4.0 } else { 5.0 });
    let ticks: Vec<(f64, String)> = scale.ticks().map(|tick| (tick, label(tick))).collect();
    let named = chart.categories.iter().map(|name| wide(&truncate(name, 16))).fold(0.0, f64::max);
    let numbered = ticks.iter().map(|(_, text)| wide(text)).fold(0.0, f64::max);
    let left = if lying { named } else { numbered } + 10.0;
    let (top, bottom, right) = (10.0, 24.0, 14.0);
    let frame =
        Frame { left, top, width: WIDTH - left - right, height: height - top - bottom, scale, categories: chart.categories.len(), lying };
    html! {
        svg viewBox={ "0 0 " (n(WIDTH)) " " (n(height)) } role="img" aria-label=(spoken) {
            (grid(&frame, &ticks))
            (categories(&frame, chart, height))
            @for (at, series) in chart.series.iter().enumerate() {
                g style=(colours.style(at)) { (marks(&frame, chart, at, series, &spans)) }
            }
        }
        @if chart.legend { (legend(chart.series.iter().map(|series| series.name.as_str().into()).enumerate(), colours)) }
    }
}

/// From where to where each value reaches: from zero, or from the end of the one below.
fn spans(chart: &Plot) -> Vec<Vec<Option<(f64, f64)>>> {
    let mut above = vec![0.0; chart.categories.len()];
    let mut below = above.clone();
    let span = |series: &Series| {
        let mut place = |at: usize, value: Option<f64>| {
            let number = value?;
            if !chart.stacked || series.kind == Kind::Line {
                return Some((0.0, number));
            }
            let end = if number < 0.0 { below.get_mut(at)? } else { above.get_mut(at)? };
            let from = *end;
            *end += number;
            Some((from, *end))
        };
        (0..chart.categories.len()).map(|at| place(at, series.values.get(at).copied().flatten())).collect()
    };
    chart.series.iter().map(span).collect()
}

fn grid(frame: &Frame, ticks: &[(f64, String)]) -> Markup {
    html! {
        @for (tick, text) in ticks {
            @let at = frame.value(*tick);
            @if frame.lying {
                line.grid x1=(n(at)) y1=(n(frame.top)) x2=(n(at)) y2=(n(frame.top + frame.height)) {}
                text x=(n(at)) y=(n(frame.top + frame.height + 17.0)) text-anchor="middle" { (text) }
            } @else {
                line.grid x1=(n(frame.left)) y1=(n(at)) x2=(n(frame.left + frame.width)) y2=(n(at)) {}
                text x=(n(frame.left - 6.0)) y=(n(at + 4.0)) text-anchor="end" { (text) }
            }
        }
        @if frame.lying {
            line.axis x1=(n(frame.value(0.0))) y1=(n(frame.top)) x2=(n(frame.value(0.0))) y2=(n(frame.top + frame.height)) {}
        } @else {
            line.axis x1=(n(frame.left)) y1=(n(frame.value(0.0))) x2=(n(frame.left + frame.width)) y2=(n(frame.value(0.0))) {}
        }
    }
}

/// The names of the categories: as many as there is room for.
fn categories(frame: &Frame, chart: &Plot, height: f64) -> Markup {
    let names: Vec<String> = chart.categories.iter().map(|name| truncate(name, 16).into_owned()).collect();
    let widest = if frame.lying { 16.0 } else { names.iter().map(|name| wide(name)).fold(20.0, f64::max) * 1.3 };
    let every = (widest / frame.room().max(0.1)).ceil().max(1.0) as usize;
    html! {
        @for (at, name) in names.iter().enumerate().step_by(every) {
            @if frame.lying {
                text x=(n(frame.left - 6.0)) y=(n(frame.middle(at) + 4.0)) text-anchor="end" { (name) }
            } @else {
                text x=(n(frame.middle(at))) y=(n(height - 6.0)) text-anchor="middle" { (name) }
            }
        }
    }
}

type Spans = [Vec<Option<(f64, f64)>>];

fn marks(frame: &Frame, chart: &Plot, at: usize, series: &Series, spans: &Spans) -> Markup {
    let empty = Vec::new();
    let span = spans.get(at).unwrap_or(&empty);
    match series.kind {
        Kind::Bar => bars(frame, chart, at, span),
        Kind::Area => html! { @for run in runs(span) { path.area d=(area(frame, &run)) {} path.line d=(line(frame, &run)) {} } },
        Kind::Line => html! {
            @for run in runs(span) { path.line d=(line(frame, &run)) {} }
            @if chart.categories.len() <= 40 {
                @for (place, (_, to)) in span.iter().enumerate().filter_map(|(place, span)| span.map(|span| (place, span))) {
                    circle.dot cx=(n(frame.middle(place))) cy=(n(frame.value(to))) r="2.5" { title { (name(chart, at, place)) (label(to)) } }
                }
            }
        },
    }
}

/// Category and series before a value.
fn name(chart: &Plot, at: usize, place: usize) -> String {
    let category = chart.categories.get(place).map(|name| truncate(name, 40)).unwrap_or_default();
    match chart.series.get(at).map(|series| truncate(&series.name, 40)).filter(|name| !name.is_empty()) {
        Some(series) => format!("{category} {series}: "),
        None => format!("{category}: "),
    }
}

/// Values without a gap: place, from, to.
fn runs(span: &[Option<(f64, f64)>]) -> Vec<Vec<(usize, f64, f64)>> {
    let mut runs = vec![Vec::new()];
    for (place, span) in span.iter().enumerate() {
        match (span, runs.last_mut()) {
            (Some((from, to)), Some(run)) => run.push((place, *from, *to)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn line(frame: &Frame, run: &[(usize, f64, f64)]) -> String {
    let mut path = String::new();
    for (first, (place, _, to)) in run.iter().enumerate() {
        let _ = write!(path, "{}{} {}", if first == 0 { "M" } else { "L" }, n(frame.middle(*place)), n(frame.value(*to)));
    }
    path
}

fn area(frame: &Frame, run: &[(usize, f64, f64)]) -> String {
    let mut path = line(frame, run);
    for (place, from, _) in run.iter().rev() {
        let _ = write!(path, "L{} {}", n(frame.middle(*place)), n(frame.value(*from)));
    }
    path + "Z"
}

fn bars(frame: &Frame, chart: &Plot, at: usize, span: &[Option<(f64, f64)>]) -> Markup {
    let all = chart.series.iter().filter(|series| series.kind == Kind::Bar).count().max(1);
    let before = chart.series.iter().take(at).filter(|series| series.kind == Kind::Bar).count();
    let (beside, place_in) = if chart.stacked { (1, 0) } else { (all, before) };
    let thick = (frame.room() * 0.7 / beside as f64).min(40.0);
    let labelled = chart.labels && chart.categories.len() * all <= MAX_LABELS;
    html! {
        @for (place, (from, to)) in span.iter().enumerate().filter_map(|(place, span)| span.map(|span| (place, span))) {
            @let start = frame.middle(place) - thick * beside as f64 / 2.0 + thick * place_in as f64;
            @let (low, high) = (frame.value(from).min(frame.value(to)), frame.value(from).max(frame.value(to)));
            @let (x, y, width, height) = if frame.lying { (low, start, high - low, thick) } else { (start, low, thick, high - low) };
            rect.bar x=(n(x)) y=(n(y)) width=(n((width - 0.5).max(0.5))) height=(n((height - 0.5).max(0.5))) rx="1.5" { title { (name(chart, at, place)) (label(to - from)) } }
            @if labelled {
                @if frame.lying {
                    text x=(n((high + 4.0).min(WIDTH - 12.0))) y=(n(start + thick / 2.0 + 4.0)) { (label(to - from)) }
                } @else {
                    text x=(n(start + thick / 2.0)) y=(n((low - 3.0).max(10.0))) text-anchor="middle" { (label(to - from)) }
                }
            }
        }
    }
}

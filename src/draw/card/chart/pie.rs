//! Pies and rings, as SVG.

use super::data::Pie;
use super::scale::label;
use super::{Colours, legend};
use crate::util::text::truncate;
use maud::{Markup, html};
use std::f64::consts::TAU;

/// The share from which a slice has a label beside it.
const LABELLED: f64 = 0.03;

/// A slice: where it begins and ends, in turns from the top.
struct Slice<'p> {
    name: &'p str,
    value: f64,
    from: f64,
    to: f64,
}

/// Draws a pie of this height.
pub(super) fn draw(pie: &Pie, height: f64, colours: &Colours, spoken: &str) -> Markup {
    let whole: f64 = pie.slices.iter().map(|(_, value)| value).sum();
    let mut turned = 0.0;
    let slices: Vec<Slice<'_>> = pie
        .slices
        .iter()
        .map(|(name, value)| {
            let from = turned;
            turned += value / whole;
            Slice { name, value: *value, from, to: turned }
        })
        .collect();
    let (width, middle) = (super::WIDTH, (super::WIDTH / 2.0, height / 2.0));
    let radius = (height / 2.0 - if pie.labels { 24.0 } else { 8.0 }).max(20.0);
    html! {
        svg viewBox={ "0 0 " (width) " " (format!("{height:.0}")) } role="img" aria-label=(spoken) {
            @for (n, slice) in slices.iter().enumerate() {
                g style=(colours.style(n)) {
                    path.slice d=(path(slice, middle, radius, radius * pie.hole)) fill-rule="evenodd" { title { (truncate(slice.name, 40)) ": " (label(slice.value)) } }
                    @if pie.labels && slice.to - slice.from >= LABELLED {
                        @let (x, y) = point(middle, radius + 10.0, (slice.from + slice.to) / 2.0);
                        text x=(format!("{x:.1}")) y=(format!("{:.1}", y + 4.0)) text-anchor=(if x < middle.0 { "end" } else { "start" }) { (truncate(slice.name, 16)) " " (label(slice.value)) }
                    }
                }
            }
        }
        (legend(slices.iter().map(|slice| format!("{} {:.0}%", truncate(slice.name, 40), (slice.to - slice.from) * 100.0).into()).enumerate(), colours))
    }
}

/// A point on a circle, so many turns from the top.
fn point(middle: (f64, f64), radius: f64, turn: f64) -> (f64, f64) {
    let angle = turn * TAU;
    (middle.0 + radius * angle.sin(), middle.1 - radius * angle.cos())
}

fn path(slice: &Slice<'_>, middle: (f64, f64), radius: f64, hole: f64) -> String {
    // An arc cannot end where it begins.
    let to = if slice.to - slice.from > 0.9999 { slice.from + 0.9999 } else { slice.to };
    let large = u8::from(to - slice.from > 0.5);
    let (a, b) = (point(middle, radius, slice.from), point(middle, radius, to));
    if hole < 1.0 {
        return format!(
            "M{:.1} {:.1}L{:.1} {:.1}A{radius:.1} {radius:.1} 0 {large} 1 {:.1} {:.1}Z",
            middle.0, middle.1, a.0, a.1, b.0, b.1
        );
    }
    let (c, d) = (point(middle, hole, to), point(middle, hole, slice.from));
    format!(
        "M{:.1} {:.1}A{radius:.1} {radius:.1} 0 {large} 1 {:.1} {:.1}L{:.1} {:.1}A{hole:.1} {hole:.1} 0 {large} 0 {:.1} {:.1}Z",
        a.0, a.1, b.0, b.1, c.0, c.1, d.0, d.1
    )
}

//! The pure parts that have a floor: rendering and routing, each the median of many.

use crate::table::{self, Floor, Unit};
use crate::{card, tree};
use larkhook::config::settings::ContentKind;
use larkhook::render::{RenderOptions, Renderer};
use larkhook::route::Tree;
use std::hint::black_box;
use std::time::Instant;

pub fn measure() {
    table::head("pure parts, median");
    render("render incident as card: 10 alerts", 10, Floor::AtMost(100.0));
    render("render incident as card: 200 alerts, fitted to 30 KB", 200, Floor::AtMost(3000.0));
    route("route an alert: 10 routes by equality", 10, tree::equal, Floor::None);
    route("route an alert: 10,000 routes by equality", 10_000, tree::equal, Floor::AtMost(20.0));
    route("route an alert: 1,000 regexes with a prefix", 1000, tree::regex, Floor::AtMost(200.0));
    route("route an alert: 1,000 regexes around a word", 1000, tree::regex_inside, Floor::AtMost(200.0));
}

/// Median of repeated runs, in microseconds.
fn median<T>(runs: usize, mut run: impl FnMut() -> T) -> f64 {
    let mut times: Vec<f64> = (0..runs)
        .map(|_| {
            let started = Instant::now();
            black_box(run());
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[runs / 2]
}

fn render(name: &str, alerts: usize, floor: Floor) {
    let renderer = Renderer::new(&[], RenderOptions::default()).unwrap();
    let now = jiff::Timestamp::now();
    let view = card::view(alerts, now);
    let request = card::request("incident", ContentKind::Card, &view, now);
    let done = renderer.render(&request);
    let note = format!("{} bytes, {} left out", done.content.to_content_string().len(), done.omitted);
    table::row(name, median(2001, || renderer.render(black_box(&request))), Unit::Us, floor, &note);
}

fn route(name: &str, routes: usize, matchers: fn(usize) -> String, floor: Floor) {
    let tree = Tree::new(&tree::settings(routes, matchers)).unwrap();
    let labels = tree::labels(routes);
    let now = jiff::Timestamp::now();
    assert_eq!(tree.route(&labels, "am", "feishu", now)[0].path, format!("route.routes[{}]", routes - 1));
    table::row(name, median(2001, || tree.route(black_box(&labels), "am", "feishu", now).len()), Unit::Us, floor, "");
}

//! The pure parts that have a floor: rendering and routing, each the median of many.

use crate::table::{self, Floor, Unit};
use larkhook::alert::{Labels, Severity, State};
use larkhook::config::load_str;
use larkhook::config::settings::{ContentKind, Locale};
use larkhook::feishu::content::{Channel, Kind, Limit};
use larkhook::render::{Degrade, RenderOptions, Renderer, Request, samples};
use larkhook::route::Tree;
use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

pub fn measure() {
    table::head("pure parts, median");
    render("render incident as card: 10 alerts", 10, Floor::AtMost(100.0));
    render("render incident as card: 200 alerts, fitted to 30 KB", 200, Floor::AtMost(3000.0));
    route("route an alert: 10 routes by equality", 10, |n| format!("'service=\"shop-{n}-web\"'"), Floor::None);
    route("route an alert: 10,000 routes by equality", 10_000, |n| format!("'service=\"shop-{n}-web\"'"), Floor::AtMost(20.0));
    route("route an alert: 1,000 regexes with a prefix", 1000, |n| format!("'service=~\"shop-{n}-[a-z]+\"'"), Floor::AtMost(200.0));
    route("route an alert: 1,000 regexes around a word", 1000, |n| format!("'service=~\".*-{n}-.*\"'"), Floor::AtMost(200.0));
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
    let view = samples::view(&vec![State::Firing; alerts], Severity::Critical, now);
    let request = Request {
        template: "incident",
        kind: ContentKind::Card,
        view: &view,
        locale: Locale::Zh,
        mentions: &[],
        degrade: Degrade::default(),
        limit: Limit::app(Kind::Card),
        channel: Channel::App,
        now,
        keyword: None,
    };
    let done = renderer.render(&request);
    let note = format!("{} bytes, {} left out", done.content.to_content_string().len(), done.omitted);
    table::row(name, median(2001, || renderer.render(black_box(&request))), Unit::Us, floor, &note);
}

fn route(name: &str, routes: usize, matcher: fn(usize) -> String, floor: Floor) {
    let mut config = String::from(
        "fallback: all\nfeishu: { apps: { ops: { platform: sandbox } } }\nsources: { am: { kind: alertmanager, auth: none } }\n\
         receivers: [{ name: all, send: [{ to: chat:oc_a }] }]\nroute:\n  receiver: all\n  routes:\n",
    );
    for n in 0..routes {
        writeln!(config, "    - {{ matchers: [{}], receiver: all }}", matcher(n)).unwrap();
    }
    let tree = Tree::new(&load_str(&config, "bench.yaml", Path::new("."), &|_| None).unwrap().settings).unwrap();
    let service = format!("shop-{}-web", routes - 1);
    let labels: Labels = [
        ("alertname", "HighErrorRate"),
        ("cluster", "eu-central-1"),
        ("instance", "web-1.example.com:9100"),
        ("namespace", "shop"),
        ("service", &service),
        ("severity", "critical"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let now = jiff::Timestamp::now();
    assert_eq!(tree.route(&labels, "am", "feishu", now)[0].path, format!("route.routes[{}]", routes - 1));
    table::row(name, median(2001, || tree.route(black_box(&labels), "am", "feishu", now).len()), Unit::Us, floor, "");
}

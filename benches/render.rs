//! Views to cards, posts and texts by the built-in templates: `cargo bench --bench render`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "common/allocator.rs"]
mod allocator;
#[path = "common/card.rs"]
mod card;

use divan::Bencher;
use larkhook::config::settings::ContentKind;
use larkhook::render::{RenderOptions, Renderer};

fn main() {
    divan::main();
}

fn bench(bencher: Bencher, template: &str, kind: ContentKind, alerts: usize) {
    let renderer = Renderer::new(&[], RenderOptions::default()).unwrap();
    let now = jiff::Timestamp::now();
    let view = card::view(alerts, now);
    let request = card::request(template, kind, &view, now);
    assert!(renderer.render(&request).failure.is_none());
    bencher.bench(|| renderer.render(divan::black_box(&request)));
}

#[divan::bench(args = [1, 5, 10, 20, 200])]
fn incident_card(bencher: Bencher, alerts: usize) {
    bench(bencher, "incident", ContentKind::Card, alerts);
}

#[divan::bench(args = [1, 200])]
fn compact_card(bencher: Bencher, alerts: usize) {
    bench(bencher, "compact", ContentKind::Card, alerts);
}

#[divan::bench(args = [1, 200])]
fn incident_post(bencher: Bencher, alerts: usize) {
    bench(bencher, "incident", ContentKind::Post, alerts);
}

#[divan::bench(args = [1, 200])]
fn incident_text(bencher: Bencher, alerts: usize) {
    bench(bencher, "incident", ContentKind::Text, alerts);
}

/// All built-in templates, compiled and proven against samples: what a start and a reload cost.
#[divan::bench]
fn templates_loaded() -> Renderer {
    Renderer::new(&[], RenderOptions::default()).unwrap()
}

//! Bodies as senders send them to batches of alerts: `cargo bench --bench parse`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "common/allocator.rs"]
mod allocator;
#[path = "common/sender.rs"]
mod sender;

use divan::{Bencher, counter::BytesCount};

fn main() {
    divan::main();
}

#[divan::bench(args = [
    ("am", "am-single-firing.json"),
    ("am", "am-group-of-3.json"),
    ("am", "am-60-labels.json"),
    ("am", "am-long-annotation-40k.json"),
    ("am", "am-200-alerts-2-full.json"),
    ("grafana", "grafana-mixed.json"),
])]
fn body(bencher: Bencher, (source, file): (&str, &str)) {
    let (source, body) = (sender::source(source), sender::body(file));
    let now = jiff::Timestamp::now();
    bencher.counter(BytesCount::of_slice(&body)).bench(|| source.parse(divan::black_box(&body), now).unwrap());
}

//! Bodies as senders send them to batches of alerts: `cargo bench --bench parse`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use divan::{Bencher, counter::BytesCount};
use larkhook::config::load_str;
use larkhook::source::Compiled;
use std::path::Path;
use std::sync::Arc;

fn main() {
    divan::main();
}

const CONFIG: &str = "
fallback: all
feishu: { apps: { ops: { platform: sandbox } } }
sources: { am: { kind: alertmanager, auth: none }, grafana: { kind: grafana, auth: none } }
route: { receiver: all }
receivers: [{ name: all, send: [{ to: chat:oc_a }] }]
";

#[divan::bench(args = [
    ("am", "am-single-firing.json"),
    ("am", "am-group-of-3.json"),
    ("am", "am-60-labels.json"),
    ("am", "am-long-annotation-40k.json"),
    ("am", "am-200-alerts-2-full.json"),
    ("grafana", "grafana-mixed.json"),
])]
fn body(bencher: Bencher, (source, file): (&str, &str)) {
    let settings = load_str(CONFIG, "bench.yaml", Path::new("."), &|_| None).unwrap().settings;
    let source = Compiled::new(Arc::clone(&settings.sources[source])).unwrap();
    let body = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inbound").join(file)).unwrap();
    let now = jiff::Timestamp::now();
    bencher.counter(BytesCount::of_slice(&body)).bench(|| source.parse(divan::black_box(&body), now).unwrap());
}

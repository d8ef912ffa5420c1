//! One alert through routing trees of different size: `cargo bench --bench route`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use divan::Bencher;
use larkhook::alert::Labels;
use larkhook::config::load_str;
use larkhook::route::Tree;
use std::fmt::Write;
use std::path::Path;

fn main() {
    divan::main();
}

/// `routes` children by regex and by equality; the alert matches the last one.
fn tree(routes: usize) -> Tree {
    let mut config = String::from(
        "
fallback: all
feishu: { apps: { ops: { platform: sandbox } } }
sources: { am: { kind: alertmanager, auth: none } }
receivers: [{ name: all, send: [{ to: chat:oc_a }] }]
route:
  receiver: all
  routes:
",
    );
    for n in 0..routes {
        let operator = if n % 2 == 0 { "=~" } else { "=" };
        writeln!(config, "    - {{ matchers: ['team{operator}\"team-{n}\"', 'severity=~\"critical|warning\"'], receiver: all }}").unwrap();
    }
    Tree::new(&load_str(&config, "bench.yaml", Path::new("."), &|_| None).unwrap().settings).unwrap()
}

#[divan::bench(args = [1, 10, 100, 1000])]
fn alert(bencher: Bencher, routes: usize) {
    let tree = tree(routes);
    let team = format!("team-{}", routes - 1);
    let labels: Labels = [("alertname", "HighErrorRate"), ("team", &team), ("severity", "critical"), ("instance", "web-1:9100")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let now = jiff::Timestamp::now();
    assert_eq!(tree.route(&labels, "am", "feishu", now).len(), 1);
    bencher.bench(|| tree.route(divan::black_box(&labels), "am", "feishu", now).len());
}

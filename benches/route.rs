//! One alert through routing trees of different size, and making the trees: `cargo bench --bench route`.
//!
//! The alert always ends at the last route, so that nothing is won by a lucky early match.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use divan::Bencher;
use larkhook::alert::Labels;
use larkhook::config::load_str;
use larkhook::config::settings::Settings;
use larkhook::route::Tree;
use std::fmt::Write;
use std::path::Path;

fn main() {
    divan::main();
}

/// One child of the root per number, with these matchers on the service and the severity.
fn settings(routes: usize, matchers: fn(usize) -> String) -> Settings {
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
        writeln!(config, "    - {{ matchers: [{}], receiver: all }}", matchers(n)).unwrap();
    }
    load_str(&config, "bench.yaml", Path::new("."), &|_| None).unwrap().settings
}

fn alert(bencher: Bencher, routes: usize, matchers: fn(usize) -> String) {
    let tree = Tree::new(&settings(routes, matchers)).unwrap();
    let last = routes - 1;
    let labels: Labels = [
        ("alertname", "HighErrorRate"),
        ("cluster", "eu-central-1"),
        ("instance", "web-1.example.com:9100"),
        ("job", "node"),
        ("namespace", "shop"),
        ("service", &format!("shop-{last}-web")),
        ("severity", "critical"),
        ("team", "web"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let now = jiff::Timestamp::now();
    assert_eq!(tree.route(&labels, "am", "feishu", now)[0].path, format!("route.routes[{last}]"));
    bencher.bench(|| tree.route(divan::black_box(&labels), "am", "feishu", now).len());
}

#[divan::bench(args = [1, 10, 100, 1000, 10_000])]
fn equality(bencher: Bencher, routes: usize) {
    alert(bencher, routes, equal);
}

/// Lists of names, written as regular expressions.
#[divan::bench(args = [10, 100, 1000])]
fn names(bencher: Bencher, routes: usize) {
    alert(bencher, routes, |n| format!("'service=~\"shop-{n}-web|shop-{n}-db\"', 'severity=~\"critical|warning\"'"));
}

/// Expressions that begin with words.
#[divan::bench(args = [10, 100, 1000])]
fn regex(bencher: Bencher, routes: usize) {
    alert(bencher, routes, |n| format!("'service=~\"shop-{n}-[a-z]+\"', 'severity=~\"critical|warning\"'"));
}

/// Expressions that can begin and end with anything.
#[divan::bench(args = [10, 100, 1000])]
fn regex_inside(bencher: Bencher, routes: usize) {
    alert(bencher, routes, |n| format!("'service=~\".*-{n}-.*\"', 'severity=~\"critical|warning\"'"));
}

#[divan::bench(args = [10, 100, 1000, 10_000])]
fn construction(bencher: Bencher, routes: usize) {
    let settings = settings(routes, equal);
    bencher.bench(|| Tree::new(divan::black_box(&settings)).is_ok());
}

fn equal(n: usize) -> String {
    format!("'service=\"shop-{n}-web\"', 'severity=\"critical\"'")
}

//! One alert through routing trees of different size, and making the trees: `cargo bench --bench route`.
//!
//! The alert always ends at the last route, so that nothing is won by a lucky early match.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[allow(dead_code)]
#[path = "common/allocator.rs"]
mod allocator;
#[path = "common/tree.rs"]
mod tree;

use divan::Bencher;
use larkhook::route::Tree;

fn main() {
    divan::main();
}

fn alert(bencher: Bencher, routes: usize, matchers: fn(usize) -> String) {
    let tree = Tree::new(&tree::settings(routes, matchers)).unwrap();
    let labels = tree::labels(routes);
    let now = jiff::Timestamp::now();
    assert_eq!(tree.route(&labels, "am", "feishu", now)[0].path, format!("route.routes[{}]", routes - 1));
    bencher.bench(|| tree.route(divan::black_box(&labels), "am", "feishu", now).len());
}

#[divan::bench(args = [1, 10, 100, 1000, 10_000])]
fn equality(bencher: Bencher, routes: usize) {
    alert(bencher, routes, tree::equal);
}

/// Lists of names, written as regular expressions.
#[divan::bench(args = [10, 100, 1000])]
fn names(bencher: Bencher, routes: usize) {
    alert(bencher, routes, tree::names);
}

/// Expressions that begin with words.
#[divan::bench(args = [10, 100, 1000])]
fn regex(bencher: Bencher, routes: usize) {
    alert(bencher, routes, tree::regex);
}

/// Expressions that can begin and end with anything.
#[divan::bench(args = [10, 100, 1000])]
fn regex_inside(bencher: Bencher, routes: usize) {
    alert(bencher, routes, tree::regex_inside);
}

/// Expressions without a word in them: each runs, and none matches.
#[divan::bench(args = [10, 100, 1000])]
fn regex_wordless(bencher: Bencher, routes: usize) {
    let tree = Tree::new(&tree::settings(routes, tree::regex_wordless)).unwrap();
    let labels = tree::labels(routes);
    let now = jiff::Timestamp::now();
    bencher.bench(|| tree.route(divan::black_box(&labels), "am", "feishu", now).len());
}

#[divan::bench(args = [10, 100, 1000, 10_000])]
fn construction(bencher: Bencher, routes: usize) {
    let settings = tree::settings(routes, tree::equal);
    bencher.bench(|| Tree::new(divan::black_box(&settings)).is_ok());
}

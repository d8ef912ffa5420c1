//! What a full store costs beside an empty one: `cargo bench --bench size [-- --finished N --open N --dir PATH]`.
//!
//! Two databases are filled, one with 10,000 finished incidents (so that there is something to delete), one with a million
//! and 100,000 open ones; each is measured by a process of its own, so that its memory is its own.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

#[path = "../common/allocator.rs"]
mod allocator;
#[path = "../common/body.rs"]
mod body;
#[path = "../common/claim.rs"]
mod claim;
mod fill;
mod measure;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Rows that both databases have, so that retention has work.
pub const OVER: u64 = 10_000;

fn main() {
    let (mut finished, mut open, mut dir) = (1_000_000, 100_000, env!("CARGO_TARGET_TMPDIR").to_owned());
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut next = || args.next().unwrap();
        match arg.as_str() {
            "--finished" => finished = next().parse().unwrap(),
            "--open" => open = next().parse().unwrap(),
            "--dir" => dir = next(),
            // The child's side.
            "--measure" => return child(&next()),
            _ => {}
        }
    }
    let folder = tempfile::tempdir_in(&dir).unwrap();
    let mut columns = Vec::new();
    for (name, finished, open) in [("small", OVER + 1000, 1000), ("large", finished, open)] {
        let path = folder.path().join(format!("{name}.db"));
        let started = std::time::Instant::now();
        runtime().block_on(fill::fill(&path, finished, open));
        let size = std::fs::metadata(&path).unwrap().len() >> 20;
        println!("{name}: {finished} finished, {open} open, {size} MiB, filled in {} s", started.elapsed().as_secs());
        columns.push(measured(&path));
    }
    println!("\n{:<52} {:>12} {:>12} {:>8}", "", "small", "large", "ratio");
    let (small, large) = (&columns[0], &columns[1]);
    for (name, value) in small {
        let other = large[name];
        let name = name.split_once(' ').map_or(name.as_str(), |(_, name)| name);
        println!("{name:<52} {value:>12.2} {other:>12.2} {:>8.2}", other / value);
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// Figures by name; a number in front of the name orders them.
fn measured(path: &Path) -> BTreeMap<String, f64> {
    let output = Command::new(std::env::current_exe().unwrap()).arg("--measure").arg(path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split_once('\t')).map(|(name, value)| (name.to_owned(), value.parse().unwrap())).collect()
}

fn child(path: &str) {
    for (at, (name, value)) in runtime().block_on(measure::all(Path::new(path))).into_iter().enumerate() {
        println!("{at:02} {name}\t{value}");
    }
}

//! The service under load, as processes on this machine: `scripts/bench`.
//!
//! Every rate stands beside the rate of a handler that does nothing (`/-/healthy`), measured by the same client in the
//! same run: absolute numbers say as much about the machine as about larkhook. Client, service and sandbox share the
//! machine's cores. `--seconds N` a measurement (default 5), `--connections N` (default 64), `--dir PATH` for databases,
//! `--only PART` for one part: quiet, pure, accepts, large, budgets, steady, open, or soak (not part of the table: `--seconds 1200`).
//! A `!` marks what misses its floor.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

mod accepts;
#[path = "../common/allocator.rs"]
mod allocator;
mod budgets;
#[path = "../common/card.rs"]
mod card;
mod client;
mod large;
mod open;
mod process;
mod pure;
mod quiet;
mod soak;
mod steady;
mod table;
#[allow(dead_code)]
#[path = "../common/tree.rs"]
mod tree;
mod usage;

use process::Stand;
use std::path::{Path, PathBuf};

struct Options {
    seconds: u64,
    connections: usize,
    dir: Option<PathBuf>,
    only: Option<String>,
}

impl Options {
    fn read() -> Self {
        let mut options = Options { seconds: 5, connections: 64, dir: None, only: None };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--seconds" => options.seconds = args.next().unwrap().parse().unwrap(),
                "--connections" => options.connections = args.next().unwrap().parse().unwrap(),
                "--dir" => options.dir = args.next().map(PathBuf::from),
                "--only" => options.only = args.next(),
                // What `cargo bench` adds.
                "--bench" => {}
                other => panic!("no option is called {other}"),
            }
        }
        options
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only == part)
    }
}

fn main() {
    let options = Options::read();
    let folder = match &options.dir {
        Some(dir) => tempfile::tempdir_in(dir).unwrap(),
        None => tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap(),
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(measure(&options, folder.path()));
}

async fn measure(options: &Options, dir: &Path) {
    let binary = Path::new(env!("CARGO_BIN_EXE_larkhook"));
    let profile = binary.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "larkhook {} ({profile}), {cores} cores, {} connections, {} s each; ! misses its floor",
        env!("CARGO_PKG_VERSION"),
        options.connections,
        options.seconds
    );
    if options.only.as_deref() == Some("soak") {
        return soak::run(options.seconds, dir).await;
    }
    if options.wants("quiet") {
        quiet::measure(&stand(dir, "quiet").await, dir).await;
    }
    if options.wants("pure") {
        pure::measure();
    }
    if options.wants("accepts") {
        accepts::measure(options, &stand(dir, "accepts").await, dir).await;
    }
    if options.wants("large") {
        large::measure(&stand(dir, "large").await, dir).await;
    }
    if options.wants("budgets") {
        budgets::print(&dir.join("budgets")).await;
    }
    if options.wants("steady") {
        steady::measure(4 * options.seconds, &stand(dir, "steady").await, dir).await;
    }
    if options.wants("open") {
        open::measure(&stand(dir, "open").await, dir).await;
    }
}

/// A platform for one part: nothing of the parts before waits in it.
async fn stand(dir: &Path, part: &str) -> Stand {
    let dir = dir.join(format!("platform-{part}"));
    std::fs::create_dir_all(&dir).unwrap();
    Stand::start(&dir).await
}

//! One message from owed to shown, as far as the store has to do with it: `cargo bench --bench claim`.
//!
//! Two commits each, so the disk decides; `size` has the same in full stores.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "common/allocator.rs"]
mod allocator;
#[path = "common/body.rs"]
mod body;
#[path = "common/claim.rs"]
mod claim;

use divan::Bencher;
use larkhook::incident::event::Rules;
use larkhook::store::{Options, Store};
use std::cell::Cell;
use std::time::Duration;
use tokio_util::task::TaskTracker;

fn main() {
    divan::main();
}

/// The incident has so many alerts.
#[divan::bench(args = [1, 20, 200], sample_count = 50, sample_size = 1)]
fn claim(bencher: Bencher, alerts: u64) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (owed, _work) = tokio::sync::mpsc::channel(64);
    let options =
        Options { path: folder.path().join("bench.db"), rules: Rules { reopen_within: Duration::from_secs(600) }, max_pages: None };
    let store = runtime.block_on(async { Store::open(options, owed, &TaskTracker::new()).await.unwrap() });
    let count = Cell::new(0);
    bencher
        .with_inputs(|| {
            count.set(count.get() + 1);
            runtime.block_on(async {
                store.intake(body::intake(&body::Names::numbered(count.get()), alerts, 0)).await.unwrap();
                store.backlog().await.unwrap().remove(0).message
            })
        })
        .bench_local_values(|message| {
            runtime.block_on(async {
                let message = store.owed(&message).await.unwrap().unwrap();
                claim::send(&store, message).await;
            });
        });
}

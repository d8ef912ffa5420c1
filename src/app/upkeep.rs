//! What time does to the store: expires groups not heard of, deletes what is older than the retention, keeps the month's
//! counts of calls.

use crate::deliver::dispatch::Deliverer;
use crate::live::Live;
use crate::store::{Store, Upkeep};
use crate::util::clock::Clock;
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two rounds.
const EVERY: Duration = Duration::from_secs(30);
/// Between two bites of one round, so that webhooks come in between.
const BREATH: Duration = Duration::from_millis(50);

/// Goes round until `stop`.
pub(super) async fn run(store: Store, live: Arc<ArcSwap<Live>>, deliverer: Deliverer, clock: Clock, stop: CancellationToken) {
    let mut pause = BREATH;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        keep_usage(&deliverer).await;
        let settings = Arc::clone(&live.load().settings);
        let upkeep = Upkeep { now: clock.now(), expire_after: settings.expire_after, retention: settings.retention };
        pause = match store.upkeep(upkeep).await {
            Ok(done) => {
                if done.expired > 0 || done.deleted > 0 {
                    tracing::info!(expired = done.expired, deleted = done.deleted, "old rows were cleared");
                }
                if done.more { BREATH } else { EVERY }
            }
            Err(error) => {
                tracing::warn!(%error, "old rows could not be cleared");
                EVERY
            }
        };
    }
}

/// Keeps the month's counts of calls; also the last thing before a stop.
pub(super) async fn keep_usage(deliverer: &Deliverer) {
    if let Err(error) = deliverer.keep_usage().await {
        tracing::warn!(%error, "the month's counts of calls could not be kept");
    }
}

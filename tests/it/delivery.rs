//! The fault table: for every class of answer the documented reaction, on send, reply, edit and hook.

mod batches;
mod edits;
mod hooks;
mod lists;
mod outages;
mod picture_ways;
mod pictures;
mod quota;
mod races;
mod replies;
mod sends;
mod storm_of_5000;
mod storms;
mod turns;
mod ways;

use crate::rig::Rig;
use larkhook::sandbox::Call;
use std::time::Duration;

/// Milliseconds between two calls.
pub fn gap(a: &Call, b: &Call) -> i64 {
    b.at.as_millisecond() - a.at.as_millisecond()
}

/// One card in `oc_default`, shown.
pub async fn shown(rig: &Rig, key: &str) {
    rig.event(key, "firing", "default", "it burns").await;
    rig.settle().await;
    assert_eq!(rig.cards("oc_default").len(), 1);
}

/// Everything that went wrong came right: nothing is owed, nothing is dead.
pub async fn all_well(rig: &Rig) {
    rig.settle().await;
    let jobs = rig.jobs().await;
    assert!(jobs.is_empty(), "{jobs:?}");
}

pub const HOUR: Duration = Duration::from_secs(3600);

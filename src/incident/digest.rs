//! Digests that tell whether two bodies say the same of a group.

use crate::alert::{Batch, Mode};
use crate::util::id::hash_id;

/// Equal snapshots of one group within this time are one: HA twins, retries. Alertmanager's peers wait 15 s each.
pub const DUPLICATE_WINDOW: std::time::Duration = std::time::Duration::from_secs(90);

/// A digest of what a body says. For a snapshot: the set of (fingerprint, status, start), since everything else may
/// differ between HA twins. For a delta: every word, since nothing is repeated by twins there.
pub fn digest(batch: &Batch) -> String {
    let mut lines: Vec<String> = batch
        .alerts
        .iter()
        .map(|alert| {
            let start = alert.starts_at.as_millisecond();
            match batch.mode {
                Mode::Snapshot => format!("{}\u{0}{:?}\u{0}{start}", alert.fingerprint, alert.status),
                Mode::Delta | Mode::Test => {
                    format!("{}\u{0}{:?}\u{0}{:?}\u{0}{:?}", alert.fingerprint, alert.status, alert.labels, alert.annotations)
                }
            }
        })
        .collect();
    lines.sort_unstable();
    lines.push(batch.truncated.to_string());
    hash_id(&lines)
}

/// Our short name of a sender's group: source, receiver and group key. Never `externalURL`.
pub fn sender_group(source: &str, receiver: &str, group_key: &str) -> String {
    hash_id(&[source, receiver, group_key])
}

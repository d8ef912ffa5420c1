//! How much of what there is, for readiness and metrics.

use super::sql;
use super::{Store, StoreError};
use serde::Serialize;

/// Counters of what is there.
#[derive(Debug, Clone, Copy, Default, Serialize, PartialEq, Eq)]
pub struct Stats {
    /// Owed effects.
    pub ready: i64,
    /// Dead letters.
    pub dead: i64,
    /// Parked targets.
    pub parked: i64,
    /// Incidents that still fire or are gone.
    pub open_incidents: i64,
    /// When the oldest owed effect became owed, in epoch milliseconds.
    pub oldest_ready_ms: Option<i64>,
    /// Pictures and files that shown messages wait for.
    pub attachments: i64,
}

impl Store {
    /// Counters for readiness and metrics.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        let stats = sql::query(
            "select (select count(*) from jobs where state = 'ready'), (select count(*) from jobs where state = 'dead'), \
             (select count(*) from parked), (select count(*) from incidents where phase in ('firing', 'gone')), \
             (select min(created_at) from jobs where state = 'ready'), (select count(*) from attachments a join messages m on m.id = a.message_id \
             where a.state in ('waiting', 'reply') and m.platform_id is not null and m.phase <> 'left')",
        );
        let row: Option<(i64, i64, i64, i64, Option<i64>, i64)> = self.read(move |tx| stats.tuple(tx)).await?;
        let row = row.unwrap_or_default();
        Ok(Stats { ready: row.0, dead: row.1, parked: row.2, open_incidents: row.3, oldest_ready_ms: row.4, attachments: row.5 })
    }
}

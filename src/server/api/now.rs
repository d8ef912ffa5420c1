//! What is going on: open incidents and where their messages are, the last hour in figures, what is behind and until when.
//!
//! However many look at it, it is made once a second at most.

use super::store;
use crate::deliver::behind::Behind;
use crate::deliver::dispatch::Status;
use crate::server::error::ApiError;
use crate::server::state::Shared;
use crate::store::{OpenNow, ParkedView, Stats};
use crate::telemetry::LastHour;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long one picture is shown to everybody.
const FRESH: Duration = Duration::from_secs(1);
/// Incidents that are listed.
const LISTED: u32 = 100;

/// What is going on.
#[derive(Debug, Serialize)]
pub(crate) struct Now {
    pub(crate) at: Timestamp,
    /// Open incidents.
    pub(crate) open: OpenNow,
    /// The last hour.
    pub(crate) last_hour: LastHour,
    /// What is behind, what holds it up, and until when.
    pub(crate) behind: Behind,
    /// Targets that take nothing until a setting changes.
    pub(crate) parked: Vec<ParkedView>,
    /// What delivery does.
    pub(crate) delivery: Status,
    /// How much there is.
    pub(crate) stats: Stats,
}

/// The picture of this second.
#[derive(Debug, Default)]
pub(crate) struct Picture(Mutex<Option<(Instant, Arc<Now>)>>);

/// What is going on, as of this second.
///
/// # Errors
/// 503: the store cannot be read.
pub(crate) async fn now(shared: &Shared) -> Result<Arc<Now>, ApiError> {
    // Whoever comes meanwhile waits here and gets the same.
    let mut picture = shared.picture.0.lock().await;
    if let Some((made, now)) = picture.as_ref().filter(|(made, _)| made.elapsed() < FRESH) {
        let _ = made;
        return Ok(Arc::clone(now));
    }
    let at = shared.clock.now();
    let now = Arc::new(Now {
        at,
        open: shared.store.open_now(at, LISTED).await.map_err(store)?,
        last_hour: shared.metrics.recent.last_hour(),
        behind: shared.deliverer.behind(),
        parked: shared.store.parked().await.map_err(store)?,
        delivery: shared.deliverer.status(),
        stats: shared.store.stats().await.map_err(store)?,
    });
    *picture = Some((Instant::now(), Arc::clone(&now)));
    Ok(now)
}

pub(super) async fn show(State(shared): State<Arc<Shared>>) -> Result<Json<Arc<Now>>, ApiError> {
    now(&shared).await.map(Json)
}

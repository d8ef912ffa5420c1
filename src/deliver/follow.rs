//! Looks at what became of batches: how many people have them, how many have read them, until that is over.
//!
//! What is due stands in the store, so a restart goes on where it was.

use super::batch::{next_look, progress};
use super::dispatch::Shared;
use crate::config::settings::Carrier;
use crate::feishu::call::Call;
use crate::feishu::error::{Class, Endpoint};
use crate::store::{Followed, Look, StoreError};
use crate::util::clock::since;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Parts looked at in one round.
const AT_ONCE: i64 = 20;
/// Without anything due: parts that were just sent are found after this.
const IDLE: Duration = Duration::from_secs(10);

/// Follows parts until `stop`.
pub(super) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    loop {
        let pause = match round(&shared).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!(%error, "the progress of batches cannot be followed");
                IDLE
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = shared.jumped() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Looks at what is due; says how long nothing is.
async fn round(shared: &Shared) -> Result<Duration, StoreError> {
    let now = shared.clock.now();
    let (due, next) = shared.store.followed(now, AT_ONCE).await?;
    let more = !due.is_empty();
    for part in due {
        look(shared, &part).await?;
    }
    Ok(if more { Duration::ZERO } else { next.map_or(IDLE, |at| since(now, at).min(IDLE)) })
}

async fn look(shared: &Shared, part: &Followed) -> Result<(), StoreError> {
    let live = shared.live();
    let carrier = Carrier { via: part.via.clone(), target: part.target.clone() };
    let client = carrier.app_name().and_then(|name| live.channels.apps.get(name)).map(|app| app.client.clone());
    let mut told = None;
    let mut over = client.is_none();
    let saving = carrier.app_name().is_some_and(|app| shared.saves(app));
    // Near the end of the month's calls nobody is called for counts.
    if let Some(client) = client.filter(|_| !saving) {
        let endpoint = Endpoint::BatchProgress;
        let Some(permit) = shared.admit(&carrier, &part.message, endpoint).await else { return Ok(()) };
        let answer = client.call(&Call::batch_progress(&part.batch_id)).await;
        let now = shared.clock.now();
        let class = answer.value.class(endpoint);
        shared.metrics.call(&part.via, endpoint.as_str(), class.as_str(), answer.took);
        permit.made_and_learnt(&answer.value, now);
        match (class, answer.value.answer()) {
            (Class::Ok, Some(answer)) => told = Some(progress(&answer.data)),
            // Gone after 30 days, or not ours: looking again changes nothing.
            (Class::State(_) | Class::Bug | Class::Permanent | Class::Target, _) => over = true,
            _ => {}
        }
    }
    let now = shared.clock.now();
    let next = if over { None } else { next_look(part.sent_at, told, now) };
    shared.store.look(Look { message: part.message.clone(), generation: part.generation, number: part.number, progress: told, next }).await
}

//! A version of a digest: what waits is read, and where that is not what people see, they are told.
//!
//! Nothing that it lists is sent meanwhile (see [`queue`](crate::deliver::queue)), so what was read is true when it arrives.

use super::{End, Worker, act};
use crate::deliver::dispatch::{Permit, Shared};
use crate::deliver::plan::{self, Action};
use crate::deliver::storm::Looked;
use crate::deliver::storm::tells::{Tells, tells};
use crate::deliver::view::view;
use crate::deliver::way::Way;
use crate::live::Live;
use crate::outbox::{EditWay, Work};
use crate::store::{JobRow, Next, Operator, Owed, StoreError};
use crate::util::clock::since;
use std::sync::Mutex;

/// Brings a digest up to date.
pub(super) async fn run(shared: &Shared, live: &Live, work: &Work, permit: Permit<'_>) -> Result<End, StoreError> {
    let now = shared.clock.now();
    let Some(owed) = shared.store.owed(&work.message).await? else { return Ok(End { idle: true, ..End::default() }) };
    let (end, tells) = match owed.sync.clone() {
        Some(job) => version(shared, live, owed, job, permit).await?,
        None => (End { idle: true, ..End::default() }, None),
    };
    let looked = Looked {
        state: shared.store.open_digest(&work.message).await?,
        version: end.worked,
        retry_at: end.again.map(|(at, _)| at),
        took: since(now, shared.clock.now()),
        groups: tells.as_ref().map_or(0, |tells| tells.storm.groups),
    };
    shared.looked(work, &looked, tells.filter(|_| end.worked).map(|tells| tells.of));
    // When it is due again is for the storm to say.
    Ok(End { again: None, ..end })
}

async fn version(
    shared: &Shared,
    live: &Live,
    mut owed: Owed,
    job: JobRow,
    permit: Permit<'_>,
) -> Result<(End, Option<Tells>), StoreError> {
    let now = shared.clock.now();
    let carrier = permit.carrier().clone();
    let idle = End { idle: true, ..End::default() };
    if owed.edit_way != EditWay::Edit {
        // It can only be answered or sent anew: worse than leaving it.
        shared.store.finish(super::record::finish(&owed, &carrier, &job, job.fence, now, Next::Done)).await?;
        tracing::warn!(delivery = owed.message, to = owed.key.target, "the digest cannot be edited any more; it is left alone");
        return Ok((idle, None));
    }
    let gathered = shared.store.gathered(&owed.message, &owed.key.via, &owed.key.target).await?;
    let tells = tells(&gathered, owed.opened_at, owed.severity, now);
    if tells.of.over && owed.shown == 0 && job.call.is_none() {
        shared.store.operate(Operator::EndDigest { message: owed.message.clone(), at: now }).await?;
        return Ok((idle, Some(tells)));
    }
    // What was begun and what people see: the newer of both is what a change is measured by.
    let begun = job.call.as_ref().map(|(_, meta)| (meta.revision, meta.told.as_str()));
    let (revision, told) = begun.unwrap_or((owed.shown, owed.told.as_deref().unwrap_or_default()));
    owed.wanted = if told == tells.told { revision } else { revision.max(owed.shown) + 1 };
    let mut view = view(&owed);
    view.storm = Some(tells.storm.clone());
    let action = plan::next(&owed, &view, now);
    if matches!(action, Action::Settle(_) | Action::Nothing) && !owed.left {
        return Ok((idle, Some(tells)));
    }
    let way = Way::of(&owed.key, live);
    let permit = Mutex::new(Some(permit));
    let worker = Worker {
        shared,
        live,
        way,
        carrier: &carrier,
        pinned: false,
        owed: &owed,
        view: &view,
        job: &job,
        permit: &permit,
        tells: Some(&tells),
    };
    let end = act(worker, action, now).await?;
    Ok((end, Some(tells)))
}

//! Digests of what waits: the loop's side of [`storm`](crate::deliver::storm).

use super::{Shared, State};
use crate::deliver::queue::Target;
use crate::deliver::storm::{Looked, Pace, Reason, Step, target_of};
use crate::deliver::way::Way;
use crate::incident::state::MessageKey;
use crate::live::Live;
use crate::outbox::{ToldOf, Work};
use crate::store::{Operator, Owed};
use jiff::Timestamp;
use std::sync::Arc;

/// Something for the store to write.
#[derive(Debug)]
pub(super) enum Errand {
    /// A digest is opened.
    Open { target: Target, more_than: u32 },
    /// A digest ends without another version.
    End { digest: Work, reason: Reason },
}

impl State {
    /// What follows for targets whose crowds changed. Versions are scheduled; what the store has to write is returned.
    pub(super) fn storms(&mut self, live: &Live, now: Timestamp) -> Vec<Errand> {
        let Self { queue, storms, limiter, .. } = self;
        let stirred = queue.stirred();
        let pace = |target: &Target| {
            let app = target.0.strip_prefix("app:").unwrap_or_default();
            let key = MessageKey { via: target.0.clone(), target: target.1.clone(), send_name: String::new() };
            Pace {
                after: live.settings.storm_after,
                editable: Way::of(&key, live) == Way::App,
                per_minute: live.settings.apps.get(app).map(|app| app.limits).unwrap_or_default().per_minute,
                saving: limiter.saver(app, now),
            }
        };
        let mut errands = Vec::new();
        for (target, step, work) in storms.steps(stirred, |target| queue.crowd(target), pace, now) {
            match (step, work) {
                (Step::Version(..), Some(digest)) => queue.schedule(digest),
                (Step::Open(_), _) => errands.push(Errand::Open { target, more_than: live.settings.storm_after }),
                (Step::End(reason), Some(digest)) => errands.push(Errand::End { digest, reason }),
                _ => {}
            }
        }
        errands
    }
}

impl Shared {
    /// Does what the store has to write.
    pub(super) async fn errand(&self, errand: Errand) {
        let at = self.clock.now();
        match errand {
            Errand::Open { target, more_than } => {
                let (via, target) = (*target).clone();
                let wish = Operator::OpenDigest { via: via.clone(), target: target.clone(), more_than, at };
                match self.store.operate(wish).await {
                    Ok(true) => {
                        self.metrics.digest(Reason::Crowded.as_str());
                        tracing::info!(
                            via,
                            to = target,
                            more_than,
                            reason = Reason::Crowded.as_str(),
                            "a storm: a digest tells of what waits"
                        );
                    }
                    // Fewer wait than it seemed: some ended, or were begun.
                    Ok(false) => tracing::debug!(via, to = target, "no digest is needed"),
                    Err(error) => tracing::error!(%error, via, to = target, "a digest cannot be opened"),
                }
            }
            Errand::End { digest, reason } => match self.store.operate(Operator::EndDigest { message: digest.message, at }).await {
                Ok(_) => self.over(&digest.via, &digest.target, reason),
                Err(error) => tracing::error!(%error, via = digest.via, to = digest.target, "a digest cannot be ended"),
            },
        }
    }

    fn over(&self, via: &str, to: &str, reason: Reason) {
        self.metrics.digest(reason.as_str());
        tracing::info!(via, to, reason = reason.as_str(), "the storm is over");
    }

    /// A version of a digest was made, or there was nothing to say; `told`: what people know by it.
    pub fn looked(&self, digest: &Work, looked: &Looked, told: Option<ToldOf>) {
        let now = self.clock.now();
        let target = target_of(digest);
        let mut state = self.lock();
        let doubt = state.storms.looked(&target, looked, now);
        state.queue.hold(&target, doubt);
        if let Some(told) = &told {
            for message in &told.ended {
                state.queue.forget(message);
            }
        }
        drop(state);
        if let Some(told) = told {
            self.metrics.digest_groups("listed", told.listed.len() as u64);
            self.metrics.digest_groups("ended", told.ended.len() as u64);
        }
        match &looked.state {
            None => self.over(&digest.via, &digest.target, Reason::Cleared),
            Some(state) if !state.alive => {
                tracing::warn!(via = digest.via, to = digest.target, "the digest is kept no longer; groups go on by themselves");
            }
            Some(_) => {}
        }
    }

    /// Whether the group of a first message ended while a digest listed it: its next version tells so, and that is enough.
    pub fn told_by_digest(&self, owed: &Owed) -> bool {
        let target = Arc::new((owed.key.via.clone(), owed.key.target.clone()));
        owed.digest.as_ref().is_some_and(|digest| self.lock().storms.tells(&target, digest))
    }
}

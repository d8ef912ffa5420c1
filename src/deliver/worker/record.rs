//! What became of a call: counted, logged, stored, and told where something was lost.

use super::{End, Worker};
use crate::config::settings::Carrier;
use crate::deliver::notice::{self, Trouble};
use crate::deliver::outcome::{self, Verdict};
use crate::feishu::error::{Endpoint, Outcome, Timed};
use crate::outbox::{CallMeta, Rank};
use crate::store::{Finish, JobRow, Next, Owed, Park, Patch, Recorded, StoreError, Tried};
use crate::util::clock::since;
use crate::util::failpoint;
use jiff::Timestamp;

impl Worker<'_, '_> {
    pub(super) fn tried(&self, endpoint: Endpoint, answer: &Timed<Outcome>, meta: &CallMeta) -> Tried {
        let outcome = &answer.value;
        let class = outcome.class(endpoint);
        self.shared.metrics.call(&self.carrier.via, endpoint.as_str(), class.as_str(), answer.took);
        Tried {
            endpoint: endpoint.as_str(),
            http: outcome.answer().map_or(0, |a| a.http),
            code: outcome.code(),
            class: class.detail(),
            log_id: outcome.answer().and_then(|a| a.log_id.clone()),
            duration_ms: i64::try_from(answer.took.as_millis()).unwrap_or(i64::MAX),
            step: self.step().name(),
            revision: meta.revision,
            note: outcome::words(outcome, class),
        }
    }

    /// Writes down what became of it, and tells the fallback receiver of what was lost.
    pub(super) async fn record(
        &self,
        verdict: Verdict,
        tried: Option<Tried>,
        answer: Option<(Endpoint, Option<i64>)>,
        fence: i64,
        meta: &CallMeta,
    ) -> Result<End, StoreError> {
        let shared = self.shared;
        let now = shared.clock.now();
        let Verdict { patch, next, park, reason } = verdict;
        let (dead, parked) = (matches!(next, Next::Dead { .. }), matches!(park, Park::Park { .. }));
        let worked = matches!(park, Park::Clear);
        let next = match next {
            // A digest is owed another version until it told that all is over.
            Next::Done if worked && meta.told_of.as_ref().is_some_and(|told| !told.over) => Next::Standing,
            other => other,
        };
        if let Some(tried) = tried.as_ref().filter(|_| worked) {
            shared.metrics.delivered(tried.endpoint, since(self.job.created_at, now));
        }
        if dead {
            shared.metrics.died(reason.as_str());
        }
        if patch.duplicate {
            shared.metrics.doubted(&self.carrier.via);
        }
        if matches!(&next, Next::Later { step, .. } if *step != self.step().name()) {
            shared.metrics.stepped(reason.as_str());
        }
        if worked {
            tracing::debug!(delivery = self.owed.message, act = meta.act.as_str(), to = self.owed.key.target, "delivered");
        } else {
            tracing::warn!(
                delivery = self.owed.message,
                act = meta.act.as_str(),
                via = self.carrier.via,
                to = self.owed.key.target,
                reason = reason.as_str(),
                endpoint = tried.as_ref().map_or("", |t| t.endpoint),
                code = tried.as_ref().and_then(|t| t.code),
                log_id = tried.as_ref().and_then(|t| t.log_id.as_deref()),
                attempt = self.job.attempts + 1,
                why = tried.as_ref().map_or("", |t| t.note.as_str()),
                "not delivered by this call"
            );
        }
        let why = match (&next, &park) {
            (Next::Dead { reason }, _) | (_, Park::Park { reason, .. }) => reason.clone(),
            _ => String::new(),
        };
        let answer = answer.and_then(|(endpoint, code)| Some((endpoint, code?)));
        let parking = park.clone();
        let mut finish = Finish { patch, park, tried, ..finish(self.owed, self.carrier, self.job, fence, now, next) };
        if self.job.call.is_some() {
            // Bytes of an earlier moment: whatever came since is new to them.
            finish.seen = (0, -1);
        }
        let recorded = shared.store.finish(finish).await?;
        failpoint::hit("recorded");
        let over = shared.parking(self.carrier, &parking);
        if dead || parked || over.is_some() {
            let parked = match parking {
                Park::Park { target, .. } => Some(target),
                Park::Keep | Park::AppWorks | Park::Clear => None,
            };
            let trouble = Trouble { owed: self.owed, carrier: self.carrier, view: self.view, dead, parked, over: None, answer, why };
            if over.is_some() {
                let over = Trouble { dead: false, parked: None, over, why: String::new(), ..trouble.clone() };
                notice::tell(shared, self.live, &over, now).await;
            }
            if dead || trouble.parked.is_some() {
                notice::tell(shared, self.live, &trouble, now).await;
            }
        }
        Ok(End { worked, ..after_finish(recorded, self.owed, self.job) })
    }
}

pub(super) fn finish(owed: &Owed, carrier: &Carrier, job: &JobRow, fence: i64, now: Timestamp, next: Next) -> Finish {
    Finish {
        job: job.id.clone(),
        message: owed.message.clone(),
        fence,
        carrier: carrier.clone(),
        now,
        tried: None,
        patch: Patch::default(),
        next,
        park: Park::Keep,
        seen: (owed.revision, owed.repeats),
    }
}

/// When the message is owed something again: its own retry, or the reply that waited for the send.
pub(super) fn after_finish(recorded: Recorded, owed: &Owed, job: &JobRow) -> End {
    match recorded {
        Recorded::Again(due) => End { again: Some((due, None)), ..End::default() },
        Recorded::Done | Recorded::Dead | Recorded::LostLease => {
            let waiting = owed.reply.as_ref().filter(|reply| reply.id != job.id);
            End { again: waiting.map(|reply| (reply.due_at, Some(Rank::Reply))), ..End::default() }
        }
    }
}

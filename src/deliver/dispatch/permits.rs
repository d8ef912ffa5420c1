//! Leave to make one call: its places in all budgets are held from when it is given until the call has ended.
//!
//! A piece of work gets its permit together with its turn, so that nobody who goes next counts on the same places.

use super::budgets::demand;
use super::{STUMBLE, Shared};
use crate::config::settings::Carrier;
use crate::deliver::limiter::Admit;
use crate::feishu::error::{Class, Endpoint, Outcome};
use crate::util::clock::since;
use jiff::Timestamp;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Leave to make one call. Dropped without [`Permit::made`], its places are free again.
pub struct Permit<'a> {
    shared: &'a Shared,
    carrier: Carrier,
    message: String,
    endpoint: Endpoint,
    over: bool,
}

impl Permit<'_> {
    /// Who may make the call.
    pub fn carrier(&self) -> &Carrier {
        &self.carrier
    }

    /// Whether it is for this call.
    pub fn is_for(&self, carrier: &Carrier, endpoint: Endpoint) -> bool {
        self.carrier == *carrier && self.endpoint == endpoint
    }

    /// The call ended: its windows run, and its outcome may say something of the budgets.
    pub fn made(mut self, outcome: &Outcome, now: Timestamp) {
        self.over = true;
        let mut state = self.shared.lock();
        let demand = demand(&self.carrier, Some(&self.message), self.endpoint);
        state.limiter.made(&demand, now);
        if let Class::Rate { pause } = outcome.class(self.endpoint) {
            let (budget, until) = state.limiter.refused(&demand, outcome.code(), pause, now);
            tracing::warn!(budget = budget.as_str(), %until, via = self.carrier.via, to = self.carrier.target, "the platform limits us");
        }
    }

    /// The same, and what the outcome says of the app as a whole.
    pub fn made_and_learnt(self, outcome: &Outcome, now: Timestamp) {
        let mut state = self.shared.lock();
        let breaker = state.breakers.entry(self.carrier.via.clone()).or_default();
        breaker.record(outcome.is_outage(self.endpoint), now, rand::random::<f64>());
        self.shared.metrics.breaker(&self.carrier.via, breaker.as_str());
        drop(state);
        self.made(outcome, now);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.shared.calling.fetch_sub(1, Ordering::AcqRel);
        if !self.over {
            let mut state = self.shared.lock();
            state.limiter.release(&demand(&self.carrier, Some(&self.message), self.endpoint));
            state.queue.wake_road(&self.carrier.via);
        }
    }
}

impl Shared {
    /// The permit of a call that was admitted.
    pub fn permit(&self, carrier: &Carrier, message: &str, endpoint: Endpoint) -> Permit<'_> {
        self.calling.fetch_add(1, Ordering::AcqRel);
        Permit { shared: self, carrier: carrier.clone(), message: message.to_owned(), endpoint, over: false }
    }

    /// Waits until every budget of a call admits it. `None`: delivery stops, the call must not be made.
    pub async fn admit(&self, carrier: &Carrier, message: &str, endpoint: Endpoint) -> Option<Permit<'_>> {
        loop {
            let jumped = self.jumped.notified();
            let until = match self.admit_now(carrier, message, endpoint) {
                Ok(permit) => return Some(permit),
                Err(until) => until,
            };
            tokio::select! {
                () = self.stop.cancelled() => return None,
                () = tokio::time::sleep(since(self.clock.now(), until).clamp(Duration::from_millis(1), STUMBLE)) => {}
                () = jumped => {}
            }
        }
    }

    /// Asks once for a call. `Err`: not before this moment.
    pub fn admit_now(&self, carrier: &Carrier, message: &str, endpoint: Endpoint) -> Result<Permit<'_>, Timestamp> {
        let mut state = self.lock();
        let now = self.now(&mut state);
        match state.limiter.admit(&demand(carrier, Some(message), endpoint), now) {
            Admit::Yes => Ok(self.permit(carrier, message, endpoint)),
            Admit::WaitUntil(until, budget) => {
                self.metrics.waited(budget.as_str());
                Err(until)
            }
        }
    }

    /// Asks once for a call that nobody waits for. `Err`: not before this moment. Alerts that are owed to the same target go
    /// first, even where the budget has room.
    pub fn admit_after_alerts(&self, carrier: &Carrier, message: &str, endpoint: Endpoint) -> Result<Permit<'_>, Timestamp> {
        let mut state = self.lock();
        let now = self.now(&mut state);
        if endpoint == Endpoint::Reply && state.queue.owes(&carrier.via, &carrier.target, now) {
            return Err(crate::util::clock::after(now, STUMBLE));
        }
        drop(state);
        self.admit_now(carrier, message, endpoint)
    }
}

//! What delivery counts.

use super::labels::{Attachment, Budget, Endpoint, Outcome, Reason, Via};
use super::metrics::Metrics;
use super::recent::Counted;
use std::time::Duration;

impl Metrics {
    /// A call had to wait for a budget.
    pub fn waited(&self, budget: &'static str) {
        self.budget_waits.get_or_create(&Budget { budget }).inc();
    }

    /// The state of the breaker of an app or bot: closed, half_open, open.
    pub fn breaker(&self, via: &str, state: &str) {
        let value = match state {
            "open" => 2,
            "half_open" => 1,
            _ => 0,
        };
        self.breaker_state.get_or_create(&Via { via: via.to_owned() }).set(value);
    }

    /// A message, an edit or a reply arrived; `lag` since it became owed.
    pub fn delivered(&self, endpoint: &'static str, lag: Duration) {
        let what = match endpoint {
            "reply" => Counted::Replied,
            "edit" | "patch" => Counted::Edited,
            _ => Counted::Sent,
        };
        self.recent.count(what, 1);
        self.deliveries.get_or_create(&Endpoint { endpoint }).inc();
        self.delivery_lag.observe(lag.as_secs_f64());
    }

    /// One step down the ladder.
    pub fn stepped(&self, reason: &'static str) {
        self.ladder_steps.get_or_create(&Reason { reason }).inc();
    }

    /// A dead letter.
    pub fn died(&self, reason: &'static str) {
        self.recent.count(Counted::Dead, 1);
        self.dead_letters.get_or_create(&Reason { reason }).inc();
    }

    /// A step of a picture or file that follows a message.
    pub fn attached(&self, kind: &'static str, result: &'static str) {
        self.attachments.get_or_create(&Attachment { kind, result }).inc();
    }

    /// A fetch of a picture.
    pub fn fetched(&self, result: &'static str) {
        self.fetches.get_or_create(&Outcome { result }).inc();
    }

    /// A digest was opened, or is over.
    pub fn digest(&self, reason: &'static str) {
        self.digests.get_or_create(&Reason { reason }).inc();
    }

    /// Groups that a digest told of.
    pub fn digest_groups(&self, result: &'static str, count: u64) {
        if count > 0 {
            self.digest_groups.get_or_create(&Outcome { result }).inc_by(count);
        }
    }

    /// It may have arrived twice.
    pub fn doubted(&self, via: &str) {
        self.possible_duplicates.get_or_create(&Via { via: via.to_owned() }).inc();
    }
}

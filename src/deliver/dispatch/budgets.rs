//! What those who make calls ask and tell: budgets before a call, what its outcome says of limits, of the app and of the target.

use super::{STUMBLE, Shared};
use crate::deliver::breaker::Breaker;
use crate::deliver::limiter::{Admit, Demand, Scope};
use crate::feishu::error::{Class, Endpoint, Outcome};
use crate::incident::state::MessageKey;
use crate::store::Park;
use crate::util::clock::{after, since};
use jiff::Timestamp;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A call on its way, from its admission to its answer.
pub struct Calling<'a>(&'a Shared);

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        self.0.calling.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Shared {
    /// Waits until every budget of a message's call admits it; `None` as in [`admit`](Self::admit).
    pub async fn admit_call(&self, key: &MessageKey, message: &str, endpoint: Endpoint) -> Option<Calling<'_>> {
        let admitted = self.admit(key, message, endpoint).await;
        admitted.then(|| {
            self.calling.fetch_add(1, Ordering::AcqRel);
            Calling(self)
        })
    }

    /// Waits until every budget of a call admits it, and spends them. Right before the call, so that what is counted is what
    /// the platform sees. `false`: delivery stops, the call must not be made.
    pub async fn admit(&self, key: &MessageKey, message: &str, endpoint: Endpoint) -> bool {
        loop {
            let jumped = self.jumped.notified();
            let (now, admit) = {
                let mut state = self.lock();
                let now = self.now(&mut state);
                (now, state.limiter.admit(&demand(&key.via, &key.target, Some(message), endpoint), now))
            };
            let until = match admit {
                Admit::Yes => return true,
                Admit::WaitUntil(until, budget) => {
                    self.metrics.waited(budget.as_str());
                    until
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = tokio::time::sleep(since(now, until).clamp(Duration::from_millis(1), STUMBLE)) => {}
                () = jumped => {}
            }
        }
    }

    /// Whether the month's calls of an app run out: it should save those it can do without.
    pub fn saves(&self, app: &str) -> bool {
        let now = self.clock.now();
        self.lock().limiter.saver(app, now)
    }

    /// Asks once for a call that nobody waits for; counted where the answer is `Ok`. `Err`: not before this moment. Alerts
    /// that are owed to the same target go first, even where the budget has room.
    pub fn admit_after_alerts(&self, key: &MessageKey, message: &str, endpoint: Endpoint) -> Result<(), Timestamp> {
        let mut state = self.lock();
        let now = self.now(&mut state);
        if endpoint == Endpoint::Reply && state.queue.owes(&key.via, &key.target, now) {
            return Err(after(now, STUMBLE));
        }
        match state.limiter.admit(&demand(&key.via, &key.target, Some(message), endpoint), now) {
            Admit::Yes => Ok(()),
            Admit::WaitUntil(until, budget) => {
                self.metrics.waited(budget.as_str());
                Err(until)
            }
        }
    }

    /// Until when a call would have to wait; nothing is counted.
    pub fn waits(&self, key: &MessageKey, message: &str, endpoint: Endpoint) -> Option<Timestamp> {
        let mut state = self.lock();
        let now = self.now(&mut state);
        match state.limiter.peek(&demand(&key.via, &key.target, Some(message), endpoint), now) {
            Admit::Yes => None,
            Admit::WaitUntil(until, _) => Some(until),
        }
    }

    /// What an outcome says of the app as a whole and of its budgets.
    pub fn learn(&self, key: &MessageKey, message: &str, endpoint: Endpoint, outcome: &Outcome, now: Timestamp) {
        let mut state = self.lock();
        let breaker = state.breakers.entry(key.via.clone()).or_default();
        breaker.record(outcome.is_outage(endpoint), now, rand::random::<f64>());
        self.metrics.breaker(&key.via, breaker.as_str());
        drop(state);
        self.limited(key, message, endpoint, outcome, now);
    }

    /// What an outcome says of the budgets.
    pub fn limited(&self, key: &MessageKey, message: &str, endpoint: Endpoint, outcome: &Outcome, now: Timestamp) {
        if let Class::Rate { pause } = outcome.class(endpoint) {
            let (budget, until) =
                self.lock().limiter.refused(&demand(&key.via, &key.target, Some(message), endpoint), outcome.code(), pause, now);
            tracing::warn!(budget = budget.as_str(), %until, via = key.via, to = key.target, "the platform limits us");
        }
    }

    /// Until when nothing but probes goes to a target: it is parked, or its app is in trouble.
    pub fn held(&self, key: &MessageKey) -> Option<Timestamp> {
        let mut state = self.lock();
        let now = self.now(&mut state);
        let parked = [key.target.as_str(), "*"].into_iter().filter_map(|target| state.parked.get(&(key.via.clone(), target.to_owned())));
        let open = state.breakers.get(&key.via).and_then(Breaker::open_until);
        parked.copied().chain(open).max().filter(|until| *until > now)
    }

    /// Follows what was recorded about the target; says whether a trouble that was told is over.
    pub fn parking(&self, key: &MessageKey, park: &Park) -> Option<(String, String)> {
        let mut state = self.lock();
        match park {
            Park::Keep => None,
            Park::Park { target, probe_at, .. } => {
                state.parked.insert((key.via.clone(), target.clone()), *probe_at);
                if target == "*" { None } else { state.works(&key.via, &["*"]) }
            }
            Park::AppWorks => state.works(&key.via, &["*"]),
            Park::Clear => state.works(&key.via, &[&key.target, "*"]),
        }
    }

    /// Remembers a trouble; `false` where it was told already.
    pub fn trouble(&self, via: &str, target: &str) -> bool {
        self.lock().troubled.insert((via.to_owned(), target.to_owned()))
    }
}

/// The budgets of a call. Edits of a message have their own and do not spend the chat's; a batch reaches each person by
/// itself, at a pace of the platform's own.
pub(super) fn demand<'a>(via: &'a str, target: &'a str, message: Option<&'a str>, api: Endpoint) -> Demand<'a> {
    let scope = match (via.split_once(':'), api) {
        (Some(("bot", name)), _) => Scope::Bot(name),
        (_, Endpoint::Patch | Endpoint::Edit) => message.map_or(Scope::None, Scope::Message),
        (_, Endpoint::BatchSend | Endpoint::BatchProgress | Endpoint::BatchReadUser) => Scope::None,
        (_, Endpoint::ImageUpload | Endpoint::FileUpload) => Scope::None,
        _ if target.starts_with("chat:") => Scope::Chat(target),
        _ => Scope::Person(target),
    };
    Demand { app: via.strip_prefix("app:"), api, scope }
}

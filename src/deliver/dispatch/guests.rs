//! Calls that are not deliveries (verbs of operators) spend the same budgets, and what comes of them is learnt the same way;
//! only what becomes of files up and down is no sign that the platform is out of reach.

use super::Deliverer;
use crate::deliver::limiter::{Admit, Demand};
use crate::feishu::error::{Class, Family, Outcome};
use std::time::Duration;

impl Deliverer {
    /// Asks for a call; counted where the answer is yes. Whoever has to wait asks again.
    pub fn ask(&self, demand: &Demand<'_>) -> Admit {
        let mut state = self.shared.lock();
        let now = self.shared.now(&mut state);
        let admit = state.limiter.admit(demand, now);
        if let Admit::WaitUntil(_, budget) = &admit {
            self.shared.metrics.waited(budget.as_str());
        }
        admit
    }

    /// A call that was admitted ended: it is counted and learnt from; `None`: it worked.
    pub fn learn(&self, demand: &Demand<'_>, outcome: Option<&Outcome>, took: Duration) {
        let via = match (demand.app, demand.scope) {
            (Some(app), _) => format!("app:{app}"),
            (None, crate::deliver::limiter::Scope::Bot(name)) => format!("bot:{name}"),
            (None, _) => return,
        };
        let class = outcome.map_or(Class::Ok, |outcome| outcome.class(demand.api));
        let metrics = &self.shared.metrics;
        metrics.call(&via, demand.api.as_str(), class.as_str(), took);
        let now = self.shared.clock.now();
        let mut state = self.shared.lock();
        state.limiter.made(demand, now);
        // Large files on a slow line say nothing of the messages' way: they must not hold alerts back.
        if demand.api.family() != Family::Upload {
            let breaker = state.breakers.entry(via.clone()).or_default();
            breaker.record(outcome.is_some_and(|outcome| outcome.is_outage(demand.api)), now, rand::random::<f64>());
            metrics.breaker(&via, breaker.as_str());
        }
        if let Class::Rate { pause } = class {
            let code = outcome.and_then(Outcome::code);
            let (budget, until) = state.limiter.refused(demand, code, pause, now);
            tracing::warn!(budget = budget.as_str(), %until, via, "the platform limits us");
        }
    }

    /// Whether no new call should be begun.
    pub fn is_stopping(&self) -> bool {
        self.shared.stop.is_cancelled()
    }
}

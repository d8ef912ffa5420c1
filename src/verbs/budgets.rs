//! Whom the executor asks before each call, and tells what came of it.

use crate::config::settings::{Limits, Settings};
use crate::deliver::limiter::{Admit, Demand, Limiter};
use crate::feishu::error::{Class, Outcome};
use crate::util::clock::Clock;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The budgets that verbs share with whoever else calls the platform.
pub trait Budgets: Send + Sync {
    /// Whether a call may be made now; counted where it may.
    fn ask(&self, demand: &Demand<'_>) -> Admit;
    /// What came of a call that was made.
    fn learn(&self, demand: &Demand<'_>, outcome: Option<&Outcome>, took: Duration);
    /// Whether no new call should be begun.
    fn stopping(&self) -> bool {
        false
    }
}

/// Budgets of a process that makes no other calls.
#[derive(Debug)]
pub struct Own {
    limiter: Mutex<Limiter>,
    clock: Clock,
}

impl Own {
    /// The budgets of these settings' apps.
    pub fn new(settings: &Settings, clock: Clock) -> Self {
        let limits: Vec<(String, Limits)> = settings.apps.iter().map(|(name, app)| (name.clone(), app.limits)).collect();
        Self { limiter: Mutex::new(Limiter::new(limits)), clock }
    }
}

impl Budgets for Own {
    fn ask(&self, demand: &Demand<'_>) -> Admit {
        self.limiter.lock().unwrap_or_else(PoisonError::into_inner).admit(demand, self.clock.now())
    }

    fn learn(&self, demand: &Demand<'_>, outcome: Option<&Outcome>, _took: Duration) {
        let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
        limiter.made(demand, self.clock.now());
        let Some(outcome) = outcome else { return };
        if let Class::Rate { pause } = outcome.class(demand.api) {
            limiter.refused(demand, outcome.code(), pause, self.clock.now());
        }
    }
}

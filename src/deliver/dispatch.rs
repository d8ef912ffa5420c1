//! The loop that gives out work: who goes next, within budgets, past open breakers and parked targets.
//!
//! Everything it knows is in memory and can be read again from the store: a lost note costs time, never a message.

mod budgets;
mod carriers;
mod guests;
mod permits;
mod storms;

use super::attach;
use super::behind::{self, Behind, Obstacles};
use super::breaker::Breaker;
use super::limiter::Limiter;
use super::notice;
use super::queue::{Hold, Pick, Queue};
use super::retry::PROBE_EVERY;
pub use super::status::Status;
use super::storm::Storms;
use super::uploads::Uploads;
use super::way::Way;
use super::worker::{self, End};
use crate::config::settings::{Carrier, ContentKind};
use crate::feishu::error::Endpoint;
use crate::live::Live;
use crate::outbox::{Act, Rank, Work};
use crate::store::{Operator, Store, StoreError};
use crate::telemetry::Metrics;
use crate::util::clock::{Clock, after, before, since};
use arc_swap::ArcSwap;
use carriers::{Gates, Parked, Turns};
use jiff::Timestamp;
pub(super) use permits::Permit;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Calls under way at once, over all targets.
const AT_ONCE: usize = 64;
/// Calls under way at once into one target, by each that carries.
const AT_ONCE_PER_TARGET: u32 = 4;
/// The longest call plus a margin: the lease.
const LEASE: Duration = Duration::from_secs(45);
/// While the month's quota runs out, cosmetic edits are looked at again after this.
const SAVED: Duration = Duration::from_secs(600);
/// A piece of work that failed for reasons of ours is tried again after this.
const STUMBLE: Duration = Duration::from_secs(1);

/// What the loop and the workers share.
pub(super) struct Shared {
    pub store: Store,
    pub clock: Clock,
    pub metrics: Arc<Metrics>,
    pub lease: Duration,
    pub live: Arc<ArcSwap<Live>>,
    /// What follows messages may be due.
    pub attach: Notify,
    /// Bytes on their way to the platform.
    pub uploads: Uploads,
    /// Calls that have leave and are not answered yet.
    calling: AtomicUsize,
    state: Mutex<State>,
    wake: Notify,
    /// The clock jumped: whoever waits for a budget looks again.
    jumped: Notify,
    stop: CancellationToken,
}

#[derive(Default)]
struct State {
    queue: Queue,
    storms: Storms,
    limiter: Limiter,
    breakers: HashMap<String, Breaker>,
    parked: Parked,
    turns: Turns,
    /// Targets whose trouble was told and is not over.
    troubled: HashSet<(String, String)>,
    /// The latest time seen: an earlier one means that the clock was set back.
    seen: Timestamp,
}

/// The running delivery.
#[derive(Clone)]
pub struct Deliverer {
    shared: Arc<Shared>,
}

impl Deliverer {
    /// Reads what is owed and starts the loop on `tracker`. It stops giving out work when `stop` is cancelled; calls under way
    /// are finished.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn start(
        store: Store,
        live: Arc<ArcSwap<Live>>,
        metrics: Arc<Metrics>,
        clock: Clock,
        work: mpsc::Receiver<Vec<Work>>,
        tracker: &TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            store,
            clock,
            metrics,
            lease: LEASE,
            live,
            attach: Notify::new(),
            uploads: Uploads::default(),
            calling: AtomicUsize::new(0),
            state: Mutex::default(),
            wake: Notify::new(),
            jumped: Notify::new(),
            stop: stop.clone(),
        });
        let deliverer = Self { shared };
        deliverer.reconfigure();
        deliverer.refresh().await?;
        for (app, month, used) in deliverer.shared.store.usage().await? {
            let now = deliverer.shared.clock.now();
            deliverer.shared.lock().limiter.restore_usage(&app, &month, used, now);
        }
        for digest in deliverer.shared.store.open_digests().await? {
            deliverer.shared.lock().storms.restore(&digest);
        }
        let backlog = deliverer.shared.store.backlog().await?;
        if !backlog.is_empty() {
            tracing::info!(messages = backlog.len(), "messages from before are owed something");
        }
        deliverer.shared.push(backlog);
        tracker.spawn(super::follow::run(Arc::clone(&deliverer.shared), stop.clone()));
        tracker.spawn(attach::run(Arc::clone(&deliverer.shared), tracker.clone(), stop.clone()));
        tracker.spawn(run(Arc::clone(&deliverer.shared), work, tracker.clone(), stop));
        Ok(deliverer)
    }

    /// Takes over new budgets and probes parked targets at once; after a reload.
    pub fn reconfigure(&self) {
        let live = self.shared.live.load();
        let mut state = self.shared.lock();
        state.limiter.configure(live.settings.apps.iter().map(|(name, app)| (name.clone(), app.tenant.clone(), app.limits)));
        let now = self.shared.clock.now();
        state.parked.values_mut().for_each(|probe| *probe = now);
        state.queue.wake_targets();
        state.queue.stir();
        drop(state);
        self.shared.wake.notify_one();
    }

    /// Reads the parked targets again; after an operator changed them.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let parked = self.shared.store.parked().await?;
        let mut state = self.shared.lock();
        state.troubled.extend(parked.iter().map(|p| (p.via.clone(), p.target.clone())));
        state.parked = parked.into_iter().map(|p| ((p.via, p.target), p.probe_at)).collect();
        state.queue.wake_targets();
        drop(state);
        self.shared.wake.notify_one();
        Ok(())
    }

    /// Keeps the month's counts, and tells of quotas that run out; now and then, and before the end.
    ///
    /// # Errors
    /// The store is not available.
    pub async fn keep_usage(&self) -> Result<(), StoreError> {
        let shared = &self.shared;
        let now = shared.clock.now();
        let live = shared.live.load_full();
        let (usage, warnings) = {
            let mut state = shared.lock();
            let usage: Vec<_> = live.settings.apps.keys().map(|app| (app.clone(), state.limiter.own_calls(app, now))).collect();
            (usage, state.limiter.take_quota_warnings())
        };
        // Told before it is kept: what is known of an earlier process counts as told.
        for warning in warnings {
            notice::quota(shared, &live, &warning, now).await;
        }
        for (app, (month, used)) in usage.into_iter().filter(|(_, (_, used))| *used > 0) {
            shared.store.operate(Operator::Usage { app, month, used }).await?;
        }
        Ok(())
    }

    /// Looks again now: the clock jumped (tests), or something outside changed.
    pub fn wake(&self) {
        self.shared.lock().queue.wake_targets();
        self.shared.jumped.notify_waiters();
        self.shared.attach.notify_one();
        self.shared.wake.notify_one();
    }

    /// How far it is behind.
    pub fn behind(&self) -> Behind {
        let live = self.shared.live.load();
        let limits = live.settings.apps.iter().map(|(name, app)| (name.clone(), app.limits)).collect();
        let now = self.shared.clock.now();
        // What is slow about it is done without the lock.
        let (depths, obstacles) = {
            let state = self.shared.lock();
            let open = |(via, breaker): (&String, &Breaker)| Some((via.clone(), breaker.open_until()?));
            let obstacles = Obstacles {
                parked: state.parked.iter().map(|(place, probe)| (place.clone(), *probe)).collect(),
                breakers: state.breakers.iter().filter_map(open).collect(),
                paused: state.limiter.paused(now),
            };
            (state.queue.depths(), obstacles)
        };
        behind::behind(&depths, &limits, &obstacles)
    }

    /// What it is doing.
    pub fn status(&self) -> Status {
        let now = self.shared.clock.now();
        let state = self.shared.lock();
        let open = |(via, breaker): (&String, &Breaker)| Some((via.clone(), breaker.as_str(), breaker.open_until()?));
        Status {
            waiting: state.queue.waiting(),
            calling: self.shared.calling.load(Ordering::Acquire),
            breakers: state.breakers.iter().filter_map(open).collect(),
            parked: state.parked.iter().map(|((via, target), probe)| (via.clone(), target.clone(), *probe)).collect(),
            paused: state.limiter.paused(now).into_iter().map(|(budget, until)| (budget.as_str().to_owned(), until)).collect(),
        }
    }
}

async fn run(shared: Arc<Shared>, mut work: mpsc::Receiver<Vec<Work>>, tracker: TaskTracker, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        if shared.store.commits().rescan.swap(false, Ordering::AcqRel) {
            match shared.store.backlog().await {
                Ok(backlog) => shared.push(backlog),
                Err(error) => {
                    tracing::error!(%error, "the backlog cannot be read");
                    shared.store.commits().rescan.store(true, Ordering::Release);
                }
            }
        }
        let place = tokio::select! {
            () = stop.cancelled() => return,
            place = Arc::clone(&places).acquire_owned() => match place { Ok(place) => place, Err(_) => return },
        };
        // News first: a critical alert must not wait behind those that were there before.
        while let Ok(more) = work.try_recv() {
            shared.push(more);
        }
        for errand in shared.storms() {
            let shared = Arc::clone(&shared);
            tracker.spawn(async move { shared.errand(errand).await });
        }
        let wait = match shared.pick() {
            Ok((work, carrier)) => {
                let shared = Arc::clone(&shared);
                tracker.spawn(async move {
                    let _place = place;
                    shared.work(work, carrier).await;
                });
                continue;
            }
            Err(until) => until,
        };
        drop(place);
        // A look now and then even without a reason: lost notes and moved clocks must not cost more than time.
        let pause = wait
            .map_or(Duration::from_secs(30), |at| since(shared.clock.now(), at).clamp(Duration::from_millis(1), Duration::from_secs(30)));
        tokio::select! {
            () = stop.cancelled() => return,
            () = shared.wake.notified() => {}
            () = tokio::time::sleep(pause) => {}
            more = work.recv() => match more {
                Some(more) => shared.push(more),
                None => return,
            }
        }
    }
}

/// Gives the message back when a worker ends without saying how.
struct Under<'a> {
    shared: &'a Shared,
    work: Option<Work>,
}

impl Drop for Under<'_> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            let due_at = after(self.shared.clock.now(), STUMBLE);
            self.shared.lock().queue.done(&work.message.clone(), Some(Work { due_at, ..work }));
            self.shared.wake.notify_one();
        }
    }
}

impl State {
    /// These are not parked any more; says whether a trouble that was told is over.
    fn works(&mut self, via: &str, targets: &[&str]) -> Option<(String, String)> {
        let mut over = None;
        for target in targets {
            let trouble = (via.to_owned(), (*target).to_owned());
            if self.parked.remove(&trouble).is_some() {
                self.queue.wake_targets();
            }
            if self.troubled.remove(&trouble) {
                over = Some(trouble);
            }
        }
        over
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while holding it leaves at worst a stale wait.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The configuration of now.
    pub fn live(&self) -> Arc<Live> {
        self.live.load_full()
    }

    /// Waits until the clock jumps.
    pub async fn jumped(&self) {
        self.jumped.notified().await;
    }

    fn push(&self, work: Vec<Work>) {
        let mut state = self.lock();
        for work in work {
            if work.rank.is_digest() {
                state.storms.note(&work);
            } else {
                state.queue.push(work);
            }
        }
    }

    /// The present moment; where the clock was set back, everything that waits waits no longer for that.
    fn now(&self, state: &mut State) -> Timestamp {
        let now = self.clock.now();
        let by = since(now, state.seen);
        if by < STUMBLE {
            state.seen = now.max(state.seen);
            return now;
        }
        tracing::warn!(?by, "the clock was set back");
        state.seen = now;
        state.queue.set_back(by);
        state.storms.set_back(by);
        state.limiter.set_back(by);
        state.breakers.values_mut().for_each(|breaker| breaker.set_back(by));
        state.parked.values_mut().for_each(|probe| *probe = before(*probe, by));
        now
    }

    /// What the store has to write for storms that began or ended.
    fn storms(&self) -> Vec<storms::Errand> {
        let live = self.live.load();
        let mut state = self.lock();
        let now = self.now(&mut state);
        state.storms(&live, now)
    }

    /// What goes next, and by whom; `Err`: nothing before this time, `None`: nothing waits.
    fn pick(&self) -> Result<(Work, Carrier), Option<Timestamp>> {
        let mut state = self.lock();
        let now = self.now(&mut state);
        let State { queue, storms, limiter, breakers, parked, turns, .. } = &mut *state;
        let mut gates = Gates { limiter, breakers, parked, turns };
        let mut chosen = None;
        let picked = queue.pick(now, &mut |work, under_way| {
            if under_way >= AT_ONCE_PER_TARGET.saturating_mul(carriers::count(&work.via)) {
                return Err(Hold::Target(after(now, STUMBLE)));
            }
            gates
                .choose(work, now)
                .map(|carrier| chosen = Some(carrier))
                .inspect_err(|(_, budget)| {
                    if let Some(budget) = budget {
                        self.metrics.waited(budget);
                    }
                })
                .map_err(|(hold, _)| hold)
        });
        match (picked, chosen) {
            (Pick::Go(work), Some(carrier)) => {
                if work.rank.is_digest() {
                    storms.claimed(&work);
                }
                Ok((work, carrier))
            }
            (Pick::Go(work), None) => {
                // Cannot be: what goes was admitted. Nothing is lost if it is.
                queue.done(&work.message.clone(), Some(work));
                Err(Some(after(now, STUMBLE)))
            }
            (Pick::Wait(until), _) => Err(until),
        }
    }

    async fn work(&self, work: Work, carrier: Carrier) {
        let mut under = Under { shared: self, work: Some(work.clone()) };
        let live = self.live.load_full();
        let end = worker::run(self, &live, &work, self.permit(&carrier, &work.message, endpoint(&work))).await;
        under.work = None;
        let idle = end.as_ref().is_ok_and(|end| end.idle);
        let again = match end {
            Ok(End { again, .. }) => again.map(|(due_at, rank)| Work { due_at, rank: rank.unwrap_or(work.rank), ..work.clone() }),
            Err(error) => {
                tracing::error!(delivery = work.message, %error, "delivery stumbled over the store");
                Some(Work { due_at: after(self.clock.now(), STUMBLE), ..work.clone() })
            }
        };
        let mut state = self.lock();
        let now = self.clock.now();
        if idle {
            state.not_called(&carrier, now);
        } else {
            state.breakers.entry(carrier.via).or_default().abandon(now);
        }
        state.queue.done(&work.message, again);
        drop(state);
        self.wake.notify_one();
        self.attach.notify_one();
    }
}

/// Which call a piece of work most likely leads to; the worker's own admission is exact.
fn endpoint(work: &Work) -> Endpoint {
    let act = match work.rank {
        Rank::Storm | Rank::First => Act::Send,
        Rank::Reply => Act::Reply,
        Rank::StormEdit | Rank::Edit | Rank::Cosmetic => Act::Edit,
    };
    Way::guess(&work.via, &work.target).endpoint(act, ContentKind::Card)
}

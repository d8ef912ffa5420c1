//! What handlers share: the running configuration, the store, metrics, and the way to ask for a reload.

use super::access::Access;
use super::api::config::LastCheck;
use super::api::now::Picture;
use crate::deliver::dispatch::Deliverer;
use crate::live::Live;
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::util::clock::Clock;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Requests worked on at the same time: webhooks.
const HOOKS: usize = 256;
/// The same for API and console.
const API: usize = 64;
/// Files that operators move up or down at the same time; each is held in memory, at most 100 MB.
const FILES: usize = 3;
/// Bodies held in memory at the same time, in KiB.
pub const BODIES_KIB: usize = 256 * 1024;

/// Everything a handler may need.
pub struct Shared {
    /// What the configuration compiled to; load once per request.
    pub live: Arc<ArcSwap<Live>>,
    /// The store.
    pub store: Store,
    /// The delivery: what it does now, and a way to make it look.
    pub deliverer: Deliverer,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// The clock.
    pub clock: Clock,
    /// Who may open what.
    pub access: Access,
    /// Asks for a reload.
    pub reload: ReloadHandle,
    /// Set when the process is about to stop.
    pub stopping: Arc<AtomicBool>,
    /// Ends what would last for ever: the events of open pages.
    pub leaving: CancellationToken,
    /// Places for requests.
    pub places: Places,
    /// What is going on, as of this second.
    pub(crate) picture: Picture,
    /// What the platform last said to the configuration.
    pub(crate) checked: LastCheck,
}

/// How much is worked on at the same time; what finds no place is told to come again.
pub struct Places {
    /// Webhooks.
    pub hooks: Arc<Semaphore>,
    /// API and console.
    pub api: Arc<Semaphore>,
    /// KiB of bodies.
    pub bodies: Arc<Semaphore>,
    /// Files of operators.
    pub files: Arc<Semaphore>,
    /// Open pages that are told of changes.
    pub pages: Arc<Semaphore>,
}

impl Default for Places {
    fn default() -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self {
            hooks: places(HOOKS),
            api: places(API),
            bodies: places(BODIES_KIB),
            files: places(FILES),
            pages: places(crate::web::live::PAGES),
        }
    }
}

/// How the last reload went.
#[derive(Debug, Clone, Serialize)]
pub struct Reloaded {
    /// Whether it was taken over.
    pub ok: bool,
    /// When it was tried.
    pub at: Timestamp,
    /// When the configuration that runs was taken over.
    pub running_since: Timestamp,
    /// What is wrong, or doubtful; for people.
    pub findings: Vec<String>,
    /// What changed that only a restart takes over.
    pub needs_restart: Vec<String>,
}

/// Asks the app for a reload and knows how the last one went.
#[derive(Debug, Clone)]
pub struct ReloadHandle {
    /// Requests; the answer comes when it is done.
    pub ask: mpsc::Sender<oneshot::Sender<Reloaded>>,
    /// The last one.
    pub last: watch::Receiver<Reloaded>,
}

impl ReloadHandle {
    /// Reloads and waits; `None` while the process stops.
    pub async fn reload(&self) -> Option<Reloaded> {
        let (reply, answer) = oneshot::channel();
        self.ask.send(reply).await.ok()?;
        answer.await.ok()
    }
}

//! Delivery without HTTP in front: pipeline, store, delivery and a sandbox, all on one clock that tests move.

use arc_swap::ArcSwap;
use jiff::Timestamp;
use larkhook::config::load_str;
use larkhook::deliver::dispatch::Deliverer;
use larkhook::incident::event::Rules;
use larkhook::live::Live;
use larkhook::pipeline::{self, AcceptError, AcceptOptions, Accepted};
use larkhook::sandbox::Call;
use larkhook::sandbox::Message;
use larkhook::sandbox::{self, Handle, Sandbox};
use larkhook::sandbox::{Action, Fault, When};
use larkhook::store::{self, JobFilter, JobView, Store};
use larkhook::telemetry::Metrics;
use larkhook::util::clock::{Clock, from_ms};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// 2026-11-22 12:10:10 in Shanghai: far from the half hours at which custom bots keep still.
pub const START: i64 = 1_795_320_610_000;

pub const CONFIG: &str = r#"
server: { listen: "127.0.0.1:0" }
storage: "sqlite:larkhook.db"
fallback: ops
feishu:
  apps:
    ops: { app_id: cli_a1b2c3d4e5f6a7b8, app_secret: s, platform: sandbox }
  bots:
    room: { url: sandbox }
sources:
  am: { kind: alertmanager, auth: none }
  grafana: { kind: grafana, auth: none }
  json:
    kind: json
    auth: none
    fields: { key: '{{key}}', status: '{{status}}', title: '{{title}}', labels: { where: '{{where}}' }, annotations: { summary: '{{text}}' } }
route:
  receiver: default
  routes:
    - matchers: ['where="room"']
      receiver: room
    - matchers: ['where="text"']
      receiver: text
receivers:
  - { name: default, send: [{ to: chat:oc_default }] }
  - { name: room, send: [{ to: bot:room }] }
  - { name: text, send: [{ to: chat:oc_text, as: text }] }
  - { name: ops, send: [{ to: chat:oc_ops }] }
"#;

pub struct Rig {
    pub sandbox: Handle,
    pub store: Store,
    pub live: Arc<ArcSwap<Live>>,
    pub deliverer: Deliverer,
    pub clock: Clock,
    time: Time,
    pub dir: Arc<tempfile::TempDir>,
    stop: CancellationToken,
    calls: TaskTracker,
    writing: TaskTracker,
}

/// What the clock of a rig, its sandbox included, shows.
#[derive(Clone)]
pub struct Time {
    /// Milliseconds that were let pass.
    moved: Arc<AtomicI64>,
    /// When it began, by the machine's clock. `None`: only what is let pass passes, however long the machine takes.
    since: Option<Timestamp>,
}

impl Time {
    fn new(ticks: bool) -> Self {
        Self { moved: Arc::default(), since: ticks.then(|| Clock::system().now()) }
    }

    fn clock(&self) -> Clock {
        let Self { moved, since } = self.clone();
        let ticked = move || since.map_or(0, |since| Clock::system().now().duration_since(since).as_millis() as i64);
        Clock::from_fn(move || from_ms(START + moved.load(Ordering::SeqCst) + ticked()))
    }
}

impl Rig {
    pub async fn new() -> Self {
        Self::with(CONFIG).await
    }

    pub async fn with(config: &str) -> Self {
        Self::open(config, Arc::new(tempfile::tempdir().unwrap()), None, None).await
    }

    /// With a clock that stands still until time is let pass: for tests of order and pace.
    pub async fn still(config: &str) -> Self {
        let time = Time::new(false);
        Self::open(config, Arc::new(tempfile::tempdir().unwrap()), Some((sandbox(&time).await, time)), None).await
    }

    /// Stops everything but the sandbox, as a crash between two commits would, and starts anew on the same file.
    pub async fn restart(self, config: &str) -> Self {
        let (dir, sandbox, time) = (Arc::clone(&self.dir), self.sandbox.clone(), self.time.clone());
        self.stop().await;
        Self::open(config, dir, Some((sandbox, time)), None).await
    }

    pub async fn open(config: &str, dir: Arc<tempfile::TempDir>, known: Option<(Handle, Time)>, max_pages: Option<u32>) -> Self {
        larkhook::feishu::tls::init();
        let (sandbox, time) = match known {
            Some(known) => known,
            None => {
                let time = Time::new(true);
                (sandbox(&time).await, time)
            }
        };
        let clock = time.clock();
        let loaded = load_str(config, "larkhook.yaml", dir.path(), &|_| None).unwrap_or_else(|findings| panic!("{findings}"));
        let settings = Arc::new(loaded.settings);
        let live = Live::build(Arc::clone(&settings), &[], Some(&sandbox.url()), None).unwrap_or_else(|errors| panic!("{errors:?}"));
        let live = Arc::new(ArcSwap::from_pointee(live));
        let (writing, calls) = (TaskTracker::new(), TaskTracker::new());
        let (owed, work) = tokio::sync::mpsc::channel(64);
        let options =
            store::Options { path: dir.path().join("test.db"), rules: Rules { reopen_within: settings.reopen_within }, max_pages };
        let store = Store::open(options, owed, &writing).await.unwrap();
        let stop = CancellationToken::new();
        let metrics = Arc::new(Metrics::new());
        let deliverer =
            Deliverer::start(store.clone(), Arc::clone(&live), metrics, clock.clone(), work, &calls, stop.clone()).await.unwrap();
        Self { sandbox, store, live, deliverer, clock, time, dir, stop, calls, writing }
    }

    /// Takes over another configuration.
    pub fn reload(&self, config: &str) {
        let loaded = load_str(config, "larkhook.yaml", self.dir.path(), &|_| None).unwrap_or_else(|findings| panic!("{findings}"));
        let known = self.live.load_full();
        let live = Live::build(Arc::new(loaded.settings), &[], Some(&self.sandbox.url()), Some(&known));
        self.live.store(Arc::new(live.unwrap_or_else(|errors| panic!("{errors:?}"))));
        self.deliverer.reconfigure();
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.calls.close();
        self.calls.wait().await;
        drop((self.store, self.deliverer));
        self.writing.close();
        self.writing.wait().await;
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass at once.
    pub fn advance(&self, by: Duration) {
        self.time.moved.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
        self.deliverer.wake();
    }

    /// Lets time pass once no call is on its way: what is admitted arrives at the moment of its admission.
    pub async fn pass(&self, by: Duration) {
        let mut quiet = 0;
        while quiet < 2 {
            quiet = if self.deliverer.status().calling == 0 { quiet + 1 } else { 0 };
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.advance(by);
    }

    /// The clock jumps, forward or back.
    pub fn jump(&self, ms: i64) {
        self.time.moved.fetch_add(ms, Ordering::SeqCst);
        self.deliverer.wake();
    }

    /// The clock is set back and nobody says so.
    pub fn set_back(&self, by: Duration) {
        self.time.moved.fetch_sub(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Posts a body to a source.
    pub async fn post(&self, source: &str, body: &[u8]) -> Result<Accepted, AcceptError> {
        let live = self.live.load_full();
        pipeline::accept(&self.store, &live.settings, &live.tree, &live.sources[source], body, &AcceptOptions::default(), self.now()).await
    }

    /// Posts an event to the json source: key, status, where it goes, words.
    pub async fn event(&self, key: &str, status: &str, place: &str, text: &str) -> Accepted {
        let body = json!({"key": key, "status": status, "title": key, "where": place, "text": text});
        self.post("json", body.to_string().as_bytes()).await.unwrap()
    }

    /// Posts a captured payload to the Alertmanager source.
    pub async fn captured(&self, name: &str) -> Accepted {
        let body = std::fs::read(format!("{}/tests/fixtures/inbound/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
        self.post("am", &body).await.unwrap()
    }

    /// Waits until nothing is owed, letting time pass in steps while only retries wait.
    pub async fn settle(&self) {
        self.settle_within(Duration::from_secs(4 * 3600)).await;
    }

    /// The same, but lets at most this much time pass.
    pub async fn settle_within(&self, most: Duration) {
        let mut passed = Duration::ZERO;
        let started = std::time::Instant::now();
        loop {
            if self.wait_idle(Duration::from_millis(60)).await {
                return;
            }
            assert!(started.elapsed() < Duration::from_secs(60), "not settled: {:?} {:?}", self.deliverer.status(), self.jobs().await);
            if passed >= most {
                return;
            }
            let step = Duration::from_secs(1).max(passed / 2);
            passed += step;
            self.pass(step).await;
        }
    }

    /// Waits (real time) until nothing is owed.
    pub async fn wait_idle(&self, most: Duration) -> bool {
        let end = std::time::Instant::now() + most;
        while std::time::Instant::now() < end {
            if self.deliverer.status().waiting == 0 && self.store.stats().await.unwrap().ready == 0 {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        false
    }

    /// Messages of a chat that are no replies, oldest first.
    pub fn cards(&self, chat: &str) -> Vec<Arc<Message>> {
        self.in_chat(chat).into_iter().filter(|m| m.root_id.is_none()).collect()
    }

    /// Waits (real time) until a chat has so many messages.
    pub async fn told(&self, chat: &str, count: usize) -> Vec<Arc<Message>> {
        let end = std::time::Instant::now() + Duration::from_secs(10);
        while self.cards(chat).len() < count && std::time::Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.cards(chat)
    }

    /// Replies in a chat, oldest first.
    pub fn replies(&self, chat: &str) -> Vec<Arc<Message>> {
        self.in_chat(chat).into_iter().filter(|m| m.root_id.is_some()).collect()
    }

    fn in_chat(&self, chat: &str) -> Vec<Arc<Message>> {
        let mut all: Vec<Arc<Message>> =
            self.sandbox.messages().into_iter().filter(|m| m.chat_id == chat || m.receive_id == chat).collect();
        all.sort_by(|a, b| (a.created, &a.message_id).cmp(&(b.created, &b.message_id)));
        all
    }

    /// Messages that a custom bot brought.
    pub fn of_bot(&self) -> Vec<Arc<Message>> {
        self.sandbox.messages().into_iter().filter(|m| matches!(m.sender, sandbox::Sender::Hook(_))).collect()
    }

    /// Calls of an endpoint, by its name, oldest first.
    pub fn calls(&self, endpoint: &str) -> Vec<Call> {
        self.sandbox.calls().into_iter().filter(|call| serde_json::to_value(call.endpoint).unwrap() == endpoint).collect()
    }

    pub async fn jobs(&self) -> Vec<JobView> {
        self.store.jobs(&JobFilter { limit: 100, ..JobFilter::default() }).await.unwrap().items
    }

    /// A fault on an endpoint that answers a code, so many times.
    /// The newest incidents; those that are not over, or that are, or all.
    pub async fn incidents(&self, open: Option<bool>) -> Vec<store::IncidentView> {
        self.store.incidents(&store::IncidentFilter { open, limit: 50, ..Default::default() }).await.unwrap().items
    }

    pub fn refuse(&self, endpoint: &str, code: i64, count: u32) {
        self.fault(endpoint, |fault| {
            fault.code = Some(code);
            fault.count = Some(count);
        });
    }

    /// The effect happens, then the connection is reset.
    pub fn lose_answers(&self, endpoint: &str, count: u32) {
        self.fault(endpoint, |fault| {
            fault.when = When::After;
            fault.action = Action::Reset;
            fault.count = Some(count);
        });
    }

    pub fn fault(&self, endpoint: &str, change: impl FnOnce(&mut Fault)) -> u64 {
        let mut fault = Fault { endpoint: Some(serde_json::from_value(Value::from(endpoint)).unwrap()), ..Fault::default() };
        change(&mut fault);
        self.sandbox.faults().add(fault)
    }
}

async fn sandbox(time: &Time) -> Handle {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    Sandbox::start(listener, sandbox::Options { clock: time.clock(), ..sandbox::Options::default() }).unwrap()
}

//! Starting a sandbox and holding it in-process.

use crate::sandbox::admin;
use crate::sandbox::api::edit::take_back;
use crate::sandbox::api::reactions::react;
use crate::sandbox::api::readers;
use crate::sandbox::apps::App;
use crate::sandbox::batches::{BatchReport, Batches};
use crate::sandbox::calls::{Calls, Count};
use crate::sandbox::clock::SandboxClock;
use crate::sandbox::core::{Core, Shared, Switches, UuidMode};
use crate::sandbox::exchanges::Exchanges;
use crate::sandbox::faults::Faults;
use crate::sandbox::limits::Limits;
use crate::sandbox::long::{ConnectionInfo, Sockets};
use crate::sandbox::messages::{Change, Message, Messages, Reaction, Recalled, Sender};
use crate::sandbox::net;
use crate::sandbox::press::tokens::CardTokens;
use crate::sandbox::press::{self, CallbackSetting, Press, PressError, PressRecord, Pressed, Presses};
use crate::sandbox::pulse::Pulse;
use crate::sandbox::tokens::Tokens;
use crate::sandbox::uuids::{HOUR_MS, Uuids};
use crate::sandbox::world::World;
use crate::sandbox::world_ops::{WorldError, WorldOp};
use crate::sandbox::{files, images};
use crate::util::clock::Clock;
use axum::body::Bytes;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How a sandbox starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who and what exists.
    pub world: World,
    /// Whether the platform's rate limits hold.
    pub limits: bool,
    /// What a repeated `uuid` answers.
    pub uuid_mode: UuidMode,
    /// The time.
    pub clock: Clock,
    /// Messages kept; beyond it the oldest goes.
    pub max_messages: usize,
    /// Bytes of messages kept, about; beyond it the oldest goes.
    pub max_bytes: usize,
    /// Owns the tasks.
    pub tracker: TaskTracker,
    /// Ends the sandbox.
    pub stop: CancellationToken,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            world: World::default(),
            limits: true,
            uuid_mode: UuidMode::default(),
            clock: Clock::system(),
            max_messages: 100_000,
            max_bytes: 512_000_000,
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }
}

/// The Feishu stand-in.
#[derive(Debug)]
pub struct Sandbox;

const CHANGES: usize = 4096;

impl Sandbox {
    /// Serves on the listener until stopped.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn start(listener: TcpListener, options: Options) -> std::io::Result<Handle> {
        let addr = listener.local_addr()?;
        let (changes, _) = broadcast::channel(CHANGES);
        let core = Core {
            switches: Switches { limits: options.limits, uuid_mode: options.uuid_mode, ..Switches::default() },
            world: options.world,
            tokens: Tokens::default(),
            limits: Limits::default(),
            uuids: Uuids::lasting(HOUR_MS),
            chat_uuids: Uuids::lasting(10 * HOUR_MS),
            messages: Messages::new(options.max_messages, options.max_bytes),
            images: images::none(),
            files: files::none(),
            batches: Batches::default(),
            calls: Calls::default(),
            exchanges: Exchanges::default(),
            sockets: Sockets::default(),
            card_tokens: CardTokens::default(),
            presses: Presses::default(),
            changes: changes.clone(),
            pulse: Pulse::default(),
        };
        let stop = options.stop.child_token();
        let shared = Arc::new(Shared {
            clock: SandboxClock::new(options.clock),
            core: Mutex::new(core),
            faults: Faults::default(),
            changes,
            stop: stop.clone(),
            pages: Arc::new(Semaphore::new(crate::web::live::PAGES)),
            tracker: options.tracker.clone(),
        });
        let router = admin::router(Arc::clone(&shared));
        options.tracker.spawn(net::serve(listener, router, options.tracker.clone(), stop.clone()));
        Ok(Handle { addr, shared, stop })
    }
}

/// A running sandbox, seen from inside the process.
#[derive(Debug, Clone)]
pub struct Handle {
    addr: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
}

impl Handle {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL for clients, without trailing slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The URL of a custom bot; in a lenient world any token is one.
    pub fn hook_url(&self, token: &str) -> String {
        format!("{}/open-apis/bot/v2/hook/{token}", self.url())
    }

    /// Everything that arrived, oldest first.
    pub fn messages(&self) -> Vec<Arc<Message>> {
        self.settled().messages.all().map(|(_, message)| Arc::clone(message)).collect()
    }

    /// One message.
    pub fn message(&self, message_id: &str) -> Option<Arc<Message>> {
        self.settled().messages.get(message_id).map(Arc::clone)
    }

    /// The state, with what batches have come to by now.
    fn settled(&self) -> std::sync::MutexGuard<'_, Core> {
        let now = self.now();
        let mut core = self.shared.lock();
        core.settle(now);
        core
    }

    /// Puts into people's chats what batches have brought by now; whoever subscribes hears of it.
    pub fn settle(&self) {
        drop(self.settled());
    }

    /// All batches, oldest first, and how far each is now.
    pub fn batches(&self) -> Vec<BatchReport> {
        let now = self.now();
        self.shared.lock().batches.reports(now)
    }

    /// How many messages of batches each person has got by now, by `open_id`.
    pub fn batch_receipts(&self) -> BTreeMap<String, u64> {
        let now = self.now();
        self.shared.lock().batches.received(now)
    }

    /// Lets so many people have read a batch; false where there is none of this id.
    pub fn set_batch_reads(&self, message_id: &str, reads: u64) -> bool {
        self.shared.lock().batches.set_reads(message_id, reads)
    }

    /// Forgets all messages.
    pub fn clear(&self) {
        self.shared.lock().clear_messages();
    }

    /// Changes from now on. Bounded: who reads too slowly is told how many it missed.
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.shared.changes.subscribe()
    }

    /// Faults on demand and outages.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Counters by endpoint, status and code.
    pub fn counts(&self) -> Vec<Count> {
        self.shared.lock().calls.counts()
    }

    /// The latest calls, oldest first.
    pub fn calls(&self) -> Vec<crate::sandbox::calls::Call> {
        self.shared.lock().calls.recent()
    }

    /// Changes who and what exists.
    ///
    /// # Errors
    /// When the operation names something unknown.
    pub fn apply(&self, op: WorldOp) -> Result<(), WorldError> {
        self.shared.lock().apply(op)
    }

    /// Who and what exists now.
    pub fn world(&self) -> World {
        self.shared.lock().world.clone()
    }

    /// Takes a message back as a person would (`open_id`); `None` when it is unknown or already taken back.
    pub fn recall(&self, message_id: &str, open_id: &str) -> Option<Arc<Message>> {
        let recalled = Recalled { at: self.now(), by: Sender::Person(open_id.to_owned()) };
        let mut core = self.shared.lock();
        if core.messages.get(message_id)?.recalled.is_some() {
            return None;
        }
        take_back(&mut core, message_id, recalled)
    }

    /// A person (any id or address) reads a message; `None` when one of them is unknown or the message is taken back.
    pub fn read(&self, message_id: &str, person: &str) -> Option<Arc<Message>> {
        let at = self.now();
        let mut core = self.shared.lock();
        let open_id = core.open_id(person).ok()?;
        readers::read_by(&mut core, message_id, &open_id, at)
    }

    /// A person (any id or address) reacts to a message; `None` when one of them or the emoji is unknown.
    pub fn react(&self, message_id: &str, person: &str, emoji_type: &str) -> Option<Reaction> {
        let at = self.now();
        let mut core = self.shared.lock();
        let by = Sender::Person(core.open_id(person).ok()?);
        react(&mut core, message_id, by, emoji_type, at).ok()
    }

    /// A person presses a component of a card; comes back when the client shows what became of it, within about three
    /// seconds.
    ///
    /// # Errors
    /// When nobody could do that in a client. What a client shows as an error is a result.
    pub async fn press(&self, press: Press) -> Result<Pressed, PressError> {
        press::run(&self.shared, press).await
    }

    /// Sets how an app is told of pressed cards, as its console does: a URL has to answer a challenge first, within a second.
    ///
    /// # Errors
    /// A sentence on what the URL did instead; then nothing is changed.
    pub async fn set_callback(&self, setting: CallbackSetting) -> Result<App, String> {
        press::verify::set(&self.shared, setting).await
    }

    /// The latest presses, oldest first.
    pub fn presses(&self) -> Vec<PressRecord> {
        self.shared.lock().presses.all()
    }

    /// The long connections that are open now.
    pub fn connections(&self) -> Vec<ConnectionInfo> {
        self.shared.lock().sockets.all()
    }

    /// Ends a long connection by its `device_id`, those of an app by its id, or all; how many there were.
    pub fn close_connections(&self, id: Option<&str>) -> usize {
        self.shared.lock().sockets.close(id)
    }

    /// Name and bytes of an uploaded file.
    pub fn file(&self, file_key: &str) -> Option<(String, Bytes)> {
        self.shared.lock().files.get(file_key).map(|(info, bytes)| (info.name.clone(), bytes.clone()))
    }

    /// The sandbox's present.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Moves the sandbox's time forward.
    pub fn advance(&self, by: Duration) -> Timestamp {
        self.shared.clock.advance(by)
    }

    /// Ends tokens now: of one app, or all. Returns how many.
    pub fn expire_tokens(&self, app_id: Option<&str>) -> usize {
        self.shared.lock().tokens.expire(app_id)
    }

    /// What is switched on.
    pub fn switches(&self) -> Switches {
        self.shared.lock().switches
    }

    /// Switches limits and the `uuid` mode.
    pub fn set_switches(&self, switches: Switches) {
        let mut core = self.shared.lock();
        core.switches = switches;
        core.limits.clear();
    }

    /// Stops serving. Connections end within a moment; the tracker of the options waits for them.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}

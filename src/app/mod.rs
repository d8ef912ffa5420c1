//! Wires a validated configuration into running parts: start, reload, drain.
//!
//! Knows every module; nothing but `cli` and `main` knows it. [`App::start`] has the order in which parts come up,
//! [`App::stop`] the reverse. [`reload`] swaps configurations, [`watch`] notices that one changed.

pub mod reload;
pub mod signals;
mod upkeep;
pub mod watch;

use crate::config::settings::{Platform, Settings};
use crate::config::{Findings, Loaded, TemplateUse, load, load_str};
use crate::deliver::dispatch::Deliverer;
use crate::incident::event::Rules;
use crate::live::{Live, read_templates};
use crate::sandbox::{self, Sandbox};
use crate::server::access::Access;
use crate::server::listen::{self, BindError, Serving};
use crate::server::state::{Places, Reloaded, Shared};
use crate::server::tls::{Certificates, TlsError};
use crate::store::{self, Store, StoreError};
use crate::telemetry::Metrics;
use crate::util::clock::Clock;
use arc_swap::ArcSwap;
use reload::Reloader;
use secrecy::ExposeSecret;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a stop may take unless said otherwise.
pub const DRAIN: Duration = Duration::from_secs(30);

/// Notes of owed work between store and delivery; more are read from the store again.
const WORK: usize = 1024;

/// Answers for environment variables.
pub type Env = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Where the configuration comes from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// A file; reloaded when it changes.
    File(PathBuf),
    /// A text, with the folder that relative paths start at.
    Text {
        /// YAML.
        text: String,
        /// Where relative paths start.
        folder: PathBuf,
    },
}

/// How an app starts.
#[derive(Clone)]
pub struct Options {
    /// The configuration.
    pub origin: Origin,
    /// Listen here instead of where the configuration says.
    pub listen: Option<SocketAddr>,
    /// The time.
    pub clock: Clock,
    /// Environment variables.
    pub env: Env,
    /// The sandbox inside this process, where the configuration uses one.
    pub sandbox: sandbox::Options,
    /// Where that sandbox listens.
    pub sandbox_listen: SocketAddr,
    /// Reload when files change.
    pub watch: bool,
    /// Keep the database here instead of where the configuration says.
    pub storage: Option<PathBuf>,
    /// Listen nowhere: only what this process does itself is delivered.
    pub closed: bool,
    /// Largest database in pages, for tests of a full disk.
    pub max_pages: Option<u32>,
}

impl Options {
    /// The process's own environment and clock, files watched.
    pub fn new(origin: Origin) -> Self {
        Self {
            origin,
            listen: None,
            clock: Clock::system(),
            env: Arc::new(|name| std::env::var(name).ok()),
            sandbox: sandbox::Options::default(),
            sandbox_listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            watch: true,
            storage: None,
            closed: false,
            max_pages: None,
        }
    }

    /// Reads the configuration now.
    fn load(&self) -> Result<Loaded, Findings> {
        match &self.origin {
            Origin::File(path) => load(path, &*self.env),
            Origin::Text { text, folder } => load_str(text, "larkhook.yaml", folder, &*self.env),
        }
    }
}

/// Why an app does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration has errors.
    #[error("the configuration cannot be used")]
    Config(#[source] Findings),
    /// Something in it cannot be built: templates, clients.
    #[error("the configuration cannot be used:\n{}", .0.join("\n"))]
    Build(Vec<String>),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be listened on.
    #[error("{error}: {}", error.source)]
    Bind {
        /// Which and why.
        error: BindError,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A running larkhook.
pub struct App {
    addr: SocketAddr,
    shared: Arc<Shared>,
    sandbox: Option<sandbox::Handle>,
    deliverer: Deliverer,
    reload: mpsc::Sender<tokio::sync::oneshot::Sender<Reloaded>>,
    /// Cancelled first: no new connections, no reloads.
    listening: CancellationToken,
    /// Connections and their requests.
    requests: TaskTracker,
    /// The accept loop, the reloader, the watcher, the upkeep.
    chores: TaskTracker,
    /// Cancelled when requests are answered: no new calls to the platform.
    delivering: CancellationToken,
    /// The delivery loop and its calls.
    calls: TaskTracker,
    /// The store's writer; ends when the last handle of the store is gone.
    writing: TaskTracker,
    sandbox_tasks: TaskTracker,
}

impl App {
    /// Brings everything up; when it returns, requests are answered.
    ///
    /// # Errors
    /// Anything of it that does not come up; what did is taken down again.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        crate::feishu::tls::init();
        let metrics = Arc::new(Metrics::new());
        let Loaded { settings, warnings, files, templates } = options.load().map_err(StartError::Config)?;
        for warning in &warnings.0 {
            tracing::warn!(file = warning.file, line = warning.line, problem = warning.message, "the configuration has a doubtful place");
        }
        let settings = Arc::new(settings);
        let sandbox_tasks = TaskTracker::new();
        let sandbox = match wants_sandbox(&settings) {
            true => Some(start_sandbox(&options, &settings, &sandbox_tasks).await?),
            false => None,
        };
        metrics.sandbox.set(i64::from(sandbox.is_some()));
        let base = sandbox.as_ref().map(sandbox::Handle::url);
        let live = build(&settings, base.as_deref(), None).map_err(StartError::Build)?;
        let missing = missing_templates(&live, &templates);
        if missing.errors() > 0 {
            return Err(StartError::Config(missing));
        }
        let live = Arc::new(ArcSwap::from_pointee(live));

        let certificates = settings.server.tls.as_ref().map(Certificates::load).transpose()?.map(Arc::new);
        let wanted = options.listen.unwrap_or(settings.server.listen);
        let listener = if options.closed { None } else { Some(bind(wanted).await?) };
        let bound = listener.as_ref().map(TcpListener::local_addr).transpose();
        let addr = bound.map_err(|source| StartError::Bind { error: BindError { addr: wanted, source } })?.unwrap_or(wanted);

        let writing = TaskTracker::new();
        let open = store::Options {
            path: options.storage.clone().unwrap_or_else(|| settings.storage.clone()),
            rules: rules(&settings),
            max_pages: options.max_pages,
        };
        let (owed, work) = mpsc::channel(WORK);
        let store = Store::open(open, owed, &writing).await?;
        let (delivering, calls) = (CancellationToken::new(), TaskTracker::new());
        let clock = options.clock.clone();
        let deliverer =
            Deliverer::start(store.clone(), Arc::clone(&live), Arc::clone(&metrics), clock, work, &calls, delivering.clone()).await?;

        let listening = CancellationToken::new();
        let chores = TaskTracker::new();
        let (reloader, reload, last) = Reloader::new(
            options.clone(),
            Arc::clone(&live),
            store.clone(),
            deliverer.clone(),
            Arc::clone(&metrics),
            certificates.clone(),
            sandbox.clone(),
            reload::watched(&options, &settings, &files),
            reload::short(&warnings),
        );
        let shared = Arc::new(Shared {
            live,
            store,
            deliverer: deliverer.clone(),
            metrics: Arc::clone(&metrics),
            clock: options.clock.clone(),
            access: Access::default(),
            reload: crate::server::state::ReloadHandle { ask: reload.clone(), last },
            stopping: Arc::new(AtomicBool::new(false)),
            leaving: CancellationToken::new(),
            places: Places::default(),
            picture: Default::default(),
            checked: Default::default(),
        });
        chores.spawn(reloader.run(options.watch, listening.clone()));
        chores.spawn(upkeep::run(
            shared.store.clone(),
            Arc::clone(&shared.live),
            deliverer.clone(),
            options.clock.clone(),
            listening.clone(),
        ));
        let requests = TaskTracker::new();
        let serving = Serving {
            router: crate::server::router(Arc::clone(&shared)),
            certificates,
            metrics,
            stop: listening.clone(),
            tracker: requests.clone(),
        };
        if let Some(listener) = listener {
            chores.spawn(listen::serve(listener, serving));
            tracing::info!(%addr, tls = settings.server.tls.is_some(), sources = settings.sources.len(), "larkhook is listening");
        }
        Ok(Self { addr, shared, sandbox, deliverer, reload, listening, requests, chores, delivering, calls, writing, sandbox_tasks })
    }

    /// Where it listens, with the port that was taken.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://` or `https://` and the address.
    pub fn url(&self) -> String {
        let scheme = if self.live().settings.server.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.addr)
    }

    /// What runs now.
    pub fn live(&self) -> Arc<Live> {
        self.shared.live.load_full()
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.shared.store
    }

    /// The metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.shared.metrics
    }

    /// The sandbox inside this process, where the configuration uses one.
    pub fn sandbox(&self) -> Option<&sandbox::Handle> {
        self.sandbox.as_ref()
    }

    /// The delivery.
    pub fn deliverer(&self) -> &Deliverer {
        &self.deliverer
    }

    /// Reads the configuration again and takes it over where it has no errors.
    pub async fn reload(&self) -> Option<Reloaded> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.reload.send(reply).await.ok()?;
        answer.await.ok()
    }

    /// Stops in order, each part within what is left of `deadline`: no new connections, requests under way are answered,
    /// calls under way end, the store closes. `false`: something did not end in time.
    pub async fn stop(self, deadline: Duration) -> bool {
        let end = Instant::now() + deadline;
        let left = || end.saturating_duration_since(Instant::now());
        let Self { shared, sandbox, deliverer, reload, listening, requests, chores, delivering, calls, writing, sandbox_tasks, .. } = self;
        tracing::info!(within = ?deadline, "larkhook is stopping");
        shared.stopping.store(true, Ordering::Relaxed);
        shared.leaving.cancel();
        listening.cancel();
        drop(reload);
        let mut clean = ended(&chores, left()).await;
        let answered = ended(&requests, left()).await;
        if !answered {
            tracing::warn!("requests did not end in time");
        }
        clean &= answered;
        delivering.cancel();
        let delivered = ended(&calls, left()).await;
        if !delivered {
            tracing::warn!("calls to the platform did not end in time; they are repeated after the next start");
        }
        clean &= delivered;
        upkeep::keep_usage(&deliverer).await;
        drop(deliverer);
        drop(shared);
        let written = ended(&writing, left().max(Duration::from_secs(1))).await;
        if !written {
            tracing::warn!("the store did not close in time; what was accepted is on disk");
        }
        clean &= written;
        if let Some(sandbox) = sandbox {
            sandbox.stop();
            clean &= ended(&sandbox_tasks, left().max(Duration::from_millis(200))).await;
        }
        tracing::info!(clean, "larkhook has stopped");
        clean
    }
}

async fn ended(tasks: &TaskTracker, within: Duration) -> bool {
    tasks.close();
    tokio::time::timeout(within, tasks.wait()).await.is_ok()
}

async fn bind(addr: SocketAddr) -> Result<TcpListener, StartError> {
    listen::bind(addr).await.map_err(|error| StartError::Bind { error })
}

async fn start_sandbox(options: &Options, settings: &Settings, tasks: &TaskTracker) -> Result<sandbox::Handle, StartError> {
    let listener = bind(options.sandbox_listen).await?;
    let mut sandbox = sandbox::Options { tracker: tasks.clone(), clock: options.clock.clone(), ..options.sandbox.clone() };
    name_chats(&mut sandbox.world, settings);
    let addr = options.sandbox_listen;
    let handle = Sandbox::start(listener, sandbox).map_err(|source| StartError::Bind { error: BindError { addr, source } })?;
    tracing::info!(addr = %handle.addr(), "messages go to the sandbox inside this process");
    Ok(handle)
}

/// The chats of the configuration are in the inbox from the start, by the names of the receivers that send there.
fn name_chats(world: &mut sandbox::World, settings: &Settings) {
    for receiver in settings.receivers.values() {
        let chats =
            receiver.send.iter().flat_map(|send| &send.to).filter_map(|to| to.strip_prefix("chat:")).filter(|id| !id.contains("{{"));
        for chat_id in chats {
            if world.lenient && !world.chats.contains_key(chat_id) {
                let (chat_id, name) = (chat_id.to_owned(), receiver.name.clone());
                world.add_chat(sandbox::Chat { chat_id, name, every_bot: true, every_person: true, ..sandbox::Chat::default() });
            }
        }
    }
}

/// Whether an app or a bot is of the sandbox inside this process.
fn wants_sandbox(settings: &Settings) -> bool {
    settings.apps.values().any(|app| app.platform == Platform::Sandbox)
        || settings.bots.values().any(|bot| bot.url.expose_secret() == "sandbox")
}

/// Compiles settings and the templates they name.
fn build(settings: &Arc<Settings>, sandbox: Option<&str>, previous: Option<&Live>) -> Result<Live, Vec<String>> {
    let templates = read_templates(&settings.templates).map_err(|error| vec![error.to_string()])?;
    let built = Live::build(Arc::clone(settings), &templates, sandbox, previous);
    built.map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// Send entries whose template does not exist.
pub fn missing_templates(live: &Live, wanted: &[TemplateUse]) -> Findings {
    Findings(wanted.iter().filter(|wanted| !live.renderer.has(&wanted.name, wanted.kind)).map(|wanted| wanted.missing.clone()).collect())
}

/// What the store's state machine needs of the settings.
fn rules(settings: &Settings) -> Rules {
    Rules { reopen_within: settings.reopen_within }
}

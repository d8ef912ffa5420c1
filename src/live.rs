//! What one configuration compiles to: sources, routes, templates, channels. Held behind one swap; a reload builds a new one
//! whole and then replaces the old. Every unit of work takes one snapshot and uses it to its end.

use crate::config::settings::{self, Platform, Settings};
use crate::feishu::client::AppClient;
use crate::feishu::people::People;
use crate::feishu::webhook_bot::Hook;
use crate::fetch::Fetcher;
use crate::render::{Level, RenderOptions, Renderer, TemplateFile};
use crate::route::Tree;
use crate::source::Compiled;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A compiled configuration.
pub struct Live {
    /// The settings it was made of.
    pub settings: Arc<Settings>,
    /// Sources by name.
    pub sources: BTreeMap<String, Compiled>,
    /// The routing tree.
    pub tree: Tree,
    /// How many alerts ended at which route.
    pub hits: Arc<RouteHits>,
    /// The templates.
    pub renderer: Renderer,
    /// Apps and bots.
    pub channels: Channels,
    /// Pictures of alerts.
    pub fetcher: Fetcher,
}

/// How many alerts ended at which node of the routes, since the start or since the routes changed.
#[derive(Debug)]
pub struct RouteHits(Vec<AtomicU64>);

impl RouteHits {
    fn new(nodes: usize) -> Self {
        Self((0..nodes).map(|_| AtomicU64::new(0)).collect())
    }

    /// More alerts ended there.
    pub fn add(&self, hits: &BTreeMap<usize, u64>) {
        for (node, count) in hits {
            if let Some(sum) = self.0.get(*node) {
                sum.fetch_add(*count, Ordering::Relaxed);
            }
        }
    }

    /// How many ended at a node.
    pub fn of(&self, node: usize) -> u64 {
        self.0.get(node).map_or(0, |sum| sum.load(Ordering::Relaxed))
    }
}

/// How messages leave.
#[derive(Default)]
pub struct Channels {
    /// Apps by name.
    pub apps: BTreeMap<String, AppChannel>,
    /// Custom bots by name.
    pub bots: BTreeMap<String, BotChannel>,
}

/// One app.
#[derive(Clone)]
pub struct AppChannel {
    /// Its calls.
    pub client: AppClient,
    /// Its look-ups.
    pub people: People,
    made_of: settings::App,
}

/// One custom bot.
pub struct BotChannel {
    /// Its hook.
    pub hook: Hook,
    /// As configured.
    pub settings: settings::Bot,
    /// Look-ups of the app it borrows.
    pub people: Option<People>,
}

/// Why a configuration that was read cannot run.
#[derive(Debug, thiserror::Error)]
#[error("{where_}: {message}")]
pub struct BuildError {
    /// `source gitlab`, `template incident.card.hbs:3:7`, `app ops`.
    pub where_: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl Live {
    /// Compiles settings and template files. `sandbox` is the base URL of the sandbox inside this process; `previous` lends
    /// tokens and look-ups of apps that did not change.
    ///
    /// # Errors
    /// Everything that is wrong, not the first only.
    pub fn build(
        settings: Arc<Settings>,
        templates: &[TemplateFile],
        sandbox: Option<&str>,
        previous: Option<&Live>,
    ) -> Result<Live, Vec<BuildError>> {
        let mut errors = Vec::new();
        let mut sources = BTreeMap::new();
        for (name, source) in &settings.sources {
            match Compiled::new(Arc::clone(source)) {
                Ok(compiled) => drop(sources.insert(name.clone(), compiled)),
                Err(error) => errors.push(BuildError { where_: format!("source {name}"), message: error.to_string() }),
            }
        }
        let tree =
            Tree::new(&settings).map_err(|error| errors.push(BuildError { where_: "route".to_owned(), message: error.to_string() })).ok();
        let options = RenderOptions {
            timezone: settings.timezone.clone(),
            rewrite_links: settings.rewrite_links.clone(),
            public_url: settings.server.public_url.clone(),
        };
        let renderer = Renderer::new(templates, options)
            .map_err(|wrong| {
                errors.extend(wrong.into_iter().filter(|e| e.severity == Level::Error).map(|e| BuildError {
                    where_: format!("template {}:{}:{}", e.file, e.line, e.column),
                    message: e.hint.map_or(e.message.clone(), |hint| format!("{} ({hint})", e.message)),
                }));
            })
            .ok();
        let channels = Channels::build(&settings, sandbox, previous, &mut errors);
        match (tree, renderer) {
            (Some(tree), Some(renderer)) if errors.is_empty() => {
                let fetcher = Fetcher::new(&settings.pictures);
                let hits = previous.filter(|live| same_routes(&live.settings, &settings)).map(|live| Arc::clone(&live.hits));
                let hits = hits.unwrap_or_else(|| Arc::new(RouteHits::new(tree.nodes())));
                Ok(Live { settings, sources, tree, hits, renderer, channels, fetcher })
            }
            _ => Err(errors),
        }
    }
}

impl Channels {
    fn build(settings: &Settings, sandbox: Option<&str>, previous: Option<&Live>, errors: &mut Vec<BuildError>) -> Self {
        let mut channels = Channels::default();
        for (name, app) in &settings.apps {
            let known = previous.and_then(|live| live.channels.apps.get(name)).filter(|known| same(&known.made_of, app));
            if let Some(known) = known {
                channels.apps.insert(name.clone(), known.clone());
                continue;
            }
            let base = match (&app.platform, sandbox) {
                (Platform::Url(url), _) => url.as_str(),
                (Platform::Sandbox, Some(base)) => base,
                (Platform::Sandbox, None) => "http://127.0.0.1:9",
            };
            match AppClient::new(app, base) {
                Ok(client) => {
                    let people = People::new(client.clone());
                    channels.apps.insert(name.clone(), AppChannel { client, people, made_of: app.clone() });
                }
                Err(error) => errors.push(BuildError { where_: format!("app {name}"), message: error.to_string() }),
            }
        }
        for (name, bot) in &settings.bots {
            let lender = bot.app.as_ref().and_then(|app| settings.apps.get(app));
            let hook = match bot.url.expose_secret() {
                "sandbox" => {
                    let url = format!("{}/open-apis/bot/v2/hook/{name}", sandbox.unwrap_or("http://127.0.0.1:9"));
                    Hook::new(bot, &url)
                }
                url => Hook::with_net(
                    bot,
                    url,
                    lender.and_then(|app| app.proxy.as_deref()),
                    lender.and_then(|app| app.ca_file.as_deref()),
                    crate::feishu::client::Timeouts::default(),
                ),
            };
            match hook {
                Ok(hook) => {
                    let people = bot.app.as_ref().and_then(|app| channels.apps.get(app)).map(|app| app.people.clone());
                    channels.bots.insert(name.clone(), BotChannel { hook, settings: bot.clone(), people });
                }
                Err(error) => errors.push(BuildError { where_: format!("bot {name}"), message: error.to_string() }),
            }
        }
        channels
    }
}

/// Whether the routes stand as they stood: their counts go on.
fn same_routes(a: &Settings, b: &Settings) -> bool {
    a.redacted()["route"] == b.redacted()["route"]
}

/// Whether nothing changed that a client is made of.
fn same(a: &settings::App, b: &settings::App) -> bool {
    a.app_id == b.app_id
        && a.app_secret.expose_secret() == b.app_secret.expose_secret()
        && a.platform == b.platform
        && a.proxy == b.proxy
        && a.ca_file == b.ca_file
        && a.limits == b.limits
        && a.api == b.api
        && same_helpdesk(a.helpdesk.as_ref(), b.helpdesk.as_ref())
}

fn same_helpdesk(a: Option<&settings::Helpdesk>, b: Option<&settings::Helpdesk>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            a.id == b.id && a.token.expose_secret() == b.token.expose_secret() && (a.receive, a.user_id_type) == (b.receive, b.user_id_type)
        }
        (None, None) => true,
        _ => false,
    }
}

/// Reads the template files of the overlay folders; later folders win, partials lie in `partials/`.
///
/// # Errors
/// A folder or file that cannot be read.
pub fn read_templates(folders: &[std::path::PathBuf]) -> Result<Vec<TemplateFile>, BuildError> {
    let mut files = Vec::new();
    for folder in folders {
        for (dir, prefix) in [(folder.clone(), ""), (folder.join("partials"), "partials/")] {
            if !dir.exists() && !prefix.is_empty() {
                continue;
            }
            let fail = |error: std::io::Error| BuildError { where_: format!("templates {}", dir.display()), message: error.to_string() };
            let mut paths: Vec<_> = std::fs::read_dir(&dir).map_err(fail)?.filter_map(|e| Some(e.ok()?.path())).collect();
            paths.sort();
            for path in paths.into_iter().filter(|p| p.extension().is_some_and(|e| e == "hbs")) {
                let text = std::fs::read_to_string(&path).map_err(fail)?;
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                files.push(TemplateFile { name: format!("{prefix}{name}"), path: path.display().to_string(), text });
            }
        }
    }
    Ok(files)
}

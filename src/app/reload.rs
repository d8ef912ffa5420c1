//! Reload: build everything new, then swap; a configuration with errors changes nothing.
//!
//! One task does it, so that two reloads never overlap. It is asked by signal, by `POST /-/reload`, and by the watcher.

use super::watch::{Watched, watch};
use super::{Options, Origin, build, missing_templates, rules, wants_sandbox};
use crate::config::settings::Settings;
use crate::config::{Findings, Loaded};
use crate::deliver::dispatch::Deliverer;
use crate::live::Live;
use crate::sandbox;
use crate::server::state::Reloaded;
use crate::server::tls::Certificates;
use crate::store::Store;
use crate::telemetry::Metrics;
use arc_swap::ArcSwap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Takes new configurations over.
pub struct Reloader {
    options: Options,
    live: Arc<ArcSwap<Live>>,
    store: Store,
    deliverer: Deliverer,
    metrics: Arc<Metrics>,
    certificates: Option<Arc<Certificates>>,
    sandbox: Option<sandbox::Handle>,
    asked: mpsc::Receiver<oneshot::Sender<Reloaded>>,
    last: tokio::sync::watch::Sender<Reloaded>,
    watched: tokio::sync::watch::Sender<Watched>,
}

type Asking = mpsc::Sender<oneshot::Sender<Reloaded>>;

impl Reloader {
    /// Its parts, a way to ask it, and how the last reload went.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn new(
        options: Options,
        live: Arc<ArcSwap<Live>>,
        store: Store,
        deliverer: Deliverer,
        metrics: Arc<Metrics>,
        certificates: Option<Arc<Certificates>>,
        sandbox: Option<sandbox::Handle>,
        watched: Watched,
        findings: Vec<String>,
    ) -> (Self, Asking, tokio::sync::watch::Receiver<Reloaded>) {
        let now = options.clock.now();
        metrics.reloaded(true, now);
        let first = Reloaded { ok: true, at: now, running_since: now, findings, needs_restart: Vec::new() };
        let (last, last_seen) = tokio::sync::watch::channel(first);
        let (ask, asked) = mpsc::channel(4);
        let watched = tokio::sync::watch::Sender::new(watched);
        (Self { options, live, store, deliverer, metrics, certificates, sandbox, asked, last, watched }, ask, last_seen)
    }

    /// Reloads whenever asked, until `stop`.
    pub(super) async fn run(mut self, watching: bool, stop: CancellationToken) {
        let (changed, mut changes) = mpsc::channel(1);
        let watcher = TaskTracker::new();
        if watching && matches!(self.options.origin, Origin::File(_)) {
            watcher.spawn(watch(self.watched.subscribe(), changed.clone(), stop.clone()));
        }
        loop {
            let reply = tokio::select! {
                () = stop.cancelled() => break,
                reply = self.asked.recv() => match reply {
                    Some(reply) => Some(reply),
                    None => break,
                },
                Some(()) = changes.recv() => None,
            };
            let done = self.reload().await;
            if let Some(reply) = reply {
                let _ = reply.send(done);
            }
        }
        watcher.close();
        watcher.wait().await;
    }

    async fn reload(&mut self) -> Reloaded {
        let now = self.options.clock.now();
        let result = self.take_over().await;
        let mut done = Reloaded { ok: result.is_ok(), at: now, ..self.last.borrow().clone() };
        match result {
            Ok((warnings, needs_restart)) => {
                tracing::info!(warnings = warnings.len(), ?needs_restart, "a new configuration is taken over");
                (done.findings, done.needs_restart, done.running_since) = (warnings, needs_restart, now);
            }
            Err(findings) => {
                tracing::error!(
                    errors = findings.len(),
                    first = findings.first(),
                    "a new configuration is not taken over, the one before still runs"
                );
                done.findings = findings;
            }
        }
        self.metrics.reloaded(done.ok, now);
        self.last.send_replace(done.clone());
        done
    }

    /// Builds everything new and swaps. Returns warnings, and what only a restart takes over.
    async fn take_over(&mut self) -> Result<(Vec<String>, Vec<String>), Vec<String>> {
        let options = self.options.clone();
        let base = self.sandbox.as_ref().map(sandbox::Handle::url);
        let old = self.live.load_full();
        let previous = Arc::clone(&old);
        let built = tokio::task::spawn_blocking(move || {
            let Loaded { settings, warnings, files, templates } = options.load().map_err(|findings| short(&findings))?;
            if wants_sandbox(&settings) && base.is_none() {
                return Err(vec!["the sandbox inside this process starts with the process only: restart larkhook".to_owned()]);
            }
            let watched = watched(&options, &settings, &files);
            let live = build(&Arc::new(settings), base.as_deref(), Some(&previous))?;
            let missing = missing_templates(&live, &templates);
            if missing.errors() > 0 {
                return Err(short(&missing));
            }
            Ok((live, short(&warnings), watched))
        });
        let (live, warnings, watched) = built.await.map_err(|error| vec![error.to_string()])??;
        let settings = Arc::clone(&live.settings);
        // The certificate before the swap: when it cannot be read nothing of the new configuration is taken over.
        if let (Some(certificates), Some(tls)) = (&self.certificates, &settings.server.tls) {
            certificates.reload(tls).map_err(|error| vec![error.to_string()])?;
        }
        self.live.store(Arc::new(live));
        if let Err(error) = self.store.configure(rules(&settings)).await {
            tracing::warn!(%error, "the store did not hear of the new configuration");
        }
        // Also probes parked targets: what was wrong may be right now.
        self.deliverer.reconfigure();
        self.watched.send_if_modified(|known| {
            let new = *known != watched;
            *known = watched;
            new
        });
        Ok((warnings, needs_restart(&old.settings, &settings)))
    }
}

/// What files a configuration is made of.
pub(super) fn watched(options: &Options, settings: &Settings, files: &[PathBuf]) -> Watched {
    let mut files = files.to_vec();
    if let Origin::File(path) = &options.origin
        && !files.contains(path)
    {
        files.push(path.clone());
    }
    if let Some(tls) = &settings.server.tls {
        files.extend([tls.cert_file.clone(), tls.key_file.clone()]);
    }
    files.extend(settings.apps.values().filter_map(|app| app.ca_file.clone()));
    files.sort();
    files.dedup();
    Watched { files, folders: settings.templates.clone(), ignore: Some(settings.storage.clone()) }
}

/// Keys whose new values only a restart takes over.
fn needs_restart(old: &Settings, new: &Settings) -> Vec<String> {
    let changed = [
        ("server.listen", old.server.listen != new.server.listen),
        ("server.tls", old.server.tls.is_some() != new.server.tls.is_some()),
        ("storage", old.storage != new.storage),
    ];
    changed.iter().filter(|(_, changed)| *changed).map(|(key, _)| (*key).to_owned()).collect()
}

/// Findings in a line each: `file:line:column: message`.
pub(super) fn short(findings: &Findings) -> Vec<String> {
    findings
        .0
        .iter()
        .map(|finding| {
            let hint = finding.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{}:{}:{}: {}{hint}", finding.file, finding.line, finding.column, finding.message)
        })
        .collect()
}

//! Notices that a file of the configuration changed.
//!
//! Watches the *directories* of the files (editors and ConfigMaps replace files, they do not write them), waits until
//! writing has calmed down, and compares contents, so that touching a file or writing another one beside it reloads
//! nothing. Where the kernel does not tell (network file systems), a look every 30 seconds does.

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Quiet time after the last event.
const DEBOUNCE: Duration = Duration::from_millis(500);
/// A file that never becomes quiet is looked at this often.
const PATIENCE: Duration = Duration::from_secs(5);
/// Looks without any event.
const POLL: Duration = Duration::from_secs(30);
/// The same where the configuration lies beside the database, of whose directory nobody tells.
const LOOK: Duration = Duration::from_secs(1);
/// Files read of one folder, and how deep.
const MAX_FILES: usize = 2000;
const MAX_DEPTH: usize = 6;

/// Files and folders whose contents make the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Files: the configuration, secrets, certificates.
    pub files: Vec<PathBuf>,
    /// Folders of templates, with what is below them.
    pub folders: Vec<PathBuf>,
    /// Files that are written all the time and mean nothing (the database and its journal begin with this).
    pub ignore: Option<PathBuf>,
}

impl Watched {
    /// A hash over everything that is there now. A missing file is a state like any other.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let mut put = |path: &Path| {
            let name = path.as_os_str().as_encoded_bytes();
            hasher.update((name.len() as u64).to_be_bytes());
            hasher.update(name);
            match std::fs::read(path) {
                Ok(bytes) => {
                    hasher.update((bytes.len() as u64).to_be_bytes());
                    hasher.update(&bytes);
                }
                Err(error) => hasher.update(error.kind().to_string()),
            }
        };
        self.files.iter().for_each(|path| put(path));
        let mut found = BTreeSet::new();
        self.folders.iter().for_each(|folder| list(folder, 0, &mut found));
        found.iter().for_each(|path| put(path));
        hasher.finalize().into()
    }

    /// The directories to watch.
    fn directories(&self) -> BTreeSet<(PathBuf, bool)> {
        let files = self.files.iter().map(|path| (directory_of(path), false));
        files.chain(self.folders.iter().map(|path| (path.clone(), true))).filter(|(path, _)| path.is_dir()).collect()
    }

    /// Whether the database lies in this directory.
    fn is_written(&self, directory: &Path) -> bool {
        let same = |a: &Path, b: &Path| a == b || a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
        self.ignore.as_deref().is_some_and(|database| same(&directory_of(database), directory))
    }

    fn concerns(&self, event: &notify::Event) -> bool {
        if matches!(event.kind, EventKind::Access(_)) {
            return false;
        }
        let Some(ignore) = self.ignore.as_ref().and_then(|path| path.file_name()) else { return true };
        let ignored = |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(ignore.as_encoded_bytes()));
        event.paths.is_empty() || !event.paths.iter().all(ignored)
    }
}

fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn list(folder: &Path, depth: usize, found: &mut BTreeSet<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        if found.len() >= MAX_FILES {
            return;
        }
        if path.is_dir() {
            if depth < MAX_DEPTH {
                list(&path, depth + 1, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "hbs") {
            found.insert(path);
        }
    }
}

/// Sends `()` whenever the contents differ from what they were, until `stop`. What is watched may change with
/// every reload; `watched` holds the newest.
pub async fn watch(mut watched: tokio::sync::watch::Receiver<Watched>, changed: mpsc::Sender<()>, stop: CancellationToken) {
    let mut known = fingerprint(&watched).await;
    loop {
        let now = watched.borrow_and_update().clone();
        let (events, mut heard) = mpsc::channel(1);
        let _watcher = start(&now, events);
        let look = if now.directories().iter().any(|(path, _)| now.is_written(path)) { LOOK } else { POLL };
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                renewed = watched.changed() => {
                    if renewed.is_err() {
                        return;
                    }
                    break;
                }
                Some(()) = heard.recv() => calm(&mut heard).await,
                () = tokio::time::sleep(look) => {}
            }
            let seen = fingerprint(&watched).await;
            if seen != known {
                known = written(seen, &watched).await;
                // One reload waiting is enough: it will read the newest contents.
                let _ = changed.try_send(());
            }
        }
        // The reload read files that were not watched before; what they hold now is known.
        known = fingerprint(&watched).await;
    }
}

/// Waits until events stop coming, at most [`PATIENCE`].
async fn calm(heard: &mut mpsc::Receiver<()>) {
    let all = async { while tokio::time::timeout(DEBOUNCE, heard.recv()).await.is_ok_and(|event| event.is_some()) {} };
    let _ = tokio::time::timeout(PATIENCE, all).await;
}

/// Waits until contents stay as they are, at most [`PATIENCE`]: a look may come in the middle of writing.
async fn written(mut seen: [u8; 32], watched: &tokio::sync::watch::Receiver<Watched>) -> [u8; 32] {
    let end = tokio::time::Instant::now() + PATIENCE;
    while tokio::time::Instant::now() < end {
        tokio::time::sleep(DEBOUNCE).await;
        let again = fingerprint(watched).await;
        if again == seen {
            break;
        }
        seen = again;
    }
    seen
}

async fn fingerprint(watched: &tokio::sync::watch::Receiver<Watched>) -> [u8; 32] {
    let now = watched.borrow().clone();
    tokio::task::spawn_blocking(move || now.fingerprint()).await.unwrap_or_default()
}

/// The kernel tells of the directories, but not of the database's: it would wake up at every write. That one is looked at.
fn start(watched: &Watched, events: mpsc::Sender<()>) -> Option<RecommendedWatcher> {
    let filter = watched.clone();
    let handler = move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| filter.concerns(&event)) {
            let _ = events.try_send(());
        }
    };
    let mut watcher = match notify::recommended_watcher(handler) {
        Ok(watcher) => watcher,
        Err(error) => {
            tracing::warn!(%error, "file changes are noticed by looking every 30 s only");
            return None;
        }
    };
    for (directory, below) in watched.directories().into_iter().filter(|(path, _)| !watched.is_written(path)) {
        let mode = if below { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        if let Err(error) = watcher.watch(&directory, mode) {
            tracing::warn!(%error, directory = %directory.display(), "changes in a directory are noticed by looking every 30 s only");
        }
    }
    Some(watcher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn contents_count_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("larkhook.yaml");
        let templates = folder.path().join("templates");
        std::fs::create_dir(&templates).unwrap();
        std::fs::write(&config, "a").unwrap();
        let watched = Watched { files: vec![config.clone()], folders: vec![templates.clone()], ignore: Some(folder.path().join("x.db")) };
        let (_keep, receiver) = tokio::sync::watch::channel(watched);
        let (sender, mut changes) = mpsc::channel(1);
        let stop = CancellationToken::new();
        let task = tokio_util::task::TaskTracker::new();
        task.spawn(watch(receiver, sender, stop.clone()));
        tokio::time::sleep(Duration::from_millis(200)).await;

        std::fs::write(folder.path().join("x.db-wal"), "journal").unwrap();
        std::fs::write(&config, "a").unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(1200), changes.recv()).await.is_err(), "same contents are no change");

        // as an editor saves: a new file renamed over the old one
        std::fs::write(folder.path().join(".tmp"), "b").unwrap();
        std::fs::rename(folder.path().join(".tmp"), &config).unwrap();
        tokio::time::timeout(Duration::from_secs(5), changes.recv()).await.unwrap().unwrap();

        std::fs::write(templates.join("mine.card.hbs"), "{}").unwrap();
        tokio::time::timeout(Duration::from_secs(5), changes.recv()).await.unwrap().unwrap();
        stop.cancel();
        task.close();
        task.wait().await;
    }

    #[test]
    fn a_missing_file_is_a_state() {
        let folder = tempfile::tempdir().unwrap();
        let watched = Watched { files: vec![folder.path().join("a")], ..Watched::default() };
        let before = watched.fingerprint();
        std::fs::write(folder.path().join("a"), "").unwrap();
        assert_ne!(before, watched.fingerprint());
    }
}

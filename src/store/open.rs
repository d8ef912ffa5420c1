//! Opening the file: lock, pragmas, migrations, the one writing connection and the reading pool.

use super::StoreError;
use super::reads::Reads;
use super::sql::Db;
use crate::incident::event::Rules;
use rusqlite::OpenFlags;
use rusqlite_migration::{M, Migrations};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Statements that a connection keeps prepared: all there are.
const PREPARED: usize = 256;

/// How to open the store.
#[derive(Debug, Clone)]
pub struct Options {
    /// The SQLite file; its folder must exist.
    pub path: PathBuf,
    /// Settings of the state machine.
    pub rules: Rules,
    /// Refuse to grow beyond so many pages; for tests of a full disk.
    pub max_pages: Option<u32>,
}

/// An opened file.
pub(super) struct Opened {
    pub connector: Connector,
    /// The writing connection.
    pub writer: Db,
    pub reads: Reads,
    pub lock: std::fs::File,
}

/// Makes connections: the writing one also anew, since after a failed transaction SQLite may have rolled back by itself (a full
/// disk).
#[derive(Clone)]
pub(super) struct Connector {
    path: PathBuf,
    max_pages: Option<u32>,
}

impl Connector {
    /// The writing connection.
    pub fn writing(&self) -> Result<Db, StoreError> {
        let db = Db::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        settle(&db)?;
        db.pragma_update(None, "journal_mode", "wal")?;
        db.pragma_update(None, "synchronous", "full")?;
        db.pragma_update(None, "foreign_keys", true)?;
        // In KiB where negative: the leaves of the indexes that new groups touch stay in memory.
        db.pragma_update(None, "cache_size", -16_384)?;
        db.pragma_update(None, "wal_autocheckpoint", 4_000)?;
        if let Some(pages) = self.max_pages {
            db.pragma_update(None, "max_page_count", pages)?;
        }
        Ok(db)
    }

    /// One that only reads.
    pub fn reading(&self) -> Result<Db, StoreError> {
        let db = Db::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        settle(&db)?;
        Ok(db)
    }
}

fn settle(db: &Db) -> Result<(), StoreError> {
    db.busy_timeout(Duration::from_secs(5))?;
    db.set_prepared_statement_cache_capacity(PREPARED);
    Ok(())
}

/// Each once, in order; one that was released is never changed.
static MIGRATIONS: Migrations<'_> = Migrations::from_slice(TABLES);
const TABLES: &[M<'_>] = &[M::up(include_str!("../../migrations/sqlite/0001_initial.sql"))];

/// Opens the file and brings its tables up to date. Blocks.
pub(super) fn open(options: &Options) -> Result<Opened, StoreError> {
    let lock = lock(&options.path)?;
    let connector = Connector { path: options.path.clone(), max_pages: options.max_pages };
    let mut writer = connector.writing()?;
    MIGRATIONS.to_latest(&mut writer).map_err(StoreError::Migrate)?;
    Ok(Opened { reads: Reads::new(connector.clone()), connector, writer, lock })
}

/// Takes the lock that keeps a second process out. A lock file beside the database, so that `larkhook jobs` can tell
/// whether a server is running.
fn lock(path: &Path) -> Result<std::fs::File, StoreError> {
    let shown = || path.display().to_string();
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(PathBuf::from(name))
        .map_err(|source| StoreError::Open { path: shown(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse { path: shown() }),
        Err(std::fs::TryLockError::Error(source)) => Err(StoreError::Open { path: shown(), source }),
    }
}

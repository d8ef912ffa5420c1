//! Opening the file: lock, pragmas, migrations, the one writing connection and the reading pool.

use super::StoreError;
use crate::incident::event::Rules;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqlSafeStr, SqliteConnection, SqlitePool};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    pub writer: Connector,
    pub reads: SqlitePool,
    pub lock: std::fs::File,
}

/// Makes the writing connection, also anew: after a failed transaction SQLite may have rolled back by itself (a full disk),
/// which leaves the old connection's bookkeeping wrong.
pub(super) struct Connector {
    options: SqliteConnectOptions,
    max_pages: Option<u32>,
}

impl Connector {
    pub async fn connect(&self) -> Result<SqliteConnection, StoreError> {
        let mut connection = self.options.connect().await?;
        if let Some(pages) = self.max_pages {
            sqlx::query(sqlx::AssertSqlSafe(format!("pragma max_page_count = {pages}"))).execute(&mut connection).await?;
        }
        Ok(connection)
    }
}

/// Each once, in order; a file that was released is never changed. Not by sqlx's macro: that one builds SQLite a second time.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "initial", include_str!("../../migrations/sqlite/0001_initial.sql"))];

fn migrator() -> Migrator {
    let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(MIGRATIONS.map(migration).into())
}

pub(super) async fn open(options: &Options) -> Result<Opened, StoreError> {
    let lock = lock(&options.path)?;
    let connect = SqliteConnectOptions::new()
        .filename(&options.path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(200)
        .disable_statement_logging();
    let mut first = connect.clone().connect().await?;
    migrator().run(&mut first).await.map_err(StoreError::Migrate)?;
    let writer = Connector { options: connect.clone(), max_pages: options.max_pages };
    let reads = SqlitePoolOptions::new().max_connections(4).connect_with(connect.read_only(true).create_if_missing(false)).await?;
    Ok(Opened { writer, reads, lock })
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

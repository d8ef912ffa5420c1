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

/// What SQLite's header says of our files: `larkhook`'s first letters.
const APPLICATION: i32 = i32::from_be_bytes(*b"lark");

/// Opens the file and brings its tables up to date. Blocks.
pub(super) fn open(options: &Options) -> Result<Opened, StoreError> {
    let lock = lock(&options.path)?;
    let connector = Connector { path: options.path.clone(), max_pages: options.max_pages };
    let shown = || options.path.display().to_string();
    // Before anything is written: a file of somebody else stays as it is.
    if options.path.exists() && !connector.reading().and_then(|db| is_ours(&db)).or_else(not_one)? {
        return Err(StoreError::Foreign { path: shown() });
    }
    let mut writer = connector.writing()?;
    if application(&writer)? != APPLICATION {
        writer.pragma_update(None, "application_id", APPLICATION)?;
    }
    MIGRATIONS.to_latest(&mut writer).map_err(|error| StoreError::migrating(&error, shown()))?;
    Ok(Opened { reads: Reads::new(connector.clone()), connector, writer, lock })
}

fn application(db: &Db) -> Result<i32, StoreError> {
    Ok(db.pragma_query_value(None, "application_id", |row| row.get(0))?)
}

/// A file that we made, or one without anything in it.
fn is_ours(db: &Db) -> Result<bool, StoreError> {
    let things: i64 = db.query_row("select count(*) from sqlite_master", [], |row| row.get(0))?;
    Ok(things == 0 || application(db)? == APPLICATION)
}

/// Whether it is no database at all.
fn not_one(error: StoreError) -> Result<bool, StoreError> {
    match error {
        StoreError::Sql(sql) if sql.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => Ok(false),
        other => Err(other),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &Path) -> String {
        let options = Options { path: path.to_owned(), rules: Rules { reopen_within: Duration::ZERO }, max_pages: None };
        match open(&options) {
            Ok(_) => "it was opened".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_file_of_somebody_else_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let (text, tables) = (dir.path().join("text"), dir.path().join("tables"));
        std::fs::write(&text, "not a database, but long enough to be looked at as if it were one. ".repeat(20)).unwrap();
        Db::open(&tables).unwrap().execute_batch("create table events (id text); insert into events values ('1')").unwrap();
        for path in [text, tables] {
            let before = std::fs::read(&path).unwrap();
            let said = refused(&path);
            assert!(said.starts_with(path.to_str().unwrap()) && said.contains("is no database of this larkhook"), "{said}");
            assert_eq!(std::fs::read(&path).unwrap(), before);
        }
    }

    #[test]
    fn a_file_of_a_newer_one_is_refused_and_ours_is_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("larkhook.db");
        std::fs::write(&path, "").unwrap();
        assert_eq!(refused(&path), "it was opened");
        assert_eq!(refused(&path), "it was opened");
        Db::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(refused(&path).contains("was written by a newer larkhook"), "{}", refused(&path));
        let db = Db::open(&path).unwrap();
        db.pragma_update(None, "user_version", 0).unwrap();
        drop(db);
        let said = refused(&path);
        assert!(said.contains("cannot be brought up to date: table ") && said.lines().count() == 1, "{said}");
    }
}

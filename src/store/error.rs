//! What can go wrong with the store, named by what a caller can do.

/// A failed read or write.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has the file open.
    #[error("{path} is in use by another larkhook; stop it first, or give this one its own `storage`")]
    InUse {
        /// The file.
        path: String,
    },
    /// The file or its folder cannot be used.
    #[error("cannot open {path}: {source}")]
    Open {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No room for more.
    #[error("the disk is full")]
    Full,
    /// The file holds something else.
    #[error(
        "{path} is no database of this larkhook: it is another program's, or an early build's; move it away and larkhook begins a new one"
    )]
    Foreign {
        /// The file.
        path: String,
    },
    /// The file is newer than this program.
    #[error("{path} was written by a newer larkhook; run that one, or move the file away and begin a new one")]
    Newer {
        /// The file.
        path: String,
    },
    /// The tables cannot be brought up to date.
    #[error("the tables in {path} cannot be brought up to date: {why}")]
    Migrate {
        /// The file.
        path: String,
        /// What the database says, without the statements.
        why: String,
    },
    /// A row holds what no version of this program wrote.
    #[error("the database holds an unreadable {what}: {why}")]
    Corrupt {
        /// Which value.
        what: &'static str,
        /// Why it cannot be read.
        why: String,
    },
    /// The writer has stopped.
    #[error("the store is closed")]
    Closed,
    /// Anything else the database says.
    #[error("database: {0}")]
    Sql(#[source] rusqlite::Error),
    /// The same, told to one of several who waited for it.
    #[error("database: {0}")]
    Batch(String),
}

impl StoreError {
    /// A short label for metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            StoreError::InUse { .. } => "in_use",
            StoreError::Open { .. } => "open",
            StoreError::Full => "disk_full",
            StoreError::Foreign { .. } => "foreign",
            StoreError::Newer { .. } => "newer",
            StoreError::Migrate { .. } => "migrate",
            StoreError::Corrupt { .. } => "corrupt",
            StoreError::Closed => "closed",
            StoreError::Sql(_) | StoreError::Batch(_) => "sql",
        }
    }

    /// Why tables could not be brought up to date. The library's own words hold every statement that it ran.
    pub(super) fn migrating(error: &rusqlite_migration::Error, path: String) -> Self {
        use rusqlite_migration::{Error, MigrationDefinitionError};
        match error {
            Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => StoreError::Newer { path },
            Error::RusqliteError { err: rusqlite::Error::SqlInputError { msg, .. }, .. } => StoreError::Migrate { path, why: msg.clone() },
            Error::RusqliteError { err, .. } => match StoreError::from_sql(err) {
                Some(full) => full,
                None => StoreError::Migrate { path, why: err.to_string() },
            },
            other => StoreError::Migrate { path, why: other.to_string() },
        }
    }

    /// What has a meaning of its own.
    fn from_sql(error: &rusqlite::Error) -> Option<Self> {
        // SQLITE_FULL, and SQLITE_IOERR_WRITE where a quota ends a write.
        let code = error.sqlite_error().map(|error| error.extended_code);
        matches!(code, Some(13 | 778)).then_some(StoreError::Full)
    }

    /// An error to hand to each of several waiting callers.
    pub(super) fn again(&self) -> StoreError {
        match self {
            StoreError::Full => StoreError::Full,
            StoreError::Corrupt { what, why } => StoreError::Corrupt { what, why: why.clone() },
            other => StoreError::Batch(other.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from_sql(&error).unwrap_or(StoreError::Sql(error))
    }
}

/// Reads a JSON column.
pub(super) fn json<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt { what, why: error.to_string() })
}

/// Writes a JSON column; our own types always serialise.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}

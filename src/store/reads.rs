//! Reading: a few connections beside the writing one, each used by one reader at a time on a thread that may block.

use super::StoreError;
use super::open::Connector;
use super::sql::Db;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Readers at one time.
const AT_ONCE: usize = 4;

/// The reading connections; cheap to clone.
#[derive(Clone)]
pub(super) struct Reads {
    connector: Connector,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Db>>>,
}

impl Reads {
    pub fn new(connector: Connector) -> Self {
        Self { connector, places: Arc::new(Semaphore::new(AT_ONCE)), idle: Arc::default() }
    }

    /// Runs `read` on one state of the database: everything it reads is of one moment.
    ///
    /// # Errors
    /// Those of `read`; the file cannot be opened.
    pub async fn run<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T, StoreError> + Send + 'static,
    {
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return Err(StoreError::Closed) };
        let reads = self.clone();
        let running = tokio::task::spawn_blocking(move || {
            let _place = place;
            let idle = reads.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let db = idle.map_or_else(|| reads.connector.reading(), Ok)?;
            let moment = db.unchecked_transaction()?;
            let result = read(&moment)?;
            // Nothing was written. A connection on which something failed is not used again.
            moment.commit()?;
            reads.idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
            Ok(result)
        });
        running.await.map_err(|_| StoreError::Closed)?
    }
}

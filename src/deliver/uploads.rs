//! Bytes on their way to the platform: whoever wants the same ones under the same app waits for the key and needs no
//! second upload.

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The uploads under way.
#[derive(Default)]
pub(super) struct Uploads {
    /// App and hash of the bytes.
    taken: Mutex<Vec<(String, String)>>,
    given_back: Notify,
}

impl Uploads {
    fn taken(&self) -> MutexGuard<'_, Vec<(String, String)>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the bytes for one upload; `None` where somebody uploads them already.
    pub fn try_take(&self, app: &str, hash: &str) -> Option<Uploading<'_>> {
        let one = (app.to_owned(), hash.to_owned());
        let mut taken = self.taken();
        if taken.contains(&one) {
            return None;
        }
        taken.push(one.clone());
        Some(Uploading { uploads: self, one })
    }

    /// Takes the bytes as soon as nobody else uploads them: ask the store again then. Cancel safe.
    pub async fn take(&self, app: &str, hash: &str) -> Uploading<'_> {
        loop {
            let given_back = self.given_back.notified();
            if let Some(uploading) = self.try_take(app, hash) {
                return uploading;
            }
            given_back.await;
        }
    }
}

/// Gives the bytes back when the upload is over, however it ended.
pub(super) struct Uploading<'a> {
    uploads: &'a Uploads,
    one: (String, String),
}

impl Drop for Uploading<'_> {
    fn drop(&mut self) {
        self.uploads.taken().retain(|one| *one != self.one);
        self.uploads.given_back.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn equal_bytes_of_an_app_go_one_after_the_other() {
        let uploads = Uploads::default();
        let first = uploads.try_take("ops", "hash").unwrap();
        assert!(uploads.try_take("ops", "hash").is_none());
        assert!(uploads.try_take("other", "hash").is_some() && uploads.try_take("ops", "else").is_some());
        let waits = uploads.take("ops", "hash");
        tokio::pin!(waits);
        assert!(tokio::time::timeout(Duration::from_millis(10), &mut waits).await.is_err());
        drop(first);
        let _second = tokio::time::timeout(Duration::from_secs(5), waits).await.unwrap();
        assert!(uploads.try_take("ops", "hash").is_none());
    }
}

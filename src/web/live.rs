//! Telling open pages what has changed: server-sent events that name topics, a few times a second at the most.
//!
//! An event is a JSON list of topics (`["chats", "chat:oc_1"]`), or `["*"]` where there are too many or some were missed. The page then
//! asks for the parts that belong to them, one request at a time. So a thousand changes a second cost a page four small requests.

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// Between two events of a page.
const PACE: Duration = Duration::from_millis(250);
/// Between two looks at a counter.
const SECOND: Duration = Duration::from_secs(1);
/// Topics named in an event; more of them are all.
const NAMED: usize = 100;
/// Pages that are told at the same time.
pub const PAGES: usize = 64;

/// What a page is told from.
struct Teller<T> {
    changes: Receiver<T>,
    topics: fn(&T, &mut BTreeSet<String>),
    stop: CancellationToken,
    greeted: bool,
    _place: OwnedSemaphorePermit,
}

/// The events of one page, until `stop` or until there are no more changes. `None` when all places are taken; a page then asks again.
pub fn events<T: Clone + Send + 'static>(
    changes: Receiver<T>,
    topics: fn(&T, &mut BTreeSet<String>),
    places: &Arc<Semaphore>,
    stop: CancellationToken,
) -> Option<Sse<impl Stream<Item = Result<Event, Infallible>> + use<T>>> {
    let place = Arc::clone(places).try_acquire_owned().ok()?;
    let teller = Teller { changes, topics, stop, greeted: false, _place: place };
    let stream = stream::unfold(teller, |mut teller| async move {
        let topics = if teller.greeted { teller.next().await? } else { BTreeSet::new() };
        // The first event says that the page is heard; what changed while it was not is asked for by the page.
        teller.greeted = true;
        let text = serde_json::to_string(&topics).unwrap_or_default();
        Some((Ok(Event::default().data(text)), teller))
    });
    Some(Sse::new(stream).keep_alive(KeepAlive::default()))
}

/// The events of one page that is told only that something has changed: whenever the counter is another one, at most once a second.
/// `None` when all places are taken.
pub fn counted<C: Fn() -> u64 + Send + 'static>(
    count: C,
    places: &Arc<Semaphore>,
    stop: CancellationToken,
) -> Option<Sse<impl Stream<Item = Result<Event, Infallible>> + use<C>>> {
    let place = Arc::clone(places).try_acquire_owned().ok()?;
    let stream = stream::unfold((count, None, stop, place), |(count, seen, stop, place)| async move {
        let mut now = count();
        while seen == Some(now) {
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(SECOND) => now = count(),
            }
        }
        if seen.is_some() {
            // What is written in one go is one change.
            tokio::time::sleep(PACE).await;
            now = count();
        }
        let text = if seen.is_some() { "[\"*\"]" } else { "[]" };
        Some((Ok(Event::default().data(text)), (count, Some(now), stop, place)))
    });
    Some(Sse::new(stream).keep_alive(KeepAlive::default()))
}

impl<T: Clone> Teller<T> {
    /// What has changed since the last event; `None` at the end.
    async fn next(&mut self) -> Option<BTreeSet<String>> {
        let mut found = BTreeSet::new();
        let first = tokio::select! {
            () = self.stop.cancelled() => return None,
            first = self.changes.recv() => first,
        };
        match first {
            Ok(change) => (self.topics)(&change, &mut found),
            Err(RecvError::Lagged(_)) => all(&mut found),
            Err(RecvError::Closed) => return None,
        }
        tokio::select! {
            () = self.stop.cancelled() => return None,
            () = tokio::time::sleep(PACE) => {}
        }
        loop {
            match self.changes.try_recv() {
                Ok(change) => (self.topics)(&change, &mut found),
                Err(TryRecvError::Lagged(_)) => all(&mut found),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if found.len() > NAMED {
            all(&mut found);
        }
        Some(found)
    }
}

fn all(topics: &mut BTreeSet<String>) {
    topics.clear();
    topics.insert("*".to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::broadcast;

    fn teller(changes: Receiver<u32>) -> Teller<u32> {
        let places = Arc::new(Semaphore::new(1));
        let place = places.try_acquire_owned().unwrap();
        let topics = |change: &u32, topics: &mut BTreeSet<String>| topics.extend([format!("n:{change}")]);
        Teller { changes, topics, stop: CancellationToken::new(), greeted: true, _place: place }
    }

    #[tokio::test(start_paused = true)]
    async fn many_changes_are_one_event() {
        let (tell, changes) = broadcast::channel(1000);
        let mut teller = teller(changes);
        for n in [1, 2, 2, 1] {
            tell.send(n).unwrap();
        }
        assert_eq!(teller.next().await.unwrap(), ["n:1", "n:2"].map(str::to_owned).into());
        for n in 0..500 {
            tell.send(n).unwrap();
        }
        assert_eq!(teller.next().await.unwrap(), ["*".to_owned()].into(), "too many to name");
        for n in 0..5000 {
            tell.send(n % 3).unwrap();
        }
        assert!(teller.next().await.unwrap().contains("*"), "some were missed");
        drop(tell);
        assert_eq!(teller.next().await, None);
    }

    #[tokio::test]
    async fn there_are_so_many_places() {
        let (tell, _) = broadcast::channel::<u32>(1);
        let places = Arc::new(Semaphore::new(1));
        let first = events(tell.subscribe(), |_, _| (), &places, CancellationToken::new());
        assert!(events(tell.subscribe(), |_, _| (), &places, CancellationToken::new()).is_none());
        drop(first);
        assert!(events(tell.subscribe(), |_, _| (), &places, CancellationToken::new()).is_some());
    }
}

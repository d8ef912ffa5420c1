//! Brings along what follows messages: pictures of alerts, lists of them as files. In the background and in few places at
//! once, so that no alert ever waits for a picture; in lanes, so that neither a dead picture server nor a paused chat holds
//! up what needs neither.
//!
//! [`step`] moves one attachment on, [`rules`] says what an answer means for it, [`list`] writes the files. Everything is
//! read from the store: a lost wake-up costs time, a kill costs at most an upload that nobody uses.

pub mod list;
pub mod rules;
mod step;

use super::dispatch::Shared;
use crate::config::settings::Attach;
use crate::feishu::content::Content;
use crate::render::model::View;
use crate::store::{AttachLane, Attachment, Owed};
use crate::util::clock::{after, since};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Attachments under way at once, in each lane.
const AT_ONCE: usize = 2;
/// The longest pause between two looks.
const LOOK: Duration = Duration::from_secs(30);
/// An attachment whose step failed for reasons of ours is looked at again after this.
const STUMBLE: Duration = Duration::from_secs(1);

/// What the steps share.
#[derive(Default)]
pub(super) struct Under {
    /// Ids under way; those that stumbled, with the moment from which on they are looked at again.
    busy: Mutex<HashMap<String, Option<Timestamp>>>,
    /// A step ended.
    ended: Notify,
}

impl Under {
    fn busy(&self) -> MutexGuard<'_, HashMap<String, Option<Timestamp>>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the attachment back when its step ends, however it ended.
struct Busy {
    under: Arc<Under>,
    id: String,
    until: Option<Timestamp>,
}

impl Busy {
    /// Not looked at again before.
    fn stumbled(&mut self, until: Timestamp) {
        self.until = Some(until);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut busy = self.under.busy();
        match self.until {
            Some(until) => drop(busy.insert(std::mem::take(&mut self.id), Some(until))),
            None => drop(busy.remove(&self.id)),
        }
        drop(busy);
        self.under.ended.notify_one();
    }
}

/// Works until `stop`; steps under way are finished.
pub(super) async fn run(shared: Arc<Shared>, tracker: TaskTracker, stop: CancellationToken) {
    let under = Arc::new(Under::default());
    let lanes = AttachLane::ALL.map(|lane| (lane, Arc::new(Semaphore::new(AT_ONCE))));
    while !stop.is_cancelled() {
        let now = shared.clock.now();
        let mut until: Option<Timestamp> = None;
        for (lane, places) in &lanes {
            // Whoever gives a place back wakes this loop.
            while let Ok(place) = Arc::clone(places).try_acquire_owned() {
                let due = match shared.store.attachments_due(*lane).await {
                    Ok(due) => due,
                    Err(error) => {
                        tracing::error!(%error, "what follows messages cannot be read");
                        Vec::new()
                    }
                };
                match pick(&under, due, now) {
                    Pick::Go(one) => begin(&shared, &tracker, &under, *one, place),
                    Pick::Wait(at) => {
                        until = [until, at].into_iter().flatten().min();
                        break;
                    }
                }
            }
        }
        let pause = until.map_or(LOOK, |at| since(now, at).clamp(Duration::from_millis(5), LOOK));
        tokio::select! {
            () = stop.cancelled() => return,
            () = shared.attach.notified() => {}
            () = under.ended.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn begin(shared: &Arc<Shared>, tracker: &TaskTracker, under: &Arc<Under>, one: Attachment, place: OwnedSemaphorePermit) {
    let mut busy = Busy { under: Arc::clone(under), id: one.id.clone(), until: None };
    let shared = Arc::clone(shared);
    tracker.spawn(async move {
        if let Err(error) = step::run(&shared, &one).await {
            tracing::error!(delivery = one.message, %error, "an attachment stumbled over the store");
            busy.stumbled(after(shared.clock.now(), STUMBLE));
        }
        // Before `busy` wakes the loop.
        drop(place);
    });
}

/// Keys of the view's pictures that a content shows; templates need not show any.
pub(super) fn images_in(view: &View, content: &Content) -> Vec<String> {
    if view.images.is_empty() {
        return Vec::new();
    }
    let text = content.to_content_string();
    view.images.iter().map(|image| &image.key).filter(|key| text.contains(key.as_str())).cloned().collect()
}

/// Whether a message shows less than there is, and its send entry wants the whole as files then.
pub(super) fn wants_lists(owed: &Owed, view: &View, omitted: usize) -> bool {
    (omitted > 0 || view.truncated > 0) && owed.spec.attach.contains(&Attach::Alerts) && owed.key.takes_attachments()
}

enum Pick {
    Go(Box<Attachment>),
    Wait(Option<Timestamp>),
}

/// The first that is due and not under way; else when to look again.
fn pick(under: &Under, due: Vec<Attachment>, now: Timestamp) -> Pick {
    let mut busy = under.busy();
    busy.retain(|_, until| until.is_none_or(|until| until > now));
    let mut until: Option<Timestamp> = None;
    for one in due {
        let at = match busy.get(&one.id) {
            Some(None) => continue,
            Some(Some(again)) => one.due_at.max(*again),
            None => one.due_at,
        };
        if at <= now {
            busy.insert(one.id.clone(), None);
            return Pick::Go(Box::new(one));
        }
        until = Some(until.map_or(at, |until| until.min(at)));
    }
    Pick::Wait(until)
}

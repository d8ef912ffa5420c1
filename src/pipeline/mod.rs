//! Source -> route -> incident -> store for one accepted body: the only place where these are joined, and the place that
//! decides when the sender may be told 2xx.
//!
//! Nothing is rendered here and nothing is sent: after the commit the scheduler hears of what is owed from the store's
//! writer. [`place`] turns routed alerts into the messages they belong in, [`notice`] makes alerts of larkhook's own troubles,
//! [`pictures`] keeps embedded pictures apart from the alerts they came in.

mod notice;
mod pictures;
mod place;

pub(crate) use place::Placer;

pub use notice::{Notice, SELF, tell};

use crate::config::settings::{Address, Settings};
use crate::route::Tree;
use crate::source::{Compiled, ParseError};
use crate::store::{Applied, Intake, Store, StoreError};
use crate::util::{failpoint, id};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The longest body kept with its event; longer ones are cut there, never on their way to people.
const KEPT_BODY: usize = 256 * 1024;

/// What a request may say beside its body.
#[derive(Debug, Clone, Default)]
pub struct AcceptOptions {
    /// Targets named by `?to=`, already admitted by the source's `allow_to`; empty: the routing tree decides.
    pub to: Vec<Address>,
    /// Template named by `?template=`.
    pub template: Option<String>,
}

/// What a sender is told after the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The event's id.
    pub event: String,
    /// Groups in which something happened.
    pub groups: usize,
    /// Messages that are owed something.
    pub messages: usize,
    /// How often which outcome, for metrics.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Alerts left out, by reason, for metrics.
    pub left_out: BTreeMap<&'static str, u64>,
    /// How many alerts ended at which node of the routes.
    pub hits: BTreeMap<usize, u64>,
    /// Alerts in the body.
    pub alerts: usize,
}

/// Why a body was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// There is no alert to be had: never send it again.
    #[error("{}", .0.message)]
    Invalid(ParseError),
    /// Send it again later.
    #[error("too many alerts are waiting to be stored")]
    Overloaded,
    /// Send it again later.
    #[error("the store is not available: {0}")]
    Unavailable(#[from] StoreError),
}

/// Accepts one decoded body. Returns after the commit; cancelling it does not undo a commit under way.
///
/// # Errors
/// [`AcceptError`]; only `Invalid` means that the body can never be accepted.
pub async fn accept(
    store: &Store,
    settings: &Settings,
    tree: &Tree,
    source: &Compiled,
    body: &[u8],
    options: &AcceptOptions,
    now: Timestamp,
) -> Result<Accepted, AcceptError> {
    if store.overloaded() {
        return Err(AcceptError::Overloaded);
    }
    let mut parsed = source.parse(body, now).map_err(AcceptError::Invalid)?;
    let taken = pictures::take(parsed.batches.iter_mut().flat_map(|batch| &mut batch.alerts), settings.pictures.max_bytes);
    let mut placed = place::Placer::new(settings, tree, &source.settings().name, options, now);
    let alerts = parsed.batches.iter().map(|b| b.alerts.len()).sum();
    for batch in parsed.batches {
        placed.batch(batch);
    }
    let hits = placed.hits().clone();
    let (groups, mut left_out) = placed.finish();
    *left_out.entry("skipped").or_default() += parsed.skipped as u64;
    *left_out.entry("unusable").or_default() += parsed.ignored.len() as u64;
    left_out.retain(|_, count| *count > 0);
    let intake = Intake {
        event: id::new_id(),
        source: source.settings().name.clone(),
        at: now,
        body: taken.record(body, KEPT_BODY),
        groups,
        left_out: left_out.clone(),
        blobs: taken.blobs,
    };
    let event = intake.event.clone();
    let Applied { groups, messages, outcomes } = store.intake(intake).await?;
    failpoint::hit("after-accept");
    Ok(Accepted { event, groups, messages, outcomes, left_out, hits, alerts })
}

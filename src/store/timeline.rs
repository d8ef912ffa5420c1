//! What happened to one incident, from all the records there are of it, newest first.

use super::events::{HeardView, heard_of};
use super::queries::{AttemptView, attempt};
use super::sql::{self, Db};
use super::{Audit, Store, StoreError};
use jiff::Timestamp;
use serde::Serialize;

/// Something that happened.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Happened {
    /// A body was received that had to do with it.
    Received(HeardView),
    /// A call was made for one of its messages: sent, edited, replied, or refused.
    Called(AttemptView),
    /// Somebody did something to it.
    Acted(Audit),
}

impl Happened {
    /// When.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Received(heard) => heard.at,
            Self::Called(attempt) => attempt.at,
            Self::Acted(audit) => audit.at,
        }
    }
}

/// The newest of what happened.
#[derive(Debug, Clone, Serialize)]
pub struct Timeline {
    /// Newest first.
    pub items: Vec<Happened>,
    /// There is more before.
    pub more: bool,
}

impl Store {
    /// What happened to an incident, the newest so many.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn timeline(&self, incident: &str, most: u32) -> Result<Option<Timeline>, StoreError> {
        let incident = incident.to_owned();
        self.read(move |tx| timeline(tx, &incident, most)).await
    }
}

fn timeline(tx: &Db, incident: &str, most: u32) -> Result<Option<Timeline>, StoreError> {
    if sql::query("select 1 from incidents where id = ?1").bind(incident).fetch_optional(tx)?.is_none() {
        return Ok(None);
    }
    // One more of each, to know whether there is more.
    let one_more = most.saturating_add(1);
    let mut items: Vec<Happened> = heard_of(tx, incident, one_more)?.into_iter().map(Happened::Received).collect();
    let attempts = sql::query(
        "select a.* from attempts a join messages m on m.id = a.message_id where m.incident_id = ?1 order by a.id desc limit ?2",
    );
    for row in attempts.bind(incident).bind(i64::from(one_more)).fetch_all(tx)? {
        items.push(Happened::Called(attempt(&row)?));
    }
    items.extend(super::audit::of_incident(tx, incident, one_more)?.into_iter().map(Happened::Acted));
    items.sort_by_key(|happened| std::cmp::Reverse(happened.at()));
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let more = items.len() > most;
    items.truncate(most);
    Ok(Some(Timeline { items, more }))
}

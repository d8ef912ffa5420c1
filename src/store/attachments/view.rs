//! What the API shows of attachments.

use crate::store::StoreError;
use crate::store::sql::{self, Db, Row};
use crate::util::clock::from_ms;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// A picture or file that follows a message.
#[derive(Debug, Clone, Serialize)]
pub struct AttachmentView {
    /// picture, csv, json
    pub kind: String,
    /// Of a picture: its URL, or `sha256:` and the hash of an embedded one.
    pub source: String,
    /// waiting, reply (uploaded, a reply with it is owed), uploaded (in the message's next edit), shown, sent, refused,
    /// superseded
    pub state: String,
    /// The platform's key.
    pub key: Option<String>,
    /// Tries of this round.
    pub attempts: i64,
    /// Owed: not before.
    pub due_at: Option<Timestamp>,
    /// Last sent as a reply.
    pub sent_at: Option<Timestamp>,
    /// Why it waits or was given up.
    pub reason: Option<String>,
}

/// The attachments of messages, by message. `messages` is a query of ids with `first` and `limit` as ?1 and ?2.
pub(in crate::store) fn of_messages(
    tx: &Db,
    messages: &'static str,
    first: &str,
    limit: u32,
) -> Result<BTreeMap<String, Vec<AttachmentView>>, StoreError> {
    let sql = format!("select * from attachments where message_id in ({messages}) order by message_id, kind, created_at, id");
    let rows = sql::query(sql).bind(first).bind(i64::from(limit)).fetch_all(tx)?;
    let mut all: BTreeMap<String, Vec<AttachmentView>> = BTreeMap::new();
    for row in &rows {
        all.entry(row.get("message_id")?).or_default().push(view(row)?);
    }
    Ok(all)
}

fn view(row: &Row) -> Result<AttachmentView, StoreError> {
    let state: String = row.get("state")?;
    let owed = matches!(state.as_str(), "waiting" | "reply");
    Ok(AttachmentView {
        kind: row.get("kind")?,
        source: row.get("source")?,
        state,
        key: row.get("key")?,
        attempts: row.get("attempts")?,
        due_at: Some(from_ms(row.get("due_at")?)).filter(|_| owed),
        sent_at: row.get::<Option<i64>>("sent_at")?.map(from_ms),
        reason: row.get("reason")?,
    })
}

//! What delivery reads and writes while it brings attachments along.

use super::want::{next_list, refused_images};
use crate::config::settings::Verb;
use crate::incident::state::{MessageKey, MessageSpec};
use crate::outbox::{EditWay, Rank, Work};
use crate::store::error::json;
use crate::store::incidents::parse_severity;
use crate::store::sql::{self, Db, Row};
use crate::store::{Store, StoreError};
use crate::util::clock::from_ms;
use crate::util::id::new_id;
use jiff::Timestamp;

/// What an attachment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttachmentKind {
    /// A picture of an alert.
    Picture,
    /// The full list of alerts as CSV.
    Csv,
    /// The full list of alerts as JSON.
    Json,
}

impl AttachmentKind {
    /// The word in the store, the API and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            AttachmentKind::Picture => "picture",
            AttachmentKind::Csv => "csv",
            AttachmentKind::Json => "json",
        }
    }
}

/// What is to be done for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Find its bytes and upload them.
    Upload,
    /// Send the platform's key as a reply; the exact call, where it was begun.
    Reply {
        /// The platform's key.
        key: String,
        /// The kept call and when it was begun.
        kept: Option<(String, Timestamp)>,
    },
}

/// An attachment that is owed, with what is needed of its message.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// Its id.
    pub id: String,
    /// The message it follows.
    pub message: String,
    /// That message's app and target.
    pub key: MessageKey,
    /// `om_...` of the message.
    pub platform_id: String,
    /// Name of the message's template.
    pub template: String,
    /// Shape the message is shown in.
    pub shown_kind: String,
    /// How the message is brought up to date.
    pub edit_way: EditWay,
    /// Replies go into the message's topic.
    pub in_thread: bool,
    /// What it is.
    pub kind: AttachmentKind,
    /// Of a picture: its URL, or `sha256:` and the hash of an embedded one.
    pub source: String,
    /// What is to be done.
    pub stage: Stage,
    /// Not before.
    pub due_at: Timestamp,
    /// First call of this round.
    pub first_try_at: Option<Timestamp>,
    /// Calls of this round so far.
    pub attempts: u32,
    /// Replies sent so far: the sequence of its uuids.
    pub replies: i64,
    /// Hash of the list that people have.
    pub sent_hash: Option<String>,
}

/// One change of an attachment.
#[derive(Debug, Clone)]
pub enum AttachWrite {
    /// The platform has its bytes under this key.
    Uploaded {
        /// The app that uploaded.
        app: String,
        /// Hash of the bytes.
        hash: String,
        /// The platform's key.
        key: String,
        /// Shown by an edit of the message; else by a reply.
        by_edit: bool,
    },
    /// The exact reply that is about to be made.
    Begin {
        /// JSON of the call.
        call: String,
    },
    /// The reply arrived.
    Sent,
    /// Tried again.
    Later {
        /// When.
        due_at: Timestamp,
        /// Why.
        reason: String,
        /// The kept reply is repeated as it is.
        keep: bool,
        /// The topic was refused: in the stream from now on.
        plain: bool,
        /// It counts as a try.
        tried: bool,
    },
    /// The platform does not know the key.
    KeyRefused {
        /// The key.
        key: String,
    },
    /// People have this list already.
    Unchanged,
    /// Given up.
    Refused {
        /// Why.
        reason: String,
    },
}

/// Bytes that an app has uploaded.
#[derive(Debug, Clone)]
pub struct KnownUpload {
    /// The app by its name; the key works for it only.
    pub app: String,
    /// What was uploaded.
    pub kind: AttachmentKind,
    /// SHA-256 of the bytes, in hex.
    pub hash: String,
    /// The platform's key.
    pub key: String,
    /// When.
    pub at: Timestamp,
}

/// What waits apart from what: a lane that stands still holds no other up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachLane {
    /// Pictures that lie on other people's servers, which may be slow or dead.
    Fetch,
    /// What larkhook has and the platform wants.
    Upload,
    /// Replies, which spend the budgets of chats.
    Reply,
}

impl AttachLane {
    /// All of them.
    pub const ALL: [Self; 3] = [AttachLane::Fetch, AttachLane::Upload, AttachLane::Reply];
}

impl Store {
    /// Attachments of a lane that are owed to shown messages, those due first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn attachments_due(&self, lane: AttachLane) -> Result<Vec<Attachment>, StoreError> {
        let filter = match lane {
            AttachLane::Fetch => "a.state = 'waiting' and a.kind = 'picture' and a.source not like 'sha256:%'",
            AttachLane::Upload => "a.state = 'waiting' and (a.kind <> 'picture' or a.source like 'sha256:%')",
            AttachLane::Reply => "a.state = 'reply'",
        };
        // `state in` is for the index.
        let sql = format!(
            "select a.*, m.via, m.target, m.send_name, m.spec, m.platform_id, m.shown_kind, m.edit_way from attachments a \
             join messages m on m.id = a.message_id where a.state in ('waiting', 'reply') and {filter} and m.platform_id is not null \
             and m.phase <> 'left' order by a.due_at limit 50"
        );
        self.read(move |tx| sql::query(sql).fetch_all(tx)?.iter().map(attachment).collect()).await
    }

    /// The bytes of an embedded picture.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn blob(&self, hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let hash = hash.to_owned();
        self.read(move |tx| {
            let row: Option<(Vec<u8>,)> = sql::query("select bytes from blobs where hash = ?1").bind(&hash).tuple(tx)?;
            Ok(row.map(|row| row.0))
        })
        .await
    }

    /// The key under which an app has uploaded these bytes.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn uploaded(&self, app: &str, kind: AttachmentKind, hash: &str) -> Result<Option<String>, StoreError> {
        let (app, kind, hash) = (app.to_owned(), upload_kind(kind.as_str()), hash.to_owned());
        self.read(move |tx| {
            let sql = "select key from uploads where app = ?1 and kind = ?2 and hash = ?3";
            let row: Option<(String,)> = sql::query(sql).bind(&app).bind(kind).bind(&hash).tuple(tx)?;
            Ok(row.map(|row| row.0))
        })
        .await
    }

    /// Remembers an upload, so that the same bytes need no second one.
    ///
    /// # Errors
    /// The store is not available; nothing is written.
    pub async fn remember_upload(&self, known: KnownUpload) -> Result<(), StoreError> {
        self.write(|reply| crate::store::writer::Command::Remember(Box::new(known), reply)).await
    }

    /// Writes down what became of an attachment. `Ok(false)`: it is not owed any more.
    ///
    /// # Errors
    /// The store is not available; nothing is written.
    pub async fn attach(&self, id: &str, write: AttachWrite, now: Timestamp) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.write(|reply| crate::store::writer::Command::Attach(Box::new((id, write, now)), reply)).await
    }
}

/// Keeps a key for the next one who wants the same bytes.
pub(in crate::store) fn remember(tx: &Db, app: &str, kind: &str, hash: &str, key: &str, now: Timestamp) -> Result<(), StoreError> {
    sql::query(
        "insert into uploads (app, kind, hash, key, used_at) values (?1, ?2, ?3, ?4, ?5) on conflict (app, kind, hash) do update set \
         key = excluded.key, used_at = excluded.used_at",
    )
    .bind(app)
    .bind(upload_kind(kind))
    .bind(hash)
    .bind(key)
    .bind(now.as_millisecond())
    .execute(tx)?;
    Ok(())
}

fn upload_kind(kind: &str) -> &'static str {
    if kind == "picture" { "image" } else { "file" }
}

fn attachment(row: &Row) -> Result<Attachment, StoreError> {
    let text = |name: &str| row.get::<String>(name);
    let maybe = |name: &str| row.get::<Option<String>>(name);
    let number = |name: &str| row.get::<i64>(name);
    let spec: MessageSpec = json("message spec", &text("spec")?)?;
    let began = row.get::<Option<i64>>("unknown_since")?.map(from_ms);
    let stage = match (text("state")?.as_str(), maybe("key")?) {
        ("reply", Some(key)) => Stage::Reply { key, kept: maybe("call")?.zip(began) },
        _ => Stage::Upload,
    };
    let change = &spec.lifecycle.change;
    Ok(Attachment {
        id: text("id")?,
        message: text("message_id")?,
        key: MessageKey { via: text("via")?, target: text("target")?, send_name: text("send_name")? },
        platform_id: maybe("platform_id")?.unwrap_or_default(),
        template: spec.template.clone(),
        shown_kind: maybe("shown_kind")?.unwrap_or_default(),
        edit_way: EditWay::parse(&text("edit_way")?),
        in_thread: number("plain")? == 0 && change.contains(&Verb::Thread) && !change.contains(&Verb::Reply),
        kind: match text("kind")?.as_str() {
            "csv" => AttachmentKind::Csv,
            "json" => AttachmentKind::Json,
            _ => AttachmentKind::Picture,
        },
        source: text("source")?,
        stage,
        due_at: from_ms(number("due_at")?),
        first_try_at: row.get::<Option<i64>>("first_try_at")?.map(from_ms),
        attempts: u32::try_from(number("attempts")?).unwrap_or(u32::MAX),
        replies: number("replies")?,
        sent_hash: maybe("sent_hash")?,
    })
}

pub(in crate::store) fn apply(tx: &Db, id: &str, write: &AttachWrite, now: Timestamp, owed: &mut Vec<Work>) -> Result<bool, StoreError> {
    let at = now.as_millisecond();
    let row: Option<(String, String, String)> =
        sql::query("select message_id, kind, state from attachments where id = ?1").bind(id).tuple(tx)?;
    let Some((message, kind, _)) = row.filter(|(_, _, state)| matches!(state.as_str(), "waiting" | "reply")) else { return Ok(false) };
    match write {
        AttachWrite::Uploaded { app, hash, key, by_edit } => {
            remember(tx, app, &kind, hash, key, now)?;
            sql::query(
                "update attachments set state = ?2, hash = ?3, key = ?4, due_at = ?5, attempts = 0, first_try_at = null, call = null, \
                 unknown_since = null, reason = null where id = ?1",
            )
            .bind(id)
            .bind(if *by_edit { "uploaded" } else { "reply" })
            .bind(hash)
            .bind(key)
            .bind(at)
            .execute(tx)?;
            if *by_edit {
                raise(tx, &message, now, owed)?;
            }
        }
        AttachWrite::Begin { call } => {
            sql::query(
                "update attachments set call = ?2, unknown_since = coalesce(unknown_since, ?3), attempts = attempts + 1, \
                 first_try_at = coalesce(first_try_at, ?3) where id = ?1",
            )
            .bind(id)
            .bind(call)
            .bind(at)
            .execute(tx)?;
        }
        AttachWrite::Sent => {
            sql::query(
                "update attachments set state = case when again = 1 then 'waiting' else 'sent' end, due_at = ?3, again = 0, attempts = 0, \
                 first_try_at = null, call = null, unknown_since = null, replies = replies + 1, sent_hash = hash, sent_at = ?2, reason = null \
                 where id = ?1",
            )
            .bind(id)
            .bind(at)
            .bind(next_list(now).as_millisecond())
            .execute(tx)?;
        }
        AttachWrite::Later { due_at, reason, keep, plain, tried } => {
            sql::query(
                "update attachments set due_at = ?2, reason = ?3, call = case when ?4 = 1 then call end, \
                 unknown_since = case when ?4 = 1 then unknown_since end, plain = max(plain, ?5), attempts = attempts + ?6, \
                 first_try_at = coalesce(first_try_at, case when ?6 = 1 then ?7 end), \
                 replies = replies + case when ?4 = 0 and call is not null then 1 else 0 end where id = ?1",
            )
            .bind(id)
            .bind(due_at.as_millisecond())
            .bind(reason)
            .bind(i64::from(*keep))
            .bind(i64::from(*plain))
            .bind(i64::from(*tried))
            .bind(at)
            .execute(tx)?;
        }
        AttachWrite::KeyRefused { key } => {
            sql::query("update attachments set replies = replies + 1 where id = ?1").bind(id).execute(tx)?;
            refused_images(tx, &message, std::slice::from_ref(key), now)?;
        }
        AttachWrite::Unchanged => over(tx, id, "sent", None)?,
        AttachWrite::Refused { reason } => over(tx, id, "refused", Some(reason))?,
    }
    Ok(true)
}

fn over(tx: &Db, id: &str, state: &str, reason: Option<&String>) -> Result<(), StoreError> {
    let sql = "update attachments set state = ?2, reason = ?3, call = null, unknown_since = null, again = 0 where id = ?1";
    sql::query(sql).bind(id).bind(state).bind(reason).execute(tx)?;
    Ok(())
}

/// The message wants to show one thing more: an edit is owed like any other. A message whose edit was given up stays as it is.
/// One that waits may have left its pictures out, because the platform did not know this one: it shows everything again.
fn raise(tx: &Db, message: &str, now: Timestamp, owed: &mut Vec<Work>) -> Result<(), StoreError> {
    let raised = sql::query(
        "update messages set revision = revision + 1, wanted = revision + 1 where id = ?1 and phase <> 'left' and not exists \
         (select 1 from jobs where message_id = ?1 and kind = 'sync' and state = 'dead')",
    )
    .bind(message)
    .execute(tx)?;
    if raised == 0 {
        return Ok(());
    }
    sql::query(
        "insert into jobs (id, message_id, kind, state, verb, mention, created_at, due_at, attempts, fence, step) \
         values (?1, ?2, 'sync', 'ready', 'edit', 0, ?3, ?3, 0, 0, '') \
         on conflict (message_id, kind, state) do update set step = ''",
    )
    .bind(new_id())
    .bind(message)
    .bind(now.as_millisecond())
    .execute(tx)?;
    let row: Option<(String, String, String)> =
        sql::query("select via, target, severity from messages where id = ?1").bind(message).tuple(tx)?;
    let Some(row) = row else { return Ok(()) };
    owed.push(Work {
        message: message.to_owned(),
        via: row.0,
        target: row.1,
        severity: parse_severity(&row.2),
        rank: Rank::Cosmetic,
        due_at: now,
        since: now,
    });
    Ok(())
}

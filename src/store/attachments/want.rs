//! What messages are owed beside themselves, written in the same transaction as what they are owed it for.

use super::REUPLOADS;
use crate::config::settings::Direct;
use crate::incident::pictures::{self, MOST_EVER, Wanted};
use crate::incident::state::{Incident, Message};
use crate::store::StoreError;
use crate::store::sql::{self, Db};
use crate::util::clock::after;
use crate::util::id::new_id;
use jiff::Timestamp;
use std::time::Duration;

/// A changed list is sent again after this at the earliest.
const LIST_PAUSE: Duration = Duration::from_secs(600);

/// The pictures that a message should have, of its first alerts; none where it cannot have any.
pub(in crate::store) fn wanted(incident: &Incident, message: &Message) -> Vec<Wanted> {
    // A message that is its picture has it.
    let is_picture = message.spec.direct == Some(Direct::Image);
    if message.left || is_picture || !message.key.takes_attachments() {
        return Vec::new();
    }
    pictures::wanted(incident.routed_to(&message.id).map(|(_, instance)| (&instance.alert, instance.state)))
}

/// A message that is made or changed wants these pictures. Those that it wanted before and that nobody has looked for yet are
/// not looked for any more.
pub(in crate::store) fn want(tx: &Db, message: &str, wanted: &[Wanted], now: Timestamp) -> Result<(), StoreError> {
    let source = |n: usize| wanted.get(n).map_or("", |picture| picture.source.as_str());
    sql::query(
        "update attachments set state = 'superseded', reason = 'newer pictures took its place', call = null where message_id = ?1 \
         and kind = 'picture' and state = 'waiting' and source not in (?2, ?3, ?4)",
    )
    .bind(message)
    .bind(source(0))
    .bind(source(1))
    .bind(source(2))
    .execute(tx)?;
    for picture in wanted {
        sql::query(
            "insert into attachments (id, message_id, kind, source, alt, state, created_at, due_at, attempts, plain, again, replies, dropped) \
             select ?1, ?2, 'picture', ?3, ?4, 'waiting', ?5, ?5, 0, 0, 0, 0, 0 \
             where (select count(*) from attachments where message_id = ?2 and kind = 'picture') < ?6 or \
             exists (select 1 from attachments where message_id = ?2 and kind = 'picture' and source = ?3) \
             on conflict (message_id, kind, source) do update set state = case when attachments.state = 'superseded' then 'waiting' \
             else attachments.state end, due_at = case when attachments.state = 'superseded' then excluded.due_at else attachments.due_at end",
        )
        .bind(new_id())
        .bind(message)
        .bind(&picture.source)
        .bind(&picture.alt)
        .bind(now.as_millisecond())
        .bind(MOST_EVER)
        .execute(tx)?;
    }
    Ok(())
}

/// A message was shown without all of its alerts: its lists are owed, not more often than every ten minutes.
pub(in crate::store) fn owe_lists(tx: &Db, message: &str, now: Timestamp) -> Result<(), StoreError> {
    for kind in ["csv", "json"] {
        sql::query(
            "insert into attachments (id, message_id, kind, source, alt, state, created_at, due_at, attempts, plain, again, replies, dropped) \
             values (?1, ?2, ?3, '', '', 'waiting', ?4, ?4, 0, 0, 0, 0, 0) on conflict (message_id, kind, source) do update set \
             again = case when attachments.state = 'reply' then 1 else 0 end, \
             state = case when attachments.state = 'reply' then 'reply' else 'waiting' end, \
             attempts = case when attachments.state in ('waiting', 'reply') then attachments.attempts else 0 end, \
             first_try_at = case when attachments.state in ('waiting', 'reply') then attachments.first_try_at end, \
             due_at = case when attachments.state in ('waiting', 'reply') then attachments.due_at \
             else max(excluded.due_at, coalesce(attachments.sent_at + ?5, 0)) end",
        )
        .bind(new_id())
        .bind(message)
        .bind(kind)
        .bind(now.as_millisecond())
        .bind(i64::try_from(LIST_PAUSE.as_millis()).unwrap_or(600_000))
        .execute(tx)?;
    }
    Ok(())
}

/// When a list that changed while it was under way is sent again.
pub(super) fn next_list(now: Timestamp) -> Timestamp {
    after(now, LIST_PAUSE)
}

/// A message is shown with these keys.
pub(in crate::store) fn shown_images(tx: &Db, message: &str, keys: &[String]) -> Result<(), StoreError> {
    for key in keys {
        let sql = "update attachments set state = 'shown' where message_id = ?1 and kind = 'picture' and key = ?2 and state = 'uploaded'";
        sql::query(sql).bind(message).bind(key).execute(tx)?;
    }
    Ok(())
}

/// The message cannot be edited any more: what its next edit would have shown becomes a reply.
pub(in crate::store) fn images_by_reply(tx: &Db, message: &str, now: Timestamp) -> Result<(), StoreError> {
    let sql = "update attachments set state = 'reply', due_at = ?2 where message_id = ?1 and kind = 'picture' and state = 'uploaded'";
    sql::query(sql).bind(message).bind(now.as_millisecond()).execute(tx)?;
    Ok(())
}

/// The platform took a message without these keys only: they are forgotten, and uploaded anew once.
pub(in crate::store) fn refused_images(tx: &Db, message: &str, keys: &[String], now: Timestamp) -> Result<(), StoreError> {
    for key in keys {
        sql::query("delete from uploads where key = ?1").bind(key).execute(tx)?;
        sql::query(
            "update attachments set state = case when dropped < ?4 then 'waiting' else 'refused' end, dropped = dropped + 1, key = null, \
             hash = null, due_at = ?3, attempts = 0, first_try_at = null, call = null, unknown_since = null, \
             reason = 'the platform does not know the key of the uploaded picture' \
             where message_id = ?1 and key = ?2 and state in ('uploaded', 'shown', 'reply')",
        )
        .bind(message)
        .bind(key)
        .bind(now.as_millisecond())
        .bind(REUPLOADS)
        .execute(tx)?;
    }
    Ok(())
}

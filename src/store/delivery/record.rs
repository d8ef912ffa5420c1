//! The writer's side: a call is kept with the job's lease, then its outcome changes job, message and target in one commit.

use super::outcome::{Begin, Finish, Next, Park, Recorded, Tried};
use crate::config::settings::Carrier;
use crate::outbox::{EditWay, Rank, Work};
use crate::store::error::to_json;
use crate::store::incidents::parse_severity;
use crate::store::sql::{self, Db};
use crate::store::{StoreError, attachments, digests};
use crate::util::id::new_id;
use jiff::Timestamp;

pub(in crate::store) fn begin(tx: &Db, begin: &Begin) -> Result<Option<i64>, StoreError> {
    let fence = begin.fence + 1;
    let (call, meta) = match &begin.call {
        Some((call, meta)) => (Some(call.as_str()), Some(to_json(meta))),
        None => (None, None),
    };
    let taken = sql::query(
        "update jobs set fence = ?3, lease_until = ?4, step = ?5, call = coalesce(?6, call), call_meta = coalesce(?7, call_meta), \
         first_try_at = coalesce(first_try_at, ?8), attempts = attempts + 1, via = ?9, \
         unknown_since = case when ?6 is null then coalesce(unknown_since, ?8) else ?8 end \
         where id = ?1 and fence = ?2 and state = 'ready'",
    )
    .bind(&begin.job)
    .bind(begin.fence)
    .bind(fence)
    .bind(begin.lease_until.as_millisecond())
    .bind(&begin.step)
    .bind(call)
    .bind(meta)
    .bind(begin.now.as_millisecond())
    .bind(&begin.via)
    .execute(tx)?;
    Ok((taken == 1).then_some(fence))
}

pub(in crate::store) fn finish(tx: &Db, finish: &Finish, owed: &mut Vec<Work>) -> Result<Recorded, StoreError> {
    if let Some(tried) = &finish.tried {
        record_attempt(tx, finish, tried)?;
    }
    patch_message(tx, finish)?;
    let target: Option<(String, String, String)> =
        sql::query("select via, target, severity from messages where id = ?1").bind(&finish.message).tuple(tx)?;
    let Some((via, target, severity)) = target else { return Ok(Recorded::Done) };
    park(tx, &finish.park, &finish.carrier, finish.now)?;
    // The call wrote the step by its name; only a picture that is there again takes it away.
    let pictured: Option<(i64,)> =
        sql::query("select 1 from jobs where id = ?1 and step = '' and lease_until is not null").bind(&finish.job).tuple(tx)?;
    let pictured = pictured.is_some();
    // What was kept from its call (no lease) counts as an attempt too: its pauses grow like all others.
    let fenced = "update jobs set attempts = attempts + case when lease_until is null then 1 else 0 end, lease_until = null \
                  where id = ?1 and fence = ?2 and state = 'ready'";
    if sql::query(fenced).bind(&finish.job).bind(finish.fence).execute(tx)? == 0 {
        return Ok(Recorded::LostLease);
    }
    match &finish.next {
        Next::Done => done(
            tx,
            finish,
            Work {
                message: finish.message.clone(),
                via,
                target,
                severity: parse_severity(&severity),
                rank: Rank::Edit,
                due_at: finish.now,
                since: finish.now,
            },
            owed,
        ),
        Next::Standing => {
            anew(tx, finish)?;
            Ok(Recorded::Done)
        }
        Next::Later { due_at, step, plain_reply, keep, fresh, unknown_since, reason } => {
            // A picture came while the call was under way: the simpler form, which shows none, is not its own. Other news keep the step, or
            // a message that changes faster than it is refused would begin anew for ever.
            let step = if pictured { "" } else { step.as_str() };
            // News are other words: the doubt about what was said is not theirs.
            let moved = !keep && finish.seen.0 > 0 && has_moved(tx, finish)?;
            let unknown_since = if moved { &None } else { unknown_since };
            sql::query(
                "update jobs set due_at = ?2, attempts = case when step = ?3 and ?8 = 0 then attempts else 0 end, step = ?3, \
                 verb = case when ?7 = 1 then 'reply' else verb end, \
                 mention = case when ?4 = 1 or mention = 0 then mention else 1 end, \
                 call = case when ?4 = 1 then call end, call_meta = case when ?4 = 1 then call_meta end, \
                 unknown_since = ?5, reason = ?6 where id = ?1",
            )
            .bind(&finish.job)
            .bind(due_at.as_millisecond())
            .bind(step)
            .bind(i64::from(*keep))
            .bind(unknown_since.map(Timestamp::as_millisecond))
            .bind(reason)
            .bind(i64::from(*plain_reply))
            .bind(i64::from(*fresh))
            .execute(tx)?;
            Ok(Recorded::Again(*due_at))
        }
        Next::Dead { reason } => {
            // The newer one says why nothing is shown.
            let older = "delete from jobs where state = 'dead' and (message_id, kind) = (select message_id, kind from jobs where id = ?1)";
            sql::query(older).bind(&finish.job).execute(tx)?;
            sql::query("update jobs set state = 'dead', reason = ?2 where id = ?1").bind(&finish.job).bind(reason).execute(tx)?;
            Ok(Recorded::Dead)
        }
    }
}

/// Whether the message changed since it was read for the call.
fn has_moved(tx: &Db, finish: &Finish) -> Result<bool, StoreError> {
    let newer: Option<(i64,)> =
        sql::query("select revision from messages where id = ?1 and revision > ?2").bind(&finish.message).bind(finish.seen.0).tuple(tx)?;
    Ok(newer.is_some())
}

/// The job is over, unless its message moved on while the call was under way: then it starts anew. An edit is anew where
/// the message wants to show more than it does, a reply where anything happened since the message was read: what is new
/// to people is seen when it is claimed.
fn done(tx: &Db, finish: &Finish, work: Work, owed: &mut Vec<Work>) -> Result<Recorded, StoreError> {
    let moved: Option<(String,)> = sql::query(
        "select j.kind from jobs j join messages m on m.id = j.message_id where j.id = ?1 and m.phase <> 'left' and \
         (j.kind = 'sync' and (m.wanted > m.shown or m.renew > m.generation) or j.kind = 'reply' and (m.revision > ?2 or m.repeats > ?3))",
    )
    .bind(&finish.job)
    .bind(finish.seen.0)
    .bind(finish.seen.1)
    .tuple(tx)?;
    if moved.is_some() {
        anew(tx, finish)?;
    } else {
        sql::query("delete from jobs where id = ?1").bind(&finish.job).execute(tx)?;
    }
    if finish.patch.renew {
        // A reply found nothing to answer: the newest state is owed as a new message.
        let sql = "insert into jobs (id, message_id, kind, state, verb, mention, created_at, due_at, attempts, fence, step) \
                   values (?1, ?2, 'sync', 'ready', 'edit', 0, ?3, ?3, 0, 0, '') on conflict (message_id, kind, state) do nothing";
        sql::query(sql).bind(new_id()).bind(&finish.message).bind(finish.now.as_millisecond()).execute(tx)?;
    }
    if moved.is_some() || finish.patch.renew {
        owed.push(work);
    }
    Ok(if moved.is_some() { Recorded::Again(finish.now) } else { Recorded::Done })
}

/// The job as if it was owed since now.
fn anew(tx: &Db, finish: &Finish) -> Result<(), StoreError> {
    sql::query(
        "update jobs set due_at = ?2, created_at = ?2, first_try_at = null, attempts = 0, step = '', call = null, call_meta = null, \
         unknown_since = null, reason = null, mention = case when mention = 2 then 1 else 0 end where id = ?1",
    )
    .bind(&finish.job)
    .bind(finish.now.as_millisecond())
    .execute(tx)?;
    Ok(())
}

fn record_attempt(tx: &Db, finish: &Finish, tried: &Tried) -> Result<(), StoreError> {
    sql::query(
        "insert into attempts (job_id, message_id, at, via, endpoint, http, code, class, log_id, duration_ms, step, revision, note) \
         select ?1, ?2, ?3, ?13, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 where exists (select 1 from messages where id = ?2)",
    )
    .bind(&finish.job)
    .bind(&finish.message)
    .bind(finish.now.as_millisecond())
    .bind(tried.endpoint)
    .bind(i64::from(tried.http))
    .bind(tried.code)
    .bind(tried.class)
    .bind(&tried.log_id)
    .bind(tried.duration_ms)
    .bind(&tried.step)
    .bind(tried.revision)
    .bind(&tried.note)
    .bind(&finish.carrier.via)
    .execute(tx)?;
    Ok(())
}

fn patch_message(tx: &Db, finish: &Finish) -> Result<(), StoreError> {
    let p = &finish.patch;
    sql::query(
        "update messages set platform_id = coalesce(?2, platform_id), chat_id = coalesce(?3, chat_id), shown = max(shown, coalesce(?4, shown)), \
         generation = max(generation, coalesce(?5, generation)), renew = max(renew + ?14, coalesce(?5, renew)), shown_kind = coalesce(?6, shown_kind), shown_schema = coalesce(?7, shown_schema), \
         sent_at = coalesce(?8, sent_at), updates = updates + ?9, replies = replies + ?10, replied_view = coalesce(?11, replied_view), \
         edit_way = coalesce(?12, edit_way), duplicate = max(duplicate, ?13), phase = case when ?15 = 1 then 'left' else phase end \
         where id = ?1",
    )
    .bind(&finish.message)
    .bind(&p.platform_id)
    .bind(&p.chat_id)
    .bind(p.shown)
    .bind(p.generation)
    .bind(p.shown_kind)
    .bind(&p.shown_schema)
    .bind(p.sent_at.map(Timestamp::as_millisecond))
    .bind(i64::from(p.updated))
    .bind(i64::from(p.replied))
    .bind(&p.told)
    .bind(p.edit_way.map(EditWay::as_str))
    .bind(i64::from(p.duplicate))
    .bind(i64::from(p.renew))
    .bind(i64::from(p.left))
    .execute(tx)?;
    if let Some(part) = &p.part {
        crate::store::parts::patch(tx, &finish.message, part)?;
    }
    attachments::shown_images(tx, &finish.message, &p.shown_images)?;
    attachments::refused_images(tx, &finish.message, &p.refused_images, finish.now)?;
    if p.edit_way == Some(EditWay::Reply) {
        attachments::images_by_reply(tx, &finish.message, finish.now)?;
    }
    if p.left_out {
        attachments::owe_lists(tx, &finish.message, finish.now)?;
    }
    if let Some(told_of) = &p.told_of {
        digests::told(tx, &finish.message, told_of, finish.now)?;
    }
    if p.left {
        sql::query("delete from jobs where message_id = ?1 and id <> ?2").bind(&finish.message).bind(&finish.job).execute(tx)?;
    }
    Ok(())
}

fn park(tx: &Db, park: &Park, carrier: &Carrier, now: Timestamp) -> Result<(), StoreError> {
    match park {
        Park::Keep => {}
        Park::Park { target: what, probe_at, reason } => {
            if what != "*" {
                unpark(tx, &carrier.via, "*")?;
            }
            sql::query(
                "insert into parked (via, target, since, probe_at, reason) values (?1, ?2, ?3, ?4, ?5) on conflict (via, target) do update set \
                 probe_at = excluded.probe_at, reason = excluded.reason",
            )
            .bind(&carrier.via)
            .bind(what)
            .bind(now.as_millisecond())
            .bind(probe_at.as_millisecond())
            .bind(reason)
            .execute(tx)?;
        }
        Park::AppWorks => unpark(tx, &carrier.via, "*")?,
        Park::Clear => unpark(tx, &carrier.via, &carrier.target)?,
    }
    Ok(())
}

/// Neither the target nor its app are parked any more.
pub(in crate::store) fn unpark(tx: &Db, via: &str, target: &str) -> Result<(), StoreError> {
    sql::query("delete from parked where via = ?1 and target in (?2, '*')").bind(via).bind(target).execute(tx)?;
    Ok(())
}

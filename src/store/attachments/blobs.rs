//! Pictures that came inside alerts, until the platform has them: kept only while a message wants them, all of them
//! together bounded. A picture that is not kept any more costs the picture, never the message.

use crate::store::StoreError;
use crate::store::sql::{self, Db};
use jiff::Timestamp;

/// Most bytes of all pictures together; beyond, the oldest go.
const MOST_KEPT: i64 = 256 << 20;

/// Whether the picture `b.hash` is wanted: by an attachment whose message does not show it yet, or by a message that is to
/// be the picture.
const WANTED: &str = "(exists (select 1 from attachments a where a.source = 'sha256:' || b.hash and a.state in ('waiting', 'uploaded', 'reply')) \
     or exists (select 1 from messages m where m.platform_id is null and json_extract(m.spec, '$.direct') = 'image' \
     and exists (select 1 from jobs j where j.message_id = m.id and j.state = 'ready') \
     and exists (select 1 from instances i where i.incident_id = m.incident_id and instr(i.alert, 'sha256:' || b.hash) > 0)))";

/// Keeps pictures that came inside a body and that a message wants, each once. After the messages are written.
pub(in crate::store) fn keep_blobs(tx: &Db, blobs: &[(String, Vec<u8>)], now: Timestamp) -> Result<(), StoreError> {
    let sql = format!(
        "insert into blobs (hash, bytes, kept_at) select b.hash, ?2, ?3 from (select ?1 as hash) b where {WANTED} \
         on conflict (hash) do update set kept_at = excluded.kept_at"
    );
    for (hash, bytes) in blobs {
        sql::query(sql.as_str()).bind(hash).bind(bytes.as_slice()).bind(now.as_millisecond()).execute(tx)?;
    }
    if !blobs.is_empty() {
        trim(tx, MOST_KEPT)?;
    }
    Ok(())
}

/// Drops what nobody wants any more and what is older than `before` (ms); at most `limit` of each. Returns how many.
pub(in crate::store) fn drop_blobs(tx: &Db, before: i64, limit: i64) -> Result<u64, StoreError> {
    let sql = format!("delete from blobs where hash in (select b.hash from blobs b where b.kept_at < ?1 or not {WANTED} limit ?2)");
    sql::query(sql).bind(before).bind(limit).execute(tx)
}

fn trim(tx: &Db, most: i64) -> Result<(), StoreError> {
    let sql = "delete from blobs where hash in (select hash from (select hash, sum(length(bytes)) over (order by kept_at desc, hash) as kept \
               from blobs) where kept > ?1)";
    let dropped = sql::query(sql).bind(most).execute(tx)?;
    if dropped > 0 {
        tracing::warn!(dropped, most_bytes = most, "more embedded pictures wait for the platform than are kept; the oldest are left out");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_pictures_go_first() {
        let tx = &Db::open_in_memory().unwrap();
        sql::query("create table blobs (hash text primary key, bytes blob, kept_at bigint)").execute(tx).unwrap();
        for (hash, kept_at) in [("c", 3i64), ("a", 1), ("d", 4), ("b", 2)] {
            sql::query("insert into blobs values (?1, ?2, ?3)").bind(hash).bind(&[7u8; 10][..]).bind(kept_at).execute(tx).unwrap();
        }
        for (most, left) in [(40, "abcd"), (39, "bcd"), (20, "cd"), (0, "")] {
            trim(tx, most).unwrap();
            let rows: Vec<(String,)> = sql::query("select hash from blobs order by hash").tuples(tx).unwrap();
            assert_eq!(rows.into_iter().map(|row| row.0).collect::<String>(), left);
        }
    }
}

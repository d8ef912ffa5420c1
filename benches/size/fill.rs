//! Fills a database fast: one body goes the ordinary way, its rows are then multiplied by SQL.

use crate::body;
use larkhook::incident::event::Rules;
use larkhook::store::{Options, Store};
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// When the first incident began, in ms; the next ones follow a second apart.
pub const START: u64 = 1_700_000_000_000;
/// Of the open ones, so many are owed an edit.
const OWED: u64 = 1000;

/// Opens the store in the ordinary way.
pub async fn open(path: &Path, tracker: &TaskTracker) -> Store {
    let (owed, mut work) = tokio::sync::mpsc::channel(64);
    tracker.spawn(async move { while work.recv().await.is_some() {} });
    let rules = Rules { reopen_within: Duration::from_secs(600) };
    Store::open(Options { path: path.to_owned(), rules, max_pages: None }, owed, tracker).await.unwrap()
}

/// The n-th incident; open ones lie evenly between the others.
pub fn names(number: u64) -> body::Names {
    body::Names { number, sender: format!("5{number:031x}"), group: format!("6{number:031x}") }
}

/// One incident with an alert, a shown message, its call and its body, so many times.
pub async fn fill(path: &Path, finished: u64, open_ones: u64) {
    let tracker = TaskTracker::new();
    let store = open(path, &tracker).await;
    store.intake(body::intake(&names(u64::MAX), 1, 0)).await.unwrap();
    drop(store);
    tracker.close();
    tracker.wait().await;
    let database = Connection::open(path).unwrap();
    let total = finished + open_ones;
    let every = total / open_ones;
    let numbers = format!("(with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < {total}) select i from n)");
    let is_open = format!("n.i % {every} = 0");
    let began = format!("{START} + n.i * 1000");
    let statements = [
        "pragma synchronous = off".to_owned(),
        "pragma cache_size = -200000".to_owned(),
        "begin".to_owned(),
        "create temp table one as select * from incidents".to_owned(),
        "create temp table alert as select * from instances".to_owned(),
        "create temp table message as select * from messages".to_owned(),
        "delete from incidents".to_owned(),
        format!("create temp table n as select i from {numbers}"),
        format!(
            "insert into incidents select printf('0190%028x', n.i), printf('6%031x', n.i), source, receiver, group_key, group_labels, external_url, payload, \
             truncated, case when {is_open} then 'firing' else 'resolved' end, severity, title, {began}, {began} + 60000, \
             case when {is_open} then null else {began} + 60000 end, null, null, null from n, one"
        ),
        format!(
            "insert into messages select printf('0191%028x', n.i), printf('0190%028x', n.i), via, printf('chat:oc_%d', n.i % 64), send_name, spec, mentions, \
             phase, case when {is_open} then 'firing' else 'resolved' end, severity, 2, 2, 2, 1, 1, 0, null, 'edit', 0, printf('om_%028x', n.i), 'oc_a', \
             'card', '2.0', {began}, 2, 1, '{{}}', null from n, message"
        ),
        format!(
            "insert into instances select printf('0190%028x', n.i), printf('5%031x', n.i), printf('%08x00000000', n.i), \
             case when {is_open} then 'firing' else 'resolved' end, severity, {began}, alert, json_array(printf('0191%028x', n.i)) from n, alert"
        ),
        format!(
            "insert into attempts (job_id, message_id, at, via, endpoint, http, code, class, log_id, duration_ms, step, revision, note) \
             select printf('0192%028x', n.i), printf('0191%028x', n.i), {began}, 'app:ops', 'send', 200, 0, 'ok', '20261122AAAAAAAAAAAAAAAAAAAAAAAA', 80, '', 2, '' from n"
        ),
        format!(
            "insert into events (id, source, received_at, body, outcome) select printf('0193%028x', n.i), 'am', {began}, randomblob(300), '{{\"applied\":{{}}}}' from n"
        ),
        format!("insert into told select printf('5%031x', n.i), printf('7%031x', n.i), {began} from n where {is_open}"),
        format!(
            "insert into jobs (id, message_id, kind, state, verb, mention, created_at, due_at, attempts, fence, step) \
             select printf('0194%028x', n.i), printf('0191%028x', n.i), 'sync', case when n.i % 10 = 0 then 'dead' else 'ready' end, 'edit', 0, {began}, {began}, \
             0, 0, '' from n where {is_open} and n.i / {every} < {OWED}"
        ),
        "delete from events where length(id) <> 32".to_owned(),
        "commit".to_owned(),
        "pragma wal_checkpoint(truncate)".to_owned(),
    ];
    for sql in statements {
        database.execute_batch(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
    database.close().unwrap();
}

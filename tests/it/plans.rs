//! No statement reads a table that grows from end to end: every statement of the store is explained by SQLite itself.
//!
//! The statements are not listed here. They are read out of the source of the store, with what is put into them, so that
//! a new one is looked at as well; what cannot be resolved fails. `LARKHOOK_SHOW_PLANS=1 cargo test --test it plans --
//! --nocapture` prints every statement with its plan.

use rusqlite::Connection;
use std::collections::BTreeMap;
use std::path::Path;

mod statements;

/// Tables of a size that the configuration decides, not the alerts.
const SMALL: [&str; 2] = ["parked", "usage"];

/// What may read all of something, and why that is no harm: part of the statement, what is read, the reason.
const MAY: &[(&str, &str, &str)] = &[
    (
        "where j.state = 'ready' order by j.created_at",
        "SCAN j USING INDEX jobs_ready",
        "the backlog at the start is every owed effect, and nothing else: the index has only these",
    ),
    ("select (select count(*) from jobs", "SCAN jobs USING COVERING INDEX jobs_ready", "counts what is owed, never what is over"),
    ("select (select count(*) from jobs", "SCAN jobs USING COVERING INDEX jobs_dead", "counts dead letters"),
    ("select (select count(*) from jobs", "SCAN incidents USING COVERING INDEX incidents_open", "counts open incidents, in the index"),
    (
        "select severity, phase, acked_at is not null",
        "SCAN incidents USING COVERING INDEX incidents_open_by_id",
        "counts open incidents by severity and age, in the index",
    ),
    ("select (select count(*) from jobs", "SCAN a USING INDEX attachments_due", "counts what waits to be attached"),
    ("order by a.due_at limit 50", "SCAN a USING INDEX attachments_due", "what waits to be attached, until there are fifty"),
    ("from blobs b where b.kept_at < ?1 or not", "SCAN b", "embedded pictures that wait: 256 MiB in all at the most"),
    ("sum(length(bytes)) over", "SCAN blobs USING INDEX blobs_by_time", "the same; this is what keeps them below that"),
    (
        "where i.phase = 'storm' and m.via = ?1",
        "SCAN i USING COVERING INDEX incidents_of_storms",
        "digests that are not over: one a target at the most, and the index has only these",
    ),
    ("where m.incident_id = ?1", "USE TEMP B-TREE FOR ORDER BY", "what belongs to one incident"),
    ("delete from events where number in", "SCAN events", "the first ones, as many as go at once"),
    ("delete from heard where number in", "SCAN heard", "the first ones, as many as go at once"),
    ("delete from audit where number in", "SCAN audit", "the first ones, as many as go at once"),
    ("delete from attempts where id in", "SCAN attempts", "the first ones, as many as go at once"),
    ("json_extract(m.spec, '$.direct') = 'image'", "SCAN m USING INDEX messages_of_pictures", "pictures that are not sent yet, a few"),
];

fn plan_is_allowed(sql: &str, step: &str, used: &mut [bool]) -> bool {
    let Some(at) = MAY.iter().position(|(part, what, _)| sql.contains(part) && step == *what) else { return false };
    used[at] = true;
    true
}

fn database() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(include_str!("../../migrations/sqlite/0001_initial.sql")).unwrap();
    database
}

/// The first column that a statement without values answers.
fn words(database: &Connection, sql: &str, column: &str) -> Vec<String> {
    let mut statement = database.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    let column = statement.column_index(column).unwrap();
    // Values that are not bound are null: to explain is not to run.
    let mut rows = statement.raw_query();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        all.push(row.get(column).unwrap());
    }
    all
}

/// The steps of a statement's plan.
fn plan(database: &Connection, sql: &str) -> Vec<String> {
    words(database, &format!("explain query plan {sql}"), "detail")
}

/// The tables by the names that a statement gives them.
fn names(sql: &str) -> BTreeMap<String, String> {
    let words: Vec<&str> =
        sql.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '(' || c == ',')).filter(|w| !w.is_empty()).collect();
    let mut names = BTreeMap::new();
    for (at, word) in words.iter().enumerate() {
        let Some(table) = words.get(at + 1).filter(|_| matches!(*word, "from" | "join" | "into" | "update")) else { continue };
        let table = table.trim_end_matches([',', '(']);
        names.insert(table.to_owned(), table.to_owned());
        if let Some(alias) = words.get(at + 2) {
            names.insert(alias.trim_end_matches([',', '(']).to_owned(), table.to_owned());
        }
    }
    names
}

/// Whether a step of a plan goes through all of a table that grows, or sorts before it can stop at a limit.
fn is_heavy(sql: &str, step: &str, tables: &[String]) -> bool {
    if step.starts_with("USE TEMP B-TREE FOR ORDER BY") {
        return sql.contains("limit ");
    }
    let Some(name) = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next()) else { return false };
    let names = names(sql);
    let table = names.get(name).map_or(name, String::as_str);
    tables.iter().any(|known| known == table) && !SMALL.contains(&table)
}

#[test]
fn no_statement_reads_all_of_a_table_that_grows() {
    let database = database();
    let tables = words(&database, "select name from sqlite_master where type = 'table'", "name");
    assert!(tables.len() > 10, "{tables:?}");
    let statements = statements::all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store"));
    assert!(statements.len() > 80, "only {} statements were found", statements.len());
    let indexes = "select name from sqlite_master where type = 'index' and sql is not null";
    let mut idle = words(&database, indexes, "name");
    let (mut heavy, mut used) = (Vec::new(), vec![false; MAY.len()]);
    for statements::Statement { place, sql } in &statements {
        let plan = plan(&database, sql);
        if std::env::var_os("LARKHOOK_SHOW_PLANS").is_some() {
            println!("{place}\n  {sql}\n    {}\n", plan.join("\n    "));
        }
        idle.retain(|index| !plan.iter().any(|step| step.split(' ').any(|word| word == index)));
        for step in plan.iter().filter(|step| is_heavy(sql, step, &tables)) {
            if !plan_is_allowed(sql, step, &mut used) {
                heavy.push(format!("{place}: {step}\n  {sql}"));
            }
        }
    }
    assert!(heavy.is_empty(), "{} steps read too much:\n{}", heavy.len(), heavy.join("\n"));
    let stale: Vec<_> = MAY.iter().zip(used).filter(|(_, used)| !used).map(|(may, _)| may).collect();
    assert!(stale.is_empty(), "nothing does this any more: {stale:#?}");
    // Each index is paid for by every write.
    assert!(idle.is_empty(), "no statement uses these indexes: {idle:?}");
}

#[test]
fn all_statements_are_the_stores() {
    let mut wrong = Vec::new();
    statements::files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |path, text| {
        let is_store = path.to_string_lossy().contains("src/store");
        if !is_store && (text.contains("rusqlite::")) {
            wrong.push(path.display().to_string());
        }
    });
    assert!(wrong.is_empty(), "SQL outside of the store is not looked at: {wrong:?}");
}

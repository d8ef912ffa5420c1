//! Pages of jobs among very many.

use super::*;
use crate::incident::event::Rules;
use crate::store::Options;
use crate::store::pages::LOOK_AT;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tokio_util::task::TaskTracker;

const START: i64 = 1_795_320_610_000;

/// A store with so many dead letters, each a millisecond after the other; every 7000th of another target, and a few that wait.
async fn full(dir: &Path, dead: usize) -> Store {
    let (owed, _) = tokio::sync::mpsc::channel(1);
    let options = Options { path: dir.join("test.db"), rules: Rules { reopen_within: Duration::ZERO }, max_pages: None };
    let store = Store::open(options, owed, &TaskTracker::new()).await.unwrap();
    let mut other = rusqlite::Connection::open(dir.join("test.db")).unwrap();
    let tx = other.transaction().unwrap();
    tx.execute_batch(
        "insert into incidents (id, group_id, source, receiver, group_key, group_labels, external_url, payload, truncated, phase, severity, title, opened_at, \
         heard_at) values ('i', 'g', 'am', '', '', '{}', '', '{}', 0, 'firing', 'warning', 'Disk', 0, 0)",
    )
    .unwrap();
    for n in 0..dead + 3 {
        let at = START + i64::try_from(n).unwrap();
        let id = format!("{at:012x}{n:020x}");
        let target = if n % 7000 == 0 { "chat:oc_rare" } else { "chat:oc_many" };
        let (state, reason) = if n < dead { ("dead", "target 230013: gone") } else { ("ready", "rate 99991400: slow") };
        tx.prepare_cached(
            "insert into messages (id, incident_id, via, target, send_name, spec, mentions, phase, status, severity, revision, wanted, shown, renew, \
             generation, repeats, edit_way, duplicate, updates, replies) values (?1, 'i', 'app:ops', ?2, 'd/0', '{}', '[]', 'living', 'firing', 'warning', \
             1, 1, 0, 1, 0, 0, 'edit', 0, 0, 0)",
        )
        .unwrap()
        .execute((&id, target))
        .unwrap();
        tx.prepare_cached(
            "insert into jobs (id, message_id, kind, state, verb, mention, created_at, due_at, attempts, fence, step, reason) \
             values (?1, ?1, 'sync', ?2, 'edit', 0, ?3, ?3, 1, 0, '', ?4)",
        )
        .unwrap()
        .execute((&id, state, at, reason))
        .unwrap();
    }
    tx.commit().unwrap();
    store
}

/// All pages of a filter: how many, and the ids.
async fn all(store: &Store, filter: JobFilter) -> (usize, Vec<String>) {
    let (mut pages, mut ids, mut before) = (0, Vec::new(), None);
    loop {
        let page = store.jobs(&JobFilter { before, ..filter.clone() }).await.unwrap();
        assert!(page.items.len() <= filter.limit as usize);
        pages += 1;
        ids.extend(page.items.into_iter().map(|job| job.id));
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "no job twice");
    assert!(ids.is_sorted_by(|a, b| a > b), "newest first");
    (pages, ids)
}

#[tokio::test]
async fn a_page_looks_at_so_many_rows_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let store = full(dir.path(), 25_000).await;
    let dead = JobFilter { state: Some(JobState::Dead), limit: 500, ..JobFilter::default() };
    assert_eq!(all(&store, dead.clone()).await.1.len(), 25_000);
    let rare = JobFilter { target: Some("oc_rare".into()), limit: 3, ..dead.clone() };
    let (pages, found) = all(&store, rare.clone()).await;
    assert_eq!((pages, found.len()), (3, 4), "10,000 rows a page: 1, 2 and 1 of them");
    let left = store.jobs_left(&JobFilter { before: None, ..rare }).await.unwrap();
    assert_eq!(left, Left { left: 1, more: true });
    assert_eq!(
        store.jobs_left(&JobFilter { reason: Some("230013".into()), ..dead.clone() }).await.unwrap(),
        Left { left: LOOK_AT, more: true }
    );
    let none = JobFilter { source: Some("grafana".into()), ..dead };
    assert_eq!(all(&store, none).await, (3, Vec::new()));
}

#[tokio::test]
async fn states_times_and_reasons_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let store = full(dir.path(), 40).await;
    let of = |state, limit| JobFilter { state, limit, ..JobFilter::default() };
    assert_eq!(all(&store, of(None, 10)).await.1.len(), 43);
    assert_eq!(all(&store, of(Some(JobState::Ready), 2)).await, (2, all(&store, of(None, 3)).await.1[..3].to_vec()));
    assert_eq!(all(&store, of(Some(JobState::Parked), 2)).await.1.len(), 0);
    let at = |n: i64| Some(crate::util::clock::from_ms(START + n));
    for state in [None, Some(JobState::Dead)] {
        let some = JobFilter { since: at(10), until: at(19), ..of(state, 4) };
        assert_eq!(all(&store, some).await, (3, all(&store, of(None, 100)).await.1[23..33].to_vec()), "{state:?}");
    }
    let waiting = JobFilter { since: at(41), until: at(41), ..of(Some(JobState::Ready), 5) };
    assert_eq!(all(&store, waiting.clone()).await.1.len(), 1);
    assert_eq!(all(&store, JobFilter { reason: Some("rate".into()), ..waiting.clone() }).await.1.len(), 1);
    assert_eq!(all(&store, JobFilter { reason: Some("target".into()), ..waiting }).await.1.len(), 0);
    // What is no cursor finds nothing, and harms nothing.
    let odd = JobFilter { before: Some("odd".into()), ..of(Some(JobState::Ready), 5) };
    assert!(store.jobs(&odd).await.unwrap().items.is_empty());
}

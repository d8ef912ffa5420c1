//! Bodies that share a commit: as if each had come alone, in their order.

use super::{Applied, GroupReport, IncidentFilter, Intake, Operator, Options, SenderGroup, Store};
use crate::alert::{Alert, Extra, Labels, Mode, Severity, Status};
use crate::config::settings::{ContentKind, Lifecycle, Locale, MENTION_ON};
use crate::incident::event::{Event, Place, Report, Reported, Rules};
use crate::incident::state::{Facts, MessageKey, MessageSpec};
use crate::util::clock::from_ms;
use futures_util::future::join_all;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio_util::task::TaskTracker;

const START: i64 = 1_795_320_610_000;

const RULES: Rules = Rules { reopen_within: Duration::from_secs(600) };

struct Open {
    path: std::path::PathBuf,
    store: Store,
    writing: TaskTracker,
    work: tokio::sync::mpsc::Receiver<Vec<crate::outbox::Work>>,
}

async fn open(dir: &Path) -> Open {
    let writing = TaskTracker::new();
    let (owed, work) = tokio::sync::mpsc::channel(256);
    let path = dir.join("test.db");
    let options = Options { path: path.clone(), rules: RULES, max_pages: None };
    Open { path, store: Store::open(options, owed, &writing).await.unwrap(), writing, work }
}

impl Open {
    async fn close(self) {
        drop(self.store);
        self.writing.close();
        self.writing.wait().await;
    }

    /// All at once: while another connection writes they queue, so that the writer finds them together.
    async fn together(&self, intakes: Vec<Intake>) -> Vec<Result<Applied, super::StoreError>> {
        let sent = intakes.len();
        self.held(sent, join_all(intakes.into_iter().map(|intake| self.store.intake(intake)))).await
    }

    /// Runs what sends so many commands while the writer is held up; they share a commit.
    async fn held<T>(&self, sent: usize, commands: impl Future<Output = T>) -> T {
        let queued = |commands: usize| async move {
            while self.store.writes.max_capacity() - self.store.writes.capacity() != commands {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let other = rusqlite::Connection::open(&self.path).unwrap();
        other.execute_batch("begin immediate").unwrap();
        let first = async {
            self.store.configure(RULES).await.unwrap();
        };
        let rest = async {
            // The writer has taken the first one and waits.
            tokio::time::sleep(Duration::from_millis(1)).await;
            queued(0).await;
            let release = async {
                queued(sent).await;
                other.execute_batch("rollback").unwrap();
            };
            tokio::join!(commands, release).0
        };
        tokio::join!(first, rest).1
    }

    fn commits(&self) -> u64 {
        self.store.commits().commits.load(Ordering::Relaxed)
    }
}

/// What one sender says of some alerts, each in one of our groups.
#[derive(Debug, Clone)]
struct Says {
    sender: &'static str,
    mode: Mode,
    truncated: bool,
    alerts: Vec<Said>,
}

#[derive(Debug, Clone)]
struct Said {
    group: u8,
    fingerprint: u8,
    status: Status,
    value: u8,
    worse: bool,
    places: u8,
    picture: bool,
}

fn fires(group: u8, fingerprint: u8, value: u8) -> Said {
    Said { group, fingerprint, status: Status::Firing, value, worse: false, places: 1, picture: false }
}

fn says(alerts: &[Said]) -> Says {
    Says { sender: "am", mode: Mode::Snapshot, truncated: false, alerts: alerts.to_vec() }
}

fn reported(said: &Said, spec: &Arc<MessageSpec>) -> Reported {
    let label = |name: &str, value: String| (name.to_owned(), value);
    let place = |n: u8| Place {
        key: MessageKey { via: "app:ops".to_owned(), target: format!("chat:oc_{n}"), send_name: "r/0".to_owned() },
        spec: Arc::clone(spec),
        mentions: if said.value == 3 { vec!["team:x".to_owned()] } else { Vec::new() },
    };
    let picture = ("imageURL".to_owned(), serde_json::Value::from(format!("https://pictures.example/{}.png", said.value)));
    Reported {
        alert: Alert {
            status: said.status,
            labels: Labels::from([label("alertname", "X".to_owned()), label("instance", said.fingerprint.to_string())]),
            annotations: Labels::from([label("summary", said.value.to_string())]),
            starts_at: from_ms(START),
            ends_at: (said.status == Status::Resolved).then(|| from_ms(START + 1000)),
            generator_url: String::new(),
            fingerprint: said.fingerprint.to_string(),
            extra: said.picture.then_some(picture).into_iter().collect::<Extra>(),
        }
        .into(),
        severity: if said.worse { Severity::Critical } else { Severity::Warning },
        places: (0..said.places).map(place).collect(),
        muted: said.places == 0,
    }
}

fn intake(event: usize, at: i64, says: &Says) -> Intake {
    let spec = Arc::new(MessageSpec {
        direct: None,
        attach: Vec::new(),
        receiver: "r".to_owned(),
        kind: ContentKind::Card,
        template: "incident".to_owned(),
        locale: Locale::Zh,
        mention_on: MENTION_ON.to_vec(),
        lifecycle: (&Lifecycle::default()).into(),
    });
    let listed: BTreeSet<String> = says.alerts.iter().map(|said| said.fingerprint.to_string()).collect();
    let mut groups: BTreeMap<u8, Vec<&Said>> = BTreeMap::new();
    for said in &says.alerts {
        groups.entry(said.group).or_default().push(said);
    }
    let report = |(group, said): (u8, Vec<&Said>)| {
        let here: BTreeSet<String> = said.iter().map(|said| said.fingerprint.to_string()).collect();
        GroupReport {
            group_id: format!("g{group}"),
            report: Report {
                facts: Facts { source: "am".to_owned(), ..Facts::default() }.into(),
                mode: says.mode,
                sender_group: says.sender.to_owned(),
                repeat: false,
                alerts: said.into_iter().map(|said| reported(said, &spec)).collect(),
                elsewhere: listed.difference(&here).cloned().collect(),
            },
        }
    };
    Intake {
        event: format!("e{event}"),
        source: "am".to_owned(),
        at: from_ms(at),
        body: b"{}".to_vec(),
        groups: vec![SenderGroup {
            id: says.sender.to_owned(),
            mode: says.mode,
            digest: (says.mode != Mode::Test).then(|| format!("{:?}{}", says.alerts, says.truncated)),
            truncated: says.truncated,
            listed: listed.clone(),
            reports: groups.into_iter().map(report).collect(),
        }],
        left_out: BTreeMap::new(),
        blobs: Vec::new(),
    }
}

/// Every row but for its random ids.
async fn rows(store: &Store) -> Vec<String> {
    let mut all = Vec::new();
    for sql in [
        "select json_array('incident', group_id, phase, severity, title, truncated, opened_at, heard_at, ended_at, acked_by, acked_at) \
         from incidents order by group_id, opened_at, id",
        "select json_array('instance', i.group_id, i.opened_at, n.sender_group, n.fingerprint, n.state, n.severity, n.changed_at, n.alert, \
         (select json_group_array(target) from (select m.target from messages m where m.id in (select value from json_each(n.messages)) order by m.target))) \
         from instances n join incidents i on i.id = n.incident_id order by i.group_id, i.opened_at, i.id, n.sender_group, n.fingerprint",
        "select json_array('message', i.group_id, i.opened_at, m.via, m.target, m.mentions, m.phase, m.status, m.severity, m.revision, m.wanted, m.shown, \
         m.renew, m.repeats, m.ended_at) from messages m join incidents i on i.id = m.incident_id order by i.group_id, i.opened_at, m.target, m.id",
        "select json_array('job', i.group_id, i.opened_at, m.target, j.kind, j.state, j.verb, j.mention, j.created_at, j.due_at) from jobs j \
         join messages m on m.id = j.message_id join incidents i on i.id = m.incident_id order by i.group_id, i.opened_at, m.target, m.id, j.kind, j.state",
        "select json_array('picture', i.group_id, m.target, a.source, a.state, a.created_at, a.due_at) from attachments a \
         join messages m on m.id = a.message_id join incidents i on i.id = m.incident_id order by i.group_id, i.opened_at, m.target, m.id, a.source",
        "select json_array('told', sender_group, digest, applied_at) from told order by 1",
        "select json_array('told before', sender_group, digest, applied_at) from told_before order by 1",
        "select json_array('event', id, source, received_at, outcome) from events order by 1",
    ] {
        let rows: Vec<(String,)> = store.read(move |tx| super::sql::query(sql).tuples(tx)).await.unwrap();
        all.extend(rows.into_iter().map(|(row,)| row));
    }
    all
}

fn of<'a>(rows: &'a [String], kind: &'a str) -> Vec<&'a str> {
    rows.iter().map(String::as_str).filter(|row| row.starts_with(&format!("[\"{kind}\""))).collect()
}

#[tokio::test]
async fn bodies_of_one_group_in_one_commit_keep_their_order() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path()).await;
    let mut over = fires(0, 1, 9);
    over.status = Status::Resolved;
    let bodies = [says(&[fires(0, 1, 1)]), says(&[fires(0, 1, 2), fires(0, 2, 2)]), says(&[over.clone(), fires(0, 2, 2)])];
    let before = opened.commits();
    let done = opened.together(bodies.iter().enumerate().map(|(n, says)| intake(n, START + n as i64, says)).collect()).await;
    // And the one that held them up.
    assert_eq!(opened.commits() - before, 2);
    let outcomes: Vec<_> = done.into_iter().map(|done| done.unwrap().outcomes.into_keys().next().unwrap()).collect();
    assert_eq!(outcomes, ["opened", "changed", "changed"]);
    let rows = rows(&opened.store).await;
    assert_eq!(of(&rows, "incident").len(), 1);
    let states: Vec<bool> = of(&rows, "instance").iter().map(|row| row.contains("\"firing\"")).collect();
    assert_eq!(states, [false, true], "{rows:#?}");
    assert_eq!((of(&rows, "told").len(), of(&rows, "told before").len()), (1, 2));
    // The other way round the alert fires in the end.
    let done = opened.together(vec![intake(8, START + 10, &says(&[over])), intake(9, START + 11, &says(&[fires(0, 1, 4)]))]).await;
    assert!(done.iter().all(Result::is_ok));
    let incidents = self::rows(&opened.store).await;
    assert!(of(&incidents, "incident")[0].contains("\"firing\""), "{incidents:#?}");
    opened.close().await;
}

#[tokio::test]
async fn twins_in_one_commit_count_once() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path()).await;
    let body = says(&[fires(0, 1, 1)]);
    let before = opened.commits();
    let done = opened.together((0..5).map(|n| intake(n, START, &body)).collect()).await;
    // And the one that held them up.
    assert_eq!(opened.commits() - before, 2);
    let outcomes: Vec<_> = done.into_iter().map(|done| done.unwrap().outcomes.into_keys().next().unwrap()).collect();
    assert_eq!(outcomes, ["opened", "duplicate", "duplicate", "duplicate", "duplicate"]);
    let rows = rows(&opened.store).await;
    assert_eq!((of(&rows, "message").len(), of(&rows, "job").len(), of(&rows, "event").len()), (1, 1, 5));
    assert!(of(&rows, "message")[0].contains(",1,1,0,"), "one revision: {rows:#?}");
    opened.close().await;
}

#[tokio::test]
async fn a_body_that_fails_takes_nothing_of_its_batch_along() {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path()).await;
    opened.store.intake(intake(0, START, &says(&[fires(0, 1, 1)]))).await.unwrap();
    while opened.work.try_recv().is_ok() {}
    // The second one's event is refused: the batch fails, and each is done alone.
    let refuse =
        format!("create trigger refuse before insert on events when new.received_at = {} begin select raise(abort, 'no'); end", START + 2);
    rusqlite::Connection::open(&opened.path).unwrap().execute_batch(&refuse).unwrap();
    let bodies = vec![
        intake(1, START + 1, &says(&[fires(0, 1, 2)])),
        intake(4, START + 2, &says(&[fires(0, 1, 3), fires(1, 2, 3)])),
        intake(2, START + 3, &says(&[fires(0, 1, 4)])),
        intake(3, START + 3, &says(&[fires(0, 1, 4)])),
    ];
    let done = opened.together(bodies).await;
    assert_eq!(done.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, true]);
    assert_eq!(done[3].as_ref().unwrap().outcomes.keys().collect::<Vec<_>>(), [&"duplicate"]);
    let rows = rows(&opened.store).await;
    assert_eq!(of(&rows, "incident").len(), 1, "{rows:#?}");
    assert!(of(&rows, "message")[0].contains(",3,3,0,"), "three revisions, of three bodies: {rows:#?}");
    assert_eq!(of(&rows, "event").len(), 4);
    let mut told = 0;
    while let Ok(work) = opened.work.try_recv() {
        told += work.len();
    }
    assert_eq!(told, 2, "the scheduler hears of what was committed only");
    opened.close().await;
}

#[tokio::test]
async fn what_was_told_before_a_restart_is_known_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path()).await;
    opened.store.intake(intake(0, START, &says(&[fires(0, 1, 1)]))).await.unwrap();
    opened.close().await;
    let opened = open(dir.path()).await;
    let done = opened.together(vec![intake(1, START + 1, &says(&[fires(0, 1, 1)])), intake(2, START + 2, &says(&[fires(0, 1, 2)]))]).await;
    let outcomes: Vec<_> = done.into_iter().map(|done| done.unwrap().outcomes.into_keys().next().unwrap()).collect();
    assert_eq!(outcomes, ["duplicate", "changed"]);
    assert_eq!(of(&rows(&opened.store).await, "incident").len(), 1);
    opened.close().await;
}

#[tokio::test]
async fn other_commands_of_the_batch_see_what_its_bodies_did() {
    let dir = tempfile::tempdir().unwrap();
    let opened = open(dir.path()).await;
    opened.store.intake(intake(0, START, &says(&[fires(0, 1, 1)]))).await.unwrap();
    let id = opened.store.incidents(&IncidentFilter { limit: 1, ..IncidentFilter::default() }).await.unwrap().items.remove(0).id;
    let ack = Operator::Incident { id, event: Event::Ack { by: "li".to_owned() }, at: from_ms(START + 1) };
    let before = opened.commits();
    let body = intake(1, START + 1, &says(&[fires(0, 1, 2)]));
    let both = async { tokio::join!(opened.store.operate(ack), opened.store.intake(body)) };
    let (acked, accepted) = opened.held(2, both).await;
    assert!(acked.unwrap());
    accepted.unwrap();
    // And the one that held them up.
    assert_eq!(opened.commits() - before, 2);
    let rows = rows(&opened.store).await;
    assert!(of(&rows, "message")[0].contains(",3,3,0,") && of(&rows, "incident")[0].contains("\"li\""), "{rows:#?}");
    opened.close().await;
}

fn some_says() -> impl Strategy<Value = Says> {
    let said = (0..3u8, 0..4u8, any::<bool>(), 0..4u8, 0..3u8, prop::bool::weighted(0.2)).prop_map(
        |(group, fingerprint, resolved, value, places, picture)| Said {
            group,
            fingerprint,
            status: if resolved { Status::Resolved } else { Status::Firing },
            value,
            worse: value == 2,
            places,
            picture,
        },
    );
    let mode = prop_oneof![4 => Just(Mode::Snapshot), 2 => Just(Mode::Delta), 1 => Just(Mode::Test)];
    let sender = prop_oneof![Just("am"), Just("other")];
    (sender, mode, prop::bool::weighted(0.2), prop::collection::vec(said, 0..5)).prop_map(|(sender, mode, truncated, mut alerts)| {
        alerts.sort_by_key(|said| said.fingerprint);
        alerts.dedup_by_key(|said| said.fingerprint);
        Says { sender, mode, truncated, alerts }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is said in whatever order: one commit for some at a time leaves the rows that one commit each leaves.
    #[test]
    fn together_is_as_one_by_one(bodies in prop::collection::vec((some_says(), 0..200_000i64), 1..24), size in 2..12usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let (together, alone) = (open(here.path()).await, open(there.path()).await);
            let mut at = START;
            let all: Vec<Intake> = bodies.iter().enumerate().map(|(n, (says, pause))| { at += pause; intake(n, at, says) }).collect();
            for some in all.chunks(size) {
                let mut one_by_one = Vec::new();
                for body in some {
                    one_by_one.push(alone.store.intake(body.clone()).await.unwrap());
                }
                let at_once: Vec<Applied> = together.together(some.to_vec()).await.into_iter().map(Result::unwrap).collect();
                assert_eq!(at_once, one_by_one);
                assert_eq!(rows(&together.store).await, rows(&alone.store).await);
            }
            together.close().await;
            alone.close().await;
        });
    }
}

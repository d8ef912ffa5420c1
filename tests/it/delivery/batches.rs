//! Departments and lists of people: parts of two hundred, nobody missed, nobody twice where the platform can tell.

use super::all_well;
use crate::rig::{CONFIG, Rig};
use larkhook::sandbox::{Action, When};
use std::time::Duration;

fn with(to: &str, teams: &str) -> String {
    CONFIG.replace("chat:oc_default", to).replace("sources:\n", &format!("{teams}sources:\n"))
}

fn team(people: usize) -> String {
    let list: Vec<String> = (0..people).map(|n| format!("open_id:{}", person(n))).collect();
    format!("people: {{ teams: {{ all: [{}] }} }}\n", list.join(", "))
}

fn person(n: usize) -> String {
    format!("ou_{n:032x}")
}

/// Lets the platform's batches run to their end.
async fn delivered(rig: &Rig) {
    all_well(rig).await;
    for _ in 0..10 {
        rig.advance(Duration::from_secs(120));
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// The parts of the alert's own message.
async fn batches(rig: &Rig) -> Vec<larkhook::store::PartView> {
    let incidents = rig.incidents(None).await;
    let incident = incidents.iter().find(|incident| incident.source == "json").unwrap();
    rig.store.incident(&incident.id).await.unwrap().unwrap().batches
}

#[tokio::test]
async fn a_list_gets_one_message_each_in_parts() {
    let rig = Rig::with(&with("'broadcast:[team:all, union_id:on_00000000000000000000000000009999]'", &team(450))).await;
    rig.event("k", "firing", "default", "it burns").await;
    delivered(&rig).await;
    assert_eq!(rig.calls("batch_send").len(), 3);
    let got = rig.sandbox.batch_receipts();
    assert_eq!(got.len(), 451);
    assert!(got.values().all(|count| *count == 1));
    rig.event("k", "resolved", "default", "it is out").await;
    delivered(&rig).await;
    assert!(rig.sandbox.batch_receipts().values().all(|count| *count == 2), "resolved is a message of its own");
}

#[tokio::test]
async fn a_department_is_followed_to_the_end() {
    let rig = Rig::with(&with("department:od-1", "")).await;
    let accepted = rig.event("k", "firing", "default", "it burns").await;
    assert_eq!(accepted.messages, 1);
    delivered(&rig).await;
    assert!(!rig.calls("batch_progress").is_empty());
    let batch = batches(&rig).await.remove(0);
    assert_eq!((batch.state, batch.progress.valid > 0), ("sent", true));
    assert_eq!(batch.progress.success, batch.progress.valid);
    let looks = rig.calls("batch_progress").len();
    rig.sandbox.set_batch_reads(batch.batch_id.as_deref().unwrap(), u64::try_from(batch.progress.valid).unwrap());
    rig.advance(Duration::from_secs(7200));
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if batches(&rig).await[0].progress.read > 0 {
            break;
        }
    }
    let batch = batches(&rig).await.remove(0);
    assert_eq!(batch.progress.read, batch.progress.valid);
    assert!(rig.calls("batch_progress").len() <= looks + 3, "looks grow rare");
}

#[tokio::test]
async fn ids_that_are_unknown_are_told_and_the_others_served() {
    // The sandbox knows no tenant ids that nobody told it of, and nobody at `.invalid`.
    let config = with("'broadcast:[open_id:ou_00000000000000000000000000000001, email:gone@nowhere.invalid, user_id:u1]'", "");
    let rig = Rig::with(&config).await;
    rig.event("k", "firing", "default", "it burns").await;
    delivered(&rig).await;
    assert_eq!(rig.sandbox.batch_receipts().len(), 1);
    let told = rig.told("oc_ops", 1).await;
    assert!(told[0].versions.last().unwrap().content.to_string().contains("user_id:u1"), "{told:?}");
}

#[tokio::test]
async fn a_cut_answer_that_names_its_batch_is_asked_about() {
    let rig = Rig::with(&with("'broadcast:[team:all]'", &team(250))).await;
    rig.fault("batch_send", |fault| {
        fault.when = When::After;
        fault.action = Action::CutBody;
        fault.keep = Some(0.97);
        fault.count = Some(1);
    });
    rig.event("k", "firing", "default", "it burns").await;
    delivered(&rig).await;
    let got = rig.sandbox.batch_receipts();
    assert_eq!(got.len(), 250);
    let shown = (rig.calls("batch_send").len(), rig.calls("batch_progress").len(), rig.sandbox.batches());
    assert!(got.values().all(|count| *count == 1), "nobody twice: the platform was asked: {shown:?}");
    assert_eq!(rig.calls("batch_send").len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_marked() {
    let rig = Rig::with(&with("'broadcast:[team:all]'", &team(250))).await;
    rig.lose_answers("batch_send", 1);
    rig.event("k", "firing", "default", "it burns").await;
    delivered(&rig).await;
    let got = rig.sandbox.batch_receipts();
    assert_eq!(got.len(), 250, "nobody missed");
    let twice = got.values().filter(|count| **count == 2).count();
    assert_eq!(twice, 200, "the first part, of which nobody can tell");
    let marked = rig.sandbox.messages().iter().filter(|m| m.versions[0].content.to_string().contains("可能重复")).count();
    assert_eq!(marked, 200, "those who may get it twice read that");
    let batches = batches(&rig).await;
    assert_eq!(batches.iter().map(|b| b.possible_duplicate).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn a_part_that_is_refused_stops_nobody_else() {
    let rig = Rig::with(&with("'broadcast:[team:all]'", &team(450))).await;
    rig.refuse("batch_send", 11101, 1);
    rig.event("k", "firing", "default", "it burns").await;
    rig.settle().await;
    for _ in 0..10 {
        rig.advance(Duration::from_secs(120));
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(rig.sandbox.batch_receipts().len(), 250);
    let batches = batches(&rig).await;
    assert_eq!(batches.iter().map(|b| b.state).collect::<Vec<_>>(), ["lost", "sent", "sent"]);
    // It is a dead letter, told, and a retry reaches those who were left out, and only them.
    assert!(rig.told("oc_ops", 1).await[0].content().to_string().contains("1 of 3 parts"));
    let dead = rig.jobs().await;
    assert_eq!((dead.len(), dead[0].state.as_str()), (1, "dead"));
    let retry = larkhook::store::Operator::Retry { job: dead[0].id.clone(), at: rig.now() };
    assert!(rig.store.operate(retry).await.unwrap());
    delivered(&rig).await;
    let got = rig.sandbox.batch_receipts();
    assert_eq!((got.len(), got.values().filter(|count| **count == 1).count()), (450, 450));
}

#[tokio::test]
async fn those_whom_nobody_has_are_told_with_the_others() {
    let config = with("'broadcast:[open_id:ou_00000000000000000000000000000001, email:gone@nowhere.invalid]'", "");
    let rig = Rig::with(&config).await;
    rig.event("k", "firing", "default", "it burns").await;
    delivered(&rig).await;
    assert_eq!(rig.sandbox.batch_receipts().len(), 1);
    assert!(rig.told("oc_ops", 1).await[0].content().to_string().contains("email:gone@nowhere.invalid"));
}

#[tokio::test]
async fn newer_news_take_the_place_of_parts_not_sent_yet() {
    let rig = Rig::with(&with("'broadcast:[team:all]'", &team(450))).await;
    rig.fault("batch_send", |fault| fault.code = Some(99_991_400));
    rig.event("k", "firing", "default", "it burns").await;
    rig.settle_within(Duration::from_secs(60)).await;
    rig.event("k", "resolved", "default", "it is out").await;
    rig.settle_within(Duration::from_secs(60)).await;
    rig.sandbox.faults().clear();
    delivered(&rig).await;
    let got = rig.sandbox.batch_receipts();
    assert!(got.len() == 450 && got.values().all(|count| *count == 1), "one message each, the newest");
    let batches = batches(&rig).await;
    let states: Vec<_> = batches.iter().map(|b| (b.generation, b.state)).collect();
    assert_eq!(states[..3], [(2, "sent"), (2, "sent"), (2, "sent")]);
    assert!(states[3..].iter().all(|state| state.1 == "superseded"), "{states:?}");
}

#[tokio::test]
async fn refused_content_becomes_plainer_for_everybody() {
    let rig = Rig::with(&with("'broadcast:[team:all]'", &team(250))).await;
    rig.refuse("batch_send", 11246, 1);
    rig.event("k", "firing", "default", "it burns").await;
    delivered(&rig).await;
    assert_eq!(rig.calls("batch_send").len(), 3, "one refusal, then both parts in the plainer form");
    assert_eq!(rig.sandbox.batch_receipts().len(), 250);
}

#[tokio::test]
async fn the_day_s_cap_parks_the_target() {
    let rig = Rig::with(&with("department:od-1", "")).await;
    rig.refuse("batch_send", 11247, 1);
    rig.event("k", "firing", "default", "it burns").await;
    rig.wait_idle(Duration::from_millis(300)).await;
    assert_eq!(rig.deliverer.status().parked.len(), 1);
    // Until the platform's next day.
    rig.advance(Duration::from_secs(11 * 3600));
    rig.wait_idle(Duration::from_millis(300)).await;
    assert_eq!(rig.calls("batch_send").len(), 1);
    rig.advance(Duration::from_secs(3600));
    delivered(&rig).await;
    assert!(!rig.sandbox.batch_receipts().is_empty());
}

/// Ten thousand people, with answers lost, connections cut and the process killed between commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_people_with_kills_and_lost_answers() {
    const PEOPLE: usize = 10_000;
    let config = with("'broadcast:[team:all]'", &team(PEOPLE));
    let mut rig = Rig::with(&config).await;
    rig.fault("batch_send", |fault| {
        fault.when = When::After;
        fault.action = Action::CutBody;
        fault.keep = Some(0.97);
        fault.probability = Some(0.2);
    });
    rig.fault("batch_send", |fault| {
        fault.when = When::After;
        fault.action = Action::Reset;
        fault.count = Some(4);
    });
    rig.event("k", "firing", "default", "it burns").await;
    for _ in 0..6 {
        tokio::time::sleep(Duration::from_millis(120)).await;
        rig.advance(Duration::from_secs(2));
        rig = rig.restart(&config).await;
    }
    for _ in 0..1500 {
        if rig.jobs().await.is_empty() {
            break;
        }
        rig.advance(Duration::from_secs(2));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    rig.advance(Duration::from_secs(3600));
    assert!(rig.jobs().await.is_empty(), "{:?}", rig.jobs().await);
    let got = rig.sandbox.batch_receipts();
    assert_eq!(got.len(), PEOPLE, "nobody missed");
    let batches = batches(&rig).await;
    assert_eq!(batches.len(), PEOPLE / 200);
    let marked = batches.iter().filter(|b| b.possible_duplicate).count();
    let twice = got.values().filter(|count| **count > 1).count();
    assert!(twice <= marked * 200, "only those that are marked may have it twice: {twice} people, {marked} parts");
    assert!(got.values().all(|count| *count <= 2));
    assert!(marked < batches.len() / 2, "{marked}");
}

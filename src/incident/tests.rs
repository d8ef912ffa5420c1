//! The life of incidents, told as sequences of reports.

use super::event::{Cause, Effect, Event, Outcome, Place, Report, Reported, Rules};
use super::state::{Facts, Incident, MessageKey, MessageSpec, Phase};
use super::step::step;
use crate::alert::{Alert, Extra, Labels, Mode, Severity, State, Status};
use crate::config::settings::{ContentKind, Lifecycle, Locale, MENTION_ON, Verb};
use crate::util::clock::from_ms;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

const RULES: Rules = Rules { reopen_within: Duration::from_secs(600) };
const MINUTE: i64 = 60_000;

struct Story {
    incident: Incident,
    ids: u32,
}

#[derive(Clone)]
struct Line {
    name: &'static str,
    status: Status,
    start: i64,
    severity: Severity,
    targets: Vec<&'static str>,
    muted: bool,
    note: &'static str,
}

fn firing(name: &'static str) -> Line {
    Line { name, status: Status::Firing, start: 0, severity: Severity::Warning, targets: vec!["chat:oc_a"], muted: false, note: "" }
}

fn resolved(name: &'static str) -> Line {
    Line { status: Status::Resolved, ..firing(name) }
}

impl Story {
    fn new() -> Self {
        let incident = Incident {
            id: "i".into(),
            group_id: "g".into(),
            facts: Facts::default().into(),
            phase: Phase::Gone,
            opened_at: from_ms(0),
            heard_at: from_ms(0),
            ended_at: None,
            acked: None,
            instances: BTreeMap::new(),
            messages: Vec::new(),
        };
        Self { incident, ids: 0 }
    }

    fn event(&mut self, event: &Event, at: i64) -> (Outcome, Vec<Effect>) {
        let ids = &mut self.ids;
        step(&mut self.incident, event, RULES, from_ms(at), &mut || {
            *ids += 1;
            format!("m{ids}")
        })
    }

    fn report(&mut self, mode: Mode, lines: &[Line], repeat: bool, truncated: u64, at: i64) -> (Outcome, Vec<Effect>) {
        let alerts = lines.iter().map(reported).collect();
        let facts = Facts { truncated, ..Facts::default() };
        let report = Report { facts: facts.into(), mode, sender_group: "s".into(), repeat, alerts, elsewhere: BTreeSet::new() };
        self.event(&Event::Report(Box::new(report)), at)
    }

    fn snapshot(&mut self, lines: &[Line], at: i64) -> (Outcome, Vec<Effect>) {
        self.report(Mode::Snapshot, lines, false, 0, at)
    }

    fn state(&self, name: &str) -> State {
        self.incident.instances[&("s".to_owned(), name.to_owned())].state
    }
}

fn reported(line: &Line) -> Reported {
    let spec = Arc::new(MessageSpec {
        direct: None,
        receiver: "r".into(),
        kind: ContentKind::Card,
        template: "incident".into(),
        locale: Locale::Zh,
        mention_on: MENTION_ON.to_vec(),
        attach: Vec::new(),
        lifecycle: (&Lifecycle::default()).into(),
    });
    let places = line
        .targets
        .iter()
        .filter(|_| !line.muted)
        .map(|target| Place {
            key: MessageKey {
                via: if target.starts_with("bot:") { (*target).to_owned() } else { "app:ops".to_owned() },
                target: (*target).to_owned(),
                send_name: "r/0".into(),
            },
            spec: Arc::clone(&spec),
            mentions: Vec::new(),
        })
        .collect();
    Reported {
        alert: Alert {
            status: line.status,
            labels: Labels::from([("alertname".to_owned(), line.name.to_owned())]),
            annotations: Labels::from([("note".to_owned(), line.note.to_owned())]),
            starts_at: from_ms(line.start),
            ends_at: (line.status == Status::Resolved).then(|| from_ms(line.start + MINUTE)),
            generator_url: String::new(),
            fingerprint: line.name.to_owned(),
            extra: Extra::new(),
        }
        .into(),
        severity: line.severity,
        places,
        muted: line.muted,
    }
}

/// The debts among effects: `sync m1 fire`, `thread m1 change`, `reply! m1 worse` (with mention).
fn debts(effects: &[Effect]) -> Vec<String> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Sync { message, cause } => Some(format!("sync {message} {}", cause.as_str())),
            Effect::Reply { message, in_thread, mention, cause } => Some(format!(
                "{}{} {message} {}",
                if *in_thread { "thread" } else { "reply" },
                if *mention { "!" } else { "" },
                cause.as_str()
            )),
            _ => None,
        })
        .collect()
}

#[test]
fn fire_join_resolve() {
    let mut story = Story::new();
    let (outcome, effects) = story.snapshot(&[firing("a")], 0);
    assert_eq!((outcome, debts(&effects)), (Outcome::Opened, vec!["sync m1 fire".to_owned()]));
    let (_, effects) = story.snapshot(&[firing("a"), firing("b")], MINUTE);
    assert_eq!(debts(&effects), ["sync m1 change", "thread m1 change"]);
    let (_, effects) = story.snapshot(&[resolved("a"), firing("b")], 2 * MINUTE);
    assert_eq!(debts(&effects), ["sync m1 change", "thread m1 change"]);
    assert_eq!(story.incident.phase, Phase::Firing);
    let (_, effects) = story.snapshot(&[resolved("b")], 3 * MINUTE);
    assert_eq!(debts(&effects), ["sync m1 resolve", "reply m1 resolve"]);
    assert_eq!(story.incident.phase, Phase::Resolved);
    assert_eq!(story.incident.ended_at, Some(from_ms(3 * MINUTE)));
}

#[test]
fn a_silenced_member_is_gone_not_resolved() {
    let mut story = Story::new();
    story.snapshot(&[firing("a"), firing("b")], 0);
    let (_, effects) = story.snapshot(&[firing("b"), firing("c")], MINUTE);
    assert_eq!(story.state("a"), State::Gone);
    assert_eq!(debts(&effects), ["sync m1 change", "thread m1 change"]);
    story.snapshot(&[resolved("b"), resolved("c")], 2 * MINUTE);
    assert_eq!(story.incident.phase, Phase::Resolved, "gone counts neither as firing nor as resolved");
}

#[test]
fn everything_gone_is_not_resolved_and_comes_back() {
    let mut story = Story::new();
    story.snapshot(&[firing("a")], 0);
    story.snapshot(&[], MINUTE);
    assert_eq!(story.incident.phase, Phase::Gone);
    let (_, effects) = story.snapshot(&[firing("a")], 2 * MINUTE);
    assert_eq!(story.incident.phase, Phase::Firing);
    assert_eq!(debts(&effects), ["sync m1 change", "thread m1 change"]);
}

#[test]
fn a_truncated_body_says_nothing_of_what_it_leaves_out() {
    let mut story = Story::new();
    story.snapshot(&[firing("a"), firing("b")], 0);
    story.report(Mode::Snapshot, &[resolved("a")], false, 35, MINUTE);
    assert_eq!((story.state("a"), story.state("b")), (State::Resolved, State::Firing));
    assert_eq!(story.incident.phase, Phase::Firing, "the top-level status lies under max_alerts");
}

#[test]
fn deltas_say_nothing_of_absent_alerts_and_have_no_start_of_their_own() {
    let mut story = Story::new();
    story.report(Mode::Delta, &[firing("a")], false, 0, 0);
    story.report(Mode::Delta, &[Line { start: 5000, ..firing("b") }], false, 0, 5000);
    assert_eq!(story.state("a"), State::Firing);
    let (_, effects) = story.report(Mode::Delta, &[Line { start: 9000, ..firing("a") }], false, 0, 9000);
    assert_eq!(debts(&effects), Vec::<String>::new(), "the same life goes on");
    story.report(Mode::Delta, &[Line { start: 9999, ..resolved("a") }], false, 0, 9999);
    assert_eq!(story.state("a"), State::Resolved);
}

#[test]
fn severity_rises() {
    let mut story = Story::new();
    story.snapshot(&[firing("a")], 0);
    let (_, effects) = story.snapshot(&[firing("a"), Line { severity: Severity::Critical, ..firing("b") }], MINUTE);
    assert_eq!(debts(&effects), ["sync m1 worse", "reply! m1 worse"]);
    let (_, effects) = story.snapshot(&[firing("a"), Line { severity: Severity::Critical, ..resolved("b") }], 2 * MINUTE);
    assert_eq!(debts(&effects), ["sync m1 change", "thread m1 change"], "sinking is no news of its own");
}

#[test]
fn repeats_remind_unless_acknowledged() {
    let mut story = Story::new();
    story.snapshot(&[firing("a")], 0);
    let (outcome, effects) = story.report(Mode::Snapshot, &[firing("a")], true, 0, 240 * MINUTE);
    assert_eq!((outcome, debts(&effects)), (Outcome::Repeated, vec!["reply! m1 repeat".to_owned()]));
    story.event(&Event::Ack { by: "王磊".into() }, 241 * MINUTE);
    let (_, effects) = story.report(Mode::Snapshot, &[firing("a")], true, 0, 480 * MINUTE);
    assert_eq!(debts(&effects), Vec::<String>::new());
    assert_eq!(story.incident.messages[0].repeats, 2);
}

#[test]
fn a_reminder_edits_where_that_is_asked_for() {
    let mut story = Story::new();
    story.snapshot(&[firing("a")], 0);
    story.incident.messages[0].spec.lifecycle.repeat = vec![Verb::Edit];
    let before = story.incident.messages[0].wanted;
    let (_, effects) = story.report(Mode::Snapshot, &[firing("a")], true, 0, 240 * MINUTE);
    assert_eq!(debts(&effects), ["sync m1 repeat"]);
    assert!(story.incident.messages[0].wanted > before);
}

#[test]
fn reopens_with_the_same_message_and_forgets_the_ack() {
    let mut story = Story::new();
    story.snapshot(&[firing("a")], 0);
    story.event(&Event::Ack { by: "x".into() }, 1);
    story.snapshot(&[resolved("a")], MINUTE);
    let (outcome, effects) = story.snapshot(&[Line { start: 2 * MINUTE, ..firing("a") }], 2 * MINUTE);
    assert_eq!((outcome, debts(&effects)), (Outcome::Reopened, vec!["sync m1 reopen".to_owned(), "reply! m1 reopen".to_owned()]));
    assert_eq!(story.incident.instances.len(), 1, "a new life replaces the old one");
    assert_eq!(story.incident.acked, None);
}

#[test]
fn alerts_of_one_group_make_messages_with_their_own_status() {
    let mut story = Story::new();
    let b = || Line { targets: vec!["chat:oc_b"], ..firing("b") };
    story.snapshot(&[firing("a"), b()], 0);
    let (_, effects) = story.snapshot(&[resolved("a"), b()], MINUTE);
    assert_eq!(debts(&effects), ["sync m1 resolve", "reply m1 resolve"]);
    assert_eq!(story.incident.phase, Phase::Firing);
    let statuses: Vec<State> = story.incident.messages.iter().map(|m| m.status).collect();
    assert_eq!(statuses, [State::Resolved, State::Firing]);
    // Much later the first one fires again while the incident lives: a new message, not an old one dug out.
    let (_, effects) = story.snapshot(&[Line { start: 99 * MINUTE, ..firing("a") }, b()], 99 * MINUTE);
    assert_eq!(debts(&effects), ["sync m1 fire"]);
    assert_eq!(story.incident.messages[0].renew, 2);
}

#[test]
fn bots_get_one_new_message_per_event_and_none_for_words() {
    let mut story = Story::new();
    let a = |note| Line { targets: vec!["bot:room"], note, ..firing("a") };
    story.snapshot(&[a("1")], 0);
    let (_, effects) = story.snapshot(&[a("2")], MINUTE);
    assert_eq!(debts(&effects), Vec::<String>::new());
    let (_, effects) = story.snapshot(&[Line { status: Status::Resolved, ..a("2") }], 2 * MINUTE);
    assert_eq!(debts(&effects), ["sync m1 resolve"]);
    assert_eq!(story.incident.messages[0].renew, 2);
}

#[test]
fn words_alone_edit_silently() {
    let mut story = Story::new();
    story.snapshot(&[firing("a")], 0);
    let (_, effects) = story.snapshot(&[Line { note: "93%", ..firing("a") }], MINUTE);
    assert_eq!(debts(&effects), ["sync m1 cosmetic"]);
}

#[test]
fn a_muted_route_keeps_messages_true_and_tells_nobody() {
    let mut story = Story::new();
    story.snapshot(&[firing("a")], 0);
    let (_, effects) = story.snapshot(&[Line { muted: true, ..resolved("a") }], MINUTE);
    assert_eq!(debts(&effects), ["sync m1 resolve"]);
    let mut muted = Story::new();
    let (_, effects) = muted.snapshot(&[Line { muted: true, ..firing("a") }], 0);
    assert!(debts(&effects).is_empty() && muted.incident.messages.is_empty());
}

#[test]
fn what_a_person_recalled_is_left_alone_until_somebody_joins() {
    let mut story = Story::new();
    story.snapshot(&[firing("a")], 0);
    story.incident.messages[0].left = true;
    let (_, effects) = story.snapshot(&[Line { note: "new", ..firing("a") }], MINUTE);
    assert_eq!(debts(&effects), Vec::<String>::new());
    let (_, effects) = story.snapshot(&[firing("a"), firing("b")], 2 * MINUTE);
    assert_eq!(debts(&effects), ["sync m2 fire"]);
}

#[test]
fn a_message_that_nobody_has_seen_goes_elsewhere() {
    let mut s = Story::new();
    s.snapshot(&[firing("a"), firing("b")], 0);
    let key = |target: &str| MessageKey { target: target.to_owned(), ..s.incident.messages[0].key.clone() };
    let (old, there) = (s.incident.messages[0].id.clone(), key("chat:oc_b"));
    let moves = |message: &str| Event::Move { message: message.to_owned(), to: there.clone() };
    assert_eq!(s.event(&moves("m9"), MINUTE).0, Outcome::Unchanged, "there is no such message");
    let (outcome, effects) = s.event(&moves(&old), MINUTE);
    assert_eq!((outcome, debts(&effects)), (Outcome::Changed, vec!["sync m2 fire".to_owned()]));
    let new = &s.incident.messages[1];
    assert_eq!((new.key.target.as_str(), new.status, new.wanted, s.incident.messages[0].left), ("chat:oc_b", State::Firing, 1, true));
    assert_eq!(s.event(&moves(&old), MINUTE).0, Outcome::Unchanged, "it went already");
    // The same alerts do not begin the old one anew, and the new one lives with them.
    let (_, effects) = s.snapshot(&[firing("a"), resolved("b")], 2 * MINUTE);
    assert!(debts(&effects).iter().all(|debt| debt.contains("m2")), "{:?}", debts(&effects));
    let (_, effects) = s.snapshot(&[resolved("a"), resolved("b")], 3 * MINUTE);
    assert_eq!(s.incident.messages[1].status, State::Resolved);
    assert!(debts(&effects).contains(&"sync m2 resolve".to_owned()), "{:?}", debts(&effects));
    s.incident.messages[1].seen = true;
    let seen = Event::Move { message: "m2".into(), to: MessageKey { target: "chat:oc_c".into(), ..there.clone() } };
    assert_eq!(s.event(&seen, MINUTE).0, Outcome::Unchanged, "what people have seen stays where it is");
}

#[test]
fn expiry_closes_quietly() {
    let mut story = Story::new();
    story.snapshot(&[firing("a")], 0);
    let (_, effects) = story.event(&Event::Expire, 25 * 60 * MINUTE);
    assert_eq!(debts(&effects), ["sync m1 cosmetic"]);
    assert_eq!((story.incident.phase, story.state("a")), (Phase::Expired, State::Expired));
    assert_eq!(story.event(&Event::Expire, 26 * 60 * MINUTE).0, Outcome::Unchanged);
}

#[test]
fn a_late_older_life_changes_nothing() {
    let mut story = Story::new();
    story.snapshot(&[Line { start: 5000, ..firing("a") }], 5000);
    let (_, effects) = story.snapshot(&[Line { start: 1000, ..resolved("a") }], 6000);
    assert_eq!(debts(&effects), Vec::<String>::new());
    assert_eq!(story.state("a"), State::Firing);
}

#[test]
fn ended_alerts_are_forgotten_while_others_fire() {
    let mut story = Story::new();
    story.snapshot(&[firing("a"), firing("b")], 0);
    story.snapshot(&[resolved("a"), firing("b")], MINUTE);
    let (_, effects) = story.snapshot(&[firing("b"), firing("c")], 90 * MINUTE);
    assert!(effects.contains(&Effect::DropInstance(("s".into(), "a".into()))));
    assert_eq!(story.incident.instances.len(), 2);
}

#[test]
fn test_notifications_are_one_shot() {
    let mut story = Story::new();
    let (_, effects) = story.report(Mode::Test, &[firing("TestAlert")], false, 0, 0);
    assert_eq!(debts(&effects), ["sync m1 fire"]);
    assert_eq!(story.incident.phase, Phase::Test);
    assert!(!story.incident.open());
}

#[test]
fn causes_are_ordered_by_weight() {
    assert!(
        Cause::Fire > Cause::Reopen && Cause::Reopen > Cause::Resolve && Cause::Worse > Cause::Change && Cause::Repeat > Cause::Cosmetic
    );
}

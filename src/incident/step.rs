//! The step function: state and event to new state and effects.

use super::event::{Cause, Effect, Event, Outcome, Report, Rules};
use super::report::{self, Turn};
use super::state::{Incident, InstanceKey, Message, MessageKey, Phase, worst};
use crate::alert::{Mode, State};
use crate::config::settings::{MentionOn, Verb};
use crate::render::model::{Acked, status_of};
use crate::util::clock::since;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Moves the incident on. `new_id` hands out ids for new messages.
pub fn step(
    incident: &mut Incident,
    event: &Event,
    rules: Rules,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> String,
) -> (Outcome, Vec<Effect>) {
    if incident.phase == Phase::Storm {
        // Nobody's to acknowledge or resolve: it says what waits, and ends with it.
        return (Outcome::Unchanged, Vec::new());
    }
    match event {
        Event::Report(report) => apply_report(incident, report, rules, now, new_id),
        Event::Expire => end_all(incident, State::Expired, now),
        Event::Resolve { by } => {
            incident.acked.get_or_insert_with(|| Acked { by: by.clone(), at: now });
            end_all(incident, State::Resolved, now)
        }
        Event::Ack { by } if incident.acked.is_none() => acked(incident, Some(Acked { by: by.clone(), at: now })),
        Event::Unack if incident.acked.is_some() => acked(incident, None),
        Event::Ack { .. } | Event::Unack => (Outcome::Unchanged, Vec::new()),
        Event::Move { message, to } => move_to(incident, message, to, rules, now, new_id),
    }
}

fn apply_report(
    incident: &mut Incident,
    report: &Report,
    rules: Rules,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> String,
) -> (Outcome, Vec<Effect>) {
    let mut effects = Vec::new();
    let (was, fresh) = (incident.phase, incident.messages.is_empty());
    let turns = report::apply(incident, report, now);
    for key in report::forgettable(incident, now) {
        incident.instances.remove(&key);
        effects.push(Effect::DropInstance(key));
    }
    let placed = place(incident, report, &turns, new_id);
    incident.facts = report.facts.clone();
    incident.heard_at = now;
    settle(incident, report.mode, now);
    for key in turns.keys().chain(&placed.joined_messages) {
        if incident.instances.contains_key(key) {
            effects.push(Effect::SaveInstance(key.clone()));
        }
    }
    effects.dedup();
    let quiet: BTreeSet<InstanceKey> =
        report.alerts.iter().filter(|r| r.muted).map(|r| (report.sender_group.clone(), r.alert.fingerprint.clone())).collect();
    let acked = incident.acked.is_some();
    let instances = std::mem::take(&mut incident.instances);
    let mut repeated = false;
    for message in &mut incident.messages {
        let mine = || instances.iter().filter(|(_, i)| i.messages.contains(&message.id));
        let after = Picture { status: status_of(mine().map(|(_, i)| i.state)), severity: worst(mine().map(|(_, i)| i)) };
        let touched: Vec<(&InstanceKey, Turn)> = mine().filter_map(|(key, _)| Some((key, *turns.get(key)?))).collect();
        let new = placed.new_messages.contains(&message.id);
        let listed = || {
            report.alerts.iter().any(|r| {
                instances.get(&(report.sender_group.clone(), r.alert.fingerprint.clone())).is_some_and(|i| i.messages.contains(&message.id))
            })
        };
        let membership = placed.joined_messages.iter().any(|key| instances.get(key).is_some_and(|i| i.messages.contains(&message.id)));
        let Some(cause) = cause(message, after, &touched, new, membership, report.repeat && listed()) else {
            if message.mentions_changed {
                effects.push(Effect::SaveMessage(message.id.clone()));
            }
            continue;
        };
        repeated |= cause == Cause::Repeat;
        let silent = !touched.is_empty() && touched.iter().all(|(key, _)| quiet.contains(*key)) || cause == Cause::Repeat && acked;
        let reworded = cause == Cause::Repeat && !touched.is_empty();
        advance(message, after, cause, rules, now, Tone { silent, reworded }, &mut effects);
        effects.push(if new { Effect::AddMessage(message.id.clone()) } else { Effect::SaveMessage(message.id.clone()) });
    }
    incident.instances = instances;
    if was == Phase::Resolved && incident.phase == Phase::Firing && !fresh {
        incident.acked = None;
    }
    effects.push(Effect::SaveIncident);
    let outcome = match (fresh, was, incident.phase) {
        (true, _, _) => Outcome::Opened,
        (_, Phase::Resolved, Phase::Firing) => Outcome::Reopened,
        _ if repeated => Outcome::Repeated,
        _ if turns.is_empty() && placed.new_messages.is_empty() => Outcome::Unchanged,
        _ => Outcome::Changed,
    };
    (outcome, effects)
}

/// New messages and memberships that a report made.
#[derive(Default)]
struct Placed {
    new_messages: BTreeSet<String>,
    joined_messages: BTreeSet<InstanceKey>,
}

/// Puts every reported alert into the messages it belongs in; a message that a person recalled is left alone, and only
/// an alert that joins starts a new one in its place.
fn place(incident: &mut Incident, report: &Report, turns: &BTreeMap<InstanceKey, Turn>, new_id: &mut dyn FnMut() -> String) -> Placed {
    let mut placed = Placed::default();
    for reported in &report.alerts {
        let key = (report.sender_group.clone(), reported.alert.fingerprint.clone());
        let Some(instance) = incident.instances.get_mut(&key) else { continue };
        let joined = matches!(turns.get(&key), Some(Turn::Joined | Turn::Arrived));
        for place in &reported.places {
            let living = incident.messages.iter().position(|m| m.key == place.key && !m.left);
            let known = living.or_else(|| incident.messages.iter().rposition(|m| m.key == place.key).filter(|_| !joined));
            let index = known.unwrap_or_else(|| {
                let id = new_id();
                placed.new_messages.insert(id.clone());
                incident.messages.push(Message::new(id, place.key.clone(), (*place.spec).clone()));
                incident.messages.len() - 1
            });
            let message = &mut incident.messages[index];
            for address in &place.mentions {
                message.mentions_changed |= message.mentions.insert(address.clone());
            }
            if instance.messages.insert(message.id.clone()) {
                placed.joined_messages.insert(key.clone());
            }
        }
    }
    placed
}

/// The incident's phase after its instances changed.
fn settle(incident: &mut Incident, mode: Mode, now: Timestamp) {
    let phase = match (mode, incident.status()) {
        (Mode::Test, _) => Phase::Test,
        (_, State::Firing) => Phase::Firing,
        (_, State::Resolved) => Phase::Resolved,
        (_, State::Gone) => Phase::Gone,
        (_, State::Expired) => Phase::Expired,
    };
    if phase != incident.phase || phase == Phase::Test {
        incident.ended_at = matches!(phase, Phase::Resolved | Phase::Expired | Phase::Test).then_some(now);
    }
    incident.phase = phase;
}

#[derive(Debug, Clone, Copy)]
struct Picture {
    status: State,
    severity: crate::alert::Severity,
}

#[derive(Debug, Clone, Copy)]
struct Tone {
    /// Nobody is told: muted now, or a reminder of something acknowledged.
    silent: bool,
    /// A reminder that also brings new words or values.
    reworded: bool,
}

fn cause(message: &Message, after: Picture, touched: &[(&InstanceKey, Turn)], new: bool, membership: bool, repeat: bool) -> Option<Cause> {
    if new {
        return Some(Cause::Fire);
    }
    if message.left {
        return None;
    }
    let joined_or_left = touched.iter().any(|(_, turn)| *turn != Turn::Reworded);
    match (message.status, after.status) {
        (State::Resolved, State::Firing) => Some(Cause::Reopen),
        (before, State::Resolved) if before != State::Resolved => Some(Cause::Resolve),
        (before, now) if before != now => Some(Cause::Change),
        (State::Firing, _) if after.severity > message.severity => Some(Cause::Worse),
        _ if joined_or_left || membership => Some(Cause::Change),
        (State::Firing, _) if repeat => Some(Cause::Repeat),
        _ if !touched.is_empty() => Some(Cause::Cosmetic),
        _ => None,
    }
}

/// Moves one message on and says what it is owed.
fn advance(message: &mut Message, after: Picture, cause: Cause, rules: Rules, now: Timestamp, tone: Tone, effects: &mut Vec<Effect>) {
    // A message that ended long ago while its incident went on: a new life is a new message.
    let stale = message.ended_at.is_some_and(|at| since(at, now) > rules.reopen_within);
    let cause = if cause == Cause::Reopen && stale { Cause::Fire } else { cause };
    message.status = after.status;
    message.severity = after.severity;
    message.ended_at = match after.status {
        State::Resolved | State::Expired => message.ended_at.or(Some(now)),
        State::Firing | State::Gone => None,
    };
    if cause == Cause::Repeat {
        message.repeats += 1;
    }
    if cause != Cause::Repeat || tone.reworded {
        message.revision += 1;
    }
    let mut verbs = verbs(message, cause);
    if cause == Cause::Repeat && !tone.reworded && verbs.contains(&Verb::Edit) {
        // Asked for: the card says that it was reminded of.
        message.revision += 1;
    }
    if tone.reworded && message.spec.lifecycle.change.contains(&Verb::Edit) {
        verbs.insert(Verb::Edit);
    }
    if tone.silent && cause != Cause::Fire {
        verbs.retain(|verb| *verb == Verb::Edit);
    }
    if message.key.only_new() {
        // What cannot be edited or answered is sent anew; words alone are not worth a message.
        let worth = !verbs.is_empty() && cause != Cause::Cosmetic && !(tone.silent && cause != Cause::Fire);
        verbs = if worth { BTreeSet::from([Verb::New]) } else { BTreeSet::new() };
    }
    if verbs.contains(&Verb::New) {
        message.renew += 1;
    }
    if verbs.contains(&Verb::New) || verbs.contains(&Verb::Edit) {
        message.wanted = message.revision.max(1);
        effects.push(Effect::Sync { message: message.id.clone(), cause });
    }
    if verbs.contains(&Verb::Thread) || verbs.contains(&Verb::Reply) {
        let mention = match cause {
            Cause::Worse => message.spec.mention_on.contains(&MentionOn::Worse),
            Cause::Reopen => message.spec.mention_on.contains(&MentionOn::Reopen),
            Cause::Repeat => message.spec.mention_on.contains(&MentionOn::Repeat),
            Cause::Fire | Cause::Resolve | Cause::Change | Cause::Cosmetic => false,
        };
        let in_thread = !verbs.contains(&Verb::Reply);
        effects.push(Effect::Reply { message: message.id.clone(), in_thread, mention, cause });
    }
}

fn verbs(message: &Message, cause: Cause) -> BTreeSet<Verb> {
    let lifecycle = &message.spec.lifecycle;
    let list: &[Verb] = match cause {
        Cause::Fire => &[Verb::New],
        Cause::Reopen => &lifecycle.reopen,
        Cause::Resolve => &lifecycle.resolve,
        Cause::Worse => &lifecycle.worse,
        Cause::Change => &lifecycle.change,
        Cause::Repeat => &lifecycle.repeat,
        Cause::Cosmetic if lifecycle.change.contains(&Verb::Edit) => &[Verb::Edit],
        Cause::Cosmetic => &[],
    };
    list.iter().copied().collect()
}

/// Ends everything that is not over: by expiry or by hand.
fn end_all(incident: &mut Incident, state: State, now: Timestamp) -> (Outcome, Vec<Effect>) {
    if !incident.open() {
        return (Outcome::Unchanged, Vec::new());
    }
    let mut effects = vec![Effect::SaveIncident];
    for (key, instance) in &mut incident.instances {
        if matches!(instance.state, State::Firing | State::Gone) {
            instance.state = state;
            instance.changed_at = now;
            if state == State::Resolved {
                Arc::make_mut(&mut instance.alert).ends_at = Some(now);
            }
            effects.push(Effect::SaveInstance(key.clone()));
        }
    }
    settle(incident, Mode::Delta, now);
    let instances = std::mem::take(&mut incident.instances);
    for message in incident.messages.iter_mut().filter(|m| !m.left) {
        let mine = instances.values().filter(|i| i.messages.contains(&message.id));
        let after = Picture { status: status_of(mine.clone().map(|i| i.state)), severity: worst(mine) };
        if after.status == message.status {
            continue;
        }
        let cause = if state == State::Expired { Cause::Cosmetic } else { Cause::Resolve };
        let tone = Tone { silent: state == State::Expired, reworded: false };
        advance(message, after, cause, Rules { reopen_within: std::time::Duration::ZERO }, now, tone, &mut effects);
        effects.push(Effect::SaveMessage(message.id.clone()));
    }
    incident.instances = instances;
    (Outcome::Changed, effects)
}

/// Takes or gives back: every message says so.
fn acked(incident: &mut Incident, acked: Option<Acked>) -> (Outcome, Vec<Effect>) {
    incident.acked = acked;
    let mut effects = vec![Effect::SaveIncident];
    for message in incident.messages.iter_mut().filter(|m| !m.left && !m.key.only_new()) {
        message.revision += 1;
        message.wanted = message.revision;
        effects.push(Effect::Sync { message: message.id.clone(), cause: Cause::Cosmetic });
        effects.push(Effect::SaveMessage(message.id.clone()));
    }
    (Outcome::Changed, effects)
}

/// Another message takes the place of one that nobody has seen; that one is left alone, so that the same alerts do not begin it anew.
fn move_to(
    incident: &mut Incident,
    message: &str,
    to: &MessageKey,
    rules: Rules,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> String,
) -> (Outcome, Vec<Effect>) {
    let taken = incident.messages.iter().any(|m| m.key == *to && !m.left);
    let old = incident.messages.iter_mut().find(|m| m.id == message && !m.left && !m.seen);
    let Some(old) = old.filter(|_| !taken) else { return (Outcome::Unchanged, Vec::new()) };
    old.left = true;
    let mut new = Message::new(new_id(), to.clone(), old.spec.clone());
    new.mentions = old.mentions.clone();
    let mut effects = vec![Effect::AddMessage(new.id.clone())];
    for (key, instance) in incident.instances.iter_mut().filter(|(_, i)| i.messages.contains(message)) {
        instance.messages.insert(new.id.clone());
        effects.push(Effect::SaveInstance(key.clone()));
    }
    let mine = incident.instances.values().filter(|i| i.messages.contains(&new.id));
    let after = Picture { status: status_of(mine.clone().map(|i| i.state)), severity: worst(mine) };
    advance(&mut new, after, Cause::Fire, rules, now, Tone { silent: false, reworded: false }, &mut effects);
    incident.messages.push(new);
    (Outcome::Changed, effects)
}

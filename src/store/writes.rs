//! What the steps of a transaction leave to be written, each row once and with its last values.

use super::error::to_json;
use super::sql::{self, Db};
use super::{StoreError, attachments};
use crate::incident::event::{Cause, Effect};
use crate::incident::pictures::Wanted;
use crate::incident::state::{Incident, Instance, InstanceKey, Message};
use crate::outbox::{JobKind, Rank, Work};
use crate::util::id::new_id;
use jiff::Timestamp;
use rusqlite::params;
use std::collections::{BTreeMap, BTreeSet};

/// Names of changed rows; their values are those of the incidents at the end.
#[derive(Default)]
pub(super) struct Writes {
    incidents: BTreeSet<String>,
    /// By incident and id.
    messages: BTreeSet<(String, String)>,
    instances: BTreeSet<(String, InstanceKey)>,
    /// By message and kind.
    jobs: BTreeMap<(String, &'static str), Job>,
    /// Given up ones of these messages and kinds are replaced.
    replaced: BTreeSet<(String, &'static str)>,
    pictures: Vec<(String, Vec<Wanted>, Timestamp)>,
}

struct Job {
    verb: &'static str,
    mention: bool,
    created_at: Timestamp,
}

impl Writes {
    /// Notes the effects of one step, and tells what is owed.
    pub fn note(&mut self, incident: &Incident, effects: &[Effect], now: Timestamp, owed: &mut Vec<Work>) {
        let message = |id: &String| incident.messages.iter().find(|m| m.id == *id);
        for effect in effects {
            match effect {
                Effect::SaveIncident => {
                    self.incidents.insert(incident.id.clone());
                }
                Effect::AddMessage(id) | Effect::SaveMessage(id) => {
                    self.messages.insert((incident.id.clone(), id.clone()));
                }
                Effect::SaveInstance(key) | Effect::DropInstance(key) => {
                    self.instances.insert((incident.id.clone(), key.clone()));
                }
                Effect::Sync { message: id, cause } => {
                    if let Some(message) = message(id) {
                        let wanted = attachments::wanted(incident, message);
                        if !wanted.is_empty() {
                            self.pictures.push((message.id.clone(), wanted, now));
                        }
                        self.owe(message, JobKind::Sync, *cause, "edit", false, now, owed);
                    }
                }
                Effect::Reply { message: id, in_thread, mention, cause } => {
                    if let Some(message) = message(id) {
                        let verb = if *in_thread { "thread" } else { "reply" };
                        self.owe(message, JobKind::Reply, *cause, verb, *mention, now, owed);
                    }
                }
            }
        }
    }

    /// One more owed effect: joins the one that waits, or replaces one that was given up.
    #[allow(clippy::too_many_arguments)]
    fn owe(
        &mut self,
        message: &Message,
        kind: JobKind,
        cause: Cause,
        verb: &'static str,
        mention: bool,
        now: Timestamp,
        owed: &mut Vec<Work>,
    ) {
        let key = (message.id.clone(), kind.as_str());
        if cause != Cause::Fire {
            self.replaced.insert(key.clone());
        }
        // Joins as the statement does that meets a row.
        let job = self.jobs.entry(key).or_insert(Job { verb, mention, created_at: now });
        job.verb = if verb == "reply" { verb } else { job.verb };
        job.mention |= mention;
        let rank = match (kind, cause) {
            (JobKind::Reply, _) => Rank::Reply,
            (_, Cause::Fire) => Rank::First,
            _ if !message.seen => Rank::First,
            (_, Cause::Cosmetic) => Rank::Cosmetic,
            _ => Rank::Edit,
        };
        owed.push(Work {
            message: message.id.clone(),
            via: message.key.via.clone(),
            target: message.key.target.clone(),
            severity: message.severity,
            rank,
            due_at: now,
            since: now,
        });
    }

    /// Writes it all, in the order that foreign keys want: incidents, messages, instances, jobs.
    pub fn flush(self, tx: &Db, incidents: &BTreeMap<String, Incident>, heard: &BTreeMap<String, i64>) -> Result<(), StoreError> {
        let changed: Vec<(&Incident, Option<i64>)> =
            self.incidents.iter().filter_map(|id| Some((incidents.get(id)?, heard.get(id).copied()))).collect();
        save_incidents(tx, &changed)?;
        let message = |(incident, id): &'_ (String, String)| {
            let incident = incidents.get(incident)?;
            Some((incident.id.as_str(), find(incident, id)?))
        };
        save_messages(tx, self.messages.iter().filter_map(message))?;
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for (incident, key) in &self.instances {
            match incidents.get(incident).and_then(|i| i.instances.get(key)) {
                Some(instance) => kept.push((incident.as_str(), key, instance)),
                None => dropped.push((incident, key)),
            }
        }
        save_instances(tx, &kept)?;
        for (incident, key) in dropped {
            let sql = "delete from instances where incident_id = ?1 and sender_group = ?2 and fingerprint = ?3";
            sql::query(sql).bind(incident).bind(&key.0).bind(&key.1).execute(tx)?;
        }
        for (message, kind) in &self.replaced {
            sql::query("delete from jobs where message_id = ?1 and kind = ?2 and state = 'dead'").bind(message).bind(*kind).execute(tx)?;
        }
        save_jobs(tx, &self.jobs)?;
        for (message, wanted, at) in &self.pictures {
            attachments::want(tx, message, wanted, *at)?;
        }
        Ok(())
    }
}

fn find<'a>(incident: &'a Incident, message: &str) -> Option<&'a Message> {
    incident.messages.iter().find(|m| m.id == message)
}

fn save_incidents(tx: &Db, rows: &[(&Incident, Option<i64>)]) -> Result<(), StoreError> {
    let mut save = tx.prepare_cached(
        "insert into incidents (id, group_id, source, receiver, group_key, group_labels, external_url, payload, truncated, phase, severity, \
         title, opened_at, heard_at, ended_at, acked_by, acked_at, heard) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) \
         on conflict (id) do update set receiver = excluded.receiver, group_labels = excluded.group_labels, external_url = excluded.external_url, \
         payload = excluded.payload, truncated = excluded.truncated, phase = excluded.phase, severity = excluded.severity, title = excluded.title, \
         heard_at = excluded.heard_at, ended_at = excluded.ended_at, acked_by = excluded.acked_by, acked_at = excluded.acked_at, \
         heard = excluded.heard",
    )?;
    for (incident, heard) in rows {
        let first = incident.instances.values().next();
        let title = first.and_then(|i| i.alert.labels.get("alertname")).map_or("", String::as_str);
        save.execute(params![
            incident.id,
            incident.group_id,
            incident.facts.source,
            incident.facts.receiver,
            incident.facts.group_key,
            to_json(&incident.facts.group_labels),
            incident.facts.external_url,
            to_json(&incident.facts.payload),
            i64::try_from(incident.facts.truncated).unwrap_or(i64::MAX),
            incident.phase.as_str(),
            incident.severity().as_str(),
            title,
            incident.opened_at.as_millisecond(),
            incident.heard_at.as_millisecond(),
            incident.ended_at.map(Timestamp::as_millisecond),
            incident.acked.as_ref().map(|a| a.by.as_str()),
            incident.acked.as_ref().map(|a| a.at.as_millisecond()),
            heard,
        ])?;
    }
    Ok(())
}

/// A message that is there keeps what delivery owns of its row.
fn save_messages<'a>(tx: &Db, rows: impl Iterator<Item = (&'a str, &'a Message)>) -> Result<(), StoreError> {
    let mut save = tx.prepare_cached(
        "insert into messages (id, incident_id, via, target, send_name, spec, mentions, status, severity, revision, wanted, renew, repeats, \
         ended_at, phase, shown, generation, edit_way, duplicate, updates, replies) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, 'living', 0, 0, 'edit', 0, 0, 0) \
         on conflict (id) do update set mentions = excluded.mentions, status = excluded.status, severity = excluded.severity, \
         revision = excluded.revision, wanted = excluded.wanted, renew = excluded.renew, repeats = excluded.repeats, ended_at = excluded.ended_at",
    )?;
    for (incident, message) in rows {
        save.execute(params![
            message.id,
            incident,
            message.key.via,
            message.key.target,
            message.key.send_name,
            to_json(&message.spec),
            to_json(&message.mentions),
            message.status.as_str(),
            message.severity.as_str(),
            message.revision,
            message.wanted,
            message.renew,
            message.repeats,
            message.ended_at.map(Timestamp::as_millisecond),
        ])?;
    }
    Ok(())
}

fn save_instances(tx: &Db, rows: &[(&str, &InstanceKey, &Instance)]) -> Result<(), StoreError> {
    let mut save = tx.prepare_cached(
        "insert into instances (incident_id, sender_group, fingerprint, state, severity, changed_at, alert, messages) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
         on conflict (incident_id, sender_group, fingerprint) do update set state = excluded.state, severity = excluded.severity, \
         changed_at = excluded.changed_at, alert = excluded.alert, messages = excluded.messages",
    )?;
    for (incident, key, instance) in rows {
        save.execute(params![
            incident,
            key.0,
            key.1,
            instance.state.as_str(),
            instance.severity.as_str(),
            instance.changed_at.as_millisecond(),
            to_json(&instance.alert),
            to_json(&instance.messages),
        ])?;
    }
    Ok(())
}

fn save_jobs(tx: &Db, jobs: &BTreeMap<(String, &'static str), Job>) -> Result<(), StoreError> {
    let mut save = tx.prepare_cached(
        "insert into jobs (id, message_id, kind, verb, mention, created_at, due_at, state, attempts, fence, step) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?6, 'ready', 0, 0, '') on conflict (message_id, kind, state) do update set \
         verb = case when excluded.verb = 'reply' then 'reply' else jobs.verb end, \
         mention = case when excluded.mention = 0 then jobs.mention when jobs.lease_until is null then 1 else 2 end, \
         unknown_since = case when jobs.call is null then null else jobs.unknown_since end",
    )?;
    for ((message, kind), job) in jobs {
        save.execute(params![new_id(), message, kind, job.verb, job.mention, job.created_at.as_millisecond()])?;
    }
    Ok(())
}

//! What the steps of a transaction leave to be written, each row once and with its last values.

use super::error::to_json;
use super::{StoreError, attachments, bulk};
use crate::incident::event::{Cause, Effect};
use crate::incident::pictures::Wanted;
use crate::incident::state::{Incident, Instance, InstanceKey, Message};
use crate::outbox::{JobKind, Rank, Work};
use crate::util::id::new_id;
use jiff::Timestamp;
use sqlx::SqliteConnection;
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
    pub async fn flush(self, tx: &mut SqliteConnection, incidents: &BTreeMap<String, Incident>) -> Result<(), StoreError> {
        let changed: Vec<&Incident> = self.incidents.iter().filter_map(|id| incidents.get(id)).collect();
        save_incidents(tx, &changed).await?;
        let message = |(incident, id): &(String, String)| Some((incident.clone(), find(incidents.get(incident)?, id)?));
        save_messages(tx, &self.messages.iter().filter_map(message).collect::<Vec<_>>()).await?;
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for (incident, key) in &self.instances {
            match incidents.get(incident).and_then(|i| i.instances.get(key)) {
                Some(instance) => kept.push((incident.as_str(), key, instance)),
                None => dropped.push((incident, &key.0, &key.1)),
            }
        }
        save_instances(tx, &kept).await?;
        if !dropped.is_empty() {
            delete(
                tx,
                "delete from instances where (incident_id, sender_group, fingerprint) in \
                 (select value ->> 0, value ->> 1, value ->> 2 from json_each($1))",
                &to_json(&dropped),
            )
            .await?;
        }
        if !self.replaced.is_empty() {
            let sql =
                "delete from jobs where state = 'dead' and (message_id, kind) in (select value ->> 0, value ->> 1 from json_each($1))";
            delete(tx, sql, &to_json(&self.replaced)).await?;
        }
        save_jobs(tx, &self.jobs.iter().collect::<Vec<_>>()).await?;
        for (message, wanted, at) in &self.pictures {
            attachments::want(tx, message, wanted, *at).await?;
        }
        Ok(())
    }
}

fn find<'a>(incident: &'a Incident, message: &str) -> Option<&'a Message> {
    incident.messages.iter().find(|m| m.id == message)
}

async fn delete(tx: &mut SqliteConnection, sql: &'static str, names: &str) -> Result<(), StoreError> {
    sqlx::query(sql).bind(names).execute(tx).await?;
    Ok(())
}

async fn save_incidents(tx: &mut SqliteConnection, rows: &[&Incident]) -> Result<(), StoreError> {
    bulk::insert(
        tx,
        "insert into incidents (id, group_id, source, receiver, group_key, group_labels, external_url, payload, truncated, phase, severity, \
         title, opened_at, heard_at, ended_at, acked_by, acked_at) ",
        " on conflict (id) do update set receiver = excluded.receiver, group_labels = excluded.group_labels, external_url = excluded.external_url, \
         payload = excluded.payload, truncated = excluded.truncated, phase = excluded.phase, severity = excluded.severity, title = excluded.title, \
         heard_at = excluded.heard_at, ended_at = excluded.ended_at, acked_by = excluded.acked_by, acked_at = excluded.acked_at",
        rows,
        |row, incident| {
            let first = incident.instances.values().next();
            let title = first.and_then(|i| i.alert.labels.get("alertname")).map_or("", String::as_str);
            row.push_bind(&incident.id)
                .push_bind(&incident.group_id)
                .push_bind(&incident.facts.source)
                .push_bind(&incident.facts.receiver)
                .push_bind(&incident.facts.group_key)
                .push_bind(to_json(&incident.facts.group_labels))
                .push_bind(&incident.facts.external_url)
                .push_bind(to_json(&incident.facts.payload))
                .push_bind(i64::try_from(incident.facts.truncated).unwrap_or(i64::MAX))
                .push_bind(incident.phase.as_str())
                .push_bind(incident.severity().as_str())
                .push_bind(title)
                .push_bind(incident.opened_at.as_millisecond())
                .push_bind(incident.heard_at.as_millisecond())
                .push_bind(incident.ended_at.map(Timestamp::as_millisecond))
                .push_bind(incident.acked.as_ref().map(|a| a.by.as_str()))
                .push_bind(incident.acked.as_ref().map(|a| a.at.as_millisecond()));
        },
    )
    .await
}

/// A message that is there keeps what delivery owns of its row.
async fn save_messages(tx: &mut SqliteConnection, rows: &[(String, &Message)]) -> Result<(), StoreError> {
    bulk::insert(
        tx,
        "insert into messages (id, incident_id, via, target, send_name, spec, mentions, status, severity, revision, wanted, renew, repeats, \
         ended_at, phase, shown, generation, edit_way, duplicate, updates, replies) ",
        " on conflict (id) do update set mentions = excluded.mentions, status = excluded.status, severity = excluded.severity, \
         revision = excluded.revision, wanted = excluded.wanted, renew = excluded.renew, repeats = excluded.repeats, ended_at = excluded.ended_at",
        rows,
        |row, (incident, message)| {
            row.push_bind(&message.id)
                .push_bind(incident)
                .push_bind(&message.key.via)
                .push_bind(&message.key.target)
                .push_bind(&message.key.send_name)
                .push_bind(to_json(&message.spec))
                .push_bind(to_json(&message.mentions))
                .push_bind(message.status.as_str())
                .push_bind(message.severity.as_str())
                .push_bind(message.revision)
                .push_bind(message.wanted)
                .push_bind(message.renew)
                .push_bind(message.repeats)
                .push_bind(message.ended_at.map(Timestamp::as_millisecond))
                .push("'living', 0, 0, 'edit', 0, 0, 0");
        },
    )
    .await
}

async fn save_instances(tx: &mut SqliteConnection, rows: &[(&str, &InstanceKey, &Instance)]) -> Result<(), StoreError> {
    bulk::insert(
        tx,
        "insert into instances (incident_id, sender_group, fingerprint, state, severity, changed_at, alert, messages) ",
        " on conflict (incident_id, sender_group, fingerprint) do update set state = excluded.state, severity = excluded.severity, \
         changed_at = excluded.changed_at, alert = excluded.alert, messages = excluded.messages",
        rows,
        |row, (incident, key, instance)| {
            row.push_bind(*incident)
                .push_bind(&key.0)
                .push_bind(&key.1)
                .push_bind(instance.state.as_str())
                .push_bind(instance.severity.as_str())
                .push_bind(instance.changed_at.as_millisecond())
                .push_bind(to_json(&instance.alert))
                .push_bind(to_json(&instance.messages));
        },
    )
    .await
}

async fn save_jobs(tx: &mut SqliteConnection, jobs: &[(&(String, &'static str), &Job)]) -> Result<(), StoreError> {
    bulk::insert(
        tx,
        "insert into jobs (id, message_id, kind, verb, mention, created_at, due_at, state, attempts, fence, step) ",
        " on conflict (message_id, kind) where state = 'ready' do update set \
         verb = case when excluded.verb = 'reply' then 'reply' else jobs.verb end, \
         mention = case when excluded.mention = 0 then jobs.mention when jobs.lease_until is null then 1 else 2 end, \
         unknown_since = case when jobs.call is null then null else jobs.unknown_since end",
        jobs,
        |row, ((message, kind), job)| {
            let at = job.created_at.as_millisecond();
            row.push_bind(new_id())
                .push_bind(message)
                .push_bind(*kind)
                .push_bind(job.verb)
                .push_bind(i64::from(job.mention))
                .push_bind(at)
                .push_bind(at)
                .push("'ready', 0, 0, ''");
        },
    )
    .await
}

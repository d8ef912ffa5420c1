//! Incident rows to the state machine's [`Incident`] and its effects back to rows.

use super::StoreError;
use super::error::{json, to_json};
use crate::alert::{Severity, State};
use crate::incident::event::{Cause, Effect};
use crate::incident::state::{Facts, Incident, Instance, Message, MessageKey, Phase};
use crate::outbox::{JobKind, Rank, Work};
use crate::render::model::Acked;
use crate::util::clock::from_ms;
use crate::util::id::new_id;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, HashMap};

#[derive(sqlx::FromRow)]
struct IncidentRow {
    id: String,
    group_id: String,
    source: String,
    receiver: String,
    group_key: String,
    group_labels: String,
    external_url: String,
    payload: String,
    truncated: i64,
    phase: String,
    opened_at: i64,
    heard_at: i64,
    ended_at: Option<i64>,
    acked_by: Option<String>,
    acked_at: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct InstanceRow {
    sender_group: String,
    fingerprint: String,
    state: String,
    severity: String,
    changed_at: i64,
    alert: String,
    messages: String,
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: String,
    via: String,
    target: String,
    send_name: String,
    spec: String,
    mentions: String,
    phase: String,
    status: String,
    severity: String,
    revision: i64,
    wanted: i64,
    renew: i64,
    repeats: i64,
    ended_at: Option<i64>,
}

pub(super) fn parse_state(word: &str) -> State {
    match word {
        "firing" => State::Firing,
        "resolved" => State::Resolved,
        "expired" => State::Expired,
        _ => State::Gone,
    }
}

pub(super) fn parse_phase(word: &str) -> Phase {
    match word {
        "firing" => Phase::Firing,
        "resolved" => Phase::Resolved,
        "expired" => Phase::Expired,
        "test" => Phase::Test,
        _ => Phase::Gone,
    }
}

pub(super) fn parse_severity(word: &str) -> Severity {
    Severity::ALL.into_iter().find(|s| s.as_str() == word).unwrap_or(Severity::Warning)
}

/// The incident of a group: the one that is open, else the newest. Test notifications are nobody's.
pub(super) async fn newest_of(tx: &mut SqliteConnection, group_id: &str) -> Result<Option<Incident>, StoreError> {
    let row: Option<IncidentRow> = sqlx::query_as(
        "select id, group_id, source, receiver, group_key, group_labels, external_url, payload, truncated, phase, opened_at, heard_at, \
         ended_at, acked_by, acked_at from incidents where group_id = $1 and phase <> 'test' \
         order by case when phase in ('firing', 'gone') then 0 else 1 end, opened_at desc, id desc limit 1",
    )
    .bind(group_id)
    .fetch_optional(&mut *tx)
    .await?;
    match row {
        Some(row) => Ok(Some(load(tx, row).await?)),
        None => Ok(None),
    }
}

/// One incident by id.
pub(super) async fn by_id(tx: &mut SqliteConnection, id: &str) -> Result<Option<Incident>, StoreError> {
    let row: Option<IncidentRow> = sqlx::query_as(
        "select id, group_id, source, receiver, group_key, group_labels, external_url, payload, truncated, phase, opened_at, heard_at, \
         ended_at, acked_by, acked_at from incidents where id = $1",
    )
    .bind(id)
    .fetch_optional(&mut *tx)
    .await?;
    match row {
        Some(row) => Ok(Some(load(tx, row).await?)),
        None => Ok(None),
    }
}

async fn load(tx: &mut SqliteConnection, row: IncidentRow) -> Result<Incident, StoreError> {
    let instances: Vec<InstanceRow> = sqlx::query_as(
        "select sender_group, fingerprint, state, severity, changed_at, alert, messages from instances where incident_id = $1",
    )
    .bind(&row.id)
    .fetch_all(&mut *tx)
    .await?;
    let messages: Vec<MessageRow> = sqlx::query_as(
        "select id, via, target, send_name, spec, mentions, phase, status, severity, revision, wanted, renew, repeats, ended_at \
         from messages where incident_id = $1 order by id",
    )
    .bind(&row.id)
    .fetch_all(&mut *tx)
    .await?;
    let mut by_key = BTreeMap::new();
    for i in instances {
        let instance = Instance {
            alert: json("alert", &i.alert)?,
            state: parse_state(&i.state),
            severity: parse_severity(&i.severity),
            changed_at: from_ms(i.changed_at),
            messages: json("message list", &i.messages)?,
        };
        by_key.insert((i.sender_group, i.fingerprint), instance);
    }
    Ok(Incident {
        phase: parse_phase(&row.phase),
        opened_at: from_ms(row.opened_at),
        heard_at: from_ms(row.heard_at),
        ended_at: row.ended_at.map(from_ms),
        acked: row.acked_by.map(|by| Acked { by, at: from_ms(row.acked_at.unwrap_or_default()) }),
        instances: by_key,
        messages: messages.into_iter().map(message).collect::<Result<_, _>>()?,
        facts: Facts {
            source: row.source,
            receiver: row.receiver,
            group_key: row.group_key,
            group_labels: json("group labels", &row.group_labels)?,
            external_url: row.external_url,
            payload: json("payload", &row.payload)?,
            truncated: u64::try_from(row.truncated).unwrap_or(0),
        },
        id: row.id,
        group_id: row.group_id,
    })
}

fn message(row: MessageRow) -> Result<Message, StoreError> {
    Ok(Message {
        key: MessageKey { via: row.via, target: row.target, send_name: row.send_name },
        spec: json("message spec", &row.spec)?,
        mentions: json("mentions", &row.mentions)?,
        left: row.phase == "left",
        status: parse_state(&row.status),
        severity: parse_severity(&row.severity),
        revision: row.revision,
        wanted: row.wanted,
        renew: row.renew,
        repeats: row.repeats,
        ended_at: row.ended_at.map(from_ms),
        mentions_changed: false,
        id: row.id,
    })
}

/// Writes the effects of one step and notes what is owed.
pub(super) async fn save(
    tx: &mut SqliteConnection,
    incident: &Incident,
    effects: &[Effect],
    now: Timestamp,
    owed: &mut Vec<Work>,
) -> Result<(), StoreError> {
    let messages: HashMap<&str, &Message> = incident.messages.iter().map(|m| (m.id.as_str(), m)).collect();
    // Rows in the order that foreign keys want: incident, messages, instances, jobs.
    if effects.contains(&Effect::SaveIncident) {
        save_incident(tx, incident).await?;
    }
    for effect in effects {
        match effect {
            Effect::AddMessage(id) => add_message(tx, incident, messages.get(id.as_str())).await?,
            Effect::SaveMessage(id) => save_message(tx, messages.get(id.as_str())).await?,
            _ => {}
        }
    }
    for effect in effects {
        match effect {
            Effect::SaveInstance(key) => {
                if let Some(instance) = incident.instances.get(key) {
                    save_instance(tx, &incident.id, key, instance).await?;
                }
            }
            Effect::DropInstance(key) => {
                sqlx::query("delete from instances where incident_id = $1 and sender_group = $2 and fingerprint = $3")
                    .bind(&incident.id)
                    .bind(&key.0)
                    .bind(&key.1)
                    .execute(&mut *tx)
                    .await?;
            }
            Effect::Sync { message, cause } => {
                if let Some(message) = messages.get(message.as_str()) {
                    super::attachments::want(tx, incident, message, now).await?;
                    owe(tx, message, JobKind::Sync, *cause, "edit", false, now, owed).await?;
                }
            }
            Effect::Reply { message, in_thread, mention, cause } => {
                if let Some(message) = messages.get(message.as_str()) {
                    let verb = if *in_thread { "thread" } else { "reply" };
                    owe(tx, message, JobKind::Reply, *cause, verb, *mention, now, owed).await?;
                }
            }
            Effect::SaveIncident | Effect::AddMessage(_) | Effect::SaveMessage(_) => {}
        }
    }
    Ok(())
}

async fn save_incident(tx: &mut SqliteConnection, incident: &Incident) -> Result<(), StoreError> {
    let first = incident.instances.values().next();
    let title = first.and_then(|i| i.alert.labels.get("alertname")).map_or("", String::as_str);
    sqlx::query(
        "insert into incidents (id, group_id, source, receiver, group_key, group_labels, external_url, payload, truncated, phase, severity, \
         title, opened_at, heard_at, ended_at, acked_by, acked_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
         on conflict (id) do update set receiver = excluded.receiver, group_labels = excluded.group_labels, external_url = excluded.external_url, \
         payload = excluded.payload, truncated = excluded.truncated, phase = excluded.phase, severity = excluded.severity, title = excluded.title, \
         heard_at = excluded.heard_at, ended_at = excluded.ended_at, acked_by = excluded.acked_by, acked_at = excluded.acked_at",
    )
    .bind(&incident.id)
    .bind(&incident.group_id)
    .bind(&incident.facts.source)
    .bind(&incident.facts.receiver)
    .bind(&incident.facts.group_key)
    .bind(to_json(&incident.facts.group_labels))
    .bind(&incident.facts.external_url)
    .bind(to_json(&incident.facts.payload))
    .bind(i64::try_from(incident.facts.truncated).unwrap_or(i64::MAX))
    .bind(incident.phase.as_str())
    .bind(incident.severity().as_str())
    .bind(title)
    .bind(incident.opened_at.as_millisecond())
    .bind(incident.heard_at.as_millisecond())
    .bind(incident.ended_at.map(Timestamp::as_millisecond))
    .bind(incident.acked.as_ref().map(|a| a.by.as_str()))
    .bind(incident.acked.as_ref().map(|a| a.at.as_millisecond()))
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn save_instance(tx: &mut SqliteConnection, incident: &str, key: &(String, String), instance: &Instance) -> Result<(), StoreError> {
    sqlx::query(
        "insert into instances (incident_id, sender_group, fingerprint, state, severity, changed_at, alert, messages) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (incident_id, sender_group, fingerprint) do update set \
         state = excluded.state, severity = excluded.severity, changed_at = excluded.changed_at, alert = excluded.alert, \
         messages = excluded.messages",
    )
    .bind(incident)
    .bind(&key.0)
    .bind(&key.1)
    .bind(instance.state.as_str())
    .bind(instance.severity.as_str())
    .bind(instance.changed_at.as_millisecond())
    .bind(to_json(&instance.alert))
    .bind(to_json(&instance.messages))
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn add_message(tx: &mut SqliteConnection, incident: &Incident, message: Option<&&Message>) -> Result<(), StoreError> {
    let Some(message) = message else { return Ok(()) };
    sqlx::query(
        "insert into messages (id, incident_id, via, target, send_name, spec, mentions, phase, status, severity, revision, wanted, shown, renew, \
         generation, repeats, ended_at, edit_way, duplicate, updates, replies) \
         values ($1, $2, $3, $4, $5, $6, $7, 'living', $8, $9, $10, $11, 0, $12, 0, $13, $14, 'edit', 0, 0, 0)",
    )
    .bind(&message.id)
    .bind(&incident.id)
    .bind(&message.key.via)
    .bind(&message.key.target)
    .bind(&message.key.send_name)
    .bind(to_json(&message.spec))
    .bind(to_json(&message.mentions))
    .bind(message.status.as_str())
    .bind(message.severity.as_str())
    .bind(message.revision)
    .bind(message.wanted)
    .bind(message.renew)
    .bind(message.repeats)
    .bind(message.ended_at.map(Timestamp::as_millisecond))
    .execute(&mut *tx)
    .await?;
    Ok(())
}

async fn save_message(tx: &mut SqliteConnection, message: Option<&&Message>) -> Result<(), StoreError> {
    let Some(message) = message else { return Ok(()) };
    sqlx::query(
        "update messages set mentions = $2, status = $3, severity = $4, revision = $5, wanted = $6, renew = $7, repeats = $8, ended_at = $9 \
         where id = $1",
    )
    .bind(&message.id)
    .bind(to_json(&message.mentions))
    .bind(message.status.as_str())
    .bind(message.severity.as_str())
    .bind(message.revision)
    .bind(message.wanted)
    .bind(message.renew)
    .bind(message.repeats)
    .bind(message.ended_at.map(Timestamp::as_millisecond))
    .execute(&mut *tx)
    .await?;
    Ok(())
}

/// One more owed effect: joins the one that waits, or replaces one that was given up.
#[allow(clippy::too_many_arguments)]
async fn owe(
    tx: &mut SqliteConnection,
    message: &Message,
    kind: JobKind,
    cause: Cause,
    verb: &str,
    mention: bool,
    now: Timestamp,
    owed: &mut Vec<Work>,
) -> Result<(), StoreError> {
    if cause != Cause::Fire {
        sqlx::query("delete from jobs where message_id = $1 and kind = $2 and state = 'dead'")
            .bind(&message.id)
            .bind(kind.as_str())
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query(
        "insert into jobs (id, message_id, kind, state, verb, mention, created_at, due_at, attempts, fence, step) \
         values ($1, $2, $3, 'ready', $4, $5, $6, $6, 0, 0, '') on conflict (message_id, kind) where state = 'ready' do update set \
         verb = case when excluded.verb = 'reply' then 'reply' else jobs.verb end, \
         mention = case when excluded.mention = 0 then jobs.mention when jobs.lease_until is null then 1 else 2 end, \
         unknown_since = case when jobs.call is null then null else jobs.unknown_since end",
    )
    .bind(new_id())
    .bind(&message.id)
    .bind(kind.as_str())
    .bind(verb)
    .bind(i64::from(mention))
    .bind(now.as_millisecond())
    .execute(&mut *tx)
    .await?;
    let rank = match (kind, cause) {
        (JobKind::Reply, _) => Rank::Reply,
        (_, Cause::Fire) => Rank::First,
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
    Ok(())
}

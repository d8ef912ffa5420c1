//! Incident rows to the state machine's [`Incident`]: many at once, in three statements.

use super::StoreError;
use super::error::{json, to_json};
use crate::alert::{Severity, State};
use crate::incident::state::{Facts, Incident, Instance, InstanceKey, Message, MessageKey, Phase};
use crate::render::model::Acked;
use crate::util::clock::from_ms;
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, BTreeSet};

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
    incident_id: String,
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
    incident_id: String,
    via: String,
    target: String,
    send_name: String,
    spec: String,
    mentions: String,
    phase: String,
    shown: i64,
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
        "storm" => Phase::Storm,
        _ => Phase::Gone,
    }
}

pub(super) fn parse_severity(word: &str) -> Severity {
    Severity::ALL.into_iter().find(|s| s.as_str() == word).unwrap_or(Severity::Warning)
}

/// The incident of each group: the one that is open, else the newest. Test notifications are nobody's.
pub(super) async fn newest_of(tx: &mut SqliteConnection, groups: &BTreeSet<&str>) -> Result<Vec<Incident>, StoreError> {
    let query = sqlx::query_as(
        "select i.id, i.group_id, i.source, i.receiver, i.group_key, i.group_labels, i.external_url, i.payload, i.truncated, i.phase, \
         i.opened_at, i.heard_at, i.ended_at, i.acked_by, i.acked_at from json_each($1) wanted join incidents i on i.id = \
         coalesce((select id from incidents where group_id = wanted.value and phase in ('firing', 'gone') limit 1), \
         (select id from incidents where group_id = wanted.value and phase <> 'test' order by opened_at desc, id desc limit 1))",
    );
    let rows = query.bind(to_json(groups)).fetch_all(&mut *tx).await?;
    with_rows(tx, rows).await
}

/// The incidents with these ids, as far as they exist.
pub(super) async fn by_ids(tx: &mut SqliteConnection, ids: &BTreeSet<String>) -> Result<Vec<Incident>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = sqlx::query_as(
        "select id, group_id, source, receiver, group_key, group_labels, external_url, payload, truncated, phase, opened_at, heard_at, \
         ended_at, acked_by, acked_at from incidents where id in (select value from json_each($1))",
    );
    let rows = query.bind(to_json(ids)).fetch_all(&mut *tx).await?;
    with_rows(tx, rows).await
}

/// Reads what belongs to the incidents.
async fn with_rows(tx: &mut SqliteConnection, rows: Vec<IncidentRow>) -> Result<Vec<Incident>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids = to_json(&rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>());
    let instances: Vec<InstanceRow> = sqlx::query_as(
        "select incident_id, sender_group, fingerprint, state, severity, changed_at, alert, messages from instances \
         where incident_id in (select value from json_each($1))",
    )
    .bind(&ids)
    .fetch_all(&mut *tx)
    .await?;
    let messages: Vec<MessageRow> = sqlx::query_as(
        "select id, incident_id, via, target, send_name, spec, mentions, phase, shown, status, severity, revision, wanted, renew, repeats, ended_at \
         from messages where incident_id in (select value from json_each($1)) order by id",
    )
    .bind(&ids)
    .fetch_all(&mut *tx)
    .await?;
    let mut incidents = rows.into_iter().map(|row| Ok((row.id.clone(), incident(row)?))).collect::<Result<BTreeMap<_, _>, StoreError>>()?;
    for row in instances {
        if let Some(incident) = incidents.get_mut(&row.incident_id) {
            let (key, instance) = instance(row)?;
            incident.instances.insert(key, instance);
        }
    }
    for row in messages {
        if let Some(incident) = incidents.get_mut(&row.incident_id) {
            incident.messages.push(message(row)?);
        }
    }
    Ok(incidents.into_values().collect())
}

fn incident(row: IncidentRow) -> Result<Incident, StoreError> {
    Ok(Incident {
        phase: parse_phase(&row.phase),
        opened_at: from_ms(row.opened_at),
        heard_at: from_ms(row.heard_at),
        ended_at: row.ended_at.map(from_ms),
        acked: row.acked_by.map(|by| Acked { by, at: from_ms(row.acked_at.unwrap_or_default()) }),
        instances: BTreeMap::new(),
        messages: Vec::new(),
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

fn instance(row: InstanceRow) -> Result<(InstanceKey, Instance), StoreError> {
    let instance = Instance {
        alert: json("alert", &row.alert)?,
        state: parse_state(&row.state),
        severity: parse_severity(&row.severity),
        changed_at: from_ms(row.changed_at),
        messages: json("message list", &row.messages)?,
    };
    Ok(((row.sender_group, row.fingerprint), instance))
}

fn message(row: MessageRow) -> Result<Message, StoreError> {
    Ok(Message {
        key: MessageKey { via: row.via, target: row.target, send_name: row.send_name },
        spec: json("message spec", &row.spec)?,
        mentions: json("mentions", &row.mentions)?,
        left: row.phase != "living",
        seen: row.shown > 0,
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

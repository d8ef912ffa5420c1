//! Incident rows to the state machine's [`Incident`]: many at once, in three statements.

use super::StoreError;
use super::error::{json, to_json};
use super::sql::{self, Db, Row};
use crate::alert::{Severity, State};
use crate::incident::state::{Facts, Incident, Instance, InstanceKey, Message, MessageKey, Phase};
use crate::render::model::Acked;
use crate::util::clock::from_ms;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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

/// An incident, and the newest entry of what was heard of it.
pub(super) struct Known {
    pub incident: Incident,
    pub heard: Option<i64>,
}

/// The incident of each group: the one that is open, else the newest. Test notifications are nobody's.
pub(super) fn newest_of(tx: &Db, groups: &BTreeSet<&str>) -> Result<Vec<Known>, StoreError> {
    let query = sql::query(
        "select i.id, i.group_id, i.source, i.receiver, i.group_key, i.group_labels, i.external_url, i.payload, i.truncated, i.phase, \
         i.opened_at, i.heard_at, i.ended_at, i.acked_by, i.acked_at, i.heard from json_each(?1) wanted join incidents i on i.id = \
         coalesce((select id from incidents where group_id = wanted.value and ended_at is null limit 1), \
         (select id from incidents where group_id = wanted.value and phase <> 'test' order by ended_at desc limit 1))",
    );
    let rows = query.bind(to_json(groups)).fetch_all(tx)?;
    with_rows(tx, &rows)
}

/// The incidents with these ids, as far as they exist.
pub(super) fn by_ids(tx: &Db, ids: &BTreeSet<String>) -> Result<Vec<Known>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql::query(
        "select id, group_id, source, receiver, group_key, group_labels, external_url, payload, truncated, phase, opened_at, heard_at, \
         ended_at, acked_by, acked_at, heard from incidents where id in (select value from json_each(?1))",
    );
    let rows = query.bind(to_json(ids)).fetch_all(tx)?;
    with_rows(tx, &rows)
}

/// Reads what belongs to the incidents.
fn with_rows(tx: &Db, rows: &[Row]) -> Result<Vec<Known>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut incidents = BTreeMap::new();
    let mut heard = BTreeMap::new();
    for row in rows {
        let incident = incident(row)?;
        heard.insert(incident.id.clone(), row.get("heard")?);
        incidents.insert(incident.id.clone(), incident);
    }
    let ids = to_json(&incidents.keys().collect::<Vec<_>>());
    let instances = sql::query(
        "select incident_id, sender_group, fingerprint, state, severity, changed_at, alert, messages from instances \
         where incident_id in (select value from json_each(?1))",
    );
    for row in instances.bind(&ids).fetch_all(tx)? {
        if let Some(incident) = incidents.get_mut(row.get::<&str>("incident_id")?) {
            let (key, instance) = instance(&row)?;
            incident.instances.insert(key, instance);
        }
    }
    let messages = sql::query(
        "select id, incident_id, via, target, send_name, spec, mentions, phase, shown, status, severity, revision, wanted, renew, repeats, ended_at \
         from messages where incident_id in (select value from json_each(?1)) order by id",
    );
    for row in messages.bind(&ids).fetch_all(tx)? {
        if let Some(incident) = incidents.get_mut(row.get::<&str>("incident_id")?) {
            incident.messages.push(message(&row)?);
        }
    }
    Ok(incidents
        .into_values()
        .map(|incident| (heard.remove(&incident.id).flatten(), incident))
        .map(|(heard, incident)| Known { incident, heard })
        .collect())
}

fn incident(row: &Row) -> Result<Incident, StoreError> {
    let acked_by: Option<String> = row.get("acked_by")?;
    let acked_at: Option<i64> = row.get("acked_at")?;
    Ok(Incident {
        id: row.get("id")?,
        group_id: row.get("group_id")?,
        phase: parse_phase(row.get("phase")?),
        opened_at: from_ms(row.get("opened_at")?),
        heard_at: from_ms(row.get("heard_at")?),
        ended_at: row.get::<Option<i64>>("ended_at")?.map(from_ms),
        acked: acked_by.map(|by| Acked { by, at: from_ms(acked_at.unwrap_or_default()) }),
        instances: BTreeMap::new(),
        messages: Vec::new(),
        facts: Arc::new(Facts {
            source: row.get("source")?,
            receiver: row.get("receiver")?,
            group_key: row.get("group_key")?,
            group_labels: json("group labels", row.get("group_labels")?)?,
            external_url: row.get("external_url")?,
            payload: json("payload", row.get("payload")?)?,
            truncated: u64::try_from(row.get::<i64>("truncated")?).unwrap_or(0),
        }),
    })
}

fn instance(row: &Row) -> Result<(InstanceKey, Instance), StoreError> {
    let instance = Instance {
        alert: Arc::new(json("alert", row.get("alert")?)?),
        state: parse_state(row.get("state")?),
        severity: parse_severity(row.get("severity")?),
        changed_at: from_ms(row.get("changed_at")?),
        messages: json("message list", row.get("messages")?)?,
    };
    Ok(((row.get("sender_group")?, row.get("fingerprint")?), instance))
}

fn message(row: &Row) -> Result<Message, StoreError> {
    Ok(Message {
        id: row.get("id")?,
        key: MessageKey { via: row.get("via")?, target: row.get("target")?, send_name: row.get("send_name")? },
        spec: json("message spec", row.get("spec")?)?,
        mentions: json("mentions", row.get("mentions")?)?,
        left: row.get::<&str>("phase")? != "living",
        seen: row.get::<i64>("shown")? > 0,
        status: parse_state(row.get("status")?),
        severity: parse_severity(row.get("severity")?),
        revision: row.get("revision")?,
        wanted: row.get("wanted")?,
        renew: row.get("renew")?,
        repeats: row.get("repeats")?,
        ended_at: row.get::<Option<i64>>("ended_at")?.map(from_ms),
        mentions_changed: false,
    })
}

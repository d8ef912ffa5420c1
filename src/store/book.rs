//! The incidents that a transaction works on: read together, stepped in memory in the order of events, written together.
//!
//! An incident that ten bodies of a batch change is read once and written once. Nothing outlives the transaction, so there is
//! nothing to be wrong after a rollback.

use super::StoreError;
use super::incidents::{self, Known};
use super::sql::Db;
use super::writes::Writes;
use crate::incident::event::{Event, Outcome, Rules};
use crate::incident::state::{Facts, Incident, Phase};
use crate::incident::step::step;
use crate::outbox::Work;
use crate::util::id::new_id;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// See above. Give it to [`write`](Self::write) at the end.
#[derive(Default)]
pub(super) struct Book {
    incidents: BTreeMap<String, Incident>,
    by_group: BTreeMap<String, BTreeSet<String>>,
    /// The newest entry of what was heard of each.
    heard: BTreeMap<String, i64>,
    writes: Writes,
}

impl Book {
    /// Reads the incident of each group that new reports would belong to.
    pub fn read_groups(&mut self, tx: &Db, groups: &BTreeSet<&str>) -> Result<(), StoreError> {
        for Known { incident, heard } in incidents::newest_of(tx, groups)? {
            self.keep(incident, heard);
        }
        Ok(())
    }

    /// Reads these incidents, as far as they exist and were not read before.
    pub fn read(&mut self, tx: &Db, ids: impl IntoIterator<Item = String>) -> Result<(), StoreError> {
        let ids = ids.into_iter().filter(|id| !self.incidents.contains_key(id)).collect();
        for Known { incident, heard } in incidents::by_ids(tx, &ids)? {
            self.keep(incident, heard);
        }
        Ok(())
    }

    fn keep(&mut self, incident: Incident, heard: Option<i64>) {
        self.heard.extend(heard.map(|heard| (incident.id.clone(), heard)));
        self.by_group.entry(incident.group_id.clone()).or_default().insert(incident.id.clone());
        self.incidents.insert(incident.id.clone(), incident);
    }

    pub fn get(&self, id: &str) -> Option<&Incident> {
        self.incidents.get(id)
    }

    /// The incident of a group as of now: the open one, else the newest. The groups must have been read.
    pub fn newest_of(&self, group_id: &str) -> Option<&Incident> {
        let all = self.by_group.get(group_id)?.iter().filter_map(|id| self.incidents.get(id));
        all.filter(|i| i.phase != Phase::Test).max_by_key(|i| (i.open(), i.opened_at, &i.id))
    }

    /// A new incident of a group; it counts once it has a message.
    pub fn open(&mut self, group_id: &str, facts: &Arc<Facts>, now: Timestamp) -> String {
        let id = new_id();
        let incident = Incident {
            id: id.clone(),
            group_id: group_id.to_owned(),
            facts: Arc::clone(facts),
            phase: Phase::Gone,
            opened_at: now,
            heard_at: now,
            ended_at: None,
            acked: None,
            instances: BTreeMap::new(),
            messages: Vec::new(),
        };
        self.keep(incident, None);
        id
    }

    /// Something was heard of an incident, under this number; returns the number of what was heard before.
    pub fn heard(&mut self, id: &str, number: i64) -> Option<i64> {
        self.heard.insert(id.to_owned(), number)
    }

    /// Moves an incident on; `None`: there is none with this id, or nothing of it is in any message and it is as it was.
    pub fn step(&mut self, id: &str, event: &Event, rules: Rules, now: Timestamp, owed: &mut Vec<Work>) -> Option<Outcome> {
        let incident = self.incidents.get_mut(id)?;
        let (outcome, effects) = step(incident, event, rules, now, &mut new_id);
        if incident.messages.is_empty() {
            // Everything muted: there is nothing to keep.
            self.incidents.remove(id);
            return None;
        }
        self.writes.note(incident, &effects, now, owed);
        // As if read anew: the mark is of one step.
        for message in &mut incident.messages {
            message.mentions_changed = false;
        }
        Some(outcome)
    }

    /// Writes what changed.
    pub fn write(self, tx: &Db) -> Result<(), StoreError> {
        self.writes.flush(tx, &self.incidents, &self.heard)
    }
}

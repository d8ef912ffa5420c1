//! Faults on demand: which calls go wrong, how, when and how often.
//!
//! The first fault of the list that fits a call and still has turns is the one that happens. `before`
//! keeps the call from having its effect, `after` lets it have it and spoils the answer.

use crate::sandbox::endpoint::Endpoint;
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// When a fault happens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Before the effect: nothing is stored.
    #[default]
    Before,
    /// After the effect: it is stored, the caller is told something else.
    After,
}

/// What happens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Answers `status` and `code`, or (with neither) the true answer after `delay`.
    #[default]
    Answer,
    /// The connection is reset (TCP RST).
    Reset,
    /// No answer comes; the connection stays open.
    Hang,
    /// The answer ends in the middle of its body.
    CutBody,
}

/// One fault.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Number in the list, given by the sandbox.
    pub id: u64,
    /// Only this endpoint; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// Only calls about this: a chat, message, person, receiver, hook token or app id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Before or after the effect.
    pub when: When,
    /// What happens.
    pub action: Action,
    /// HTTP status of the answer; absent: as documented for endpoint and code, else 400 with a code, 500 without, 429 for
    /// 99991400.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Code of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// Text of the answer; absent: the platform's for the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msg: Option<String>,
    /// Headers of the answer.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Body of the answer, instead of the platform's shape (an HTML page of a proxy).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// With `cut_body`: how much of the body arrives, 0 to 1; absent: half.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<f64>,
    /// Waits so long first: `500ms`, `2s`.
    #[serde(skip_serializing_if = "Option::is_none", with = "delay_text")]
    pub delay: Option<Duration>,
    /// How many times; absent: until removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// How likely, 0 to 1; absent: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// How often it has happened.
    pub happened: u64,
}

/// How an outage looks to callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outage {
    /// Every connection is reset.
    Reset,
    /// No call is answered.
    Hang,
    /// Every call gets 503.
    Unavailable,
}

/// The list of faults of a sandbox.
#[derive(Debug, Default)]
pub struct Faults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    list: Vec<Fault>,
    next: u64,
    outage: Option<Outage>,
}

impl Faults {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a fault behind the others; returns its id.
    pub fn add(&self, mut fault: Fault) -> u64 {
        let mut state = self.state();
        state.next += 1;
        fault.id = state.next;
        fault.happened = 0;
        state.list.push(fault);
        state.next
    }

    /// The faults that still have turns.
    pub fn list(&self) -> Vec<Fault> {
        self.state().list.clone()
    }

    /// Removes one fault; whether there was one.
    pub fn remove(&self, id: u64) -> bool {
        let mut state = self.state();
        let before = state.list.len();
        state.list.retain(|fault| fault.id != id);
        state.list.len() < before
    }

    /// Removes all faults and ends an outage.
    pub fn clear(&self) {
        let mut state = self.state();
        state.list.clear();
        state.outage = None;
    }

    /// Starts or ends an outage of the whole platform.
    pub fn set_outage(&self, outage: Option<Outage>) {
        self.state().outage = outage;
    }

    /// The outage that is on.
    pub fn outage(&self) -> Option<Outage> {
        self.state().outage
    }

    /// The fault that happens to this call, taken from its turns.
    pub(crate) fn pick(&self, endpoint: Endpoint, targets: &[String]) -> Option<Fault> {
        let mut state = self.state();
        if let Some(outage) = state.outage {
            return Some(outage.as_fault());
        }
        let index = state.list.iter().position(|fault| fault.fits(endpoint, targets) && fault.rolls())?;
        let fault = state.list.get_mut(index)?;
        fault.happened += 1;
        let picked = fault.clone();
        if let Some(count) = &mut fault.count {
            *count = count.saturating_sub(1);
            if *count == 0 {
                state.list.remove(index);
            }
        }
        Some(picked)
    }
}

impl Outage {
    fn as_fault(self) -> Fault {
        let (action, status) = match self {
            Self::Reset => (Action::Reset, None),
            Self::Hang => (Action::Hang, None),
            Self::Unavailable => (Action::Answer, Some(503)),
        };
        Fault { action, status, ..Fault::default() }
    }
}

impl Fault {
    fn fits(&self, endpoint: Endpoint, targets: &[String]) -> bool {
        self.endpoint.is_none_or(|wanted| wanted == endpoint)
            && self.target.as_ref().is_none_or(|wanted| targets.contains(wanted))
            && self.count != Some(0)
    }

    fn rolls(&self) -> bool {
        self.probability.is_none_or(|probability| rand::rng().random::<f64>() < probability)
    }

    /// Whether it changes the answer at all (otherwise it only delays).
    pub(crate) fn replaces_answer(&self) -> bool {
        self.status.is_some() || self.code.is_some() || self.body.is_some()
    }

    /// What is wrong with the fault as written.
    ///
    /// # Errors
    /// A sentence that names the field.
    pub fn check(&self) -> Result<(), String> {
        if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Err("probability: between 0 and 1".to_owned());
        }
        if self.status.is_some_and(|status| !(200..=599).contains(&status)) {
            return Err("status: between 200 and 599".to_owned());
        }
        if self.action != Action::Answer && (self.replaces_answer() || !self.headers.is_empty()) {
            return Err("action: reset, hang and cut_body take no status, code, body or headers".to_owned());
        }
        if self.action == Action::Answer && !self.replaces_answer() && self.delay.is_none() {
            return Err("a fault needs an action, a status, a code, a body or a delay".to_owned());
        }
        Ok(())
    }
}

mod delay_text {
    use crate::util::duration;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::time::Duration;

    #[allow(clippy::ref_option)] // the shape serde asks for
    pub fn serialize<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(delay) => serializer.serialize_str(&duration::format(*delay)),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| duration::parse(&text).map_err(D::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: serde_json::Value) -> Fault {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn counts_endpoints_and_targets() {
        let faults = Faults::default();
        faults.add(fault(serde_json::json!({"endpoint": "send", "target": "oc_a", "code": 230020, "count": 2})));
        let here = ["oc_a".to_owned()];
        assert!(faults.pick(Endpoint::Patch, &here).is_none());
        assert!(faults.pick(Endpoint::Send, &["oc_b".to_owned()]).is_none());
        assert!(faults.pick(Endpoint::Send, &here).is_some());
        assert_eq!(faults.list()[0].happened, 1);
        assert!(faults.pick(Endpoint::Send, &here).is_some());
        assert!(faults.pick(Endpoint::Send, &here).is_none());
        assert!(faults.list().is_empty());
    }

    #[test]
    fn probability_is_a_share() {
        let faults = Faults::default();
        faults.add(Fault { probability: Some(0.25), status: Some(500), ..Fault::default() });
        let hits = (0..4000).filter(|_| faults.pick(Endpoint::Send, &[]).is_some()).count();
        assert!((800..1200).contains(&hits), "{hits}");
        let never = Faults::default();
        never.add(Fault { probability: Some(0.0), status: Some(500), ..Fault::default() });
        assert!((0..100).all(|_| never.pick(Endpoint::Send, &[]).is_none()));
    }

    #[test]
    fn an_outage_covers_everything_until_ended() {
        let faults = Faults::default();
        faults.set_outage(Some(Outage::Reset));
        assert_eq!(faults.pick(Endpoint::Token, &[]).map(|fault| fault.action), Some(Action::Reset));
        faults.set_outage(None);
        assert!(faults.pick(Endpoint::Token, &[]).is_none());
    }

    #[test]
    fn nonsense_is_refused() {
        for (json, part) in [
            (serde_json::json!({}), "needs"),
            (serde_json::json!({"action": "reset", "code": 1}), "take no"),
            (serde_json::json!({"probability": 1.5, "code": 1}), "probability"),
            (serde_json::json!({"status": 99}), "status"),
        ] {
            assert!(fault(json.clone()).check().unwrap_err().contains(part), "{json}");
        }
        assert!(serde_json::from_value::<Fault>(serde_json::json!({"delay": "soon"})).is_err());
        assert!(serde_json::from_value::<Fault>(serde_json::json!({"endpiont": "send"})).is_err());
    }
}

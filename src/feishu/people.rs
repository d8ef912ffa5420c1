//! E-mail addresses and mobile numbers to the open_ids of one app.
//!
//! Look-ups are collected: while one is under way the next batch fills (50 addresses and 50 numbers a call). Hits are
//! kept for a day, misses ten minutes, failures half a minute. A failure costs a mention, never an alert, so nothing
//! in here is an error to the caller.

use super::call::{Call, LOOKUP_BATCH};
use super::client::AppClient;
use super::error::{Class, Doubt, Endpoint, Outcome, UnknownReason};
use crate::config::settings::{Address, AddressKind};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const KEEP_HIT: Duration = Duration::from_secs(24 * 3600);
const KEEP_MISS: Duration = Duration::from_secs(10 * 60);
const KEEP_FAILURE: Duration = Duration::from_secs(30);
/// A look-up that takes longer has failed: alerts wait for it.
const LONGEST: Duration = Duration::from_secs(3);
/// People remembered at most; beyond it the ones that expire first go.
const MOST: usize = 20_000;

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// The person's open_id for this app.
    Found(String),
    /// Nobody the app can see has this address.
    NotFound,
    /// The look-up failed, with a sentence for logs; asked again soon. Config or Quota: somebody must act; else Retry.
    Failed(Class, Arc<str>),
}

/// The look-ups of one app; clones share what they know.
#[derive(Clone)]
pub struct People(Arc<Inner>);

struct Inner {
    client: AppClient,
    state: Mutex<State>,
    flight: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    known: HashMap<Key, (Person, Instant)>,
    /// Asked for, not yet in a call.
    wanted: BTreeSet<Key>,
}

/// An address in the form in which two spellings of the same are equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Email(String),
    Mobile(String),
}

impl Key {
    fn of(address: &Address) -> Option<Self> {
        match address.kind {
            AddressKind::Email => Some(Key::Email(address.value.trim().to_lowercase())),
            AddressKind::Mobile => Some(Key::Mobile(mobile(&address.value))),
            _ => None,
        }
    }
}

/// A number as the platform takes it: digits, with `+` and country code outside mainland China.
pub fn mobile(text: &str) -> String {
    let digits: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    match digits.strip_prefix("+86").or_else(|| digits.strip_prefix("0086")) {
        Some(rest) if rest.len() == 11 => rest.to_owned(),
        _ => digits,
    }
}

impl People {
    /// Look-ups through this app.
    pub fn new(client: AppClient) -> Self {
        Self(Arc::new(Inner { client, state: Mutex::default(), flight: tokio::sync::Mutex::default() }))
    }

    /// What is known without a call; `None` where it would have to be asked (and for addresses that are no e-mail
    /// address or number).
    pub fn known(&self, address: &Address) -> Option<Person> {
        self.0.recall(&Key::of(address)?)
    }

    /// Looks people up. The result has every e-mail address and mobile number asked for and nothing else. Cancel
    /// safe.
    pub async fn find(&self, addresses: &[Address]) -> BTreeMap<Address, Person> {
        let keys: Vec<(&Address, Key)> = addresses.iter().filter_map(|a| Some((a, Key::of(a)?))).collect();
        let mut found = BTreeMap::new();
        loop {
            let missing: Vec<&Key> = keys
                .iter()
                .filter(|(address, key)| match self.0.recall(key) {
                    Some(person) => {
                        found.entry((*address).clone()).or_insert(person);
                        false
                    }
                    None => !found.contains_key(*address),
                })
                .map(|(_, key)| key)
                .collect();
            if missing.is_empty() {
                return found;
            }
            self.0.lock().wanted.extend(missing.into_iter().cloned());
            let _flight = self.0.flight.lock().await;
            // Whoever held the flight before may have asked for ours.
            if keys.iter().all(|(address, key)| found.contains_key(*address) || self.0.recall(key).is_some()) {
                continue;
            }
            self.0.ask().await;
        }
    }
}

impl Inner {
    /// One call for what is wanted most; leaves a result for each of its keys.
    async fn ask(&self) {
        let batch: Vec<Key> = {
            let state = self.lock();
            let emails = state.wanted.iter().filter(|key| matches!(key, Key::Email(_))).take(LOOKUP_BATCH);
            let mobiles = state.wanted.iter().filter(|key| matches!(key, Key::Mobile(_))).take(LOOKUP_BATCH);
            emails.chain(mobiles).cloned().collect()
        };
        if batch.is_empty() {
            return;
        }
        let (mut emails, mut mobiles) = (Vec::new(), Vec::new());
        for key in &batch {
            match key {
                Key::Email(text) => emails.push(text.as_str()),
                Key::Mobile(text) => mobiles.push(text.as_str()),
            }
        }
        let call = Call::batch_get_id(&emails, &mobiles);
        let outcome = match tokio::time::timeout(LONGEST, self.client.call(&call)).await {
            Ok(timed) => timed.value,
            Err(_) => Outcome::from(Doubt::new(UnknownReason::Timeout, "")),
        };
        let now = Instant::now();
        let mut state = self.lock();
        let class = outcome.class(Endpoint::BatchGetId);
        if class == Class::Ok {
            let ids = outcome.answer().map(|answer| ids(&answer.data)).unwrap_or_default();
            for key in &batch {
                let (person, keep) = match ids.get(key) {
                    Some(id) => (Person::Found(id.clone()), KEEP_HIT),
                    None => (Person::NotFound, KEEP_MISS),
                };
                state.known.insert(key.clone(), (person, now + keep));
            }
        } else {
            let mut text = outcome.explain(Endpoint::BatchGetId).en.to_owned();
            if let Some(code) = outcome.code() {
                text.push_str(&format!(" (code {code})"));
            }
            let text: Arc<str> = text.into();
            let class = if matches!(class, Class::Config | Class::Quota) { class } else { Class::Retry };
            for key in &batch {
                state.known.insert(key.clone(), (Person::Failed(class, text.clone()), now + KEEP_FAILURE));
            }
        }
        for key in &batch {
            state.wanted.remove(key);
        }
        state.forget(now);
    }

    fn recall(&self, key: &Key) -> Option<Person> {
        let state = self.lock();
        state.known.get(key).filter(|(_, until)| Instant::now() < *until).map(|(person, _)| person.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget(&mut self, now: Instant) {
        if self.known.len() <= MOST {
            return;
        }
        self.known.retain(|_, (_, until)| now < *until);
        if self.known.len() > MOST {
            let mut ends: Vec<Instant> = self.known.values().map(|(_, until)| *until).collect();
            ends.sort_unstable();
            // A tenth more than needed, so that this does not run for every look-up.
            let cut = ends.get(self.known.len() - MOST + MOST / 10).copied();
            self.known.retain(|_, (_, until)| cut.is_some_and(|cut| *until > cut));
        }
    }
}

/// What the `data` of a look-up says of each address: the open_id of whoever has it.
pub fn matched(data: &Value, addresses: &[Address]) -> Vec<(Address, Option<String>)> {
    let ids = ids(data);
    addresses.iter().map(|address| (address.clone(), Key::of(address).and_then(|key| ids.get(&key).cloned()))).collect()
}

/// The answer's entries that have an id.
fn ids(data: &Value) -> HashMap<Key, String> {
    let list = data.get("user_list").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |entry: &Value, field: &str| entry.get(field).and_then(Value::as_str).filter(|v| !v.is_empty()).map(str::to_owned);
    let mut out = HashMap::new();
    for entry in list {
        let Some(id) = text(entry, "user_id") else { continue };
        if let Some(email) = text(entry, "email") {
            out.insert(Key::Email(email.to_lowercase()), id.clone());
        }
        if let Some(number) = text(entry, "mobile") {
            out.insert(Key::Mobile(mobile(&number)), id);
        }
    }
    out
}

impl std::fmt::Debug for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "People({:?})", self.0.client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feishu::client::Timeouts;
    use crate::feishu::testing::{Act, Script, app, client_for};
    use serde_json::json;

    fn email(text: &str) -> Address {
        Address { kind: AddressKind::Email, value: text.to_owned() }
    }

    fn lookups(body: &str) -> Value {
        let asked: Value = serde_json::from_str(body).unwrap();
        let mut list = Vec::new();
        for field in ["emails", "mobiles"] {
            for value in asked[field].as_array().unwrap() {
                let value = value.as_str().unwrap();
                let mut entry = json!({ field.trim_end_matches('s'): value, "status": {} });
                if !value.contains("nobody") {
                    entry["user_id"] = json!(format!("ou_{value}"));
                }
                list.push(entry);
            }
        }
        json!({"code": 0, "msg": "ok", "data": {"user_list": list}})
    }

    #[test]
    fn numbers_in_one_form() {
        for (text, expected) in
            [("+86 138-0000-0000", "13800000000"), ("+1 (415) 555-0100", "+14155550100"), ("008613800000000", "13800000000")]
        {
            assert_eq!(mobile(text), expected);
        }
    }

    #[tokio::test]
    async fn found_missing_and_remembered() {
        let server = Script::start().await;
        server.token_ok();
        server.on("batch_get_id", |request| (200, lookups(&request.body)));
        let people = People::new(client_for(&server, &app()));
        let wanted = [
            email("Li@Example.com"),
            email("nobody@example.com"),
            "mobile:+8613800000000".parse().unwrap(),
            "open_id:ou_x".parse().unwrap(),
        ];
        for _ in 0..2 {
            let found = people.find(&wanted).await;
            assert_eq!(found.len(), 3);
            assert_eq!(found[&wanted[0]], Person::Found("ou_li@example.com".into()));
            assert_eq!(found[&wanted[1]], Person::NotFound);
            assert_eq!(found[&wanted[2]], Person::Found("ou_13800000000".into()));
        }
        assert_eq!(server.count("batch_get_id"), 1);
        assert_eq!(people.known(&email("li@example.com")), Some(Person::Found("ou_li@example.com".into())));
    }

    #[tokio::test]
    async fn batches_of_fifty_and_callers_share_them() {
        let server = Script::start().await;
        server.token_ok();
        server.on("batch_get_id", |request| {
            let asked: Value = serde_json::from_str(&request.body).unwrap();
            assert!(asked["emails"].as_array().unwrap().len() <= 50);
            (200, lookups(&request.body))
        });
        let people = People::new(client_for(&server, &app()));
        let many: Vec<Address> = (0..120).map(|n| email(&format!("p{n}@example.com"))).collect();
        let all = futures_util::future::join_all((0..10).map(|_| people.find(&many))).await;
        assert!(all.iter().all(|found| found.len() == 120));
        assert_eq!(server.count("batch_get_id"), 3);
    }

    #[tokio::test]
    async fn a_failure_costs_only_the_mention() {
        let server = Script::start().await;
        server.token_ok();
        server.on("batch_get_id", |_| (400, json!({"code": 41050, "msg": "no user authority"})));
        let people = People::new(client_for(&server, &app()));
        let found = people.find(&[email("li@example.com")]).await;
        assert!(
            matches!(&found[&email("li@example.com")], Person::Failed(Class::Config, why) if why.contains("contact data range")),
            "{found:?}"
        );
        people.find(&[email("li@example.com")]).await;
        assert_eq!(server.count("batch_get_id"), 1, "not asked again at once");
    }

    #[tokio::test]
    async fn a_look_up_without_an_answer_does_not_hold_alerts_up() {
        let server = Script::start().await;
        server.token_ok();
        server.on("batch_get_id", |_| Act::Hang);
        let patient = Timeouts { call: Duration::from_secs(60), ..Timeouts::default() };
        let people = People::new(AppClient::with_timeouts(&app(), &server.base, patient).unwrap());
        let wanted = [email("li@example.com")];
        let found = tokio::time::timeout(LONGEST * 2, people.find(&wanted)).await.unwrap();
        assert!(matches!(&found[&wanted[0]], Person::Failed(Class::Retry, _)), "{found:?}");
    }

    #[test]
    fn memory_is_bounded() {
        let mut state = State::default();
        let now = Instant::now();
        for n in 0..MOST + 1 {
            state.known.insert(Key::Mobile(n.to_string()), (Person::NotFound, now + Duration::from_millis(n as u64 + 1)));
        }
        state.forget(now);
        assert!(state.known.len() <= MOST && state.known.len() > MOST / 2);
        assert!(state.known.contains_key(&Key::Mobile(MOST.to_string())), "the longest-lived stay");
    }
}

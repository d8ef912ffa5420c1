//! Any JSON to alerts by the templates of a source's `fields`.
//!
//! Without `each` an object is one event and a list is one event per element; `each` points to the list. Within an
//! element `root` is the body around it: the list itself is left out of it (null), so that the work stays linear.
//! Events with the same key in one body share a batch, in their order. All batches are deltas.

use super::{CompileError, ParseError, Parsed, lenient, read, snapshot, time};
use crate::alert::{Alert, Batch, Extra, Labels, Mode, Status};
use crate::config::settings::JsonMapping;
use crate::render::expr::Expr;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Longest key taken as it is; longer ones are hashed.
const MAX_KEY: usize = 200;

/// Bytes that may be spent on showing the body around the list to every event.
const MAX_ROOTS: usize = 64 << 20;

/// A [`JsonMapping`] with its templates compiled.
#[derive(Debug, Clone)]
pub(super) struct Mapping {
    each: Option<String>,
    skip: Option<Expr>,
    key: Option<Expr>,
    status: Option<Expr>,
    severity: Option<Expr>,
    title: Option<Expr>,
    labels: Vec<(String, Expr)>,
    annotations: Vec<(String, Expr)>,
    url: Option<Expr>,
    starts_at: Option<Expr>,
    ends_at: Option<Expr>,
    /// Some template mentions `root`.
    uses_root: bool,
}

impl Mapping {
    pub(super) fn compile(mapping: &JsonMapping) -> Result<Self, CompileError> {
        if let Some(each) = mapping.each.as_deref().filter(|each| !each.is_empty() && !each.starts_with('/')) {
            let message = format!(
                "{each:?} is not a JSON pointer; write /{}",
                each.trim_start_matches('$').trim_start_matches('.').replace('.', "/")
            );
            return Err(CompileError { at: "each".to_owned(), message, column: 1 });
        }
        let mut uses_root = false;
        let mut compile = |at: &str, text: &str| {
            uses_root |= text.contains("root");
            Expr::compile(text).map_err(|error| CompileError { at: at.to_owned(), message: error.message, column: error.column })
        };
        let mut one = |at: &str, text: &Option<String>| text.as_deref().map(|text| compile(at, text)).transpose();
        let (skip, key) = (one("skip", &mapping.skip)?, one("fields.key", &mapping.key)?);
        let (status, severity) = (one("fields.status", &mapping.status)?, one("fields.severity", &mapping.severity)?);
        let (title, url) = (one("fields.title", &mapping.title)?, one("fields.url", &mapping.url)?);
        let (starts_at, ends_at) = (one("fields.starts_at", &mapping.starts_at)?, one("fields.ends_at", &mapping.ends_at)?);
        let mut many = |at: &str, texts: &std::collections::BTreeMap<String, String>| {
            texts.iter().map(|(name, text)| Ok((name.clone(), compile(&format!("{at}.{name}"), text)?))).collect::<Result<Vec<_>, _>>()
        };
        let (labels, annotations) = (many("fields.labels", &mapping.labels)?, many("fields.annotations", &mapping.annotations)?);
        let each = mapping.each.clone();
        Ok(Self { each, skip, key, status, severity, title, labels, annotations, url, starts_at, ends_at, uses_root })
    }

    pub(super) fn parse(&self, body: Value, now: Timestamp) -> Result<Parsed, ParseError> {
        let (events, root, base) = self.events(body)?;
        let mut batches = Batches { parsed: Parsed::default(), places: HashMap::new() };
        match events {
            Events::One(event) => {
                let kept = if self.uses_root { event.clone() } else { Map::new() };
                let data = if self.uses_root { self.with_root(event, &Value::Null) } else { Value::Object(event) };
                self.event(&data, "", now, Extra::new(), &mut batches);
                if let Value::Object(fields) = data {
                    batches.parsed.share(lenient::extra(if self.uses_root { kept } else { fields }));
                }
            }
            Events::Many(list) => {
                let mut root = root;
                let around = match &root {
                    Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
                    _ => Extra::new(),
                };
                if self.uses_root && list.len().saturating_mul(super::size(&root)) > MAX_ROOTS {
                    batches.parsed.warn("", "the body around the list is too large to be shown to each of so many events as `root`");
                    root = Value::Object(Map::new());
                }
                for (at, event) in list.into_iter().enumerate() {
                    let at = format!("{base}/{at}");
                    let (data, extra) = match event {
                        Value::Null => {
                            batches.parsed.ignore(at, "an event was expected, not null");
                            continue;
                        }
                        Value::Object(fields) => {
                            let extra = fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                            (self.with_root(fields, &root), extra)
                        }
                        other => (other.clone(), Extra::from([("value".to_owned(), other)])),
                    };
                    self.event(&data, &at, now, extra, &mut batches);
                }
                batches.parsed.share(around);
                let parsed = &batches.parsed;
                if let (true, 0, Some(note)) = (parsed.batches.is_empty(), parsed.skipped, parsed.ignored.first()) {
                    return Err(ParseError::payload(note.at.clone(), note.reason.clone()));
                }
            }
        }
        Ok(batches.parsed)
    }

    /// The events, the body around them, and the pointer to their list.
    fn events(&self, mut body: Value) -> Result<(Events, Value, &str), ParseError> {
        let pointer = self.each.as_deref().unwrap_or_default();
        let taken = match body.pointer_mut(pointer) {
            Some(place) => place.take(),
            None => {
                let message = "nothing is here, but the source's `each` points to it";
                return Err(ParseError::payload(pointer, message));
            }
        };
        match taken {
            Value::Array(list) => Ok((Events::Many(list), body, pointer)),
            Value::Object(fields) if pointer.is_empty() => Ok((Events::One(fields), Value::Null, "")),
            one @ Value::Object(_) => Ok((Events::Many(vec![one]), body, pointer)),
            other => Err(ParseError::payload(pointer, format!("an object or a list was expected, not {}", snapshot::kind(&other)))),
        }
    }

    fn with_root(&self, mut fields: Map<String, Value>, root: &Value) -> Value {
        if self.uses_root && !root.is_null() {
            fields.insert("root".to_owned(), root.clone());
        } else if self.uses_root && !fields.contains_key("root") {
            let whole = Value::Object(fields.clone());
            fields.insert("root".to_owned(), whole);
        }
        Value::Object(fields)
    }

    fn event(&self, data: &Value, at: &str, now: Timestamp, mut extra: Extra, batches: &mut Batches) {
        let parsed = &mut batches.parsed;
        let mut eval = |name: &str, expr: &Expr| match expr.eval(data) {
            Ok(mut text) => {
                read::clean_text(&mut text);
                text.trim().to_owned()
            }
            Err(error) => {
                parsed.warn(at, format!("{name} could not be evaluated: {error}"));
                String::new()
            }
        };
        let mut one = |name: &str, expr: &Option<Expr>| expr.as_ref().map(|expr| eval(name, expr)).unwrap_or_default();
        if !one("skip", &self.skip).is_empty() {
            parsed.skipped += 1;
            return;
        }
        let (key, word, severity) = (one("key", &self.key), one("status", &self.status), one("severity", &self.severity));
        let (title, generator_url) = (one("title", &self.title), one("url", &self.url));
        let (start, end) = (one("starts_at", &self.starts_at), one("ends_at", &self.ends_at));
        let mut labels: Labels = self.labels.iter().map(|(name, expr)| (name.clone(), eval(name, expr))).collect();
        labels.retain(|name, value| !value.is_empty() && !lenient::RESERVED.contains(&name.as_str()));
        let annotations = self.annotations.iter().map(|(name, expr)| (name.clone(), eval(name, expr))).collect();
        if !title.is_empty() {
            labels.entry("alertname".to_owned()).or_insert_with(|| title.clone());
            extra.insert("title".to_owned(), title.into());
        }
        // the severity may change while the alert lives, so it is no part of who it is
        let key = match (key.is_empty(), labels.is_empty()) {
            (false, _) => key,
            (true, false) => crate::alert::fingerprint(&labels),
            (true, true) => crate::util::id::hash_id(&[data.to_string()]),
        };
        let key = if key.len() > MAX_KEY { crate::util::id::hash_id(&[&key]) } else { key };
        if !severity.is_empty() {
            labels.entry("severity".to_owned()).or_insert(severity);
        }
        let status = lenient::status(&word).unwrap_or_else(|| {
            if self.status.is_some() {
                parsed.warn(at, format!("status {word:?} is neither firing nor resolved; it counts as firing"));
            }
            Status::Firing
        });
        let mut moment = |name: &str, text: &str| {
            let moment = time::parse(text);
            if moment.is_none() && !text.is_empty() {
                parsed.warn(at, format!("{name} {text:?} is not a time"));
            }
            moment
        };
        let (starts_at, ended) = (moment("starts_at", &start).unwrap_or(now), moment("ends_at", &end));
        let ends_at = lenient::ends_at(status, starts_at, ended, now);
        let fingerprint = key.clone();
        batches.add(key, Alert { status, labels, annotations, starts_at, ends_at, generator_url, fingerprint, extra });
    }
}

enum Events {
    One(Map<String, Value>),
    Many(Vec<Value>),
}

/// Batches by key, in the order of their first event.
struct Batches {
    parsed: Parsed,
    places: HashMap<String, usize>,
}

impl Batches {
    fn add(&mut self, key: String, alert: Alert) {
        let batches = &mut self.parsed.batches;
        let place = *self.places.entry(key.clone()).or_insert(batches.len());
        if let Some(batch) = batches.get_mut(place) {
            batch.alerts.push(alert);
            return;
        }
        batches.push(Batch {
            mode: Mode::Delta,
            receiver: String::new(),
            group_key: key,
            group_labels: Labels::new(),
            external_url: String::new(),
            truncated: 0,
            alerts: vec![alert],
            extra: Extra::new(),
        });
    }
}

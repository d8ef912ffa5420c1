//! `openapi.yaml` as operations with their answers.

use larkhook::config::diagnostic::Out;
use larkhook::config::node::{self, Node, Value as Yaml};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The file.
pub struct Spec {
    pub root: Value,
    pub operations: Vec<Operation>,
}

/// A method of a path.
pub struct Operation {
    pub method: String,
    pub path: String,
    /// It needs the credentials of `server.auth`, or true loopback.
    pub guarded: bool,
    /// Its parameters, the path's among them.
    pub parameters: Vec<Value>,
    /// Status to content type and schema; `None`: any body.
    pub answers: BTreeMap<u16, BTreeMap<String, Option<Value>>>,
}

impl Operation {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether a request path is one of this operation.
    pub fn is_at(&self, path: &str) -> bool {
        let path = path.split('?').next().unwrap();
        let (ours, theirs): (Vec<&str>, Vec<&str>) = (self.path.split('/').collect(), path.split('/').collect());
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| *ours == theirs || ours.starts_with('{'))
    }

    /// How exactly its path is spelt out: `/jobs/retry` goes before `/jobs/{id}`.
    pub fn exactness(&self) -> usize {
        self.path.split('/').filter(|part| !part.starts_with('{')).count()
    }
}

impl Spec {
    pub fn read() -> Self {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.yaml")).unwrap();
        let mut out = Out::new("openapi.yaml", &text);
        let node = node::parse(&text, &|_| None, &mut out);
        let (findings, _) = out.finish();
        assert!(findings.0.is_empty(), "{findings}");
        let root = json(&node.unwrap());
        let mut operations = Vec::new();
        for (path, item) in root["paths"].as_object().unwrap() {
            let shared = item.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
            for (method, operation) in item.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters") {
                operations.push(self::operation(&root, path, method, &shared, operation));
            }
        }
        Self { root, operations }
    }

    /// The operation that a request belongs to.
    pub fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations.iter().filter(|o| o.method == method && o.is_at(path)).max_by_key(|o| o.exactness())
    }
}

fn operation(root: &Value, path: &str, method: &str, shared: &[Value], operation: &Value) -> Operation {
    let name = format!("{method} {path}");
    for word in ["summary", "operationId", "responses"] {
        assert!(operation.get(word).is_some(), "{name} has no {word}");
    }
    let own = operation.get("parameters").and_then(Value::as_array).cloned().unwrap_or_default();
    let parameters: Vec<Value> = shared.iter().chain(&own).map(|parameter| resolve(root, parameter).clone()).collect();
    for part in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        let described = parameters.iter().any(|p| p["in"] == "path" && p["name"] == part);
        assert!(described, "{name}: {part} is not described");
    }
    let mut answers = BTreeMap::new();
    for (status, answer) in operation["responses"].as_object().unwrap() {
        let answer = resolve(root, answer);
        assert!(answer.get("description").is_some(), "{name} {status} has no description");
        let content = answer.get("content").and_then(Value::as_object).cloned().unwrap_or_default();
        let content = content.into_iter().map(|(kind, media)| (kind, media.get("schema").cloned())).collect();
        answers.insert(status.parse().unwrap_or_else(|_| panic!("{name}: {status} is no status")), content);
    }
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        guarded: operation.get("security").is_none_or(|security| security.as_array().is_some_and(|ways| !ways.is_empty())),
        parameters,
        answers,
    }
}

/// What a `$ref` points to, or the value itself.
pub fn resolve<'v>(root: &'v Value, value: &'v Value) -> &'v Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(at) => root.pointer(at.trim_start_matches('#')).unwrap_or_else(|| panic!("{at} is not in the file")),
        None => value,
    }
}

fn json(node: &Node) -> Value {
    match &node.value {
        Yaml::Null => Value::Null,
        Yaml::Scalar { text, plain: true, .. } => match text.as_str() {
            "true" => true.into(),
            "false" => false.into(),
            number => number.parse::<i64>().map_or_else(|_| number.into(), Into::into),
        },
        Yaml::Scalar { text, .. } => text.as_str().into(),
        Yaml::List(items) => items.iter().map(json).collect(),
        Yaml::Map(entries) => entries.iter().map(|(name, _, node)| (name.clone(), json(node))).collect::<Map<_, _>>().into(),
        Yaml::Bad => panic!("openapi.yaml cannot be read"),
    }
}

//! Makes requests and holds every answer against the file.

use super::schema;
use super::spec::{Operation, Spec};
use crate::support::Running;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// See above. Remembers what was answered by what.
pub struct Caller<'r> {
    pub larkhook: &'r Running,
    pub spec: Spec,
    pub seen: Mutex<BTreeSet<(String, u16)>>,
}

/// An answer that was checked.
pub struct Answer {
    pub status: u16,
    /// Its JSON, or null.
    pub body: Value,
    pub text: String,
}

impl<'r> Caller<'r> {
    pub fn new(larkhook: &'r Running) -> Self {
        Self { larkhook, spec: Spec::read(), seen: Mutex::default() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// As JSON, which must succeed.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.body
    }

    /// POST that must succeed.
    pub async fn done(&self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.body
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let operation = self.spec.find(method.as_str(), path).unwrap_or_else(|| panic!("{method} {path} is not in openapi.yaml"));
        let request = self.larkhook.request(method, path);
        let request = body.into_iter().fold(request, |request, body| request.json(body));
        self.check(operation, request).await
    }

    /// Sends the request; the answer must be one of the operation's.
    pub async fn check(&self, operation: &Operation, request: RequestBuilder) -> Answer {
        self.try_check(operation, request).await.unwrap_or_else(|error| panic!("{}: {error:?}", operation.name()))
    }

    /// As [`check`](Self::check); an error where the connection ended, as it does when a large body is refused unread.
    pub async fn try_check(&self, operation: &Operation, request: RequestBuilder) -> Result<Answer, reqwest::Error> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let kind = headers.get("content-type").map_or("", |kind| kind.to_str().unwrap()).split(';').next().unwrap().to_owned();
        let bytes = answer.bytes().await?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let place = format!("{} {status}", operation.name());
        self.seen.lock().unwrap().insert((operation.name(), status));
        let Some(content) = operation.answers.get(&status) else { panic!("{place} is not in openapi.yaml: {text}") };
        let body: Value = if kind == "application/json" { serde_json::from_str(&text).unwrap() } else { Value::Null };
        if content.is_empty() {
            assert!(bytes.is_empty(), "{place} has a body that openapi.yaml does not know: {text}");
            return Ok(Answer { status, body, text });
        }
        let listed = content.get(&kind).or_else(|| content.get("*/*"));
        let Some(schema) = listed else { panic!("{place}: {kind:?} is not among {:?}", content.keys()) };
        if let Some(schema) = schema.as_ref().filter(|_| kind == "application/json") {
            let faults = schema::faults(&self.spec.root, schema, &body);
            assert!(faults.is_empty(), "{place} is not as openapi.yaml says:\n{}\n{text}", faults.join("\n"));
        }
        Ok(Answer { status, body, text })
    }
}

//! Our requests against the official SDK's own models: `tests/sdk/test_requests.py`.

use super::cases;
use super::files::{downloads, uploads};
use crate::sandbox::sdk::{python_or_skip, run};
use larkhook::feishu::call::Call;
use serde_json::{Value, json};

/// One request a line, as the script reads it.
fn requests() -> String {
    let line = |call: &Call| {
        let body: Value = serde_json::from_slice(&call.body).unwrap_or(Value::Null);
        json!({"endpoint": call.endpoint, "method": call.method, "path": call.path, "query": call.query, "body": body})
    };
    let calls = cases::all().into_iter().map(|case| line(&case.call)).chain(downloads().into_iter().map(|(call, ..)| line(&call)));
    let forms = uploads().into_iter().map(|(upload, ..)| {
        let mut form: Vec<(&str, Value)> = upload.fields.iter().map(|(name, value)| (*name, json!(value))).collect();
        form.push((upload.part.field, json!({"file": upload.part.file_name})));
        let form: serde_json::Map<String, Value> = form.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        json!({"endpoint": upload.endpoint, "method": "POST", "path": upload.path, "query": [], "form": form})
    });
    calls.chain(forms).map(|request| format!("{request}\n")).collect()
}

#[tokio::test]
async fn the_official_sdk_knows_our_requests() {
    let Some(python) = python_or_skip().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests.jsonl");
    std::fs::write(&file, requests()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/test_requests.py");
    let text = run(&python, &[script, &file.to_string_lossy()]).await.unwrap_or_else(|text| panic!("{text}"));
    assert!(text.contains("all good"), "{text}");
}

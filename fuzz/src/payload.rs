//! Bytes of a body through every kind of source, as they are and packed as senders pack them.
//!
//! Promised: what is packed comes out the same; nothing outgrows the bound; alerts are clean, bounded in time and
//! survive being stored; reading the same twice gives the same. Parts: choices (source, packing, type), body.

use super::parts::Parts;
use flate2::Compression;
use flate2::read::{GzEncoder, ZlibEncoder};
use larkhook::alert::{Batch, Status};
use larkhook::config::load_str;
use larkhook::source::{Compiled, Parsed, body};
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// Most bytes of a body here; the real bound is larger and works the same.
const MAX: usize = 256 << 10;

/// Alertmanager, Grafana and JSON sources, those of the example among them.
static SOURCES: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let own = r#"
fallback: all
feishu: { apps: { ops: { platform: sandbox } } }
sources:
  am: { kind: alertmanager, auth: none }
  grafana: { kind: grafana, auth: none }
  plain: { kind: json, auth: none, fields: { title: '{{title}}{{a}}', labels: { b: '{{b}}' } } }
  events:
    kind: json
    auth: none
    each: /events
    skip: '{{#if (eq this.kind "noise")}}yes{{/if}}'
    fields:
      key: '{{this.id}}'
      status: '{{this.status}}'
      severity: '{{this.level}}'
      title: '{{truncate this.title 20}}'
      labels: { host: '{{lower this.host}}', all: '{{json root}}' }
      annotations: { text: '{{#each this.lines}}{{this}};{{/each}}', when: '{{date this.at}}' }
      url: '{{urlEncode this.url}}'
      starts_at: '{{this.at}}'
      ends_at: '{{this.end}}'
route: { receiver: all }
receivers: [{ name: all, send: [{ to: chat:oc_a }] }]
"#;
    let examples = include_str!("../../examples/json-source.yaml");
    let texts = [own, examples];
    let settings = texts.map(|text| load_str(text, "fuzz.yaml", Path::new("/nonexistent"), &|_| Some("secret".to_owned())));
    let sources = settings.into_iter().flat_map(|loaded| loaded.unwrap_or_else(|error| panic!("{error}")).settings.sources.into_values());
    sources.map(|source| Compiled::new(Arc::clone(&source)).unwrap_or_else(|error| panic!("{error}"))).collect()
});

/// Content types that lead to different readers.
const TYPES: &[Option<&str>] = &[
    None,
    Some("application/json"),
    Some("application/x-www-form-urlencoded"),
    Some("multipart/form-data; boundary=x"),
    Some("application/cloudevents+json; charset=utf-8"),
    Some("text/html"),
    Some("multipart/form-data; boundary=\"a b\"; boundary=x"),
];

/// Runs one input.
pub fn run(data: &[u8]) {
    let parts = Parts::of(data);
    let source = &SOURCES[parts.choice(0, SOURCES.len())];
    let content_type = parts.pick(2, TYPES);
    let packing = parts.choice(1, 8);
    let raw = parts.tail();
    match packing {
        0 => read(source, content_type, None, raw),
        1 => read(source, content_type, Some("gzip"), raw),
        2 => read(source, content_type, Some("deflate, x-gzip"), raw),
        3 => packed(source, raw, &all(GzEncoder::new(raw, Compression::fast())), None, Some("gzip")),
        4 => packed(source, raw, &all(ZlibEncoder::new(raw, Compression::fast())), None, Some("deflate, identity")),
        5 => form(source, raw),
        6 => multipart(source, raw),
        _ => {
            parse(source, raw);
        }
    }
}

fn all(mut reader: impl Read) -> Vec<u8> {
    let mut out = Vec::new();
    reader.read_to_end(&mut out).unwrap_or_else(|error| panic!("{error}"));
    out
}

/// A body as it comes.
fn read(source: &Compiled, content_type: Option<&str>, encoding: Option<&str>, raw: &[u8]) {
    match body::decode(content_type, encoding, raw, MAX) {
        // A form's values gain quotes and escapes on the way to JSON, never more than six bytes for one.
        Ok(body) => {
            assert!(body.len() <= MAX * 7, "{} bytes of {}", body.len(), raw.len());
            parse(source, &body);
        }
        Err(error) => assert!(!error.to_string().is_empty() && (400..500).contains(&error.status()) && !error.code().is_empty()),
    }
}

/// A body that was compressed: the same comes out.
fn packed(source: &Compiled, raw: &[u8], packed: &[u8], content_type: Option<&str>, encoding: Option<&str>) {
    match body::decode(content_type, encoding, packed, MAX) {
        Ok(body) => {
            assert!(body == raw, "compressed and inflated");
            parse(source, &body);
        }
        Err(error) => assert!(raw.len() > MAX || packed.len() > MAX, "{error}"),
    }
}

/// JSON as a field of a form: the same alerts as without.
fn form(source: &Compiled, raw: &[u8]) {
    let Ok(text) = std::str::from_utf8(raw) else { return };
    if text.trim_start().starts_with('{') && text.len() < MAX / 4 {
        let form: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("channel", "x").append_pair("payload", text).finish();
        let body = body::decode(Some("application/x-www-form-urlencoded"), None, form.as_bytes(), MAX);
        assert_eq!(body.as_deref(), Ok(raw));
        parse(source, raw);
    }
}

/// JSON as a part of a multipart body, unless it has the boundary in it.
fn multipart(source: &Compiled, raw: &[u8]) {
    let Ok(text) = std::str::from_utf8(raw) else { return };
    if text.trim_start().starts_with('{') && !text.contains("--x") {
        let wire = format!("--x\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n{text}\r\n--x--\r\n");
        let body = body::decode(Some("multipart/form-data; boundary=x"), None, wire.as_bytes(), MAX);
        assert_eq!(body.as_deref(), Ok(raw));
        parse(source, raw);
    }
}

/// Reads alerts; returns them for those who want to show them.
pub fn parse(source: &Compiled, body: &[u8]) -> Option<Parsed> {
    let now = jiff::Timestamp::from_second(1_795_316_400).unwrap_or_default();
    let parsed = match source.parse(body, now) {
        Ok(parsed) => parsed,
        Err(error) => {
            assert!(!error.message.is_empty() && !error.reason().is_empty(), "{error:?}");
            return None;
        }
    };
    assert!(parsed.warnings.len() <= 20, "{} warnings", parsed.warnings.len());
    parsed.batches.iter().for_each(sound);
    assert_eq!(source.parse(body, now).as_ref(), Ok(&parsed), "read twice");
    Some(parsed)
}

/// Alertmanager's, for other targets that need alerts.
pub fn alertmanager() -> &'static Compiled {
    &SOURCES[0]
}

fn sound(batch: &Batch) {
    assert!(!batch.alerts.is_empty(), "a batch without alerts: {batch:?}");
    for alert in &batch.alerts {
        assert!(!alert.fingerprint.is_empty(), "{alert:?}");
        assert!(!alert.labels.contains_key("__source__") && !alert.labels.contains_key("__receiver__"), "{alert:?}");
        assert!(alert.labels.iter().all(|(name, value)| !name.is_empty() && !value.is_empty()), "{alert:?}");
        assert_eq!(alert.ends_at.is_some(), alert.status == Status::Resolved, "{alert:?}");
        assert!(alert.ends_at.is_none_or(|end| end >= alert.starts_at), "{alert:?}");
    }
    let stored = serde_json::to_string(batch).unwrap_or_else(|error| panic!("{error}: {batch:?}"));
    assert!(!stored.contains(['\0', '\u{FDD0}', '\u{FDD1}']) && !stored.contains("\\u0000"), "{stored}");
    let back: Batch = serde_json::from_str(&stored).unwrap_or_else(|error| panic!("{error}: {stored}"));
    // Numbers may lose their last bit on the way; everything else is the same.
    assert_eq!((&back.group_key, back.alerts.len()), (&batch.group_key, batch.alerts.len()));
    for (back, alert) in back.alerts.iter().zip(&batch.alerts) {
        assert_eq!(
            (&back.labels, &back.annotations, back.status, &back.fingerprint),
            (&alert.labels, &alert.annotations, alert.status, &alert.fingerprint)
        );
        assert_eq!((back.starts_at, back.ends_at, &back.generator_url), (alert.starts_at, alert.ends_at, &alert.generator_url));
    }
}

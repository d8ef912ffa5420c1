//! Sources and the recorded bodies of real senders.

use larkhook::config::load_str;
use larkhook::source::Compiled;
use std::path::Path;
use std::sync::Arc;

const CONFIG: &str = "
fallback: all
feishu: { apps: { ops: { platform: sandbox } } }
sources: { am: { kind: alertmanager, auth: none }, grafana: { kind: grafana, auth: none } }
route: { receiver: all }
receivers: [{ name: all, send: [{ to: chat:oc_a }] }]
";

/// `am` or `grafana`.
pub fn source(name: &str) -> Compiled {
    let settings = load_str(CONFIG, "bench.yaml", Path::new("."), &|_| None).unwrap().settings;
    Compiled::new(Arc::clone(&settings.sources[name])).unwrap()
}

/// A recorded body.
pub fn body(file: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inbound").join(file)).unwrap()
}

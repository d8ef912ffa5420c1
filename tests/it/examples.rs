//! Every example is loaded; the mappings of the JSON example are tried on captured bodies.

use larkhook::alert::Status;
use larkhook::config::diagnostic::Out;
use larkhook::config::node::{self, Value};
use larkhook::config::settings::{Auth, Platform};
use larkhook::config::{Loaded, load, load_str};
use larkhook::source::Compiled;
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};

/// The variables that the examples ask for in their heads.
fn env(name: &str) -> Option<String> {
    match name {
        "FEISHU_BOT_URL" => Some("https://open.feishu.cn/open-apis/bot/v2/hook/for-tests".to_owned()),
        "FEISHU_APP_SECRET" | "HOOK_TOKEN" | "LARKHOOK_ADMIN_TOKEN" | "FEISHU_BOT_SECRET" | "GRAFANA_HMAC" => Some(format!("test-{name}")),
        "GITLAB_TOKEN" | "ZABBIX_TOKEN" | "KUMA_TOKEN" | "SENTRY_SECRET" => Some(format!("test-{name}")),
        _ => None,
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Loads an example that must be without errors and without warnings.
fn example(name: &str) -> Loaded {
    let loaded = load(&root().join("examples").join(name), &env).unwrap_or_else(|findings| panic!("{findings}"));
    assert!(loaded.warnings.0.is_empty(), "{name}: {}", loaded.warnings);
    larkhook::route::Tree::new(&loaded.settings).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    for source in loaded.settings.sources.values() {
        Compiled::new(source.clone()).unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
    loaded
}

#[test]
fn every_file_in_the_folder_is_tested() {
    let mut found: Vec<PathBuf> = Vec::new();
    for dir in ["examples", "examples/docker-compose", "examples/kubernetes"] {
        found.extend(std::fs::read_dir(root().join(dir)).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()));
    }
    let mut names: Vec<String> =
        found.iter().map(|path| path.strip_prefix(root().join("examples")).unwrap().display().to_string()).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "alertmanager-app.yaml",
            "docker-compose/alertmanager.yml",
            "docker-compose/compose.yaml",
            "docker-compose/larkhook.yaml",
            "docker-compose/prometheus.yml",
            "docker-compose/rules.yml",
            "grafana-custom-bot.yaml",
            "json-source.yaml",
            "kubernetes/larkhook.yaml",
            "quickstart-sandbox.yaml",
        ]
    );
}

#[test]
fn quickstart_needs_no_secret_and_no_account() {
    let path = root().join("examples/quickstart-sandbox.yaml");
    let loaded = load(&path, &|_| None).unwrap_or_else(|findings| panic!("{findings}"));
    assert!(loaded.warnings.0.is_empty(), "{}", loaded.warnings);
    assert_eq!(loaded.settings.apps["demo"].platform, Platform::Sandbox);
    assert!(loaded.settings.server.listen.ip().is_loopback());
}

#[test]
fn the_others_load() {
    assert_eq!(example("alertmanager-app.yaml").settings.summary(), "1 app, 0 bots, 1 source, 2 receivers, 3 routes");
    assert_eq!(example("grafana-custom-bot.yaml").settings.summary(), "0 apps, 1 bot, 1 source, 1 receiver, 1 route");
    assert_eq!(example("json-source.yaml").settings.sources.len(), 4);
}

#[test]
fn the_compose_files_fit_together() {
    use argon2::password_hash::{PasswordHash, PasswordVerifier};
    let settings = example("docker-compose/larkhook.yaml").settings;
    let hash = settings.server.auth.as_ref().unwrap().users["admin"].expose_secret();
    argon2::Argon2::default().verify_password(b"larkhook", &PasswordHash::new(hash).unwrap()).unwrap();
    let read = |name: &str| std::fs::read_to_string(root().join("examples/docker-compose").join(name)).unwrap();
    assert!(read("alertmanager.yml").contains("/hook/alertmanager"));
    assert!(
        read("compose.yaml").contains("${HOOK_TOKEN:-for-this-demo-only}")
            && read("alertmanager.yml").contains("credentials: for-this-demo-only")
    );
    for name in ["alertmanager.yml", "compose.yaml", "prometheus.yml", "rules.yml"] {
        let mut out = Out::new(name, &read(name));
        let whole = node::parse(&read(name), &|name| Some(name.to_owned()), &mut out);
        assert!(whole.is_some() && !out.has_errors(), "{}", out.finish().0);
    }
}

#[test]
fn the_kubernetes_config_map_holds_a_configuration() {
    let text = std::fs::read_to_string(root().join("examples/kubernetes/larkhook.yaml")).unwrap();
    let written = |name: &str| Some(format!("${{{name}}}"));
    let mut kinds = Vec::new();
    for document in text.split("\n---\n") {
        let mut out = Out::new("larkhook.yaml", document);
        let object = node::parse(document, &written, &mut out).unwrap_or_else(|| panic!("{document}"));
        let kind = text_at(&object, &["kind"]);
        if kind == "ConfigMap" {
            let config = text_at(&object, &["data", "larkhook.yaml"]);
            let loaded =
                load_str(&config, "larkhook.yaml", Path::new("/etc/larkhook"), &env).unwrap_or_else(|findings| panic!("{findings}"));
            assert!(loaded.warnings.0.is_empty(), "{}", loaded.warnings);
            let settings = loaded.settings;
            assert!(
                matches!(&settings.sources["alertmanager"].auth, Auth::BearerToken(token) if token.expose_secret() == "test-HOOK_TOKEN")
            );
            assert_eq!(settings.storage, Path::new("/var/lib/larkhook/larkhook.db"));
        }
        kinds.push(kind);
    }
    assert_eq!(kinds, ["Secret", "ConfigMap", "Service", "StatefulSet"]);
}

fn text_at(node: &node::Node, path: &[&str]) -> String {
    match (&node.value, path) {
        (Value::Scalar { text, .. }, []) => text.clone(),
        (Value::Map(entries), [first, rest @ ..]) => {
            text_at(entries.iter().find(|(key, ..)| key == first).map(|(.., node)| node).unwrap_or_else(|| panic!("{first}")), rest)
        }
        _ => panic!("{path:?}"),
    }
}

#[test]
fn json_mappings_fit_what_the_senders_send() {
    let settings = example("json-source.yaml").settings;
    let run = |source: &str, body: &str| {
        let compiled = Compiled::new(settings.sources[source].clone()).unwrap_or_else(|error| panic!("{source}: {error:?}"));
        let bytes = std::fs::read(root().join("tests/fixtures/inbound").join(body)).unwrap();
        let now = "2026-11-22T03:00:00Z".parse().unwrap();
        let parsed = compiled.parse(&bytes, now).unwrap_or_else(|error| panic!("{body}: {error:?}"));
        assert!(parsed.ignored.is_empty(), "{body}: {:?}", parsed.ignored);
        assert_eq!((parsed.batches.len(), parsed.skipped), (1, 0), "{body}");
        let batch = parsed.batches.into_iter().next().unwrap();
        let alert = batch.alerts.into_iter().next().unwrap();
        let severity = settings.severity_of(&alert.labels);
        (batch.group_key, alert, severity)
    };

    let (key, alert, severity) = run("gitlab", "gitlab-pipeline-failed.json");
    assert_eq!((key.as_str(), alert.status, severity.as_str()), ("gitlab-1-main", Status::Firing, "warning"));
    assert_eq!(alert.labels["alertname"], "Pipeline failed: shop/api main");
    assert_eq!((alert.labels["user"].as_str(), alert.annotations["jobs"].trim()), ("wangwei", "test/unit"));
    assert_eq!(alert.generator_url, "https://gitlab.example.test/shop/api/-/pipelines/31");

    let (problem, fired, severity) = run("zabbix", "zabbix-problem.json");
    let (recovery, resolved, _) = run("zabbix", "zabbix-recovery.json");
    assert_eq!((problem.as_str(), severity.as_str()), ("zabbix-10291", "warning"));
    assert_eq!((recovery, resolved.fingerprint), (problem, fired.fingerprint.clone()), "recovery finds its problem");
    assert_eq!((fired.status, resolved.status), (Status::Firing, Status::Resolved));
    assert_eq!((fired.labels["host"].as_str(), fired.annotations["summary"].as_str()), ("db-master-01", "Current: 95.2 %"));

    let (down_key, down, severity) = run("uptime-kuma", "uptime-kuma-down.json");
    let (up_key, up, _) = run("uptime-kuma", "uptime-kuma-up.json");
    assert_eq!((down_key.as_str(), &down_key, severity.as_str()), ("kuma-3", &up_key, "critical"));
    assert_eq!((down.status, up.status, &down.fingerprint), (Status::Firing, Status::Resolved, &up.fingerprint));
    assert_eq!(down.labels["alertname"], "官网");
    let (_, test, _) = run("uptime-kuma", "uptime-kuma-test.json");
    assert_eq!((test.status, test.labels["alertname"].as_str()), (Status::Resolved, "Feishu bridge Testing"));

    let (key, alert, severity) = run("sentry", "sentry-issue-alert.json");
    assert_eq!((key.as_str(), severity.as_str()), ("sentry-1117540176", "warning"));
    assert_eq!(alert.labels["rule"], "生产错误告警");
    assert_eq!(alert.starts_at.to_string(), "2026-11-22T02:52:17.677Z");
}

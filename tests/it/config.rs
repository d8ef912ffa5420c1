//! Configuration files: good ones decode to what they say, bad ones are explained word for word.

use larkhook::alert::{Labels, Severity};
use larkhook::config::settings::*;
use larkhook::config::{Findings, Loaded, load, load_str};
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The variables of the fixtures; every value with a secret in it begins with `planted-`.
fn env(name: &str) -> Option<String> {
    let value = match name {
        "HOOK_TOKEN" | "APP_SECRET" | "FEISHU_APP_SECRET" | "DB_ROOM_SECRET" | "DB_ROOM_HOOK" | "GITLAB_TOKEN" => format!("planted-{name}"),
        "LARKHOOK_ADMIN_TOKEN" => "planted-admin".to_owned(),
        "NOT_A_DURATION" => "planted-value".to_owned(),
        "EMPTY" => String::new(),
        _ => return None,
    };
    Some(value)
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config")
}

fn text(yaml: &str) -> Result<Loaded, Findings> {
    load_str(yaml, "larkhook.yaml", &fixtures(), &env)
}

/// A small configuration that is right, with `more` at its end.
fn small(more: &str) -> Result<Loaded, Findings> {
    text(&format!(
        "feishu: {{ apps: {{ ops: {{ app_id: cli_a, app_secret: '${{APP_SECRET}}' }} }} }}\n\
         sources: {{ am: {{ kind: alertmanager, auth: none }} }}\n\
         route: {{ receiver: default }}\n\
         receivers: [{{ name: default, send: [{{ to: chat:oc_a }}] }}]\n{more}"
    ))
}

/// `UPDATE_GOLDEN=1 cargo test` writes the expected files anew.
#[test]
fn every_bad_file_is_explained() {
    let dir = fixtures().join("bad");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    files.sort();
    assert!(files.len() >= 30);
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let yaml = std::fs::read_to_string(&path).unwrap();
        let findings = match load_str(&yaml, name, &dir, &env) {
            Ok(loaded) => {
                assert!(name.starts_with("warn-"), "{name} was accepted");
                loaded.warnings
            }
            Err(findings) => findings,
        };
        assert!(!findings.0.is_empty(), "{name}: no finding");
        let drawn = findings.to_string().replace(dir.to_str().unwrap(), "DIR") + "\n";
        for secret in ["planted-", "hunter2", "pa55word", "tok3n", "s3cret", "plainpassword"] {
            assert!(!drawn.contains(secret), "{name} shows {secret}:\n{drawn}");
            assert!(!format!("{findings:?}").contains(secret), "{name} carries {secret}");
        }
        let expected = path.with_extension("txt");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&expected, &drawn).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != drawn {
            wrong.push(format!("{name} is explained differently:\n{drawn}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn six_mistakes_make_six_findings() {
    let findings = text(&std::fs::read_to_string(fixtures().join("bad/six-mistakes.yaml")).unwrap()).unwrap_err();
    let mut codes: Vec<&str> = findings.0.iter().map(|d| d.code).collect();
    codes.sort_unstable();
    codes.dedup();
    for code in ["bad-listen", "bad-duration", "variable", "unknown-key", "unknown-name", "not-alertmanager", "bad-matcher"] {
        assert!(codes.contains(&code), "{code} is not in {codes:?}");
    }
    let lines: Vec<usize> = findings.0.iter().map(|d| d.line).collect();
    assert!(lines.is_sorted(), "in the order of the file: {lines:?}");
    let json = serde_json::to_value(&findings).unwrap();
    assert_eq!(json[0]["severity"], "error");
    assert_eq!((&json[0]["line"], &json[0]["column"]), (&2.into(), &11.into()));
}

#[test]
fn the_full_file_means_what_it_says() {
    let loaded = load(&fixtures().join("full.yaml"), &env).unwrap_or_else(|findings| panic!("{findings}"));
    let codes: Vec<&str> = loaded.warnings.0.iter().map(|d| d.code).filter(|code| *code != "secret-readable").collect();
    assert_eq!(codes, ["open-source"], "{}", loaded.warnings);
    let s = &loaded.settings;
    let minutes = |n: u64| Duration::from_secs(n * 60);

    assert_eq!(s.server.listen.to_string(), "0.0.0.0:8064");
    assert_eq!(s.server.max_body, 4 << 20);
    assert_eq!(s.server.public_url.as_deref(), Some("https://larkhook.example.com"));
    assert_eq!(s.server.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "192.0.2.7/32"]);
    assert!(s.server.tls.as_ref().unwrap().cert_file.ends_with("tls/server.crt"));
    let auth = s.server.auth.as_ref().unwrap();
    assert_eq!(auth.bearer_token.as_ref().unwrap().expose_secret(), "planted-admin");
    assert!(auth.users["ops"].expose_secret().starts_with("$argon2id$"));

    assert!(s.storage.ends_with("config/larkhook.db"), "relative to the file: {:?}", s.storage);
    assert_eq!((s.retention, s.expire_after), (minutes(14 * 24 * 60), minutes(26 * 60)));
    assert_eq!((s.reopen_within, s.give_up_after), (minutes(5), minutes(12 * 60)));
    assert_eq!(s.timezone.iana_name(), Some("Asia/Shanghai"));
    let hosts: Vec<String> = s.pictures.hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["grafana.example.com", "*.cdn.example.com", "grafana:3000"]);
    assert_eq!((s.pictures.max_bytes, s.pictures.timeout, s.pictures.networks.len()), (5 << 20, Duration::from_secs(5), 1));
    assert_eq!(s.receivers["dba"].send[0].attach, [Attach::Alerts]);
    assert_eq!((s.locale, s.fallback.as_deref(), s.storm_after), (Locale::Zh, Some("default"), 5));
    let labels: Labels = [("severity".to_owned(), "Disaster".to_owned())].into();
    assert_eq!(s.severity_of(&labels), Severity::Critical);
    assert_eq!(s.rewrite_links, [("http://prometheus-0:9090".to_owned(), "https://prometheus.example.com".to_owned())]);

    let ops = &s.apps["ops"];
    assert_eq!(ops.platform, Platform::Url("https://open.feishu.cn".into()));
    assert_eq!(ops.app_secret.expose_secret(), "planted-FEISHU_APP_SECRET");
    assert_eq!(ops.limits, Limits { per_second: 30, per_minute: 800, per_chat: 3, monthly_calls: Some(10_000) });
    assert_eq!(ops.proxy.as_deref(), Some("http://proxy:3128"));
    assert_eq!(s.apps["sim"].app_secret.expose_secret(), "secret-from-file", "one newline is trimmed");
    let bot = &s.bots["db-room"];
    assert_eq!(bot.url.expose_secret(), "https://open.feishu.cn/open-apis/bot/v2/hook/planted-DB_ROOM_HOOK");
    assert_eq!((bot.app.as_deref(), bot.keyword.as_deref(), bot.on_unknown), (Some("ops"), Some("告警"), OnUnknown::Drop));
    assert_eq!(s.teams["dba"].iter().map(ToString::to_string).collect::<Vec<_>>(), ["email:li@example.com", "mobile:+8613800000000"]);

    let source = &s.sources["alertmanager"];
    assert!(matches!(&source.auth, Auth::BearerToken(token) if token.expose_secret() == "planted-HOOK_TOKEN"));
    assert_eq!(source.allow_ips.len(), 1);
    let grafana = &s.sources["grafana"];
    assert_eq!((grafana.allow_to.len(), grafana.overload_status), (2, 429));
    match &grafana.auth {
        Auth::Hmac { secret, header, timestamp_header, max_age, prefix } => {
            assert_eq!((secret.expose_secret(), header.as_str()), ("for-tests", "x-grafana-alerting-signature"));
            assert_eq!(timestamp_header.as_deref(), Some("x-grafana-alerting-timestamp"));
            assert_eq!((*max_age, prefix.as_str()), (minutes(2), "sha256="));
        }
        other => panic!("{other:?}"),
    }
    match &s.sources["gitlab"].kind {
        SourceKind::Json(map) => {
            assert_eq!(map.key.as_deref(), Some("gitlab-{{project.id}}-{{object_attributes.ref}}"));
            assert_eq!((map.labels.len(), map.annotations.len()), (2, 1));
            assert!(map.skip.as_ref().unwrap().contains("unless"));
        }
        other => panic!("{other:?}"),
    }
    assert!(
        matches!(&s.sources["script"].auth, Auth::Basic { username, password } if username == "cron" && password.expose_secret() == "a ${literal} one")
    );

    assert_eq!(s.time_intervals["nights"].len(), 1);
    assert_eq!(s.route.group_by, Some(GroupBy::Labels(vec!["alertname".into(), "cluster".into()])));
    let [critical, billing, info] = s.route.routes.as_slice() else { panic!() };
    assert!(critical.continue_matching && critical.matchers.len() == 2);
    assert_eq!((critical.path.as_str(), critical.receiver.as_deref()), ("route.routes[0]", Some("dba")));
    assert_eq!((billing.send[0].to.as_slice(), billing.send[0].kind), (&["bot:db-room".to_owned()][..], ContentKind::Post));
    assert_eq!((info.mute_time_intervals.as_slice(), &info.group_by), (&["nights".to_owned()][..], &Some(GroupBy::All)));

    let [first, second] = s.receivers["dba"].send.as_slice() else { panic!() };
    assert_eq!((first.name.as_str(), first.app.as_deref(), first.template.as_str()), ("db", Some("sim"), "compact"));
    assert_eq!((first.locale, first.matchers.len(), first.mention.len()), (Locale::En, 1, 3));
    assert_eq!(first.mention_on, [MentionOn::Fire, MentionOn::Reopen]);
    assert_eq!(
        first.lifecycle,
        Lifecycle {
            on_change: vec![Verb::Edit],
            on_worse: vec![Verb::Edit, Verb::Reply],
            on_repeat: vec![],
            on_reopen: vec![Verb::New],
            on_resolve: vec![Verb::Edit, Verb::Thread],
        }
    );
    assert_eq!((second.name.as_str(), &second.app, second.kind, second.template.as_str()), ("2", &None, ContentKind::Post, "incident"));
    assert_eq!(s.summary(), "2 apps, 1 bot, 5 sources, 2 receivers, 4 routes");
    let uses: Vec<_> = loaded.templates.iter().map(|used| (used.name.as_str(), used.kind, used.missing.line)).collect();
    let (incident, post) = ("incident", ContentKind::Post);
    assert_eq!(uses.len(), 4);
    assert!(
        uses.contains(&("compact", ContentKind::Card, 129)) && uses.iter().filter(|u| (u.0, u.1) == (incident, post)).count() == 2,
        "{uses:?}"
    );
    assert!(loaded.templates.iter().any(|used| used.missing.source.trim() == "template: compact"));
    let names: Vec<_> = loaded.files.iter().map(|f| f.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["full.yaml", "server.crt", "server.key", "ca.pem", "app.secret"]);
}

#[test]
fn defaults_are_the_documented_ones() {
    let s = small("").unwrap().settings;
    assert_eq!((s.server.listen.to_string(), s.server.max_body), ("127.0.0.1:8064".to_owned(), 8 << 20));
    let hours = |n: u64| Duration::from_secs(n * 3600);
    assert_eq!((s.retention, s.expire_after, s.give_up_after), (hours(720), hours(25), hours(24)));
    assert_eq!((s.reopen_within, s.storm_after), (Duration::from_secs(600), 20));
    assert_eq!(s.apps["ops"].limits, Limits::default());
    let send = &s.receivers["default"].send[0];
    assert_eq!((send.name.as_str(), send.app.as_deref(), send.kind), ("1", Some("ops"), ContentKind::Card), "the only app is the app");
    assert_eq!((&send.lifecycle, send.mention_on.as_slice()), (&Lifecycle::default(), &MENTION_ON[..]));
    assert_eq!(s.sources["am"].overload_status, 503);
    assert_eq!(s.severity, larkhook::alert::SeverityRules::default());
}

#[test]
fn no_secret_is_ever_printed() {
    let loaded = load(&fixtures().join("full.yaml"), &env).unwrap();
    let json = serde_json::to_string_pretty(&loaded.settings.redacted()).unwrap();
    let debug = format!("{loaded:?}");
    for secret in
        ["planted-", "ht-0a1b2c3d", "secret-from-file", "for-tests", "a ${literal} one", "vfGRHzjQKAVi1qNbTCpF1X4WHJPKBNqaRdsESRBNbxQ"]
    {
        assert!(!json.contains(secret), "JSON shows {secret}");
        assert!(!debug.contains(secret), "Debug shows {secret}");
    }
    for shown in ["cli_a1b2c3d4e5f6a7b8", "x-gitlab-token", "1d2h", "chat:oc_aaaa", "告警", "\"max_age\": \"2m\""] {
        assert!(json.contains(shown), "JSON lacks {shown}");
    }
    let app = &loaded.settings.redacted()["feishu"]["apps"]["ops"];
    let desk = serde_json::json!({ "id": "6698486123456789012", "token": "***", "receive": "user", "user_id_type": "union_id" });
    assert_eq!((&app["api"], &app["helpdesk"]), (&"im_v1".into(), &desk));
}

#[test]
fn a_password_in_a_proxy_is_not_printed() {
    let proxy = "feishu: { apps: { ops: { app_id: cli_a, app_secret: x, proxy: 'http://u:pa55word@proxy:3128' } } }";
    let yaml = format!("{proxy}\nsources: {{}}\nroute: {{ send: [{{ to: chat:oc_a }}] }}\n");
    let loaded = text(&yaml).unwrap();
    assert_eq!(loaded.settings.apps["ops"].proxy.as_deref(), Some("http://u:pa55word@proxy:3128"));
    let all = format!("{loaded:?} {} {}", loaded.settings.redacted(), loaded.warnings);
    assert!(!all.contains("pa55word"), "{all}");
}

#[test]
fn quoted_and_plain_variables_are_alike_and_never_change_the_structure() {
    let hostile = |name: &str| (name == "S").then(|| "a: [b, {c: \"d\"}] # e".to_owned());
    for form in ["${S}", "\"${S}\"", "'${S}'"] {
        let yaml = format!(
            "sources: {{}}\nroute: {{ receiver: a }}\nreceivers: [{{ name: a, send: [] }}]\nfeishu:\n  apps:\n    x:\n      app_id: cli_x\n      app_secret: {form}\n"
        );
        let loaded = load_str(&yaml, "f", Path::new("."), &hostile).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(loaded.settings.apps["x"].app_secret.expose_secret(), "a: [b, {c: \"d\"}] # e");
    }
}

#[test]
fn anchors_and_merge_keys_work_and_cannot_explode() {
    let yaml = "x: &x { to: chat:oc_a }\n";
    let anchored = "route: { send: [&card { to: chat:oc_a, as: text }, { <<: *card, to: chat:oc_b }] }\nsources: {}\nfeishu: { apps: { o: { platform: sandbox } } }\n";
    let loaded = text(anchored).unwrap_or_else(|e| panic!("{e}"));
    let [_, merged] = loaded.settings.route.send.as_slice() else { panic!() };
    assert_eq!((merged.to.as_slice(), merged.kind), (&["chat:oc_b".to_owned()][..], ContentKind::Text));
    assert!(text(yaml).is_err(), "no place for keys of one's own");

    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..9 {
        let refs = vec![format!("*a{}", n - 1); 10].join(", ");
        bomb += &format!("a{n}: &a{n} [{refs}]\n");
    }
    let findings = text(&bomb).unwrap_err();
    assert!(findings.to_string().contains("more than 100000 values"), "{findings}");
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_everybody_may_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("secret");
    let yaml = "feishu: { apps: { o: { app_id: cli_a, app_secret_file: secret } } }\nsources: {}\nroute: { send: [{ to: chat:oc_a }] }\n";
    std::fs::write(&secret, "two\r\n").unwrap();
    for (mode, warned) in [(0o644, true), (0o640, false)] {
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(mode)).unwrap();
        let loaded = load_str(yaml, "f", dir.path(), &env).unwrap();
        assert_eq!(loaded.warnings.0.iter().any(|d| d.code == "secret-readable"), warned);
        assert_eq!(loaded.settings.apps["o"].app_secret.expose_secret(), "two");
        assert_eq!(loaded.files, std::slice::from_ref(&secret));
    }
    std::fs::write(&secret, "line one\nline two\n").unwrap();
    assert!(load_str(yaml, "f", dir.path(), &env).unwrap_err().to_string().contains("line break"));
}

#[test]
fn a_file_that_is_not_there_is_a_finding() {
    let findings = load(Path::new("/no/such/larkhook.yaml"), &env).unwrap_err();
    assert_eq!((findings.errors(), findings.0[0].code), (1, "unreadable-file"));
    assert!(findings.to_string().contains("/no/such/larkhook.yaml"));
}

#[test]
fn own_severity_words_replace_those_of_their_severity_only() {
    let s = small("severity: { map: { critical: [SEV1, p2] } }\n").unwrap().settings;
    let of = |word: &str| s.severity_of(&[("severity".to_owned(), word.to_owned())].into());
    assert_eq!((of("sev1"), of("p2"), of("info")), (Severity::Critical, Severity::Critical, Severity::Info));
    assert_eq!(of("critical"), Severity::Warning, "no longer a word: the default holds");
}

/// The schema is written by `UPDATE_GOLDEN=1`, printed by `larkhook schema`.
#[test]
fn the_committed_schema_is_current_and_fits_the_full_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("larkhook.schema.json");
    let schema = serde_json::to_string_pretty(&larkhook::config::schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), schema, "run the test with UPDATE_GOLDEN=1");
}

/// Every key of the schema has a row in both documents, as often as there are sections with that key.
#[test]
fn every_key_is_documented_in_both_languages() {
    let schema = larkhook::config::schema();
    let mut wanted = std::collections::BTreeMap::new();
    for section in schema["$defs"].as_object().unwrap().values().chain([&schema]) {
        for key in section["properties"].as_object().into_iter().flat_map(|properties| properties.keys()) {
            *wanted.entry(format!("| `{key}` |")).or_insert(0usize) += 1;
        }
    }
    assert!(wanted.len() > 80, "{}", wanted.len());
    for name in ["configuration.md", "configuration.zh-CN.md"] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap();
        for (row, count) in &wanted {
            let found = text.lines().filter(|line| line.starts_with(row.as_str())).count();
            assert!(found >= *count, "{name}: {row} has {found} rows, {count} sections have that key");
        }
    }
}

/// The examples in the documents are right, put together with what each leaves out.
#[test]
fn examples_in_the_documents_load() {
    for name in ["configuration.md", "configuration.zh-CN.md"] {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap();
        let whole = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let loaded = self::text(whole).unwrap_or_else(|findings| panic!("{name}: {findings}"));
        assert!(loaded.warnings.0.is_empty(), "{name}: {}", loaded.warnings);
        for block in text.split("```yaml\n").skip(2).filter_map(|rest| rest.split("```").next()) {
            // A part refers to names and files that others give: only its shape is looked at here.
            let findings = self::text(block).err().unwrap_or_default();
            let shape = ["syntax", "unknown-key", "wrong-type", "bad-duration", "bad-matcher", "bad-template", "bad-interval", "later"];
            let bad: Vec<_> = findings.0.iter().filter(|finding| shape.contains(&finding.code)).collect();
            assert!(bad.is_empty(), "{name}: {bad:?}");
        }
    }
}

mod any_text {
    use super::*;
    use proptest::prelude::*;

    /// What tears files: characters that mean something in YAML, in templates, in variables, and wide ones.
    const PIECES: [&str; 22] = [
        ":",
        ": ",
        "\n",
        "\n  ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "'",
        "\"",
        "#",
        "&a ",
        "*a",
        "<<: ",
        "${",
        "${HOOK_TOKEN}",
        "{{",
        "|\n",
        "告警",
        "\t",
        "\u{7f}",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        /// However a good file is torn, loading it ends with findings that stand in the file and show no secret.
        #[test]
        fn torn_files_end_in_findings(
            cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..12, prop::sample::select(&PIECES[..])), 1..4),
        ) {
            let mut chars: Vec<char> = std::fs::read_to_string(fixtures().join("full.yaml")).unwrap().chars().collect();
            for (at, gone, piece) in cuts {
                let at = at.index(chars.len());
                let end = (at + gone).min(chars.len());
                chars.splice(at..end, piece.chars());
            }
            let torn: String = chars.into_iter().collect();
            let lines = torn.lines().count() + 1;
            let findings = text(&torn).map_or_else(|findings| findings, |loaded| loaded.warnings);
            for finding in &findings.0 {
                prop_assert!((1..=lines).contains(&finding.line) && finding.column >= 1 && finding.end_column > finding.column, "{finding:?}");
            }
            let drawn = format!("{findings}{}", serde_json::to_string(&findings).unwrap());
            prop_assert!(!drawn.contains("planted-"), "{drawn}");
        }

        /// Any text at all.
        #[test]
        fn any_text_ends(text in "(\\PC|[\n:{}\\[\\]'\"#&*!|>$-]){0,200}") {
            let _ = super::text(&text).map_err(|findings| findings.to_string());
        }
    }
}

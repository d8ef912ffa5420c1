//! Secrets of the configuration show nowhere: not in logs while deliveries fail on a platform that echoes what it was
//! sent, not in metrics, answers, findings, `Debug` or the output of commands.

use crate::support::{Running, error, eventually, fixture};
use argon2::password_hash::{PasswordHasher, SaltString};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use larkhook::util::id::hex;
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

/// Every secret holds this word; no output may.
const PLANTED: &str = "PLANTED";

/// Answers everything with an error that repeats the request, head and body; only the token of `ops` is given.
async fn echo(tasks: &TaskTracker) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let connections = tasks.clone();
    tasks.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(one(stream));
        }
    });
    addr
}

async fn one(mut stream: TcpStream) {
    let mut got = Vec::new();
    let mut buffer = [0; 64 * 1024];
    loop {
        let Ok(read @ 1..) = stream.read(&mut buffer).await else { return };
        got.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&got).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head_lower = head.to_ascii_lowercase();
        let length = head_lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse::<usize>().ok()).unwrap_or(0);
        if body.len() < length {
            continue;
        }
        let (status, kind, answer) = if text.contains("tenant_access_token") && text.contains("cli_ops") {
            (
                "200 OK",
                "application/json",
                json!({"code": 0, "msg": "ok", "tenant_access_token": "PLANTED-tenant-token", "expire": 7200}).to_string(),
            )
        } else if head.contains("foreign") || text.contains("cli_filed") {
            ("404 Not Found", "text/html", format!("<p>nothing is here: {text}</p>"))
        } else {
            (
                "400 Bad Request",
                "application/json",
                json!({"code": 99_992_402, "msg": format!("cannot do: {text}"), "error": {"log_id": "L"}}).to_string(),
            )
        };
        let answer =
            format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{answer}", answer.len());
        let _gone = stream.write_all(answer.as_bytes()).await;
        return;
    }
}

fn config(echo: SocketAddr) -> String {
    let salt = SaltString::encode_b64(b"0123456789abcdef").unwrap();
    let cheap = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, argon2::Params::new(64, 1, 1, None).unwrap());
    let phc = cheap.hash_password(b"PLANTED-password", &salt).unwrap().to_string();
    format!(
        r#"
server:
  listen: "127.0.0.1:0"
  auth: {{ bearer_token_file: secrets/admin, users: {{ li: '{phc}' }} }}
fallback: fallback
feishu:
  apps:
    ops: {{ app_id: cli_ops1b2c3d4e5f6a7, app_secret: PLANTED-app-secret, platform: "http://{echo}" }}
    filed: {{ app_id: cli_filed2c3d4e5f6, app_secret_file: secrets/app, platform: "http://{echo}" }}
    proxied: {{ app_id: cli_proxied3d4e5f6, app_secret: PLANTED-proxied, platform: "http://feishu.invalid", proxy: "http://u:PLANTED-proxy@127.0.0.1:9" }}
  bots:
    echo: {{ url: "http://{echo}/open-apis/bot/v2/hook/PLANTED-hook-0123456789?key=PLANTED-key", secret: PLANTED-sign }}
    foreign: {{ url: "http://{echo}/foreign/open-apis/bot/v2/hook/PLANTED-foreign-0123456789" }}
    closed: {{ url_file: secrets/url, secret_file: secrets/sign }}
sources:
  bearer: {{ kind: alertmanager, auth: {{ bearer_token: PLANTED-bearer }} }}
  basic: {{ kind: alertmanager, auth: {{ basic: {{ username: u, password_file: secrets/basic }} }} }}
  header: {{ kind: alertmanager, auth: {{ header: {{ name: X-Key, value: PLANTED-header }} }} }}
  hmac: {{ kind: alertmanager, auth: {{ hmac: {{ secret: PLANTED-hmac, header: X-Signature }} }} }}
route: {{ receiver: all }}
receivers:
  - name: all
    send:
      - {{ to: chat:oc_a, app: ops }}
      - {{ to: 'email:li@example.com', app: ops }}
      - {{ to: chat:oc_b, app: filed }}
      - {{ to: chat:oc_c, app: proxied }}
      - {{ to: bot:echo }}
      - {{ to: bot:foreign, as: text }}
      - {{ to: bot:closed }}
  - {{ name: fallback, send: [{{ to: bot:closed, as: text }}] }}
"#
    )
}

fn write_files(folder: &Path, config: &str) {
    std::fs::create_dir_all(folder.join("secrets")).unwrap();
    for (name, text) in [
        ("admin", "PLANTED-admin\n"),
        ("app", "PLANTED-app-of-file\n"),
        ("url", "http://127.0.0.1:9/open-apis/bot/v2/hook/PLANTED-closed-0123456789\n"),
        ("sign", "PLANTED-sign-of-file"),
        ("basic", "PLANTED-basic"),
    ] {
        std::fs::write(folder.join("secrets").join(name), text).unwrap();
    }
    std::fs::write(folder.join("larkhook.yaml"), config).unwrap();
}

/// A log that can be read.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// The lines in which a secret shows, as it is or in base64 after a user's name.
fn hidden(what: &str, text: &str) {
    let forms = [PLANTED.to_owned(), STANDARD.encode("u:PLANTED-basic"), STANDARD.encode("u:PLANTED-proxy"), "$argon2id$v=19$".to_owned()];
    for form in forms {
        if let Some(at) = text.find(&form) {
            let from = text[..at].char_indices().rev().nth(300).map_or(0, |(from, _)| from);
            let to = text[at..].char_indices().nth(200).map_or(text.len(), |(to, _)| at + to);
            panic!("{what} shows a secret: {}", &text[from..to]);
        }
    }
}

fn admin(request: RequestBuilder) -> RequestBuilder {
    request.bearer_auth("PLANTED-admin")
}

// Everything runs on this thread, so that its log is this test's own.
#[tokio::test(flavor = "current_thread")]
async fn no_secret_shows_anywhere_while_everything_fails() {
    let log = Log::default();
    let writer = log.clone();
    let filter = tracing_subscriber::EnvFilter::new("debug,larkhook=trace");
    let subscriber = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(move || writer.clone()).finish();
    // With one subscriber only, tracing lets other tests' threads, which have none, decide what is logged.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _log = tracing::subscriber::set_default(subscriber);

    let tasks = TaskTracker::new();
    let echo = echo(&tasks).await;
    let config = config(echo);
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path(), &config);
    let larkhook = Running::in_folder(Arc::new(folder), |_| {}).await.unwrap_or_else(|error| panic!("{error}: {error:?}"));

    let body = |group: &str| {
        let text = String::from_utf8(fixture("am-single-firing")).unwrap();
        text.replace("\"groupKey\":\"", &format!("\"groupKey\":\"{group}"))
    };
    let hook = |source: &str| larkhook.request(Method::POST, &format!("/hook/{source}")).body(body(source));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"PLANTED-hmac").unwrap();
    mac.update(body("hmac").as_bytes());
    let signature = hex(&mac.finalize().into_bytes());
    for accepted in [
        hook("bearer").bearer_auth("PLANTED-bearer"),
        hook("basic").basic_auth("u", Some("PLANTED-basic")),
        hook("header").header("X-Key", "PLANTED-header"),
        hook("hmac").header("X-Signature", signature),
    ] {
        let answer = accepted.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }
    for refused in [
        hook("bearer").bearer_auth("PLANTED-other"),
        hook("bearer"),
        hook("basic").basic_auth("u", Some("PLANTED-other")),
        hook("header").header("X-Key", "PLANTED-other"),
        hook("hmac").header("X-Signature", "PLANTED-other"),
        larkhook.request(Method::GET, "/api/v1/jobs").bearer_auth("PLANTED-other"),
        larkhook.request(Method::GET, "/api/v1/jobs").basic_auth("li", Some("PLANTED-other")),
        larkhook.request(Method::GET, "/api/v1/jobs?token=PLANTED-other").bearer_auth("x"),
    ] {
        let (status, said) = error(refused.send().await.unwrap()).await;
        assert_eq!(status, 401);
        hidden("a refusal", &said.to_string());
    }
    let answer = larkhook.request(Method::GET, "/api/v1/jobs").basic_auth("li", Some("PLANTED-password")).send().await.unwrap();
    assert_eq!(answer.status(), 200);

    // every way has failed at least once
    eventually("all of it was tried", || async {
        let text = log.text();
        ["ops", "filed", "proxied", "echo", "foreign", "closed"].iter().all(|name| text.contains(&format!(":{name}\"")))
    })
    .await;

    // a configuration that cannot be taken over, with the secrets in the lines that are shown
    let broken = config
        .replace("PLANTED-app-secret,", "PLANTED-app-secret, platfrm: x,")
        .replace("PLANTED-sign }", "PLANTED-sign, secrt: PLANTED-x }");
    std::fs::write(larkhook.config_file(), broken).unwrap();
    let (status, said) = error(admin(larkhook.request(Method::POST, "/-/reload")).send().await.unwrap()).await;
    assert_eq!(status, 400, "{said}");
    hidden("a reload's findings", &said.to_string());

    let get = |path: String| {
        let request = admin(larkhook.request(Method::GET, &path));
        async move {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            let text = answer.text().await.unwrap();
            hidden(&path, &text);
            text
        }
    };
    for path in ["/metrics", "/-/ready", "/-/healthy", "/", "/api/v1/messages", "/api/v1/digests", "/api/v1/parked"] {
        get(path.to_owned()).await;
    }
    for (list, one) in
        [("/api/v1/incidents", "/api/v1/incidents"), ("/api/v1/jobs", "/api/v1/jobs"), ("/api/v1/jobs?state=dead", "/api/v1/jobs")]
    {
        let list: serde_json::Value = serde_json::from_str(&get(list.to_owned()).await).unwrap();
        for item in list["items"].as_array().unwrap() {
            let id = item["id"].as_str().map_or_else(|| item["id"].to_string(), str::to_owned);
            get(format!("{one}/{id}")).await;
        }
    }
    let payload: serde_json::Value = serde_json::from_str(&body("x")).unwrap();
    for path in ["/api/v1/render", "/api/v1/route"] {
        let answer = admin(larkhook.request(Method::POST, path)).json(&json!({"payload": payload, "source": "hmac"})).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        hidden(path, &answer.text().await.unwrap());
    }
    larkhook.stop().await;
    let text = log.text();
    assert!(text.contains("a webhook was accepted") && text.contains("a webhook was refused"), "{text}");
    hidden("the log", &text);
}

#[tokio::test]
async fn no_secret_shows_in_debug_or_in_the_output_of_commands() {
    let tasks = TaskTracker::new();
    let echo = echo(&tasks).await;
    let folder = tempfile::tempdir().unwrap();
    let config = config(echo);
    write_files(folder.path(), &config);
    let file = folder.path().join("larkhook.yaml");

    let loaded = larkhook::config::load(&file, &|_| None).unwrap_or_else(|findings| panic!("{findings}"));
    hidden("Debug of what was loaded", &format!("{loaded:?} {:#?}", loaded.settings));
    hidden("the masked settings", &loaded.settings.redacted().to_string());
    hidden("warnings", &format!("{} {:?}", loaded.warnings, loaded.warnings));
    let live = larkhook::live::Live::build(Arc::new(loaded.settings), &[], None, None).unwrap_or_else(|errors| panic!("{errors:?}"));
    for app in live.channels.apps.values() {
        hidden("Debug of an app", &format!("{:?}", app.client));
    }
    for source in live.sources.values() {
        hidden("Debug of a source", &format!("{source:?}"));
    }

    const PAYLOAD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/inbound/am-single-firing.json");
    let run = |args: &'static [&'static str]| {
        let file = file.clone();
        async move {
            let mut command = Command::new(env!("CARGO_BIN_EXE_larkhook"));
            command.args(args).arg("-c").arg(&file).env("RUST_LOG", "debug,larkhook=trace").env_remove("HTTP_PROXY");
            let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
            let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            assert!(!text.trim().is_empty(), "{args:?} says nothing");
            hidden(&format!("{args:?}"), &text);
            text
        }
    };
    run(&["check"]).await;
    run(&["check", "--format", "json"]).await;
    let live = run(&["check", "--live"]).await;
    assert!(live.contains("cannot do"), "what the platform said is shown: {live}");
    run(&["check", "--live", "--format", "json"]).await;
    run(&["send", PAYLOAD, "--source", "hmac", "--timeout", "3s"]).await;
    run(&["route", PAYLOAD, "--source", "hmac", "--format", "json"]).await;
    run(&["render", PAYLOAD, "--source", "hmac", "--format", "json"]).await;

    std::fs::write(
        &file,
        config.replace("app_secret: PLANTED-app-secret", "app_secrt: PLANTED-app-secret").replace("X-Key, value:", "X-Key, vale:"),
    )
    .unwrap();
    assert!(run(&["check"]).await.contains("did you mean"));
    run(&["check", "--format", "json"]).await;
}

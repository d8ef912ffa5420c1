//! The commands as typed: transcripts in `tests/cli`, and runs that need a process of their own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const LARKHOOK: &str = env!("CARGO_BIN_EXE_larkhook");

#[test]
fn transcripts() {
    trycmd::TestCases::new().env("TZ", "UTC").env("NO_COLOR", "1").case("tests/cli/*.md");
}

fn larkhook(folder: &Path) -> Command {
    let mut command = Command::new(LARKHOOK);
    command.current_dir(folder).env("TZ", "UTC").env_remove("LARKHOOK_CONFIG").env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("it ends by itself")
}

#[test]
fn the_demo_shows_living_messages() {
    let folder = tempfile::tempdir().unwrap();
    let output = larkhook(folder.path()).args(["demo", "--once", "--format", "json", "--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(code(&output), 0, "{}{}", text(&output.stdout), text(&output.stderr));
    let lines: Vec<Value> = text(&output.stdout).lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let count = |what: &str| lines.iter().filter(|line| line["what"] == what).count();
    assert_eq!(count("new"), 4, "one living message for each story, two for a bot that cannot edit: {}", text(&output.stdout));
    assert!(count("edit") >= 4 && count("in topic") + count("reply") >= 3, "{}", text(&output.stdout));
    let green = lines.iter().rev().find(|line| line["what"] == "edit").unwrap();
    assert!(green["title"].as_str().unwrap().contains("已恢复"), "the last edit says that it is over: {green}");
}

#[test]
fn a_payload_comes_from_standard_input_and_a_closed_pipe_is_fine() {
    let folder = tempfile::tempdir().unwrap();
    let body = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inbound/grafana-firing.json")).unwrap();
    let mut child =
        larkhook(folder.path()).args(["render", "-", "--format", "json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&body).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0);
    let card: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(card["schema"], "2.0", "one message: its content alone, to paste into a card builder");

    let mut child = larkhook(folder.path()).arg("schema").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), text(&output.stderr).as_str()), (0, ""), "nobody reads, nobody complains");
}

/// A server process that is stopped by a signal at the end of the test.
#[cfg(unix)]
struct Server {
    child: std::process::Child,
    url: String,
}

#[cfg(unix)]
impl Server {
    fn start(folder: &Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let listen = format!("127.0.0.1:{port}");
        let child = larkhook(folder).args(["serve", "--listen", &listen]).stderr(Stdio::piped()).spawn().unwrap();
        let start = Instant::now();
        while std::net::TcpStream::connect(&listen).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "it comes up");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, url: format!("http://{listen}") }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

#[cfg(unix)]
#[test]
fn serve_stops_on_a_signal_and_its_jobs_are_found_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let config = "\
storage: sqlite:larkhook.db
fallback: default
feishu:
  apps: { ops: { app_id: cli_a1b2c3d4e5f6a7b8, app_secret: s, platform: 'http://127.0.0.1:9' } }
sources: { am: { kind: alertmanager, auth: none } }
route: { receiver: default }
receivers: [{ name: default, send: [{ to: 'chat:oc_5ad11d72b830411d72b836c20' }] }]
";
    std::fs::write(folder.path().join("larkhook.yaml"), config).unwrap();
    let mut server = Server::start(folder.path());
    let body = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inbound/am-single-firing.json")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    larkhook::feishu::tls::init();
    let status = runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        client.post(format!("{}/hook/am", server.url)).body(body).send().await.unwrap().status()
    });
    assert_eq!(status, 200);

    let list = |more: &[&str]| larkhook(folder.path()).args(["jobs", "list", "--format", "json"]).args(more).output().unwrap();
    let running = list(&["--url", &server.url]);
    assert_eq!(code(&running), 0, "{}", text(&running.stderr));
    let items: Value = serde_json::from_slice(&running.stdout).unwrap();
    assert_eq!(items["items"][0]["target"], "chat:oc_5ad11d72b830411d72b836c20", "{items}");
    let locked = list(&[]);
    assert_eq!(code(&locked), 3, "{}", text(&locked.stdout));
    assert!(text(&locked.stderr).contains("in use by another larkhook"), "{}", text(&locked.stderr));

    server.signal("-HUP");
    server.signal("-TERM");
    let ended = server.child.wait().unwrap();
    assert_eq!(ended.code(), Some(0), "it ends in order");
    let stopped = list(&[]);
    assert_eq!(code(&stopped), 0, "{}", text(&stopped.stderr));
    let items: Value = serde_json::from_slice(&stopped.stdout).unwrap();
    let id = items["items"][0]["id"].as_str().expect("the job is in the file").to_owned();
    let dropped = larkhook(folder.path()).args(["jobs", "drop", &id]).output().unwrap();
    assert_eq!(code(&dropped), 0, "{}", text(&dropped.stderr));
    let empty: Value = serde_json::from_slice(&list(&[]).stdout).unwrap();
    assert_eq!(empty["items"], serde_json::json!([]));
}

#[test]
fn send_ends_with_what_became_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let payload = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/inbound/am-single-firing.json");
    let config = |platform: &str| {
        format!(
            "feishu:\n  apps: {{ ops: {{ app_id: cli_a1b2c3d4e5f6a7b8, app_secret: s, platform: '{platform}' }} }}\n\
             sources: {{ am: {{ kind: alertmanager, auth: none }} }}\nfallback: d\nroute: {{ receiver: d }}\n\
             receivers: [{{ name: d, send: [{{ to: 'chat:oc_5ad11d72b830411d72b836c20' }}] }}]\n"
        )
    };
    let send = |more: &[&str]| larkhook(folder.path()).arg("send").arg(&payload).args(["--format", "json"]).args(more).output().unwrap();
    std::fs::write(folder.path().join("larkhook.yaml"), config("sandbox")).unwrap();
    let sent = send(&[]);
    assert_eq!(code(&sent), 0, "{}", text(&sent.stderr));
    let report: Value = serde_json::from_slice(&sent.stdout).unwrap();
    assert_eq!(report["messages"][0]["result"], "sent", "{report}");
    assert!(!folder.path().join("larkhook.db").exists(), "nothing is kept");

    std::fs::write(folder.path().join("larkhook.yaml"), config("http://127.0.0.1:9")).unwrap();
    let waiting = send(&["--timeout", "1s"]);
    assert_eq!(code(&waiting), 3, "{}", text(&waiting.stdout));
    assert_eq!(code(&send(&["--to", "chta:oc_x"])), 2);
}

#[test]
fn the_sandbox_starts_with_the_world_of_a_file() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/sandbox.in/world.yaml");
    let folder = tempfile::tempdir().unwrap();
    let mut command = larkhook(folder.path());
    command.args(["sandbox", "--world", file, "--listen", "127.0.0.1:0", "--format", "json"]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let printed = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).find(|line| line.contains("http://"));
    let addr = printed.as_deref().and_then(|line| line.split("http://").nth(1)).map(|rest| rest.trim_end_matches('"').to_owned());
    let answer = addr.ok_or_else(|| std::io::Error::other("no URL")).and_then(|addr| get(&addr, "/_sandbox/world"));
    child.kill().unwrap();
    child.wait().unwrap();
    let answer = answer.unwrap();
    let world: Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!((&world["lenient"], &world["chats"]["oc_ops"]["name"]), (&Value::Bool(false), &Value::from("值班告警")));
    assert_eq!((world["people"].as_object().unwrap().len(), &world["people"]["ou_wang"]["open_id"]), (1, &Value::from("ou_wang")));
    assert_eq!((&world["apps"]["cli_ops"]["app_secret"], world["chats"].as_object().unwrap().len()), (&Value::from("secret"), 1));
}

fn get(addr: &str, path: &str) -> std::io::Result<String> {
    let mut stream = std::net::TcpStream::connect(addr)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

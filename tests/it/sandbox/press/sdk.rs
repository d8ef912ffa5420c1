//! The official SDKs as the app that is pressed: `tests/sdk/press_app.py` and `press_app.cjs`, over HTTP (encrypted and
//! signed) and over the long connection.
//!
//! Needs Python with the SDK as `sandbox::sdk` does, and `node` with `npm`: the Node SDK goes into `target/tmp/sdk-node`.
//! `LARKHOOK_SDK_NODE` names a folder with a `node_modules` that has it. What is missing is said and skipped, unless
//! `LARKHOOK_SDK=required`.

use super::{BUTTON, US, button, card_of};
use crate::sandbox::Bench;
use crate::sandbox::sdk::{python_or_skip, run};
use larkhook::sandbox::{Outcome, Switches};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A folder whose `node_modules` has the SDK; `None`: there is none here and none is required, which was said.
async fn node_or_skip() -> Option<PathBuf> {
    match node().await {
        Ok(folder) => Some(folder),
        Err(why) => {
            assert_ne!(std::env::var("LARKHOOK_SDK").as_deref(), Ok("required"), "no Node SDK: {why}");
            println!("skipped: the Node SDK cannot be installed here: {why}");
            None
        }
    }
}

async fn node() -> Result<PathBuf, String> {
    if let Some(given) = std::env::var_os("LARKHOOK_SDK_NODE") {
        return Ok(given.into());
    }
    run(Path::new("node"), &["--version"]).await?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sdk-node");
    if !folder.join("node_modules/@larksuiteoapi/node-sdk").exists() {
        std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let wanted = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/package.json");
        std::fs::copy(wanted, folder.join("package.json")).map_err(|error| error.to_string())?;
        run(Path::new("npm"), &["install", "--silent", "--no-audit", "--no-fund", "--prefix", &folder.to_string_lossy()]).await?;
    }
    Ok(folder)
}

/// The app as a process; it ends with its standard input.
fn start(mut command: Command, args: &[&str]) -> Child {
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap()
}

async fn first_line(child: &mut Child) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await.unwrap().unwrap().expect("the app prints its URL")
}

/// Presses a card of the app: what its code saw comes back as toast and card.
async fn press(bench: &Bench, by: &str) {
    let id = bench.card("oc_a", &card_of(json!([{"tag": "hr"}, button("确认", json!({"act": "ack 磁盘"}))]))).await;
    let wang = bench.sandbox.world().people.values().find(|person| person.email == "wang@example.com").unwrap().open_id.clone();
    let seen = format!("button ack 磁盘 {wang} {id}");
    let pressed = bench.press(&id, BUTTON, json!({})).await.unwrap();
    assert_eq!(pressed.outcome, Outcome::ToastAndCard, "{pressed:?}");
    assert_eq!(pressed.toast.unwrap().content, seen);
    let message = bench.sandbox.message(&id).unwrap();
    assert_eq!(message.content()["body"]["elements"][0]["content"], seen);
    let english = bench.card("oc_a", &card_of(json!([{"tag": "hr"}, button("Ack", json!({"act": "ack"}))]))).await;
    let pressed = bench.press(&english, BUTTON, json!({"locale": "en_us"})).await.unwrap();
    assert_eq!(pressed.toast.unwrap().content, by);
}

async fn over_http(command: Command, script: &str, by: &str) {
    let bench = Bench::start().await;
    let mut child = start(command, &[script, "http"]);
    let url = first_line(&mut child).await;
    let setting = json!({"app_id": US, "callback": {"url": url}, "verification_token": "vt-alpha", "encrypt_key": "kitty-hawk-1903"});
    let set = bench.open("POST", "/_sandbox/callback", &setting).await;
    assert_eq!(set.http, 200, "the SDK answers the challenge: {}", set.json);
    press(&bench, by).await;
    // With another key the SDK refuses.
    bench.world(json!({"op": "update_app", "app_id": US, "encrypt_key": "another"}));
    let id = bench.card("oc_a", &card_of(json!([button("x", json!({"act": "x"}))]))).await;
    let pressed = bench.press(&id, "/body/elements/0", json!({})).await.unwrap();
    assert_eq!(pressed.outcome, Outcome::Error, "{pressed:?}");
}

async fn over_a_long_connection(command: Command, script: &str, by: &str) {
    let bench = Bench::start().await;
    let _child = start(command, &[script, "long", &bench.sandbox.url()]);
    let begun = std::time::Instant::now();
    while bench.sandbox.connections().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the SDK connects");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    press(&bench, by).await;
    bench.sandbox.set_switches(Switches { fragment_bytes: 150, ..bench.sandbox.switches() });
    press(&bench, by).await;
}

const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/press_app.py");
const NODE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/press_app.cjs");

fn node_command(folder: &Path) -> Command {
    let mut command = Command::new("node");
    command.env("NODE_PATH", folder.join("node_modules"));
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_is_pressed_both_ways() {
    let Some(python) = python_or_skip().await else { return };
    over_http(Command::new(&python), PYTHON, "by python").await;
    over_a_long_connection(Command::new(&python), PYTHON, "by python").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_is_pressed_both_ways() {
    let Some(folder) = node_or_skip().await else { return };
    over_http(node_command(&folder), NODE, "by node").await;
    over_a_long_connection(node_command(&folder), NODE, "by node").await;
}

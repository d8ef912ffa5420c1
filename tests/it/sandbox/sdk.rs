//! The official Python SDK against the sandbox: `tests/sdk/test_sandbox.py`.
//!
//! Needs `python3` and, the first time, the package index: the SDK goes into a virtual environment under the
//! target folder. `LARKHOOK_SDK_PYTHON` names a Python that has it already. Where neither is to be had the
//! test says so and passes, unless `LARKHOOK_SDK=required`.

use super::Bench;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

pub async fn run(program: &Path, args: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().await.map_err(|error| error.to_string())?;
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(text) } else { Err(text) }
}

/// A Python that has the SDK; `None`: there is none here and none is required, which was said.
pub async fn python_or_skip() -> Option<PathBuf> {
    match python().await {
        Ok(python) => Some(python),
        Err(why) => {
            assert_ne!(std::env::var("LARKHOOK_SDK").as_deref(), Ok("required"), "no SDK: {why}");
            println!("skipped: the Python SDK cannot be installed here: {why}");
            None
        }
    }
}

async fn python() -> Result<PathBuf, String> {
    if let Some(given) = std::env::var_os("LARKHOOK_SDK_PYTHON") {
        return Ok(given.into());
    }
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sdk-venv");
    let python = venv.join("bin/python");
    if run(&python, &["-c", "import lark_oapi"]).await.is_err() {
        run(Path::new("python3"), &["-m", "venv", &venv.to_string_lossy()]).await?;
        let wanted = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/requirements.txt");
        run(&python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted]).await?;
    }
    Ok(python)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_sdk_is_served() {
    let Some(python) = python_or_skip().await else { return };
    let bench = Bench::start().await;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/test_sandbox.py");
    let output = run(&python, &[script, &bench.sandbox.url()]).await;
    let text = output.unwrap_or_else(|text| panic!("{text}"));
    assert!(text.contains("all good"), "{text}");
    let counts = bench.sandbox.counts();
    for endpoint in [
        "token",
        "send",
        "reply",
        "edit",
        "patch",
        "recall",
        "get",
        "list",
        "chats",
        "chat_info",
        "is_in_chat",
        "batch_get_id",
        "image_upload",
        "image_get",
        "bot_info",
        "file_upload",
        "file_get",
        "resource",
        "forward",
        "merge_forward",
        "thread_forward",
        "urgent_app",
        "urgent_sms",
        "urgent_phone",
        "read_users",
        "pin_create",
        "pin_list",
        "pin_delete",
        "reaction_create",
        "reaction_list",
        "reaction_delete",
        "chat_create",
        "chat_search",
        "members_add",
        "members",
        "members_remove",
        "user",
        "batch_send",
        "batch_progress",
        "batch_read_user",
        "batch_recall",
        "legacy_send",
        "helpdesk_send",
    ] {
        assert!(counts.iter().any(|count| count.endpoint.as_str() == endpoint && count.code == 0), "{endpoint} was not called");
    }
}

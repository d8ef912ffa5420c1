//! The commands themselves, with and without a server: what they print and how they end.

use super::{CHAT, config};
use crate::support::Running;
use serde_json::Value;
use std::process::{Output, Stdio};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Runs `larkhook` with a text on its standard input.
pub async fn larkhook(folder: &Running, environment: &[(&str, &str)], args: &[&str], stdin: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_larkhook"));
    command.current_dir(folder.path().join("empty")).args(args).env_remove("LARKHOOK_CONFIG").env("NO_COLOR", "1").env("TZ", "UTC");
    command.envs(environment.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    // Whoever does not read has ended already.
    let _ = input.write_all(stdin.as_bytes()).await;
    drop(input);
    let Output { status, stdout, stderr } = child.wait_with_output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[tokio::test]
async fn verbs_are_typed_with_and_without_a_server() {
    let server = Running::with(&config()).await;
    std::fs::create_dir(server.path().join("empty")).unwrap();
    let (url, platform) = (server.url(""), server.sandbox().url());
    let alone = [("LARKHOOK_APP_ID", "cli_a1b2c3d4e5f6a7b8"), ("LARKHOOK_APP_SECRET", "s"), ("LARKHOOK_PLATFORM", platform.as_str())];
    let to = format!("chat:{CHAT}");
    for (environment, more) in [(&alone[..], &[][..]), (&[][..], &["--url", url.as_str(), "--app", "ops"][..])] {
        let run = |args: &[&str], stdin: &'static str| {
            let args: Vec<String> = args.iter().chain(more).map(|arg| (*arg).to_owned()).collect();
            let server = &server;
            async move { larkhook(server, environment, &args.iter().map(String::as_str).collect::<Vec<_>>(), stdin).await }
        };
        let (code, out, err) = run(&["message", "send", "--to", &to], "disk full\n").await;
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(out.starts_with("sent om_") && out.ends_with(&format!("  to {to}\n")), "{out}");
        let id = out.split_whitespace().nth(1).unwrap().to_owned();
        assert_eq!(server.sandbox().message(&id).unwrap().content()["text"], "disk full");

        let (code, out, err) = run(&["message", "edit", &id, "--format", "json"], "over").await;
        assert_eq!(code, 0, "{err}");
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["message_id"], id.as_str());
        let (code, out, err) = run(&["message", "get", &id], "").await;
        assert!(code == 0 && out.contains(&id) && out.contains("over"), "{out}{err}");
        let (code, out, err) = run(&["message", "history", "--chat", CHAT, "--since", "1h", "--limit", "1"], "").await;
        assert!(code == 0 && out.contains("over"), "{out}{err}");

        let payload = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/inbound/am-single-firing.json");
        let (code, out, err) =
            run(&["message", "send", "--to", &to, "--template", "incident", "--data", payload, "--format", "json"], "").await;
        assert_eq!(code, 0, "{err}");
        let sent: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(server.sandbox().message(sent["message_id"].as_str().unwrap()).unwrap().msg_type, "interactive");

        let (code, out, err) = run(&["people", "find", "email:li@example.com", "email:no@nobody.invalid"], "").await;
        assert!(code == 1 && out.contains("ou_") && out.contains("nobody that the app can see"), "{out}{err}");
        let (code, out, err) = run(&["chats", "list", "--name", "*", "--format", "json"], "").await;
        assert!(code == 0 && out.contains(CHAT), "{out}{err}");

        // failures: nothing on standard output, a sentence with code and log id, an exit code of its own
        let (code, out, err) = run(&["message", "recall", "om_nothing"], "").await;
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.contains("[recall; code ") && err.contains("log id "), "{err}");
        let (code, out, err) = run(&["message", "send", "--to", "department:od-1"], "x").await;
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("--yes"), "{err}");
        let (code, out, _) = run(
            &["message", "send", "--to", &to, "--kind", "card", "--format", "json"],
            r#"{"schema":"2.0","body":{"elements":[{"tag":"x"}]}}"#,
        )
        .await;
        assert_eq!(code, 2);
        let error: Value = serde_json::from_str(&out).unwrap();
        assert!(error["error"]["at"].as_str().unwrap().starts_with("/body/elements/0"), "{error}");
    }
    let nowhere = [("LARKHOOK_APP_ID", "cli_a1b2c3d4e5f6a7b8"), ("LARKHOOK_APP_SECRET", "s"), ("LARKHOOK_PLATFORM", "http://127.0.0.1:9")];
    let (code, _, err) = larkhook(&server, &nowhere, &["message", "get", "om_1"], "").await;
    assert_eq!(code, 3, "{err}");
    let (code, _, err) = larkhook(&server, &[], &["message", "get", "om_1"], "").await;
    assert!(code == 2 && err.contains("LARKHOOK_APP_ID"), "{err}");
    let file = server.config_file();
    let (code, _, err) = larkhook(&server, &[], &["message", "get", "om_1", "--app", "ops", "-c", file.to_str().unwrap()], "").await;
    assert!(code == 3 && err.contains("platform: sandbox"), "{err}");
    server.stop().await;
}

#[tokio::test]
async fn files_are_uploaded_sent_and_saved() {
    let server = Running::with(&config()).await;
    let folder = server.path().join("empty");
    std::fs::create_dir(&folder).unwrap();
    let url = server.url("");
    let run = |args: &'static [&'static str]| {
        let args: Vec<String> = args
            .iter()
            .map(|arg| (*arg).to_owned())
            .chain(["--url".to_owned(), url.clone(), "--app".to_owned(), "ops".to_owned()])
            .collect();
        let server = &server;
        async move { larkhook(server, &[], &args.iter().map(String::as_str).collect::<Vec<_>>(), "").await }
    };
    let png: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";
    std::fs::write(folder.join("a.png"), png).unwrap();
    let (code, out, err) = run(&["message", "send", "--to", "oc_5ad11d72b830411d72b836c200000001", "--kind", "image", "a.png"]).await;
    assert_eq!(code, 0, "{out}{err}");
    let (code, out, err) = run(&["message", "upload", "a.png"]).await;
    assert!(code == 0 && out.starts_with("img_"), "{out}{err}");
    let key = out.trim().to_owned();
    for (more, expected) in [(&[][..], 0), (&[][..], 2), (&["--force"][..], 0)] {
        let mut args = vec!["message", "download", &key, "-o", "b.png", "--url", &url, "--app", "ops"];
        args.extend(more);
        let (code, _, err) = larkhook(&server, &[], &args, "").await;
        assert_eq!(code, expected, "{err}");
    }
    assert_eq!(std::fs::read(folder.join("b.png")).unwrap(), png);
    let (code, _, err) = run(&["message", "send", "--to", "ou_1", "--kind", "audio", "a.png"]).await;
    assert!(code == 2 && err.contains("ffmpeg"), "{err}");
    std::fs::write(folder.join("big.png"), vec![0; (10 << 20) + 1]).unwrap();
    let (code, _, err) = run(&["message", "send", "--to", "ou_1", "--kind", "image", "big.png"]).await;
    assert!(code == 2 && err.contains("at most 10 MB"), "{err}");
    server.stop().await;
}

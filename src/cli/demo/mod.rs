//! `larkhook demo`: the service, the sandbox and a story of sample alerts in a temporary folder.
//!
//! It is the real thing: an ordinary configuration file, the real HTTP edge, store, delivery and client. Only the
//! platform is the stand-in. [`feed`] lists what arrives there.

pub mod feed;
mod story;

use super::args::{self, Words};
use super::output::{Exit, FAINT, GOOD, Output, STRONG, WARNING, styled};
use super::serve::{start, stop};
use crate::app::signals::{Signal, Signals};
use crate::app::{App, Options, Origin, StartError};
use crate::sandbox::{Chat, Hook};
use anyhow::Context;
use feed::Feed;
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8064);
const CONFIG: &str = include_str!("larkhook.yaml");
/// Between the scenes of the story.
const PACE: Duration = Duration::from_secs(4);
/// The same where nobody watches.
const PACE_ONCE: Duration = Duration::from_millis(400);
/// For everything to arrive after the last scene.
const SETTLE: Duration = Duration::from_secs(30);

/// Runs the demo.
///
/// # Errors
/// It does not start, or the folder cannot be written.
pub async fn run(args: args::Demo, output: Output) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen()?;
    let folder = tempfile::Builder::new().prefix("larkhook-demo-").tempdir().context("no temporary folder")?;
    let app = up(&args, folder.path()).await?;
    let Some(sandbox) = app.sandbox().cloned() else { anyhow::bail!("the demo's configuration has no sandbox") };
    let mut changes = sandbox.subscribe();
    greet(&app, &sandbox.url(), folder.path(), output)?;
    let mut feed = Feed::new(output).drawing(if args.once { 0 } else { 1 });
    let (told, mut ended) = mpsc::channel(1);
    let (tasks, quit) = (TaskTracker::new(), CancellationToken::new());
    let pace = args.pace.unwrap_or(if args.once { PACE_ONCE } else { PACE });
    if !args.quiet {
        let teller = story::Teller::new(app.url(), pace)?;
        tasks.spawn(teller.tell(told, quit.clone()));
    }
    let end = args.duration.map(|duration| Instant::now() + duration);
    let mut over: Option<Result<(), String>> = None;
    let mut deadline = Instant::now() + SETTLE;
    let exit = loop {
        tokio::select! {
            signal = signals.next() => if signal == Signal::Stop { break Exit::Ok } else { drop(app.reload().await) },
            change = changes.recv() => if !feed.show(change)? { break Exit::Failed },
            Some(result) = ended.recv() => {
                if let Err(why) = &result {
                    super::output::complain(why);
                }
                over = Some(result);
                deadline = Instant::now() + SETTLE;
                if !args.once && end.is_none() && !output.is_json() {
                    let hint = "The story is over; the demo goes on until Ctrl-C.";
                    output.text(|out| writeln!(out, "\n{}\n", styled(hint, FAINT)))?;
                }
            }
            () = tokio::time::sleep(Duration::from_millis(100)) => {
                sandbox.settle();
                if end.is_some_and(|end| Instant::now() >= end) {
                    break Exit::Ok;
                }
                if args.once && let Some(result) = over.as_ref() {
                    let arrived = changes.is_empty() && app.store().stats().await.is_ok_and(|stats| stats.ready == 0);
                    if arrived || Instant::now() > deadline {
                        break if result.is_ok() && arrived { Exit::Ok } else { Exit::Failed };
                    }
                }
            }
        }
    };
    quit.cancel();
    tasks.close();
    tasks.wait().await;
    while let Ok(change) = changes.try_recv() {
        feed.show(Ok(change))?;
    }
    let seen = feed.seen;
    if output.is_json() {
        output.json(&json!({ "messages": seen.messages, "edits": seen.edits, "replies": seen.replies }))?;
    } else {
        let line = format!("{} messages, {} edits, {} replies", seen.messages, seen.edits, seen.replies);
        output.text(|out| writeln!(out, "\n{}", styled(line, GOOD)))?;
    }
    let stopped = stop(app, &mut signals, Duration::from_secs(5)).await;
    Ok(if exit == Exit::Ok { stopped } else { exit })
}

/// Writes the configuration and starts the app; where the usual port is taken, on a free one.
async fn up(args: &args::Demo, folder: &Path) -> anyhow::Result<App> {
    let locale = if args.locale == Words::En { "en" } else { "zh" };
    let listen = args.listen.unwrap_or(LISTEN);
    let config = CONFIG.replace("{listen}", &listen.to_string()).replace("{locale}", locale);
    let path = folder.join("larkhook.yaml");
    std::fs::create_dir(folder.join("templates"))?;
    std::fs::write(&path, config)?;
    let mut options = Options::new(Origin::File(path));
    // The world of the demo is the configuration above, not this machine's environment.
    options.env = std::sync::Arc::new(|_| None);
    let (token, name) = ("release-room".to_owned(), "发布通知".to_owned());
    let chat = Chat { chat_id: "oc_00000000000000000000000000000005".to_owned(), name: name.clone(), ..Chat::default() };
    let chat_id = options.sandbox.world.add_chat(chat);
    options.sandbox.world.add_hook(Hook { token, name, chat_id, ..Hook::default() });
    let taken = |error: &StartError| matches!(error, StartError::Bind { error } if error.source.kind() == std::io::ErrorKind::AddrInUse);
    match App::start(options.clone()).await {
        Err(error) if args.listen.is_none() && taken(&error) => {
            options.listen = Some(SocketAddr::new(LISTEN.ip(), 0));
            App::start(options).await.map_err(start)
        }
        started => started.map_err(start),
    }
}

fn greet(app: &App, sandbox: &str, folder: &Path, output: Output) -> anyhow::Result<()> {
    let url = app.url();
    let facts = json!({ "url": url, "sandbox": sandbox, "folder": folder });
    if output.is_json() {
        return output.text(|out| writeln!(out, "{facts}"));
    }
    let post = format!(
        "curl -X POST {url}/hook/pipelines -d '{{\"project\":\"me/mine\",\"ref\":\"main\",\"status\":\"failed\",\"commit\":\"first try\"}}'"
    );
    output.text(|out| {
        writeln!(out, "{}  service and Feishu stand-in, no account needed\n", styled("larkhook demo", STRONG))?;
        writeln!(
            out,
            "  inbox      {}   {}",
            styled(format!("{sandbox}/inbox"), STRONG),
            styled("what people in Feishu see; open it in a browser", FAINT)
        )?;
        writeln!(out, "  console    {url}   {}", styled("what operators see", FAINT))?;
        writeln!(out, "  folder     {}   {}", folder.display(), styled("edit larkhook.yaml and templates while it runs", FAINT))?;
        writeln!(out, "  post one   {post}")?;
        writeln!(out, "  stop       {}\n", styled("Ctrl-C", WARNING))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_configuration_has_no_findings() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("templates")).unwrap();
        let text = CONFIG.replace("{listen}", "127.0.0.1:0").replace("{locale}", "en");
        let loaded = crate::config::load_str(&text, "larkhook.yaml", folder.path(), &|_| None);
        let loaded = loaded.unwrap_or_else(|findings| panic!("{findings}"));
        assert_eq!(loaded.warnings.0, []);
    }
}

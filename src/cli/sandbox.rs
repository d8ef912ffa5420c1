//! `larkhook sandbox`: only the Feishu stand-in, until a signal ends it.

use super::args;
use super::config::env;
use super::demo::feed;
use super::output::{Exit, FAINT, Failure, Output, STRONG, styled};
use super::serve::start;
use crate::app::StartError;
use crate::app::signals::{Signal, Signals};
use crate::config::load_data;
use crate::sandbox::{Options, Sandbox, UuidMode, World};
use crate::server::listen::{self, BindError};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// Runs the sandbox and lists what arrives.
///
/// # Errors
/// The address cannot be listened on; the world's file has mistakes.
pub async fn run(args: args::Sandbox, output: Output) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen()?;
    let listener = listen::bind(args.listen).await.map_err(|error| start(StartError::Bind { error }))?;
    let uuid_mode = match args.repeated_uuid {
        args::RepeatedUuid::Same => UuidMode::SameMessage,
        args::RepeatedUuid::Error => UuidMode::Error230049,
    };
    let world = args.world.as_deref().map_or_else(|| Ok(World::default()), world)?;
    let options = Options { world, limits: !args.no_limits, uuid_mode, ..Options::default() };
    let tracker = options.tracker.clone();
    let addr = args.listen;
    let handle = Sandbox::start(listener, options).map_err(|source| start(StartError::Bind { error: BindError { addr, source } }))?;
    let mut changes = handle.subscribe();
    let url = handle.url();
    output.result(&json!({ "url": url }), |out| {
        writeln!(out, "{}  {}", styled("Feishu stand-in", STRONG), url)?;
        writeln!(out, "In larkhook.yaml:  platform: {url}     {}", styled("any app_id and secret", FAINT))?;
        writeln!(out, "Custom bots:       url: {url}/open-apis/bot/v2/hook/my-room")?;
        writeln!(out, "What arrived:      {url}/inbox     {}\n", styled("in a browser; as JSON at /_sandbox/messages", FAINT))
    })?;
    let mut feed = feed::Feed::new(output);
    loop {
        tokio::select! {
            signal = signals.next() => if signal == Signal::Stop { break },
            change = changes.recv() => if !feed.show(change)? { break },
            // Batches reach people with time, not with a call.
            () = tokio::time::sleep(Duration::from_secs(1)) => handle.settle(),
        }
    }
    handle.stop();
    tracker.close();
    let _ = tokio::time::timeout(Duration::from_secs(2), tracker.wait()).await;
    Ok(Exit::Ok)
}

/// The world of a file.
fn world(path: &Path) -> anyhow::Result<World> {
    let unusable = |what: String| Failure { exit: Exit::Failed, message: format!("the world cannot be used\n\n{what}") };
    let color = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let world: World = load_data(path, &env).map_err(|findings| unusable(findings.render(color)))?;
    Ok(world.completed().map_err(|error| unusable(format!("{}: {error}", path.display())))?)
}

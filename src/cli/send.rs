//! `larkhook send`: a payload's messages once, without a server.
//!
//! The real way through a store of its own in a temporary folder: routing, templates, budgets, the ladder of refused
//! contents. What is sent here is not followed later.

use super::args;
use super::config;
use super::output::{ERROR, Exit, FAINT, Failure, GOOD, Output, WARNING, column, plain, remark, styled};
use super::render::human;
use super::route::at;
use crate::app::{App, Options, Origin};
use crate::config::settings::Address;
use crate::pipeline::{self, AcceptError, AcceptOptions};
use crate::preview::{self, Overrides};
use crate::store::{JobFilter, JobState, MessageView, Store};
use crate::util::clock::Clock;
use crate::util::text::split_list;
use anyhow::{Context, anyhow};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// Sends a payload.
///
/// # Errors
/// No configuration, no payload, no alert in it; the platform cannot be reached within the time given.
pub async fn run(args: args::Send, output: Output) -> anyhow::Result<Exit> {
    let (bytes, value) = config::payload(&args.payload.payload)?;
    let to = addresses(&args.to)?;
    if args.dry_run {
        let live = config::live(config::optional(&args.config)?, Vec::new())?;
        let source = preview::source_for(&live, args.payload.source.as_deref(), &value).map_err(Failure::usage)?;
        let overrides = Overrides { template: args.template.clone(), to, ..Overrides::default() };
        let preview = preview::preview(&live, source, &bytes, &overrides, Clock::system().now());
        let preview = preview.map_err(|error| anyhow!("{}: {}", at(&error.at), error.message))?;
        let bad = preview.messages.is_empty() || preview.messages.iter().any(|message| !message.problems.is_empty());
        output.result(&preview, |out| human(out, &preview))?;
        return Ok(if bad { Exit::Failed } else { Exit::Ok });
    }
    let folder = tempfile::Builder::new().prefix("larkhook-send-").tempdir().context("no temporary folder")?;
    let mut options = Options::new(Origin::File(config::path(&args.config)));
    options.watch = false;
    options.storage = Some(folder.path().join("once.db"));
    options.closed = true;
    let app = App::start(options).await.map_err(super::serve::start)?;
    if app.sandbox().is_some() {
        remark("the configuration says `platform: sandbox`: nobody sees these messages");
    }
    let result = deliver(&app, &args, &bytes, &value, to).await;
    let report = match &result {
        Ok(()) => Some(report(app.store()).await?),
        Err(_) => None,
    };
    app.stop(Duration::from_secs(5)).await;
    result?;
    let Some((messages, open)) = report else { return Ok(Exit::Failed) };
    let rows: Vec<_> = messages.iter().map(|message| row(message, &open)).collect();
    let (failed, waiting) = (rows.iter().any(|row| row.2 == "failed"), rows.iter().any(|row| row.2 == "waiting"));
    let items: Vec<_> = rows
        .iter()
        .map(|(target, via, state, why, id)| json!({ "target": target, "via": via, "result": state, "reason": why, "message_id": id }))
        .collect();
    output.result(&json!({ "messages": items }), |out| {
        for (target, via, state, why, id) in &rows {
            let style = match *state {
                "sent" => GOOD,
                "waiting" => WARNING,
                _ => ERROR,
            };
            let more = if why.is_empty() { id.as_deref().unwrap_or_default() } else { why };
            writeln!(out, "{}  {}  {}  {}", styled(column(state, 7), style), column(target, 42), styled(via, FAINT), plain(more))?;
        }
        if rows.is_empty() {
            writeln!(out, "{}", styled("no message: see larkhook route", WARNING))?;
        }
        Ok(())
    })?;
    Ok(match (failed || rows.is_empty(), waiting) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Unreachable,
        (false, false) => Exit::Ok,
    })
}

fn addresses(texts: &[String]) -> anyhow::Result<Vec<Address>> {
    let parse = |text: &str| text.parse::<Address>().and_then(|address| address.check().map(|()| address));
    let list = texts.iter().flat_map(|text| split_list(text)).map(|text| parse(text.trim())).collect::<Result<Vec<_>, String>>();
    list.map_err(|error| Failure::usage(error).into())
}

/// Pictures and files that follow a sent message are waited for so long.
const FOLLOWING: Duration = Duration::from_secs(15);

/// Accepts the payload and waits until nothing is owed that could still be sent.
async fn deliver(app: &App, args: &args::Send, bytes: &[u8], value: &serde_json::Value, to: Vec<Address>) -> anyhow::Result<()> {
    let live = app.live();
    let source = preview::source_for(&live, args.payload.source.as_deref(), value).map_err(Failure::usage)?;
    let options = AcceptOptions { to, template: args.template.clone() };
    let accepted = pipeline::accept(app.store(), &live.settings, &live.tree, source, bytes, &options, Clock::system().now()).await;
    accepted.map_err(|error| match error {
        AcceptError::Invalid(error) => anyhow!("{}: {}", at(&error.at), error.message),
        error => error.into(),
    })?;
    let end = Instant::now() + args.timeout;
    let mut sent_at = None;
    while Instant::now() < end {
        let waiting = JobFilter { state: Some(JobState::Ready), limit: 1, ..JobFilter::default() };
        if app.store().jobs(&waiting).await?.items.is_empty() {
            let since = *sent_at.get_or_insert_with(Instant::now);
            if app.store().stats().await?.attachments == 0 || since.elapsed() > FOLLOWING {
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Messages, and the reasons of what is still owed to them, by message.
async fn report(store: &Store) -> anyhow::Result<(Vec<MessageView>, Vec<(String, String, String)>)> {
    let messages = store.messages(None, 500).await?;
    let jobs = store.jobs(&JobFilter { limit: 500, ..JobFilter::default() }).await?;
    Ok((messages, jobs.items.into_iter().map(|job| (job.message, job.state, job.reason.unwrap_or_default())).collect()))
}

type Row = (String, String, &'static str, String, Option<String>);

fn row(message: &MessageView, open: &[(String, String, String)]) -> Row {
    let owed = open.iter().find(|(id, ..)| *id == message.id);
    let state = match owed.map(|(_, state, _)| state.as_str()) {
        None => "sent",
        Some("dead" | "parked") => "failed",
        Some(_) if message.shown > 0 => "sent",
        Some(_) => "waiting",
    };
    let why = owed.map(|(_, _, reason)| reason.clone()).unwrap_or_default();
    (message.target.clone(), message.via.clone(), state, why, message.platform_id.clone())
}

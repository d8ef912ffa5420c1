//! `larkhook route`: which way the alerts of a payload go, and why.

use super::args;
use super::config;
use super::output::{Exit, Failure, Output, STRONG, plain, styled};
use crate::preview;
use crate::util::clock::Clock;
use anyhow::anyhow;
use serde_json::json;

/// Explains the routes of a payload.
///
/// # Errors
/// No configuration, no payload, no alert in it.
pub fn run(args: &args::Route, output: Output) -> anyhow::Result<Exit> {
    let (bytes, value) = config::payload(&args.payload.payload)?;
    let live = config::live(config::optional(&args.config)?, Vec::new())?;
    let source = preview::source_for(&live, args.payload.source.as_deref(), &value).map_err(Failure::usage)?;
    let now = args.at.unwrap_or_else(|| Clock::system().now());
    let ways = preview::explain(&live, source, &bytes, now).map_err(|error| anyhow!("{}: {}", at(&error.at), error.message))?;
    let name = &source.settings().name;
    let nowhere = ways.iter().any(|way| way.hits.iter().all(|hit| hit.sends.iter().all(|send| send.targets.is_empty())));
    output.result(&json!({ "source": name, "alerts": ways }), |out| {
        writeln!(out, "Source {}, {} alert{}", styled(name, STRONG), ways.len(), if ways.len() == 1 { "" } else { "s" })?;
        for way in &ways {
            writeln!(out)?;
            for line in way.to_string().lines() {
                writeln!(out, "{}", plain(line))?;
            }
        }
        Ok(())
    })?;
    Ok(if nowhere { Exit::Failed } else { Exit::Ok })
}

/// A JSON pointer for people.
pub fn at(pointer: &str) -> &str {
    if pointer.is_empty() { "the payload" } else { pointer }
}

//! `larkhook serve`: the app until a signal ends it.

use super::args;
use super::output::{Exit, Failure};
use super::{config, output};
use crate::app::signals::{Signal, Signals};
use crate::app::{App, Options, Origin, StartError};
use std::time::Duration;

/// Runs the service.
///
/// # Errors
/// It does not start.
pub async fn run(args: args::Serve) -> anyhow::Result<Exit> {
    let mut options = Options::new(Origin::File(config::path(&args.config)));
    options.listen = args.listen;
    // Before anything comes up: a signal during the start is not lost.
    let mut signals = Signals::listen()?;
    let app = App::start(options).await.map_err(start)?;
    loop {
        match signals.next().await {
            Signal::Stop => break,
            Signal::Reload => drop(app.reload().await),
        }
    }
    Ok(stop(app, &mut signals, args.drain).await)
}

/// Drains; a second signal ends the wait.
pub async fn stop(app: App, signals: &mut Signals, within: Duration) -> Exit {
    let again = async { while signals.next().await != Signal::Stop {} };
    tokio::select! {
        clean = app.stop(within) => if clean { Exit::Ok } else { Exit::Failed },
        () = again => {
            output::remark("stopped at once; what was accepted is on disk");
            Exit::Failed
        }
    }
}

/// Why it does not start, with its exit code.
pub fn start(error: StartError) -> anyhow::Error {
    match error {
        StartError::Config(findings) => config::failure(findings),
        StartError::Bind { .. } | StartError::Store(_) => Failure::unreachable(error.to_string()).into(),
        error => error.into(),
    }
}

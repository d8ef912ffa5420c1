//! The command line: one file per command over the library's functions.
//!
//! [`args`] is what can be typed, [`output`] how results are printed and which exit code they get, [`view`] how
//! messages look in a terminal. [`main`] is everything the program calls.

pub mod args;
mod check;
mod config;
mod demo;
mod jobs;
pub mod output;
mod render;
mod route;
mod samples;
mod sandbox;
mod send;
mod serve;
mod simple;
pub mod verbs;
pub mod view;

use args::{Cli, Command, LogFormat};
use clap::Parser;
use output::{Exit, Failure, Output, complain};
use std::process::ExitCode;

/// Reads the arguments, runs the command and says how it ended; complaints go to standard error.
pub fn main() -> ExitCode {
    // clap prints help, usage errors and their exit codes (0 and 2) itself.
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("no threads to run on: {error}"));
            return Exit::Failed.into();
        }
    };
    let exit = runtime.block_on(run(cli));
    // Standard input may still be read by a blocked thread; nothing is left to wait for.
    runtime.shutdown_background();
    exit.into()
}

async fn run(cli: Cli) -> Exit {
    let result = dispatch(cli).await;
    result.unwrap_or_else(|error| {
        complain(&format!("{error:#}"));
        error.downcast_ref::<Failure>().map_or(Exit::Failed, |failure| failure.exit)
    })
}

async fn dispatch(cli: Cli) -> anyhow::Result<Exit> {
    let output = Output::new(cli.global.format);
    let style = match cli.global.log_format {
        LogFormat::Auto => crate::telemetry::log::Style::Auto,
        LogFormat::Json => crate::telemetry::log::Style::Json,
        LogFormat::Text => crate::telemetry::log::Style::Text,
    };
    // What commands tell is their result; only the service tells by its log.
    let quiet = !matches!(cli.command, Command::Serve(_));
    let set = cli.global.log_level.as_deref().or((quiet && std::env::var_os("RUST_LOG").is_none()).then_some("error"));
    crate::telemetry::log::init(set, style).map_err(|error| Failure::usage(error.to_string()))?;
    match cli.command {
        Command::Serve(args) => serve::run(args).await,
        Command::Demo(args) => demo::run(args, output).await,
        Command::Sandbox(args) => sandbox::run(args, output).await,
        Command::Check(args) => check::run(args, output).await,
        Command::Route(args) => route::run(&args, output),
        Command::Render(args) => render::run(&args, output),
        Command::Send(args) => send::run(args, output).await,
        Command::Jobs(args) => jobs::run(args, output).await,
        Command::Message(args) => verbs::message(args, output).await,
        Command::Chats(args) => verbs::chats(args, output).await,
        Command::People(args) => verbs::people(args, output).await,
        Command::Schema => simple::schema(output),
        Command::Completions(args) => simple::completions(&args, output),
    }
}

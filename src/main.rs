//! The `larkhook` command.

use clap::Parser;
use larkhook::cli::{self, args::Cli, output};
use std::process::ExitCode;

fn main() -> ExitCode {
    // clap prints help, usage errors and their exit codes (0 and 2) itself.
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("no threads to run on: {error}"));
            return output::Exit::Failed.into();
        }
    };
    let exit = runtime.block_on(cli::run(cli));
    // Standard input may still be read by a blocked thread; nothing is left to wait for.
    runtime.shutdown_background();
    exit.into()
}

//! `larkhook schema` and `larkhook completions`: printed from the definitions themselves.

use super::args::{Cli, Completions};
use super::output::{Exit, Output};
use clap::CommandFactory;

/// Prints the JSON Schema of the configuration.
///
/// # Errors
/// Standard output cannot be written.
pub fn schema(output: Output) -> anyhow::Result<Exit> {
    output.json(&crate::config::schema())?;
    Ok(Exit::Ok)
}

/// Prints completions.
///
/// # Errors
/// Standard output cannot be written.
pub fn completions(args: &Completions, output: Output) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "larkhook", &mut script);
    output.text(|out| out.write_all(&script))?;
    Ok(Exit::Ok)
}

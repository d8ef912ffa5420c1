//! What is typed on the command line: clap types, nothing else.

use super::verbs::args::Message;
use super::verbs::args_more::{Chats, People};
use super::verbs::help;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Alerts in (Alertmanager, Grafana, any JSON webhook), living messages in Feishu/Lark out.
#[derive(Debug, Parser)]
#[command(name = "larkhook", version, max_term_width = 110, after_long_help = MAIN_HELP)]
#[command(disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Options that every command has.
    #[command(flatten)]
    pub global: Global,
}

const MAIN_HELP: &str = "\
Start here:
  larkhook demo                           see it work: no account, no configuration
  larkhook render payload.json            the message a payload becomes
  larkhook check -c larkhook.yaml         everything that is wrong, at once
  larkhook serve -c larkhook.yaml         the service

Exit codes: 0 ok, 1 findings or something failed, 2 usage, 3 something could not be reached.
Environment: NO_COLOR, RUST_LOG, LARKHOOK_CONFIG, LARKHOOK_ADMIN_TOKEN; for message, chats and people without a
configuration: LARKHOOK_APP_ID, LARKHOOK_APP_SECRET, LARKHOOK_PLATFORM (feishu, lark or a URL), LARKHOOK_LOCALE (zh, en).";

/// Options that every command has.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// How results are printed
    #[arg(long, value_enum, global = true, default_value_t = Format::Human, help_heading = "Global options")]
    pub format: Format,
    /// What is logged: error, warn, info, debug, trace, or target=level pairs [default: info]
    #[arg(long, global = true, value_name = "LEVEL", help_heading = "Global options")]
    pub log_level: Option<String>,
    /// How log lines are written; auto: text on a terminal, JSON otherwise
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Auto, hide_possible_values = false, help_heading = "Global options")]
    pub log_format: LogFormat,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[value(alias = "text")]
    Human,
    /// One JSON value, for programs
    Json,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise
    Auto,
    /// One JSON object a line
    Json,
    /// For people
    Text,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service
    #[command(after_long_help = SERVE_HELP)]
    Serve(Serve),
    /// See it work: the service, a Feishu stand-in and sample alerts in a temporary folder
    #[command(after_long_help = DEMO_HELP)]
    Demo(Demo),
    /// Run only the Feishu stand-in
    #[command(after_long_help = SANDBOX_HELP)]
    Sandbox(Sandbox),
    /// Check configuration, templates and routes; with --live also what the platform says
    #[command(after_long_help = CHECK_HELP)]
    Check(Check),
    /// Show which routes a payload takes and why
    #[command(after_long_help = ROUTE_HELP)]
    Route(Route),
    /// Show the message a payload becomes, its size and its warnings
    #[command(after_long_help = RENDER_HELP)]
    Render(Render),
    /// Send a payload's messages once, without a server
    #[command(after_long_help = SEND_HELP)]
    Send(Send),
    /// List, explain, retry or drop deliveries that wait or failed
    #[command(after_long_help = JOBS_HELP)]
    Jobs(Jobs),
    /// Send, edit, recall, read, forward, pin, urge: everything about messages
    #[command(after_long_help = help::MESSAGE)]
    Message(Message),
    /// List, find, create chats; their members
    #[command(after_long_help = help::CHATS)]
    Chats(Chats),
    /// Find people by e-mail address or mobile number
    #[command(after_long_help = help::PEOPLE)]
    People(People),
    /// Print the JSON Schema of the configuration
    #[command(after_long_help = SCHEMA_HELP)]
    Schema,
    /// Print completions for a shell
    #[command(after_long_help = COMPLETIONS_HELP)]
    Completions(Completions),
}

const SERVE_HELP: &str = "\
Examples:
  larkhook serve                          with ./larkhook.yaml
  larkhook serve -c /etc/larkhook.yaml --listen 0.0.0.0:8064

The configuration is read again on SIGHUP, on POST /-/reload and when one of its files changes. A file with
mistakes changes nothing: what ran before goes on, and the log, /metrics and /-/ready say so.
SIGTERM and SIGINT stop it: no new connections, requests are answered, calls under way end, then the store closes.";
const DEMO_HELP: &str = "\
Examples:
  larkhook demo                           until Ctrl-C; prints a curl line for alerts of your own
  larkhook demo --once                    play the samples, wait until they arrived, exit
  larkhook demo --listen 127.0.0.1:9999

The folder holds an ordinary larkhook.yaml and a templates folder: edit them while the demo runs.";
const SANDBOX_HELP: &str = "\
Examples:
  larkhook sandbox                        then in larkhook.yaml: platform: http://127.0.0.1:8065
  larkhook sandbox --repeated-uuid error
  larkhook sandbox --world world.yaml     with your own chats and people by name

A world that runs can be saved and used again: curl -s localhost:8065/_sandbox/world > world.json
Without lenient: false in the file whatever it does not list is made on first use, as always.";
const CHECK_HELP: &str = "\
Examples:
  larkhook check
  larkhook check -c larkhook.yaml --live  also: credentials, scopes, is the bot in each chat, are people found
  larkhook check --format json            for editors and CI

Exit codes: 0 nothing wrong, 1 errors found (with --strict: warnings too), 3 --live could not reach the platform.";
const ROUTE_HELP: &str = "\
Examples:
  larkhook route payload.json
  curl -s http://alertmanager:9093/... | larkhook route - --source alertmanager
  larkhook route payload.json --at 2026-01-01T03:00:00+08:00";
const RENDER_HELP: &str = "\
Examples:
  larkhook render payload.json            works without a configuration, with the built-in templates
  larkhook render payload.json --as text
  larkhook render payload.json --template templates/mine.card.hbs
  larkhook render payload.json --format json > card.json";
const SEND_HELP: &str = "\
Examples:
  larkhook send payload.json -c larkhook.yaml
  larkhook send payload.json --to chat:oc_5ad11d72b830411d72b836c20
  larkhook send payload.json --dry-run    what would be sent, and where to

Nothing is stored: an alert that is sent this way is not followed later.";
const JOBS_HELP: &str = "\
Examples:
  larkhook jobs list                      what waits, is parked or was given up
  larkhook jobs list --state dead --target chat:oc_5ad11d72b830411d72b836c20
  larkhook jobs show 0197c1c6a5b07c3e
  larkhook jobs retry 0197c1c6a5b07c3e
  larkhook jobs retry --all --state dead

Asks the running server. Where none runs on the configuration's database, the file itself is opened.";
const SCHEMA_HELP: &str = "\
Examples:
  larkhook schema > larkhook.schema.json
  # first line of larkhook.yaml, for editors:  # yaml-language-server: $schema=larkhook.schema.json";
const COMPLETIONS_HELP: &str = "\
Examples:
  larkhook completions bash > /etc/bash_completion.d/larkhook
  larkhook completions zsh > \"${fpath[1]}/_larkhook\"
  larkhook completions fish > ~/.config/fish/completions/larkhook.fish";

/// Which configuration.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// Configuration file [default: larkhook.yaml]
    #[arg(short, long, value_name = "FILE", env = "LARKHOOK_CONFIG")]
    pub config: Option<PathBuf>,
}

/// `larkhook serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Configuration.
    #[command(flatten)]
    pub config: Config,
    /// Listen here instead of where the configuration says
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// How long a stop may take
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub drain: Duration,
}

/// `larkhook demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Where the service listens [default: 127.0.0.1:8064, or a free port where that is taken]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Play the samples, wait until everything arrived, exit
    #[arg(long)]
    pub once: bool,
    /// Exit after this long
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "once")]
    pub duration: Option<Duration>,
    /// Between the scenes of the sample story
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub pace: Option<Duration>,
    /// No sample alerts: only what you post yourself
    #[arg(long)]
    pub quiet: bool,
    /// Words of the messages
    #[arg(long, value_enum, default_value_t = Words::Zh)]
    pub locale: Words,
}

/// Language of the built-in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Words {
    /// 中文
    Zh,
    /// English
    En,
}

/// `larkhook sandbox`
#[derive(Debug, Args)]
pub struct Sandbox {
    /// Where it listens
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8065")]
    pub listen: SocketAddr,
    /// Accept any rate of calls
    #[arg(long)]
    pub no_limits: bool,
    /// What a repeated uuid gets: the message it made, or error 230049
    #[arg(long, value_enum, default_value_t = RepeatedUuid::Same)]
    pub repeated_uuid: RepeatedUuid,
    /// Who and what exists, as YAML or JSON in the shape of GET /_sandbox/world
    #[arg(long, value_name = "FILE")]
    pub world: Option<PathBuf>,
}

/// What a repeated uuid gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RepeatedUuid {
    /// The message that the first call made
    Same,
    /// Error 230049
    Error,
}

/// `larkhook check`
#[derive(Debug, Args)]
pub struct Check {
    /// Configuration.
    #[command(flatten)]
    pub config: Config,
    /// Ask the platform too: credentials, scopes, bot in each chat, people
    #[arg(long)]
    pub live: bool,
    /// Warnings count as errors
    #[arg(long)]
    pub strict: bool,
}

/// A payload and how to read it.
#[derive(Debug, Clone, Args)]
pub struct Payload {
    /// A file with a webhook's body, or - for standard input
    #[arg(value_name = "PAYLOAD")]
    pub payload: PathBuf,
    /// Which source it comes from [default: told by the body]
    #[arg(short, long, value_name = "NAME")]
    pub source: Option<String>,
}

/// `larkhook route`
#[derive(Debug, Args)]
pub struct Route {
    /// Payload.
    #[command(flatten)]
    pub payload: Payload,
    /// Configuration.
    #[command(flatten)]
    pub config: Config,
    /// As if it were this moment (RFC 3339), for mute times [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<jiff::Timestamp>,
}

/// `larkhook render`
#[derive(Debug, Args)]
pub struct Render {
    /// Payload.
    #[command(flatten)]
    pub payload: Payload,
    /// Configuration.
    #[command(flatten)]
    pub config: Config,
    /// A template's name, or a file name.card.hbs, name.post.hbs, name.text.hbs [default: what the route says]
    #[arg(short, long, value_name = "TEMPLATE")]
    pub template: Option<String>,
    /// Shape of the message [default: what the route says]
    #[arg(long = "as", value_enum, value_name = "KIND")]
    pub kind: Option<Kind>,
    /// Words of the built-in templates
    #[arg(long, value_enum)]
    pub locale: Option<Words>,
    /// As if it were this moment (RFC 3339) [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<jiff::Timestamp>,
}

/// Shape of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Interactive card
    Card,
    /// Rich text
    Post,
    /// Plain text
    Text,
}

/// `larkhook send`
#[derive(Debug, Args)]
pub struct Send {
    /// Payload.
    #[command(flatten)]
    pub payload: Payload,
    /// Configuration.
    #[command(flatten)]
    pub config: Config,
    /// Send here instead of where the routes say (chat:oc_..., email:..., bot:...); repeatable
    #[arg(long, value_name = "TARGET")]
    pub to: Vec<String>,
    /// Template instead of the routes'
    #[arg(short, long, value_name = "TEMPLATE")]
    pub template: Option<String>,
    /// Show what would be sent, and where to
    #[arg(long)]
    pub dry_run: bool,
    /// Give up after this long
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration)]
    pub timeout: Duration,
}

/// `larkhook jobs`
#[derive(Debug, Args)]
pub struct Jobs {
    /// What to do with them.
    #[command(subcommand)]
    pub action: JobsAction,
    /// Configuration file [default: larkhook.yaml]
    #[arg(short, long, value_name = "FILE", env = "LARKHOOK_CONFIG", global = true)]
    pub config: Option<PathBuf>,
    /// Ask this server [default: the one of the configuration]
    #[arg(long, value_name = "URL", global = true)]
    pub url: Option<String>,
    /// Bearer token of server.auth [default: the configuration's]
    #[arg(long, value_name = "TOKEN", env = "LARKHOOK_ADMIN_TOKEN", hide_env_values = true, global = true)]
    pub token: Option<String>,
}

/// What to do with jobs.
#[derive(Debug, Subcommand)]
pub enum JobsAction {
    /// List them, newest first
    List(JobsFilter),
    /// Everything about one: what it owes, each attempt, what to do
    Show {
        /// Its id, or the beginning of it
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Try again now
    Retry(JobsPick),
    /// Give up for good
    Drop(JobsPick),
}

/// Which jobs.
#[derive(Debug, Clone, Args)]
pub struct JobsFilter {
    /// Only in this state
    #[arg(long, value_enum)]
    pub state: Option<JobState>,
    /// Only for this target
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// Only of this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Only with this reason
    #[arg(long, value_name = "WORD")]
    pub reason: Option<String>,
    /// Only owed since this moment or later, such as 2026-05-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub since: Option<jiff::Timestamp>,
    /// Only owed since this moment or earlier
    #[arg(long, value_name = "TIME")]
    pub until: Option<jiff::Timestamp>,
    /// At most so many [default: 50; with --all: no limit]
    #[arg(long, value_name = "N")]
    pub limit: Option<u32>,
}

/// States of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum JobState {
    /// Waits for its turn or for a budget
    Ready,
    /// Held back until its target takes messages again
    Parked,
    /// Given up
    Dead,
}

impl From<JobState> for crate::store::JobState {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Ready => Self::Ready,
            JobState::Parked => Self::Parked,
            JobState::Dead => Self::Dead,
        }
    }
}

/// Named jobs, or all that a filter finds.
#[derive(Debug, Clone, Args)]
pub struct JobsPick {
    /// Ids
    #[arg(value_name = "ID", required_unless_present = "all")]
    pub ids: Vec<String>,
    /// All that the filters find
    #[arg(long, conflicts_with = "ids")]
    pub all: bool,
    /// Filters for --all.
    #[command(flatten)]
    pub filter: JobsFilter,
}

/// `larkhook completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// For which shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

fn duration(text: &str) -> Result<Duration, String> {
    crate::util::duration::parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn globals_stand_anywhere() {
        let cli = Cli::try_parse_from(["larkhook", "check", "-c", "x.yaml", "--format", "json"]).unwrap();
        assert_eq!(cli.global.format, Format::Json);
        let cli = Cli::try_parse_from(["larkhook", "jobs", "retry", "--all", "--state", "dead", "--url", "http://h:1"]).unwrap();
        assert!(matches!(cli.command, Command::Jobs(Jobs { action: JobsAction::Retry(_), .. })));
        assert!(Cli::try_parse_from(["larkhook", "jobs", "retry"]).is_err());
    }
}

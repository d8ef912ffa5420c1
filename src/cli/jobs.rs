//! `larkhook jobs`: what waits and what was given up, through the running server or, where none runs, from its file.

use super::args::{self, JobsAction, JobsFilter, JobsPick};
use super::config;
use super::output::{ERROR, Exit, FAINT, Failure, GOOD, Output, STRONG, WARNING, column, plain, remark, styled};
use crate::config::settings::{Server, Settings};
use crate::incident::event::Rules;
use crate::store::{Audit, JobFilter, JobState, Operator, Options, Store, StoreError};
use crate::util::clock::Clock;
use anyhow::Context;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;
use tokio_util::task::TaskTracker;

/// Rows of a list unless asked otherwise.
const LISTED: u32 = 50;
/// For one answer of the server.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Lists, shows, retries or drops.
///
/// # Errors
/// Neither server nor file can be reached, or there is no such job.
pub async fn run(args: args::Jobs, output: Output) -> anyhow::Result<Exit> {
    let jobs = Jobs::reach(&args).await?;
    match args.action {
        JobsAction::List(filter) => {
            let items = jobs.list(&filter, filter.limit.unwrap_or(LISTED)).await?;
            output.result(&json!({ "items": items }), |out| table(out, &items))?;
            Ok(Exit::Ok)
        }
        JobsAction::Show { id } => {
            let job = jobs.show(&id).await?;
            output.result(&job, |out| detail(out, &job))?;
            Ok(Exit::Ok)
        }
        JobsAction::Retry(pick) => each(&jobs, &pick, "retry", output).await,
        JobsAction::Drop(pick) => each(&jobs, &pick, "drop", output).await,
    }
}

/// Does one thing to every picked job.
async fn each(jobs: &Jobs, pick: &JobsPick, verb: &'static str, output: Output) -> anyhow::Result<Exit> {
    let ids: Vec<String> = if pick.all {
        jobs.list(&pick.filter, pick.filter.limit.unwrap_or(u32::MAX)).await?.iter().map(|job| text(job, "id").to_owned()).collect()
    } else {
        pick.ids.clone()
    };
    let mut results = Vec::new();
    for id in &ids {
        let result = jobs.act(id, verb).await;
        results.push(json!({ "id": id, "ok": result.is_ok(), "error": result.err().map(|error| format!("{error:#}")) }));
    }
    let failed = results.iter().any(|result| result["ok"] == false);
    let done = if verb == "retry" { "tried again" } else { "dropped" };
    output.result(&json!({ "items": results }), |out| {
        for result in &results {
            match result["error"].as_str() {
                None => writeln!(out, "{} {}", styled(done, GOOD), text(result, "id"))?,
                Some(error) => writeln!(out, "{} {}: {}", styled("failed", ERROR), text(result, "id"), plain(error))?,
            }
        }
        if results.is_empty() {
            writeln!(out, "{}", styled("no job fits", FAINT))?;
        }
        Ok(())
    })?;
    Ok(if failed { Exit::Failed } else { Exit::Ok })
}

/// The way to the jobs.
enum Jobs {
    Server { client: reqwest::Client, url: String, token: Option<String> },
    File { store: Store, _writer: TaskTracker },
}

impl Jobs {
    async fn reach(args: &args::Jobs) -> anyhow::Result<Self> {
        let settings = match &args.url {
            Some(_) if args.config.is_none() => None,
            _ => Some(config::required(&args::Config { config: args.config.clone() }).map_err(config::failure)?.settings),
        };
        let server = settings.as_ref().map(|settings| &settings.server);
        let url = match (&args.url, server) {
            (Some(url), _) => url.trim_end_matches('/').to_owned(),
            (None, Some(server)) => local(server),
            (None, None) => return Err(Failure::usage("name the server with --url, or its configuration with -c").into()),
        };
        let configured = server.and_then(|server| server.auth.as_ref()).and_then(|auth| auth.bearer_token.as_ref());
        let token = args.token.clone().or_else(|| configured.map(|token| token.expose_secret().to_owned()));
        let client = client(&url)?;
        match client.get(format!("{url}/-/healthy")).send().await {
            Ok(_) => Ok(Self::Server { client, url, token }),
            Err(error) if error.is_connect() && args.url.is_none() => match settings {
                Some(settings) => Self::open(&settings, &url).await,
                None => Err(Failure::unreachable(format!("{url} does not answer: {error}")).into()),
            },
            Err(error) => Err(Failure::unreachable(format!("{url} does not answer: {error}")).into()),
        }
    }

    /// Opens the file; its lock tells whether a server has it.
    async fn open(settings: &Settings, url: &str) -> anyhow::Result<Self> {
        let path = settings.storage.clone();
        if !path.exists() {
            return Err(Failure::unreachable(format!("nothing answers at {url}, and there is no {}", path.display())).into());
        }
        let options = Options { path, rules: Rules { reopen_within: settings.reopen_within }, max_pages: None };
        // Nobody delivers here: what becomes owed is found by the next server.
        let (owed, _) = tokio::sync::mpsc::channel(1);
        let writer = TaskTracker::new();
        match Store::open(options, owed, &writer).await {
            Ok(store) => {
                remark("no server runs; this is its file");
                Ok(Self::File { store, _writer: writer })
            }
            Err(error @ StoreError::InUse { .. }) => {
                Err(Failure::unreachable(format!("nothing answers at {url}, but {error}; name the server with --url")).into())
            }
            Err(error) => Err(Failure::unreachable(error.to_string()).into()),
        }
    }

    async fn list(&self, filter: &JobsFilter, limit: u32) -> anyhow::Result<Vec<Value>> {
        let mut found = Vec::new();
        let mut before: Option<String> = None;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        loop {
            let (page, next) = self.page(filter, before.as_deref(), limit.clamp(1, 500)).await?;
            found.extend(page);
            match next {
                Some(next) if found.len() < wanted => before = Some(next),
                _ => break,
            }
        }
        found.truncate(wanted);
        Ok(found)
    }

    async fn page(&self, filter: &JobsFilter, before: Option<&str>, limit: u32) -> anyhow::Result<(Vec<Value>, Option<String>)> {
        match self {
            Self::Server { .. } => {
                let owned = |text: Option<&str>| text.map(str::to_owned);
                let given = [
                    ("limit", Some(limit.to_string())),
                    ("state", filter.state.map(|state| JobState::from(state).as_str().to_owned())),
                    ("target", filter.target.clone()),
                    ("source", filter.source.clone()),
                    ("reason", filter.reason.clone()),
                    ("since", filter.since.map(|at| at.to_string())),
                    ("until", filter.until.map(|at| at.to_string())),
                    ("before", owned(before)),
                ];
                let query: Vec<(&str, String)> = given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
                let answer = self.ask(reqwest::Method::GET, "jobs", &query).await?;
                let items = answer["items"].as_array().cloned().unwrap_or_default();
                Ok((items, answer["next"].as_str().map(str::to_owned)))
            }
            Self::File { store, .. } => {
                let filter = JobFilter {
                    state: filter.state.map(JobState::from),
                    target: filter.target.clone(),
                    source: filter.source.clone(),
                    reason: filter.reason.clone(),
                    since: filter.since,
                    until: filter.until,
                    before: before.map(str::to_owned),
                    limit,
                };
                let page = store.jobs(&filter).await?;
                Ok((page.items.iter().map(serde_json::to_value).collect::<Result<_, _>>()?, page.next))
            }
        }
    }

    async fn show(&self, id: &str) -> anyhow::Result<Value> {
        match self {
            Self::Server { .. } => self.ask(reqwest::Method::GET, &format!("jobs/{}", segment(id)), &[]).await,
            Self::File { store, .. } => {
                let (job, attempts) = store.job(id).await?.with_context(|| format!("there is no job {id}"))?;
                let mut value = serde_json::to_value(job)?;
                value["attempts_made"] = serde_json::to_value(attempts)?;
                Ok(value)
            }
        }
    }

    async fn act(&self, id: &str, verb: &'static str) -> anyhow::Result<()> {
        match self {
            Self::Server { .. } => self.ask(reqwest::Method::POST, &format!("jobs/{}/{verb}", segment(id)), &[]).await.map(drop),
            Self::File { store, .. } => {
                let job = id.to_owned();
                let wish = if verb == "retry" { Operator::Retry { job, at: Clock::system().now() } } else { Operator::Drop { job } };
                let incident = store.job(id).await?.map(|(job, _)| job.incident);
                let found = store.operate(wish).await?;
                let result = if found { "ok" } else { "not_found" }.to_owned();
                let (who, peer, at) = ("shell".to_owned(), "local".to_owned(), Clock::system().now());
                let audit = Audit { at, who, peer, action: verb.to_owned(), object: id.to_owned(), incident, result };
                store.operate(Operator::Note(audit)).await?;
                if found { Ok(()) } else { anyhow::bail!("there is no job with this id") }
            }
        }
    }

    async fn ask(&self, method: reqwest::Method, path: &str, query: &[(&str, String)]) -> anyhow::Result<Value> {
        let Self::Server { client, url, token } = self else { anyhow::bail!("there is no server") };
        let mut request = client.request(method, format!("{url}/api/v1/{path}")).query(query);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.map_err(|error| Failure::unreachable(format!("{url} does not answer: {error}")))?;
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let message = body.pointer("/error/message").and_then(Value::as_str).unwrap_or("no reason given");
        let exit = if matches!(status.as_u16(), 401 | 403) || status.is_server_error() { Exit::Unreachable } else { Exit::Failed };
        Err(Failure { exit, message: format!("{message} ({status})") }.into())
    }
}

fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// The address of a server on this machine.
pub fn local(server: &Server) -> String {
    let mut addr = server.listen;
    if addr.ip().is_unspecified() {
        addr.set_ip(if addr.is_ipv4() { IpAddr::from([127, 0, 0, 1]) } else { IpAddr::from(std::net::Ipv6Addr::LOCALHOST) });
    }
    format!("{}://{addr}", if server.tls.is_some() { "https" } else { "http" })
}

/// A client for a larkhook at `url`. On this machine: no proxy, and its certificate need not name an address.
///
/// # Errors
/// No HTTP client can be made.
pub fn client(url: &str) -> anyhow::Result<reqwest::Client> {
    crate::feishu::tls::init();
    let parsed = url::Url::parse(url).map_err(|error| Failure::usage(format!("{url:?} is no URL: {error}")))?;
    let here = parsed.host_str().is_some_and(crate::web::guard::is_loopback_host);
    let mut builder = reqwest::Client::builder()
        .timeout(ANSWER_WITHIN)
        .connect_timeout(Duration::from_secs(5))
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("larkhook/", env!("CARGO_PKG_VERSION")));
    if here {
        builder = builder.no_proxy().tls_danger_accept_invalid_certs(true);
    }
    if here || parsed.scheme() == "http" {
        // No roots are needed, and a machine without any must not stand in the way.
        builder = builder.tls_certs_only([]);
    }
    builder.build().context("no HTTP client")
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn table(out: &mut dyn Write, items: &[Value]) -> io::Result<()> {
    if items.is_empty() {
        return writeln!(out, "{}", styled("nothing waits, nothing was given up", GOOD));
    }
    let head = format!(
        "{}  {}  {}  {}  {}  {}",
        column("ID", 32),
        column("STATE", 6),
        column("KIND", 5),
        column("TARGET", 30),
        column("ALERT", 24),
        "WHY"
    );
    writeln!(out, "{}", styled(head, FAINT))?;
    for job in items {
        let style = match text(job, "state") {
            "dead" => ERROR,
            "parked" => WARNING,
            _ => anstyle::Style::new(),
        };
        writeln!(
            out,
            "{}  {}  {}  {}  {}  {}",
            column(text(job, "id"), 32),
            styled(column(text(job, "state"), 6), style),
            column(text(job, "kind"), 5),
            column(text(job, "target"), 30),
            column(text(job, "title"), 24),
            plain(text(job, "reason"))
        )?;
    }
    Ok(())
}

fn detail(out: &mut dyn Write, job: &Value) -> io::Result<()> {
    writeln!(out, "{} {}", styled(text(job, "id"), STRONG), text(job, "state"))?;
    for name in ["title", "source", "severity", "kind", "via", "target", "step", "created_at", "due_at", "reason", "message", "incident"] {
        let value = text(job, name);
        if !value.is_empty() {
            writeln!(out, "  {} {}", styled(column(name, 11), FAINT), plain(value))?;
        }
    }
    let attempts = job.get("attempts_made").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !attempts.is_empty() {
        writeln!(out, "\n{}", styled("Calls, newest first", STRONG))?;
    }
    for attempt in attempts {
        let code = attempt.get("code").and_then(Value::as_i64).map(|code| format!(" code {code}")).unwrap_or_default();
        let took = attempt.get("duration_ms").and_then(Value::as_i64).unwrap_or(0);
        let log_id = attempt.get("log_id").and_then(Value::as_str).map(|id| format!("  log id {id}")).unwrap_or_default();
        writeln!(
            out,
            "  {}  {} {} {}{code}  {took} ms{log_id}  {}",
            styled(text(attempt, "at"), FAINT),
            text(attempt, "via"),
            column(text(attempt, "endpoint"), 12),
            text(attempt, "class"),
            plain(text(attempt, "note"))
        )?;
    }
    Ok(())
}

//! The way to the platform: through the running server, or, where none runs, from this process.

use super::args::Common;
use crate::cli::output::{Exit, Failure};
use crate::cli::{args, config, jobs};
use crate::config::settings::{Platform, Settings};
use crate::feishu::call::{Call, FileType, Upload};
use crate::live::Live;
use crate::util::clock::Clock;
use crate::verbs::budgets::Own;
use crate::verbs::content::{self, Resource};
use crate::verbs::{ErrorKind, Executor, Request, VerbError};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Longer than a server takes for any verb.
const ANSWER_WITHIN: Duration = Duration::from_secs(160);

/// After a request that may have reached the server.
const IN_DOUBT: &str = "; whether it was done is unknown.";

/// What is used where there is no file but the environment names an app.
const FROM_ENVIRONMENT: &str = r#"
feishu:
  apps:
    default: { app_id: "${LARKHOOK_APP_ID}", app_secret: "${LARKHOOK_APP_SECRET}", platform: "${LARKHOOK_PLATFORM:-feishu}" }
locale: ${LARKHOOK_LOCALE:-zh}
sources:
  alertmanager: { kind: alertmanager, auth: none }
fallback: default
route: { receiver: default }
receivers:
  - name: default
    send: [{ to: 'chat:oc_00000000000000000000000000000001' }]
"#;

/// Bytes to upload.
pub struct File {
    /// As people see it.
    pub name: String,
    /// An image, or a file.
    pub kind: Resource,
    /// Sent as a file although its name says audio or video.
    pub plain: bool,
    /// Of audio and video.
    pub duration: Option<Duration>,
    /// The file.
    pub bytes: bytes::Bytes,
}

/// Bytes that were downloaded.
pub struct Downloaded {
    /// As the platform says.
    pub content_type: String,
    /// As the platform says.
    pub name: Option<String>,
    /// The file.
    pub bytes: bytes::Bytes,
}

/// The way to the platform.
pub enum Way {
    /// Through a server.
    Server { client: reqwest::Client, url: String, token: Option<String> },
    /// From here.
    Here { live: Box<Live>, budgets: Box<Own>, clock: Clock },
}

impl Way {
    /// Finds it.
    ///
    /// # Errors
    /// No configuration, or a server that was named does not answer.
    pub async fn reach(common: &Common) -> anyhow::Result<Self> {
        let settings = settings(common)?;
        let server = settings.as_ref().filter(|(_, from_file)| *from_file).map(|(settings, _)| &settings.server);
        let url = common.url.as_ref().map(|url| url.trim_end_matches('/').to_owned()).or_else(|| server.map(jobs::local));
        if let Some(url) = url {
            let configured = server.and_then(|server| server.auth.as_ref()).and_then(|auth| auth.bearer_token.as_ref());
            let token = common.token.clone().or_else(|| configured.map(|token| token.expose_secret().to_owned()));
            let client = jobs::client(&url)?;
            match client.get(format!("{url}/-/healthy")).send().await {
                Ok(_) => return Ok(Self::Server { client, url, token }),
                Err(error) if error.is_connect() && common.url.is_none() => {}
                Err(error) => return Err(Failure::unreachable(format!("{url} does not answer: {error}")).into()),
            }
        }
        let Some((settings, _)) = settings else { return Err(Failure::usage("there is no configuration").into()) };
        Self::here(settings)
    }

    fn here(settings: Settings) -> anyhow::Result<Self> {
        crate::feishu::tls::init();
        let clock = Clock::system();
        let budgets = Box::new(Own::new(&settings, clock.clone()));
        let live = Live::build(Arc::new(settings), &[], Some(config::NOWHERE), None);
        let live = live.map_err(|errors| anyhow::anyhow!(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))?;
        Ok(Self::Here { live: Box::new(live), budgets, clock })
    }

    /// Does one verb.
    ///
    /// # Errors
    /// As the executor says, or the server cannot be asked.
    pub async fn run(&self, request: &Request) -> Result<Value, VerbError> {
        match self {
            Self::Server { client, url, .. } => {
                let asked = client.post(format!("{url}/api/v1/verbs")).json(request);
                let answered = match self.ask(asked).await {
                    Ok(answer) => Self::json(answer).await,
                    Err(error) => Err(error),
                };
                answered.map_err(|error| lost(error, request))
            }
            Self::Here { live, budgets, clock } => {
                outside(live, request.app.as_deref())?;
                Executor::new(live, budgets.as_ref(), clock).run(request).await
            }
        }
    }

    /// Uploads a file and gives its key.
    ///
    /// # Errors
    /// As [`Way::run`].
    pub async fn upload(&self, app: Option<&str>, file: File) -> Result<Value, VerbError> {
        match self {
            Self::Server { client, url, .. } => {
                let mut query = vec![("name", file.name), ("as", file.kind.as_str().to_owned())];
                query.extend(app.map(|app| ("app", app.to_owned())));
                query.extend(file.plain.then(|| ("file_type", "stream".to_owned())));
                query.extend(file.duration.map(|duration| ("duration_ms", duration.as_millis().to_string())));
                let asked = client.post(format!("{url}/api/v1/verbs/upload")).query(&query).body(file.bytes);
                Self::json(self.ask(asked).await?).await
            }
            Self::Here { live, budgets, clock } => {
                outside(live, app)?;
                let upload = match file.kind {
                    Resource::Image => Upload::image(&file.name, file.bytes),
                    Resource::File => {
                        let kind = if file.plain { FileType::Stream } else { FileType::of_name(&file.name) };
                        let ms = file.duration.and_then(|duration| u64::try_from(duration.as_millis()).ok());
                        Upload::file(kind, &file.name, ms, file.bytes)
                    }
                };
                Executor::new(live, budgets.as_ref(), clock).upload(app, &upload).await
            }
        }
    }

    /// Downloads a key, out of a message where one is named.
    ///
    /// # Errors
    /// As [`Way::run`].
    pub async fn download(
        &self,
        app: Option<&str>,
        key: &str,
        message: Option<&str>,
        kind: Option<Resource>,
    ) -> Result<Downloaded, VerbError> {
        match self {
            Self::Server { client, url, .. } => {
                let mut query = vec![("key", key)];
                query.extend(app.map(|app| ("app", app)));
                query.extend(message.map(|message| ("message", message)));
                query.extend(kind.map(|kind| ("type", kind.as_str())));
                let answer = self.ask(client.get(format!("{url}/api/v1/verbs/download")).query(&query)).await?;
                let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
                let content_type = header(http::header::CONTENT_TYPE).to_owned();
                let name = header(http::header::CONTENT_DISPOSITION).split_once("UTF-8''").map(|(_, name)| name);
                let name = name.map(|name| percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned());
                let bytes = answer.bytes().await.map_err(|error| unreachable(&error))?;
                Ok(Downloaded { content_type, name, bytes })
            }
            Self::Here { live, budgets, clock } => {
                outside(live, app)?;
                let call: Call = content::download(key, message, kind)?;
                let file = Executor::new(live, budgets.as_ref(), clock).download(app, &call).await?;
                Ok(Downloaded { content_type: file.content_type, name: file.file_name, bytes: file.bytes })
            }
        }
    }

    /// Asks the server; its refusals come back as what they were.
    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, VerbError> {
        let request = request.timeout(ANSWER_WITHIN);
        let request = match self {
            Self::Server { token: Some(token), .. } => request.bearer_auth(token),
            _ => request,
        };
        let answer = request.send().await.map_err(|error| unreachable(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let body: Value = answer.json().await.unwrap_or_default();
        if let Some(Ok(error)) = body.pointer("/error/details").cloned().map(serde_json::from_value::<VerbError>) {
            return Err(error);
        }
        let message = body.pointer("/error/message").and_then(Value::as_str).unwrap_or("no reason given");
        let kind = match status.as_u16() {
            400 => ErrorKind::Usage,
            // Not larkhook's own, which say more: something between has had no answer.
            502 | 504 => return Err(VerbError::new(ErrorKind::Unknown, format!("{message} (the server says {status}){IN_DOUBT}"))),
            401 | 403 | 500.. => ErrorKind::Unreachable,
            _ => ErrorKind::Refused,
        };
        Err(VerbError::new(kind, format!("{message} (the server says {status})")))
    }

    async fn json(answer: reqwest::Response) -> Result<Value, VerbError> {
        answer.json().await.map_err(|error| unreachable(&error))
    }
}

/// The configuration and whether it is a file; none where a server is named without one.
fn settings(common: &Common) -> anyhow::Result<Option<(Settings, bool)>> {
    let file = common.config.is_some() || Path::new(config::DEFAULT).exists();
    if file && (common.url.is_none() || common.config.is_some()) {
        let loaded = config::required(&args::Config { config: common.config.clone() }).map_err(config::failure)?;
        return Ok(Some((loaded.settings, true)));
    }
    if common.url.is_some() {
        return Ok(None);
    }
    if config::env("LARKHOOK_APP_ID").is_none() {
        let message =
            "there is no larkhook.yaml here: name one with -c, a server with --url, or set LARKHOOK_APP_ID and LARKHOOK_APP_SECRET";
        return Err(Failure::usage(message).into());
    }
    let loaded = crate::config::load_str(FROM_ENVIRONMENT, "environment", Path::new("."), &config::env);
    Ok(Some((loaded.map_err(config::failure)?.settings, false)))
}

/// The sandbox of a configuration lives inside its server.
fn outside(live: &Live, app: Option<&str>) -> Result<(), VerbError> {
    let mut apps = live.settings.apps.values().filter(|known| app.is_none_or(|app| known.name == app));
    if apps.any(|app| app.platform == Platform::Sandbox) {
        let message = "the configuration says `platform: sandbox`, which lives inside a running server; start larkhook serve, or name the server with --url";
        return Err(VerbError::new(ErrorKind::Unreachable, message));
    }
    Ok(())
}

/// No answer of the server, or half of one.
fn unreachable(error: &reqwest::Error) -> VerbError {
    let (kind, doubt) = if error.is_connect() { (ErrorKind::Unreachable, "") } else { (ErrorKind::Unknown, IN_DOUBT) };
    VerbError::new(kind, format!("the server does not answer: {error}{doubt}"))
}

/// Where nobody knows whether the server did it, the request's own `uuid` makes a repeat harmless.
fn lost(error: VerbError, request: &Request) -> VerbError {
    let uuid = request.verb.uuid().or(request.default_uuid.as_deref());
    match (uuid, request.verb.repeatable_for()) {
        (Some(uuid), Some(lasts)) if error.kind == ErrorKind::Unknown && error.endpoint.is_none() => error.repeatable(uuid, lasts),
        _ => error,
    }
}

/// A verb's failure as the command's: message and exit code.
pub fn failure(error: &VerbError) -> Failure {
    let exit = match error.kind {
        ErrorKind::Usage | ErrorKind::NeedsYes => Exit::Usage,
        ErrorKind::Refused => Exit::Failed,
        ErrorKind::Unknown | ErrorKind::Unreachable => Exit::Unreachable,
    };
    let done = error.done.as_ref().map(|done| format!("\nwhat was done before: {done}")).unwrap_or_default();
    Failure { exit, message: format!("{}{done}", error.message) }
}

//! Trying things out: the messages that a payload becomes, also with a template that is being written. Nothing is stored or sent.

use crate::config::settings::{ContentKind, Locale};
use crate::live::{Live, read_templates};
use crate::preview::{self, Overrides, Preview, PreviewMessage, Stage};
use crate::render::{Level, Renderer, TemplateError, TemplateFile};
use crate::server::error::ApiError;
use crate::server::state::Shared;
use crate::source::Compiled;
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a template that is being written is called, unless it says.
const DRAFT: &str = "draft";

/// A payload, and how to look at it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Try {
    /// A webhook's body.
    pub(crate) payload: Value,
    /// Source name; default: told by the body.
    pub(crate) source: Option<String>,
    /// Template name; default: what the routes say.
    pub(crate) template: Option<String>,
    /// Text of a template that is being written, in place of the one that is called so.
    pub(crate) text: Option<String>,
    /// Shape; default: what the routes say, of a text `card`.
    #[serde(rename = "as")]
    pub(crate) kind: Option<ContentKind>,
    /// Words.
    pub(crate) locale: Option<Locale>,
    /// Also as everything fires, after a change, and when all is over; and where the routes send nothing.
    #[serde(default)]
    pub(crate) all: bool,
    /// With the data that templates see.
    #[serde(default)]
    pub(crate) data: bool,
}

/// What a payload becomes.
#[derive(Debug, Serialize)]
pub(crate) struct Drawn {
    #[serde(flatten)]
    pub(crate) preview: Preview,
    /// The same messages at other moments, where that was asked for.
    pub(crate) stages: Vec<StageDrawn>,
    /// What is wrong or doubtful about the text, by line and column. With an error in it nothing is drawn.
    pub(crate) findings: Vec<TemplateError>,
}

/// The messages at one moment of their lives.
#[derive(Debug, Serialize)]
pub(crate) struct StageDrawn {
    pub(crate) stage: Stage,
    pub(crate) messages: Vec<PreviewMessage>,
}

pub(super) type Asked<T> = Result<Json<T>, JsonRejection>;

/// A rejection of the JSON extractor in our own form.
pub(super) fn body<T>(asked: Asked<T>) -> Result<T, ApiError> {
    asked.map(|Json(body)| body).map_err(|error| super::body::unread(error.status(), error.body_text()))
}

pub(super) fn source<'l>(live: &'l Live, name: Option<&str>, payload: &Value) -> Result<&'l Compiled, ApiError> {
    preview::source_for(live, name, payload).map_err(|why| ApiError::bad_request("unknown_source", why).at("source"))
}

/// Draws the messages of a payload. Blocks: a template is compiled, messages are drawn.
///
/// # Errors
/// 400: no such source, no alert in the payload, no such template.
fn draw(live: &Live, asked: Try, now: jiff::Timestamp) -> Result<Drawn, ApiError> {
    let source = source(live, asked.source.as_deref(), &asked.payload)?;
    let body = asked.payload.to_string();
    let mut overrides =
        Overrides { template: asked.template, kind: asked.kind, locale: asked.locale, data: asked.data, ..Overrides::default() };
    let mut findings = Vec::new();
    if let Some(text) = asked.text {
        let name = overrides.template.get_or_insert_with(|| DRAFT.to_owned()).clone();
        let kind = *overrides.kind.get_or_insert(ContentKind::Card);
        let (renderer, found) = compile(live, &name, kind, text);
        findings = found;
        match renderer {
            Some(renderer) => overrides.renderer = Some(Arc::new(renderer)),
            None => {
                let name = source.settings().name.clone();
                let preview = Preview { source: name, alerts: 0, messages: Vec::new(), left_out: BTreeMap::new(), notes: Vec::new() };
                return Ok(Drawn { preview, stages: Vec::new(), findings });
            }
        }
    } else if let Some(name) = &overrides.template
        && !live.renderer.templates().iter().any(|(known, ..)| known == name)
    {
        let message = format!("no template is called {}", crate::server::printable(name));
        return Err(ApiError::bad_request("unknown_template", message).at("template"));
    }
    let one = |overrides: &Overrides| {
        let drawn = match asked.all {
            true => preview::preview_always(live, source, body.as_bytes(), overrides, now),
            false => preview::preview(live, source, body.as_bytes(), overrides, now),
        };
        drawn.map_err(|error| ApiError::bad_request(error.code, error.message).at(error.at))
    };
    let preview = one(&overrides)?;
    let mut stages = Vec::new();
    for stage in [Stage::Firing, Stage::Changed, Stage::Resolved].into_iter().filter(|_| asked.all) {
        let messages = one(&Overrides { stage, data: false, ..overrides.clone() })?.messages;
        stages.push(StageDrawn { stage, messages });
    }
    Ok(Drawn { preview, stages, findings })
}

/// The templates with this text in place of the one of its name; `None`: it has errors. The folders are read anew: whoever writes a template may
/// have written a partial just before.
pub(super) fn compile(live: &Live, name: &str, kind: ContentKind, text: String) -> (Option<Renderer>, Vec<TemplateError>) {
    let file = format!("{name}.{}.hbs", kind.as_str());
    compile_file(live, file, text)
}

/// As [`compile`], for a file by its name below the folder.
pub(super) fn compile_file(live: &Live, file: String, text: String) -> (Option<Renderer>, Vec<TemplateError>) {
    let mut files = match read_templates(&live.settings.templates) {
        Ok(files) => files,
        Err(error) => {
            let severity = Level::Error;
            return (None, vec![TemplateError { file, line: 1, column: 1, message: error.to_string(), hint: None, severity }]);
        }
    };
    files.push(TemplateFile { name: file.clone(), path: file.clone(), text });
    let (renderer, mut findings) = match Renderer::new(&files, live.renderer.options().clone()) {
        Ok(renderer) => {
            let findings = renderer.findings().to_vec();
            (Some(renderer), findings)
        }
        Err(findings) => (None, findings),
    };
    // Of other files only what stands in the way.
    findings.retain(|finding| finding.file == file || renderer.is_none() && finding.severity == Level::Error);
    (renderer, findings)
}

/// Draws the messages of a payload.
///
/// # Errors
/// As [`draw`].
pub(crate) async fn render_now(shared: &Shared, asked: Try) -> Result<Drawn, ApiError> {
    let (live, now) = (shared.live.load_full(), shared.clock.now());
    let drawn = tokio::task::spawn_blocking(move || draw(&live, asked, now)).await;
    drawn.unwrap_or_else(|_| Err(ApiError::new(http::StatusCode::INTERNAL_SERVER_ERROR, "internal", "drawing failed; the log says why")))
}

pub(super) async fn render(State(shared): State<Arc<Shared>>, asked: Asked<Try>) -> Result<Json<Drawn>, ApiError> {
    let asked = body(asked)?;
    render_now(&shared, asked).await.map(Json)
}

//! Templates: which there are, their text, what they can use, and saving one where the configuration allows it.

use super::body::{Body, required};
use super::tools::compile_file;
use crate::config::settings::ContentKind;
use crate::live::Live;
use crate::render::{Level, Origin, TemplateError, data, helpers};
use crate::server::error::ApiError;
use crate::server::segment::Segment;
use crate::server::state::Shared;
use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// A template in the list.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    /// `incident.card`, `partials/list`
    pub(crate) name: String,
    /// built_in, or the user's file.
    pub(crate) origin: Origin,
    /// A route or the fallback sends by it.
    pub(crate) used: bool,
}

/// All templates and partials.
#[derive(Debug, Serialize)]
pub(crate) struct Listing {
    pub(crate) items: Vec<Listed>,
    /// They can be saved here: `ui.save_templates`.
    pub(crate) writable: bool,
}

/// All templates and partials.
pub(crate) fn all(shared: &Shared) -> Listing {
    let live = shared.live.load_full();
    let used: BTreeSet<String> =
        live.tree.sends().iter().map(|send| format!("{}.{}", send.send.template, send.send.kind.as_str())).collect();
    let files = live.renderer.files();
    let items = files.into_iter().map(|(name, origin)| Listed { used: used.contains(&name), name, origin }).collect();
    Listing { items, writable: live.settings.save_templates }
}

pub(super) async fn list(State(shared): State<Arc<Shared>>) -> Json<Listing> {
    Json(all(&shared))
}

/// One template.
#[derive(Debug, Serialize)]
pub(crate) struct Text {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    /// As it runs now.
    pub(crate) text: String,
}

/// The text of a template as it runs now.
///
/// # Errors
/// 404.
pub(crate) fn one(shared: &Shared, name: &str) -> Result<Text, ApiError> {
    let live = shared.live.load_full();
    let name = name.strip_suffix(".hbs").unwrap_or(name);
    let (text, origin) = live.renderer.text(name).ok_or_else(|| {
        let known: Vec<String> = live.renderer.files().into_iter().map(|(known, _)| known).collect();
        let near = crate::util::text::suggest(name, known.iter().map(String::as_str));
        let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        ApiError::not_found(format!("no template is called {}{hint}", crate::server::printable(name)))
    })?;
    Ok(Text { name: name.to_owned(), origin, text })
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Segment(name): Segment) -> Result<Json<Text>, ApiError> {
    one(&shared, &name).map(Json)
}

/// What templates can use.
#[derive(Debug, Serialize)]
pub(crate) struct Help {
    /// Helpers with an example and what they do.
    pub(crate) helpers: &'static [helpers::HelperDoc],
    /// Names at the root of the data.
    pub(crate) root: &'static [&'static str],
    /// Names of every alert.
    pub(crate) alert: &'static [&'static str],
    /// Names below `view`.
    pub(crate) view: &'static [&'static str],
}

/// What templates can use; the data of a payload comes with `POST /api/v1/render`.
pub(crate) fn help() -> Help {
    Help { helpers: helpers::DOCS, root: data::ROOT, alert: data::ALERT, view: data::VIEW }
}

pub(super) async fn show_help() -> Json<Help> {
    Json(help())
}

/// A text to save.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Save {
    pub(crate) text: String,
}

/// What was saved.
#[derive(Debug, Serialize)]
pub(crate) struct Saved {
    pub(crate) status: &'static str,
    /// The file's name below the folder.
    pub(crate) file: String,
    /// Doubtful places.
    pub(crate) findings: Vec<TemplateError>,
    /// The running configuration took it over.
    pub(crate) reloaded: bool,
}

/// Saves a template into the first folder of `templates` and takes it over.
///
/// # Errors
/// 400: no name of a template; 403: the configuration does not allow it; 422: the text has errors, with their places in `details`; 503: the
/// folder cannot be written.
pub(crate) async fn save(shared: &Shared, name: &str, asked: Save) -> Result<Saved, ApiError> {
    let live = shared.live.load_full();
    if !live.settings.save_templates {
        let why = "templates are not saved from here: set `ui: { save_templates: true }` and a folder under `templates`";
        return Err(ApiError::forbidden("not_writable", why));
    }
    let file = file_name(name)?;
    let Some(folder) = live.settings.templates.first().cloned() else {
        return Err(ApiError::forbidden("not_writable", "there is no folder to save in: name one under `templates`"));
    };
    let (target, text) = (file.clone(), asked.text);
    let written = tokio::task::spawn_blocking(move || write(&live, &folder, &target, text)).await;
    let findings = written.unwrap_or_else(|_| Err(ApiError::unavailable("not_written", "saving failed; the log says why")))?;
    let reloaded = shared.reload.reload().await.is_some_and(|done| done.ok);
    Ok(Saved { status: "saved", file, findings, reloaded })
}

pub(super) async fn put(State(shared): State<Arc<Shared>>, Segment(name): Segment, body: Body) -> Result<Json<Saved>, ApiError> {
    let asked = required(body)?;
    save(&shared, &name, asked).await.map(Json)
}

/// `incident.card` or `partials/list`, with or without `.hbs`, as a file's name; nothing else, and so nothing outside of the folder.
fn file_name(name: &str) -> Result<String, ApiError> {
    let stem = name.strip_suffix(".hbs").unwrap_or(name);
    let word = |word: &str| (1..=64).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let kinds = [ContentKind::Card, ContentKind::Post, ContentKind::Text].map(ContentKind::as_str);
    let right = match stem.strip_prefix("partials/") {
        Some(partial) => word(partial),
        None => stem.rsplit_once('.').is_some_and(|(name, kind)| word(name) && kinds.contains(&kind)),
    };
    if right {
        return Ok(format!("{stem}.hbs"));
    }
    let why = "a template is called NAME.card, NAME.post, NAME.text or partials/NAME; a name has letters, digits, `-` and `_`, 64 at most";
    Err(ApiError::bad_request("invalid_name", why).at("name"))
}

/// Checks the text with all the others, then puts it in place whole.
fn write(live: &Live, folder: &Path, file: &str, text: String) -> Result<Vec<TemplateError>, ApiError> {
    let (renderer, findings) = compile_file(live, file.to_owned(), text.clone());
    if renderer.is_none() {
        let errors = findings.iter().filter(|finding| finding.severity == Level::Error);
        let message = errors.map(ToString::to_string).collect::<Vec<_>>().join("\n");
        let mut error = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_template", format!("nothing was saved:\n{message}"));
        error.details = Some(Box::new(json!({ "findings": findings })));
        return Err(error.at("text"));
    }
    let put = || -> std::io::Result<()> {
        let path = folder.join(file);
        let parent = path.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)?;
        let mut draft = tempfile::Builder::new().prefix(".larkhook-").tempfile_in(parent)?;
        draft.write_all(text.as_bytes())?;
        draft.as_file().sync_all()?;
        // Readable as files of people are, not for this user alone.
        #[cfg(unix)]
        std::fs::set_permissions(draft.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        draft.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    put().map_err(|error| {
        tracing::error!(file, %error, "a template could not be saved");
        ApiError::unavailable("not_written", format!("{file} could not be written: {error}"))
    })?;
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder() {
        for right in ["incident.card", "my-team_2.post.hbs", "a.text", "partials/list", "partials/list.hbs"] {
            assert!(file_name(right).is_ok_and(|file| file.ends_with(".hbs") && !file.ends_with(".hbs.hbs")), "{right}");
        }
        for wrong in [
            "",
            ".",
            "..",
            "x",
            "x.html",
            "../x.card",
            "a/b.card",
            "/etc/x.card",
            "partials/../x",
            "partials/",
            "partials/a/b",
            "partials\\x",
            "x\0.card",
            ".card",
            "x.card.card.exe",
            "中.card",
            "x .card",
            &format!("{}.card", "x".repeat(65)),
        ] {
            assert!(file_name(wrong).is_err(), "{wrong}");
        }
    }
}

//! The template engine: built-in templates with the user's files laid over them, names checked, output bounded.
//!
//! Rendering gives text with tokens ([`super::marks`]); [`super::content`] makes messages of it.

use super::check::{self, Parsed};
use super::data::{self, Used};
use super::failure::{Level, RenderFailure, TemplateError};
use super::{builtin, helpers, locate, marks};
use crate::config::settings::ContentKind;
use handlebars::{Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError, Template};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Largest template file.
pub const MAX_TEMPLATE: usize = 256 * 1024;
/// Most text that one rendering may make; two hundred alerts make about a tenth.
pub const MAX_OUTPUT: usize = 4 * 1024 * 1024;

/// A template file as the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFile {
    /// Its name in the folder: `incident.card.hbs`, `partials/x.hbs`.
    pub name: String,
    /// Where it was found, for messages.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Where a template comes from.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Shipped.
    BuiltIn,
    /// The user's file.
    File(String),
}

/// One template's source and what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) file: String,
    pub(super) text: Arc<str>,
    pub(super) origin: Origin,
    pub(super) used: Used,
}

/// All templates, compiled.
pub struct Engine {
    registry: Handlebars<'static>,
    pub(super) sources: BTreeMap<String, Source>,
}

/// Writes a token where a name has no value, so that JSON stays JSON.
struct Missing;

impl HelperDef for Missing {
    fn call<'reg: 'rc, 'rc>(
        &self,
        _: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        rc: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        if !rc.is_disable_escape() {
            out.write(&marks::Mark::Missing.token())?;
        }
        Ok(())
    }
}

/// A registry with our helpers and our escape function.
pub(super) fn registry() -> Handlebars<'static> {
    let mut registry = Handlebars::new();
    registry.register_escape_fn(marks::escape);
    registry.set_prevent_indent(true);
    helpers::register_marked(&mut registry);
    registry.register_helper("helperMissing", Box::new(Missing));
    registry
}

impl Engine {
    /// Lays the files over the built-ins and checks everything; later files win. Warnings do not stop it.
    ///
    /// # Errors
    /// All findings, errors and warnings, when there is at least one error.
    pub fn new(overlays: &[TemplateFile]) -> Result<(Self, Vec<TemplateError>), Vec<TemplateError>> {
        let mut sources: BTreeMap<String, Source> = builtin::FILES
            .iter()
            .map(|(name, text)| {
                let file = format!("<built-in>/{name}");
                (name_of(name), Source { file, text: (*text).into(), origin: Origin::BuiltIn, used: Used::default() })
            })
            .collect();
        let mut found = Vec::new();
        for overlay in overlays {
            if let Some(error) = refuse_name(overlay) {
                found.push(error);
                continue;
            }
            let source = Source {
                file: overlay.path.clone(),
                text: overlay.text.as_str().into(),
                origin: Origin::File(overlay.path.clone()),
                used: Used::default(),
            };
            sources.insert(name_of(&overlay.name), source);
        }
        let mut parsed = BTreeMap::new();
        for (name, source) in &sources {
            let before = found.len();
            found.extend(refuse_text(source));
            if found.len() > before {
                continue;
            }
            match Template::compile_with_name(&source.text, name.clone()) {
                Ok(template) => {
                    parsed.insert(name.clone(), Parsed { file: source.file.clone(), template });
                }
                Err(error) => {
                    let (line, column) = error.pos().unwrap_or((1, 1));
                    let message = error.reason().to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ");
                    found.push(TemplateError { file: source.file.clone(), line, column, message, hint: None, severity: Level::Error });
                }
            }
        }
        for (name, source) in &mut sources {
            let (more, used) = check::check(name, &parsed);
            source.used = used;
            for finding in more {
                if !found.contains(&finding) {
                    found.push(finding);
                }
            }
        }
        if found.iter().any(|finding| finding.severity == Level::Error) {
            return Err(found);
        }
        let mut registry = registry();
        for (name, parsed) in parsed {
            registry.register_template(&name, parsed.template);
        }
        Ok((Self { registry, sources }, found))
    }

    /// Is there such a template?
    pub fn has(&self, name: &str) -> bool {
        self.sources.contains_key(name)
    }

    /// What the template reads; everything for a name that is not there.
    pub fn used(&self, name: &str) -> &Used {
        self.sources.get(name).map_or(&data::ALL, |source| &source.used)
    }

    /// The file of a template.
    pub fn file(&self, name: &str) -> String {
        self.sources.get(name).map_or_else(|| name.to_owned(), |source| source.file.clone())
    }

    /// Renders to text with tokens.
    ///
    /// # Errors
    /// Where in which file it failed, and why.
    pub fn render(&self, name: &str, data: Value) -> Result<String, RenderFailure> {
        render(&self.registry, name, data).map_err(|error| self.failure(name, &error))
    }

    /// Finds the place in a template that wrote the byte at `offset` of the rendered text.
    pub(super) fn locate(&self, name: &str, data: Value, offset: usize) -> Option<(String, usize, usize)> {
        locate::locate(&self.sources, name, data, offset)
    }

    fn failure(&self, name: &str, error: &RenderError) -> RenderFailure {
        let file = self.file(error.template_name.as_deref().unwrap_or(name));
        RenderFailure { file, line: error.line_no.unwrap_or(0), column: error.column_no.unwrap_or(1), message: error.reason().to_string() }
    }
}

/// Renders with bounded output.
pub(super) fn render(registry: &Handlebars<'static>, name: &str, data: Value) -> Result<String, RenderError> {
    let mut context = Context::null();
    *context.data_mut() = data;
    let mut out = Bounded { bytes: Vec::with_capacity(8 * 1024) };
    registry.render_with_context_to_write(name, &context, &mut out)?;
    String::from_utf8(out.bytes).map_err(RenderError::from)
}

struct Bounded {
    bytes: Vec<u8>,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_OUTPUT {
            return Err(std::io::Error::other(format!("the template writes more than {} MiB", MAX_OUTPUT >> 20)));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// `incident.card.hbs` is `incident.card`, `partials/x.hbs` is `partials/x`.
fn name_of(file: &str) -> String {
    file.strip_suffix(".hbs").unwrap_or(file).to_owned()
}

/// The kind in a template's name; `None` for partials.
pub(super) fn kind_of(name: &str) -> Option<(&str, ContentKind)> {
    if name.starts_with("partials/") {
        return None;
    }
    let (name, kind) = name.rsplit_once('.')?;
    [ContentKind::Card, ContentKind::Post, ContentKind::Text].into_iter().find(|k| k.as_str() == kind).map(|kind| (name, kind))
}

fn refuse_name(overlay: &TemplateFile) -> Option<TemplateError> {
    let name = name_of(&overlay.name);
    let is_partial = name.strip_prefix("partials/").is_some_and(|rest| !rest.is_empty());
    if overlay.name.ends_with(".hbs") && (is_partial || kind_of(&name).is_some_and(|(name, _)| !name.is_empty())) {
        return None;
    }
    Some(TemplateError {
        file: overlay.path.clone(),
        line: 1,
        column: 1,
        message: format!("{:?} is not the name of a template", overlay.name),
        hint: Some("name it <name>.card.hbs, <name>.post.hbs, <name>.text.hbs or partials/<name>.hbs".to_owned()),
        severity: Level::Error,
    })
}

/// What is wrong with a template's text before it is parsed.
fn refuse_text(source: &Source) -> Option<TemplateError> {
    let error = |offset: usize, message: String, hint: Option<&str>| {
        let before = source.text.get(..offset).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some(TemplateError { file: source.file.clone(), line, column, message, hint: hint.map(str::to_owned), severity: Level::Error })
    };
    if source.text.len() > MAX_TEMPLATE {
        return error(0, format!("the template is larger than {} KiB", MAX_TEMPLATE >> 10), None);
    }
    if let Some(at) = source.text.find(|c: char| matches!(c, '\u{FDD0}'..='\u{FDD3}')) {
        return error(at, "U+FDD0 to U+FDD3 cannot be written in templates".to_owned(), Some("delete the invisible character"));
    }
    let lower = source.text.to_ascii_lowercase();
    if let Some(at) = ["\\ufdd0", "\\ufdd1", "\\ufdd2", "\\ufdd3"].iter().filter_map(|escape| lower.find(escape)).min() {
        return error(at, "U+FDD0 to U+FDD3 cannot be written in templates, escaped neither".to_owned(), None);
    }
    None
}

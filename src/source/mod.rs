//! Bytes of one sender to batches of alerts: Alertmanager, Grafana (unified and legacy), any JSON by templates.
//!
//! Pure: no clock, no I/O, nothing of Feishu. Reading is lenient, because a refused body is a lost alert: wrong
//! scalar types, missing and null fields, broken escapes and odd times are made the best of; only a body without any
//! alert in it is refused. Start with [`Compiled::parse`]; before it come [`auth`], [`allow`] and [`body`].

pub mod allow;
pub mod auth;
pub mod body;
mod grafana;
mod json;
mod lenient;
mod read;
mod snapshot;
pub mod time;

#[cfg(test)]
mod tests;

use crate::alert::{Batch, Extra};
use crate::config::settings::{Source, SourceKind};
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// A source with its expressions compiled.
#[derive(Debug, Clone)]
pub struct Compiled {
    source: Arc<Source>,
    mapping: Option<json::Mapping>,
}

/// What a body says.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Parsed {
    /// One for each sender group; empty where everything was skipped or ignored on purpose.
    pub batches: Vec<Batch>,
    /// How many events the source's `skip` (or a state that is no alert, such as `pending`) left out.
    pub skipped: usize,
    /// Parts of the body that could not be used, while the rest was.
    pub ignored: Vec<Note>,
    /// Values that were replaced by a default: an unknown status word, an unreadable time, a failed template.
    pub warnings: Vec<Note>,
}

/// A remark on one place of a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// JSON pointer into the body.
    pub at: String,
    /// What was wrong there.
    pub reason: String,
}

/// At most so many warnings are kept of one body.
const MAX_WARNINGS: usize = 20;

impl Parsed {
    fn warn(&mut self, at: &str, reason: impl Into<String>) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Note { at: at.to_owned(), reason: reason.into() });
        }
    }

    fn ignore(&mut self, at: String, reason: impl Into<String>) {
        self.ignored.push(Note { at, reason: reason.into() });
    }

    /// Gives every batch the body's other fields, unless so many copies would outgrow the body itself by far.
    fn share(&mut self, extra: Extra) {
        let copies = self.batches.len();
        if copies > 1 && copies.saturating_mul(size(&extra)) > MAX_COPIED {
            self.warn("", "the fields around the alerts are too large to be kept with each of so many groups");
        } else {
            self.batches.iter_mut().for_each(|batch| batch.extra.clone_from(&extra));
        }
    }

    /// How many alerts there are.
    pub fn alerts(&self) -> usize {
        self.batches.iter().map(|batch| batch.alerts.len()).sum()
    }
}

/// Bytes that may be spent on copies of what stands around the alerts.
const MAX_COPIED: usize = 4 << 20;

/// The length of a value as JSON.
fn size(value: &impl Serialize) -> usize {
    serde_json::to_vec(value).map_or(usize::MAX, |bytes| bytes.len())
}

/// Why there is no alert to be had from a body: answered with 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// `invalid_json`, `too_deep` or `invalid_payload`.
    pub code: &'static str,
    /// A sentence for the sender's log.
    pub message: String,
    /// JSON pointer to the place; empty for the whole body.
    pub at: String,
}

impl ParseError {
    fn payload(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: "invalid_payload", message: message.into(), at: at.into() }
    }

    /// Short label for metrics.
    pub fn reason(&self) -> &'static str {
        self.code
    }
}

/// A template of a source that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {message} (column {column})")]
pub struct CompileError {
    /// The key below the source: `skip`, `each`, `fields.labels.project`.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// Column in the template, from 1.
    pub column: usize,
}

/// Reads a body as leniently as [`Compiled::parse`] does, for a look at its shape.
///
/// # Errors
/// The body is no JSON, or nests too deep.
pub fn read_json(body: &[u8]) -> Result<serde_json::Value, ParseError> {
    read::json(body)
}

impl Compiled {
    /// Compiles the source's templates.
    ///
    /// # Errors
    /// The first template that does not compile, or an `each` that is no JSON pointer.
    pub fn new(source: Arc<Source>) -> Result<Self, CompileError> {
        let mapping = match &source.kind {
            SourceKind::Json(mapping) => Some(json::Mapping::compile(mapping)?),
            SourceKind::Alertmanager | SourceKind::Grafana => None,
        };
        Ok(Self { source, mapping })
    }

    /// The source as configured.
    pub fn settings(&self) -> &Source {
        &self.source
    }

    /// Reads a body (see [`body::decode`]) that arrived at `now`.
    ///
    /// # Errors
    /// Where there is no alert to be had.
    pub fn parse(&self, body: &[u8], now: Timestamp) -> Result<Parsed, ParseError> {
        let body = read::json(body)?;
        match (&self.source.kind, &self.mapping) {
            (_, Some(mapping)) => mapping.parse(body, now),
            (SourceKind::Grafana, None) => grafana::parse(body, now),
            (SourceKind::Alertmanager | SourceKind::Json(_), None) => snapshot::parse(body, now),
        }
    }
}

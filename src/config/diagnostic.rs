//! Findings: what is wrong or doubtful in a file, where, and what to do about it.
//!
//! Drawn like a compiler's messages, or serialised. The lines shown come from [`Out::source`], in which
//! secrets are masked before anything is drawn.

use super::mask;
use super::node::Span;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};
use serde::Serialize;

/// Whether a finding stops the configuration from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot be used.
    Error,
    /// It can, but it probably does not do what was meant.
    Warning,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A stable word for the kind of finding.
    pub code: &'static str,
    /// The file as it was named.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Column after the last marked character.
    pub end_column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The line, with secrets masked; empty where there is none.
    pub source: String,
}

impl Diagnostic {
    /// Draws it, with colour escapes if `color`.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii);
        let level = if self.severity == Severity::Error { Level::ERROR } else { Level::WARNING };
        let byte = |column: usize| self.source.char_indices().nth(column.saturating_sub(1)).map_or(self.source.len(), |(at, _)| at);
        let start = byte(self.column);
        let marked = AnnotationKind::Primary.span(start..byte(self.end_column).max(start));
        let snippet = Snippet::source(&self.source).line_start(self.line).path(&self.file).annotation(marked);
        let title = level.primary_title(&self.message).id(self.code);
        match &self.hint {
            Some(hint) => renderer.render(&[title.element(snippet).element(Level::HELP.message(hint))]),
            None => renderer.render(&[title.element(snippet)]),
        }
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// All findings of one load, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Findings(pub Vec<Diagnostic>);

impl Findings {
    /// How many errors.
    pub fn errors(&self) -> usize {
        self.0.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// How many warnings.
    pub fn warnings(&self) -> usize {
        self.0.len() - self.errors()
    }

    /// Draws all of them and a closing count.
    pub fn render(&self, color: bool) -> String {
        let mut out: String = self.0.iter().map(|d| d.render(color) + "\n\n").collect();
        let count = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}{}", if n == 1 { "" } else { "s" }));
        let parts: Vec<String> = [count(self.errors(), "error"), count(self.warnings(), "warning")].into_iter().flatten().collect();
        out.push_str(&parts.join(", "));
        out
    }
}

impl std::fmt::Display for Findings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Findings {}

/// Where a load puts its findings.
pub struct Out {
    file: String,
    lines: Vec<String>,
    findings: Vec<Diagnostic>,
    secrets: Vec<Span>,
    unread: Vec<(Span, String)>,
    drafts: Vec<Diagnostic>,
}

impl Out {
    /// For the text of one file.
    pub fn new(file: &str, text: &str) -> Self {
        Self {
            file: file.to_owned(),
            lines: text.lines().map(mask::line).collect(),
            findings: Vec::new(),
            secrets: Vec::new(),
            unread: Vec::new(),
            drafts: Vec::new(),
        }
    }

    /// An error.
    pub fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) -> &mut Self {
        self.push(Severity::Error, code, span, message.into())
    }

    /// A warning.
    pub fn warning(&mut self, code: &'static str, span: Span, message: impl Into<String>) -> &mut Self {
        self.push(Severity::Warning, code, span, message.into())
    }

    /// What to do about the finding just made.
    pub fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        if let Some(last) = self.findings.last_mut() {
            last.hint = Some(hint.into());
        }
        self
    }

    /// `did you mean ...?`, else the list of what there is.
    pub fn suggest<'a>(&mut self, word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> &mut Self {
        if let Some(near) = crate::util::text::suggest(word, known.clone()) {
            return self.hint(format!("did you mean `{near}`?"));
        }
        let all: Vec<&str> = known.into_iter().collect();
        match all.len() {
            0 => self,
            1..=12 => self.hint(format!("there is: {}", all.join(", "))),
            n => self.hint(format!("there are {n}, such as: {}", all[..8].join(", "))),
        }
    }

    /// Never shows this stretch of the file.
    pub fn secret(&mut self, span: Span) {
        self.secrets.push(span);
    }

    /// Notes that `key` of the section at `owner` is there, misspelled or unreadable, so that nobody misses it as well.
    pub fn unread(&mut self, owner: Span, key: &str) {
        self.unread.push((owner, key.to_owned()));
    }

    /// Whether one of `keys` of the section at `owner` is there, but misspelled or unreadable.
    pub fn excused(&self, owner: Span, keys: &[&str]) -> bool {
        self.unread.iter().any(|(span, meant)| *span == owner && keys.contains(&meant.as_str()))
    }

    /// Whether anything stops the configuration from being used.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|d| d.severity == Severity::Error)
    }

    fn push(&mut self, severity: Severity, code: &'static str, span: Span, message: String) -> &mut Self {
        let finding = self.diagnostic(severity, code, span, message);
        self.findings.push(finding);
        self
    }

    /// An error that somebody else may make of it later.
    pub fn draft(&mut self, code: &'static str, span: Span, message: String) {
        let draft = self.diagnostic(Severity::Error, code, span, message);
        self.drafts.push(draft);
    }

    fn diagnostic(&self, severity: Severity, code: &'static str, span: Span, message: String) -> Diagnostic {
        let (line, column, end_column) = (span.line.max(1), span.column.max(1), span.end_column);
        Diagnostic { severity, code, file: self.file.clone(), line, column, end_column, message, hint: None, source: String::new() }
    }

    /// The findings in the order of the file and the drafts in theirs, each with its line, secrets masked.
    pub fn finish(mut self) -> (Findings, Vec<Diagnostic>) {
        for span in &self.secrets {
            for number in span.line..=span.end_line.max(span.line) {
                if let Some(line) = self.lines.get_mut(number.saturating_sub(1)) {
                    let from = if number == span.line { span.column } else { 1 };
                    let to = if number == span.end_line { span.last_column } else { usize::MAX };
                    *line = mask::columns(line, from, to);
                }
            }
        }
        for finding in self.findings.iter_mut().chain(&mut self.drafts) {
            finding.source = self.lines.get(finding.line - 1).cloned().unwrap_or_default();
            let end = finding.source.chars().count() + 1;
            finding.end_column = if finding.end_column == 0 { end } else { finding.end_column.min(end) }.max(finding.column + 1);
        }
        self.findings.sort_by_key(|d| (d.line, d.column, d.severity));
        self.findings.dedup();
        (Findings(self.findings), self.drafts)
    }
}

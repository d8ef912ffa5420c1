//! Reads a configuration: file, variables, secret files, checks.

use super::decode::Decode;
use super::diagnostic::{Diagnostic, Findings, Out, Severity};
use super::node;
use super::settings::{ContentKind, Settings};
use super::vars::Env;
use super::{check, raw};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// A configuration that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// What is doubtful about them.
    pub warnings: Findings,
    /// The template that each send entry names.
    pub templates: Vec<TemplateUse>,
    /// Files whose change asks for a reload: the configuration and what it reads. Folders of templates are in the settings.
    pub files: Vec<PathBuf>,
}

/// A template that a send entry names. Whether it exists is known once templates are loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateUse {
    /// Its name.
    pub name: String,
    /// For which shape of message.
    pub kind: ContentKind,
    /// What to say if there is no such template.
    pub missing: Diagnostic,
}

/// Loads the file at `path`. `env` answers for variables; the process's own environment is not read.
///
/// # Errors
/// Every finding, warnings included, when at least one is an error.
pub fn load(path: &Path, env: Env) -> Result<Loaded, Findings> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        Findings(vec![Diagnostic {
            severity: Severity::Error,
            code: "unreadable-file",
            file: name.clone(),
            line: 1,
            column: 1,
            end_column: 1,
            message: format!("cannot read {name}: {error}"),
            hint: Some("name the file with -c, or try `larkhook demo`, which needs none".to_owned()),
            source: String::new(),
        }])
    })?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut loaded = load_str(&text, &name, dir, env)?;
    loaded.files.insert(0, path.to_owned());
    Ok(loaded)
}

/// YAML ends a line at a carriage return, too: what is counted and what is drawn have the same lines.
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() }
}

/// Loads a text; `name` stands in findings, relative paths start at `dir`.
///
/// # Errors
/// As [`load`].
pub fn load_str(text: &str, name: &str, dir: &Path, env: Env) -> Result<Loaded, Findings> {
    let text = lines(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut out = Out::new(name, &text);
    let checked = match node::parse(&text, env, &mut out).and_then(|root| raw::Config::decode(&root, &mut out)) {
        Some(config) => check::settings(&config, &mut out, dir),
        None => None,
    };
    let (findings, drafts) = out.finish();
    let Some(checked) = checked else { return Err(findings) };
    let uses = checked.templates.into_iter().zip(drafts).map(|((name, kind), missing)| TemplateUse { name, kind, missing });
    Ok(Loaded { settings: checked.settings, warnings: findings, templates: uses.collect(), files: checked.files })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carriage_returns_end_lines() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["fallback: all", "feishu: {}", "route: { receiver: [", "x: y"].join(end);
            let findings = load_str(&text, "x.yaml", Path::new("."), &|_| None).unwrap_err();
            assert!(findings.0[0].line <= 5 && findings.render(false).contains("x.yaml:"), "{}", findings.render(false));
            let wrong = format!("fallback: all{end}fallbak: all{end}");
            let findings = load_str(&wrong, "x.yaml", Path::new("."), &|_| None).unwrap_err();
            let finding = findings.0.iter().find(|finding| finding.message.contains("fallbak")).unwrap();
            assert_eq!((finding.line, finding.source.contains('\r')), (2, false), "{finding:?}");
        }
    }
}

//! Finding and reading the configuration of a command, or doing without one.

use super::args;
use super::output::{Exit, Failure};
use crate::app::missing_templates;
use crate::config::{Findings, Loaded, load, load_str};
use crate::live::{Live, read_templates};
use crate::render::TemplateFile;
use crate::source::{self, body};
use anyhow::Context;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file that is read when none is named.
pub const DEFAULT: &str = "larkhook.yaml";

/// What commands that only look at things use where there is no file: every kind of source, one chat of the sandbox.
pub const WITHOUT: &str = r#"
storage: sqlite:larkhook.db
fallback: default
feishu:
  apps:
    sandbox: { app_id: cli_sandbox, app_secret: sandbox, platform: sandbox }
sources:
  alertmanager: { kind: alertmanager, auth: none }
  grafana: { kind: grafana, auth: none }
  json:
    kind: json
    auth: none
    fields:
      title: '{{#if title}}{{title}}{{else}}{{#if name}}{{name}}{{else}}{{#if message}}{{message}}{{else}}Event{{/if}}{{/if}}{{/if}}'
      status: '{{#if (match status "(?i)^(ok|resolved|success|up|closed)$")}}resolved{{else}}firing{{/if}}'
      severity: '{{severity}}'
      annotations: { summary: '{{message}}', description: '{{description}}' }
      url: '{{url}}'
route: { receiver: default }
receivers:
  - name: default
    send: [{ to: 'chat:oc_00000000000000000000000000000001' }]
"#;

/// Stands for the sandbox where nothing is sent.
pub const NOWHERE: &str = "http://127.0.0.1:9";

/// The file to read: the named one, or `larkhook.yaml` here.
pub fn path(named: &args::Config) -> PathBuf {
    named.config.clone().unwrap_or_else(|| PathBuf::from(DEFAULT))
}

/// Reads the file; there must be one.
///
/// # Errors
/// Its findings, with exit code 1.
pub fn required(named: &args::Config) -> Result<Loaded, Findings> {
    load(&path(named), &env)
}

/// Reads the named file, or the one here, or does without.
///
/// # Errors
/// Findings, drawn, with exit code 1.
pub fn optional(named: &args::Config) -> anyhow::Result<Loaded> {
    let loaded = if named.config.is_some() || Path::new(DEFAULT).exists() {
        required(named)
    } else {
        load_str(WITHOUT, "built-in", Path::new("."), &env)
    };
    loaded.map_err(failure)
}

/// Findings as a failure of the command.
pub fn failure(findings: Findings) -> anyhow::Error {
    let color = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    Failure { exit: Exit::Failed, message: format!("the configuration cannot be used\n\n{}", findings.render(color)) }.into()
}

/// What a configuration compiles to, for looking at things: apps of the sandbox are not called. `more` templates come last,
/// so they win.
///
/// # Errors
/// Templates with errors, in a line each; send entries without their template.
pub fn live(loaded: Loaded, more: Vec<TemplateFile>) -> anyhow::Result<Live> {
    let wanted = loaded.templates.clone();
    let live = compile(loaded, more).map_err(|errors| Failure { exit: Exit::Failed, message: errors.join("\n") })?;
    let missing = missing_templates(&live, &wanted);
    if missing.errors() > 0 { Err(failure(missing)) } else { Ok(live) }
}

/// As [`live`], without a look at which templates are missing.
///
/// # Errors
/// Templates with errors, in a line each.
pub fn compile(loaded: Loaded, more: Vec<TemplateFile>) -> Result<Live, Vec<String>> {
    crate::feishu::tls::init();
    let mut templates = read_templates(&loaded.settings.templates).map_err(|error| vec![error.to_string()])?;
    templates.extend(more);
    let live = Live::build(Arc::new(loaded.settings), &templates, Some(NOWHERE), None);
    live.map_err(|errors| errors.iter().map(ToString::to_string).collect())
}

/// The process's environment.
pub fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Largest payload, also inflated.
const MAX_PAYLOAD: usize = 64 << 20;

/// Reads a payload from a file or, for `-`, from standard input: whatever the server would take, so also forms, gzip and
/// JSON with broken characters. Gives its JSON bytes and a look at them.
///
/// # Errors
/// It cannot be read (exit code 3), or is no JSON (1).
pub fn payload(path: &Path) -> anyhow::Result<(Vec<u8>, serde_json::Value)> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).context("standard input cannot be read")?;
        bytes
    } else {
        std::fs::read(path).map_err(|error| Failure::unreachable(format!("cannot read {}: {error}", path.display())))?
    };
    read(&bytes).with_context(|| format!("{} is no JSON", path.display()))
}

/// A file has no headers: they are told from how it begins.
fn read(bytes: &[u8]) -> anyhow::Result<(Vec<u8>, serde_json::Value)> {
    let encoding = bytes.starts_with(&[0x1f, 0x8b]).then_some("gzip");
    let body = body::decode(None, encoding, bytes, MAX_PAYLOAD)?;
    let error = match source::read_json(&body) {
        Ok(value) => return Ok((body.into_owned(), value)),
        Err(error) => error,
    };
    let name = body.iter().take_while(|byte| **byte != b'=').count();
    let is_form = name < body.len() && body[..name].iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.%+[]".contains(byte));
    let kind = is_form.then_some("application/x-www-form-urlencoded");
    let form = kind.and_then(|kind| body::decode(Some(kind), None, &body, MAX_PAYLOAD).ok()?.into_owned().into());
    match form {
        Some(form) => source::read_json(&form).map(|value| (form, value)).map_err(|_| error.into()),
        None => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_without_a_file_has_no_findings() {
        let loaded = load_str(WITHOUT, "built-in", Path::new("."), &|_| None);
        let loaded = loaded.unwrap_or_else(|findings| panic!("{findings}"));
        assert_eq!(loaded.warnings.render(false), "");
    }

    #[test]
    fn payloads_are_read_as_the_server_reads_them() {
        let gzip = |bytes: &[u8]| {
            let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut zip, bytes).unwrap();
            zip.finish().unwrap()
        };
        for (bytes, title) in [
            (b"{\"title\":\"a\"}".to_vec(), "a"),
            (b"\xef\xbb\xbf{\"title\":\"a\"}".to_vec(), "a"),
            (b"{\"title\":\"\\ud800\"}".to_vec(), "\u{fffd}"),
            (b"{\"title\":\"a\nb\xff\"}".to_vec(), "a\nb\u{fffd}"),
            (gzip(b"{\"title\":\"a\"}"), "a"),
            (b"payload=%7B%22title%22%3A%22a%22%7D".to_vec(), "a"),
            (b"title=a&status=firing".to_vec(), "a"),
        ] {
            let (json, value) = read(&bytes).unwrap_or_else(|error| panic!("{bytes:?}: {error}"));
            assert_eq!((&value["title"], source::read_json(&json).is_ok()), (&title.into(), true), "{bytes:?}");
        }
        for (bytes, part) in [("", "empty"), ("hello", "not JSON"), ("{", "EOF"), ("<a b=c>", "not JSON"), ("\u{1f}\u{8b}", "not JSON")] {
            let error = read(bytes.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{bytes:?}: {error}");
        }
    }
}

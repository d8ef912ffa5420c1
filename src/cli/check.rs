//! `larkhook check`: everything that is wrong with a configuration, its templates and, with `--live`, what the platform
//! says to it.

use super::args;
use super::config;
use super::output::{ERROR, Exit, FAINT, GOOD, Output, STRONG, WARNING, plain, styled};
use crate::app::missing_templates;
use crate::config::Loaded;
use crate::live::Live;
use crate::preview::{self, Proof};
use crate::util::clock::Clock;
use crate::verbs::check::{self as live, Answer};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Everything that was found.
#[derive(Debug, Default, Serialize)]
struct Report {
    ok: bool,
    /// About the configuration file.
    findings: crate::config::Findings,
    /// Templates that cannot be used, apps that cannot be built.
    build: Vec<String>,
    /// Doubtful places in templates.
    template_warnings: Vec<String>,
    /// How templates fared with samples.
    templates: Vec<Proof>,
    /// Sources with their paths.
    sources: Vec<SourceLine>,
    /// Where messages can go.
    sends: Vec<SendLine>,
    /// What the platform says.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    live: Vec<Answer>,
}

#[derive(Debug, Serialize)]
struct SourceLine {
    path: String,
    kind: &'static str,
    auth: &'static str,
}

#[derive(Debug, Serialize)]
struct SendLine {
    receiver: String,
    name: String,
    to: Vec<String>,
    #[serde(rename = "as")]
    kind: &'static str,
    template: String,
    app: Option<String>,
}

/// Checks a configuration.
///
/// # Errors
/// Standard output cannot be written.
pub async fn run(args: args::Check, output: Output) -> anyhow::Result<Exit> {
    let file = config::path(&args.config).display().to_string();
    let mut report = Report::default();
    let mut unreachable = false;
    match config::required(&args.config) {
        Err(findings) => report.findings = findings,
        Ok(loaded) => {
            let Loaded { warnings, .. } = &loaded;
            report.findings = warnings.clone();
            let wanted = loaded.templates.clone();
            match config::compile(loaded, Vec::new()) {
                Err(errors) => report.build = errors,
                Ok(live) => {
                    report.findings.0.extend(missing_templates(&live, &wanted).0);
                    look(&live, &mut report);
                    if args.live {
                        report.live = live::ask(&live).await;
                        unreachable = report.live.iter().any(|answer| answer.unreachable);
                    }
                }
            }
        }
    }
    let errors = report.errors();
    let warnings = report.warnings();
    report.ok = errors == 0 && !(args.strict && warnings > 0);
    let color = anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never;
    output.result(&report, |out| human(out, &file, &report, errors, warnings, color))?;
    Ok(match (report.ok, unreachable) {
        (_, true) => Exit::Unreachable,
        (true, false) => Exit::Ok,
        (false, false) => Exit::Failed,
    })
}

impl Report {
    fn errors(&self) -> usize {
        let templates = self.templates.iter().filter(|proof| !proof.problems.is_empty()).count();
        let live = self.live.iter().filter(|answer| answer.result == live::Result::Bad).count();
        self.findings.errors() + self.build.len() + templates + live
    }

    fn warnings(&self) -> usize {
        let live = self.live.iter().filter(|answer| answer.result == live::Result::Doubtful).count();
        self.findings.warnings() + self.template_warnings.len() + live
    }
}

/// What can be said without asking anybody.
fn look(live: &Live, report: &mut Report) {
    report.template_warnings = live.renderer.findings().iter().map(ToString::to_string).collect();
    report.templates = preview::prove(live, Clock::system().now());
    report.sources = live
        .sources
        .iter()
        .map(|(name, source)| SourceLine {
            path: format!("/hook/{name}"),
            kind: source.settings().kind.as_str(),
            auth: auth(&source.settings().auth),
        })
        .collect();
    report.sends = live
        .tree
        .sends()
        .into_iter()
        .map(|send| SendLine {
            receiver: send.receiver.clone(),
            name: send.send.name.clone(),
            to: send.send.to.clone(),
            kind: match &send.send.direct {
                Some(direct) => direct.as_str(),
                None => send.send.kind.as_str(),
            },
            template: send.send.template.clone(),
            app: send.send.app.clone(),
        })
        .collect();
}

fn auth(auth: &crate::config::settings::Auth) -> &'static str {
    use crate::config::settings::Auth;
    match auth {
        Auth::None => "none",
        Auth::BearerToken(_) => "bearer token",
        Auth::Basic { .. } => "basic",
        Auth::Header { .. } => "header",
        Auth::Hmac { .. } => "hmac",
    }
}

fn human(out: &mut dyn Write, file: &str, report: &Report, errors: usize, warnings: usize, color: bool) -> io::Result<()> {
    for finding in &report.findings.0 {
        writeln!(out, "{}\n", finding.render(color))?;
    }
    for line in &report.build {
        writeln!(out, "{} {}", styled("error:", ERROR), plain(line))?;
    }
    for line in &report.template_warnings {
        writeln!(out, "{} {}", styled("warning:", WARNING), plain(line))?;
    }
    templates(out, &report.templates)?;
    if !report.sources.is_empty() {
        writeln!(out, "\n{}", styled("Sources", STRONG))?;
        let width = report.sources.iter().map(|source| source.path.len()).max().unwrap_or(0);
        for source in &report.sources {
            let style = if source.auth == "none" { WARNING } else { FAINT };
            writeln!(out, "  {:width$}  {:12}  {}", source.path, source.kind, styled(format!("auth: {}", source.auth), style))?;
        }
    }
    if !report.sends.is_empty() {
        writeln!(out, "\n{}", styled("Messages", STRONG))?;
        for send in &report.sends {
            let app = send.app.as_deref().map(|app| format!(" by {app}")).unwrap_or_default();
            let how = format!("{} {}{app}", send.kind, send.template);
            writeln!(
                out,
                "  {} {}  {}",
                styled(format!("{}/{}", send.receiver, send.name), FAINT),
                send.to.join(", "),
                styled(how, FAINT)
            )?;
        }
    }
    if !report.live.is_empty() {
        writeln!(out, "\n{}", styled("The platform says", STRONG))?;
    }
    for answer in &report.live {
        let (sign, style) = match answer.result {
            live::Result::Good => ("✓", GOOD),
            live::Result::Doubtful => ("!", WARNING),
            live::Result::Bad => ("✕", ERROR),
        };
        writeln!(out, "  {} {}: {}", styled(sign, style), answer.about, plain(&answer.says))?;
    }
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let verdict = format!("{file}: {}, {}", count(errors, "error"), count(warnings, "warning"));
    let style = match (errors, warnings) {
        (0, 0) => GOOD,
        (0, _) => WARNING,
        _ => ERROR,
    };
    writeln!(out, "\n{}", styled(verdict, style))
}

/// A line for each template; problems below it, each once.
fn templates(out: &mut dyn Write, proofs: &[Proof]) -> io::Result<()> {
    if proofs.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", styled("Templates", STRONG))?;
    let mut by_template: BTreeMap<(&str, &str, &str), Vec<&Proof>> = BTreeMap::new();
    for proof in proofs {
        by_template.entry((&proof.template, proof.kind.as_str(), proof.channel)).or_default().push(proof);
    }
    for ((template, kind, channel), proofs) in by_template {
        let bad: Vec<&&Proof> = proofs.iter().filter(|proof| !proof.problems.is_empty()).collect();
        let (sign, style) = if bad.is_empty() { ("✓", GOOD) } else { ("✕", ERROR) };
        let how = format!("{} samples, by {channel}", proofs.len());
        writeln!(out, "  {} {template}.{kind}  {}", styled(sign, style), styled(how, FAINT))?;
        let mut told = std::collections::BTreeSet::new();
        for proof in bad {
            for problem in &proof.problems {
                if told.insert(problem) {
                    writeln!(out, "      {}: {}", proof.sample, plain(problem))?;
                }
            }
        }
    }
    Ok(())
}

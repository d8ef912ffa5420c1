//! `larkhook render`: the messages a payload becomes, their size and what is odd about them.

use super::args::{self, Kind, Words};
use super::output::{ERROR, Exit, FAINT, Failure, GOOD, Output, STRONG, WARNING, plain, styled};
use super::route::at;
use super::{config, view};
use crate::config::settings::{ContentKind, Locale};
use crate::live::Live;
use crate::preview::{self, Overrides, Preview, PreviewMessage};
use crate::render::TemplateFile;
use crate::util::clock::Clock;
use anyhow::anyhow;
use std::io::{self, Write};
use std::path::Path;

/// Width of a drawing where the terminal does not say.
const COLUMNS: usize = 92;

/// Draws the messages of a payload.
///
/// # Errors
/// No configuration, no payload, no alert in it, no such template.
pub fn run(args: &args::Render, output: Output) -> anyhow::Result<Exit> {
    let (bytes, value) = config::payload(&args.payload.payload)?;
    let overrides =
        Overrides { template: args.template.clone(), kind: args.kind.map(kind), locale: args.locale.map(locale), ..Overrides::default() };
    let (live, overrides) = prepared(&args.config, overrides)?;
    let source = preview::source_for(&live, args.payload.source.as_deref(), &value).map_err(Failure::usage)?;
    let now = args.at.unwrap_or_else(|| Clock::system().now());
    let preview = preview::preview_always(&live, source, &bytes, &overrides, now);
    let preview = preview.map_err(|error| anyhow!("{}: {}", at(&error.at), error.message))?;
    let bad = preview.messages.iter().any(|message| !message.problems.is_empty());
    if output.is_json() {
        // One message: its content alone, to paste into a card builder. Several: all of them.
        match preview.messages.as_slice() {
            [one] => output.json(&one.content)?,
            _ => output.json(&preview)?,
        }
        for problem in preview.messages.iter().flat_map(|message| &message.problems) {
            super::output::complain(&plain(problem));
        }
    } else {
        output.text(|out| human(out, &preview))?;
    }
    Ok(if bad { Exit::Failed } else { Exit::Ok })
}

/// What a configuration compiles to, with the template that the overrides name, which may be a file.
///
/// # Errors
/// No configuration, no such template.
pub fn prepared(config: &args::Config, mut overrides: Overrides) -> anyhow::Result<(Live, Overrides)> {
    let mut more = Vec::new();
    let named = overrides.template.clone();
    if let Some((path, name, kind)) = named.as_deref().and_then(template_file) {
        let text =
            std::fs::read_to_string(path).map_err(|error| Failure::unreachable(format!("cannot read {}: {error}", path.display())))?;
        more.push(TemplateFile { name: format!("{name}.{}.hbs", kind.as_str()), path: path.display().to_string(), text });
        overrides.kind = overrides.kind.or(Some(kind));
        overrides.template = Some(name);
    }
    let live = config::live(config::optional(config)?, more)?;
    if let Some(name) = &overrides.template {
        let known: Vec<String> = live.renderer.templates().into_iter().map(|(name, ..)| name).collect();
        if !known.contains(name) && name.ends_with(".hbs") {
            let form = "a template's file says what it makes: name it NAME.card.hbs, NAME.post.hbs or NAME.text.hbs";
            return Err(Failure::usage(format!("{name:?}: {form}")).into());
        }
        if !known.contains(name) {
            let near = crate::util::text::suggest(name, known.iter().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(Failure::usage(format!("no template is called {name:?}{hint}")).into());
        }
    }
    Ok((live, overrides))
}

/// A preview for people; also of `send --dry-run`.
///
/// # Errors
/// The writer's.
pub fn human(out: &mut dyn Write, preview: &Preview) -> io::Result<()> {
    for (index, message) in preview.messages.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        one(out, message)?;
    }
    if preview.messages.is_empty() {
        writeln!(out, "{}", styled("No message.", WARNING))?;
    }
    for (reason, count) in &preview.left_out {
        writeln!(out, "{} {count} {reason}", styled("left out:", WARNING))?;
    }
    for note in &preview.notes {
        writeln!(out, "{} {}", styled("payload:", WARNING), plain(note))?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, message: &PreviewMessage) -> io::Result<()> {
    let targets = message.targets.join(", ");
    writeln!(
        out,
        "{} {}  {}",
        styled("to", FAINT),
        styled(plain(&targets), STRONG),
        styled(format!("{} · {} · {}", message.send, message.template_used, message.msg_type), FAINT)
    )?;
    writeln!(out)?;
    view::write(out, "  ", &view::draw(message.msg_type, &message.content, COLUMNS))?;
    writeln!(out)?;
    let fits = message.bytes <= message.limit_bytes;
    let size = format!("{} of {} bytes", message.bytes, message.limit_bytes);
    writeln!(out, "  {}", styled(size, if fits { GOOD } else { ERROR }))?;
    if !message.mentions.is_empty() {
        writeln!(out, "  mentions {}", plain(&message.mentions.join(", ")))?;
    }
    if message.omitted > 0 {
        writeln!(out, "  {} {} alerts are left out to fit", styled("note:", WARNING), message.omitted)?;
    }
    for warning in &message.warnings {
        writeln!(out, "  {} {}", styled("warning:", WARNING), plain(warning))?;
    }
    for problem in &message.problems {
        writeln!(out, "  {} {}", styled("error:", ERROR), plain(problem))?;
    }
    Ok(())
}

/// Path, name and kind of a template that is named by its file.
fn template_file(text: &str) -> Option<(&Path, String, ContentKind)> {
    let path = Path::new(text);
    let (name, kind) = path.file_name()?.to_str()?.strip_suffix(".hbs")?.rsplit_once('.')?;
    let kind = [ContentKind::Card, ContentKind::Post, ContentKind::Text].into_iter().find(|known| known.as_str() == kind)?;
    Some((path, name.to_owned(), kind))
}

/// The shape that was typed.
pub fn kind(kind: Kind) -> ContentKind {
    match kind {
        Kind::Card => ContentKind::Card,
        Kind::Post => ContentKind::Post,
        Kind::Text => ContentKind::Text,
    }
}

/// The language that was typed.
pub fn locale(words: Words) -> Locale {
    match words {
        Words::Zh => Locale::Zh,
        Words::En => Locale::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_named_or_files() {
        assert_eq!(template_file("incident"), None);
        let (path, name, kind) = template_file("a/b/mine.post.hbs").unwrap();
        assert_eq!((path.to_str(), name.as_str(), kind), (Some("a/b/mine.post.hbs"), "mine", ContentKind::Post));
        assert_eq!(template_file("mine.html.hbs"), None);
    }
}

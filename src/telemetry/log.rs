//! Log set-up: lines for people on a terminal, JSON otherwise.
//!
//! Levels come from `--log-level` or `RUST_LOG`, both in the syntax of tracing's filters. Messages are
//! constant sentences with fields; secrets never reach a field because settings keep them in `SecretString`.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::FormatTime;

/// What is logged when neither `--log-level` nor `RUST_LOG` says otherwise: our own news, others' warnings.
pub const DEFAULT: &str = "warn,larkhook=info";

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Pretty on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// A filter that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is not a log level: write error, warn, info, debug, trace, or target=level pairs joined by commas")]
pub struct LevelError {
    text: String,
    #[source]
    source: tracing_subscriber::filter::ParseError,
}

/// Sets up logging to standard error for this process. Later calls change nothing.
///
/// `level` wins over `RUST_LOG`; a plain level such as `debug` speaks of larkhook only.
///
/// # Errors
/// A level that is none.
pub fn init(level: Option<&str>, style: Style) -> Result<(), LevelError> {
    let from_env = std::env::var("RUST_LOG").ok().filter(|text| !text.is_empty());
    let filter = filter(level.or(from_env.as_deref()).unwrap_or(DEFAULT))?;
    let terminal = std::io::stderr().is_terminal();
    let json = match style {
        Style::Auto => !terminal,
        Style::Json => true,
        Style::Text => false,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call in one process (tests) keeps the first subscriber.
    let _already_set = if json {
        builder.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()
    } else {
        let color = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        builder.with_ansi(color).with_target(false).with_timer(Seconds).try_init()
    };
    Ok(())
}

/// Reads a filter; a single word without `=` is a level for larkhook with warnings of everything else.
fn filter(text: &str) -> Result<EnvFilter, LevelError> {
    let plain = matches!(text.to_ascii_lowercase().as_str(), "trace" | "debug" | "info");
    let full = if plain { format!("warn,larkhook={text}") } else { text.to_owned() };
    EnvFilter::try_new(full).map_err(|source| LevelError { text: text.to_owned(), source })
}

/// Time of day to the second: what a person at a terminal needs.
struct Seconds;

impl FormatTime for Seconds {
    fn format_time(&self, w: &mut tracing_subscriber::fmt::format::Writer<'_>) -> std::fmt::Result {
        let now = crate::util::clock::Clock::system().now();
        write!(w, "{}", now.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_level_speaks_of_larkhook_only() {
        let text = filter("debug").unwrap().to_string();
        assert!(text.contains("larkhook=debug") && text.contains("warn"), "{text}");
        assert_eq!(filter("hyper=trace").unwrap().to_string(), "hyper=trace");
    }

    #[test]
    fn says_what_a_level_is() {
        let error = filter("larkhook=loud").unwrap_err().to_string();
        assert!(error.contains("larkhook=loud") && error.contains("error, warn"), "{error}");
    }
}

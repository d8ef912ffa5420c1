//! Printing results: for people or as JSON, with colour where it is wanted, and the exit codes.
//!
//! Standard output is for results, standard error for logs and complaints. A reader that closes the pipe early
//! (`larkhook jobs list | head`) is no error.

use super::args::Format;
use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, Write};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0
    Ok,
    /// 1: findings, or something failed.
    Failed,
    /// 2: the command line cannot be followed.
    Usage,
    /// 3: a server, the platform or a file could not be reached.
    Unreachable,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Ok => 0.into(),
            Exit::Failed => 1.into(),
            Exit::Usage => 2.into(),
            Exit::Unreachable => 3.into(),
        }
    }
}

/// A failure that has an exit code of its own; everything else is [`Exit::Failed`].
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Exit code.
    pub exit: Exit,
    /// For people.
    pub message: String,
}

impl Failure {
    /// The command line cannot be followed.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// Something could not be reached.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { exit: Exit::Unreachable, message: message.into() }
    }
}

/// Where results go.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    format: Format,
}

impl Output {
    /// Prints in this format.
    pub fn new(format: Format) -> Self {
        Self { format }
    }

    /// Whether a program reads.
    pub fn is_json(self) -> bool {
        self.format == Format::Json
    }

    /// Prints `value` as JSON, or what `human` writes.
    ///
    /// # Errors
    /// Standard output cannot be written (a closed pipe counts as written).
    pub fn result<T: Serialize + ?Sized>(self, value: &T, human: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        if self.is_json() { self.json(value) } else { self.text(human) }
    }

    /// Prints one JSON value.
    ///
    /// # Errors
    /// As [`result`](Self::result).
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(value)?;
        text.push('\n');
        self.text(|out| out.write_all(text.as_bytes()))
    }

    /// Prints what `write` writes, colours stripped where they are not wanted.
    ///
    /// # Errors
    /// As [`result`](Self::result).
    pub fn text(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
        let mut out = anstream::stdout().lock();
        let written = write(&mut out).and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// Prints a complaint to standard error.
pub fn complain(message: &str) {
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{} {message}", styled("error:", ERROR));
}

/// Prints a remark to standard error.
pub fn remark(message: &str) {
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{} {message}", styled("note:", NOTE));
}

/// Errors.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// Warnings.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// Remarks.
pub const NOTE: Style = AnsiColor::Cyan.on_default();
/// Good news.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What matters most.
pub const STRONG: Style = Style::new().bold();
/// What matters least.
pub const FAINT: Style = Style::new().dimmed();

/// `text` in a style.
pub fn styled(text: impl Display, style: Style) -> impl Display {
    struct Styled<T>(T, Style);
    impl<T: Display> Display for Styled<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{}{}{}", self.1.render(), self.0, self.1.render_reset())
        }
    }
    Styled(text, style)
}

/// How many columns a terminal gives `text`: wide characters count two.
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x0000..=0x001f | 0x007f..=0x009f | 0x0300..=0x036f | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2064 | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x231a..=0x231b
        | 0x23e9..=0x23ec
        | 0x2614..=0x2615
        | 0x26a1
        | 0x2705
        | 0x274c
        | 0x2757
        | 0x2e80..=0x303e
        | 0x3041..=0x33ff
        | 0x3400..=0x4dbf
        | 0x4e00..=0x9fff
        | 0xa000..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f680..=0x1f6ff
        | 0x1f7e0..=0x1f7eb
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// `text` filled up, or cut with `…`, to exactly `columns`. Control characters become `·` so that text from
/// outside cannot move the cursor.
pub fn column(text: &str, columns: usize) -> String {
    let text = plain(text);
    let whole = width(&text);
    if whole <= columns {
        return format!("{text}{}", " ".repeat(columns - whole));
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        if used + char_width(c) + 1 > columns {
            break;
        }
        used += char_width(c);
        out.push(c);
    }
    out.push('…');
    out.push_str(&" ".repeat(columns.saturating_sub(used + 1)));
    out
}

/// `text` without control characters and direction marks: safe to print on a terminal.
pub fn plain(text: &str) -> String {
    let odd = |c: char| c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if odd(c) { '·' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_look() {
        assert_eq!(column("数据库 db", 12), "数据库 db   ");
        assert_eq!(width(&column("内存使用率超过 90% 已经五分钟", 12)), 12);
        assert_eq!(column("abcdef", 4), "abc…");
        assert_eq!(column("a\u{1b}[31mb", 8), "a·[31mb ");
        assert_eq!(width("🔴 x"), 4);
    }
}

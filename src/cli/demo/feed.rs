//! The list of what arrives in the sandbox, a line for each message, edit and reply.

use crate::cli::output::{FAINT, GOOD, NOTE, Output, STRONG, WARNING, column, styled};
use crate::cli::view::{self, Line};
use crate::sandbox::{Change, Message};
use anstyle::Style;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;

/// Width of the column with the chat's name.
const CHAT: usize = 14;

/// Prints changes.
pub struct Feed {
    output: Output,
    /// Cards that were drawn whole.
    drawn: HashSet<String>,
    /// How many cards are drawn whole before lines are enough.
    draw: usize,
    /// What was shown.
    pub seen: Seen,
}

/// Counts for the closing line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Messages in the stream.
    pub messages: usize,
    /// New versions of a message.
    pub edits: usize,
    /// Replies to a message.
    pub replies: usize,
}

impl Feed {
    /// Prints to `output`.
    pub fn new(output: Output) -> Self {
        Self { output, drawn: HashSet::new(), draw: 0, seen: Seen::default() }
    }

    /// Draws the first `count` cards whole.
    pub fn drawing(mut self, count: usize) -> Self {
        self.draw = count;
        self
    }

    /// Shows one change; `false` when there will be none any more.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn show(&mut self, change: Result<Change, RecvError>) -> anyhow::Result<bool> {
        match change {
            Ok(Change::Sent(message)) => {
                let reply = message.parent_id.is_some();
                if reply {
                    self.seen.replies += 1;
                } else {
                    self.seen.messages += 1;
                }
                let verb = match (&message.thread_id, reply) {
                    (Some(_), true) => "in topic",
                    (_, true) => "reply",
                    _ => "new",
                };
                self.line(&message, verb)?;
            }
            Ok(Change::Edited(message)) => {
                self.seen.edits += 1;
                self.line(&message, "edit")?;
            }
            Ok(Change::Recalled(message)) => self.line(&message, "recalled")?,
            Ok(Change::Touched(_) | Change::Cleared) => {}
            Err(RecvError::Lagged(missed)) => crate::cli::output::remark(&format!("{missed} changes went by too fast to list")),
            Err(RecvError::Closed) => return Ok(false),
        }
        Ok(true)
    }

    fn line(&mut self, message: &Arc<Message>, verb: &'static str) -> anyhow::Result<()> {
        let version = message.versions.last().map_or(1, |version| version.number);
        let mut headline = view::headline(&message.msg_type, message.content());
        if headline.is_empty() {
            let what = format!("[{}]", message.msg_type);
            headline.push(view::Span { text: what, style: Style::new().dimmed() });
        }
        if self.output.is_json() {
            let title: String = headline.iter().map(|span| span.text.as_str()).collect();
            let line = json!({
                "at": message.updated, "what": verb, "chat": message.chat_name, "chat_id": message.chat_id,
                "message_id": message.message_id, "parent_id": message.parent_id, "msg_type": message.msg_type,
                "version": version, "title": title,
            });
            return self.output.text(|out| writeln!(out, "{line}"));
        }
        let (sign, style) = match verb {
            "new" => ("●", STRONG),
            "edit" => ("↻", NOTE),
            "recalled" => ("✕", WARNING),
            _ => ("↳", GOOD),
        };
        let what = if verb == "edit" { format!("edit {}", version.saturating_sub(1)) } else { verb.to_owned() };
        let time = message.updated.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string();
        let whole = self.drawn.len() < self.draw && message.msg_type == "interactive" && self.drawn.insert(message.message_id.clone());
        self.output.text(|out| {
            writeln!(
                out,
                "{}  {}  {} {}  {}",
                styled(time, FAINT),
                column(&message.chat_name, CHAT),
                styled(sign, style),
                styled(column(&what, 8), style),
                view::paint(&cut(headline, 70))
            )?;
            if whole {
                writeln!(out)?;
                view::write(out, "          ", &view::draw(&message.msg_type, message.content(), 84))?;
                writeln!(out)?;
            }
            Ok(())
        })
    }
}

/// A line of at most so many columns.
fn cut(line: Line, columns: usize) -> Line {
    let mut left = columns;
    let mut out = Line::new();
    for mut span in line {
        let wide = crate::cli::output::width(&span.text);
        if wide > left {
            if left > 1 {
                span.text = column(&span.text, left);
                out.push(span);
            }
            break;
        }
        left -= wide;
        out.push(span);
    }
    if out.is_empty() {
        out.push(view::Span { text: "(no text)".to_owned(), style: Style::new().dimmed() });
    }
    out
}

//! One pass through a run of text, with a stack of what is open.
//!
//! What is never closed, or does not end within what surrounds it, is text again.

use super::inline::Inline;
use super::{Dialect, entities};
use crate::feishu::content::emoji;

/// How many marks and tags may be open in each other.
const MAX_OPEN: usize = 24;

/// What is open.
pub(super) enum Kind {
    /// The whole text.
    Root,
    /// A mark, once or twice.
    Mark(char, usize),
    /// A tag by its name, and the piece it becomes.
    Tag(&'static str, Inline),
}

/// Something open, and what it has inside so far.
pub(super) struct Frame {
    pub kind: Kind,
    /// How it was written.
    written: String,
    pub inside: Vec<Inline>,
}

/// The pass.
pub(super) struct Reader<'t> {
    pub text: &'t str,
    pub at: usize,
    pub dialect: Dialect,
    pub frames: Vec<Frame>,
    pub buffer: String,
    /// For each `[` the end of its link (behind `)`), found in one pass before the first is needed.
    pub links: Option<Vec<(usize, usize, usize)>>,
    /// Closings that do not occur any more.
    missing: Vec<String>,
    /// A tag was closed that was not open, or the other way round.
    pub unmatched: bool,
}

impl<'t> Reader<'t> {
    /// Before the first character.
    pub fn new(text: &'t str, dialect: Dialect) -> Self {
        let root = Frame { kind: Kind::Root, written: String::new(), inside: Vec::new() };
        Self { text, at: 0, dialect, frames: vec![root], buffer: String::new(), links: None, missing: Vec::new(), unmatched: false }
    }

    /// What is not read yet.
    pub fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads all of it.
    pub fn run(&mut self) {
        const SPECIAL: [char; 12] = ['\n', '*', '_', '~', '`', '[', '!', '<', ':', '&', '\\', '\r'];
        while let Some(ahead) = self.rest().find(SPECIAL) {
            self.take(ahead);
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { break };
            let read = match c {
                '\n' => {
                    let soft = self.dialect == Dialect::V2;
                    self.push(Inline::Break { soft }, 1)
                }
                '\r' => self.skip(1),
                '*' | '_' | '~' => self.dialect.emphasis() && self.mark(c),
                '`' => self.dialect.code() && self.code(),
                '[' => self.dialect.links() && self.link(),
                '!' => self.dialect.links() && self.image(),
                '<' => self.tag(),
                ':' => self.dialect.emoji() && self.emoji(),
                '&' => self.dialect.entities() && self.entity(),
                '\\' => self.dialect.code() && self.backslash(),
                _ => false,
            };
            if !read {
                self.take(c.len_utf8());
            }
        }
        self.take(self.rest().len());
    }

    /// So many bytes are text.
    pub fn take(&mut self, len: usize) {
        let end = self.at + len;
        self.buffer.push_str(self.text.get(self.at..end).unwrap_or_default());
        self.at = end;
    }

    /// So many bytes are read and shown as nothing.
    pub fn skip(&mut self, len: usize) -> bool {
        self.at += len;
        true
    }

    /// So many bytes are this piece.
    pub fn push(&mut self, piece: Inline, len: usize) -> bool {
        self.flush();
        if let Some(top) = self.frames.last_mut() {
            top.inside.push(piece);
        }
        self.skip(len)
    }

    /// Text that was gathered becomes a piece.
    pub fn flush(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        let text = std::mem::take(&mut self.buffer);
        if let Some(top) = self.frames.last_mut() {
            match top.inside.last_mut() {
                Some(Inline::Text(last)) => last.push_str(&text),
                _ => top.inside.push(Inline::Text(text)),
            }
        }
    }

    /// Opens a frame that begins with so many bytes; false where too many are open.
    pub fn open(&mut self, kind: Kind, len: usize) -> bool {
        if self.frames.len() >= MAX_OPEN {
            return false;
        }
        self.flush();
        let written = self.rest().get(..len).unwrap_or_default().to_owned();
        self.frames.push(Frame { kind, written, inside: Vec::new() });
        self.skip(len)
    }

    /// The top frame is text after all.
    pub fn abandon(&mut self) {
        self.flush();
        let Some(frame) = self.frames.pop() else { return };
        self.unmatched |= matches!(frame.kind, Kind::Tag(..));
        let Some(below) = self.frames.last_mut() else { return };
        match below.inside.last_mut() {
            Some(Inline::Text(last)) => last.push_str(&frame.written),
            _ => below.inside.push(Inline::Text(frame.written)),
        }
        below.inside.extend(frame.inside);
    }

    /// Closes the frame at `depth`; what was opened in it and not closed is text.
    pub fn close(&mut self, depth: usize) -> Option<Frame> {
        while self.frames.len() > depth + 1 {
            self.abandon();
        }
        self.flush();
        self.frames.pop()
    }

    /// The tree.
    pub fn finish(mut self) -> Vec<Inline> {
        while self.frames.len() > 1 {
            self.abandon();
        }
        self.flush();
        self.frames.pop().map(|root| root.inside).unwrap_or_default()
    }

    /// Whether `end` comes later on; asked once for each that does not.
    pub fn later(&mut self, from: usize, end: &str) -> Option<usize> {
        if self.missing.iter().any(|missing| missing == end) {
            return None;
        }
        let found = self.text.get(from..).and_then(|rest| rest.find(end)).map(|at| from + at);
        if found.is_none() {
            self.missing.push(end.to_owned());
        }
        found
    }

    /// Whether every tag was closed, and was open before.
    pub fn all_matched(&mut self) -> bool {
        while self.frames.len() > 1 {
            self.abandon();
        }
        !self.unmatched
    }

    fn emoji(&mut self) -> bool {
        let inner = self.rest().get(1..).unwrap_or_default();
        let end = inner.bytes().take(32).position(|b| !(b.is_ascii_alphanumeric() || b == b'_'));
        let Some(end) = end.filter(|end| inner.as_bytes().get(*end) == Some(&b':')) else { return false };
        let key = inner.get(..end).unwrap_or_default();
        emoji::exists(key) && self.push(Inline::Emoji(key.to_owned()), end + 2)
    }

    fn entity(&mut self) -> bool {
        let Some((shown, len)) = entities::leading(self.rest()) else { return false };
        self.buffer.push(shown);
        self.skip(len)
    }

    fn backslash(&mut self) -> bool {
        let Some(c) = self.rest().chars().nth(1).filter(char::is_ascii_punctuation) else { return false };
        self.buffer.push(c);
        self.skip(2)
    }
}

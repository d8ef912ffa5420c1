//! A run of Markdown to a tree: emphasis, links, code, emoji, entities and the platform's tags.
//!
//! One pass with a stack of what is open. What is never closed, or does not end within what surrounds it, is text again.

use super::{Dialect, entities, tags};
use crate::draw::url;
use crate::feishu::content::emoji;
use tags::Tag;

/// How many marks and tags may be open in each other.
const MAX_OPEN: usize = 24;

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::draw) enum Inline {
    Text(String),
    /// The end of a line; `soft` where clients may merge it with the next.
    Break {
        soft: bool,
    },
    Styled(Style, Vec<Inline>),
    Code(String),
    Link {
        url: String,
        icon: Option<String>,
        inside: Vec<Inline>,
    },
    Image {
        alt: String,
        key: String,
    },
    Font {
        color: String,
        inside: Vec<Inline>,
    },
    Label {
        color: String,
        inside: Vec<Inline>,
    },
    At(Vec<Who>),
    Person {
        id: String,
        name: bool,
        avatar: bool,
        capsule: bool,
    },
    Number {
        text: String,
        background: String,
        color: String,
        url: Option<String>,
    },
    Moment {
        ms: Option<i64>,
        format: String,
        url: Option<String>,
        otherwise: String,
    },
    Emoji(String),
    Audio,
}

/// Styles of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::draw) enum Style {
    Bold,
    Italic,
    Strike,
    Underline,
}

/// Who is mentioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::draw) enum Who {
    All,
    /// An id or e-mail, and the name that was written beside it.
    Person(String, String),
    /// A mention without anybody.
    Nobody,
}

/// Reads a run of text.
pub(in crate::draw) fn parse(text: &str, dialect: Dialect) -> Vec<Inline> {
    let mut reader = Reader::new(text, dialect);
    reader.run();
    reader.finish()
}

/// Reads a text message. Tags that do not match make all of them text.
pub(in crate::draw) fn parse_message(text: &str) -> Vec<Inline> {
    let mut reader = Reader::new(text, Dialect::Text);
    reader.run();
    while reader.frames.len() > 1 {
        reader.abandon();
    }
    if reader.unmatched { parse(text, Dialect::RawText) } else { reader.finish() }
}

enum Kind {
    Root,
    Mark(char, usize),
    Tag(&'static str, Inline),
}

/// Something open, and what it has inside so far.
struct Frame {
    kind: Kind,
    /// How it was written.
    written: String,
    inside: Vec<Inline>,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    dialect: Dialect,
    frames: Vec<Frame>,
    buffer: String,
    /// For each `[` the end of its link (behind `)`), found in one pass before the first is needed.
    links: Option<Vec<(usize, usize, usize)>>,
    /// Closings that do not occur any more.
    missing: Vec<String>,
    /// A tag was closed that was not open, or the other way round.
    unmatched: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, dialect: Dialect) -> Self {
        let root = Frame { kind: Kind::Root, written: String::new(), inside: Vec::new() };
        Self { text, at: 0, dialect, frames: vec![root], buffer: String::new(), links: None, missing: Vec::new(), unmatched: false }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn run(&mut self) {
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
    fn take(&mut self, len: usize) {
        let end = self.at + len;
        self.buffer.push_str(self.text.get(self.at..end).unwrap_or_default());
        self.at = end;
    }

    fn skip(&mut self, len: usize) -> bool {
        self.at += len;
        true
    }

    fn push(&mut self, piece: Inline, len: usize) -> bool {
        self.flush();
        if let Some(top) = self.frames.last_mut() {
            top.inside.push(piece);
        }
        self.skip(len)
    }

    fn flush(&mut self) {
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

    fn open(&mut self, kind: Kind, len: usize) -> bool {
        if self.frames.len() >= MAX_OPEN {
            return false;
        }
        self.flush();
        let written = self.rest().get(..len).unwrap_or_default().to_owned();
        self.frames.push(Frame { kind, written, inside: Vec::new() });
        self.skip(len)
    }

    /// The top frame is text after all.
    fn abandon(&mut self) {
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
    fn close(&mut self, depth: usize) -> Option<Frame> {
        while self.frames.len() > depth + 1 {
            self.abandon();
        }
        self.flush();
        self.frames.pop()
    }

    fn finish(mut self) -> Vec<Inline> {
        while self.frames.len() > 1 {
            self.abandon();
        }
        self.flush();
        self.frames.pop().map(|root| root.inside).unwrap_or_default()
    }

    /// Whether `end` comes later on; asked once for each that does not.
    fn later(&mut self, from: usize, end: &str) -> Option<usize> {
        if self.missing.iter().any(|missing| missing == end) {
            return None;
        }
        let found = self.text.get(from..).and_then(|rest| rest.find(end)).map(|at| from + at);
        if found.is_none() {
            self.missing.push(end.to_owned());
        }
        found
    }

    // === Emphasis ===

    fn mark(&mut self, c: char) -> bool {
        if self.dialect == Dialect::Post {
            return self.flat_mark(c);
        }
        let rest = self.rest();
        let run = rest.len() - rest.trim_start_matches(c).len();
        let after = rest.get(run..).and_then(|tail| tail.chars().next());
        let before = self.text.get(..self.at).and_then(|head| head.chars().next_back());
        let blank = |c: Option<char>| c.is_none_or(char::is_whitespace);
        let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let opens = !blank(after) && (c != '_' || !word(before));
        let mut closes = !blank(before) && (c != '_' || !word(after));
        if run > 3 || (c == '~' && run != 2) {
            self.take(run);
            return true;
        }
        let mut left = run;
        while left > 0 && closes {
            match self.opener(c, left) {
                Some((depth, len)) => {
                    if let Some(frame) = self.close(depth) {
                        let style = match (c, len) {
                            ('~', _) => Style::Strike,
                            (_, 2) => Style::Bold,
                            _ => Style::Italic,
                        };
                        self.push(Inline::Styled(style, frame.inside), len);
                    }
                    left -= len;
                }
                None => closes = false,
            }
        }
        while left > 0 {
            let len = left.min(2);
            if !opens || !self.open(Kind::Mark(c, len), len) {
                self.take(len);
            }
            left -= len;
        }
        true
    }

    /// The mark that a run of so many closes: within the innermost tag, of the same length first.
    fn opener(&self, c: char, run: usize) -> Option<(usize, usize)> {
        let within = self.frames.iter().rposition(|frame| !matches!(frame.kind, Kind::Mark(..))).unwrap_or(0);
        let mut marks = self.frames.iter().enumerate().skip(within).rev().filter_map(|(depth, frame)| match frame.kind {
            Kind::Mark(mark, len)
                if mark == c && !(frame.inside.is_empty() && self.frames.len() == depth + 1 && self.buffer.is_empty()) =>
            {
                Some((depth, len))
            }
            _ => None,
        });
        if run >= 3 {
            return marks.next();
        }
        let all: Vec<(usize, usize)> = marks.collect();
        all.iter().find(|(_, len)| *len == run).or_else(|| all.iter().find(|(_, len)| *len <= run)).copied()
    }

    /// Posts: what stands between two marks is text.
    fn flat_mark(&mut self, c: char) -> bool {
        let rest = self.rest();
        let run = rest.len() - rest.trim_start_matches(c).len();
        let styles: &[Style] = match (c, run) {
            ('*' | '_', 1) => &[Style::Italic],
            ('*' | '_', 2) => &[Style::Bold],
            ('*' | '_', 3) => &[Style::Bold, Style::Italic],
            ('~', 1) => &[Style::Underline],
            ('~', 2) => &[Style::Strike],
            _ => {
                self.take(run);
                return true;
            }
        };
        let close = c.to_string().repeat(run);
        let from = self.at + run;
        let inside = match self.later(from, &close) {
            Some(end) => self.text.get(from..end).unwrap_or_default(),
            None => "",
        };
        if inside.trim() != inside || inside.is_empty() || inside.contains('\n') {
            self.take(run);
            return true;
        }
        let mut piece = Inline::Text(inside.to_owned());
        for style in styles.iter().rev() {
            piece = Inline::Styled(*style, vec![piece]);
        }
        self.push(piece, 2 * run + inside.len())
    }

    // === Code, links, images ===

    fn code(&mut self) -> bool {
        let rest = self.rest();
        let ticks = rest.len() - rest.trim_start_matches('`').len();
        let mark = "`".repeat(ticks);
        let from = self.at + ticks;
        match self.later(from, &mark) {
            Some(end) if end > from => {
                let code = self.text.get(from..end).unwrap_or_default().replace('\n', " ");
                self.push(Inline::Code(code), end + ticks - self.at)
            }
            _ => {
                self.take(ticks);
                true
            }
        }
    }

    /// End of the label and of the target of the link that begins at `at`.
    fn link_at(&mut self, at: usize) -> Option<(usize, usize)> {
        let text = self.text;
        let links = self.links.get_or_insert_with(|| find_links(text));
        links.binary_search_by_key(&at, |(open, ..)| *open).ok().map(|n| (links[n].1, links[n].2))
    }

    fn link(&mut self) -> bool {
        let Some((label_end, end)) = self.link_at(self.at) else { return false };
        let label = self.text.get(self.at + 1..label_end).unwrap_or_default();
        let url = self.text.get(label_end + 2..end - 1).unwrap_or_default().trim();
        if label.contains("](") {
            return false;
        }
        if !self.dialect.is_card() && self.dialect != Dialect::Post && url::href(url).is_none() {
            return false;
        }
        let inside = if label.is_empty() { vec![Inline::Text(url.to_owned())] } else { nested(label, self.dialect) };
        self.push(Inline::Link { url: url.to_owned(), icon: None, inside }, end - self.at)
    }

    fn image(&mut self) -> bool {
        if !self.rest().starts_with("![") {
            return false;
        }
        let Some((label_end, end)) = self.link_at(self.at + 1) else { return false };
        if !self.dialect.images() {
            self.take(end - self.at);
            return true;
        }
        let alt = self.text.get(self.at + 2..label_end).unwrap_or_default().to_owned();
        let key = self.text.get(label_end + 2..end - 1).unwrap_or_default().trim().to_owned();
        self.push(Inline::Image { alt, key }, end - self.at)
    }

    // === Characters ===

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

    // === Tags ===

    fn tag(&mut self) -> bool {
        let rest = self.rest();
        if let Some((name, len)) = tags::closing(rest) {
            return self.closing(name, len);
        }
        let Some(tag) = Tag::read(rest).filter(|tag| self.dialect.tag(tag.name)) else { return false };
        let word = |name: &str| tag.get(name).unwrap_or_default().to_owned();
        match tag.name {
            "br" => return self.push(Inline::Break { soft: false }, tag.len),
            "font" => return self.open(Kind::Tag("font", Inline::Font { color: word("color"), inside: Vec::new() }), tag.len),
            "text_tag" => return self.open(Kind::Tag("text_tag", Inline::Label { color: word("color"), inside: Vec::new() }), tag.len),
            "a" => return self.open(Kind::Tag("a", Inline::Link { url: word("href"), icon: None, inside: Vec::new() }), tag.len),
            "link" => {
                let url = ["url", "pc_url", "ios_url", "android_url"].iter().find_map(|name| tag.get(name).filter(|url| !url.is_empty()));
                let link =
                    Inline::Link { url: url.unwrap_or_default().to_owned(), icon: tag.get("icon").map(str::to_owned), inside: Vec::new() };
                return self.open(Kind::Tag("link", link), tag.len);
            }
            "b" => return self.open(Kind::Tag("b", Inline::Styled(Style::Bold, Vec::new())), tag.len),
            "i" => return self.open(Kind::Tag("i", Inline::Styled(Style::Italic, Vec::new())), tag.len),
            "u" => return self.open(Kind::Tag("u", Inline::Styled(Style::Underline, Vec::new())), tag.len),
            "s" => return self.open(Kind::Tag("s", Inline::Styled(Style::Strike, Vec::new())), tag.len),
            "raw" => {
                let from = self.at + tag.len;
                let Some(end) = self.later(from, "</raw>") else { return false };
                self.buffer.push_str(self.text.get(from..end).unwrap_or_default());
                return self.skip(end + "</raw>".len() - self.at);
            }
            _ => {}
        }
        let (inside, len) = content(rest, &tag);
        let piece = match tag.name {
            "at" => Inline::At(mentioned(&tag, inside, self.dialect)),
            "person" => Inline::Person {
                id: word("id"),
                name: tag.get("show_name") != Some("false"),
                avatar: tag.get("show_avatar") != Some("false"),
                capsule: tag.get("style") == Some("capsule"),
            },
            "number_tag" => Inline::Number {
                text: inside.to_owned(),
                background: word("background_color"),
                color: word("font_color"),
                url: tag.get("url").map(str::to_owned),
            },
            "local_datetime" => Inline::Moment {
                ms: tag.get("millisecond").and_then(|ms| ms.trim().parse().ok()),
                format: word("format_type"),
                url: tag.get("link").map(str::to_owned),
                otherwise: inside.to_owned(),
            },
            _ => Inline::Audio,
        };
        self.push(piece, len)
    }

    fn closing(&mut self, name: &str, len: usize) -> bool {
        let open = self.frames.iter().rposition(|frame| matches!(frame.kind, Kind::Tag(tag, _) if tag == name));
        let Some(depth) = open else {
            self.unmatched |= self.dialect.tag(name) && name != "at";
            return false;
        };
        let Some(frame) = self.close(depth) else { return false };
        let Kind::Tag(_, piece) = frame.kind else { return false };
        let children = frame.inside;
        let piece = match piece {
            Inline::Styled(style, _) => Inline::Styled(style, children),
            Inline::Font { color, .. } => Inline::Font { color, inside: children },
            Inline::Label { color, .. } => Inline::Label { color, inside: children },
            Inline::Link { url, icon, .. } => {
                // Without a label the address is the label.
                let inside = if children.is_empty() { vec![Inline::Text(url.clone())] } else { children };
                Inline::Link { url, icon, inside }
            }
            other => other,
        };
        self.push(piece, len)
    }
}

/// The label of a link: its own emphasis, no link in it.
fn nested(label: &str, dialect: Dialect) -> Vec<Inline> {
    let mut reader = Reader::new(label, dialect);
    reader.links = Some(Vec::new());
    reader.run();
    reader.finish()
}

/// What stands between a tag and its end, if that follows before any other tag; and the bytes of it all.
fn content<'t>(rest: &'t str, tag: &Tag<'t>) -> (&'t str, usize) {
    if tag.closed {
        return ("", tag.len);
    }
    let after = rest.get(tag.len..).unwrap_or_default();
    let end = after.bytes().take(512).position(|b| b == b'<').unwrap_or(usize::MAX);
    match after.get(end..).and_then(tags::closing) {
        Some((name, len)) if name == tag.name => (after.get(..end).unwrap_or_default(), tag.len + end + len),
        _ => ("", tag.len),
    }
}

fn mentioned(tag: &Tag<'_>, name: &str, dialect: Dialect) -> Vec<Who> {
    let one = |id: &str| match id.trim() {
        "" => Who::Nobody,
        "all" => Who::All,
        id => Who::Person(id.to_owned(), name.trim().to_owned()),
    };
    let mut who: Vec<Who> = Vec::new();
    let (keys, lists): (&[&str], &[&str]) = if dialect.is_card() { (&["id", "email"], &["ids"]) } else { (&["user_id"], &[]) };
    who.extend(keys.iter().filter_map(|key| tag.get(key)).map(one));
    who.extend(lists.iter().filter_map(|key| tag.get(key)).flat_map(|ids| ids.split(',')).take(200).map(one));
    if who.is_empty() {
        who.push(Who::Nobody);
    }
    who
}

/// All links of a text, `[label](target)`: where each begins, where its label and where it ends. In order.
fn find_links(text: &str) -> Vec<(usize, usize, usize)> {
    let bytes = text.as_bytes();
    let mut open = Vec::new();
    let mut links = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'[' => open.push(at),
            b'\n' if bytes.get(at + 1) == Some(&b'\n') => open.clear(),
            b']' => {
                if let (Some(from), Some(b'(')) = (open.pop(), bytes.get(at + 1))
                    && let Some(end) = target(bytes, at + 2)
                {
                    links.push((from, at, end));
                    at = end;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    links.sort_unstable();
    links
}

/// Behind the `)` of a target that begins at `from`.
fn target(bytes: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (n, byte) in bytes.iter().enumerate().skip(from).take(2048) {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(n + 1),
            b')' => depth -= 1,
            b'\n' | b'<' => return None,
            _ => {}
        }
    }
    None
}

//! One string with markup in it: finds where in the template's own text each token stands (text, code, a tag's
//! attribute, a link's target) and writes it for that place. Only the template's text can open or close
//! anything; values never do.

use super::escape;
use super::{Writer, url};
use crate::render::marks::{Mark, Seg, TimeStyle};

/// Which language the string is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The `markdown` element of a 2.0 card.
    Card,
    /// `lark_md`, and `markdown` of a 1.0 card: fewer tags, newline is a line break.
    LarkMd,
    /// The `md` node of rich text.
    PostMd,
    /// A text message.
    Message,
}

/// A character of the template or a token.
enum Item<'a> {
    Ch(char),
    Mark(&'a Mark),
}

struct Scan<'a, 'w> {
    items: Vec<Item<'a>>,
    at: usize,
    out: String,
    /// Where in `out` the brackets stand that are still open.
    brackets: Vec<usize>,
    /// Closing tags to leave out, because their opening tag was.
    dropped: Vec<String>,
    dialect: Dialect,
    writer: &'a Writer<'w>,
}

/// Writes the string.
pub fn write(segs: &[Seg<'_>], dialect: Dialect, writer: &Writer<'_>) -> String {
    let mut items = Vec::with_capacity(segs.len() * 16);
    for seg in segs {
        match seg {
            Seg::Lit(text) => items.extend(text.chars().map(Item::Ch)),
            Seg::Mark(mark) => items.push(Item::Mark(mark)),
        }
    }
    let capacity = items.len() * 2;
    let mut scan = Scan { items, at: 0, out: String::with_capacity(capacity), brackets: Vec::new(), dropped: Vec::new(), dialect, writer };
    scan.run();
    scan.out
}

impl Scan<'_, '_> {
    fn ch(&self, at: usize) -> Option<char> {
        match self.items.get(at) {
            Some(Item::Ch(c)) => Some(*c),
            _ => None,
        }
    }

    fn at_line_start(&self) -> bool {
        self.out.is_empty() || self.out.ends_with('\n') || self.out.ends_with("<br/>") || self.out.ends_with("<br>")
    }

    fn run(&mut self) {
        let code = self.dialect != Dialect::Message;
        while let Some(item) = self.items.get(self.at) {
            match *item {
                Item::Mark(mark) => {
                    self.text(mark);
                    self.at += 1;
                }
                Item::Ch('`') if code => self.code(),
                Item::Ch('\\') if code && self.ch(self.at + 1).is_some_and(|c| c.is_ascii_punctuation()) => {
                    self.out.push('\\');
                    self.out.extend(self.ch(self.at + 1));
                    self.at += 2;
                }
                Item::Ch('<') if self.opens_tag() => self.tag(),
                // No value may make a tag of the template's `<`.
                Item::Ch('<') if self.is_mark_after_name() => {
                    self.out.push_str(if matches!(self.dialect, Dialect::Card | Dialect::LarkMd) { "&#60;" } else { "＜" });
                    self.at += 1;
                }
                Item::Ch('[') => {
                    self.brackets.push(self.out.len());
                    self.out.push('[');
                    self.at += 1;
                }
                Item::Ch(']') => self.close_bracket(),
                Item::Ch(c) => {
                    self.out.push(c);
                    self.at += 1;
                }
            }
        }
    }

    /// Whether the `<` here begins a tag: the template spells its name in full.
    fn opens_tag(&self) -> bool {
        self.ch(self.at + 1).is_some_and(|c| c.is_ascii_alphabetic() || c == '/') && !self.is_mark_after_name()
    }

    /// Whether the `<` here is followed by a token, at once or after the letters of a name.
    fn is_mark_after_name(&self) -> bool {
        let name = |at: &usize| self.ch(*at).is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '!'));
        let end = (self.at + 1..).find(|at| !name(at)).unwrap_or(self.at);
        matches!(self.items.get(end), Some(Item::Mark(_)))
    }

    /// A token that stands in running text.
    fn text(&mut self, mark: &Mark) {
        match mark {
            Mark::Value(value) | Mark::Json(value) | Mark::Encoded(value) => self.value(value),
            Mark::Missing => {}
            Mark::At(id) => self.mention(id),
            Mark::Link { label, url } => self.link(label, url),
            Mark::Time { ms, style } => self.moment(*ms, *style),
            Mark::Font { color, text } => {
                if matches!(self.dialect, Dialect::Card | Dialect::LarkMd) {
                    self.out.push_str("<font color='");
                    escape::attribute(&mut self.out, color);
                    self.out.push_str("'>");
                    self.value(text);
                    self.out.push_str("</font>");
                } else {
                    self.value(text);
                }
            }
        }
    }

    fn value(&mut self, value: &str) {
        let start = self.at_line_start();
        // A link's label is one line.
        let line_break = match self.dialect {
            Dialect::Card if self.brackets.is_empty() => "<br/>",
            Dialect::Card => " ",
            _ => "\n",
        };
        match self.dialect {
            Dialect::Card | Dialect::LarkMd => escape::markdown(&mut self.out, value, line_break, start),
            Dialect::PostMd => escape::neutral(&mut self.out, value, start),
            Dialect::Message => escape::message(&mut self.out, value),
        }
    }

    fn mention(&mut self, id: &str) {
        if self.writer.no_mentions {
            return;
        }
        let mut clean = String::new();
        escape::attribute(&mut clean, id);
        if clean.is_empty() {
            return;
        }
        match self.dialect {
            Dialect::Card | Dialect::LarkMd => self.out.push_str(&format!("<at id={clean}></at>")),
            Dialect::PostMd | Dialect::Message => self.out.push_str(&format!("<at user_id=\"{clean}\"></at>")),
        }
    }

    fn link(&mut self, label: &str, target: &str) {
        let mark = Mark::Value(target.to_owned());
        match url::compose(&[Seg::Mark(mark)], self.writer) {
            Ok(url) if self.dialect == Dialect::Message && self.writer.custom_bot => {
                self.value(label);
                self.out.push_str(&format!(": {url}"));
            }
            Ok(url) => {
                self.out.push('[');
                self.brackets.push(self.out.len());
                self.value(if label.is_empty() { &url } else { label });
                self.brackets.pop();
                self.out.push_str(&format!("]({})", in_parentheses(&url)));
            }
            Err(why) => {
                self.writer.warn_link(target, why);
                self.value(label);
            }
        }
    }

    fn moment(&mut self, ms: i64, style: TimeStyle) {
        if self.dialect != Dialect::Card {
            let text = self.writer.moment(ms, style);
            return self.value(&text);
        }
        let formats: &[&str] = match style {
            TimeStyle::Time => &["time"],
            TimeStyle::TimeSeconds => &["time_sec"],
            TimeStyle::Date => &["date_short"],
            TimeStyle::DateTime => &["date_short", "time"],
        };
        for (i, format) in formats.iter().enumerate() {
            let gap = if i > 0 { " " } else { "" };
            self.out.push_str(&format!("{gap}<local_datetime millisecond='{ms}' format_type='{format}'></local_datetime>"));
        }
    }

    /// A code span or fence of the template.
    fn code(&mut self) {
        let run = (self.at..).take_while(|at| self.ch(*at) == Some('`')).count();
        let line = self.out.rsplit('\n').next().unwrap_or_default();
        let is_fence = run >= 3 && line.trim().is_empty();
        let closes = |scan: &Self, at: usize| {
            let here = (at..).take_while(|at| scan.ch(*at) == Some('`')).count();
            if !is_fence {
                return here == run && scan.ch(at - 1) != Some('`');
            }
            // A fence may be indented. One after a value ends the code if that value ends its line: then it always shall.
            let line = (at.saturating_sub(3)..at).rev().take_while(|at| scan.ch(*at) == Some(' ')).count();
            here >= run && matches!(scan.items.get(at - line - 1), Some(Item::Ch('\n') | Item::Mark(_)))
        };
        // Code within a line ends on it: a lonely backtick must not make code of what clients show as text.
        let last = if is_fence { None } else { (self.at + run..self.items.len()).find(|at| self.ch(*at) == Some('\n')) };
        let Some(end) = (self.at + run..last.unwrap_or(self.items.len())).find(|at| self.ch(*at) == Some('`') && closes(self, *at)) else {
            if !is_fence {
                self.out.extend(std::iter::repeat_n('`', run));
                self.at += run;
                return;
            }
            return self.verbatim(self.items.len(), true);
        };
        self.verbatim(end, is_fence);
        if is_fence && !self.out.trim_end_matches(' ').ends_with('\n') {
            self.out.push('\n');
        }
        self.verbatim(end + run, is_fence);
    }

    fn verbatim(&mut self, end: usize, is_fence: bool) {
        while self.at < end {
            match self.items.get(self.at) {
                Some(Item::Ch(c)) => self.out.push(*c),
                Some(Item::Mark(mark)) => {
                    let text = self.writer.plain(mark);
                    match (self.dialect, is_fence) {
                        (Dialect::Card, true) => escape::fence(&mut self.out, &text),
                        (Dialect::Card, false) => escape::code_span(&mut self.out, &text),
                        // Not every client knows code there; those that do not read it as markup.
                        _ => {
                            let start = self.at_line_start();
                            escape::neutral(&mut self.out, &text, start);
                        }
                    }
                }
                None => {}
            }
            self.at += 1;
        }
    }

    /// The pieces between two positions.
    fn segs(&self, from: usize, to: usize) -> Vec<(Option<char>, Option<&Mark>)> {
        self.items[from.min(self.items.len())..to.min(self.items.len())]
            .iter()
            .map(|item| match item {
                Item::Ch(c) => (Some(*c), None),
                Item::Mark(mark) => (None, Some(*mark)),
            })
            .collect()
    }

    fn compose(&self, from: usize, to: usize) -> Result<String, &'static str> {
        let pieces = self.segs(from, to);
        if pieces.iter().all(|(_, mark)| mark.is_none()) {
            // The template's own link is the author's business, unless a missing value left it empty.
            let text: String = pieces.into_iter().filter_map(|(c, _)| c).collect();
            return if text.trim().is_empty() { Err("there is no link") } else { Ok(text) };
        }
        let mut literals: Vec<String> = Vec::new();
        let mut order = Vec::new();
        for (c, mark) in pieces {
            match (c, mark) {
                (Some(c), _) => {
                    if !matches!(order.last(), Some(Err(_))) {
                        order.push(Err(literals.len()));
                        literals.push(String::new());
                    }
                    if let Some(text) = literals.last_mut() {
                        text.push(c);
                    }
                }
                (None, Some(mark)) => order.push(Ok(mark)),
                (None, None) => {}
            }
        }
        let segs: Vec<Seg<'_>> = order
            .into_iter()
            .map(|piece| match piece {
                Ok(mark) => Seg::Mark(mark.clone()),
                Err(at) => Seg::Lit(literals.get(at).map_or("", String::as_str)),
            })
            .collect();
        url::compose(&segs, self.writer)
    }

    fn close_bracket(&mut self) {
        let open = self.brackets.pop();
        let end =
            (self.ch(self.at + 1) == Some('(')).then(|| (self.at + 2..self.items.len()).find(|at| self.ch(*at) == Some(')'))).flatten();
        let (Some(open), Some(end)) = (open, end) else {
            self.out.push(']');
            self.at += 1;
            return;
        };
        let image = self.out[..open].ends_with('!');
        if image {
            self.out.push_str("](");
            for (c, mark) in self.segs(self.at + 2, end).iter().map(|(c, m)| (*c, m.cloned())).collect::<Vec<_>>() {
                match (c, mark) {
                    (Some(c), _) => self.out.push(c),
                    (None, Some(mark)) => escape::attribute(&mut self.out, &self.writer.plain(&mark)),
                    (None, None) => {}
                }
            }
            self.out.push(')');
        } else {
            match self.compose(self.at + 2, end) {
                Ok(url) => self.out.push_str(&format!("]({})", in_parentheses(&url))),
                Err(why) => {
                    self.writer.warn_link(&self.out[open + 1..], why);
                    self.out.remove(open);
                }
            }
        }
        self.at = end + 1;
    }

    /// A tag of the template: its attributes are filtered, and one whose link is refused goes away.
    fn tag(&mut self) {
        let mut quote = None;
        let mut end = None;
        for at in self.at + 1..self.items.len() {
            match (self.ch(at), quote) {
                (Some('>'), None) => {
                    end = Some(at);
                    break;
                }
                (Some(c @ ('\'' | '"')), None) => quote = Some(c),
                (Some(c), Some(q)) if c == q => quote = None,
                _ => {}
            }
        }
        let Some(end) = end else {
            self.out.push('<');
            self.at += 1;
            return;
        };
        let name: String = (self.at + 1..end).map_while(|at| self.ch(at)).take_while(|c| !c.is_whitespace() && *c != '>').collect();
        let from = self.at;
        self.at = end + 1;
        if let Some(closing) = name.strip_prefix('/')
            && let Some(at) = self.dropped.iter().rposition(|tag| tag == closing)
        {
            self.dropped.remove(at);
            return;
        }
        let bare_name = name.trim_start_matches('/').trim_end_matches('/');
        if bare_name == "at" && self.writer.no_mentions {
            return;
        }
        match self.attributes(from + 1 + name.chars().count(), end) {
            Some(attributes) => self.out.push_str(&format!("<{name}{attributes}>")),
            None if !name.starts_with('/') => self.dropped.push(name),
            None => {}
        }
    }

    /// The text between a tag's name and `>`; `None`: the tag's link is refused or its mention names nobody.
    fn attributes(&self, from: usize, end: usize) -> Option<String> {
        let mut out = String::new();
        let mut at = from;
        while at < end {
            let Some(c) = self.ch(at) else {
                // A token in place of an attribute's name.
                if let Some(Item::Mark(mark)) = self.items.get(at) {
                    escape::attribute(&mut out, &self.writer.plain(mark));
                }
                at += 1;
                continue;
            };
            out.push(c);
            at += 1;
            if c != '=' {
                continue;
            }
            let key = out[..out.len() - 1].rsplit(|c: char| c.is_whitespace()).next().unwrap_or_default().to_owned();
            let quote = self.ch(at).filter(|c| matches!(c, '\'' | '"'));
            let start = at + usize::from(quote.is_some());
            let stop = (start..end)
                .find(|at| match (self.ch(*at), quote) {
                    (Some(c), Some(q)) => c == q,
                    (Some(c), None) => c.is_whitespace() || (c == '/' && *at + 1 == end),
                    (None, _) => false,
                })
                .unwrap_or(end);
            let value = self.attribute(&key, start, stop)?;
            out.extend(quote);
            out.push_str(&value);
            out.extend(quote);
            at = stop + usize::from(quote.is_some());
        }
        Some(out)
    }

    fn attribute(&self, key: &str, from: usize, to: usize) -> Option<String> {
        if matches!(key, "href" | "url" | "pc_url" | "ios_url" | "android_url" | "link") {
            return match self.compose(from, to) {
                Ok(url) => Some(url),
                Err(why) => {
                    self.writer.warn_link(key, why);
                    None
                }
            };
        }
        let (mut out, mut from_value, mut trusted) = (String::new(), false, false);
        for (c, mark) in self.segs(from, to) {
            match (c, mark) {
                (Some(c), _) => out.push(c),
                (None, Some(Mark::At(id))) => {
                    trusted = true;
                    escape::attribute(&mut out, id);
                }
                (None, Some(Mark::Time { ms, .. })) => out.push_str(&ms.to_string()),
                (None, Some(mark)) => {
                    from_value = true;
                    escape::attribute(&mut out, &self.writer.plain(mark));
                }
                (None, None) => {}
            }
        }
        let is_person = matches!(key, "id" | "ids" | "user_id" | "email");
        let everybody = out.split(',').any(|id| id.eq_ignore_ascii_case("all"));
        // Nobody to mention, or a value that would mention everybody.
        if is_person && (out.is_empty() || (everybody && from_value && !trusted)) { None } else { Some(out) }
    }
}

/// A URL inside `[label](...)`.
fn in_parentheses(url: &str) -> String {
    url.replace('(', "%28").replace(')', "%29").replace('[', "%5B").replace(']', "%5D").replace('*', "%2A").replace(' ', "%20")
}

//! The platform's tags within a text: colours, mentions, people, numbers, moments.

use super::Dialect;
use super::inline::{Inline, Style, Who};
use super::reader::{Kind, Reader};
use super::tags::{self, Tag};

impl Reader<'_> {
    /// Reads an opening or closing tag.
    pub fn tag(&mut self) -> bool {
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

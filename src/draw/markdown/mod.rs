//! The platform's Markdown: what each place understands ([`Dialect`]), text to a tree ([`block`], [`inline`]), tree to HTML ([`write`]).
//!
//! Every place has its own subset; what it does not know stands there as it was written. Reading is linear in the
//! text, and nesting is bounded, whatever the text.

pub(super) mod block;
mod emphasis;
mod entities;
pub(super) mod inline;
mod links;
mod reader;
mod tagged;
mod tags;
#[cfg(test)]
mod tests;
pub(super) mod write;

use super::colour::Own;
use super::look::Look;
use maud::Markup;

/// What a place understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `markdown` of JSON 2.0: all of it.
    V2,
    /// `markdown` of JSON 1.0: no headings, quotes, inline code or tables.
    V1,
    /// `lark_md`: one run of text, no blocks.
    LarkMd,
    /// `lark_md` in a card's header: mentions and emoji.
    Header,
    /// `md` of a post.
    Post,
    /// A text message: a few tags, links and mentions.
    Text,
    /// A text message whose tags do not match: only links and mentions.
    RawText,
}

impl Dialect {
    /// Blocks at all: lists, fences, rules.
    fn blocks(self) -> bool {
        matches!(self, Self::V2 | Self::V1 | Self::Post)
    }
    fn headings(self) -> bool {
        self == Self::V2
    }
    fn quotes(self) -> bool {
        matches!(self, Self::V2 | Self::Post)
    }
    fn tables(self) -> bool {
        self == Self::V2
    }
    fn indented_code(self) -> bool {
        self == Self::V2
    }
    /// Code between backticks, and backslashes before punctuation.
    fn code(self) -> bool {
        self == Self::V2
    }
    fn emphasis(self) -> bool {
        matches!(self, Self::V2 | Self::V1 | Self::LarkMd | Self::Post)
    }
    fn links(self) -> bool {
        self != Self::Header
    }
    fn images(self) -> bool {
        matches!(self, Self::V2 | Self::V1)
    }
    fn emoji(self) -> bool {
        self.is_card()
    }
    fn entities(self) -> bool {
        self.is_card()
    }
    /// A text of a card, not of a post or text message.
    fn is_card(self) -> bool {
        matches!(self, Self::V2 | Self::V1 | Self::LarkMd | Self::Header)
    }
    /// Whether `<name ..>` means something here.
    fn tag(self, name: &str) -> bool {
        match name {
            "at" => true,
            "br" => matches!(self, Self::V2 | Self::V1 | Self::LarkMd),
            "b" | "i" | "u" | "s" => self == Self::Text,
            "font" | "text_tag" | "a" => matches!(self, Self::V2 | Self::V1 | Self::LarkMd),
            "link" | "person" => matches!(self, Self::V2 | Self::V1),
            "number_tag" | "local_datetime" | "raw" | "audio" => self == Self::V2,
            _ => false,
        }
    }
}

/// What drawing text needs to know: the reader, and colours that the card defines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink<'a> {
    pub look: &'a Look<'a>,
    pub colours: &'a Own,
    /// Within a link or a button, where no other link can be.
    pub linked: bool,
}

impl<'a> Ink<'a> {
    pub fn new(look: &'a Look<'a>, colours: &'a Own) -> Self {
        Self { look, colours, linked: false }
    }

    /// For what is inside of a link.
    pub fn inside_link(self) -> Self {
        Self { linked: true, ..self }
    }
}

/// Markdown as HTML.
pub(super) fn draw(text: &str, dialect: Dialect, ink: Ink<'_>) -> Markup {
    if dialect.blocks() { write::blocks(&block::parse(text, dialect), ink) } else { write::inlines(&inline::parse(text, dialect), ink) }
}

/// Markdown as plain text on one line.
pub(super) fn plain(text: &str, dialect: Dialect, look: &Look<'_>) -> String {
    let mut out = String::new();
    if dialect.blocks() {
        write::plain_blocks(&block::parse(text, dialect), look, &mut out);
    } else {
        write::plain_inlines(&inline::parse(text, dialect), look, &mut out);
    }
    out
}

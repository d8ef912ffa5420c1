//! A run of Markdown as a tree: emphasis, links, code, emoji, entities and the platform's tags.
//!
//! [`super::reader`] goes through the text, [`super::emphasis`], [`super::links`] and [`super::tagged`] know the marks.

use super::Dialect;
use super::reader::Reader;

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
    if reader.all_matched() { reader.finish() } else { parse(text, Dialect::RawText) }
}

//! YAML text to a tree in which every key and value knows where it stands.
//!
//! The only user of the YAML parser. Aliases and merge keys are resolved within a budget, variables are put
//! into scalars, and every problem becomes a finding; what cannot be read is [`Value::Bad`], which nobody
//! complains about a second time.

use super::diagnostic::Out;
use super::vars::{self, Env};
use granit_parser::{Event, Marker, Parser, ScalarStyle};
use std::collections::HashMap;

/// How many nodes a file may have after aliases are resolved.
const MAX_NODES: usize = 100_000;

/// A stretch of one line. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Column after the last; 0: unknown, or on a later line.
    pub end_column: usize,
    /// Last line.
    pub end_line: usize,
    /// Column after the last, on the last line.
    pub last_column: usize,
    /// Columns before the value's first character (its quote), where the value stands there verbatim.
    verbatim: Option<usize>,
}

impl Span {
    /// The part of a scalar from character `offset` on; the whole where its place in the file is not known.
    pub fn inside(self, offset: usize, length: usize) -> Self {
        let Some(quote) = self.verbatim else { return self };
        let column = self.column + quote + offset;
        Self { column, end_column: column + length, verbatim: None, ..self }
    }
}

/// One value with its place.
#[derive(Clone)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// Where its key stands, for values of a map.
    pub key: Option<Span>,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Clone)]
pub enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// Any scalar.
    Scalar {
        /// Its text, with variables put in.
        text: String,
        /// Its text as written, where variables were put in.
        raw: Option<String>,
        /// Neither quoted nor a block.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A map in the order of the file; keys are unique.
    Map(Vec<(String, Span, Node)>),
    /// Already complained about.
    Bad,
}

impl Node {
    /// What to point at for the node as a whole: its key, else its start.
    pub fn owner(&self) -> Span {
        self.key.unwrap_or(self.span)
    }

    fn size(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Node::size).sum(),
            Value::Map(entries) => entries.iter().map(|(_, _, node)| node.size()).sum(),
            _ => 0,
        }
    }
}

/// Reads one document. Syntax errors leave `None`; other problems are findings beside the tree.
pub fn parse(text: &str, env: Env, out: &mut Out) -> Option<Node> {
    let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    let mut reader = Reader { parser: Parser::new_from_str(text), lines, anchors: HashMap::new(), nodes: 0, env, out };
    reader.document()
}

struct Reader<'t, 'o> {
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    lines: Vec<Vec<char>>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    env: Env<'o>,
    out: &'o mut Out,
}

type Next<'t> = (Event<'t>, Span);

impl<'t> Reader<'t, '_> {
    fn document(&mut self) -> Option<Node> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                _ if root.is_some() => {
                    self.out.error("syntax", span, "a second document in the file").hint("keep one: everything after `---` or `...` goes");
                    return root;
                }
                event => root = Some(self.node(event, span)?),
            }
        }
        Some(root.unwrap_or(Node { span: at(1, 1, 0), key: None, value: Value::Map(Vec::new()) }))
    }

    /// The next event that is not a comment; a syntax error ends the reading.
    fn next(&mut self) -> Option<Next<'t>> {
        match self.parser.next()? {
            Ok((event, span)) => {
                let span = self.span(span.start, span.end);
                Some((event, span))
            }
            Err(error) => {
                let mark = error.marker();
                self.syntax_error(at(mark.line().max(1), mark.col() + 1, mark.col() + 2), &error.info());
                None
            }
        }
    }

    fn syntax_error(&mut self, span: Span, info: &str) {
        let line: String = self.lines.get(span.line - 1).map(|l| l.iter().collect()).unwrap_or_default();
        let hint = if line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t') {
            "indent with spaces; YAML does not allow tabs"
        } else if info.contains("did not find expected ','") && !line.contains(['{', '[']) {
            "a `{` or `[` before this place is not closed"
        } else if line.contains("${") {
            "inside { } and [ ] put a value with ${NAME} into quotes: \"${NAME}\""
        } else if line.contains("{{") && !line.contains("'{{") && !line.contains("\"{{") {
            "put a value with {{...}} into single quotes"
        } else {
            "put values with `: `, `#`, `{`, `[`, `&`, `*`, `!` or `%` into quotes, and check the indentation"
        };
        self.out.error("syntax", span, format!("not YAML: {info}")).hint(hint);
    }

    fn span(&self, start: Marker, end: Marker) -> Span {
        let same = start.line() == end.line();
        Span {
            line: start.line().max(1),
            column: start.col() + 1,
            end_column: if same { end.col() + 1 } else { 0 },
            end_line: end.line().max(start.line()),
            last_column: end.col() + 1,
            verbatim: None,
        }
    }

    /// Reads the node that `event` begins.
    fn node(&mut self, event: Event<'t>, span: Span) -> Option<Node> {
        self.nodes += 1;
        let (anchor, node) = match event {
            Event::Alias(id) => {
                let node = self.anchors.get(&id).cloned().unwrap_or(Node { span, key: None, value: Value::Bad });
                self.nodes += node.size();
                (0, node)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && tag.is_none_or(|tag| tag.suffix() != "str");
                (anchor, self.scalar(&text, plain, span))
            }
            Event::SequenceStart(_, anchor, _) => (anchor, self.list(span)?),
            Event::MappingStart(_, anchor, _) => (anchor, self.map(span)?),
            _ => (0, Node { span, key: None, value: Value::Bad }),
        };
        if self.nodes > MAX_NODES {
            self.out.error("syntax", span, format!("more than {MAX_NODES} values, aliases counted as what they stand for"));
            return None;
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Some(node)
    }

    fn list(&mut self, span: Span) -> Option<Node> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => break,
                (event, span) => items.push(self.node(event, span)?),
            }
        }
        Some(Node { span: first_line(span), key: None, value: Value::List(items) })
    }

    fn map(&mut self, span: Span) -> Option<Node> {
        let (mut entries, mut merged): (Vec<(String, Span, Node)>, Vec<Node>) = (Vec::new(), Vec::new());
        loop {
            let (key, key_span) = match self.next()? {
                (Event::MappingEnd, _) => break,
                // Keys are taken as they stand: a variable in one would end up in findings.
                (Event::Scalar(text, style, ..), key_span) => {
                    let plain = style == ScalarStyle::Plain;
                    if text.contains("${") {
                        self.out.error("variable", key_span, "variables stand for values, not for keys").hint("write the name itself");
                    }
                    (Node { span: key_span, key: None, value: Value::Scalar { text: text.into_owned(), raw: None, plain } }, key_span)
                }
                (event, key_span) => (self.node(event, key_span)?, key_span),
            };
            let (event, value_span) = self.next()?;
            let mut node = self.node(event, value_span)?;
            node.key = Some(key_span);
            match key.value {
                Value::Scalar { text, plain: true, .. } if text == "<<" => merged.push(node),
                Value::Scalar { text, .. } => match entries.iter().find(|(known, ..)| *known == text) {
                    Some((_, first, _)) => {
                        let message = format!("`{text}` is given twice, first on line {}", first.line);
                        self.out.error("duplicate-key", key_span, message).hint("keep one of them");
                    }
                    None => entries.push((text, key_span, node)),
                },
                Value::Bad => {}
                _ => {
                    let hint = "a value that begins with {{ must be in single quotes";
                    self.out.error("syntax", key_span, "a key that is not a plain name").hint(hint);
                    return Some(Node { span: first_line(span), key: None, value: Value::Bad });
                }
            }
        }
        for node in merged {
            self.merge(node, &mut entries);
        }
        let span = entries.first().map_or(first_line(span), |(_, key, _)| *key);
        Some(Node { span, key: None, value: Value::Map(entries) })
    }

    /// `<<: *anchor`, or a list of them: adds what the map itself does not have.
    fn merge(&mut self, node: Node, entries: &mut Vec<(String, Span, Node)>) {
        match node.value {
            Value::Map(more) => {
                for entry in more {
                    if !entries.iter().any(|(known, ..)| *known == entry.0) {
                        entries.push(entry);
                    }
                }
            }
            Value::List(items) => items.into_iter().for_each(|item| self.merge(item, entries)),
            _ => {
                self.out.error("syntax", node.owner(), "`<<` takes a map, or a list of maps").hint("for example `<<: *common`");
            }
        }
    }

    fn scalar(&mut self, text: &str, plain: bool, mut span: Span) -> Node {
        span.verbatim = self.verbatim(text, span);
        let value = match vars::substitute(text, self.env) {
            Ok(None) if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") => Value::Null,
            Ok(None) => Value::Scalar { text: text.to_owned(), raw: None, plain },
            Ok(Some(put)) if plain && put.is_empty() => Value::Null,
            Ok(Some(put)) => Value::Scalar { text: put, raw: Some(text.to_owned()), plain },
            Err(errors) => {
                for error in errors {
                    self.out.error("variable", span.inside(error.offset, error.length), error.message).hint(error.hint);
                }
                Value::Bad
            }
        };
        Node { span, key: None, value }
    }

    /// How far the value's first character is from the span's start, if the value stands in the file as it is.
    fn verbatim(&self, text: &str, span: Span) -> Option<usize> {
        let line = self.lines.get(span.line - 1)?;
        let written = line.get(span.column - 1..span.end_column.checked_sub(1)?)?;
        let quote = usize::from(matches!(written.first()?, '"' | '\''));
        let inner = written.get(quote..written.len().checked_sub(quote)?)?;
        inner.iter().copied().eq(text.chars()).then_some(quote)
    }
}

fn at(line: usize, column: usize, end_column: usize) -> Span {
    Span { line, column, end_column, end_line: line, last_column: end_column, verbatim: None }
}

/// Collections are pointed at where they begin.
fn first_line(span: Span) -> Span {
    at(span.line, span.column, span.column + 1)
}

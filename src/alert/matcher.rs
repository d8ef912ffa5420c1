//! Matchers in Alertmanager's syntax: `name="value"`, `!=`, `=~`, `!~`.
//!
//! Text is read as Alertmanager reads it in its default mode: by the classic grammar where that understands
//! the text, else by the UTF-8 grammar, so every matcher that works there means the same here. Regular
//! expressions are anchored and are those of the `regex` crate (classes such as `\d` know all of Unicode).

mod parse;
#[cfg(test)]
mod tests;

use super::Labels;
use serde::{Serialize, Serializer};
use std::fmt;

/// Largest compiled regular expression in bytes: long lists of names fit, exploding repetitions do not.
const REGEX_LIMIT: usize = 4 << 20;

/// How a matcher compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`, anchored
    Match,
    /// `!~`, anchored
    NotMatch,
}

impl Op {
    /// The operator as written.
    pub fn as_str(self) -> &'static str {
        match self {
            Op::Equal => "=",
            Op::NotEqual => "!=",
            Op::Match => "=~",
            Op::NotMatch => "!~",
        }
    }

    /// Whether the value is a regular expression.
    pub fn is_regex(self) -> bool {
        matches!(self, Op::Match | Op::NotMatch)
    }
}

/// One condition on one label. A missing label counts as the empty string.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// Label name; any UTF-8.
    pub name: String,
    /// How to compare.
    pub op: Op,
    /// Value or expression as written.
    pub value: String,
    /// Compiled `^(?:value)$` for the two regular-expression operators.
    pub(crate) regex: Option<regex::Regex>,
}

/// Why a text is no matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (column {column})")]
pub struct MatcherError {
    /// What is wrong and, where there is a usual reason, what to write instead.
    pub message: String,
    /// Place in the text, in characters from 1.
    pub column: usize,
}

impl MatcherError {
    fn new(message: impl Into<String>, column: usize) -> Self {
        Self { message: message.into(), column }
    }
}

impl Matcher {
    /// A matcher from its parts.
    ///
    /// # Errors
    /// An empty name, a bad or too large regular expression.
    pub fn new(name: impl Into<String>, op: Op, value: impl Into<String>) -> Result<Self, MatcherError> {
        Self::compile(name.into(), op, value.into(), 1)
    }

    /// Reads one matcher. Braces around it are refused as in Alertmanager.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        if text.starts_with('{') || text.ends_with('}') {
            let column = if text.starts_with('{') { 1 } else { text.chars().count() };
            return Err(MatcherError::new("a single matcher has no braces around it", column));
        }
        let mut list = Self::parse_list(text)?;
        match (list.pop(), list.len()) {
            (Some(matcher), 0) => Ok(matcher),
            (None, _) => Err(MatcherError::new("nothing here; a matcher looks like severity=\"critical\"", 1)),
            (Some(_), others) => Err(MatcherError::new(format!("one matcher was expected, here are {}", others + 1), 1)),
        }
    }

    /// Reads a list: `{a="b", c=~"d"}`, with or without braces; nothing is an empty list.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, MatcherError> {
        let utf8 = || parse::utf8(text).and_then(compile_all);
        match parse::classic(text) {
            Ok(raw) if raw.is_empty() => utf8(),
            Ok(raw) => compile_all(raw).or_else(|error| utf8().map_err(|_| error)),
            Err(_) => utf8(),
        }
    }

    fn compile(name: String, op: Op, value: String, column: usize) -> Result<Self, MatcherError> {
        if name.is_empty() {
            return Err(MatcherError::new("the label name is empty", column));
        }
        let regex = if op.is_regex() {
            let built = regex::RegexBuilder::new(&format!("^(?:{value})$")).size_limit(REGEX_LIMIT).build();
            Some(built.map_err(|error| MatcherError::new(explain(&value, &error), column))?)
        } else {
            None
        };
        Ok(Self { name, op, value, regex })
    }

    /// Whether a label set satisfies this matcher.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_with(|name| labels.get(name).map(String::as_str))
    }

    /// Whether the value that `get` finds for the name satisfies this matcher; `None` counts as empty.
    pub fn matches_with<'a>(&self, get: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.matches_value(get(&self.name).unwrap_or_default())
    }

    /// Whether one value satisfies this matcher.
    pub fn matches_value(&self, value: &str) -> bool {
        let found = match &self.regex {
            Some(regex) => regex.is_match(value),
            None => value == self.value,
        };
        found == matches!(self.op, Op::Equal | Op::Match)
    }
}

fn compile_all(raw: Vec<parse::Raw>) -> Result<Vec<Matcher>, MatcherError> {
    raw.into_iter().map(|raw| Matcher::compile(raw.name, raw.op, raw.value, raw.column)).collect()
}

/// The last line of a regex error says what is wrong; the lines before draw the pattern with our anchors in it.
fn explain(value: &str, error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => format!("the regular expression {value:?} is too large"),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!("bad regular expression {value:?}: {}", last.strip_prefix("error: ").unwrap_or(last))
        }
    }
}

/// Characters that the UTF-8 grammar does not take in unquoted names and values.
fn is_reserved(c: char) -> bool {
    c.is_whitespace() || matches!(c, '{' | '}' | '!' | '=' | '~' | ',' | '\\' | '"' | '\'' | '`')
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for part in text.split_inclusive(['"', '\\', '\n']) {
        let (plain, special) = match part.char_indices().next_back() {
            Some((at, c @ ('"' | '\\' | '\n'))) => (&part[..at], Some(c)),
            _ => (part, None),
        };
        f.write_str(plain)?;
        match special {
            Some('\n') => f.write_str("\\n")?,
            Some(c) => write!(f, "\\{c}")?,
            None => {}
        }
    }
    f.write_str("\"")
}

/// The canonical form: the value always quoted, the name only where it must be.
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.chars().any(is_reserved) {
            quoted(f, &self.name)?;
        } else {
            f.write_str(&self.name)?;
        }
        f.write_str(self.op.as_str())?;
        quoted(f, &self.value)
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.op, &self.value) == (&other.name, other.op, &other.value)
    }
}

impl Eq for Matcher {}

impl Serialize for Matcher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::str::FromStr for Matcher {
    type Err = MatcherError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

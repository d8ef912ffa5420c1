//! Matchers in Alertmanager's syntax: `name="value"`, `!=`, `=~`, `!~`.

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

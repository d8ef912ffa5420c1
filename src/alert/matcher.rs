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

/// Why a text is not a matcher.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (column {column})")]
pub struct MatcherError {
    /// What is wrong.
    pub message: String,
    /// Column in the text, counted from 1.
    pub column: usize,
}

impl Matcher {
    /// Stub until the real parser is merged.
    ///
    /// # Errors
    /// Syntax errors, with their column.
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        let at = text.find(['=', '!']).ok_or_else(|| MatcherError { message: "no operator".into(), column: text.chars().count() + 1 })?;
        let (name, rest) = text.split_at(at);
        for (sign, op) in [("=~", Op::Match), ("!~", Op::NotMatch), ("!=", Op::NotEqual), ("=", Op::Equal)] {
            if let Some(value) = rest.strip_prefix(sign) {
                let value = value.trim().trim_matches('"').to_owned();
                let regex = match op {
                    Op::Match | Op::NotMatch => Some(
                        regex::Regex::new(&format!("^(?:{value})$"))
                            .map_err(|_| MatcherError { message: "bad regular expression".into(), column: at + sign.len() + 1 })?,
                    ),
                    _ => None,
                };
                return Ok(Self { name: name.trim().to_owned(), op, value, regex });
            }
        }
        Err(MatcherError { message: "no operator".into(), column: at + 1 })
    }
}

impl std::fmt::Display for Matcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let op = match self.op {
            Op::Equal => "=",
            Op::NotEqual => "!=",
            Op::Match => "=~",
            Op::NotMatch => "!~",
        };
        write!(f, "{}{op}{:?}", self.name, self.value)
    }
}

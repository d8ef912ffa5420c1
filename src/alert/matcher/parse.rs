//! The two grammars of matcher lists: classic (before Alertmanager 0.27) and UTF-8.
//!
//! Both give names, operators and values with their columns; regular expressions are compiled by the caller.

use super::{MatcherError, Op, is_reserved};

/// One matcher as read, before its regular expression is compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Raw {
    pub name: String,
    pub op: Op,
    pub value: String,
    /// Where the value starts, in characters from 1.
    pub column: usize,
}

/// The classic grammar: ASCII names, values quoted or not, a backslash before anything but `n`, `"` and `\` is itself.
pub(super) fn classic(text: &str) -> Result<Vec<Raw>, MatcherError> {
    let chars: Vec<char> = text.chars().collect();
    let start = usize::from(chars.first() == Some(&'{'));
    let end = if chars.len() > start && chars.last() == Some(&'}') { chars.len() - 1 } else { chars.len() };
    let (mut list, mut from, mut inside, mut escaped) = (Vec::new(), start, false, false);
    for at in start..end {
        match chars[at] {
            ',' if !inside => {
                list.push(classic_one(&chars, from, at)?);
                from = at + 1;
            }
            '"' if escaped => escaped = false,
            '"' => inside = !inside,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    if chars[from..end].iter().any(|c| !c.is_whitespace()) {
        list.push(classic_one(&chars, from, end)?);
    }
    Ok(list)
}

fn classic_one(chars: &[char], from: usize, to: usize) -> Result<Raw, MatcherError> {
    let bad = |at: usize, message: &str| MatcherError::new(message, at + 1);
    let skip = |mut at: usize| {
        while at < to && chars[at].is_whitespace() {
            at += 1;
        }
        at
    };
    let name_at = skip(from);
    let mut at = name_at;
    while at < to && (chars[at].is_ascii_alphanumeric() || matches!(chars[at], '_' | ':')) {
        at += 1;
    }
    if at == name_at || chars[name_at].is_ascii_digit() {
        return Err(bad(name_at, "a label name was expected"));
    }
    let name: String = chars[name_at..at].iter().collect();
    at = skip(at);
    let (op, length) = match (chars.get(at).filter(|_| at < to), chars.get(at + 1).filter(|_| at + 1 < to)) {
        (Some('='), Some('~')) => (Op::Match, 2),
        (Some('='), _) => (Op::Equal, 1),
        (Some('!'), Some('=')) => (Op::NotEqual, 2),
        (Some('!'), Some('~')) => (Op::NotMatch, 2),
        _ => return Err(bad(at, "=, !=, =~ or !~ was expected")),
    };
    let value_at = skip(at + length);
    let mut end = to;
    while end > value_at && chars[end - 1].is_whitespace() {
        end -= 1;
    }
    let mut open = chars.get(value_at).filter(|_| value_at < end) == Some(&'"');
    let (mut value, mut at) = (String::new(), value_at + usize::from(open));
    while at < end {
        match chars[at] {
            '\\' if at + 1 < end => {
                at += 1;
                match chars[at] {
                    'n' => value.push('\n'),
                    c @ ('"' | '\\') => value.push(c),
                    c => value.extend(['\\', c]),
                }
            }
            '"' if open && at + 1 == end => open = false,
            '"' => return Err(bad(at, "a double quote inside a value needs a backslash before it")),
            c => value.push(c),
        }
        at += 1;
    }
    if open {
        return Err(bad(value_at, "the quoted value does not end"));
    }
    Ok(Raw { name, op, value, column: value_at + 1 })
}

/// The UTF-8 grammar: names of any characters, quoted where they hold reserved ones; quoted text has Go's escapes.
pub(super) fn utf8(text: &str) -> Result<Vec<Raw>, MatcherError> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0 };
    let mut list = Vec::new();
    let braces = reader.accept('{');
    loop {
        match reader.peek() {
            None if braces => return Err(reader.error("the closing brace is missing")),
            None => return Ok(list),
            Some('}') if braces => break,
            Some('}') => return Err(reader.error("a closing brace without an opening one")),
            Some(_) => {}
        }
        let name = reader.text("a label name")?;
        let op = reader.operator()?;
        reader.skip();
        let column = reader.at + 1;
        let value = reader.text("a value")?;
        list.push(Raw { name, op, value, column });
        match reader.peek() {
            Some(',') => reader.at += 1,
            Some('}') | None => {}
            Some(_) if braces => return Err(reader.error("a comma or the closing brace was expected")),
            Some(_) => return Err(reader.error("a comma or the end was expected; put double quotes around the value")),
        }
    }
    reader.at += 1;
    match reader.peek() {
        None => Ok(list),
        Some(_) => Err(reader.error("nothing may follow the closing brace")),
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn error(&self, message: impl Into<String>) -> MatcherError {
        MatcherError::new(message, self.at + 1)
    }

    fn skip(&mut self) {
        while self.chars.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.skip();
        self.chars.get(self.at).copied()
    }

    fn accept(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn operator(&mut self) -> Result<Op, MatcherError> {
        self.skip();
        let (op, length) = match (self.chars.get(self.at), self.chars.get(self.at + 1)) {
            (Some('='), Some('~')) => (Op::Match, 2),
            (Some('='), _) => (Op::Equal, 1),
            (Some('!'), Some('=')) => (Op::NotEqual, 2),
            (Some('!'), Some('~')) => (Op::NotMatch, 2),
            _ => return Err(self.error("=, !=, =~ or !~ was expected")),
        };
        self.at += length;
        Ok(op)
    }

    /// A quoted or unquoted name or value.
    fn text(&mut self, what: &str) -> Result<String, MatcherError> {
        match self.peek() {
            Some('"') => self.quoted(),
            Some(c) if !is_reserved(c) => {
                let start = self.at;
                while self.chars.get(self.at).is_some_and(|c| !is_reserved(*c)) {
                    self.at += 1;
                }
                Ok(self.chars[start..self.at].iter().collect())
            }
            Some(c @ ('\'' | '`')) => Err(self.error(format!("{what} was expected; use double quotes instead of {c}"))),
            Some(c) => Err(self.error(format!("{what} was expected, not {c:?}"))),
            None => Err(self.error(format!("{what} was expected"))),
        }
    }

    fn quoted(&mut self) -> Result<String, MatcherError> {
        let open = self.at;
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let Some(c) = self.chars.get(self.at).copied() else {
                self.at = open;
                return Err(self.error("the quoted text does not end"));
            };
            match c {
                '"' => break,
                '\\' => self.escape(&mut bytes)?,
                '\n' => return Err(self.error("a line break inside quotes; write \\n")),
                c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
            self.at += 1;
        }
        self.at += 1;
        String::from_utf8(bytes).map_err(|_| MatcherError::new("the escapes in the quoted text are not UTF-8", open + 1))
    }

    /// One of Go's escapes; ends on its last character.
    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), MatcherError> {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.chars.get(self.at).copied() else { return Ok(()) };
        let simple = match c {
            'a' => 7,
            'b' => 8,
            't' => 9,
            'n' => 10,
            'v' => 11,
            'f' => 12,
            'r' => 13,
            '\\' | '"' => c as u8,
            _ => 0,
        };
        if simple != 0 {
            bytes.push(simple);
            return Ok(());
        }
        let (radix, digits) = match c {
            'x' => (16, self.at + 1..self.at + 3),
            'u' => (16, self.at + 1..self.at + 5),
            'U' => (16, self.at + 1..self.at + 9),
            '0'..='7' => (8, self.at..self.at + 3),
            _ => (0, 0..0),
        };
        let last = digits.end.wrapping_sub(1);
        let number = self
            .chars
            .get(digits)
            .filter(|_| radix != 0)
            .and_then(|digits| digits.iter().try_fold(0u32, |sum, digit| sum.checked_mul(radix)?.checked_add(digit.to_digit(radix)?)));
        let encoded = number.and_then(|number| match c {
            'u' | 'U' => char::from_u32(number).map(|c| c.to_string().into_bytes()),
            _ => u8::try_from(number).ok().map(|byte| vec![byte]),
        });
        let Some(encoded) = encoded else {
            self.at = start;
            return Err(self.error(format!("\\{c} is not an escape here; write \\\\{c} for a backslash")));
        };
        bytes.extend(encoded);
        self.at = last;
        Ok(())
    }
}

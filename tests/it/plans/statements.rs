//! The SQL statements in Rust source: string literals that begin as statements do, with `{names}` put in.
//!
//! A name is a constant, a variable that is one of several literals, or an argument that callers pass a literal for;
//! each possibility makes a statement of its own. A name that is none of these fails the test.

use std::path::Path;

/// A statement and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    pub place: String,
    pub sql: String,
}

struct File {
    name: String,
    text: String,
    literals: Vec<Literal>,
}

/// A string literal: where its quotes stand and what it says.
struct Literal {
    from: usize,
    to: usize,
    text: String,
}

/// Calls `with` for each file of Rust below a folder, without its tests.
pub fn files(folder: &Path, with: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, with);
        } else if path.extension().is_some_and(|e| e == "rs")
            && !path.to_string_lossy().ends_with("_test.rs")
            && !path.ends_with("tests.rs")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            with(&path, text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default());
        }
    }
}

/// Every statement below a folder.
pub fn all(folder: &Path) -> Vec<Statement> {
    let mut sources = Vec::new();
    files(folder, &mut |path, text| {
        let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).display().to_string();
        sources.push(File { name, text: text.to_owned(), literals: literals(text) });
    });
    let mut found = Vec::new();
    for file in &sources {
        let begins =
            |text: &str| is_statement(text) || text.strip_prefix('{').is_some_and(|rest| rest.starts_with(|c: char| c.is_uppercase()));
        for literal in file.literals.iter().filter(|literal| begins(&literal.text)) {
            // What is only ever put into others is no statement.
            if constant_name(file, literal)
                .is_some_and(|name| sources.iter().any(|f| f.literals.iter().any(|l| l.text.contains(&format!("{{{name}}}")))))
            {
                continue;
            }
            let line = file.text[..literal.from].matches('\n').count() + 1;
            for sql in filled(&sources, file, literal) {
                found.push(Statement { place: format!("{}:{line}", file.name), sql });
            }
        }
    }
    found
}

fn is_statement(text: &str) -> bool {
    ["select ", "insert into ", "update ", "delete from ", "with "].iter().any(|verb| text.trim_start().starts_with(verb))
}

/// The statement with every `{name}` in it replaced, by each thing it can be.
fn filled(sources: &[File], file: &File, literal: &Literal) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![literal.text.clone()];
    while let Some(text) = open.pop() {
        let Some((before, name, after)) = placeholder(&text) else {
            done.push(text);
            continue;
        };
        let values = possibilities(sources, file, literal, name);
        assert!(!values.is_empty(), "what {{{name}}} is in a statement of {} cannot be found: {text}", file.name);
        open.extend(values.into_iter().map(|value| format!("{before}{value}{after}")));
        assert!(open.len() < 100, "{text}");
    }
    done
}

/// The text around the first `{name}`.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    assert!(name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.is_empty(), "{{{name}}} in {text}");
    Some((before, name, after))
}

fn possibilities(sources: &[File], file: &File, literal: &Literal, name: &str) -> Vec<String> {
    if name.chars().all(|c| c.is_uppercase() || c == '_') {
        return sources.iter().filter_map(|file| file.after(&format!("const {name}: &str ="), 0)).map(|l| l.text.clone()).collect();
    }
    let before = &file.text[..literal.from];
    if let Some(at) = before.rfind(&format!("let {name} = ")) {
        return file.values(at);
    }
    // An argument: what the callers of this function pass.
    let Some(function) = before.rfind("fn ").map(|at| identifier(&before[at + 3..])) else { return Vec::new() };
    let call = format!("{function}(");
    let mut values = Vec::new();
    for file in sources {
        for (at, _) in file.text.match_indices(&call).filter(|(at, _)| !file.text[..*at].ends_with("fn ")) {
            let end = at + file.text[at..].find(';').unwrap_or(0);
            values.extend(file.literals.iter().filter(|l| l.from > at && l.to < end && is_statement(&l.text)).map(|l| l.text.clone()));
            for word in file.text[at + call.len()..end].split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()) {
                let bound = file.text[..at].rfind(&format!("let {word} = \"")).filter(|from| at - from < 1000);
                values.extend(bound.into_iter().flat_map(|from| file.values(from)).filter(|value| is_statement(value)));
            }
        }
    }
    values
}

impl File {
    /// The first literal after a text.
    fn after(&self, text: &str, from: usize) -> Option<&Literal> {
        let at = from + self.text[from..].find(text)?;
        self.literals.iter().find(|literal| literal.from > at)
    }

    /// The literals that a `let` at this place can be: those that stand as a value, not as a pattern.
    fn values(&self, at: usize) -> Vec<String> {
        let mut depth = 0_i32;
        let mut end = self.text.len();
        let mut skip = 0;
        for (place, c) in self.text[at..].char_indices() {
            if at + place < skip {
                continue;
            }
            if let Some(literal) = self.literals.iter().find(|literal| literal.from == at + place) {
                skip = literal.to;
                continue;
            }
            match c {
                '{' | '(' | '[' => depth += 1,
                '}' | ')' | ']' => depth -= 1,
                ';' if depth == 0 => {
                    end = at + place;
                    break;
                }
                _ => {}
            }
        }
        let value =
            |literal: &&Literal| literal.from > at && literal.to <= end && self.text[..literal.from].trim_end().ends_with(['>', '{', '=']);
        self.literals.iter().filter(value).map(|literal| literal.text.clone()).collect()
    }
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

fn constant_name<'f>(file: &'f File, literal: &Literal) -> Option<&'f str> {
    let before = file.text[..literal.from].trim_end().strip_suffix('=')?.trim_end().strip_suffix(": &str")?;
    let at = before.rfind("const ")?;
    Some(&before[at + 6..])
}

/// The string literals of a source, with escapes resolved; comments and characters are passed over.
fn literals(text: &str) -> Vec<Literal> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => at += text[at..].find('\n').unwrap_or(text.len() - at),
            b'\'' if bytes.get(at + 2) == Some(&b'\'') => at += 3,
            b'\'' if bytes.get(at + 1) == Some(&b'\\') => at += 4,
            b'"' => {
                let from = at;
                let mut said = String::new();
                at += 1;
                while bytes[at] != b'"' {
                    if bytes[at] == b'\\' {
                        match bytes[at + 1] {
                            b'\n' => {
                                at += 2;
                                at += text[at..].find(|c: char| !c.is_whitespace()).unwrap_or(0);
                            }
                            b'n' => {
                                said.push('\n');
                                at += 2;
                            }
                            other => {
                                said.push(char::from(other));
                                at += 2;
                            }
                        }
                    } else {
                        let c = text[at..].chars().next().unwrap();
                        said.push(c);
                        at += c.len_utf8();
                    }
                }
                at += 1;
                found.push(Literal { from, to: at, text: said });
            }
            _ => at += 1,
        }
    }
    found
}

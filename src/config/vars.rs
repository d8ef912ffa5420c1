//! Variables in values: `${NAME}`, `${NAME:-default}`, and `$${` for a literal `${`.
//!
//! Works on parsed scalars, so quoted and plain values behave alike and a value can never change the
//! structure of the file. The environment is handed in.

/// The environment as the loader sees it.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What cannot be put in, with its place in the text.
#[derive(Debug, PartialEq, Eq)]
pub struct VarError {
    /// Offset in characters.
    pub offset: usize,
    /// Length in characters.
    pub length: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

/// Puts variables into `text`; `None` where it has none.
///
/// # Errors
/// Every variable that is unset, empty, unclosed or misspelled.
pub fn substitute(text: &str, env: Env) -> Result<Option<String>, Vec<VarError>> {
    if !text.contains("${") {
        return Ok(None);
    }
    let (mut out, mut errors, mut rest) = (String::with_capacity(text.len()), Vec::new(), text);
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(literal) = before.strip_suffix('$') {
            out.push_str(literal);
            out.push_str("${");
            rest = from.get(2..).unwrap_or_default();
            continue;
        }
        out.push_str(before);
        let offset = text.chars().count() - from.chars().count();
        let Some(end) = from.find('}') else {
            errors.push(VarError {
                offset,
                length: from.chars().count(),
                message: "`${` is never closed".into(),
                hint: "write ${NAME}, or $${ for a literal ${".into(),
            });
            rest = "";
            break;
        };
        let inner = from.get(2..end).unwrap_or_default();
        match value(inner, env) {
            Ok(value) => out.push_str(&value),
            Err((message, hint)) => errors.push(VarError { offset, length: from[..=end].chars().count(), message, hint }),
        }
        rest = from.get(end + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    if errors.is_empty() { Ok(Some(out)) } else { Err(errors) }
}

/// The value of what stands between the braces.
fn value(inner: &str, env: Env) -> Result<String, (String, String)> {
    let (name, default) = inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)));
    let named = name.chars().enumerate().all(|(i, c)| c == '_' || c.is_ascii_alphabetic() || (i > 0 && c.is_ascii_digit()));
    if name.is_empty() || !named {
        return Err((
            format!("`{name}` is not a variable's name"),
            "names are letters, digits and _; the forms are ${NAME} and ${NAME:-default}; a literal ${ is written $${".into(),
        ));
    }
    match (env(name).filter(|value| !value.is_empty()), default) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => {
            let state = if env(name).is_some() { "empty" } else { "not set" };
            Err((format!("the environment variable {name} is {state}"), format!("set it, or give a default: ${{{name}:-default}}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str) -> Result<Option<String>, Vec<VarError>> {
        substitute(text, &|name| match name {
            "A" => Some("1".into()),
            "EMPTY" => Some(String::new()),
            "SNEAKY" => Some("${A}: [x".into()),
            _ => None,
        })
    }

    #[test]
    fn forms() {
        for (text, wanted) in [
            ("${A}", "1"),
            ("x${A}y${A}z", "x1y1z"),
            ("${B:-d:-e}", "d:-e"),
            ("${EMPTY:-d}", "d"),
            ("${B:-}", ""),
            ("$${A} ${A}", "${A} 1"),
            ("值${A}", "值1"),
            ("${SNEAKY}", "${A}: [x"),
        ] {
            assert_eq!(run(text), Ok(Some(wanted.to_owned())), "{text}");
        }
        assert_eq!(run("$A $argon2id$v=19"), Ok(None));
    }

    #[test]
    fn all_mistakes_with_their_place() {
        let errors = run("值${B} ${1x} ${EMPTY} ${A").unwrap_err();
        let found: Vec<_> = errors.iter().map(|e| (e.offset, e.length, e.message.as_str())).collect();
        assert_eq!(
            found,
            [
                (1, 4, "the environment variable B is not set"),
                (6, 5, "`1x` is not a variable's name"),
                (12, 8, "the environment variable EMPTY is empty"),
                (21, 3, "`${` is never closed"),
            ]
        );
    }
}

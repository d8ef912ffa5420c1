//! Small Handlebars expressions over JSON: a source's `fields` and `skip`, `to` and `mention` of a send entry.
//!
//! Nothing is escaped here: results are validated where they are used. Missing data renders empty; unknown
//! helpers and partials are refused when compiled.

use handlebars::template::{Parameter, TemplateElement};
use handlebars::{Handlebars, Path, PathSeg, Template};
use serde_json::Value;

/// One compiled expression.
#[derive(Clone)]
pub struct Expr {
    text: String,
    /// `None` where the text has no `{{`: it stands for itself.
    engine: Option<std::sync::Arc<Handlebars<'static>>>,
    /// Where it is only words and names, as most are: `chat:{{labels.chat}}` is looked up for every alert.
    pieces: Option<Vec<Piece>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    /// The names on the way to a value, at least two: one alone may be a helper's.
    Value(Vec<String>),
}

impl Piece {
    /// The template as pieces; `None` where it has anything else.
    fn all(template: &Template) -> Option<Vec<Piece>> {
        let named =
            |segment: &PathSeg| if let PathSeg::Named(name) = segment { Some(name.trim_matches(['[', ']']).to_owned()) } else { None };
        let piece = |element: &TemplateElement| match element {
            TemplateElement::RawString(text) => Some(Piece::Text(text.clone())),
            TemplateElement::Expression(value) if value.params.is_empty() && value.hash.is_empty() => match &value.name {
                Parameter::Path(Path::Relative((path, _))) if path.len() > 1 => {
                    path.iter().map(named).collect::<Option<_>>().map(Piece::Value)
                }
                _ => None,
            },
            _ => None,
        };
        template.elements.iter().map(piece).collect()
    }

    /// Writes all; `None` where something on the way is neither an object nor text, and how that is written is Handlebars' to
    /// say.
    fn write(pieces: &[Piece], data: &Value) -> Option<String> {
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(path) => out.push_str(Self::value(path, data)?),
            }
        }
        Some(out)
    }

    fn value<'v>(path: &[String], data: &'v Value) -> Option<&'v str> {
        let mut value = data;
        for name in path {
            match value.as_object()?.get(name) {
                Some(inner) => value = inner,
                None => return Some(""),
            }
        }
        value.as_str()
    }
}

/// An expression that cannot be compiled or evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (column {column})")]
pub struct ExprError {
    /// What is wrong.
    pub message: String,
    /// Column in the expression, counted from 1.
    pub column: usize,
}

impl Expr {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Syntax errors and unknown names, with their column.
    pub fn compile(text: &str) -> Result<Self, ExprError> {
        if !text.contains("{{") {
            return Ok(Self { text: text.to_owned(), engine: None, pieces: None });
        }
        let mut engine = Handlebars::new();
        engine.register_escape_fn(handlebars::no_escape);
        super::helpers::register(&mut engine);
        let template = Template::compile_with_name(text, "expr".to_owned())
            .map_err(|error| ExprError { message: error.reason().to_string(), column: error.pos().map_or(1, |(_, column)| column) })?;
        if let Some(found) = super::check::expression(&template) {
            let hint = found.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            return Err(ExprError { message: format!("{}{hint}", found.message), column: found.column });
        }
        let pieces = Piece::all(&template);
        engine.register_template("expr", template);
        Ok(Self { text: text.to_owned(), engine: Some(std::sync::Arc::new(engine)), pieces })
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Evaluates over `data`.
    ///
    /// # Errors
    /// What a helper could not do.
    pub fn eval(&self, data: &Value) -> Result<String, ExprError> {
        let Some(engine) = &self.engine else { return Ok(self.text.clone()) };
        if let Some(text) = self.pieces.as_deref().and_then(|pieces| Piece::write(pieces, data)) {
            return Ok(text);
        }
        super::engine::render(engine, "expr", data.clone())
            .map_err(|error| ExprError { message: error.reason().to_string(), column: error.column_no.unwrap_or(1) })
    }
}

impl std::fmt::Debug for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Expr({:?})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn evaluates_without_escaping() {
        let data = json!({"labels": {"a": "<x>&"}, "n": 5, "title": "t"});
        for (text, wanted) in [
            ("plain", "plain"),
            ("chat:{{labels.a}}", "chat:<x>&"),
            ("{{labels.missing}}{{missing.deep}}", ""),
            ("{{title}} {{upper labels.a}} {{n}}", "t <X>& 5"),
            ("{{#unless (match labels.a \"^z\")}}true{{/unless}}", "true"),
            ("{{json labels}}", "{\"a\":\"<x>&\"}"),
        ] {
            assert_eq!(Expr::compile(text).unwrap().eval(&data).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn words_and_names_need_no_engine_and_read_the_same() {
        let data = json!({"labels": {"a": "x<", "n": 5, "deep": {"b": "y"}, "none": null, "k8s.io/name": "z"}, "list": ["p", "q"]});
        for text in [
            "chat:{{labels.a}}",
            "{{labels.a}}-{{labels.deep.b}}.",
            "{{labels.missing}}|{{gone.a}}|{{labels.a.b}}",
            "{{labels.n}}{{labels.none}}{{labels.deep}}",
            "{{labels.[k8s.io/name]}}",
            "{{list.[0]}} {{list.1}}",
            "{{{labels.a}}} {{&labels.a}}",
            "{{this.labels.a}} {{~labels.a~}} x",
        ] {
            let expr = Expr::compile(text).unwrap();
            let engine = super::super::engine::render(expr.engine.as_ref().unwrap(), "expr", data.clone()).unwrap();
            assert_eq!(expr.eval(&data).unwrap(), engine, "{text}");
        }
        assert!(Expr::compile("chat:{{labels.a}}").unwrap().pieces.is_some());
        assert!(Expr::compile("chat:{{upper labels.a}}").unwrap().pieces.is_none());
        assert!(Expr::compile("{{title}}").unwrap().pieces.is_none());
    }

    #[test]
    fn refuses_what_can_never_work() {
        for (text, message, column) in [
            ("ab {{uper x}}", "there is no helper \"uper\"; did you mean upper?", 4),
            ("{{> partials/x}}", "there is no partial \"partials/x\"", 1),
            ("{{#if x}}", "", 1),
        ] {
            let error = Expr::compile(text).unwrap_err();
            assert!(error.message.starts_with(message) && error.column >= column, "{error:?}");
        }
    }

    #[test]
    fn output_is_bounded() {
        let text = format!("{{{{#each l}}}}{{{{#each ../l}}}}{}{{{{/each}}}}{{{{/each}}}}", "x".repeat(1000));
        let error = Expr::compile(&text).unwrap().eval(&json!({"l": vec![0; 100]})).unwrap_err();
        assert!(error.message.contains("MiB"), "{error}");
    }
}

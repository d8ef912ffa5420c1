//! Small Handlebars expressions over JSON: a source's `fields` and `skip`, `to` and `mention` of a send entry.
//!
//! Nothing is escaped here: results are validated where they are used. Missing data renders empty; unknown
//! helpers and partials are refused when compiled.

use handlebars::{Handlebars, Template};
use serde_json::Value;

/// One compiled expression.
#[derive(Clone)]
pub struct Expr {
    text: String,
    /// `None` where the text has no `{{`: it stands for itself.
    engine: Option<std::sync::Arc<Handlebars<'static>>>,
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
            return Ok(Self { text: text.to_owned(), engine: None });
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
        engine.register_template("expr", template);
        Ok(Self { text: text.to_owned(), engine: Some(std::sync::Arc::new(engine)) })
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

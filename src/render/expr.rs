//! Small Handlebars expressions over JSON: a source's `fields` and `skip`, `to` and `mention` of a send entry.
//!
//! Nothing is escaped here: results are validated where they are used. Missing data renders empty; unknown
//! helpers and partials are refused when compiled.

use handlebars::Handlebars;
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
    /// Syntax errors, with their column.
    pub fn compile(text: &str) -> Result<Self, ExprError> {
        if !text.contains("{{") {
            return Ok(Self { text: text.to_owned(), engine: None });
        }
        let mut engine = Handlebars::new();
        engine.register_escape_fn(handlebars::no_escape);
        super::helpers::register(&mut engine);
        engine
            .register_template_string("expr", text)
            .map_err(|error| ExprError { message: error.reason().to_string(), column: error.pos().map_or(1, |(_, column)| column) })?;
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
        engine.render("expr", data).map_err(|error| ExprError { message: error.reason().to_string(), column: error.column_no.unwrap_or(1) })
    }
}

impl std::fmt::Debug for Expr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Expr({:?})", self.text)
    }
}

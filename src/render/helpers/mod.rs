//! Template helpers, one file per family. Helpers return values or typed markup and never write output.
//!
//! Every helper accepts missing arguments. One that is called without any argument stands for the value of its
//! own name: `{{title}}` is the title, `{{title x}}` writes `x` in title case.

mod docs;
mod lists;
mod markup;
pub(crate) mod numbers;
mod severity;
mod strings;
mod times;

pub use docs::{DOCS, HelperDoc};

use crate::config::settings::Locale;
use handlebars::{Context, Handlebars, Helper, HelperDef, PathAndJson, RenderContext, RenderError, ScopedJson};
use serde_json::Value;

/// What a helper is called with.
pub struct Args<'a, 'rc> {
    helper: &'a Helper<'rc>,
    root: &'a Value,
    /// Mentions, links and moments become tokens; otherwise plain text.
    pub marked: bool,
}

impl Args<'_, '_> {
    /// How many arguments there are.
    pub fn count(&self) -> usize {
        self.helper.params().len()
    }

    /// The value of an argument; null where it is missing.
    pub fn value(&self, at: usize) -> &Value {
        self.helper.param(at).map_or(&Value::Null, PathAndJson::value)
    }

    /// A named argument; null where it is missing.
    pub fn named(&self, name: &str) -> &Value {
        self.helper.hash_get(name).map_or(&Value::Null, PathAndJson::value)
    }

    /// An argument written by the template's author, not taken from data.
    pub fn literal(&self, at: usize) -> Option<&str> {
        self.helper.param(at)?.try_get_constant_value()?.as_str()
    }

    /// An argument as text.
    pub fn text(&self, at: usize) -> String {
        text(self.value(at))
    }

    /// An argument as a number, if it reads like one.
    pub fn number(&self, at: usize) -> Option<f64> {
        number(self.value(at))
    }

    /// Language of the message.
    pub fn locale(&self) -> Locale {
        if self.root.get("locale").and_then(Value::as_str) == Some("zh") { Locale::Zh } else { Locale::En }
    }

    /// A field of the data's root.
    pub fn root(&self, name: &str) -> &Value {
        self.root.get(name).unwrap_or(&Value::Null)
    }
}

/// A value as text: nothing for null, JSON for lists and maps.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value as a number, if it reads like one.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

type Function = fn(&Args<'_, '_>) -> Value;

struct Entry {
    name: &'static str,
    function: Function,
    marked: bool,
}

impl HelperDef for Entry {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        rc: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        if helper.params().is_empty() && helper.hash().is_empty() {
            let found = rc.evaluate(context, self.name)?;
            return Ok(ScopedJson::Derived(found.as_json().clone()));
        }
        let args = Args { helper, root: context.data(), marked: self.marked };
        Ok(ScopedJson::Derived((self.function)(&args)))
    }
}

/// All helpers by name.
const ALL: &[(&str, Function)] = &[
    ("ago", times::ago),
    ("at", markup::at),
    ("date", times::date),
    ("datetime", times::datetime),
    ("default", strings::default),
    ("font", markup::font),
    ("groupBy", lists::group_by),
    ("humanize", numbers::humanize),
    ("humanizeBytes", numbers::humanize_bytes),
    ("humanizeDuration", numbers::humanize_duration),
    ("humanizePercentage", numbers::humanize_percentage),
    ("join", lists::join),
    ("json", markup::json),
    ("link", markup::link),
    ("lower", strings::lower),
    ("match", strings::matches),
    ("replace", strings::replace),
    ("severityColor", severity::color),
    ("severityIcon", severity::icon),
    ("sort", lists::sort),
    ("t", strings::translate),
    ("time", times::time),
    ("title", strings::title),
    ("truncate", strings::truncate),
    ("upper", strings::upper),
    ("urlEncode", markup::url_encode),
];

/// Helpers of the template engine itself that stay available.
const BUILT_IN: &[&str] =
    &["and", "each", "eq", "gt", "gte", "if", "len", "lookup", "lt", "lte", "ne", "not", "or", "raw", "unless", "with"];

/// Names of all helpers, the engine's own included.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name).chain(BUILT_IN.iter().copied())
}

/// Names of helpers that open a block: `{{#each}}`.
pub fn is_block(name: &str) -> bool {
    BUILT_IN.contains(&name) && !matches!(name, "lookup" | "len")
}

/// Registers every helper for places that are not escaped: markup is written as plain text.
pub fn register(engine: &mut Handlebars<'static>) {
    add(engine, false);
}

/// Registers every helper for messages: markup becomes tokens.
pub fn register_marked(engine: &mut Handlebars<'static>) {
    add(engine, true);
}

fn add(engine: &mut Handlebars<'static>, marked: bool) {
    engine.unregister_helper("log");
    for (name, function) in ALL {
        engine.register_helper(name, Box::new(Entry { name, function: *function, marked }));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// Renders with the plain helpers.
    pub(crate) fn plain(template: &str, data: &Value) -> String {
        let mut engine = Handlebars::new();
        engine.register_escape_fn(handlebars::no_escape);
        register(&mut engine);
        engine.render_template(template, data).unwrap_or_else(|e| panic!("{template}: {e}"))
    }

    #[test]
    fn every_helper_accepts_missing_arguments() {
        for (name, _) in ALL {
            for args in ["", " missing", " missing missing", " null null null", " missing by=missing", " 5 5 5", " this this"] {
                plain(&format!("{{{{{name}{args}}}}}"), &json!({"a": [1, {"b": null}]}));
            }
        }
    }

    #[test]
    fn a_helper_without_arguments_is_the_value_of_that_name() {
        assert_eq!(plain("{{title}} {{#with labels}}{{date}}{{/with}}", &json!({"title": "T x", "labels": {"date": "d"}})), "T x d");
        assert_eq!(plain("{{title title}}", &json!({"title": "hello world"})), "Hello World");
    }

    #[test]
    fn names_are_sorted() {
        assert!(ALL.is_sorted_by(|a, b| a.0 < b.0));
    }
}

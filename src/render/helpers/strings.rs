//! Text: `default truncate match replace upper lower title t`.

use super::{Args, text};
use crate::render::marks::has_mark;
use crate::render::words;
use regex::RegexBuilder;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::HashMap;

/// `{{default x "-"}}`: the first argument that is not missing, empty or false.
pub fn default(args: &Args<'_, '_>) -> Value {
    (0..args.count())
        .map(|at| args.value(at))
        .find(|value| {
            !matches!(value, Value::Null | Value::Bool(false)) && value.as_str() != Some("") && *value != &Value::Array(Vec::new())
        })
        .cloned()
        .unwrap_or_else(|| if args.count() > 0 { args.value(args.count() - 1).clone() } else { Value::Null })
}

/// `{{truncate x 80}}`: at most so many characters as people count them.
pub fn truncate(args: &Args<'_, '_>) -> Value {
    let text = args.text(0);
    let max = args.number(1).filter(|n| *n >= 1.0).map_or(100, |n| n as usize);
    if has_mark(&text) { text.into() } else { crate::util::text::truncate(&text, max).into_owned().into() }
}

/// `{{replace x "a" "b"}}`: plain text, every occurrence.
pub fn replace(args: &Args<'_, '_>) -> Value {
    let (text, from, to) = (args.text(0), args.text(1), args.text(2));
    if from.is_empty() || has_mark(&text) { text.into() } else { text.replace(&from, &to).into() }
}

/// `{{upper x}}`
pub fn upper(args: &Args<'_, '_>) -> Value {
    letters(args, |text| text.to_uppercase())
}

/// `{{lower x}}`
pub fn lower(args: &Args<'_, '_>) -> Value {
    letters(args, |text| text.to_lowercase())
}

/// `{{title x}}`: every word with a capital first letter.
pub fn title(args: &Args<'_, '_>) -> Value {
    letters(args, |text| {
        let mut start = true;
        text.chars()
            .flat_map(|c| {
                let upper = start && c.is_alphabetic();
                start = c.is_whitespace();
                let letters: Vec<char> = if upper { c.to_uppercase().collect() } else { vec![c] };
                letters
            })
            .collect()
    })
}

fn letters(args: &Args<'_, '_>, change: impl Fn(&str) -> String) -> Value {
    let text = args.text(0);
    if has_mark(&text) { text.into() } else { change(&text).into() }
}

thread_local! {
    /// Compiled expressions of templates; few and fixed, bounded for those that come from data.
    static EXPRESSIONS: RefCell<HashMap<String, Option<regex::Regex>>> = RefCell::new(HashMap::new());
}

/// `(match x "^a.*")`: does the regular expression match somewhere? An expression that is none matches nothing.
pub fn matches(args: &Args<'_, '_>) -> Value {
    let (subject, expression) = (args.text(0), text(args.value(1)));
    if args.count() < 2 {
        return false.into();
    }
    EXPRESSIONS.with_borrow_mut(|known| {
        if known.len() > 200 {
            known.clear();
        }
        let compiled =
            known.entry(expression).or_insert_with_key(|expression| RegexBuilder::new(expression).size_limit(1 << 20).build().ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(&subject)).into()
    })
}

/// `{{t "firing"}}`, `{{t "andMore" n=omitted}}`: a word of the built-in templates in the message's language.
pub fn translate(args: &Args<'_, '_>) -> Value {
    let key = args.text(0);
    match args.named("n") {
        Value::Null => words::word(args.locale(), &key).into(),
        n => words::with(args.locale(), &key, text(n)).into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::render::helpers::tests::plain;
    use serde_json::json;

    #[test]
    fn table() {
        let data = json!({"a": "Hello wörld", "empty": "", "n": 7, "long": "一二三四五", "locale": "zh"});
        for (template, wanted) in [
            ("{{default missing \"-\"}}", "-"),
            ("{{default empty missing a}}", "Hello wörld"),
            ("{{default n \"-\"}}", "7"),
            ("{{default empty missing}}", ""),
            ("{{truncate long 3}}", "一二…"),
            ("{{truncate long}}", "一二三四五"),
            ("{{truncate missing 3}}", ""),
            ("{{upper a}} {{lower a}} {{title a}}", "HELLO WÖRLD hello wörld Hello Wörld"),
            ("{{replace a \"l\" \"L\"}}", "HeLLo wörLd"),
            ("{{replace a \"\" \"x\"}}", "Hello wörld"),
            ("{{#if (match a \"^Hel+o\")}}y{{else}}n{{/if}}", "y"),
            ("{{#if (match a \"^x\")}}y{{else}}n{{/if}}", "n"),
            ("{{#if (match a \"(\")}}y{{else}}n{{/if}}", "n"),
            ("{{#if (match missing \"x\")}}y{{else}}n{{/if}}", "n"),
            ("{{t \"andMore\" n=n}} {{t \"firing\"}}", "还有 7 个 告警中"),
        ] {
            assert_eq!(plain(template, &data), wanted, "{template}");
        }
    }
}

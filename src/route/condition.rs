//! The matchers of a tree, each distinct one once, in the form in which one alert answers them fastest.
//!
//! Names and the values asked for become numbers, so an equality compares two numbers. So does an expression that is
//! only a list of words (`critical|warning`). Any other expression runs at most once per alert and label, and only on
//! values that have the words it demands at their beginning, at their end or anywhere: looking for a word costs less than
//! running an expression (`cargo bench --bench route`).

#[cfg(test)]
mod tests;

use super::{RECEIVER, SOURCE, Seen};
use crate::alert::matcher::{Matcher, Op};
use regex_syntax::hir::literal::{ExtractKind, Extractor, Seq};
use regex_syntax::hir::{Hir, HirKind};
use std::collections::HashMap;

/// A value as the matchers of its label tell it apart. Known values of different labels have different numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    /// Empty, or no such label.
    Empty,
    /// One that some matcher asks for.
    Known(usize),
    /// Any other; only expressions look into it.
    Other,
}

impl Value {
    pub fn known(&self) -> Option<usize> {
        match self {
            Value::Known(value) => Some(*value),
            Value::Empty | Value::Other => None,
        }
    }
}

/// One matcher.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    pub matcher: Matcher,
    label: usize,
    test: Test,
    /// What the test must answer.
    wanted: bool,
}

#[derive(Debug, Clone)]
enum Test {
    /// One of these values, in order.
    OneOf(Box<[Value]>),
    /// The matcher's expression; `slot` is where an alert keeps the answer.
    Expression { slot: usize, demands: Demands },
}

/// What an expression demands of a value before it has to run.
#[derive(Debug, Clone, Default, PartialEq)]
struct Demands {
    prefix: Box<str>,
    suffix: Box<str>,
    /// One of these is somewhere in it; empty: nothing is known.
    inside: Box<[Box<str>]>,
}

/// All matchers of a tree by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    labels: HashMap<String, Label>,
    list: Vec<Condition>,
    slots: usize,
}

#[derive(Debug, Clone)]
struct Label {
    id: usize,
    values: HashMap<String, Value>,
}

/// What one alert has for the labels of the tree, and the answers it has already given.
pub(super) struct Answers<'a> {
    /// By label.
    found: Vec<Found<'a>>,
    expressions: Vec<Option<bool>>,
}

struct Found<'a> {
    label: usize,
    value: Value,
    text: &'a str,
}

impl Conditions {
    pub fn matcher(&self, condition: usize) -> &Matcher {
        &self.list[condition].matcher
    }

    /// The values of which an alert must have one, where that is all the condition says and being empty is none of
    /// them.
    pub fn required(&self, condition: usize) -> Option<&[Value]> {
        match &self.list[condition] {
            Condition { test: Test::OneOf(values), wanted: true, .. } if values.first() != Some(&Value::Empty) => Some(values),
            _ => None,
        }
    }

    /// Looks up what the tree knows of an alert: two look-ups per label of the alert.
    pub fn read<'a>(&self, seen: Seen<'a>) -> Answers<'a> {
        let own = seen.labels.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let own = own.filter(|(name, _)| !matches!(*name, SOURCE | RECEIVER));
        let all = own.chain([(SOURCE, seen.source), (RECEIVER, seen.receiver)]);
        let known = |(name, text): (&str, &'a str)| {
            let label = self.labels.get(name)?;
            Some(Found { label: label.id, value: label.value(text), text })
        };
        let mut found: Vec<Found<'a>> = all.filter_map(known).collect();
        found.sort_unstable_by_key(|found| found.label);
        Answers { found, expressions: vec![None; self.slots] }
    }

    pub fn holds(&self, condition: usize, answers: &mut Answers<'_>) -> bool {
        let condition = &self.list[condition];
        let (value, text) = answers.of(condition.label);
        let answer = match &condition.test {
            Test::OneOf(values) => values.binary_search(&value).is_ok(),
            Test::Expression { slot, demands } => *answers.expressions[*slot]
                .get_or_insert_with(|| demands.met(text) && condition.matcher.matches_value(text) == condition.wanted),
        };
        answer == condition.wanted
    }
}

impl Demands {
    fn met(&self, text: &str) -> bool {
        // Comparing with a part that is empty, and so nowhere in memory, costs some processors more than the expression.
        (self.prefix.is_empty() || text.starts_with(&*self.prefix))
            && (self.suffix.is_empty() || text.ends_with(&*self.suffix))
            && (self.inside.is_empty() || self.inside.iter().any(|word| text.contains(&**word)))
    }
}

impl Label {
    fn value(&self, text: &str) -> Value {
        if text.is_empty() { Value::Empty } else { self.values.get(text).copied().unwrap_or(Value::Other) }
    }
}

impl<'a> Answers<'a> {
    /// The alert's values that matchers ask for.
    pub fn known(&self) -> impl Iterator<Item = usize> {
        self.found.iter().filter_map(|found| found.value.known())
    }

    fn of(&self, label: usize) -> (Value, &'a str) {
        match self.found.binary_search_by_key(&label, |found| found.label) {
            Ok(at) => (self.found[at].value, self.found[at].text),
            Err(_) => (Value::Empty, ""),
        }
    }
}

/// Numbers the matchers of a tree as they come.
#[derive(Debug, Default)]
pub(super) struct Numbering<'s> {
    pub conditions: Conditions,
    values: usize,
    known: HashMap<(usize, &'static str, &'s str), usize>,
    /// By label and expression: `=~` and `!~` share their answer.
    expressions: HashMap<(usize, &'s str), Test>,
}

impl<'s> Numbering<'s> {
    pub fn condition(&mut self, matcher: &'s Matcher) -> usize {
        let label = self.label(&matcher.name);
        let key = (label, matcher.op.as_str(), matcher.value.as_str());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let test = if matcher.op.is_regex() { self.expression(label, matcher) } else { self.one_of(matcher, vec![matcher.value.clone()]) };
        let wanted = matches!(matcher.op, Op::Equal | Op::Match);
        let list = &mut self.conditions.list;
        list.push(Condition { matcher: matcher.clone(), label, test, wanted });
        self.known.insert(key, list.len() - 1);
        list.len() - 1
    }

    fn label(&mut self, name: &str) -> usize {
        if let Some(label) = self.conditions.labels.get(name) {
            return label.id;
        }
        let id = self.conditions.labels.len();
        self.conditions.labels.insert(name.to_owned(), Label { id, values: HashMap::new() });
        id
    }

    fn expression(&mut self, label: usize, matcher: &'s Matcher) -> Test {
        if let Some(test) = self.expressions.get(&(label, matcher.value.as_str())) {
            return test.clone();
        }
        let test = match Shape::of(&matcher.value) {
            Shape::Words(words) => self.one_of(matcher, words),
            Shape::Any(demands) => {
                self.conditions.slots += 1;
                Test::Expression { slot: self.conditions.slots - 1, demands }
            }
        };
        self.expressions.insert((label, &matcher.value), test.clone());
        test
    }

    fn one_of(&mut self, matcher: &Matcher, words: Vec<String>) -> Test {
        let Some(label) = self.conditions.labels.get_mut(&matcher.name) else { return Test::OneOf(Box::default()) };
        let mut values: Vec<Value> = Vec::with_capacity(words.len());
        for word in words {
            values.push(match label.value(&word) {
                Value::Other => {
                    let value = Value::Known(self.values);
                    self.values += 1;
                    label.values.insert(word, value);
                    value
                }
                value => value,
            });
        }
        values.sort_unstable();
        values.dedup();
        Test::OneOf(values.into())
    }
}

/// What can be said of an expression without running it.
#[derive(Debug, PartialEq)]
enum Shape {
    /// It matches these words and nothing else.
    Words(Vec<String>),
    /// It matches only what meets its demands.
    Any(Demands),
}

impl Shape {
    /// Most words that take the place of an expression: more of them are not worth their memory.
    const MOST_WORDS: usize = 1000;

    fn of(expression: &str) -> Self {
        // What is only an expression inside of the anchors, such as `a)|(b`, runs as it is.
        let Ok(hir) = regex_syntax::parse(expression) else { return Shape::Any(Demands::default()) };
        let prefixes = Extractor::new().limit_total(Self::MOST_WORDS).extract(&hir);
        // Extraction passes over `\b`, `^` and their like, and a short class such as `[a-f][a-f]` stands for many words.
        let plain = hir.properties().look_set().is_empty();
        let few = prefixes.len().is_some_and(|words| words <= 2 * expression.len() + 1);
        if let Some(words) = words(&prefixes).filter(|_| plain && few && prefixes.is_exact()) {
            return Shape::Words(words);
        }
        let suffixes = Extractor::new().kind(ExtractKind::Suffix).extract(&hir);
        let (prefix, suffix) = (text(prefixes.longest_common_prefix()), text(suffixes.longest_common_suffix()));
        let inside = inside(&hir).filter(|words| shortest(words) > prefix.len().max(suffix.len())).unwrap_or_default();
        Shape::Any(Demands { prefix, suffix, inside: inside.into_iter().map(String::into_boxed_str).collect() })
    }
}

/// Words of which every match has one somewhere, as long as can be: what follows on each part of the expression begins
/// with words, and whatever matches the whole goes through all of its parts.
fn inside(hir: &Hir) -> Option<Vec<String>> {
    /// Most words that are looked for in place of an expression, and the parts that are looked at.
    const MOST: usize = 16;
    /// A word of so many bytes is rare enough; more of them are not worth more words.
    const TELLING: usize = 4;
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        HirKind::Capture(capture) => return inside(&capture.sub),
        _ => std::slice::from_ref(hir),
    };
    // From a part to the end, or the part alone: `-db-[0-9]` begins with ten words, `-db-` with one.
    let ranges = (0..parts.len().min(MOST)).flat_map(|at| [at..at + 1, at..parts.len()]);
    let found = ranges.filter_map(|range| {
        let begins = Extractor::new().limit_total(MOST).extract(&Hir::concat(parts[range].to_vec()));
        // A single letter is in most values.
        words(&begins).filter(|words| shortest(words) > 1)
    });
    found.max_by_key(|words| (shortest(words).min(TELLING), std::cmp::Reverse(words.len()), shortest(words)))
}

fn shortest(words: &[String]) -> usize {
    words.iter().map(String::len).min().unwrap_or_default()
}

fn words(literals: &Seq) -> Option<Vec<String>> {
    literals.literals()?.iter().map(|word| String::from_utf8(word.as_bytes().to_vec()).ok()).collect()
}

/// Bytes that are common to several texts may end within a character; such a part demands nothing.
fn text(part: Option<&[u8]>) -> Box<str> {
    part.and_then(|part| std::str::from_utf8(part).ok()).unwrap_or_default().into()
}

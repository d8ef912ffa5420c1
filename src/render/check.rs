//! Strict on names: walks parsed templates and finds what can never work: unknown root names, helpers and
//! partials, partial cycles (the template engine overflows the stack on them), dynamic partial names.
//!
//! Missing labels are not looked for: they render empty, as in Alertmanager. The walk also notes which names of
//! the data a template reads ([`Used`]) and where it writes `{{{raw}}}`.

use super::data::{ALERT, ROOT, Used, VIEW};
use super::failure::{Level, TemplateError};
use super::helpers;
use crate::util::text::suggest;
use handlebars::template::{BlockParam, DecoratorTemplate, HelperTemplate, Parameter, TemplateElement};
use handlebars::{Path, PathSeg, Template};
use std::collections::BTreeMap;

/// A parsed template file.
pub struct Parsed {
    /// Its file, for findings.
    pub file: String,
    /// What the engine made of it.
    pub template: Template,
}

/// What kind of thing names are looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    /// The data's root.
    Root,
    /// One alert.
    Alert,
    /// The `view` object.
    View,
    /// Anything: labels, payloads, items of lists.
    Unknown,
}

/// All findings and what the template `name` reads, its partials included.
pub fn check(name: &str, all: &BTreeMap<String, Parsed>) -> (Vec<TemplateError>, Used) {
    let mut walk = Walk {
        all,
        stack: vec![name.to_owned()],
        // What a partial is included with is known only where it is included.
        scopes: vec![if name.starts_with("partials/") { Scope::Unknown } else { Scope::Root }],
        names: Vec::new(),
        inline: Vec::new(),
        found: Vec::new(),
        used: Used::default(),
        file: String::new(),
        at: (1, 1),
    };
    if let Some(parsed) = all.get(name) {
        walk.file.clone_from(&parsed.file);
        walk.template(&parsed.template);
    }
    (walk.found, walk.used)
}

/// The first thing that can never work in an expression over any data: unknown helpers, partials.
pub fn expression(template: &Template) -> Option<TemplateError> {
    let mut walk = Walk {
        all: &BTreeMap::new(),
        stack: Vec::new(),
        scopes: vec![Scope::Unknown],
        names: Vec::new(),
        inline: Vec::new(),
        found: Vec::new(),
        used: Used::default(),
        file: String::new(),
        at: (1, 1),
    };
    walk.template(template);
    walk.found.into_iter().find(|finding| finding.severity == Level::Error)
}

struct Walk<'a> {
    all: &'a BTreeMap<String, Parsed>,
    /// Templates being walked, outermost first.
    stack: Vec<String>,
    /// What names are looked up in, innermost last.
    scopes: Vec<Scope>,
    /// Block parameters and named arguments of partials, with what they stand for.
    names: Vec<(String, Scope)>,
    /// Inline partials.
    inline: Vec<String>,
    found: Vec<TemplateError>,
    used: Used,
    file: String,
    at: (usize, usize),
}

impl Walk<'_> {
    fn find(&mut self, severity: Level, message: String, hint: Option<String>) {
        let found = TemplateError { file: self.file.clone(), line: self.at.0, column: self.at.1, message, hint, severity };
        if !self.found.contains(&found) {
            self.found.push(found);
        }
    }

    fn scope(&self) -> Scope {
        self.scopes.last().copied().unwrap_or(Scope::Unknown)
    }

    fn template(&mut self, template: &Template) {
        for (i, element) in template.elements.iter().enumerate() {
            if let Some(mapping) = template.mapping.get(i) {
                self.at = (mapping.0, mapping.1);
            }
            match element {
                TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
                TemplateElement::HtmlExpression(helper) => {
                    let name = helper.name.as_name().unwrap_or_default().to_owned();
                    let message = format!("{{{{{{{name}}}}}}} is written as trusted markup");
                    let hint = "use two braces unless the value comes from a place you trust";
                    self.find(Level::Warning, message, Some(hint.to_owned()));
                    self.expression(helper);
                }
                TemplateElement::Expression(helper) => self.expression(helper),
                TemplateElement::HelperBlock(helper) => self.block(helper),
                TemplateElement::PartialExpression(partial) | TemplateElement::PartialBlock(partial) => self.partial(partial),
                TemplateElement::DecoratorExpression(decorator) | TemplateElement::DecoratorBlock(decorator) => self.decorator(decorator),
                _ => {}
            }
        }
    }

    fn expression(&mut self, helper: &HelperTemplate) {
        let is_call = !helper.params.is_empty() || !helper.hash.is_empty();
        match &helper.name {
            Parameter::Path(path) if !is_call => {
                // `{{title}}` is the value, whether or not there is a helper of that name.
                self.path(path);
            }
            Parameter::Path(_) | Parameter::Name(_) => self.call(helper),
            other => {
                self.parameter(other);
            }
        }
    }

    fn call(&mut self, helper: &HelperTemplate) {
        let name = helper.name.as_name().unwrap_or_default();
        if !helpers::names().any(|known| known == name) {
            let hint = suggest(name, helpers::names()).map(|known| format!("did you mean {known}?"));
            self.find(Level::Error, format!("there is no helper {name:?}"), hint);
        }
        self.arguments(helper);
    }

    fn arguments(&mut self, helper: &HelperTemplate) {
        for parameter in helper.params.iter().chain(helper.hash.values()) {
            self.parameter(parameter);
        }
    }

    /// Notes names; returns what the parameter stands for and whether it is a list of it.
    fn parameter(&mut self, parameter: &Parameter) -> Scope {
        match parameter {
            Parameter::Path(path) => self.path(path),
            Parameter::Subexpression(sub) => {
                let TemplateElement::Expression(helper) = sub.as_element() else { return Scope::Unknown };
                if helper.params.is_empty() && helper.hash.is_empty() {
                    self.expression(helper);
                    return Scope::Unknown;
                }
                self.call(helper);
                // `sort alerts` is still a list of alerts.
                match (helper.name.as_name(), helper.params.first()) {
                    (Some("sort"), Some(first)) => self.parameter(first),
                    _ => Scope::Unknown,
                }
            }
            _ => Scope::Unknown,
        }
    }

    fn block(&mut self, helper: &HelperTemplate) {
        let name = helper.name.as_name().unwrap_or_default().to_owned();
        let at = self.at;
        if !helpers::is_block(&name) {
            let hint = if helpers::names().any(|known| known == name) {
                Some(format!("{name} is no block; write {{{{{name} ...}}}} or {{{{#if ({name} ...)}}}}"))
            } else if ROOT.contains(&name.as_str()) {
                Some(format!("write {{{{#each {name}}}}}, {{{{#with {name}}}}} or {{{{#if {name}}}}}"))
            } else {
                suggest(&name, helpers::names()).map(|known| format!("did you mean #{known}?"))
            };
            self.find(Level::Error, format!("there is no block helper {name:?}"), hint);
        }
        for parameter in helper.params.iter().skip(1).chain(helper.hash.values()) {
            self.parameter(parameter);
        }
        let subject = helper.params.first().map_or(Scope::Unknown, |first| self.parameter(first));
        let opens = matches!(name.as_str(), "each" | "with");
        let params = self.names.len();
        if opens {
            self.scopes.push(subject);
            match &helper.block_param {
                Some(BlockParam::Single(one)) => self.names.extend(one.as_name().map(|n| (n.to_owned(), subject))),
                Some(BlockParam::Pair((one, two))) => {
                    self.names.extend(one.as_name().map(|n| (n.to_owned(), subject)));
                    self.names.extend(two.as_name().map(|n| (n.to_owned(), Scope::Unknown)));
                }
                _ => {}
            }
        }
        if let Some(template) = &helper.template {
            self.template(template);
        }
        if opens {
            self.scopes.pop();
            self.names.truncate(params);
        }
        self.at = at;
        if let Some(inverse) = &helper.inverse {
            self.template(inverse);
        }
        self.at = at;
    }

    fn decorator(&mut self, decorator: &DecoratorTemplate) {
        let name = decorator.name.as_name().unwrap_or_default();
        if name != "inline" {
            return self.find(Level::Error, format!("there is no decorator {name:?}"), None);
        }
        match decorator.params.first() {
            Some(Parameter::Literal(serde_json::Value::String(name))) => self.inline.push(name.clone()),
            _ => self.find(Level::Error, "the name of an inline partial must be a text in quotes".to_owned(), None),
        }
        if let Some(template) = &decorator.template {
            // Where it will be used is not known here.
            self.scopes.push(Scope::Unknown);
            self.used.everything = true;
            self.template(template);
            self.scopes.pop();
        }
    }

    fn partial(&mut self, partial: &DecoratorTemplate) {
        let at = self.at;
        let Some(name) = partial.name.as_name().map(|name| name.trim_matches(['\'', '[', ']']).to_owned()) else {
            let hint = "use {{#if}} around fixed names".to_owned();
            return self.find(Level::Error, "the name of a partial must be fixed, it cannot be computed".to_owned(), Some(hint));
        };
        for parameter in partial.hash.values() {
            self.parameter(parameter);
        }
        let scope = match partial.params.first() {
            Some(parameter) => self.parameter(parameter),
            None => self.scope(),
        };
        if let Some(template) = &partial.template {
            self.template(template);
            self.at = at;
        }
        if name == "@partial-block" || self.inline.contains(&name) {
            return;
        }
        if self.stack.contains(&name) {
            let chain = format!("{} > {name}", self.stack.join(" > "));
            return self.find(Level::Error, format!("partials include each other in a circle: {chain}"), None);
        }
        let Some(parsed) = self.all.get(&name) else {
            let hint = suggest(&name, self.all.keys().map(String::as_str).filter(|known| known.contains("partials/")))
                .map(|known| format!("did you mean {known}?"))
                .or_else(|| Some("partials are files named partials/<name>.hbs".to_owned()));
            return self.find(Level::Error, format!("there is no partial {name:?}"), hint);
        };
        if self.stack.len() > 20 {
            return self.find(Level::Error, "partials are nested more than 20 deep".to_owned(), None);
        }
        let outer = (std::mem::replace(&mut self.file, parsed.file.clone()), self.names.len());
        self.names.extend(partial.hash.keys().map(|key| (key.clone(), Scope::Unknown)));
        self.stack.push(name);
        self.scopes.push(scope);
        self.template(&parsed.template);
        self.scopes.pop();
        self.stack.pop();
        self.names.truncate(outer.1);
        self.file = outer.0;
        self.at = at;
    }

    /// Looks a path up; returns what it leads to.
    fn path(&mut self, path: &Path) -> Scope {
        let Path::Relative((segs, raw)) = path else { return Scope::Unknown };
        let mut scope = self.scope();
        let mut ups = 0;
        let mut names = Vec::new();
        for seg in segs {
            match seg {
                PathSeg::Named(name) => names.push(name.trim_matches(['[', ']'])),
                PathSeg::Ruled(rule) => match format!("{rule:?}").as_str() {
                    "path_root" => scope = Scope::Root,
                    "path_up" => {
                        ups += 1;
                        let at = self.scopes.len().checked_sub(1 + ups);
                        scope = at.and_then(|at| self.scopes.get(at)).copied().unwrap_or(Scope::Root);
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        let own = raw.starts_with("this") || raw.starts_with("./") || raw.starts_with("@root");
        if let (Some(first), 0, false) = (names.first(), ups, own)
            && let Some((_, known)) = self.names.iter().rev().find(|(name, _)| name == first)
        {
            return if names.len() == 1 { *known } else { Scope::Unknown };
        }
        let Some(first) = names.first().copied() else {
            if scope == Scope::Root {
                self.used.everything = true;
            }
            return scope;
        };
        match scope {
            Scope::Root => self.root_name(first, names.get(1).copied(), names.len()),
            Scope::Alert => {
                if !ALERT.contains(&first)
                    && let Some(known) = suggest(first, ALERT.iter().copied()).filter(|known| close(first, known))
                {
                    let message = format!("alerts have no {first:?} of their own; a sender may add one");
                    self.find(Level::Warning, message, Some(format!("did you mean {known}?")));
                }
                Scope::Unknown
            }
            Scope::View => {
                self.used.add("view", Some(first));
                if !VIEW.contains(&first) {
                    let hint = suggest(first, VIEW.iter().copied()).map(|known| format!("did you mean {known}?"));
                    self.find(Level::Error, format!("`view` has no {first:?}"), hint);
                }
                Scope::Unknown
            }
            Scope::Unknown => Scope::Unknown,
        }
    }

    fn root_name(&mut self, first: &str, second: Option<&str>, depth: usize) -> Scope {
        if !ROOT.contains(&first) {
            let hint = suggest(first, ROOT.iter().copied())
                .map(|known| format!("did you mean {known}?"))
                .unwrap_or_else(|| format!("labels and annotations are below labels and annotations: labels.{first}"));
            self.find(Level::Error, format!("there is nothing named {first:?}"), Some(hint));
            return Scope::Unknown;
        }
        self.used.add(first, second.filter(|_| first == "view"));
        if let ("view", Some(second)) = (first, second)
            && !VIEW.contains(&second)
        {
            let hint = suggest(second, VIEW.iter().copied()).map(|known| format!("did you mean {known}?"));
            self.find(Level::Error, format!("`view` has no {second:?}"), hint);
        }
        match (first, depth) {
            ("alerts" | "firing" | "resolved" | "gone", 1) => Scope::Alert,
            ("view", 1) => Scope::View,
            _ => Scope::Unknown,
        }
    }
}

fn close(a: &str, b: &str) -> bool {
    a.len().abs_diff(b.len()) <= 2 && a.chars().next() == b.chars().next()
}

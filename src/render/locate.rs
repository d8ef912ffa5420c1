//! Which line of which template wrote a piece of the rendered text.
//!
//! Only for errors: the templates are compiled once more with a position marker before each piece of literal
//! text, rendered with the same data, and the markers counted off. Slow and exact enough.

use super::engine::{self, Source};
use handlebars::Template;
use handlebars::template::TemplateElement;
use serde_json::Value;
use std::collections::BTreeMap;

const OPEN: char = '\u{FDD2}';
const CLOSE: char = '\u{FDD3}';

/// File, line and column of the byte at `offset` of the text that `name` renders.
pub(super) fn locate(sources: &BTreeMap<String, Source>, name: &str, data: Value, offset: usize) -> Option<(String, usize, usize)> {
    let mut registry = engine::registry();
    let files: Vec<&str> = sources.values().map(|source| source.file.as_str()).collect();
    for (at, (name, source)) in sources.iter().enumerate() {
        let mut template = Template::compile_with_name(&source.text, name.clone()).ok()?;
        mark(&mut template, at);
        registry.register_template(name, template);
    }
    let marked = engine::render(&registry, name, data).ok()?;
    let (mut seen, mut last, mut since) = (0usize, None, String::new());
    let mut rest = marked.as_str();
    while !rest.is_empty() && seen <= offset {
        if let Some(after) = rest.strip_prefix(OPEN) {
            let (marker, after) = after.split_once(CLOSE)?;
            let mut numbers = marker.split(':').filter_map(|n| n.parse::<usize>().ok());
            last = Some((numbers.next()?, numbers.next()?, numbers.next()?));
            since.clear();
            rest = after;
            continue;
        }
        let next = rest.find(OPEN).unwrap_or(rest.len());
        let take = next.min(offset + 1 - seen);
        let take = (take..=next).find(|at| rest.is_char_boundary(*at)).unwrap_or(next);
        let piece = &rest[..take];
        since.push_str(piece);
        seen += take;
        rest = &rest[take..];
    }
    let (file, line, column) = last?;
    let newlines = since.matches('\n').count();
    let column = match since.rsplit_once('\n') {
        Some((_, tail)) => tail.chars().count().max(1),
        None => column + since.chars().count().saturating_sub(1),
    };
    Some(((*files.get(file)?).to_owned(), line + newlines, column))
}

/// Puts a marker before each literal and each expression.
fn mark(template: &mut Template, file: usize) {
    let elements = std::mem::take(&mut template.elements);
    let mapping = std::mem::take(&mut template.mapping);
    for (i, mut element) in elements.into_iter().enumerate() {
        let (line, column) = mapping.get(i).map_or((1, 1), |mapping| (mapping.0, mapping.1));
        match &mut element {
            TemplateElement::HelperBlock(helper) => {
                helper.template.iter_mut().chain(helper.inverse.iter_mut()).for_each(|inner| mark(inner, file));
            }
            TemplateElement::PartialBlock(partial) | TemplateElement::DecoratorBlock(partial) => {
                partial.template.iter_mut().for_each(|inner| mark(inner, file));
            }
            TemplateElement::RawString(_) | TemplateElement::Expression(_) | TemplateElement::HtmlExpression(_) => {
                template.elements.push(TemplateElement::RawString(format!("{OPEN}{file}:{line}:{column}{CLOSE}")));
                template.mapping.extend(mapping.get(i).cloned());
            }
            _ => {}
        }
        template.elements.push(element);
        template.mapping.extend(mapping.get(i).cloned());
    }
}

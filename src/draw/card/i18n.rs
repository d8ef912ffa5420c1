//! Texts in the reader's language, where a card has them in several.

use crate::draw::items;
use crate::draw::look::Locale;
use serde_json::{Map, Value};

/// The language texts are taken in: the reader's, unless `config.locales` leaves it out.
pub(super) fn language(card: &Value, locale: Locale) -> &str {
    let wanted = locale.key();
    let mut effective = items(card.pointer("/config/locales")).iter().filter_map(Value::as_str).peekable();
    match effective.peek().copied() {
        Some(first) if !effective.any(|language| language == wanted) => first,
        _ => wanted,
    }
}

/// A property by language: `content` beside `i18n_content` (or 1.0's `i18n`).
pub(super) fn content<'v>(map: &'v Map<String, Value>, language: &str) -> &'v str {
    chosen(map, "content", &["i18n_content", "i18n"], language)
}

/// The value of `plain`, unless one of `by_language` has it in the reader's language.
pub(super) fn chosen<'v>(map: &'v Map<String, Value>, plain: &str, by_language: &[&str], language: &str) -> &'v str {
    let all = || by_language.iter().filter_map(|key| map.get(*key)?.as_object());
    let ours = all().find_map(|texts| texts.get(language)?.as_str()).filter(|text| !text.is_empty());
    let plain = || map.get(plain).and_then(Value::as_str).filter(|text| !text.is_empty());
    let any = || all().find_map(|texts| texts.values().find_map(Value::as_str));
    ours.or_else(plain).or_else(any).unwrap_or_default()
}

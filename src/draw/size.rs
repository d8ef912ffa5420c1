//! Measures of a card: spacing, edges, widths, text sizes. Read as numbers or words, printed anew.

use serde_json::Value;
use std::collections::BTreeMap;

/// Sizes of text by name, as the class that sets them; sizes in pixels are in the style sheet.
const TEXT_SIZES: [&str; 16] = [
    "heading-0",
    "heading-1",
    "heading-2",
    "heading-3",
    "heading-4",
    "heading",
    "normal",
    "notation",
    "xxxx-large",
    "xxx-large",
    "xx-large",
    "x-large",
    "large",
    "medium",
    "small",
    "x-small",
];

/// Whole pixels (`"12px"`) within the bounds.
pub(super) fn px(text: &str, min: i32, max: i32) -> Option<i32> {
    let number = text.trim().strip_suffix("px")?.trim().parse::<f32>().ok()?;
    number.is_finite().then(|| (number.round() as i32).clamp(min, max))
}

/// One to four lengths, as in CSS, clockwise from the top.
pub(super) fn edges(text: &str, min: i32, max: i32) -> Option<String> {
    let parts: Option<Vec<i32>> =
        text.split_whitespace().take(5).map(|part| if part == "0" { Some(0) } else { px(part, min, max) }).collect();
    let parts = parts.filter(|parts| (1..=4).contains(&parts.len()))?;
    Some(parts.iter().map(|n| format!("{n}px")).collect::<Vec<_>>().join(" "))
}

/// A distance between elements: by name or in pixels. 1.0 has a wider `large`.
pub(super) fn spacing(text: &str, v2: bool) -> Option<i32> {
    match text {
        "small" => Some(4),
        "default" | "medium" => Some(8),
        "large" => Some(if v2 { 12 } else { 16 }),
        "extra_large" => Some(16),
        other => px(other, 0, 99),
    }
}

/// The class of a text size; what is not known is the normal size.
pub(super) fn text_class(name: &str) -> Option<&'static str> {
    TEXT_SIZES.iter().find(|known| **known == name).copied().filter(|known| *known != "normal")
}

/// The text sizes that a card defines for itself (`config.style.text_size`): on a computer, on a phone.
#[derive(Debug, Clone, Default)]
pub(super) struct Sizes(BTreeMap<String, (Option<&'static str>, Option<&'static str>)>);

impl Sizes {
    pub fn of(card: &Value) -> Self {
        let defined = card.pointer("/config/style/text_size").and_then(Value::as_object);
        let sizes = defined.into_iter().flatten().take(64).map(|(name, by)| {
            let of = |key: &str| by.get(key).and_then(Value::as_str);
            let class = |key: &str| of(key).or_else(|| of("default")).and_then(text_class);
            (name.clone(), (class("pc"), class("mobile")))
        });
        Self(sizes.collect())
    }

    /// The classes of a text size by name.
    pub fn classes(&self, name: &str) -> String {
        let (wide, narrow) = self.0.get(name).copied().unwrap_or_else(|| (text_class(name), text_class(name)));
        match (wide, narrow) {
            (None, None) => String::new(),
            (wide, narrow) if wide == narrow => format!("sz-{}", wide.unwrap_or("normal")),
            (wide, narrow) => format!("sz-{} nz-{}", wide.unwrap_or("normal"), narrow.unwrap_or("normal")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_come_through() {
        for (text, expected) in [
            ("12px", Some("12px")),
            ("4px 0", Some("4px 0px")),
            ("-4px 8px 4px 200px", Some("-4px 8px 4px 99px")),
            ("12", None),
            ("12px;color:red", None),
            ("1px 2px 3px 4px 5px", None),
            ("infpx", None),
            ("", None),
        ] {
            assert_eq!(edges(text, -99, 99).as_deref(), expected, "{text}");
        }
        assert_eq!(
            (spacing("large", true), spacing("large", false), spacing("7px", true), spacing("x", true)),
            (Some(12), Some(16), Some(7), None)
        );
    }
}

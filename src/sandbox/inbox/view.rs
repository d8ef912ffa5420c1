//! Small pieces that several pages show.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

/// A moment; the script shows it in the reader's zone.
pub(super) fn near(at: Timestamp) -> Markup {
    let text = at.strftime("%H:%M:%S").to_string();
    html! { time datetime=(at.to_string()) data-ms=(at.as_millisecond()) { (text) } }
}

/// A coloured square with the first character of a name.
pub(super) fn avatar(name: &str) -> Markup {
    let sum: u32 = name.chars().map(u32::from).fold(7, |sum, c| sum.wrapping_mul(31).wrapping_add(c));
    let first: String = name.chars().find(|c| c.is_alphanumeric()).into_iter().flat_map(char::to_uppercase).collect();
    html! { span.avatar.{ "tone-" (sum % 7) } aria-hidden="true" { (first) } }
}

/// JSON for people, keys in order.
pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A body as text: JSON for people where it is JSON, and the JSON in its strings opened.
pub(super) fn body(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => pretty(&value),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Bytes as people read them, decimal as the platform counts.
pub(super) fn size(bytes: usize) -> String {
    if bytes < 1000 { format!("{bytes} B") } else { format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100) }
}

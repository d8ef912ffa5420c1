//! Small pieces that pages of both surfaces show.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

/// A moment; the script shows it in the reader's zone, without one it is UTC.
pub fn near(at: Timestamp) -> Markup {
    let text = at.strftime("%m-%d %H:%M:%S").to_string();
    html! { time datetime=(at.to_string()) data-ms=(at.as_millisecond()) { (text) } }
}

/// JSON for people.
pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// A body as text, JSON for people where it is JSON.
pub fn body(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => pretty(&value),
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Bytes as people read them, decimal as the platform counts.
pub fn size(bytes: usize) -> String {
    if bytes < 1000 { format!("{bytes} B") } else { format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100) }
}

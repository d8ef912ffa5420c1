//! What a card says about itself: its width and where it leads as a whole.

use super::first_link;
use serde_json::Value;

/// The class of the width: at most 600 px, 400 px, or all there is.
pub(super) fn width(card: &Value) -> &'static str {
    match card.pointer("/config/width_mode").and_then(Value::as_str) {
        Some("fill") => "w-fill",
        Some("compact") => "w-compact",
        _ => "w-default",
    }
}

/// Where a press on the card leads.
pub(super) fn link(card: &Value) -> Option<String> {
    first_link(card.get("card_link")?.as_object()?)
}

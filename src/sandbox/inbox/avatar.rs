//! Chats and people as coloured squares.

use maud::{Markup, html};

/// A coloured square with the first character of a name.
pub(super) fn avatar(name: &str) -> Markup {
    let sum: u32 = name.chars().map(u32::from).fold(7, |sum, c| sum.wrapping_mul(31).wrapping_add(c));
    let first: String = name.chars().find(|c| c.is_alphanumeric()).into_iter().flat_map(char::to_uppercase).collect();
    html! { span.avatar.{ "tone-" (sum % 7) } aria-hidden="true" { (first) } }
}

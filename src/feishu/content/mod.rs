//! What can be sent: text, post, card.

pub mod card;
pub mod post_rules;

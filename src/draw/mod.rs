//! Message content to HTML, as Feishu's clients draw it: for the sandbox's inbox and the console.
//!
//! Pure: content, a [`Look`] and nothing else. Whatever the content, nothing of it becomes markup: text is escaped, addresses and
//! colours are parsed and printed anew, and what is drawn is bounded. Start with [`message`]; [`card`] has a component per
//! file, [`markdown`] the platform's dialects, [`problem`] what the platform would refuse, `draw.css` how it all looks.
//!
//! What can be pressed carries `data-at` (its JSON pointer in the card), `data-tag` and, where pressing is answered,
//! `data-act="callback"`; links are `<a>`. See [`card`].

mod card;
mod colour;
mod emoji;
mod icon;
mod look;
mod markdown;
mod message;
mod post;
mod preview;
mod problem;
mod size;
#[cfg(test)]
mod tests;
mod text;
mod url;

pub use look::{File, Locale, Look, Nobody, World};

use maud::Markup;
use serde_json::Value;

/// The style sheet. Everything in it is under `.lk-msg`; light and dark follow the system, or `data-theme` on the root.
pub const CSS: &str = include_str!("draw.css");

/// A message of any type. `content` is the parsed `content` of the message (`{"text": ".."}`, a post, a card ..); a
/// type that is not known is named.
pub fn message(msg_type: &str, content: &Value, look: &Look<'_>) -> Markup {
    message::draw(msg_type, content, look)
}

/// A card of JSON 1.0 or 2.0, or a card by template or entity id.
pub fn card(card: &Value, look: &Look<'_>) -> Markup {
    message::draw("interactive", card, look)
}

/// One line of at most 200 characters for a list of chats: a card's summary or title, a post's title, a text's beginning.
pub fn preview(msg_type: &str, content: &Value, look: &Look<'_>) -> String {
    preview::line(msg_type, content, look)
}

/// An emoji of the platform (`DONE`) as a character, or its key in brackets.
pub fn emoji(key: &str) -> String {
    emoji::shown(key)
}

/// The items of a list; of anything else none.
fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

//! JSON 2.0 cards as JSON 1.0, for old clients and for the help desk, which takes nothing else.
//!
//! What 1.0 has under another name is renamed, what it has not becomes text; nothing that can be read,
//! opened or mentioned is lost. Start with [`to_v1`]. `elements` has the components, `active` those people
//! press, `text` and `inline` Markdown, `dates` moments. The result may be larger: the caller fits it again.

mod active;
pub mod dates;
mod elements;
mod inline;
#[cfg(test)]
mod tests;
mod text;

use super::is_v2;
use elements::{Convert, Place};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

/// For whom a card is converted: 2.0 leaves moments to each reader's client, 1.0 needs them as text.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The zone in which moments are written.
    pub timezone: &'a TimeZone,
    /// Whether dates are written in Chinese; otherwise in English.
    pub chinese: bool,
}

/// What of `config` both schemas have.
const CONFIG: [&str; 5] = ["enable_forward", "enable_forward_interaction", "width_mode", "use_custom_translation", "style"];
/// Tags that a header shows.
const MAX_HEADER_TAGS: usize = 3;

/// The card in JSON 1.0. A card that is not 2.0 (1.0 already, a template, an entity) comes back as it is.
pub fn to_v1(card: &Value, reader: &Reader<'_>) -> Value {
    let Some(map) = card.as_object().filter(|_| is_v2(card)) else { return card.clone() };
    let mut convert = Convert::new(card, reader);
    let mut out = Map::new();
    out.insert("config".to_owned(), config(map.get("config")));
    if let Some(link) = map.get("card_link") {
        out.insert("card_link".to_owned(), link.clone());
    }
    if let Some(header) = map.get("header").and_then(Value::as_object) {
        out.insert("header".to_owned(), self::header(header, &convert));
    }
    let elements = map.get("body").and_then(|body| body.get("elements"));
    out.insert("elements".to_owned(), convert.elements(elements, Place::ROOT));
    Value::Object(out)
}

/// 2.0 cards are always shared; 1.0 ones only when they say so, and only then can they be updated.
fn config(config: Option<&Value>) -> Value {
    let mut out = Map::new();
    out.insert("update_multi".to_owned(), true.into());
    for key in CONFIG {
        if let Some(value) = config.and_then(|config| config.get(key)) {
            out.insert(key.to_owned(), value.clone());
        }
    }
    Value::Object(out)
}

fn header(header: &Map<String, Value>, convert: &Convert<'_>) -> Value {
    let mut out = convert.kept(header, &["title", "subtitle", "template", "text_tag_list", "i18n_text_tag_list"]);
    if let Some(Value::Array(tags)) = out.get_mut("text_tag_list") {
        tags.truncate(MAX_HEADER_TAGS);
    }
    if let Some(icon) = header.get("icon").and_then(Value::as_object) {
        let word = |key: &str| icon.get(key).and_then(Value::as_str).filter(|word| !word.is_empty());
        if let Some(token) = word("token") {
            let mut icon = json!({"token": token});
            if let Some(color) = word("color") {
                icon["style"] = json!({"color": color});
            }
            out.insert("ud_icon".to_owned(), icon);
        } else if let Some(key) = word("img_key") {
            out.insert("icon".to_owned(), json!({"img_key": key}));
        }
    }
    Value::Object(out)
}

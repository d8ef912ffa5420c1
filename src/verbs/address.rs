//! Whom a verb is about: addresses as typed, bare ids accepted, and ids checked for their kind.

use super::error::VerbError;
use crate::config::settings::{Address, AddressKind};

/// Reads `kind:value`. Ids that say themselves what they are need no kind: `oc_...`, `ou_...`, `on_...`, `od-...` and
/// e-mail addresses.
///
/// # Errors
/// It is no address; the sentence says how one looks.
pub fn parse(text: &str) -> Result<Address, VerbError> {
    let text = text.trim();
    let kind = match text.get(..3) {
        _ if text.contains(':') => None,
        Some("oc_") => Some(AddressKind::Chat),
        Some("ou_") => Some(AddressKind::OpenId),
        Some("on_") => Some(AddressKind::UnionId),
        Some("od-") => Some(AddressKind::Department),
        _ if text.contains('@') => Some(AddressKind::Email),
        _ => None,
    };
    let address = match kind {
        Some(kind) => Ok(Address { kind, value: text.to_owned() }),
        None => text.parse::<Address>(),
    };
    let address = address.map_err(|why| VerbError::usage(why).at("to"))?;
    address.check().map_err(|looks| VerbError::usage(format!("{text:?} does not look right; {looks}")).at("to"))?;
    Ok(address)
}

/// Checks that an id is one of its kind before it goes into a path.
///
/// # Errors
/// It begins otherwise, or has characters that no id has.
pub fn id<'t>(text: &'t str, prefix: &str, what: &str) -> Result<&'t str, VerbError> {
    let plain = text.len() <= 128 && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-=.".contains(c));
    if plain && text.len() > prefix.len() && text.starts_with(prefix) {
        return Ok(text);
    }
    let begins = if prefix.is_empty() { String::new() } else { format!("; it begins with {prefix}") };
    Err(VerbError::usage(format!("{text:?} is not the id of {what}{begins}")))
}

/// A message's id.
///
/// # Errors
/// As [`id`].
pub fn message(text: &str) -> Result<&str, VerbError> {
    id(text, "om_", "a message")
}

/// A chat's id, with or without `chat:`.
///
/// # Errors
/// As [`id`].
pub fn chat(text: &str) -> Result<&str, VerbError> {
    id(text.strip_prefix("chat:").unwrap_or(text), "oc_", "a chat")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_ids_say_what_they_are() {
        for (text, expected) in [
            ("oc_1", "chat:oc_1"),
            ("ou_1", "open_id:ou_1"),
            ("od-1", "department:od-1"),
            ("li@example.com", "email:li@example.com"),
            ("team:db", "team:db"),
            ("broadcast:[open_id:ou_1,team:db]", "broadcast:[open_id:ou_1,team:db]"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), expected);
        }
        for (text, part) in
            [("li", "not an address"), ("chta:oc_1", "did you mean chat?"), ("chat:oc 1", "a character"), ("email:li", "looks like")]
        {
            assert!(parse(text).unwrap_err().message.contains(part), "{text}: {:?}", parse(text));
        }
    }

    #[test]
    fn ids_stay_ids() {
        assert_eq!(chat("chat:oc_1").unwrap(), "oc_1");
        for wrong in ["oc_1", "om_", "om_1/../x", "om_1 2", ""] {
            assert!(message(wrong).is_err(), "{wrong}");
        }
    }
}

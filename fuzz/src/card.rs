//! Any JSON as a card, a post or a text; any bytes as a picture.
//!
//! Promised: validating, counting, converting and drawing never break; a card in the old schema keeps nothing of the
//! new one; what is drawn has no markup but ours and stays in proportion; a plain post has only what a custom bot may send; sizes are never counted too small. Parts: choices (as
//! what, zone, language, switches), the JSON or the picture.

use super::parts::Parts;
use jiff::tz::{Offset, TimeZone};
use larkhook::cli::view;
use larkhook::draw::{self, Locale, Look, Nobody};
use larkhook::feishu::content::card::v1::{Reader, to_v1};
use larkhook::feishu::content::{Channel, Content, card, picture, post_rules, size};
use larkhook::render::finish;
use serde_json::Value;

/// Runs one input.
pub fn run(data: &[u8]) {
    let parts = Parts::of(data);
    let body = parts.tail();
    match parts.choice(0, 4) {
        0 => json(body, |value| a_card(&parts, value)),
        1 => json(body, a_post),
        2 => a_text(&String::from_utf8_lossy(body)),
        _ => a_picture(body),
    }
}

fn json(body: &[u8], check: impl FnOnce(Value)) {
    if let Ok(value) = serde_json::from_slice(body) {
        check(value);
    }
}

fn a_card(parts: &Parts<'_>, value: Value) {
    let (faults, refs) = card::inspect(&value);
    assert_eq!((&faults, &refs), (&card::validate(&value), &card::refs(&value)));
    for fault in &faults {
        assert!(!fault.message.is_empty() && fault.code != 0 && !fault.to_string().is_empty(), "{fault:?}");
    }
    assert!(card::count_elements(&value) >= card::count_tables(&value) || card::is_v2(&value));
    let zone = parts.pick(1, &[0_i8, 8, -5]);
    let timezone = TimeZone::fixed(Offset::constant(zone));
    let reader = Reader { timezone: &timezone, chinese: parts.choice(2, 2) == 0 };
    let old = to_v1(&value, &reader);
    assert!(!card::is_v2(&old), "{old}");
    assert_eq!(to_v1(&old, &reader), old, "a second time changes nothing");
    if card::is_v2(&value) {
        assert!(old.get("body").is_none() && old.get("schema").is_none(), "{old}");
    }
    let _ = card::inspect(&old);
    let (tables, rich) = (parts.choice(3, 6), parts.choice(4, 2) == 0);
    let mut simple = value.clone();
    finish::simplify(&mut simple, if rich { tables } else { 0 }, rich);
    assert!(size::tables(&simple) <= size::tables(&value), "simpler, with more tables: {simple}");
    let _ = card::inspect(&simple);
    sized(&Content::Card(value), "interactive");
}

fn a_post(value: Value) {
    let faults = post_rules::validate(&value, false);
    for fault in faults.iter().chain(&post_rules::validate(&value, true)) {
        assert!(!fault.message.is_empty(), "{fault:?}");
    }
    let _ = (post_rules::images(&value), post_rules::files(&value));
    let plain = finish::plain_post(value.clone());
    if faults.is_empty() {
        assert_eq!(post_rules::validate(&plain, true), [], "{plain} of {value}");
    }
    sized(&Content::Post(value), "post");
}

fn a_text(text: &str) {
    let _ = (card::is_url(text), post_rules::is_link(text), finish::unescape(text));
    sized(&Content::Text(text.to_owned()), "text");
}

/// Sizes, what is seen of it, and how it looks in a terminal and a browser.
fn sized(content: &Content, msg_type: &str) {
    let text = content.to_content_string();
    let in_a_string = Value::from(text.as_str()).to_string().len();
    assert!(content.wire_bytes_for(Channel::App) >= in_a_string, "{text}");
    assert!(content.wire_bytes_for(Channel::Legacy) >= in_a_string, "{text}");
    assert!(content.wire_bytes_for(Channel::CustomBot) >= text.len(), "{text}");
    let _ = content.visible_text();
    let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    for columns in [0, 1, 40, 400] {
        let mut out = Vec::new();
        let lines = view::draw(msg_type, &value, columns);
        assert!(view::write(&mut out, "  ", &lines).is_ok());
    }
    let _ = view::headline(msg_type, &value);
    let html = draw::message(msg_type, &value, &Look::new(Locale::Zh, &Nobody)).0;
    assert!(html.len() <= 40 * text.len() + 250_000, "{} bytes of {text}", html.len());
    assert!(!html.contains("<script") && !html.contains("=\"javascript:"), "{html}");
    let _ = draw::preview(msg_type, &value, &Look::new(Locale::En, &Nobody));
}

fn a_picture(bytes: &[u8]) {
    let format = picture::Format::of(bytes);
    match picture::inspect(bytes) {
        Ok(found) => {
            let size = found.size(bytes);
            assert_eq!(Some(found), format);
            assert!(size.is_some_and(|(width, height)| width > 0 && height > 0 && width.max(height) <= found.most()), "{found:?} {size:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty() && (format.is_none() || error != picture::PictureError::Unknown)),
    }
}

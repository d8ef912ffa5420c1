//! The style sheet: every class that is drawn has a rule, and text can be read on its ground in both themes.

use super::*;
use std::collections::{BTreeMap, BTreeSet};

const CSS: &str = crate::draw::CSS;

/// Classes that only tell things apart.
const BARE: &[&str] = &[
    "lk-rich",
    "lk-text",
    "lk-form",
    "flow",
    "lk-soft",
    "lk-name",
    "b-default",
    "s-medium",
    "stretch",
    "w-fill",
    "r-low",
    "r-auto",
    "fx-none",
    "lk-txt",
];

#[test]
fn every_class_has_a_rule() {
    let mut bare = BTreeSet::new();
    for (_, msg_type, content) in gallery_pieces() {
        let html = message(msg_type, &content, &look(Locale::Zh)).into_string();
        for classes in html.split("class=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let unknown = classes.split_whitespace().filter(|class| {
                let rule = format!(".{class}");
                !CSS.match_indices(&rule)
                    .any(|(at, _)| !CSS[at + rule.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_'))
            });
            bare.extend(unknown.filter(|class| !BARE.contains(class)).map(str::to_owned));
        }
    }
    assert!(bare.is_empty(), "{bare:?}");
}

/// `--name: light-dark(#.., #..)` and `--name: var(--other)`.
fn variables() -> BTreeMap<String, [[f64; 3]; 2]> {
    let colour = |text: &str| {
        let hex = text.trim().strip_prefix('#')?;
        let channel = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok().map(|c| f64::from(c) / 255.0);
        Some([channel(0)?, channel(2)?, channel(4)?])
    };
    let mut found = BTreeMap::new();
    for part in CSS.split("--lk-").skip(1) {
        let Some((name, rest)) = part.split_once(": light-dark(") else { continue };
        let Some((light, dark)) = rest.split(')').next().and_then(|pair| pair.split_once(',')) else { continue };
        if let (Some(light), Some(dark)) = (colour(light), colour(dark)) {
            found.insert(name.to_owned(), [light, dark]);
        }
    }
    found
}

fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let linear = |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
    let light = |c: [f64; 3]| 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
    let (a, b) = (light(a), light(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_can_be_read_on_its_ground() {
    let variables = variables();
    let hues: Vec<&str> = variables.keys().filter_map(|name| name.strip_suffix("-500")).collect();
    assert_eq!(hues.len(), 14);
    let mut pairs: Vec<(String, String)> = Vec::new();
    for ground in ["ground", "sunken", "bubble"] {
        pairs.extend(["text", "text-2", "link"].map(|text| (text.to_owned(), ground.to_owned())));
    }
    for hue in hues {
        pairs.extend(["ground", "sunken"].map(|ground| (hue.to_owned(), ground.to_owned())));
        pairs.extend([format!("{hue}-100"), "ground".to_owned()].map(|ground| (format!("{hue}-on"), ground)));
        pairs.extend([format!("{hue}-100"), format!("{hue}-200")].map(|ground| (format!("{hue}-head"), ground)));
        pairs.push(("white".to_owned(), format!("{hue}-solid")));
    }
    pairs.push(("red-900".to_owned(), "red-50".to_owned()));
    let mut wrong = Vec::new();
    for (text, ground) in &pairs {
        for theme in [0, 1] {
            let letters = if text == "white" { [1.0; 3] } else { variables[text][theme] };
            let found = contrast(letters, variables[ground][theme]);
            if found < 4.5 {
                wrong.push(format!("{text} on {ground} in theme {theme}: {found:.2}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

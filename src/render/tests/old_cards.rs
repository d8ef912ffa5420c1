//! Every shipped card as JSON 1.0: the platform takes it, and nothing that can be read, opened or mentioned is lost.

use super::states::{render, storms, views};
use super::*;
use crate::feishu::content::card::v1::{Reader, to_v1};
use crate::feishu::content::card::{inspect, is_url, is_v2};
use std::collections::BTreeSet;

fn converted(card: &Value, locale: Locale) -> Value {
    let timezone = TimeZone::get("Asia/Shanghai").unwrap();
    to_v1(card, &Reader { timezone: &timezone, chinese: locale == Locale::Zh })
}

/// The card without what only the chat list shows.
fn shown(card: &Value) -> Value {
    let mut shown = card.clone();
    if let Some(config) = shown.pointer_mut("/config").and_then(Value::as_object_mut) {
        config.remove("summary");
    }
    shown
}

/// What a person reads, word by word. Moments are told apart from words.
fn words(card: &Value) -> Vec<String> {
    let text = Content::Card(shown(card)).visible_text();
    let mut bare = String::new();
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                bare.push(' ');
            }
            _ if !in_tag => bare.push(c),
            _ => {}
        }
    }
    let mut words: Vec<String> = bare.split_whitespace().map(str::to_owned).collect();
    words.sort_unstable();
    words
}

/// Every address, wherever it stands.
fn links(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if is_url(text) => {
            out.insert(text.clone());
        }
        Value::String(text) => {
            for part in text.split("](").skip(1) {
                out.extend(part.split(')').next().map(str::to_owned));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| links(item, out)),
        Value::Object(map) => map.values().for_each(|item| links(item, out)),
        _ => {}
    }
}

fn links_of(card: &Value) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    links(&shown(card), &mut out);
    out
}

/// Values that would be markup if they were not escaped, in every place that has one.
fn hostile() -> View {
    let mut view = view_of(&[("service", "`a` <br> | b |"), ("zone", "# x\n> y\n---\n* z")]);
    for name in ["summary", "description", "value"] {
        let text = "# **b** `c` <at id=all></at> [l](https://x.example)\n| a | b |\n|---|---|\n<local_datetime millisecond='1'>";
        view.alerts[0].alert.annotations.insert(name.to_owned(), text.to_owned());
    }
    view
}

#[test]
fn every_shipped_card_has_an_old_form() {
    let names: Vec<String> =
        built_in().templates().into_iter().filter(|(_, kind, _)| *kind == ContentKind::Card).map(|(name, ..)| name).collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in &names {
        for (state, view) in views().into_iter().chain(storms()).chain([("hostile", hostile())]) {
            for locale in [Locale::Zh, Locale::En] {
                let new = value_of(&render(name, ContentKind::Card, &view, locale)).clone();
                let old = converted(&new, locale);
                let what = format!("{name} {state} {locale:?}: {old:#}");
                assert!(is_v2(&new) && !is_v2(&old), "{what}");
                let (faults, refs) = inspect(&old);
                assert_eq!(faults, [], "{what}");
                let people = |refs: &crate::feishu::content::card::Refs| {
                    refs.people.iter().chain(&refs.emails).map(|(_, id)| id.clone()).collect::<BTreeSet<_>>()
                };
                assert_eq!((people(&refs), refs.at_all), (people(&inspect(&new).1), inspect(&new).1.at_all), "{what}");
                assert_eq!(links_of(&old), links_of(&new), "{what}");
                // Moments are words only in the old card.
                let mut left = words(&old);
                for word in words(&new) {
                    let at = left.iter().position(|other| *other == word);
                    assert!(at.is_some(), "{word:?} is lost in {what}");
                    left.remove(at.unwrap());
                }
                assert!(
                    left.iter().all(|word| word.contains(['月', ':']) || word.chars().all(char::is_alphanumeric)),
                    "{left:?} in {what}"
                );
                assert!(serde_json::to_string(&old).unwrap().len() < 30_000, "{what}");
                assert_eq!(converted(&old, locale), old);
            }
        }
    }
}

#[test]
fn old_cards_look_so() {
    for (template, state, locale) in [("incident", "many", Locale::Zh), ("grafana", "grafana", Locale::En)] {
        let (_, view) = views().into_iter().find(|(name, _)| *name == state).unwrap();
        let card = converted(value_of(&render(template, ContentKind::Card, &view, locale)), locale);
        insta::assert_json_snapshot!(format!("old_{template}_card_{state}"), card);
    }
}

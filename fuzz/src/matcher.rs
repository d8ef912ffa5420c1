//! Matchers, trees made of them, and time intervals.
//!
//! Promised: what is printed reads back as the same; a tree routes as its matchers one by one would; what explains a
//! route agrees with what routes; no time breaks an interval. Parts by the first choice: a list and a value; label
//! pairs and lists of matchers; an interval as JSON and a moment.

use super::parts::Parts;
use larkhook::alert::Labels;
use larkhook::alert::matcher::Matcher;
use larkhook::alert::time_interval::{RawTimeInterval, TimeInterval};
use larkhook::config::load_str;
use larkhook::route::Tree;
use std::path::Path;

/// Runs one input.
pub fn run(data: &[u8]) {
    let parts = Parts::of(data);
    match parts.choice(0, 3) {
        0 => text(parts),
        1 => tree(parts),
        _ => interval(parts),
    }
}

fn text(mut parts: Parts<'_>) {
    let (text, value) = (parts.text(), parts.text());
    let list = match Matcher::parse_list(&text) {
        Ok(list) => list,
        Err(error) => {
            assert!(error.column >= 1 && error.column <= text.chars().count() + 1, "{error} in {text:?}");
            return;
        }
    };
    for matcher in &list {
        let printed = matcher.to_string();
        let back = Matcher::parse(&printed).unwrap_or_else(|error| panic!("{printed:?} of {text:?}: {error}"));
        assert_eq!(&back, matcher, "{printed:?} of {text:?}");
        assert_eq!(back.to_string(), printed);
        assert_eq!(back.matches_value(&value), matcher.matches_value(&value));
        let labels = Labels::from([(matcher.name.clone(), value.to_string())]);
        assert_eq!(matcher.matches(&labels), matcher.matches_value(&value));
    }
    let printed = list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    for all in [printed.clone(), format!("{{{printed}}}")] {
        assert_eq!(Matcher::parse_list(&all).as_ref(), Ok(&list), "{all:?} of {text:?}");
    }
}

/// The first part has pairs of names and values in lines, each other part is a route with its matchers in lines.
fn tree(mut parts: Parts<'_>) {
    let labels: Labels = parts
        .text()
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(name, value)| !name.is_empty() && !value.is_empty() && !name.starts_with("__"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let goes_on = parts.choice(1, 64);
    let texts = parts.texts();
    let mut routes: Vec<Vec<Matcher>> = Vec::new();
    for text in texts.iter().take(12) {
        let read: Result<Vec<Matcher>, _> = text.lines().map(Matcher::parse).collect();
        match read {
            // An empty list of matchers takes everything and a warning; the naive walk below does the same.
            Ok(matchers) => routes.push(matchers),
            Err(_) => return,
        }
    }
    let mut config = String::from(
        "fallback: all\nfeishu: { apps: { ops: { platform: sandbox } } }\nsources: { am: { kind: alertmanager, auth: none } }\n\
         receivers: [{ name: all, send: [{ to: chat:oc_a }] }]\nroute:\n  receiver: all\n  routes:\n",
    );
    for (at, matchers) in routes.iter().enumerate() {
        let quoted: Vec<String> = matchers.iter().map(|matcher| yaml(&matcher.to_string())).collect();
        let continues = goes_on & (1 << (at % 6)) != 0;
        config.push_str(&format!("    - {{ matchers: [{}], continue: {continues}, receiver: all }}\n", quoted.join(", ")));
    }
    let Ok(loaded) = load_str(&config, "fuzz.yaml", Path::new("/nonexistent"), &|_| None) else { return };
    let tree = Tree::new(&loaded.settings).unwrap_or_else(|error| panic!("{error}"));
    let now = jiff::Timestamp::UNIX_EPOCH;
    let found: Vec<String> = tree.route(&labels, "am", "team", now).into_iter().map(|hit| hit.path.to_owned()).collect();
    let value = |name: &str| match name {
        "__source__" => Some("am"),
        "__receiver__" => Some("team"),
        name => labels.get(name).map(String::as_str),
    };
    let mut wanted = Vec::new();
    for (at, matchers) in routes.iter().enumerate() {
        if matchers.iter().all(|matcher| matcher.matches_with(value)) {
            wanted.push(format!("route.routes[{at}]"));
            if goes_on & (1 << (at % 6)) == 0 {
                break;
            }
        }
    }
    if wanted.is_empty() {
        wanted.push("route".to_owned());
    }
    assert_eq!(found, wanted, "{labels:?} by {routes:#?}");
    let explained: Vec<String> = tree.explain(&labels, "am", "team", now).hits.into_iter().map(|hit| hit.path).collect();
    assert_eq!(explained, wanted, "explained");
}

/// A text in YAML's double quotes; `$` cannot start a variable there.
fn yaml(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_ascii_graphic() && c != '$' => out.push(c),
            '$' => out.push_str("\\x24"),
            c if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

fn interval(mut parts: Parts<'_>) {
    let (text, at) = (parts.bytes(), parts.text());
    let Ok(raw) = serde_json::from_slice::<RawTimeInterval>(text) else { return };
    match TimeInterval::parse(&raw) {
        Ok(interval) => {
            let at = at.parse::<jiff::Timestamp>().unwrap_or_default();
            for at in [at, jiff::Timestamp::MIN, jiff::Timestamp::MAX] {
                assert_eq!(interval.contains(at), interval.contains(at));
            }
        }
        Err(error) => assert!(!error.field.is_empty() && !error.message.is_empty(), "{error}"),
    }
}

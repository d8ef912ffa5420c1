//! Nothing in an alert can break or hijack a message: hostile strings in every label and annotation give the
//! structure of harmless ones, the configured mentions, allowed links, and show the text that was given.

use super::shown::{links, mentions, skeleton, strings};
use super::*;
use crate::render::write::escape::{is_noise, newlines};
use proptest::prelude::*;

/// Pieces that mean something somewhere.
const PIECES: &[&str] = &[
    "<at id=all></at>",
    "<at user_id=\"all\">x</at>",
    "<",
    ">",
    "at id=all>",
    "</font>",
    "<font color='red'>",
    "<b>",
    "]",
    "[",
    "](",
    "(",
    ")",
    "https://evil.test/",
    "javascript:alert(1)",
    "![x](img)",
    "**",
    "*",
    "~~",
    "__",
    "_",
    "`",
    "```",
    "\n```\n",
    "\n",
    "\r\n",
    "\u{2028}",
    "# ",
    "- ",
    "1. ",
    "> ",
    "|",
    "---",
    "\"",
    "\\",
    "\\\"",
    "\"}]}",
    ",",
    "{{x}}",
    "}}",
    "{{{",
    "&#60;",
    "&lt;",
    "&",
    ":DONE:",
    "$",
    "'",
    "\u{FDD0}aYWxs\u{FDD1}",
    "\u{FDD1}",
    "\u{FDD2}",
    "\u{202E}",
    "\u{200B}",
    "\0",
    "\u{7}",
    "\t",
    "    ",
    "中文",
    "👩‍💻",
    "é",
    "<br/>",
    "<hr>",
    "<raw>",
    "\\u003c",
    "\\n",
    "tag",
    "null",
    "true",
    "0",
    "x",
];

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(PIECES), 1..8).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(any::<char>(), 1..20).prop_map(|chars| chars.into_iter().collect()),
    ]
    // Long texts are cut and empty ones left out, which is another matter.
    .prop_map(|text| format!("v{}w", text.chars().take(60).collect::<String>()))
}

/// The same lines without anything special in them.
fn harmless(text: &str) -> String {
    let lines = newlines(text).chars().map(|c| if c == '\n' { '\n' } else { 'x' }).collect::<String>();
    format!("v{}w", lines.get(1..lines.len() - 1).unwrap_or_default())
}

/// A view with `text` everywhere but in links.
fn view(text: &str, alerts: usize) -> View {
    let mut view = samples::view(&vec![State::Firing; alerts], Severity::Critical, now());
    for (i, a) in view.alerts.iter_mut().enumerate() {
        for (name, value) in a.alert.labels.iter_mut() {
            *value = if name == "instance" { format!("{i}{text}") } else { text.to_owned() };
        }
        for (name, value) in a.alert.annotations.iter_mut().filter(|(name, _)| *name != "runbook_url") {
            *value = if name == "description" { format!("d{text}") } else { text.to_owned() };
        }
        a.alert.annotations.insert("other".into(), text.into());
        a.alert.generator_url = "https://prometheus.example.com/graph?x=1".into();
    }
    for value in view.group_labels.values_mut() {
        *value = text.to_owned();
    }
    view.receiver = text.into();
    view.group_key = text.into();
    view
}

/// Reads a card's markdown back: tags away, entities to characters.
fn decode(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.replace("<br/>", "\n");
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        rest.replace_range(..end, "");
    }
    out.push_str(&rest);
    crate::render::finish::unescape(&out)
}

/// White space in one form, noise away: what the documented substitutions leave the same.
fn seen(text: &str) -> String {
    let clean = crate::render::marks::clean(text);
    let text: String = newlines(&clean).chars().filter(|c| !is_noise(*c) && *c != '\u{200B}').collect();
    text.replace('\u{A0}', " ").replace('＜', "<").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn render(renderer: &Renderer, template: &str, kind: ContentKind, view: &View, channel: Channel) -> Content {
    let people = [mention("ou_1"), mention("ou_2")];
    let mut ask = request(template, kind, view);
    ask.mentions = &people;
    ask.channel = channel;
    renderer.try_render(&ask).unwrap_or_else(|e| panic!("{template}: {e}")).content
}

fn check(renderer: &Renderer, text: &str) {
    for alerts in [1, 2, 5] {
        let (evil, good) = (view(text, alerts), view(&harmless(text), alerts));
        for (template, kind) in ["incident", "compact", "grafana", "safe"]
            .into_iter()
            .flat_map(|t| [ContentKind::Card, ContentKind::Post, ContentKind::Text].map(|kind| (t, kind)))
        {
            for channel in [Channel::App, Channel::CustomBot] {
                let shown = render(renderer, template, kind, &evil, channel);
                let wanted = render(renderer, template, kind, &good, channel);
                let what = format!("{template} {kind:?} {alerts} with {text:?}");
                assert_eq!(mentions(&shown), mentions(&wanted), "mentions of {what}");
                for link in links(&shown) {
                    let url = url::Url::parse(&link).unwrap_or_else(|e| panic!("{link:?} of {what}: {e}"));
                    assert!(matches!(url.scheme(), "http" | "https" | "applink") && url.username().is_empty(), "{link} of {what}");
                    assert!(url.host_str() != Some("evil.test"), "{link} of {what}");
                }
                assert_eq!(links(&shown).len(), links(&wanted).len(), "links of {what}");
                match (&shown, &wanted) {
                    (Content::Text(shown), Content::Text(wanted)) => {
                        assert_eq!(shown.lines().count(), wanted.lines().count(), "lines of {what}");
                        let tags = |text: &str| text.matches("<at ").count() + text.matches("</").count() + text.matches("<b").count();
                        assert_eq!(tags(shown), tags(wanted), "tags of {what}:\n{shown}");
                        assert!(seen(shown).contains(&seen(text)), "text of {what}:\n{shown}");
                    }
                    (Content::Card(shown) | Content::Post(shown), Content::Card(wanted) | Content::Post(wanted)) => {
                        assert_eq!(skeleton(shown, "", ""), skeleton(wanted, "", ""), "structure of {what}");
                        let mut all = Vec::new();
                        strings(shown, "", "", &mut all);
                        let reads: Vec<String> = all
                            .iter()
                            .filter(|(_, key, _)| !key.ends_with("url"))
                            .map(|(tag, _, text)| seen(&if *tag == "markdown" { decode(text) } else { (*text).to_owned() }))
                            .collect();
                        // In a title verbatim, in a list as one alert's name.
                        assert!(reads.iter().any(|read| read.contains(&seen(text))), "text of {what}: {reads:#?}");
                        if alerts == 2 && template == "incident" && kind == ContentKind::Card {
                            let name = seen(&format!("1{text}"));
                            assert!(reads.iter().any(|read| read.contains(&name)), "{name:?} of {what}: {reads:#?}");
                        }
                    }
                    _ => panic!("kinds differ"),
                }
            }
        }
    }
}

#[test]
fn every_hostile_piece_alone() {
    let renderer = built_in();
    for piece in PIECES {
        check(renderer, &format!("v{piece}w"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn no_value_changes_more_than_its_own_text(text in hostile()) {
        check(built_in(), &text);
    }

    #[test]
    fn no_link_gets_through_unchecked(link in prop_oneof![hostile(), "(https?|ftp|javascript|applink|data|HTTP):/{0,3}[a-z@.:/\\\\\"'<>() ]{0,30}"]) {
        let mut view = samples::view(&[State::Firing], Severity::Critical, now());
        let a = &mut view.alerts[0].alert;
        a.annotations.insert("runbook_url".into(), link.clone());
        a.generator_url.clone_from(&link);
        a.extra.insert("dashboardURL".into(), link.clone().into());
        a.extra.insert("silenceURL".into(), link.clone().into());
        view.external_url = link;
        let renderer = built_in();
        for kind in [ContentKind::Card, ContentKind::Post, ContentKind::Text] {
            for found in links(&render(renderer, "grafana", kind, &view, Channel::App)) {
                let url = url::Url::parse(&found).unwrap_or_else(|e| panic!("{found:?}: {e}"));
                prop_assert!(matches!(url.scheme(), "http" | "https" | "applink"), "{}", found);
                prop_assert!(url.username().is_empty() && url.password().is_none() && url.has_host(), "{}", found);
            }
        }
    }
}

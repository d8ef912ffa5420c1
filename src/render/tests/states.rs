//! Snapshots of the shipped templates in every state and both languages.

use super::*;
use serde_json::json;

const KINDS: [ContentKind; 3] = [ContentKind::Card, ContentKind::Post, ContentKind::Text];

pub(super) fn views() -> Vec<(&'static str, View)> {
    let mut views = samples::all(now());
    let mut duplicate = samples::view(&[State::Firing], Severity::Warning, now());
    duplicate.possible_duplicate = true;
    views.push(("duplicate", duplicate));
    let mut info = samples::view(&[State::Firing], Severity::Info, now());
    info.update = 4;
    views.push(("info", info));
    let mut cut = samples::view(&[State::Firing; 5], Severity::Critical, now());
    cut.truncated = 32;
    cut.update = 4;
    for (i, a) in cut.alerts.iter_mut().enumerate() {
        a.severity = if i % 2 == 0 { Severity::Critical } else { Severity::Warning };
        a.alert.annotations.insert("summary".into(), format!("实例 {i} 的错误率过高"));
        a.alert.starts_at = now() - jiff::SignedDuration::from_hours(30 + i as i64);
    }
    views.push(("truncated", cut));
    views
}

/// What any shipped template may have to carry.
pub(super) fn storms() -> Vec<(&'static str, View)> {
    samples::storms(now())
}

pub(super) fn render(template: &str, kind: ContentKind, view: &View, locale: Locale) -> Content {
    let renderer = built_in();
    let people = [mention("ou_00000000000000000000000000000001")];
    let mut ask = request(template, kind, view);
    ask.locale = locale;
    ask.mentions = &people;
    let rendered = renderer.try_render(&ask).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(rendered.warnings, []);
    rendered.content
}

#[test]
fn incident_cards() {
    for (state, view) in views() {
        for (locale, name) in [(Locale::Zh, "zh"), (Locale::En, "en")] {
            insta::assert_json_snapshot!(
                format!("incident_card_{state}_{name}"),
                value_of(&render("incident", ContentKind::Card, &view, locale))
            );
        }
    }
}

#[test]
fn other_cards() {
    for template in ["compact", "grafana", "safe"] {
        for (state, view) in views().into_iter().filter(|(state, _)| ["firing", "many", "resolved", "grafana"].contains(state)) {
            insta::assert_json_snapshot!(
                format!("{template}_card_{state}"),
                value_of(&render(template, ContentKind::Card, &view, Locale::Zh))
            );
        }
    }
}

#[test]
fn digests() {
    let renderer = Renderer::new(&[], RenderOptions { public_url: Some("https://larkhook.example.com/".into()), ..options() }).unwrap();
    for (locale, name) in [(Locale::Zh, "zh"), (Locale::En, "en")] {
        let (mut texts, mut others) = (String::new(), serde_json::Map::new());
        for (state, view) in storms() {
            let shown = |kind| {
                let rendered = renderer.try_render(&Request { locale, ..request("digest", kind, &view) }).unwrap_or_else(|e| panic!("{e}"));
                assert_eq!(rendered.warnings, []);
                rendered.content
            };
            let Content::Text(text) = shown(ContentKind::Text) else { panic!() };
            assert!(text.lines().count() <= 12, "{state}: {text}");
            texts.push_str(&format!("--- {state}\n{text}\n"));
            for kind in [ContentKind::Card, ContentKind::Post] {
                others.insert(format!("{state} {}", kind.as_str()), value_of(&shown(kind)).clone());
            }
        }
        insta::assert_snapshot!(format!("digest_text_{name}"), texts);
        insta::assert_json_snapshot!(format!("digest_{name}"), others);
    }
}

#[test]
fn posts_and_texts() {
    for template in ["incident", "compact", "safe", "grafana"] {
        for (locale, name) in [(Locale::Zh, "zh"), (Locale::En, "en")] {
            let mut texts = String::new();
            let mut posts = serde_json::Map::new();
            for (state, view) in views() {
                let Content::Text(text) = render(template, ContentKind::Text, &view, locale) else { panic!() };
                assert!(text.lines().count() <= 12, "{template} {state}: {text}");
                texts.push_str(&format!("--- {state}\n{text}\n"));
                posts.insert(state.to_owned(), value_of(&render(template, ContentKind::Post, &view, locale)).clone());
            }
            insta::assert_snapshot!(format!("{template}_text_{name}"), texts);
            insta::assert_json_snapshot!(format!("{template}_post_{name}"), posts);
        }
    }
}

#[test]
fn a_failed_template_says_so_in_every_kind() {
    for kind in KINDS {
        let renderer = built_in();
        let view = samples::view(&[State::Firing, State::Firing], Severity::Critical, now());
        let rendered = renderer.render(&request("no-such-template", kind, &view));
        let failure = rendered.failure.clone().unwrap();
        let shown = match &rendered.content {
            Content::Text(text) => json!(text),
            other => value_of(other).clone(),
        };
        assert!(failure.message.contains("no-such-template"));
        insta::assert_json_snapshot!(format!("failed_{}", kind.as_str()), shown);
    }
}

#[test]
fn custom_bots_get_what_they_document() {
    let renderer = built_in();
    let view = samples::view(&[State::Firing], Severity::Critical, now());
    let people = [Mention::All, mention("ou_1")];
    for kind in KINDS {
        let mut ask = request("incident", kind, &view);
        ask.channel = Channel::CustomBot;
        ask.limit = Limit::custom_bot();
        ask.mentions = &people;
        ask.keyword = Some("监控");
        let rendered = renderer.try_render(&ask).unwrap();
        let all = rendered.content.to_content_string();
        assert!(all.contains("监控") && all.contains("ou_1"), "{all}");
        assert!(!all.contains("callback") && !all.contains("](") && !all.contains("\"style\""), "{all}");
        if let Content::Text(text) = &rendered.content {
            assert!(text.starts_with("监控 ") && text.contains("处理手册: https://runbooks.example.com/HighErrorRate"), "{text}");
        }
    }
}

#[test]
fn links_of_alerts_are_rewritten() {
    let mut view = samples::view(&[State::Firing], Severity::Critical, now());
    view.alerts[0].alert.generator_url = "http://prometheus-0:9090/graph?g0.expr=up".into();
    let card = render("incident", ContentKind::Card, &view, Locale::En).to_content_string();
    assert!(card.contains("https://prometheus.example.com/graph?g0.expr=up") && !card.contains("prometheus-0"), "{card}");
}

#[test]
fn the_platform_accepts_every_shipped_message() {
    let renderer = built_in();
    let people = [Mention::All, mention("ou_00000000000000000000000000000001")];
    for (name, kind, _) in renderer.templates() {
        for (state, view) in views().into_iter().chain(storms()) {
            for (channel, no_rich) in [(Channel::App, false), (Channel::App, true), (Channel::CustomBot, false)] {
                let mut ask = request(&name, kind, &view);
                ask.channel = channel;
                ask.degrade.no_rich = no_rich;
                ask.mentions = &people;
                let rendered = renderer.try_render(&ask).unwrap();
                let what = format!("{name}.{} {state} {channel:?}", kind.as_str());
                match &rendered.content {
                    Content::Card(card) => {
                        let faults = crate::feishu::content::card::validate(card);
                        assert!(faults.is_empty(), "{what}: {faults:#?}\n{card:#}");
                    }
                    Content::Post(post) => {
                        let faults = crate::feishu::content::post_rules::validate(post, channel == Channel::CustomBot);
                        assert!(faults.is_empty(), "{what}: {faults:?}");
                    }
                    Content::Text(text) => assert!(!text.is_empty(), "{what}"),
                }
            }
        }
    }
}

//! What people see: every shipped template drawn in both languages, and a page to look at.
//!
//! `cargo test --test it draw` writes the page to `target/tmp/draw`: every component and every template, light and dark.

#[path = "../../src/draw/tests/html.rs"]
mod html;

use larkhook::config::settings::{ContentKind, Locale};
use larkhook::draw::{self, Look, World};
use larkhook::render::model::{Mention, View};
use larkhook::render::{Channel, Content, Degrade, Limit, RenderOptions, Renderer, Request, samples};
use maud::{DOCTYPE, Markup, PreEscaped};
use serde_json::{Value, json};

/// One person is known.
struct One;

impl World for One {
    fn person(&self, id: &str) -> Option<String> {
        (id == "ou_00000000000000000000000000000001").then(|| "王磊".to_owned())
    }
    fn image(&self, _: &str) -> Option<String> {
        None
    }
}

const LANGUAGES: [(Locale, draw::Locale, &str); 2] = [(Locale::Zh, draw::Locale::Zh, "zh"), (Locale::En, draw::Locale::En, "en")];

fn now() -> jiff::Timestamp {
    "2025-11-22T03:30:00Z".parse().unwrap()
}

/// Template, state, and what it shows.
fn views() -> Vec<(&'static str, &'static str, View)> {
    let mut out = Vec::new();
    for template in ["incident", "compact", "grafana", "safe"] {
        let wanted = |state: &str| template == "incident" || ["firing", "many", "resolved", "grafana"].contains(&state);
        out.extend(samples::all(now()).into_iter().filter(|(state, _)| wanted(state)).map(|(state, view)| (template, state, view)));
    }
    out.extend(samples::storms(now()).into_iter().map(|(state, view)| ("digest", state, view)));
    out
}

fn rendered(renderer: &Renderer, template: &str, kind: ContentKind, view: &View, locale: Locale) -> (&'static str, Value) {
    let mentions = [Mention::User { id: "ou_00000000000000000000000000000001".to_owned() }];
    let request = Request {
        template,
        kind,
        view,
        locale,
        mentions: &mentions,
        degrade: Degrade::default(),
        limit: Limit::app(kind),
        channel: Channel::App,
        now: now(),
        keyword: None,
    };
    let rendered = renderer.render(&request);
    assert!(rendered.failure.is_none(), "{template}: {:?}", rendered.failure);
    match rendered.content {
        Content::Card(value) => ("interactive", value),
        Content::Post(value) => ("post", value),
        Content::Text(text) => ("text", json!({ "text": text })),
    }
}

fn renderer() -> Renderer {
    Renderer::new(&[], RenderOptions { public_url: Some("https://larkhook.example.com/".into()), ..RenderOptions::default() }).unwrap()
}

fn drawn(msg_type: &str, content: &Value, locale: draw::Locale) -> Markup {
    let markup = draw::message(msg_type, content, &Look::new(locale, &One));
    html::check(&markup.0).unwrap_or_else(|wrong| panic!("{wrong}\n{content}"));
    assert!(!markup.0.contains("lk-problem"), "the platform would refuse this: {content}");
    markup
}

#[test]
fn shipped_templates() {
    let renderer = renderer();
    for (locale, reader, name) in LANGUAGES {
        for (template, state, view) in views() {
            for kind in [ContentKind::Card, ContentKind::Post, ContentKind::Text] {
                let (msg_type, content) = rendered(&renderer, template, kind, &view, locale);
                let markup = drawn(msg_type, &content, reader);
                // The line of the list of chats stands above its message.
                let line = draw::preview(msg_type, &content, &Look::new(reader, &One));
                assert!(!line.trim().is_empty(), "{template} {state}: no line");
                // Posts and texts differ little from state to state.
                if kind == ContentKind::Card || ["firing", "many", "storm"].contains(&state) {
                    let name = format!("{template}_{}_{}_{name}", kind.as_str(), state.replace(' ', "_"));
                    insta::assert_snapshot!(name, format!("{line}\n\n{}", html::pretty(&markup.0)));
                }
            }
        }
    }
}

fn page(theme: &str, pieces: &[(String, Markup)]) -> String {
    let style = format!(
        "{} body{{margin:12px;background:light-dark(#fff,#171717);color-scheme:{theme}}} h2{{font:12px monospace;color:#767676}}",
        draw::CSS
    );
    maud::html! {
        (DOCTYPE)
        html lang="zh" data-theme=(theme) {
            head { meta charset="utf-8"; meta name="viewport" content="width=device-width"; title { "larkhook" } style { (PreEscaped(style)) } }
            body { @for (name, markup) in pieces { h2 { (name) } (markup) } }
        }
    }
    .into_string()
}

#[test]
fn a_page_of_everything_is_written() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("draw");
    std::fs::create_dir_all(&folder).unwrap();
    let renderer = renderer();
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/draw/tests/cards");
    for (theme, (locale, reader, _)) in ["light", "dark"].into_iter().zip(LANGUAGES) {
        let mut pieces = Vec::new();
        let mut names: Vec<_> = std::fs::read_dir(&fixtures).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        for path in names {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let content: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let msg_type = if name == "post" { "post" } else { "interactive" };
            let markup = draw::message(msg_type, &content, &Look { locale: reader, world: &One, live: true });
            std::fs::write(folder.join(format!("{name}-{theme}.html")), page(theme, &[(name.clone(), markup.clone())])).unwrap();
            pieces.push((name, markup));
        }
        for (template, state, view) in views() {
            for kind in [ContentKind::Card, ContentKind::Post, ContentKind::Text] {
                let (msg_type, content) = rendered(&renderer, template, kind, &view, locale);
                pieces.push((format!("{template}.{} {state}", kind.as_str()), drawn(msg_type, &content, reader)));
            }
        }
        std::fs::write(folder.join(format!("{theme}.html")), page(theme, &pieces)).unwrap();
    }
}

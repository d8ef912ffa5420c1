//! Tests of rendering as a whole: from template text and view to content.

mod breakouts;
mod escaping;
mod fitting;
mod hostile;
mod images;
mod names;
mod old_cards;
mod shown;
mod states;

use super::model::{Mention, View};
use super::renderer::{Degrade, RenderOptions, Rendered, Renderer, Request};
use super::{RenderFailure, TemplateFile, samples};
use crate::alert::{Severity, State};
use crate::config::settings::{ContentKind, Locale};
use crate::feishu::content::{Channel, Content, Limit};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

fn now() -> Timestamp {
    "2025-11-22T03:30:00Z".parse().unwrap()
}

fn options() -> RenderOptions {
    RenderOptions {
        timezone: TimeZone::get("Asia/Shanghai").unwrap(),
        rewrite_links: vec![("http://prometheus-0:9090".into(), "https://prometheus.example.com".into())],
        public_url: None,
    }
}

fn file(name: &str, text: &str) -> TemplateFile {
    TemplateFile { name: name.into(), path: format!("templates/{name}"), text: text.into() }
}

fn renderer(files: &[TemplateFile]) -> Renderer {
    Renderer::new(files, options()).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

/// The shipped templates, compiled once.
fn built_in() -> &'static Renderer {
    static RENDERER: std::sync::LazyLock<Renderer> = std::sync::LazyLock::new(|| renderer(&[]));
    &RENDERER
}

fn request<'a>(template: &'a str, kind: ContentKind, view: &'a View) -> Request<'a> {
    Request {
        template,
        kind,
        view,
        locale: Locale::Zh,
        mentions: &[],
        degrade: Degrade::default(),
        limit: Limit::app(kind),
        channel: Channel::App,
        now: now(),
        keyword: None,
    }
}

/// One firing alert whose labels are these.
fn view_of(labels: &[(&str, &str)]) -> View {
    let mut view = samples::view(&[State::Firing], Severity::Critical, now());
    view.alerts[0].alert.labels.extend(labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    view
}

fn try_render(kind: ContentKind, template: &str, labels: &[(&str, &str)]) -> Result<Rendered, RenderFailure> {
    let renderer = renderer(&[file(&format!("x.{}.hbs", kind.as_str()), template)]);
    renderer.try_render(&request("x", kind, &view_of(labels)))
}

fn value_of(content: &Content) -> &Value {
    match content {
        Content::Card(value) | Content::Post(value) => value,
        Content::Text(text) => panic!("a text: {text}"),
    }
}

/// Renders one element of a 2.0 card and gives back what became of it.
fn element(template: &str, labels: &[(&str, &str)]) -> Value {
    let card = format!("{{\"schema\":\"2.0\",\"body\":{{\"elements\":[{template}]}}}}");
    let rendered = try_render(ContentKind::Card, &card, labels).unwrap_or_else(|e| panic!("{template}: {e}"));
    value_of(&rendered.content)["body"]["elements"].get(0).cloned().unwrap_or(Value::Null)
}

fn text(template: &str, labels: &[(&str, &str)]) -> String {
    match try_render(ContentKind::Text, template, labels).unwrap_or_else(|e| panic!("{template}: {e}")).content {
        Content::Text(text) => text,
        other => panic!("{other:?}"),
    }
}

fn mention(id: &str) -> Mention {
    Mention::User { id: id.to_owned() }
}

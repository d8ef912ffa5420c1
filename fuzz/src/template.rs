//! Templates of any text over alerts of any values.
//!
//! Promised: content is valid JSON within its limits, whatever the template; no value of an alert becomes a mention, a
//! link or markup. With a template of the fuzzer's that is shown by marked values that carry a mention and a link; with
//! the built-in ones by comparing with a harmless value, mark by mark. Parts: choices (shape, file, channel, switches,
//! alerts, language), a value, a template (empty: a built-in one), a body.

#[path = "../../src/render/tests/shown.rs"]
mod shown;

use super::{parts::Parts, payload};
use larkhook::alert::{Severity, State, Status};
use larkhook::config::settings::{ContentKind, Locale};
use larkhook::feishu::content::{Channel, Content, Limit, card, post_rules, size};
use larkhook::render::model::{Mention, View, ViewAlert};
use larkhook::render::write::escape::newlines;
use larkhook::render::{Degrade, RenderOptions, Renderer, Request, TemplateFile, samples};
use serde_json::Value;
use std::sync::LazyLock;

static BUILT_IN: LazyLock<Renderer> =
    LazyLock::new(|| Renderer::new(&[], RenderOptions::default()).unwrap_or_else(|errors| panic!("{errors:#?}")));

const KINDS: &[ContentKind] = &[ContentKind::Card, ContentKind::Post, ContentKind::Text];
/// Shipped templates; a template of the fuzzer's may take their place.
const BUILT_INS: &[&str] = &["incident", "compact", "grafana", "safe"];
const FILES: &[&str] = &["x", "incident", "safe"];
const CHANNELS: &[Channel] = &[Channel::App, Channel::CustomBot, Channel::Legacy];
/// Stands in every value: if any of it means something in the message, a value became markup.
const MARKED: &str = " <at id=ou_evil></at><at user_id=\"ou_evil\">x</at>[x](https://evil.test/)</font>**\"}]";

/// Runs one input.
pub fn run(data: &[u8]) {
    let mut parts = Parts::of(data);
    let value: String = parts.text().chars().take(300).collect();
    let (text, body) = (parts.text(), parts.bytes());
    if text.trim().is_empty() {
        built_in(&parts, &value);
    } else {
        own(&parts, &value, &text, body);
    }
}

fn now() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_795_316_400).unwrap_or_default()
}

/// What the choices ask for, of `template`.
fn request<'a>(parts: &Parts<'_>, template: &'a str, view: &'a View, mentions: &'a [Mention]) -> Request<'a> {
    let kind = parts.pick(0, KINDS);
    let channel = parts.pick(2, CHANNELS);
    let switches = parts.choice(3, 16);
    let limit = if channel == Channel::App { Limit::app(kind) } else { Limit::custom_bot() };
    Request {
        template,
        kind,
        view,
        locale: parts.pick(5, &[Locale::Zh, Locale::En]),
        mentions,
        degrade: Degrade { no_rich: switches & 1 != 0, no_mentions: switches & 2 != 0, safe: switches & 4 != 0 },
        limit,
        channel,
        now: now(),
        keyword: (switches & 8 != 0).then_some("告警"),
    }
}

fn people() -> Vec<Mention> {
    vec![Mention::User { id: "ou_1".to_owned() }, Mention::All]
}

/// A view with `value` in every label and annotation.
fn view(value: &str, alerts: usize) -> View {
    let mut view = samples::view(&vec![State::Firing; alerts], Severity::Critical, now());
    for (at, shown) in view.alerts.iter_mut().enumerate() {
        for (name, text) in &mut shown.alert.labels {
            *text = if name == "instance" { format!("{at}{value}") } else { value.to_owned() };
        }
        for (_, text) in shown.alert.annotations.iter_mut().filter(|(name, _)| *name != "runbook_url") {
            *text = value.to_owned();
        }
        shown.alert.annotations.insert("other".into(), value.into());
    }
    view.group_labels.values_mut().for_each(|text| *text = value.to_owned());
    view.receiver = value.into();
    view.group_key = value.into();
    view
}

/// A view of the alerts of a body, if there are any in it.
fn view_of(body: &[u8], value: &str) -> Option<View> {
    let batch = payload::parse(payload::alertmanager(), body)?.batches.into_iter().next()?;
    let mut view = samples::view(&[], Severity::Warning, now());
    let state = |status| if status == Status::Firing { State::Firing } else { State::Resolved };
    let alerts = batch.alerts.into_iter().take(40).map(|mut alert| {
        for text in alert.labels.values_mut().chain(alert.annotations.values_mut()) {
            text.push_str(value);
        }
        ViewAlert { state: state(alert.status), severity: Severity::Warning, alert }
    });
    view.alerts = alerts.collect();
    view.group_labels = batch.group_labels;
    view.payload = batch.extra;
    Some(view)
}

/// The fuzzer's own template: it may do what it likes, but values may not.
fn own(parts: &Parts<'_>, value: &str, text: &str, body: &[u8]) {
    let kind = parts.pick(0, KINDS);
    let name = parts.pick(1, FILES);
    // What does not parse is refused, which need not be seen each time: every renderer compiles the built-in templates as well.
    if handlebars::Template::compile(text).is_err() && parts.choice(6, 16) != 0 {
        return;
    }
    let file = TemplateFile { name: format!("{name}.{}.hbs", kind.as_str()), path: "x.hbs".to_owned(), text: text.to_owned() };
    let renderer = match Renderer::new(&[file], RenderOptions::default()) {
        Ok(renderer) => renderer,
        Err(findings) => {
            assert!(!findings.is_empty());
            for finding in findings {
                assert!(!finding.message.is_empty() && !finding.to_string().is_empty(), "{finding:?}");
            }
            return;
        }
    };
    let marked = format!("v{value}{MARKED}");
    let view = view_of(body, &marked).unwrap_or_else(|| view(&marked, parts.choice(4, 8)));
    let people = people();
    let request = request(parts, name, &view, &people);
    let rendered = renderer.render(&request);
    fits(&rendered.content, &request);
    // Three braces and what is written by hand are the author's.
    let trusted = text.contains("{{{") || text.contains("{{&") || text.contains("evil");
    if !trusted && !String::from_utf8_lossy(body).contains("evil") && !value.contains("evil") {
        // Code shows a value as it is, and nobody looks for tags in it.
        let content = outside_code(&rendered.content);
        let mut mentions = shown::mentions(&content);
        if let Content::Card(value) = &rendered.content {
            let refs = card::refs(value);
            mentions.extend(refs.people.into_iter().chain(refs.emails).map(|(_, id)| id));
        }
        assert!(!mentions.iter().any(|id| id.contains("evil")), "{mentions:?} of {text:?} with {value:?}");
        for link in shown::links(&content) {
            let host = url::Url::parse(&link).ok().and_then(|url| url.host_str().map(str::to_owned));
            assert!(host.as_deref() != Some("evil.test"), "{link:?} of {text:?} with {value:?}");
        }
    }
    // Drawing it, as the playground and the terminal do.
    let _ = larkhook::cli::view::draw(rendered.content.msg_type(), &json_of(&rendered.content), 60);
}

/// A built-in template: a value changes its own text and nothing else.
fn built_in(parts: &Parts<'_>, value: &str) {
    // Short enough for a link that silences it, where signs are escaped twice: one that is too long is left out.
    let mut room = 270_usize;
    let short = |c: &char| {
        let cost = if c.is_ascii_alphanumeric() { 1 } else { 3 * c.len_utf8() + if c.is_control() { 12 } else { 3 } };
        room = room.saturating_sub(cost);
        room > 0
    };
    let value: String = value.chars().take(60).take_while(short).collect();
    let template = parts.pick(1, BUILT_INS);
    // Alerts beyond a few are folded, and then what they say decides how many fit.
    let alerts = 1 + parts.choice(4, 5);
    let hostile = format!("v{value}w");
    let lines: String = newlines(&value).chars().map(|c| if c == '\n' { '\n' } else { 'x' }).collect();
    let people = people();
    let (evil, good) = (view(&hostile, alerts), view(&format!("v{lines}w"), alerts));
    let (evil, good) = (request(parts, template, &evil, &people), request(parts, template, &good, &people));
    let shown_evil = BUILT_IN.try_render(&evil).unwrap_or_else(|error| panic!("{template}: {error}"));
    let shown_good = BUILT_IN.try_render(&good).unwrap_or_else(|error| panic!("{template}: {error}"));
    fits(&shown_evil.content, &evil);
    faultless(&shown_evil.content, evil.channel);
    assert_eq!(shown::mentions(&shown_evil.content), shown::mentions(&shown_good.content), "mentions of {template} with {hostile:?}");
    assert_eq!(shown::links(&shown_evil.content).len(), shown::links(&shown_good.content).len(), "links of {template} with {hostile:?}");
    match (&shown_evil.content, &shown_good.content) {
        (Content::Card(evil) | Content::Post(evil), Content::Card(good) | Content::Post(good)) => {
            assert_eq!(shown::skeleton(evil, "", ""), shown::skeleton(good, "", ""), "structure of {template} with {hostile:?}");
        }
        (Content::Text(evil), Content::Text(good)) => {
            assert_eq!(evil.lines().count(), good.lines().count(), "lines of {template} with {hostile:?}");
            let tags = |text: &str| text.matches("<at ").count() + text.matches("</").count() + text.matches("<b").count();
            assert_eq!(tags(evil), tags(good), "tags of {template} with {hostile:?}:\n{evil}");
        }
        _ => panic!("kinds differ"),
    }
}

/// The content without fenced and inline code, as far as it has any.
fn outside_code(content: &Content) -> Content {
    fn strip(value: &mut Value) {
        match value {
            Value::String(text) => *text = prose(text),
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Object(map) => map.values_mut().for_each(strip),
            _ => {}
        }
    }
    match content.clone() {
        Content::Text(text) => Content::Text(text),
        Content::Card(mut value) => {
            strip(&mut value);
            Content::Card(value)
        }
        Content::Post(mut value) => {
            strip(&mut value);
            Content::Post(value)
        }
    }
}

fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        let start = line.trim_start();
        match fence {
            Some(mark) if start.starts_with(mark) => fence = None,
            Some(_) => {}
            None => match ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark)) {
                Some(mark) => fence = Some(mark),
                // Every second part is code, unless its end is missing.
                None => {
                    let parts: Vec<&str> = line.split('`').collect();
                    let open = |at: usize| parts.len().is_multiple_of(2) && at + 1 == parts.len();
                    out.extend(parts.iter().enumerate().filter(|(at, _)| at % 2 == 0 || open(*at)).map(|(_, part)| *part));
                }
            },
        }
    }
    out
}

fn json_of(content: &Content) -> Value {
    let text = content.to_content_string();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Valid JSON within the limits.
fn fits(content: &Content, request: &Request<'_>) {
    let bytes = content.wire_bytes_for(request.channel);
    assert!(bytes <= request.limit.bytes, "{bytes} bytes, {} fit", request.limit.bytes);
    let value = json_of(content);
    if let Content::Card(_) = content {
        assert!(size::elements(&value) <= request.limit.elements, "{} elements", size::elements(&value));
        assert!(size::tables(&value) <= request.limit.tables, "{} tables", size::tables(&value));
    }
}

/// What the platform would refuse.
fn faultless(content: &Content, channel: Channel) {
    match content {
        Content::Card(value) => assert_eq!(card::validate(value), [], "{value}"),
        Content::Post(value) => assert_eq!(post_rules::validate(value, channel.is_plain()), [], "{value}"),
        Content::Text(text) => assert!(!text.trim().is_empty()),
    }
}

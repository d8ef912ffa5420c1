//! Stand-in until the template engine lands: a plain card.
#![allow(missing_docs)]
use super::model::{Mention, View};
use crate::alert::{Severity, State};
use crate::config::settings::{ContentKind, Locale};
pub use crate::feishu::content::{Channel, Content, Limit};
use jiff::Timestamp;
use serde_json::json;
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct TemplateFile {
    pub name: String,
    pub path: String,
    pub text: String,
}
#[derive(Debug, Clone)]
pub struct RenderOptions {
    pub timezone: jiff::tz::TimeZone,
    pub rewrite_links: Vec<(String, String)>,
    pub public_url: Option<String>,
}
#[derive(Debug, Clone)]
pub struct TemplateError {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub message: String,
}
#[derive(Debug, Clone)]
pub struct RenderFailure {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub message: String,
}
#[derive(Debug, Clone, Copy, Default)]
pub struct Degrade {
    pub no_rich: bool,
    pub no_mentions: bool,
    pub safe: bool,
}
#[derive(Debug)]
pub struct Rendered {
    pub content: Content,
    pub template_used: String,
    pub omitted: usize,
    pub failure: Option<RenderFailure>,
}
pub struct Request<'a> {
    pub template: &'a str,
    pub kind: ContentKind,
    pub view: &'a View,
    pub locale: Locale,
    pub mentions: &'a [Mention],
    pub degrade: Degrade,
    pub limit: Limit,
    pub channel: Channel,
    pub now: Timestamp,
    pub keyword: Option<&'a str>,
}
#[derive(Debug, Default, Clone)]
pub struct Diff {
    pub joined: Vec<String>,
    pub resolved: Vec<String>,
    pub gone: Vec<String>,
    pub reopened: Option<Duration>,
    pub worse: Option<Severity>,
    pub repeat: Option<Duration>,
    pub resolved_all: Option<Duration>,
    pub firing_now: usize,
}
pub struct ReplyRequest<'a> {
    pub diff: &'a Diff,
    pub kind: ContentKind,
    pub locale: Locale,
    pub mentions: &'a [Mention],
    pub channel: Channel,
    pub limit: Limit,
}
#[derive(Debug)]
pub struct Renderer;
impl Renderer {
    pub fn new(_o: &[TemplateFile], _p: RenderOptions) -> Result<Self, Vec<TemplateError>> {
        Ok(Self)
    }
    pub fn render(&self, r: &Request<'_>) -> Rendered {
        let title = format!("{:?} {} firing", r.view.status(), r.view.count(State::Firing));
        let content = match r.kind {
            ContentKind::Card => Content::Card(
                json!({"schema":"2.0","config":{"update_multi":true},"header":{"template":"red","title":{"tag":"plain_text","content":title}},"body":{"elements":[{"tag":"div","text":{"tag":"plain_text","content":format!("{:?}", r.view.group_labels)}}]}}),
            ),
            ContentKind::Post => Content::Post(json!({"zh_cn":{"title":title,"content":[[{"tag":"text","text":"x"}]]}})),
            ContentKind::Text => Content::Text(title),
        };
        Rendered { content, template_used: r.template.into(), omitted: 0, failure: None }
    }
    pub fn reply(&self, r: &ReplyRequest<'_>) -> Content {
        Content::Text(format!("{:?}", r.diff))
    }
}

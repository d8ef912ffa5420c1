//! The one door of this module: a [`Renderer`] holds every template and makes content of views.

use super::content::{self, ContentError};
use super::data::{self, Shown};
use super::display::Facts;
use super::engine::{self, Engine, Origin, TemplateFile};
use super::failure::{RenderFailure, TemplateError, Warning};
use super::model::{Mention, View};
use super::reply::{self, ReplyRequest};
use super::write::Writer;
use super::{finish, fit, words};
use crate::config::settings::{ContentKind, Locale};
use crate::feishu::content::{Channel, Content, Kind, Limit};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The template that carries alerts whose own template failed.
const SAFE: &str = "safe";

/// Settings of rendering.
#[derive(Debug, Clone)]
pub struct RenderOptions {
    /// Zone of text and post messages; cards show the reader's own.
    pub timezone: TimeZone,
    /// Link prefixes that only work inside the cluster, and what to put in their place.
    pub rewrite_links: Vec<(String, String)>,
    /// Own address for links to the console.
    pub public_url: Option<String>,
}

impl Default for RenderOptions {
    fn default() -> Self {
        Self { timezone: TimeZone::UTC, rewrite_links: Vec::new(), public_url: None }
    }
}

/// Simpler forms that delivery asks for when the platform refused a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
pub struct Degrade {
    /// No charts, no images; tables become lists.
    pub no_rich: bool,
    /// Nobody is mentioned.
    pub no_mentions: bool,
    /// The `safe` template in place of the configured one.
    pub safe: bool,
}

/// What to render.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Name of the template.
    pub template: &'a str,
    /// Shape of the message.
    pub kind: ContentKind,
    /// What it shows.
    pub view: &'a View,
    /// Language of words.
    pub locale: Locale,
    /// Who is mentioned, looked up.
    pub mentions: &'a [Mention],
    /// Simpler forms.
    pub degrade: Degrade,
    /// What fits.
    pub limit: Limit,
    /// Over what it is sent.
    pub channel: Channel,
    /// When.
    pub now: Timestamp,
    /// The word that a custom bot demands.
    pub keyword: Option<&'a str>,
}

/// A message and how it came to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// The message.
    pub content: Content,
    /// Name of the template that made it.
    pub template_used: String,
    /// Alerts that did not fit and are only counted.
    pub omitted: usize,
    /// What was changed on the way.
    pub warnings: Vec<Warning>,
    /// Why the configured template did not make it.
    pub failure: Option<RenderFailure>,
}

/// Every template, compiled; built once per (re)load.
pub struct Renderer {
    engine: Engine,
    options: RenderOptions,
    findings: Vec<TemplateError>,
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Renderer").field("templates", &self.engine.sources.len()).finish_non_exhaustive()
    }
}

impl Renderer {
    /// Compiles the built-in templates with the user's files laid over them.
    ///
    /// # Errors
    /// Everything that is wrong, warnings included, when at least one template cannot be used.
    pub fn new(overlays: &[TemplateFile], options: RenderOptions) -> Result<Self, Vec<TemplateError>> {
        let (engine, findings) = Engine::new(overlays)?;
        Ok(Self { engine, options, findings })
    }

    /// Warnings about templates that work: uses of `{{{raw}}}`, names that look like mistakes.
    pub fn findings(&self) -> &[TemplateError] {
        &self.findings
    }

    /// Names, kinds and origins of all templates.
    pub fn templates(&self) -> Vec<(String, ContentKind, Origin)> {
        let known = self.engine.sources.iter();
        known
            .filter_map(|(name, source)| engine::kind_of(name).map(|(name, kind)| (name.to_owned(), kind, source.origin.clone())))
            .collect()
    }

    /// What it was made with.
    pub fn options(&self) -> &RenderOptions {
        &self.options
    }

    /// Every template and partial, as `incident.card` or `partials/list`, with its origin.
    pub fn files(&self) -> Vec<(String, Origin)> {
        self.engine.sources.iter().map(|(name, source)| (name.clone(), source.origin.clone())).collect()
    }

    /// The text of a template or partial, and its origin.
    pub fn text(&self, name: &str) -> Option<(String, Origin)> {
        self.engine.sources.get(name).map(|source| (source.text.to_string(), source.origin.clone()))
    }

    /// The whole data that templates see of a view.
    pub fn data(&self, request: &Request<'_>) -> serde_json::Value {
        let shown = Shown {
            locale: request.locale,
            timezone: &self.options.timezone,
            now: request.now,
            kind: request.kind,
            mentions: request.mentions,
            rich: true,
            console: self.options.public_url.as_deref(),
            rewrite_links: &self.options.rewrite_links,
            cap: 4000,
            keep: usize::MAX,
            failure: None,
            used: &data::ALL,
        };
        request.view.data(&shown)
    }

    /// Is there a template of this name for this kind?
    pub fn has(&self, name: &str, kind: ContentKind) -> bool {
        self.engine.has(&key(name, kind))
    }

    /// Whether a template shows pictures.
    pub fn shows_images(&self, name: &str, kind: ContentKind) -> bool {
        let key = key(name, kind);
        self.engine.has(&key) && self.engine.used(&key).root("images")
    }

    /// Renders; never fails. A template that cannot is carried by the built-in `safe`, with the reason.
    pub fn render(&self, request: &Request<'_>) -> Rendered {
        let failure = match self.try_render(request) {
            Ok(rendered) => return rendered,
            Err(failure) => failure,
        };
        let mut safe = *request;
        safe.template = SAFE;
        match self.run(&safe, Some(&failure)) {
            Ok(rendered) => Rendered { failure: Some(failure), ..rendered },
            // The user's own `safe` template is broken too, or not even that fits.
            Err(_) => self.last_resort(request, failure),
        }
    }

    /// Renders exactly what is asked for, for `check` and the playground.
    ///
    /// # Errors
    /// Where the template failed and why.
    pub fn try_render(&self, request: &Request<'_>) -> Result<Rendered, RenderFailure> {
        self.run(request, None)
    }

    /// The text of a reply that says what changed.
    pub fn reply(&self, request: &ReplyRequest<'_>) -> Content {
        reply::reply(request, &self.options)
    }

    fn run(&self, request: &Request<'_>, failure: Option<&RenderFailure>) -> Result<Rendered, RenderFailure> {
        let template = if request.degrade.safe { SAFE } else { request.template };
        let key = key(template, request.kind);
        if !self.engine.has(&key) {
            let message = format!("there is no template {template:?} for {} messages", request.kind.as_str());
            return Err(RenderFailure { file: format!("{key}.hbs"), line: 0, column: 1, message });
        }
        let used = self.engine.used(&key);
        let facts = Facts::of(request.view);
        let mentions = if request.degrade.no_mentions { &[] } else { request.mentions };
        let mut warnings = Vec::new();
        let fitted = fit::fit(request.view, request.limit, request.channel, |cap, keep| {
            let shown = Shown {
                locale: request.locale,
                timezone: &self.options.timezone,
                now: request.now,
                kind: request.kind,
                mentions,
                rich: !request.degrade.no_rich,
                console: self.options.public_url.as_deref(),
                rewrite_links: &self.options.rewrite_links,
                cap,
                keep,
                failure,
                used,
            };
            let (content, found) = self.once(&key, request, &facts, &shown)?;
            warnings = found;
            Ok(content)
        })?;
        if !fitted.fits {
            let message = "the message is too large even without any alert in it".to_owned();
            return Err(RenderFailure { file: self.engine.file(&key), line: 0, column: 1, message });
        }
        if fitted.cap < 4000 {
            warnings.push(format!("values were cut to {} characters", fitted.cap));
        }
        if fitted.omitted > 0 {
            warnings.push(format!("{} alerts did not fit and are only counted", fitted.omitted));
        }
        Ok(Rendered {
            content: fitted.content,
            template_used: template.to_owned(),
            omitted: fitted.omitted,
            warnings: warnings.into_iter().map(|message| Warning { message }).collect(),
            failure: None,
        })
    }

    /// One rendering, with everything but the fit.
    fn once(&self, key: &str, request: &Request<'_>, facts: &Facts, shown: &Shown<'_>) -> Result<(Content, Vec<String>), RenderFailure> {
        let rendered = self.engine.render(key, data::build(request.view, facts, shown))?;
        let mut writer = Writer::new(&self.options.timezone, request.now);
        writer.rewrite_links = &self.options.rewrite_links;
        writer.no_mentions = request.degrade.no_mentions;
        writer.custom_bot = request.channel.is_plain();
        let mut content = content::assemble(request.kind, &rendered, request.locale, &writer)
            .map_err(|error| self.locate(key, data::build(request.view, facts, shown), error))?;
        if let Content::Card(card) = &mut content {
            let rich = !request.degrade.no_rich;
            finish::simplify(card, if rich { request.limit.tables } else { 0 }, rich);
        }
        self.touch(&mut content, request, shown);
        Ok((content, writer.warnings.into_inner()))
    }

    fn touch(&self, content: &mut Content, request: &Request<'_>, shown: &Shown<'_>) {
        let locale = request.locale;
        if request.view.test {
            finish::badge(content, words::word(locale, "test"), "blue");
        }
        if request.view.possible_duplicate {
            finish::badge(content, words::word(locale, "possibleDuplicate"), "neutral");
        }
        let omitted = request.view.alerts.len().saturating_sub(shown.keep);
        if omitted > 0 && !shown.used.member("view", "more") && !shown.used.root("omitted") {
            finish::omitted(content, &words::with(locale, "andMore", omitted));
        }
        if let Some(keyword) = request.keyword.filter(|keyword| !keyword.is_empty()) {
            finish::keyword(content, keyword);
        }
    }

    fn locate(&self, key: &str, data: serde_json::Value, error: ContentError) -> RenderFailure {
        let place = error.offset.and_then(|offset| self.engine.locate(key, data, offset));
        let (file, line, column) = place.unwrap_or_else(|| (self.engine.file(key), 0, 1));
        RenderFailure { file, line, column, message: error.message }
    }

    /// A text without any template.
    fn last_resort(&self, request: &Request<'_>, failure: RenderFailure) -> Rendered {
        let facts = Facts::of(request.view);
        let shown = Shown {
            locale: request.locale,
            timezone: &self.options.timezone,
            now: request.now,
            kind: ContentKind::Text,
            mentions: &[],
            rich: false,
            console: None,
            rewrite_links: &[],
            cap: 200,
            keep: 0,
            failure: None,
            used: &data::ALL,
        };
        let headline = super::display::headline_of(request.view, &facts, &shown);
        let mut text = String::new();
        super::write::escape::message(&mut text, &data::text(&headline, 400));
        let body = format!("{text}\n{}", failure.message.chars().take(200).collect::<String>());
        let mut content = match request.kind {
            ContentKind::Card => Content::Card(serde_json::json!({"schema": "2.0", "config": {"update_multi": true},
                "header": {"title": {"tag": "plain_text", "content": text}, "template": "grey"},
                "body": {"elements": [{"tag": "div", "text": {"tag": "plain_text", "content": body}}]}})),
            ContentKind::Post => Content::Post(serde_json::json!({"zh_cn": {"title": text, "content": [[{"tag": "text", "text": body}]]}})),
            ContentKind::Text => Content::Text(body),
        };
        self.touch(&mut content, request, &shown);
        Rendered {
            content,
            template_used: "none".to_owned(),
            omitted: request.view.alerts.len(),
            warnings: Vec::new(),
            failure: Some(failure),
        }
    }
}

impl From<ContentKind> for Kind {
    fn from(kind: ContentKind) -> Self {
        match kind {
            ContentKind::Card => Kind::Card,
            ContentKind::Post => Kind::Post,
            ContentKind::Text => Kind::Text,
        }
    }
}

fn key(name: &str, kind: ContentKind) -> String {
    format!("{name}.{}", kind.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::samples;

    #[test]
    fn built_ins_render_every_sample() {
        let now: Timestamp = "2025-11-22T03:30:00Z".parse().unwrap();
        let renderer = Renderer::new(&[], RenderOptions { timezone: TimeZone::get("Asia/Shanghai").unwrap(), ..RenderOptions::default() })
            .unwrap_or_else(|errors| panic!("{errors:#?}"));
        assert!(renderer.findings().is_empty(), "{:#?}", renderer.findings());
        let mentions = [Mention::User { id: "ou_1".into() }];
        for (name, kind, _) in renderer.templates() {
            for (sample, view) in samples::all(now) {
                let request = Request {
                    template: &name,
                    kind,
                    view: &view,
                    locale: Locale::Zh,
                    mentions: &mentions,
                    degrade: Degrade::default(),
                    limit: Limit::app(kind),
                    channel: Channel::App,
                    now,
                    keyword: None,
                };
                let rendered = renderer.try_render(&request).unwrap_or_else(|e| panic!("{name} {sample}: {e}"));
                if std::env::var("SHOW").is_ok_and(|show| show == name) {
                    println!("=== {sample}");
                    match &rendered.content {
                        Content::Text(text) => println!("{text}"),
                        Content::Card(v) | Content::Post(v) => println!("{}", serde_json::to_string_pretty(v).unwrap()),
                    }
                }
            }
        }
    }
}

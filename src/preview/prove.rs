//! Whether templates hold: every one that a route can reach, with samples of every kind, hostile ones among them.

use super::draw::refused;
use crate::alert::{Severity, State};
use crate::config::settings::{ContentKind, Locale};
use crate::feishu::content::{Channel, Limit};
use crate::live::Live;
use crate::render::model::{Mention, View};
use crate::render::{Degrade, Origin, Request, samples};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// How a template fared with one sample.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Proof {
    /// Template name.
    pub template: String,
    /// Shape.
    #[serde(rename = "as")]
    pub kind: ContentKind,
    /// Over what: `app` or `bot`.
    pub channel: &'static str,
    /// Which sample.
    pub sample: &'static str,
    /// What is wrong; empty: it works.
    pub problems: Vec<String>,
}

/// Renders every template that a route can reach with samples of every kind, hostile ones among them.
pub fn prove(live: &Live, now: Timestamp) -> Vec<Proof> {
    let mut wanted: BTreeSet<(String, ContentKind, bool, bool)> = BTreeSet::new();
    for send in live.tree.sends() {
        let bots = send.send.to.iter().filter(|to| to.starts_with("bot:")).count();
        let english = send.send.locale == Locale::En;
        if bots > 0 {
            wanted.insert((send.send.template.clone(), send.send.kind, true, english));
        }
        if bots < send.send.to.len() {
            wanted.insert((send.send.template.clone(), send.send.kind, false, english));
        }
    }
    let digest = live.settings.storm_after > 0 && wanted.iter().any(|(_, _, bot, _)| !bot);
    let mut views = samples::all(now);
    views.push(("hostile", hostile(now)));
    views.push(("200 alerts", samples::view(&[State::Firing; 200], Severity::Critical, now)));
    let mut proofs = Vec::new();
    for (template, kind, bot, english) in &wanted {
        for (sample, view) in &views {
            let (channel, limit) = if *bot { (Channel::CustomBot, Limit::custom_bot()) } else { (Channel::App, Limit::app(*kind)) };
            let locale = if *english { Locale::En } else { Locale::Zh };
            let problems = problems(live, &Shape { template, kind: *kind, locale, channel, limit }, view, now);
            let channel = if *bot { "bot" } else { "app" };
            proofs.push(Proof { template: template.clone(), kind: *kind, channel, sample, problems });
        }
    }
    if digest {
        proofs.extend(storms(live, now));
    }
    proofs
}

/// A template as it is sent.
struct Shape<'a> {
    template: &'a str,
    kind: ContentKind,
    locale: Locale,
    channel: Channel,
    limit: Limit,
}

fn problems(live: &Live, shape: &Shape<'_>, view: &View, now: Timestamp) -> Vec<String> {
    let request = Request {
        template: shape.template,
        kind: shape.kind,
        view,
        locale: shape.locale,
        mentions: &[Mention::All],
        degrade: Degrade::default(),
        limit: shape.limit,
        channel: shape.channel,
        now,
        keyword: None,
    };
    match live.renderer.try_render(&request) {
        Err(failure) => vec![failure.to_string()],
        Ok(rendered) => refused(&rendered.content, shape.channel, shape.limit),
    }
}

/// The digest of storms, as cards; its other shapes where they are the user's own.
fn storms(live: &Live, now: Timestamp) -> Vec<Proof> {
    let own = |origin: &Origin| matches!(origin, Origin::File(_));
    let kinds = live
        .renderer
        .templates()
        .into_iter()
        .filter(|(name, kind, origin)| name == "digest" && (*kind == ContentKind::Card || own(origin)));
    let mut views = samples::storms(now);
    let mut hostile = samples::storm(4, false, now);
    for row in hostile.storm.iter_mut().flat_map(|storm| &mut storm.rows) {
        row.name = HOSTILE.to_owned();
    }
    views.push(("hostile", hostile));
    let mut proofs = Vec::new();
    for (template, kind, _) in kinds {
        for (sample, view) in &views {
            let limit = Limit::app(kind);
            let shape = Shape { template: &template, kind, locale: live.settings.locale, channel: Channel::App, limit };
            let problems = problems(live, &shape, view, now);
            proofs.push(Proof { template: template.clone(), kind, channel: "app", sample, problems });
        }
    }
    proofs
}

/// Text that tries to be more than text.
const HOSTILE: &str =
    "\"}],\"x\":{{evil}} <at id=all></at> <at user_id=\"all\">all</at> **b** [a](javascript:alert(1)) `c` \u{202e}\u{1} \\ 中文 👩‍💻 \n line";

fn hostile(now: Timestamp) -> View {
    let mut view = samples::grafana(&[State::Firing, State::Resolved], Severity::Critical, now);
    for shown in &mut view.alerts {
        for value in shown.alert.labels.values_mut().chain(shown.alert.annotations.values_mut()) {
            *value = HOSTILE.to_owned();
        }
        shown.alert.annotations.insert("description".to_owned(), HOSTILE.repeat(60));
        shown.alert.annotations.insert("runbook_url".to_owned(), "javascript:alert(1)".to_owned());
        shown.alert.generator_url = HOSTILE.to_owned();
        shown.alert.extra.insert("dashboardURL".to_owned(), HOSTILE.into());
    }
    view.external_url = "javascript:alert(1)".to_owned();
    view
}

//! Typed sections to [`Settings`]: defaults, references between sections, and what is legal together.
//!
//! Every finding is collected; settings exist only where there is no error. One file per part of the
//! configuration; start with [`settings`].

mod address;
mod doubts;
mod feishu;
mod names;
mod pictures;
mod receivers;
mod route;
mod server;
mod sources;
mod values;

use super::decode::{At, Named};
use super::diagnostic::Out;
use super::node::Span;
use super::raw;
use super::settings::{ContentKind, Locale, Settings};
use names::Names;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use values::Ctx;

/// Names that sections refer to one another by.
struct Refs {
    apps: Names,
    bots: Names,
    teams: Names,
    intervals: Names,
    receivers: Names,
    sources: Names,
}

/// What checking makes of a configuration without errors.
pub struct Checked {
    /// The settings.
    pub settings: Settings,
    /// Files read besides the configuration.
    pub files: Vec<PathBuf>,
    /// The template of each send entry; a draft in [`Out`] goes with each.
    pub templates: Vec<(String, ContentKind)>,
}

/// Checks the whole; `None` where there is an error.
pub fn settings(raw: &raw::Config, out: &mut Out, dir: &Path) -> Option<Checked> {
    let feishu = raw.feishu.as_ref();
    let lost = |section: &str, parent: Option<(Span, &str)>, out: &Out| {
        out.excused(raw.span, &[section]) || parent.is_some_and(|(span, key)| out.excused(span, &[key]))
    };
    let in_feishu = |key| feishu.map(|f| (f.span, key));
    let in_people = raw.people.as_ref().map(|p| (p.span, "teams"));
    let named_intervals = || raw.time_intervals.iter().flatten();
    let mut refs = Refs {
        apps: Names::of_map("app", feishu.and_then(|f| f.apps.as_ref())).uncertain(lost("feishu", in_feishu("apps"), out)),
        bots: Names::of_map("bot", feishu.and_then(|f| f.bots.as_ref())).uncertain(lost("feishu", in_feishu("bots"), out)),
        teams: Names::of_map("team", raw.people.as_ref().and_then(|p| p.teams.as_ref())).uncertain(lost("people", in_people, out)),
        intervals: Names::of_list("time interval", named_intervals().filter_map(|i| i.name.0.as_ref()), out).uncertain(lost(
            "time_intervals",
            None,
            out,
        )),
        sources: Names::of_map("source", raw.sources.0.as_ref()).uncertain(lost("sources", None, out)),
        receivers: Names::of_list("receiver", raw.receivers.iter().flatten().filter_map(|r| r.name.0.as_ref()), out).uncertain(lost(
            "receivers",
            None,
            out,
        )),
    };
    let mut cx = Ctx { out, dir, files: Vec::new(), templates: Vec::new() };

    let server = server::server(raw.server.as_ref(), &mut cx);
    let locale = raw.locale.as_ref().map_or(Locale::Zh, |at| at.value);
    let day = Duration::from_secs(86_400);
    let apps = feishu::apps(raw, &mut cx);
    let bots = feishu::bots(raw, &mut refs, &mut cx);
    let teams = feishu::teams(raw, &refs, &mut cx);
    let severity = server::severity(raw.severity.as_ref(), &mut cx);
    let sources = sources::sources(raw, &severity, &mut cx);
    let time_intervals = route::time_intervals(raw, &mut cx);
    let mut sends = receivers::Sends { refs: &mut refs, apps: &apps, bots: &bots, teams: &teams };
    let receivers = receivers::receivers(raw, locale, &mut sends, &mut cx);
    let route = raw.route.0.as_ref().and_then(|root| route::root(root, locale, &mut sends, &mut cx));
    if let Some(fallback) = &raw.fallback {
        refs.receivers.refer(fallback, cx.out);
    }
    let storm_after =
        raw.storm.as_ref().and_then(|storm| storm.after.as_ref()).map_or(20, |at| u32::try_from(at.value).unwrap_or(u32::MAX));

    let settings = Settings {
        server,
        storage: server::storage(raw.storage.as_ref(), &mut cx),
        retention: cx.duration(raw.retention.as_ref(), 30 * day, false),
        timezone: raw.timezone.as_ref().map_or_else(default_zone, |at| cx.zone(at).unwrap_or(jiff::tz::TimeZone::UTC)),
        locale,
        fallback: raw.fallback.as_ref().map(|at| at.value.clone()),
        expire_after: cx.duration(raw.expire_after.as_ref(), Duration::from_secs(25 * 3600), false),
        reopen_within: cx.duration(raw.reopen_within.as_ref(), Duration::from_secs(600), true),
        give_up_after: cx.duration(raw.give_up_after.as_ref(), day, false),
        severity,
        rewrite_links: server::rewrite_links(raw.rewrite_links.as_ref(), &mut cx),
        apps,
        bots,
        teams,
        sources,
        templates: server::templates(raw.templates.as_ref(), &mut cx),
        time_intervals,
        route: route.unwrap_or_else(route::empty),
        receivers,
        storm_after,
        pictures: pictures::pictures(raw.pictures.as_ref(), &mut cx),
        save_templates: server::save_templates(raw, &mut cx),
    };
    doubts::doubts(raw, &settings, &refs, &mut cx);
    let (files, templates) = (cx.files, cx.templates);
    (!out.has_errors()).then_some(Checked { settings, files, templates })
}

fn default_zone() -> jiff::tz::TimeZone {
    jiff::tz::TimeZone::get("Asia/Shanghai").unwrap_or(jiff::tz::TimeZone::UTC)
}

/// The readable sections of a map.
fn entries<T>(map: Option<&Named<T>>) -> impl Iterator<Item = (&At<String>, &T)> {
    map.into_iter().flat_map(|map| &map.0).filter_map(|(name, section)| Some((name, section.as_ref()?)))
}

/// The texts of a map, as they are.
fn texts(map: Option<&Named<At<String>>>, mut check: impl FnMut(&At<String>)) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (name, text) in entries(map) {
        check(text);
        all.insert(name.value.clone(), text.value.clone());
    }
    all
}

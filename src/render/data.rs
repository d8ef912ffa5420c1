//! A view as the JSON that templates see (`docs/templates.md`). The names are a contract with template authors.
//!
//! Values are cleaned of mark characters and cut to the fit's cap on the way in. [`Used`] says which names a
//! template reads, so that a card of two hundred alerts does not build lists nobody looks at.

use super::display;
use super::failure::RenderFailure;
use super::marks::{self, Mark};
use super::model::{Mention, View, ViewAlert};
use super::storm;
use crate::alert::{Labels, State};
use crate::config::settings::{ContentKind, Locale};
use crate::util::text::truncate;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Names that exist at the root of the data.
pub const ROOT: &[&str] = &[
    "alerts",
    "annotations",
    "change",
    "commonAnnotations",
    "commonLabels",
    "counts",
    "externalURL",
    "failure",
    "firing",
    "gone",
    "groupKey",
    "groupLabels",
    "images",
    "incident",
    "kind",
    "labels",
    "links",
    "locale",
    "mentions",
    "now",
    "omitted",
    "payload",
    "possibleDuplicate",
    "receiver",
    "resolved",
    "severity",
    "source",
    "status",
    "storm",
    "test",
    "title",
    "truncatedAlerts",
    "view",
];

/// Names that every alert has; senders add their own.
pub const ALERT: &[&str] =
    &["annotations", "duration", "endsAt", "fingerprint", "generatorURL", "labels", "name", "severity", "startsAt", "status", "value"];

/// Names below `view`: what the shipped templates are made of.
pub const VIEW: &[&str] = &[
    "buttons",
    "color",
    "columns",
    "detail",
    "detailRest",
    "footer",
    "heading",
    "headline",
    "icon",
    "isTable",
    "lines",
    "more",
    "preview",
    "reason",
    "rest",
    "rows",
    "since",
    "span",
    "subtitle",
    "tags",
    "until",
    "value",
];

/// How a view is shown this time.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// Language of words.
    pub locale: Locale,
    /// Zone for days and times outside of cards.
    pub timezone: &'a TimeZone,
    /// When it is rendered.
    pub now: Timestamp,
    /// Shape of the message.
    pub kind: ContentKind,
    /// Who is mentioned.
    pub mentions: &'a [Mention],
    /// Pictures may be shown.
    pub rich: bool,
    /// Our own address, for links to the console.
    pub console: Option<&'a str>,
    /// Link prefixes and what to put in their place.
    pub rewrite_links: &'a [(String, String)],
    /// Most characters of one value.
    pub cap: usize,
    /// How many alerts are listed; the rest is counted only.
    pub keep: usize,
    /// The failure that the safe template explains.
    pub failure: Option<&'a RenderFailure>,
    /// Names that the template reads.
    pub used: &'a Used,
}

/// Which names of the data a template reads, two levels deep.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Used {
    roots: BTreeMap<String, Members>,
    /// It looks at the whole: everything counts as read.
    pub everything: bool,
}

/// Everything is read.
pub static ALL: Used = Used { roots: BTreeMap::new(), everything: true };

/// What is read of a root name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Members {
    /// The name itself: all of it.
    all: bool,
    names: BTreeSet<String>,
}

impl Used {
    /// Notes a path.
    pub fn add(&mut self, first: &str, second: Option<&str>) {
        let members = self.roots.entry(first.to_owned()).or_default();
        match second {
            Some(second) => drop(members.names.insert(second.to_owned())),
            None => members.all = true,
        }
    }

    /// Is the root name read?
    pub fn root(&self, name: &str) -> bool {
        self.everything || self.roots.contains_key(name)
    }

    /// Is this member of a root name read?
    pub fn member(&self, name: &str, member: &str) -> bool {
        self.everything || self.roots.get(name).is_some_and(|members| members.all || members.names.contains(member))
    }

    /// Takes over what another template reads.
    pub fn merge(&mut self, other: &Used) {
        for (name, more) in &other.roots {
            let members = self.roots.entry(name.clone()).or_default();
            members.all |= more.all;
            members.names.extend(more.names.iter().cloned());
        }
        self.everything |= other.everything;
    }
}

/// Cleaned and cut. A link is never cut, for half a link leads elsewhere: one that is far too long is dropped.
pub fn text(value: &str, cap: usize) -> String {
    let value = marks::clean(value);
    if value.len() <= cap {
        return value.into_owned();
    }
    if (value.starts_with("https://") || value.starts_with("http://")) && !value.contains(char::is_whitespace) {
        return if value.len() <= cap.max(1000) { value.into_owned() } else { String::new() };
    }
    truncate(&value, cap).into_owned()
}

fn map(labels: &Labels, cap: usize) -> Value {
    labels.iter().map(|(name, value)| (marks::clean(name).into_owned(), Value::String(text(value, cap)))).collect::<Map<_, _>>().into()
}

/// Any JSON of a sender, cleaned and cut the same way.
pub fn clean(value: &Value, cap: usize) -> Value {
    match value {
        Value::String(value) => text(value, cap).into(),
        Value::Array(items) => items.iter().map(|item| clean(item, cap)).collect(),
        Value::Object(map) => {
            map.iter().map(|(name, item)| (marks::clean(name).into_owned(), clean(item, cap))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// The token of a configured mention.
pub fn mention_token(mention: &Mention) -> String {
    Mark::At(match mention {
        Mention::All => "all".to_owned(),
        Mention::User { id } => id.clone(),
    })
    .token()
}

impl View {
    /// The whole documented data, for templates that may read anything: `check`, `schema`, the playground.
    pub fn data(&self, shown: &Shown<'_>) -> Value {
        build(self, &display::Facts::of(self), shown)
    }
}

/// Builds what the template reads.
pub(super) fn build(view: &View, facts: &display::Facts, shown: &Shown<'_>) -> Value {
    let used = shown.used;
    let cap = shown.cap;
    let listed = display::listed(view, shown.keep);
    let mut data = Map::new();
    let mut put = |name: &str, value: &mut dyn FnMut() -> Value| {
        if used.root(name) {
            data.insert(name.to_owned(), value());
        }
    };
    let of_state =
        |state: State| -> Value { listed.iter().filter(|a| a.state == state).map(|a| alert(a, facts, shown)).collect::<Vec<_>>().into() };
    put("status", &mut || view.status().as_str().into());
    put("severity", &mut || view.severity().as_str().into());
    put("receiver", &mut || text(&view.receiver, cap).into());
    put("source", &mut || text(&view.source, cap).into());
    put("groupKey", &mut || text(&view.group_key, cap).into());
    put("groupLabels", &mut || map(&view.group_labels, cap));
    put("commonLabels", &mut || map(&facts.labels, cap));
    put("labels", &mut || map(&facts.labels, cap));
    put("commonAnnotations", &mut || map(&facts.annotations, cap));
    put("annotations", &mut || map(&facts.annotations, cap));
    put("externalURL", &mut || text(&super::write::rewrite_link(&view.external_url, shown.rewrite_links), cap).into());
    put("truncatedAlerts", &mut || view.truncated.into());
    put("alerts", &mut || listed.iter().map(|a| alert(a, facts, shown)).collect::<Vec<_>>().into());
    put("firing", &mut || of_state(State::Firing));
    put("resolved", &mut || of_state(State::Resolved));
    put("gone", &mut || of_state(State::Gone));
    put("title", &mut || match &view.storm {
        Some(told) => storm::title(told, shown.locale).into(),
        None => text(&facts.title, cap).into(),
    });
    put("storm", &mut || view.storm.as_ref().map_or(Value::Null, |told| storm::data(told, shown)));
    put("omitted", &mut || (view.alerts.len() - listed.len()).into());
    put("payload", &mut || {
        view.payload.iter().map(|(name, value)| (marks::clean(name).into_owned(), clean(value, cap))).collect::<Map<_, _>>().into()
    });
    put("counts", &mut || {
        json!({"firing": view.count(State::Firing), "resolved": view.count(State::Resolved), "gone": view.count(State::Gone),
            "expired": view.count(State::Expired), "total": view.alerts.len()})
    });
    put("incident", &mut || {
        json!({"id": view.incident, "openedAt": view.opened_at.to_string(), "update": view.update,
            "acked": view.acked.as_ref().map(|acked| json!({"by": text(&acked.by, cap), "at": acked.at.to_string()}))})
    });
    put("change", &mut || {
        match (view.update, view.status()) {
            (0 | 1, _) => "new",
            (_, State::Firing) => "update",
            (_, state) => state.as_str(),
        }
        .into()
    });
    put("mentions", &mut || {
        shown
            .mentions
            .iter()
            .map(|mention| json!({"id": mention_token(mention), "all": mention == &Mention::All}))
            .collect::<Vec<_>>()
            .into()
    });
    put("images", &mut || {
        let images = view.images.iter().filter(|_| shown.rich);
        images.map(|image| json!({"key": text(&image.key, cap), "alt": text(&image.alt, cap)})).collect::<Vec<_>>().into()
    });
    put("links", &mut || super::links::links(view, facts, shown).to_json());
    put("test", &mut || view.test.into());
    put("possibleDuplicate", &mut || view.possible_duplicate.into());
    put("failure", &mut || {
        shown.failure.map_or(Value::Null, |f| json!({"file": f.file, "line": f.line, "column": f.column, "message": text(&f.message, 400)}))
    });
    put("view", &mut || match &view.storm {
        Some(told) => storm::view(told, view, shown),
        None => display::view(view, &listed, facts, shown),
    });
    // Helpers ask for these whether or not the template names them.
    let mut always = |name: &str, value: Value| data.insert(name.to_owned(), value);
    always("locale", if shown.locale == Locale::Zh { "zh" } else { "en" }.into());
    always("now", shown.now.to_string().into());
    always("kind", shown.kind.as_str().into());
    Value::Object(data)
}

fn alert(a: &ViewAlert, facts: &display::Facts, shown: &Shown<'_>) -> Value {
    let cap = shown.cap;
    let link = |url: &str| text(&super::write::rewrite_link(url, shown.rewrite_links), cap);
    let mut out = Map::new();
    for (name, value) in &a.alert.extra {
        let value = match value {
            Value::String(url) if name.ends_with("URL") || name.ends_with("url") => link(url).into(),
            other => clean(other, cap),
        };
        out.insert(marks::clean(name).into_owned(), value);
    }
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("status", a.state.as_str().into());
    put("severity", a.severity.as_str().into());
    put("labels", map(&a.alert.labels, cap));
    put("annotations", map(&a.alert.annotations, cap));
    put("startsAt", a.alert.starts_at.to_string().into());
    put("endsAt", a.alert.ends_at.map_or(Value::Null, |at| at.to_string().into()));
    put("generatorURL", link(&a.alert.generator_url).into());
    put("fingerprint", text(&a.alert.fingerprint, cap).into());
    put("name", text(&facts.name(a), cap).into());
    put("duration", display::lasted(a, shown.now).as_secs().into());
    if let Some(value) = display::value(a) {
        put("value", text(&value, cap).into());
    }
    Value::Object(out)
}

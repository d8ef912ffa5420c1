//! The routing tree and its time intervals.

use super::receivers::{Sends, matchers};
use super::values::Ctx;
use crate::alert::time_interval::{RawTimeInterval, RawTimeRange, Scalar, TimeInterval};
use crate::config::decode::{At, OneOrMany};
use crate::config::raw;
use crate::config::settings::{GroupBy, Locale, Route};
use std::collections::BTreeMap;

/// The root: it matches everything and must lead somewhere.
pub fn root(raw: &raw::Route, locale: Locale, sends: &mut Sends, cx: &mut Ctx) -> Option<Route> {
    if raw.receiver.is_none() && raw.send.is_none() && !cx.out.excused(raw.span, &["receiver", "send"]) {
        let hint = "name the receiver of alerts that no child route matches: `receiver: default`";
        cx.out.error("missing-key", raw.span, "the root route needs a `receiver`").hint(hint);
    }
    let first = |list: &Option<OneOrMany<At<String>>>| list.as_ref().and_then(|list| list.0.first()).map(|at| at.span);
    let refused = [
        ("matchers", first(&raw.matchers)),
        ("mute_time_intervals", first(&raw.mute_time_intervals)),
        ("active_time_intervals", first(&raw.active_time_intervals)),
        ("continue", raw.r#continue.as_ref().map(|at| at.span)),
    ];
    for (key, span) in refused.into_iter().filter_map(|(key, span)| Some((key, span?))) {
        let message = format!("`{key}` cannot stand at the root: it takes every alert, as in Alertmanager");
        cx.out.error("root-route", span, message).hint("move it into an entry of `routes`");
    }
    Some(route(raw, "route".to_owned(), locale, sends, cx))
}

/// A root for settings that are not going to be used.
pub fn empty() -> Route {
    Route {
        path: "route".to_owned(),
        receiver: None,
        send: Vec::new(),
        group_by: None,
        matchers: Vec::new(),
        continue_matching: false,
        mute_time_intervals: Vec::new(),
        active_time_intervals: Vec::new(),
        routes: Vec::new(),
    }
}

fn route(raw: &raw::Route, path: String, locale: Locale, sends: &mut Sends, cx: &mut Ctx) -> Route {
    if let Some(at) = &raw.receiver {
        sends.refs.receivers.refer(at, cx.out);
        if raw.send.is_some() {
            let message = "this route has `send` as well, which stands in place of a receiver";
            cx.out.error("receiver-and-send", at.span, message).hint("keep one of them; `continue` with a second route does both");
        }
    }
    let intervals = |list: Option<&OneOrMany<At<String>>>, sends: &mut Sends, cx: &mut Ctx| -> Vec<String> {
        let all = list.iter().flat_map(|list| &list.0);
        all.filter(|at| sends.refs.intervals.refer(at, cx.out)).map(|at| at.value.clone()).collect()
    };
    let children = raw.routes.iter().flatten().enumerate();
    let mut caught: Option<usize> = None;
    let mut routes = Vec::new();
    for (index, child) in children {
        if let Some(line) = caught.filter(|_| !cx.out.has_errors()) {
            let message = format!("never reached: the route on line {line} before it takes every alert");
            cx.out.warning("unreachable", child.span, message).hint("move that one to the end, or give it matchers or `continue: true`");
        }
        let node = route(child, format!("{path}.routes[{index}]"), locale, sends, cx);
        let open = child.matchers.as_ref().is_none_or(|list| list.0.is_empty());
        if open && !node.continue_matching && caught.is_none() {
            caught = Some(child.span.line);
        }
        routes.push(node);
    }
    Route {
        receiver: raw.receiver.as_ref().map(|at| at.value.clone()),
        send: sends.all(raw.send.as_deref().unwrap_or_default(), locale, cx),
        group_by: raw.group_by.as_ref().map(|list| group_by(list, cx)),
        matchers: matchers(raw.matchers.as_ref(), sends.refs, cx),
        continue_matching: raw.r#continue.as_ref().is_some_and(|at| at.value),
        mute_time_intervals: intervals(raw.mute_time_intervals.as_ref(), sends, cx),
        active_time_intervals: intervals(raw.active_time_intervals.as_ref(), sends, cx),
        routes,
        path,
    }
}

fn group_by(list: &OneOrMany<At<String>>, cx: &mut Ctx) -> GroupBy {
    let mut labels: Vec<String> = Vec::new();
    for at in &list.0 {
        if at.value == "..." && list.0.len() > 1 {
            cx.out.error("bad-group-by", at.span, "`...` stands alone: it is one message per alert").hint("write `group_by: ['...']`");
        }
        if labels.contains(&at.value) {
            cx.out.error("duplicate-name", at.span, format!("the label `{}` stands here already", at.shown()));
        }
        if at.value.is_empty() {
            cx.out.error("empty", at.span, "a label's name is not empty").hint("`group_by: []` puts all alerts together");
        }
        labels.push(at.value.clone());
    }
    if labels == ["..."] { GroupBy::All } else { GroupBy::Labels(labels) }
}

/// `time_intervals`.
pub fn time_intervals(raw: &raw::Config, cx: &mut Ctx) -> BTreeMap<String, Vec<TimeInterval>> {
    let mut all = BTreeMap::new();
    for raw in raw.time_intervals.iter().flatten() {
        let list = raw.time_intervals.0.as_deref().unwrap_or_default();
        if raw.time_intervals.0.as_ref().is_some_and(Vec::is_empty) {
            cx.out.warning("empty", raw.span, "no interval in here: it never holds");
        }
        let list = list.iter().filter_map(|raw| interval(raw, cx)).collect();
        if let Some(name) = &raw.name.0 {
            all.insert(name.value.clone(), list);
        }
    }
    all
}

/// Tries every part alone, so that a finding points at the part; then takes the whole.
fn interval(raw: &raw::Interval, cx: &mut Ctx) -> Option<TimeInterval> {
    let mut whole = RawTimeInterval::default();
    let mut good = true;
    let mut fits = |alone: &RawTimeInterval, at: &dyn Fn(&str) -> At<String>, cx: &mut Ctx| match TimeInterval::parse(alone) {
        Ok(_) => true,
        Err(error) => {
            let key = error.field.split(['[', '.']).next().unwrap_or_default();
            cx.refuse(&at(&error.field), "bad-interval", &format!("fit for `{key}`"), &error.message);
            good = false;
            false
        }
    };
    for range in raw.times.iter().flat_map(|list| &list.0) {
        let (Some(start), Some(end)) = (&range.start_time.0, &range.end_time.0) else { continue };
        let times = vec![RawTimeRange { start_time: start.value.clone(), end_time: end.value.clone() }];
        let alone = RawTimeInterval { times, ..RawTimeInterval::default() };
        let place = |field: &str| if field.ends_with("end_time") { end } else { start };
        if fits(&alone, &|field| place(field).with(place(field).value.clone()), cx) {
            whole.times.extend(alone.times);
        }
    }
    let mut list = |given: &Option<OneOrMany<At<String>>>, part: fn(&mut RawTimeInterval) -> &mut Vec<Scalar>, cx: &mut Ctx| {
        for at in given.iter().flat_map(|list| &list.0) {
            let mut alone = RawTimeInterval::default();
            part(&mut alone).push(Scalar(at.value.clone()));
            if fits(&alone, &|_| at.with(at.value.clone()), cx) {
                part(&mut whole).push(Scalar(at.value.clone()));
            }
        }
    };
    list(&raw.weekdays, |interval| &mut interval.weekdays, cx);
    list(&raw.days_of_month, |interval| &mut interval.days_of_month, cx);
    list(&raw.months, |interval| &mut interval.months, cx);
    list(&raw.years, |interval| &mut interval.years, cx);
    if let Some(at) = &raw.location {
        let alone = RawTimeInterval { location: Some(at.value.clone()), ..RawTimeInterval::default() };
        // Names that the interval's own reading knows besides the IANA ones are its affair.
        if (TimeInterval::parse(&alone).is_ok() || cx.zone(at).is_some()) && fits(&alone, &|_| at.with(at.value.clone()), cx) {
            whole.location = alone.location;
        }
    }
    TimeInterval::parse(&whole).ok().filter(|_| good)
}

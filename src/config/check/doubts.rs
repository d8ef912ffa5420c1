//! Warnings: what is legal and probably not meant.

use super::values::Ctx;
use super::{Refs, entries};
use crate::config::raw::{self, AuthValue};
use crate::config::settings::Settings;
use crate::util::duration;
use std::time::Duration;

/// Looks at the whole once more.
pub fn doubts(raw: &raw::Config, settings: &Settings, refs: &Refs, cx: &mut Ctx) {
    durations(raw, settings, cx);
    open_sources(raw, settings, cx);
    if cx.out.has_errors() {
        // What could not be read may be what refers to them.
        return;
    }
    fallback(raw, settings, cx);
    for names in [&refs.apps, &refs.bots, &refs.teams, &refs.intervals, &refs.receivers] {
        // Requests may name bots and apps' chats of their own where a source allows it.
        let by_request = settings.sources.values().any(|source| !source.allow_to.is_empty());
        if !(by_request && (std::ptr::eq(names, &refs.apps) || std::ptr::eq(names, &refs.bots))) {
            names.warn_unused(cx.out);
        }
    }
}

/// Sources that anybody in the network can use.
fn open_sources(raw: &raw::Config, settings: &Settings, cx: &mut Ctx) {
    if settings.server.listen.ip().is_loopback() {
        return;
    }
    for (name, source) in entries(raw.sources.0.as_ref()) {
        if let Some(AuthValue::None(span)) = &source.auth.0 {
            let message = format!("anybody who reaches larkhook can send alerts as `{}`", name.value);
            cx.out
                .warning("open-source", *span, message)
                .hint("give it a token (`auth: { bearer_token: ${HOOK_TOKEN} }`), or listen on 127.0.0.1");
        }
    }
}

fn durations(raw: &raw::Config, settings: &Settings, cx: &mut Ctx) {
    let hours = |n: u64| Duration::from_secs(n * 3600);
    if let Some(at) = raw.expire_after.as_ref().filter(|_| settings.expire_after <= hours(4)) {
        let message = "not longer than 4h, Alertmanager's default `repeat_interval`: groups that still fire would be closed";
        cx.out.warning("short", at.span, message).hint("keep it above your `repeat_interval`, such as 25h");
    }
    if let Some(at) = raw.reopen_within.as_ref().filter(|_| settings.reopen_within > settings.expire_after) {
        let message = format!("longer than `expire_after` ({})", duration::format(settings.expire_after));
        cx.out.warning("long", at.span, message).hint("a closed message is reopened for so long; minutes are usual");
    }
    if let Some(at) = raw.give_up_after.as_ref().filter(|_| settings.give_up_after < hours(1)) {
        let message = "an outage of Feishu longer than this costs messages";
        cx.out.warning("short", at.span, message).hint("leave it at 24h unless late messages are worse than none");
    }
    let longest = settings.expire_after.max(settings.give_up_after);
    if let Some(at) = raw.retention.as_ref().filter(|_| settings.retention < longest) {
        let message = format!("shorter than `expire_after` or `give_up_after` ({})", duration::format(longest));
        cx.out.warning("short", at.span, message).hint("history would be gone before its incident is over; 30d is usual");
    }
}

fn fallback(raw: &raw::Config, settings: &Settings, cx: &mut Ctx) {
    let Some(at) = &raw.fallback else {
        if let Some(receiver) = raw.receivers.iter().flatten().next() {
            let name = receiver.name.0.as_ref().map_or("default", |at| at.value.as_str());
            cx.out
                .warning(
                    "no-fallback",
                    raw.route.0.as_ref().map_or(raw.span, |route| route.span),
                    "nobody is told of alerts that cannot be delivered",
                )
                .hint(format!("name a receiver: `fallback: {name}`"));
        }
        return;
    };
    let Some(receiver) = settings.receivers.get(&at.value) else { return };
    let certain = receiver.send.iter().any(|send| send.matchers.is_empty() && send.to.iter().any(|to| !to.contains("{{")));
    if !certain {
        let message = format!("the receiver `{}` has no fixed address for every alert", at.shown());
        cx.out.warning("weak-fallback", at.span, message).hint("a fallback needs a `send` entry without matchers and templates in `to`");
    }
}

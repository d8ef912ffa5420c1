//! The effective configuration as JSON, for the API and for people, without secrets.

use super::settings::{Api, App, Auth, Bot, GroupBy, Platform, Route, Send, Settings, Source, SourceKind};
use crate::util::duration;
use serde_json::{Map, Value, json};

/// What stands in place of a secret.
const SECRET: &str = "***";

impl Settings {
    /// One line that says how much there is.
    pub fn summary(&self) -> String {
        fn routes(route: &Route) -> usize {
            1 + route.routes.iter().map(routes).sum::<usize>()
        }
        let counts = [
            (self.apps.len(), "app"),
            (self.bots.len(), "bot"),
            (self.sources.len(), "source"),
            (self.receivers.len(), "receiver"),
            (routes(&self.route), "route"),
        ];
        let parts = counts.map(|(n, what)| format!("{n} {what}{}", if n == 1 { "" } else { "s" }));
        parts.join(", ")
    }

    /// Everything with defaults filled in and secrets replaced by `***`, in the words of the configuration.
    pub fn redacted(&self) -> Value {
        let severity: Map<String, Value> = crate::alert::Severity::ALL
            .iter()
            .map(|severity| {
                let words: Vec<&String> = self.severity.words.iter().filter(|(_, s)| *s == severity).map(|(word, _)| word).collect();
                (severity.as_str().to_owned(), json!(words))
            })
            .collect();
        json!({
            "server": {
                "listen": self.server.listen.to_string(),
                "max_body": self.server.max_body,
                "tls": self.server.tls.as_ref().map(|tls| json!({ "cert_file": tls.cert_file, "key_file": tls.key_file })),
                "public_url": self.server.public_url,
                "trusted_proxies": strings(&self.server.trusted_proxies),
                "auth": self.server.auth.as_ref().map(|auth| json!({
                    "bearer_token": auth.bearer_token.as_ref().map(|_| SECRET),
                    "users": auth.users.keys().map(|name| (name.clone(), json!(SECRET))).collect::<Map<_, _>>(),
                })),
            },
            "storage": format!("sqlite:{}", self.storage.display()),
            "retention": duration::format(self.retention),
            "timezone": self.timezone.iana_name(),
            "locale": self.locale,
            "fallback": self.fallback,
            "expire_after": duration::format(self.expire_after),
            "reopen_within": duration::format(self.reopen_within),
            "give_up_after": duration::format(self.give_up_after),
            "severity": { "labels": self.severity.labels, "map": severity, "default": self.severity.default },
            "rewrite_links": self.rewrite_links.iter().map(|(from, to)| (from.clone(), json!(to))).collect::<Map<_, _>>(),
            "feishu": {
                "apps": self.apps.iter().map(|(name, app)| (name.clone(), redact_app(app))).collect::<Map<_, _>>(),
                "bots": self.bots.iter().map(|(name, bot)| (name.clone(), redact_bot(bot))).collect::<Map<_, _>>(),
            },
            "people": { "teams": self.teams.iter().map(|(name, team)| (name.clone(), strings(team))).collect::<Map<_, _>>() },
            "sources": self.sources.iter().map(|(name, source)| (name.clone(), redact_source(source))).collect::<Map<_, _>>(),
            "templates": self.templates,
            "time_intervals": self.time_intervals.keys().collect::<Vec<_>>(),
            "route": route(&self.route),
            "receivers": self.receivers.values().map(|receiver| json!({
                "name": receiver.name, "locale": receiver.locale, "send": receiver.send.iter().map(send).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "storm": { "after": self.storm_after },
            "ui": { "save_templates": self.save_templates },
            "pictures": {
                "hosts": strings(&self.pictures.hosts),
                "networks": strings(&self.pictures.networks),
                "max_bytes": self.pictures.max_bytes,
                "timeout": duration::format(self.pictures.timeout),
            },
        })
    }
}

fn strings<T: ToString>(list: &[T]) -> Value {
    list.iter().map(ToString::to_string).collect()
}

/// A URL without user name and password.
pub(super) fn without_userinfo(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, host)) => format!("{scheme}://{SECRET}@{host}"),
        None => url.to_owned(),
    }
}

fn redact_app(app: &App) -> Value {
    json!({
        "app_id": app.app_id,
        "app_secret": SECRET,
        "platform": match &app.platform { Platform::Url(url) => without_userinfo(url), Platform::Sandbox => "sandbox".to_owned() },
        "proxy": app.proxy.as_deref().map(without_userinfo),
        "ca_file": app.ca_file,
        "api": match app.api { Api::ImV1 => "im_v1", Api::V4 => "v4" },
        "helpdesk": app.helpdesk.as_ref().map(|desk| json!({
            "id": desk.id, "token": SECRET, "receive": desk.receive, "user_id_type": desk.user_id_type,
        })),
        "tenant": app.tenant,
        "limits": {
            "per_second": app.limits.per_second,
            "per_minute": app.limits.per_minute,
            "per_chat": app.limits.per_chat,
            "monthly_calls": app.limits.monthly_calls,
        },
    })
}

fn redact_bot(bot: &Bot) -> Value {
    json!({
        "url": SECRET,
        "secret": bot.secret.as_ref().map(|_| SECRET),
        "keyword": bot.keyword,
        "app": bot.app,
        "on_unknown": format!("{:?}", bot.on_unknown).to_lowercase(),
    })
}

fn redact_source(source: &Source) -> Value {
    let auth = match &source.auth {
        Auth::None => json!("none"),
        Auth::BearerToken(_) => json!({ "bearer_token": SECRET }),
        Auth::Basic { username, .. } => json!({ "basic": { "username": username, "password": SECRET } }),
        Auth::Header { name, .. } => json!({ "header": { "name": name, "value": SECRET } }),
        Auth::Hmac { header, timestamp_header, max_age, prefix, .. } => json!({ "hmac": {
            "secret": SECRET, "header": header, "timestamp_header": timestamp_header, "max_age": duration::format(*max_age), "prefix": prefix,
        } }),
    };
    let mut value = json!({
        "kind": source.kind.as_str(),
        "auth": auth,
        "allow_ips": strings(&source.allow_ips),
        "allow_to": source.allow_to,
        "overload_status": source.overload_status,
    });
    if let (SourceKind::Json(map), Some(fields)) = (&source.kind, value.as_object_mut()) {
        fields.insert("each".into(), json!(map.each));
        fields.insert("skip".into(), json!(map.skip));
        fields.insert(
            "fields".into(),
            json!({
                "key": map.key, "status": map.status, "severity": map.severity, "title": map.title, "labels": map.labels,
                "annotations": map.annotations, "url": map.url, "starts_at": map.starts_at, "ends_at": map.ends_at,
            }),
        );
    }
    value
}

fn route(node: &Route) -> Value {
    json!({
        "receiver": node.receiver,
        "send": node.send.iter().map(send).collect::<Vec<_>>(),
        "group_by": node.group_by.as_ref().map(|group_by| match group_by {
            GroupBy::All => json!(["..."]),
            GroupBy::Labels(labels) => json!(labels),
        }),
        "matchers": matchers(&node.matchers),
        "continue": node.continue_matching,
        "mute_time_intervals": node.mute_time_intervals,
        "active_time_intervals": node.active_time_intervals,
        "routes": node.routes.iter().map(route).collect::<Vec<_>>(),
    })
}

fn matchers(list: &[crate::alert::matcher::Matcher]) -> Value {
    list.iter().map(ToString::to_string).collect()
}

fn send(send: &Send) -> Value {
    json!({
        "name": send.name,
        "to": send.to,
        "app": send.app,
        "as": send.kind,
        "template": send.template,
        "matchers": matchers(&send.matchers),
        "mention": send.mention,
        "mention_on": send.mention_on,
        "attach": send.attach,
        "lifecycle": {
            "on_change": send.lifecycle.on_change,
            "on_worse": send.lifecycle.on_worse,
            "on_repeat": send.lifecycle.on_repeat,
            "on_reopen": send.lifecycle.on_reopen,
            "on_resolve": send.lifecycle.on_resolve,
        },
        "locale": send.locale,
    })
}

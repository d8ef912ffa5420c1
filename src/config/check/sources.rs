//! Senders: how they prove who they are, and how JSON becomes alerts.

use super::values::Ctx;
use super::{entries, texts};
use crate::alert::SeverityRules;
use crate::config::decode::At;
use crate::config::raw::{self, AuthSection, AuthValue, Kind};
use crate::config::settings::{Address, AddressKind, Auth, JsonMapping, Source, SourceKind};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// `sources`.
pub fn sources(raw: &raw::Config, severity: &SeverityRules, cx: &mut Ctx) -> BTreeMap<String, Arc<Source>> {
    let mut sources = BTreeMap::new();
    let map = raw.sources.0.as_ref();
    if map.is_some_and(|map| map.0.is_empty()) {
        cx.out.warning("empty", raw.span, "no source is configured: nothing can send alerts");
    }
    for (name, raw) in entries(map) {
        cx.name(name, "a source: it is part of a path");
        let (auth, allow_ips) = auth(raw, cx);
        let source = Source {
            name: name.value.clone(),
            kind: kind(raw, severity, cx),
            auth,
            allow_ips,
            allow_to: raw
                .allow_to
                .iter()
                .flat_map(|list| &list.0)
                .filter_map(|at| cx.parse(at, "bad-pattern", "a pattern of targets", pattern))
                .collect(),
            overload_status: overload_status(raw.overload_status.as_ref(), cx),
        };
        sources.insert(name.value.clone(), Arc::new(source));
    }
    sources
}

fn overload_status(at: Option<&At<u64>>, cx: &mut Ctx) -> u16 {
    match at.map(|at| (at.value, at.span)) {
        None | Some((503, _)) => 503,
        Some((429, _)) => 429,
        Some((_, span)) => {
            let hint = "503 is right for nearly all senders; 429 for those that drop what gets a 5xx";
            cx.out.error("out-of-bounds", span, "`overload_status` is 503 or 429").hint(hint);
            503
        }
    }
}

/// `chat:*`, `email:*@example.com`, `bot:db-room`.
fn pattern(text: &str) -> Result<String, String> {
    let known = AddressKind::ALL.map(AddressKind::as_str);
    let (kind, rest) =
        text.split_once(':').ok_or(format!("`{text}` is not a pattern of targets; write it like `chat:*` or `bot:db-room`"))?;
    if !known.contains(&kind) {
        let near = crate::util::text::suggest(kind, known)
            .map_or(format!("one of {}", known.join(", ")), |near| format!("did you mean `{near}:`?"));
        return Err(format!("`{kind}:` is not a kind of address; {near}"));
    }
    match rest {
        "" => Err(format!("`{text}` matches nothing; write it like `chat:*`")),
        // Bots that take turns are one target in whatever order they are named.
        _ if rest.starts_with('[') && kind == "bot" && !rest.contains('*') => text.parse().map(|bots: Address| bots.to_string()),
        _ => Ok(text.to_owned()),
    }
}

fn kind(raw: &raw::Source, severity: &SeverityRules, cx: &mut Ctx) -> SourceKind {
    let kind = raw.kind.0.as_ref().map(|at| at.value);
    if kind == Some(Kind::Json) {
        return SourceKind::Json(Box::new(mapping(raw, severity, cx)));
    }
    let json_only = [
        ("each", raw.each.as_ref().map(|at| at.span)),
        ("skip", raw.skip.as_ref().map(|at| at.span)),
        ("fields", raw.fields.as_ref().map(|fields| fields.span)),
    ];
    for (key, span) in json_only.into_iter().filter_map(|(key, span)| Some((key, span?))) {
        if let Some(kind) = &raw.kind.0 {
            let word = if kind.value == Kind::Grafana { "grafana" } else { "alertmanager" };
            let message = format!("`{key}` is for `kind: json`; bodies of `kind: {word}` need no mapping");
            cx.out.error("misplaced-key", span, message).hint("remove it, or change `kind`");
        }
    }
    if kind == Some(Kind::Grafana) { SourceKind::Grafana } else { SourceKind::Alertmanager }
}

fn mapping(raw: &raw::Source, severity: &SeverityRules, cx: &mut Ctx) -> JsonMapping {
    let each = raw.each.as_ref().and_then(|at| cx.parse(at, "bad-pointer", "a JSON pointer", pointer));
    let mut text = |at: Option<&At<String>>| at.and_then(|at| cx.template(at));
    let skip = text(raw.skip.as_ref());
    let Some(fields) = &raw.fields else {
        let hint = "at least `fields: { title: '{{name}}' }`; each value is a template over the body";
        cx.out.error("missing-key", raw.span, "`fields` is missing here: it says how the JSON becomes an alert").hint(hint);
        return JsonMapping::default();
    };
    let mapping = JsonMapping {
        each,
        skip,
        key: text(fields.key.as_ref()),
        status: text(fields.status.as_ref()),
        severity: text(fields.severity.as_ref()),
        title: text(fields.title.as_ref()),
        url: text(fields.url.as_ref()),
        starts_at: text(fields.starts_at.as_ref()),
        ends_at: text(fields.ends_at.as_ref()),
        labels: texts(fields.labels.as_ref(), |at| _ = cx.template(at)),
        annotations: texts(fields.annotations.as_ref(), |at| _ = cx.template(at)),
    };
    if fields.key.is_none() && fields.title.is_none() && fields.labels.as_ref().is_none_or(|labels| labels.0.is_empty()) {
        let hint = "map `key`, `title` or `labels`, so that a resolved alert finds the one that fired";
        cx.out.error("no-identity", fields.span, "nothing tells one alert from another here").hint(hint);
    }
    let literal = |at: Option<&At<String>>| at.filter(|at| !at.value.contains("{{")).map(|at| at.with(at.value.trim().to_lowercase()));
    if let Some(at) = literal(fields.status.as_ref())
        && !matches!(at.value.as_str(), "firing" | "resolved")
    {
        cx.refuse(
            &at,
            "bad-status",
            "firing or resolved",
            "`status` must render `firing` or `resolved`; for example '{{#if (eq state \"ok\")}}resolved{{else}}firing{{/if}}'",
        );
    }
    if let Some(at) = literal(fields.severity.as_ref())
        && !severity.words.contains_key(&at.value)
    {
        let message =
            format!("`{}` is not a known word of severity; one of critical, warning, info, or add it under `severity.map`", at.value);
        cx.refuse(&at, "bad-severity", "a known word of severity", &message);
    }
    mapping
}

/// RFC 6901.
fn pointer(text: &str) -> Result<String, String> {
    if !text.is_empty() && !text.starts_with('/') {
        return Err(format!("`{text}` is not a JSON pointer; did you mean `/{}`?", text.trim_start_matches('.').replace('.', "/")));
    }
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '~' && !matches!(chars.peek(), Some('0' | '1')) {
            return Err(format!("`~` in `{text}` stands alone; in a JSON pointer `~` is written `~0` and `/` is written `~1`"));
        }
    }
    Ok(text.to_owned())
}

fn auth(raw: &raw::Source, cx: &mut Ctx) -> (Auth, Vec<IpNet>) {
    match &raw.auth.0 {
        None | Some(AuthValue::None(_)) => (Auth::None, Vec::new()),
        Some(AuthValue::Section(section)) => (auth_section(section, cx), cx.networks(section.allow_ips.as_ref())),
    }
}

fn auth_section(raw: &AuthSection, cx: &mut Ctx) -> Auth {
    let token = raw.bearer_token.is_some() || raw.bearer_token_file.is_some();
    let ways = [token, raw.basic.is_some(), raw.header.is_some(), raw.hmac.is_some()].into_iter().filter(|way| *way).count();
    if ways > 1 {
        cx.out.error("bad-auth", raw.span, "`auth` has more than one way").hint("keep one of bearer_token, basic, header, hmac");
    }
    if let Some(basic) = &raw.basic {
        let password = cx.secret_required(basic.password.as_ref(), basic.password_file.as_ref(), "password", basic.span);
        let username = basic.username.0.as_ref();
        if let Some(at) = username.filter(|at| at.value.is_empty() || at.value.contains(':')) {
            cx.refuse(at, "bad-name", "a user's name", "a user's name is not empty and has no colon");
        }
        return Auth::Basic { username: username.map(|at| at.value.clone()).unwrap_or_default(), password };
    }
    if let Some(header) = &raw.header {
        let value = cx.secret_required(header.value.as_ref(), header.value_file.as_ref(), "value", header.span);
        return Auth::Header { name: header_name(header.name.0.as_ref(), cx), value };
    }
    if let Some(hmac) = &raw.hmac {
        let secret = cx.secret_required(hmac.secret.as_ref(), hmac.secret_file.as_ref(), "secret", hmac.span);
        if let (Some(at), None) = (&hmac.max_age, &hmac.timestamp_header) {
            cx.out
                .warning("no-effect", at.span, "`max_age` without `timestamp_header` does nothing")
                .hint("name the header with the time, or leave it out");
        }
        return Auth::Hmac {
            secret,
            header: header_name(hmac.header.0.as_ref(), cx),
            timestamp_header: hmac.timestamp_header.as_ref().map(|at| header_name(Some(at), cx)),
            max_age: cx.duration(hmac.max_age.as_ref(), Duration::from_secs(300), false),
            prefix: hmac.prefix.as_ref().map(|at| at.value.clone()).unwrap_or_default(),
        };
    }
    if token {
        return cx.secret(raw.bearer_token.as_ref(), raw.bearer_token_file.as_ref(), "bearer_token").map_or(Auth::None, Auth::BearerToken);
    }
    let ways = ["bearer_token", "bearer_token_file", "basic", "header", "hmac", "allow_ips"];
    if raw.allow_ips.is_none() && !cx.out.excused(raw.span, &ways) {
        let hint = "give bearer_token, basic, header or hmac; or write `auth: none`";
        cx.out.error("bad-auth", raw.span, "`auth` says nothing").hint(hint);
    }
    Auth::None
}

fn header_name(at: Option<&At<String>>, cx: &mut Ctx) -> String {
    let parse = |text: &str| {
        let name: http::HeaderName = text.parse().map_err(|_| format!("`{text}` is not the name of a header; write it like X-Token"))?;
        Ok(name.as_str().to_owned())
    };
    at.and_then(|at| cx.parse(at, "bad-header", "the name of a header", parse)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers() {
        assert_eq!(pointer("/a~1b/0"), Ok("/a~1b/0".to_owned()));
        assert_eq!(pointer(""), Ok(String::new()));
        assert!(pointer("data.items").unwrap_err().contains("`/data/items`"));
        assert!(pointer("/a~2").unwrap_err().contains("~0"));
    }
}

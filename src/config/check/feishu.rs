//! Apps, custom bots and teams.

use super::address::{self, PEOPLE};
use super::values::Ctx;
use super::{Refs, entries};
use crate::config::decode::At;
use crate::config::node::Span;
use crate::config::raw;
use crate::config::settings::{Address, Api, App, Bot, Helpdesk, Limits, OnUnknown, Platform, ReceiveType, UserIdType};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use url::Url;

/// The platforms by name.
const PLATFORMS: [(&str, &str); 2] = [("feishu", "https://open.feishu.cn"), ("lark", "https://open.larksuite.com")];

/// Whether a URL stays on this machine.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// `feishu.apps`.
pub fn apps(raw: &raw::Config, cx: &mut Ctx) -> BTreeMap<String, App> {
    let mut apps = BTreeMap::new();
    let mut ids: Vec<(String, Span)> = Vec::new();
    for (name, section) in entries(raw.feishu.as_ref().and_then(|feishu| feishu.apps.as_ref())) {
        cx.name(name, "an app");
        let app = app(name, section, cx);
        if let Some(at) = &section.app_id {
            match ids.iter().find(|(id, _)| *id == at.value) {
                Some((_, first)) => {
                    let message = format!("the app on line {} has the same `app_id`", first.line);
                    cx.out.error("duplicate-name", at.span, message).hint("one app is configured once, or its budgets count twice");
                }
                None => ids.push((at.value.clone(), at.span)),
            }
        }
        if let Some(at) = section.limits.as_ref().and_then(|limits| limits.monthly_calls.as_ref()) {
            one_number(at, &app, &apps, cx);
        }
        apps.insert(name.value.clone(), app);
    }
    apps
}

/// The month's calls are the tenant's: its apps cannot have different numbers.
fn one_number(at: &At<u64>, app: &App, others: &BTreeMap<String, App>, cx: &mut Ctx) {
    let differs = |other: &&App| other.tenant == app.tenant && other.limits.monthly_calls.is_some_and(|calls| calls != at.value);
    if let Some(other) = others.values().find(differs) {
        let message = format!("the app `{}` has another `monthly_calls`, and both are of one tenant: the smaller number holds", other.name);
        cx.out
            .warning("two-numbers", at.span, message)
            .hint("the number is the whole tenant's; where they are of two, name them: `tenant: ...`");
    }
}

fn app(name: &At<String>, raw: &raw::App, cx: &mut Ctx) -> App {
    let platform = match &raw.platform {
        Some(at) => platform(at, cx),
        None => Platform::Url("https://open.feishu.cn".to_owned()),
    };
    let sandbox = platform == Platform::Sandbox;
    let app_id = match &raw.app_id {
        Some(at) => {
            if at.value.trim().is_empty() || at.value.contains(char::is_whitespace) {
                cx.refuse(at, "bad-app-id", "an app's id", "an app's id is not empty and has no spaces");
            } else if !sandbox && !at.value.starts_with("cli_") {
                cx.out
                    .warning("odd-app-id", at.span, "ids of apps begin with `cli_`")
                    .hint("the developer console shows it under credentials");
            }
            at.value.clone()
        }
        None if sandbox => format!("cli_{}", name.value),
        None if cx.out.excused(raw.span, &["app_id"]) => String::new(),
        None => {
            let hint = "the developer console shows `cli_...` under credentials; `platform: sandbox` needs none";
            cx.out.error("missing-key", raw.span, "`app_id` is missing here").hint(hint);
            String::new()
        }
    };
    let app_secret = if sandbox && raw.app_secret.is_none() && raw.app_secret_file.is_none() {
        SecretString::from("sandbox")
    } else {
        cx.secret_required(raw.app_secret.as_ref(), raw.app_secret_file.as_ref(), "app_secret", raw.span)
    };
    let tenant = match (&raw.tenant, &platform) {
        (Some(at), _) => {
            cx.name(at, "a tenant");
            at.value.clone()
        }
        (None, Platform::Url(url)) => url.clone(),
        (None, Platform::Sandbox) => "sandbox".to_owned(),
    };
    App {
        name: name.value.clone(),
        app_id,
        app_secret,
        platform,
        proxy: raw.proxy.as_ref().and_then(|at| proxy(at, cx)),
        ca_file: raw.ca_file.as_ref().and_then(|at| cx.pem(at, "CERTIFICATE")),
        limits: limits(raw.limits.as_ref(), cx),
        tenant,
        api: raw.api.as_ref().map_or(Api::default(), |at| at.value),
        helpdesk: raw.helpdesk.as_ref().map(|raw| helpdesk(raw, cx)),
    }
}

fn helpdesk(raw: &raw::Helpdesk, cx: &mut Ctx) -> Helpdesk {
    let id = match &raw.id {
        Some(at) => {
            // The header joins id and token by a colon.
            if at.value.is_empty() || at.value.contains(|c: char| c.is_whitespace() || c == ':') {
                cx.refuse(at, "bad-helpdesk-id", "a help desk's id", "a help desk's id is not empty and has no spaces or colons");
            }
            at.value.clone()
        }
        None => {
            let hint = "the help desk's administration page shows id and token under API credentials";
            cx.out.error("missing-key", raw.span, "`id` is missing here").hint(hint);
            String::new()
        }
    };
    Helpdesk {
        id,
        token: cx.secret_required(raw.token.as_ref(), raw.token_file.as_ref(), "token", raw.span),
        receive: raw.receive.as_ref().map_or(ReceiveType::default(), |at| at.value),
        user_id_type: raw.user_id_type.as_ref().map_or(UserIdType::default(), |at| at.value),
    }
}

fn platform(at: &At<String>, cx: &mut Ctx) -> Platform {
    if at.value == "sandbox" {
        return Platform::Sandbox;
    }
    if let Some((_, url)) = PLATFORMS.iter().find(|(word, _)| *word == at.value) {
        return Platform::Url((*url).to_owned());
    }
    if !at.value.contains("://") {
        let near = crate::util::text::suggest(&at.value, ["feishu", "lark", "sandbox"]).map(|near| format!("; did you mean `{near}`?"));
        let message =
            format!("`{}` is not a platform{}", at.value, near.as_deref().unwrap_or("; one of feishu, lark, sandbox, or a base URL"));
        cx.refuse(at, "bad-platform", "feishu, lark, sandbox or a base URL", &message);
        return Platform::Sandbox;
    }
    let Some((text, url)) = cx.url(at) else { return Platform::Sandbox };
    if url.scheme() == "http" && !is_local(&url) {
        cx.out
            .warning("unencrypted", at.span, "the app's secret travels unencrypted")
            .hint("use https, except for a simulator on this machine");
    }
    Platform::Url(text)
}

fn proxy(at: &At<String>, cx: &mut Ctx) -> Option<String> {
    let (text, url) = cx.url_with_credentials(at)?;
    if url.password().is_some() {
        cx.out.secret(at.span);
    }
    Some(text)
}

fn limits(raw: Option<&raw::LimitsSection>, cx: &mut Ctx) -> Limits {
    let defaults = Limits::default();
    let Some(raw) = raw else { return defaults };
    let why = "which the platform does not allow";
    Limits {
        per_second: cx.number(raw.per_second.as_ref(), "per_second", defaults.per_second, 50, why),
        per_minute: cx.number(raw.per_minute.as_ref(), "per_minute", defaults.per_minute, 1000, why),
        per_chat: cx.number(raw.per_chat.as_ref(), "per_chat", defaults.per_chat, 5, why),
        monthly_calls: raw.monthly_calls.as_ref().map(|at| {
            if at.value == 0 {
                cx.out.error("out-of-bounds", at.span, "`monthly_calls` of 0 sends nothing").hint("leave it out for no quota");
            }
            at.value
        }),
    }
}

/// `feishu.bots`.
pub fn bots(raw: &raw::Config, refs: &mut Refs, cx: &mut Ctx) -> BTreeMap<String, Bot> {
    let mut bots = BTreeMap::new();
    let mut urls: Vec<(String, Span)> = Vec::new();
    for (name, raw) in entries(raw.feishu.as_ref().and_then(|feishu| feishu.bots.as_ref())) {
        cx.name(name, "a bot");
        let url = cx.secret_required(raw.url.as_ref(), raw.url_file.as_ref(), "url", raw.span);
        let span = raw.url.as_ref().map(|url| url.span).or(raw.url_file.as_ref().map(|at| at.span)).unwrap_or(raw.span);
        if let Err((code, message, hint)) = hook_url(url.expose_secret()) {
            cx.out.error(code, span, message).hint(hint);
        } else if url.expose_secret() != "sandbox" {
            match urls.iter().find(|(known, _)| known == url.expose_secret()) {
                Some((_, first)) => {
                    let message = format!("the bot on line {} has the same address", first.line);
                    cx.out.warning("duplicate-url", span, message).hint("its limits would be counted twice; configure it once");
                }
                None => urls.push((url.expose_secret().to_owned(), span)),
            }
        }
        let app = match &raw.app {
            Some(at) => refs.apps.refer(at, cx.out).then(|| at.value.clone()),
            None => refs.apps.only().map(str::to_owned),
        };
        let keyword = raw.keyword.as_ref().map(|at| {
            if at.value.trim().is_empty() {
                cx.refuse(at, "empty", "a keyword", "an empty keyword; leave `keyword` out");
            }
            at.value.clone()
        });
        bots.insert(
            name.value.clone(),
            Bot {
                name: name.value.clone(),
                url,
                secret: cx.secret(raw.secret.as_ref(), raw.secret_file.as_ref(), "secret"),
                keyword,
                app,
                on_unknown: raw.on_unknown.as_ref().map_or(OnUnknown::default(), |at| at.value),
            },
        );
    }
    bots
}

/// Looks at a webhook address without ever quoting it. An empty one has been complained about.
fn hook_url(text: &str) -> Result<(), (&'static str, &'static str, &'static str)> {
    let form = "copy it from the group's bot settings: https://open.feishu.cn/open-apis/bot/v2/hook/...";
    if matches!(text, "" | "sandbox") {
        return Ok(());
    }
    let Ok(url) = Url::parse(text) else { return Err(("bad-url", "the bot's address is not a URL", form)) };
    let token = |prefix: &str| url.path().split_once(prefix).is_some_and(|(_, token)| !token.is_empty());
    if token("/open-apis/bot/hook/") {
        return Err((
            "bot-v1",
            "a version 1 address: it only takes plain text and is being retired",
            "add a new custom bot to the group: its address has /bot/v2/hook/",
        ));
    }
    if !token("/open-apis/bot/v2/hook/") {
        return Err(("bad-url", "not the address of a custom bot", form));
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_local(&url) => Ok(()),
        _ => Err(("bad-url", "the bot's address must be https, except for a simulator on this machine", form)),
    }
}

/// `people.teams`.
pub fn teams(raw: &raw::Config, refs: &Refs, cx: &mut Ctx) -> BTreeMap<String, Vec<Address>> {
    let mut teams = BTreeMap::new();
    for (name, members) in entries(raw.people.as_ref().and_then(|people| people.teams.as_ref())) {
        cx.name(name, "a team");
        if members.0.is_empty() {
            cx.out.warning("empty", name.span, format!("nobody is in the team `{}`", name.value));
        }
        let mut people = Vec::new();
        for at in &members.0 {
            let parse = |text: &str| match address::literal(text)? {
                address if PEOPLE.contains(&address.kind) => Ok(address),
                address => Err(format!("`{address}` is not a person; one of {}", PEOPLE.map(|kind| kind.as_str()).join(", "))),
            };
            if let Some(person) = cx.parse(at, "bad-address", "a person's address", parse) {
                address::warn_open_id(&address::Known::Literal(person.clone()), at, refs, cx);
                people.push(person);
            }
        }
        teams.insert(name.value.clone(), people);
    }
    teams
}

//! The listener, storage, severity words, link rewriting, template folders.

use super::entries;
use super::values::Ctx;
use crate::alert::{Severity, SeverityRules};
use crate::config::decode::{At, Named, OneOrMany};
use crate::config::raw;
use crate::config::settings::{Server, ServerAuth, Tls};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8064);
const DEFAULT_MAX_BODY: usize = 8 << 20;

/// The `server` section.
pub fn server(raw: Option<&raw::Server>, cx: &mut Ctx) -> Server {
    let listen = raw.and_then(|raw| raw.listen.as_ref()).and_then(|at| cx.parse(at, "bad-listen", "an address and port", listen));
    Server {
        listen: listen.unwrap_or(DEFAULT_LISTEN),
        max_body: cx.size(raw.and_then(|raw| raw.max_body.as_ref()), DEFAULT_MAX_BODY),
        tls: raw.and_then(|raw| raw.tls.as_ref()).and_then(|raw| {
            let cert = raw.cert_file.0.as_ref().and_then(|at| cx.pem(at, "CERTIFICATE"));
            let key = raw.key_file.0.as_ref().and_then(|at| cx.pem(at, "PRIVATE KEY"));
            Some(Tls { cert_file: cert?, key_file: key? })
        }),
        public_url: raw.and_then(|raw| raw.public_url.as_ref()).and_then(|at| cx.url(at)).map(|(text, _)| text),
        trusted_proxies: cx.networks(raw.and_then(|raw| raw.trusted_proxies.as_ref())),
        auth: raw.and_then(|raw| raw.auth.as_ref()).map(|raw| server_auth(raw, cx)),
    }
}

fn listen(text: &str) -> Result<SocketAddr, String> {
    if let Some(port) = text.strip_prefix("localhost:") {
        return format!("127.0.0.1:{port}").parse().map_err(|_| format!("`{port}` is not a port; between 1 and 65535"));
    }
    text.parse().map_err(|_| match text.strip_prefix(':') {
        Some(port) => format!("`{text}` has no address; write 0.0.0.0:{port} for all of them, 127.0.0.1:{port} for this machine only"),
        None => format!("`{text}` is not an IP address and port; write it like 127.0.0.1:8064 or [::]:8064"),
    })
}

fn server_auth(raw: &raw::ServerAuthSection, cx: &mut Ctx) -> ServerAuth {
    let bearer_token = cx.secret(raw.bearer_token.as_ref(), raw.bearer_token_file.as_ref(), "bearer_token");
    let mut users = std::collections::BTreeMap::new();
    for (name, hash) in entries(raw.users.as_ref()) {
        if name.value.is_empty() || name.value.contains(':') {
            cx.out.error("bad-name", name.span, "a user's name is not empty and has no colon");
        }
        let Some(text) = &hash.value else { continue };
        let parsed = argon2::password_hash::PasswordHash::new(text);
        if !parsed.is_ok_and(|hash| hash.algorithm.as_str().starts_with("argon2") && hash.hash.is_some()) {
            let hint = "make one with `argon2 SALT -id -e` and put it into single quotes; a password itself is refused";
            cx.out.error("bad-hash", hash.span, "not an argon2 hash ($argon2id$...)").hint(hint);
        }
        users.insert(name.value.clone(), text.clone().into());
    }
    let tried =
        raw.bearer_token.is_some() || raw.bearer_token_file.is_some() || raw.users.as_ref().is_some_and(|users| !users.0.is_empty());
    if !tried && !cx.out.excused(raw.span, &["bearer_token", "bearer_token_file", "users"]) {
        cx.out.error("missing-key", raw.span, "`server.auth` lets nobody in").hint("give `bearer_token` or `users`, or leave `auth` out");
    }
    ServerAuth { bearer_token, users }
}

/// The `storage` key: the SQLite file.
pub fn storage(at: Option<&At<String>>, cx: &mut Ctx) -> PathBuf {
    let Some(at) = at else { return cx.path("larkhook.db") };
    if at.value.starts_with("postgres://") || at.value.starts_with("postgresql://") {
        cx.out.secret(at.span);
        cx.out.error("later", at.span, "PostgreSQL is not in this version").hint("write `storage: sqlite:larkhook.db`");
        return PathBuf::new();
    }
    let hint = "write it like sqlite:larkhook.db or sqlite:/var/lib/larkhook/larkhook.db";
    let parse = |text: &str| match text.strip_prefix("sqlite:").map(|path| path.strip_prefix("//").unwrap_or(path)) {
        Some("" | ":memory:") => Err(format!("alerts are kept in a file, not in memory; {hint}")),
        Some(path) if path.contains('?') => Err(format!("parameters in the address are not supported; {hint}")),
        Some(path) => Ok(path.to_owned()),
        None => Err(format!("not a database; {hint}")),
    };
    cx.parse(at, "bad-storage", "a database address like sqlite:larkhook.db", parse).map(|path| cx.path(&path)).unwrap_or_default()
}

/// The `severity` section over its defaults.
pub fn severity(raw: Option<&raw::SeveritySection>, cx: &mut Ctx) -> SeverityRules {
    let mut rules = SeverityRules::default();
    let Some(raw) = raw else { return rules };
    if let Some(labels) = &raw.labels {
        rules.labels = labels.0.iter().map(|at| at.value.clone()).collect();
        if labels.0.is_empty() {
            cx.out.warning("no-effect", raw.span, "no label says the severity: every alert gets the default one");
        }
    }
    if let Some(default) = &raw.default {
        rules.default = default.value;
    }
    let Some(map) = &raw.map else { return rules };
    let lists = [(Severity::Critical, &map.critical), (Severity::Warning, &map.warning), (Severity::Info, &map.info)];
    let given = |severity: Severity| lists.iter().any(|(of, list)| *of == severity && list.is_some());
    rules.words.retain(|_, severity| !given(*severity));
    let mut seen: Vec<(String, &'static str)> = Vec::new();
    for (severity, list) in lists {
        for at in list.iter().flat_map(|OneOrMany(words)| words) {
            let word = at.value.trim().to_lowercase();
            if let Some((_, other)) = seen.iter().find(|(known, _)| *known == word) {
                let message = format!("`{}` is a word for {other} already", at.shown());
                cx.out.error("duplicate-name", at.span, message).hint("a word means one severity");
            }
            seen.push((word.clone(), severity.as_str()));
            rules.words.insert(word, severity);
        }
    }
    rules
}

/// Link prefixes, the longest first so that the most exact one wins.
pub fn rewrite_links(raw: Option<&Named<At<String>>>, cx: &mut Ctx) -> Vec<(String, String)> {
    let mut links = Vec::new();
    for (from, to) in entries(raw) {
        let (from, to) = (cx.url(from), cx.url(to));
        if let (Some((from, _)), Some((to, _))) = (from, to) {
            links.push((from, to));
        }
    }
    links.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
    links
}

/// Folders of templates; each must be there.
pub fn templates(raw: Option<&OneOrMany<At<String>>>, cx: &mut Ctx) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for at in raw.iter().flat_map(|list| &list.0) {
        let path = cx.path(&at.value);
        if !path.is_dir() {
            let message = format!("there is no folder {}", at.raw.clone().unwrap_or_else(|| path.display().to_string()));
            cx.out.error("unreadable-file", at.span, message).hint("make it, or leave `templates` out to use the built-in ones");
        }
        folders.push(path);
    }
    folders
}

/// Whether templates may be saved from a browser; that needs a folder to save them in.
pub fn save_templates(raw: &raw::Config, cx: &mut Ctx) -> bool {
    let Some(at) = raw.ui.as_ref().and_then(|ui| ui.save_templates.as_ref()) else { return false };
    let folders = raw.templates.as_ref().map_or(0, |list| list.0.len());
    if at.value && folders == 0 {
        cx.out.error("no-folder", at.span, "there is no folder to save templates in").hint("name one: `templates: [templates]`");
    }
    at.value
}

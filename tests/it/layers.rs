//! The direction rule of ARCHITECTURE.md: who may use whom. Changing this table is an architecture change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Module to the modules it may name in `crate::` paths. More precise names win: `feishu::content` before `feishu`.
const MAY_USE: &[(&str, &[&str])] = &[
    // 0 words: values only
    ("util", &["util"]),
    ("alert", &["alert", "util"]),
    ("feishu::content", &["feishu::content", "util"]),
    // 1 pure rules: no I/O, no clock
    ("draw", &["draw", "util", "feishu::content"]),
    ("render", &["render", "alert", "util", "config::settings", "feishu::content"]),
    ("config", &["config", "alert", "util", "render::expr"]),
    ("config::settings", &["alert", "util", "config::redacted"]),
    ("source", &["source", "alert", "util", "config::settings", "render::expr"]),
    ("route", &["route", "alert", "util", "config::settings", "render::expr"]),
    ("incident", &["incident", "alert", "util", "config::settings", "render::model"]),
    ("outbox", &["outbox", "alert", "util", "config::settings"]),
    ("feishu::callback", &["feishu::callback", "util"]),
    ("feishu::error", &["feishu::error", "util", "config::settings"]),
    ("deliver::limiter", &["deliver::limiter", "deliver::budget", "util", "config::settings", "feishu::error"]),
    ("deliver::retry", &["deliver::retry", "util", "feishu::error", "config::settings", "outbox"]),
    ("deliver::breaker", &["deliver::breaker", "util"]),
    ("deliver::queue", &["outbox", "alert", "util"]),
    ("deliver::storm", &["deliver::storm", "deliver::queue", "outbox", "alert", "util", "store", "render::model"]),
    // 2 effects
    ("store", &["store", "alert", "util", "config::settings", "incident", "outbox", "render::model"]),
    ("feishu", &["feishu", "util", "config::settings"]),
    ("fetch", &["fetch", "util", "config::settings", "feishu::content", "feishu::tls"]),
    ("fetch::guard", &["fetch", "util", "config::settings"]),
    ("telemetry", &["telemetry", "util", "feishu::error"]),
    // 3 flows
    ("live", &["live", "alert", "util", "config", "source", "route", "render", "feishu", "fetch"]),
    ("pipeline", &["pipeline", "alert", "util", "config::settings", "source", "route", "incident", "store", "feishu::content"]),
    (
        "deliver",
        &[
            "deliver",
            "alert",
            "util",
            "config::settings",
            "incident",
            "outbox",
            "render",
            "route",
            "feishu",
            "fetch",
            "store",
            "live",
            "telemetry",
            "pipeline",
        ],
    ),
    ("deliver::attach::rules", &["deliver::attach", "deliver::retry", "util", "feishu::error"]),
    ("deliver::attach::list", &["deliver::attach", "render::model"]),
    (
        "preview",
        &[
            "preview",
            "alert",
            "util",
            "config::settings",
            "source",
            "route",
            "incident",
            "render",
            "feishu::content",
            "live",
            "pipeline",
            "store",
            "deliver::way",
            "deliver::view",
        ],
    ),
    ("verbs", &["verbs", "util", "config::settings", "render::json", "route::expand", "deliver::limiter", "feishu", "live"]),
    // 4 surfaces
    ("web", &["web", "draw", "util"]),
    ("sandbox", &["sandbox", "feishu::content", "feishu::callback", "feishu::tls", "draw", "web", "util"]),
    (
        "server",
        &[
            "server",
            "draw",
            "web",
            "alert",
            "util",
            "config",
            "source",
            "route",
            "render",
            "incident",
            "store",
            "live",
            "pipeline",
            "preview",
            "deliver",
            "telemetry",
            "feishu",
            "verbs",
        ],
    ),
    (
        "cli",
        &[
            "cli",
            "alert",
            "util",
            "config",
            "source",
            "route",
            "render",
            "incident",
            "outbox",
            "store",
            "live",
            "pipeline",
            "preview",
            "deliver",
            "telemetry",
            "feishu",
            "sandbox",
            "server",
            "web",
            "verbs",
            "app",
        ],
    ),
    // 5 wiring
    (
        "app",
        &[
            "app",
            "alert",
            "util",
            "config",
            "source",
            "route",
            "render",
            "incident",
            "outbox",
            "store",
            "live",
            "pipeline",
            "deliver",
            "telemetry",
            "feishu",
            "sandbox",
            "server",
        ],
    ),
];

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// `src/feishu/content/card.rs` is `feishu::content::card`.
fn module(path: &Path) -> String {
    let text = path.strip_prefix(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap().to_string_lossy().replace('/', "::");
    text.trim_end_matches(".rs").trim_end_matches("::mod").to_owned()
}

/// The longest entry of the table that `module` lies in.
fn owner(module: &str) -> Option<&'static str> {
    MAY_USE
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| module == *name || module.starts_with(&format!("{name}::")))
        .max_by_key(|name| name.len())
}

/// Paths after `crate::`, with groups like `crate::alert::{self, Labels}` cut at the brace.
fn uses(text: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("//") {
            continue;
        }
        for part in line.split("crate::").skip(1) {
            let path: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == ':').collect();
            let inner = part[path.len()..].strip_prefix('{');
            match inner {
                // `use crate::feishu::{content::Card, error}`: each branch counts.
                Some(group) if path.is_empty() || path.matches("::").count() < 2 => {
                    for branch in group.split(['}', ';']).next().unwrap_or("").split(',') {
                        let branch: String =
                            branch.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == ':').collect();
                        out.push((number + 1, format!("{path}{branch}").trim_end_matches(':').to_owned()));
                    }
                }
                _ => out.push((number + 1, path.trim_end_matches(':').to_owned())),
            }
        }
    }
    out
}

#[test]
fn modules_use_only_what_lies_below_them() {
    let table: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut sources = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let mut wrong = Vec::new();
    for path in sources {
        let name = module(&path);
        if matches!(name.as_str(), "lib" | "main") || name.ends_with("tests") || name.ends_with("_test") {
            continue;
        }
        let Some(owner) = owner(&name) else {
            wrong.push(format!("{name}: not in the table"));
            continue;
        };
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or("");
        for (line, used) in uses(code) {
            let allowed = |permitted: &&str| used == **permitted || used.starts_with(&format!("{permitted}::"));
            // Inside one's own top-level module everything below it is near.
            if !table[owner].iter().any(allowed) && !used.starts_with(&format!("{owner}::")) && used != owner {
                wrong.push(format!("{}:{line}: {owner} may not use crate::{used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn pure_layers_do_no_io() {
    let mut sources = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut sources);
    let pure = [
        "alert",
        "draw",
        "feishu::content",
        "render",
        "source",
        "route",
        "incident",
        "outbox",
        "feishu::callback",
        "feishu::error",
        "deliver::limiter",
        "deliver::retry",
        "deliver::breaker",
        "deliver::queue",
        "deliver::storm",
        "deliver::plan",
        "deliver::view",
        "deliver::attach::rules",
        "deliver::attach::list",
        "fetch::guard",
    ];
    let banned =
        ["tokio::", "reqwest::", "rusqlite::", "std::fs", "std::net::Tcp", "Timestamp::now", "SystemTime", "Instant::now", "rand::"];
    let mut wrong = Vec::new();
    for path in sources {
        let name = module(&path);
        if !pure.iter().any(|p| name == *p || name.starts_with(&format!("{p}::"))) || name.contains("test") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or("");
        for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for word in banned.iter().filter(|word| line.contains(**word)) {
                wrong.push(format!("{}:{}: {word} in a pure layer", path.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

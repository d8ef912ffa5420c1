//! Masks what looks like a secret in a line that is about to be shown.
//!
//! Values that decode as secrets are masked by their place ([`columns`]); [`line()`] is for what was never
//! decoded: misspelled keys, files that are not YAML.

use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Keys that hold secrets, and addresses that are secrets; the secret is the last group.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r#"(?i)(["']?[\w.-]*(?:se?cre?t|token|passw|passphrase|credential|bearer|hmac|encrypt|api_?key|private_?key)[\w.-]*["']?\s*:\s+)((?:\$\{[^}]*\}|[^\s{\[#])(?:\$\{[^}]*\}|[^,}\]])*)"#,
        r"(/open-apis/bot/(?:v2/)?hook/)([^\s'\x22,}]+)",
        r"(://[^\s/@:]*:)([^\s@]+)@",
        r"(\$argon2\w*\$)([^\s'\x22,}]+)",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// The line with the values of secret-looking keys and secret addresses starred out, columns kept.
pub fn line(line: &str) -> String {
    let mut text = line.to_owned();
    for pattern in PATTERNS.iter() {
        text = pattern
            .replace_all(&text, |found: &Captures| {
                let (key, value) = (&found[1], &found[2]);
                let safe = key.contains("_file") || key.contains("_header");
                let value = if safe { value.to_owned() } else { stars(value) };
                let tail = found.get(0).map_or(0, |all| all.len()) - found[1].len() - found[2].len();
                format!("{key}{value}{}", if tail > 0 { "@" } else { "" })
            })
            .into_owned();
    }
    text
}

/// The line with the columns `from..to` (from 1, in characters) starred out.
pub fn columns(line: &str, from: usize, to: usize) -> String {
    let mut chars = line.chars();
    let before: String = chars.by_ref().take(from.saturating_sub(1)).collect();
    let part: String = chars.by_ref().take(to.saturating_sub(from)).collect();
    before + &stars(&part) + chars.as_str()
}

/// Stars for everything but spaces, quotes around it and `${NAME}`, which says nothing secret.
fn stars(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let name = rest.strip_prefix("${").and_then(|inner| inner.split_once('}')).map(|(name, _)| name);
        if let Some(name) = name.filter(|name| name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())) {
            let (variable, after) = rest.split_at(name.len() + 3);
            out.push_str(variable);
            rest = after;
            continue;
        }
        let mut chars = rest.chars();
        let c = chars.next().unwrap_or_default();
        let edge = matches!(c, '"' | '\'') && (rest.len() == text.len() || chars.as_str().trim().is_empty());
        out.push(if c.is_whitespace() || edge { c } else { '*' });
        rest = chars.as_str();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_what_looks_secret() {
        for (from, to) in [
            ("app_secret: hunter2", "app_secret: *******"),
            ("  app_secrt: hunter2 # why", "  app_secrt: ******* * ***"),
            ("auth: { bearer_token: \"abc\", x: 1 }", "auth: { bearer_token: \"***\", x: 1 }"),
            ("bearer_token: ${HOOK_TOKEN}", "bearer_token: ${HOOK_TOKEN}"),
            ("{ bearer_token: \"${HOOK_TOKEN}\", x: 1 }", "{ bearer_token: \"${HOOK_TOKEN}\", x: 1 }"),
            ("secret: 'a-${B}' ", "secret: '**${B}' "),
            ("bearer_token: ${HOOK_TOKEN:-abc}", "bearer_token: ******************"),
            ("app_secret_file: /run/secret", "app_secret_file: /run/secret"),
            ("url: https://open.feishu.cn/open-apis/bot/v2/hook/abc-1", "url: https://open.feishu.cn/open-apis/bot/v2/hook/*****"),
            ("storage: postgres://u:pw@db/x", "storage: postgres://u:**@db/x"),
            ("listen: 127.0.0.1:80", "listen: 127.0.0.1:80"),
        ] {
            let masked = line(from);
            assert_eq!(masked, to);
            assert_eq!(masked.chars().count(), from.chars().count());
        }
    }
}

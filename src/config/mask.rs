//! Masks what looks like a secret in a line that is about to be shown.
//!
//! Values that decode as secrets are masked by their place ([`columns`]); [`line()`] is for what was never
//! decoded: misspelled keys, files that are not YAML.

use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Keys that hold secrets, and addresses that are secrets; the secret is the last group.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r#"(?i)(["']?[\w.-]*(?:se?cre?t|token|passw|passphrase|credential|bearer|hmac|encrypt|api_?key|private_?key)[\w.-]*["']?\s*:\s+)([^\s{\[#][^,}\]]*)"#,
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
                let safe = key.contains("_file") || key.contains("_header") || shown_anyway(value);
                let value = if safe { value.to_owned() } else { stars(value) };
                let tail = found.get(0).map_or(0, |all| all.len()) - found[1].len() - found[2].len();
                format!("{key}{value}{}", if tail > 0 { "@" } else { "" })
            })
            .into_owned();
    }
    text
}

/// The line with the columns `from..to` (from 1, in characters) starred out, unless only variables stand there.
pub fn columns(line: &str, from: usize, to: usize) -> String {
    let part: String = line.chars().skip(from.saturating_sub(1)).take(to.saturating_sub(from)).collect();
    if shown_anyway(&part) {
        return line.to_owned();
    }
    line.chars().enumerate().map(|(i, c)| if (from..to).contains(&(i + 1)) && !c.is_whitespace() { '*' } else { c }).collect()
}

/// `${NAME}` says nothing secret; a default in it would.
fn shown_anyway(value: &str) -> bool {
    let bare = value.trim().trim_matches(['"', '\'']);
    bare.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).is_some_and(|name| !name.contains([':', '$', '{', '}']))
        || bare.chars().all(|c| c == '*')
}

fn stars(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { c } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_what_looks_secret() {
        for (from, to) in [
            ("app_secret: hunter2", "app_secret: *******"),
            ("  app_secrt: hunter2 # why", "  app_secrt: ******* * ***"),
            ("auth: { bearer_token: \"abc\", x: 1 }", "auth: { bearer_token: *****, x: 1 }"),
            ("bearer_token: ${HOOK_TOKEN}", "bearer_token: ${HOOK_TOKEN}"),
            ("bearer_token: ${HOOK_TOKEN:-abc}", "bearer_token: ********************"),
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

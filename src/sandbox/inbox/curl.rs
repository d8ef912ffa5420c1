//! A call as a command for a shell.

use crate::sandbox::exchanges::Exchange;

/// Headers that the command makes itself.
const MADE: [&str; 5] = ["host", "content-length", "connection", "accept-encoding", "accept"];

/// `curl` with the same method, headers and body, against this host.
pub(super) fn command(host: &str, exchange: &Exchange) -> String {
    let mut parts = vec![format!("curl -X {} {}", exchange.method, quote(&format!("http://{host}{}", exchange.target)))];
    for (name, value) in exchange.headers.iter().filter(|(name, _)| !MADE.contains(&name.as_str())) {
        parts.push(format!("-H {}", quote(&format!("{name}: {value}"))));
    }
    if !exchange.body.is_empty() {
        parts.push(format!("--data-raw {}", quote(&String::from_utf8_lossy(&exchange.body))));
    }
    parts.join(" \\\n  ")
}

/// In single quotes, for any POSIX shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_quote_does_not_end_the_argument() {
        assert_eq!(super::quote("it's $HOME `x`"), r"'it'\''s $HOME `x`'");
    }
}

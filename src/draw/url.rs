//! Addresses of a message: which may become a link, which only text.
//!
//! What is written into `href` and `src` is an address that was parsed and printed again, never the text itself.

use url::Url;

/// What an address of a message can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// Opens in a browser.
    Web(String),
    /// Opens in the client only (`lark://`, `feishu://`, `mailto:`, `tel:`): shown, not clickable here.
    Client(String),
    /// Nothing that opens.
    Refused,
}

impl Target {
    pub fn of(text: &str) -> Self {
        if text.len() > 8192 || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Self::Refused;
        }
        match Url::parse(text) {
            Ok(url) => match url.scheme() {
                "http" | "https" if url.has_host() => Self::Web(url.into()),
                "lark" | "feishu" | "mailto" | "tel" => Self::Client(url.into()),
                _ => Self::Refused,
            },
            Err(_) => Self::Refused,
        }
    }
}

/// The `href` for an address.
pub(super) fn href(text: &str) -> Option<String> {
    match Target::of(text) {
        Target::Web(url) => Some(url),
        Target::Client(_) | Target::Refused => None,
    }
}

/// A `src` or `href` that whoever draws gave us: a path of this site, or an address of the web.
pub(super) fn own(text: &str) -> Option<String> {
    let path = text.starts_with('/') && !text.starts_with("//") && !text.contains(['\\', '\n', '\r', '\t']);
    if path { Some(text.to_owned()) } else { href(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_web_becomes_a_link() {
        for (text, expected) in [
            ("https://a.example/x?y=1#z", Some("https://a.example/x?y=1#z")),
            ("HTTP://A.example", Some("http://a.example/")),
            ("https://a.example/\"onx=1", Some("https://a.example/%22onx=1")),
            ("javascript:alert(1)", None),
            ("java\nscript:alert(1)", None),
            (" https://a.example", None),
            ("//a.example", None),
            ("/path", None),
            ("data:text/html,x", None),
            ("lark://msgcard/unsupported_action", None),
            ("https://", None),
            ("", None),
        ] {
            assert_eq!(href(text).as_deref(), expected, "{text}");
        }
        assert!(matches!(Target::of("feishu://x/y"), Target::Client(_)));
    }

    #[test]
    fn paths_are_of_this_site() {
        assert_eq!(own("/_sandbox/images/img_1").as_deref(), Some("/_sandbox/images/img_1"));
        for text in ["//evil.example/x", "/\\evil.example", "data:image/png;base64,x", "javascript:1", "x.png"] {
            assert_eq!(own(text), None, "{text}");
        }
    }
}

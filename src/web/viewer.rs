//! Who looks at a page: language and colours, as cookies and the browser say.

use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, COOKIE};

/// The languages of our pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    /// Chinese, as in mainland China.
    Zh,
    /// English.
    #[default]
    En,
}

impl Lang {
    /// The words of this language.
    pub fn say(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// For the `lang` attribute.
    pub fn tag(self) -> &'static str {
        self.say("zh-CN", "en")
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is = |name: &str| text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(name));
        match () {
            () if is("zh") => Some(Lang::Zh),
            () if is("en") => Some(Lang::En),
            () => None,
        }
    }
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// For the root's `data-theme`; absent where the system decides.
    pub fn attribute(self) -> Option<&'static str> {
        match self {
            Theme::Auto => None,
            Theme::Light => Some("light"),
            Theme::Dark => Some("dark"),
        }
    }
}

/// How somebody reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Viewer {
    /// The language of our words; messages have their own.
    pub lang: Lang,
    /// The colours.
    pub theme: Theme,
}

impl Viewer {
    /// From the cookies `lang` and `theme`, else from `Accept-Language`, else English in the system's colours.
    pub fn of(headers: &HeaderMap) -> Self {
        let lang = cookie(headers, "lang").and_then(Lang::parse).or_else(|| accepted(headers)).unwrap_or_default();
        let theme = match cookie(headers, "theme") {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::Auto,
        };
        Self { lang, theme }
    }

    /// The words of the reader's language.
    pub fn say(self, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.say(zh, en)
    }
}

/// The value of a cookie, the first of that name.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The first of our languages in the order of the browser's wishes.
fn accepted(headers: &HeaderMap) -> Option<Lang> {
    let text = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut wishes: Vec<(f32, Lang)> = text
        .split(',')
        .filter_map(|wish| {
            let (name, rest) = wish.split_once(';').unwrap_or((wish, ""));
            let weight = rest.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok())?;
            Some((weight, Lang::parse(name)?))
        })
        .collect();
    wishes.sort_by(|a, b| b.0.total_cmp(&a.0));
    wishes.first().map(|(_, lang)| *lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(pairs: &[(http::HeaderName, &str)]) -> Viewer {
        Viewer::of(&pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect())
    }

    #[test]
    fn cookies_come_before_the_browsers_wishes() {
        let wishes = (ACCEPT_LANGUAGE, "fr, en;q=0.5, zh-CN;q=0.9");
        assert_eq!(viewer(&[]), Viewer::default());
        assert_eq!(viewer(std::slice::from_ref(&wishes)).lang, Lang::Zh);
        let chosen = viewer(&[wishes, (COOKIE, "a=b; lang=en; theme=dark")]);
        assert_eq!(chosen, Viewer { lang: Lang::En, theme: Theme::Dark });
        assert_eq!(viewer(&[(COOKIE, "lang=\u{20ac}; theme=x")]), Viewer::default());
    }
}

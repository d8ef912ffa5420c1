//! From rendered text with tokens to a message: every token is written for the place it stands in.
//!
//! [`tree`] walks cards and posts, [`inline`] reads strings with markup, [`escape`] spells single values and
//! [`url`] composes links. Nothing in here trusts a value, and nothing here knows alerts.

pub mod escape;
pub mod inline;
pub mod tree;
pub mod url;

use super::marks::{self, Mark, Seg, TimeStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::cell::RefCell;

/// What the writing of one message needs to know.
pub struct Writer<'a> {
    /// Zone of moments where the reader's own cannot be shown.
    pub timezone: &'a TimeZone,
    /// The day that needs no date.
    pub now: Timestamp,
    /// Link prefixes and what to put in their place.
    pub rewrite_links: &'a [(String, String)],
    /// Leave mentions out.
    pub no_mentions: bool,
    /// Over a custom bot.
    pub custom_bot: bool,
    /// What was taken away, for the author.
    pub warnings: RefCell<Vec<String>>,
}

impl<'a> Writer<'a> {
    /// A writer with nothing special about it.
    pub fn new(timezone: &'a TimeZone, now: Timestamp) -> Self {
        Self { timezone, now, rewrite_links: &[], no_mentions: false, custom_bot: false, warnings: RefCell::new(Vec::new()) }
    }

    /// A text message.
    ///
    /// # Errors
    /// A token that nobody can read.
    pub fn message(&self, rendered: &str) -> Result<String, tree::Fault> {
        let segs = marks::segments(rendered).map_err(tree::Fault::broken)?;
        Ok(inline::write(&segs, inline::Dialect::Message, self))
    }

    /// A link with the configured prefix replaced.
    pub fn rewrite<'t>(&self, url: &'t str) -> std::borrow::Cow<'t, str> {
        rewrite_link(url, self.rewrite_links)
    }

    fn warn_link(&self, what: &str, why: &str) {
        if why != "there is no link" {
            let what = crate::util::text::truncate(what, 60);
            self.warnings.borrow_mut().push(format!("a link was left out: {why} ({what})"));
        }
    }

    /// A moment as text in the configured zone.
    pub fn moment(&self, ms: i64, style: TimeStyle) -> String {
        let Ok(at) = Timestamp::from_millisecond(ms) else { return String::new() };
        let at = at.to_zoned(self.timezone.clone());
        let format = match style {
            TimeStyle::Time => "%H:%M",
            TimeStyle::TimeSeconds => "%H:%M:%S",
            TimeStyle::Date => "%Y-%m-%d",
            TimeStyle::DateTime if at.year() == self.now.to_zoned(self.timezone.clone()).year() => "%m-%d %H:%M",
            TimeStyle::DateTime => "%Y-%m-%d %H:%M",
        };
        at.strftime(format).to_string()
    }

    /// A token as plain text.
    pub fn plain(&self, mark: &Mark) -> String {
        match mark {
            Mark::Time { ms, style } => self.moment(*ms, *style),
            other => marks::plain(other).unwrap_or_default().into_owned(),
        }
    }

    /// A string without any markup.
    fn verbatim(&self, segs: &[Seg<'_>]) -> String {
        let mut out = String::new();
        for seg in segs {
            match seg {
                Seg::Lit(text) => out.push_str(text),
                Seg::Mark(Mark::Value(text)) => out.push_str(text),
                Seg::Mark(mark) => out.push_str(&self.plain(mark)),
            }
        }
        out
    }
}

/// A link with the first matching prefix replaced; a prefix ends where a host, port or path segment ends.
pub fn rewrite_link<'t>(url: &'t str, rules: &[(String, String)]) -> std::borrow::Cow<'t, str> {
    for (from, to) in rules {
        let from = from.trim_end_matches('/');
        if let Some(rest) = url.strip_prefix(from)
            && (rest.is_empty() || rest.starts_with(['/', '?', '#']))
        {
            return format!("{}{rest}", to.trim_end_matches('/')).into();
        }
    }
    url.into()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::LazyLock;

    static ZONE: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Asia/Shanghai").unwrap());
    static RULES: LazyLock<Vec<(String, String)>> =
        LazyLock::new(|| vec![("http://prometheus-0:9090".into(), "https://prometheus.example.com/".into())]);

    /// A writer for tests: Shanghai, one rewriting rule.
    pub(crate) fn writer() -> Writer<'static> {
        let mut writer = Writer::new(&ZONE, "2025-11-22T04:00:00Z".parse().unwrap());
        writer.rewrite_links = &RULES;
        writer
    }

    #[test]
    fn moments_are_in_the_configured_zone() {
        let writer = writer();
        let ms = 1_763_780_000_000; // 2025-11-22 10:53:20 +08:00
        for (style, wanted) in [
            (TimeStyle::Time, "10:53"),
            (TimeStyle::TimeSeconds, "10:53:20"),
            (TimeStyle::Date, "2025-11-22"),
            (TimeStyle::DateTime, "11-22 10:53"),
        ] {
            assert_eq!(writer.moment(ms, style), wanted);
        }
        assert_eq!(writer.moment(0, TimeStyle::DateTime), "1970-01-01 08:00");
        assert_eq!(writer.moment(i64::MAX, TimeStyle::Time), "");
    }
}

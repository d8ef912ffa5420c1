//! Feishu's inline markup to spans: markdown emphasis, links, code, and the tags `at`, `font`, `link`, `text_tag`,
//! `local_datetime`, `br`. What is not understood is shown as it stands.

use super::{FAINT, Span, color};
use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;

/// One line of Feishu markdown.
pub fn markdown(text: &str) -> Vec<Span> {
    let mut out = Inline { spans: Vec::new(), stack: vec![Style::new()] };
    let text = text.trim_start_matches('#').trim_start_matches(' ');
    out.read(text);
    out.spans
}

/// One line of a text message: only `at` tags mean something.
pub fn text(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some(start) = rest.find("<at ") {
        let Some((tag, after)) = tag_at(&rest[start..]) else { break };
        spans.push(Span::new(&rest[..start], Style::new()));
        let (name, after) = after.split_once("</at>").unwrap_or(("", after));
        spans.push(mention(attribute(tag, "user_id").or_else(|| attribute(tag, "id")).unwrap_or_default(), name));
        rest = after;
    }
    spans.push(Span::new(rest, Style::new()));
    spans
}

/// A link: its text and, where it says something else, its address.
pub fn link(text: &str, href: &str) -> Vec<Span> {
    let shown = Span::new(unescape(text), AnsiColor::Blue.on_default().underline());
    if text == href || href.is_empty() { vec![shown] } else { vec![shown, Span::new(format!(" ({})", unescape(href)), FAINT)] }
}

/// A mention.
pub fn mention(id: &str, name: &str) -> Span {
    let who = if name.is_empty() { id } else { name };
    Span::new(format!("@{who}"), AnsiColor::Cyan.on_default().bold())
}

struct Inline {
    spans: Vec<Span>,
    stack: Vec<Style>,
}

impl Inline {
    fn style(&self) -> Style {
        self.stack.last().copied().unwrap_or_default()
    }

    fn put(&mut self, text: &str) {
        if !text.is_empty() {
            let style = self.style();
            self.spans.push(Span::new(unescape(text), style));
        }
    }

    fn inside(&mut self, text: &str, style: Style) {
        self.stack.push(style);
        self.read(text);
        self.stack.pop();
    }

    fn read(&mut self, text: &str) {
        let mut rest = text;
        let mut from = 0;
        while let Some(at) = rest[from..].find(['*', '~', '`', '[', '<', '\\']).map(|at| at + from) {
            let (before, here) = rest.split_at(at);
            match self.markup(before, here) {
                Some(after) => {
                    rest = after;
                    from = 0;
                }
                None => from = at + here.chars().next().map_or(1, char::len_utf8),
            }
        }
        self.put(rest);
    }

    /// Reads the markup at the start of `here` and returns what follows it; `None` where it is plain text.
    fn markup<'t>(&mut self, before: &str, here: &'t str) -> Option<&'t str> {
        for (mark, style) in [("**", self.style().bold()), ("~~", self.style().strikethrough()), ("*", self.style().italic())] {
            if let Some(inner) = here.strip_prefix(mark) {
                let (inner, after) = inner.split_once(mark).filter(|(inner, _)| !inner.is_empty() && !inner.starts_with(' '))?;
                self.put(before);
                self.inside(inner, style);
                return Some(after);
            }
        }
        if let Some(inner) = here.strip_prefix('`') {
            let (code, after) = inner.split_once('`')?;
            self.put(before);
            self.spans.push(Span::new(unescape(code), AnsiColor::Yellow.on_default()));
            return Some(after);
        }
        if let Some(inner) = here.strip_prefix('[') {
            let (label, after) = inner.split_once("](")?;
            let (href, after) = after.split_once(')')?;
            self.put(before);
            self.spans.extend(link(label, href));
            return Some(after);
        }
        let escaped = here.strip_prefix('\\').and_then(|after| after.chars().next()).filter(char::is_ascii_punctuation);
        if let Some(c) = escaped {
            self.put(before);
            self.put(c.encode_utf8(&mut [0; 4]));
            return here.get(2..);
        }
        self.tag(before, here)
    }

    fn tag<'t>(&mut self, before: &str, here: &'t str) -> Option<&'t str> {
        let (tag, after) = tag_at(here)?;
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        let close = format!("</{name}>");
        let (inner, rest) = after.split_once(close.as_str()).unwrap_or(("", after));
        match name {
            "br" => {
                self.put(before);
                self.put("  ");
                return Some(after);
            }
            "at" => {
                self.put(before);
                let id = attribute(tag, "id").or_else(|| attribute(tag, "email")).or_else(|| attribute(tag, "ids")).unwrap_or("?");
                self.spans.push(mention(id, inner));
            }
            "font" => {
                self.put(before);
                self.inside(inner, color(attribute(tag, "color").unwrap_or_default()));
            }
            "text_tag" => {
                self.put(before);
                self.inside(&format!("[{inner}]"), color(attribute(tag, "color").unwrap_or_default()));
            }
            "link" => {
                self.put(before);
                self.spans.extend(link(inner, attribute(tag, "url").unwrap_or_default()));
            }
            "number_tag" | "person" => {
                self.put(before);
                self.put(inner);
            }
            "local_datetime" => {
                self.put(before);
                let ms = attribute(tag, "millisecond").and_then(|ms| ms.parse().ok());
                self.put(&moment(ms, attribute(tag, "format_type").unwrap_or_default()));
            }
            _ => return None,
        }
        Some(rest)
    }
}

/// The inside of the tag at the start of `text`, and what follows it.
fn tag_at(text: &str) -> Option<(&str, &str)> {
    let (tag, after) = text.strip_prefix('<')?.split_once('>')?;
    tag.starts_with(|c: char| c.is_ascii_lowercase()).then_some((tag, after))
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut from = 0;
    loop {
        let at = from + tag[from..].find(name)?;
        from = at + name.len();
        if !tag[..at].ends_with(' ') {
            continue;
        }
        let Some(value) = tag[from..].trim_start().strip_prefix('=') else { continue };
        let value = value.trim_start();
        return match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split([' ', '/']).next(),
        };
    }
}

/// A reader's own time; here the zone of this machine.
pub(super) fn moment(ms: Option<i64>, format: &str) -> String {
    let Some(time) = ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()) else { return "?".to_owned() };
    let format = match format {
        "time" => "%H:%M",
        "date_num" | "date" | "date_short" => "%m-%d",
        _ => "%Y-%m-%d %H:%M",
    };
    time.to_zoned(TimeZone::system()).strftime(format).to_string()
}

/// Entities back to characters: the named ones that Feishu knows and `&#60;`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = rest.get(1..).and_then(|after| after.split_once(';')).filter(|(name, _)| name.len() <= 7);
        let decoded = entity.and_then(|(name, after)| entity_char(name).map(|c| (c, after)));
        match decoded {
            Some((c, after)) => {
                out.push(c);
                rest = after;
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity_char(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "nbsp" | "ensp" | "emsp" => ' ',
        _ => return name.strip_prefix('#')?.parse().ok().and_then(char::from_u32),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        markdown(text).iter().map(|span| span.text.as_str()).collect()
    }

    #[test]
    fn markup_is_read_and_the_rest_stands() {
        for (text, plain) in [
            ("**a** *b* ~~c~~ `d`", "a b c d"),
            ("[runbook](https://r.example/x)", "runbook (https://r.example/x)"),
            ("<font color='grey'>开始</font><br/>x", "开始  x"),
            ("<at id=ou_1></at> <at id=all></at>", "@ou_1 @all"),
            ("<text_tag color='red'>严重</text_tag>", "[严重]"),
            ("a &lt;b&gt; &#42;c&#42; &unknown; & d", "a <b> *c* &unknown; & d"),
            ("2 * 3 < 4 and a_b [x] <odd>", "2 * 3 < 4 and a_b [x] <odd>"),
            ("#### head", "head"),
            ("\\*no\\*", "*no*"),
            ("**unclosed", "**unclosed"),
            ("内**存**", "内存"),
        ] {
            assert_eq!(shown(text), plain, "{text}");
        }
        assert!(markdown("**a**")[0].style == Style::new().bold());
    }

    #[test]
    fn attributes() {
        assert_eq!(attribute("at user_id=\"a b\" id=c", "id"), Some("c"));
        assert_eq!(attribute("font color = 'red'", "color"), Some("red"));
        assert_eq!(attribute("br/", "id"), None);
    }
}

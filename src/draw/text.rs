//! Text messages, and what texts of every kind share: mentions, people, moments, pictures, plain text.

use super::colour::Own;
use super::look::{Locale, Look};
use super::markdown::inline::{self, Inline};
use super::markdown::{Ink, write};
use super::{icon, url};
use crate::feishu::content::card::v1::{Reader, dates};
use crate::util::text::truncate;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

/// A text message.
pub(super) fn message(text: &str, look: &Look<'_>) -> Markup {
    let pieces = auto_links(inline::parse_message(text));
    html! { div.lk-bubble dir="auto" { (write::inlines(&pieces, Ink::new(look, &Own::default()))) } }
}

/// A text message on one line.
pub(super) fn plain(text: &str, look: &Look<'_>) -> String {
    let mut out = String::new();
    write::plain_inlines(&inline::parse_message(text), look, &mut out);
    out
}

/// Clients make links of the addresses in a text.
fn auto_links(pieces: Vec<Inline>) -> Vec<Inline> {
    let mut out = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Inline::Text(text) => linked(&text, &mut out),
            Inline::Styled(style, inside) => out.push(Inline::Styled(style, auto_links(inside))),
            other => out.push(other),
        }
    }
    out
}

fn linked(text: &str, out: &mut Vec<Inline>) {
    let mut rest = text;
    while let Some(at) = ["https://", "http://"].iter().filter_map(|scheme| rest.find(scheme)).min() {
        let (before, here) = rest.split_at(at);
        let ends =
            |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\'' | '，' | '。' | '；' | '）' | '（' | '、');
        let end = here.find(ends).unwrap_or(here.len());
        let (address, after) =
            here.split_at(here.get(..end).unwrap_or_default().trim_end_matches(['.', ',', ';', ')', '!', '?', ':']).len());
        if !before.is_empty() {
            out.push(Inline::Text(before.to_owned()));
        }
        if url::href(address).is_some() {
            out.push(Inline::Link { url: address.to_owned(), icon: None, inside: vec![Inline::Text(address.to_owned())] });
        } else {
            out.push(Inline::Text(address.to_owned()));
        }
        rest = after;
    }
    if !rest.is_empty() {
        out.push(Inline::Text(rest.to_owned()));
    }
}

/// Text that is never parsed, its lines kept.
pub(super) fn verbatim(text: &str) -> Markup {
    html! { span.lk-plain dir="auto" { (text) } }
}

/// `@` and the name: of the world, else as it was written, else the id.
pub(super) fn named(id: &str, written: &str, look: &Look<'_>) -> String {
    match (look.world.person(id), written.trim_start_matches('@')) {
        (Some(name), _) => format!("@{name}"),
        (None, "") => format!("@{}", truncate(id, 24)),
        (None, name) => format!("@{name}"),
    }
}

/// A mention.
pub(super) fn at(id: &str, written: &str, look: &Look<'_>) -> Markup {
    if id == "all" {
        return html! { span.lk-at { (look.locale.say("@所有人", "@everyone")) } };
    }
    html! { span.lk-at title=(id) { bdi { (named(id, written, look)) } } }
}

/// A person, not mentioned: picture and name.
pub(super) fn person(id: &str, show_name: bool, show_avatar: bool, capsule: bool, look: &Look<'_>) -> Markup {
    let name = look.world.person(id);
    let shown = name.as_deref().unwrap_or(look.locale.say("未知用户", "Unknown user"));
    html! {
        span.lk-person.capsule[capsule] title=(id) {
            @if show_avatar { (avatar(shown)) }
            @if show_name || !show_avatar { bdi { (shown) } } @else { span.lk-hidden { (shown) } }
        }
    }
}

/// The round picture of a person: the first character of the name.
pub(super) fn avatar(name: &str) -> Markup {
    let first: String = name.chars().take(1).collect();
    html! { span.lk-avatar aria-hidden="true" { (first) } }
}

/// A moment in one of the platform's formats, which a script may put into the reader's zone.
pub(super) fn moment(ms: Option<i64>, format: &str, otherwise: &str, look: &Look<'_>) -> Markup {
    let at = ms.and_then(|ms| Timestamp::from_millisecond(ms).ok().map(|at| (ms, at)));
    let Some((ms, at)) = at else { return html! { (otherwise) } };
    let known = ["date_num", "date_short", "date", "week", "week_short", "time", "time_sec", "timezone"];
    let format = known.iter().find(|known| **known == format).copied().unwrap_or("date_time");
    let shown = moment_text(Some(ms), format, look.locale).unwrap_or_default();
    html! { time datetime=(at) data-ms=(ms) data-format=(format) title={ (at) } { (shown) } }
}

/// The moment in UTC as text, which says so where it has a time.
pub(super) fn moment_text(ms: Option<i64>, format: &str, locale: Locale) -> Option<String> {
    let reader = Reader { timezone: &TimeZone::UTC, chinese: locale == Locale::Zh };
    let shown = dates::show(ms?, format, &reader)?;
    let dated = ["date_num", "date_short", "date", "week", "week_short", "timezone"].contains(&format);
    Some(if dated { shown } else { format!("{shown} UTC") })
}

/// A picture by its key; a frame with what is known of it where there is none.
pub(super) fn picture(key: &str, alt: &str, look: &Look<'_>) -> Markup {
    let alt_text = if alt.is_empty() { look.locale.say("图片", "Image") } else { alt };
    match look.world.image(key).as_deref().and_then(url::own) {
        Some(src) => html! { img.lk-img src=(src) alt=(alt_text) title=[(!alt.is_empty()).then_some(alt)] loading="lazy"; },
        None => html! {
            span.lk-noimg role="img" aria-label=(alt_text) title=(truncate(key, 80)) {
                (icon::standard("image_outlined")) bdi { (truncate(alt_text, 60)) }
            }
        },
    }
}

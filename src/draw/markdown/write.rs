//! The tree of a Markdown text as HTML, and as plain text for previews and labels.

use super::Ink;
use super::block::{Align, Block, Item, PAGE};
use super::inline::{Inline, Style, Who};
use crate::draw::look::{Locale, Look};
use crate::draw::text::{at, moment, picture};
use crate::draw::{colour, emoji, icon, url};
use maud::{Markup, html};

/// Blocks as HTML.
pub(in crate::draw) fn blocks(blocks: &[Block], ink: Ink<'_>) -> Markup {
    html! { @for item in blocks { (block(item, ink)) } }
}

fn block(block: &Block, ink: Ink<'_>) -> Markup {
    match block {
        Block::Paragraph(text) => html! { p dir="auto" { (inlines(text, ink)) } },
        Block::Heading(level, text) => html! { p.lk-h.{ "h" (level) } dir="auto" { (inlines(text, ink)) } },
        Block::Quote(inside) => html! { blockquote { (blocks(inside, ink)) } },
        Block::Code { language, text } => code(language, text),
        Block::List { first, items } => list(*first, items, ink),
        Block::Table { head, align, rows, total } => table(head, align, rows, *total, ink),
        Block::Rule => html! { hr; },
    }
}

/// A block of code, with its language where one is named.
pub(in crate::draw) fn code(language: &str, text: &str) -> Markup {
    html! {
        div.lk-code dir="ltr" {
            @if !language.is_empty() { span.lk-lang { (crate::util::text::truncate(language, 24)) } }
            pre tabindex="0" { code { (text) } }
        }
    }
}

fn list(first: Option<u32>, items: &[Item], ink: Ink<'_>) -> Markup {
    let inside = html! {
        @for item in items {
            li { (inlines(&item.text, ink)) (blocks(&item.lists, ink)) }
        }
    };
    match first {
        Some(1) => html! { ol { (inside) } },
        Some(first) => html! { ol start=(first) { (inside) } },
        None => html! { ul { (inside) } },
    }
}

fn table(head: &[Vec<Inline>], align: &[Align], rows: &[Vec<Vec<Inline>>], total: usize, ink: Ink<'_>) -> Markup {
    let class = |n: usize| match align.get(n) {
        Some(Align::Center) => Some("al-center"),
        Some(Align::End) => Some("al-right"),
        _ => None,
    };
    html! {
        div.lk-table tabindex="0" role="group" {
            table {
                thead { tr { @for (n, cell) in head.iter().enumerate() { th scope="col" class=[class(n)] dir="auto" { (inlines(cell, ink)) } } } }
                tbody {
                    @for row in rows {
                        tr { @for n in 0..head.len() { td class=[class(n)] dir="auto" { @if let Some(cell) = row.get(n) { (inlines(cell, ink)) } } } }
                    }
                }
            }
            (pages(total, PAGE, ink.look.locale))
        }
    }
}

/// What stands under a table that has further pages.
pub(in crate::draw) fn pages(rows: usize, page: usize, locale: Locale) -> Markup {
    html! {
        @if rows > page {
            div.lk-pages {
                span { (locale.say("共", "Page 1 of")) " " (rows.div_ceil(page)) (locale.say(" 页，当前第 1 页", "")) }
                span { (rows) (locale.say(" 行", " rows")) }
            }
        }
    }
}

/// A run of text as HTML.
pub(in crate::draw) fn inlines(pieces: &[Inline], ink: Ink<'_>) -> Markup {
    html! { @for piece in pieces { (inline(piece, ink)) } }
}

fn inline(piece: &Inline, ink: Ink<'_>) -> Markup {
    let look = ink.look;
    match piece {
        Inline::Text(text) => html! { (text) },
        Inline::Break { soft: true } => html! { br.lk-soft; },
        Inline::Break { soft: false } => html! { br; },
        Inline::Styled(style, inside) => styled(*style, inlines(inside, ink)),
        Inline::Code(text) => html! { code { (text) } },
        Inline::Link { url, icon, inside } => link(
            url,
            html! {
                @if let Some(token) = icon { (icon::standard(token)) }
                (inlines(inside, ink.inside_link()))
            },
            ink,
        ),
        Inline::Image { alt, key } => picture(key, alt, look),
        Inline::Font { color, inside } => {
            let colour = ink.colours.find(color);
            let inside = inlines(inside, ink);
            match colour {
                Some(colour) => html! {
                    span.fg.(colour.class().unwrap_or_default()) style=[colour.style()] { (inside) }
                },
                None => inside,
            }
        }
        Inline::Label { color, inside } => html! { span.lk-tag.{ "t-" (colour::hue(color)) } { bdi { (inlines(inside, ink)) } } },
        Inline::At(who) => html! {
            @for (n, who) in who.iter().enumerate() {
                @if n > 0 { " " }
                (match who {
                    Who::All => at("all", "", look),
                    Who::Person(id, name) => at(id, name, look),
                    Who::Nobody => html! { span.lk-bad { "<at>" } },
                })
            }
        },
        Inline::Person { id, name, avatar, capsule } => crate::draw::text::person(id, *name, *avatar, *capsule, look),
        Inline::Number { text, background, color, url } => number(text, background, color, url.as_deref(), ink),
        Inline::Moment { ms, format, url, otherwise } => {
            let shown = moment(*ms, format, otherwise, look);
            match url.as_deref().filter(|url| !url.is_empty()) {
                Some(url) => link(url, shown, ink),
                None => shown,
            }
        }
        Inline::Emoji(key) => emote(key),
        Inline::Audio => html! { span.lk-chip { (icon::standard("headset_outlined")) (look.locale.say("语音", "Audio")) } },
    }
}

/// Text in a style.
pub(in crate::draw) fn styled(style: Style, inside: Markup) -> Markup {
    match style {
        Style::Bold => html! { strong { (inside) } },
        Style::Italic => html! { em { (inside) } },
        Style::Strike => html! { s { (inside) } },
        Style::Underline => html! { u { (inside) } },
    }
}

/// A link where the address opens; its label otherwise.
pub(in crate::draw) fn link(address: &str, label: Markup, ink: Ink<'_>) -> Markup {
    if ink.linked {
        return label;
    }
    match url::Target::of(address) {
        url::Target::Web(href) => html! { a href=(href) target="_blank" rel="noopener noreferrer" { (label) } },
        url::Target::Client(address) => html! { span.lk-client title=(address) { (label) } },
        url::Target::Refused => html! { span.lk-nolink { (label) } },
    }
}

/// An emoji by its key.
pub(in crate::draw) fn emote(key: &str) -> Markup {
    match emoji::character(key) {
        Some(shown) => html! { span.lk-emoji role="img" aria-label=(key) { (shown) } },
        None => html! { span.lk-emoji { "[" (key) "]" } },
    }
}

fn number(text: &str, background: &str, color: &str, address: Option<&str>, ink: Ink<'_>) -> Markup {
    // White has to be readable on a hue that is given without a step.
    let ground = ink.colours.find(background).and_then(|colour| match colour {
        colour::Colour::Hue(hue) => Some(format!("var(--lk-{hue}-solid)")),
        colour => colour.css(),
    });
    let letters = ink.colours.find(color).and_then(|colour| colour.css());
    let style = match (ground, letters) {
        (None, None) => None,
        (ground, letters) => Some(format!(
            "{}{}",
            ground.map(|css| format!("background:{css};")).unwrap_or_default(),
            letters.map(|css| format!("color:{css}")).unwrap_or_default()
        )),
    };
    let shown = html! { span.lk-number style=[style] { (crate::util::text::truncate(text.trim(), 6)) } };
    match address.filter(|url| !url.is_empty()) {
        Some(address) => link(address, shown, ink),
        None => shown,
    }
}

/// Blocks as text, a space between them.
pub(in crate::draw) fn plain_blocks(blocks: &[Block], look: &Look<'_>, out: &mut String) {
    for block in blocks {
        space(out);
        match block {
            Block::Paragraph(text) | Block::Heading(_, text) => plain_inlines(text, look, out),
            Block::Quote(inside) => plain_blocks(inside, look, out),
            Block::Code { text, .. } => out.push_str(text),
            Block::List { items, .. } => {
                for item in items {
                    space(out);
                    plain_inlines(&item.text, look, out);
                    plain_blocks(&item.lists, look, out);
                }
            }
            Block::Table { head, rows, .. } => {
                for cell in head.iter().chain(rows.iter().flatten()) {
                    space(out);
                    plain_inlines(cell, look, out);
                }
            }
            Block::Rule => {}
        }
    }
}

fn space(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// A run of text without its markup; people by name.
pub(in crate::draw) fn plain_inlines(pieces: &[Inline], look: &Look<'_>, out: &mut String) {
    for piece in pieces {
        match piece {
            Inline::Text(text) | Inline::Code(text) => out.push_str(text),
            Inline::Break { .. } => space(out),
            Inline::Styled(_, inside) | Inline::Font { inside, .. } | Inline::Label { inside, .. } | Inline::Link { inside, .. } => {
                plain_inlines(inside, look, out);
            }
            Inline::Image { .. } => out.push_str(look.locale.say("[图片]", "[Image]")),
            Inline::At(who) => {
                for who in who {
                    match who {
                        Who::All => out.push_str(look.locale.say("@所有人 ", "@everyone ")),
                        Who::Person(id, name) => {
                            out.push_str(&crate::draw::text::named(id, name, look));
                            out.push(' ');
                        }
                        Who::Nobody => {}
                    }
                }
            }
            Inline::Person { id, .. } => out.push_str(&look.world.person(id).unwrap_or_default()),
            Inline::Number { text, .. } => out.push_str(text),
            Inline::Moment { ms, format, otherwise, .. } => {
                out.push_str(&crate::draw::text::moment_text(*ms, format, look.locale).unwrap_or_else(|| otherwise.clone()));
            }
            Inline::Emoji(key) => out.push_str(&emoji::shown(key)),
            Inline::Audio => {}
        }
    }
}

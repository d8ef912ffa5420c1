//! HTML of drawings for tests: written so that a review can read it, and checked against what a drawing may contain.

use std::collections::HashSet;

/// Tags a drawing is made of: those in a line, and those of blocks.
const INLINE: &[&str] = &[
    "a", "b", "bdi", "br", "button", "code", "em", "i", "img", "input", "label", "legend", "s", "select", "option", "span", "strong",
    "svg", "text", "textarea", "time", "title", "u", "circle", "g", "line", "path", "rect",
];
const BLOCK: &[&str] = &[
    "blockquote",
    "caption",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "form",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];
const VOID: &[&str] = &["br", "hr", "img", "input"];
const ATTRIBUTES: &[&str] = &[
    "alt",
    "aria-hidden",
    "aria-label",
    "autocomplete",
    "checked",
    "class",
    "colspan",
    "cx",
    "cy",
    "d",
    "data-act",
    "data-at",
    "data-confirm-text",
    "data-confirm-title",
    "data-form",
    "data-format",
    "data-ms",
    "data-option",
    "data-pattern",
    "data-pointer",
    "data-reset",
    "data-submit",
    "data-tag",
    "datetime",
    "dir",
    "disabled",
    "fill-rule",
    "height",
    "href",
    "loading",
    "maxlength",
    "method",
    "multiple",
    "name",
    "open",
    "placeholder",
    "r",
    "rel",
    "required",
    "role",
    "rows",
    "rx",
    "ry",
    "scope",
    "selected",
    "size",
    "src",
    "start",
    "style",
    "tabindex",
    "target",
    "text-anchor",
    "title",
    "type",
    "value",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
];

/// A piece of HTML.
#[derive(Debug)]
enum Token<'h> {
    Open { name: &'h str, attributes: Vec<(&'h str, String)>, closed: bool, written: &'h str },
    Close(&'h str),
    Text(&'h str),
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Cuts HTML as a browser would, for as much of it as drawings use.
fn tokens(html: &str) -> Result<Vec<Token<'_>>, String> {
    let mut out = Vec::new();
    let mut rest = html;
    while !rest.is_empty() {
        let Some(inner) = rest.strip_prefix('<') else {
            let (text, tail) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            if text.contains('>') {
                return Err(format!("a bare > in {text:?}"));
            }
            out.push(Token::Text(text));
            rest = tail;
            continue;
        };
        if let Some(inner) = inner.strip_prefix('/') {
            let (name, tail) = inner.split_once('>').ok_or("an open </")?;
            out.push(Token::Close(name));
            rest = tail;
            continue;
        }
        let name_end = inner.find([' ', '>', '/']).ok_or("an open <")?;
        let (name, mut tail) = inner.split_at(name_end);
        let mut attributes = Vec::new();
        let closed = loop {
            tail = tail.trim_start_matches(' ');
            if let Some(after) = tail.strip_prefix("/>") {
                tail = after;
                break true;
            }
            if let Some(after) = tail.strip_prefix('>') {
                tail = after;
                break false;
            }
            let end = tail.find(['=', ' ', '>', '/']).ok_or("an open tag")?;
            let (attribute, after) = tail.split_at(end);
            match after.strip_prefix("=\"") {
                Some(value) => {
                    let (value, after) = value.split_once('"').ok_or("an open value")?;
                    attributes.push((attribute, unescape(value)));
                    tail = after;
                }
                None => {
                    attributes.push((attribute, String::new()));
                    tail = after;
                }
            }
        };
        let written = &rest[..rest.len() - tail.len()];
        out.push(Token::Open { name, attributes, closed, written });
        rest = tail;
    }
    Ok(out)
}

/// What is wrong with a drawing, whatever it shows: unknown tags and attributes, addresses that do something, styles that are not ours,
/// tags that do not match.
pub fn check(html: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    for token in tokens(html)? {
        match token {
            Token::Text(_) => {}
            Token::Close(name) => {
                let top = open.pop();
                if top != Some(name) {
                    return Err(format!("</{name}> closes {top:?}"));
                }
            }
            Token::Open { name, attributes, closed, written } => {
                let inline = INLINE.contains(&name);
                if !inline && !BLOCK.contains(&name) {
                    return Err(format!("the tag {written}"));
                }
                let holds_lines =
                    |tag: &&&str| matches!(**tag, "p" | "a" | "button" | "span" | "bdi" | "strong" | "em" | "s" | "u" | "code" | "label");
                if let Some(around) = open.iter().find(holds_lines).filter(|_| !inline) {
                    return Err(format!("{written} within {around}"));
                }
                if matches!(name, "a" | "button" | "input" | "select" | "textarea" | "form")
                    && open.iter().any(|tag| matches!(*tag, "a" | "button"))
                {
                    return Err(format!("{written} within what is pressed"));
                }
                let mut seen = HashSet::new();
                for (attribute, value) in &attributes {
                    if !ATTRIBUTES.contains(attribute) || !seen.insert(*attribute) {
                        return Err(format!("the attribute {attribute:?} of {written}"));
                    }
                    check_value(attribute, value).map_err(|()| format!("{attribute}={value:?}"))?;
                }
                let has = |wanted: &str, value: &str| attributes.iter().any(|(name, found)| *name == wanted && found == value);
                if name == "a" && !(has("target", "_blank") && has("rel", "noopener noreferrer")) {
                    return Err(format!("{written} opens here"));
                }
                if !closed && !VOID.contains(&name) {
                    open.push(name);
                }
            }
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("open: {open:?}")) }
}

fn check_value(attribute: &str, value: &str) -> Result<(), ()> {
    let of = |legal: &str| value.chars().all(|c| c.is_ascii_alphanumeric() || legal.contains(c));
    let good = match attribute {
        "href" | "src" => {
            value.starts_with("https://") || value.starts_with("http://") || (value.starts_with('/') && !value.starts_with("//"))
        }
        "style" => of("-:;.,#()% ") && functions(value),
        "class" => of("-_ "),
        "d" | "viewBox" => of(". -"),
        "type" => ["button", "submit", "reset", "text", "password", "checkbox", "radio", "date", "time", "datetime-local"].contains(&value),
        _ => true,
    };
    if good { Ok(()) } else { Err(()) }
}

/// Only the functions that we write.
fn functions(style: &str) -> bool {
    let names = style
        .split('(')
        .rev()
        .skip(1)
        .map(|before| before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default());
    names.into_iter().all(|name| ["var", "rgba", "light-dark"].contains(&name))
}

/// One block a line, indented; what stands in a line stays together.
pub fn pretty(html: &str) -> String {
    let mut out = String::new();
    let mut depth = 0usize;
    for token in tokens(html).unwrap() {
        match token {
            Token::Text(text) => out.push_str(text),
            Token::Open { name, closed, written, .. } => {
                let own_line = BLOCK.contains(&name)
                    || matches!(name, "a" | "button" | "input" | "select" | "option" | "label" | "textarea" | "svg" | "g");
                if own_line && !out.is_empty() {
                    out.push('\n');
                    out.push_str(&"  ".repeat(depth));
                }
                out.push_str(written);
                depth += usize::from(!closed && !VOID.contains(&name));
            }
            Token::Close(name) => {
                depth = depth.saturating_sub(1);
                out.push_str(&format!("</{name}>"));
            }
        }
    }
    out
}

//! How one value is spelled in one kind of place. Every function here takes a whole value and knows no tree.
//!
//! The markdown table is the platform's documented entity table. Text messages and rich-text markdown have no
//! escape on the platform; there, characters that would mean something are replaced by look-alikes.

use std::fmt::Write as _;

/// Which entity stands for a character of a card's markdown; `None`: the character itself.
fn entity(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "&#38;",
        '<' => "&#60;",
        '>' => "&#62;",
        '*' => "&#42;",
        '~' => "&sim;",
        '_' => "&#95;",
        '`' => "&#96;",
        '[' => "&#91;",
        ']' => "&#93;",
        '(' => "&#40;",
        ')' => "&#41;",
        '#' => "&#35;",
        '-' => "&#45;",
        '!' => "&#33;",
        '+' => "&#43;",
        ':' => "&#58;",
        '/' => "&#47;",
        '\\' => "&#92;",
        '"' => "&#34;",
        '\'' => "&#39;",
        '$' => "&#36;",
        '|' => "&#124;",
        '\u{a0}' => "&nbsp;",
        _ => return None,
    })
}

/// Controls that turn the reading direction or that clients draw as nothing useful. Tab and newline are not among them.
pub fn is_noise(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FFFE}' | '\u{FFFF}' | '\u{FDD0}'..='\u{FDEF}')
}

/// Newlines in one form; line and paragraph separators are newlines too.
pub fn newlines(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains(['\r', '\u{2028}', '\u{2029}', '\u{85}']) {
        text.replace("\r\n", "\n").replace(['\r', '\u{2028}', '\u{2029}', '\u{85}'], "\n").into()
    } else {
        text.into()
    }
}

/// A card's markdown: entities for everything with a meaning, `line_break` for newlines, visible indentation.
pub fn markdown(out: &mut String, value: &str, line_break: &str, mut at_line_start: bool) {
    let mut digits_only = at_line_start;
    for c in newlines(value).chars() {
        match c {
            '\n' => {
                out.push_str(line_break);
                (at_line_start, digits_only) = (true, true);
                continue;
            }
            ' ' if at_line_start => {
                out.push_str("&nbsp;");
                continue;
            }
            '\t' => out.push_str(if at_line_start { "&nbsp;&nbsp;&nbsp;&nbsp;" } else { " " }),
            // `1.` at the start of a line is a list, `===` under a line a heading.
            '.' if digits_only => out.push_str("&#46;"),
            '=' if at_line_start => out.push_str("&#61;"),
            c if is_noise(c) => continue,
            c => match entity(c) {
                Some(entity) => out.push_str(entity),
                None => out.push(c),
            },
        }
        digits_only = digits_only && c.is_ascii_digit();
        at_line_start = at_line_start && c == '\t';
    }
}

/// Inside a code fence nothing is decoded; only the fence itself must not end.
pub fn fence(out: &mut String, value: &str) {
    for c in newlines(value).chars().filter(|c| !is_noise(*c)) {
        out.push(c);
        if c == '`' {
            out.push('\u{200B}');
        }
    }
}

/// Inside an inline code span: one line, no backtick.
pub fn code_span(out: &mut String, value: &str) {
    out.extend(newlines(value).chars().filter(|c| !is_noise(*c)).map(|c| match c {
        '`' => '\u{02CB}',
        '\n' => ' ',
        c => c,
    }));
}

/// Attributes of tags and fields with ids, colours and enumerations.
pub fn attribute(out: &mut String, value: &str) {
    out.extend(value.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '.' | '+' | '-')));
}

/// A text message: no tag can start, no link can form, across the value's edges too.
pub fn message(out: &mut String, value: &str) {
    let text = newlines(value);
    let mut chars = text.chars().filter(|c| !is_noise(*c)).peekable();
    if chars.peek() == Some(&'(') && out.ends_with(']') {
        out.push('\u{200B}');
    }
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            // A `<` before a letter or slash starts a tag; at the end, what follows is unknown.
            ('<', next) if next.is_none_or(|n| n.is_alphabetic() || matches!(n, '/' | '!')) => out.push('＜'),
            (']', next) if next.is_none_or(|n| *n == '(') => out.push_str("]\u{200B}"),
            _ => out.push(c),
        }
    }
}

/// Places that may or may not be markdown (rich-text `md`, variables of a card built in the editor): look-alikes
/// for what starts markup, and a zero-width space where a line would start a block.
pub fn neutral(out: &mut String, value: &str, mut at_line_start: bool) {
    let text = newlines(value);
    let mut chars = text.chars().filter(|c| !is_noise(*c)).peekable();
    if chars.peek() == Some(&'(') && out.ends_with(']') {
        out.push('\u{200B}');
    }
    let mut digits_only = at_line_start;
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        if at_line_start && matches!(c, '#' | '>' | '-' | '+' | '=' | '|' | ' ' | '\t') {
            out.push('\u{200B}');
        }
        match c {
            '<' => out.push('＜'),
            '[' => out.push('［'),
            ']' => out.push('］'),
            '*' => out.push('＊'),
            '`' => out.push('｀'),
            '~' => out.push('～'),
            '\\' => out.push('＼'),
            '&' if next.is_some_and(|n| n == '#' || n.is_ascii_alphabetic()) => out.push('＆'),
            '_' if next.is_none_or(|n| n == '_') => out.push_str("_\u{200B}"),
            ':' if next.is_none_or(|n| n.is_ascii_uppercase()) => out.push_str(":\u{200B}"),
            '.' if digits_only => out.push_str(".\u{200B}"),
            c => out.push(c),
        }
        at_line_start = c == '\n';
        digits_only = at_line_start || (digits_only && c.is_ascii_digit());
    }
}

/// A JSON value as text where only text can stand.
pub fn number(out: &mut String, value: f64) {
    let _ = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn md(value: &str) -> String {
        let mut out = String::new();
        markdown(&mut out, value, "<br/>", true);
        out
    }

    #[test]
    fn markdown_follows_the_documented_table() {
        let all = "<>*~_`[]()#-!+:/\\\"'$&\u{a0}";
        let wanted = "&#60;&#62;&#42;&sim;&#95;&#96;&#91;&#93;&#40;&#41;&#35;&#45;&#33;&#43;&#58;&#47;&#92;&#34;&#39;&#36;&#38;&nbsp;";
        assert_eq!(md(all), wanted);
        assert_eq!(md("中文 ok é👩‍💻"), "中文 ok é👩‍💻");
    }

    #[test]
    fn markdown_lines_start_no_block() {
        for (value, wanted) in [
            ("1. x", "1&#46; x"),
            ("a\n12. x", "a<br/>12&#46; x"),
            ("a 1. x", "a 1. x"),
            ("a\n===", "a<br/>&#61;=="),
            ("a\n    code", "a<br/>&nbsp;&nbsp;&nbsp;&nbsp;code"),
            ("a\n\tcode", "a<br/>&nbsp;&nbsp;&nbsp;&nbsp;code"),
            ("a\r\nb\u{2028}c\rd", "a<br/>b<br/>c<br/>d"),
            ("a\u{202E}b\u{7}c\0", "abc"),
        ] {
            assert_eq!(md(value), wanted, "{value:?}");
        }
    }

    #[test]
    fn the_other_places() {
        let run = |f: fn(&mut String, &str), value: &str| {
            let mut out = String::new();
            f(&mut out, value);
            out
        };
        assert_eq!(run(fence, "a```\n~~~<at>"), "a`\u{200B}`\u{200B}`\u{200B}\n~~~<at>");
        assert_eq!(run(code_span, "a`b\nc"), "aˋb c");
        assert_eq!(run(attribute, "a b'><at id=all>@x.y+z-1_"), "abatidall@x.y+z-1_");
        assert_eq!(run(message, "<at user_id=\"all\">x</at>"), "＜at user_id=\"all\">x＜/at>");
        assert_eq!(run(message, "a < b <3 [x](http://e) ]"), "a < b <3 [x]\u{200B}(http://e) ]\u{200B}");
        assert_eq!(run(message, "x<"), "x＜");
        assert_eq!(run(message, "a\u{202E}b\u{1b}[31m\tc\r\nd"), "ab[31m\tc\nd");
        let mut edge = String::from("[x]");
        message(&mut edge, "(http://evil)");
        assert_eq!(edge, "[x]\u{200B}(http://evil)");
        let mut out = String::new();
        neutral(&mut out, "**b** <at> [l](u) `c` ~s~ __x__ :OK: a:b\n# h\n- i\n1. o\n> q &#60;", true);
        assert_eq!(
            out,
            "＊＊b＊＊ ＜at> ［l］(u) ｀c｀ ～s～ _\u{200B}_x_\u{200B}_ :\u{200B}OK: a:b\n\u{200B}# h\n\u{200B}- i\n1.\u{200B} o\n\u{200B}> q ＆#60;"
        );
    }
}

//! What a card's Markdown names: mentions, images, tables. Code is not looked into.

/// Something named in Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// `<at id=..>` or one of `<at ids=..>`; `all` included.
    Person(String),
    /// `<at email=..>`
    Email(String),
    /// `![](key)`
    Image(String),
    /// A mention without anybody.
    Nobody,
}

/// Mentions and images, in order.
pub(super) fn named(content: &str) -> Vec<Named> {
    let mut found = Vec::new();
    if !content.contains("<at") && !content.contains("![") {
        return found;
    }
    let text = without_code(content);
    let mut rest = text.as_str();
    while let Some(at) = rest.find(['<', '!']) {
        let here = &rest[at..];
        rest = &here[1..];
        if let Some(tag) = here.strip_prefix("<at").filter(|tag| tag.starts_with([' ', '>', '\n', '\t'])) {
            let Some(end) = tag.find('>') else { continue };
            mention(&tag[..end], &mut found);
        } else if let Some(image) = here.strip_prefix("![") {
            let target = image.split_once("](").and_then(|(label, tail)| (!label.contains('\n')).then_some(tail));
            if let Some((key, _)) = target.and_then(|tail| tail.split_once(')')) {
                found.push(Named::Image(key.trim().to_owned()));
            }
        }
    }
    found
}

fn mention(attributes: &str, found: &mut Vec<Named>) {
    let before = found.len();
    for (name, value) in pairs(attributes) {
        match name {
            "id" => found.push(Named::Person(value.to_owned())),
            "ids" => found.extend(value.split(',').map(|id| Named::Person(id.trim().to_owned()))),
            "email" => found.push(Named::Email(value.to_owned())),
            _ => {}
        }
    }
    if found.len() == before {
        found.push(Named::Nobody);
    }
}

/// `name=value` pairs; values bare, or in either quotes.
pub(super) fn pairs(text: &str) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while let Some((name, tail)) = rest.split_once('=') {
        let name = name.trim();
        let tail = tail.trim_start();
        let (value, after) = match tail.chars().next() {
            Some(quote @ ('"' | '\'')) => tail[1..].split_once(quote).unwrap_or((&tail[1..], "")),
            _ => tail.split_once(char::is_whitespace).unwrap_or((tail, "")),
        };
        pairs.push((name, value.trim_end_matches('/')));
        rest = after.trim_start();
    }
    pairs
}

/// The text with fenced and inline code taken out.
fn without_code(content: &str) -> String {
    let mut out = String::with_capacity(content.len());
    let mut fence: Option<&str> = None;
    for line in content.split_inclusive('\n') {
        let start = line.trim_start();
        match fence {
            Some(mark) if start.starts_with(mark) => fence = None,
            Some(_) => {}
            None if start.starts_with("```") => fence = Some("```"),
            None if start.starts_with("~~~") => fence = Some("~~~"),
            None => inline(line, &mut out),
        }
    }
    out
}

fn inline(line: &str, out: &mut String) {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('`') {
        out.push_str(before);
        match after.split_once('`') {
            Some((_, tail)) => rest = tail,
            None => {
                out.push('`');
                rest = after;
            }
        }
    }
    out.push_str(rest);
}

/// Tables: a line with `|` over a line of dashes and `|`.
pub(super) fn tables(content: &str) -> usize {
    if !content.contains('|') {
        return 0;
    }
    let text = without_code(content);
    let lines: Vec<&str> = text.lines().collect();
    lines.windows(2).filter(|pair| pair[0].contains('|') && is_rule(pair[1])).count()
}

pub(super) fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.contains('|') && line.contains('-') && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_and_images_are_found() {
        let content = "a <at id=ou_1></at> <at id='ou_2'> <at ids=\"ou_3, ou_4\"></at> <at email=x@y.example></at> ![x](img_v3_1) <at></at> <attention>";
        let person = |id: &str| Named::Person(id.to_owned());
        let expected = [
            person("ou_1"),
            person("ou_2"),
            person("ou_3"),
            person("ou_4"),
            Named::Email("x@y.example".to_owned()),
            Named::Image("img_v3_1".to_owned()),
            Named::Nobody,
        ];
        assert_eq!(named(content), expected);
    }

    #[test]
    fn code_and_entities_are_text() {
        assert_eq!(named("`<at id=ou_1>` &#60;at id=ou_2&#62;\n```\n<at id=ou_3>\n```\n"), []);
        assert_eq!(named("an odd ` tick <at id=ou_1>"), [Named::Person("ou_1".to_owned())]);
    }

    #[test]
    fn tables_are_counted() {
        assert_eq!(tables("| a | b |\n| - | - |\n| 1 | 2 |\n\ntext\n\n| c |\n|:-:|\n| 3 |"), 2);
        assert_eq!(tables("a | b\nplain"), 0);
        assert_eq!(tables("```\n| a |\n|---|\n```"), 0);
    }
}

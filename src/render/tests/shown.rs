//! What a reader's client would make of a message: its structure, mentions and links, whatever its texts say.
//!
//! The fuzz targets include this file, too; that is why it knows nothing but content.

use super::Content;
use serde_json::Value;

/// What is left of a string's markup when its text is taken away: tags with attributes, unescaped signs.
fn markup(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '<' {
            let end = rest.find('>').map_or(rest.len(), |at| at + 1);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        if c == '&'
            && let Some(end) = rest.find(';').filter(|end| *end < 8)
        {
            rest = &rest[end + 1..];
            continue;
        }
        // Where a link leads is looked at on its own.
        if rest.starts_with("](") {
            out.push_str("](");
            rest = rest.find(')').map_or("", |end| &rest[end..]);
            continue;
        }
        if "*~_`[]()#|$\\!".contains(c) {
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// The tree with every text reduced to its markup.
pub fn skeleton(value: &Value, key: &str, tag: &str) -> Value {
    match value {
        Value::String(text) if key == "content" && matches!(tag, "markdown" | "lark_md") => markup(text).into(),
        Value::String(text) if matches!(key, "content" | "text" | "title" | "display_name") || key.starts_with('l') => {
            "S".repeat(usize::from(!text.is_empty())).into()
        }
        Value::String(_) if key == "summary" || key == "value" => "S".into(),
        // The filter of the silence link is made of labels.
        Value::String(url) if key.ends_with("url") || key == "href" => url.split('?').next().unwrap_or_default().into(),
        Value::Object(map) => {
            let tag = map.get("tag").and_then(Value::as_str).unwrap_or(tag);
            map.iter().map(|(key, value)| (key.clone(), skeleton(value, key, tag))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(|item| skeleton(item, key, tag)).collect(),
        other => other.clone(),
    }
}

pub fn strings<'a>(value: &'a Value, key: &'a str, tag: &'a str, out: &mut Vec<(&'a str, &'a str, &'a str)>) {
    match value {
        Value::String(text) => out.push((tag, key, text)),
        Value::Array(items) => items.iter().for_each(|item| strings(item, key, tag, out)),
        Value::Object(map) => {
            let tag = map.get("tag").and_then(Value::as_str).unwrap_or(tag);
            map.iter().for_each(|(key, item)| strings(item, key, tag, out));
        }
        _ => {}
    }
}

/// Mentions that the platform would see.
pub fn mentions(content: &Content) -> Vec<String> {
    let of_text = |text: &str| -> Vec<String> {
        text.match_indices("<at ").map(|(at, _)| text[at..].split('>').next().unwrap_or_default().to_owned()).collect()
    };
    match content {
        Content::Text(text) => of_text(text),
        Content::Card(value) | Content::Post(value) => {
            let mut all = Vec::new();
            strings(value, "", "", &mut all);
            all.into_iter()
                .flat_map(|(tag, key, text)| match (tag, key) {
                    ("markdown" | "lark_md" | "md", "content" | "text") => of_text(text),
                    ("at", "user_id") => vec![text.to_owned()],
                    _ => Vec::new(),
                })
                .collect()
        }
    }
}

/// Every link that the platform would see.
pub fn links(content: &Content) -> Vec<String> {
    let of_text = |text: &str| -> Vec<String> {
        let targets = text.match_indices("](").map(|(at, _)| text[at + 2..].split(')').next().unwrap_or_default().to_owned());
        let tags = text.match_indices("='http").map(|(at, _)| text[at + 2..].split('\'').next().unwrap_or_default().to_owned());
        targets.chain(tags).collect()
    };
    match content {
        Content::Text(text) => of_text(text),
        Content::Card(value) | Content::Post(value) => {
            let mut all = Vec::new();
            strings(value, "", "", &mut all);
            all.into_iter()
                .flat_map(|(tag, key, text)| match (tag, key) {
                    ("markdown" | "lark_md" | "md", "content" | "text") => of_text(text),
                    (_, "href" | "url" | "default_url" | "pc_url" | "ios_url" | "android_url") => vec![text.to_owned()],
                    _ => Vec::new(),
                })
                .collect()
        }
    }
}

//! Last touches on content that hold for every template, the user's included: badges (possible duplicate, test),
//! the note of what was left out, a custom bot's keyword, and the simpler forms that the ladder of delivery asks for.

use crate::feishu::content::Content;
use serde_json::{Map, Value, json};

/// Puts a tag into a card's header, or its word in front of a post's title or a text.
pub fn badge(content: &mut Content, word: &str, color: &str) {
    match content {
        Content::Card(card) => {
            let Some(header) = header(card) else { return };
            let tags = header.entry("text_tag_list").or_insert_with(|| json!([]));
            let Some(tags) = tags.as_array_mut() else { return };
            if !tags.iter().any(|tag| tag.pointer("/text/content").and_then(Value::as_str) == Some(word)) {
                tags.insert(0, json!({"tag": "text_tag", "text": {"tag": "plain_text", "content": word}, "color": color}));
            }
            // Clients show three.
            tags.truncate(3);
        }
        Content::Post(post) => titles(post, |title| format!("[{word}] {title}")),
        Content::Text(text) => *text = format!("[{word}] {text}"),
    }
}

/// Makes sure that the title (of a text: the first line) has the word that a custom bot demands.
pub fn keyword(content: &mut Content, word: &str) {
    match content {
        Content::Card(card) => {
            let Some(header) = header(card) else { return };
            let title = header.entry("title").or_insert_with(|| json!({"tag": "plain_text", "content": ""}));
            if let Some(Value::String(text)) = title.get_mut("content")
                && !text.contains(word)
            {
                *text = format!("{word} {text}").trim_end().to_owned();
            }
        }
        Content::Post(post) => titles(post, |title| if title.contains(word) { title.to_owned() } else { format!("{word} {title}") }),
        Content::Text(text) if text.contains(word) => {}
        Content::Text(text) => *text = format!("{word} {text}"),
    }
}

/// The header of a card; made where there is none, except in cards whose look lives in the editor.
fn header(card: &mut Value) -> Option<&mut Map<String, Value>> {
    let map = card.as_object_mut()?;
    if matches!(map.get("type").and_then(Value::as_str), Some("template" | "card")) {
        return None;
    }
    let header = map.entry("header").or_insert_with(|| json!({"title": {"tag": "plain_text", "content": ""}}));
    header.as_object_mut()
}

fn titles(post: &mut Value, change: impl Fn(&str) -> String) {
    for body in post.as_object_mut().into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        let title = body.get("title").and_then(Value::as_str).unwrap_or_default();
        let title = change(title).trim().to_owned();
        body.insert("title".to_owned(), title.into());
    }
}

/// Says at the end what was left out, unless the message says it already.
pub fn omitted(content: &mut Content, note: &str) {
    if content.visible_text().contains(note) {
        return;
    }
    match content {
        Content::Card(card) => {
            let v2 = card.get("schema").and_then(Value::as_str) == Some("2.0");
            let elements = if v2 { card.pointer_mut("/body/elements") } else { card.get_mut("elements") };
            if let Some(elements) = elements.and_then(Value::as_array_mut) {
                elements.push(json!({"tag": "div", "text": {"tag": "plain_text", "content": note}}));
            }
        }
        Content::Post(post) => {
            for body in post.as_object_mut().into_iter().flat_map(Map::values_mut) {
                if let Some(paragraphs) = body.get_mut("content").and_then(Value::as_array_mut) {
                    paragraphs.push(json!([{"tag": "text", "text": note}]));
                }
            }
        }
        Content::Text(text) => {
            text.push('\n');
            text.push_str(note);
        }
    }
}

/// Takes charts and images out of a card and turns tables after the first `tables` into lists.
pub fn simplify(card: &mut Value, tables: usize, rich: bool) {
    let mut left = tables;
    walk(card, &mut |element| match element.get("tag").and_then(Value::as_str) {
        Some("chart" | "img" | "img_combination") if !rich => None,
        Some("table") if left == 0 => Some(list(&element)),
        Some("table") => {
            left -= 1;
            Some(element)
        }
        _ => Some(element),
    });
}

fn walk(value: &mut Value, change: &mut impl FnMut(Value) -> Option<Value>) {
    match value {
        Value::Array(items) => {
            let old = std::mem::take(items);
            items.extend(old.into_iter().filter_map(&mut *change));
            items.iter_mut().for_each(|item| walk(item, change));
        }
        Value::Object(map) => {
            map.iter_mut()
                .filter(|(key, _)| !matches!(key.as_str(), "rows" | "chart_spec" | "value"))
                .for_each(|(_, item)| walk(item, change));
        }
        _ => {}
    }
}

/// A table as a list in plain text: no cell is parsed as markup, so none has to be escaped again.
fn list(table: &Value) -> Value {
    let names: Vec<(&str, &str)> = table
        .get("columns")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|column| Some((column.get("name")?.as_str()?, column.get("data_type").and_then(Value::as_str).unwrap_or("text"))))
        .collect();
    let rows = table.get("rows").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let lines: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = names.iter().filter(|(_, kind)| *kind != "date").filter_map(|(name, _)| cell(row.get(*name)?));
            format!("• {}", cells.collect::<Vec<_>>().join(" · "))
        })
        .collect();
    json!({"tag": "div", "text": {"tag": "plain_text", "content": lines.join("\n")}})
}

fn cell(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(unescape(text)).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(options) => {
            let texts: Vec<&str> = options.iter().filter_map(|option| option.get("text").and_then(Value::as_str)).collect();
            (!texts.is_empty()).then(|| texts.join(" "))
        }
        _ => None,
    }
}

/// Entities of a markdown cell back to characters, for plain text.
pub fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = text.replace("<br/>", " ");
    let mut rest = text.as_str();
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let decoded = rest.find(';').filter(|end| *end <= 7).and_then(|end| {
            let body = &rest[1..end];
            let c = match body {
                "sim" => Some('~'),
                "nbsp" => Some(' '),
                _ => body.strip_prefix('#').and_then(|n| n.parse::<u32>().ok()).and_then(char::from_u32),
            };
            c.map(|c| (c, end + 1))
        });
        match decoded {
            Some((c, len)) => {
                out.push(c);
                rest = &rest[len..];
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

/// Rich text as custom bots document it: text, links, mentions and images, without styles.
pub fn plain_post(mut post: Value) -> Value {
    for body in post.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let Some(paragraphs) = body.get_mut("content").and_then(Value::as_array_mut) else { continue };
        for nodes in paragraphs.iter_mut().filter_map(Value::as_array_mut) {
            nodes.retain_mut(|node| {
                let Some(map) = node.as_object_mut() else { return false };
                map.remove("style");
                match map.get("tag").and_then(Value::as_str) {
                    Some("md" | "code_block") => {
                        map.insert("tag".to_owned(), "text".into());
                        map.remove("language");
                        true
                    }
                    Some("hr" | "emotion" | "media") => false,
                    _ => true,
                }
            });
        }
        paragraphs.retain(|paragraph| paragraph.as_array().is_none_or(|nodes| !nodes.is_empty()));
    }
    post
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> Content {
        Content::Card(json!({"schema": "2.0", "header": {"title": {"tag": "plain_text", "content": "T"}, "text_tag_list": [
            {"tag": "text_tag", "text": {"tag": "plain_text", "content": "a"}}, {"tag": "text_tag", "text": {"tag": "plain_text", "content": "b"}},
            {"tag": "text_tag", "text": {"tag": "plain_text", "content": "c"}}]}, "body": {"elements": []}}))
    }

    #[test]
    fn badges_come_first_and_three_stay() {
        let mut content = card();
        badge(&mut content, "可能重复", "neutral");
        badge(&mut content, "可能重复", "neutral");
        let Content::Card(value) = &content else { panic!() };
        let tags: Vec<_> =
            value["header"]["text_tag_list"].as_array().unwrap().iter().map(|t| t["text"]["content"].as_str().unwrap()).collect();
        assert_eq!(tags, ["可能重复", "a", "b"]);
        let mut text = Content::Text("x".into());
        badge(&mut text, "测试", "blue");
        assert_eq!(text, Content::Text("[测试] x".into()));
        let mut post = Content::Post(json!({"zh_cn": {"content": []}}));
        badge(&mut post, "测试", "blue");
        assert_eq!(post, Content::Post(json!({"zh_cn": {"title": "[测试]", "content": []}})));
    }

    #[test]
    fn keywords_are_put_in_once() {
        for (mut content, pointer) in [(card(), "/header/title/content"), (Content::Card(json!({"elements": []})), "/header/title/content")]
        {
            keyword(&mut content, "告警");
            keyword(&mut content, "告警");
            let Content::Card(value) = &content else { panic!() };
            assert!(value.pointer(pointer).unwrap().as_str().unwrap().starts_with("告警"), "{value}");
            assert_eq!(value.to_string().matches("告警").count(), 1);
        }
        let mut text = Content::Text("有告警".into());
        keyword(&mut text, "告警");
        assert_eq!(text, Content::Text("有告警".into()));
        let mut template = Content::Card(json!({"type": "template", "data": {}}));
        keyword(&mut template, "告警");
        assert_eq!(template, Content::Card(json!({"type": "template", "data": {}})));
    }

    #[test]
    fn rich_parts_become_simple() {
        let table = json!({"tag": "table", "columns": [{"name": "s", "data_type": "options"}, {"name": "m", "data_type": "markdown"},
            {"name": "d", "data_type": "date"}], "rows": [{"s": [{"text": "告警", "color": "red"}], "m": "a&#45;1", "d": 1}, {"s": "x", "m": "y"}]});
        let mut value = json!({"body": {"elements": [{"tag": "chart", "chart_spec": {}}, table, table,
            {"tag": "column_set", "columns": [{"tag": "column", "elements": [{"tag": "img"}]}]}]}});
        let mut some = value.clone();
        simplify(&mut some, 1, true);
        assert_eq!(some["body"]["elements"][0]["tag"], "chart");
        assert_eq!(some["body"]["elements"][1]["tag"], "table");
        assert_eq!(some["body"]["elements"][2]["text"]["content"], "• 告警 · a-1\n• x · y");
        simplify(&mut value, 0, false);
        assert_eq!(value["body"]["elements"][0]["tag"], "div");
        assert_eq!(value["body"]["elements"][2]["columns"][0]["elements"], json!([]));
    }

    #[test]
    fn what_is_left_out_is_said_once() {
        for mut content in
            [card(), Content::Text("x".into()), Content::Post(json!({"en_us": {"content": [[{"tag": "text", "text": "x"}]]}}))]
        {
            omitted(&mut content, "and 5 more");
            omitted(&mut content, "and 5 more");
            assert_eq!(content.visible_text().matches("and 5 more").count(), 1);
        }
    }

    #[test]
    fn posts_of_custom_bots_are_plain() {
        let post =
            json!({"zh_cn": {"content": [[{"tag": "hr"}], [{"tag": "md", "text": "x"}, {"tag": "text", "text": "y", "style": ["bold"]}]]}});
        assert_eq!(plain_post(post), json!({"zh_cn": {"content": [[{"tag": "text", "text": "x"}, {"tag": "text", "text": "y"}]]}}));
    }
}

//! Post (rich text) rules: what the platform would refuse in a post.
//!
//! Pure; used by the sandbox and by `check`. Rules of
//! `open.feishu.cn/document/server-docs/im-v1/message-content-description/create_json`, read 2026-11.

use serde_json::Value;

/// One thing the platform would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostFault {
    /// Where, as `zh_cn.content[0][1].href`.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// The images of a post that have to exist, with their paths.
pub fn images(post: &Value) -> Vec<(String, String)> {
    keys(post, &["img", "media"], "image_key")
}

/// The videos of a post that have to exist, with their paths.
pub fn files(post: &Value) -> Vec<(String, String)> {
    keys(post, &["media"], "file_key")
}

fn keys(post: &Value, tags: &[&str], name: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (locale, body) in post.as_object().into_iter().flatten() {
        for (p, n, node) in nodes(body) {
            let tagged = node.get("tag").and_then(Value::as_str).is_some_and(|tag| tags.contains(&tag));
            if let (true, Some(key)) = (tagged, node.get(name).and_then(Value::as_str)) {
                found.push((format!("{locale}.content[{p}][{n}].{name}"), key.to_owned()));
            }
        }
    }
    found
}

fn nodes(body: &Value) -> impl Iterator<Item = (usize, usize, &Value)> {
    let paragraphs = body.get("content").and_then(Value::as_array).into_iter().flatten().enumerate();
    paragraphs.flat_map(|(p, paragraph)| paragraph.as_array().into_iter().flatten().enumerate().map(move |(n, node)| (p, n, node)))
}

/// Everything the platform would refuse in this post (`{"zh_cn": {"title", "content"}}`).
///
/// `custom_bot`: only the tags a custom bot may use.
pub fn validate(post: &Value, custom_bot: bool) -> Vec<PostFault> {
    let mut faults = Vec::new();
    let mut fault = |path: String, message: String| faults.push(PostFault { path, message });
    let Some(locales) = post.as_object().filter(|locales| !locales.is_empty()) else {
        fault(String::new(), "a post is an object with at least one language, such as zh_cn".to_owned());
        return faults;
    };
    for (locale, body) in locales {
        if !is_locale(locale) {
            fault(locale.clone(), format!("{locale:?} is not a language such as zh_cn or en_us"));
            continue;
        }
        if body.get("title").is_some_and(|title| !title.is_string()) {
            fault(format!("{locale}.title"), "title is not a string".to_owned());
        }
        let Some(paragraphs) = body.get("content").and_then(Value::as_array) else {
            fault(format!("{locale}.content"), "content is not a list of paragraphs".to_owned());
            continue;
        };
        for (p, paragraph) in paragraphs.iter().enumerate() {
            let Some(nodes) = paragraph.as_array() else {
                fault(format!("{locale}.content[{p}]"), "a paragraph is a list of elements".to_owned());
                continue;
            };
            for (n, node) in nodes.iter().enumerate() {
                if let Err((key, message)) = check_node(node, nodes.len(), custom_bot) {
                    let dot = if key.is_empty() { "" } else { "." };
                    fault(format!("{locale}.content[{p}][{n}]{dot}{key}"), message);
                }
            }
        }
    }
    faults
}

fn is_locale(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, b'_', c, d] if [a, b, c, d].into_iter().all(u8::is_ascii_lowercase))
}

fn check_node(node: &Value, together: usize, custom_bot: bool) -> Result<(), (&'static str, String)> {
    let Some(tag) = node.get("tag").and_then(Value::as_str) else { return Err(("tag", "an element has a tag".to_owned())) };
    let text = |key: &'static str| match node.get(key).and_then(Value::as_str) {
        Some(text) => Ok(text),
        None => Err((key, format!("tag {tag} needs the string {key}"))),
    };
    let filled = |key: &'static str| match text(key)? {
        "" => Err((key, format!("{key} of tag {tag} is empty"))),
        text => Ok(text),
    };
    let alone = || if together == 1 { Ok(()) } else { Err(("", format!("tag {tag} must be alone in its paragraph"))) };
    if let Some(style) = node.get("style")
        && !style.as_array().is_some_and(|styles| styles.iter().all(Value::is_string))
    {
        return Err(("style", "style is a list of names".to_owned()));
    }
    match tag {
        "text" => text("text").map(|_| ()),
        "a" => {
            text("text")?;
            let href = filled("href")?;
            if is_link(href) { Ok(()) } else { Err(("href", format!("{href:?} is not a legal link"))) }
        }
        "at" => filled("user_id").map(|_| ()),
        "img" => {
            filled("image_key")?;
            alone()
        }
        "media" | "emotion" | "code_block" | "hr" | "md" if custom_bot => {
            Err(("tag", format!("a custom bot cannot send tag {tag}, only text, a, at and img")))
        }
        "media" => {
            filled("file_key")?;
            alone()
        }
        "emotion" => filled("emoji_type").map(|_| ()),
        "code_block" => text("text").map(|_| ()),
        "hr" => Ok(()),
        "md" => {
            text("text")?;
            alone()
        }
        _ => Err(("tag", format!("{tag:?} is not a tag of a post"))),
    }
}

/// Whether the platform takes this as a link of a post: absolute, with a host, of a scheme that opens.
pub fn is_link(text: &str) -> bool {
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return false;
    }
    url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https" | "lark" | "feishu" | "mailto" | "tel") && (url.has_host() || url.cannot_be_a_base())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn first(post: Value) -> Option<String> {
        validate(&post, false).first().map(|fault| format!("{}: {}", fault.path, fault.message))
    }

    #[test]
    fn good_posts_pass() {
        let post = json!({
            "zh_cn": {"title": "磁盘", "content": [
                [{"tag": "text", "text": "a", "style": ["bold"]}, {"tag": "a", "text": "b", "href": "https://a.example/?x=1"}, {"tag": "at", "user_id": "all"}],
                [{"tag": "img", "image_key": "img_v3_a"}], [{"tag": "hr"}], [{"tag": "md", "text": "**x**"}],
                [{"tag": "code_block", "language": "JSON", "text": "{}"}], [{"tag": "emotion", "emoji_type": "SMILE"}]]},
            "en_us": {"content": []}});
        assert_eq!(validate(&post, false), []);
        assert_eq!(images(&post), [("zh_cn.content[1][0].image_key".to_owned(), "img_v3_a".to_owned())]);
        assert_eq!(validate(&post, true).len(), 4);
    }

    #[test]
    fn bad_posts_are_refused_at_their_place() {
        let node = |node: Value| json!({"zh_cn": {"content": [[node]]}});
        for (post, expected) in [
            (json!({}), "at least one language"),
            (json!("text"), "at least one language"),
            (json!({"post": {"zh_cn": {}}}), "post: \"post\" is not a language"),
            (json!({"zh_cn": {"content": [{"tag": "text"}]}}), "zh_cn.content[0]: a paragraph is a list"),
            (node(json!({"tag": "text"})), "zh_cn.content[0][0].text: "),
            (node(json!({"tag": "bold", "text": "x"})), "zh_cn.content[0][0].tag: \"bold\" is not"),
            (node(json!({"tag": "a", "text": "x", "href": "javascript:alert(1)"})), "[0][0].href: "),
            (node(json!({"tag": "a", "text": "x", "href": "/d/1"})), "not a legal link"),
            (node(json!({"tag": "at", "user_id": ""})), "user_id of tag at is empty"),
            (node(json!({"tag": "text", "text": "x", "style": "bold"})), "style is a list"),
            (json!({"zh_cn": {"content": [[{"tag": "img", "image_key": "k"}, {"tag": "text", "text": "x"}]]}}), "must be alone"),
        ] {
            let found = first(post.clone()).unwrap_or_default();
            assert!(found.contains(expected), "{post}: {found}");
        }
    }
}

//! A page with one of everything, to look at in a browser: `cargo test --lib draw::tests::gallery` writes it to the target folder.

use super::*;
use maud::{DOCTYPE, PreEscaped, html};

/// Name and content of every piece.
pub(super) fn pieces() -> Vec<(&'static str, &'static str, Value)> {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    vec![
        ("firing", "interactive", read(include_str!("cards/firing.json"))),
        ("resolved", "interactive", read(include_str!("cards/resolved.json"))),
        ("components", "interactive", read(include_str!("cards/components.json"))),
        ("markdown", "interactive", read(include_str!("cards/markdown.json"))),
        ("layout", "interactive", read(include_str!("cards/layout.json"))),
        ("controls", "interactive", read(include_str!("cards/controls.json"))),
        ("charts", "interactive", read(include_str!("cards/charts.json"))),
        ("version 1.0", "interactive", read(include_str!("cards/old.json"))),
        ("refused", "interactive", read(include_str!("cards/refused.json"))),
        ("post", "post", read(include_str!("cards/post.json"))),
        (
            "text",
            "text",
            json!({"text": "磁盘 <at user_id=\"ou_wang\">x</at> <b>93%</b> <i>db-1</i> 见 https://grafana.example/d/1?x=1。 <script>alert(1)</script> [面板](https://a.example/x)"}),
        ),
        ("image", "image", json!({"image_key": "img_v3_b"})),
        ("file", "file", json!({"file_key": "file_v3_a"})),
        ("audio", "audio", json!({"file_key": "file_v3_x", "duration": 3200})),
        ("media", "media", json!({"file_key": "file_v3_x", "image_key": "img_v3_b", "file_name": "a.mp4"})),
        ("sticker", "sticker", json!({"file_key": "file_v3_x"})),
        ("share_chat", "share_chat", json!({"chat_id": "oc_ops"})),
        ("share_user", "share_user", json!({"user_id": "ou_li"})),
        (
            "system",
            "system",
            json!({"type": "divider", "params": {"divider_text": {"text": "新的一天", "i18n_text": {"en_US": "A new day"}}}}),
        ),
        ("merge_forward", "merge_forward", json!({"content": "Merged and Forwarded Message"})),
        (
            "template",
            "interactive",
            json!({"type": "template", "data": {"template_id": "AAqX1", "template_version_name": "1.0.0", "template_variable": {"title": "磁盘", "n": 3}}}),
        ),
        ("entity", "interactive", json!({"type": "card", "data": {"card_id": "7371713483664506900"}})),
    ]
}

fn page(locale: Locale, theme: &str, only: Option<&str>) -> String {
    html! {
        (DOCTYPE)
        html lang="zh" data-theme=(theme) {
            head { meta charset="utf-8"; title { "gallery" } style { (PreEscaped(crate::draw::CSS)) "body{margin:12px;background:light-dark(#fff,#171717);color-scheme:" (theme) "} h2{font:12px monospace;color:#888}" } }
            body {
                @for (name, msg_type, content) in pieces() {
                    @if only.is_none_or(|only| only == name) { h2 { (name) } (message(msg_type, &content, &look(locale))) }
                }
            }
        }
    }
    .into_string()
}

#[test]
fn a_page_of_everything_is_written() {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/gallery");
    std::fs::create_dir_all(&folder).unwrap();
    for (locale, theme) in [(Locale::Zh, "light"), (Locale::En, "dark")] {
        std::fs::write(folder.join(format!("{theme}.html")), page(locale, theme, None)).unwrap();
        for (name, _, content) in pieces() {
            if content.get("schema").is_some() || content.get("elements").is_some() {
                std::fs::write(folder.join(format!("{}-{theme}.html", name.replace(' ', "-"))), page(locale, theme, Some(name))).unwrap();
            }
        }
    }
}

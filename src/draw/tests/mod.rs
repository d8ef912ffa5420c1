//! Drawings: a snapshot for each component, hostile and arbitrary content, and a gallery to look at.

mod components;
mod hostile;
pub(crate) mod html;
mod messages;
mod styles;

use super::{File, Locale, Look, World, message};
use serde_json::{Value, json};

/// A world in which a few are known.
struct Few;

impl World for Few {
    fn person(&self, id: &str) -> Option<String> {
        match id {
            "ou_wang" | "on_wang" | "wang@example.com" | "ou_00000000000000000000000000000001" => Some("王磊".to_owned()),
            "ou_li" => Some("Li <Na>".to_owned()),
            _ => None,
        }
    }
    fn image(&self, key: &str) -> Option<String> {
        match key {
            "img_v3_a" => Some("/_sandbox/images/img_v3_a".to_owned()),
            "img_v3_evil" => Some("javascript:alert(1)".to_owned()),
            _ => None,
        }
    }
    fn file(&self, key: &str) -> Option<File> {
        (key == "file_v3_a").then(|| File { name: "alerts.csv".to_owned(), url: Some("/_sandbox/files/file_v3_a".to_owned()) })
    }
    fn chat(&self, id: &str) -> Option<String> {
        (id == "oc_ops").then(|| "值班群".to_owned())
    }
    fn members(&self) -> Vec<(String, String)> {
        vec![("ou_wang".to_owned(), "王磊".to_owned()), ("ou_li".to_owned(), "Li <Na>".to_owned())]
    }
}

fn look(locale: Locale) -> Look<'static> {
    Look { locale, world: &Few, live: true }
}

/// A 2.0 card of these elements.
fn v2(elements: Value) -> Value {
    json!({"schema": "2.0", "body": {"elements": elements}})
}

/// A 1.0 card of these elements.
fn v1(elements: Value) -> Value {
    json!({"elements": elements})
}

/// Name and content of every piece.
fn gallery_pieces() -> Vec<(&'static str, &'static str, Value)> {
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

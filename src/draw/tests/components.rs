//! A snapshot for every component, in a card of its own.

use super::*;

fn shown(name: &str, card: Value) {
    let drawn = crate::draw::card(&card, &look(Locale::Zh)).into_string();
    html::check(&drawn).unwrap_or_else(|wrong| panic!("{name}: {wrong}\n{drawn}"));
    insta::assert_snapshot!(name, html::pretty(&drawn));
}

/// Each element of a fixture by itself: name of the snapshot is that of the fixture and its tag.
fn each(fixture: &str, text: &str) {
    let card: Value = serde_json::from_str(text).unwrap();
    let old = card.get("schema").is_none();
    let elements = card.pointer(if old { "/elements" } else { "/body/elements" }).unwrap().as_array().unwrap();
    for (n, element) in elements.iter().enumerate() {
        let tag = element.get("tag").and_then(Value::as_str).unwrap_or("none");
        let config = card.get("config").cloned().unwrap_or_else(|| json!({}));
        let one = json!([element]);
        let card = if old {
            json!({"config": config, "elements": one})
        } else {
            json!({"schema": "2.0", "config": config, "body": {"elements": one}})
        };
        shown(&format!("{fixture}_{n:02}_{tag}"), card);
    }
}

#[test]
fn texts_pictures_people_and_containers() {
    each("components", include_str!("cards/components.json"));
}

#[test]
fn markdown() {
    each("markdown", include_str!("cards/markdown.json"));
}

#[test]
fn columns() {
    each("layout", include_str!("cards/layout.json"));
}

#[test]
fn controls() {
    each("controls", include_str!("cards/controls.json"));
}

#[test]
fn charts() {
    each("charts", include_str!("cards/charts.json"));
}

#[test]
fn version_1() {
    each("old", include_str!("cards/old.json"));
}

#[test]
fn headers() {
    let header = |text: &str| serde_json::from_str::<Value>(text).unwrap().get("header").cloned().unwrap();
    shown(
        "header_v2",
        json!({"schema": "2.0", "card_link": {"url": "https://a.example/1"}, "header": header(include_str!("cards/components.json"))}),
    );
    shown("header_v1", json!({"header": header(include_str!("cards/old.json"))}));
    let subtitle = json!({"subtitle": {"tag": "plain_text", "content": "alone"}, "template": "bogus", "padding": "4px 8px",
        "icon": {"tag": "custom_icon", "img_key": "img_v3_a"}, "i18n_text_tag_list": {"zh_cn": [{"tag": "text_tag", "text": {"tag": "plain_text", "content": "中"}}]}});
    shown("header_subtitle", json!({"schema": "2.0", "header": subtitle}));
}

#[test]
fn whole_cards() {
    for (name, text) in [
        ("firing", include_str!("cards/firing.json")),
        ("resolved", include_str!("cards/resolved.json")),
        ("refused", include_str!("cards/refused.json")),
    ] {
        shown(&format!("card_{name}"), serde_json::from_str(text).unwrap());
    }
    for (name, card) in [
        ("empty", json!({})),
        (
            "template",
            json!({"type": "template", "data": {"template_id": "AAqX1", "template_version_name": "1.0.0", "template_variable": {"title": "磁盘", "n": 3}}}),
        ),
        ("entity", json!({"type": "card", "data": {"card_id": "7371713483664506900"}})),
        ("link_without_header", json!({"schema": "2.0", "card_link": {"pc_url": "https://a.example/pc"}, "body": {"elements": []}})),
    ] {
        shown(&format!("card_{name}"), card);
    }
}

#[test]
fn the_reader_chooses_the_language() {
    let text = |zh: &str, en: &str| json!({"tag": "plain_text", "content": "plain", "i18n_content": {"zh_cn": zh, "en_us": en}});
    let card = json!({"schema": "2.0", "header": {"title": text("标题", "Title")}, "body": {"elements": [
        {"tag": "markdown", "content": "x", "i18n_content": {"zh_cn": "**中**", "en_us": "**en**"}}, {"tag": "div", "text": text("文", "text")}]}});
    let old = json!({"i18n_elements": {"zh_cn": [{"tag": "hr"}], "en_us": [{"tag": "div", "text": {"tag": "plain_text", "content": "English"}}]}});
    let only_zh = json!({"schema": "2.0", "config": {"locales": ["zh_cn"]}, "header": {"title": text("标题", "Title")}});
    let drawn = |card: &Value, locale| crate::draw::card(card, &look(locale)).into_string();
    for (card, locale, inside, outside) in [
        (&card, Locale::Zh, "<strong>中</strong>", "Title"),
        (&card, Locale::En, "<strong>en</strong>", "标题"),
        (&card, Locale::En, "Title", "plain<"),
        (&old, Locale::En, "English", "<hr>"),
        (&old, Locale::Zh, "<hr>", "English"),
        (&only_zh, Locale::En, "标题", "Title"),
    ] {
        let html = drawn(card, locale);
        assert!(html.contains(inside) && !html.contains(outside), "{html}");
    }
}

#[test]
fn nothing_calls_back_where_nobody_answers() {
    let card: Value = serde_json::from_str(include_str!("cards/controls.json")).unwrap();
    let look = Look::new(Locale::En, &Few);
    let drawn = crate::draw::card(&card, &look).into_string();
    assert!(!drawn.contains("data-act") && drawn.contains("data-at") && drawn.contains("href=\"https://a.example/\""), "{drawn}");
}

//! Messages that are no cards, and the line that a list of chats shows.

use super::*;

#[test]
fn every_type() {
    for (name, msg_type, content) in super::gallery_pieces() {
        for locale in [Locale::Zh, Locale::En] {
            let drawn = message(msg_type, &content, &look(locale)).into_string();
            html::check(&drawn).unwrap_or_else(|wrong| panic!("{name}: {wrong}\n{drawn}"));
            if msg_type != "interactive" {
                insta::assert_snapshot!(format!("message_{name}_{}", locale.key()), html::pretty(&drawn));
            }
        }
    }
}

#[test]
fn texts() {
    for (text, expected) in [
        ("a\nb", "a<br>b"),
        ("<at user_id=\"all\"></at>", "<span class=\"lk-at\">@所有人</span>"),
        ("<at id=\"all\"></at>", "<span class=\"lk-bad\">&lt;at&gt;</span>"),
        ("<b>x <i>y</i></b>", "<strong>x <em>y</em></strong>"),
        ("<b>x <i>y</b>", "&lt;b&gt;x &lt;i&gt;y&lt;/b&gt;"),
        ("[x](javascript:alert)", "[x](javascript:alert)"),
        ("**x** `y` &#60;", "**x** `y` &amp;#60;"),
    ] {
        let drawn = message("text", &json!({"text": text}), &look(Locale::Zh)).into_string();
        let inner = drawn.strip_prefix("<div class=\"lk-msg lk-text\"><div class=\"lk-bubble\" dir=\"auto\">").unwrap();
        assert_eq!(inner.strip_suffix("</div></div>").unwrap(), expected);
    }
}

#[test]
fn one_line() {
    let card = |header: Value, elements: Value| json!({"schema": "2.0", "header": header, "body": {"elements": elements}});
    let title = json!({"title": {"tag": "plain_text", "content": "HighErrorRate"}});
    for (msg_type, content, expected) in [
        ("text", json!({"text": "磁盘\n <at user_id=\"ou_wang\">x</at> <b>93%</b>"}), "磁盘 @王磊 93%"),
        ("text", json!("plain"), "plain"),
        ("post", json!({"zh_cn": {"title": "标题", "content": []}}), "标题"),
        (
            "post",
            json!({"zh_cn": {"content": [[{"tag": "hr"}], [{"tag": "at", "user_id": "ou_li"}, {"tag": "text", "text": "看图"}, {"tag": "img", "image_key": "x"}]]}}),
            "@Li <Na> 看图[图片]",
        ),
        ("post", json!({"post": {"en_us": {"title": "custom bot"}}}), "custom bot"),
        (
            "interactive",
            json!({"schema": "2.0", "config": {"summary": {"content": "🔴 严重", "i18n_content": {"en_us": "critical"}}}}),
            "🔴 严重",
        ),
        ("interactive", card(title, json!([])), "HighErrorRate"),
        (
            "interactive",
            card(
                json!({}),
                json!([{"tag": "hr"}, {"tag": "column_set", "columns": [{"tag": "column", "elements": [{"tag": "markdown", "content": "# **a**\n- <at id=ou_wang></at>"}]}]}]),
            ),
            "a @王磊",
        ),
        ("interactive", json!({}), "[卡片]"),
        ("interactive", json!({"type": "template", "data": {"template_id": "AAq"}}), "[卡片] AAq"),
        ("image", json!({"image_key": "x"}), "[图片]"),
        ("file", json!({"file_key": "file_v3_a"}), "[文件] alerts.csv"),
        ("share_user", json!({"user_id": "ou_wang"}), "[个人名片] 王磊"),
        ("system", json!({"type": "divider", "params": {"divider_text": {"text": "新的一天"}}}), "新的一天"),
        ("hologram", json!(null), "[hologram]"),
    ] {
        assert_eq!(crate::draw::preview(msg_type, &content, &look(Locale::Zh)), expected, "{content}");
    }
    let long = crate::draw::preview("text", &json!({"text": "很长".repeat(500)}), &look(Locale::Zh));
    assert_eq!(long.chars().count(), 200);
}

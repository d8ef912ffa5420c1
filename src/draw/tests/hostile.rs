//! Whatever the content: nothing panics, only our own tags and attributes come out, and how much is bounded.

use super::*;
use proptest::prelude::*;

const TYPES: [&str; 14] = [
    "text",
    "post",
    "interactive",
    "image",
    "file",
    "audio",
    "media",
    "sticker",
    "share_chat",
    "share_user",
    "system",
    "merge_forward",
    "folder",
    "<b>",
];

/// Strings that have broken something somewhere, and words that lead into every branch.
const WORDS: &[&str] = &[
    "",
    "<script>alert(1)</script>",
    "javascript:alert(1)",
    "\" onload=\"x",
    "'><img src=x onerror=alert(1)>",
    "</textarea></style><script>",
    "data:text/html,x",
    "https://a.example/\"onclick=1",
    "https://a.example/x?y=1",
    "lark://client",
    "\u{202e}cba\u{2066}",
    "red;background:url(x)",
    "12px;position:fixed",
    "-99px 4px",
    "rgba(1,2,3,1);x:y",
    "rgba(1,2,3,0.5)",
    "red",
    "blue-500",
    "grey",
    "own",
    "ou_wang",
    "img_v3_a",
    "img_v3_evil",
    "file_v3_a",
    "1763780000000",
    "YYYY-MM-DD<HH",
    "**b *i* ~~s~~ `c`** <font color='red'>x<a href='https://a.example'>y",
    "[x](javascript:alert(1)) [y](https://a.example) ![z](img_v3_a)",
    "<at id=all></at><at ids=a,b,<b>><person id='\"'>",
    "| a | b |\n|---|---|\n| 1 | <script> |\n```js\n</code></pre>\n```",
    "- a\n    - b\n1. c\n> > d\n# e",
    "<local_datetime millisecond='1' format_type='x' link='javascript:1'></local_datetime>",
    "<link url='https://a.example'>[x](https://b.example)</link>:DONE::nope:",
    "<number_tag url='https://a.example' background_color='red'>1</number_tag><raw><b></raw><br><hr>",
    "\u{0}\u{1}\u{7f}\u{fdd0}",
    "2.0",
    "callback",
    "open_url",
    "submit",
    "weighted",
    "bisect",
    "line",
    "pie",
    "bar",
    "area",
    "common",
    "horizontal",
    "password",
    "multiline_text",
    "lark_md",
    "plain_text",
    "markdown",
    "template",
    "card",
];

const KEYS: &[&str] = &[
    "tag",
    "content",
    "text",
    "elements",
    "columns",
    "actions",
    "i18n_content",
    "zh_cn",
    "en_us",
    "i18n_elements",
    "header",
    "title",
    "subtitle",
    "body",
    "config",
    "style",
    "color",
    "text_size",
    "text_tag_list",
    "icon",
    "token",
    "img_key",
    "template",
    "padding",
    "margin",
    "width",
    "height",
    "weight",
    "flex_mode",
    "size",
    "background_style",
    "background_color",
    "border",
    "border_color",
    "corner_radius",
    "has_border",
    "behaviors",
    "type",
    "default_url",
    "url",
    "multi_url",
    "value",
    "confirm",
    "disabled",
    "disabled_tips",
    "hover_tips",
    "name",
    "options",
    "placeholder",
    "initial_option",
    "initial_date",
    "initial_index",
    "chart_spec",
    "data",
    "values",
    "xField",
    "yField",
    "seriesField",
    "valueField",
    "categoryField",
    "series",
    "rows",
    "row_height",
    "page_size",
    "data_type",
    "display_name",
    "date_format",
    "format",
    "symbol",
    "precision",
    "user_id",
    "persons",
    "id",
    "fields",
    "extra",
    "lines",
    "text_align",
    "text_color",
    "scale_type",
    "alt",
    "direction",
    "vertical_spacing",
    "card_link",
    "action",
    "form_action_type",
    "input_type",
    "label",
    "default_value",
    "checked",
    "button_area",
    "buttons",
    "post",
    "image_key",
    "file_key",
    "href",
    "language",
    "emoji_type",
    "data",
    "template_id",
    "card_id",
    "template_variable",
    "expanded",
    "lines",
    "color_theme",
    "aspect_ratio",
    "stack",
];

const TAGS: &[&str] = &[
    "markdown",
    "div",
    "hr",
    "note",
    "action",
    "img",
    "img_combination",
    "person",
    "person_list",
    "chart",
    "table",
    "column_set",
    "column",
    "collapsible_panel",
    "interactive_container",
    "form",
    "button",
    "overflow",
    "select_static",
    "multi_select_static",
    "select_person",
    "multi_select_person",
    "select_img",
    "date_picker",
    "picker_time",
    "picker_datetime",
    "input",
    "checker",
    "audio",
    "plain_text",
    "lark_md",
    "text",
    "a",
    "at",
    "media",
    "emotion",
    "code_block",
    "md",
    "<x>",
];

fn words() -> impl Strategy<Value = String> {
    let word = || prop_oneof![prop::sample::select(WORDS).prop_map(str::to_owned), "[ -~中\\n]{0,30}"];
    prop_oneof![4 => word(), 1 => (word(), word()).prop_map(|(a, b)| a + &b)]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => words().prop_map(Value::from),
        2 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        2 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(7, 160, 8, |inner| {
        let key = prop_oneof![9 => prop::sample::select(KEYS).prop_map(str::to_owned), 1 => words()];
        let tagged = (prop::sample::select(TAGS), prop::collection::btree_map(key.clone(), inner.clone(), 0..8)).prop_map(|(tag, map)| {
            let mut map: serde_json::Map<String, Value> = map.into_iter().collect();
            map.insert("tag".to_owned(), tag.into());
            Value::Object(map)
        });
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            2 => prop::collection::btree_map(key, inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
            5 => tagged,
        ]
    })
}

/// A card around arbitrary elements, more often than anything at all.
fn content() -> impl Strategy<Value = Value> {
    let list = || prop::collection::vec(json_value(), 0..5);
    prop_oneof![
        3 => (list(), json_value(), json_value()).prop_map(|(elements, header, config)| json!({"schema": "2.0", "header": header, "config": config, "body": {"elements": elements}})),
        2 => (list(), json_value()).prop_map(|(elements, header)| json!({"header": header, "elements": elements})),
        1 => list().prop_map(|paragraphs| json!({"zh_cn": {"title": "t", "content": [paragraphs]}})),
        1 => words().prop_map(|text| json!({"text": text})),
        2 => json_value(),
    ]
}

/// Bytes of a drawing for each of its content, and what comes on top.
fn bound(content: &Value) -> usize {
    40 * content.to_string().len() + 250_000
}

fn drawn(msg_type: &str, content: &Value) -> String {
    let html = message(msg_type, content, &look(Locale::En)).into_string();
    html::check(&html).unwrap_or_else(|wrong| panic!("{wrong}\n{content}\n{html}"));
    assert!(html.len() <= bound(content), "{} bytes of {}", html.len(), content.to_string().len());
    let line = crate::draw::preview(msg_type, content, &look(Locale::Zh));
    assert!(line.chars().count() <= 201 * 8 && !line.contains('\n'), "{line}");
    html
}

#[test]
fn the_check_finds_what_it_is_for() {
    for html in [
        "<script>x</script>",
        "<p onclick=\"x\"></p>",
        "<a href=\"javascript:x\" target=\"_blank\" rel=\"noopener noreferrer\"></a>",
        "<a href=\"https://a.example\"></a>",
        "<img src=\"data:image/png;base64,x\" alt=\"\">",
        "<img src=\"//evil.example/x\" alt=\"\">",
        "<div style=\"background:url(x)\"></div>",
        "<div style=\"width:expression(x)\"></div>",
        "<p><div></div></p>",
        "<button><a href=\"https://a.example/\" target=\"_blank\" rel=\"noopener noreferrer\"></a></button>",
        "<p class=\"a\" class=\"b\"></p>",
        "<p>",
        "</p>",
        "a > b",
    ] {
        assert!(html::check(html).is_err(), "{html}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn anything_is_drawn_and_nothing_breaks_out(content in content(), msg_type in prop::sample::select(&TYPES[..])) {
        drawn(msg_type, &content);
        drawn("interactive", &content);
    }

    #[test]
    fn any_text_is_text(text in "\\PC{0,200}", words in prop::collection::vec(words(), 0..6)) {
        for text in [text, words.join(" ")] {
            drawn("text", &json!({"text": text}));
            drawn("post", &json!({"zh_cn": {"content": [[{"tag": "md", "text": text}, {"tag": "text", "text": text}]]}}));
            drawn("interactive", &v2(json!([{"tag": "markdown", "content": text}, {"tag": "div", "text": {"tag": "lark_md", "content": text}}])));
            drawn("interactive", &v1(json!([{"tag": "markdown", "content": text}])));
        }
    }
}

#[test]
fn much_of_anything_is_bounded() {
    for piece in [
        "<",
        "<a <",
        "<at id=x>",
        "[",
        "[](",
        "[x](https://a.example)",
        "**",
        "*a **b ",
        "`",
        "`` `",
        "~~x",
        "> ",
        ">",
        "- ",
        "    - x\n",
        "1. x\n",
        "|",
        "|a|b|\n|-|-|\n",
        "# x\n",
        "```\n",
        "&",
        "&#60;",
        ":DONE:",
        ":",
        "<font color=red>",
        "<font color=red>x</font>",
        "![](k)",
        "\n",
        "\\",
        "_a_",
        "<text_tag>",
        "<raw>",
        "<b>",
        "</b>",
        "https://",
        "<person id=x></person>",
    ] {
        let text = piece.repeat(30_000 / piece.len());
        let started = std::time::Instant::now();
        drawn("text", &json!({"text": text}));
        drawn("post", &json!({"zh_cn": {"content": [[{"tag": "md", "text": text}]]}}));
        drawn("interactive", &v2(json!([{"tag": "markdown", "content": text}])));
        drawn(
            "interactive",
            &v1(json!([{"tag": "markdown", "content": text}, {"tag": "div", "text": {"tag": "lark_md", "content": text}}])),
        );
        // Far above what it takes: a bound on the order, not on the time.
        assert!(started.elapsed().as_secs() < 20, "{piece:?}: {:?}", started.elapsed());
    }
}

#[test]
fn many_of_anything_are_bounded() {
    let lists = TAGS.iter().map(|tag| json!({"tag": tag})).chain([json!({}), json!(1)]);
    for item in lists {
        let list = json!(vec![item; 700]);
        drawn("interactive", &v2(list.clone()));
        drawn(
            "interactive",
            &v1(json!([{"tag": "note", "elements": list}, {"tag": "action", "actions": list}, {"tag": "div", "fields": list}])),
        );
        drawn("interactive", &v2(json!([{"tag": "column_set", "columns": list}])));
        let columns = vec![json!({"name": "a", "data_type": "options"}); 100];
        drawn("interactive", &v2(json!([{"tag": "table", "columns": columns, "rows": list}, {"tag": "overflow", "options": list}])));
        drawn("interactive", &v2(json!([{"tag": "select_img", "options": list}, {"tag": "person_list", "persons": list}])));
        drawn("post", &json!({"zh_cn": {"content": [list]}}));
    }
    drawn("post", &json!({"zh_cn": {"content": vec![json!([]); 3000]}}));
}

#[test]
fn deep_cards_end_somewhere() {
    let mut element = json!({"tag": "markdown", "content": "x"});
    for tag in ["column_set", "form", "collapsible_panel", "interactive_container"].into_iter().cycle().take(60) {
        element = match tag {
            "column_set" => json!({"tag": tag, "columns": [{"tag": "column", "elements": [element]}]}),
            _ => json!({"tag": tag, "name": "f", "header": {"title": {"tag": "plain_text", "content": "t"}}, "elements": [element]}),
        };
    }
    let html = drawn("interactive", &v2(json!([element])));
    assert!(html.contains("deep"), "{html}");
}

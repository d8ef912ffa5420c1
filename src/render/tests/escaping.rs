//! One table per rule of contextual escaping.

use super::*;
use serde_json::json;

/// A value with everything in it.
const EVIL: &str = "\"}],<at id=all></at> **b** [l](https://evil.test) `c` {{x}} \\n 中";

#[test]
fn plain_text_is_verbatim() {
    for (template, pointer) in [
        (r#"{"tag":"div","text":{"tag":"plain_text","content":"a {{labels.x}} b"}}"#, "/text/content"),
        (r#"{"tag":"button","text":{"tag":"plain_text","content":"a {{labels.x}} b"},"value":{"k":"v"}}"#, "/text/content"),
        (r#"{"tag":"collapsible_panel","header":{"title":{"tag":"plain_text","content":"a {{labels.x}} b"}}}"#, "/header/title/content"),
        (
            r#"{"tag":"img","img_key":"k","alt":{"tag":"plain_text","i18n_content":{"zh_cn":"a {{labels.x}} b"}}}"#,
            "/alt/i18n_content/zh_cn",
        ),
    ] {
        let element = element(template, &[("x", EVIL)]);
        assert_eq!(element.pointer(pointer), Some(&json!(format!("a {EVIL} b"))), "{template}");
    }
    let card = r#"{"schema":"2.0","config":{"summary":{"content":"{{labels.x}}"}},"header":{"title":{"tag":"plain_text","content":"{{labels.x}}"},
        "text_tag_list":[{"tag":"text_tag","text":{"tag":"plain_text","content":"{{labels.x}}"},"color":"{{labels.x}}"}]},"body":{"elements":[]}}"#;
    let rendered = try_render(ContentKind::Card, card, &[("x", EVIL)]).unwrap();
    let card = value_of(&rendered.content);
    for pointer in ["/config/summary/content", "/header/title/content", "/header/text_tag_list/0/text/content"] {
        assert_eq!(card.pointer(pointer), Some(&json!(EVIL)), "{pointer}");
    }
    // A colour is a word of the platform, whatever a label says.
    assert_eq!(card.pointer("/header/text_tag_list/0/color"), Some(&json!("atidallatblhttpsevil.testcxn")));
}

#[test]
fn markdown_gets_entities() {
    for (value, wanted) in [
        ("<at id=all></at>", "&#60;at id=all&#62;&#60;&#47;at&#62;"),
        ("**b** ~~s~~ _i_", "&#42;&#42;b&#42;&#42; &sim;&sim;s&sim;&sim; &#95;i&#95;"),
        ("[l](u)", "&#91;l&#93;&#40;u&#41;"),
        ("# h\n- i\n1. o", "&#35; h<br/>&#45; i<br/>1&#46; o"),
        ("&#60; &amp;", "&#38;&#35;60; &#38;amp;"),
        (":DONE:", "&#58;DONE&#58;"),
        ("| a |", "&#124; a &#124;"),
        ("```", "&#96;&#96;&#96;"),
    ] {
        let element = element(r#"{"tag":"markdown","content":"{{labels.x}}"}"#, &[("x", value)]);
        assert_eq!(element["content"], wanted, "{value}");
    }
    for template in [
        r#"{"tag":"div","text":{"tag":"lark_md","content":"{{labels.x}}"}}"#,
        r#"{"tag":"div","text":{"tag":"lark_md","i18n_content":{"en_us":"{{labels.x}}"}}}"#,
    ] {
        let element = element(template, &[("x", "a*b\nc")]).to_string();
        assert!(element.contains("a&#42;b\\nc"), "{element}");
    }
}

#[test]
fn code_is_not_decoded_by_clients_and_cannot_end() {
    let element = |content: &str, value: &str| {
        let template = format!("{{\"tag\":\"markdown\",\"content\":\"{content}\"}}");
        super::element(&template, &[("x", value)])["content"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        element(r"```json\n{{labels.x}}\n```", "a<b> ```\n<at id=all>"),
        "```json\na<b> `\u{200B}`\u{200B}`\u{200B}\n<at id=all>\n```"
    );
    assert_eq!(element(r"`{{labels.x}}` {{labels.x}}", "a`*"), "`aˋ*` a&#96;&#42;");
    // A backtick of a value opens nothing for the template's text, nor does the template's own single one.
    assert_eq!(element(r"{{labels.x}} `c` {{labels.x}}", "`*"), "&#96;&#42; `c` &#96;&#42;");
    assert_eq!(element(r"a ` b {{labels.x}}", "*"), "a ` b &#42;");
    assert_eq!(element(r"```\n{{labels.x}}", "*`"), "```\n*`\u{200B}");
}

#[test]
fn attributes_keep_harmless_characters_only() {
    let markdown = |content: &str, value: &str| {
        let template = format!("{{\"tag\":\"markdown\",\"content\":\"{content}\"}}");
        super::element(&template, &[("x", value)])["content"].as_str().unwrap().to_owned()
    };
    for (content, value, wanted) in [
        ("<at id={{labels.x}}></at>", "ou_1", "<at id=ou_1></at>"),
        ("<at id={{labels.x}}></at>", "ou_1></at><at id=all", "<at id=ou_1atatidall></at>"),
        ("<at id='{{labels.x}}'></at>", "all", "</at>"),
        ("<at id={{labels.x}}></at>", "ALL", "</at>"),
        ("<at ids=ou_1,{{labels.x}}></at>", "all", "</at>"),
        ("<at id={{labels.missing}}></at>x", "", "</at>x"),
        ("<at email={{labels.x}}></at>", "li+x@example.com", "<at email=li+x@example.com></at>"),
        (
            "<font color='{{labels.x}}'>{{labels.x}}</font>",
            "red'><at id=all>",
            "<font color='redatidall'>red&#39;&#62;&#60;at id=all&#62;</font>",
        ),
        ("<person id='{{labels.x}}'></person>", "ou_1' show_name='", "<person id='ou_1show_name'></person>"),
        (
            "<local_datetime millisecond='{{labels.x}}' format_type='time'></local_datetime>",
            "1'",
            "<local_datetime millisecond='1' format_type='time'></local_datetime>",
        ),
    ] {
        let written = markdown(content, value);
        // A closing tag without its opening one says nothing; the opening one is what counts.
        assert_eq!(written.replace("</at>", ""), wanted.replace("</at>", ""), "{content} with {value}");
        assert!(!written.contains("id=all") || wanted.contains("&#60;at id=all"), "{written}");
    }
    assert_eq!(super::element(r#"{"tag":"img","img_key":"{{labels.x}}"}"#, &[("x", "img_1\"<")])["img_key"], "img_1");
}

#[test]
fn table_cells_follow_their_column() {
    let table = r#"{"tag":"table","columns":[{"name":"t","data_type":"text"},{"name":"m","data_type":"markdown"},{"name":"l","data_type":"lark_md"},
        {"name":"n","data_type":"number"},{"name":"d","data_type":"date"},{"name":"o","data_type":"options"},{"name":"p","data_type":"persons"}],
        "rows":[{"t":"{{labels.x}}","m":"{{labels.x}}","l":"{{labels.x}}","n":{{labels.n}},"d":{{time labels.d}},"o":[{"text":"{{labels.x}}","color":"red"}],"p":"{{labels.p}}"},
        {"t":{{labels.n}},"n":"{{labels.x}}","{{labels.key}}":"v"}]}"#;
    let element = element(table, &[("x", "a*"), ("n", "5.5"), ("d", "1763780000"), ("p", "ou_1<"), ("key", "t2\"")]);
    let rows = &element["rows"];
    assert_eq!(
        rows[0],
        json!({"t": "a*", "m": "a&#42;", "l": "a&#42;", "n": 5.5, "d": 1_763_780_000_000_i64, "o": [{"text": "a*", "color": "red"}], "p": "ou_1"})
    );
    assert_eq!(rows[1], json!({"t": 5.5, "t2\"": "v"}));
    // The same through {{json}}: leaves are written for their cells.
    let table =
        r#"{"tag":"table","columns":[{"name":"k","data_type":"markdown"},{"name":"v","data_type":"text"}],"rows":{{json payload.rows}}}"#;
    let renderer = renderer(&[file("x.card.hbs", &format!("{{\"schema\":\"2.0\",\"body\":{{\"elements\":[{table}]}}}}"))]);
    let mut view = view_of(&[]);
    view.payload.insert("rows".into(), json!([{"k": "a*", "v": "a*"}]));
    let rendered = renderer.try_render(&request("x", ContentKind::Card, &view)).unwrap();
    assert_eq!(value_of(&rendered.content).pointer("/body/elements/0/rows"), Some(&json!([{"k": "a&#42;", "v": "a*"}])));
}

#[test]
fn charts_and_callback_values_are_verbatim() {
    let chart = r#"{"tag":"chart","chart_spec":{"type":"line","title":{"text":"{{labels.x}}"},"data":{"values":[{"url":"{{labels.x}}","v":{{labels.n}}}]}}}"#;
    let element = element(chart, &[("x", "javascript:*"), ("n", "7")]);
    assert_eq!(element["chart_spec"]["title"]["text"], "javascript:*");
    assert_eq!(element["chart_spec"]["data"]["values"], json!([{"url": "javascript:*", "v": 7}]));
    let button = r#"{"tag":"button","text":{"tag":"plain_text","content":"x"},"behaviors":[{"type":"callback","value":{"u":"{{labels.x}}","all":{{json labels}}}}]}"#;
    let element = super::element(button, &[("x", "https://a@b/*")]);
    assert_eq!(element["behaviors"][0]["value"]["u"], "https://a@b/*");
    assert_eq!(element["behaviors"][0]["value"]["all"]["x"], "https://a@b/*");
}

#[test]
fn refused_links_take_the_link_away() {
    let bad = [("u", "javascript:alert(1)"), ("ok", "https://x.test/")];
    let button = |url: &str| {
        format!(
            r#"{{"tag":"button","text":{{"tag":"plain_text","content":"x"}},"behaviors":[{{"type":"open_url","default_url":"{url}"}}]}}"#
        )
    };
    let cases: Vec<(String, Value)> = vec![
        (button("{{labels.u}}"), Value::Null),
        (button("{{labels.missing}}"), Value::Null),
        (r#"{"tag":"button","text":{"tag":"plain_text","content":"x"},"url":"{{labels.u}}"}"#.into(), Value::Null),
        (r#"{"tag":"button","text":{"tag":"plain_text","content":"x"},"multi_url":{"url":"{{labels.u}}"}}"#.into(), Value::Null),
        (
            r#"{"tag":"button","name":"b","behaviors":[{"type":"open_url","default_url":"{{labels.u}}"},{"type":"callback","value":{"a":1}}]}"#.into(),
            json!({"tag": "button", "name": "b", "behaviors": [{"type": "callback", "value": {"a": 1}}]}),
        ),
        (
            r#"{"tag":"button","behaviors":[{"type":"open_url","default_url":"{{labels.ok}}","pc_url":"{{labels.u}}"}]}"#.into(),
            json!({"tag": "button", "behaviors": [{"type": "open_url", "default_url": "https://x.test/"}]}),
        ),
        (format!(r#"{{"tag":"column_set","columns":[{{"tag":"column","elements":[{}]}}]}}"#, button("{{labels.u}}")), Value::Null),
        (
            format!(r#"{{"tag":"column_set","columns":[{{"tag":"column","elements":[{}]}},{{"tag":"column","elements":[{{"tag":"hr"}}]}}]}}"#, button("{{labels.u}}")),
            json!({"tag": "column_set", "columns": [{"tag": "column", "elements": [{"tag": "hr"}]}]}),
        ),
        (format!(r#"{{"tag":"action","actions":[{}]}}"#, button("{{labels.u}}")), Value::Null),
        (
            r#"{"tag":"interactive_container","behaviors":[{"type":"open_url","default_url":"{{labels.u}}"}],"elements":[{"tag":"hr"}]}"#.into(),
            json!({"tag": "column_set", "columns": [{"tag": "column", "width": "weighted", "weight": 1, "elements": [{"tag": "hr"}]}]}),
        ),
        (r#"{"tag":"column_set","action":{"multi_url":{"url":"{{labels.u}}"}},"columns":[{"tag":"column","elements":[{"tag":"hr"}]}]}"#.into(),
            json!({"tag": "column_set", "columns": [{"tag": "column", "elements": [{"tag": "hr"}]}]})),
    ];
    for (template, wanted) in cases {
        assert_eq!(element(&template, &bad), wanted, "{template}");
    }
    let card = r#"{"schema":"2.0","card_link":{"url":"{{labels.u}}"},"body":{"elements":[{"tag":"hr"}]}}"#;
    let rendered = try_render(ContentKind::Card, card, &bad).unwrap();
    assert_eq!(value_of(&rendered.content).get("card_link"), None);
    assert!(rendered.warnings.iter().any(|w| w.message.contains("only http")), "{:?}", rendered.warnings);
    let post =
        r#"{"title":"","content":[[{"tag":"a","text":"Run","href":"{{labels.u}}"},{"tag":"a","text":"Ok","href":"{{labels.ok}}"}]]}"#;
    let rendered = try_render(ContentKind::Post, post, &bad).unwrap();
    assert_eq!(
        value_of(&rendered.content)["zh_cn"]["content"][0],
        json!([{"tag": "text", "text": "Run"}, {"tag": "a", "text": "Ok", "href": "https://x.test/"}])
    );
}

#[test]
fn markdown_links() {
    let markdown = |content: &str, value: &str| {
        let template = format!("{{\"tag\":\"markdown\",\"content\":\"{content}\"}}");
        super::element(&template, &[("x", value)])["content"].as_str().unwrap().to_owned()
    };
    for (content, value, wanted) in [
        ("[go]({{labels.x}}) b", "https://x.test/a_(b)", "[go](https://x.test/a_%28b%29) b"),
        ("a [go]({{labels.x}}) b", "javascript:x", "a go b"),
        ("a [**go**]({{labels.missing}}) b", "", "a **go** b"),
        (
            "[{{labels.x}}](https://x.test/?q={{labels.x}})",
            "a](https://evil.test",
            "[a&#93;&#40;https&#58;&#47;&#47;evil.test](https://x.test/?q=a%5D%28https%3A%2F%2Fevil.test)",
        ),
        ("[a](https://{{labels.x}}/)", "evil.test/@", "a"),
        ("<a href='{{labels.x}}'>go</a>!", "file:///etc", "go!"),
        ("<a href='{{labels.x}}'>go</a>!", "https://x.test/'><at id=all>", "<a href='https://x.test/%27%3E%3Cat%20id=all%3E'>go</a>!"),
        ("<link url='{{labels.x}}' pc_url=''>go</link>", "javascript:x", "go"),
        ("![h]({{labels.x}})", "img_1)<at id=all>", "![h](img_1atidall)"),
        ("{{link \\\"L*\\\" labels.x}}", "https://x.test/", "[L&#42;](https://x.test/)"),
        ("{{link \\\"L*\\\" labels.x}}", "ftp://x.test/", "L&#42;"),
    ] {
        // Inside of a JSON string the quotes of helpers are written as the author would write them.
        let content = content.replace("\\\"", "\"");
        let template = format!("{{\"tag\":\"markdown\",\"content\":\"{content}\"}}");
        let written = super::element(&template, &[("x", value)])["content"].as_str().unwrap().to_owned();
        assert_eq!(written, wanted, "{content} with {value}");
    }
    assert_eq!(markdown("[a](https://literal.test/(x) y", ""), "[a](https://literal.test/(x) y");
}

#[test]
fn bare_tokens_are_scalars() {
    let get = |value: &str| {
        let template = r#"{"tag":"x","weight":{{labels.x}},"name":{{labels.x}},"text":{"tag":"plain_text","content":{{labels.x}}}}"#;
        element(template, &[("x", value)])
    };
    for (value, weight) in [
        ("5", json!(5)),
        ("-1.5e3", json!(-1500.0)),
        ("true", json!(true)),
        ("007", json!("007")),
        ("1,2", json!("1,2")),
        ("", json!("")),
        ("{\"a\":1}", json!("{\"a\":1}")),
        ("null", json!("null")),
        ("1e999", json!("1e999")),
        ("9007199254740993", json!(9_007_199_254_740_993_i64)),
    ] {
        let element = get(value);
        assert_eq!(element["weight"], weight, "{value}");
        assert_eq!(element["name"], json!(value), "names are text");
        assert_eq!(element["text"]["content"], json!(value), "text is text");
    }
    let missing = element(r#"{"tag":"x","a":{{labels.nope}},"b":1}"#, &[]);
    assert_eq!(missing, json!({"tag": "x", "b": 1}));
}

#[test]
fn json_helper_makes_objects_with_escaped_leaves() {
    let mut view = view_of(&[]);
    view.payload.insert("p".into(), json!({"content": "a*", "list": ["<at id=all>", 1]}));
    view.payload.insert("el".into(), json!({"tag": "markdown", "content": "<at id=all></at>"}));
    let render = |template: &str| {
        let renderer = renderer(&[file("x.card.hbs", &format!("{{\"schema\":\"2.0\",\"body\":{{\"elements\":[{template}]}}}}"))]);
        renderer.try_render(&request("x", ContentKind::Card, &view)).map(|r| value_of(&r.content)["body"]["elements"][0].clone())
    };
    assert_eq!(
        render(r#"{"tag":"markdown","i18n_content":{{json payload.p}}}"#).unwrap()["i18n_content"],
        json!({"content": "a&#42;", "list": ["&#60;at id=all&#62;", 1]})
    );
    let refused = render("{{json payload.el}}").unwrap_err();
    assert!(refused.message.contains("cannot be an element"), "{refused}");
    let inside = render(r#"{"tag":"markdown","content":"{{json payload.p}}"}"#).unwrap_err();
    assert!(inside.message.contains("without quotes"), "{inside}");
    assert_eq!(text("{{json labels.x}}", &[("x", "<at>\"")]), "\"＜at>\\\"\"");
}

#[test]
fn tokens_cannot_be_keys_tags_or_schemas() {
    for (template, message) in [
        ("{\"schema\":\"2.0\",\n \"body\":{\"elements\":[\n  {\"tag\":\"{{labels.x}}\"}]}}", "`tag`"),
        ("{\"schema\":\"{{labels.x}}\",\"body\":{}}", "cannot stand here"),
        ("{\"schema\":\"2.0\",\n\"body\":{\"{{labels.x}}\":1}}", "name of a field"),
    ] {
        let failure = try_render(ContentKind::Card, template, &[("x", "markdown")]).unwrap_err();
        assert!(failure.message.contains(message), "{failure}");
        assert_eq!(failure.file, "templates/x.card.hbs");
        let wanted = template[..template.find("{{").unwrap()].matches('\n').count() + 1;
        assert_eq!(failure.line, wanted, "{failure}");
    }
}

#[test]
fn template_cards_are_neutralised() {
    let template = r#"{"type":"template","markdown_variables":["md"],"data":{"template_id":"AAq1","template_version_name":"1.0.0",
        "template_variable":{"plain":"{{labels.x}}","md":"{{labels.x}}","list":[{"k":"{{labels.x}}"}],"{{labels.key}}":"v"}}}"#;
    let rendered = try_render(ContentKind::Card, template, &[("x", "**<at id=all>**"), ("key", "k1")]).unwrap();
    assert_eq!(
        value_of(&rendered.content),
        &json!({"type": "template", "data": {"template_id": "AAq1", "template_version_name": "1.0.0", "template_variable": {
            "plain": "＊＊＜at id=all>＊＊", "md": "&#42;&#42;&#60;at id=all&#62;&#42;&#42;", "list": [{"k": "＊＊＜at id=all>＊＊"}], "k1": "v"}}})
    );
    let plain = template.replace("\"markdown_variables\":[\"md\"],", "");
    let rendered = try_render(ContentKind::Card, &plain, &[("x", "*")]).unwrap();
    assert_eq!(value_of(&rendered.content).pointer("/data/template_variable/md"), Some(&json!("＊")));
}

#[test]
fn posts() {
    let post = r#"{"title":"{{labels.x}}","content":[[{"tag":"text","text":"{{labels.x}}"},{"tag":"code_block","language":"{{labels.x}}","text":"{{labels.x}}"}],
        [{"tag":"md","text":"**{{labels.x}}** [l](https://x.test/{{labels.x}})"}],[{"tag":"at","user_id":"{{labels.all}}"}],[{"tag":"at","user_id":"{{at "all"}}"}],[{"tag":"text","text":"{{labels.missing}}"}]]}"#;
    let rendered = try_render(ContentKind::Post, post, &[("x", "<at user_id=\"all\">*"), ("all", "all")]).unwrap();
    assert_eq!(
        value_of(&rendered.content),
        &json!({"zh_cn": {"title": "<at user_id=\"all\">*", "content": [
            [{"tag": "text", "text": "<at user_id=\"all\">*"}, {"tag": "code_block", "language": "atuser_idall", "text": "<at user_id=\"all\">*"}],
            [{"tag": "md", "text": "**＜at user_id=\"all\">＊** [l](https://x.test/%3Cat%20user_id%3D%22all%22%3E%2A)"}],
            [{"tag": "at", "user_id": "all"}]]}})
    );
    for (template, message) in [("[]", "JSON object"), ("{\"content\":\"x\"}", "list of paragraphs"), ("{\"klingon\":{}}", "languages")] {
        let failure = try_render(ContentKind::Post, template, &[]).unwrap_err();
        assert!(failure.message.contains(message), "{failure}");
    }
}

#[test]
fn text_messages() {
    for (template, value, wanted) in [
        ("{{labels.x}}", "<at user_id=\"all\">a</at>", "＜at user_id=\"all\">a＜/at>"),
        ("{{labels.x}}at user_id=\"all\">", "<", "＜at user_id=\"all\">"),
        ("{{labels.x}}", "<b>x</b> 1<2", "＜b>x＜/b> 1<2"),
        ("{{labels.x}}(https://evil.test)", "[a]", "[a]\u{200B}(https://evil.test)"),
        ("[a]{{labels.x}}", "(https://evil.test)", "[a]\u{200B}(https://evil.test)"),
        ("<b>{{labels.x}}</b>", "x", "<b>x</b>"),
        ("[go]({{labels.x}})", "https://x.test/", "[go](https://x.test/)"),
        ("[go]({{labels.x}})", "javascript:x", "go"),
        ("<at user_id=\"{{labels.x}}\"></at>.", "all", "."),
        ("<at user_id=\"{{labels.x}}\"></at>.", "ou_1\" x=\"", "<at user_id=\"ou_1x\"></at>."),
        ("{{{labels.x}}}", "<b>", "<b>"),
        ("a\u{301}{{labels.x}}", "\u{202E}b\0\u{7}", "a\u{301}b"),
        ("{{time labels.x}} {{date labels.x}}", "1763780000", "10:53 2025-11-22"),
    ] {
        let written = text(template, &[("x", value)]).replace("</at>.", ".");
        assert_eq!(written, wanted.replace("</at>.", "."), "{template} with {value:?}");
    }
}

#[test]
fn comparisons_and_subexpressions_see_raw_values() {
    for (template, wanted) in [
        ("{{#if (eq labels.x \"a<b\")}}yes{{else}}no{{/if}}", "yes"),
        ("{{#with (lookup labels \"x\")}}{{this}}{{/with}}", "a<b"),
        ("{{#each labels as |v k|}}{{#if (eq k \"x\")}}{{k}}={{v}}{{/if}}{{/each}}", "x=a<b"),
        ("{{upper (truncate labels.x 2)}}", "A…"),
        ("{{default labels.nope (upper labels.x)}}", "A<B"),
        ("{{join (sort alerts by=\"startsAt\") by=\"labels.x\"}}", "a<b"),
    ] {
        assert_eq!(text(template, &[("x", "a<b")]).replace('＜', "<"), wanted, "{template}");
    }
}

#[test]
fn mentions_come_from_the_configuration_only() {
    let template = r#"{"schema":"2.0","body":{"elements":[{"tag":"markdown","content":"{{#each mentions}}{{at this}}{{/each}}{{at labels.x}}{{at payload.m}}"}]}}"#;
    let renderer = renderer(&[file("x.card.hbs", template)]);
    let mut view = view_of(&[("x", "all")]);
    view.payload.insert("m".into(), json!({"id": "all", "all": true}));
    let mut ask = request("x", ContentKind::Card, &view);
    ask.mentions = &[Mention::All];
    let rendered = renderer.try_render(&ask).unwrap();
    assert_eq!(value_of(&rendered.content)["body"]["elements"][0]["content"], "<at id=all></at>");
    ask.degrade.no_mentions = true;
    let rendered = renderer.try_render(&ask).unwrap();
    assert_eq!(value_of(&rendered.content)["body"]["elements"][0]["content"], "");
}

//! Seams between a template's own characters and a value, where the two together would mean something.

use super::*;

/// What a `markdown` element of a 2.0 card, a `lark_md` text, a post's `md` and a text message make of a template.
fn all(template: &str, value: &str) -> [String; 4] {
    let labels = [("x", value)];
    let json = serde_json::to_string(template).unwrap();
    let card = element(&format!("{{\"tag\":\"markdown\",\"content\":{json}}}"), &labels);
    let lark = element(&format!("{{\"tag\":\"div\",\"text\":{{\"tag\":\"lark_md\",\"content\":{json}}}}}"), &labels);
    let post = format!("{{\"title\":\"\",\"content\":[[{{\"tag\":\"md\",\"text\":{json}}}]]}}");
    let post = try_render(ContentKind::Post, &post, &labels).unwrap();
    let own = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    [
        own(&card["content"]),
        own(&lark["text"]["content"]),
        own(value_of(&post.content).pointer("/zh_cn/content/0/0/text").unwrap_or(&Value::Null)),
        text(template, &labels),
    ]
}

#[test]
fn a_value_makes_no_tag_of_the_templates_less_than_sign() {
    for (template, value) in [
        ("mail <{{labels.x}}>", "at id=all"),
        ("mail <{{labels.x}}></at>", "at user_id=\"all\""),
        ("cpu <{{labels.x}} and >", "at id=all x=\""),
        ("a <{{labels.x}}", "at user_id=\"all\">x</at>"),
        ("a <{{labels.x}}", "/font>"),
        ("a <a{{labels.x}} id=all></at>", "t"),
        ("a <{{labels.x}} id=all></at>", "at"),
        ("a <!{{labels.x}}-->", "--"),
    ] {
        for written in all(template, value) {
            let lower = written.to_lowercase();
            assert!(!lower.contains("<at") && !lower.contains("</font") && !lower.contains("<!"), "{template} with {value:?}: {written}");
        }
    }
    assert_eq!(all("1 < {{labels.x}} <b>y</b>", "2"), ["1 < 2 <b>y</b>", "1 < 2 <b>y</b>", "1 < 2 <b>y</b>", "1 < 2 <b>y</b>"]);
}

#[test]
fn a_value_makes_no_link_of_the_templates_brackets() {
    for (template, value) in [
        ("[firing]{{labels.x}}", "(https://evil.test)"),
        ("[firing{{labels.x}}", "](https://evil.test)"),
        ("{{labels.x}}(https://evil.test)", "[a]"),
        ("[{{labels.x}}](https://good.test)", "a](https://evil.test) [b"),
    ] {
        for written in all(template, value) {
            assert!(!written.contains("](https://evil.test)"), "{template} with {value:?}: {written}");
        }
    }
}

#[test]
fn code_ends_where_clients_end_it() {
    const CALL: &str = "<at id=all></at>";
    for (template, value) in [
        // The fence after a value closes the code if the value ends its line.
        ("```\n{{labels.x}}```\n{{labels.x}}", "<at id=all></at>\n"),
        ("```\n{{labels.x}}```\n{{labels.x}}", CALL),
        ("```\nx\n  ```\n{{labels.x}}", CALL),
        ("```\nx\n   ```\n{{labels.x}}", CALL),
        // A lonely backtick does not reach over lines.
        ("- `a\n- {{labels.x}}\n- b`", CALL),
        ("a ` b\n\n{{labels.x}} `", CALL),
    ] {
        let [card, lark, post, _] = all(template, value);
        let after = card.rsplit("```").next().unwrap_or_default().to_owned();
        assert!(!after.contains("<at"), "{template}: {card}");
        // Where not every client knows code, nothing relies on it.
        assert!(!lark.contains("<at") && !post.contains("<at"), "{template}: {lark} {post}");
    }
    for template in ["`{{labels.x}}`", "``{{labels.x}}``", "```\n{{labels.x}}\n```"] {
        let [card, lark, post, _] = all(template, CALL);
        assert!(card.contains(CALL), "code shows what it is given: {card}");
        assert!(!lark.contains("<at") && !post.contains("<at"), "{template}: {lark} {post}");
    }
    let [card, ..] = all("```\n{{labels.x}}```", "a");
    assert_eq!(card, "```\na\n```", "the fence is a line of its own");
}

#[test]
fn no_spelling_of_everybody_gets_through() {
    for value in ["all", "ALL", " all ", "all!", "a l l", "a\u{200B}ll", "\"all\"", "all'", "'><at id=all", "<all>"] {
        for template in
            ["{{at labels.x}}", "<at id={{at labels.x}}></at>", "<at id={{labels.x}}></at>", "<at ids='ou_1,{{labels.x}}'></at>"]
        {
            for written in all(template, value) {
                let ids = written.split("<at").skip(1).filter_map(|tag| tag.split('>').next());
                for id in ids {
                    let words: Vec<String> = id.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_lowercase).collect();
                    assert!(!words.contains(&"all".to_owned()), "{template} with {value:?}: {written}");
                }
            }
        }
    }
    let card = element(r#"{"tag":"markdown","content":"{{at "all"}}"}"#, &[]);
    assert_eq!(card["content"], "<at id=all></at>", "the template itself may");
}

//! Conversions by example, and that no card whatever keeps anything of 2.0.

use super::*;
use crate::feishu::content::card::{inspect, validate};
use proptest::prelude::*;

fn converted(card: &Value) -> Value {
    let timezone = TimeZone::get("Asia/Shanghai").unwrap();
    to_v1(card, &Reader { timezone: &timezone, chinese: true })
}

fn elements(elements: Value) -> Value {
    let card = converted(&json!({"schema": "2.0", "body": {"elements": elements}}));
    assert_eq!(validate(&card), [], "{card:#}");
    card["elements"].clone()
}

fn markdown(content: &str) -> String {
    elements(json!([{"tag": "markdown", "content": content}]))[0]["content"].as_str().unwrap().to_owned()
}

fn button(more: Value) -> Value {
    let mut button = json!({"tag": "button", "element_id": "b", "margin": "4px", "text": {"tag": "plain_text", "content": "Ack"}});
    button.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    button
}

/// Keys that only 2.0 has, wherever they are; data is not looked into.
fn leftovers(value: &Value, found: &mut Vec<String>) {
    const ONLY_V2: [&str; 13] = [
        "schema",
        "body",
        "element_id",
        "margin",
        "summary",
        "locales",
        "streaming_mode",
        "streaming_config",
        "direction",
        "row_max_height",
        "form_action_type",
        "i18n_content",
        "spacing",
    ];
    match value {
        Value::Array(items) => items.iter().for_each(|item| leftovers(item, found)),
        Value::Object(map) => {
            let tag = map.get("tag").and_then(Value::as_str).unwrap_or_default();
            for (key, item) in map {
                if ONLY_V2.contains(&key.as_str()) || (key == "behaviors" && !matches!(tag, "interactive_container" | "checker")) {
                    found.push(format!("{tag}.{key}"));
                }
                if !matches!(key.as_str(), "value" | "chart_spec" | "rows" | "behaviors" | "style" | "card_link") {
                    leftovers(item, found);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn the_head_of_a_card() {
    let card = converted(&json!({
        "schema": "2.0",
        "config": {"update_multi": true, "width_mode": "fill", "summary": {"content": "s"}, "locales": ["zh_cn"], "streaming_mode": false},
        "card_link": {"url": "https://a.example"},
        "header": {"template": "red", "padding": "8px", "title": {"tag": "plain_text", "element_id": "t", "content": "盘"},
            "text_tag_list": [{"tag": "text_tag", "element_id": "x", "text": {"tag": "plain_text", "content": "P1"}, "color": "red"}],
            "icon": {"tag": "standard_icon", "token": "alarm_outlined", "color": "red"}},
        "body": {"direction": "vertical", "elements": []}
    }));
    let expected = json!({
        "config": {"update_multi": true, "width_mode": "fill"},
        "card_link": {"url": "https://a.example"},
        "header": {"template": "red", "title": {"tag": "plain_text", "content": "盘"},
            "text_tag_list": [{"tag": "text_tag", "text": {"tag": "plain_text", "content": "P1"}, "color": "red"}],
            "ud_icon": {"token": "alarm_outlined", "style": {"color": "red"}}},
        "elements": []
    });
    assert_eq!(card, expected);
    assert_eq!(converted(&card), card, "a second time changes nothing");
    let other = converted(&json!({"schema": "2.0", "header": {"icon": {"tag": "custom_icon", "img_key": "img_v3_1"}}}));
    assert_eq!(other["header"], json!({"icon": {"img_key": "img_v3_1"}}));
    for same in [json!({"type": "template", "data": {"template_id": "AAq1"}}), json!({"type": "card", "data": {"card_id": "1"}}), json!({})]
    {
        assert_eq!(converted(&same), same);
    }
}

#[test]
fn buttons_stand_in_an_action() {
    let open = json!({"behaviors": [{"type": "open_url", "default_url": "https://a.example"}]});
    let both = json!({"behaviors": [
        {"type": "callback", "value": {"element_id": "data"}}, {"type": "open_url", "default_url": "https://a.example", "pc_url": "https://b.example"}]});
    let text = json!({"tag": "plain_text", "content": "Ack"});
    assert_eq!(
        elements(json!([button(open.clone()), button(both), {"tag": "hr"}, button(json!({"type": "primary"}))])),
        json!([
            {"tag": "action", "actions": [
                {"tag": "button", "text": text, "url": "https://a.example"},
                {"tag": "button", "text": text, "value": {"element_id": "data"}, "complex_interaction": true,
                    "multi_url": {"url": "https://a.example", "pc_url": "https://b.example"}}]},
            {"tag": "hr"},
            {"tag": "action", "actions": [{"tag": "button", "text": text, "type": "primary"}]}
        ])
    );
    let column = |item: Value| json!({"tag": "column", "width": "auto", "elements": [item]});
    let only_buttons = json!([{"tag": "column_set", "columns": [column(button(open.clone())), column(button(json!({})))]}]);
    assert_eq!(elements(only_buttons)[0]["actions"].as_array().unwrap().len(), 2);
    let mixed =
        elements(json!([{"tag": "column_set", "columns": [column(button(open)), column(json!({"tag": "markdown", "content": "x"}))]}]));
    assert_eq!(mixed[0]["columns"][0]["elements"][0]["tag"], "action");
}

#[test]
fn forms_keep_their_buttons_and_inputs() {
    let form = json!([{"tag": "form", "name": "f", "vertical_spacing": "8px", "elements": [
        {"tag": "input", "name": "why", "element_id": "i", "required": true},
        {"tag": "column_set", "columns": [{"tag": "column", "elements": [button(json!({"name": "ok", "form_action_type": "submit"}))]}]}]}]);
    let form = elements(form)[0].clone();
    assert_eq!(form["elements"][0], json!({"tag": "input", "name": "why", "required": true}));
    let submit = &form["elements"][1]["columns"][0]["elements"][0];
    assert_eq!((submit["tag"].as_str(), submit["action_type"].as_str()), (Some("button"), Some("form_submit")));
    let select = elements(json!([{"tag": "select_static", "options": [], "behaviors": [{"type": "callback", "value": {"k": 1}}]}]));
    assert_eq!(select, json!([{"tag": "action", "actions": [{"tag": "select_static", "options": [], "value": {"k": 1}}]}]));
}

#[test]
fn small_grey_text_becomes_a_note_at_the_root_only() {
    let small = json!({"tag": "div", "element_id": "f", "text":
        {"tag": "plain_text", "content": "larkhook", "text_size": "notation", "text_color": "grey", "lines": 1}});
    assert_eq!(elements(json!([small])), json!([{"tag": "note", "elements": [{"tag": "plain_text", "content": "larkhook"}]}]));
    let panel = json!([{"tag": "collapsible_panel", "expanded": false, "padding": "4px", "vertical_spacing": "10px", "spacing": "4px",
        "header": {"title": {"tag": "markdown", "content": "# x"}, "icon_position": "right"}, "elements": [small]}]);
    let panel = elements(panel)[0].clone();
    assert_eq!(panel["elements"][0]["tag"], "div");
    assert_eq!((panel["vertical_spacing"].as_str(), panel["header"]["title"]["content"].as_str()), (Some("medium"), Some("**x**")));
    let plain = json!({"tag": "div", "text": {"tag": "plain_text", "content": "x", "text_size": "heading-4"}, "width": "fill"});
    assert_eq!(elements(json!([plain]))[0], json!({"tag": "div", "text": {"tag": "plain_text", "content": "x", "text_size": "heading-4"}}));
}

#[test]
fn markdown_is_what_the_old_one_knows() {
    for (new, old) in [
        ("a<br/>b<br>c", "a\nb\nc"),
        ("## Disk **full** on db-1 ##", "**Disk full on db-1**"),
        ("#tag", "#tag"),
        ("> quoted\n>> twice", "▎quoted\n▎twice"),
        ("use `rm *_x` now", "use rm &#42;&#95;x now"),
        ("a ` tick", "a ` tick"),
        ("```sh\n# <br> `x`\n```", "```sh\n# <br> `x`\n```"),
        ("* one\n    + two\n1. three", "- one\n    - two\n1. three"),
        ("a\n***\nb<hr>c", "a\n---\nb\n---\nc"),
        ("<number_tag background_color='grey' url='https://a.example'>3</number_tag> x", "[3](https://a.example) x"),
        (
            "<font color='red'>x</font> <at id=ou_1></at> <text_tag color='red'>P1</text_tag>",
            "<font color='red'>x</font> <at id=ou_1></at> <text_tag color='red'>P1</text_tag>",
        ),
        (
            "<link icon='chat_outlined' url='https://a.example'>t</link> [a](https://b.example)",
            "<link icon='chat_outlined' url='https://a.example'>t</link> [a](https://b.example)",
        ),
        ("1 < 2 > <raw>*x*</raw>", "1 < 2 > &#42;x&#42;"),
        ("&#60;br&#62; &#96;", "&#60;br&#62; &#96;"),
    ] {
        assert_eq!(markdown(new), old, "{new}");
    }
}

#[test]
fn moments_are_written_in_the_readers_zone() {
    let all = |format: &str| format!("<local_datetime millisecond='1763780400000' format_type='{format}'></local_datetime>");
    for (format, chinese, english) in [
        ("date_num", "2025-11-22", "2025-11-22"),
        ("date_short", "11月22日", "Nov 22"),
        ("date", "2025年11月22日", "Nov 22, 2025"),
        ("week", "星期六", "Saturday"),
        ("week_short", "周六", "Sat"),
        ("time", "11:00", "11:00"),
        ("time_sec", "11:00:00", "11:00:00"),
        ("timezone", "GMT+8", "GMT+8"),
    ] {
        assert_eq!(markdown(&all(format)), chinese);
        let timezone = TimeZone::get("Asia/Shanghai").unwrap();
        let card = json!({"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": all(format)}]}});
        assert_eq!(to_v1(&card, &Reader { timezone: &timezone, chinese: false })["elements"][0]["content"], english);
    }
    assert_eq!(
        markdown("<local_datetime millisecond='1763780400000' format_type='time' link='https://a.example'></local_datetime>"),
        "[11:00](https://a.example)"
    );
    assert_eq!(markdown("<local_datetime millisecond='soon' format_type='time'>later</local_datetime>"), "later");
}

#[test]
fn tables_stay_tables_where_they_can() {
    let content = "before\n\n| name | **value** |\n| --- | :-: |\n| a | `1` |\n| <at id=ou_1></at> |\nafter";
    let parts = elements(json!([{"tag": "markdown", "text_size": "normal", "content": content}]));
    assert_eq!(parts[0], json!({"tag": "markdown", "text_size": "normal", "content": "before\n"}));
    assert_eq!(parts[1]["columns"][1]["display_name"], "value");
    assert_eq!(parts[1]["rows"], json!([{"c0": "a", "c1": "1"}, {"c0": "<at id=ou_1></at>", "c1": ""}]));
    assert_eq!(parts[2]["content"], "after");
    let panel = json!([{"tag": "collapsible_panel", "header": {"title": {"tag": "plain_text", "content": "x"}},
        "elements": [{"tag": "markdown", "content": content}]}]);
    let lines = elements(panel)[0]["elements"][0]["content"].clone();
    assert_eq!(lines, "before\n\n**name** | **value**\na | 1\n<at id=ou_1></at> | \nafter");
    let table = json!([{"tag": "table", "row_height": "auto", "row_max_height": 80, "page_size": 5,
        "columns": [{"name": "a", "data_type": "markdown"}, {"name": "b", "data_type": "text"}], "rows": [{"a": "x<br>y", "b": "<br>"}]}]);
    let table = elements(table)[0].clone();
    assert_eq!((&table["row_height"], &table["rows"]), (&json!("high"), &json!([{"a": "x\ny", "b": "<br>"}])));
}

/// Any component in any other, with properties of both schemas and of none.
fn any_element() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[ -~]{0,30}",
        Just("# a\n> b `c` <br/>".to_owned()),
        Just("| a | b |\n|---|---|\n| 1 | 2 |".to_owned()),
        Just("<local_datetime millisecond='1' format_type='date'></local_datetime><number_tag>1</number_tag>".to_owned()),
        Just("<br <hr <raw> ` <at id=ou_1> </raw".to_owned()),
    ];
    let leaf = (text, 0..9_u8).prop_map(|(content, kind)| {
        let mut element = match kind {
            0 => json!({"tag": "markdown", "content": content}),
            1 => json!({"tag": "div", "text": {"tag": "lark_md", "content": content, "text_size": "notation", "element_id": "x"}}),
            2 => json!({"tag": "div", "text": {"tag": "plain_text", "i18n_content": {"en_us": content}}}),
            3 => json!({"tag": "button", "behaviors": [{"type": "callback", "value": content}], "form_action_type": "submit"}),
            4 => json!({"tag": "table", "columns": [], "rows": [[content]], "row_height": "auto"}),
            5 => json!({"tag": content, "elements": 5, "text": {"content": content}}),
            6 => json!({"tag": "select_static", "behaviors": 7, "options": [{"text": {"tag": "plain_text", "content": content}}]}),
            7 => json!({"tag": "chart", "chart_spec": {"margin": 1}, "margin": content}),
            _ => json!(content),
        };
        if let Some(map) = element.as_object_mut() {
            map.insert("element_id".to_owned(), "e".into());
            map.insert("margin".to_owned(), "4px".into());
            map.insert("direction".to_owned(), "vertical".into());
        }
        element
    });
    leaf.prop_recursive(4, 40, 5, |inner| {
        (proptest::collection::vec(inner, 0..5), 0..5_u8).prop_map(|(items, kind)| match kind {
            0 => json!({"tag": "column_set", "margin": "1px", "columns": [{"tag": "column", "direction": "vertical", "elements": items}]}),
            1 => json!({"tag": "collapsible_panel", "spacing": "1px", "header": {"title": {"tag": "markdown", "element_id": "h", "content": "# x"}}, "elements": items}),
            2 => json!({"tag": "form", "name": "f", "elements": items}),
            3 => json!({"tag": "interactive_container", "behaviors": [], "elements": items}),
            _ => json!({"tag": "column_set", "columns": items}),
        })
    })
}

proptest! {
    #[test]
    fn nothing_of_the_new_schema_is_left(items in proptest::collection::vec(any_element(), 0..6), zone in any::<bool>()) {
        let card = json!({"schema": "2.0", "config": {"streaming_mode": true, "summary": {"content": "x"}}, "header": {"padding": "1px"}, "body": {"elements": items}});
        let timezone = if zone { TimeZone::UTC } else { TimeZone::get("America/New_York").unwrap() };
        let reader = Reader { timezone: &timezone, chinese: zone };
        let old = to_v1(&card, &reader);
        let mut found = Vec::new();
        leftovers(&old, &mut found);
        prop_assert!(found.is_empty(), "{found:?} in {old:#}");
        prop_assert_eq!(&to_v1(&old, &reader), &old);
        let (faults, _) = inspect(&old);
        prop_assert!(!faults.iter().any(|fault| fault.message.contains("stands in an action")), "{faults:?}");
    }
}

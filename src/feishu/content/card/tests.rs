//! Cards that pass, and for each rule a card that does not.

use super::*;
use serde_json::json;

fn v2(elements: Value) -> Value {
    json!({"schema": "2.0", "config": {"update_multi": true}, "body": {"elements": elements}})
}

fn v1(elements: Value) -> Value {
    json!({"config": {"update_multi": true}, "elements": elements})
}

#[track_caller]
fn refused(card: &Value, sub_code: i64, path: &str, part: &str) {
    let faults = validate(card);
    let found = faults.iter().any(|f| f.sub_code == sub_code && f.path == path && f.message.contains(part) && f.code == 230_099);
    assert!(found, "wanted {sub_code} at {path:?} with {part:?}, got {faults:#?}");
}

#[track_caller]
fn passes(card: &Value) {
    assert_eq!(validate(card), []);
}

fn md(content: &str) -> Value {
    json!({"tag": "markdown", "content": content})
}

fn panel(elements: Value) -> Value {
    json!({"tag": "collapsible_panel", "header": {"title": {"tag": "plain_text", "content": "x"}}, "elements": elements})
}

#[test]
fn a_rich_card_passes() {
    passes(&json!({
        "schema": "2.0",
        "config": {"update_multi": true, "width_mode": "fill", "summary": {"content": "s"}, "style": {"color": {}}},
        "card_link": {"url": "https://a.example", "pc_url": ""},
        "header": {"template": "red", "padding": "12px", "title": {"tag": "plain_text", "content": "t"},
            "subtitle": {"tag": "plain_text", "content": "s"},
            "text_tag_list": [{"tag": "text_tag", "text": {"tag": "plain_text", "content": "x"}, "color": "red"}],
            "icon": {"tag": "standard_icon", "token": "alarm_outlined", "color": "red"}},
        "body": {"direction": "vertical", "padding": "12px", "vertical_spacing": "8px", "elements": [
            {"tag": "markdown", "element_id": "summary", "text_size": "heading-4", "content": "**x** <at id=ou_1></at>"},
            {"tag": "div", "text": {"tag": "plain_text", "content": "x", "text_size": "normal", "text_color": "grey", "lines": 3}},
            {"tag": "column_set", "flex_mode": "bisect", "columns": [
                {"tag": "column", "width": "weighted", "weight": 1, "elements": [
                    {"tag": "button", "type": "primary", "text": {"tag": "plain_text", "content": "Ack"}, "behaviors": [
                        {"type": "callback", "value": {"act": "ack", "tag": "any"}}, {"type": "open_url", "default_url": "https://a.example"}]}]}]},
            {"tag": "table", "page_size": 5, "columns": [
                {"name": "a", "data_type": "text"}, {"name": "b", "data_type": "number"}, {"name": "c", "data_type": "date", "date_format": "HH:mm"},
                {"name": "d", "data_type": "options"}, {"name": "e", "data_type": "persons"}, {"name": "f", "data_type": "lark_md"}],
                "rows": [{"a": "x", "b": 1, "c": 1_763_780_000_000_i64, "d": [{"text": "x", "color": "red"}], "e": ["ou_2"], "f": "**b**"}, {"d": "x"}]},
            {"tag": "chart", "aspect_ratio": "16:9", "chart_spec": {"type": "line", "data": {"values": [{"t": 1, "v": 2}]}, "xField": "t", "yField": "v"}},
            {"tag": "collapsible_panel", "expanded": false,
                "header": {"title": {"tag": "plain_text", "content": "x"}, "icon": {"tag": "standard_icon", "token": "x", "size": "16px 16px"}, "icon_position": "right", "icon_expanded_angle": -180},
                "border": {"color": "grey", "corner_radius": "5px"}, "elements": [{"tag": "markdown", "content": "```\n<at id=>\n```"}]},
            {"tag": "hr", "margin": "4px 0"}]}
    }));
    passes(&json!({}));
    passes(&json!({"type": "template", "data": {"template_id": "AAq1", "template_variable": {"schema": 1}}}));
}

#[test]
fn a_card_of_the_old_kind_passes_and_unknown_properties_are_ignored() {
    passes(&json!({
        "config": {"update_multi": true, "wide_screen_mode": true}, "unknown": 1,
        "header": {"template": "red", "title": {"tag": "plain_text", "content": "t"}},
        "elements": [
            {"tag": "div", "fields": [{"is_short": true, "text": {"tag": "lark_md", "content": "**a**"}}], "nonsense": true},
            {"tag": "action", "actions": [{"tag": "button", "text": {"tag": "plain_text", "content": "x"}, "value": {"v": 1}, "url": "https://a.example"}]},
            {"tag": "note", "elements": [{"tag": "plain_text", "content": "n"}, {"tag": "img", "img_key": "img_v2_1"}]}]
    }));
}

#[test]
fn unknown_properties_are_named_with_their_path() {
    refused(
        &v2(json!([{"tag": "div", "text": {"tag": "plain_text", "content": "x"}, "fields": []}])),
        200_621,
        "body.elements[0].fields",
        "property: fields",
    );
    refused(&v2(json!([{"tag": "markdown", "content": "x", "href": {}}])), 200_621, "body.elements[0].href", "href");
    refused(&json!({"schema": "2.0", "elements": []}), 200_621, "elements", "elements");
    refused(
        &json!({"schema": "2.0", "header": {"title": {"tag": "plain_text", "content": "x", "colour": 1}}}),
        200_621,
        "header.title.colour",
        "colour",
    );
    let button = v2(json!([{"tag": "button", "text": {"tag": "plain_text", "content": "x"}, "colour": 1}]));
    refused(&button, 200_621, "body.elements[0].colour", "in: button");
}

#[test]
fn tags_of_the_old_schema_are_unsupported() {
    for tag in ["note", "action", "nonsense"] {
        refused(&v2(json!([{"tag": tag}])), 200_861, "body.elements[0]", tag);
    }
    refused(&v1(json!([{"tag": "nonsense"}])), 200_621, "elements[0]", "unknown tag");
    refused(&v2(json!(["text"])), 200_621, "body.elements[0]", "with a tag");
    refused(&v2(json!([{"tag": "div", "text": {"tag": "markdown", "content": "x"}}])), 200_861, "body.elements[0].text", "plain_text");
}

#[test]
fn types_and_required_properties_count() {
    refused(&v2(json!([{"tag": "markdown", "content": 5}])), 200_621, "body.elements[0].content", "a string");
    refused(&v2(json!({})), 200_621, "body.elements", "a list");
    refused(&v2(json!([{"tag": "div", "text": {"tag": "plain_text"}}])), 200_621, "body.elements[0].text", "needs the property content");
    refused(&v2(json!([{"tag": "collapsible_panel", "elements": []}])), 200_621, "body.elements[0]", "needs the property header");
    refused(&json!([]), 200_621, "", "a JSON object");
    refused(&json!({"schema": "2.0", "config": {"update_multi": false}}), 300_302, "config.update_multi", "only be true");
    refused(&json!({"schema": "3.0"}), 200_621, "schema", "one of");
}

#[test]
fn limits_hold() {
    let many = |n: usize| v2(Value::Array(vec![md("x"); n]));
    passes(&many(200));
    refused(&many(201), 11_310, "", "element exceeds the limit");
    assert_eq!(count_elements(&v2(json!([{"tag": "div", "text": {"tag": "plain_text", "content": "x"}}]))), 2);

    let table = json!({"tag": "table", "columns": [{"name": "a", "data_type": "text"}], "rows": [{"a": "x"}]});
    passes(&v2(Value::Array(vec![table.clone(); 5])));
    refused(&v2(Value::Array(vec![table.clone(); 6])), 11_310, "", "table number over limit");
    let written = md("| a |\n| - |\n| 1 |");
    refused(&v2(json!([table, table, table, table, table, written])), 11_310, "", "table number over limit");

    let nested = |n: usize| v2(json!([(0..n).fold(md("x"), |inner, _| panel(json!([inner])))]));
    passes(&nested(5));
    assert!(validate(&nested(6)).iter().any(|f| f.sub_code == 11_310 && f.message.contains("deep")));
}

#[test]
fn tables_are_checked_against_their_columns() {
    let table = |columns: Value, rows: Value| v2(json!([{"tag": "table", "columns": columns, "rows": rows}]));
    let text = json!([{"name": "a", "data_type": "text"}]);
    refused(&table(text.clone(), json!([{"b": "x"}])), 200_915, "body.elements[0].rows[0].b", "not declared");
    refused(&table(text.clone(), json!([{"a": 5}])), 200_914, "body.elements[0].rows[0].a", "data_type text");
    refused(&table(text.clone(), json!(["x"])), 200_914, "body.elements[0].rows[0]", "an object");
    refused(&table(json!([{"name": "a", "data_type": "texts"}]), json!([])), 200_621, "body.elements[0].columns[0].data_type", "one of");
    refused(
        &table(json!([{"name": "a", "data_type": "text"}, {"name": "a", "data_type": "text"}]), json!([])),
        200_914,
        "body.elements[0].columns[1].name",
        "twice",
    );
    refused(&table(json!([{"name": "a", "data_type": "date"}]), json!([{"a": "now"}])), 200_914, "body.elements[0].rows[0].a", "date");
    let many: Vec<Value> = (0..51).map(|n| json!({"name": n.to_string(), "data_type": "text"})).collect();
    refused(&table(many.into(), json!([])), 200_914, "body.elements[0].columns", "at most 50");
    let inner = json!({"tag": "table", "columns": text, "rows": []});
    refused(&v2(json!([panel(json!([inner]))])), 200_621, "body.elements[0].elements[0]", "root of the card");
    refused(&v2(json!([{"tag": "table", "page_size": 11, "columns": [], "rows": []}])), 200_914, "body.elements[0].page_size", "between");
}

#[test]
fn people_and_images_are_checked_and_listed() {
    refused(&v2(json!([md("<at id=></at>")])), 100_290, "body.elements[0].content", "invalid user id");
    refused(&v2(json!([md("<at></at>")])), 100_290, "body.elements[0].content", "without an id");
    refused(&v2(json!([md("![x](https://a.example/x.png)")])), 200_570, "body.elements[0].content", "invalid image key");
    refused(&v2(json!([{"tag": "person_list", "persons": [{"id": "a b"}]}])), 100_290, "body.elements[0].persons[0].id", "invalid user id");
    let found = refs(&v2(json!([
        md("<at id=ou_1></at><at id=all></at><at email=x@y.example></at> ![a](img_v3_1)"),
        {"tag": "img", "img_key": "img_v3_2", "alt": {"tag": "plain_text", "content": ""}},
        {"tag": "person_list", "persons": [{"id": "ou_2"}]},
        {"tag": "person_list", "drop_invalid_user_id": true, "persons": [{"id": "nobody"}]}])));
    let names = |list: &[(String, String)]| list.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&found.people), ["ou_1", "ou_2"]);
    assert_eq!((names(&found.emails), found.at_all), (vec!["x@y.example".to_owned()], true));
    assert_eq!(names(&found.images), ["img_v3_1", "img_v3_2"]);
}

#[test]
fn charts_buttons_and_links_are_checked() {
    let chart = |spec: Value| v2(json!([{"tag": "chart", "chart_spec": spec}]));
    refused(&chart(json!({"type": "lines", "data": {"values": []}})), 200_550, "body.elements[0].chart_spec.type", "not a type");
    refused(&chart(json!({"type": "line"})), 200_550, "body.elements[0].chart_spec.data", "needs data");
    refused(&chart(json!({"type": "common", "data": [{"values": []}]})), 200_550, "body.elements[0].chart_spec.series", "series");
    let button = |behavior: Value| v2(json!([{"tag": "button", "text": {"tag": "plain_text", "content": "x"}, "behaviors": [behavior]}]));
    let at = "body.elements[0].behaviors[0]";
    refused(
        &button(json!({"type": "open_url", "default_url": "javascript:alert(1)"})),
        200_621,
        &format!("{at}.default_url"),
        "legal link",
    );
    refused(&button(json!({"type": "open_url", "default_url": ""})), 200_621, &format!("{at}.default_url"), "empty");
    refused(&button(json!({"type": "open_url", "default_url": "/graph"})), 200_621, &format!("{at}.default_url"), "legal link");
    refused(&button(json!({"type": "callback", "value": 5})), 200_621, &format!("{at}.value"), "an object");
    refused(&button(json!({"type": "form_action", "behavior": "submit"})), 200_621, &format!("{at}.type"), "not a behavior");
    refused(&json!({"schema": "2.0", "card_link": {"url": "ftp://a.example"}}), 200_621, "card_link.url", "legal link");
    passes(&json!({"schema": "2.0", "card_link": {"url": "https://a.example", "android_url": "lark://msgcard/unsupported_action"}}));
}

#[test]
fn places_ids_and_forms_are_checked() {
    refused(&v2(json!([{"tag": "column", "elements": []}])), 200_621, "body.elements[0]", "column_set");
    refused(&v2(json!([{"tag": "column_set", "columns": [md("x")]}])), 200_621, "body.elements[0].columns[0]", "only columns");
    refused(&v1(json!([{"tag": "button", "text": {"tag": "plain_text", "content": "x"}}])), 200_621, "elements[0]", "in an action");
    refused(&v2(json!([{"tag": "hr", "element_id": "1a"}])), 200_621, "body.elements[0].element_id", "starts with a letter");
    refused(
        &v2(json!([{"tag": "hr", "element_id": "a"}, {"tag": "hr", "element_id": "a"}])),
        300_301,
        "body.elements[1].element_id",
        "twice",
    );
    let form = |elements: Value| v2(json!([{"tag": "form", "name": "f", "elements": elements}]));
    let submit = json!({"tag": "button", "name": "ok", "form_action_type": "submit", "text": {"tag": "plain_text", "content": "x"}});
    passes(&form(json!([{"tag": "input", "name": "a"}, submit])));
    refused(&form(json!([{"tag": "input", "name": "a"}])), 200_621, "body.elements[0]", "submits");
    refused(&form(json!([{"tag": "input", "name": "ok"}, submit])), 200_530, "body.elements[0]", "twice");
    refused(&form(json!([{"tag": "input"}, submit])), 200_530, "body.elements[0].elements[0]", "needs a name");
}

mod any_json {
    use super::*;
    use proptest::prelude::*;

    /// JSON that is likely to look like a card: known words as keys and tags.
    fn json() -> impl Strategy<Value = Value> {
        let word = prop::sample::select(vec![
            "tag",
            "text",
            "content",
            "elements",
            "columns",
            "column",
            "column_set",
            "body",
            "schema",
            "2.0",
            "plain_text",
            "lark_md",
            "markdown",
            "table",
            "rows",
            "name",
            "data_type",
            "button",
            "behaviors",
            "type",
            "open_url",
            "default_url",
            "form",
            "header",
            "chart",
            "chart_spec",
            "<at id=ou_1>",
            "<at",
            "![x](",
            "| a |\n|-|",
            "`",
            "action",
            "note",
        ]);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            word.clone().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from)
        ];
        leaf.prop_recursive(6, 64, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((word.clone(), inner), 0..6)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn never_breaks_the_walk(body in json(), elements in json()) {
            let _ = inspect(&body);
            let _ = inspect(&v2(elements.clone()));
            let _ = inspect(&v1(elements.clone()));
            let _ = inspect(&json!({"schema": "2.0", "body": {"elements": [elements]}}));
        }
    }
}

#[test]
fn wrappers_of_the_old_schema_hold_what_they_may() {
    let md = json!({"tag": "markdown", "content": "x"});
    refused(&v1(json!([{"tag": "action", "actions": [md]}])), 200_621, "elements[0]", "only interactive components");
    let div = |extra: Value| v1(json!([{"tag": "div", "text": {"tag": "plain_text", "content": "x"}, "extra": extra}]));
    refused(&div(md.clone()), 200_621, "elements[0]", "extra is");
    passes(&div(json!({"tag": "button", "text": {"tag": "plain_text", "content": "x"}})));
    refused(&v1(json!([{"tag": "note", "elements": [md]}])), 200_621, "elements[0].elements[0]", "a note contains");
    refused(&v1(json!([{"tag": "div", "fields": [{"is_short": true}]}])), 200_621, "elements[0].fields[0]", "needs the property text");
    // What only 2.0 has is not looked at.
    passes(&json!({"body": {"elements": [{"tag": "nonsense"}]}, "config": {"summary": 5}, "elements": []}));
}

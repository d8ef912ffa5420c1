//! What the app is told of each kind of component.

use super::{App, card_of};
use crate::sandbox::Bench;
use larkhook::sandbox::PressError;
use serde_json::{Value, json};

fn called(mut component: Value, value: Value) -> Value {
    component["behaviors"] = json!([{"type": "callback", "value": value}]);
    component
}

fn options(values: &[&str]) -> Value {
    values.iter().map(|value| json!({"text": {"tag": "plain_text", "content": value}, "value": value})).collect()
}

/// A bench, its app, and what the app was told as `action`.
async fn told(elements: Value, at: &str, more: Value) -> Result<Value, PressError> {
    let app = App::saying(200, "{}").await;
    let bench = Bench::called_back_at(&app.url).await;
    let id = bench.card("oc_00000000000000000000000000000001", &card_of(elements)).await;
    bench.press(&id, at, more).await.map(|pressed| match pressed.code {
        Some(code) => json!(code),
        None => app.last_json()["event"]["action"].clone(),
    })
}

async fn action(component: Value, more: Value) -> Value {
    told(json!([component]), "/body/elements/0", more).await.unwrap()
}

#[tokio::test]
async fn each_component_says_what_was_done_to_it() {
    let v = || json!({"k": "v"});
    for (component, more, expected) in [
        (
            json!({"tag": "overflow", "options": options(&["a", "b"])}),
            json!({"option": "b"}),
            json!({"tag": "overflow", "value": {"k": "v"}, "option": "b"}),
        ),
        (
            json!({"tag": "select_static", "options": options(&["a", "b"])}),
            json!({"option": "a"}),
            json!({"tag": "select_static", "value": {"k": "v"}, "option": "a"}),
        ),
        (
            json!({"tag": "date_picker"}),
            json!({"option": "2024-04-01"}),
            json!({"tag": "date_picker", "value": {"k": "v"}, "option": "2024-04-01 +0800", "timezone": "Asia/Shanghai"}),
        ),
        (
            json!({"tag": "picker_datetime"}),
            json!({"option": "2024-04-29 07:07", "timezone": "Europe/Berlin"}),
            json!({"tag": "picker_datetime", "value": {"k": "v"}, "option": "2024-04-29 07:07 +0200", "timezone": "Europe/Berlin"}),
        ),
        (
            json!({"tag": "picker_time"}),
            json!({"option": "00:00"}),
            json!({"tag": "picker_time", "value": {"k": "v"}, "option": "00:00 +0800", "timezone": "Asia/Shanghai"}),
        ),
        (
            json!({"tag": "input", "name": "why"}),
            json!({"input": "磁盘"}),
            json!({"tag": "input", "value": {"k": "v"}, "name": "why", "input_value": "磁盘"}),
        ),
        (json!({"tag": "checker", "checked": true}), json!({}), json!({"tag": "checker", "value": {"k": "v"}, "checked": false})),
        (json!({"tag": "checker"}), json!({"checked": true}), json!({"tag": "checker", "value": {"k": "v"}, "checked": true})),
        (json!({"tag": "interactive_container", "elements": []}), json!({}), json!({"tag": "interactive_container", "value": {"k": "v"}})),
    ] {
        assert_eq!(action(called(component.clone(), v()), more).await, expected, "{component}");
    }
}

#[tokio::test]
async fn people_are_chosen_by_any_id_and_told_as_the_app_sees_them() {
    let app = App::saying(200, "{}").await;
    let bench = Bench::called_back_at(&app.url).await;
    let li = bench.sandbox.world().people.values().find(|person| person.email == "li@example.com").unwrap().open_id.clone();
    let id = bench.card("oc_00000000000000000000000000000001", &card_of(json!([called(json!({"tag": "select_person"}), json!({}))]))).await;
    bench.press(&id, "/body/elements/0", json!({"option": "li@example.com"})).await.unwrap();
    assert_eq!(app.last_json()["event"]["action"]["option"], json!(li));
    let stranger = bench.press(&id, "/body/elements/0", json!({"option": "ou_stranger"})).await.unwrap_err();
    assert!(matches!(&stranger, PressError::NotPressable(why) if why.contains("not a member")), "{stranger}");
}

fn form(elements: Value) -> Value {
    let mut elements: Vec<Value> = elements.as_array().cloned().unwrap();
    let mut submit = called(json!({"tag": "button", "name": "ok", "form_action_type": "submit"}), json!({"f": 1}));
    submit["text"] = json!({"tag": "plain_text", "content": "OK"});
    elements.insert(0, submit);
    json!([{"tag": "form", "name": "f", "elements": elements}])
}

const SUBMIT: &str = "/body/elements/0/elements/0";

#[tokio::test]
async fn a_form_arrives_as_a_whole_with_what_it_began_with() {
    let fields = || {
        form(json!([
            {"tag": "input", "name": "why", "required": true},
            {"tag": "input", "name": "note", "default_value": "none"},
            {"tag": "column_set", "columns": [{"tag": "column", "elements": [
                {"tag": "select_static", "name": "team", "options": options(&["a", "b"]), "initial_index": 2}]}]},
            {"tag": "multi_select_static", "name": "tags", "options": options(&["x", "y", "z"])},
            {"tag": "date_picker", "name": "until", "placeholder": {"tag": "plain_text", "content": "-"}},
            {"tag": "checker", "name": "sure", "text": {"tag": "plain_text", "content": "sure"}}
        ]))
    };
    let given = json!({"form": {"why": "maintenance", "tags": ["x", "z"], "until": "2024-04-01"}});
    assert_eq!(
        told(fields(), SUBMIT, given).await.unwrap(),
        json!({"tag": "button", "value": {"f": 1}, "name": "ok", "timezone": "Asia/Shanghai", "form_value": {
            "why": "maintenance", "note": "none", "team": "b", "tags": ["x", "z"], "until": "2024-04-01 +0800", "sure": false}})
    );
    for (given, part) in [
        (json!({}), "why is required"),
        (json!({"why": ""}), "why is required"),
        (json!({"why": "x", "whom": "y"}), "no \"whom\""),
        (json!({"why": "x", "team": "c"}), "no option \"c\""),
        (json!({"why": "x".repeat(1001)}), "1000 characters"),
        (json!({"why": 7}), "takes a text"),
        (json!({"why": "x", "tags": "x"}), "takes a list"),
        (json!({"why": "x", "sure": "yes"}), "true or false"),
        (json!({"why": "x", "until": "soon"}), "2024-04-29"),
    ] {
        let error = told(fields(), SUBMIT, json!({"form": given})).await.unwrap_err();
        assert!(error.to_string().contains(part), "{given}: {error}");
    }
}

#[tokio::test]
async fn forms_have_rules() {
    let inside = form(json!([{"tag": "input", "name": "why"}]));
    let error = told(inside, "/body/elements/0/elements/1", json!({"input": "x"})).await.unwrap_err();
    assert!(error.to_string().contains("stands in a form"), "{error}");
    let mut nameless = form(json!([]));
    nameless[0]["elements"][0].as_object_mut().unwrap().remove("name");
    assert_eq!(told(nameless, SUBMIT, json!({})).await.unwrap(), json!(200_530));
    let mut reset = form(json!([]));
    let mut button = reset[0]["elements"][0].clone();
    button["form_action_type"] = json!("reset");
    button["name"] = json!("reset");
    reset[0]["elements"].as_array_mut().unwrap().push(button);
    let error = told(reset, "/body/elements/0/elements/1", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("empties its form"), "{error}");
    // A form tells the app when it is submitted, with or without a value of the button.
    let mut silent = form(json!([]));
    silent[0]["elements"][0].as_object_mut().unwrap().remove("behaviors");
    assert_eq!(told(silent, SUBMIT, json!({})).await.unwrap(), json!({"tag": "button", "name": "ok", "form_value": {}}));
}

#[tokio::test]
async fn cards_of_schema_1_call_back_by_value() {
    let app = App::saying(200, "{}").await;
    let bench = Bench::called_back_at(&app.url).await;
    let text = json!({"tag": "plain_text", "content": "x"});
    let actions = json!([
        {"tag": "button", "text": text, "value": {"a": 1}},
        {"tag": "select_static", "options": options(&["a"]), "value": {"b": 2}},
        {"tag": "button", "text": text, "value": {"c": 3}, "url": "https://example.com"},
        {"tag": "button", "text": text, "value": {"d": 4}, "url": "https://example.com", "complex_interaction": true},
        {"tag": "button", "text": text, "behaviors": [{"type": "callback", "value": {"e": 5}}, {"type": "open_url", "default_url": "https://x.example"}]},
        {"tag": "overflow", "options": [{"text": text, "value": "link", "url": "https://example.com"}]}
    ]);
    let card = json!({"config": {"update_multi": true}, "elements": [{"tag": "action", "actions": actions},
        {"tag": "div", "text": text, "extra": {"tag": "button", "text": text, "value": {"x": 0}}}]});
    let id = bench.card("oc_a", &card).await;
    for (at, more, expected) in [
        ("/elements/0/actions/0", json!({}), json!({"tag": "button", "value": {"a": 1}})),
        ("/elements/0/actions/1", json!({"option": "a"}), json!({"tag": "select_static", "value": {"b": 2}, "option": "a"})),
        ("/elements/0/actions/3", json!({}), json!({"tag": "button", "value": {"d": 4}})),
        ("/elements/0/actions/4", json!({}), json!({"tag": "button", "value": {"e": 5}})),
        ("/elements/1/extra", json!({}), json!({"tag": "button", "value": {"x": 0}})),
    ] {
        bench.press(&id, at, more).await.unwrap();
        assert_eq!(app.last_json()["event"]["action"], expected, "{at}");
    }
    for (at, more) in [("/elements/0/actions/2", json!({})), ("/elements/0/actions/5", json!({"option": "link"}))] {
        let error = bench.press(&id, at, more).await.unwrap_err();
        assert!(error.to_string().contains("only opens a link"), "{at}: {error}");
    }
}

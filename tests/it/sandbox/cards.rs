//! Cards that are refused when they are sent.

use super::{Bench, card};
use serde_json::{Value, json};

async fn sub_code(bench: &Bench, card: &Value) -> (i64, String) {
    let answer = bench.send("oc_a", "interactive", card).await.refused(400, 230_099);
    let text = answer.msg().to_owned();
    let after = text.split("ErrCode: ").nth(1).unwrap_or_default();
    (after.split(';').next().unwrap().parse().unwrap(), text)
}

fn with(element: Value) -> Value {
    json!({"schema": "2.0", "body": {"elements": [element]}})
}

#[tokio::test]
async fn refused_cards_name_their_fault() {
    let bench = Bench::with(|options| options.limits = false).await;
    bench.world(json!({"op": "update_chat", "chat_id": "oc_quiet", "no_at_all": true}));
    for (element, code, part) in [
        (json!({"tag": "note", "elements": []}), 200_861, "body.elements[0]"),
        (json!({"tag": "div", "fields": []}), 200_621, "property: fields"),
        (json!({"tag": "markdown", "content": "<at id=nobody></at>"}), 100_290, "nobody"),
        (json!({"tag": "markdown", "content": "<at email=x@corp.invalid></at>"}), 100_290, "corp.invalid"),
        (json!({"tag": "img", "img_key": "img_x", "alt": {"tag": "plain_text", "content": ""}}), 200_570, "img_x"),
        (json!({"tag": "chart", "chart_spec": {}}), 200_550, "chart_spec"),
        (json!({"tag": "table", "columns": [], "rows": [{"a": 1}]}), 200_915, "\"a\""),
    ] {
        let (found, text) = sub_code(&bench, &with(element.clone())).await;
        assert_eq!(found, code, "{element}: {text}");
        assert!(text.contains(part), "{text}");
    }
    assert!(bench.sandbox.messages().is_empty());
    let many: Vec<Value> = (0..201).map(|_| json!({"tag": "hr"})).collect();
    assert_eq!(sub_code(&bench, &json!({"schema": "2.0", "body": {"elements": many}})).await.0, 11_310);

    let all = with(json!({"tag": "markdown", "content": "<at id=all></at>"}));
    bench.send("oc_a", "interactive", &all).await.ok();
    bench.send("oc_quiet", "interactive", &all).await.refused(400, 230_099);
}

#[tokio::test]
async fn templates_and_entities() {
    let bench = Bench::start().await;
    bench.send("oc_a", "interactive", &json!({"type": "template", "data": {"template_id": "AAq1"}})).await.ok();
    assert_eq!(sub_code(&bench, &json!({"type": "template", "data": {}})).await.0, 200_380);
    assert_eq!(sub_code(&bench, &json!({"type": "card", "data": {"card_id": "1"}})).await.0, 200_740);
}

#[tokio::test]
async fn an_update_is_checked_like_a_send() {
    let bench = Bench::start().await;
    let id = bench.card("oc_a", &card("x")).await;
    bench.patch(&id, &with(json!({"tag": "note", "elements": []}))).await.refused(400, 230_099);
    assert_eq!(bench.sandbox.message(&id).unwrap().versions.len(), 1);
}

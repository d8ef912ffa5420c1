//! Messages to HTML: `cargo bench --bench draw`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "common/allocator.rs"]
mod allocator;
#[path = "common/card.rs"]
mod views;

use divan::{Bencher, counter::BytesCount};
use larkhook::config::settings::ContentKind;
use larkhook::draw::{Locale, Look, Nobody, card, message, preview};
use larkhook::render::{Content, RenderOptions, Renderer};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

/// Markdown, columns, panels, a table and a chart: as much as the platform takes.
fn largest() -> Value {
    let columns = ["instance", "job", "value"].map(|name| json!({"name": name, "data_type": "markdown"}));
    let rows: Vec<Value> = (0..40)
        .map(|n| json!({"instance": format!("**db-{n}**"), "job": "`node`", "value": format!("<font color='red'>{n} %</font>")}))
        .collect();
    let mut elements = vec![json!({"tag": "table", "page_size": 10, "columns": columns, "rows": rows})];
    let points: Vec<Value> = (0..100).map(|n| json!({"t": format!("10:{n:02}"), "v": n * 7 % 31, "s": "a"})).collect();
    elements.push(json!({"tag": "chart", "chart_spec": {"type": "line", "data": {"values": points}, "xField": "t", "yField": "v", "seriesField": "s"}}));
    let text = "**instance** checkout-7d9f: <at id=ou_1></at> `5xx` over [5 %](https://grafana.example/d/1?x=1)<br>\n- one\n    - two\n";
    for n in 0.. {
        let button = json!({"tag": "button", "text": {"tag": "plain_text", "content": "Open"}, "behaviors": [{"type": "callback", "value": {"n": n}}]});
        let columns =
            json!([{"tag": "column", "elements": [{"tag": "markdown", "content": text}]}, {"tag": "column", "elements": [button]}]);
        elements.push(json!({"tag": "column_set", "columns": columns}));
        let card = json!({"schema": "2.0", "header": {"title": {"tag": "plain_text", "content": "Largest"}, "template": "red"}, "body": {"elements": elements}});
        if card.to_string().len() > 30_000 {
            return card;
        }
    }
    Value::Null
}

/// The promise is 2 ms.
#[divan::bench]
fn card_of_30_kb(bencher: Bencher) {
    let value = largest();
    bencher.counter(BytesCount::new(value.to_string().len())).bench(|| card(divan::black_box(&value), &Look::new(Locale::Zh, &Nobody)));
}

fn shipped(kind: ContentKind) -> (&'static str, Value) {
    let renderer = Renderer::new(&[], RenderOptions::default()).unwrap();
    let now = jiff::Timestamp::now();
    let view = views::view(5, now);
    match renderer.render(&views::request("incident", kind, &view, now)).content {
        Content::Card(value) => ("interactive", value),
        Content::Post(value) => ("post", value),
        Content::Text(text) => ("text", json!({ "text": text })),
    }
}

#[divan::bench(args = ["card", "post", "text"])]
fn incident(bencher: Bencher, kind: &str) {
    let kind = match kind {
        "card" => ContentKind::Card,
        "post" => ContentKind::Post,
        _ => ContentKind::Text,
    };
    let (msg_type, content) = shipped(kind);
    bencher.bench(|| message(msg_type, divan::black_box(&content), &Look::new(Locale::Zh, &Nobody)));
}

/// A line of the list of chats.
#[divan::bench]
fn line_of_a_card(bencher: Bencher) {
    let (msg_type, content) = shipped(ContentKind::Card);
    bencher.bench(|| preview(msg_type, divan::black_box(&content), &Look::new(Locale::Zh, &Nobody)));
}

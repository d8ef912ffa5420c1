//! The routing tree, and the way of an alert through it.

use super::shell::{Place, Shell};
use crate::alert::Labels;
use crate::preview;
use crate::route::{Explanation, NodeExplanation, Outcome, Outline};
use crate::server::api::routes as api;
use crate::web::assets;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

/// Alerts of a payload that are explained.
const EXPLAINED: usize = 20;

/// What is asked of the tree.
#[derive(Debug, Default, Clone, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Labels (`{"severity": "critical"}` or `severity=critical`, one a line) or a webhook's body.
    pub payload: String,
    /// Source name.
    pub source: Option<String>,
}

/// The page.
pub fn page(shell: &Shell<'_>) -> Response {
    let live = shell.shared.live.load_full();
    let sources: Vec<&String> = live.sources.keys().collect();
    let content = html! {
        main.sheet #content tabindex="-1" {
            h1 { (shell.say("路由", "Routes")) }
            form.try #try data-part="/console/routes/explain" data-into="ways" {
                label { span { (shell.say("标签或整个 webhook 正文", "Labels, or a webhook's whole body")) }
                    textarea name="payload" rows="5" spellcheck="false" placeholder="severity=critical\nteam=db" {} }
                label { span { (shell.say("来源", "Source")) } select name="source" { option value="" { (shell.say("自动", "by its shape")) } @for name in sources { option { (name) } } } }
                button.primary { (shell.say("看怎么走", "Show the way")) }
            }
            div #ways aria-live="polite" { (tree(shell)) }
        }
    };
    shell.page_with(Place::Routes, shell.say("路由", "Routes"), &content, &[&assets::CONSOLE_SCRIPT])
}

/// The tree as it stands, with how many alerts ended where since the start or since the routes changed.
fn tree(shell: &Shell<'_>) -> Markup {
    html! { ol.tree { (outline(shell, &api::tree(shell.shared))) } }
}

fn outline(shell: &Shell<'_>, node: &Outline) -> Markup {
    let to = node.sends.iter().flat_map(|send| &send.to);
    html! {
        li {
            div.node {
                code { (node.path) }
                @for matcher in &node.matchers { code.label dir="auto" { (matcher) } " " }
                @if let Some(receiver) = &node.receiver { span.receiver dir="auto" { "→ " (receiver) } }
                @for target in to { code.label dir="auto" { (target) } " " }
                @if node.continue_matching { span.flag { "continue" } }
                @for interval in &node.mute_time_intervals { span.flag { (shell.say("静音", "muted")) " " (interval) } }
                @for interval in &node.active_time_intervals { span.flag { (shell.say("仅在", "only in")) " " (interval) } }
                span.hits title=(shell.say("在这里结束的告警数", "alerts that ended here")) { (node.hits) }
            }
            @if !node.routes.is_empty() { ol { @for child in &node.routes { (outline(shell, child)) } } }
        }
    }
}

/// The ways of the alerts that were asked about.
pub fn ways(shell: &Shell<'_>, asked: &Asked) -> Markup {
    match explain(shell, asked) {
        Ok(ways) if ways.is_empty() => tree(shell),
        Ok(ways) => html! {
            @for way in ways.iter().take(EXPLAINED) { (draw_way(shell, way)) }
            @if ways.len() > EXPLAINED { p.hint { "+ " (ways.len() - EXPLAINED) } }
        },
        Err(why) => html! { p.refused dir="auto" { (why) } (tree(shell)) },
    }
}

fn explain(shell: &Shell<'_>, asked: &Asked) -> Result<Vec<Explanation>, String> {
    let live = shell.shared.live.load_full();
    let now = shell.shared.clock.now();
    let text = asked.payload.trim();
    let name = asked.source.as_deref().filter(|name| !name.is_empty());
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let json: Option<Value> = serde_json::from_str(text).ok();
    if let Some(labels) = json.as_ref().map_or_else(|| lines(text), flat) {
        let source = name.or_else(|| live.sources.keys().next().map(String::as_str)).unwrap_or_default();
        return Ok(vec![live.tree.explain(&labels, source, "", now)]);
    }
    let payload =
        json.ok_or_else(|| shell.say("既不是 JSON，也不是 名=值 的行", "this is neither JSON nor lines of name=value").to_owned())?;
    let source = preview::source_for(&live, name, &payload)?;
    preview::explain(&live, source, text.as_bytes(), now).map_err(|error| format!("{}: {}", error.at, error.message))
}

/// `name=value`, one a line or separated by commas.
fn lines(text: &str) -> Option<Labels> {
    let pairs = text.trim_matches(['{', '}']).split(['\n', ',']).map(str::trim).filter(|line| !line.is_empty());
    pairs
        .map(|line| line.split_once('=').map(|(name, value)| (name.trim().to_owned(), value.trim().trim_matches('"').to_owned())))
        .collect()
}

/// An object of strings alone is a set of labels.
fn flat(json: &Value) -> Option<Labels> {
    let object = json.as_object().filter(|object| !object.is_empty())?;
    object.iter().map(|(name, value)| value.as_str().map(|value| (name.clone(), value.to_owned()))).collect()
}

/// The way of one alert.
pub fn draw_way(shell: &Shell<'_>, way: &Explanation) -> Markup {
    html! {
        section.way {
            p { @for (name, value) in &way.labels { code.label dir="auto" { (name) "=" (value) } " " } span.soft { (way.source) @if !way.receiver.is_empty() { " › " (way.receiver) } } }
            ol.tree { (node(shell, &way.root, true)) }
            @for hit in &way.hits {
                div.hit {
                    p { "→ " strong { (hit.receiver.as_deref().unwrap_or(hit.path.as_str())) } @if let Some(why) = &hit.muted { span.flag { (shell.say("静音", "muted")) ": " (why) } } }
                    ul { @for send in &hit.sends {
                        li {
                            code { (send.name) } " " (send.template) " "
                            @if let Some(matcher) = &send.refused_by { span.flag { (shell.say("不发：", "kept out by ")) (matcher) } }
                            @for target in &send.targets { code.label dir="auto" { (target) } " " }
                            @for bad in &send.bad_targets { span.refused dir="auto" { (serde_json::to_string(bad).unwrap_or_default()) } }
                            @if !send.mentions.is_empty() { span.soft { "@ " (send.mentions.join(", ")) } }
                        }
                    } }
                }
            }
        }
    }
}

fn node(shell: &Shell<'_>, node: &NodeExplanation, lit: bool) -> Markup {
    let (class, why) = match &node.outcome {
        _ if !lit => ("", None),
        Outcome::Matched if node.hit => ("hit", Some(shell.say("命中", "hit").to_owned())),
        Outcome::Matched => ("matched", None),
        Outcome::Failed { matcher, label, value } => {
            let has = value.as_deref().map_or_else(|| shell.say("没有", "absent").to_owned(), |value| format!("{value:?}"));
            ("failed", Some(format!("{matcher}: {label} = {has}")))
        }
        Outcome::NotReached { because } => {
            ("skipped", Some(format!("{} {because}", shell.say("没有走到，因为", "not reached because of"))))
        }
    };
    html! {
        li {
            div.node.(class) {
                code { (node.path) }
                @for matcher in &node.matchers { code.label dir="auto" { (matcher) } " " }
                @if let Some(receiver) = &node.receiver { span.receiver dir="auto" { "→ " (receiver) } }
                @if node.continue_matching { span.flag { "continue" } }
                @if let Some(why) = why { span.why dir="auto" { (why) } }
            }
            @if !node.routes.is_empty() { ol { @for child in &node.routes { (self::node(shell, child, lit)) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn labels_are_read_as_people_write_them() {
        let labels: Labels = [("severity".to_owned(), "critical".to_owned()), ("team".to_owned(), "db".to_owned())].into();
        assert_eq!(lines("severity=critical\n team = db \n"), Some(labels.clone()));
        assert_eq!(lines("{severity=\"critical\", team=\"db\"}"), Some(labels.clone()));
        assert_eq!(flat(&json!({"severity": "critical", "team": "db"})), Some(labels));
        assert_eq!((lines("hello"), flat(&json!({"alerts": []})), flat(&json!({}))), (None, None, None));
    }
}

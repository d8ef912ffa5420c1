//! A card's JSON (2.0 and 1.0) to lines: header with its colour as a bar, then the elements top to bottom.

use super::{FAINT, Line, STRONG, Span, color, inline, items, wrap};
use crate::cli::output::{column, width};
use anstyle::Style;
use serde_json::Value;

/// Draws a whole card.
pub fn draw(card: &Value, columns: usize) -> Vec<Line> {
    if let Some(id) = card.pointer("/data/template_id").and_then(Value::as_str) {
        return vec![vec![Span::new(format!("[template {id}]"), FAINT)]];
    }
    let bar = bar(card);
    let inner = columns.saturating_sub(2).max(20);
    let mut lines = Vec::new();
    let head = headline(card);
    if !head.is_empty() {
        lines.extend(wrap(&head, inner));
    }
    if let Some(subtitle) = text_of(card.pointer("/header/subtitle")) {
        lines.extend(wrap(&[Span::new(subtitle, FAINT)], inner));
    }
    let elements = card.pointer("/body/elements").or_else(|| card.get("elements")).or_else(|| first_language(card));
    if !lines.is_empty() {
        lines.push(Line::new());
    }
    lines.extend(block(items(elements), inner));
    lines.into_iter().map(|line| std::iter::once(Span::new("▌ ", bar)).chain(line).collect()).collect()
}

/// Title and tags on one line.
pub fn headline(card: &Value) -> Line {
    let mut line = Line::new();
    if let Some(title) = text_of(card.pointer("/header/title")) {
        line.push(Span::new(title, STRONG));
    } else if let Some(summary) = card.pointer("/config/summary/content").and_then(Value::as_str) {
        line.push(Span::new(summary, STRONG));
    }
    for tag in items(card.pointer("/header/text_tag_list")) {
        let style = color(tag.get("color").and_then(Value::as_str).unwrap_or_default());
        if let Some(text) = text_of(tag.get("text")) {
            line.push(Span::new(" ", Style::new()));
            line.push(Span::new(format!("[{text}]"), style));
        }
    }
    line
}

/// The header's colour.
fn bar(card: &Value) -> Style {
    color(card.pointer("/header/template").and_then(Value::as_str).unwrap_or("grey"))
}

fn first_language(card: &Value) -> Option<&Value> {
    card.get("i18n_elements")?.as_object()?.values().next()
}

fn text_of(text: Option<&Value>) -> Option<&str> {
    let text = text?;
    text.get("content").and_then(Value::as_str).or_else(|| text.as_str()).filter(|text| !text.is_empty())
}

fn block(elements: &[Value], columns: usize) -> Vec<Line> {
    elements.iter().flat_map(|element| draw_element(element, columns)).collect()
}

fn draw_element(element: &Value, columns: usize) -> Vec<Line> {
    let tag = element.get("tag").and_then(Value::as_str).unwrap_or_default();
    match tag {
        "markdown" | "lark_md" | "plain_text" => text_lines(element, columns),
        "div" => {
            let mut lines = element.get("text").map(|text| text_lines(text, columns)).unwrap_or_default();
            lines.extend(
                items(element.get("fields")).iter().filter_map(|field| field.get("text")).flat_map(|text| text_lines(text, columns)),
            );
            lines
        }
        "hr" => vec![vec![Span::new("─".repeat(columns.min(48)), FAINT)]],
        "note" => block(items(element.get("elements")), columns),
        "column_set" => beside(items(element.get("columns")), columns),
        "column" | "form" | "interactive_container" => block(items(element.get("elements")), columns),
        "action" => beside_each(items(element.get("actions")), columns),
        "button" => vec![button(element)],
        "collapsible_panel" => {
            let title = element.pointer("/header/title").map(|title| text_lines(title, columns)).unwrap_or_default();
            let mut lines: Vec<Line> =
                title.into_iter().map(|line| std::iter::once(Span::new("▸ ", FAINT)).chain(line).collect()).collect();
            lines.extend(indented(block(items(element.get("elements")), columns.saturating_sub(2))));
            lines
        }
        "table" => table(element, columns),
        "chart" => {
            let spec = element.get("chart_spec");
            let kind = spec.and_then(|spec| spec.get("type")).and_then(Value::as_str).unwrap_or("chart");
            let title = spec.and_then(|spec| spec.pointer("/title/text")).and_then(Value::as_str).unwrap_or_default();
            vec![vec![Span::new(format!("[{kind} chart {title}]").replace(" ]", "]"), FAINT)]]
        }
        "img" | "img_combination" => {
            let alt = text_of(element.get("alt")).unwrap_or_default();
            vec![vec![Span::new(format!("[image {alt}]").replace(" ]", "]"), FAINT)]]
        }
        other => vec![vec![Span::new(format!("[{other}]"), FAINT)]],
    }
}

fn text_lines(text: &Value, columns: usize) -> Vec<Line> {
    let content = text.get("content").and_then(Value::as_str).unwrap_or_default();
    let base = color(text.get("text_color").and_then(Value::as_str).unwrap_or_default());
    let base = match text.get("text_size").and_then(Value::as_str) {
        Some(size) if size.starts_with("heading") => base.bold(),
        Some("notation") => FAINT,
        _ => base,
    };
    let plain = text.get("tag").and_then(Value::as_str) == Some("plain_text");
    let mut lines = Vec::new();
    let content = if plain { content.to_owned() } else { content.replace("<br/>", "\n").replace("<br>", "\n").replace("<br />", "\n") };
    for line in content.lines() {
        let mut spans = if plain { vec![Span::new(line, base)] } else { inline::markdown(line) };
        for span in spans.iter_mut().filter(|span| span.style == Style::new()) {
            span.style = base;
        }
        lines.extend(wrap(&spans, columns));
    }
    lines
}

/// A button and where it leads.
fn button(element: &Value) -> Line {
    let label = text_of(element.get("text")).unwrap_or("?");
    let url = items(element.get("behaviors")).iter().find_map(|b| b.get("default_url").and_then(Value::as_str));
    let url =
        url.or_else(|| element.get("url").and_then(Value::as_str)).or_else(|| element.pointer("/multi_url/url").and_then(Value::as_str));
    let mut line = vec![Span::new(format!("[ {label} ]"), Style::new().bold())];
    if let Some(url) = url.filter(|url| !url.is_empty()) {
        line.push(Span::new(format!(" {url}"), FAINT));
    }
    line
}

/// Columns: beside each other where each is short, below each other otherwise.
fn beside(parts: &[Value], columns: usize) -> Vec<Line> {
    let blocks: Vec<Vec<Line>> =
        parts.iter().map(|part| block(items(part.get("elements")), columns)).filter(|lines| !lines.is_empty()).collect();
    join(blocks, columns)
}

fn beside_each(parts: &[Value], columns: usize) -> Vec<Line> {
    join(parts.iter().map(|part| draw_element(part, columns)).collect(), columns)
}

fn join(blocks: Vec<Vec<Line>>, columns: usize) -> Vec<Line> {
    let wide = |line: &Line| line.iter().map(|span| width(&span.text)).sum::<usize>();
    let widths: Vec<usize> = blocks.iter().map(|lines| lines.iter().map(wide).max().unwrap_or(0)).collect();
    if widths.iter().sum::<usize>() + 3 * blocks.len().saturating_sub(1) > columns {
        return blocks.into_iter().flatten().collect();
    }
    let rows = blocks.iter().map(Vec::len).max().unwrap_or(0);
    (0..rows)
        .map(|row| {
            let mut line = Line::new();
            for (index, lines) in blocks.iter().enumerate() {
                let empty = Line::new();
                let part = lines.get(row).unwrap_or(&empty);
                line.extend(part.iter().cloned());
                if index + 1 < blocks.len() {
                    line.push(Span::new(" ".repeat(widths[index].saturating_sub(wide(part)) + 3), Style::new()));
                }
            }
            line
        })
        .collect()
}

fn indented(lines: Vec<Line>) -> Vec<Line> {
    lines.into_iter().map(|line| std::iter::once(Span::new("  ", Style::new())).chain(line).collect()).collect()
}

fn table(element: &Value, columns: usize) -> Vec<Line> {
    let names: Vec<(&str, &str)> = items(element.get("columns"))
        .iter()
        .map(|c| {
            let word = |key: &str| c.get(key).and_then(Value::as_str).unwrap_or_default();
            (word("name"), word("display_name"))
        })
        .collect();
    let rows: Vec<Vec<(String, Style)>> =
        items(element.get("rows")).iter().map(|row| names.iter().map(|(name, _)| cell(row.get(*name))).collect()).collect();
    let most = (columns / names.len().max(1)).max(8);
    let widths: Vec<usize> = names
        .iter()
        .enumerate()
        .map(|(i, (_, title))| {
            rows.iter().filter_map(|row| row.get(i)).map(|(text, _)| width(text)).chain([width(title)]).max().unwrap_or(0).min(most)
        })
        .collect();
    let mut lines = vec![names.iter().zip(&widths).map(|((_, title), w)| Span::new(format!("{}  ", column(title, *w)), FAINT)).collect()];
    for row in &rows {
        lines.push(row.iter().zip(&widths).map(|((text, style), w)| Span::new(format!("{}  ", column(text, *w)), *style)).collect());
    }
    lines
}

/// A table cell: text, number, date, or a list of coloured options.
fn cell(value: Option<&Value>) -> (String, Style) {
    match value {
        None | Some(Value::Null) => (String::new(), Style::new()),
        Some(Value::Array(options)) => {
            let text = options.iter().filter_map(|o| o.get("text").and_then(Value::as_str)).collect::<Vec<_>>().join(" ");
            let style = options.first().and_then(|o| o.get("color")).and_then(Value::as_str).map(color).unwrap_or_default();
            (text, style)
        }
        Some(Value::String(text)) => (inline::markdown(text).iter().map(|span| span.text.as_str()).collect(), Style::new()),
        Some(Value::Number(number)) => match number.as_i64().filter(|n| *n > 1_000_000_000_000) {
            Some(ms) => (inline::moment(Some(ms), ""), Style::new()),
            None => (number.to_string(), Style::new()),
        },
        Some(other) => (other.to_string(), Style::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::text;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_card_reads_top_to_bottom() {
        let card = json!({"schema": "2.0",
            "header": {"template": "red", "title": {"tag": "plain_text", "content": "HighErrorRate"},
                "subtitle": {"tag": "plain_text", "content": "prod"},
                "text_tag_list": [{"tag": "text_tag", "text": {"tag": "plain_text", "content": "严重"}, "color": "red"}]},
            "body": {"elements": [
                {"tag": "markdown", "content": "**5xx** over 5%"},
                {"tag": "column_set", "columns": [
                    {"tag": "column", "elements": [{"tag": "markdown", "content": "since"}]},
                    {"tag": "column", "elements": [{"tag": "markdown", "content": "on call\n<at id=ou_1></at>"}]}]},
                {"tag": "table", "columns": [{"name": "s", "display_name": "state"}, {"name": "i", "display_name": "instance"}],
                    "rows": [{"s": [{"text": "告警", "color": "red"}], "i": "web01"}]},
                {"tag": "hr"},
                {"tag": "button", "text": {"tag": "plain_text", "content": "Runbook"}, "behaviors": [{"type": "open_url", "default_url": "https://r.example"}]},
                {"tag": "collapsible_panel", "header": {"title": {"tag": "markdown", "content": "labels"}}, "elements": [{"tag": "div", "text": {"tag": "plain_text", "content": "a=b"}}]},
                {"tag": "something_new"}]}});
        let lines = text(&draw(&card, 40));
        let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
        assert_eq!(
            lines,
            [
                "▌ HighErrorRate [严重]",
                "▌ prod",
                "▌",
                "▌ 5xx over 5%",
                "▌ since   on call",
                "▌         @ou_1",
                "▌ state  instance",
                "▌ 告警   web01",
                &format!("▌ {}", "─".repeat(38)),
                "▌ [ Runbook ] https://r.example",
                "▌ ▸ labels",
                "▌   a=b",
                "▌ [something_new]",
            ]
        );
    }

    #[test]
    fn odd_cards_do_not_stop_it() {
        for card in [json!(null), json!({"elements": 5}), json!({"body": {"elements": [1, null, {"tag": "table"}, {"tag": "column_set"}]}})]
        {
            draw(&card, 10);
        }
        assert_eq!(text(&draw(&json!({"type": "template", "data": {"template_id": "AAq"}}), 40)), ["[template AAq]"]);
    }
}

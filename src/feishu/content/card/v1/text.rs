//! Markdown by lines: headings, quotes, rules and tables, none of which 1.0 has as 2.0 writes them.

use super::super::markdown::is_rule;
use super::{Reader, inline};
use serde_json::{Map, Value, json};

/// What stands before a quoted line.
const QUOTE: &str = "▎";

/// A piece of Markdown.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Markdown that 1.0 knows.
    Text(String),
    /// A table.
    Table(Table),
}

/// A table, its cells as 1.0 Markdown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Block {
    /// As text: of a table, a line for each row.
    pub fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Table(table) => table.text(),
        }
    }
}

impl Table {
    /// As a component of its own.
    pub fn component(&self) -> Value {
        let columns: Vec<Value> = self
            .head
            .iter()
            .enumerate()
            // A column's title is plain text.
            .map(|(n, title)| json!({"name": format!("c{n}"), "display_name": inline::bare(title), "data_type": "lark_md"}))
            .collect();
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|cells| Value::Object(cells.iter().enumerate().map(|(n, cell)| (format!("c{n}"), cell.as_str().into())).collect()))
            .collect();
        json!({"tag": "table", "page_size": 5, "row_height": "low", "columns": columns, "rows": rows})
    }

    fn text(&self) -> String {
        let bold = |title: &String| if title.is_empty() { String::new() } else { format!("**{}**", title.replace("**", "")) };
        let head: Vec<String> = self.head.iter().map(bold).collect();
        let rows = self.rows.iter().map(|cells| cells.join(" | "));
        std::iter::once(head.join(" | ")).chain(rows).collect::<Vec<_>>().join("\n")
    }
}

/// The content of a text element: where it is given by language only, the first of them.
pub(super) fn content(map: &Map<String, Value>) -> &str {
    let languages = map.get("i18n_content").and_then(Value::as_object);
    let any = || languages.and_then(|all| all.get("zh_cn").or_else(|| all.values().next())).and_then(Value::as_str);
    map.get("content").and_then(Value::as_str).or_else(any).unwrap_or_default()
}

/// All of it as text.
pub(super) fn flat(content: &str, reader: &Reader<'_>) -> String {
    let lines: Vec<String> = blocks(content, reader).into_iter().map(Block::into_text).collect();
    lines.join("\n")
}

/// Text and tables in order.
pub(super) fn blocks(content: &str, reader: &Reader<'_>) -> Vec<Block> {
    let lines: Vec<&str> = content.split('\n').collect();
    let mut out = Vec::new();
    let mut text: Vec<String> = Vec::new();
    let mut fence: Option<&str> = None;
    let mut at = 0;
    while let Some(line) = lines.get(at).copied() {
        at += 1;
        let start = line.trim_start();
        match fence {
            Some(mark) => {
                if start.starts_with(mark) {
                    fence = None;
                }
                text.push(line.to_owned());
                continue;
            }
            None if start.starts_with("```") || start.starts_with("~~~") => {
                fence = start.get(..3);
                text.push(line.to_owned());
                continue;
            }
            None => {}
        }
        if line.contains('|') && lines.get(at).is_some_and(|next| is_rule(next)) {
            let head = cells(line, reader);
            at += 1;
            let mut rows = Vec::new();
            while let Some(row) = lines.get(at).filter(|row| row.contains('|')) {
                let mut row = cells(row, reader);
                row.resize(head.len(), String::new());
                rows.push(row);
                at += 1;
            }
            flush(&mut text, &mut out);
            out.push(Block::Table(Table { head, rows }));
            continue;
        }
        text.push(convert_line(line, reader));
    }
    flush(&mut text, &mut out);
    out
}

fn flush(text: &mut Vec<String>, out: &mut Vec<Block>) {
    if !text.is_empty() {
        out.push(Block::Text(std::mem::take(text).join("\n")));
    }
}

fn cells(line: &str, reader: &Reader<'_>) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').unwrap_or(line);
    line.split('|').map(|cell| inline::convert(cell.trim(), reader)).collect()
}

fn convert_line(line: &str, reader: &Reader<'_>) -> String {
    let start = line.trim_start();
    let indent = line.len() - start.len();
    if let Some(quoted) = start.strip_prefix('>') {
        let inner = quoted.trim_start_matches(['>', ' ']);
        return format!("{QUOTE}{}", convert_line(inner, reader));
    }
    if indent < 4
        && let Some(heading) = heading(start)
    {
        let heading = inline::convert(heading, reader).replace("**", "");
        let bold = |line: &str| if line.trim().is_empty() { String::new() } else { format!("**{}**", line.trim()) };
        return heading.split('\n').map(bold).collect::<Vec<_>>().join("\n");
    }
    if is_divider(start) {
        return "---".to_owned();
    }
    let bullet = start.strip_prefix("* ").or_else(|| start.strip_prefix("+ "));
    match bullet {
        Some(item) => format!("{}- {}", &line[..indent], inline::convert(item, reader)),
        None => inline::convert(line, reader),
    }
}

/// The text of a heading of one to six `#`.
fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && (text.is_empty() || text.starts_with([' ', '\t']))).then(|| text.trim().trim_end_matches('#').trim_end())
}

fn is_divider(line: &str) -> bool {
    let marks: Vec<char> = line.chars().filter(|c| !c.is_whitespace()).collect();
    marks.len() >= 3 && marks.first().is_some_and(|first| matches!(first, '-' | '*' | '_') && marks.iter().all(|mark| mark == first))
}

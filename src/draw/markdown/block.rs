//! Markdown by lines: paragraphs, headings, quotes, fences, lists, tables, rules.

use super::Dialect;
use super::inline::{self, Inline};

/// How deep quotes stand in each other, and lists.
const MAX_DEPTH: usize = 6;
/// Rows of a table on a page; only the first is drawn.
pub(in crate::draw) const PAGE: usize = 5;
/// Columns of a table that are drawn.
const MAX_COLUMNS: usize = 50;

/// A block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::draw) enum Block {
    Paragraph(Vec<Inline>),
    /// Of level 1 to 6.
    Heading(u8, Vec<Inline>),
    Quote(Vec<Block>),
    Code {
        language: String,
        text: String,
    },
    List {
        /// The number of the first item; `None`: bullets.
        first: Option<u32>,
        items: Vec<Item>,
    },
    Table {
        head: Vec<Vec<Inline>>,
        align: Vec<Align>,
        /// Those of the first page.
        rows: Vec<Vec<Vec<Inline>>>,
        /// How many there are.
        total: usize,
    },
    Rule,
}

/// One item of a list, with the lists in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::draw) struct Item {
    pub text: Vec<Inline>,
    pub lists: Vec<Block>,
}

/// How a column of a table is aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::draw) enum Align {
    Start,
    Center,
    End,
}

/// Reads a text.
pub(in crate::draw) fn parse(text: &str, dialect: Dialect) -> Vec<Block> {
    let lines: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    read(&lines, dialect, 0)
}

fn read(lines: &[&str], dialect: Dialect, depth: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut paragraph: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at).copied() {
        let rest = lines.get(at..).unwrap_or_default();
        let (block, used) = match special(rest, dialect, depth, paragraph.is_empty()) {
            Some(found) => found,
            None => {
                let blank = line.trim().is_empty();
                // In 2.0 an empty line ends a paragraph; in 1.0 it is an empty line.
                if blank && dialect != Dialect::V1 {
                    flush(&mut paragraph, dialect, &mut blocks);
                } else {
                    paragraph.push(line);
                }
                at += 1;
                continue;
            }
        };
        flush(&mut paragraph, dialect, &mut blocks);
        blocks.push(block);
        at += used;
    }
    flush(&mut paragraph, dialect, &mut blocks);
    blocks
}

fn flush(paragraph: &mut Vec<&str>, dialect: Dialect, blocks: &mut Vec<Block>) {
    let lines = std::mem::take(paragraph);
    if lines.iter().any(|line| !line.trim().is_empty()) {
        blocks.push(Block::Paragraph(inline::parse(lines.join("\n").trim_matches('\n'), dialect)));
    }
}

/// The block that begins here, if it is more than text; and how many lines it takes.
fn special(lines: &[&str], dialect: Dialect, depth: usize, fresh: bool) -> Option<(Block, usize)> {
    let line = lines.first().copied()?;
    if let Some(mark) = fence(line) {
        return Some(code(lines, mark));
    }
    if is_rule(line, dialect) {
        return Some((Block::Rule, 1));
    }
    if dialect.headings()
        && let Some((level, text)) = heading(line)
    {
        return Some((Block::Heading(level, inline::parse(text, dialect)), 1));
    }
    if dialect.quotes() && depth < MAX_DEPTH && quoted(line).is_some() {
        let inside: Vec<&str> = lines.iter().map_while(|line| quoted(line)).collect();
        let used = inside.len();
        return Some((Block::Quote(read(&inside, dialect, depth + 1)), used));
    }
    if marker(line).is_some() {
        return Some(list(lines, dialect));
    }
    if dialect.tables()
        && let Some(found) = table(lines, dialect)
    {
        return Some(found);
    }
    if dialect.indented_code() && fresh && line.starts_with("    ") && !line.trim().is_empty() {
        return Some(indented(lines));
    }
    None
}

/// The marks of a fence, which begins in the first column.
fn fence(line: &str) -> Option<&str> {
    let c = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let run = line.len() - line.trim_start_matches(c).len();
    (run >= 3 && !(c == '`' && line.get(run..)?.contains('`'))).then(|| line.get(..run)).flatten()
}

fn code(lines: &[&str], mark: &str) -> (Block, usize) {
    let language = lines.first().and_then(|line| line.get(mark.len()..)).unwrap_or_default().trim();
    let ends = |line: &&str| line.trim_end().starts_with(mark) && line.trim_end().chars().all(|c| mark.starts_with(c));
    let inside: Vec<&str> = lines.iter().skip(1).take_while(|line| !ends(line)).copied().collect();
    let used = (inside.len() + 2).min(lines.len());
    (Block::Code { language: language.to_owned(), text: inside.join("\n") }, used)
}

fn indented(lines: &[&str]) -> (Block, usize) {
    let mut inside: Vec<&str> = Vec::new();
    for line in lines {
        match line.strip_prefix("    ") {
            Some(code) => inside.push(code),
            None if line.trim().is_empty() => inside.push(""),
            None => break,
        }
    }
    let used = inside.len();
    (Block::Code { language: String::new(), text: inside.join("\n").trim_end().to_owned() }, used)
}

fn is_rule(line: &str, dialect: Dialect) -> bool {
    let line = line.trim();
    if dialect == Dialect::V2 && matches!(line, "<hr>" | "<hr/>" | "<hr />" | "<hr></hr>") {
        return true;
    }
    let marks = if dialect == Dialect::V2 { "-*_" } else { "-" };
    line.len() >= 3 && line.chars().next().is_some_and(|first| marks.contains(first) && line.chars().all(|c| c == first))
}

/// Level and text.
fn heading(line: &str) -> Option<(u8, &str)> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let level = u8::try_from(level).ok().filter(|level| (1..=6).contains(level))?;
    text.starts_with([' ', '\t']).then(|| (level, text.trim().trim_end_matches('#').trim_end()))
}

/// What is quoted: `>` and a space, or nothing.
fn quoted(line: &str) -> Option<&str> {
    let inner = line.strip_prefix('>')?;
    inner.strip_prefix(' ').or_else(|| (inner.is_empty() || inner.starts_with('>')).then_some(inner))
}

/// Level, number and text of a list item.
fn marker(line: &str) -> Option<(usize, Option<u32>, &str)> {
    let start = line.trim_start_matches([' ', '\t']);
    let indent: usize = line.bytes().take(line.len() - start.len()).map(|b| if b == b'\t' { 4 } else { 1 }).sum();
    if let Some(text) = ["- ", "* ", "+ "].iter().find_map(|bullet| start.strip_prefix(bullet)) {
        return Some((indent / 4, None, text));
    }
    let digits = start.bytes().take_while(u8::is_ascii_digit).count();
    let number = start.get(..digits).filter(|_| digits <= 9)?.parse().ok()?;
    let text = start.get(digits..)?.strip_prefix(['.', ')'])?.strip_prefix(' ')?;
    Some((indent / 4, Some(number), text))
}

/// An item as it was written.
struct Line {
    level: usize,
    number: Option<u32>,
    text: String,
}

fn list(lines: &[&str], dialect: Dialect) -> (Block, usize) {
    let mut found: Vec<Line> = Vec::new();
    let mut used = 0;
    for (n, line) in lines.iter().enumerate() {
        let next = |at: usize| lines.get(at).copied().unwrap_or_default();
        let rule = is_rule(line, dialect);
        if let Some((level, number, text)) = marker(line).filter(|_| !rule) {
            // Less deep than the first, or of another kind beside it: a list of its own.
            if found
                .first()
                .is_some_and(|first| level < first.level || (level == first.level && number.is_some() != first.number.is_some()))
            {
                break;
            }
            let deepest = found.last().map_or(0, |last| last.level + 1).min(MAX_DEPTH);
            found.push(Line { level: level.min(deepest), number, text: text.to_owned() });
        } else if line.trim().is_empty() && marker(next(n + 1)).is_some() && !is_rule(next(n + 1), dialect) {
            continue;
        } else if let Some(last) = found.last_mut().filter(|_| line.starts_with("  ") && !line.trim().is_empty()) {
            // The item goes on.
            last.text.push('\n');
            last.text.push_str(line.trim());
        } else {
            break;
        }
        used = n + 1;
    }
    let mut lines = found.into_iter().peekable();
    let level = lines.peek().map_or(0, |line| line.level);
    (nest(&mut lines, level, dialect), used)
}

/// Items of one level and one kind, with those of deeper levels inside.
fn nest(lines: &mut std::iter::Peekable<impl Iterator<Item = Line>>, level: usize, dialect: Dialect) -> Block {
    let first = lines.peek().and_then(|line| line.number);
    let ordered = first.is_some();
    let mut items: Vec<Item> = Vec::new();
    while let Some(line) = lines.peek() {
        if line.level > level {
            let inner = nest(lines, level + 1, dialect);
            match items.last_mut() {
                Some(item) => item.lists.push(inner),
                None => items.push(Item { text: Vec::new(), lists: vec![inner] }),
            }
            continue;
        }
        if line.level < level || (line.number.is_some() != ordered && !items.is_empty()) {
            break;
        }
        let Some(line) = lines.next() else { break };
        items.push(Item { text: inline::parse(&line.text, dialect), lists: Vec::new() });
    }
    Block::List { first, items }
}

fn table(lines: &[&str], dialect: Dialect) -> Option<(Block, usize)> {
    let (head, rule) = (lines.first()?, lines.get(1)?);
    let legal = rule.contains('-') && rule.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'));
    if !head.contains('|') || !legal {
        return None;
    }
    let titles = cells(head);
    let marks = cells(rule);
    if titles.len() != marks.len() || !marks.iter().all(|mark| mark.contains('-')) {
        return None;
    }
    let align = marks.iter().take(MAX_COLUMNS).map(|mark| match (mark.starts_with(':'), mark.ends_with(':')) {
        (true, true) => Align::Center,
        (false, true) => Align::End,
        _ => Align::Start,
    });
    let columns = titles.len().min(MAX_COLUMNS);
    let row = |line: &str| cells(line).into_iter().take(columns).map(|cell| inline::parse(&cell, dialect)).collect::<Vec<_>>();
    let total = lines.iter().skip(2).take_while(|line| line.contains('|') && fence(line).is_none()).count();
    let rows = lines.iter().skip(2).take(total.min(PAGE)).map(|line| row(line)).collect();
    Some((Block::Table { head: row(head), align: align.collect(), rows, total }, total + 2))
}

/// The cells of a line; `\|` is no border.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').filter(|line| !line.ends_with('\\')).unwrap_or(line);
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for c in line.chars() {
        let Some(cell) = cells.last_mut() else { break };
        match c {
            '|' if escaped => {
                cell.pop();
                cell.push('|');
            }
            '|' => cells.push(String::new()),
            _ => cell.push(c),
        }
        escaped = c == '\\';
    }
    cells.into_iter().map(|cell| cell.trim().to_owned()).collect()
}

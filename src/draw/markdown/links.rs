//! Links, pictures and code: what has an end of its own that is looked for ahead.

use super::Dialect;
use super::inline::Inline;
use super::reader::Reader;
use crate::draw::url;

impl Reader<'_> {
    /// Reads code between as many backticks; without its end they are text.
    pub fn code(&mut self) -> bool {
        let rest = self.rest();
        let ticks = rest.len() - rest.trim_start_matches('`').len();
        let mark = "`".repeat(ticks);
        let from = self.at + ticks;
        match self.later(from, &mark) {
            Some(end) if end > from => {
                let code = self.text.get(from..end).unwrap_or_default().replace('\n', " ");
                self.push(Inline::Code(code), end + ticks - self.at)
            }
            _ => {
                self.take(ticks);
                true
            }
        }
    }

    /// End of the label and of the target of the link that begins at `at`.
    fn link_at(&mut self, at: usize) -> Option<(usize, usize)> {
        let text = self.text;
        let links = self.links.get_or_insert_with(|| find_links(text));
        links.binary_search_by_key(&at, |(open, ..)| *open).ok().map(|n| (links[n].1, links[n].2))
    }

    /// Reads `[label](address)`. A text message takes it only with a legal address.
    pub fn link(&mut self) -> bool {
        let Some((label_end, end)) = self.link_at(self.at) else { return false };
        let label = self.text.get(self.at + 1..label_end).unwrap_or_default();
        let url = self.text.get(label_end + 2..end - 1).unwrap_or_default().trim();
        if label.contains("](") {
            return false;
        }
        if !self.dialect.is_card() && self.dialect != Dialect::Post && url::href(url).is_none() {
            return false;
        }
        let inside = if label.is_empty() { vec![Inline::Text(url.to_owned())] } else { nested(label, self.dialect) };
        self.push(Inline::Link { url: url.to_owned(), icon: None, inside }, end - self.at)
    }

    /// Reads `![alt](key)`; where pictures are not known, all of it is text.
    pub fn image(&mut self) -> bool {
        if !self.rest().starts_with("![") {
            return false;
        }
        let Some((label_end, end)) = self.link_at(self.at + 1) else { return false };
        if !self.dialect.images() {
            self.take(end - self.at);
            return true;
        }
        let alt = self.text.get(self.at + 2..label_end).unwrap_or_default().to_owned();
        let key = self.text.get(label_end + 2..end - 1).unwrap_or_default().trim().to_owned();
        self.push(Inline::Image { alt, key }, end - self.at)
    }
}

/// The label of a link: its own emphasis, no link in it.
fn nested(label: &str, dialect: Dialect) -> Vec<Inline> {
    let mut reader = Reader::new(label, dialect);
    reader.links = Some(Vec::new());
    reader.run();
    reader.finish()
}

/// All links of a text, `[label](target)`: where each begins, where its label and where it ends. In order.
fn find_links(text: &str) -> Vec<(usize, usize, usize)> {
    let bytes = text.as_bytes();
    let mut open = Vec::new();
    let mut links = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'[' => open.push(at),
            b'\n' if bytes.get(at + 1) == Some(&b'\n') => open.clear(),
            b']' => {
                if let (Some(from), Some(b'(')) = (open.pop(), bytes.get(at + 1))
                    && let Some(end) = target(bytes, at + 2)
                {
                    links.push((from, at, end));
                    at = end;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    links.sort_unstable();
    links
}

/// Behind the `)` of a target that begins at `from`.
fn target(bytes: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (n, byte) in bytes.iter().enumerate().skip(from).take(2048) {
        match byte {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(n + 1),
            b')' => depth -= 1,
            b'\n' | b'<' => return None,
            _ => {}
        }
    }
    None
}

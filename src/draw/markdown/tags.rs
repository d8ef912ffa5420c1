//! Tags in Markdown: `<name attribute='value' ..>`, in either quotes or none.

/// Longest tag that is read; a `<` with no `>` within so many bytes is text.
const MAX_TAG: usize = 2048;

/// An opening tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag<'t> {
    pub name: &'t str,
    attributes: &'t str,
    /// Written as `<name/>`.
    pub closed: bool,
    /// Bytes from `<` to `>`.
    pub len: usize,
}

impl<'t> Tag<'t> {
    /// The tag at the start of `text`.
    pub fn read(text: &'t str) -> Option<Self> {
        let inner = text.strip_prefix('<')?;
        let name_len = inner.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        if name_len == 0 || name_len > 16 {
            return None;
        }
        if !inner.get(name_len..)?.starts_with([' ', '\t', '\n', '/', '>']) {
            return None;
        }
        let mut quote = None;
        let end = inner.bytes().take(MAX_TAG).position(|b| match (quote, b) {
            (None, b'>') => true,
            (None, b'"' | b'\'') => {
                quote = Some(b);
                false
            }
            (Some(open), b) if open == b => {
                quote = None;
                false
            }
            _ => false,
        })?;
        let attributes = inner.get(name_len..end)?;
        let closed = attributes.ends_with('/');
        Some(Self { name: inner.get(..name_len)?, attributes: attributes.trim_end_matches('/'), closed, len: end + 2 })
    }

    /// The value of an attribute.
    pub fn get(&self, wanted: &str) -> Option<&'t str> {
        let mut rest = self.attributes.trim_start();
        while let Some((name, tail)) = rest.split_once('=') {
            let tail = tail.trim_start();
            let (value, after) = match tail.chars().next() {
                Some(quote @ ('"' | '\'')) => tail.get(1..)?.split_once(quote).unwrap_or((tail.get(1..)?, "")),
                _ => tail.split_once(char::is_whitespace).unwrap_or((tail, "")),
            };
            if name.trim() == wanted {
                return Some(value);
            }
            rest = after.trim_start();
        }
        None
    }
}

/// The closing tag `</name>` at the start of `text`: name and bytes.
pub(super) fn closing(text: &str) -> Option<(&str, usize)> {
    let inner = text.strip_prefix("</")?;
    let end = inner.bytes().take(20).position(|b| b == b'>')?;
    let name = inner.get(..end)?.trim_end();
    (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')).then_some((name, end + 3))
}

//! The entities that Markdown of a card knows: those of the platform's escaping table, and characters by their number.

/// The names of the table, and those that HTML cannot do without.
const NAMES: &[(&str, char)] = &[("sim", '~'), ("nbsp", '\u{a0}'), ("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"')];

/// The entity that `text` begins with: what it stands for and how many bytes it takes.
pub(super) fn leading(text: &str) -> Option<(char, usize)> {
    let inner = text.strip_prefix('&')?;
    let end = inner.bytes().take(9).position(|b| b == b';')?;
    let name = inner.get(..end)?;
    let shown = match name.strip_prefix('#') {
        Some(number) => numbered(number)?,
        None => NAMES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((shown, end + 2))
}

/// A character by its number, decimal or hexadecimal; no controls.
fn numbered(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code).filter(|c| !c.is_control() || *c == '\n')
}

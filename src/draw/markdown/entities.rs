//! The entities that Markdown of a card knows: those of the platform's escaping table, and `&` itself.

const ENTITIES: &[(&str, &str)] = &[
    ("#60", "<"),
    ("#62", ">"),
    ("#42", "*"),
    ("sim", "~"),
    ("#95", "_"),
    ("#96", "`"),
    ("#91", "["),
    ("#93", "]"),
    ("#40", "("),
    ("#41", ")"),
    ("#35", "#"),
    ("#45", "-"),
    ("#33", "!"),
    ("#43", "+"),
    ("#58", ":"),
    ("#47", "/"),
    ("#92", "\\"),
    ("#34", "\""),
    ("#39", "'"),
    ("#36", "$"),
    ("#38", "&"),
    ("#126", "~"),
    ("#124", "|"),
    ("nbsp", "\u{a0}"),
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
];

/// The entity that `text` begins with: what it stands for and how many bytes it takes.
pub(super) fn leading(text: &str) -> Option<(&'static str, usize)> {
    let inner = text.strip_prefix('&')?;
    let end = inner.bytes().take(8).position(|b| b == b';')?;
    let name = inner.get(..end)?;
    ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, shown)| (*shown, end + 2))
}

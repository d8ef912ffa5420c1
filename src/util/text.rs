//! Text cut by what people see, and names suggested for typing mistakes.

use unicode_segmentation::UnicodeSegmentation;

/// At most `max` grapheme clusters of `text`; where something is cut the last one is `…`.
pub fn truncate(text: &str, max: usize) -> std::borrow::Cow<'_, str> {
    if text.len() <= max {
        return text.into();
    }
    let mut ends = text.grapheme_indices(true);
    let Some((cut, _)) = ends.nth(max.saturating_sub(1)) else { return text.into() };
    if ends.next().is_none() {
        return text.into();
    }
    format!("{}…", &text[..cut]).into()
}

/// Cut at the commas that stand in no brackets.
pub fn split_list(text: &str) -> Vec<&str> {
    let mut depth = 0usize;
    let between = |c: char| {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    };
    text.split(between).collect()
}

/// The closest of `known` to `word`, when it is close enough to be a typing mistake.
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_whole_graphemes() {
        assert_eq!(truncate("abc", 3), "abc");
        assert_eq!(truncate("abcd", 3), "ab…");
        assert_eq!(truncate("👩‍💻👩‍💻👩‍💻", 2), "👩‍💻…");
        assert_eq!(truncate("中文字", 3), "中文字");
    }

    #[test]
    fn suggests_close_names() {
        assert_eq!(suggest("recievers", ["receivers", "route"]), Some("receivers"));
        assert_eq!(suggest("xyz", ["receivers", "route"]), None);
    }
}

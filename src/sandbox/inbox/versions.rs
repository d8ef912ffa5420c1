//! What changed between two versions of a message, line by line of their JSON.

use crate::web::pieces::pretty;
use maud::{Markup, html};
use serde_json::Value;
use similar::{ChangeTag, TextDiff};
use std::time::Duration;

/// Lines around a change.
const AROUND: usize = 2;
/// For the comparison; then it is coarser.
const WITHIN: Duration = Duration::from_millis(200);

/// The difference as lines marked `+` and `-`; nothing where they are equal.
pub(super) fn difference(before: &Value, after: &Value) -> Option<Markup> {
    let (before, after) = (pretty(before), pretty(after));
    if before == after {
        return None;
    }
    let diff = TextDiff::configure().timeout(WITHIN).diff_lines(&before, &after);
    let groups = diff.grouped_ops(AROUND);
    Some(html! {
        pre.diff tabindex="0" {
            @for (n, group) in groups.iter().enumerate() {
                @if n > 0 { span.gap { "⋯\n" } }
                @for op in group {
                    @for change in diff.iter_changes(op) {
                        @match change.tag() {
                            ChangeTag::Delete => del { "- " (change.value()) },
                            ChangeTag::Insert => ins { "+ " (change.value()) },
                            ChangeTag::Equal => span { "  " (change.value()) },
                        }
                    }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_changed_and_its_neighbours() {
        let before = json!({"a": (0..50).collect::<Vec<_>>(), "title": "2 firing"});
        let after = json!({"a": (0..50).collect::<Vec<_>>(), "title": "<3 firing>"});
        let html = difference(&before, &after).unwrap().into_string();
        assert!(html.contains("<del>-   &quot;title&quot;: &quot;2 firing&quot;\n</del>"), "{html}");
        assert!(html.contains("&lt;3 firing&gt;") && !html.contains("25"), "{html}");
        assert!(difference(&before, &before).is_none());
    }
}
